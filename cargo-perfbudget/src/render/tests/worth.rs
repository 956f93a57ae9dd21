//! What a change is worth, as people and programs get it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{HOSTILE, benchmark, check_unbent_as, filled_with, over, row, times, within};
use crate::model::assumptions::{Assumptions, Input, SubjectInputs};
use crate::model::report::{Report, State};
use crate::model::{Glob, Metric};
use crate::render::{Color, json, markdown, terminal};
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
        assert!(!json::write(&report).contains("worth") && !markdown(&report).contains("worth** a year"));
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
fn no_name_bends_an_estimate() {
    for text in HOSTILE {
        let mut report = valued(filled_with(text), &[(Input::CallsPerYear, 1e9)], &[]);
        if let Some(worth) = &mut report.worth {
            worth.currency = (*text).to_owned();
        }
        check_unbent_as(&report, &valued(filled_with("x"), &[(Input::CallsPerYear, 1e9)], &[]));
    }
}
