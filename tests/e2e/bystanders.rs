//! A value is the benchmark's own: company, order, filters and what happens only once do not change it.

use crate::project::Project;
use serde_json::Value;
use std::collections::BTreeMap;

/// Instructions by name, from a report.
pub(crate) fn values(json: &Value) -> BTreeMap<String, u64> {
    values_of("instructions", json)
}

/// A metric's values by name, from a report.
pub(crate) fn values_of(metric: &str, json: &Value) -> BTreeMap<String, u64> {
    let rows = json["rows"].as_array().expect("rows are a list").iter();
    rows.filter(|row| row["metric"] == metric)
        .filter_map(|row| {
            let after = &row["change"]["after"];
            Some((row["subject"]["name"].as_str()?.to_owned(), after["value"].as_u64()?))
        })
        .collect()
}

fn measured(project: &Project, args: &[&str]) -> BTreeMap<String, u64> {
    values(&project.perfbudget(&[&["--format", "json", "--fresh", "--no-build-base"], args].concat()).json())
}

#[test]
fn adding_removing_and_reordering_benchmarks_changes_no_value() {
    let project = Project::steps(1);
    let [one, two, three, four] = [("one", 1_000), ("two", 2_000), ("three", 3_000), ("four", 4_000)];
    project.set_steps_of(&[one, two, three]);
    let first = measured(&project, &[]);
    assert_eq!(first.len(), 3, "{first:?}");
    for benchmarks in [&[three, two, one][..], &[one, two, three, four], &[four, one, three], &[two]] {
        project.set_steps_of(benchmarks);
        for (name, value) in measured(&project, &[]) {
            if let Some(before) = first.get(&name) {
                assert_eq!(*before, value, "{name} among {benchmarks:?}");
            }
        }
    }
}

#[test]
fn a_filter_changes_no_value() {
    let shop = Project::shop();
    let all = measured(&shop, &[]);
    assert_eq!(all.len(), 15, "{all:?}");
    for filter in ["total/100", "index", "two words"] {
        let some = measured(&shop, &[filter]);
        assert!(!some.is_empty());
        for (name, value) in some {
            assert_eq!(all.get(&name), Some(&value), "{name} alone");
        }
    }
}

#[test]
fn what_is_done_only_once_is_not_in_the_value() {
    let project = Project::steps(1_000);
    let plain = measured(&project, &[])["steps::steps::steps"];
    let once = "static ONCE: std::sync::OnceLock<u64> = std::sync::OnceLock::new();";
    project.replace(
        "benches/steps.rs",
        "|b| b.iter(|| steps(1000))",
        &format!("|b| {{ {once} b.iter(|| steps(*ONCE.get_or_init(|| steps(300_000).min(1_000)))) }}"),
    );
    let lazy = measured(&project, &[])["steps::steps::steps"];
    assert!(lazy.abs_diff(plain) < 50, "{plain} without, {lazy} with something that is done once");
}
