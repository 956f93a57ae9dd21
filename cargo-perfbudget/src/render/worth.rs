//! What the changes are worth, as lines of a terminal and as a sheet for a template: figures with their ranges, what they
//! rest on, and what is missing for more.

mod notes;

use self::notes::{check, currency, has_pages, inputs, missing, notes, written};
use super::named;
use super::number::rough;
use super::table::{self, Side};
use crate::model::assumptions::{Assumed, Input, Origin};
use crate::model::report::Report;
use crate::model::worth::{Band, Effect, Figure, Figures, RowWorth, Worth};

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
    let mut table = cells(worth, MAX_ROWS);
    use Side::{Left, Right};
    let mut sides = [Right; COLUMNS];
    (sides[0], sides[1]) = (Left, Left);
    let used = used(&table);
    table::align(&mut table, sides);
    let line = |cells: &Line| {
        let shown = cells.iter().zip(used).filter(|(_, used)| *used).map(|(cell, _)| cell.as_str());
        shown.collect::<Vec<&str>>().join("  ").trim_end().to_owned()
    };
    let mut notes = notes(report, worth, MAX_ROWS);
    notes.extend(inputs(worth));
    notes.extend(check(worth));
    notes.push("formula and sources: cargo perfbudget explain roi".to_owned());
    let table = if table.len() > 1 { table.iter().map(line).collect() } else { Vec::new() };
    Some(Lines { title: "worth a year, estimated: the middle, and (5 % to 95 %)".to_owned(), table, notes })
}

/// The section for a template; `None` where nothing changed that could be worth something.
pub(super) struct Sheet {
    /// What all rows come to that cost more, and that cost less: the direction, and each figure with its unit.
    pub(super) sums: Vec<(&'static str, Vec<String>)>,
    /// The heads of all columns behind direction and name.
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<SheetRow>,
    /// What is missing for more.
    pub(super) missing: Vec<String>,
    pub(super) notes: Vec<String>,
    /// What the check itself cost.
    pub(super) check: Option<String>,
}

/// A row of a sheet. All of them have a cell for each head.
pub(super) struct SheetRow {
    pub(super) direction: String,
    /// A subject; `None` for a sum.
    pub(super) name: Option<String>,
    /// What a sum is of.
    pub(super) together: Option<String>,
    pub(super) cells: Vec<String>,
}

/// The table with so many rows at most, and what is said below it.
pub(super) fn sheet(report: &Report, most: usize) -> Option<Sheet> {
    let worth = worth(report)?;
    let table = cells(worth, most);
    let used = used(&table);
    let named = shown_rows(worth).take(most).count();
    let cells = |line: &Line| -> Vec<String> {
        (2..COLUMNS).filter(|column| used[*column]).map(|column| line[column].clone()).collect()
    };
    let row = |(at, line): (usize, &Line)| SheetRow {
        direction: line[0].clone(),
        name: (at < named).then(|| line[1].clone()),
        together: (at >= named).then(|| line[1].clone()),
        cells: cells(line),
    };
    let missing = missing(worth);
    let notes = notes(report, worth, most).into_iter().filter(|note| !missing.contains(note)).chain(inputs(worth));
    let (head, lines) = table.split_first()?;
    Some(Sheet {
        sums: sums(worth),
        head: cells(head),
        rows: lines.iter().enumerate().map(row).collect(),
        notes: notes.collect(),
        missing,
        check: check(worth),
    })
}

/// What the rows come to, money first; nothing where they cannot be added up.
fn sums(worth: &Worth) -> Vec<(&'static str, Vec<String>)> {
    let heads = heads(&currency(worth));
    let text = |figures: &Figures| {
        let mut all: Vec<(Figure, &String)> = Figure::ALL.into_iter().zip(&heads[4..]).collect();
        all.sort_by_key(|(figure, _)| *figure != Figure::Money);
        all.iter().filter_map(|(figure, head)| Some(range(*figures.get(figure)?, &format!(" {head}")))).collect()
    };
    let sums = [("costs", &worth.more), ("saves", &worth.less)].into_iter();
    sums.filter(|(_, sum)| !sum.figures.is_empty()).map(|(direction, sum)| (direction, text(&sum.figures))).collect()
}

/// Every value that the estimate rests on: its key, the value as a person writes it, and where it comes from.
pub(super) fn inputs_of(report: &Report) -> Vec<(&'static str, String, String)> {
    let Some(worth) = worth(report) else { return Vec::new() };
    let of_rows = worth.rows.iter().any(|row| row.share.origin == Origin::Default);
    let is_used = |input: Input| match input {
        Input::Share => of_rows,
        Input::Connection => has_pages(worth),
        _ => true,
    };
    let inputs = worth.inputs.iter().filter(|(input, _)| is_used(**input));
    let from = |input: Input, origin: Origin| match origin {
        Origin::Stated => "`perfbudget.toml`".to_owned(),
        Origin::Default => format!("default: {}", input.terms().source),
    };
    let row = |(input, assumed): (&Input, &Assumed)| {
        (input.name(), written(*input, assumed.value, worth), from(*input, assumed.origin))
    };
    inputs.map(row).collect()
}

/// What there is to show.
fn worth(report: &Report) -> Option<&Worth> {
    report.worth.as_ref().filter(|worth| !worth.rows.is_empty())
}

fn shown_rows(worth: &Worth) -> impl Iterator<Item = &RowWorth> {
    worth.rows.iter().filter(|row| !row.figures.is_empty())
}

/// The table: its head, the rows that have figures, and their sums.
fn cells(worth: &Worth, most: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![heads(&currency(worth))];
    for row in shown_rows(worth).take(most) {
        let direction = match row.effect {
            Effect::Seconds(band) if band.mid() < 0.0 => "saves",
            _ => "costs",
        };
        let mut line = line(direction, named(&row.key.subject.to_string(), NAME_COLUMNS), &row.figures);
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

/// The heads of the table's columns.
fn heads(currency: &str) -> Line {
    let (waiting, transfer) = (format!("waiting {currency}"), format!("GB {currency}"));
    let of_server = ["", "", "calls", "page views", "CPU hours", currency, "kWh", "kg CO2e"];
    let of_people = ["waiting hours", &waiting, "GB", &transfer];
    let mut heads = Line::default();
    for (head, text) in heads.iter_mut().zip(of_server.into_iter().chain(of_people)) {
        text.clone_into(head);
    }
    heads
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
        *cell = figures.get(&figure).map(|band| range(*band, "")).unwrap_or_default();
    }
    line
}

/// Which columns hold something below their head.
fn used(table: &[Line]) -> [bool; COLUMNS] {
    std::array::from_fn(|at| table.iter().skip(1).any(|line| !line[at].is_empty()))
}

/// A band without its sign, which the row says, in that unit.
fn range(band: Band, unit: &str) -> String {
    let (low, high) = if band.mid() < 0.0 { (band.high(), band.low()) } else { (band.low(), band.high()) };
    match (rough(low), rough(band.mid()), rough(high)) {
        (low, mid, high) if low == mid && mid == high => format!("{mid}{unit}"),
        (low, mid, high) => format!("{mid}{unit} ({low}–{high})"),
    }
}
