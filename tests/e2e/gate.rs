//! The gate by itself: nothing recorded, recorded, over, narrowed, better.

use crate::project::Project;

#[test]
fn a_first_check_without_a_baseline_cannot_tell_and_says_what_to_do() {
    let shop = Project::shop();
    shop.perfbudget(&[]).ends(
        101,
        &[
            "new shop::cart::add",
            "cannot tell baseline-missing nothing is recorded yet",
            "cargo perfbudget record",
            "cannot tell: nothing is recorded to compare with; cargo perfbudget record",
        ],
    );
    assert_eq!(shop.git(&["status", "--porcelain"]), "", "a check writes nothing");
}

#[test]
fn record_writes_readable_sorted_files_and_the_check_after_it_is_within() {
    let shop = Project::shop();
    shop.perfbudget(&["record"])
        .ends(0, &["values measured", "files written to `perfbudget`", "next: git add perfbudget && git commit"]);
    let text = shop.read(&shop.baseline_file("shop", "cart"));
    assert!(text.lines().find(|line| !line.starts_with('#')).is_some_and(|line| line.starts_with("schema = ")));
    for name in ["add 50", "parse/10", "parse/100", "parse/400", "receipt", "remove 25 of 50", "total/10"] {
        assert!(text.contains(&format!("\n\n[benchmark.\"{name}\"]\ninstructions = ")), "{name}: {text}");
    }
    let names: Vec<&str> = text.lines().filter(|line| line.starts_with("[benchmark.")).collect();
    assert!(names.is_sorted(), "{names:?}");
    // Not committed yet, which is said: the base has no file, so the work tree's serves.
    shop.perfbudget(&[]).ends(0, &["in the work tree", "within:"]);
    shop.commit("record");
    shop.perfbudget(&[]).ends(0, &["within:"]);
    let before = shop.baseline();
    shop.perfbudget(&["record"]).ends(0, &["holds them already"]);
    assert_eq!(shop.baseline(), before, "recording again changes nothing");
}

#[test]
fn a_regression_is_over_and_names_exactly_the_benchmarks_that_cost_more() {
    let shop = Project::recorded_shop();
    shop.regress();
    let output = shop.perfbudget(&[]);
    output.ends(
        100,
        &[
            "growth-over shop::cart::total/1000",
            "growth-over shop::cart::total/100",
            "growth-over shop::cart::total/10",
            "over: ",
        ],
    );
    for name in ["add 50", "parse/", "remove 25", "find/", "index/"] {
        output.never(&format!("growth-over shop::cart::{name}")).never(&format!("growth-over shop::search::{name}"));
    }
    // Committed or not makes no difference.
    shop.commit("sum over sorted lines");
    shop.perfbudget(&[]).ends(100, &["growth-over shop::cart::total/1000"]);
}

#[test]
fn without_a_build_of_the_base_what_is_over_the_file_cannot_be_told() {
    let shop = Project::recorded_shop();
    shop.regress();
    shop.perfbudget(&["--no-build-base", "total"]).ends(101, &["cannot tell", "--no-build-base", "cannot tell:"]);
}

#[test]
fn a_filter_narrows_the_run_and_calls_nothing_missing() {
    let shop = Project::recorded_shop();
    shop.perfbudget(&["total/100"]).ends(0, &["# unchanged", "within: "]).never("missing").never("parse");
    shop.perfbudget(&["--bench", "search"]).ends(0, &["within: "]).never("missing");
    shop.perfbudget(&["--bench", "search", "find/prefix/10"]).ends(0, &["within: "]).never("missing");
    shop.perfbudget(&["total/100", "receipt"]).ends(0, &["within: "]).never("missing");
}

#[test]
fn a_filter_that_matches_nothing_is_a_mistake_of_the_command_line() {
    let shop = Project::recorded_shop();
    shop.perfbudget(&["totl/100"]).is(2, "error: nothing has `totl/100` in its name\n  hint: cargo perfbudget list\n");
    shop.perfbudget(&["recrd"]).ends(2, &["nothing has `recrd`", "did you mean `cargo perfbudget record`?"]);
    shop.perfbudget(&["--bench", "crat"]).ends(2, &["there is no bench target `crat`", "cart"]);
    shop.perfbudget(&["-p", "shp"]).ends(2, &["there is no package `shp`", "shop"]);
    shop.perfbudget(&["record", "totl/100"]).ends(2, &["nothing has `totl/100` in its name"]);
    shop.perfbudget(&["list", "totl/100"]).ends(2, &["nothing has `totl/100` in its name"]);
}

#[test]
fn an_improvement_is_within_and_record_keeps_the_gain() {
    let shop = Project::shop();
    shop.regress();
    shop.record_and_branch();
    shop.replace("src/cart.rs", "self.sorted_lines().into_iter()", "self.lines.iter()");
    shop.perfbudget(&[]).ends(0, &["improved", "shop::cart::total/1000", "baseline-stale", "attention: "]);
    shop.perfbudget(&["record"]).ends(0, &["written to `perfbudget`"]);
    shop.perfbudget(&[]).ends(0, &["improved", "shop::cart::total/1000"]).never("baseline-stale");
}

#[test]
fn record_refuses_a_regression_and_writes_nothing() {
    let shop = Project::recorded_shop();
    let before = shop.baseline();
    shop.regress();
    shop.perfbudget(&["record"]).ends(
        100,
        &["nothing was recorded", "shop::cart::total/1000", "cargo perfbudget accept", "--allow-regression"],
    );
    assert_eq!(shop.baseline(), before);
    shop.perfbudget(&["record", "--allow-regression"]).ends(0, &["written to `perfbudget`"]);
    assert_ne!(shop.baseline(), before);
    shop.perfbudget(&[]).ends(0, &["total/1000", "accepted", "attention: "]);
}

#[test]
fn small_steps_that_each_pass_are_caught_by_the_frozen_anchor() {
    let project = Project::steps(10_000);
    let config = "[[budget]]\nmetric = \"instructions\"\ngrowth = \"2%\"\ndrift = \"5%\"\n";
    project.write("perfbudget.toml", config);
    project.perfbudget(&["record", "-q"]).ends(0, &[]);
    project.commit("record");
    let step = |count: u64| {
        project.git(&["checkout", "-q", "-B", "change"]);
        project.set_steps(count);
        project.commit("a small step");
    };
    for count in [10_190, 10_380] {
        step(count);
        project.perfbudget(&[]).ends(0, &[]).never("drift-over");
        project.perfbudget(&["record", "-q"]).ends(0, &[]);
        project.commit("record");
        project.git(&["branch", "-f", "main", "change"]);
    }
    step(10_580);
    project.perfbudget(&[]).ends(100, &["drift-over", "steps", "over: "]);
    let args = ["record", "--anchor", "--allow-regression", "-q"];
    project.perfbudget(&args).ends(0, &[]);
    project.commit("move the anchor");
    project.git(&["branch", "-f", "main", "change"]);
    project.git(&["checkout", "-q", "-B", "next"]);
    project.commit("nothing");
    project.perfbudget(&[]).ends(0, &["within: "]).never("drift");
}

#[test]
fn a_first_step_above_the_drift_is_caught_though_its_growth_is_allowed() {
    let project = Project::steps(10_000);
    let config = "[[budget]]\nmetric = \"instructions\"\ngrowth = \"50%\"\ndrift = \"5%\"\n";
    project.write("perfbudget.toml", config);
    project.record_and_branch();
    project.set_steps(11_000);
    project.perfbudget(&[]).ends(100, &["drift-over", "steps", "over: "]);
}

#[test]
fn a_planted_growth_of_one_and_a_half_percent_is_found_and_half_a_percent_is_not_over() {
    let project = Project::recorded_steps(10_000);
    project.set_steps(10_150);
    project.perfbudget(&[]).ends(100, &["growth-over steps::steps::steps"]);
    project.set_steps(10_050);
    project.perfbudget(&[]).ends(0, &["baseline-stale", "attention: "]).never("over ");
}
