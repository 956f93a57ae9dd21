//! Runs that are stopped: by Ctrl-C, and by force.

use crate::project::{Output, Project};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Starts the tool and returns when valgrind is at work.
fn in_the_middle(shop: &Project, args: &[&str]) -> Child {
    let child = shop.tool().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the tool starts");
    let start = Instant::now();
    while !shop.processes().iter().any(|(_, line)| line.contains("--tool=callgrind")) {
        assert!(start.elapsed() < Duration::from_secs(300), "valgrind was never started");
        thread::sleep(Duration::from_millis(5));
    }
    child
}

fn signal(name: &str, id: u32) {
    let status = Command::new("kill").args([name, &id.to_string()]).status().expect("kill runs");
    assert!(status.success());
}

fn wait(child: Child) -> Output {
    let output = child.wait_with_output().expect("it ends");
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Whatever is left of a run is gone within a moment.
fn nothing_is_left(shop: &Project) {
    let start = Instant::now();
    while !shop.processes().is_empty() && start.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(20));
    }
    let left = shop.processes();
    for (id, _) in &left {
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
    }
    assert!(left.is_empty(), "these went on: {left:?}");
}

/// A recorded demo whose benchmarks all cost something else now, so that all of them are measured again.
fn changed() -> Project {
    let shop = Project::recorded_shop();
    shop.regress();
    std::fs::remove_dir_all(shop.target_dir().join("perfbudget")).expect("a folder can be removed");
    shop
}

#[test]
fn ctrl_c_ends_everything_with_its_own_code_and_writes_nothing() {
    let shop = changed();
    let before = shop.baseline();
    let child = in_the_middle(&shop, &["record"]);
    signal("-INT", child.id());
    let start = Instant::now();
    let output = wait(child);
    assert_eq!(output.code, 130, "{output:?}");
    assert!(start.elapsed() < Duration::from_secs(5), "it took {:?}", start.elapsed());
    nothing_is_left(&shop);
    assert_eq!(shop.baseline(), before);
    // It had the time to clean up.
    shop.perfbudget(&["find"]).ends(0, &[]).never("leftovers");
}

#[test]
fn sigterm_ends_everything_too() {
    let shop = changed();
    let child = in_the_middle(&shop, &["record"]);
    signal("-TERM", child.id());
    let output = wait(child);
    assert!(![0, 100, 101, 2].contains(&output.code), "{output:?}");
    nothing_is_left(&shop);
}

#[test]
fn a_killed_run_leaves_the_baseline_whole_and_the_next_run_names_its_leftovers() {
    let shop = changed();
    let before = shop.baseline();
    let child = in_the_middle(&shop, &["record"]);
    signal("-KILL", child.id());
    wait(child);
    nothing_is_left(&shop);
    assert_eq!(shop.baseline(), before);
    shop.perfbudget(&["find"]).ends(0, &["attention leftovers", "attention: "]);
    shop.perfbudget(&["find"]).ends(0, &["within: "]).never("leftovers");
}

#[test]
fn a_bisection_that_was_stopped_leaves_nothing_behind_and_can_be_asked_again() {
    let project = Project::steps(10_000);
    project.git(&["tag", "good"]);
    for count in [10_001, 10_002, 11_000] {
        project.set_steps(count);
        project.commit(&format!("{count} steps"));
    }
    let args = ["bisect", "--good", "good", "--bad", "main", "steps::steps::steps"];
    let child = in_the_middle(&project, &args);
    signal("-INT", child.id());
    assert_eq!(wait(child).code, 130);
    nothing_is_left(&project);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    assert_eq!(project.git(&["branch", "--show-current"]), "main");
    project.perfbudget(&args).ends(0, &["first bad commit: ", "# steps"]);
    project.perfbudget(&["clean"]).ends(0, &[]);
    assert_eq!(project.git(&["worktree", "list"]).lines().count(), 1);
}
