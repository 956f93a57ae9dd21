//! What stands below the figures: what they rest on, what is missing for more, and what the check itself cost.

use super::{COUNTS, NAME_COLUMNS, common_count, shown_rows};
use crate::model::Metric;
use crate::model::assumptions::{Input, InputUnit, Origin};
use crate::model::report::{Report, State};
use crate::model::worth::{Effect, Figure, Worth};
use crate::render::number::rough;
use crate::render::{named, shorten, tame};

/// Names that one note lists at most.
const MAX_NAMES: usize = 3;
/// Columns of a currency.
const CURRENCY_COLUMNS: usize = 8;

/// What a reader must know of the figures, and what is missing for more.
pub(super) fn notes(report: &Report, worth: &Worth, most: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let shown = shown_rows(worth).count();
    if shown > most {
        notes.push(format!("… and {} more, see `--format json`", shown - most));
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
    if shown_rows(worth).any(|row| row.key.metric == Metric::Time) {
        notes.push("times are of two runs: what they are worth is no more certain than that".to_owned());
    }
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
    if worth.inputs.contains_key(&Input::GbPrice) && !has_pages(worth) {
        notes.push("`gb-price` is not used: no page that was measured has changed".to_owned());
    }
    for line in worth.unmatched.iter().take(MAX_NAMES) {
        notes.push(format!("the `[[roi.subject]]` on line {line} matches nothing in this report"));
    }
    notes
}

/// What is asked for, by name.
pub(super) fn missing(worth: &Worth) -> Vec<String> {
    let measurable = || worth.rows.iter().filter(|row| row.effect != Effect::Unmeasurable);
    let mut missing = Vec::new();
    let lacking: Vec<String> = measurable()
        .filter(|row| row.calls.is_none() && Figure::CpuHours.is_of(row.key.metric))
        .map(|row| row.key.subject.to_string())
        .collect();
    if !lacking.is_empty() {
        let names: Vec<String> =
            lacking.iter().take(MAX_NAMES).map(|name| format!("`{}`", named(name, NAME_COLUMNS))).collect();
        let more = match lacking.len().saturating_sub(MAX_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        missing.push(format!(
            "needed: `calls-per-year`, in `[roi]` or in a `[[roi.subject]]`, for {}{more}; without it there are no CPU hours, money, energy or CO2e",
            names.join(", ")
        ));
    }
    if shown_rows(worth).any(|row| row.calls.is_some()) && !worth.inputs.contains_key(&Input::VcpuHour) {
        missing.push(format!("needed: `vcpu-hour`, in {}; without it there is no money", currency(worth)));
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
pub(super) fn inputs(worth: &Worth) -> Vec<String> {
    if shown_rows(worth).next().is_none() {
        return Vec::new();
    }
    let lines = [("stated", Origin::Stated), ("assumed", Origin::Default)].map(|(word, origin)| {
        let counts = COUNTS.into_iter().filter(|_| origin == Origin::Stated);
        let counts =
            counts.filter_map(|input| Some(format!("{} {}", input.name(), rough(common_count(worth, input)?))));
        // Shares are said as the rows have them, and the price of a minute beside what it came to.
        let is_beside = |input: Input| {
            let of_pages = matches!(input, Input::Connection | Input::GbPrice);
            input.is_of_subjects() || input == Input::CiMinute || of_pages && !has_pages(worth)
        };
        let others = worth.inputs.iter().filter(|(input, assumed)| assumed.origin == origin && !is_beside(**input));
        let others =
            others.map(|(input, assumed)| format!("{} {}", input.name(), written(*input, assumed.value, worth)));
        let values: Vec<String> = counts.chain(shares(worth, origin)).chain(others).collect();
        (!values.is_empty()).then(|| format!("{word}: {}", values.join(", ")))
    });
    lines.into_iter().flatten().collect()
}

/// Whether a page has changed that is worth something.
pub(super) fn has_pages(worth: &Worth) -> bool {
    worth.rows.iter().any(|row| row.key.metric == Metric::FirstLoad)
}

/// The shares of all rows, as they are.
fn shares(worth: &Worth, origin: Origin) -> Option<String> {
    let of_origin = worth.rows.iter().map(|row| row.share).filter(|share| share.origin == origin);
    let mut shares: Vec<f64> = of_origin.map(|share| share.value).collect();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    let shown: Vec<String> = shares.iter().take(MAX_NAMES).map(|share| written(Input::Share, *share, worth)).collect();
    let more = if shares.len() > MAX_NAMES { " and others" } else { "" };
    (!shown.is_empty()).then(|| format!("{} {}{more}", Input::Share.name(), shown.join(" or ")))
}

/// What the check itself cost.
pub(super) fn check(worth: &Worth) -> Option<String> {
    let seconds = worth.check?.as_secs_f64();
    let Some(price) = worth.inputs.get(&Input::CiMinute) else {
        let needed = format!("needed: `ci-minute`, in {}", currency(worth));
        return Some(format!("this check took {} s; {needed}, for what that costs", rough(seconds)));
    };
    let (cost, currency) = (rough(seconds / 60.0 * price.value), currency(worth));
    let price = written(Input::CiMinute, price.value, worth);
    Some(format!("this check took {} s: {cost} {currency}, at {price} a minute (`ci-minute`)", rough(seconds)))
}

pub(super) fn currency(worth: &Worth) -> String {
    shorten(&tame(&worth.currency), CURRENCY_COLUMNS)
}

/// A value of an input as a person writes it.
pub(super) fn written(input: Input, value: f64, worth: &Worth) -> String {
    match input.terms().unit {
        InputUnit::Count => rough(value),
        InputUnit::Percent => format!("{}%", plain(value * 100.0)),
        InputUnit::Money => format!("{} {}", plain(value), currency(worth)),
        InputUnit::Factor => plain(value),
        InputUnit::Hertz if value >= 1e9 => format!("{} GHz", plain(value / 1e9)),
        InputUnit::Hertz => format!("{} MHz", plain(value / 1e6)),
        InputUnit::Watts => format!("{} W", plain(value)),
        InputUnit::GramsPerKwh => format!("{} g/kWh", plain(value)),
        InputUnit::BitsPerSecond => format!("{} Mbit/s", plain(value / 1e6)),
    }
}

/// A number with as many of six decimals as it has.
fn plain(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
