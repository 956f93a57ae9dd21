//! Report → a pull request's comment or a step's summary: GitHub-flavoured Markdown that names from outside cannot bend.

use super::findings::{self, Listed};
use super::table::{self, Cells};
use super::{basis_lines, conclusion, counts_line, reused_line, shorten, tame, worth};
use crate::model::Environment;
use crate::model::report::{Judged, Report, Verdict};

/// GitHub takes 65,536 characters a comment; the rest is room for what a workflow puts around the report.
const MAX_BYTES: usize = 60_000;
/// Of these, the findings.
const MAX_FINDINGS_BYTES: usize = 20_000;
/// Of these, the machine and the state of the code.
const MAX_PROVENANCE_BYTES: usize = 8_000;
/// What a line takes that says how much was left out.
const MORE_BYTES: usize = 100;
/// Changes of the subject's state that are shown at most.
const MAX_STATE_CHANGES: usize = 10;
/// Columns of a name, and of a reason.
const NAME_COLUMNS: usize = 200;
/// Columns of a fact.
const FACT_COLUMNS: usize = 100;
/// Columns of a message, and of a hint.
const MESSAGE_COLUMNS: usize = 1_000;

const TABLE_HEAD: &str = "| | what | metric | before | after | change | limit |\n|---|---|---|--:|--:|--:|--:|\n";

/// The report as Markdown of at most 60,000 bytes. Ends with a line break.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let head = verdict_line(report);
    let findings = findings_part(report);
    let summary = summary_part(report);
    let worth = worth::markdown(report);
    let provenance = provenance_part(report);
    let fixed = [&head, &findings, &summary, &worth, &provenance];
    let room = MAX_BYTES.saturating_sub(fixed.into_iter().map(String::len).sum());
    let changed = changed_part(report, room);
    let all = all_part(report, room.saturating_sub(changed.len()));
    [head, changed, worth, findings, summary, all, provenance].concat()
}

fn verdict_line(report: &Report) -> String {
    let sign = match report.verdict {
        Verdict::Within => "✅",
        Verdict::Attention => "⚠️",
        Verdict::CannotTell => "❔",
        Verdict::Over => "❌",
    };
    let (sentence, command) = conclusion(report);
    let command = command.map(|command| format!(" `{command}`")).unwrap_or_default();
    format!("**{sign} {}: {sentence}.**{command}\n", report.verdict)
}

/// The table of what changed: the worst rows are always in it.
fn changed_part(report: &Report, room: usize) -> String {
    let changed = || report.rows.iter().filter(|judged| table::is_changed(judged));
    let (rows, left_out) = fill(changed(), row, changed().count(), room.saturating_sub(TABLE_HEAD.len()));
    match (rows.is_empty(), left_out) {
        (true, 0) => String::new(),
        (_, 0) => format!("\n{TABLE_HEAD}{rows}"),
        (_, more) => format!("\n{TABLE_HEAD}{rows}\n… and {more} more, see `--format json`\n"),
    }
}

fn row(judged: &Judged) -> String {
    let cells = Cells::of(judged);
    let note = match cells.note.as_str() {
        "" => String::new(),
        note => format!("<br>{}", prose(&shorten(&tame(note), NAME_COLUMNS), Place::Cell)),
    };
    format!(
        "| {} | {}{note} | {} | {} | {} | {} | {} |\n",
        escape(judged.state.word()),
        name(&judged.row.key.subject.to_string(), Place::Cell),
        judged.row.key.metric,
        escape(&cells.before),
        escape(&cells.after),
        escape(&cells.change),
        escape(&cells.limit),
    )
}

fn findings_part(report: &Report) -> String {
    let changed: Vec<&Judged> = report.rows.iter().filter(|judged| table::is_changed(judged)).collect();
    let listed = findings::list(&report.findings, &changed);
    let (lines, left_out) = fill(listed.iter(), finding_line, listed.len(), MAX_FINDINGS_BYTES);
    match (lines.is_empty(), left_out) {
        (true, 0) => String::new(),
        (_, 0) => format!("\n{lines}"),
        (_, more) => format!("\n{lines}- … and {more} more findings, see `--format json`\n"),
    }
}

fn finding_line(Listed { finding, hint, left_out }: &Listed<'_>) -> String {
    let text = |text: &str| prose(&shorten(&tame(text), MESSAGE_COLUMNS), Place::Line);
    let about = match (&finding.key, &finding.target) {
        (Some(key), _) => format!(" {} {}:", name(&key.subject.to_string(), Place::Line), key.metric),
        (None, Some(target)) => format!(" {}:", name(&target.to_string(), Place::Line)),
        (None, None) => String::new(),
    };
    let mut line = format!("- **{}** `{}`{about} {}", findings::word(finding), finding.code, text(&finding.message));
    if let Some(hint) = hint {
        line.push_str(&format!("<br>hint: {}", text(hint)));
    }
    if *left_out > 0 {
        line.push_str(&format!("<br>… and {left_out} more `{}`, see `--format json`", finding.code));
    }
    line.push('\n');
    line
}

fn summary_part(report: &Report) -> String {
    let mut lines = vec![counts_line(report)];
    lines.extend(reused_line(report));
    lines.extend(basis_lines(report));
    let mut lines: Vec<String> = lines.iter().map(|line| escape(&shorten(&tame(line), NAME_COLUMNS))).collect();
    for (fact, before, after) in report.state_changes.iter().take(MAX_STATE_CHANGES) {
        lines.push(format!("{}: {} → {}", self::fact(fact), self::fact(before), self::fact(after)));
    }
    if report.state_changes.len() > MAX_STATE_CHANGES {
        lines.push(format!("… and {} more changes", report.state_changes.len() - MAX_STATE_CHANGES));
    }
    format!("\n{}\n", lines.join("<br>\n"))
}

/// Every row, where all of them fit.
fn all_part(report: &Report, room: usize) -> String {
    let unlisted = |judged: &Judged| !table::is_changed(judged);
    if !report.rows.iter().any(unlisted) {
        return String::new();
    }
    let head = format!("\n<details><summary>All {} rows</summary>\n\n{TABLE_HEAD}", report.rows.len());
    let foot = "\n</details>\n";
    let (rows, left_out) =
        fill(report.rows.iter(), row, report.rows.len(), room.saturating_sub(head.len() + foot.len()));
    if left_out == 0 { [&head, rows.as_str(), foot].concat() } else { String::new() }
}

/// The machine and the state of the code.
fn provenance_part(report: &Report) -> String {
    let families = report.environments.iter().map(|(family, machine)| (family.name(), machine));
    let groups = families.chain([("code", &report.state)]);
    let facts: Vec<(&str, &str, &str)> = groups.flat_map(|(group, environment)| facts_of(group, environment)).collect();
    if facts.is_empty() {
        return String::new();
    }
    let line = |(group, name, value): &(&str, &str, &str)| format!("- {group} {}: {}\n", fact(name), fact(value));
    let (lines, left_out) = fill(facts.iter(), line, facts.len(), MAX_PROVENANCE_BYTES);
    let more = if left_out > 0 { format!("- … and {left_out} more facts\n") } else { String::new() };
    format!("\n<details><summary>Where the numbers come from</summary>\n\n{lines}{more}\n</details>\n")
}

fn facts_of<'a>(group: &'a str, environment: &'a Environment) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    environment.0.iter().map(move |(name, value)| (group, name.as_str(), value.as_str()))
}

/// As many items as fit into `room` with a line to spare, and how many do not. No more of them are written than fit.
fn fill<'a, T: 'a>(
    items: impl Iterator<Item = &'a T>,
    write: impl Fn(&T) -> String,
    total: usize,
    room: usize,
) -> (String, usize) {
    let mut filled = String::new();
    let mut written = 0;
    for item in items {
        let line = write(item);
        if filled.len() + line.len() + MORE_BYTES > room {
            break;
        }
        filled.push_str(&line);
        written += 1;
    }
    (filled, total - written)
}

/// Where a code span stands: a table takes every bar for a border, even one inside a code span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Cell,
    Line,
}

pub(super) fn name(text: &str, place: Place) -> String {
    code(&shorten(&tame(text), NAME_COLUMNS), place)
}

fn fact(text: &str) -> String {
    code(&shorten(&tame(text), FACT_COLUMNS), Place::Line)
}

/// A tamed text as a code span that it cannot leave.
fn code(text: &str, place: Place) -> String {
    let text = if text.trim().is_empty() { "(empty)" } else { text };
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // Markdown takes one blank off both ends if there is one at each.
    let touches = text.starts_with('`') || text.ends_with('`');
    let pad = if touches || (text.starts_with(' ') && text.ends_with(' ')) { " " } else { "" };
    let span = format!("{fence}{pad}{text}{pad}{fence}");
    if place == Place::Cell { span.replace('|', "\\|") } else { span }
}

/// A tamed text of ours that may quote others: what stands between two backticks becomes a code span, and the rest
/// says nothing but itself.
pub(super) fn prose(text: &str, place: Place) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let inner = parts.get(1..parts.len() - 1).unwrap_or_default();
    // Spans that touch would melt into one another.
    if parts.len().is_multiple_of(2) || inner.iter().any(|part| part.is_empty()) {
        return escape(text);
    }
    let part = |(at, part): (usize, &&str)| if at % 2 == 0 { escape(part) } else { code(part, place) };
    parts.iter().enumerate().map(part).collect()
}

/// A tamed text in which Markdown sees no markup, and GitHub no mention or issue.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut previous = ' ';
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("@\u{200b}"),
            '#' => escaped.push_str("\\#\u{200b}"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | ':' | '$' => {
                escaped.extend(['\\', letter]);
            }
            // `www.` would become a link.
            '.' if matches!(previous, 'w' | 'W') => escaped.push_str("\\."),
            _ => escaped.push(letter),
        }
        previous = letter;
    }
    escaped
}
