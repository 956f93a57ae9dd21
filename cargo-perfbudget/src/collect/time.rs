//! The source of times: criterion's raw samples on disk. Only with `--time`, and only as advice.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::executable::Harness;
use super::hand::{Adapter, Executable, Hand, wanted_targets};
use super::source::{Ends, Left, Source, Step};
use super::{Request, provenance};
use crate::error::Result;
use crate::model::{
    Benchmark, Code, Evidence, Failure, Family, Key, Metric, Outcome, Problem, Quantity, Scope, Subject, Target,
};
use crate::sys::files;
use crate::sys::process::{Environment, Output, Program};

/// How long one target may take, all benchmarks together.
const TARGET_TIMEOUT: Duration = Duration::from_secs(3600);
/// The deepest that criterion nests its folders: group, function, value, `new`.
const DEPTH: usize = 5;
/// The largest sample file that is read.
const SAMPLE_BYTES_AT_MOST: u64 = 16 << 20;
/// Two-sided 95 % of a normal distribution.
const Z_95: f64 = 1.959_964;

/// Criterion's `benchmark.json`.
#[derive(Deserialize)]
struct BenchmarkFile {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
}

/// Criterion's `sample.json`: `times[i]` nanoseconds for `iters[i]` iterations.
#[derive(Deserialize)]
struct SampleFile {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// The adapter.
#[derive(Debug)]
pub struct CriterionTimes;

impl Adapter for CriterionTimes {
    fn families(&self) -> &'static [Family] {
        &[Family::Time]
    }

    fn measure(&self, hand: &mut Hand<'_>) -> Result<()> {
        let benches = hand.benches()?;
        hand.run.environments.insert(Family::Time, provenance::time(&hand.host));
        let request = hand.request;
        let mut times = Times::new(
            benches.on(&[Harness::Criterion]),
            benches.variables.clone(),
            hand.scratch.clone(),
            request.passed.clone(),
            request.scope.clone(),
        );
        hand.drive(&mut times, 1)?;
        hand.run.outcomes.extend(times.outcomes);
        hand.run.problems.extend(times.problems);
        Ok(())
    }

    /// They are those whose instructions are counted.
    fn list(&self, _hand: &mut Hand<'_>) -> Result<Vec<Subject>> {
        Ok(Vec::new())
    }

    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>> {
        let line = |bench: &super::project::BenchTarget| {
            format!("CRITERION_HOME=SCRATCH {} --bench --noplot", bench.placeholder())
        };
        Ok(wanted_targets(request)?.iter().map(line).collect())
    }
}

/// The source itself. One target after the other: two at once would disturb each other.
#[derive(Debug)]
pub struct Times {
    executables: Vec<Executable>,
    variables: BTreeMap<String, String>,
    scratch: PathBuf,
    passed: Vec<String>,
    scope: Scope,
    next: usize,
    done: usize,
    /// By key.
    pub outcomes: BTreeMap<Key, Outcome>,
    /// What concerns whole targets.
    pub problems: Vec<Problem>,
}

impl Times {
    /// A source that will time every executable.
    #[must_use]
    pub fn new(
        executables: Vec<Executable>,
        variables: BTreeMap<String, String>,
        scratch: PathBuf,
        passed: Vec<String>,
        scope: Scope,
    ) -> Times {
        Times {
            executables,
            variables,
            scratch,
            passed,
            scope,
            next: 0,
            done: 0,
            outcomes: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn home(&self, index: usize) -> PathBuf {
        self.scratch.join(format!("times-{index}"))
    }
}

impl Source for Times {
    fn next(&mut self) -> Option<Step> {
        let executable = self.executables.get(self.next)?;
        let mut args: Vec<String> = vec!["--bench".into(), "--noplot".into()];
        args.extend(self.passed.iter().cloned());
        let mut program = Program::new(&executable.path).args(args).cwd(&executable.bench.folder);
        let mut variables = executable.bench.variables.clone();
        variables.extend(self.variables.clone());
        variables.insert("CRITERION_HOME".into(), self.home(self.next).to_string_lossy().into_owned());
        program.env = Environment::Only(variables);
        program.timeout = Some(TARGET_TIMEOUT);
        program.stdout = Output::Tail;
        let step =
            Step { id: self.next, label: format!("timing {}", executable.bench.target), program, ends: Ends::ByItself };
        self.next += 1;
        Some(step)
    }

    fn take(&mut self, id: usize, left: Left) -> Result<()> {
        self.done += 1;
        let target = self.executables[id].bench.target.clone();
        if !left.finished.success() {
            self.problems.push(Problem {
                code: Code::BenchmarkPanicked,
                target: Some(target.clone()),
                message: format!("`{target}` was not timed to its end: {}", left.finished.last_words()),
                hint: Some(format!("cargo bench -p {} --bench {}", target.package, target.name)),
            });
        }
        let files = files::read_tree(&self.home(id), DEPTH, SAMPLE_BYTES_AT_MOST)?;
        let found = read_samples(&target, &files);
        self.outcomes.extend(found.into_iter().filter(|(key, _)| self.scope.covers(key)));
        Ok(())
    }

    fn progress(&self) -> (usize, usize) {
        (self.done, self.executables.len())
    }
}

/// Reads what criterion left of one target, by path relative to its home.
fn read_samples(target: &Target, files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<Key, Outcome> {
    let mut outcomes = BTreeMap::new();
    for (path, bytes) in files {
        let Some(folder) = path.strip_suffix("/new/benchmark.json") else { continue };
        // A name that cannot be read belongs to no benchmark; the baseline will miss it by name.
        let Ok(name) = serde_json::from_slice::<BenchmarkFile>(bytes) else { continue };
        let benchmark = Benchmark::new(target.clone(), name.group_id, name.function_id, name.value_str);
        let sample = files.get(&format!("{folder}/new/sample.json"));
        let outcome = match sample.map(|bytes| serde_json::from_slice::<SampleFile>(bytes)) {
            Some(Ok(sample)) => match interval_of_median(&sample) {
                Some(evidence) => Outcome::Measured { evidence, note: None },
                None => failed(Code::OutputUnreadable, "its samples are not positive, finite numbers"),
            },
            Some(Err(why)) => failed(Code::OutputUnreadable, &format!("its `sample.json` cannot be read: {why}")),
            None => failed(Code::BenchmarkUnsampled, "criterion left no `sample.json`"),
        };
        outcomes.insert(Key::new(Subject::Benchmark(benchmark), Metric::Time), outcome);
    }
    outcomes
}

fn failed(code: Code, why: &str) -> Outcome {
    Outcome::Failed(Failure { code, why: why.to_owned(), hint: None })
}

/// The median time of an iteration with its 95 % interval by order statistics: the ranks n/2 ± z·√n/2 of the sorted
/// samples (Conover, Practical Nonparametric Statistics), which assumes nothing of their shape.
fn interval_of_median(sample: &SampleFile) -> Option<Evidence> {
    if sample.iters.len() != sample.times.len() || sample.iters.is_empty() {
        return None;
    }
    let per_iteration = sample
        .times
        .iter()
        .zip(&sample.iters)
        .map(|(time, iterations)| (*iterations > 0.0).then(|| Quantity::new(time / iterations)).flatten());
    interval_of(per_iteration.map(|quantity| quantity.map(Quantity::get)).collect::<Option<_>>()?)
}

/// The median of some values with its interval; `None` where there are none, or one is not an amount.
pub(super) fn interval_of(mut values: Vec<f64>) -> Option<Evidence> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let count = values.len();
    let (half, reach) = (count as f64 / 2.0, Z_95 * (count as f64).sqrt() / 2.0);
    let low = (half - reach).floor().max(0.0) as usize;
    let high = ((half + reach).ceil() as usize).min(count - 1);
    let median = f64::midpoint(values[(count - 1) / 2], values[count / 2]);
    Some(Evidence::Sampled {
        estimate: Quantity::new(median)?,
        low: Quantity::new(values[low])?,
        high: Quantity::new(values[high])?,
        samples: count as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = r#"{"group_id":"g","function_id":null,"value_str":"7","throughput":null,"full_id":"g/7","directory_name":"g/7","title":"g/7"}"#;

    fn check(sample: Option<&str>, expected: &str) {
        let mut files = BTreeMap::from([("g/7/new/benchmark.json".to_owned(), NAME.as_bytes().to_vec())]);
        files.extend(sample.map(|text| ("g/7/new/sample.json".to_owned(), text.as_bytes().to_vec())));
        let target = Target { package: "p".into(), name: "b".into() };
        let read = read_samples(&target, &files);
        let (key, outcome) = read.first_key_value().unwrap();
        let outcome = match outcome {
            Outcome::Measured { evidence: Evidence::Sampled { estimate, low, high, samples }, .. } => {
                format!("{} [{} {}] {samples}", estimate.get(), low.get(), high.get())
            }
            Outcome::Measured { .. } => "exact".into(),
            Outcome::Failed(failure) => failure.code.to_string(),
        };
        assert_eq!(format!("{key}: {outcome}"), format!("p::b::g/7 time: {expected}"));
    }

    #[test]
    fn samples_become_a_median_with_an_interval() {
        check(Some(r#"{"sampling_mode":"Linear","iters":[1,2,4],"times":[10,24,44]}"#), "11 [10 12] 3");
        check(Some(r#"{"sampling_mode":"Flat","iters":[2],"times":[3]}"#), "1.5 [1.5 1.5] 1");
    }

    #[test]
    fn broken_samples_are_failures_and_not_zeros() {
        check(None, "benchmark-unsampled");
        check(Some(""), "output-unreadable");
        check(Some(r#"{"iters":[],"times":[]}"#), "output-unreadable");
        check(Some(r#"{"iters":[1,1],"times":[1]}"#), "output-unreadable");
        check(Some(r#"{"iters":[0],"times":[1]}"#), "output-unreadable");
        check(Some(r#"{"iters":[1],"times":[-1]}"#), "output-unreadable");
        check(Some(r#"{"iters":[1],"times":[1e999]}"#), "output-unreadable");
        check(Some(r#"{"iters":[1],"times":[NaN]}"#), "output-unreadable");
    }
}
