//! What exports list: every key once with its row and what was found about it, then what was found about no key.

use std::collections::BTreeMap;

use super::tame;
use crate::model::report::{Judged, Report, Verdict};
use crate::model::{Finding, Key};

/// One thing that a report speaks of.
pub(super) struct Entry<'a> {
    /// The number it is about; `None` for a finding that is about none.
    pub(super) key: Option<&'a Key>,
    /// Its row; `None` for a finding that is about no row.
    pub(super) judged: Option<&'a Judged>,
    /// What was found about it, worst first.
    pub(super) findings: Vec<&'a Finding>,
}

/// The entries by key, so that two reports of the same benchmarks list them alike, and findings without a key behind them.
pub(super) fn entries(report: &Report) -> Vec<Entry<'_>> {
    let mut keyed: BTreeMap<&Key, Entry<'_>> = BTreeMap::new();
    let entry = |key| Entry { key: Some(key), judged: None, findings: Vec::new() };
    for judged in &report.rows {
        let key = &judged.row.key;
        keyed.entry(key).or_insert_with(|| entry(key)).judged = Some(judged);
    }
    let mut others = Vec::new();
    for finding in &report.findings {
        match &finding.key {
            Some(key) => keyed.entry(key).or_insert_with(|| entry(key)).findings.push(finding),
            None => others.push(Entry { key: None, judged: None, findings: vec![finding] }),
        }
    }
    keyed.into_values().chain(others).collect()
}

impl Entry<'_> {
    /// The worst that was found about it.
    pub(super) fn verdict(&self) -> Verdict {
        self.findings.iter().map(|finding| finding.verdict).max().unwrap_or_default()
    }

    /// What decides its verdict; `None` where nothing was found about it.
    pub(super) fn worst(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.verdict == self.verdict()).copied()
    }

    /// The package it belongs to; empty where it belongs to none.
    pub(super) fn package(&self) -> &str {
        match self.key {
            Some(key) => key.subject.package(),
            None => self.target().map_or("", |target| &target.package),
        }
    }

    /// The bench target it belongs to, where it belongs to one.
    pub(super) fn target(&self) -> Option<&crate::model::Target> {
        match self.key {
            Some(key) => key.subject.target(),
            None => self.findings.first().and_then(|finding| finding.target.as_ref()),
        }
    }

    /// What its name begins with: `package::target`, `package`, or nothing.
    pub(super) fn scope(&self) -> String {
        match self.key {
            Some(key) => key.subject.scope(),
            None => self.target().map_or_else(String::new, ToString::to_string),
        }
    }
}

/// What is the case and the way out, on one line.
pub(super) fn sentence(finding: &Finding) -> String {
    let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!("; {hint}"));
    tame(&format!("{}{hint}", finding.message))
}
