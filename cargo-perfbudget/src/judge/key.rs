//! The judgement of one key.

mod note;
mod said;
mod sentence;

use note::{NOTE, is_noteworthy};

use super::known::Known;
use super::successor::{is_explained, likely_successor};
use super::words::{amount, delta};
use super::{Case, Confirmation};
use crate::compare::{self, change, widening};
use crate::model::{
    Certainty, Change, Code, Date, Evidence, Finding, Key, Limits, Metric, Outcome, Ratio, Record, Row, Severity, State,
};

/// What is said of one key.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// Its row, its state, and the growth limit that was applied.
    pub(super) row: Option<(Row, State, Option<Ratio>)>,
    /// What a reader must know.
    pub(super) findings: Vec<Finding>,
    /// Whether the base must be measured before this may fail.
    pub(super) confirm: bool,
    /// Whether its subject is recorded, and only this metric of it is not.
    pub(super) is_new_metric: bool,
}

/// What is known already when a key is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The measured keys that nobody has a record of.
    pub(super) fresh: &'a [&'a Key],
    /// What was said of other metrics of the same subject.
    pub(super) said: &'a [Finding],
    /// Whether any metric of the subject is recorded.
    pub(super) is_recorded: bool,
    /// Whether any metric of the subject was measured, or tried.
    pub(super) is_measured: bool,
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
    known: Known<'a>,
    base: Option<&'a Record>,
    head: Option<&'a Record>,
    /// What the base shows when it is measured here.
    confirmed: Option<&'a Evidence>,
    context: Context<'a>,
    findings: Vec<Finding>,
    confirm: bool,
    is_new_metric: bool,
}

/// Judges one key.
#[must_use]
pub(super) fn judge<'a>(case: &'a Case<'a>, known: Known<'a>, limits: &'a Limits, context: Context<'a>) -> Judgement {
    let Known { key, base, head, outcome, confirmed, .. } = known;
    if case.environment(key.metric.family()).is_none() && is_explained(case, key) {
        return Judgement::default();
    }
    let (findings, confirm, is_new_metric) = (Vec::new(), false, false);
    let mut judge =
        Judge { case, key, limits, known, base, head, confirmed, context, findings, confirm, is_new_metric };
    let row = match outcome {
        _ if limits.exclude.is_some() => {
            let change = change(base.map(|record| &record.evidence), outcome);
            change.map(|change| (change, State::Excluded))
        }
        None => judge.unmeasured(),
        Some(Outcome::Failed(failure)) => {
            judge.say_once(failure.code, failure.why.clone(), failure.hint.clone());
            let before = base.map(|record| record.evidence.clone());
            Some((Change::Failed { before, failure: failure.clone() }, State::Unmeasured))
        }
        Some(outcome @ Outcome::Measured { evidence, note }) => {
            if key.metric.is_exact() && !key.metric.is_advisory() {
                // Where something was lost is worth a word where it is too much.
                let is_of_leak = key.metric == Metric::LeakedBytes && evidence.noise() == Ratio::ZERO;
                judge.say_of_measurement(evidence, note.as_deref().filter(|_| !is_of_leak));
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
        is_new_metric: judge.is_new_metric,
    }
}

impl<'a> Judge<'a> {
    /// Nothing was measured, and somebody has a record of it.
    fn unmeasured(&mut self) -> Option<(Change, State)> {
        let Known { base_anywhere: base, head_anywhere: head, .. } = self.known;
        let before = base.or(head)?.evidence.clone();
        let gone = Change::Removed { before };
        if base.is_some() && head.is_none() && !self.case.is_broken() {
            if !self.key.metric.follows_another() {
                let message =
                    "its record was taken out of the baseline in this change, and it does not run any more".into();
                self.say_once(Code::BenchmarkRemoved, message, None);
            }
            return Some((gone, State::Removed));
        }
        // The main metric of the subject tells; an advisory one would only say it again.
        if self.key.metric.follows_another() {
            return None;
        }
        if !is_explained(self.case, self.key) {
            match likely_successor(self.key, self.context.fresh) {
                Some(successor) => {
                    let message = format!("it did not run; `{}` is new and has a similar name", successor.subject);
                    let hint = Some("if that is its new name: cargo perfbudget record".into());
                    self.say_once(Code::BenchmarkRenamed, message, hint);
                }
                None => {
                    let is_ours = self.key.metric.family().is_measured_here();
                    let (fate, record) = match self.context.is_measured {
                        _ if !is_ours => ("no file has it", "ingest --record"),
                        true => ("it was not measured", "record"),
                        false => ("it did not run", "record"),
                    };
                    let hint = Some(format!("if it was taken out on purpose: cargo perfbudget {record}, and commit"));
                    self.say_once(Code::BenchmarkMissing, format!("the baseline records it, and {fate}"), hint);
                }
            }
        }
        Some((gone, State::Unmeasured))
    }

    fn measured(&mut self, outcome: &Outcome, after: &Evidence) -> (Change, State) {
        let recorded = self.base.map(|record| &record.evidence);
        if !self.key.metric.is_exact() {
            return self.sampled(recorded, outcome, after);
        }
        // Recorded on other machines only: what the base shows here is the base.
        let is_elsewhere = self.base.is_none() && self.known.base_anywhere.is_some();
        if is_elsewhere && self.confirmed.is_none() {
            return (Change::Added { after: after.clone() }, self.not_comparable());
        }
        let before = if is_elsewhere { self.confirmed } else { recorded };
        let Some(before) = before else { return self.unrecorded(after) };
        let Some(change) = change(Some(before), Some(outcome)) else { unreachable!("an outcome is always a change") };
        if !self.key.metric.is_advisory() && self.head.is_none() {
            let hint = Some("cargo perfbudget record".into());
            if self.base.is_some() && !self.case.is_broken() {
                let message = "its record was taken out of the baseline in this change, and it still runs".into();
                self.say_once(Code::BenchmarkRemoved, message, hint);
            } else if is_elsewhere && !self.case.is_recorded_elsewhere_only(self.key.metric.family()) {
                let message = "it is recorded on other machines only; the base was measured here".into();
                self.say_once(Code::BenchmarkNew, message, hint);
            }
        }
        let is_expired = self.check_expiry();
        let state = if self.is_overstated(before, after) {
            State::Crossed
        } else {
            self.against_limits(before, after, &change)
        };
        (change, if is_expired { State::Crossed } else { state })
    }

    /// There is a record, and neither it nor the base says what it would be on this machine.
    fn not_comparable(&mut self) -> State {
        self.confirm = true;
        let family = self.key.metric.family();
        let is_pending = matches!(self.case.confirmation, Confirmation::Pending);
        let is_said_of_all =
            !is_pending && self.case.confirmed(family).is_none() && self.case.is_recorded_elsewhere_only(family);
        if !is_said_of_all && !self.key.metric.is_advisory() {
            let message = "it is recorded on other machines only, and the base has no value of it here".into();
            self.say(Code::NotComparable, Code::NotComparable.verdict(), message, None);
        }
        State::Unclaimed
    }

    /// A sampled value is held to what it may be at most or at least; its change is advice.
    fn sampled(&mut self, before: Option<&Evidence>, outcome: &Outcome, after: &Evidence) -> (Change, State) {
        let Some(change) = change(before, Some(outcome)) else { unreachable!("an outcome is always a change") };
        if self.exceeds(Excess::Ceiling, after, after) {
            let message = self.sentence(Excess::Ceiling, after, after);
            self.say(Code::CeilingOver, self.limits.severity.verdict(), message, None);
            return (change, State::Crossed);
        }
        // One sample has no interval that another could lie beyond.
        let has_interval = |evidence: &Evidence| !matches!(evidence, Evidence::Sampled { samples: 0 | 1, .. });
        let is_known = before.is_none_or(has_interval) && has_interval(after);
        if let Change::Both { certainty: Certainty::Unknown, delta: Some(delta), .. } = &change
            && is_known
        {
            let on = if self.key.metric.family().is_of_one_machine() { " on an equal machine" } else { "" };
            let message = format!("{delta} against the record{on}, beyond both intervals");
            self.say(Code::TimeAdvice, Code::TimeAdvice.verdict(), message, None);
        }
        (change, State::Unclaimed)
    }

    fn unrecorded(&mut self, after: &Evidence) -> (Change, State) {
        let is_expired = self.check_expiry();
        let is_beyond = self.exceeds(Excess::Ceiling, after, after);
        if is_beyond {
            let message = format!("new: {}", self.sentence(Excess::Ceiling, after, after));
            self.say(Code::CeilingOver, self.limits.severity.verdict(), message, None);
        }
        let is_first_run = self.case.base.is_empty() && self.case.head.is_empty();
        match self.head {
            Some(head) => self.check_staleness(head, after),
            None if self.key.metric.is_advisory() || is_first_run => {}
            // Said of all subjects at once: after an update of the tool it concerns every one.
            None if self.context.is_recorded => self.is_new_metric = true,
            None => {
                let hint = Some("cargo perfbudget record".into());
                self.say_once(Code::BenchmarkNew, "it has no record yet".into(), hint);
            }
        }
        let state = match (is_beyond || is_expired, self.is_new_metric) {
            (true, _) => State::Crossed,
            (false, true) => State::Unclaimed,
            (false, false) => State::New,
        };
        (Change::Added { after: after.clone() }, state)
    }

    /// Whether `after` is worse than `before` by more than a ratio and more than the floor.
    fn grew(&self, before: &Evidence, after: &Evidence, limit: Ratio) -> bool {
        compare::worsened(self.key.metric.better(), before, after, limit, self.limits.floor)
    }

    /// What drift is counted from. A single step is for growth to judge, unless the drift is tighter.
    fn anchor(&self) -> Option<Evidence> {
        self.base.filter(|base| base.anchor.is_some() || self.limits.drift < self.limits.growth).map(anchor_of)
    }

    fn growth(&self) -> Ratio {
        self.limits.growth.unwrap_or(Ratio::ZERO)
    }

    fn exceeds(&self, excess: Excess, before: &Evidence, after: &Evidence) -> bool {
        match excess {
            Excess::Growth => self.limits.growth.is_some_and(|growth| self.grew(before, after, growth)),
            Excess::Ceiling => {
                self.limits.at_most.is_some_and(|most| after.quantity() > most)
                    || self.limits.at_least.is_some_and(|least| after.quantity() < least)
            }
            Excess::Drift => match (self.anchor(), self.limits.drift) {
                (Some(anchor), Some(drift)) => self.grew(&anchor, after, drift),
                _ => false,
            },
        }
    }

    /// Asks each limit in turn, of two that fail the one that no acceptance lifts first. The first that fails says enough; one
    /// that does not fail hides no other.
    fn against_limits(&mut self, before: &Evidence, after: &Evidence, change: &Change) -> State {
        let mut worst = None;
        let mut limits = [Excess::Ceiling, Excess::Growth, Excess::Drift];
        // What is accepted is said, whatever else is the case.
        if self.exceeds(Excess::Ceiling, before, after) && self.acceptance(before).is_some() {
            limits.swap(0, 1);
        }
        for excess in limits {
            if !self.exceeds(excess, before, after) {
                continue;
            }
            let state = self.over(excess, before, after);
            if matches!(state, State::Crossed | State::OverAndWorse | State::Unclaimed) {
                return state;
            }
            worst = worst.min(Some(state)).or(Some(state));
        }
        worst.unwrap_or_else(|| self.not_over(before, after, change))
    }

    /// Over a limit against the file. It fails only where the base, measured here, does not show it, too.
    fn over(&mut self, excess: Excess, recorded: &Evidence, after: &Evidence) -> State {
        if let Some(state) = self.accepted(excess, recorded, after) {
            return state;
        }
        if self.head.is_none() && self.case.is_broken() {
            // It may be accepted in the file that cannot be read, which is a finding of its own.
            return State::Unclaimed;
        }
        let was_above = excess == Excess::Ceiling && self.exceeds(excess, recorded, recorded);
        if was_above && !self.is_worse(recorded, after) {
            return self.ceiling_unchanged(recorded, after);
        }
        let fails = self.limits.severity == Severity::Error && self.key.metric.family().is_measured_here();
        if fails && self.base.is_some() && self.confirmed.is_none() {
            self.confirm = true;
            let message =
                format!("{}; whether this change did it is not known", self.sentence(excess, recorded, after));
            self.say(Code::BaseUnbuildable, Code::BaseUnbuildable.verdict(), message, None);
            return State::Unclaimed;
        }
        // An advisory limit is not confirmed, so the file's word is taken.
        let before = self.confirmed.filter(|_| fails).unwrap_or(recorded).clone();
        let was_over = excess != Excess::Growth && self.exceeds(excess, recorded, &before);
        let is_real = match excess {
            Excess::Growth => self.exceeds(excess, &before, after),
            Excess::Ceiling | Excess::Drift => !was_over || self.is_worse(&before, after),
        };
        if !is_real {
            return if was_above {
                self.ceiling_unchanged(&before, after)
            } else {
                self.inherited(excess, recorded, after)
            };
        }
        let mut message = self.sentence(excess, &before, after);
        if let (Metric::LeakedBytes, Some(Outcome::Measured { note: Some(note), .. })) =
            (self.key.metric, self.known.outcome)
        {
            message.push_str(&format!("; {note}"));
        }
        let code = match (excess, self.acceptance(recorded)) {
            (Excess::Growth, Some(head)) => {
                let accepted = amount(self.key.metric, head.evidence.quantity().get());
                message.push_str(&format!("; the file accepts {accepted}"));
                Code::AcceptanceUnmet
            }
            (Excess::Growth, None) => Code::GrowthOver,
            (Excess::Ceiling, _) => Code::CeilingOver,
            (Excess::Drift, _) => Code::DriftOver,
        };
        self.say(code, self.limits.severity.verdict(), message, self.way_to_accept(excess));
        if was_over { State::OverAndWorse } else { State::Crossed }
    }

    /// Above `before` by enough to say so.
    fn is_worse(&self, before: &Evidence, after: &Evidence) -> bool {
        self.grew(before, after, if self.limits.growth.is_some() { NOTE } else { Ratio::ZERO })
    }

    fn ceiling_unchanged(&mut self, before: &Evidence, after: &Evidence) -> State {
        let message = self.sentence(Excess::Ceiling, before, after);
        let verdict = self.limits.severity.verdict().min(Code::CeilingUnchanged.verdict());
        self.say(Code::CeilingUnchanged, verdict, message, None);
        State::OverUnchanged
    }

    /// The head's record, where this change takes on growth with it.
    fn acceptance(&self, recorded: &Evidence) -> Option<&'a Record> {
        let before = self.base.and_then(|record| record.acceptance.as_ref());
        self.head.filter(|head| {
            self.key.metric.better().is_worse(recorded.quantity(), head.evidence.quantity())
                && (self.grew(recorded, &head.evidence, self.growth()) || head.acceptance.as_ref() != before)
        })
    }

    /// The head's record, where this change moves the anchor so far that `after` has not drifted from it.
    fn new_anchor(&self, after: &Evidence) -> Option<&'a Record> {
        self.head.filter(|head| {
            let anchor = anchor_of(head);
            self.anchor().is_some_and(|old| old.quantity() != anchor.quantity())
                && self.limits.drift.is_some_and(|drift| !self.grew(&anchor, after, drift))
        })
    }

    /// This change accepts it, and the measurement agrees with what was accepted.
    fn accepted(&mut self, excess: Excess, recorded: &Evidence, after: &Evidence) -> Option<State> {
        let head = match excess {
            Excess::Growth => self.acceptance(recorded),
            Excess::Drift => self.new_anchor(after),
            Excess::Ceiling => None,
        }?;
        if self.grew(&head.evidence, after, self.growth()) {
            return None;
        }
        if self.expiry().is_some() {
            return Some(State::Crossed);
        }
        if !self.findings.iter().any(|finding| finding.code == Code::RegressionAccepted) {
            let from = if excess == Excess::Drift { self.anchor() } else { None }.unwrap_or_else(|| recorded.clone());
            let (from, to) = (self.amount(&from), self.amount(&head.evidence));
            let reason = head.acceptance.as_ref().map_or("no reason is given", |acceptance| &acceptance.reason);
            let message = format!("{from} → {to} is accepted in this change: {reason}");
            self.say(Code::RegressionAccepted, Code::RegressionAccepted.verdict(), message, None);
            self.check_staleness(head, after);
        }
        Some(State::Accepted)
    }

    /// This change accepts more than was measured: room for a later regression that nobody would see.
    fn is_overstated(&mut self, recorded: &Evidence, after: &Evidence) -> bool {
        let (Some(growth), Some(head)) = (self.limits.growth, self.acceptance(recorded)) else { return false };
        let is_overstated = self.grew(recorded, &head.evidence, growth) && self.grew(after, &head.evidence, growth);
        if is_overstated {
            let (accepted, measured) = (self.amount(&head.evidence), self.amount(after));
            let message = format!("the file accepts {accepted}, and {measured} was measured");
            let hint = Some("cargo perfbudget record".into());
            self.say(Code::AcceptanceUnmet, self.limits.severity.verdict(), message, hint);
        }
        is_overstated
    }

    /// The last day of the head's acceptance, where it is over.
    fn expiry(&self) -> Option<Date> {
        let day = self.head.and_then(|record| record.acceptance.as_ref()).and_then(|acceptance| acceptance.expires)?;
        (day < self.case.today).then_some(day)
    }

    fn check_expiry(&mut self) -> bool {
        let Some(day) = self.expiry() else { return false };
        let hint = Some("make it cheaper and record, or accept again with a new day".into());
        let message = format!("what was accepted holds until {day}, and today is {}", self.case.today);
        self.say(Code::AcceptanceExpired, Code::AcceptanceExpired.verdict(), message, hint);
        true
    }

    fn inherited(&mut self, excess: Excess, recorded: &Evidence, after: &Evidence) -> State {
        let severity = self.limits.severity.verdict();
        let verdict =
            if self.case.on_default_branch { severity } else { severity.min(Code::GrowthInherited.verdict()) };
        let commits = match self.case.commits_since_record {
            Some(1) => "; 1 commit lies between".into(),
            Some(count) if count > 0 => format!("; {count} commits lie between"),
            _ => String::new(),
        };
        let what = match excess {
            Excess::Growth => format!("{} against the record", delta(self.key.metric, recorded, after)),
            Excess::Ceiling | Excess::Drift => self.sentence(excess, recorded, after),
        };
        let who = if self.limits.severity == Severity::Error {
            format!("{} measured here", self.case.base_name)
        } else {
            "the record".into()
        };
        let hint = match excess {
            Excess::Growth => Some("cargo perfbudget record --allow-regression, on the default branch".into()),
            Excess::Ceiling | Excess::Drift => self.way_to_accept(excess),
        };
        self.say(Code::GrowthInherited, verdict, format!("{what}, and {who} shows it, too{commits}"), hint);
        State::Inherited
    }

    /// Within its limits: is it worth a word, and does the file still say so?
    fn not_over(&mut self, before: &Evidence, after: &Evidence, change: &Change) -> State {
        if let Some(record) = self.head {
            self.check_staleness(record, after);
        }
        let is_real = matches!(change, Change::Both { certainty: Certainty::Real, .. })
            && is_noteworthy(self.key.metric, before, after);
        if !is_real {
            return State::Unchanged;
        }
        if self.key.metric.better().is_worse(before.quantity(), after.quantity()) {
            return State::UnderRegressed;
        }
        if !self.key.metric.is_advisory() {
            let message = delta(self.key.metric, before, after);
            self.say(Code::Improved, Code::Improved.verdict(), message, None);
        }
        State::Improved
    }

    fn check_staleness(&mut self, record: &Record, after: &Evidence) {
        let reach = widening(&record.evidence, after).get() * record.evidence.quantity().get();
        let distance = (after.quantity().get() - record.evidence.quantity().get()).abs();
        if self.key.metric.is_advisory()
            || distance <= reach
            || !is_noteworthy(self.key.metric, &record.evidence, after)
        {
            return;
        }
        let message =
            format!("the file says {}, and {} was measured", self.amount(&record.evidence), self.amount(after));
        self.say(Code::BaselineStale, Code::BaselineStale.verdict(), message, Some("cargo perfbudget record".into()));
    }
}

/// The frozen value of a record.
fn anchor_of(record: &Record) -> Evidence {
    record.anchor.map_or_else(|| record.evidence.clone(), Evidence::exact)
}
