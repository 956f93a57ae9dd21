//! What is said of two profiles.

use super::*;
use proptest::prelude::*;

fn profile(functions: &[(&str, u64)]) -> Profile {
    Profile(functions.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect())
}

fn bump(name: &str) -> Bump {
    Bump { name: name.into(), before: vec!["1.0.0".into()], after: vec!["1.1.0".into()] }
}

fn of(before: &[(&str, u64)], after: &[(&str, u64)]) -> Cause {
    let (before, after) = (profile(before), profile(after));
    cause((before.total(), &before), (after.total(), &after))
}

#[test]
fn the_functions_that_moved_most_stand_first_and_the_parts_add_up() {
    let before = profile(&[("a_b::parse", 1_000), ("shop::sum", 500), ("shop::same", 70), ("gone::f", 30)]);
    let after = profile(&[("a_b::parse", 2_200), ("shop::sum", 480), ("shop::same", 70), ("memcpy", 90)]);
    let cause = cause((1_601, &before), (2_842, &after));
    let moved: Vec<(&str, i64)> = cause.moved.iter().map(|moved| (moved.function.as_str(), moved.delta())).collect();
    assert_eq!(moved, [("a_b::parse", 1_200), ("memcpy", 90), ("gone::f", -30), ("shop::sum", -20)]);
    let homes: Vec<(&str, i64)> = cause.homes.iter().map(|(home, delta)| (home.as_str(), *delta)).collect();
    assert_eq!(homes, [("a_b", 1_200), ("not Rust", 90), ("gone", -30), ("shop", -20)]);
    assert_eq!((cause.delta(), cause.rest, cause.residue), (1_241, (0, 0), 1));
}

#[test]
fn growth_belongs_to_the_changed_package_whose_functions_make_up_most_of_it() {
    let cause = of(&[("a_b::parse", 1_000), ("shop::sum", 100)], &[("a_b::parse", 1_900), ("shop::sum", 200)]);
    let Some(Dependency::Functions { bump: found, share }) = dependency(&cause, &[bump("other"), bump("a-b")]) else {
        panic!("it is settled");
    };
    assert_eq!((found.name.as_str(), share), ("a-b", Ratio::percent(90.0)));
    let others = vec![bump("other")];
    assert_eq!(dependency(&cause, &others), Some(Dependency::Unsettled { bumps: others }));
    assert_eq!(dependency(&cause, &[]), None);
}

proptest! {
    #[test]
    fn the_parts_always_add_up_and_sides_can_be_swapped(
        before in proptest::collection::btree_map("(a|b|<a as b>)::[a-c]{1,2}", 0_u64..1_000, 0..40),
        after in proptest::collection::btree_map("(a|b|<a as b>)::[a-c]{1,2}", 0_u64..1_000, 0..40),
        slack in 0_u64..5,
    ) {
        let (before, after) = (Profile(before), Profile(after));
        let there = cause((before.total() + slack, &before), (after.total(), &after));
        let moved: i64 = there.moved.iter().map(Moved::delta).sum();
        prop_assert_eq!(moved + there.rest.1 + there.residue, there.delta());
        prop_assert_eq!(there.homes.iter().map(|(_, delta)| delta).sum::<i64>(), moved + there.rest.1);
        let back = cause((after.total(), &after), (before.total() + slack, &before));
        let sizes = |cause: &Cause| cause.moved.iter().map(|moved| moved.delta().unsigned_abs()).collect::<Vec<_>>();
        prop_assert_eq!((sizes(&there), there.delta(), there.rest.0), (sizes(&back), -back.delta(), back.rest.0));
        let itself = cause((0, &before), (0, &before));
        prop_assert!(itself.moved.is_empty() && itself.homes.is_empty());
    }
}
