//! Profile × profile → which functions moved, of which crate, and which changed dependency that belongs to. Pure.

mod pairs;
pub mod search;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::cause::{Moved, difference};
use crate::model::{Bump, Cause, Dependency, Profile, Ratio, home};

/// Functions that are named one by one; the others are counted.
const MOVED_AT_MOST: usize = 20;
/// The share of a difference from which on it belongs to a crate: most of it.
const MOST: f64 = 0.5;

/// Which functions make up the difference between two values, each with its profile.
#[must_use]
pub fn cause(before: (u64, &Profile), after: (u64, &Profile)) -> Cause {
    let mut moved = moved(before.1, after.1);
    let homes = homes(&moved);
    let all = moved.iter().fold(0_i64, |sum, function| sum.saturating_add(function.delta()));
    let rest = moved.split_off(moved.len().min(MOVED_AT_MOST));
    let rest = (rest.len(), rest.iter().fold(0_i64, |sum, function| sum.saturating_add(function.delta())));
    let residue = difference(before.0, after.0).saturating_sub(all);
    Cause { before: before.0, after: after.0, moved, rest, homes, residue, dependency: None }
}

/// What the functions of each crate cost more or less, by the size of the difference.
fn homes(moved: &[Moved]) -> Vec<(String, i64)> {
    let mut homes: BTreeMap<&str, i64> = BTreeMap::new();
    for function in moved {
        let sum = homes.entry(&function.home).or_default();
        *sum = sum.saturating_add(function.delta());
    }
    let differ = homes.into_iter().filter(|(_, delta)| *delta != 0);
    let mut homes: Vec<(String, i64)> = differ.map(|(home, delta)| (home.to_owned(), delta)).collect();
    homes.sort_by_key(|(_, delta)| std::cmp::Reverse(delta.unsigned_abs()));
    homes
}

/// The functions that cost more or less than before, by the size of the difference.
#[must_use]
pub fn moved(before: &Profile, after: &Profile) -> Vec<Moved> {
    let only = |one: &Profile, other: &Profile| -> BTreeMap<String, u64> {
        let of_one = one.0.iter().filter(|(name, _)| !other.0.contains_key(*name));
        of_one.map(|(name, cost)| (name.clone(), *cost)).collect()
    };
    let (mut gone, mut new) = (only(before, after), only(after, before));
    let function = |name: &str, was: Option<String>, before, after| Moved {
        function: name.to_owned(),
        was,
        home: home::of(name).to_owned(),
        before,
        after,
    };
    let mut moved: Vec<Moved> = Vec::new();
    for (earlier, later) in pairs::of(&gone, &new) {
        if let (Some(before), Some(after)) = (gone.remove(&earlier), new.remove(&later)) {
            moved.push(function(&later, Some(earlier), before, after));
        }
    }
    moved.extend(gone.iter().map(|(name, cost)| function(name, None, *cost, 0)));
    moved.extend(new.iter().map(|(name, cost)| function(name, None, 0, *cost)));
    let both = before.0.iter().filter_map(|(name, before)| Some((name, *before, *after.0.get(name)?)));
    moved.extend(both.map(|(name, before, after)| function(name, None, before, after)));
    moved.retain(|function| function.before != function.after);
    moved.sort_by(|a, b| {
        (b.delta().unsigned_abs().cmp(&a.delta().unsigned_abs())).then_with(|| a.function.cmp(&b.function))
    });
    moved
}

/// To which of the packages that the lock file changed the difference belongs: to the one whose own functions make up most
/// of it. `None` where none was changed.
#[must_use]
pub fn dependency(cause: &Cause, bumps: &[Bump]) -> Option<Dependency> {
    let total = cause.delta();
    if bumps.is_empty() || total == 0 {
        return None;
    }
    let share = |bump: &Bump| {
        // What is called `a-b` in the lock file is called `a_b` in symbols.
        let name = bump.name.replace('-', "_");
        let delta = cause.homes.iter().find(|(home, _)| home.replace('-', "_") == name).map_or(0, |(_, delta)| *delta);
        delta as f64 / total as f64
    };
    let most = bumps.iter().map(|bump| (share(bump), bump)).max_by(|a, b| a.0.total_cmp(&b.0));
    Some(match most {
        Some((share, bump)) if share >= MOST => {
            Dependency::Functions { bump: bump.clone(), share: Ratio::new(share).unwrap_or(Ratio::ZERO) }
        }
        _ => Dependency::Unsettled { bumps: bumps.to_vec() },
    })
}
