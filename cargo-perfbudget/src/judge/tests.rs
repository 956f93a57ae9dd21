//! Judgements as a user would notice them: a world in a few words, and what is said of it.

mod acceptances;
mod bases;
mod commands;
mod limits;
mod presence;
mod properties;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Confirmation, judge};
use crate::model::{
    Acceptance, Artifact, ArtifactKind, Baseline, Benchmark, Code, Date, Environment, Evidence, Failure, Family, Key,
    Metric, Outcome, Problem, Quantity, Ratio, Record, RecordSet, Report, Run, State, Subject, Target, Verdict,
};

const TODAY: Date = Date { year: 2026, month: 7, day: 1 };
const HERE: &str = "glibc 2.36";

/// What is judged, in a form that a line of text can describe.
#[derive(Debug, Clone, Default)]
struct World {
    run: Run,
    base: Baseline,
    head: Baseline,
    /// The base as it measures here; `None` before it was measured.
    confirmed: Option<Run>,
    refused: Option<Problem>,
    rules: String,
    problems: Vec<Problem>,
    on_default_branch: bool,
    is_ci: bool,
}

/// A world of one line for each key: its name, then `base=`, `head=` (as the base, if it is not said; `-` for none), `now=`
/// and `here=` (the base measured here). See [`record`] and [`outcome`] for how values are written.
fn world(lines: &[&str]) -> World {
    let mut world = World::default();
    world.run.scope.families = [Family::Bytes, Family::Instructions, Family::Heap].into();
    for family in world.run.scope.families.clone() {
        world.run.environments.insert(family, machine(HERE));
    }
    for line in lines {
        let mut words = line.split_whitespace();
        let key = key(words.next().expect("a line begins with a name"));
        let words: BTreeMap<&str, &str> = words.map(|word| word.split_once('=').expect("what=value")).collect();
        assert!(words.keys().all(|word| ["base", "head", "now", "here"].contains(word)), "{line}");
        let base = words.get("base");
        for (baseline, value) in [(&mut world.base, base), (&mut world.head, words.get("head").or(base))] {
            if let Some(value) = value.filter(|value| **value != "-") {
                records(baseline, &key, HERE).insert(key.clone(), record(value));
            }
        }
        if let Some(now) = words.get("now") {
            world.run.outcomes.insert(key.clone(), outcome(now));
        }
        if let Some(here) = words.get("here") {
            let confirmed = world.confirmed.get_or_insert_default();
            confirmed.environments.insert(key.metric.family(), machine(HERE));
            confirmed.outcomes.insert(key, outcome(here));
        }
    }
    world
}

/// `parse` is a benchmark of the target `shop::cart`, `other::parse` of `shop::other`, `bin:shop` a binary, and `first:`,
/// `heap:` and `time:` ask for another metric; `leaked-bytes:import` is that metric of the command `import`.
fn key(name: &str) -> Key {
    let (metric, name) =
        match name.split_once(':').filter(|(metric, rest)| !metric.is_empty() && !rest.starts_with(':')) {
            Some(("bin", name)) => {
                let artifact = Artifact { package: "shop".into(), kind: ArtifactKind::Bin, name: name.into() };
                return Key::new(Subject::Artifact(artifact), Metric::Size);
            }
            Some(("first", name)) => (Metric::InstructionsFirst, name),
            Some(("heap", name)) => (Metric::Allocations, name),
            Some(("time", name)) => (Metric::Time, name),
            Some((metric, name)) if Metric::from_name(metric).is_some() => {
                let metric = Metric::from_name(metric).expect("it is one");
                return Key::new(Subject::Command(name.into()), metric);
            }
            _ => (Metric::Instructions, name),
        };
    let (target, group) = name.split_once("::").unwrap_or(("cart", name));
    let benchmark = Benchmark::new(of(target), group.into(), None, None);
    Key::new(Subject::Benchmark(benchmark), metric)
}

fn of(target: &str) -> Target {
    Target { package: "shop".into(), name: target.into() }
}

fn machine(libc: &str) -> Environment {
    Environment(BTreeMap::from([("libc".to_owned(), libc.to_owned())]))
}

fn records<'a>(baseline: &'a mut Baseline, key: &Key, libc: &str) -> &'a mut BTreeMap<Key, Record> {
    let (family, environment) = (key.metric.family(), machine(libc));
    let found = baseline.sets.iter().position(|set| set.family == family && set.environment == environment);
    let index = found.unwrap_or_else(|| {
        let (state, records) = (Environment::default(), BTreeMap::new());
        baseline.sets.push(RecordSet { family, environment, state, records });
        baseline.sets.len() - 1
    });
    &mut baseline.sets[index].records
}

/// `VALUE[@ANCHOR][!REASON[<LAST DAY]]`, the value as [`evidence`] has it.
fn record(text: &str) -> Record {
    let (text, acceptance) = text.split_once('!').map_or((text, None), |(text, why)| (text, Some(why)));
    let (value, anchor) = text.split_once('@').map_or((text, None), |(value, anchor)| (value, Some(anchor)));
    let acceptance = acceptance.map(|why| {
        let (reason, day) = why.split_once('<').map_or((why, None), |(reason, day)| (reason, Some(day)));
        Acceptance { from: 1, reason: reason.into(), expires: day.map(|day| Date::parse(day).expect("a day")) }
    });
    Record { evidence: evidence(value), anchor: anchor.map(|anchor| anchor.parse().expect("a count")), acceptance }
}

/// A value, or `!CODE` for a failure.
fn outcome(text: &str) -> Outcome {
    match text.strip_prefix('!') {
        Some(code) => Outcome::Failed(Failure {
            code: Code::from_name(code).expect("a code"),
            why: "it broke".into(),
            hint: None,
        }),
        None => Outcome::Measured { evidence: evidence(text), note: None },
    }
}

/// `VALUE`, `VALUE~NOISE` with the noise in percent, or `LOW..HIGH` for samples.
fn evidence(text: &str) -> Evidence {
    let number = |text: &str| text.parse::<f64>().expect("a number");
    if let Some((low, high)) = text.split_once("..") {
        let quantity = |value| Quantity::new(value).expect("a quantity");
        let (low, high) = (number(low), number(high));
        let estimate = quantity(f64::midpoint(low, high));
        return Evidence::Sampled { estimate, low: quantity(low), high: quantity(high), samples: 100 };
    }
    let (value, noise) = text.split_once('~').unwrap_or((text, "0"));
    Evidence::Exact { value: value.parse().expect("a count"), repeats: 3, noise: Ratio::percent(number(noise)) }
}

impl World {
    fn rules(mut self, text: &str) -> World {
        self.rules = text.to_owned();
        self
    }

    fn on_default_branch(mut self) -> World {
        self.on_default_branch = true;
        self
    }

    fn in_ci(mut self) -> World {
        self.is_ci = true;
        self
    }

    fn refused(mut self) -> World {
        let message = "the clone is shallow".into();
        self.refused = Some(Problem { code: Code::BaseUnknown, target: None, message, hint: None });
        self
    }

    /// The base was measured, and what no line gives it a value of has none.
    fn measured(mut self) -> World {
        self.confirmed.get_or_insert_default();
        self
    }

    /// A problem of the run, with one target or with none.
    fn problem(mut self, code: Code, target: Option<&str>) -> World {
        let message = "it went wrong".into();
        self.run.problems.push(Problem { code, target: target.map(of), message, hint: None });
        self
    }

    /// Everything was recorded on another machine instead.
    fn recorded_on(mut self, libc: &str) -> World {
        for set in self.base.sets.iter_mut().chain(&mut self.head.sets) {
            set.environment = machine(libc);
        }
        self
    }

    fn judged(&self) -> (Report, BTreeSet<Key>) {
        let plan = crate::config::parse(&self.rules).expect("the rules are in order");
        judge(&Case {
            run: &self.run,
            base: &self.base,
            head: &self.head,
            confirmation: match (&self.refused, &self.confirmed) {
                (Some(problem), _) => Confirmation::Refused(problem),
                (None, Some(run)) => Confirmation::Measured(run),
                (None, None) => Confirmation::Pending,
            },
            base_name: "1a2b3c4",
            commits_since_record: Some(2),
            on_default_branch: self.on_default_branch,
            budgets: &plan.budgets,
            severities: &plan.severities,
            today: TODAY,
            is_ci: self.is_ci,
            problems: &self.problems,
        })
    }

    fn verdict(&self) -> Verdict {
        self.judged().0.verdict
    }
}

fn name(key: &Key) -> String {
    let short = match key.subject.target() {
        Some(target) if target.name != "cart" => format!("{}::{}", target.name, key.subject.short()),
        _ => key.subject.short(),
    };
    match key.metric {
        Metric::Instructions | Metric::Size => short,
        metric => format!("{short} {metric}"),
    }
}

/// The verdict, `name | state` for each row, `verdict code name: message` for each finding, and what is to be confirmed.
fn said(world: &World) -> String {
    let (report, to_confirm) = world.judged();
    let mut lines = vec![report.verdict.to_string()];
    lines.extend(report.rows.iter().map(|judged| format!("{} | {}", name(&judged.row.key), judged.state.word())));
    lines.extend(report.findings.iter().map(|finding| {
        let whom = finding.key.as_ref().map_or(String::new(), |key| format!(" {}", name(key)));
        format!("{} {}{whom}: {}", finding.verdict, finding.code, finding.message)
    }));
    lines.extend(to_confirm.iter().map(|key| format!("confirm {}", name(key))));
    lines.join("\n")
}

#[track_caller]
fn check(world: &World, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(said(world), expected.join("\n"), "\nsaid:\n{}\n", said(world));
}

/// One key's state and the verdict, where no more is the point.
#[track_caller]
fn check_state(world: &World, state: State, verdict: Verdict) {
    let (report, _) = world.judged();
    let states: Vec<State> = report.rows.iter().map(|judged| judged.state).collect();
    assert_eq!((states, report.verdict), (vec![state], verdict), "\nsaid:\n{}\n", said(world));
}
