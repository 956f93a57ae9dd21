//! What a change is worth, as people and programs get it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{benchmark, comment as markdown, over, row, times, within};
use crate::model::assumptions::{Assumptions, Input, SubjectInputs};
use crate::model::report::{Report, State};
use crate::model::{Glob, Metric};
use crate::render::{Color, json, terminal};
use crate::roi;

fn valued(mut report: Report, stated: &[(Input, f64)], subjects: &[(&str, Input, f64)]) -> Report {
    let rule = |(at, (subject, input, value)): (usize, &(&str, Input, f64))| SubjectInputs {
        subject: Glob::new(*subject),
        stated: BTreeMap::from([(*input, *value)]),
        line: 10 + at,
    };
    let assumptions = Assumptions {
        stated: stated.iter().copied().collect(),
        subjects: subjects.iter().enumerate().map(rule).collect(),
        ..Assumptions::default()
    };
    report.worth = Some(roi::worth(&report, &assumptions, Some(Duration::from_millis(12_340))));
    report
}

/// A report with every figure, and with a subject that states its own numbers.
pub(in crate::render) fn estimated() -> Report {
    let all: Vec<(Input, f64)> = Input::ALL.iter().map(|input| (*input, input.terms().bounds.1)).collect();
    valued(over(), &all, &[("*total*", Input::CallsPerYear, 1e6)])
}

/// The lines of the terminal's section.
fn section(report: &Report) -> String {
    let text = terminal(report, Color::Never);
    let section = text.split_once("worth a year").map_or("", |(_, rest)| rest);
    section.split_once("\n\n").map_or(section, |(section, _)| section).to_owned() + "\n"
}

#[test]
fn without_an_estimate_nothing_is_said() {
    for report in [within(), over()] {
        assert!(report.worth.is_none() && section(&report) == "\n");
        assert!(!json::write(&report).contains("\"worth\": {") && !markdown(&report).contains("worth** a year"));
    }
}

#[test]
fn a_report_that_was_read_is_worth_what_was_written() {
    let all: Vec<(Input, f64)> = Input::ALL.iter().map(|input| (*input, input.terms().bounds.1)).collect();
    for stated in [&all[..], &[], &[(Input::CallsPerYear, 1.0 / 3.0 * 1e9)]] {
        let report = valued(over(), stated, &[("*total*", Input::Share, 0.3), ("none", Input::Share, 0.1)]);
        assert_eq!(json::read(&json::write(&report)), Ok(report));
    }
    let text = json::write(&valued(over(), &[(Input::CallsPerYear, 1e9)], &[]));
    for (damage, by, message) in [
        ("\"ipc\": {\"value\": 1.5", "\"ipc\": {\"value\": 0.0", "`ipc` must be from 0.05 to 16"),
        ("\"low\": ", "\"low\": 1e9, \"was\": ", "a band is finite and in order"),
        ("\"calls\": {\"value\": 1000000000.0", "\"calls\": {\"value\": -1.0", "`calls-per-year` must be from 1"),
    ] {
        let from = text.find("\"worth\"").expect("it is there");
        let damaged = text[..from].to_owned() + &text[from..].replace(damage, by);
        let error = json::read(&damaged).map_err(|error| error.to_string());
        assert!(error.as_ref().is_err_and(|error| error.contains(message)), "{error:?}");
    }
    let later = text.replace("\"ipc\": {", "\"moon-phase\": {\"value\": -1.0, \"origin\": \"default\"}, \"ipc\": {");
    assert!(json::read(&later).is_ok(), "later versions may have more inputs");
}

#[test]
fn one_number_of_calls_for_all_is_not_added_up() {
    let report = valued(over(), &[(Input::CallsPerYear, 2.5e12), (Input::PageViewsPerYear, 4e9)], &[]);
    assert_eq!(
        section(&report),
        r#", estimated: the middle, and (5 % to 95 %)
                                       CPU hours             USD               kWh            kg CO2e      waiting hours
costs  shop::cart::total/100         84 (47–150)  1.7 (0.64–3.5)  0.28 (0.16–0.50)  0.13 (0.069–0.26)  0.13 (0.076–0.24)
costs  shop::search::index/large  10k (5.7k–18k)    200 (77–410)        34 (19–60)        16 (8.3–31)        16 (9.1–29)
saves  shop::parse::json/small    770 (430–1.4k)     15 (5.9–32)     2.6 (1.5–4.6)     1.2 (0.63–2.4)     1.2 (0.69–2.2)
not added up: rows that share one stated number may be the same calls; give each its own in `[[roi.subject]]`
stated: calls-per-year 2.5T, page-views-per-year 4.0G
assumed: share 100%, vcpu-hour 0.04 USD, elastic 50%, ipc 1.5, clock 3 GHz, vcpu-watts 2.8 W, pue 1.2, grid 472.94 g/kWh
this check took 12 s: 0.0012 USD, at 0.006 USD a minute (`ci-minute`)
formula and sources: cargo perfbudget explain roi
"#
    );
}

#[test]
fn calls_of_each_are_added_up_and_what_is_missing_is_asked_for() {
    let subjects = [
        ("*::total/100", Input::CallsPerYear, 2.5e12),
        ("*::index/large", Input::CallsPerYear, 1e9),
        ("*::gone", Input::Share, 0.5),
    ];
    let stated = [(Input::VcpuHour, 0.05), (Input::GbPrice, 0.09)];
    assert_eq!(
        section(&valued(over(), &stated, &subjects)),
        r#", estimated: the middle, and (5 % to 95 %)
                                  calls      CPU hours                USD                   kWh                kg CO2e
costs  shop::cart::total/100       2.5T    84 (47–150)     2.1 (0.80–4.3)      0.28 (0.16–0.50)      0.13 (0.069–0.26)
costs  shop::search::index/large   1.0G  4.0 (2.3–7.2)  0.10 (0.038–0.21)  0.014 (0.0076–0.024)  0.0064 (0.0033–0.012)
costs  all 2 together                      88 (50–160)     2.2 (0.84–4.5)      0.30 (0.17–0.53)      0.14 (0.072–0.27)
added up as if no counted call happened inside another
needed: `calls-per-year`, in `[roi]` or in a `[[roi.subject]]`, for `shop::parse::json/small`; without it there are no CPU hours, money, energy or CO2e
no waiting hours: `page-views-per-year` is not stated
`gb-price` is not used: no page that was measured has changed
the `[[roi.subject]]` on line 12 matches nothing in this report
stated: vcpu-hour 0.05 USD
assumed: share 100%, elastic 50%, ipc 1.5, clock 3 GHz, vcpu-watts 2.8 W, pue 1.2, grid 472.94 g/kWh
this check took 12 s: 0.0012 USD, at 0.006 USD a minute (`ci-minute`)
formula and sources: cargo perfbudget explain roi
"#
    );
    let comment = markdown(&valued(over(), &stated, &subjects));
    let part = comment.split("**What it is worth**").nth(1).and_then(|rest| rest.split("\n<details>").next());
    let expected = r#" a year, *estimated*, with 5 % to 95 % in parentheses:

- **costs** 2.2 USD \(0.84–4.5\), 88 CPU hours \(50–160\), 0.30 kWh \(0.17–0.53\), 0.14 kg CO2e \(0.072–0.27\)
- needed\: `calls-per-year`, in `[roi]` or in a `[[roi.subject]]`, for `shop::parse::json/small`; without it there are no CPU hours, money, energy or CO2e
- no waiting hours\: `page-views-per-year` is not stated
- this check took 12 s\: 0.0012 USD, at 0.006 USD a minute \(`ci-minute`\)
"#;
    assert_eq!(part, Some(expected));
    for part in [
        "| costs | all 2 together |  | 88 \\(50–160\\) | 2.2 \\(0.84–4.5\\) | 0.30 \\(0.17–0.53\\) | 0.14 \\(0.072–0.27\\) |",
        "- added up as if no counted call happened inside another\n- `gb-price` is not used",
        "CPU hours     = calls-per-year × share × seconds ÷ 3600",
        "| `vcpu-hour` | 0.05 USD | `perfbudget.toml` |",
        "| `grid` | 472.94 g/kWh | default\\: the world's average\\: CO2.js 0.19 of 2026, with data of Ember |",
    ] {
        assert!(comment.contains(part), "{part}: {comment}");
    }
}

#[test]
fn a_price_that_is_missing_in_its_currency_is_asked_for() {
    let mut report = over();
    let stated = [(Input::CallsPerYear, 2.5e12)].into_iter().collect();
    let assumptions = Assumptions { currency: "EUR".into(), stated, ..Assumptions::default() };
    report.worth = Some(roi::worth(&report, &assumptions, Some(Duration::from_secs(90))));
    let said = section(&report);
    for part in [
        "needed: `vcpu-hour`, in EUR; without it there is no money\n",
        "this check took 90 s; needed: `ci-minute`, in EUR, for what that costs\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("USD"), "{said}");
}

#[test]
fn a_difference_within_its_interval_has_no_figures() {
    let time = |path: &str, before: f64, after: f64| {
        row(State::Unclaimed, benchmark("io", path, Metric::Time), times(before, after))
    };
    let mut report = within();
    report.rows = vec![time("read", 1_000.0, 2_000.0), time("write", 1_000.0, 1_001.0), time("seek", 900.0, 905.0)];
    let report = valued(report, &[(Input::CallsPerYear, 1e12)], &[]);
    assert_eq!(
        section(&report),
        r#", estimated: the middle, and (5 % to 95 %)
                           CPU hours            USD              kWh           kg CO2e
costs  shop::io::read  280 (260–300)  5.6 (2.5–8.6)  0.93 (0.87–1.0)  0.44 (0.32–0.62)
no waiting hours: `page-views-per-year` is not stated
times are of two runs: what they are worth is no more certain than that
2 differences are within their intervals: nothing measurable, so no figures
stated: calls-per-year 1.0T
assumed: share 100%, vcpu-hour 0.04 USD, elastic 50%, ipc 1.5, clock 3 GHz, vcpu-watts 2.8 W, pue 1.2, grid 472.94 g/kWh
this check took 12 s: 0.0012 USD, at 0.006 USD a minute (`ci-minute`)
formula and sources: cargo perfbudget explain roi
"#
    );
}

#[test]
fn many_rows_leave_room_for_the_rest() {
    let mut report = over();
    let grown = report.rows[0].clone();
    report.rows = (0..500)
        .map(|at| {
            row(
                State::Crossed,
                benchmark("cart", &format!("{}{at}", "|`&".repeat(300)), Metric::Instructions),
                grown.row.change.clone(),
            )
        })
        .collect();
    let report = valued(report.settled(), &[(Input::CallsPerYear, 1e9)], &[]);
    let comment = markdown(&report);
    assert!(comment.len() <= 65_000 && comment.matches("<br>**over** · ").count() > 10, "{}", comment.len());
    assert!(comment.contains("… and 490 more, see `--format json`") && section(&report).lines().count() < 20);
}
