//! Budgets × what was measured, recorded and confirmed → a report. Pure; the one place where it is decided what fails.

mod key;
mod known;
mod successor;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::compare;
use crate::config::SeverityOverride;
use crate::model::report::{Basis, Judged};
use crate::model::{
    Baseline, Budget, Code, Date, Environment, Family, Finding, Key, Limits, Metric, Problem, Quantity, RecordSet,
    Report, Row, Run, State, Subject, Verdict,
};
use key::Judgement;
use known::{Known, known};
use successor::fresh_keys;

/// What is known of the base as it measures here.
#[derive(Debug, Clone, Copy)]
pub enum Confirmation<'a> {
    /// It was not measured yet: ask for it where it is needed.
    Pending,
    /// It cannot be, or must not be, measured.
    Refused(&'a Problem),
    /// It was measured, at least for the keys that were asked for.
    Measured(&'a Run),
}

/// Everything that is judged.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What was measured of the code at hand.
    pub run: &'a Run,
    /// The committed records of the merge-base; the head's where the base has none.
    pub base: &'a Baseline,
    /// The committed records as they lie in the work tree.
    pub head: &'a Baseline,
    /// What the base shows here.
    pub confirmation: Confirmation<'a>,
    /// What the base is called.
    pub base_name: &'a str,
    /// How many commits came between the record and the base.
    pub commits_since_record: Option<u64>,
    /// Whether there is no later check that would catch what is inherited.
    pub on_default_branch: bool,
    /// The rules.
    pub budgets: &'a [Budget],
    /// Codes whose verdict the configuration changes.
    pub severities: &'a BTreeMap<Code, SeverityOverride>,
    /// The day.
    pub today: Date,
    /// Whether nobody else will measure what could not be measured here.
    pub is_ci: bool,
    /// Problems beyond the run's own, such as baseline files that cannot be read.
    pub problems: &'a [Problem],
}

impl Case<'_> {
    fn environment(&self, family: Family) -> Option<&Environment> {
        self.run.environments.get(&family)
    }

    /// The base as it was measured, where that was in the environment of the run.
    fn confirmed(&self, family: Family) -> Option<&Run> {
        let Confirmation::Measured(base) = self.confirmation else { return None };
        let is_comparable = base.environments.get(&family).is_none_or(|own| self.environment(family) == Some(own));
        is_comparable.then_some(base)
    }

    /// Whether a committed file cannot be read, so that a record that is not seen may be in it.
    fn is_broken(&self) -> bool {
        self.problems.iter().any(|problem| matches!(problem.code, Code::BaselineConflict | Code::BaselineUnreadable))
    }

    /// Whether a family was recorded, but in no environment like this one.
    fn is_recorded_elsewhere_only(&self, family: Family) -> bool {
        let here = self.environment(family).and_then(|environment| self.base.matching(family, environment));
        here.is_none_or(|set| set.records.is_empty()) && self.base.of_family(family).any(|set| !set.records.is_empty())
    }
}

/// Judges the case. The second value is what must be measured of the base before anything may fail.
#[must_use]
pub fn judge(case: &Case<'_>) -> (Report, BTreeSet<Key>) {
    let (expired, budgets): (Vec<Budget>, Vec<Budget>) =
        case.budgets.iter().cloned().partition(|budget| budget.expires.is_some_and(|day| day < case.today));
    let all = known(case);
    // A key has a row mostly, and rows are large: room is made once.
    let rows = Vec::with_capacity(all.len());
    let mut report = Report {
        rows,
        reused: case.run.reused,
        cache: case.run.cache.clone(),
        state: case.run.state.clone(),
        ..Report::default()
    };
    let mut to_confirm = BTreeSet::new();
    let mut new_metrics: BTreeMap<Metric, usize> = BTreeMap::new();
    let fresh = fresh_keys(&all);
    // The metrics of one subject follow each other and share its name, and all names share their room.
    let mut name = String::new();
    for subject in all.chunk_by(|one, next| one.key.subject == next.key.subject) {
        name.clear();
        // Writing to a string cannot fail.
        let _ = subject.first().map(|known| write!(name, "{}", known.key.subject));
        let is_recorded = subject.iter().any(|known| known.base_anywhere.is_some() || known.head_anywhere.is_some());
        let is_measured = subject.iter().any(|known| known.outcome.is_some());
        let mut said = Vec::new();
        for known in subject {
            let limits = limits_of(&budgets, &name, known.key.metric);
            let context = key::Context { fresh: &fresh, said: &said, is_recorded, is_measured };
            let Judgement { row, findings, confirm, is_new_metric } = key::judge(case, *known, &limits, context);
            *new_metrics.entry(known.key.metric).or_default() += usize::from(is_new_metric);
            report.rows.extend(row.map(|(row, state, limit)| Judged {
                reason: match state {
                    State::Excluded => limits.exclude.clone(),
                    State::Accepted => accepted_reason(known),
                    State::UnderRegressed => under_floor(&row, &limits),
                    _ => None,
                },
                row,
                state,
                limit,
                owner: limits.owner.clone(),
            }));
            said.extend(findings);
            if confirm {
                to_confirm.insert(known.key.clone());
            }
        }
        report.findings.extend(said);
    }
    report.findings.extend(of_new_metrics(&new_metrics));
    report.findings.extend(problems(case));
    report.findings.extend(of_rules(case, &expired, &budgets, &all));
    report.findings.extend(of_excluded(case, &budgets, &all));
    report.findings.extend(of_baseline(case, !report.rows.is_empty()));
    describe(case, &mut report);
    for finding in &mut report.findings {
        if let Some(own) = case.severities.get(&finding.code) {
            finding.verdict = own.verdict;
        }
    }
    (report.settled(), to_confirm)
}

/// The limits of a subject's metric. A drift that no rule states is never tighter than the growth that one states.
fn limits_of(budgets: &[Budget], subject: &str, metric: Metric) -> Limits {
    let mut limits = Limits::of(budgets, subject, metric);
    let is_stated = |budget: &Budget| budget.drift.is_some() && budget.matches(subject, metric);
    if limits.drift.is_some() && limits.drift < limits.growth && !budgets.iter().any(is_stated) {
        limits.drift = limits.growth;
    }
    limits
}

fn accepted_reason(known: &Known<'_>) -> Option<String> {
    Some(known.head?.acceptance.as_ref()?.reason.clone())
}

/// Why a growth beyond its ratio is none that fails: it is no more than the floor.
fn under_floor(row: &Row, limits: &Limits) -> Option<String> {
    let (before, after) = (row.change.before()?, row.change.after()?);
    let is_beyond = compare::worsened(row.key.metric.better(), before, after, limits.growth?, Quantity::ZERO);
    is_beyond.then(|| format!("no more than the floor of {}", words::amount(row.key.metric, limits.floor.get())))
}

fn finding(code: Code, message: String, hint: Option<String>) -> Finding {
    Finding { code, verdict: code.verdict(), key: None, target: None, message, hint }
}

fn problems(case: &Case<'_>) -> Vec<Finding> {
    let of_run = |problem: &Problem| {
        let verdict = match problem.code {
            Code::SourceUnavailable if case.is_ci => Verdict::CannotTell,
            code => code.verdict(),
        };
        let base = finding(problem.code, problem.message.clone(), problem.hint.clone());
        Finding { verdict, target: problem.target.clone(), ..base }
    };
    let all: BTreeSet<&Problem> = case.run.problems.iter().chain(case.problems).collect();
    all.into_iter().map(of_run).collect()
}

/// Metrics of which recorded subjects have no record yet, each said once.
fn of_new_metrics(counts: &BTreeMap<Metric, usize>) -> Vec<Finding> {
    let said = |(metric, count): (&Metric, &usize)| {
        let whose = if *count == 1 { "1 recorded subject".to_owned() } else { format!("{count} recorded subjects") };
        let message = format!("`{metric}` of {whose} has no record yet");
        finding(Code::MetricNew, message, Some("cargo perfbudget record".into()))
    };
    counts.iter().filter(|(_, count)| **count > 0).map(said).collect()
}

/// Rules that are over, and rules that speak of nothing. A narrowed run cannot tell what a rule would have matched.
fn of_rules(case: &Case<'_>, expired: &[Budget], budgets: &[Budget], all: &[Known<'_>]) -> Vec<Finding> {
    let scope = &case.run.scope;
    let is_whole = scope.filters.is_empty()
        && scope.targets.is_none()
        && scope.packages.is_none()
        && scope.keys.is_none()
        && scope.shards.is_none();
    let mut findings: Vec<Finding> = expired
        .iter()
        .filter_map(|budget| {
            let day = budget.expires?;
            let message = format!("the rule on line {} held until {day}", budget.line);
            Some(finding(Code::RuleExpired, message, Some("delete it, or renew it with a reason".into())))
        })
        .collect();
    // Nor can one in which something went wrong: what a rule would have matched may be in what did not run.
    let went_wrong = |problem: &Problem| problem.code.verdict() == Verdict::CannotTell;
    if !is_whole || budgets.is_empty() || case.run.problems.iter().any(went_wrong) {
        return findings;
    }
    let names: Vec<(String, Metric)> =
        all.iter().map(|known| (known.key.subject.to_string(), known.key.metric)).collect();
    let excluded: Vec<String> = case.run.excluded.iter().map(ToString::to_string).collect();
    for budget in budgets {
        let was_measured = match budget.metric.map(Metric::family) {
            Some(family) => scope.families.contains(&family) && case.environment(family).is_some(),
            None => is_whole_for(case, budget),
        };
        let is_matched = names.iter().any(|(name, metric)| budget.matches(name, *metric))
            || excluded.iter().any(|name| budget.subject.matches(name));
        // A rule for everything, as `init` writes one, has no name that could be wrong; its metric may be missing.
        let is_of_entries = budget.metric.is_some_and(|metric| metric.family() == Family::Entries);
        if was_measured && !is_matched && (is_of_entries || budget.subject.as_str() != "*") {
            findings.push(unmatched(budget));
        }
    }
    findings
}

/// What a rule excludes and nothing is known of, so that no row says it.
fn of_excluded(case: &Case<'_>, budgets: &[Budget], all: &[Known<'_>]) -> Vec<Finding> {
    let is_unknown = |subject: &&Subject| all.iter().all(|known| *known.key.subject != **subject);
    let unknown = case.run.excluded.iter().filter(is_unknown);
    unknown
        .map(|subject| {
            let name = subject.to_string();
            let reason = Limits::of(budgets, &name, Metric::Instructions).exclude.unwrap_or_default();
            finding(Code::BenchmarkExcluded, format!("`{name}` is not measured: {reason}"), None)
        })
        .collect()
}

/// Whether everything that a rule without a metric could speak of was looked at: other tools' numbers are not when we
/// measure, and nothing else is when they are read.
fn is_whole_for(case: &Case<'_>, budget: &Budget) -> bool {
    let reads = case.run.scope.families.contains(&Family::Entries);
    let is_of_entries = budget.subject.as_str().starts_with("entry ");
    reads == is_of_entries && !case.run.problems.iter().any(|problem| problem.code == Code::SourceUnavailable)
}

fn unmatched(budget: &Budget) -> Finding {
    let (line, subject) = (budget.line, budget.subject.as_str());
    match budget.metric.filter(|metric| metric.family() == Family::Entries) {
        Some(metric) => {
            let message = format!("no entry `{subject}` has the `{metric}` that the rule on line {line} limits");
            finding(Code::EntryMissing, message, Some("let the tool write it, or correct the rule".into()))
        }
        None => {
            let message = format!("the rule on line {line} for `{subject}` matches nothing");
            finding(Code::RuleUnmatched, message, Some("correct its `subject`, or delete it".into()))
        }
    }
}

/// Whether there is something to compare with at all, and whether it compares.
fn of_baseline(case: &Case<'_>, anything: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let command = if case.run.scope.families.contains(&Family::Entries) { "ingest --record" } else { "record" };
    let record = Some(format!("cargo perfbudget {command}, then commit the folder it writes"));
    if case.base.is_empty() && case.head.is_empty() {
        if case.base.sets.is_empty() && case.head.sets.is_empty() {
            let nothing =
                if anything { "nothing is recorded yet" } else { "nothing is recorded, and nothing was measured" };
            if !case.is_broken() {
                findings.push(finding(Code::BaselineMissing, nothing.into(), record));
            }
        } else {
            findings.push(finding(Code::BaselineEmpty, "the baseline files hold no records".into(), record));
        }
        return findings;
    }
    for family in case.run.environments.keys().filter(|family| !family.is_of_one_machine()) {
        if !case.is_recorded_elsewhere_only(*family) || !case.run.scope.families.contains(family) {
            continue;
        }
        let (Some(here), Some(there)) = (case.environment(*family), case.base.of_family(*family).next()) else {
            continue;
        };
        let differences = differences(here, there);
        let recorded = format!("no {family} were recorded on a machine like this ({differences})");
        let hint = Some("record on this kind of machine, too, to skip that".to_owned());
        findings.push(match (case.confirmation, case.confirmed(*family)) {
            (Confirmation::Pending, _) => finding(Code::EnvironmentDiffers, recorded, hint),
            (_, Some(_)) => finding(Code::EnvironmentDiffers, format!("{recorded}; the base was measured here"), hint),
            (Confirmation::Refused(why), None) => {
                finding(Code::NotComparable, format!("{recorded}, and {}", why.message), why.hint.clone())
            }
            (Confirmation::Measured(_), None) => {
                finding(Code::NotComparable, format!("{recorded}, and neither was the base measured on one"), None)
            }
        });
    }
    if let Confirmation::Refused(why) = case.confirmation
        && !case.run.problems.iter().chain(case.problems).any(|problem| problem == why)
    {
        // The rows that needed confirmation say so themselves; the reason is said once.
        let needed = why.code != Code::NotComparable;
        findings.extend(needed.then(|| finding(why.code, why.message.clone(), why.hint.clone())));
    }
    findings
}

fn differences(here: &Environment, there: &RecordSet) -> String {
    let facts = here.differences(&there.environment);
    let facts: Vec<String> =
        facts.iter().map(|(name, here, there)| format!("{name}: recorded `{there}`, here `{here}`")).collect();
    facts.join("; ")
}

fn describe(case: &Case<'_>, report: &mut Report) {
    for (family, environment) in &case.run.environments {
        report.environments.push((*family, environment.clone()));
        let basis = if case.base.matching(*family, environment).is_some_and(|set| !set.records.is_empty()) {
            Basis::File { revision: case.base_name.to_owned() }
        } else if case.is_recorded_elsewhere_only(*family) && case.confirmed(*family).is_some() {
            Basis::Measured { revision: case.base_name.to_owned() }
        } else {
            Basis::Nothing
        };
        report.basis.push((*family, basis));
        if let Some(set) = case.base.matching(*family, environment) {
            for (name, now, before) in case.run.state.differences(&set.state) {
                let change = (name.to_owned(), before.to_owned(), now.to_owned());
                if !before.is_empty() && !now.is_empty() && !report.state_changes.contains(&change) {
                    report.state_changes.push(change);
                }
            }
        }
    }
}
