//! Everything that is known of each key, gathered in one pass over what is sorted already.

use super::Case;
use crate::model::{Evidence, Key, Outcome, Record};

/// What is known of one key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// The key.
    pub(super) key: &'a Key,
    /// The base's record in an environment like this one.
    pub(super) base: Option<&'a Record>,
    /// The head's.
    pub(super) head: Option<&'a Record>,
    /// The base's record in any environment.
    pub(super) base_anywhere: Option<&'a Record>,
    /// The head's.
    pub(super) head_anywhere: Option<&'a Record>,
    /// What became of it in this run.
    pub(super) outcome: Option<&'a Outcome>,
    /// What the base shows when it is measured here.
    pub(super) confirmed: Option<&'a Evidence>,
}

impl Known<'_> {
    /// Whether it was measured, or tried, and neither side has a record of it.
    pub(super) fn is_fresh(&self) -> bool {
        self.outcome.is_some() && self.base_anywhere.is_none() && self.head_anywhere.is_none()
    }
}

enum Part<'a> {
    Base(&'a Record, Place),
    Head(&'a Record, Place),
    Outcome(&'a Outcome),
    Confirmed(&'a Evidence),
}

#[derive(PartialEq)]
enum Place {
    Here,
    Elsewhere,
}

/// What is known of every key that this run set out to measure, sorted by key.
pub(super) fn known<'a>(case: &'a Case<'a>) -> Vec<Known<'a>> {
    let mut parts: Vec<(&Key, Part<'_>)> = Vec::new();
    // Without a change of the records, both sides are one.
    let is_one = std::ptr::eq(case.base, case.head);
    let sides = [(case.base, Part::Base as fn(_, _) -> _), (case.head, Part::Head)];
    for (baseline, part) in sides.into_iter().take(if is_one { 1 } else { 2 }) {
        for set in &baseline.sets {
            let is_here = || case.environment(set.family) == Some(&set.environment);
            parts.extend(
                set.records
                    .iter()
                    .map(|(key, record)| (key, part(record, if is_here() { Place::Here } else { Place::Elsewhere }))),
            );
        }
    }
    parts.extend(case.run.outcomes.iter().map(|(key, outcome)| (key, Part::Outcome(outcome))));
    for run in crate::model::Family::ALL.into_iter().filter_map(|family| Some((family, case.confirmed(family)?))) {
        let of_family = run.1.outcomes.iter().filter(|(key, _)| key.metric.family() == run.0);
        parts.extend(of_family.filter_map(|(key, outcome)| Some((key, Part::Confirmed(outcome.evidence()?)))));
    }
    // Each source is sorted, and a stable sort merges what is sorted instead of sorting it again.
    parts.sort_by_key(|(key, _)| *key);
    let mut all: Vec<Known<'a>> = Vec::new();
    for (key, part) in parts {
        if all.last().is_none_or(|last| last.key != key) {
            all.push(Known {
                key,
                base: None,
                head: None,
                base_anywhere: None,
                head_anywhere: None,
                outcome: None,
                confirmed: None,
            });
        }
        let Some(known) = all.last_mut() else { continue };
        match part {
            Part::Base(record, place) => {
                known.base_anywhere = known.base_anywhere.or(Some(record));
                known.base = known.base.or((place == Place::Here).then_some(record));
            }
            Part::Head(record, place) => {
                known.head_anywhere = known.head_anywhere.or(Some(record));
                known.head = known.head.or((place == Place::Here).then_some(record));
            }
            Part::Outcome(outcome) => known.outcome = Some(outcome),
            Part::Confirmed(evidence) => known.confirmed = Some(evidence),
        }
    }
    if is_one {
        for known in &mut all {
            (known.head, known.head_anywhere) = (known.base, known.base_anywhere);
        }
    }
    // What only the base measured is no part of this run.
    all.retain(|known| {
        let is_ours = known.outcome.is_some() || known.base_anywhere.is_some() || known.head_anywhere.is_some();
        is_ours && case.run.scope.covers(known.key)
    });
    all
}
