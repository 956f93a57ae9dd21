//! Crates from the registry, as they were published, unpacked by cargo when the test runs.

use crate::project::{Project, copy, run};
use std::path::{Path, PathBuf};

/// The folder of a published crate's sources: cargo fetches it, and says where.
fn published(project: &Project, name: &str, version: &str) -> PathBuf {
    let folder = project.beside(&format!("fetch-{name}-{version}"));
    std::fs::create_dir_all(folder.join("src")).expect("a folder can be made");
    std::fs::write(folder.join("src/lib.rs"), "").expect("a file can be written");
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n[dependencies]\n{name} = \"={version}\"\n"
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("a file can be written");
    let output =
        run(std::process::Command::new("cargo").args(["metadata", "--format-version", "1"]).current_dir(&folder));
    assert_eq!(output.code, 0, "{}", output.stderr);
    let packages = output.json();
    let found =
        packages["packages"].as_array().expect("packages are a list").iter().find(|package| package["name"] == name);
    let path = found.and_then(|package| package["manifest_path"].as_str()).expect("the crate is there");
    Path::new(path).parent().expect("a manifest lies in a folder").to_owned()
}

/// Puts the sources of that version in the place of whatever the project holds, but for git's folder and the baseline.
fn unpack(project: &Project, name: &str, version: &str) {
    let from = published(project, name, version);
    for entry in std::fs::read_dir(&project.root).expect("the project is there").flatten() {
        if entry.file_name() == ".git" || entry.file_name() == "perfbudget" {
            continue;
        }
        if entry.path().is_dir() {
            std::fs::remove_dir_all(entry.path()).expect("a folder can be removed");
        } else {
            std::fs::remove_file(entry.path()).expect("a file can be removed");
        }
    }
    copy(&from, &project.root);
    // The test's folder lies within another workspace, which must not claim the crate.
    let manifest = project.read("Cargo.toml");
    if !manifest.contains("\n[workspace]") {
        project.write("Cargo.toml", &format!("{manifest}\n[workspace]\n"));
    }
    project.write(".gitignore", "/target\nCargo.lock\n");
}

/// The crate in a repository of its own, recorded on `main`, and on a branch `change`.
fn recorded(name: &str, version: &str, args: &[&str]) -> Project {
    let project = Project::empty(&format!("registry-{name}"));
    unpack(&project, name, version);
    project.init();
    project.perfbudget(&[&["record"], args].concat()).ends(0, &["values measured"]).never("not recorded");
    project.commit("record");
    project.git(&["checkout", "-q", "-b", "change"]);
    project
}

#[test]
fn httparse_1_7_1_becomes_1_8_0_and_every_benchmark_is_compared() {
    let project = recorded("httparse", "1.7.1", &[]);
    let listed = project.perfbudget(&["list"]);
    assert!(listed.code == 0 && listed.stdout.lines().count() >= 4, "{listed:?}");
    project.perfbudget(&[]).ends(0, &["within: "]);
    unpack(&project, "httparse", "1.8.0");
    project.commit("1.8.0");
    let output = project.perfbudget(&["--format", "json"]);
    assert!([0, 100].contains(&output.code), "{output:?}");
    let json = output.json();
    let rows = json["rows"].as_array().expect("rows are a list");
    for name in listed.stdout.lines() {
        let row = rows.iter().find(|row| row["subject"]["name"] == name && row["metric"] == "instructions");
        let change = &row.unwrap_or_else(|| panic!("{name} has no row"))["change"];
        assert!(change["before"].is_object() && change["after"].is_object(), "{name}: {change}");
    }
}

#[test]
fn crc32fast_is_measured() {
    let project = recorded("crc32fast", "1.5.4", &[]);
    project.perfbudget(&["--fresh"]).ends(0, &["within: "]);
}

#[test]
fn tinyvec_is_measured_with_the_features_that_its_benchmarks_need() {
    // Its other target has 220 benchmarks of the same kinds, which would take minutes.
    let args = ["--features", "alloc,real_blackbox", "--bench", "macros"];
    let project = recorded("tinyvec", "1.13.3", &args);
    project.perfbudget(&args).ends(0, &["within: "]);
}

#[test]
fn unicode_segmentation_panics_for_want_of_its_data_and_that_is_said() {
    let project = Project::empty("registry-unicode-segmentation");
    unpack(&project, "unicode-segmentation", "1.13.3");
    project.init();
    project.perfbudget(&[]).ends(101, &["benchmark-panicked", "cannot tell"]);
    project.perfbudget(&["record"]).ends(101, &["benchmark-panicked"]);
    assert!(!project.root.join("perfbudget").exists(), "nothing was measured, so nothing is recorded");
}
