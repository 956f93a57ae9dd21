//! The gate, tested on the user's own results: a copy is broken in one way for each code, and each must be reported. Pure.

use std::collections::BTreeMap;

use crate::judge::{Case, Confirmation, judge};
use crate::model::{
    Acceptance, Baseline, Benchmark, Budget, Code, Date, Environment, Evidence, Failure, Family, Glob, Key, Metric,
    Outcome, Problem, Quantity, Ratio, Record, Run, Subject, Target,
};

/// A day before any other.
const LONG_AGO: Date = Date { year: 1970, month: 1, day: 1 };
/// What a value that is broken may be: above the default floor by far, and so that its multiples are numbers, too.
const FIT: std::ops::Range<u64> = 100_000..1_000_000_000_000_000;
/// The name of what is planted where the results hold nothing fit to be broken.
const PLANTED: &str = "perfbudget-self-test";

/// One code, and whether its finding was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The code.
    pub code: Code,
    /// What went wrong; `None` where it was reported and the gate fired.
    pub missed: Option<String>,
}

/// A copy of everything that is judged, to be broken.
#[derive(Clone)]
struct World {
    run: Run,
    base: Baseline,
    head: Baseline,
    confirmed: Option<Run>,
    refused: Option<Problem>,
    budgets: Vec<Budget>,
    problems: Vec<Problem>,
    /// The benchmark that is broken: measured, recorded, within its limits.
    key: Key,
    environment: Environment,
    value: u64,
}

/// Tries every code once.
#[must_use]
pub fn run(case: &Case<'_>, confirmed: Option<&Run>) -> Vec<Trial> {
    let world = World::of(case, confirmed);
    Code::ALL.iter().map(|code| trial(case, world.clone(), *code)).collect()
}

fn trial(case: &Case<'_>, mut world: World, code: Code) -> Trial {
    world.break_for(code);
    let confirmation = match (&world.refused, &world.confirmed) {
        (Some(problem), _) => Confirmation::Refused(problem),
        (None, Some(run)) => Confirmation::Measured(run),
        (None, None) => Confirmation::Pending,
    };
    let broken = Case {
        run: &world.run,
        base: &world.base,
        head: &world.head,
        confirmation,
        budgets: &world.budgets,
        problems: &world.problems,
        on_default_branch: false,
        ..*case
    };
    let (report, _) = judge(&broken);
    let own = case.severities.get(&code).map_or(code.verdict(), |severity| severity.verdict);
    let found = report.findings.iter().filter(|finding| finding.code == code).map(|finding| finding.verdict).max();
    let missed = match found {
        None => Some("not reported".to_owned()),
        Some(verdict) if verdict < own => Some(format!("reported as {verdict}, not as {own}")),
        Some(_) if report.verdict < own => Some(format!("reported, and the verdict is {}", report.verdict)),
        Some(_) => None,
    };
    Trial { code, missed }
}

impl World {
    fn of(case: &Case<'_>, confirmed: Option<&Run>) -> World {
        let mut run = case.run.clone();
        // The copy stands for a whole run, whatever this one was narrowed to.
        run.scope.filters.clear();
        (run.scope.targets, run.scope.packages, run.scope.keys, run.scope.shards) = (None, None, None, None);
        run.scope.families.extend(Family::ALL);
        run.problems.clear();
        let environment = run.environments.entry(Family::Instructions).or_default().clone();
        run.environments.entry(Family::Time).or_default();
        let mut world = World {
            key: planted(PLANTED),
            environment,
            value: 1_000_000,
            base: case.base.clone(),
            head: case.head.clone(),
            confirmed: confirmed.cloned(),
            refused: None,
            // Rules of the user's own, such as an exclusion, must not keep a finding away.
            budgets: Vec::new(),
            problems: Vec::new(),
            run,
        };
        if let Some((key, value)) = world.fit() {
            (world.key, world.value) = (key, value);
        }
        world.measure(world.key.clone(), world.value);
        world.record(|_| {});
        world.confirm(world.value);
        world
    }

    /// A real benchmark that was measured and recorded, and whose value is fit to be broken.
    fn fit(&self) -> Option<(Key, u64)> {
        self.run.outcomes.iter().find_map(|(key, outcome)| match outcome.evidence()? {
            Evidence::Exact { value, .. } if key.metric == Metric::Instructions && FIT.contains(value) => {
                self.base.record(key, &self.environment)?;
                Some((key.clone(), *value))
            }
            _ => None,
        })
    }

    fn measure(&mut self, key: Key, value: u64) {
        self.run.outcomes.insert(key, Outcome::Measured { evidence: Evidence::exact(value), note: None });
    }

    fn confirm(&mut self, value: u64) {
        let outcome = Outcome::Measured { evidence: Evidence::exact(value), note: None };
        let confirmed = self.confirmed.get_or_insert_default();
        // The base was measured on this machine, whichever the copy takes that to be.
        confirmed.environments.clear();
        confirmed.outcomes.insert(self.key.clone(), outcome);
    }

    /// Sets the record of the key in both baselines, changed by `change`.
    fn record(&mut self, change: impl Fn(&mut Record)) {
        let mut record = Record { evidence: Evidence::exact(self.value), anchor: None, acceptance: None };
        change(&mut record);
        let (key, environment) = (self.key.clone(), self.environment.clone());
        for baseline in [&mut self.base, &mut self.head] {
            baseline
                .set_mut(Family::Instructions, &environment, &Environment::default())
                .records
                .insert(key.clone(), record.clone());
        }
    }

    fn head_record(&mut self, value: u64, acceptance: Option<Acceptance>) {
        let (key, environment) = (self.key.clone(), self.environment.clone());
        let record = Record { evidence: Evidence::exact(value), anchor: None, acceptance };
        self.head.set_mut(Family::Instructions, &environment, &Environment::default()).records.insert(key, record);
    }

    fn fail(&mut self, code: Code) {
        let failure = Failure { code, why: "broken by the self-test".into(), hint: None };
        self.run.outcomes.insert(self.key.clone(), Outcome::Failed(failure));
    }

    fn problem(&mut self, code: Code) {
        let target = self.key.subject.target().cloned();
        self.run.problems.push(Problem { code, target, message: "broken by the self-test".into(), hint: None });
    }

    fn budget(&mut self, change: impl Fn(&mut Budget)) {
        let mut budget = Budget {
            subject: Glob::new("*"),
            metric: Some(Metric::Instructions),
            growth: None,
            floor: None,
            at_most: None,
            at_least: None,
            drift: None,
            exclude: false,
            severity: None,
            owner: None,
            reason: None,
            expires: None,
            line: 1,
        };
        change(&mut budget);
        self.budgets.push(budget);
    }

    /// A regression that everything agrees on: measured, and not there in the base.
    fn regress(&mut self) {
        self.measure(self.key.clone(), self.value * 2);
    }

    fn break_for(&mut self, code: Code) {
        let (key, value) = (self.key.clone(), self.value);
        let refusal = |code| Problem { code, target: None, message: "broken by the self-test".into(), hint: None };
        match code {
            Code::GrowthOver => self.regress(),
            Code::GrowthInherited => {
                self.regress();
                self.confirm(value * 2);
            }
            Code::CeilingOver => {
                self.regress();
                self.budget(|budget| {
                    budget.at_most = Quantity::new(value as f64 * 1.5);
                    budget.growth = Ratio::new(10.0);
                });
            }
            Code::CeilingUnchanged => self.budget(|budget| budget.at_most = Quantity::new(value as f64 / 2.0)),
            Code::DriftOver => {
                self.measure(key, value + value / 250);
                self.record(|record| record.anchor = Some(value - value * 48 / 1000));
            }
            Code::AcceptanceExpired => self.record(|record| {
                record.acceptance =
                    Some(Acceptance { from: value / 2, reason: PLANTED.into(), expires: Some(LONG_AGO) });
            }),
            Code::AcceptanceUnmet => {
                self.measure(key, value * 3);
                self.head_record(value * 2, None);
            }
            Code::RegressionAccepted => {
                self.regress();
                self.head_record(value * 2, Some(Acceptance { from: value, reason: PLANTED.into(), expires: None }));
            }
            // Nothing at all runs, so that nothing looks like the new name of what is missing.
            Code::BenchmarkMissing => self.run.outcomes.clear(),
            Code::BenchmarkRenamed => {
                // A real name may be too short to be alike another, and its successor may be recorded.
                self.key = planted(PLANTED);
                self.record(|_| {});
                self.run.outcomes.clear();
                self.measure(planted(&format!("{PLANTED}2")), value);
            }
            Code::BenchmarkRemoved => {
                self.run.outcomes.remove(&key);
                for set in &mut self.head.sets {
                    set.records.remove(&key);
                }
            }
            Code::BenchmarkNew => self.measure(planted("perfbudget-self-test-new"), value),
            Code::MetricNew => {
                self.run.environments.entry(Family::Heap).or_default();
                self.measure(Key { metric: Metric::PeakHeap, ..key }, value);
            }
            Code::BaselineStale => self.measure(key, value - value / 200),
            Code::Improved => self.measure(key, value / 2),
            Code::BenchmarkExcluded => {
                self.run.excluded.insert(planted("perfbudget-self-test-excluded").subject.as_ref().clone());
            }
            Code::MetricSeeded => {
                let noise = Ratio::percent(0.5);
                let evidence = Evidence::Exact { value, repeats: 5, noise };
                self.run.outcomes.insert(key, Outcome::Measured { evidence, note: None });
            }
            Code::MetricQualified => {
                let evidence = Evidence::exact(value);
                self.run.outcomes.insert(key, Outcome::Measured { evidence, note: Some(PLANTED.into()) });
            }
            Code::TimeAdvice => self.plant_times(),
            Code::BaselineMissing => (self.base, self.head) = (Baseline::default(), Baseline::default()),
            Code::BaselineEmpty => {
                for set in self.base.sets.iter_mut().chain(&mut self.head.sets) {
                    set.records.clear();
                }
            }
            Code::EnvironmentDiffers | Code::NotComparable => {
                let elsewhere = Environment(BTreeMap::from([("libc".to_owned(), PLANTED.to_owned())]));
                self.run.environments.insert(Family::Instructions, elsewhere);
                if code == Code::NotComparable {
                    self.refused = Some(refusal(Code::BaseUnknown));
                }
            }
            Code::BaseUnknown | Code::BaseUnbuildable => {
                self.regress();
                self.refused = Some(refusal(code));
            }
            Code::RuleUnmatched => self.budget(|budget| budget.subject = Glob::new("no such subject")),
            Code::RuleExpired => self.budget(|budget| budget.expires = Some(LONG_AGO)),
            Code::BenchmarkUnsampled
            | Code::BenchmarkAmbiguous
            | Code::BenchmarkTimeout
            | Code::BenchmarkReadsClock
            | Code::BenchmarkUnbounded
            | Code::EntryMissing
            | Code::CommandFailed
            | Code::InstructionUnsupported
            | Code::AllocatorUnseen
            | Code::OutputUnreadable => self.fail(code),
            Code::BuildFailed
            | Code::BenchmarkPanicked
            | Code::SymbolsMissing
            | Code::ToolMissing
            | Code::ToolVersion
            | Code::Leftovers
            | Code::SourceUnavailable
            | Code::ShardMissing
            | Code::ShardOverlap
            | Code::ShardMixed
            | Code::HarnessForeign
            | Code::NightlyNeeded => self.problem(code),
            Code::BaselineConflict | Code::BaselineUnreadable => self.problems.push(refusal(code)),
        }
    }

    fn plant_times(&mut self) {
        let key = Key { metric: Metric::Time, ..self.key.clone() };
        let environment = self.run.environments.get(&Family::Time).cloned().unwrap_or_default();
        let sampled = |from: f64| {
            let quantity = |value| Quantity::new(value).unwrap_or(Quantity::ZERO);
            Evidence::Sampled {
                estimate: quantity(from),
                low: quantity(from * 0.9),
                high: quantity(from * 1.1),
                samples: 100,
            }
        };
        let record = Record { evidence: sampled(100.0), anchor: None, acceptance: None };
        self.base.set_mut(Family::Time, &environment, &Environment::default()).records.insert(key.clone(), record);
        self.run.outcomes.insert(key, Outcome::Measured { evidence: sampled(200.0), note: None });
    }
}

fn planted(name: &str) -> Key {
    let target = Target { package: PLANTED.into(), name: PLANTED.into() };
    let benchmark = Benchmark::new(target, name.into(), None, None);
    Key::new(Subject::Benchmark(benchmark), Metric::Instructions)
}
