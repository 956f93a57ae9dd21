//! Benchmarks of gungraun and iai-callgrind beside criterion's, with their real runners.

use crate::project::{Output, Project, copy, fixtures};
use serde_json::Value;
use std::collections::BTreeMap;

/// The demo's till, in a repository with the shop whose one commit has no baseline.
fn till() -> Project {
    let project = Project::empty("till");
    copy(&fixtures().join("shop"), &project.root);
    project.init();
    let folder = project.root.join("till");
    project.moved_to(folder)
}

/// Every value of a report, by name and metric.
fn values(output: &Output) -> BTreeMap<String, u64> {
    let json = output.json();
    let rows = json["rows"].as_array().expect("rows are a list").iter();
    let of = |row: &Value| {
        let name = format!("{} {}", row["subject"]["name"].as_str()?, row["metric"].as_str()?);
        Some((name, row["change"]["after"]["value"].as_u64()?))
    };
    rows.filter_map(of).collect()
}

#[test]
fn three_harnesses_of_one_package_are_measured_and_a_regression_of_the_shop_shows_in_all() {
    let till = till();
    till.perfbudget(&["record", "-q"]).ends(0, &[]);
    till.commit("record");
    till.git(&["checkout", "-q", "-b", "change"]);
    let before = till.perfbudget(&["--format", "json"]);
    assert_eq!(before.code, 0, "{}", before.said());
    let before = values(&before);
    for name in [
        "till::pay::\"pay/20\" instructions",
        "till::receipts::carts/total/ten instructions",
        "till::receipts::carts/total/hundred estimated-cycles",
        "till::receipts::carts/pay/twenty branches",
        "till::receipts::carts/pay/twenty allocations",
        "till::receipts::carts/pay/twenty allocated-bytes",
        "till::receipts::carts/pay/twenty peak-heap",
        "till::receipts::carts/pay/twenty heap-at-exit",
        "till::tags::tags/read/ten instructions",
        "till::tags::tags/read/hundred ram-hits",
    ] {
        assert!(before.contains_key(name), "`{name}` was not measured: {:#?}", before.keys());
    }
    // The runner's own files are where the user's runs are not.
    assert!(!till.target_dir().join("gungraun").exists() && !till.target_dir().join("iai").exists());
    let patch = fixtures().join("shop-regression.patch");
    till.git(&["-C", "..", "apply", &patch.to_string_lossy()]);
    let after = till.perfbudget(&[]);
    after.ends(100, &["growth-over", "over: "]);
    for part in ["till::pay::\"pay/20\"", "till::receipts::carts/total/ten", "till::receipts::carts/pay/twenty"] {
        assert!(after.said().contains(part), "{part}: {}", after.said());
    }
    after.never("growth-over till::tags");
}

#[test]
fn names_and_filters_are_the_runners_own() {
    let till = till();
    till.perfbudget(&["list"]).ends(
        0,
        &["till::pay::\"pay/20\"\n", "till::receipts::carts/pay/twenty\n", "till::receipts::carts/total/hundred\n"],
    );
    let output = till.perfbudget(&["--format", "json", "total/ten"]);
    let found: Vec<String> = values(&output).into_keys().collect();
    assert!(found.iter().all(|name| name.starts_with("till::receipts::carts/total/ten ")), "{found:?}");
    assert!(found.len() >= 5, "{found:?}");
    till.perfbudget(&["--dry-run"]).ends(0, &["--bench --list", "gungraun-runner", "--output-format=json --home"]);
}

#[test]
fn a_runner_of_another_version_is_a_finding_with_the_command_that_installs_it() {
    let till = till();
    let with = [("GUNGRAUN_RUNNER", "/bin/true")];
    till.perfbudget_with(&with, &[]).ends(
        101,
        &[
            "tool-version",
            "till::receipts",
            "`/bin/true`, by `GUNGRAUN_RUNNER`",
            "cargo install gungraun-runner --version # --locked",
        ],
    );
    till.perfbudget_with(&with, &["doctor"]).ends(
        101,
        &["missing gungraun-runner: ", "cargo install gungraun-runner --version # --locked", "doctor --fix"],
    );
    till.perfbudget(&["doctor"])
        .ends(0, &["ok iai-callgrind-runner: #", "ok gungraun-runner: #", "everything is there"]);
}

#[test]
fn a_benchmark_that_panics_is_a_finding_of_its_target() {
    let till = till();
    till.replace("benches/tags.rs", "fn read(list: String)", "#[bench::none(0)]\nfn read(list: String)");
    till.replace(
        "benches/tags.rs",
        "    (black_box(",
        "    assert!(list.lines().count() > 1, \"no tags\");\n    (black_box(",
    );
    till.perfbudget(&["--bench", "tags"]).ends(101, &["benchmark-panicked", "till::tags", "no tags", "cannot tell: "]);
}

#[test]
fn a_limit_of_the_benchmark_itself_is_said_and_decides_nothing() {
    let till = till();
    till.replace("benches/receipts.rs", "Callgrind, Dhat,", "Callgrind, Dhat, EventKind,");
    till.replace(
        "benches/receipts.rs",
        "Callgrind::with_args([\"--branch-sim=yes\"])",
        "Callgrind::with_args([\"--branch-sim=yes\"]).hard_limits([(EventKind::Ir, 1)])",
    );
    till.perfbudget(&["record", "-q", "--bench", "receipts"]).ends(0, &[]);
    let output = till.perfbudget(&["--bench", "receipts", "--format", "json", "--no-build-base"]).json();
    let findings = output["findings"].as_array().expect("findings are a list");
    let said = |finding: &&Value| finding["code"] == "metric-qualified";
    let message = findings.iter().find(said).map(|finding| finding["message"].to_string()).unwrap_or_default();
    assert!(message.contains("beyond a limit") && message.contains("Ir"), "{findings:?}");
    assert_eq!(findings.iter().filter(said).count(), 1, "{findings:?}");
}
