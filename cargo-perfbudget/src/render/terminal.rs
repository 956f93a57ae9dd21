//! Report → what a person reads in a terminal: the worst first, the verdict last, readable without colour.

use anstyle::{AnsiColor, Style};

use super::findings::{self, Listed};
use super::table::{self, Cells, Side};
use super::{
    basis_lines, cache_lines, cause, conclusion, counts_line, named, reused_line, shorten, state_lines, tame, web,
    worth,
};
use crate::model::report::{Judged, Report, State, Verdict};

/// Rows that are shown at most.
const MAX_ROWS: usize = 50;
/// Of these, times of which nothing is claimed: every benchmark may have one.
const MAX_UNCLAIMED_ROWS: usize = 10;
/// Lines of one message that are shown at most.
const MAX_MESSAGE_LINES: usize = 12;
/// Columns of a name, and of a fact.
const NAME_COLUMNS: usize = 100;
/// Columns of a line of a message.
const MESSAGE_COLUMNS: usize = 500;

/// Whether to use colour. It repeats what the words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// ANSI escapes.
    Always,
    /// Plain text.
    Never,
}

impl Color {
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self {
            Color::Always if style != Style::new() && !text.is_empty() => format!("{style}{text}{style:#}"),
            _ => text.to_owned(),
        }
    }
}

const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const FAINT: Style = Style::new().dimmed();
const PLAIN: Style = Style::new();

fn state_style(state: State) -> Style {
    match state {
        State::Crossed | State::OverAndWorse => BAD,
        State::Improved => GOOD,
        State::Excluded | State::Unclaimed | State::Unchanged => FAINT,
        _ => WARN,
    }
}

fn verdict_style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Over => BAD,
        Verdict::CannotTell => WARN.bold(),
        Verdict::Attention => WARN,
        Verdict::Within => GOOD,
    }
}

/// The report for a terminal. Ends with a line break.
#[must_use]
pub fn terminal(report: &Report, color: Color) -> String {
    let shown = shown_rows(report);
    let mut blocks =
        vec![rows_block(report, &shown, color), worth_block(report, color), findings_block(report, &shown, color)];
    blocks.push(summary_block(report, color));
    blocks.retain(|block| !block.is_empty());
    let (sentence, command) = conclusion(report);
    let verdict = color.paint(verdict_style(report.verdict).bold(), &format!("{}:", report.verdict));
    let command = command.map(|command| format!("; {}", color.paint(PLAIN.bold(), &command))).unwrap_or_default();
    format!("{}\n{verdict} {sentence}{command}\n", blocks.join("\n"))
}

fn shown_rows(report: &Report) -> Vec<&Judged> {
    let mut shown: Vec<&Judged> =
        report.rows.iter().filter(|judged| table::is_changed(judged)).take(MAX_ROWS).collect();
    let room = MAX_UNCLAIMED_ROWS.min(MAX_ROWS - shown.len());
    shown.extend(report.rows.iter().filter(|judged| table::is_unclaimed_time(judged)).take(room));
    shown
}

fn rows_block(report: &Report, shown: &[&Judged], color: Color) -> String {
    if shown.is_empty() {
        return String::new();
    }
    let metric_is_plain = table::only_instructions(shown.iter().map(|judged| &judged.row.key));
    let metric = |name: &str| if metric_is_plain { String::new() } else { format!("  {name}") };
    let header = ["", "", &metric("metric"), "before", " ", "after", "change", "limit", ""].map(str::to_owned);
    let grown = findings::grown(report);
    let mut rows = vec![header];
    rows.extend(shown.iter().map(|judged| {
        let cells = Cells::of(judged);
        [
            findings::word_of_row(judged, &grown).to_owned(),
            name(&judged.row.key.subject.to_string()),
            metric(judged.row.key.metric.name()),
            cells.before,
            "→".to_owned(),
            cells.after,
            cells.change,
            cells.limit,
            text(&cells.note),
        ]
    }));
    use Side::{Left, Right};
    table::align(&mut rows, [Left, Left, Left, Right, Left, Left, Right, Right, Left]);
    let mut block = String::new();
    for (at, [state, subject, metric, before, arrow, after, change, limit, note]) in rows.iter().enumerate() {
        let line = match at.checked_sub(1).map(|at| state_style(shown[at].state)) {
            None => {
                let line = format!("{state}  {subject}{metric}  {before} {arrow} {after}  {change}  {limit}");
                color.paint(FAINT, line.trim_end())
            }
            Some(style) => {
                let (state, change) = (color.paint(style, state), color.paint(style, change));
                let line = format!("{state}  {subject}{metric}  {before} {arrow} {after}  {change}  {limit}  ");
                format!("{line}{}", color.paint(FAINT, note.trim_end()))
            }
        };
        block.push_str(line.trim_end());
        block.push('\n');
        let why = at.checked_sub(1).map(|at| cause::lines(report, &shown[at].row.key));
        for line in why.unwrap_or_default() {
            block.push_str(&format!("  {}\n", color.paint(FAINT, &shorten(&tame(&line), MESSAGE_COLUMNS))));
        }
    }
    let worth =
        report.rows.iter().filter(|judged| table::is_changed(judged) || table::is_unclaimed_time(judged)).count();
    if worth > shown.len() {
        block.push_str(&format!("… and {} more, see --format json\n", worth - shown.len()));
    }
    if let Some(way) = findings::way_to_accept(shown, &grown) {
        block.push_str(&format!("{} ", color.paint(PLAIN.bold(), "hint:")));
        push_lines(&mut block, &format!("if it is worth it: {way}"));
    }
    block
}

fn worth_block(report: &Report, color: Color) -> String {
    let Some(lines) = worth::lines(report) else { return String::new() };
    let faint = |text: &str| color.paint(FAINT, &shorten(&tame(text), MESSAGE_COLUMNS)) + "\n";
    let mut block = color.paint(PLAIN.bold(), &lines.title) + "\n";
    for (at, line) in lines.table.iter().enumerate() {
        block.push_str(&if at == 0 { faint(line) } else { tame(line) + "\n" });
    }
    block.extend(lines.notes.iter().map(|note| faint(note)));
    block
}

fn findings_block(report: &Report, shown: &[&Judged], color: Color) -> String {
    let listed = findings::list(&report.findings, shown);
    let metric_is_plain = table::only_instructions(listed.iter().filter_map(|listed| listed.finding.key.as_ref()));
    let mut block = String::new();
    for Listed { finding, hint, left_out } in listed {
        let word = color.paint(verdict_style(finding.verdict), &findings::word(finding));
        block.push_str(&format!("{word} {}  ", color.paint(PLAIN.bold(), finding.code.name())));
        let about = match (&finding.key, &finding.target) {
            (Some(key), _) if metric_is_plain => Some(key.subject.to_string()),
            (Some(key), _) => Some(key.to_string()),
            (None, target) => target.as_ref().map(ToString::to_string),
        };
        if let Some(about) = about {
            block.push_str(&format!("{}: ", name(&about)));
        }
        push_lines(&mut block, &finding.message);
        if let Some(hint) = hint {
            block.push_str(&format!("  {} ", color.paint(PLAIN.bold(), "hint:")));
            push_lines(&mut block, hint);
        }
        if left_out > 0 {
            block.push_str(&format!("  … and {left_out} more {}, see --format json\n", finding.code));
        }
    }
    block
}

fn summary_block(report: &Report, color: Color) -> String {
    let mut lines = vec![counts_line(report)];
    lines.extend(reused_line(report));
    lines.extend(cache_lines(report, text));
    lines.extend(basis_lines(report).iter().map(|line| text(line)));
    lines.extend(state_lines(report, name));
    lines.extend(web::lines(report, name));
    let faint = |(at, line): (usize, &String)| if at == 0 { line.clone() } else { color.paint(FAINT, line) };
    lines.iter().enumerate().map(faint).map(|line| line + "\n").collect()
}

/// Appends a message of one or more lines; the later ones are indented, so that none passes for a line of the report.
fn push_lines(block: &mut String, message: &str) {
    let mut lines = message.lines();
    for (at, line) in lines.by_ref().take(MAX_MESSAGE_LINES).enumerate() {
        if at > 0 {
            block.push_str("    ");
        }
        block.push_str(shorten(&tame(line), MESSAGE_COLUMNS).trim_end());
        block.push('\n');
    }
    match (message.is_empty(), lines.count()) {
        (true, _) => block.push('\n'),
        (false, 0) => {}
        (false, more) => block.push_str(&format!("    … and {more} more lines\n")),
    }
}

fn name(name: &str) -> String {
    named(name, NAME_COLUMNS)
}

fn text(text: &str) -> String {
    shorten(&tame(text), NAME_COLUMNS)
}
