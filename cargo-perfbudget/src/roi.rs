//! Report × assumptions → what the changes are worth a year. Pure; it decides nothing, and claims nothing exact.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::compare::widening;
use crate::model::assumptions::{Assumed, Assumptions, Input, Origin};
use crate::model::report::{Judged, Report, State};
use crate::model::worth::{Band, Effect, Figure, Figures, RowWorth, Sum, Worth};
use crate::model::{Change, Evidence, Metric, Subject};

/// The 95 % quantile of the normal distribution.
const Z_95: f64 = 1.644_853_626_951_472_2;
/// The standard deviation of ln(instructions per cycle): 5 % to 95 % are a factor of 1.8 either way. It holds of a stated
/// value, too, since the instructions that came or went have a rate of their own.
const LN_SD_IPC: f64 = 0.35;
/// The standard deviation of ln(intensity) around the world's average.
const LN_SD_GRID: f64 = 0.2;
/// The 5 % and the 95 % quantile of what is elastic: evenly from 20 % to 80 %, around its default of 50 %.
const ELASTIC_5_TO_95: (f64, f64) = (0.23, 0.77);

const SECONDS_AN_HOUR: f64 = 3600.0;
const NANOS_A_SECOND: f64 = 1e9;
const WATTS_A_KILOWATT: f64 = 1000.0;
const GRAMS_A_KILOGRAM: f64 = 1000.0;
const BITS_A_BYTE: f64 = 8.0;
const BYTES_A_GB: f64 = 1e9;

/// What the report's changes are worth. `check` is how long the check took.
#[must_use]
pub fn worth(report: &Report, assumptions: &Assumptions, check: Option<Duration>) -> Worth {
    // What is counted exactly needs no time beside it: that would be the same work again.
    let counted: BTreeSet<&Subject> = of_metric(report, Metric::Instructions).collect();
    let rows: Vec<RowWorth> = report.rows.iter().filter_map(|judged| row(judged, assumptions, &counted)).collect();
    let cost = |row: &&RowWorth| matches!(row.effect, Effect::Seconds(band) if band.mid() > 0.0);
    let saving = |row: &&RowWorth| matches!(row.effect, Effect::Seconds(band) if band.mid() < 0.0);
    // Only a rule that could match nothing is worth writing out all names.
    let metrics = [Metric::Instructions, Metric::Time, Metric::FirstLoad];
    let subjects = metrics.into_iter().flat_map(|metric| of_metric(report, metric));
    let names: Vec<String> = subjects.filter(|_| !assumptions.subjects.is_empty()).map(ToString::to_string).collect();
    let is_unmatched = |glob: &crate::model::Glob| !names.iter().any(|name| glob.matches(name));
    Worth {
        currency: assumptions.currency.clone(),
        inputs: Input::ALL.iter().filter_map(|input| Some((*input, assumptions.of_all(*input)?))).collect(),
        more: sum(rows.iter().filter(cost)),
        less: sum(rows.iter().filter(saving)),
        unmatched: assumptions
            .subjects
            .iter()
            .filter(|rule| is_unmatched(&rule.subject))
            .map(|rule| rule.line)
            .collect(),
        rows,
        check,
    }
}

fn of_metric(report: &Report, metric: Metric) -> impl Iterator<Item = &Subject> {
    report.rows.iter().map(|judged| &judged.row.key).filter(move |key| key.metric == metric).map(|key| &*key.subject)
}

/// What one row is worth; `None` where it is not this change's, did not change, or has only one side.
fn row(judged: &Judged, assumptions: &Assumptions, counted: &BTreeSet<&Subject>) -> Option<RowWorth> {
    let key = &judged.row.key;
    let is_changed = || {
        matches!(
            judged.state,
            State::Crossed | State::OverAndWorse | State::Accepted | State::UnderRegressed | State::Improved
        )
    };
    let is_counted = match key.metric {
        Metric::Instructions => is_changed(),
        // What an entry point loads is a part of what its pages load.
        Metric::FirstLoad => matches!(*key.subject, Subject::Page(_)) && is_changed(),
        Metric::Time => judged.state != State::Excluded && !counted.contains(&*key.subject),
        _ => false,
    };
    let Change::Both { before, after, .. } = &judged.row.change else { return None };
    if !is_counted || before.quantity() == after.quantity() {
        return None;
    }
    let name = key.subject.to_string();
    let share = assumptions.of_subject(Input::Share, &name);
    let share = share.map(|own| Assumed { value: own.value, origin: Origin::Stated });
    let mut row = RowWorth {
        key: key.clone(),
        effect: Effect::Unmeasurable,
        share: share.or_else(|| assumptions.of_all(Input::Share)).unwrap_or(ALL_OF_IT),
        calls: assumptions.of_subject(Input::CallsPerYear, &name).filter(|_| Figure::CpuHours.is_of(key.metric)),
        page_views: assumptions.of_subject(Input::PageViewsPerYear, &name),
        figures: Figures::new(),
    };
    let Some(difference) = Estimate::of_difference(before, after) else { return Some(row) };
    let seconds = match key.metric {
        Metric::FirstLoad => {
            assumptions.of_all(Input::Connection).map(|connection| difference.times(BITS_A_BYTE / connection.value))
        }
        _ => difference.seconds(before, assumptions),
    };
    if let Some(seconds) = seconds {
        row.effect = Effect::Seconds(seconds.band());
        row.figures = figures(seconds, &row, assumptions);
        if key.metric == Metric::FirstLoad {
            row.figures.extend(transfer(difference, &row, assumptions));
        }
    }
    Some(row)
}

/// What a difference of bytes comes to when pages are transferred.
fn transfer(bytes: Estimate, row: &RowWorth, assumptions: &Assumptions) -> Figures {
    let gigabytes = row.page_views.map(|views| bytes.times(views.value).times(row.share.value).times(1.0 / BYTES_A_GB));
    let price = assumptions.of_all(Input::GbPrice);
    let money = gigabytes.zip(price).map(|(gigabytes, price)| gigabytes.times(price.value));
    let figures = [(Figure::Transfer, gigabytes), (Figure::TransferMoney, money)];
    figures.into_iter().filter_map(|(figure, estimate)| Some((figure, estimate?.band()))).collect()
}

const ALL_OF_IT: Assumed = Assumed { value: 1.0, origin: Origin::Default };

fn figures(seconds: Estimate, row: &RowWorth, assumptions: &Assumptions) -> Figures {
    let assumed = |input: Input| assumptions.of_all(input);
    let mut figures = Figures::new();
    let mut put = |figure: Figure, estimate: Option<Estimate>| {
        figures.extend(estimate.map(|estimate| (figure, estimate.band())));
    };
    let hours = |count: f64| seconds.times(count).times(row.share.value).times(1.0 / SECONDS_AN_HOUR);

    let cpu_hours = row.calls.map(|calls| hours(calls.value));
    put(Figure::CpuHours, cpu_hours);
    let money = || {
        let (price, elastic) = (assumed(Input::VcpuHour)?, assumed(Input::Elastic)?);
        let (low, high) = ELASTIC_5_TO_95;
        let estimate = cpu_hours?.times(price.value).times(elastic.value);
        Some(match elastic.origin {
            Origin::Stated => estimate,
            Origin::Default => estimate.uncertain_by((elastic.value / low).ln(), (high / elastic.value).ln()),
        })
    };
    put(Figure::Money, money());
    let energy = || {
        let (watts, pue) = (assumed(Input::VcpuWatts)?, assumed(Input::Pue)?);
        Some(cpu_hours?.times(watts.value).times(pue.value).times(1.0 / WATTS_A_KILOWATT))
    };
    put(Figure::Energy, energy());
    let emissions = || {
        let grid = assumed(Input::Grid)?;
        let estimate = energy()?.times(grid.value).times(1.0 / GRAMS_A_KILOGRAM);
        Some(match grid.origin {
            Origin::Stated => estimate,
            Origin::Default => estimate.uncertain_by(Z_95 * LN_SD_GRID, Z_95 * LN_SD_GRID),
        })
    };
    put(Figure::Emissions, emissions());

    let waiting = row.page_views.map(|views| hours(views.value));
    put(Figure::WaitingHours, waiting);
    let value = || Some(waiting?.times(assumed(Input::HourValue)?.value));
    put(Figure::WaitingMoney, value());
    figures
}

/// What the rows come to: only figures that all have which can have them, and never the same calls twice.
fn sum<'a>(rows: impl Iterator<Item = &'a RowWorth>) -> Sum {
    let rows: Vec<&RowWorth> = rows.collect();
    let mut sum = Sum { rows: rows.len(), ..Sum::default() };
    for figure in Figure::ALL {
        let rows: Vec<&&RowWorth> = rows.iter().filter(|row| figure.is_of(row.key.metric)).collect();
        let lines: Option<Vec<Option<usize>>> =
            rows.iter().map(|row| row.count(figure.grows_with()).map(|count| count.line)).collect();
        let Some(lines) = lines else { continue };
        if lines.iter().collect::<BTreeSet<_>>().len() < lines.len() {
            sum.overlaps = true;
            continue;
        }
        let bands: Option<Vec<Band>> = rows.iter().map(|row| row.figures.get(&figure).copied()).collect();
        let total = bands.and_then(|bands| bands.into_iter().reduce(Band::plus));
        sum.figures.extend(total.map(|total| (figure, total)));
    }
    sum
}

/// Whether something is more or less than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    More,
    Less,
}

/// An amount of change, and by which factors it may be off. It grows and shrinks; its direction does not change.
#[derive(Debug, Clone, Copy)]
struct Estimate {
    direction: Direction,
    /// The middle: not negative, and finite.
    mid: f64,
    /// ln(middle ÷ 5 % quantile), not negative.
    below: f64,
    /// ln(95 % quantile ÷ middle), not negative.
    above: f64,
}

impl Estimate {
    /// What one call takes more or less, in base units; `None` where the interval of the difference includes nothing.
    fn of_difference(before: &Evidence, after: &Evidence) -> Option<Estimate> {
        let ((low, high), (new_low, new_high)) = (reach(before, after), reach(after, before));
        let (direction, least, most) = if new_low > high {
            (Direction::More, new_low - high, new_high - low)
        } else if new_high < low {
            (Direction::Less, low - new_high, high - new_low)
        } else {
            return None;
        };
        // An estimate that comes from elsewhere may lie outside its own interval.
        let mid = (after.quantity().get() - before.quantity().get()).abs().clamp(least, most);
        Some(Estimate { direction, mid, below: ln_ratio(mid, least), above: ln_ratio(most, mid) })
    }

    /// The seconds of a CPU that a difference of times or instructions is.
    fn seconds(self, before: &Evidence, assumptions: &Assumptions) -> Option<Estimate> {
        match before {
            Evidence::Sampled { .. } => Some(self.times(1.0 / NANOS_A_SECOND)),
            Evidence::Exact { .. } => {
                let rate = assumptions.of_all(Input::Ipc)?.value * assumptions.of_all(Input::Clock)?.value;
                Some(self.times(1.0 / rate).uncertain_by(Z_95 * LN_SD_IPC, Z_95 * LN_SD_IPC))
            }
        }
    }

    fn times(self, factor: f64) -> Estimate {
        Estimate { mid: (self.mid * factor).min(f64::MAX), ..self }
    }

    /// With one more source of uncertainty. Independent ones add up as the squares of their logarithms: exact where all
    /// are log-normal, and within 5 % of the true quantiles for `elastic`, which is not.
    fn uncertain_by(self, below: f64, above: f64) -> Estimate {
        Estimate { below: self.below.hypot(below), above: self.above.hypot(above), ..self }
    }

    fn band(self) -> Band {
        let off = |ln: f64| (self.mid * ln.exp().min(f64::MAX)).min(f64::MAX);
        let (least, most) = (off(-self.below).min(self.mid), off(self.above).max(self.mid));
        let (low, mid, high) = match self.direction {
            Direction::More => (least, self.mid, most),
            Direction::Less => (-most, -self.mid, -least),
        };
        Band::new(low, mid, high).unwrap_or_default()
    }
}

/// The interval of a value: a time's own, and for a count what its noise leaves open.
fn reach(evidence: &Evidence, other: &Evidence) -> (f64, f64) {
    match evidence {
        Evidence::Sampled { low, high, .. } => (low.get().min(high.get()), high.get().max(low.get())),
        Evidence::Exact { value, .. } => {
            // `compare` calls a difference real beyond the widening of the larger side; each side takes half of that.
            let larger = evidence.quantity().get().max(other.quantity().get());
            let half = (widening(evidence, other).get() * larger / 2.0).clamp(0.0, f64::MAX);
            (*value as f64 - half, (*value as f64 + half).min(f64::MAX))
        }
    }
}

fn ln_ratio(more: f64, less: f64) -> f64 {
    if less > 0.0 { (more / less).min(f64::MAX).ln().max(0.0) } else { f64::MAX.ln() }
}

#[cfg(test)]
mod tests;
