//! The source: each bench target tells its benchmarks and is run as `cargo bench` would run it, with a home of our own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::library::Library;
use super::summary::{self, Summary, Unreadable};
use crate::collect::hand::Executable;
use crate::collect::layout::padded;
use crate::collect::repeats::{Expected, evidence, wants_more};
use crate::collect::source::{Ends, Left, Source, Step};
use crate::error::Result;
use crate::model::{Benchmark, Budget, Code, Failure, Key, Metric, Outcome, Problem, Ratio, Scope, Subject, Target};
use crate::sys::process::{Ending, Environment, Messages, Output, Program};

/// How long a target may take to tell its benchmarks.
const LIST_TIMEOUT: Duration = Duration::from_secs(120);
/// The largest file that a measured program may write.
const FILE_BYTES_AT_MOST: u64 = 1 << 30;
/// The most that a target may print, its summaries among it.
const OUTPUT_BYTES_AT_MOST: usize = 256 << 20;
/// The exit code of a runner that found a value beyond a limit.
const BEYOND_LIMIT: i32 = 3;
/// All that is read of a summary.
const METRICS: [Metric; 10] = [
    Metric::Instructions,
    Metric::Branches,
    Metric::L1Hits,
    Metric::LlHits,
    Metric::RamHits,
    Metric::EstimatedCycles,
    Metric::Allocations,
    Metric::AllocatedBytes,
    Metric::PeakHeap,
    Metric::HeapAtExit,
];

/// Everything that the steps need to know.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    /// A folder of our own, at a path of fixed length.
    pub(super) scratch: PathBuf,
    /// The whole environment of the runners, but for what differs by target.
    pub(super) variables: BTreeMap<String, String>,
    /// Bytes that names and values of the environment are padded to.
    pub(super) environment_bytes: usize,
    /// What was asked for.
    pub(super) scope: Scope,
    /// Values that one repeat confirms.
    pub(super) expected: BTreeMap<Key, Expected>,
    /// How long one benchmark may take.
    pub(super) timeout: Duration,
    /// How many repeats a value that was not expected rests on.
    pub(super) repeats: usize,
    /// The user's own arguments for the benchmarks.
    pub(super) passed: Vec<String>,
    /// Rules that exclude: what they match is not reported, and a target is not run where they match all of it.
    pub(super) exclusions: Vec<Budget>,
    /// Whether only the names of the benchmarks are wanted.
    pub(super) names_only: bool,
}

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// By key.
    pub(super) outcomes: BTreeMap<Key, Outcome>,
    /// What concerns whole targets.
    pub(super) problems: Vec<Problem>,
    /// The benchmarks that the scope admits.
    pub(super) names: BTreeSet<Benchmark>,
    /// Benchmarks that a rule excludes.
    pub(super) excluded: BTreeSet<Subject>,
}

/// A target, its runner, and what is known of its benchmarks.
#[derive(Debug)]
pub(super) struct Runnable {
    /// The target.
    pub(super) executable: Executable,
    /// Its harness.
    pub(super) library: Library,
    /// Variables of its own: how its runner is found.
    pub(super) variables: BTreeMap<String, String>,
}

/// What is known of a target's benchmarks.
#[derive(Debug, Default)]
struct State {
    told: usize,
    wanted: BTreeSet<Benchmark>,
    ambiguous: BTreeSet<Benchmark>,
    values: BTreeMap<Key, Vec<u64>>,
    notes: BTreeMap<Benchmark, String>,
    /// Benchmarks that a run left without anything that is counted, and why.
    empty: BTreeMap<Benchmark, &'static str>,
}

#[derive(Debug, Clone, Copy)]
enum Job {
    /// Ask this target for its benchmarks.
    List(usize),
    /// Run it.
    Measure(usize),
}

/// The source itself.
#[derive(Debug)]
pub(super) struct Targets {
    setup: Setup,
    targets: Vec<Runnable>,
    states: Vec<State>,
    jobs: Vec<Job>,
    queue: VecDeque<usize>,
    done: usize,
    reading: Reading,
}

impl Targets {
    /// A source that will run what the scope asks for.
    pub(super) fn new(setup: Setup, targets: Vec<Runnable>) -> Targets {
        let mut source = Targets {
            setup,
            states: targets.iter().map(|_| State::default()).collect(),
            targets,
            jobs: Vec::new(),
            queue: VecDeque::new(),
            done: 0,
            reading: Reading::default(),
        };
        for index in 0..source.targets.len() {
            source.enqueue(Job::List(index));
        }
        source
    }

    fn enqueue(&mut self, job: Job) {
        self.queue.push_back(self.jobs.len());
        self.jobs.push(job);
    }

    fn target(&self, index: usize) -> &Target {
        &self.targets[index].executable.bench.target
    }

    fn program(&self, index: usize, args: Vec<String>) -> Program {
        let Runnable { executable, variables, .. } = &self.targets[index];
        let mut all = executable.bench.variables.clone();
        all.extend(self.setup.variables.clone());
        all.extend(variables.clone());
        let mut program = Program::new(&executable.path).args(args).cwd(&executable.bench.folder);
        program.env = Environment::Only(padded(all, self.setup.environment_bytes));
        program.file_limit = Some(FILE_BYTES_AT_MOST);
        program.stdout = Output::All(OUTPUT_BYTES_AT_MOST);
        program.stderr = Messages::Tail;
        program
    }

    fn list_step(&self, id: usize, index: usize) -> Step {
        let mut program = self.program(index, ["--bench", "--list"].map(String::from).into());
        program.timeout = Some(LIST_TIMEOUT);
        let label = format!("asking {} for its benchmarks", self.target(index));
        Step { id, label, program, ends: Ends::ByItself }
    }

    fn measure_step(&self, id: usize, index: usize) -> Step {
        // A home of our own: the runner then finds no earlier run to compare with, and the user's files stay as they are.
        let home = self.setup.scratch.join(format!("runner-{id}"));
        let mut args: Vec<String> = ["--bench", "--output-format=json"].map(String::from).into();
        args.extend(["--home".to_owned(), home.to_string_lossy().into_owned()]);
        args.extend(self.setup.passed.iter().cloned());
        let mut program = self.program(index, args);
        let benchmarks = u32::try_from(self.states[index].told.max(1)).unwrap_or(u32::MAX);
        program.timeout = Some(self.setup.timeout.saturating_mul(benchmarks));
        Step { id, label: self.target(index).to_string(), program, ends: Ends::ByItself }
    }

    /// The names of all benchmarks that a target told, whether the scope admits them or not.
    fn take_names(&mut self, index: usize, text: &str) {
        let target = self.target(index).clone();
        let mut seen: BTreeMap<Benchmark, usize> = BTreeMap::new();
        for name in text.lines().filter_map(|line| line.strip_suffix(": benchmark")) {
            *seen.entry(listed(&target, name)).or_default() += 1;
            self.states[index].told += 1;
        }
        for (benchmark, count) in seen {
            let subject = Arc::new(Subject::Benchmark(benchmark.clone()));
            if !METRICS.iter().any(|metric| self.setup.scope.covers(&Key::new(subject.clone(), *metric))) {
                continue;
            }
            self.reading.names.insert(benchmark.clone());
            let name = subject.to_string();
            if self.setup.exclusions.iter().any(|rule| rule.matches(&name, Metric::Instructions)) {
                self.reading.excluded.insert(Subject::Benchmark(benchmark));
            } else if count > 1 {
                self.states[index].ambiguous.insert(benchmark);
            } else {
                self.states[index].wanted.insert(benchmark);
            }
        }
        if self.setup.names_only || self.states[index].wanted.is_empty() {
            self.done += 1;
        } else {
            self.enqueue(Job::Measure(index));
        }
    }

    fn take_summaries(&mut self, index: usize, left: &Left) {
        let target = self.target(index).clone();
        let mut unreadable = None;
        for summary in summary::read_all(&left.finished.text()) {
            match summary {
                Ok(summary) => self.take_summary(index, &target, summary),
                Err(why) => unreadable = unreadable.or(Some(why)),
            }
        }
        let whole = matches!(left.finished.ending, Ending::Exited(0 | BEYOND_LIMIT));
        let is_readable = unreadable.is_none();
        match unreadable {
            Some(why) => self.reading.problems.push(unreadable_problem(&target, self.targets[index].library, &why)),
            None if !whole => self.report_broken_target(index, left),
            None if self.wants_more(index) => return self.enqueue(Job::Measure(index)),
            None => {}
        }
        self.done += 1;
        self.conclude(index, whole && is_readable);
    }

    fn take_summary(&mut self, index: usize, target: &Target, summary: Summary) {
        let name = summary.id.iter().fold(summary.module_path, |path, id| format!("{path}::{id}"));
        let benchmark = listed(target, &name);
        let state = &mut self.states[index];
        if !state.wanted.contains(&benchmark) {
            return;
        }
        let why = match summary.values.get(&Metric::Instructions) {
            // Stripped of its symbols, say, or inlined away.
            Some(0) => Some("its runner counted no instruction, because it did not find the function by its name"),
            None if summary.values.is_empty() => {
                Some("its runner counted nothing that is read: callgrind, cachegrind or DHAT")
            }
            _ => None,
        };
        if let Some(why) = why {
            state.empty.insert(benchmark, why);
            return;
        }
        if !summary.beyond.is_empty() {
            let metrics = summary.beyond.join(", ");
            state
                .notes
                .insert(benchmark.clone(), format!("it is beyond a limit that the benchmark states, of {metrics}"));
        }
        let subject = Arc::new(Subject::Benchmark(benchmark));
        for (metric, value) in summary.values {
            let key = Key::new(subject.clone(), metric);
            if self.setup.scope.covers(&key) {
                state.values.entry(key).or_default().push(value);
            }
        }
    }

    /// Whether a value that is judged needs another run. What the cache simulation says may vary without end.
    fn wants_more(&self, index: usize) -> bool {
        self.states[index]
            .values
            .iter()
            .filter(|(key, _)| !key.metric.is_advisory())
            .any(|(key, values)| wants_more(values, self.setup.expected.get(key), self.setup.repeats))
    }

    /// What a target's runs come to. Where one broke off, a problem of the target says so, and its benchmarks are not called
    /// unsampled one by one.
    fn conclude(&mut self, index: usize, whole: bool) {
        let state = std::mem::take(&mut self.states[index]);
        let fail = |code, why: String, hint: &str| Outcome::Failed(Failure { code, why, hint: Some(hint.to_owned()) });
        for benchmark in &state.wanted {
            let subject = Arc::new(Subject::Benchmark(benchmark.clone()));
            let is_measured = state.values.keys().any(|key| key.subject == subject);
            let why = match state.empty.get(benchmark) {
                _ if is_measured => continue,
                Some(why) => *why,
                None if whole => "its runner left no summary of it",
                None => continue,
            };
            let hint = "run it by itself with `cargo bench`, or exclude it in `perfbudget.toml`, with a reason";
            let key = Key::new(subject, Metric::Instructions);
            self.reading.outcomes.insert(key, fail(Code::BenchmarkUnsampled, why.to_owned(), hint));
        }
        for benchmark in state.ambiguous {
            let why = format!("several benchmarks of the target are called `{}`", benchmark.path());
            let key = Key::new(Subject::Benchmark(benchmark), Metric::Instructions);
            self.reading.outcomes.insert(key, fail(Code::BenchmarkAmbiguous, why, "give each a name of its own"));
        }
        let mut notes = state.notes;
        for (key, values) in state.values {
            let known = self.setup.expected.get(&key).map_or(Ratio::ZERO, |expected| expected.noise);
            let Subject::Benchmark(benchmark) = &*key.subject else { continue };
            // Said once a benchmark, beside the first of its metrics.
            let note = notes.remove(benchmark);
            if let Some(evidence) = evidence(values, known) {
                self.reading.outcomes.insert(key, Outcome::Measured { evidence, note });
            }
        }
    }

    fn report_broken_target(&mut self, index: usize, left: &Left) {
        let (target, runner) = (self.target(index).clone(), self.targets[index].library.runner());
        let words = complaint(&String::from_utf8_lossy(&left.finished.stderr));
        let run = format!("cargo bench -p {} --bench {}", target.package, target.name);
        let (code, message, hint) = match left.finished.ending {
            Ending::TimedOut => (
                Code::BenchmarkTimeout,
                format!("`{target}` did not end within the time of all its benchmarks"),
                "raise `timeout` in `perfbudget.toml`, or make its inputs smaller".to_owned(),
            ),
            // The path of another runner is compiled in.
            _ if [" is older than ", " is newer than "].iter().any(|part| words.contains(part)) => (
                Code::ToolVersion,
                format!("`{target}` was not measured: {words}"),
                format!(
                    "unset `{}_RUNNER` where it is set, in `.cargo/config.toml`, say",
                    self.targets[index].library.prefix()
                ),
            ),
            _ => (Code::BenchmarkPanicked, format!("`{target}` was not measured to its end by {runner}: {words}"), run),
        };
        self.reading.problems.push(Problem { code, target: Some(target), message, hint: Some(hint) });
    }

    /// What was measured, after the last step.
    pub(super) fn finish(self) -> Reading {
        self.reading
    }
}

impl Source for Targets {
    fn next(&mut self) -> Option<Step> {
        let id = self.queue.pop_front()?;
        Some(match self.jobs[id] {
            Job::List(index) => self.list_step(id, index),
            Job::Measure(index) => self.measure_step(id, index),
        })
    }

    fn take(&mut self, id: usize, left: Left) -> Result<()> {
        match self.jobs[id] {
            Job::List(index) if left.finished.success() => self.take_names(index, &left.finished.text()),
            Job::List(index) => {
                self.done += 1;
                self.report_broken_target(index, &left);
            }
            Job::Measure(index) => self.take_summaries(index, &left),
        }
        Ok(())
    }

    fn progress(&self) -> (usize, usize) {
        (self.done, self.targets.len())
    }
}

/// A benchmark by the name that its runner gives it: `file::group::function`, and `::id` where there are several cases.
fn listed(target: &Target, name: &str) -> Benchmark {
    // The file's name is the target's.
    let mut parts = name.split("::").skip(1).map(str::to_owned);
    let group = parts.next().unwrap_or_else(|| name.to_owned());
    let function = parts.next();
    let rest: Vec<String> = parts.collect();
    Benchmark::new(target.clone(), group, function, (!rest.is_empty()).then(|| rest.join("::")))
}

fn unreadable_problem(target: &Target, library: Library, why: &Unreadable) -> Problem {
    let (message, hint) = match why {
        Unreadable::Schema(version) => (
            format!("`{target}`: the summaries of {} are of schema {version}, and 3 to 7 are read", library.runner()),
            format!("update cargo-perfbudget, or pin `{}` to a release whose schema is read", library.package()),
        ),
        Unreadable::Format(why) => (
            format!("`{target}`: a summary of {} cannot be read: {why}", library.runner()),
            format!("cargo bench -p {} --bench {} -- --output-format=json", target.package, target.name),
        ),
    };
    Problem { code: Code::OutputUnreadable, target: Some(target.clone()), message, hint: Some(hint) }
}

/// What a runner complains of: a panic of the benchmark where there is one, else its own first error.
fn complaint(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).collect();
    let panic = lines.iter().position(|line| line.contains(" panicked at "));
    let found = match panic {
        Some(at) => format!("{} {}", lines[at], lines.get(at + 1).copied().unwrap_or_default()),
        None => {
            let is_error = |line: &&&str| line.contains("Error") || line.starts_with("error");
            let last = || lines.iter().rev().find(|line| !line.is_empty());
            lines.iter().find(is_error).or_else(last).map_or_else(|| "it said nothing".into(), ToString::to_string)
        }
    };
    found.trim().to_owned()
}

#[cfg(test)]
mod tests;
