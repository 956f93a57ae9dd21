//! What a change is compared with: the merge-base, inherited growth, and histories that lack it.

use crate::project::{Project, run};

#[test]
fn growth_that_the_merge_base_shows_too_is_inherited_on_a_branch_and_over_on_the_default_branch() {
    let project = Project::recorded_steps(10_000);
    project.git(&["checkout", "-q", "main"]);
    project.set_steps(11_000);
    project.commit("slower, and nobody recorded it");
    project.commit("another commit");
    project.git(&["checkout", "-q", "-b", "later"]);
    project.write("src/lib.rs", "//! Nothing, or little.\n");
    project.commit("unrelated");
    project.perfbudget(&[]).ends(0, &["attention growth-inherited", "# commits lie between", "attention: "]);
    project.git(&["checkout", "-q", "main"]);
    project.perfbudget(&[]).ends(100, &["over growth-inherited", "over: "]);
    // What a branch adds on top is its own.
    project.git(&["checkout", "-q", "later"]);
    project.set_steps(12_000);
    project.perfbudget(&[]).ends(100, &["growth-over", "over: "]);
}

#[test]
fn a_regression_committed_on_the_default_branch_is_over_there() {
    let project = Project::recorded_steps(10_000);
    project.git(&["checkout", "-q", "main"]);
    project.set_steps(11_000);
    project.perfbudget(&[]).ends(100, &["growth-over"]);
    project.commit("slower");
    project.perfbudget(&[]).ends(100, &["growth-over"]);
}

#[test]
fn each_base_is_measured_as_itself_also_when_they_take_turns() {
    let project = Project::recorded_steps(10_000);
    project.git(&["branch", "-f", "old", "main"]);
    project.git(&["checkout", "-q", "main"]);
    project.set_steps(11_000);
    project.commit("slower, and nobody recorded it");
    project.git(&["branch", "-f", "new", "main"]);
    // The same commit is the head throughout; only the base differs.
    project.git(&["checkout", "-q", "-B", "change", "new"]);
    project.set_steps(11_001);
    let code = |base| project.perfbudget(&["--base", base, "--fresh"]).code;
    assert_eq!(["old", "new", "old", "new"].map(code), [100, 0, 100, 0]);
}

#[test]
fn a_base_that_does_not_compile_is_said_to_be_why_nothing_can_be_told() {
    let project = Project::recorded_steps(10_000);
    project.git(&["checkout", "-q", "main"]);
    project.write("src/lib.rs", "this is no Rust\n");
    project.commit("broken");
    project.git(&["checkout", "-q", "-b", "later"]);
    project.write("src/lib.rs", "//! Nothing.\n");
    project.set_steps(11_000);
    project.commit("mended and slower");
    project.perfbudget(&[]).ends(101, &["base-unbuildable", "cannot tell: "]);
    // Nothing is over, so the base need not be built.
    project.set_steps(10_000);
    project.perfbudget(&[]).ends(0, &["within: "]);
}

#[test]
fn a_shallow_clone_says_that_it_is_one_and_what_to_fetch() {
    let project = Project::recorded_steps(10_000);
    project.git(&["checkout", "-q", "main"]);
    project.commit("nothing");
    let clone = project.cloned_shallowly();
    clone.perfbudget(&[]).ends(0, &["within: "]);
    clone.set_steps(11_000);
    // The head is here, and while the work tree has changes it is the base.
    clone.perfbudget(&[]).ends(100, &["growth-over"]);
    clone.commit("slower");
    clone.git(&["checkout", "-q", "--detach"]);
    clone.git(&["update-ref", "-d", "refs/heads/main"]);
    clone.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    clone.git(&["symbolic-ref", "-d", "refs/remotes/origin/HEAD"]);
    clone.perfbudget(&[]).ends(101, &["base-unknown", "hint: "]);
}

#[test]
fn a_shallow_clone_of_a_merged_regression_cannot_tell_instead_of_passing() {
    let project = Project::recorded_steps(10_000);
    project.git(&["checkout", "-q", "main"]);
    project.set_steps(11_000);
    project.commit("slower");
    let clone = project.cloned_shallowly();
    clone.perfbudget(&[]).ends(101, &["base-unknown", "shallow clone", "hint: git fetch --unshallow", "cannot tell: "]);
}

#[test]
fn a_detached_head_is_compared_with_the_default_branch() {
    let project = Project::recorded_steps(10_000);
    project.set_steps(11_000);
    project.commit("slower");
    project.git(&["checkout", "-q", "--detach"]);
    project.perfbudget(&[]).ends(100, &["growth-over"]);
    project.git(&["checkout", "-q", "--detach", "main"]);
    project.perfbudget(&[]).ends(0, &["within: "]);
}

#[test]
fn a_repository_without_main_names_its_base_or_asks_for_one() {
    let project = Project::recorded_steps(10_000);
    project.git(&["branch", "-m", "main", "trunk"]);
    project.set_steps(11_000);
    project.commit("slower");
    // `trunk` cannot be guessed: on a branch of its own, this one counts as the default, with its parent as base.
    project.perfbudget(&["--base", "trunk"]).ends(100, &["growth-over"]);
    project.perfbudget(&["--base", "nowhere"]).ends(2, &["there is no revision `nowhere`"]);
    project.write("perfbudget.toml", "default-branch = \"trunk\"\n");
    project.commit("say so");
    project.perfbudget(&[]).ends(100, &["growth-over"]);
    project.git(&["checkout", "-q", "--detach"]);
    project.git(&["branch", "-D", "trunk", "-q"]);
    project.perfbudget(&[]).ends(101, &["base-unknown", "the default branch was not found", "hint: "]);
}

#[test]
fn without_git_a_record_compares_but_nothing_over_is_confirmed() {
    let project = Project::steps(10_000);
    std::fs::remove_dir_all(project.root.join(".git")).expect("a folder can be removed");
    project.perfbudget(&[]).ends(101, &["baseline-missing"]);
    project.perfbudget(&["record"]).ends(0, &[]);
    project.perfbudget(&[]).ends(0, &["within: "]);
    project.set_steps(11_000);
    project.perfbudget(&[]).ends(101, &["base-unknown", "no git repository", "cannot tell: "]);
}

#[test]
fn nothing_committed_yet_is_said() {
    let project = Project::steps(10_000);
    std::fs::remove_dir_all(project.root.join(".git")).expect("a folder can be removed");
    project.git(&["-c", "init.defaultBranch=main", "init", "-q"]);
    project.perfbudget(&["record"]).ends(0, &[]);
    project.perfbudget(&[]).ends(0, &["within: "]);
    project.set_steps(11_000);
    project.perfbudget(&[]).ends(101, &["base-unknown", "nothing is committed yet"]);
}

#[test]
fn what_another_machine_recorded_is_measured_here_and_never_a_percentage_of_the_file() {
    let project = Project::recorded_steps(10_000);
    project.git(&["checkout", "-q", "main"]);
    let file = project.baseline_file("steps", "steps");
    let text = project.read(&file);
    let line = text.lines().find(|line| line.starts_with("libc = ")).expect("the libc is recorded");
    project.replace(&file, line, "libc = \"glibc 2.11\"");
    let value = text.lines().find(|line| line.starts_with("instructions = ")).expect("there is a value");
    project.replace(&file, value, "instructions = 123");
    project.commit("as another machine recorded it");
    project.git(&["checkout", "-q", "-B", "change"]);
    project.commit("nothing");
    project
        .perfbudget(&[])
        .ends(0, &["environment-differs", "libc: recorded `glibc #`, here", "attention: "])
        .never("growth-over");
    project.perfbudget(&["--no-build-base"]).ends(101, &["not-comparable", "libc: recorded `glibc #`, here"]);
    project.set_steps(11_000);
    project.perfbudget(&[]).ends(100, &["growth-over steps::steps::steps"]);
    // Recording on a new machine is no way around the budget.
    project.perfbudget(&["record"]).ends(100, &["would record a regression", "steps::steps::steps instructions"]);
    project.set_steps(10_000);
    project.perfbudget(&["record"]).ends(0, &["values measured"]);
}

#[test]
fn the_work_tree_and_its_git_folder_are_left_as_they_were() {
    let project = Project::recorded_steps(10_000);
    project.set_steps(11_000);
    project.write("notes.txt", "not tracked\n");
    let before = (project.git(&["status", "--porcelain"]), project.git(&["stash", "list"]), project.git(&["branch"]));
    project.perfbudget(&[]).ends(100, &[]);
    let after = (project.git(&["status", "--porcelain"]), project.git(&["stash", "list"]), project.git(&["branch"]));
    assert_eq!(before, after);
    project.perfbudget(&["clean"]).ends(0, &["removed kept measurements"]);
    assert_eq!(project.git(&["worktree", "list"]).lines().count(), 1);
    let mut from_a_folder = project.tool();
    run(from_a_folder.current_dir(project.root.join("src")).arg("total")).ends(2, &[]);
    run(project.tool().current_dir(project.root.join("src"))).ends(100, &["growth-over"]);
}
