//! Whole outputs of hand-built reports, and what no name from outside can bend.

mod worth;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Color, json, markdown, terminal};
use crate::model::report::{Basis, Judged, Report, State};
use crate::model::{
    Artifact, ArtifactKind, Benchmark, Certainty, Change, Code, Environment, Evidence, Failure, Family, Finding, Key,
    Metric, Quantity, Ratio, Row, Subject, Target, Unit,
};

pub(super) fn benchmark(target: &str, path: &str, metric: Metric) -> Key {
    let target = Target { package: "shop".into(), name: target.into() };
    let benchmark =
        Benchmark::from_path(target.clone(), path).unwrap_or(Benchmark::new(target, path.into(), None, None));
    Key::new(Subject::Benchmark(benchmark), metric)
}

fn binary(metric: Metric) -> Key {
    let artifact = Artifact { package: "shop".into(), kind: ArtifactKind::Bin, name: "shop".into() };
    Key::new(Subject::Artifact(artifact), metric)
}

fn row(state: State, key: Key, change: Change) -> Judged {
    let limit = (key.metric.unit() != Unit::Nanoseconds).then_some(Ratio::percent(1.0));
    Judged { row: Row { key, change }, state, limit, owner: None, reason: None }
}

fn both(before: u64, after: u64) -> Change {
    let delta = Ratio::of_change(Quantity::count(before), Quantity::count(after));
    let certainty = if before == after { Certainty::Noise } else { Certainty::Real };
    Change::Both { before: Evidence::exact(before), after: Evidence::exact(after), delta, certainty }
}

fn sampled(estimate: f64, margin: f64) -> Evidence {
    let quantity = |value: f64| Quantity::new(value).unwrap_or(Quantity::ZERO);
    let (low, high) = (quantity(estimate - margin), quantity(estimate + margin));
    Evidence::Sampled { estimate: quantity(estimate), low, high, samples: 100 }
}

fn times(before: f64, after: f64) -> Change {
    let (before, after) = (sampled(before, before / 50.0), sampled(after, after / 40.0));
    let delta = Ratio::of_change(before.quantity(), after.quantity());
    Change::Both { before, after, delta, certainty: Certainty::Unknown }
}

fn finding(code: Code, key: Option<&Key>, message: &str, hint: Option<&str>) -> Finding {
    let (message, hint) = (message.to_owned(), hint.map(str::to_owned));
    Finding { code, verdict: code.verdict(), key: key.cloned(), target: None, message, hint }
}

fn environment(facts: &[(&str, &str)]) -> Environment {
    Environment(facts.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned())).collect::<BTreeMap<_, _>>())
}

pub(super) fn within() -> Report {
    let file = || Basis::File { revision: "1a2b3c4".into() };
    let unchanged =
        |path: &str| row(State::Unchanged, benchmark("cart", path, Metric::Instructions), both(1_000, 1_000));
    Report {
        rows: vec![
            row(State::Improved, benchmark("cart", "total/100", Metric::Instructions), both(12_345, 11_111)),
            unchanged("total/10"),
            unchanged("total/1"),
        ],
        basis: vec![(Family::Bytes, file()), (Family::Instructions, file())],
        reused: 2,
        ..Report::default()
    }
    .settled()
}

pub(super) fn over() -> Report {
    let total = benchmark("cart", "total/100", Metric::Instructions);
    let index = benchmark("search", "index/large", Metric::Instructions);
    let hint = "make it cheaper, or `cargo perfbudget accept 'shop::cart::total/100' --reason \"why it is worth it\"`";
    let mut accepted = row(State::Accepted, index.clone(), both(1_234_567, 1_300_000));
    accepted.reason = Some("finds umlauts now".into());
    accepted.owner = Some("@search".into());
    let family = |family| (family, Basis::Measured { revision: "1a2b3c4".into() });
    Report {
        findings: vec![
            finding(
                Code::GrowthOver,
                Some(&total),
                "545 instructions more than the base, limit 1.00%; `shop::cart::Cart::sum` takes 530 of them",
                Some(hint),
            ),
            finding(Code::RegressionAccepted, Some(&index), "accepted in this change: finds umlauts now", None),
            finding(Code::RuleUnmatched, None, "`shop::old::*` in line 7 matches nothing", Some("delete the rule")),
        ],
        rows: vec![
            row(State::Crossed, total, both(12_345, 12_890)),
            accepted,
            row(State::UnderRegressed, binary(Metric::Size), both(3_407_872, 3_420_160)),
            row(
                State::New,
                benchmark("cart", "total/1000", Metric::Instructions),
                Change::Added { after: Evidence::exact(120_345) },
            ),
            row(State::Improved, benchmark("parse", "json/small", Metric::Instructions), both(45_000, 40_000)),
            row(State::Unclaimed, benchmark("cart", "total/100", Metric::Time), times(1_240.0, 1_290.0)),
            row(State::Unchanged, benchmark("cart", "total/10", Metric::Instructions), both(1_345, 1_345)),
        ],
        basis: vec![
            (Family::Bytes, Basis::File { revision: "1a2b3c4".into() }),
            family(Family::Instructions),
            (Family::Time, Basis::Nothing),
        ],
        environments: vec![(Family::Instructions, environment(&[("libc", "glibc 2.36"), ("valgrind", "3.19.0")]))],
        state: environment(&[("profile", "bench"), ("toolchain", "rustc 1.95.0")]),
        state_changes: vec![("toolchain".into(), "rustc 1.94.0".into(), "rustc 1.95.0".into())],
        reused: 97,
        ..Report::default()
    }
    .settled()
}

pub(super) fn cannot_tell() -> Report {
    let key = benchmark("cart", "total/100", Metric::Instructions);
    let why = "the process ended with exit status 101\nthread 'main' panicked at benches/cart.rs:9:5:\nno cart";
    let failure = Failure { code: Code::BenchmarkPanicked, why: why.into(), hint: None };
    let mut of_target = finding(Code::BuildFailed, None, "cargo could not build the bench target", None);
    of_target.target = Some(Target { package: "shop".into(), name: "search".into() });
    Report {
        findings: vec![
            finding(Code::BenchmarkPanicked, Some(&key), why, Some("run `cargo bench --bench cart`")),
            of_target,
        ],
        rows: vec![row(State::Unmeasured, key, Change::Failed { before: Some(Evidence::exact(12_345)), failure })],
        basis: vec![(Family::Instructions, Basis::File { revision: "the work tree".into() })],
        ..Report::default()
    }
    .settled()
}

fn check(report: &Report, in_terminal: &str, in_markdown: &str) {
    assert_eq!(terminal(report, Color::Never), in_terminal);
    assert_eq!(markdown(report), in_markdown);
}

#[test]
fn what_is_within_is_short() {
    check(
        &within(),
        r#"                                 before   after    change   limit
improved  shop::cart::total/100  12,345 → 11,111  -10.00%  +1.00%

2 unchanged · 1 improved
2 reused, executables unchanged
compared with the committed record at 1a2b3c4

within: 3 metrics cost no more than they may, 1 less than before; cargo perfbudget record
"#,
        r#"**✅ within: 3 metrics cost no more than they may, 1 less than before.** `cargo perfbudget record`

| | what | metric | before | after | change | limit |
|---|---|---|--:|--:|--:|--:|
| improved | `shop::cart::total/100` | instructions | 12,345 | 11,111 | -10.00% | +1.00% |

2 unchanged · 1 improved<br>
2 reused, executables unchanged<br>
compared with the committed record at 1a2b3c4

<details><summary>All 3 rows</summary>

| | what | metric | before | after | change | limit |
|---|---|---|--:|--:|--:|--:|
| improved | `shop::cart::total/100` | instructions | 12,345 | 11,111 | -10.00% | +1.00% |
| unchanged | `shop::cart::total/1` | instructions | 1,000 | 1,000 | 0.00% | +1.00% |
| unchanged | `shop::cart::total/10` | instructions | 1,000 | 1,000 | 0.00% | +1.00% |

</details>
"#,
    );
}

#[test]
fn what_is_over_stands_first_and_the_verdict_last() {
    check(
        &over(),
        r#"                                     metric                 before   after             change   limit
over      shop::cart::total/100      instructions           12,345 → 12,890            +4.41%  +1.00%
accepted  shop::search::index/large  instructions           1.235M → 1.300M            +5.30%  +1.00%  finds umlauts now · owner: @search
grew      shop::bin shop             size                3.250 MiB → 3.262 MiB         +0.36%  +1.00%
new       shop::cart::total/1000     instructions                - → 120.3k               new
improved  shop::parse::json/small    instructions           45,000 → 40,000           -11.11%  +1.00%
~         shop::cart::total/100      time          1.240 ±0.025 µs → 1.290 ±0.032 µs        ~

over growth-over  shop::cart::total/100: 545 instructions more than the base, limit 1.00%; `shop::cart::Cart::sum` takes 530 of them
  hint: make it cheaper, or `cargo perfbudget accept 'shop::cart::total/100' --reason "why it is worth it"`
attention rule-unmatched  `shop::old::*` in line 7 matches nothing
  hint: delete the rule

1 unchanged · 1 not claimed · 1 improved · 1 new · 1 grew · 1 accepted · 1 over
97 reused, executables unchanged
bytes: compared with the committed record at 1a2b3c4
instructions: compared with the base, measured here at 1a2b3c4
toolchain: rustc 1.94.0 → rustc 1.95.0

over: 1 metric costs more than it may; cargo perfbudget explain growth-over
"#,
        concat!(
            "**❌ over: 1 metric costs more than it may.** `cargo perfbudget explain growth-over`\n",
            "\n",
            "| | what | metric | before | after | change | limit |\n",
            "|---|---|---|--:|--:|--:|--:|\n",
            "| over | `shop::cart::total/100` | instructions | 12,345 | 12,890 | +4.41% | +1.00% |\n",
            "| accepted | `shop::search::index/large`<br>finds umlauts now · owner\\: @\u{200b}search | instructions | 1.235M | 1.300M | +5.30% | +1.00% |\n",
            "| grew | `shop::bin shop` | size | 3.250 MiB | 3.262 MiB | +0.36% | +1.00% |\n",
            "| new | `shop::cart::total/1000` | instructions | - | 120.3k | new |  |\n",
            "| improved | `shop::parse::json/small` | instructions | 45,000 | 40,000 | -11.11% | +1.00% |\n",
            "\n",
            "- **over** `growth-over` `shop::cart::total/100` instructions: 545 instructions more than the base, limit 1.00%; `shop::cart::Cart::sum` takes 530 of them<br>hint: make it cheaper, or `cargo perfbudget accept 'shop::cart::total/100' --reason \"why it is worth it\"`\n",
            "- **attention** `rule-unmatched` `shop::old::*` in line 7 matches nothing<br>hint: delete the rule\n",
            "\n",
            "1 unchanged · 1 not claimed · 1 improved · 1 new · 1 grew · 1 accepted · 1 over<br>\n",
            "97 reused, executables unchanged<br>\n",
            "bytes\\: compared with the committed record at 1a2b3c4<br>\n",
            "instructions\\: compared with the base, measured here at 1a2b3c4<br>\n",
            "`toolchain`: `rustc 1.94.0` → `rustc 1.95.0`\n",
            "\n",
            "<details><summary>All 7 rows</summary>\n",
            "\n",
            "| | what | metric | before | after | change | limit |\n",
            "|---|---|---|--:|--:|--:|--:|\n",
            "| over | `shop::cart::total/100` | instructions | 12,345 | 12,890 | +4.41% | +1.00% |\n",
            "| accepted | `shop::search::index/large`<br>finds umlauts now · owner\\: @\u{200b}search | instructions | 1.235M | 1.300M | +5.30% | +1.00% |\n",
            "| grew | `shop::bin shop` | size | 3.250 MiB | 3.262 MiB | +0.36% | +1.00% |\n",
            "| new | `shop::cart::total/1000` | instructions | - | 120.3k | new |  |\n",
            "| improved | `shop::parse::json/small` | instructions | 45,000 | 40,000 | -11.11% | +1.00% |\n",
            "| \\~ | `shop::cart::total/100` | time | 1.240 ±0.025 µs | 1.290 ±0.032 µs | \\~ |  |\n",
            "| unchanged | `shop::cart::total/10` | instructions | 1,345 | 1,345 | 0.00% | +1.00% |\n",
            "\n",
            "</details>\n",
            "\n",
            "<details><summary>Where the numbers come from</summary>\n",
            "\n",
            "- instructions `libc`: `glibc 2.36`\n",
            "- instructions `valgrind`: `3.19.0`\n",
            "- code `profile`: `bench`\n",
            "- code `toolchain`: `rustc 1.95.0`\n",
            "\n",
            "</details>\n",
        ),
    );
}

#[test]
fn what_is_not_known_is_said() {
    check(
        &cannot_tell(),
        r#"                                     before   after  change  limit
not measured  shop::cart::total/100  12,345 → ?           ?

cannot tell build-failed  shop::search: cargo could not build the bench target
cannot tell benchmark-panicked  shop::cart::total/100: the process ended with exit status 101
    thread 'main' panicked at benches/cart.rs:9:5:
    no cart
  hint: run `cargo bench --bench cart`

1 not measured
compared with the record in the work tree, because the base has none

cannot tell: 2 things that should be known are not; cargo perfbudget explain build-failed
"#,
        r#"**❔ cannot tell: 2 things that should be known are not.** `cargo perfbudget explain build-failed`

| | what | metric | before | after | change | limit |
|---|---|---|--:|--:|--:|--:|
| not measured | `shop::cart::total/100` | instructions | 12,345 | ? | ? |  |

- **cannot tell** `build-failed` `shop::search`: cargo could not build the bench target
- **cannot tell** `benchmark-panicked` `shop::cart::total/100` instructions: the process ended with exit status 101 thread 'main' panicked at benches/cart.rs\:9\:5\: no cart<br>hint: run `cargo bench --bench cart`

1 not measured<br>
compared with the record in the work tree, because the base has none
"#,
    );
}

#[test]
fn an_empty_report_does_not_claim_anything() {
    check(
        &Report::default(),
        r#"nothing was measured

within: nothing was judged, so nothing costs more than it may
"#,
        r#"**✅ within: nothing was judged, so nothing costs more than it may.**

nothing was measured
"#,
    );
}

#[test]
fn colour_adds_nothing_but_colour() {
    for report in [within(), over(), cannot_tell(), Report::default()] {
        let colored = terminal(&report, Color::Always);
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((text, escape)) = rest.split_once('\u{1b}') {
            plain.push_str(text);
            rest = escape.split_once('m').map_or("", |(_, after)| after);
        }
        assert_eq!(plain + rest, terminal(&report, Color::Never));
    }
}

#[test]
fn a_long_report_is_cut_and_says_so() {
    let mut report = over();
    let grown = report.rows[0].clone();
    report.rows = (0..5_000)
        .map(|at| {
            let key = benchmark("cart", &format!("total/{at}"), Metric::Instructions);
            Judged { row: Row { key, ..grown.row.clone() }, ..grown.clone() }
        })
        .collect();
    report.findings = report
        .rows
        .iter()
        .map(|judged| finding(Code::GrowthOver, Some(&judged.row.key), "grew", Some("accept")))
        .collect();
    let report = report.settled();
    let (text, comment) = (terminal(&report, Color::Never), markdown(&report));
    assert!(text.contains("\n… and 4950 more, see --format json\n"), "{text}");
    assert!(text.contains("\n  hint: accept\n  … and 4990 more growth-over, see --format json\n"), "{text}");
    assert!(
        text.ends_with("over: 5000 metrics cost more than they may; cargo perfbudget explain growth-over\n"),
        "{text}"
    );
    assert!(text.lines().count() < 100);
    assert!((50_000..=60_000).contains(&comment.len()), "{}", comment.len());
    assert!(comment.contains("| `shop::cart::total/0` |") && comment.contains(" more, see `--format json`"));
    assert!(!comment.contains("All 5000 rows") && comment.contains("</details>"));
}

/// Names that have bent some table or terminal before.
const HOSTILE: &[&str] = &[
    "a|b",
    "a\\|b",
    "`",
    "``x",
    "a`b``c",
    "\r\n| x | y |\n",
    "</details><img src=x>",
    "@everyone #1",
    "\u{1b}[31mred\u{1b}]8;;http://x\u{7}",
    "\u{202e}txt.exe\u{2066}",
    " ",
    "\\",
    "x\\",
    "\u{85}\u{2028}\u{2029}\u{b}\u{c}\t",
    "\u{9b}31m",
    "![x](http://x)",
    "日本語の名前",
    "e\u{301}\u{301}\u{301}",
];

/// A report in which every text from outside is `text`.
fn filled_with(text: &str) -> Report {
    let target = || Target { package: text.into(), name: text.into() };
    let group =
        Benchmark { target: target(), group: text.into(), function: Some(text.into()), value: Some(text.into()) };
    let file = Artifact { package: String::new(), kind: ArtifactKind::File, name: text.into() };
    let keys =
        [Key::new(Subject::Benchmark(group), Metric::Instructions), Key::new(Subject::Artifact(file), Metric::Size)];
    let judged = |key: &Key| {
        let mut judged = row(State::Crossed, key.clone(), both(1, 2));
        (judged.owner, judged.reason) = (Some(text.into()), Some(text.into()));
        judged
    };
    let mut of_target = finding(Code::BuildFailed, None, text, Some(text));
    of_target.target = Some(target());
    let facts = environment(&[(text, text)]);
    Report {
        findings: vec![finding(Code::GrowthOver, Some(&keys[0]), text, Some(text)), of_target],
        rows: keys.iter().map(judged).collect(),
        basis: vec![(Family::Instructions, Basis::Measured { revision: text.into() })],
        environments: vec![(Family::Instructions, facts.clone())],
        state: facts,
        state_changes: vec![(text.into(), text.into(), text.into())],
        ..Report::default()
    }
    .settled()
}

/// How many cells a line of a table has: bars behind a backslash are text.
fn cells(line: &str) -> usize {
    let bars = line.match_indices('|').filter(|(at, _)| !line[..*at].ends_with('\\')).count();
    bars.saturating_sub(1)
}

fn check_unbent(text: &str) {
    check_unbent_as(&filled_with(text), &filled_with("x"));
}

/// The report has the lines and cells of one without anything hostile in it.
fn check_unbent_as(report: &Report, plain: &Report) {
    let (comment, plain) = (markdown(report), markdown(plain));
    assert_eq!(comment.lines().count(), plain.lines().count(), "{comment}");
    for (line, model) in comment.lines().zip(plain.lines()) {
        if model.starts_with('|') {
            assert_eq!(cells(line), cells(model), "{line}");
        }
        assert_eq!(line.matches("<details>").count(), model.matches("<details>").count(), "{line}");
    }
    let forbidden = |letter: char| {
        letter != '\n' && (letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    assert!(!comment.contains(forbidden), "{comment:?}");
    let shown = terminal(report, Color::Never);
    assert!(!shown.contains(forbidden), "{shown:?}");
    let verdicts = shown.lines().filter(|line| line.starts_with("over: ")).count();
    assert_eq!(verdicts, 1, "{shown}");
    assert_eq!(json::read(&json::write(report)).as_ref(), Ok(report));
}

#[test]
fn no_name_bends_a_report() {
    HOSTILE.iter().copied().for_each(check_unbent);
    let long = "x".repeat(100_000);
    check_unbent(&long);
    assert!(terminal(&filled_with(&long), Color::Never).len() < 10_000);
}

#[test]
fn the_worst_names_leave_room_for_the_worst_rows() {
    for letter in ["`", "|", "&", "#", "\u{10ffff}", "`a"] {
        let mut report = filled_with(&letter.repeat(2_000));
        report.rows = vec![report.rows.remove(0); 100];
        report.findings = vec![report.findings.remove(0); 100];
        report.state_changes = vec![report.state_changes.remove(0); 100];
        let comment = markdown(&report);
        assert!(comment.len() <= 60_000 && comment.lines().filter(|line| line.starts_with("| over")).count() > 3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_stays_where_it_stands(text in "[ -~\\PC\\x00-\\x1f|`\\\\\u{202e}\u{2028}]{0,40}") {
        check_unbent(&text);
    }
}
