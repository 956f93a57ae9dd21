//! What should be known and is not: gone, renamed, not compiling, panicking; and configurations that are wrong.

use crate::project::{Project, bench};

fn two() -> Project {
    let project = Project::steps(10_000);
    project.set_steps_of(&[("sum of many", 5_000), ("product", 7_000)]);
    project.record_and_branch();
    project
}

#[test]
fn a_renamed_benchmark_cannot_be_told_and_its_likely_successor_is_named() {
    let project = two();
    project.set_steps_of(&[("sum of more", 5_000), ("product", 7_000)]);
    project.perfbudget(&[]).ends(
        101,
        &["cannot tell benchmark-renamed steps::steps::sum of many: ", "`steps::steps::sum of more`", "cannot tell: "],
    );
    project.perfbudget(&["record"]).ends(0, &["written to `perfbudget`"]);
    project.perfbudget(&[]).ends(0, &["removed", "steps::steps::sum of many", "attention: "]);
}

#[test]
fn a_benchmark_that_is_gone_cannot_be_told_until_its_record_is_taken_out_too() {
    let project = two();
    project.set_steps_of(&[("product", 7_000)]);
    project.perfbudget(&[]).ends(101, &["benchmark-missing steps::steps::sum of many: ", "cannot tell: "]);
    project.perfbudget(&["record"]).ends(0, &[]);
    assert!(!project.baseline().contains("sum of many"), "{}", project.baseline());
    project.perfbudget(&[]).ends(0, &["removed", "steps::steps::sum of many", "attention: "]);
    project.commit("take it out");
    project.perfbudget(&[]).ends(0, &["removed", "steps::steps::sum of many", "attention: "]);
}

#[test]
fn a_record_taken_out_by_hand_while_the_benchmark_runs_is_shown() {
    let project = two();
    let file = project.baseline_file("steps", "steps");
    let text = project.read(&file);
    let from = text.find("[benchmark.\"sum of many\"]").expect("it is recorded");
    project.write(&file, &format!("{}\n", text[..from].trim_end()));
    project.perfbudget(&[]).ends(0, &["benchmark-removed steps::steps::sum of many", "it still runs", "attention: "]);
}

#[test]
fn a_new_benchmark_asks_for_attention() {
    let project = two();
    let all = [("sum of many", 5_000), ("product", 7_000), ("a newcomer", 100)];
    project.set_steps_of(&all);
    project.perfbudget(&[]).ends(0, &["new steps::steps::a newcomer", "attention: "]);
}

#[test]
fn a_bench_target_that_is_gone_is_missing_with_all_it_had() {
    let project = two();
    project.write(
        "Cargo.toml",
        &project.read("Cargo.toml").replace("[[bench]]\nname = \"steps\"", "[[bench]]\nname = \"others\""),
    );
    project.write("benches/others.rs", &bench(&[("something", 10)]));
    std::fs::remove_file(project.root.join("benches/steps.rs")).expect("a file can be removed");
    project.perfbudget(&[]).ends(101, &["benchmark-missing", "steps::steps::", "cannot tell: "]);
}

#[test]
fn the_last_bench_target_is_missing_too() {
    let project = two();
    let manifest = project.read("Cargo.toml");
    project.write("Cargo.toml", &manifest.replace("[[bench]]\nname = \"steps\"\nharness = false\n", ""));
    std::fs::remove_dir_all(project.root.join("benches")).expect("a folder can be removed");
    project.perfbudget(&[]).ends(101, &["benchmark-missing", "steps::steps::", "cannot tell: "]);
}

#[test]
fn what_does_not_compile_cannot_be_told_and_the_compiler_has_its_say() {
    let project = two();
    project.replace("benches/steps.rs", "sum + step", "sum + stp");
    let output = project.perfbudget(&[]);
    output.ends(101, &["build-failed", "cannot tell: "]).never("benchmark-missing");
    assert!(output.stderr.contains("stp") || output.stdout.contains("stp"), "{output:?}");
    let before = project.baseline();
    project.perfbudget(&["record"]).ends(101, &["build-failed"]);
    assert_eq!(project.baseline(), before, "what could not be measured stays recorded");
}

#[test]
fn a_panic_cannot_be_told_and_its_words_are_shown() {
    let project = two();
    project.replace(
        "benches/steps.rs",
        "fn steps(count: u64) -> u64 {\n",
        "fn steps(count: u64) -> u64 {\n    assert!(count != 7_000, \"seven is too many\");\n",
    );
    project
        .perfbudget(&[])
        .ends(101, &["benchmark-panicked steps::steps::product: ", "seven is too many", "cannot tell: "])
        .never("benchmark-missing");
    let before = project.baseline();
    project.perfbudget(&["record"]).ends(101, &["benchmark-panicked"]);
    assert_eq!(project.baseline(), before, "what could not be measured stays recorded");
}

#[test]
fn a_panic_outside_of_a_benchmark_cannot_be_told() {
    let project = two();
    project.replace(
        "benches/steps.rs",
        "fn all(c: &mut Criterion) {\n",
        "fn all(c: &mut Criterion) {\n    assert!(c.final_summary() != (), \"no data\");\n",
    );
    project.replace(
        "benches/steps.rs",
        "assert!(c.final_summary() != (), \"no data\");",
        "if true { panic!(\"no data\") }",
    );
    project.perfbudget(&[]).ends(101, &["benchmark-panicked", "no data", "cannot tell: "]).never("benchmark-missing");
}

#[test]
fn two_benchmarks_of_one_name_cannot_be_told_apart() {
    let project = two();
    let text = bench(&[("sum of many", 5_000), ("product", 7_000)]);
    // Criterion itself renames a second one of the same group and function; it warns, and so do we.
    project.write(
        "benches/steps.rs",
        &text.replace(
            "}\n\ncriterion_group",
            "    c.bench_function(\"product\", |b| b.iter(|| steps(9)));\n}\n\ncriterion_group",
        ),
    );
    let output = project.perfbudget(&[]);
    assert_ne!(output.code, 0, "{output:?}");
    output.ends(101, &["cannot tell: "]);
}

#[test]
fn everything_wrong_with_a_configuration_is_said_at_once_with_line_and_column() {
    let project = Project::steps(100);
    project.write(
        "perfbudget.toml",
        "timeout = \"soon\"\ngrowth = 3\n\n[[budget]]\nmetrik = \"instructions\"\ngrowth = \"1 MiB\"\n\n[time]\nx = 1\n",
    );
    project.perfbudget(&[]).ends(
        2,
        &[
            "the configuration has ",
            "perfbudget.toml:1:12",
            "perfbudget.toml:2:1",
            "perfbudget.toml:5:1",
            "`metrik`",
            "did you mean `metric`?",
            "perfbudget.toml:6:11",
            "perfbudget.toml:8:",
            "not available yet",
        ],
    );
    project.write("perfbudget.toml", "[[budget]\n");
    project.perfbudget(&["record"]).ends(2, &["perfbudget.toml:1:", "not valid TOML"]);
    std::fs::write(project.root.join("perfbudget.toml"), [0xff, 0xfe, 0]).expect("a file can be written");
    project.perfbudget(&[]).ends(2, &["perfbudget.toml"]);
}

#[test]
fn rules_exclude_cap_match_nothing_and_run_out() {
    let project = two();
    project.write(
        "perfbudget.toml",
        "\
[[budget]]
subject = \"steps::steps::product\"
metric = \"instructions\"
at-most = 100

[[budget]]
subject = \"*::nobody\"
growth = \"1%\"

[[budget]]
subject = \"*::sum of many\"
exclude = true
reason = \"it is being rewritten\"
expires = \"2999-01-01\"

[[budget]]
subject = \"*\"
growth = \"9%\"
reason = \"a bad week\"
expires = \"2020-01-01\"
",
    );
    project.perfbudget(&[]).ends(0, &["rule-unmatched", "rule-expired"]).ends(0, &["ceiling-unchanged"]);
    project.set_steps_of(&[("sum of many", 50_000), ("product", 7_050)]);
    project
        .perfbudget(&[])
        .ends(100, &["ceiling-over steps::steps::product"])
        .never("growth-over steps::steps::sum of many");
}

#[test]
fn severities_are_raised_freely_and_lowered_with_a_reason() {
    let project = two();
    let all = [("sum of many", 5_000), ("product", 7_000), ("a newcomer", 100)];
    project.set_steps_of(&all);
    project.write("perfbudget.toml", "[severity]\nbenchmark-new = \"error\"\n");
    project.perfbudget(&[]).ends(100, &["benchmark-new"]);
    project.write("perfbudget.toml", "[severity]\nbenchmark-missing = \"attention\"\n");
    project.perfbudget(&[]).ends(2, &["perfbudget.toml:2:", "reason"]);
    project.set_steps_of(&[("product", 7_000)]);
    project
        .write("perfbudget.toml", "[severity]\nbenchmark-missing = { level = \"attention\", reason = \"it moves\" }\n");
    project.perfbudget(&[]).ends(0, &["attention benchmark-missing"]);
}

#[test]
fn a_baseline_that_cannot_be_read_is_not_green() {
    let project = two();
    let file = project.baseline_file("steps", "steps");
    let text = project.read(&file);
    for broken in
        ["", "schema = 999\n", &text[..text.len() / 2 + 7], &text.replace("instructions = ", "instructions = -")]
    {
        project.write(&file, broken);
        let output = project.perfbudget(&[]);
        output.ends(101, &["cannot tell"]);
    }
    std::fs::write(project.root.join(&file), [0xff, 0xfe, 0, 10]).expect("a file can be written");
    project.perfbudget(&[]).ends(101, &["baseline-unreadable"]);
    let before = std::fs::read(project.root.join(&file)).expect("it is there");
    project.perfbudget(&["record"]).ends(101, &["cannot be read"]);
    assert_eq!(std::fs::read(project.root.join(&file)).expect("it is there"), before);
}
