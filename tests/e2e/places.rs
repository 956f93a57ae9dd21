//! The same numbers wherever and by whomever: paths, environments, two runs at once.

use crate::project::{Project, copy};
use std::process::Stdio;

#[test]
fn paths_with_blanks_quotes_and_letters_of_all_kinds_work() {
    let project = Project::steps(10_000);
    let folder = project.beside("größe 大 it's $HOME");
    copy(&project.root, &folder);
    let project = project.moved_to(folder);
    let target = project.root.join("build folder ünïcode");
    project.write(".gitignore", "/build*\n");
    project.init();
    let with = [("CARGO_TARGET_DIR", target.to_str().expect("the path is text"))];
    project.perfbudget_with(&with, &["record"]).ends(0, &["next: "]);
    project.commit("record");
    project.git(&["checkout", "-q", "-b", "change"]);
    project.perfbudget_with(&with, &[]).ends(0, &["within: "]);
    project.set_steps(11_000);
    project.perfbudget_with(&with, &[]).ends(100, &["growth-over steps::steps::steps"]);
}

#[test]
fn two_checkouts_of_different_length_record_the_same_bytes() {
    let project = Project::shop();
    project.perfbudget(&["record", "-q"]).ends(0, &[]);
    let first = project.baseline();
    let long = format!("{}/and/deeper/than/that", "a-much-longer-name-of-a-folder".repeat(5));
    let folder = project.beside(&long);
    copy(&project.root, &folder);
    let other = project.moved_to(folder);
    // Another build folder, too, of another length; so nothing is kept from before.
    let target = other.beside("t");
    let with = [("CARGO_TARGET_DIR", target.to_str().expect("the path is text"))];
    other.perfbudget_with(&with, &["record", "-q"]).ends(0, &[]);
    assert_eq!(other.baseline(), first);
}

#[test]
fn the_size_of_the_environment_and_the_user_change_nothing() {
    let project = Project::shop();
    project.perfbudget(&["record", "-q"]).ends(0, &[]);
    let first = project.baseline();
    let names: Vec<String> = (0..100).map(|number| format!("A_VARIABLE_OF_MY_OWN_{number}")).collect();
    let value = "x".repeat(100);
    let mut many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
    many.extend([("USER", "somebody-with-a-long-name"), ("LANG", "tr_TR.UTF-8"), ("TZ", "Asia/Kathmandu")]);
    project.perfbudget_with(&many, &["--fresh"]).ends(0, &["within: "]).never("reused").never("stale");
    std::fs::remove_dir_all(project.root.join("perfbudget")).expect("a folder can be removed");
    std::fs::remove_dir_all(project.target_dir().join("perfbudget")).expect("a folder can be removed");
    project.perfbudget_with(&many, &["record", "-q"]).ends(0, &[]);
    assert_eq!(project.baseline(), first);
}

#[test]
fn two_runs_at_once_in_one_build_folder_both_succeed() {
    let project = Project::recorded_shop();
    let start = || {
        project.tool().arg("--fresh").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the tool starts")
    };
    let runs = [start(), start()];
    for run in runs {
        let output = run.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("leftovers"), "{said}");
    }
}

#[test]
fn both_cores_under_load_change_nothing() {
    let project = Project::recorded_shop();
    let busy: Vec<_> = (0..4)
        .map(|_| std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().expect("sh starts"))
        .collect();
    let output = project.perfbudget(&["--fresh"]);
    for mut load in busy {
        load.kill().expect("it can be ended");
        load.wait().expect("it ends");
    }
    output.ends(0, &["# unchanged", "within: "]).never("stale");
}
