//! Findings as a list: which are worth a line, how many are left out, and where a hint that several share is said.

use std::collections::{BTreeMap, BTreeSet};

use super::tame;
use crate::model::report::{Judged, Report, Verdict, accept_command};
use crate::model::{Code, Finding, Key};

/// Findings of one code that are listed at most.
const MAX_OF_CODE: usize = 10;

/// Names in one command at most: more of them are no longer read.
const MAX_NAMES: usize = 4;

/// A longer name is not typed.
const MAX_NAME_BYTES: usize = 300;

/// A finding as it is listed.
pub(super) struct Listed<'a> {
    pub(super) finding: &'a Finding,
    /// The way out, unless the next entry says the same.
    pub(super) hint: Option<&'a str>,
    /// How many of the same code are left out behind this one.
    pub(super) left_out: usize,
}

/// The findings that none of the `shown` rows makes evident, in the report's order.
pub(super) fn list<'a>(findings: &'a [Finding], shown: &[&Judged]) -> Vec<Listed<'a>> {
    let rows: BTreeSet<&Key> = shown.iter().map(|judged| &judged.row.key).collect();
    let mut of_code: BTreeMap<Code, usize> = BTreeMap::new();
    let mut listed: Vec<Listed<'_>> = Vec::new();
    let mut last_of_code: BTreeMap<Code, usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !is_evident(finding, &rows)) {
        let seen = of_code.entry(finding.code).or_default();
        *seen += 1;
        if *seen > MAX_OF_CODE {
            if let Some(last) = last_of_code.get(&finding.code) {
                listed[*last].left_out += 1;
            }
            continue;
        }
        if let Some(previous) = listed.last_mut()
            && (previous.finding.code, &previous.finding.hint) == (finding.code, &finding.hint)
        {
            previous.hint = None;
        }
        last_of_code.insert(finding.code, listed.len());
        listed.push(Listed { finding, hint: finding.hint.as_deref(), left_out: 0 });
    }
    listed
}

/// The word for how bad a finding is.
pub(super) fn word(finding: &Finding) -> String {
    if finding.verdict == Verdict::Within { "note".to_owned() } else { finding.verdict.to_string() }
}

/// The first word of a row: the code where growth over its limit is all that there is to say, the state otherwise.
pub(super) fn word_of_row(judged: &Judged, grown: &BTreeSet<&Key>) -> &'static str {
    if grown.contains(&judged.row.key) { Code::GrowthOver.name() } else { judged.state.word() }
}

/// The subject as a person types it, or a place for it where nobody would.
pub(super) fn argument(judged: &Judged) -> String {
    let name = judged.row.key.subject.quoted();
    let is_plain = name.len() <= MAX_NAME_BYTES && !name.contains(char::is_control);
    if is_plain { tame(&name) } else { "NAME".to_owned() }
}

/// The keys that grew by more than they may.
pub(super) fn grown(report: &Report) -> BTreeSet<&Key> {
    let grown = report.findings.iter().filter(|finding| finding.code == Code::GrowthOver);
    grown.filter_map(|finding| finding.key.as_ref()).collect()
}

/// The command that takes on what the shown rows say is over; `None` where there is no such row.
pub(super) fn way_to_accept(shown: &[&Judged], grown: &BTreeSet<&Key>) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for judged in shown.iter().filter(|judged| grown.contains(&judged.row.key)) {
        let name = argument(judged);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let named = match names.len() {
        0 => return None,
        1..=MAX_NAMES => names.join(" "),
        _ => "NAME…".to_owned(),
    };
    Some(accept_command(&named))
}

/// Whether a row that is shown says all that the finding says.
fn is_evident(finding: &Finding, rows: &BTreeSet<&Key>) -> bool {
    use Code::{BenchmarkNew, BenchmarkRemoved, GrowthOver, Improved, RegressionAccepted};
    let by_row = match finding.code {
        GrowthOver => true,
        BenchmarkNew | BenchmarkRemoved | Improved | RegressionAccepted => finding.verdict != Verdict::Over,
        _ => false,
    };
    by_row && finding.key.as_ref().is_some_and(|key| rows.contains(key))
}
