//! Workspaces: packages without benchmarks, default members, `-p`, and targets of other harnesses.

use crate::project::{Project, bench};

const CRITERION: &str =
    "criterion = { version = \"0.8\", default-features = false, features = [\"cargo_bench_support\"] }";

/// `one` and `two` have benchmarks and a group of the same name, `plain` has none, `tool` is a binary.
fn workspace(head: &str) -> Project {
    let project = Project::steps(1);
    std::fs::remove_dir_all(project.root.join("benches")).expect("a folder can be removed");
    std::fs::remove_dir_all(project.root.join("src")).expect("a folder can be removed");
    std::fs::remove_file(project.root.join("Cargo.lock")).expect("a file can be removed");
    project.write(
        "Cargo.toml",
        &format!("[workspace]\nresolver = \"2\"\nmembers = [\"one\", \"two\", \"plain\", \"tool\"]\n{head}"),
    );
    for name in ["one", "two", "plain", "tool"] {
        let mut manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        if name == "tool" {
            project.write("tool/src/main.rs", "fn main() {\n    println!(\"hello\");\n}\n");
        } else {
            manifest += "\n[lib]\nbench = false\n";
            project.write(&format!("{name}/src/lib.rs"), "//! Nothing.\n");
        }
        if name == "one" || name == "two" {
            manifest += &format!("\n[dev-dependencies]\n{CRITERION}\n\n[[bench]]\nname = \"sums\"\nharness = false\n");
            project.write(&format!("{name}/benches/sums.rs"), &bench(&[("sum", 1_000)]));
        }
        project.write(&format!("{name}/Cargo.toml"), &manifest);
    }
    project.commit("a workspace");
    project
}

#[test]
fn packages_without_benchmarks_are_passed_by_and_equal_names_kept_apart() {
    let project = workspace("");
    project.perfbudget(&["list"]).is(0, "one::sums::sum\ntwo::sums::sum\ntool::bin tool\n");
    project.record_and_branch();
    project.perfbudget(&[]).ends(0, &["within: "]);
    project.write("two/benches/sums.rs", &bench(&[("sum", 1_200)]));
    project.perfbudget(&[]).ends(100, &["growth-over two::sums::sum"]).never("growth-over one::");
    // A narrowed run knows nothing of the others, and says nothing of them.
    project.perfbudget(&["-p", "one"]).ends(0, &["within: "]).never("missing").never("two::");
    project.perfbudget(&["-p", "two"]).ends(100, &["growth-over two::sums::sum"]);
    project.perfbudget(&["-p", "plain"]).ends(2, &["there is nothing to measure in `plain`", "list --workspace"]);
    project.perfbudget(&["record", "-p", "plain"]).ends(2, &["there is nothing to measure in `plain`"]);
    project.perfbudget(&["--bench", "nosuch"]).ends(2, &["nosuch"]);
    project.perfbudget(&["--manifest-path", "one/Cargo.toml"]).ends(0, &["within: "]).never("missing");
    project.perfbudget(&["accept", "*", "-p", "one", "--reason", "no reason"]).ends(0, &["says so already"]);
    project.perfbudget(&["accept", "*", "-p", "two", "--reason", "two is worth more"]).ends(0, &["accepted: two::"]);
    project.perfbudget(&["record", "-p", "two", "--allow-regression", "-q"]).ends(0, &[]);
    assert!(project.baseline().contains("package = \"one\""), "the other package stays recorded");
}

#[test]
fn default_members_are_what_a_plain_run_takes_and_the_rest_stays_recorded() {
    let project = workspace("default-members = [\"one\"]\n");
    project.perfbudget(&["list"]).is(0, "one::sums::sum\n");
    project.perfbudget(&["list", "--workspace"]).is(0, "one::sums::sum\ntwo::sums::sum\ntool::bin tool\n");
    project.perfbudget(&["record", "--workspace", "-q"]).ends(0, &[]);
    project.commit("record");
    project.git(&["checkout", "-q", "-b", "change"]);
    project.perfbudget(&["--workspace"]).ends(0, &["within: "]);
    project.perfbudget(&["-p", "two"]).ends(0, &["within: "]);
    // Narrower than what was recorded, and not by a filter's word: nothing may be called missing that was not asked for.
    project.perfbudget(&[]).ends(0, &[]).never("missing");
    project.perfbudget(&["record", "-q"]).ends(0, &[]);
    assert!(project.baseline().contains("package = \"two\""), "a record of the default members forgets nobody");
}

#[test]
fn a_package_that_is_taken_out_of_the_workspace_is_missing() {
    let project = workspace("");
    project.record_and_branch();
    project.replace("Cargo.toml", "\"two\", ", "");
    std::fs::remove_dir_all(project.root.join("two")).expect("a folder can be removed");
    project.perfbudget(&[]).ends(101, &["benchmark-missing two::sums::sum", "cannot tell: "]);
    project.perfbudget(&["record", "-q"]).ends(0, &[]);
    project.perfbudget(&[]).ends(0, &["removed", "two::sums::sum", "attention: "]);
}

#[test]
fn a_foreign_harness_is_named_and_not_executed() {
    let project = Project::steps(1_000);
    project.write(
        "Cargo.toml",
        &format!("{}\n[[bench]]\nname = \"foreign\"\nharness = false\n", project.read("Cargo.toml")),
    );
    project.write(
        "benches/foreign.rs",
        "fn main() {\n    std::fs::write(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/executed\"), \"\").unwrap();\n}\n",
    );
    project.perfbudget(&["record"]).ends(0, &["steps"]);
    project.perfbudget(&[]).ends(0, &["harness-foreign steps::foreign", "attention: "]);
    assert!(!project.root.join("executed").exists(), "it was executed");
}

#[test]
fn what_cargo_run_tells_its_program_makes_no_build_script_run_again() {
    let project = Project::steps(1_000);
    let script = "fn main() {\n    println!(\"cargo:rerun-if-env-changed=CARGO_MANIFEST_DIR\");\n    \
                  println!(\"cargo:rerun-if-env-changed=CARGO_PKG_VERSION\");\n    \
                  use std::io::Write;\n    let mut file = std::fs::OpenOptions::new().create(true).append(true)\
                  .open(\"target-runs\").unwrap();\n    writeln!(file, \"run\").unwrap();\n}\n";
    project.write("build.rs", script);
    project.perfbudget(&["record"]).ends(0, &[]);
    let once = project.read("target-runs");
    let as_of_xtask = [("CARGO_MANIFEST_DIR", "/elsewhere/xtask"), ("CARGO_PKG_VERSION", "7.7.7")];
    project.perfbudget_with(&as_of_xtask, &["--fresh"]).ends(0, &["within: "]);
    assert_eq!(project.read("target-runs"), once);
}

#[test]
fn a_project_without_benchmarks_has_a_first_result_too() {
    let project = workspace("");
    project.write("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"plain\", \"tool\"]\n");
    project.perfbudget(&["record"]).ends(0, &["# values measured"]);
    project.commit("record");
    project.git(&["checkout", "-q", "-b", "change"]);
    project.perfbudget(&[]).ends(0, &["# unchanged", "within: "]);
    let padding = "A padding of a good many letters, all of them different. ".repeat(400);
    project.write(
        "tool/src/main.rs",
        &format!("fn main() {{\n    println!(\"hello {{}}\", std::hint::black_box({padding:?}));\n}}\n"),
    );
    project.perfbudget(&[]).ends(0, &["tool::bin tool", "size", "attention: "]);
    project.write("perfbudget.toml", "[[budget]]\nmetric = \"size\"\nseverity = \"error\"\n");
    project.perfbudget(&[]).ends(100, &["growth-over", "tool::bin tool"]);
}
