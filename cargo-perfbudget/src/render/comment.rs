//! Report → the texts of a comment, a summary and a check run, biggest first.

use super::{conclusion, markdown, tame};
use crate::model::Report;

/// The report for a pull request: the same in fewer and fewer bytes, the worst rows in each.
#[must_use]
pub fn ladder(report: &Report) -> Vec<String> {
    vec![markdown(report)]
}

/// The verdict in words, on one line.
#[must_use]
pub fn title(report: &Report) -> String {
    tame(&format!("{}: {}", report.verdict, conclusion(report).0))
}
