//! What the changes are worth, as lines of a terminal and as Markdown: figures with their ranges, what they rest on, and
//! what is missing for more.

mod notes;

use self::notes::{check, currency, inputs, notes, written};
use super::markdown::{Place, escape, name, prose};
use super::number::rough;
use super::table::{self, Side};
use super::{shorten, tame};
use crate::model::assumptions::{Input, Origin};
use crate::model::report::Report;
use crate::model::worth::{Band, Effect, FORMULA, Figure, Figures, RANGES, RowWorth, Worth};

/// Rows that are shown at most. Each is an estimate; ten say where the weight is.
const MAX_ROWS: usize = 10;
/// Columns of a name.
const NAME_COLUMNS: usize = 100;

/// The numbers a year.
const COUNTS: [Input; 2] = [Input::CallsPerYear, Input::PageViewsPerYear];

/// Direction, subject, two numbers a year, and a figure each.
const COLUMNS: usize = 4 + Figure::ALL.len();
type Line = [String; COLUMNS];

/// The section as a terminal shows it.
pub(super) struct Lines {
    pub(super) title: String,
    /// The head, then a line for each row; nothing where no row has a figure.
    pub(super) table: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The section for a terminal; `None` where nothing changed that could be worth something.
pub(super) fn lines(report: &Report) -> Option<Lines> {
    let worth = worth(report)?;
    let mut table = cells(worth);
    use Side::{Left, Right};
    let mut sides = [Right; COLUMNS];
    (sides[0], sides[1]) = (Left, Left);
    let used = used(&table);
    table::align(&mut table, sides);
    let line = |cells: &Line| {
        let shown = cells.iter().zip(used).filter(|(_, used)| *used).map(|(cell, _)| cell.as_str());
        shown.collect::<Vec<&str>>().join("  ").trim_end().to_owned()
    };
    let mut notes = notes(report, worth);
    notes.extend(inputs(worth));
    notes.extend(check(worth));
    notes.push("formula and sources: cargo perfbudget explain roi".to_owned());
    let table = if table.len() > 1 { table.iter().map(line).collect() } else { Vec::new() };
    Some(Lines { title: "worth a year, estimated: the middle, and (5 % to 95 %)".to_owned(), table, notes })
}

/// The section for a pull request; an empty text where nothing changed that could be worth something.
pub(super) fn markdown(report: &Report) -> String {
    let Some(worth) = worth(report) else { return String::new() };
    let notes = notes(report, worth).into_iter().chain(inputs(worth)).chain(check(worth));
    let notes: Vec<String> = notes.map(|note| prose(&tame(&note), Place::Line)).collect();
    let head = "**What it is worth** a year, *estimated*: the middle, and 5 % to 95 % in parentheses.";
    format!("\n{head}\n{}\n{}\n{}", markdown_table(worth), notes.join("<br>\n"), how(worth))
}

fn markdown_table(worth: &Worth) -> String {
    let table = cells(worth);
    let used = used(&table);
    let named = shown_rows(worth).take(MAX_ROWS).count();
    let mut text = String::new();
    for (at, line) in table.iter().enumerate().filter(|_| table.len() > 1) {
        let is_named = (1..=named).contains(&at);
        let cell = |(column, cell): (usize, &String)| match column {
            1 if is_named => name(cell, Place::Cell),
            _ => escape(&tame(cell)),
        };
        let shown = line.iter().enumerate().filter(|(column, _)| used[*column]).map(cell);
        text.push_str(&format!(
            "{}| {} |\n",
            if at == 0 { "\n" } else { "" },
            shown.collect::<Vec<String>>().join(" | ")
        ));
        if at == 0 {
            let rule = |column: usize| if column < 2 { "---|" } else { "--:|" };
            let rules: String = (0..COLUMNS).filter(|column| used[*column]).map(rule).collect();
            text.push_str(&format!("|{rules}\n"));
        }
    }
    text
}

/// The formula, and every value with its source.
fn how(worth: &Worth) -> String {
    let of_rows = worth.rows.iter().any(|row| row.share.origin == Origin::Default);
    let inputs = worth.inputs.iter().filter(|(input, _)| **input != Input::Share || of_rows);
    let rows: String = inputs.map(|(input, assumed)| input_row(*input, assumed.value, assumed.origin, worth)).collect();
    let formula = FORMULA.join("\n");
    format!(
        "\n<details><summary>How this is estimated</summary>\n\n```text\n{formula}\n```\n\n{}\n\n\
         | input | value | from |\n|---|--:|---|\n{rows}\n</details>\n",
        escape(RANGES)
    )
}

fn input_row(input: Input, value: f64, origin: Origin, worth: &Worth) -> String {
    let from = match origin {
        Origin::Stated => "`perfbudget.toml`".to_owned(),
        Origin::Default => escape(&format!("default: {}", input.terms().source)),
    };
    format!("| `{}` | {} | {from} |\n", input.name(), escape(&tame(&written(input, value, worth))))
}

/// What there is to show.
fn worth(report: &Report) -> Option<&Worth> {
    report.worth.as_ref().filter(|worth| !worth.rows.is_empty())
}

fn shown_rows(worth: &Worth) -> impl Iterator<Item = &RowWorth> {
    worth.rows.iter().filter(|row| !row.figures.is_empty())
}

/// The table: its head, the rows that have figures, and their sums.
fn cells(worth: &Worth) -> Vec<Line> {
    let currency = currency(worth);
    let head = ["", "", "calls", "page views", "CPU hours", &currency, "kWh", "kg CO2e", "waiting hours"];
    let mut lines: Vec<Line> = vec![Line::default()];
    for (cell, text) in lines[0].iter_mut().zip(head) {
        text.clone_into(cell);
    }
    lines[0][COLUMNS - 1] = format!("waiting {currency}");
    for row in shown_rows(worth).take(MAX_ROWS) {
        let direction = match row.effect {
            Effect::Seconds(band) if band.mid() < 0.0 => "saves",
            _ => "costs",
        };
        let mut line = line(direction, shorten(&tame(&row.key.subject.to_string()), NAME_COLUMNS), &row.figures);
        for (cell, input) in line[2..4].iter_mut().zip(COUNTS) {
            // What is the same for all is said once.
            let count = row.count(input).filter(|_| common_count(worth, input).is_none());
            *cell = count.map(|count| rough(count.value)).unwrap_or_default();
        }
        lines.push(line);
    }
    for (direction, sum) in [("costs", &worth.more), ("saves", &worth.less)] {
        if sum.rows > 1 && !sum.figures.is_empty() {
            lines.push(line(direction, format!("all {} together", sum.rows), &sum.figures));
        }
    }
    lines
}

/// The number a year that all rows share, where they do.
fn common_count(worth: &Worth, input: Input) -> Option<f64> {
    let mut counts = worth.rows.iter().map(|row| row.count(input).map(|count| count.value));
    let first = counts.next()??;
    counts.all(|count| count == Some(first)).then_some(first)
}

fn line(direction: &str, subject: String, figures: &Figures) -> Line {
    let mut line = Line::default();
    (line[0], line[1]) = (direction.to_owned(), subject);
    for (cell, figure) in line[4..].iter_mut().zip(Figure::ALL) {
        *cell = figures.get(&figure).map(|band| range(*band)).unwrap_or_default();
    }
    line
}

/// Which columns hold something below their head.
fn used(table: &[Line]) -> [bool; COLUMNS] {
    std::array::from_fn(|at| table.iter().skip(1).any(|line| !line[at].is_empty()))
}

/// A band without its sign, which the row says.
fn range(band: Band) -> String {
    let (low, high) = if band.mid() < 0.0 { (band.high(), band.low()) } else { (band.low(), band.high()) };
    match (rough(low), rough(band.mid()), rough(high)) {
        (low, mid, high) if low == mid && mid == high => mid,
        (low, mid, high) => format!("{mid} ({low}–{high})"),
    }
}
