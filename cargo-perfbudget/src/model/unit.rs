//! Units, quantities and ratios: what a number means is settled here, once.

use std::fmt;

/// The base unit that a metric is stored and compared in; scaled only when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Things that are counted, and what they are called: `instructions`, or nothing where that is not known.
    Count(&'static str),
    /// Bytes of 8 bits.
    Bytes,
    /// Nanoseconds of time.
    Nanoseconds,
    /// Millionths of a whole, so that a share can be an exact integer; shown in percent.
    Share,
}

/// How many millionths a whole has.
pub const SHARE_OF_WHOLE: u64 = 1_000_000;

impl Unit {
    /// Instructions executed, as callgrind's `Ir` counts them.
    pub const INSTRUCTIONS: Unit = Unit::Count("instructions");

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count(_) => "count",
            Unit::Bytes => "bytes",
            Unit::Nanoseconds => "ns",
            Unit::Share => "ppm",
        }
    }

    /// The unit of that name; a count without a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Unit> {
        [Unit::Count(""), Unit::Bytes, Unit::Nanoseconds, Unit::Share].into_iter().find(|unit| unit.name() == name)
    }

    /// The word for a number of base units (`instructions`); empty where there is none.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Unit::Count(word) => word,
            Unit::Bytes => "bytes",
            Unit::Nanoseconds => "ns",
            Unit::Share => "ppm",
        }
    }
}

/// A measured amount in the base unit of its metric: finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Quantity(f64);

impl Quantity {
    /// Nothing at all.
    pub const ZERO: Quantity = Quantity(0.0);

    /// Accepts what can be an amount; `None` for NaN, infinities and negative numbers.
    #[must_use]
    pub fn new(value: f64) -> Option<Quantity> {
        // Adding zero turns −0.0 into 0.0, so that equal amounts print equally.
        (value.is_finite() && value >= 0.0).then_some(Quantity(value + 0.0))
    }

    /// The exact amount of an integer count. Counts above 2^53 lose their last bits.
    #[must_use]
    pub fn count(value: u64) -> Quantity {
        Quantity(value as f64)
    }

    /// The amount in the metric's base unit.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A fraction: 0.05 is 5 %. Never a bare number that could be a percentage.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Ratio(f64);

impl Ratio {
    /// No change.
    pub const ZERO: Ratio = Ratio(0.0);

    /// A fraction; `None` for NaN and infinities.
    #[must_use]
    pub fn new(fraction: f64) -> Option<Ratio> {
        fraction.is_finite().then_some(Ratio(fraction + 0.0))
    }

    /// The fraction that `percent` hundredths are. Only for constants and tests: the number must be finite.
    #[must_use]
    pub const fn percent(percent: f64) -> Ratio {
        Ratio(percent / 100.0)
    }

    /// How much `after` is above `before`, as a fraction of `before`; `None` where `before` is zero and `after` is not.
    #[must_use]
    pub fn of_change(before: Quantity, after: Quantity) -> Option<Ratio> {
        if before.0 == after.0 {
            return Some(Ratio::ZERO);
        }
        Ratio::new(after.0 / before.0 - 1.0)
    }

    /// The fraction.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// The larger of the two fractions.
    #[must_use]
    pub fn max(self, other: Ratio) -> Ratio {
        Ratio(self.0.max(other.0))
    }
}

impl fmt::Display for Ratio {
    /// A signed percentage with two decimals: `+1.50%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.2}%", self.0 * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_finite_and_not_negative() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -1e-300] {
            assert_eq!(Quantity::new(bad), None, "{bad}");
        }
        assert_eq!(Quantity::new(-0.0).map(|q| q.get().to_bits()), Some(0));
    }

    #[test]
    fn a_change_from_nothing_has_no_ratio() {
        assert_eq!(Ratio::of_change(Quantity::ZERO, Quantity::count(1)), None);
        assert_eq!(Ratio::of_change(Quantity::ZERO, Quantity::ZERO), Some(Ratio::ZERO));
    }
}
