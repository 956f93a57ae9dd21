//! The source of instruction and allocation counts: unmodified benchmarks of criterion, divan and libtest under callgrind,
//! one process each.
//!
//! One process for each benchmark, because a count must not depend on its company: whatever ran before in the same
//! process leaves its mark on the heap. One native process for each target tells which benchmarks there are.

pub mod adapter;
pub mod cuts;
pub mod harness;
pub(super) mod outcome;
pub mod profiles;
pub mod protocol;
pub mod samples;
mod steps;

pub use steps::valgrind_args;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::cache::{Cache, Notes, Repeat};
use super::callgrind::ADAPTER;
use super::executable::Harness;
use super::hand::Executable;
use super::opened;
use super::repeats::{Expected, REPEATS_OF_SEEDED, evidence};
use super::source::{Left, Source, Step};
use crate::error::Result;
use crate::model::{
    Benchmark, Budget, CacheUse, Code, Failure, Family, Key, Metric, NOISE_WIDENING, Outcome, Problem, Profile, Ratio,
    Scope, Subject, Target,
};
use crate::sys::process::Ending;
use harness::listed;
use outcome::{judge_left, likely_cause, panic_line, reservation};
use protocol::Name;
use steps::INVENTORY_TIMEOUT;

/// What one measurement fills.
const METRICS: [Metric; 3] = [Metric::Instructions, Metric::InstructionsFirst, Metric::Allocations];

/// Everything that the steps need to know.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The valgrind program.
    pub valgrind: String,
    /// A folder of our own, at a path of fixed length.
    pub scratch: PathBuf,
    /// The repository, whose files are watched.
    pub repository: PathBuf,
    /// Where cargo builds, whose files are not.
    pub target_dir: PathBuf,
    /// Where profiles are kept.
    pub profiles: PathBuf,
    /// The whole environment of the measured programs, but for what differs by target.
    pub variables: BTreeMap<String, String>,
    /// Bytes that names and values of the environment are padded to.
    pub environment_bytes: usize,
    /// What was asked for.
    pub scope: Scope,
    /// The machine, as the key of kept measurements.
    pub machine: String,
    /// How long one benchmark may take.
    pub timeout: Duration,
    /// How many repeats a value that was not seen before rests on.
    pub repeats: usize,
    /// The user's own arguments for the benchmarks.
    pub passed: Vec<String>,
    /// Whether kept measurements are believed.
    pub reuse: bool,
    /// Rules that exclude: what they match is not measured.
    pub exclusions: Vec<Budget>,
    /// Whether only the names of the benchmarks are wanted.
    pub names_only: bool,
}

/// What was measured.
#[derive(Debug, Default)]
pub struct Reading {
    /// By key.
    pub outcomes: BTreeMap<Key, Outcome>,
    /// What concerns whole targets.
    pub problems: Vec<Problem>,
    /// The benchmarks that the scope admits.
    pub names: BTreeSet<Benchmark>,
    /// Benchmarks that a rule excludes.
    pub excluded: BTreeSet<Subject>,
    /// Versions of criterion that were seen.
    pub versions: BTreeSet<String>,
    /// How many benchmarks were not measured again.
    pub reused: usize,
    /// What the cache did.
    pub cache: CacheUse,
}

#[derive(Debug)]
struct Bench {
    executable: usize,
    benchmark: Benchmark,
    full: String,
    repeats: Vec<Repeat>,
    notes: Notes,
    opened: Option<opened::Opened>,
    /// What each function costs, until it is kept.
    profile: Option<Profile>,
    failure: Option<Failure>,
    reused: bool,
    /// How long it took to measure.
    millis: u64,
}

#[derive(Debug, Clone, Copy)]
enum Job {
    /// Ask this executable for its benchmarks.
    Names(usize),
    /// Ask a harness that does not speak criterion's protocol.
    List(usize),
    /// Measure this benchmark.
    Measure(usize),
}

/// The source itself.
#[derive(Debug)]
pub struct Instructions {
    setup: Setup,
    cache: Cache,
    executables: Vec<Executable>,
    versions: Vec<Option<(u8, u8, u8)>>,
    expected: BTreeMap<Key, Expected>,
    benches: Vec<Bench>,
    jobs: Vec<Job>,
    queue: VecDeque<usize>,
    done: usize,
    reading: Reading,
}

impl Instructions {
    /// A source that will measure what the scope asks for.
    #[must_use]
    pub fn new(
        setup: Setup,
        cache: Cache,
        executables: Vec<Executable>,
        expected: BTreeMap<Key, Expected>,
    ) -> Instructions {
        let mut source = Instructions {
            versions: vec![None; executables.len()],
            setup,
            cache,
            executables,
            expected,
            benches: Vec::new(),
            jobs: Vec::new(),
            queue: VecDeque::new(),
            done: 0,
            reading: Reading::default(),
        };
        for index in 0..source.executables.len() {
            let speaks = source.executables[index].harness == Harness::Criterion;
            source.enqueue(if speaks { Job::Names(index) } else { Job::List(index) });
        }
        source
    }

    fn enqueue(&mut self, job: Job) {
        self.queue.push_back(self.jobs.len());
        self.jobs.push(job);
    }

    /// The names of all benchmarks that the targets told, whether the scope admits them or not.
    fn take_names(&mut self, executable: usize, names: Vec<(Name, String)>) {
        let target = self.executables[executable].bench.target.clone();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (_, full) in &names {
            *seen.entry(full.clone()).or_default() += 1;
        }
        for (name, full) in names.into_iter().collect::<BTreeSet<_>>() {
            let benchmark = Benchmark::new(target.clone(), name.group, name.function, name.value);
            let subject = Subject::Benchmark(benchmark.clone());
            let subject = Arc::new(subject);
            if !METRICS.iter().any(|metric| self.setup.scope.covers(&Key::new(subject.clone(), *metric))) {
                continue;
            }
            self.reading.names.insert(benchmark.clone());
            let name = Subject::Benchmark(benchmark.clone()).to_string();
            let is_excluded = self.setup.exclusions.iter().any(|rule| rule.matches(&name, Metric::Instructions));
            if is_excluded {
                self.reading.excluded.insert(Subject::Benchmark(benchmark.clone()));
            }
            if self.setup.names_only || is_excluded {
                continue;
            }
            let failure = (seen[&full] > 1).then(|| Failure {
                code: Code::BenchmarkAmbiguous,
                why: format!("{} benchmarks of the target are called `{full}`", seen[&full]),
                hint: Some("give each a name of its own".into()),
            });
            let index = self.benches.len();
            let failed = failure.is_some();
            self.benches.push(Bench {
                executable,
                benchmark,
                full,
                repeats: Vec::new(),
                notes: Notes::default(),
                opened: Some(opened::Opened::new()),
                profile: None,
                failure,
                reused: false,
                millis: 0,
            });
            if failed {
                self.done += 1;
                continue;
            }
            if self.setup.reuse
                && let Some(entry) = self.cache.get(&self.key(index))
            {
                let bench = &mut self.benches[index];
                (bench.repeats, bench.notes) = (entry.repeats, entry.notes);
                bench.profile = entry.profile.map(Profile);
                bench.reused = true;
            }
            if self.wants_more(index) {
                self.benches[index].reused = false;
                self.enqueue(Job::Measure(index));
            } else {
                self.done += 1;
                self.keep_profile(index);
            }
        }
    }

    /// Whether another repeat is needed to know the value.
    fn wants_more(&self, index: usize) -> bool {
        let bench = &self.benches[index];
        if bench.failure.is_some() {
            return false;
        }
        // What is likely to vary may agree twice by chance.
        let is_odd = bench.notes.cause.is_some();
        let enough = if is_odd { REPEATS_OF_SEEDED.max(self.setup.repeats) } else { self.setup.repeats };
        match bench.repeats.as_slice() {
            [] => true,
            [one] => !self.is_as_expected(bench, one) && enough > 1,
            [first, rest @ ..] if rest.iter().all(|one| one.is_like(first)) => bench.repeats.len() < enough,
            all => all.len() < REPEATS_OF_SEEDED,
        }
    }

    /// Whether every value is what it is expected to be. Requests that nobody has recorded yet are as good as their company.
    fn is_as_expected(&self, bench: &Bench, one: &Repeat) -> bool {
        let subject = Arc::new(Subject::Benchmark(bench.benchmark.clone()));
        let expected = |metric| self.expected.get(&Key::new(subject.clone(), metric));
        let is_near = |expected: &Expected, value: u64| {
            value.abs_diff(expected.value) as f64 <= NOISE_WIDENING * expected.noise.get() * expected.value as f64
        };
        let (Some(instructions), allocations) = (expected(Metric::Instructions), expected(Metric::Allocations)) else {
            return false;
        };
        is_near(instructions, one.value)
            && match (allocations, one.allocations) {
                (Some(expected), Some(value)) => is_near(expected, value),
                (None, Some(_)) => instructions.noise == Ratio::ZERO,
                (_, None) => true,
            }
    }

    /// What a measurement depends on, apart from files.
    fn key(&self, index: usize) -> String {
        let bench = &self.benches[index];
        let executable = &self.executables[bench.executable];
        let args = self.benchmark_args(index);
        let variables: Vec<String> =
            self.variables(bench.executable).iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{ADAPTER}\n{}\n{}\n{args:?}\n{variables:?}", self.setup.machine, executable.digest)
    }

    fn take_measurement(&mut self, index: usize, left: &Left) {
        let outcome = judge_left(left, self.setup.timeout);
        let executable = &self.executables[self.benches[index].executable];
        let watched = left.trace.as_deref().and_then(|trace| {
            opened::opened(
                trace,
                &executable.bench.folder,
                &self.setup.repository,
                &[&self.setup.target_dir, &self.setup.scratch],
            )
        });
        let bench = &mut self.benches[index];
        bench.millis = bench.millis.saturating_add(left.millis);
        match outcome {
            Ok(steady) => {
                let cuts::Steady { value, first, allocations, .. } = steady;
                bench.repeats.push(Repeat { value, first, allocations });
                bench.notes = Notes {
                    note: steady.note.clone().or_else(|| reservation(&steady.seen)),
                    allocator: steady.allocator.clone(),
                    cause: bench.notes.cause.take().or_else(|| likely_cause(&steady.seen)),
                };
                bench.opened = match (bench.opened.take(), watched) {
                    (Some(mut one), Some(other)) => {
                        one.extend(other);
                        Some(one)
                    }
                    _ => None,
                };
                bench.profile = Some(profiles::of(&steady));
            }
            Err(failure) => bench.failure = Some(failure),
        }
        if self.wants_more(index) {
            // Before the others, so that what is done is done, and kept, should the run be stopped.
            self.queue.push_front(self.jobs.len());
            self.jobs.push(Job::Measure(index));
            return;
        }
        self.done += 1;
        let bench = &self.benches[index];
        if let (None, Some(opened)) = (&bench.failure, &bench.opened) {
            let profile = bench.profile.clone().map(|profile| profile.0);
            self.cache.put(&self.key(index), bench.repeats.clone(), bench.notes.clone(), profile, opened, bench.millis);
        }
        self.keep_profile(index);
    }

    /// Lays the profile of what was measured last where it is found again; where it is not known, there is none.
    fn keep_profile(&mut self, index: usize) {
        let bench = &mut self.benches[index];
        profiles::keep(&self.setup.profiles, &bench.benchmark, bench.profile.take().as_ref());
    }

    /// What was measured, after the last step.
    #[must_use]
    pub fn finish(mut self) -> Reading {
        for version in self.versions.iter().flatten() {
            self.reading.versions.insert(format!("criterion {}.{}.{}", version.0, version.1, version.2));
        }
        self.reading.cache = self.cache.finish();
        let mut unseen: BTreeMap<Arc<Target>, usize> = BTreeMap::new();
        for bench in self.benches {
            let subject = Arc::new(Subject::Benchmark(bench.benchmark.clone()));
            let key = |metric| Key::new(subject.clone(), metric);
            self.reading.reused += usize::from(bench.reused);
            if let Some(failure) = bench.failure {
                // A benchmark that fails has no value of any metric that it is judged by.
                let is_recorded = self.expected.contains_key(&key(Metric::Allocations));
                let metrics = [Some(Metric::Instructions), is_recorded.then_some(Metric::Allocations)];
                let failed = |metric| (key(metric), Outcome::Failed(failure.clone()));
                self.reading.outcomes.extend(metrics.into_iter().flatten().map(failed));
                continue;
            }
            let values = |of: fn(&Repeat) -> Option<u64>| -> Vec<u64> { bench.repeats.iter().filter_map(of).collect() };
            let allocations = values(|one| one.allocations);
            if allocations.len() < bench.repeats.len() {
                *unseen.entry(bench.benchmark.target.clone()).or_default() += 1;
            }
            for (metric, values) in [
                (Metric::Instructions, values(|one| Some(one.value))),
                (Metric::InstructionsFirst, values(|one| Some(one.first))),
                (Metric::Allocations, allocations),
            ] {
                // An advisory value is not held to what it was.
                let known = self.expected.get(&key(metric)).filter(|_| !metric.is_advisory());
                if let Some(evidence) = evidence(values, known.map_or(Ratio::ZERO, |expected| expected.noise)) {
                    // The cause of a spread is nothing to speak of where there is none.
                    let cause = bench.notes.cause.clone().filter(|_| evidence.noise() > Ratio::ZERO);
                    let own = if metric == Metric::Allocations { bench.notes.allocator.clone() } else { None };
                    let note = own.or(bench.notes.note.clone()).or(cause);
                    self.reading.outcomes.insert(key(metric), Outcome::Measured { evidence, note });
                }
            }
        }
        let asked = self.setup.scope.families.contains(&Family::Heap);
        let problem = |(target, count): (Arc<Target>, usize)| Problem::allocator_unseen((*target).clone(), count);
        self.reading.problems.extend(unseen.into_iter().filter(|_| asked).map(problem));
        self.reading
    }
}

impl Source for Instructions {
    fn next(&mut self) -> Option<Step> {
        let id = self.queue.pop_front()?;
        Some(match self.jobs[id] {
            Job::Names(executable) => self.names_step(id, executable),
            Job::List(executable) => self.list_step(id, executable),
            Job::Measure(index) => self.measure_step(id, index),
        })
    }

    fn take(&mut self, id: usize, left: Left) -> Result<()> {
        match self.jobs[id] {
            Job::Measure(index) => self.take_measurement(index, &left),
            Job::Names(executable) => {
                self.versions[executable] = protocol::version(&left.hello);
                if self.versions[executable].is_none() && left.finished.success() {
                    self.enqueue(Job::List(executable));
                    return Ok(());
                }
                self.report_broken_target(executable, &left);
                let names = left.messages.iter().filter_map(|message| protocol::named(message));
                let names = names.map(|name| (name.clone(), name.full())).collect();
                self.take_names(executable, names);
            }
            Job::List(executable) => {
                self.report_broken_target(executable, &left);
                let harness = self.executables[executable].harness;
                self.take_names(executable, listed(harness, &left.finished.text()));
            }
        }
        Ok(())
    }

    fn progress(&self) -> (usize, usize) {
        (self.done, self.benches.len())
    }
}

impl Instructions {
    fn report_broken_target(&mut self, executable: usize, left: &Left) {
        let target = &self.executables[executable].bench.target;
        let (code, message) = match left.finished.ending {
            Ending::Exited(0) | Ending::Stopped => return,
            Ending::TimedOut => (
                Code::BenchmarkTimeout,
                format!("`{target}` did not tell its benchmarks within {} s", INVENTORY_TIMEOUT.as_secs()),
            ),
            Ending::Exited(_) | Ending::Signalled(_) => (
                Code::BenchmarkPanicked,
                format!("`{target}` ended before it told all its benchmarks: {}", panic_line(left)),
            ),
        };
        let hint = Some(format!("cargo bench -p {} --bench {} -- --test", target.package, target.name));
        self.reading.problems.push(Problem { code, target: Some(target.clone()), message, hint });
    }
}
