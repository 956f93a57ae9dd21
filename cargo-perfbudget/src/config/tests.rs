//! What a configuration means, and what is said about a wrong one.

mod assets;
mod build;
mod command;
mod ingest;
mod roi;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::{Code, Date, Limits, Metric, Quantity, Ratio, Severity, Verdict};

const TEMPLATE: &str = include_str!("../../templates/perfbudget.toml");

const FULL: &str = r#"
baseline = "./perf//budget/"
default-branch = "release/1.x"
timeout = "2.5 min"
pass-env = ["DATA_DIR", "HOME"]

[env]
RAYON_NUM_THREADS = "1"
EMPTY = ""

[size]
bins = ["shop"]
cdylibs = ["plugin"]
files = ["web/app.wasm"]

[[budget]]
growth = "2%"

[[budget]]
subject = "shop::cart::*"
metric = "instructions"
growth = "0.5 %"
floor = 2500
at-most = "2.5M"
drift = "3%"
severity = "attention"
owner = "@cart"
reason = "hot path"
expires = "2027-01-31"

[[budget]]
subject = "*::flaky/*"
exclude = true
reason = "reads the network"

[severity]
benchmark-new = "error"
benchmark-missing = { level = "attention", reason = "the set changes weekly" }
"#;

fn said(text: &str) -> String {
    let problems = parse(text).err().unwrap_or_default();
    let line = |problem: &ConfigProblem| {
        let hint = problem.hint.as_ref().map_or(String::new(), |hint| format!(" ({hint})"));
        format!("{}:{} {}{hint}", problem.line, problem.column, problem.message)
    };
    problems.iter().map(line).collect::<Vec<String>>().join("\n")
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(said(text), expected.join("\n"), "in:\n{text}");
}

#[test]
fn an_empty_file_and_no_file_mean_the_same() {
    for text in ["", "\u{feff}", "# nothing\r\n"] {
        assert_eq!(parse(text), Ok(Plan::default()));
    }
}

#[test]
fn the_template_of_init_changes_nothing() {
    let plan = parse(TEMPLATE).expect("the template is valid");
    let subject = crate::model::Subject::Artifact(crate::model::Artifact {
        package: "shop".into(),
        kind: crate::model::ArtifactKind::Bin,
        name: "shop".into(),
    });
    for metric in Metric::BUILT_IN {
        let key = crate::model::Key::new(subject.clone(), metric);
        assert_eq!(Limits::for_key(&plan.budgets, &key), Limits::default_for(metric), "{metric}");
    }
    assert_eq!(Plan { budgets: Vec::new(), ..plan }, Plan::default());
    assert!(TEMPLATE.lines().count() <= 40);
}

#[test]
fn the_examples_of_the_template_are_valid_too() {
    let uncommented = |line: &str| {
        line.strip_prefix("# ").filter(|rest| rest.starts_with('[') || rest.contains(" = ")).map(str::to_owned)
    };
    let text: Vec<String> = TEMPLATE
        .lines()
        .map(|line| uncommented(line).filter(|rest| !rest.contains("1 kB")).unwrap_or(line.to_owned()))
        .collect();
    // The keys without a table stand before the first one, so the text is a whole configuration.
    let plan = parse(&text.join("\n")).expect("the examples are valid");
    assert_eq!((plan.budgets.len(), plan.severities.len(), plan.env.len(), plan.size.files.len()), (3, 2, 1, 1));
    assert_eq!(plan.roi.map(|roi| (roi.stated.len(), roi.subjects.len())), Some((1, 0)));
}

#[test]
fn every_key_has_its_place_in_the_plan() {
    for text in [FULL.to_owned(), FULL.replace('\n', "\r\n"), format!("\u{feff}{FULL}")] {
        let plan = parse(&text).expect("the configuration is valid");
        assert_eq!(plan.baseline, "perf/budget");
        assert_eq!(plan.default_branch.as_deref(), Some("release/1.x"));
        assert_eq!(plan.timeout, Duration::from_secs(150));
        assert_eq!(plan.pass_env, ["DATA_DIR", "HOME"]);
        assert_eq!(
            plan.env.into_iter().collect::<Vec<_>>(),
            [("EMPTY".into(), "".into()), ("RAYON_NUM_THREADS".into(), "1".into())]
        );
        assert_eq!(plan.size.bins, Some(vec!["shop".to_owned()]));
        assert_eq!((plan.size.cdylibs, plan.size.files), (vec!["plugin".to_owned()], vec!["web/app.wasm".to_owned()]));

        let [all, cart, flaky] = plan.budgets.as_slice() else { panic!("{:?}", plan.budgets) };
        assert_eq!(
            (all.subject.as_str(), all.metric, all.growth, all.line),
            ("*", None, Some(Ratio::percent(2.0)), 16)
        );
        assert_eq!((cart.subject.as_str(), cart.metric, cart.line), ("shop::cart::*", Some(Metric::Instructions), 19));
        assert_eq!((cart.growth, cart.drift), (Some(Ratio::percent(0.5)), Some(Ratio::percent(3.0))));
        assert_eq!((cart.floor, cart.at_most), (Some(Quantity::count(2500)), Some(Quantity::count(2_500_000))));
        assert_eq!((cart.severity, cart.owner.as_deref()), (Some(Severity::Attention), Some("@cart")));
        assert_eq!((cart.reason.as_deref(), cart.expires), (Some("hot path"), Date::parse("2027-01-31")));
        assert_eq!((flaky.exclude, flaky.reason.as_deref(), flaky.line), (true, Some("reads the network"), 31));

        let new = SeverityOverride { verdict: Verdict::Over, reason: None };
        let missing = SeverityOverride { verdict: Verdict::Attention, reason: Some("the set changes weekly".into()) };
        assert_eq!(
            plan.severities.into_iter().collect::<Vec<_>>(),
            [(Code::BenchmarkMissing, missing), (Code::BenchmarkNew, new)]
        );
    }
}

#[test]
fn everything_wrong_is_said_at_once_in_the_order_of_the_text() {
    check(
        r#"
timeout = 120
[severity]
benchmark-mising = "error"
[[budget]]
growht = "1%"
growth = 1
metric = "instuctions"
[time]
"#,
        &[
            r#"2:11 `timeout` must be a duration such as "120 s", not an integer"#,
            "4:1 unknown code `benchmark-mising` (did you mean `benchmark-missing`?)",
            "6:1 unknown key `growht` (did you mean `growth`?)",
            r#"7:10 `growth` must be a percentage such as "1%", not an integer (write the percent sign: `"1%"` is a hundredth)"#,
            "8:11 unknown metric `instuctions` (did you mean `instructions`?)",
            "9:2 `[time]` is not available yet",
        ],
    );
}

#[test]
fn unknown_keys_are_problems_at_every_level() {
    check("basline = 'x'", &["1:1 unknown key `basline` (did you mean `baseline`?)"]);
    check("[size]\nexes = []", &["2:1 unknown key `exes` (known keys are `bins`, `cdylibs`, `files`)"]);
    check(
        "[[budget]]\nat_most = 1\nAt-Most = 1\ndrift = '5%'",
        &["2:1 unknown key `at_most` (did you mean `at-most`?)", "3:1 unknown key `At-Most` (did you mean `at-most`?)"],
    );
    check(
        "[severity]\nimproved = { levle = 'note', level = 'note' }",
        &["2:14 unknown key `levle` (did you mean `level`?)"],
    );
    check("[[bugdet]]\n\"\\u001b[31m\" = 1", &["1:3 unknown key `bugdet` (did you mean `budget`?)"]);
}

#[test]
fn what_comes_later_is_not_available_yet() {
    check("[time]\nrate = 1", &["1:2 `[time]` is not available yet"]);
    let problem = ["2:11 budgets on `time` are not available yet"];
    check("[[budget]]\nmetric = 'time'\ngrowth = '1%'", &problem);
    check("[[budget]]\nmetric = 'time'\nat-most = 'soon'", &problem);
    check("[[budget]]\nmetric = 'time'\nexclude = true\nreason = 'r'", &[]);
}

#[test]
fn text_that_is_no_toml_says_where() {
    check("a = 1\na = 2", &["2:1 duplicate key `a` (it stands on line 1 already)"]);
    check("[size]\n[env]\n[size]", &["3:1 duplicate table `size` (it stands on line 1 already)"]);
    check("\u{feff}é", &["1:1 not valid TOML: unexpected character found: `é`"]);
    check("timeout = 'é' x", &["1:15 not valid TOML: expected newline, found an identifier"]);
    check("timeout = 'x", &["1:11 not valid TOML: unterminated string"]);
    check("x = 'a\u{1b}b'", &["1:7 not valid TOML: invalid character in string: `\u{fffd}`"]);
    check(
        "[[budget]]\r\nexpires = 2027-01-31\r\n",
        &["2:11 not valid TOML: invalid number (write dates as strings: `\"2027-01-31\"`)"],
    );
    check(&"[".repeat(100_000), &["1:3 not valid TOML: expected a table key, found a left bracket"]);
    check(
        &format!("a = {}", "[".repeat(100_000)),
        &["1:133 not valid TOML: input exceeds the maximum allowed nesting depth"],
    );
}

#[test]
fn tables_are_written_as_tables() {
    check(
        "env = 1\nsize = []\nbudget = [1]\nseverity = 'note'",
        &[
            "1:7 `env` must be a table, not an integer (write `[env]`)",
            "2:8 `size` must be a table, not an array (write `[size]`)",
            "3:11 `budget` must be a list of tables, not an integer (write `[[budget]]`)",
            "4:13 `severity` must be a table, not a string (write `[severity]`)",
        ],
    );
    check("[budget]\ngrowth = '1%'", &["1:1 `budget` must be a list of tables, not a table (write `[[budget]]`)"]);
    check("budget = [{ growth = '1%' }]\nsize.bins = ['a']", &[]);
}

#[test]
fn the_baseline_stays_below_the_configuration() {
    let relative = "1:13 `baseline` must be relative to `perfbudget.toml`";
    let leaves = "1:13 `baseline` must not leave the folder of `perfbudget.toml`";
    let below = "1:13 `baseline` must name something below the folder of `perfbudget.toml`";
    for (path, problem) in [
        ("/etc", relative),
        ("C:x", "1:13 `baseline` must not hold `:`, which names a drive on Windows"),
        ("../x", leaves),
        ("x/..", leaves),
        (".", below),
        ("a\\b", "1:13 `baseline` must have `/` between its parts"),
        ("a\u{9}b", "1:13 `baseline` holds a control character"),
        (" ", "1:13 `baseline` is empty"),
    ] {
        check(&format!("baseline = '{path}'"), &[problem]);
    }
    check("baseline = ''", &["1:12 `baseline` is empty"]);
    check(
        "[size]\nfiles = ['a', '../b', 1, 'a']",
        &[
            "2:16 `files` must not leave the folder of `perfbudget.toml`",
            "2:23 `files` must be a list of paths such as [\"web/app.wasm\"], not an integer",
            "2:27 `a` is listed twice",
        ],
    );
}

#[test]
fn a_branch_is_a_name_that_git_takes_for_one() {
    for name in ["main", "feature/x-1", "größe"] {
        check(&format!("default-branch = '{name}'"), &[]);
    }
    for name in ["--upload-pack=x", "a b", "a..b", "HEAD~1", "a:b", "@{u}", "a/", "/a", ".a", "a.lock", "@"] {
        check(&format!("default-branch = '{name}'"), &[&format!("1:19 `{name}` is not the name of a branch")]);
    }
}

#[test]
fn a_timeout_is_a_duration_above_zero() {
    let units = "units are `ns`, `us`, `ms`, `s`, `min` and `h`";
    check("timeout = '0 s'", &["1:12 `timeout` is zero"]);
    check("timeout = '120'", &[&format!("1:12 `timeout` has no unit ({units})")]);
    check("timeout = '120 sec'", &[&format!("1:12 `timeout` has the unknown unit `sec` ({units})")]);
}

#[test]
fn a_variable_is_fixed_or_passed_on() {
    check(
        "pass-env = ['A', 'B=', 'C', 'A']\n[env]\nC = '1'\n'D=' = ''\nE = 1",
        &[
            "1:19 `B=` is not the name of a variable",
            "1:25 `C` is set in `[env]` too (a variable is either fixed or passed on: delete one of the two)",
            "1:30 `A` is listed twice",
            "4:2 `D=` is not the name of a variable",
            "5:5 `E` must be a string, not an integer",
        ],
    );
}

#[test]
fn an_amount_fits_its_metric() {
    let metric = "add `metric = \"instructions\"` or `metric = \"size\"`";
    let counts = "write a plain number of instructions, or one with `k`, `M` or `G`";
    let budget = |rest: &str| format!("[[budget]]\n{rest}");
    check(
        &budget("floor = '1 kB'\nat-most = 1"),
        &[
            &format!("2:1 `floor` needs a metric to give it a unit ({metric})"),
            &format!("3:1 `at-most` needs a metric to give it a unit ({metric})"),
        ],
    );
    check(
        &budget("metric = 'size'\nfloor = '4 KB'\nat-most = 1.5"),
        &[
            "3:10 `floor` has the unknown unit `KB` (write `kB` for 1000 bytes or `KiB` for 1024 bytes)",
            "4:11 `at-most` must be an amount of bytes such as \"10 kB\", not a float",
        ],
    );
    check(
        &budget("metric = 'instructions'\nfloor = -1\nat-most = 9007199254740993"),
        &["3:9 `floor` is negative", "4:11 `at-most` is above 2^53"],
    );
    check(
        &budget("metric = 'instructions'\nfloor = '1 MiB'"),
        &[&format!("3:10 `floor` is in `MiB`, which counts bytes, not instructions ({counts})")],
    );
    check(
        &budget("metric = 'instructions'\ngrowth = '-1%'\ndrift = '5'\nfloor = nan"),
        &[
            "3:11 `growth` is negative",
            "4:10 `drift` has no percent sign (write `1%` for a hundredth)",
            "5:9 `floor` must be an amount of instructions such as \"2.5k\", not a float",
        ],
    );
}

#[test]
fn a_budget_says_what_it_sets_and_why() {
    let nothing = "this `[[budget]]` sets nothing (add a limit such as `growth = \"1%\"`, or delete it)";
    check("[[budget]]\nsubject = 'a'\n\n[[budget]]", &[&format!("1:1 {nothing}"), &format!("4:1 {nothing}")]);
    let reason = "`exclude` needs a reason (add `reason = \"why it is not judged\"`)";
    check("[[budget]]\nexclude = true", &[&format!("2:1 {reason}")]);
    check("[[budget]]\nexclude = true\nreason = ' '", &["3:11 `reason` is empty"]);
    check("[[budget]]\nexclude = 'yes'", &["2:12 `exclude` must be `true` or `false`, not a string"]);
    check(
        "[[budget]]\nowner = 1\nseverity = 'cannot-tell'\nexpires = '2027-02-29'",
        &[
            "2:9 `owner` must be a name, not an integer",
            "3:13 unknown severity `cannot-tell` (a severity is one of `note`, `attention`, `error`)",
            "4:12 `2027-02-29` is not a day such as \"2027-01-31\"",
        ],
    );
}

#[test]
fn lowering_a_code_needs_a_reason_and_raising_it_does_not() {
    check("[severity]\ngrowth-over = 'error'\nimproved = 'cannot-tell'", &[]);
    check("[severity]\ngrowth-over = { level = 'note', reason = 'trial' }", &[]);
    let hint = |level: &str| format!("write `growth-over = {{ level = \"{level}\", reason = \"why\" }}`");
    let problem = "lowering `growth-over` from `error` needs a reason";
    check("[severity]\ngrowth-over = 'note'", &[&format!("2:16 {problem} ({})", hint("note"))]);
    check("[severity.growth-over]\nlevel = 'cannot-tell'", &[&format!("2:10 {problem} ({})", hint("cannot-tell"))]);
    check("[severity]\ngrowth-over = { level = 'note', reason = '' }", &["2:42 `reason` is empty"]);
    check("[severity]\ngrowth-over = { reason = 'x' }", &["2:1 `growth-over` has no level (add `level`)"]);
    check(
        "[severity]\nimproved = 'warning'\nleftovers = 3",
        &[
            "2:13 unknown level `warning` (a level is one of `note`, `attention`, `cannot-tell`, `error`)",
            "3:13 `leftovers` must be a level such as \"error\", or a table of `level` and `reason`, not an integer",
        ],
    );
}

#[test]
fn a_hostile_text_ends() {
    // Nothing here looks at a clock: were one of these quadratic, the test would take minutes.
    let long = "x".repeat(1 << 20);
    assert!(said(&format!("'{long}' = 1")).len() < 300);
    assert!(said(&format!("timeout = '{} s'", "9".repeat(1 << 20))).ends_with("is above 2^53"));
    let dotted: Vec<String> = (0..20_001).map(|n| format!("a{n}.b=1")).collect();
    check(&dotted.join("\n"), &["20001:9 the file has more than 20000 keys"]);
    let entries: Vec<String> = (0..20_000).map(|n| format!("k{n}={n}")).collect();
    for text in [entries.join("\n"), format!("size = {{{}}}", entries[1..].join(",")), "[[budget]]\n".repeat(90_000)] {
        assert!(parse(&text).is_err_and(|problems| problems.len() > 19_000));
    }
}

/// Pieces of configurations, valid and not, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "[[budget]]",
        "[budget]",
        "[[budget.x]]",
        "[size]",
        "[[size]]",
        "[env]",
        "[severity]",
        "[severity.improved]",
        "budget",
        "size",
        "severity",
        "env",
        "growth",
        "floor",
        "metric",
        "level",
        "reason",
        ".",
        "=",
        " = ",
        "\n",
        "\r\n",
        "\"",
        "'",
        "'''",
        "\"\"\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        "#",
        "1",
        "-",
        "1%",
        "'1%'",
        "'size'",
        "'error'",
        "1.5",
        "nan",
        "true",
        "a.b",
        "[a.b]",
        "[[a.b]]",
        "[[a]]",
        "[a]",
        "a",
        "é",
        "\u{feff}",
        "\u{0}",
        "2027-01-31",
        "\\u00e9",
        "_",
        "e5",
        "0x1",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_any_text_never_panics(text in ".*") {
        let _ = parse(&text);
    }

    #[test]
    fn reading_pieces_of_configurations_never_panics(text in pieces()) {
        for problem in parse(&text).err().unwrap_or_default() {
            prop_assert!(problem.line >= 1 && problem.column >= 1 && problem.line <= text.matches('\n').count() + 1);
            prop_assert!(!problem.message.contains(char::is_control), "{:?}", problem.message);
        }
    }

    #[test]
    fn reading_a_mutated_configuration_never_panics(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), ".{0,3}"), 1..4),
    ) {
        let mut letters: Vec<char> = FULL.chars().collect();
        for (from, length, insert) in cuts {
            let from = from.index(letters.len());
            let to = (from + length.index(8)).min(letters.len());
            letters.splice(from..to, insert.chars());
        }
        let text: String = letters.into_iter().collect();
        match parse(&text) {
            Ok(_) => {}
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.is_sorted_by_key(|problem| (problem.line, problem.column)));
            }
        }
    }
}
