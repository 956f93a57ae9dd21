//! Bisection → JSON: schema 1 of its own, for programs to read. Nothing here reads it back.

use serde::Serialize;

use super::in_lines;
use super::wire::{KeyWire, Parts};
use crate::model::bisection::{Bisection, Commit, Found, Taken, Tried};

#[derive(Serialize)]
struct BisectionWire<'a> {
    schema: u64,
    outcome: &'static str,
    key: KeyWire<'a>,
    good: EndWire<'a>,
    bad: EndWire<'a>,
    threshold: u64,
    commits: usize,
    built: usize,
    /// One, where it was found; those that it may be, where commits could not be measured.
    first_bad: Vec<CommitWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<EndWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Parts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    tried: Vec<TriedWire<'a>>,
}

#[derive(Serialize)]
struct EndWire<'a> {
    commit: &'a str,
    value: u64,
}

#[derive(Serialize)]
struct CommitWire<'a> {
    commit: &'a str,
    subject: &'a str,
    author: &'a str,
    date: &'a str,
}

#[derive(Serialize)]
struct TriedWire<'a> {
    commit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<&'a str>,
    kept: bool,
}

/// The bisection as JSON, with a line break at its end.
#[must_use]
pub fn write(bisection: &Bisection) -> String {
    fn end((commit, value): &(String, u64)) -> EndWire<'_> {
        EndWire { commit, value: *value }
    }
    let (before, after, cause) = match &bisection.found {
        Found::Commit { before, after, cause, .. } => (Some(end(before)), Some(*after), cause.as_deref()),
        Found::Among(_) | Found::Nothing(_) => (None, None, None),
    };
    let wire = BisectionWire {
        schema: 1,
        outcome: match bisection.found {
            Found::Commit { .. } => "found",
            Found::Among(_) => "among",
            Found::Nothing(_) => "nothing",
        },
        key: (&bisection.key).into(),
        good: end(&bisection.good),
        bad: end(&bisection.bad),
        threshold: bisection.threshold,
        commits: bisection.commits,
        built: bisection.built(),
        first_bad: match &bisection.found {
            Found::Commit { commit, .. } => vec![commit.into()],
            Found::Among(commits) => commits.iter().map(CommitWire::from).collect(),
            Found::Nothing(_) => Vec::new(),
        },
        before,
        after,
        cause: cause.map(Parts::from),
        why: match &bisection.found {
            Found::Nothing(why) => Some(why),
            _ => None,
        },
        tried: bisection.tried.iter().map(TriedWire::from).collect(),
    };
    in_lines(&wire, 0)
}

impl<'a> From<&'a Commit> for CommitWire<'a> {
    fn from(commit: &'a Commit) -> CommitWire<'a> {
        CommitWire { commit: &commit.id, subject: &commit.subject, author: &commit.author, date: &commit.date }
    }
}

impl<'a> From<&'a Tried> for TriedWire<'a> {
    fn from(tried: &'a Tried) -> TriedWire<'a> {
        let (value, skipped) = match &tried.taken {
            Taken::Value(value) => (Some(*value), None),
            Taken::Skipped(why) => (None, Some(why.as_str())),
        };
        TriedWire { commit: &tried.id, value, skipped, kept: tried.is_kept }
    }
}
