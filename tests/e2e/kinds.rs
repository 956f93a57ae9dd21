//! Every way to write a criterion benchmark, with the oldest and the newest version that we promise, and one between.

use crate::bystanders::values;
use crate::project::Project;
use std::collections::BTreeMap;

const TARGETS: [&str; 4] = ["--bench", "kinds", "--bench", "async_kinds"];

fn measured(project: &Project, args: &[&str]) -> BTreeMap<String, u64> {
    let output = project.perfbudget(&[&["--format", "json", "--fresh"], &TARGETS[..], args].concat());
    values(&output.json())
}

fn every_kind_is_measured(version: &str) {
    let project = Project::kinds(version);
    project.perfbudget(&[&["record"], &TARGETS[..]].concat()).ends(0, &["values measured"]).never("not recorded");
    let first = measured(&project, &[]);
    let long = format!("kinds::kinds::names/{}", "x".repeat(300));
    let expected = [
        "kinds::kinds::fib",
        "kinds::kinds::lazy",
        "kinds::kinds::buffer",
        "kinds::kinds::batched/small",
        "kinds::kinds::batched/large",
        "kinds::kinds::batched/each",
        "kinds::kinds::batched/2 batches",
        "kinds::kinds::batched/3 iterations",
        "kinds::kinds::batched/ref",
        "kinds::kinds::batched/setup",
        "kinds::kinds::batched/large drop",
        "kinds::kinds::custom",
        "kinds::kinds::inputs/fib/5",
        "kinds::kinds::inputs/fib/10",
        "kinds::kinds::inputs/fib/15",
        "kinds::kinds::inputs/5",
        "kinds::kinds::inputs/10",
        "kinds::kinds::inputs/15",
        "kinds::kinds::input/no group",
        "kinds::kinds::names/\"a/b\"",
        "kinds::kinds::names/\"a\\\"b'c\"",
        "kinds::kinds::names/\"a\\u{a}b\"",
        "kinds::kinds::names/a|b",
        "kinds::kinds::names/a`b",
        "kinds::kinds::names/größe → 大",
        &long,
        "kinds::kinds::\"top/level\"",
        "kinds::kinds::settings/times",
        "kinds::kinds::flat/fib",
        "kinds::async_kinds::async/iter",
        "kinds::async_kinds::async/batched",
    ];
    for name in expected {
        assert!(first.contains_key(name), "`{name}` was not measured: {:#?}", first.keys());
    }
    assert_eq!(first.len(), expected.len(), "{:#?}", first.keys());
    // What is the same work costs the same, however it is asked for.
    let value = |name: &str| first[&format!("kinds::{name}")];
    assert_eq!(value("kinds::fib"), value("kinds::flat/fib"), "by flat sampling as by linear");
    assert_eq!(value("kinds::inputs/fib/10"), value("kinds::inputs/10"));
    for name in ["inputs/fib/15", "inputs/15"] {
        assert!(value("kinds::fib").abs_diff(value(&format!("kinds::{name}"))) < 50, "{name}: {first:#?}");
    }
    assert!(value("kinds::fib") > 1_973 * 4, "it is not optimised away: {first:#?}");
    // Sorting a hundred numbers, and neither shuffling them nor, where it is not asked for, anything else.
    let sorting = value("kinds::batched/small");
    for name in ["large", "each", "2 batches", "3 iterations", "setup", "ref"] {
        let other = value(&format!("kinds::batched/{name}"));
        assert!(sorting.abs_diff(other) * 20 < sorting, "{name}: {other}, small: {sorting}");
    }
    // The first iteration builds a table of a thousand numbers; the others add them up.
    assert!((500..6_000).contains(&value("kinds::lazy")), "{first:#?}");
    // Two hundred numbers are filtered into a buffer that is large enough after the first iteration.
    assert!((200..4_000).contains(&value("kinds::buffer")), "{first:#?}");
    assert!(value("kinds::custom") > 465 * 4 && value("kinds::custom") < 465 * 20, "{first:#?}");
    assert!(value("async_kinds::async/iter") > 465 * 4 && value("async_kinds::async/iter") < 465 * 20, "{first:#?}");
    assert!(value("async_kinds::async/batched").abs_diff(sorting) * 5 < sorting, "{first:#?}");
    // Again and by itself, everything is exactly the same.
    for args in [&["fib"][..], &["batched"], &["names"], &["async"], &["lazy", "buffer"]] {
        for (name, value) in measured(&project, args) {
            assert_eq!(first[&name], value, "{name}, filtered by {args:?}");
        }
    }
    project.perfbudget(&[&["--fresh"], &TARGETS[..]].concat()).ends(0, &["within: "]).never("seeded").never("stale");
}

#[test]
fn every_kind_of_criterion_0_3_6_is_measured() {
    every_kind_is_measured("0.3.6");
}

#[test]
fn every_kind_of_criterion_0_5_1_is_measured() {
    every_kind_is_measured("0.5.1");
}

#[test]
fn every_kind_of_criterion_0_8_2_is_measured() {
    every_kind_is_measured("0.8.2");
}

#[test]
fn the_value_of_a_batch_does_not_depend_on_the_cost_of_its_setup() {
    let project = Project::kinds("0.8.2");
    let before = measured(&project, &["batched"]);
    let more = "pub fn shuffled(count: u64) -> Vec<u64> {\n    std::hint::black_box((0..5_000u64).fold(0, |a, b| std::hint::black_box(a ^ b)));\n";
    project.replace("src/lib.rs", "pub fn shuffled(count: u64) -> Vec<u64> {\n", more);
    let after = measured(&project, &["batched"]);
    for (name, value) in before {
        if name.ends_with("large drop") {
            assert!(after[&name] > value + 10_000, "what is the routine's own is counted: {name}");
        } else {
            assert!(after[&name].abs_diff(value) * 50 < value, "{name}: {value} before, {} after", after[&name]);
        }
    }
}
