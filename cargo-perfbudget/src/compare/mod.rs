//! Two sides → what happened to each key. Whether it matters is not asked here. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Certainty, Change, Comparison, Direction, Evidence, Key, NOISE_WIDENING, Outcome, Quantity, Ratio, Row,
};

/// Compares what two sides have of each key.
#[must_use]
pub fn compare(before: &BTreeMap<Key, Evidence>, after: &BTreeMap<Key, Outcome>) -> Comparison {
    let keys: BTreeSet<&Key> = before.keys().chain(after.keys()).collect();
    let row = |key: &Key| change(before.get(key), after.get(key)).map(|change| Row { key: key.clone(), change });
    Comparison { rows: keys.into_iter().filter_map(row).collect() }
}

/// What happened to one key; `None` where neither side knows of it.
#[must_use]
pub fn change(before: Option<&Evidence>, after: Option<&Outcome>) -> Option<Change> {
    Some(match (before, after) {
        (None, None) => return None,
        (before, Some(Outcome::Failed(failure))) => {
            Change::Failed { before: before.cloned(), failure: failure.clone() }
        }
        (Some(before), None) => Change::Removed { before: before.clone() },
        (None, Some(Outcome::Measured { evidence, .. })) => Change::Added { after: evidence.clone() },
        (Some(before), Some(Outcome::Measured { evidence: after, .. })) => Change::Both {
            delta: Ratio::of_change(before.quantity(), after.quantity()),
            certainty: certainty(before, after),
            before: before.clone(),
            after: after.clone(),
        },
    })
}

/// By how much limits on the two values are widened.
#[must_use]
pub fn widening(before: &Evidence, after: &Evidence) -> Ratio {
    let noise = before.noise().max(after.noise()).get();
    Ratio::new(NOISE_WIDENING * noise).unwrap_or(Ratio::ZERO)
}

/// What a percentage may be off by in binary, so that growth by exactly its limit is not over it.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// Whether `after` is worse than `before` by more than a ratio, widened by their noise, and by more than a floor.
#[must_use]
pub fn worsened(better: Direction, before: &Evidence, after: &Evidence, limit: Ratio, floor: Quantity) -> bool {
    let (old, new) = (before.quantity().get(), after.quantity().get());
    let allowed = limit.get() + widening(before, after).get();
    match better {
        Direction::Less => new > old * (1.0 + allowed) * (1.0 + ROUNDING) && new - old > floor.get(),
        Direction::More => new < old * (1.0 - allowed) * (1.0 - ROUNDING) && old - new > floor.get(),
    }
}

fn certainty(before: &Evidence, after: &Evidence) -> Certainty {
    match (before, after) {
        (Evidence::Exact { value: old, .. }, Evidence::Exact { value: new, .. }) => {
            let reach = widening(before, after).get() * (*old).max(*new) as f64;
            if old.abs_diff(*new) as f64 <= reach { Certainty::Noise } else { Certainty::Real }
        }
        (Evidence::Sampled { low, high, .. }, Evidence::Sampled { low: new_low, high: new_high, .. })
            if low <= new_high && new_low <= high =>
        {
            Certainty::Noise
        }
        // Samples of two runs differ by more than the code does: the machine had other guests, the files other places.
        _ => Certainty::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Metric, Subject};
    use proptest::prelude::*;

    fn exact(value: u64, noise: f64) -> Evidence {
        Evidence::Exact { value, repeats: 3, noise: Ratio::new(noise).unwrap() }
    }

    fn sampled(low: f64, high: f64) -> Evidence {
        let quantity = |value| Quantity::new(value).unwrap();
        Evidence::Sampled {
            estimate: quantity(f64::midpoint(low, high)),
            low: quantity(low),
            high: quantity(high),
            samples: 9,
        }
    }

    fn check(before: &Evidence, after: &Evidence, expected: Certainty) {
        assert_eq!(certainty(before, after), expected, "{before:?} {after:?}");
        assert_eq!(certainty(after, before), expected, "{after:?} {before:?}");
    }

    #[test]
    fn exact_values_differ_beyond_their_noise_and_sampled_ones_never_for_sure() {
        check(&exact(100, 0.0), &exact(100, 0.0), Certainty::Noise);
        check(&exact(100, 0.0), &exact(101, 0.0), Certainty::Real);
        check(&exact(1000, 0.01), &exact(1030, 0.0), Certainty::Noise);
        check(&exact(1000, 0.01), &exact(1040, 0.0), Certainty::Real);
        check(&sampled(1.0, 2.0), &sampled(2.0, 3.0), Certainty::Noise);
        check(&sampled(1.0, 2.0), &sampled(2.1, 3.0), Certainty::Unknown);
    }

    fn side() -> impl Strategy<Value = BTreeMap<Key, Evidence>> {
        let key = (0..5_usize, 0..3_usize).prop_map(|(package, metric)| Key {
            subject: std::sync::Arc::new(Subject::Artifact(crate::model::Artifact {
                package: format!("p{package}"),
                kind: crate::model::ArtifactKind::Bin,
                name: "b".into(),
            })),
            metric: Metric::BUILT_IN[metric],
        });
        proptest::collection::btree_map(key, (1..1000_u64).prop_map(Evidence::exact), 0..8)
    }

    fn measured(side: &BTreeMap<Key, Evidence>) -> BTreeMap<Key, Outcome> {
        let outcome = |evidence: &Evidence| Outcome::Measured { evidence: evidence.clone(), note: None };
        side.iter().map(|(key, evidence)| (key.clone(), outcome(evidence))).collect()
    }

    proptest! {
        #[test]
        fn a_side_compared_with_itself_has_not_changed(one in side()) {
            for row in compare(&one, &measured(&one)).rows {
                prop_assert_eq!(row.change.delta(), Some(Ratio::ZERO));
            }
        }

        #[test]
        fn swapping_the_sides_turns_every_change_around(one in side(), other in side()) {
            let there = compare(&one, &measured(&other));
            let back = compare(&other, &measured(&one));
            prop_assert_eq!(there.rows.len(), back.rows.len());
            for (row, turned) in there.rows.iter().zip(&back.rows) {
                prop_assert_eq!(row.change.before(), turned.change.after());
                let sign = |row: &Row| row.change.delta().map(|delta| delta.get().partial_cmp(&0.0));
                prop_assert_eq!(sign(row).flatten(), sign(turned).flatten().map(std::cmp::Ordering::reverse));
            }
        }
    }
}
