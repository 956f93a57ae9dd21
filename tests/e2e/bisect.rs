//! `bisect`: the commit that made a benchmark cost more, however the history looks.

use crate::project::{Output, Project};

const ARGS: [&str; 5] = ["bisect", "--good", "good", "--bad", "main"];

/// So many commits behind a tag `good`, of which the one with that number is slower.
fn history(commits: u64, slower: u64) -> Project {
    let project = Project::steps(10_000);
    project.git(&["tag", "good"]);
    for number in 1..=commits {
        commit(&project, number, if number >= slower { 11_000 } else { 10_000 });
    }
    project
}

fn commit(project: &Project, number: u64, steps: u64) {
    project.set_steps_of(&[("steps", steps), ("other", 500)]);
    project.write("src/lib.rs", &format!("//! Nothing.\n\npub const NUMBER: u64 = {number};\n"));
    project.commit(&format!("number {number}"));
}

fn bisect(project: &Project, more: &[&str]) -> Output {
    project.perfbudget(&[&ARGS[..], more].concat())
}

#[test]
fn of_16_commits_at_most_5_are_built_and_none_when_asked_again() {
    let project = history(16, 11);
    let status = project.git(&["status", "--porcelain"]);
    let first = bisect(&project, &["steps::steps::steps", "--format", "json"]);
    first.ends(0, &["# commits left, roughly # steps: [commit] #, bad number #"]);
    let report = first.json();
    assert_eq!(report["outcome"], "found");
    assert_eq!(report["first_bad"][0]["subject"], "number 11");
    assert_eq!(report["commits"], 16);
    // The good commit comes before them.
    assert!(report["built"].as_u64().unwrap() <= 1 + 5, "{report}");
    assert!(report["cause"]["moved"].as_array().is_some_and(|moved| !moved.is_empty()), "{report}");
    bisect(&project, &["steps::steps::steps"]).ends(
        0,
        &[
            "steps::steps::steps instructions: # → # (+#%) from [commit] to [commit]",
            "first bad commit: ",
            "number 11",
            "test, ",
            "over [commit]",
            "why: ",
            "# commits from good to bad, # built, # known from before",
            "to see it again: cargo perfbudget bisect --good [commit] --bad [commit]",
        ],
    );
    let again = bisect(&project, &["steps::steps::steps", "--format", "json"]).json();
    assert_eq!((&again["built"], &again["first_bad"]), (&0.into(), &report["first_bad"]));
    assert_eq!(project.git(&["status", "--porcelain"]), status);
}

#[test]
fn what_does_not_build_is_passed_by_and_may_leave_several() {
    let project = history(3, 9);
    project.write("src/lib.rs", "this is no Rust\n");
    project.commit("broken");
    for number in 5..=7 {
        commit(&project, number, 11_000);
    }
    bisect(&project, &["steps::steps::steps"]).ends(
        101,
        &[
            "first bad commit: one of these",
            "[commit] broken",
            "[commit] number 5",
            "skipped [commit]: the bench target",
        ],
    );
    project.git(&["tag", "-f", "good", "HEAD~1"]);
    bisect(&project, &["steps::steps::steps"]).ends(101, &["nothing to find: it costs # instructions at both"]);
}

#[test]
fn a_merged_branch_is_searched_too() {
    let project = history(2, 9);
    project.git(&["checkout", "-q", "-b", "side"]);
    project.write("notes.txt", "one\n");
    project.commit("a note");
    project.set_steps_of(&[("steps", 11_000), ("other", 500)]);
    project.commit("slower on a branch");
    project.git(&["checkout", "-q", "main"]);
    project.write("src/other.rs", "// two\n");
    project.commit("another note");
    project.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    bisect(&project, &["steps::steps::steps"]).ends(0, &["first bad commit: ", "slower on a branch"]);
}

#[test]
fn what_cannot_be_looked_for_is_said_before_anything_is_built() {
    let project = history(2, 2);
    bisect(&project, &[]).ends(2, &["exactly one benchmark or file"]);
    bisect(&project, &["steps", "--metric", "time"]).ends(2, &["it is sampled"]);
    bisect(&project, &["steps", "--format", "markdown"]).ends(2, &["`--format terminal` or `json`"]);
    project.perfbudget(&["bisect", "--good", "nowhere", "--bad", "main", "steps"]).ends(2, &["no revision `nowhere`"]);
    project.perfbudget(&["bisect", "--good", "main", "--bad", "good", "steps"]).ends(2, &["no commit leads from"]);
    // Both benchmarks have it in their names, and one is called so.
    bisect(&project, &["steps::s"]).ends(2, &["# have `steps::s` in their name", "'steps::steps::other'"]);
    bisect(&project, &["no such thing"]).ends(2, &["nothing at [commit] has `no such thing` in its name"]);
    bisect(&project, &["steps::steps::steps", "--threshold", "1"])
        .ends(101, &["nothing to find: # does not lie between"]);
}
