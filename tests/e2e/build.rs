//! What a build costs: packages, compiler processes, and builds from nothing, through whatever wrapper there is.

use crate::project::{Project, run};

const BUILD: &str = "[size]\nbins = []\n\n[build]\nbuilds = 1\n\n[[budget]]\nmetric = \"crates\"\ngrowth = \"0%\"\n\n[[budget]]\nmetric = \"rustc-invocations\"\ngrowth = \"0%\"\n\n[[budget]]\nmetric = \"duplicate-crates\"\nat-most = 0\n";

fn manifest(dependencies: &str) -> String {
    format!(
        "[package]\nname = \"built\"\nversion = \"0.1.0\"\nedition = \"2021\"\npublish = false\n\n[workspace]\nexclude = [\"old\"]\n\n[dependencies]\n{dependencies}"
    )
}

fn part(project: &Project, folder: &str, version: &str) {
    project.write(
        &format!("{folder}/Cargo.toml"),
        &format!("[package]\nname = \"part\"\nversion = \"{version}\"\nedition = \"2021\"\n\n[dependencies]\n"),
    );
    project.write(&format!("{folder}/src/lib.rs"), "pub fn part() {}\n");
}

/// A program with one dependency, recorded, on a branch.
fn built() -> Project {
    let project = Project::empty("built");
    project.write(".gitignore", "/target\n");
    project.write("Cargo.toml", &manifest("part = { path = \"part\" }\n"));
    project.write("src/main.rs", "fn main() {}\n");
    part(&project, "part", "1.0.0");
    project.write("perfbudget.toml", BUILD);
    project.init();
    project.record_and_branch();
    project
}

#[test]
fn a_dependency_more_is_found_and_named() {
    let project = built();
    project.perfbudget(&["list"]).is(0, "build dev\n");
    project.perfbudget(&["check"]).ends(0, &["within"]);
    let files = project.baseline_files("build");
    let record: String = files.iter().map(|file| project.read(file)).collect();
    for line in ["crates = 2", "duplicate-crates = 0", "rustc-invocations = 2"] {
        assert!(record.contains(line), "{line}: {record}");
    }
    // The other version of the same, and a build script.
    part(&project, "old", "0.9.0");
    project
        .write("Cargo.toml", &manifest("part = { path = \"part\" }\nold = { path = \"old\", package = \"part\" }\n"));
    project.write("old/build.rs", "fn main() {}\n");
    project.commit("the old one, too");
    let said = project.perfbudget(&["check"]);
    said.ends(100, &["why: `part v0.9.0` +"]);
    let report = project.perfbudget(&["check", "--format", "json"]).json();
    let over = |metric: &str| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|one| one["key"]["metric"] == metric && one["verdict"] == "over").count()
    };
    assert!(over("crates") == 1 && over("rustc-invocations") == 1 && over("duplicate-crates") == 1, "{report:#}");
    let row = |metric: &str| {
        let rows = report["rows"].as_array().unwrap();
        rows.iter().find(|row| row["metric"] == metric).unwrap()["change"]["after"]["value"].clone()
    };
    assert_eq!((row("crates"), row("duplicate-crates"), row("rustc-invocations")), (3.into(), 1.into(), 4.into()));
}

#[test]
fn a_build_that_fails_is_a_finding() {
    let project = built();
    project.write("src/main.rs", "fn main() { let _: u8 = \"\"; }\n");
    project.commit("it does not compile");
    project.perfbudget(&["check"]).ends(101, &["build-failed", "the build `dev` failed: error", "cargo build"]);
    project.write("Cargo.toml", &manifest("part = { path = \"nowhere\" }\n"));
    project.perfbudget(&["check"]).never("within:");
    project.write("Cargo.toml", &manifest("part = { path = \"part\" }\n"));
    project
        .write("perfbudget.toml", "[size]\nbins = []\n\n[build]\npackages = [\"no-such\"]\nmeasure = [\"crates\"]\n");
    project.perfbudget(&["check"]).ends(101, &["build-failed", "cargo does not tell the packages of the build"]);
}

#[test]
#[cfg(unix)]
fn a_build_from_nothing_goes_through_the_users_own_wrapper_and_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let project = built();
    project.write("tools/wrap", "#!/bin/sh\necho \"$*\" >>\"$(dirname \"$0\")/log\"\nexec \"$@\"\n");
    let path = project.root.join("tools/wrap");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    project.write(".cargo/config.toml", "[build]\nrustc-wrapper = \"tools/wrap\"\n");
    let only = "[size]\nbins = []\n\n[build]\nmeasure = [\"time\"]\nbuilds = 2\n";
    project.write("perfbudget.toml", only);
    // The wrapper of the other tests is a variable, which would come before.
    let perfbudget = |args: &[&str]| run(project.tool().env_remove("RUSTC_WRAPPER").args(args));
    perfbudget(&["check", "--format", "json"]).never("build-cpu-time");
    assert!(!project.root.join("tools/log").exists(), "nothing is built unless it is asked for");
    let said = perfbudget(&["check", "--time", "--format", "json"]);
    let report = said.json();
    let value = |metric: &str| {
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["metric"] == metric).unwrap_or_else(|| panic!("{metric}: {report:#}"));
        row["change"]["after"]["estimate"].as_f64().unwrap_or_else(|| panic!("{row:#}"))
    };
    assert!(value("build-cpu-time") > 1e6, "more than a millisecond");
    assert!(value("build-peak-memory") > 10e6, "a compiler takes more than 10 MB");
    let log = project.read("tools/log");
    assert_eq!(log.matches("--crate-name part").count(), 2, "once a build: {log}");
    assert!(!project.target_dir().join("perfbudget/run").exists());
    // A wrapper of the environment comes before that of the configuration, and one that fails is a finding.
    project
        .perfbudget_with(&[("RUSTC_WRAPPER", "/no/such/wrapper")], &["check", "--time"])
        .ends(101, &["build-failed"]);
}
