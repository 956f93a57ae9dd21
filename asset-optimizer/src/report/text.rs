//! The report in a terminal.

use std::fmt::Write;

use super::{Report, Sum};
use crate::asset::{ByteCount, Encoding};

/// How many files are named at most for one reason.
const NAMED: usize = 3;

/// The report as text.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut rows = vec![["", "files", "changed", "before", "after", "", "gzip", "brotli"].map(str::to_owned)];
    rows.extend(report.by_kind().iter().map(|(kind, sum)| row(kind.name(), sum)));
    rows.push(row("total", &report.total()));
    let mut text = table(&rows);
    let kept = reasons(report);
    if !kept.is_empty() {
        text.push_str("\nkept as they were\n");
        for (why, paths) in kept {
            let named = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            let more = paths.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {why}: {named}{more}");
        }
    }
    if !report.remarks.is_empty() || !report.cache.troubles.is_empty() {
        text.push_str("\nto be known\n");
        for remark in report.remarks.iter().chain(&report.cache.troubles) {
            let _ = writeln!(text, "  {remark}");
        }
    }
    let asked = report.cache.hits + report.cache.misses;
    if asked > 0 {
        let _ = writeln!(text, "\n{} of {asked} results were there already", report.cache.hits);
    }
    text
}

fn row(name: &str, sum: &Sum) -> [String; 8] {
    let number = |bytes: ByteCount| bytes.to_string();
    [
        name.to_owned(),
        sum.files.to_string(),
        sum.changed.to_string(),
        number(sum.before),
        number(sum.after),
        percent(sum.before, sum.after),
        number(sum.gzip),
        number(sum.brotli),
    ]
}

pub(super) fn percent(before: ByteCount, after: ByteCount) -> String {
    if before.0 == 0 {
        return String::new();
    }
    format!("{:+.1} %", (after.0 as f64 / before.0 as f64 - 1.0) * 100.0)
}

/// Columns, the first one to the left and the others to the right.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let blanks = " ".repeat(widths[column] - cell.chars().count());
            line.push_str(&if column == 0 { format!("{cell}{blanks}") } else { format!("  {blanks}{cell}") });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Why files were kept that an engine is for, the most frequent reason first.
fn reasons(report: &Report) -> Vec<(&str, Vec<String>)> {
    let mut reasons: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for entry in &report.entries {
        if let Some(why) = &entry.why_kept {
            reasons.entry(why).or_default().push(entry.path.to_string());
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(why, paths)| (std::cmp::Reverse(paths.len()), *why));
    reasons
}

/// A line for each file, for `report`.
#[must_use]
pub fn files(report: &Report) -> String {
    let mut rows = vec![["", "before", "after", "gzip", "brotli", ""].map(str::to_owned)];
    for entry in &report.entries {
        let why = entry.engine.clone().or(entry.why_kept.clone()).unwrap_or_default();
        rows.push([
            entry.path.to_string(),
            entry.before.to_string(),
            entry.after.to_string(),
            entry.on_the_wire(Encoding::Gzip).to_string(),
            entry.on_the_wire(Encoding::Brotli).to_string(),
            why,
        ]);
    }
    table(&rows)
}
