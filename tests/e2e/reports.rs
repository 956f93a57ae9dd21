//! Reports: formats, files, the self-test, and comparing what exists already.

use crate::project::{Project, TOOL, run};
use std::process::Command;

#[test]
fn json_holds_everything_and_says_the_exit_code() {
    let shop = Project::recorded_shop();
    shop.regress();
    let output = shop.perfbudget(&["--format", "json"]);
    assert_eq!(output.code, 100, "{output:?}");
    let json = output.json();
    assert_eq!((json["verdict"].as_str(), json["exit_code"].as_i64()), (Some("over"), Some(100)), "{json}");
    let over = json["findings"].as_array().expect("findings are a list").iter();
    let names: Vec<&str> = over
        .filter(|finding| finding["code"] == "growth-over")
        .filter_map(|finding| finding["key"]["subject"]["name"].as_str())
        .collect();
    for name in ["shop::cart::total/10", "shop::cart::total/100", "shop::cart::total/1000"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn the_report_is_on_stdout_and_in_a_pipe_nothing_else_is_said() {
    let shop = Project::recorded_shop();
    let output = shop.perfbudget(&["find"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
    assert!(!output.stdout.contains('\u{1b}'), "no colours in a pipe: {output:?}");
    let again = shop.perfbudget(&["find"]);
    assert_eq!(again.stdout, shop.perfbudget(&["find"]).stdout, "the same input gives the same bytes");
}

#[test]
fn a_report_in_markdown_goes_to_a_file_and_stdout_stays_empty() {
    let shop = Project::recorded_shop();
    shop.regress();
    shop.perfbudget(&["--format", "markdown", "--output", "../deep/report.md", "total"]).is(100, "");
    let report = std::fs::read_to_string(shop.root.join("../deep/report.md")).expect("the report was written");
    for part in ["| `shop::cart::total/1000`<br>**over** · instructions", "| exact count |", "explain growth-over"] {
        assert!(report.contains(part), "{part}: {report}");
    }
    shop.perfbudget(&["--output", "/proc/nothing/here", "total"]).never("within");
    let output = shop.perfbudget(&["--output", "/proc/nothing/here", "find"]);
    assert!(![0, 100].contains(&output.code), "a report that cannot be written is no pass: {output:?}");
}

#[test]
fn the_self_test_proves_every_code_that_explain_lists() {
    let shop = Project::recorded_shop();
    let explained = run(Command::new(TOOL).arg("explain"));
    let output = shop.perfbudget(&["--self-test"]);
    assert_eq!(output.code, 0, "{output:?}");
    for line in explained.stdout.lines() {
        let code = line.split_whitespace().next().expect("a line begins with a code");
        let reported = output.stdout.lines().find(|line| line.split_whitespace().next() == Some(code));
        assert!(reported.is_some_and(|line| line.ends_with(" reported")), "{code}: {}", output.stdout);
    }
}

#[test]
fn revisions_are_compared_without_measuring() {
    let shop = Project::recorded_shop();
    shop.regress();
    shop.perfbudget(&["record", "-q", "--allow-regression"]).ends(0, &[]);
    shop.commit("slower");
    shop.perfbudget(&["compare", "HEAD~1", "HEAD"]).ends(100, &["shop::cart::total/1000", "growth-over", "over: "]);
    shop.perfbudget(&["compare", "HEAD", "HEAD~1"]).ends(0, &["improved", "shop::cart::total/1000", "within: "]);
    shop.perfbudget(&["compare", "HEAD", "HEAD"]).ends(0, &["# unchanged", "within: "]);
    shop.perfbudget(&["compare", "HEAD~2", "HEAD"]).ends(2, &["`HEAD~2` has no baseline"]);
    shop.perfbudget(&["compare", "HEAD", "nowhere"]).ends(2, &["`nowhere` is neither a file nor a revision"]);
}

#[test]
fn two_reports_are_compared() {
    let shop = Project::recorded_shop();
    shop.perfbudget(&["--format", "json", "-o", "../before.json"]).is(0, "");
    shop.regress();
    shop.perfbudget(&["--format", "json", "-o", "../after.json", "--no-build-base"]).is(101, "");
    shop.perfbudget(&["compare", "../before.json", "../after.json"]).ends(100, &["growth-over shop::cart::total/1000"]);
    shop.perfbudget(&["compare", "../after.json", "../before.json"]).ends(0, &["improved", "within: "]);
    shop.perfbudget(&["compare", "../before.json", "../before.json"]).ends(0, &["# unchanged", "within: "]);
    shop.write("../torn.json", "{");
    shop.perfbudget(&["compare", "../torn.json", "../before.json"]).ends(2, &["cannot read", "torn.json", "hint: "]);
}

#[test]
fn a_second_check_of_unchanged_executables_measures_nothing_again() {
    let shop = Project::recorded_shop();
    shop.perfbudget(&[]).ends(0, &["# reused, executables unchanged"]);
    shop.perfbudget(&["--fresh"]).ends(0, &["within: "]).never("reused");
}

#[test]
fn times_are_shown_as_advice_and_never_fail() {
    let project = Project::recorded_steps(1_000);
    let args =
        ["record", "--time", "-q", "--", "--warm-up-time", "0.1", "--measurement-time", "0.2", "--sample-size", "10"];
    project.perfbudget(&args).ends(0, &[]);
    assert!(project.baseline().contains("time = "), "{}", project.baseline());
    project.set_steps(1_005);
    let args = ["--time", "--", "--warm-up-time", "0.1", "--measurement-time", "0.2", "--sample-size", "10"];
    project.perfbudget(&args).ends(0, &["time"]);
    // A plain check does not call the times missing.
    project.perfbudget(&[]).ends(0, &[]).never("missing");
}

#[test]
fn what_a_change_is_worth_follows_from_its_instructions_and_decides_nothing() {
    let shop = Project::recorded_shop();
    shop.regress();
    shop.write("perfbudget.toml", "[roi]\n");
    let needed = "needed: `calls-per-year`, in `[roi]` or in a `[[roi.subject]]`, for `shop::cart::total/1000`";
    shop.perfbudget(&["total"]).ends(100, &["worth a year, estimated", needed, "over: "]).never("CPU hours USD");
    let stated = "[roi]\n[[roi.subject]]\nsubject = \"*::total/1000\"\ncalls-per-year = \"4.5G\"\n";
    shop.write("perfbudget.toml", stated);
    shop.perfbudget(&["total"]).ends(100, &["CPU hours", "costs shop::cart::total/1000", "this check took"]);
    let json = shop.perfbudget(&["total", "--format", "json"]).json();
    let row = |rows: &serde_json::Value| {
        let rows = rows.as_array().expect("rows are a list").iter();
        rows.filter(|row| row["subject"]["name"] == "shop::cart::total/1000" && row["metric"] == "instructions")
            .map(Clone::clone)
            .next()
            .expect("the row is there")
    };
    let (row, worth) = (row(&json["rows"]), row(&json["worth"]["rows"]));
    let side = |side: &str| row["change"][side]["value"].as_f64().expect("a count");
    // 4.5 G calls at 4.5 G instructions a second: a second for each instruction.
    let hours = (side("after") - side("before")) / 3600.0;
    let shown = worth["figures"]["cpu-hours"]["mid"].as_f64().expect("a figure");
    assert!((shown / hours - 1.0).abs() < 1e-9, "{shown} instead of {hours}");
    shop.write("perfbudget.toml", "[roi]\nclock = \"0 GHz\"\n");
    shop.perfbudget(&["total"]).ends(2, &["`clock` must be from", "hint: "]);
}
