//! The baseline in git: parallel edits merge, and what does not is resolved by measuring again.

use crate::project::Project;

/// Three benchmarks recorded on `main`.
fn three() -> Project {
    let project = Project::steps(10_000);
    project.set_steps_of(&[("alpha", 1_000), ("beta", 2_000), ("gamma", 3_000)]);
    project.perfbudget(&["record", "-q"]).ends(0, &[]);
    project.commit("record");
    project
}

/// A branch of `main` on which one benchmark has another price, accepted.
fn priced(project: &Project, branch: &str, benchmark: &str, from: u64, to: u64) {
    project.git(&["checkout", "-q", "-b", branch, "main"]);
    project.replace(
        "benches/steps.rs",
        &format!("{benchmark:?}, |b| b.iter(|| steps({from}))"),
        &format!("{benchmark:?}, |b| b.iter(|| steps({to}))"),
    );
    project.perfbudget(&["accept", &format!("steps::steps::{benchmark}"), "--reason", branch]).ends(0, &["accepted: "]);
    project.commit(branch);
}

#[test]
fn parallel_edits_of_different_benchmarks_merge_by_themselves() {
    let project = three();
    priced(&project, "one", "alpha", 1_000, 1_100);
    priced(&project, "two", "beta", 2_000, 2_200);
    let merged = project.try_git(&["merge", "-q", "--no-edit", "one", "--", "perfbudget"]);
    // Only the baseline matters here; the sources touch neighbouring lines and may conflict.
    let merged = if merged.code == 0 { merged } else { project.try_git(&["merge", "-q", "--no-edit", "one"]) };
    let conflicts = project.git(&["diff", "--name-only", "--diff-filter=U"]);
    assert!(!conflicts.contains("perfbudget/"), "{merged:?} {conflicts}");
    project.set_steps_of(&[("alpha", 1_100), ("beta", 2_200), ("gamma", 3_000)]);
    project.commit("merge");
    project.perfbudget(&[]).ends(0, &["accepted", "attention: "]).never("stale");
}

#[test]
fn a_new_benchmark_on_each_side_merges_when_they_are_not_neighbours() {
    let project = three();
    let all = [("alpha", 1_000), ("beta", 2_000), ("gamma", 3_000)];
    for (branch, newcomer) in [("one", ("aardvark", 400)), ("two", ("zebra", 500))] {
        project.git(&["checkout", "-q", "-b", branch, "main"]);
        let mut with_it = all.to_vec();
        with_it.push(newcomer);
        project.set_steps_of(&with_it);
        project.perfbudget(&["record", "-q"]).ends(0, &[]);
        project.commit(branch);
    }
    project.try_git(&["merge", "-q", "--no-edit", "one"]);
    let conflicts = project.git(&["diff", "--name-only", "--diff-filter=U"]);
    assert!(!conflicts.contains("perfbudget/"), "{conflicts}");
}

#[test]
fn a_conflict_is_recognised_and_mended_by_measuring_again() {
    let project = three();
    priced(&project, "one", "beta", 2_000, 2_200);
    priced(&project, "two", "beta", 2_000, 2_400);
    let file = project.baseline_file("steps", "steps");
    let merged = project.try_git(&["merge", "-q", "--no-edit", "one"]);
    assert_ne!(merged.code, 0);
    assert!(project.read(&file).contains("<<<<<<<"), "{}", project.read(&file));
    // At the price of the base nothing is over; what is left is that the file cannot be read.
    project.set_steps_of(&[("alpha", 1_000), ("beta", 2_000), ("gamma", 3_000)]);
    project.perfbudget(&[]).ends(101, &["baseline-conflict", "record --resolve", "cannot tell: "]);
    project.set_steps_of(&[("alpha", 1_000), ("beta", 2_400), ("gamma", 3_000)]);
    project.perfbudget(&["record"]).ends(101, &["hint: cargo perfbudget record --resolve"]);
    assert!(project.read(&file).contains("<<<<<<<"), "a plain record changes nothing");
    project.perfbudget(&["record", "--resolve"]).ends(0, &["written to `perfbudget`"]);
    let text = project.read(&file);
    assert!(!text.contains("<<<<<<<") && text.contains("beta") && text.contains("alpha"), "{text}");
    project.commit("merge");
    let output = project.perfbudget(&[]);
    assert_eq!(output.code, 0, "{output:?}");
}
