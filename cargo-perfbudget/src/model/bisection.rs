//! A bisection: which commits were measured, and which one made a number another.

use super::cause::Cause;
use super::name::Key;

/// A commit, as a person knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Its hash, in full.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// When, as 2027-01-31.
    pub date: String,
}

/// What became of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It costs so much.
    Value(u64),
    /// It cannot be measured: why.
    Skipped(String),
}

/// A commit that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its hash, in full.
    pub id: String,
    /// What became of it.
    pub taken: Taken,
    /// Whether it was measured earlier, so that nothing was built.
    pub is_kept: bool,
}

/// What a bisection comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// One commit.
    Commit {
        /// The first one that is bad.
        commit: Commit,
        /// A commit that it rests on and is good, and what that costs.
        before: (String, u64),
        /// What it costs itself.
        after: u64,
        /// Why, where both have profiles.
        cause: Option<Box<Cause>>,
    },
    /// One of these: those before the last cannot be measured.
    Among(Vec<Commit>),
    /// There is nothing to find: why.
    Nothing(String),
}

/// Everything that a reader of a bisection gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Bisection {
    /// Whose number, by which measure.
    pub key: Key,
    /// The good commit, and what it costs.
    pub good: (String, u64),
    /// The bad commit, and what it costs.
    pub bad: (String, u64),
    /// A number on this side of it, the good one's, is good.
    pub threshold: u64,
    /// How many commits lead from the good one to the bad one, which is among them.
    pub commits: usize,
    /// The commits that were looked at, in that order.
    pub tried: Vec<Tried>,
    /// What it comes to.
    pub found: Found,
}

impl Bisection {
    /// How many commits were built.
    #[must_use]
    pub fn built(&self) -> usize {
        self.tried.iter().filter(|tried| !tried.is_kept).count()
    }

    /// The commits that could not be measured, and why.
    pub fn skipped(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tried.iter().filter_map(|tried| match &tried.taken {
            Taken::Skipped(why) => Some((tried.id.as_str(), why.as_str())),
            Taken::Value(_) => None,
        })
    }
}
