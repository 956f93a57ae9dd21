//! The judgement of one key.

use std::collections::BTreeSet;

use super::{Case, Confirmation};
use crate::compare::{change, widening};
use crate::model::{
    Acceptance, Certainty, Change, Code, Evidence, Finding, Key, Limits, Metric, Outcome, Ratio, Record, Row, Severity,
    State, Verdict,
};

/// A difference below this share is not worth a word: the "note" level of exact metrics.
const NOTE: Ratio = Ratio::percent(0.1);
/// A difference below this many base units is not worth a word. Arbitrary: a tenth of the default floor.
const NOTE_FLOOR: f64 = 10.0;
/// How alike two names must be for one to be called the likely successor of the other. Arbitrary.
const ALIKE: f64 = 0.7;

/// What is said of one key.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// Its row, its state, and the growth limit that was applied.
    pub(super) row: Option<(Row, State, Option<Ratio>)>,
    /// What a reader must know.
    pub(super) findings: Vec<Finding>,
    /// Whether the base must be measured before this may fail.
    pub(super) confirm: bool,
}

/// Which limit is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excess {
    Ceiling,
    Growth,
    Drift,
}

struct Judge<'a> {
    case: &'a Case<'a>,
    key: &'a Key,
    limits: &'a Limits,
    base: Option<&'a Record>,
    head: Option<&'a Record>,
    /// What the base shows when it is measured here.
    confirmed: Option<&'a Evidence>,
    findings: Vec<Finding>,
    confirm: bool,
}

/// Judges one key. `fresh` are the measured keys that nobody has a record of.
#[must_use]
pub(super) fn judge(case: &Case<'_>, key: &Key, limits: &Limits, fresh: &BTreeSet<Key>) -> Judgement {
    let family = key.metric.family();
    let Some(environment) = case.environment(family) else { return Judgement::default() };
    let confirmed = match case.confirmation {
        Confirmation::Measured(run) => run.outcomes.get(key).and_then(Outcome::evidence),
        Confirmation::Pending | Confirmation::Refused(_) => None,
    };
    let (base, head) = (case.base.record(key, environment), case.head.record(key, environment));
    let mut judge = Judge { case, key, limits, base, head, confirmed, findings: Vec::new(), confirm: false };
    let row = match case.run.outcomes.get(key) {
        _ if limits.exclude.is_some() => {
            let change = change(base.map(|record| &record.evidence), case.run.outcomes.get(key));
            change.map(|change| (change, State::Excluded))
        }
        None => judge.unmeasured(fresh),
        Some(Outcome::Failed(failure)) => {
            judge.say(failure.code, failure.code.verdict(), failure.why.clone(), failure.hint.clone());
            let before = base.map(|record| record.evidence.clone());
            Some((Change::Failed { before, failure: failure.clone() }, State::Unmeasured))
        }
        Some(outcome @ Outcome::Measured { evidence, note }) => {
            if key.metric == Metric::Instructions && evidence.noise() > Ratio::ZERO {
                let why = note.clone().unwrap_or_else(|| "for a reason that its profile does not show".into());
                let message = format!("it varies by {} from run to run: {why}", unsigned(evidence.noise()));
                judge.say(Code::MetricSeeded, Code::MetricSeeded.verdict(), message, None);
            }
            Some(judge.measured(outcome, evidence))
        }
    };
    let limit = row.as_ref().and_then(|(change, _)| {
        let growth = limits.growth?;
        let reach = match change {
            Change::Both { before, after, .. } => widening(before, after),
            _ => Ratio::ZERO,
        };
        Ratio::new(growth.get() + reach.get())
    });
    Judgement {
        row: row.map(|(change, state)| (Row { key: key.clone(), change }, state, limit)),
        findings: judge.findings,
        confirm: judge.confirm,
    }
}

impl Judge<'_> {
    fn say(&mut self, code: Code, verdict: Verdict, message: String, hint: Option<String>) {
        let target = self.key.subject.target().cloned();
        self.findings.push(Finding { code, verdict, key: Some(self.key.clone()), target, message, hint });
    }

    /// Nothing was measured, and somebody has a record of it.
    fn unmeasured(&mut self, fresh: &BTreeSet<Key>) -> Option<(Change, State)> {
        let recorded_by = |baseline: &crate::model::Baseline| {
            baseline.of_family(self.key.metric.family()).find_map(|set| set.records.get(self.key)).cloned()
        };
        let (base, head) = (recorded_by(self.case.base), recorded_by(self.case.head));
        let before = base.as_ref().or(head.as_ref())?.evidence.clone();
        let gone = Change::Removed { before };
        if base.is_some() && head.is_none() {
            if !self.key.metric.is_advisory() {
                let message =
                    "its record was taken out of the baseline in this change, and it does not run any more".into();
                self.say(Code::BenchmarkRemoved, Code::BenchmarkRemoved.verdict(), message, None);
            }
            return Some((gone, State::Removed));
        }
        let target = self.key.subject.target();
        let is_explained = self.case.run.problems.iter().any(|problem| {
            problem.code != Code::Leftovers
                && problem.code != Code::HarnessForeign
                && (problem.target.as_ref() == target)
        });
        // The main metric of the subject tells; an advisory one would only say it again.
        if self.key.metric.is_advisory() {
            return None;
        }
        if !is_explained {
            match likely_successor(self.key, fresh) {
                Some(successor) => {
                    let message = format!("it did not run; `{}` is new and has a similar name", successor.subject);
                    let hint = Some("if that is its new name: cargo perfbudget record".into());
                    self.say(Code::BenchmarkRenamed, Code::BenchmarkRenamed.verdict(), message, hint);
                }
                None => {
                    let hint = Some("if it was taken out on purpose: cargo perfbudget record, and commit".into());
                    let message = "the baseline records it, and it did not run".into();
                    self.say(Code::BenchmarkMissing, Code::BenchmarkMissing.verdict(), message, hint);
                }
            }
        }
        Some((gone, State::Unmeasured))
    }

    fn measured(&mut self, outcome: &Outcome, after: &Evidence) -> (Change, State) {
        let against = self.base.map(|record| &record.evidence);
        if self.key.metric == Metric::Time {
            return self.timed(against, outcome);
        }
        // Recorded on other machines only: what the base shows here is the base.
        let elsewhere = self.base.is_none() && self.case.is_recorded_elsewhere_only(self.key.metric.family());
        let before = if elsewhere { self.confirmed } else { against };
        if elsewhere && self.confirmed.is_none() && self.is_recorded_elsewhere() {
            self.confirm = true;
            return (Change::Added { after: after.clone() }, State::Unclaimed);
        }
        let Some(before) = before.cloned() else { return self.new(after) };
        let Some(change) = change(Some(&before), Some(outcome)) else {
            return (Change::Added { after: after.clone() }, State::New);
        };
        if self.base.is_some() && self.head.is_none() && !self.key.metric.is_advisory() {
            let message = "its record was taken out of the baseline in this change, and it still runs".into();
            self.say(
                Code::BenchmarkRemoved,
                Code::BenchmarkRemoved.verdict(),
                message,
                Some("cargo perfbudget record".into()),
            );
        }
        let state = match self.excess(&before, after) {
            Some(excess) => self.over(excess, &before, after),
            None => self.not_over(&before, after, &change),
        };
        (change, state)
    }

    fn is_recorded_elsewhere(&self) -> bool {
        self.case.base.of_family(self.key.metric.family()).any(|set| set.records.contains_key(self.key))
    }

    fn timed(&mut self, before: Option<&Evidence>, outcome: &Outcome) -> (Change, State) {
        let Some(change) = change(before, Some(outcome)) else { unreachable!("an outcome is always a change") };
        if let Change::Both { certainty: Certainty::Unknown, delta: Some(delta), .. } = &change {
            let message = format!("{delta} against the recorded time on an equal machine, beyond both intervals");
            self.say(Code::TimeAdvice, Code::TimeAdvice.verdict(), message, None);
        }
        (change, State::Unclaimed)
    }

    fn new(&mut self, after: &Evidence) -> (Change, State) {
        let ceiling = self.limits.at_most.filter(|most| after.quantity() > *most);
        if let Some(most) = ceiling {
            let message = format!("new, and above the {} it may cost at most", amount(self.key.metric, most.get()));
            self.say(Code::CeilingOver, self.limits.severity.verdict(), message, None);
        } else if self.head.is_none() && !self.key.metric.is_advisory() && !self.case.base.is_empty() {
            let hint = Some("cargo perfbudget record".into());
            self.say(Code::BenchmarkNew, Code::BenchmarkNew.verdict(), "it has no record yet".into(), hint);
        } else if let Some(head) = self.head.cloned() {
            self.check_staleness(&head, after);
        }
        let state = if ceiling.is_some() { State::Crossed } else { State::New };
        (Change::Added { after: after.clone() }, state)
    }

    /// Whether `after` is above `before` by more than a ratio and more than the floor.
    fn grew(&self, before: &Evidence, after: &Evidence, limit: Ratio) -> bool {
        let (old, new) = (before.quantity().get(), after.quantity().get());
        let allowed = limit.get() + widening(before, after).get();
        new > old * (1.0 + allowed) && new - old > self.limits.floor.get()
    }

    fn is_above_ceiling(&self, evidence: &Evidence) -> bool {
        self.limits.at_most.is_some_and(|most| evidence.quantity() > most)
    }

    fn anchor(&self) -> Option<Evidence> {
        self.base.and_then(|record| record.anchor).map(Evidence::exact)
    }

    fn has_drifted(&self, evidence: &Evidence) -> bool {
        match (self.anchor(), self.limits.drift) {
            (Some(anchor), Some(drift)) => self.grew(&anchor, evidence, drift),
            _ => false,
        }
    }

    fn excess(&self, before: &Evidence, after: &Evidence) -> Option<Excess> {
        if self.limits.growth.is_some_and(|growth| self.grew(before, after, growth)) {
            Some(Excess::Growth)
        } else if self.is_above_ceiling(after) {
            Some(Excess::Ceiling)
        } else if self.has_drifted(after) {
            Some(Excess::Drift)
        } else {
            None
        }
    }

    /// Over a limit against the file. It fails only where the base, measured here, does not show it, too.
    fn over(&mut self, excess: Excess, recorded: &Evidence, after: &Evidence) -> State {
        if excess != Excess::Ceiling
            && let Some(state) = self.accepted(recorded, after)
        {
            return state;
        }
        let is_recorded_here = self.base.is_some();
        let fails = self.limits.severity == Severity::Error;
        if fails && is_recorded_here && self.confirmed.is_none() {
            self.confirm = true;
            if let Confirmation::Refused(_) | Confirmation::Measured(_) = self.case.confirmation {
                let message =
                    format!("{}; whether this change did it is not known", self.sentence(excess, recorded, after));
                self.say(Code::BaseUnbuildable, Code::BaseUnbuildable.verdict(), message, None);
                return State::Unclaimed;
            }
        }
        let before = self.confirmed.cloned().unwrap_or_else(|| recorded.clone());
        // An advisory limit is not confirmed, so the file's word is taken.
        let before = if fails { before } else { recorded.clone() };
        let is_worse =
            self.limits.growth.map_or(after.quantity() > before.quantity(), |_| self.grew(&before, after, NOTE));
        let (was_over, code) = match excess {
            Excess::Ceiling => (self.is_above_ceiling(&before), Code::CeilingOver),
            Excess::Drift => (self.has_drifted(&before), Code::DriftOver),
            Excess::Growth => {
                let is_real = self.limits.growth.is_some_and(|growth| self.grew(&before, after, growth));
                if !is_real {
                    return self.inherited(recorded, after);
                }
                (false, Code::GrowthOver)
            }
        };
        if was_over && !is_worse {
            return match excess {
                Excess::Ceiling => {
                    let message = self.sentence(excess, &before, after);
                    self.say(Code::CeilingUnchanged, Code::CeilingUnchanged.verdict(), message, None);
                    State::OverUnchanged
                }
                _ => self.inherited(recorded, after),
            };
        }
        let code = if self.head_accepts(recorded) && excess != Excess::Ceiling { Code::AcceptanceUnmet } else { code };
        let hint = match code {
            Code::CeilingOver => None,
            _ => Some(format!("if it is worth it: cargo perfbudget accept '{}' --reason \"…\"", self.key.subject)),
        };
        let message = self.sentence(excess, &before, after);
        self.say(code, self.limits.severity.verdict(), message, hint);
        if was_over { State::OverAndWorse } else { State::Crossed }
    }

    fn head_accepts(&self, recorded: &Evidence) -> bool {
        self.head.is_some_and(|head| head.evidence.quantity() > recorded.quantity())
    }

    /// The head's file holds a higher value than the base's, or an older acceptance has run out.
    fn accepted(&mut self, recorded: &Evidence, after: &Evidence) -> Option<State> {
        let head = self.head.filter(|head| head.evidence.quantity() > recorded.quantity())?.clone();
        let growth = self.limits.growth.unwrap_or(Ratio::ZERO);
        if self.grew(&head.evidence, after, growth) {
            return None;
        }
        if let Some(day) =
            head.acceptance.as_ref().and_then(|acceptance| acceptance.expires).filter(|day| *day < self.case.today)
        {
            self.expired(day);
            return Some(State::Crossed);
        }
        let reason =
            head.acceptance.as_ref().map_or("no reason is given".into(), |acceptance| acceptance.reason.clone());
        let unit = self.key.metric;
        let (from, to) = (amount(unit, recorded.quantity().get()), amount(unit, head.evidence.quantity().get()));
        let verdict = Code::RegressionAccepted.verdict();
        self.say(
            Code::RegressionAccepted,
            verdict,
            format!("{from} → {to} is accepted in this change: {reason}"),
            None,
        );
        Some(State::Accepted)
    }

    fn expired(&mut self, day: crate::model::Date) {
        let hint = Some("make it cheaper and record, or accept again with a new day".into());
        let message = format!("what was accepted holds until {day}, and today is {}", self.case.today);
        self.say(Code::AcceptanceExpired, Code::AcceptanceExpired.verdict(), message, hint);
    }

    fn inherited(&mut self, recorded: &Evidence, after: &Evidence) -> State {
        let verdict = if self.case.on_default_branch { Verdict::Over } else { Code::GrowthInherited.verdict() };
        let commits = match self.case.commits_since_record {
            Some(1) => "; 1 commit lies between".into(),
            Some(count) if count > 0 => format!("; {count} commits lie between"),
            _ => String::new(),
        };
        let growth = self.delta(recorded, after);
        let message =
            format!("{growth} against the record, and {} measured here shows it, too{commits}", self.case.base_name);
        let hint = Some("cargo perfbudget record --allow-regression, on the default branch".into());
        self.say(Code::GrowthInherited, verdict, message, hint);
        State::Inherited
    }

    /// Within its limits: is it worth a word, and does the file still say so?
    fn not_over(&mut self, before: &Evidence, after: &Evidence, change: &Change) -> State {
        if let Some(record) = self.head.cloned() {
            if let Some(Acceptance { expires: Some(day), .. }) = record.acceptance.as_ref()
                && *day < self.case.today
            {
                self.expired(*day);
                return State::Crossed;
            }
            self.check_staleness(&record, after);
        }
        let is_real = matches!(change, Change::Both { certainty: Certainty::Real, .. }) && is_noteworthy(before, after);
        if !is_real {
            return State::Unchanged;
        }
        if after.quantity() > before.quantity() {
            return State::UnderRegressed;
        }
        if !self.key.metric.is_advisory() {
            let message = self.delta(before, after);
            self.say(Code::Improved, Code::Improved.verdict(), message, None);
        }
        State::Improved
    }

    fn check_staleness(&mut self, record: &Record, after: &Evidence) {
        let reach = widening(&record.evidence, after).get() * record.evidence.quantity().get();
        let distance = (after.quantity().get() - record.evidence.quantity().get()).abs();
        if self.key.metric.is_advisory() || distance <= reach || !is_noteworthy(&record.evidence, after) {
            return;
        }
        let unit = self.key.metric;
        let (old, new) = (record.evidence.quantity().get(), after.quantity().get());
        let message = format!("the file says {}, and {} was measured", amount(unit, old), amount(unit, new));
        self.say(Code::BaselineStale, Code::BaselineStale.verdict(), message, Some("cargo perfbudget record".into()));
    }

    fn delta(&self, before: &Evidence, after: &Evidence) -> String {
        let unit = self.key.metric;
        let (old, new) = (amount(unit, before.quantity().get()), amount(unit, after.quantity().get()));
        match Ratio::of_change(before.quantity(), after.quantity()) {
            Some(delta) => format!("{delta} ({old} → {new})"),
            None => format!("{old} → {new}"),
        }
    }

    fn sentence(&self, excess: Excess, before: &Evidence, after: &Evidence) -> String {
        let unit = self.key.metric;
        match excess {
            Excess::Growth => {
                let limit = self.limits.growth.unwrap_or(Ratio::ZERO);
                format!(
                    "{}, and {} and {} more are allowed",
                    self.delta(before, after),
                    unsigned(limit),
                    amount(unit, self.limits.floor.get())
                )
            }
            Excess::Ceiling => {
                let most = self.limits.at_most.map_or(0.0, crate::model::Quantity::get);
                let new = amount(unit, after.quantity().get());
                format!("{new}, and {} is the most it may cost", amount(unit, most))
            }
            Excess::Drift => {
                let anchor = self.anchor().unwrap_or_else(|| before.clone());
                let limit = unsigned(self.limits.drift.unwrap_or(Ratio::ZERO));
                format!("{} since its anchor, and {limit} is allowed in all", self.delta(&anchor, after))
            }
        }
    }
}

/// Whether a difference is worth a word.
fn is_noteworthy(before: &Evidence, after: &Evidence) -> bool {
    let (old, new) = (before.quantity().get(), after.quantity().get());
    (new - old).abs() > NOTE_FLOOR && (new - old).abs() > NOTE.get() * old
}

fn unsigned(ratio: Ratio) -> String {
    ratio.to_string().trim_start_matches('+').to_owned()
}

/// An exact amount in full, with its unit, for sentences. Tables scale.
fn amount(metric: Metric, value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {}", metric.unit().word())
}

/// The fresh key of the same target and metric whose name is most alike, if one is alike enough.
fn likely_successor<'a>(key: &Key, fresh: &'a BTreeSet<Key>) -> Option<&'a Key> {
    let name = key.subject.short();
    fresh
        .iter()
        .filter(|candidate| candidate.metric == key.metric && candidate.subject.scope() == key.subject.scope())
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&name, &candidate.subject.short()), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}
