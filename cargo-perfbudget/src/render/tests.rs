//! Whole outputs of hand-built reports, and what no name from outside can bend.

pub(super) mod worth;

use std::collections::BTreeMap;

use super::comment::{Renderer, Templates};
use super::{Color, terminal};
use crate::model::cause::Moved;
use crate::model::report::{Basis, Judged, Report, State};
use crate::model::{
    Artifact, ArtifactKind, Benchmark, Bump, Cause, Certainty, Change, Code, Environment, Evidence, Failure, Family,
    Finding, Key, Metric, Quantity, Ratio, Row, Subject, Target, Unit,
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

pub(super) fn row(state: State, key: Key, change: Change) -> Judged {
    let limit = (key.metric.unit() != Unit::Nanoseconds).then_some(Ratio::percent(1.0));
    Judged { row: Row { key, change }, state, limit, owner: None, reason: None }
}

pub(super) fn both(before: u64, after: u64) -> Change {
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

pub(super) fn finding(code: Code, key: Option<&Key>, message: &str, hint: Option<&str>) -> Finding {
    let (message, hint) = (message.to_owned(), hint.map(str::to_owned));
    Finding { code, verdict: code.verdict(), key: key.cloned(), target: None, message, hint }
}

pub(super) fn environment(facts: &[(&str, &str)]) -> Environment {
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

/// Why something costs more, with a name that would end its code span.
pub(super) fn cause() -> Cause {
    let moved = |function: &str, was: Option<&str>, before, after| Moved {
        function: function.into(),
        was: was.map(str::to_owned),
        home: "a".into(),
        before,
        after,
    };
    Cause {
        before: 10_000,
        after: 11_240,
        moved: vec![
            moved("httparse::parse_headers", None, 1_000, 2_200),
            moved("a::new", Some("a::old"), 10, 55),
            moved("a`b", None, 30, 20),
            moved("c", None, 9, 0),
        ],
        rest: (2, -3),
        homes: vec![("a".into(), 1_223)],
        residue: 17,
        dependency: None,
    }
}

pub(super) fn bump(name: &str) -> Bump {
    Bump { name: name.into(), before: vec!["1.7.1".into()], after: vec!["1.8.0".into()] }
}

/// So many benchmarks that are all over.
pub(super) fn long(rows: usize) -> Report {
    let mut report = over();
    let grown = report.rows[0].clone();
    let key = |at| benchmark("cart", &format!("total/{at}"), Metric::Instructions);
    report.rows =
        (0..rows).map(|at| Judged { row: Row { key: key(at), ..grown.row.clone() }, ..grown.clone() }).collect();
    let finding = |judged: &Judged| finding(Code::GrowthOver, Some(&judged.row.key), "grew", Some("accept"));
    report.findings = report.rows.iter().map(finding).collect();
    report.settled()
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

fn check(report: &Report, in_terminal: &str) {
    let text = terminal(report, Color::Never);
    assert_eq!(text, in_terminal, "{text}");
}

/// The whole comment.
pub(super) fn renderer(report: &Report) -> Renderer<'_> {
    Renderer::new(report, &Templates::default()).expect("the engine starts")
}

pub(super) fn comment(report: &Report) -> String {
    renderer(report).longest_comment().expect("the built-in template works")
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
    );
}

#[test]
fn what_is_over_stands_first_and_the_verdict_last() {
    check(
        &over(),
        r#"                                        metric                 before   after             change   limit
growth-over  shop::cart::total/100      instructions           12,345 → 12,890            +4.41%  +1.00%
accepted     shop::search::index/large  instructions           1.235M → 1.300M            +5.30%  +1.00%  finds umlauts now · owner: @search
grew         shop::bin shop             size                3.250 MiB → 3.262 MiB         +0.36%  +1.00%
new          shop::cart::total/1000     instructions                - → 120.3k               new
improved     shop::parse::json/small    instructions           45,000 → 40,000           -11.11%  +1.00%
~            shop::cart::total/100      time          1.240 ±0.025 µs → 1.290 ±0.032 µs        ~
hint: if it is worth it: cargo perfbudget accept 'shop::cart::total/100' --reason "…"

attention rule-unmatched  `shop::old::*` in line 7 matches nothing
  hint: delete the rule

1 unchanged · 1 not claimed · 1 improved · 1 new · 1 grew · 1 accepted · 1 over
97 reused, executables unchanged
bytes: compared with the committed record at 1a2b3c4
instructions: compared with the base, measured here at 1a2b3c4
toolchain: rustc 1.94.0 → rustc 1.95.0

over: 1 metric costs more than it may; cargo perfbudget explain growth-over
"#,
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
compared with the record in the work tree, not with one of a base

cannot tell: 2 things that should be known are not; cargo perfbudget explain build-failed
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
    let report = long(5_000);
    let text = terminal(&report, Color::Never);
    assert!(text.contains("\n… and 4950 more, see --format json\n"), "{text}");
    assert!(text.contains("\nhint: if it is worth it: cargo perfbudget accept NAME… --reason \"…\"\n"), "{text}");
    assert!(
        text.ends_with("over: 5000 metrics cost more than they may; cargo perfbudget explain growth-over\n"),
        "{text}"
    );
    assert!(text.lines().count() < 100);
}
