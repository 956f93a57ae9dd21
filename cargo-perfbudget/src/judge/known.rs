//! Everything that is known of each key, gathered in one pass over what is sorted already.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Case;
use crate::model::{Baseline, Evidence, Family, Key, Outcome, Record};

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

impl<'a> Known<'a> {
    fn of(key: &'a Key) -> Known<'a> {
        Known { key, base: None, head: None, base_anywhere: None, head_anywhere: None, outcome: None, confirmed: None }
    }
}

/// What is known of every key that this run set out to measure, sorted by key.
pub(super) fn known<'a>(case: &'a Case<'a>) -> Vec<Known<'a>> {
    let outcomes = case.run.outcomes.iter();
    let mut all: Vec<Known<'a>> =
        outcomes.map(|(key, outcome)| Known { outcome: Some(outcome), ..Known::of(key) }).collect();
    join_records(&mut all, case, case.base, |known| (&mut known.base, &mut known.base_anywhere));
    if std::ptr::eq(case.base, case.head) {
        for known in &mut all {
            (known.head, known.head_anywhere) = (known.base, known.base_anywhere);
        }
    } else {
        join_records(&mut all, case, case.head, |known| (&mut known.head, &mut known.head_anywhere));
    }
    for family in Family::ALL {
        if let Some(run) = case.confirmed(family) {
            join(&mut all, family, &run.outcomes, |known, outcome| known.confirmed = outcome.evidence());
        }
    }
    // What only the base measured is no part of this run.
    all.retain(|known| {
        let is_ours = known.outcome.is_some() || known.base_anywhere.is_some() || known.head_anywhere.is_some();
        is_ours && case.run.scope.covers(known.key)
    });
    all
}

/// Adds one side's records: to the first slot those of an environment like this one, to the second those of any.
fn join_records<'a>(
    all: &mut Vec<Known<'a>>,
    case: &Case<'a>,
    side: &'a Baseline,
    slots: for<'k> fn(&'k mut Known<'a>) -> (&'k mut Option<&'a Record>, &'k mut Option<&'a Record>),
) {
    for set in &side.sets {
        let is_here = case.environment(set.family) == Some(&set.environment);
        join(all, set.family, &set.records, |known, record| {
            let (here, anywhere) = slots(known);
            *anywhere = anywhere.or(Some(record));
            *here = here.or(is_here.then_some(record));
        });
    }
}

/// Adds to what is known, sorted by key, what `items` say of that family. Names are compared once for each item: most
/// keys are on both sides, and those of other families are passed over unread.
fn join<'a, T>(
    all: &mut Vec<Known<'a>>,
    family: Family,
    items: &'a BTreeMap<Key, T>,
    add: impl Fn(&mut Known<'a>, &'a T),
) {
    let mut others = Vec::new();
    let mut left = all.iter_mut().filter(|known| known.key.metric.family() == family).peekable();
    for (key, item) in items.iter().filter(|(key, _)| key.metric.family() == family) {
        let found = loop {
            match left.peek().map(|known| known.key.cmp(key)) {
                Some(Ordering::Less) => drop(left.next()),
                Some(Ordering::Equal) => break left.next(),
                Some(Ordering::Greater) | None => break None,
            }
        };
        match found {
            Some(known) => add(known, item),
            None => {
                let mut known = Known::of(key);
                add(&mut known, item);
                others.push(known);
            }
        }
    }
    if !others.is_empty() {
        all.append(&mut others);
        // Both halves are sorted, which a stable sort takes in one merge.
        all.sort_by_key(|known| known.key);
    }
}
