//! Why a number moved: which functions cost more, and which changed dependency that belongs to.

use std::collections::BTreeMap;
use std::fmt;

use super::unit::Ratio;

/// What each function costs itself in one iteration of the steady state, by the name that a person reads. Functions that
/// are inlined are in the one that they were inlined into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile(pub BTreeMap<String, u64>);

impl Profile {
    /// What all functions cost together. Each was rounded down, so that the value is a little above it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().fold(0, |sum, cost| sum.saturating_add(*cost))
    }

    /// Whether it can be the profile of that value: all of it, but for what was rounded down and what varies from run to run.
    #[must_use]
    pub fn explains(&self, value: u64) -> bool {
        self.total().abs_diff(value) <= self.0.len() as u64 + value / 20
    }
}

/// A function that costs more or less than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its name; the later one, where it has changed.
    pub function: String,
    /// Its earlier name, where it was moved or renamed.
    pub was: Option<String>,
    /// The crate that it belongs to, as symbols write it, with `_`.
    pub home: String,
    /// What it cost itself, an iteration.
    pub before: u64,
    /// What it costs itself, an iteration.
    pub after: u64,
}

impl Moved {
    /// What it costs more.
    #[must_use]
    pub fn delta(&self) -> i64 {
        difference(self.before, self.after)
    }
}

/// What a number grew by; negative where it shrank.
#[must_use]
pub fn difference(before: u64, after: u64) -> i64 {
    let size = i64::try_from(before.abs_diff(after)).unwrap_or(i64::MAX);
    if after < before { -size } else { size }
}

/// A package whose version the lock file changed. Several versions of it may be locked at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bump {
    /// Its name, as cargo writes it.
    pub name: String,
    /// The versions before; none where it was added.
    pub before: Vec<String>,
    /// The versions after; none where it was removed.
    pub after: Vec<String>,
}

impl fmt::Display for Bump {
    /// `httparse 1.7.1 → 1.8.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.before.as_slice(), self.after.as_slice()) {
            ([], after) => write!(f, "{} {} (added)", self.name, after.join(" and ")),
            (before, []) => write!(f, "{} {} (removed)", self.name, before.join(" and ")),
            (before, after) => write!(f, "{} {} → {}", self.name, before.join(" and "), after.join(" and ")),
        }
    }
}

/// Changes of the lock file that go together, and what they cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carrier {
    /// What was changed; more than one where they could not be told apart.
    pub bumps: Vec<Bump>,
    /// What that adds.
    pub delta: i64,
}

/// What the changed lock file has to do with it.
#[derive(Debug, Clone, PartialEq)]
pub enum Dependency {
    /// So much of the difference is in functions of a package that was changed.
    Functions {
        /// The package.
        bump: Bump,
        /// The share of the whole difference; above one, where other functions make up for some of it.
        share: Ratio,
    },
    /// Packages were changed, and their own functions do not make up for it: their code may be inlined into others.
    Unsettled {
        /// The packages.
        bumps: Vec<Bump>,
    },
    /// The changes were measured one after the other, with the sources as they are now.
    Measured {
        /// What the change costs with the lock file of the base.
        own: i64,
        /// Changes of the lock file that are in `own`, because the sources cannot do without them.
        needed: Vec<Bump>,
        /// The changes of the lock file that make up the rest, the most expensive first.
        carriers: Vec<Carrier>,
    },
}

/// Why a number differs between two measurements. The parts add up: `after − before` is the sum of what moved, the rest, and
/// the residue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cause {
    /// The value before.
    pub before: u64,
    /// The value after.
    pub after: u64,
    /// The functions that moved most, by the size of the difference; empty where there are no profiles.
    pub moved: Vec<Moved>,
    /// How many more functions moved, and by how much together.
    pub rest: (usize, i64),
    /// What each crate's functions add, by the size of the difference.
    pub homes: Vec<(String, i64)>,
    /// What no function accounts for: costs of an iteration are rounded, one function at a time.
    pub residue: i64,
    /// What the changed lock file has to do with it, where it was changed.
    pub dependency: Option<Dependency>,
}

impl Cause {
    /// What there is to explain.
    #[must_use]
    pub fn delta(&self) -> i64 {
        difference(self.before, self.after)
    }
}
