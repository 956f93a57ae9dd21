//! Evidence: what was measured of one key, and how well.

use super::code::Code;
use super::unit::{Quantity, Ratio};

/// How many times its own noise an exact value may differ before the difference is called real: with the spread of three
/// to five repeats as its noise, a further repeat lies within one spread of them nearly always.
pub const NOISE_WIDENING: f64 = 3.0;

/// A measured value with its certainty. Exact and sampled values are never mixed.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// A count, compared as an integer.
    Exact {
        /// The count, or the median of the repeats where they differ.
        value: u64,
        /// How many independent repeats (processes) it rests on; at least 1.
        repeats: u32,
        /// (largest − smallest) ÷ median over the repeats; zero for a count that repeats exactly.
        noise: Ratio,
    },
    /// An estimate from samples, compared only on an equal machine and only as advice.
    Sampled {
        /// The median of the samples.
        estimate: Quantity,
        /// Lower end of the 95 % confidence interval of the median.
        low: Quantity,
        /// Upper end of the 95 % confidence interval of the median.
        high: Quantity,
        /// How many samples.
        samples: u32,
    },
}

impl Evidence {
    /// An exact value that was measured once.
    #[must_use]
    pub fn exact(value: u64) -> Evidence {
        Evidence::Exact { value, repeats: 1, noise: Ratio::ZERO }
    }

    /// The value as a quantity.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        match self {
            Evidence::Exact { value, .. } => Quantity::count(*value),
            Evidence::Sampled { estimate, .. } => *estimate,
        }
    }

    /// The noise of an exact value; zero for a sampled one, whose interval says it.
    #[must_use]
    pub fn noise(&self) -> Ratio {
        match self {
            Evidence::Exact { noise, .. } => *noise,
            Evidence::Sampled { .. } => Ratio::ZERO,
        }
    }
}

/// Why a benchmark has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub code: Code,
    /// What happened, in a sentence without a full stop.
    pub why: String,
    /// The way out, when known.
    pub hint: Option<String>,
}

/// What became of one key: a broken benchmark is a row, not a gap.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It has a value. `note` says what a reader must know of it, such as the likely cause of its noise.
    Measured {
        /// The value.
        evidence: Evidence,
        /// What a reader must know of it.
        note: Option<String>,
    },
    /// It has none.
    Failed(Failure),
}

impl Outcome {
    /// The evidence, where there is some.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Outcome::Measured { evidence, .. } => Some(evidence),
            Outcome::Failed(_) => None,
        }
    }
}
