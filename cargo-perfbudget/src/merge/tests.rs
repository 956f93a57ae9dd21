//! Tests of parts that come together.

use std::sync::Arc;

use super::*;
use crate::model::{Benchmark, CacheUse, Evidence, Shard, Target, TierUse};

fn key(number: usize) -> Key {
    let target = Target { package: "shop".into(), name: "cart".into() };
    let benchmark = Benchmark::new(target, "total".into(), None, Some(number.to_string()));
    Key::new(Arc::new(Subject::Benchmark(benchmark)), Metric::Instructions)
}

fn measured(value: u64) -> Outcome {
    Outcome::Measured { evidence: Evidence::exact(value), note: None }
}

fn environment(libc: &str) -> Environment {
    Environment([("libc".to_owned(), libc.to_owned())].into())
}

fn here() -> Terms {
    Terms { tool: "0.1.0".into(), commit: Some("a".repeat(40)), base: Some("b".repeat(40)), files: "digest".into() }
}

/// A run of 40 benchmarks.
fn whole() -> Run {
    let scope = Scope { families: [Family::Instructions].into(), ..Scope::default() };
    let outcomes = (0..40).map(|number| (key(number), measured(1000 + number as u64))).collect();
    let environments = [(Family::Instructions, environment("2.36"))].into();
    let state =
        Environment([("harness".to_owned(), "criterion 0.8.2".to_owned()), ("lock".to_owned(), "1".to_owned())].into());
    Run { scope, outcomes, environments, state, ..Run::default() }
}

/// The parts that so many jobs would have made of it.
fn parts(of: u16) -> Vec<(String, Part)> {
    let part = |index| {
        let (shard, all) = (Shard { index, of }, whole());
        let shards = Shards::from(shard);
        let scope = Scope { shards: Some(shards.clone()), ..all.scope };
        let outcomes = all.outcomes.into_iter().filter(|(key, _)| shards.hold(&key.subject)).collect();
        let run = Run {
            scope,
            outcomes,
            reused: 1,
            ..Run { environments: all.environments, state: all.state, ..Run::default() }
        };
        let part = Part { shard, terms: here(), run, confirmed: None, causes: BTreeMap::new(), millis: 10 };
        (format!("part{index}.json"), part)
    };
    (1..=of).map(part).collect()
}

fn codes(merged: &Merged) -> Vec<Code> {
    merged.run.problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn parts_come_to_what_one_job_would_have_measured() {
    for of in [1, 2, 5, 40] {
        let mut parts = parts(of);
        parts.reverse();
        let merged = merge(parts, &here()).unwrap();
        let all = whole();
        assert_eq!((&merged.run.scope, &merged.run.outcomes), (&all.scope, &all.outcomes));
        assert_eq!((&merged.run.environments, &merged.run.state), (&all.environments, &all.state));
        assert_eq!((codes(&merged), merged.run.reused, merged.millis), (vec![], of.into(), u64::from(of) * 10));
    }
}

#[test]
fn a_hole_is_a_problem_and_what_belongs_to_it_is_not_asked_for() {
    let mut parts = parts(5);
    parts.remove(2);
    let merged = merge(parts, &here()).unwrap();
    assert_eq!(codes(&merged), [Code::ShardMissing]);
    assert!(merged.run.problems[0].message.contains("3/5"), "{:?}", merged.run.problems);
    for key in whole().outcomes.keys() {
        let is_there = Shards::of_subject(5, &key.subject) != 3;
        assert_eq!((merged.run.outcomes.contains_key(key), merged.run.scope.covers(key)), (is_there, is_there));
    }
}

#[test]
fn a_shard_that_is_there_twice_is_a_problem_and_values_that_differ_are_none() {
    let mut twice = parts(3);
    let mut again = parts(3).remove(0);
    again.0 = "again.json".into();
    let changed = again.1.run.outcomes.keys().next().unwrap().clone();
    again.1.run.outcomes.insert(changed.clone(), measured(7));
    twice.push(again);
    let merged = merge(twice, &here()).unwrap();
    assert_eq!(codes(&merged), [Code::ShardOverlap]);
    assert!(merged.run.problems[0].message.contains("`part1.json` and in `again.json`"));
    let failed: Vec<&Key> =
        merged.run.outcomes.iter().filter(|(_, one)| one.evidence().is_none()).map(|(key, _)| key).collect();
    assert_eq!(failed, [&changed]);
}

#[test]
fn a_part_holds_nothing_of_another_shard() {
    let mut parts = parts(3);
    let stranger = parts[1].1.run.outcomes.keys().next().unwrap().clone();
    parts[0].1.run.outcomes.insert(stranger.clone(), measured(1));
    let merged = merge(parts, &here()).unwrap();
    assert_eq!(codes(&merged), [Code::ShardOverlap]);
    assert_eq!(merged.run.outcomes, whole().outcomes);
}

#[test]
fn what_was_measured_elsewhere_does_not_stand_beside_the_others() {
    let mut parts = parts(3);
    parts[0].1.run.environments.insert(Family::Instructions, environment("2.39"));
    let deviating: BTreeSet<Key> = parts[0].1.run.outcomes.keys().cloned().collect();
    let merged = merge(parts, &here()).unwrap();
    assert_eq!(merged.run.environments[&Family::Instructions], environment("2.36"));
    for (key, outcome) in &merged.run.outcomes {
        match outcome {
            Outcome::Failed(failure) => {
                assert!(deviating.contains(key) && failure.code == Code::ShardMixed);
                assert_eq!(failure.why, "it was measured where libc is `2.39`, and `2.36` in most shards");
            }
            Outcome::Measured { .. } => assert!(!deviating.contains(key)),
        }
    }
}

#[test]
fn parts_of_another_commit_tool_or_lock_file_are_said() {
    let check = |change: fn(&mut Part), said: &str| {
        let mut parts = parts(2);
        change(&mut parts[1].1);
        let merged = merge(parts, &here()).unwrap();
        assert_eq!(codes(&merged), [Code::ShardMixed]);
        assert!(merged.run.problems[0].message.contains(said), "{:?}", merged.run.problems);
    };
    check(|part| part.terms.commit = Some("c".repeat(40)), "another commit: cccccccccc there, aaaaaaaaaa here");
    check(|part| part.terms.base = Some("c".repeat(40)), "another base");
    check(|part| part.terms.tool = "0.0.9".into(), "another version of this tool: 0.0.9 there, 0.1.0 here");
    check(|part| part.terms.files = "other".into(), "another configuration");
    check(
        |part| drop(part.run.state.0.insert("lock".into(), "2".into())),
        "has another lock than most: `2`, and not `1`",
    );
}

#[test]
fn versions_of_harnesses_add_up() {
    let mut parts = parts(2);
    parts[0].1.run.state.0.remove(HARNESS);
    parts[1].1.run.state.0.insert(HARNESS.into(), "criterion 0.7.0, criterion 0.8.2".into());
    let merged = merge(parts, &here()).unwrap();
    assert_eq!((codes(&merged), &*merged.run.state.0[HARNESS]), (vec![], "criterion 0.7.0, criterion 0.8.2"));
}

#[test]
fn parts_of_other_checks_are_refused() {
    let mut mixed = parts(2);
    mixed.push(parts(3).remove(2));
    assert!(merge(mixed, &here()).unwrap_err().contains("they are not of one check"));
    let mut narrowed = parts(2);
    narrowed[1].1.run.scope.filters = vec!["total/1".into()];
    assert!(merge(narrowed, &here()).unwrap_err().contains("give all jobs the same options"));
    assert!(merge(Vec::new(), &here()).is_err());
}

#[test]
fn what_each_part_confirmed_is_confirmed_and_one_that_cannot_leaves_all_in_the_dark() {
    let base = |number| Run { outcomes: [(key(number), measured(1))].into(), ..whole_without_outcomes() };
    let mut parts = parts(3);
    parts[0].1.confirmed = Some(Confirmed::Measured(Box::new(base(1))));
    parts[2].1.confirmed = Some(Confirmed::Measured(Box::new(base(2))));
    let Some(Confirmed::Measured(run)) = merge(parts.clone(), &here()).unwrap().confirmed else {
        panic!("it was measured")
    };
    assert_eq!(run.outcomes.keys().collect::<Vec<_>>(), [&key(1), &key(2)]);
    let problem = Problem { code: Code::BaseUnbuildable, target: None, message: "no".into(), hint: None };
    parts[1].1.confirmed = Some(Confirmed::Refused(problem.clone()));
    let Some(Confirmed::Refused(said)) = merge(parts, &here()).unwrap().confirmed else { panic!("it was refused") };
    assert_eq!(said, problem);
}

fn whole_without_outcomes() -> Run {
    Run { outcomes: BTreeMap::new(), ..whole() }
}

#[test]
fn what_is_counted_in_each_part_is_counted_anew() {
    let mut parts = parts(3);
    let target = Target { package: "shop".into(), name: "cart".into() };
    for (_, part) in &mut parts {
        part.run.problems.push(Problem::allocator_unseen(target.clone(), part.run.outcomes.len()));
        let tier = TierUse { hits: 2, ..TierUse::default() };
        part.run.cache = CacheUse { tiers: [("redis".to_owned(), tier)].into(), ..CacheUse::default() };
    }
    let merged = merge(parts, &here()).unwrap();
    assert_eq!(merged.run.problems, [Problem::allocator_unseen(target, 40)]);
    assert_eq!(merged.run.cache.tiers["redis"].hits, 6);
}
