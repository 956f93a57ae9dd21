//! Functions that are gone × functions that are new → those that are one function, moved or renamed.
//!
//! Only what is clear is paired: a function's last names are the same and nobody else's, or its cost is. What is not paired
//! stands in a report as one function less and one more, which is true as well.

use std::collections::{BTreeMap, HashSet};

use crate::model::home;

/// A function that kept only its last name must cost about as much as before. Arbitrary.
const ALIKE: f64 = 0.25;
/// A function that has another name must cost almost exactly as much as before. Arbitrary.
const EQUAL: f64 = 0.01;
/// Below so many instructions equal costs are no surprise. Arbitrary: the default floor.
const WORTH: u64 = 100;

/// What two functions must have in common, and how far apart their costs may be.
type Rule = (fn(&str) -> String, f64);

/// Pairs of names, earlier and later. No name is in two of them.
pub(super) fn of(gone: &BTreeMap<String, u64>, new: &BTreeMap<String, u64>) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let rules: [Rule; 3] = [
        (|name| last_names(name, 2), f64::INFINITY),
        (|name| last_names(name, 1), ALIKE),
        (|name| home::of(name).to_owned(), EQUAL),
    ];
    for (alike, tolerance) in rules {
        let taken: HashSet<&str> = pairs.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]).collect();
        let by_rule = |side: &BTreeMap<String, u64>| {
            let mut groups: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
            for (name, cost) in side.iter().filter(|(name, _)| !taken.contains(name.as_str())) {
                groups.entry(alike(name)).or_default().push((name.clone(), *cost));
            }
            groups
        };
        let (earlier, later) = (by_rule(gone), by_rule(new));
        for (rule, earlier) in &earlier {
            let Some(later) = later.get(rule).filter(|_| !rule.is_empty()) else { continue };
            pairs.extend(unique(earlier, later, tolerance));
        }
    }
    pairs
}

/// Those that are alike in cost to one of the other side only, and it to them.
fn unique(earlier: &[(String, u64)], later: &[(String, u64)], tolerance: f64) -> Vec<(String, String)> {
    let fits = |one: u64, other: u64| {
        let is_worth = tolerance != EQUAL || one.min(other) >= WORTH;
        is_worth && one.abs_diff(other) as f64 <= tolerance * one.max(other) as f64
    };
    let only = |side: &[(String, u64)], cost: u64| -> Option<String> {
        let mut fitting = side.iter().filter(|(_, other)| fits(cost, *other));
        let (name, _) = fitting.next()?;
        fitting.next().is_none().then(|| name.clone())
    };
    let pair = |(name, cost): &(String, u64)| {
        let partner = only(later, *cost)?;
        let back = later.iter().find(|(name, _)| *name == partner).and_then(|(_, cost)| only(earlier, *cost))?;
        (back == *name).then(|| (name.clone(), partner))
    };
    earlier.iter().filter_map(pair).collect()
}

/// The last so many names of a path, without type arguments: what stays when a function is moved. Closures are named after
/// the function that they are in; fewer names are none.
fn last_names(function: &str, count: usize) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for (at, letter) in function.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' if function[..at].ends_with('-') => {}
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    // `<a::B as c::D>::f` is the function `f` of `B`.
    if let Some(inner) = function.strip_prefix('<') {
        let own = inner.split([' ', '<', '>']).next().unwrap_or_default();
        plain.insert_str(0, own.rsplit("::").next().unwrap_or_default());
    }
    let names: Vec<&str> = plain.split("::").filter(|name| !name.is_empty()).collect();
    let closures = names.iter().rev().take_while(|name| name.starts_with('{')).count();
    match names.len().checked_sub(count + closures) {
        // The crate alone would be no name of its own.
        Some(from) if names.len() > count => names.get(from..).unwrap_or_default().join("::"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gone: &[(&str, u64)], new: &[(&str, u64)], expected: &[(&str, &str)]) {
        let side = |side: &[(&str, u64)]| side.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect();
        let found = of(&side(gone), &side(new));
        let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_was_moved_is_one_function() {
        // As in a change of rustc's: the method of a type became a function of a module.
        check(
            &[("<rustc_mir::MoveData>::gather_moves", 71_000_000)],
            &[("rustc_mir::builder::gather_moves", 70_000_000)],
            &[("<rustc_mir::MoveData>::gather_moves", "rustc_mir::builder::gather_moves")],
        );
        check(&[("a::b::Cart::sum", 100)], &[("a::c::Cart::sum", 900)], &[("a::b::Cart::sum", "a::c::Cart::sum")]);
        check(
            &[("a::b::sum::{{closure}}", 500)],
            &[("a::c::sum::{{closure}}", 510)],
            &[("a::b::sum::{{closure}}", "a::c::sum::{{closure}}")],
        );
    }

    #[test]
    fn what_was_renamed_costs_the_same() {
        check(&[("a::old", 5_000)], &[("a::young", 5_001)], &[("a::old", "a::young")]);
        check(&[("a::old", 5_000)], &[("a::young", 6_000)], &[]);
        check(&[("a::old", 5_000)], &[("b::young", 5_000)], &[]);
        check(&[("a::old", 50)], &[("a::young", 50)], &[]);
    }

    #[test]
    fn what_is_not_clear_stays_apart() {
        check(&[("a::A::next", 500), ("a::B::next", 500)], &[("a::C::next", 500)], &[]);
        check(&[("a::x", 500)], &[("a::y", 500), ("a::z", 500)], &[]);
        check(&[("memcpy", 500)], &[("memmove", 900)], &[]);
    }
}
