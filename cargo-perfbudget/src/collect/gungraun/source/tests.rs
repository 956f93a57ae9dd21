//! Tests of the source, on what real runners have printed.

use proptest::prelude::*;

use super::*;
use crate::collect::executable::Harness;
use crate::collect::project::{BenchTarget, OwnBenches};
use crate::model::{Evidence, Family, Glob};
use crate::sys::process::Finished;

/// What a runner has printed of the target `lib`: its list, and its summaries.
struct Recorded {
    version: &'static str,
    list: &'static str,
    summaries: &'static str,
}

macro_rules! recorded {
    ($($version:literal),+) => {
        [$(Recorded {
            version: $version,
            list: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/outputs/", $version, "/lib/list.txt")),
            summaries: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../fixtures/outputs/", $version, "/lib/summaries.jsonl"
            )),
        }),+]
    };
}

/// One release for each schema from 3 to 7, and the first ones under the new name.
const RECORDED: [Recorded; 7] = recorded!(
    "iai-callgrind-0.14.2",
    "iai-callgrind-0.15.1",
    "iai-callgrind-0.15.2",
    "iai-callgrind-0.16.1",
    "gungraun-0.17.2",
    "gungraun-0.19.4",
    "gungraun-0.20.0"
);

fn newest() -> &'static Recorded {
    const NEWEST: &Recorded = &RECORDED[RECORDED.len() - 1];
    NEWEST
}

fn setup() -> Setup {
    Setup {
        scratch: "/scratch".into(),
        variables: BTreeMap::new(),
        environment_bytes: 1024,
        scope: Scope { families: Family::ALL.into(), ..Scope::default() },
        expected: BTreeMap::new(),
        timeout: Duration::from_secs(1),
        repeats: 2,
        passed: Vec::new(),
        exclusions: Vec::new(),
        names_only: false,
    }
}

fn left(ending: Ending, stdout: &str, stderr: &str) -> Left {
    let finished = Finished { ending, stdout: stdout.into(), stderr: stderr.into() };
    Left::plain(finished)
}

/// Drives the source with a list and with what each run leaves, the last one again and again. Returns how many runs it wanted.
fn drive(setup: Setup, list: &str, mut runs: Vec<Left>) -> (usize, Reading) {
    let bench = BenchTarget {
        target: Target { package: "rec".into(), name: "lib".into() },
        spec: "rec".into(),
        folder: "/rec".into(),
        source: "/rec/benches/lib.rs".into(),
        required_features: Vec::new(),
        variables: BTreeMap::new(),
        own: OwnBenches::None,
        likely: Harness::Gungraun(Library::Gungraun),
    };
    let harness = Harness::Gungraun(Library::Gungraun);
    let executable = Executable { bench, harness, path: "/scratch/lib".into(), digest: String::new() };
    let target = Runnable { executable, library: Library::Gungraun, variables: BTreeMap::new() };
    let mut source = Targets::new(setup, vec![target]);
    let step = source.next().expect("it asks for the list first");
    source.take(step.id, left(Ending::Exited(0), list, "")).unwrap();
    let mut count = 0;
    while let Some(step) = source.next() {
        count += 1;
        let last = runs.len() == 1;
        let left = if last { again(&runs[0]) } else { runs.remove(0) };
        source.take(step.id, left).unwrap();
    }
    assert_eq!(source.progress(), (1, 1));
    (count, source.finish())
}

fn again(other: &Left) -> Left {
    let Finished { ending, stdout, stderr } = &other.finished;
    left(*ending, &String::from_utf8_lossy(stdout), &String::from_utf8_lossy(stderr))
}

fn once(recorded: &Recorded) -> Left {
    left(Ending::Exited(0), recorded.summaries, "")
}

/// A line for each outcome and problem, without the target's name.
fn told(reading: &Reading) -> String {
    let outcome = |(key, outcome): (&Key, &Outcome)| {
        let what = match outcome {
            Outcome::Measured { evidence: Evidence::Exact { value, .. }, note } => {
                format!("{value}{}", note.iter().map(|note| format!(" ({note})")).collect::<String>())
            }
            Outcome::Measured { .. } => "sampled".into(),
            Outcome::Failed(failure) => format!("{}: {}", failure.code, failure.why),
        };
        format!("{} {what}\n", key.to_string().trim_start_matches("rec::lib::"))
    };
    let problem = |problem: &Problem| {
        format!("{}: {} | {}\n", problem.code, problem.message, problem.hint.clone().unwrap_or_default())
    };
    reading.outcomes.iter().map(outcome).chain(reading.problems.iter().map(problem)).collect()
}

#[test]
fn every_schema_is_read() {
    for recorded in &RECORDED {
        let version = recorded.version;
        let (runs, reading) = drive(setup(), recorded.list, vec![once(recorded)]);
        assert_eq!(runs, 2, "equal values are enough twice");
        let value = |name: &str, metric: Metric| {
            let is_meant = |key: &&Key| key.metric == metric && key.subject.to_string().ends_with(name);
            let key = reading.outcomes.keys().find(is_meant)?;
            match reading.outcomes[key].evidence()? {
                Evidence::Exact { value, .. } => Some(*value),
                Evidence::Sampled { .. } => None,
            }
        };
        assert_eq!(value("numbers/sum/short", Metric::Instructions), Some(77), "{version}");
        assert_eq!(value("numbers/sum/long", Metric::Instructions), Some(617), "{version}");
        assert_eq!(value("numbers/whole", Metric::Instructions), Some(317), "{version}");
        assert!(value("heap/boxes/of_1", Metric::Branches) > value("heap/boxes/of_0", Metric::Branches), "{version}");
        assert!(value("heap/boxes/of_1", Metric::EstimatedCycles) > Some(12_000), "{version}");
        let is_whole = version.starts_with("iai-callgrind-0.14") || version.starts_with("iai-callgrind-0.15");
        // Up to 0.15 DHAT counted the whole process.
        let allocations = if is_whole { 67 } else { 51 };
        assert_eq!(value("heap/boxes/of_1", Metric::Allocations), Some(allocations), "{version}");
        let has_limits = value("numbers/limited/ten", Metric::Instructions).is_some();
        assert_eq!(has_limits, !is_whole, "{version}");
        assert_eq!(told(&reading).contains("(it is beyond a limit that the benchmark states, of Ir)"), has_limits);
    }
}

#[test]
fn a_schema_that_is_not_known_is_said_with_a_way_out() {
    let text = newest().summaries.replace("\"version\":\"7\"", "\"version\":\"8\"");
    let (runs, reading) = drive(setup(), newest().list, vec![left(Ending::Exited(0), &text, "")]);
    assert_eq!(
        (runs, told(&reading).as_str()),
        (
            1,
            "output-unreadable: `rec::lib`: the summaries of gungraun-runner are of schema 8, and 3 to 7 are read | \
             update cargo-perfbudget, or pin `gungraun` to a release whose schema is read\n"
        )
    );
}

#[test]
fn a_summary_that_is_cut_off_is_no_number() {
    let text = &newest().summaries[..newest().summaries.len() / 20];
    let (_, reading) = drive(setup(), newest().list, vec![left(Ending::Exited(0), text, "")]);
    assert!(told(&reading).starts_with("output-unreadable: `rec::lib`: a summary of gungraun-runner cannot be read: "));
}

#[test]
fn what_benchmarks_print_beside_the_summaries_is_passed_over() {
    let text = format!("{{not json\n[1]\n{{\"a\":1}}\nhello\n{}", newest().summaries);
    let (_, noisy) = drive(setup(), newest().list, vec![left(Ending::Exited(0), &text, "")]);
    let (_, plain) = drive(setup(), newest().list, vec![once(newest())]);
    assert_eq!(told(&noisy), told(&plain));
}

#[test]
fn a_value_that_is_as_recorded_needs_one_run_and_one_that_varies_needs_five() {
    let (_, reading) = drive(setup(), newest().list, vec![once(newest())]);
    let expected = |(key, outcome): (&Key, &Outcome)| match outcome.evidence()? {
        Evidence::Exact { value, noise, .. } => Some((key.clone(), Expected { value: *value, noise: *noise })),
        Evidence::Sampled { .. } => None,
    };
    let expected = reading.outcomes.iter().filter_map(expected).collect();
    let (runs, _) = drive(Setup { expected, ..setup() }, newest().list, vec![once(newest())]);
    assert_eq!(runs, 1);
    let other = newest().summaries.replace("\"values\":{\"new\":", "\"values\":{\"new\":1");
    let varied = vec![left(Ending::Exited(0), &other, ""), once(newest())];
    let (runs, reading) = drive(setup(), newest().list, varied);
    assert_eq!(runs, 5);
    assert!(
        reading.outcomes.values().all(|outcome| {
            matches!(outcome, Outcome::Measured { evidence: Evidence::Exact { repeats: 5, .. }, .. })
        })
    );
}

#[test]
fn what_is_told_and_not_summed_up_is_unsampled_and_what_counts_nothing_too() {
    let mut lines = newest().summaries.lines();
    let without_first: String = lines.by_ref().skip(1).map(|line| format!("{line}\n")).collect();
    let (_, reading) = drive(setup(), newest().list, vec![left(Ending::Exited(0), &without_first, "")]);
    assert_eq!(told(&reading).matches("benchmark-unsampled: its runner left no summary of it").count(), 1);
    let zero = without_instructions(newest().summaries);
    let (_, reading) = drive(setup(), newest().list, vec![left(Ending::Exited(0), &zero, "")]);
    let said = told(&reading);
    assert!(said.contains("benchmark-unsampled: its runner counted no instruction"), "{said}");
}

/// The summaries as they are when callgrind does not find the function.
fn without_instructions(text: &str) -> String {
    let mark = "\"Ir\":{\"values\":{\"new\":";
    let mut parts = text.split(mark);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + mark + "0" + part.trim_start_matches(|letter: char| letter.is_ascii_digit()))
}

#[test]
fn a_name_that_is_told_twice_is_ambiguous_and_an_exclusion_keeps_a_target_from_running() {
    let list = format!("{0}{0}", newest().list);
    let (runs, reading) = drive(setup(), &list, vec![once(newest())]);
    assert_eq!(runs, 0);
    assert!(told(&reading).lines().all(|line| line.contains("benchmark-ambiguous")), "{}", told(&reading));
    let rule = Budget {
        subject: Glob::new("rec::*"),
        metric: None,
        growth: None,
        floor: None,
        at_most: None,
        at_least: None,
        drift: None,
        exclude: true,
        severity: None,
        owner: None,
        reason: Some("slow".into()),
        expires: None,
        line: 1,
    };
    let (runs, reading) = drive(Setup { exclusions: vec![rule], ..setup() }, newest().list, vec![once(newest())]);
    assert_eq!((runs, told(&reading).as_str()), (0, ""));
    assert!(!reading.excluded.is_empty());
}

#[test]
fn a_filter_that_nothing_passes_runs_nothing_and_one_that_some_pass_reports_these() {
    let scope = |filter: &str| Scope { filters: vec![filter.into()], ..setup().scope };
    let (runs, _) = drive(Setup { scope: scope("nothing"), ..setup() }, newest().list, vec![once(newest())]);
    assert_eq!(runs, 0);
    let (runs, reading) = drive(Setup { scope: scope("sum/short"), ..setup() }, newest().list, vec![once(newest())]);
    assert_eq!(runs, 2);
    assert!(reading.outcomes.keys().all(|key| key.subject.to_string() == "rec::lib::numbers/sum/short"));
}

proptest! {
    #[test]
    fn reading_never_panics(text: String, at in 0usize..4096, with: String) {
        let _ = summary::read_all(&text);
        for recorded in &RECORDED {
            let line = recorded.summaries.lines().next().unwrap();
            let cut = (0..=at.min(line.len())).rev().find(|cut| line.is_char_boundary(*cut)).unwrap();
            let _ = summary::read_all(&format!("{}{with}{}", &line[..cut], &line[cut..]));
        }
        let target = Target { package: String::new(), name: String::new() };
        let _ = (listed(&target, &text), complaint(&text));
    }
}
