//! Findings as a list: which are worth a line, how many are left out, and where a hint that several share is said.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::report::{Judged, Verdict};
use crate::model::{Code, Finding, Key};

/// Findings of one code that are listed at most.
const MAX_OF_CODE: usize = 10;

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

/// Whether a row that is shown says all that the finding says.
fn is_evident(finding: &Finding, rows: &BTreeSet<&Key>) -> bool {
    use Code::{BenchmarkNew, BenchmarkRemoved, Improved, RegressionAccepted};
    finding.verdict != Verdict::Over
        && matches!(finding.code, BenchmarkNew | BenchmarkRemoved | Improved | RegressionAccepted)
        && finding.key.as_ref().is_some_and(|key| rows.contains(key))
}
