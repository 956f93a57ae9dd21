//! What a change is worth a year: figures as bands, for each row and together.

use std::collections::BTreeMap;
use std::time::Duration;

use super::assumptions::{Assumed, Input, Stated};
use super::metric::Metric;
use super::name::Key;

/// How the figures come about, a line each.
pub const FORMULA: [&str; 10] = [
    "seconds       = instructions ÷ (ipc × clock), or the difference of the times",
    "CPU hours     = calls-per-year × share × seconds ÷ 3600",
    "money         = CPU hours × vcpu-hour × elastic",
    "kWh           = CPU hours × vcpu-watts × pue ÷ 1000",
    "kg CO2e       = kWh × grid ÷ 1000",
    "waiting hours = page-views-per-year × share × seconds ÷ 3600",
    "waiting money = waiting hours × hour-value",
    "  of a page: seconds = bytes of its first load × 8 ÷ connection",
    "GB            = page-views-per-year × share × bytes of the first load ÷ 10⁹",
    "GB money      = GB × gb-price",
];

/// How the ranges come about.
pub const RANGES: &str = "A range goes from 5 % to 95 %. What is uncertain: ipc (log-normal, σ 0.35: a factor of 1.8 either \
way), elastic (evenly from 20 % to 80 %) and grid (log-normal, σ 0.2) where they are not stated, the interval of a time, \
and the noise of a count. low = middle ÷ exp(√Σ ln²(middle ÷ lowᵢ)), and high likewise.";

/// An estimate as a range: what it is at 5 %, in the middle and at 95 %. Finite, in this order; below zero is less.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Band {
    low: f64,
    mid: f64,
    high: f64,
}

impl Band {
    /// A band; `None` where a number is not finite, or they are out of order.
    #[must_use]
    pub fn new(low: f64, mid: f64, high: f64) -> Option<Band> {
        let all = [low, mid, high];
        let is_band = all.iter().all(|value| value.is_finite()) && all.is_sorted();
        // Adding zero turns −0.0 into 0.0, so that equal bands print equally.
        is_band.then_some(Band { low: low + 0.0, mid: mid + 0.0, high: high + 0.0 })
    }

    /// The 5 % quantile.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// The middle.
    #[must_use]
    pub fn mid(self) -> f64 {
        self.mid
    }

    /// The 95 % quantile.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }

    /// Both together, as if both were off the same way. What no number can hold stops at the largest one.
    #[must_use]
    pub fn plus(self, other: Band) -> Band {
        let sum = |one: f64, two: f64| (one + two).clamp(f64::MIN, f64::MAX);
        Band { low: sum(self.low, other.low), mid: sum(self.mid, other.mid), high: sum(self.high, other.high) }
    }
}

/// What is estimated, for a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// Hours of one virtual CPU.
    CpuHours,
    /// Money for them.
    Money,
    /// Energy in kWh.
    Energy,
    /// Emissions in kg CO2e.
    Emissions,
    /// Hours that people wait.
    WaitingHours,
    /// The value of these.
    WaitingMoney,
    /// GB (10⁹ bytes) that pages transfer.
    Transfer,
    /// Money for these.
    TransferMoney,
}

impl Figure {
    /// All figures, in the order in which reports show them.
    pub const ALL: [Figure; 8] = [
        Figure::CpuHours,
        Figure::Money,
        Figure::Energy,
        Figure::Emissions,
        Figure::WaitingHours,
        Figure::WaitingMoney,
        Figure::Transfer,
        Figure::TransferMoney,
    ];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Figure::CpuHours => "cpu-hours",
            Figure::Money => "money",
            Figure::Energy => "kwh",
            Figure::Emissions => "kg-co2e",
            Figure::WaitingHours => "waiting-hours",
            Figure::WaitingMoney => "waiting-money",
            Figure::Transfer => "transfer-gb",
            Figure::TransferMoney => "transfer-money",
        }
    }

    /// The figure of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Figure> {
        Figure::ALL.into_iter().find(|figure| figure.name() == name)
    }

    /// The number a year that it grows with.
    #[must_use]
    pub fn grows_with(self) -> Input {
        match self {
            Figure::CpuHours | Figure::Money | Figure::Energy | Figure::Emissions => Input::CallsPerYear,
            Figure::WaitingHours | Figure::WaitingMoney | Figure::Transfer | Figure::TransferMoney => {
                Input::PageViewsPerYear
            }
        }
    }

    /// Whether a change of that metric can have it: pages are transferred and waited for, what runs on a server takes its CPU.
    #[must_use]
    pub fn is_of(self, metric: Metric) -> bool {
        match self {
            Figure::CpuHours | Figure::Money | Figure::Energy | Figure::Emissions => metric != Metric::FirstLoad,
            Figure::WaitingHours | Figure::WaitingMoney => true,
            Figure::Transfer | Figure::TransferMoney => metric == Metric::FirstLoad,
        }
    }
}

/// Figures by what they are. Those whose inputs are not all there are left out.
pub type Figures = BTreeMap<Figure, Band>;

/// What a change does to one call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// It takes so many seconds more: of a CPU, or of a page's visitor.
    Seconds(Band),
    /// The interval of the difference includes none.
    Unmeasurable,
}

/// What the change of one row is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct RowWorth {
    /// The row.
    pub key: Key,
    /// What the change does to one call.
    pub effect: Effect,
    /// How much of production's work the row stands for.
    pub share: Assumed,
    /// Calls a year; `None` where nobody states them.
    pub calls: Option<Stated>,
    /// Page views a year; `None` where nobody states them.
    pub page_views: Option<Stated>,
    /// The figures, for a year.
    pub figures: Figures,
}

impl RowWorth {
    /// The number a year that a figure grows with, where it is stated.
    #[must_use]
    pub fn count(&self, input: Input) -> Option<Stated> {
        if input == Input::PageViewsPerYear { self.page_views } else { self.calls }
    }
}

/// What several rows are worth together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sum {
    /// How many rows cost more, or less.
    pub rows: usize,
    /// The figures that all of them have, and that may be added.
    pub figures: Figures,
    /// Whether two of them share one stated number of calls or page views, so that adding would count these twice.
    pub overlaps: bool,
}

/// What a report's changes are worth a year. All of it is an estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct Worth {
    /// The name of the currency of all money.
    pub currency: String,
    /// What it rests on, beyond what the rows say themselves.
    pub inputs: BTreeMap<Input, Assumed>,
    /// The rows that changed, in the order of the report.
    pub rows: Vec<RowWorth>,
    /// What those that cost more come to.
    pub more: Sum,
    /// What those that cost less come to.
    pub less: Sum,
    /// Lines of `[[roi.subject]]` that match no row of the report.
    pub unmatched: Vec<usize>,
    /// How long the check itself took, where one was made.
    pub check: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_finite_and_in_order() {
        assert!(Band::new(-1.0, 0.0, 2.0).is_some());
        for (low, mid, high) in [(1.0, 0.0, 2.0), (0.0, f64::NAN, 1.0), (0.0, 1.0, f64::INFINITY)] {
            assert_eq!(Band::new(low, mid, high), None);
        }
        let most = Band { low: f64::MAX, mid: f64::MAX, high: f64::MAX };
        assert_eq!(most.plus(most), most);
    }
}
