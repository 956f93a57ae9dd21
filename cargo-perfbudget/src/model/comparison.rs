//! A comparison: every key of two sides, and what happened to it.

use super::estimate::{Evidence, Failure};
use super::name::Key;
use super::unit::Ratio;

/// Whether a difference is one. Whether it matters is the budget's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The code costs more or less than before.
    Real,
    /// The two sides differ by less than the metric's own noise, or not at all.
    Noise,
    /// The two sides were measured in environments that do not compare, or by samples only.
    Unknown,
}

/// What happened to one key between two sides.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Only the later side has it.
    Added {
        /// The later value.
        after: Evidence,
    },
    /// Only the earlier side has it.
    Removed {
        /// The earlier value.
        before: Evidence,
    },
    /// Both sides have it.
    Both {
        /// The earlier value.
        before: Evidence,
        /// The later value.
        after: Evidence,
        /// (after − before) ÷ before; `None` where before is zero and after is not.
        delta: Option<Ratio>,
        /// Whether the difference is one.
        certainty: Certainty,
    },
    /// The later side tried and has no value.
    Failed {
        /// The earlier value, where there is one.
        before: Option<Evidence>,
        /// Why there is no later one.
        failure: Failure,
    },
}

impl Change {
    /// The earlier value, where there is one.
    #[must_use]
    pub fn before(&self) -> Option<&Evidence> {
        match self {
            Change::Added { .. } => None,
            Change::Removed { before } | Change::Both { before, .. } => Some(before),
            Change::Failed { before, .. } => before.as_ref(),
        }
    }

    /// The later value, where there is one.
    #[must_use]
    pub fn after(&self) -> Option<&Evidence> {
        match self {
            Change::Added { after } | Change::Both { after, .. } => Some(after),
            Change::Removed { .. } | Change::Failed { .. } => None,
        }
    }

    /// The relative difference, where both sides have a value.
    #[must_use]
    pub fn delta(&self) -> Option<Ratio> {
        match self {
            Change::Both { delta, .. } => *delta,
            _ => None,
        }
    }
}

/// One key and what happened to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Whose number, by which measure.
    pub key: Key,
    /// What happened.
    pub change: Change,
}

/// All rows of two sides, sorted by key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// One row a key.
    pub rows: Vec<Row>,
}
