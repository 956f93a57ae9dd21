//! What the changes are worth, as lines of a terminal and as Markdown: figures with their ranges, what they rest on, and
//! what is missing for more.

use super::markdown::{Place, escape, name, prose};
use super::number::rough;
use super::table::{self, Side};
use super::{shorten, tame};
use crate::model::assumptions::{Input, InputUnit, Origin};
use crate::model::report::{Report, State};
use crate::model::worth::{Band, Effect, FORMULA, Figure, Figures, RANGES, RowWorth, Worth};

/// Rows that are shown at most. Each is an estimate; ten say where the weight is.
const MAX_ROWS: usize = 10;
/// Names that one note lists at most.
const MAX_NAMES: usize = 3;
/// Columns of a name.
const NAME_COLUMNS: usize = 100;
/// Columns of a currency.
const CURRENCY_COLUMNS: usize = 8;

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
    Some(Lines { title: "worth a year, estimated: middle (5 % – 95 %)".to_owned(), table, notes })
}

/// The section for a pull request; an empty text where nothing changed that could be worth something.
pub(super) fn markdown(report: &Report) -> String {
    let Some(worth) = worth(report) else { return String::new() };
    let mut text =
        "\n**What it is worth** a year, *estimated*: the middle, and 5 % to 95 % in parentheses.\n".to_owned();
    let table = cells(worth);
    let used = used(&table);
    let shown = |cells: &Line, subject: &str| {
        let cells = cells.iter().enumerate().filter(|(at, _)| used[*at]);
        let cell = |(at, cell): (usize, &String)| if at == 1 { subject.to_owned() } else { escape(&tame(cell)) };
        format!("| {} |\n", cells.map(cell).collect::<Vec<String>>().join(" | "))
    };
    for (at, cells) in table.iter().enumerate().filter(|_| table.len() > 1) {
        let is_row = at > 0 && at <= shown_rows(worth).count().min(MAX_ROWS);
        let subject = if is_row { name(&shorten(&cells[1], NAME_COLUMNS), Place::Cell) } else { escape(&cells[1]) };
        text.push_str(if at == 0 { "\n" } else { "" });
        text.push_str(&shown(cells, &subject));
        if at == 0 {
            let rules = used.iter().enumerate().filter(|(_, used)| **used);
            let rule = |(at, _): (usize, &bool)| if at < 2 { "---|" } else { "--:|" };
            text.push_str(&format!("|{}\n", rules.map(rule).collect::<String>()));
        }
    }
    let notes: Vec<String> = notes(report, worth).into_iter().chain(check(worth)).collect();
    let line = |note: &String| prose(&tame(note), Place::Line);
    text.push_str(&format!("\n{}\n", notes.iter().map(line).collect::<Vec<String>>().join("<br>\n")));
    text.push_str("\n<details><summary>How this is estimated</summary>\n\n```text\n");
    text.push_str(&FORMULA.join("\n"));
    text.push_str(&format!("\n```\n\n{}\n\n", escape(RANGES)));
    text.push_str("| input | value | from |\n|---|--:|---|\n");
    for (input, assumed) in worth.inputs.iter().filter(|(input, _)| **input != Input::Share) {
        text.push_str(&input_row(*input, assumed.value, assumed.origin, worth));
    }
    if worth.rows.iter().any(|row| row.share.origin == Origin::Default) {
        text.push_str(&input_row(Input::Share, 1.0, Origin::Default, worth));
    }
    text.push_str("\n</details>\n");
    text
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
        line[2] = row.calls.map(|calls| rough(calls.value)).unwrap_or_default();
        line[3] = row.page_views.map(|views| rough(views.value)).unwrap_or_default();
        lines.push(line);
    }
    for (direction, sum) in [("costs", &worth.more), ("saves", &worth.less)] {
        if sum.rows > 1 && !sum.figures.is_empty() {
            lines.push(line(direction, format!("all {} together", sum.rows), &sum.figures));
        }
    }
    lines
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

/// What a reader must know of the figures, and what is missing for more.
fn notes(report: &Report, worth: &Worth) -> Vec<String> {
    let mut notes = Vec::new();
    let shown = shown_rows(worth).count();
    if shown > MAX_ROWS {
        notes.push(format!("… and {} more, see `--format json`", shown - MAX_ROWS));
    }
    let sums = [&worth.more, &worth.less];
    if sums.iter().any(|sum| sum.rows > 1 && sum.overlaps) {
        notes.push(
            "not added up: rows that share one stated number may be the same calls; give each its own in `[[roi.subject]]`"
                .to_owned(),
        );
    }
    if sums.iter().any(|sum| sum.rows > 1 && !sum.figures.is_empty()) {
        notes.push("added up as if no counted call happened inside another".to_owned());
    }
    notes.extend(missing(worth));
    let unmeasurable = worth.rows.iter().filter(|row| row.effect == Effect::Unmeasurable).count();
    match unmeasurable {
        0 => {}
        1 => notes.push("1 difference is within its interval: nothing measurable, so no figures".to_owned()),
        _ => notes
            .push(format!("{unmeasurable} differences are within their intervals: nothing measurable, so no figures")),
    }
    if report.rows.iter().any(|judged| judged.state == State::Inherited) {
        notes.push("what is inherited is not in it".to_owned());
    }
    if worth.inputs.contains_key(&Input::GbPrice) {
        notes.push("`gb-price` is not used: nothing that was measured is transferred to pages".to_owned());
    }
    for line in worth.unmatched.iter().take(MAX_NAMES) {
        notes.push(format!("the `[[roi.subject]]` on line {line} matches nothing in this report"));
    }
    notes
}

/// What is asked for, by name.
fn missing(worth: &Worth) -> Vec<String> {
    let measurable = || worth.rows.iter().filter(|row| row.effect != Effect::Unmeasurable);
    let mut missing = Vec::new();
    let lacking: Vec<String> =
        measurable().filter(|row| row.calls.is_none()).map(|row| row.key.subject.to_string()).collect();
    if !lacking.is_empty() {
        let names: Vec<String> =
            lacking.iter().take(MAX_NAMES).map(|name| format!("`{}`", shorten(&tame(name), NAME_COLUMNS))).collect();
        let more = match lacking.len().saturating_sub(MAX_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        missing.push(format!(
            "needed: `calls-per-year`, in `[roi]` or in a `[[roi.subject]]`, for {}{more}; without it there are no CPU hours, money, energy or CO2e",
            names.join(", ")
        ));
    }
    let waited = measurable().filter(|row| row.page_views.is_some()).count();
    match (measurable().count() - waited, waited) {
        (0, _) => {}
        (_, 0) => missing.push("no waiting hours: `page-views-per-year` is not stated".to_owned()),
        (without, _) => missing.push(format!("no waiting hours for {without}: `page-views-per-year` is not stated")),
    }
    missing
}

/// The values that the figures rest on, a line for what is stated and one for what is not.
fn inputs(worth: &Worth) -> Vec<String> {
    let of = |origin: Origin| {
        let general = worth.inputs.iter().filter(|(input, assumed)| {
            assumed.origin == origin && !matches!(input, Input::Share | Input::CiMinute | Input::GbPrice)
        });
        let mut values: Vec<String> = general
            .filter(|(input, _)| !input.is_of_subjects())
            .map(|(input, assumed)| format!("{} {}", input.name(), written(*input, assumed.value, worth)))
            .collect();
        let mut shares: Vec<f64> = worth
            .rows
            .iter()
            .map(|row| row.share)
            .filter(|share| share.origin == origin)
            .map(|share| share.value)
            .collect();
        shares.sort_by(f64::total_cmp);
        shares.dedup();
        let shares = shares.iter().take(MAX_NAMES).map(|share| written(Input::Share, *share, worth));
        let shares: Vec<String> = shares.collect();
        if !shares.is_empty() {
            values.insert(0, format!("{} {}", Input::Share.name(), shares.join(" or ")));
        }
        values.join(", ")
    };
    let lines = [("stated", of(Origin::Stated)), ("assumed", of(Origin::Default))];
    lines
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(word, values)| format!("{word}: {values}"))
        .collect()
}

/// What the check itself cost.
fn check(worth: &Worth) -> Option<String> {
    let (check, price) = (worth.check?, worth.inputs.get(&Input::CiMinute)?);
    let (seconds, currency) = (check.as_secs_f64(), currency(worth));
    let cost = rough(seconds / 60.0 * price.value);
    let price = written(Input::CiMinute, price.value, worth);
    Some(format!("this check took {} s: {cost} {currency}, at {price} a minute (`ci-minute`)", rough(seconds)))
}

fn currency(worth: &Worth) -> String {
    shorten(&tame(&worth.currency), CURRENCY_COLUMNS)
}

/// A value of an input as a person writes it.
fn written(input: Input, value: f64, worth: &Worth) -> String {
    match input.terms().unit {
        InputUnit::Count => rough(value),
        InputUnit::Percent => format!("{}%", plain(value * 100.0)),
        InputUnit::Money => format!("{} {}", plain(value), currency(worth)),
        InputUnit::Factor => plain(value),
        InputUnit::Hertz if value >= 1e9 => format!("{} GHz", plain(value / 1e9)),
        InputUnit::Hertz => format!("{} MHz", plain(value / 1e6)),
        InputUnit::Watts => format!("{} W", plain(value)),
        InputUnit::GramsPerKwh => format!("{} g/kWh", plain(value)),
    }
}

/// A number with as many of six decimals as it has.
fn plain(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
