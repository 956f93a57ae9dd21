//! The inputs of an estimate of worth: their units, bounds, defaults and sources, and what `[roi]` states of them.

use std::collections::BTreeMap;

use super::budget::Glob;

/// Whether an input counts, divides or has a price, and so how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputUnit {
    /// How often a year: a plain number, or one with `k`, `M`, `G` or `T`.
    Count,
    /// A fraction, written as a percentage.
    Percent,
    /// Money in the currency of the estimate.
    Money,
    /// A plain factor.
    Factor,
    /// Hertz, written with its unit.
    Hertz,
    /// Watts, written with their unit.
    Watts,
    /// Grams of CO2e for each kWh, written with their unit.
    GramsPerKwh,
    /// Bits a second, written with their unit.
    BitsPerSecond,
}

/// What is known of an input before anybody states it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Its key in `[roi]`.
    pub name: &'static str,
    /// What it is, without a full stop.
    pub meaning: &'static str,
    /// How it is written.
    pub unit: InputUnit,
    /// What holds where nobody states it; `None` where that would be an invention.
    pub default: Option<f64>,
    /// The default as a person writes it; empty where there is none.
    pub default_written: &'static str,
    /// Where the default comes from, with its year.
    pub source: &'static str,
    /// The least and the most that it can be, in base units.
    pub bounds: (f64, f64),
    /// The bounds as a person writes them.
    pub bounds_written: &'static str,
    /// A value as a person writes it.
    pub example: &'static str,
}

macro_rules! inputs {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $name:literal, $unit:ident, $default:expr, $default_written:literal, $source:literal,
       $bounds:expr, $written:literal, $example:literal;)+) => {
        /// An input of the estimate. What is not stated in `[roi]` has a default with a source, or is asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Input {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl Input {
            /// All inputs, in the order in which they are documented.
            pub const ALL: &'static [Input] = &[$(Input::$variant),+];

            /// What is known of it.
            #[must_use]
            pub fn terms(self) -> Terms {
                match self {
                    $(Input::$variant => Terms {
                        name: $name,
                        meaning: concat!($($meaning),+).trim_ascii(),
                        unit: InputUnit::$unit,
                        default: $default,
                        default_written: $default_written,
                        source: $source,
                        bounds: $bounds,
                        bounds_written: $written,
                        example: $example,
                    },)+
                }
            }
        }
    };
}

/// The most that is counted a year: above 2^53 an `f64` no longer holds every integer.
const MAX_COUNT: f64 = (1_u64 << 53) as f64;

inputs! {
    /// How often production runs a year what one iteration of the benchmark runs
    CallsPerYear = "calls-per-year", Count, None, "", "", (1.0, MAX_COUNT), "from 1 to 2^53", "\"2.5G\"";
    /// How much of that work in production the benchmark stands for
    Share = "share", Percent, Some(1.0), "100%", "an assumption: all of it",
        (1e-9, 1.0), "above 0% and at most 100%", "\"30%\"";
    /// How often a year a person waits for one such call, such as for a page
    PageViewsPerYear = "page-views-per-year", Count, None, "", "", (1.0, MAX_COUNT), "from 1 to 2^53", "\"40M\"";
    /// The price of an hour of one virtual CPU
    VcpuHour = "vcpu-hour", Money, Some(0.04), "0.04",
        "rounded from 0.04048 USD: AWS Fargate, Linux on x86, us-east-1, on demand, 2026",
        (0.0, 1e6), "from 0 to 1000000", "0.04";
    /// How much of the capacity that is no longer needed is really given back, or that is needed really bought
    Elastic = "elastic", Percent, Some(0.5), "50%", "an assumption: anything from 20% to 80%",
        (0.0, 1.0), "from 0% to 100%", "\"50%\"";
    /// The value of an hour that a person waits
    HourValue = "hour-value", Money, None, "", "", (0.0, 1e6), "from 0 to 1000000", "25";
    /// Instructions for each cycle
    Ipc = "ipc", Factor, Some(1.5), "1.5", "an assumption: the middle of 0.7 to 3, which most programs are within",
        (0.05, 16.0), "from 0.05 to 16", "1.5";
    /// The clock rate of production's CPUs
    Clock = "clock", Hertz, Some(3e9), "3 GHz", "an assumption: a common rate of servers under load",
        (1e6, 1e10), "from 1 MHz to 10 GHz", "\"3 GHz\"";
    /// What a virtual CPU draws when it is busy, beyond what it draws when it is idle
    VcpuWatts = "vcpu-watts", Watts, Some(2.8), "2.8 W",
        "which is 3.5 W busy minus 0.7 W idle: Cloud Carbon Footprint's averages for AWS, release 0.15 of 2024",
        (0.01, 1000.0), "from 0.01 W to 1000 W", "\"2.8 W\"";
    /// Power of the whole data centre for each watt that reaches its computers
    Pue = "pue", Factor, Some(1.2), "1.2",
        "an assumption: between the large clouds (1.135 in Cloud Carbon Footprint) and all data centres (1.58, Uptime Institute 2023)",
        (1.0, 10.0), "from 1 to 10", "1.2";
    /// Emissions of a kWh from the grid
    Grid = "grid", GramsPerKwh, Some(472.94), "472.94 g/kWh", "the world's average: CO2.js 0.19 of 2026, with data of Ember",
        (0.0, 1e4), "from 0 g/kWh to 10000 g/kWh", "\"380 g/kWh\"";
    /// The price of a minute of the machine that runs the check
    CiMinute = "ci-minute", Money, Some(0.006), "0.006 USD", "GitHub-hosted runner, Linux with 2 cores, since January 2026",
        (0.0, 1e6), "from 0 to 1000000", "0.006";
    /// What the connection of a person takes in who waits for a page
    Connection = "connection", BitsPerSecond, Some(1.6e6), "1.6 Mbit/s",
        "an assumption: the slow 4G that Lighthouse simulates for phones",
        (1e3, 1e11), "from 1 kbit/s to 100 Gbit/s", "\"9 Mbit/s\"";
    /// The price of a GB that pages transfer
    GbPrice = "gb-price", Money, None, "", "", (0.0, 1e6), "from 0 to 1000000", "0.09";
}

impl Input {
    /// Its key in `[roi]`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.terms().name
    }

    /// The input of that key.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Input> {
        Input::ALL.iter().copied().find(|input| input.name() == name)
    }

    /// Whether it can be that much, in base units; NaN it cannot be.
    #[must_use]
    pub fn admits(self, value: f64) -> bool {
        let (least, most) = self.terms().bounds;
        (least..=most).contains(&value)
    }

    /// Whether a rule for some subjects may state it.
    #[must_use]
    pub fn is_of_subjects(self) -> bool {
        matches!(self, Input::CallsPerYear | Input::Share | Input::PageViewsPerYear)
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The configuration states it.
    Stated,
    /// Nobody does.
    Default,
}

/// A value that the estimate rests on, in the base unit of its input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assumed {
    /// The value.
    pub value: f64,
    /// Where it comes from.
    pub origin: Origin,
}

/// A number a year that the configuration states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stated {
    /// The number.
    pub value: f64,
    /// The line of the `[[roi.subject]]` that states it; `None` for `[roi]` itself, which speaks of all subjects.
    pub line: Option<usize>,
}

/// What a `[[roi.subject]]` states. Later ones win.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectInputs {
    /// Which subjects, by their whole name.
    pub subject: Glob,
    /// What it states.
    pub stated: BTreeMap<Input, f64>,
    /// The line of the configuration it stands on, from 1.
    pub line: usize,
}

/// The currency of the default prices, and of all prices where none is stated.
const DEFAULT_CURRENCY: &str = "USD";

/// What `[roi]` states.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumptions {
    /// The name of the currency of all prices.
    pub currency: String,
    /// What is stated of all subjects, in base units and within the bounds of each input.
    pub stated: BTreeMap<Input, f64>,
    /// What is stated of some.
    pub subjects: Vec<SubjectInputs>,
}

impl Default for Assumptions {
    fn default() -> Assumptions {
        Assumptions { currency: DEFAULT_CURRENCY.to_owned(), stated: BTreeMap::new(), subjects: Vec::new() }
    }
}

impl Assumptions {
    /// The value of an input for all subjects; `None` where it is neither stated nor has a default. A default price holds in
    /// its own currency only.
    #[must_use]
    pub fn of_all(&self, input: Input) -> Option<Assumed> {
        match self.stated.get(&input) {
            Some(value) => Some(Assumed { value: *value, origin: Origin::Stated }),
            None if input.terms().unit == InputUnit::Money && self.currency != DEFAULT_CURRENCY => None,
            None => input.terms().default.map(|value| Assumed { value, origin: Origin::Default }),
        }
    }

    /// What is stated of one subject, by its whole name.
    #[must_use]
    pub fn of_subject(&self, input: Input, subject: &str) -> Option<Stated> {
        let rules = self.subjects.iter().rev().filter(|rule| rule.subject.matches(subject));
        let own =
            rules.filter_map(|rule| Some(Stated { value: *rule.stated.get(&input)?, line: Some(rule.line) })).next();
        own.or_else(|| self.stated.get(&input).map(|value| Stated { value: *value, line: None }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_has_a_source_and_is_within_its_bounds() {
        for input in Input::ALL {
            let terms = input.terms();
            assert_eq!(terms.default.is_some(), !terms.source.is_empty(), "{}", terms.name);
            assert!(terms.default.is_none_or(|value| input.admits(value)), "{}", terms.name);
            assert!(![f64::NAN, f64::INFINITY, -1.0].into_iter().any(|value| input.admits(value)), "{}", terms.name);
            assert_eq!(Input::from_name(terms.name), Some(*input));
            let is_sourced = terms.source.contains("20") || terms.source.starts_with("an assumption");
            assert!(terms.default.is_none() || is_sourced, "{} has no year", terms.name);
        }
    }

    #[test]
    fn a_later_rule_wins_field_by_field() {
        let rule = |subject: &str, input, value, line| SubjectInputs {
            subject: Glob::new(subject),
            stated: BTreeMap::from([(input, value)]),
            line,
        };
        let assumptions = Assumptions {
            stated: BTreeMap::from([(Input::CallsPerYear, 1.0)]),
            subjects: vec![
                rule("a*", Input::CallsPerYear, 2.0, 3),
                rule("ab", Input::CallsPerYear, 4.0, 5),
                rule("ab", Input::Share, 0.5, 7),
            ],
            ..Assumptions::default()
        };
        let calls = |subject| assumptions.of_subject(Input::CallsPerYear, subject).map(|own| (own.value, own.line));
        assert_eq!(calls("x"), Some((1.0, None)));
        assert_eq!(calls("ax"), Some((2.0, Some(3))));
        assert_eq!(calls("ab"), Some((4.0, Some(5))));
        assert_eq!(assumptions.of_subject(Input::Share, "ab"), Some(Stated { value: 0.5, line: Some(7) }));
    }
}
