//! Divan's benchmarks and those of Rust's own harness are counted as criterion's are.

use crate::bystanders::values_of;
use crate::project::{Project, copy, fixtures};
use std::collections::BTreeMap;

/// Rust's own benchmarks need a nightly compiler, or one that is told to pass for one.
const AS_NIGHTLY: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

fn project(kind: &str) -> Project {
    let project = Project::empty(kind);
    copy(&fixtures().join(kind), &project.root);
    project.write(".gitignore", "/target\nCargo.lock\n");
    project.init();
    project
}

fn measured(project: &Project, metric: &str, args: &[&str]) -> BTreeMap<String, u64> {
    let output = project.perfbudget_with(&[AS_NIGHTLY], &[&["--format", "json", "--fresh"], args].concat());
    values_of(metric, &output.json())
}

#[test]
fn every_kind_of_divan_is_measured() {
    let project = project("divan");
    project.perfbudget(&["record", "-q"]).ends(0, &[]);
    project.commit("record");
    let values = measured(&project, "instructions", &[]);
    let expected = [
        "batched/refs",
        "batched/values",
        "fib",
        "generic::u64/1",
        "generic::u64/2",
        "generic::u8/1",
        "generic::u8/2",
        "inputs/10",
        "inputs/15",
        "inputs/5",
        "local",
        "push",
        "settings",
        "threads",
    ];
    let names: Vec<&str> = values.keys().filter_map(|name| name.strip_prefix("sampled::kinds::")).collect();
    assert_eq!(names, expected);
    let value = |name: &str| values[&format!("sampled::kinds::{name}")];
    assert!(value("fib") > 1_973 * 4 && value("generic::u8/1") < 200, "{values:#?}");
    for name in ["inputs/15", "settings", "threads", "local"] {
        assert!(value("fib").abs_diff(value(name)) < 50, "{name}: {values:#?}");
    }
    // Sorting a hundred numbers, and neither making nor dropping them.
    assert!(value("batched/refs").abs_diff(value("batched/values")) * 20 < value("batched/refs"), "{values:#?}");
    let allocations = measured(&project, "allocations", &[]);
    assert_eq!(allocations["sampled::kinds::push"], 6, "{allocations:#?}");
    assert!(allocations.iter().all(|(name, count)| *count == 0 || name.ends_with("push")), "{allocations:#?}");
    // Again and by itself, everything is exactly the same.
    assert_eq!(measured(&project, "instructions", &["batched", "push"])["sampled::kinds::push"], value("push"));
    project.perfbudget(&["--fresh"]).ends(0, &["within: "]).never("seeded").never("stale");
    project.git(&["checkout", "-q", "-b", "change"]);
    project.replace("benches/kinds.rs", "sort(numbers));", "{ sort(numbers); fib(black_box(15)); });");
    project.commit("dearer");
    project.perfbudget(&[]).ends(100, &["sampled::kinds::batched/refs", "growth-over"]);
}

#[test]
fn benchmarks_of_rusts_own_harness_are_measured() {
    let project = project("libtest");
    project.perfbudget_with(&[AS_NIGHTLY], &["record"]).ends(101, &["benchmark-reads-clock own::kinds::clock"]);
    let values = measured(&project, "instructions", &[]);
    let names: Vec<&str> = values.keys().filter_map(|name| name.strip_prefix("own::kinds::")).collect();
    assert_eq!(names, ["buffer", "expensive", "inner/sorted", "plain", "push"]);
    let value = |name: &str| values[&format!("own::kinds::{name}")];
    assert!((1_973 * 4..1_973 * 20).contains(&value("plain")), "{values:#?}");
    // 321 times as many calls.
    assert!(value("expensive").abs_diff(value("plain") * 322) * 50 < value("expensive"), "{values:#?}");
    let allocations = measured(&project, "allocations", &[]);
    let expected = [("buffer", 1), ("expensive", 0), ("inner/sorted", 1), ("plain", 0), ("push", 6)];
    for (name, count) in expected {
        assert_eq!(allocations[&format!("own::kinds::{name}")], count, "{allocations:#?}");
    }
    assert_eq!(measured(&project, "instructions", &["push"])["own::kinds::push"], value("push"));
}

#[test]
fn benchmarks_that_need_a_nightly_rust_are_named_on_a_stable_one() {
    let project = project("libtest");
    let output = project.perfbudget(&["--no-build-base"]);
    output.ends(output.code, &["nightly-needed own::kinds: ", "cargo +nightly perfbudget"]).never("build-failed");
    assert!([0, 101].contains(&output.code), "{output:?}");
}
