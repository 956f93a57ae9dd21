//! What a template sees of a report: plain texts and numbers, no more of them than there is room for.

use std::collections::BTreeSet;

use minijinja::context;
use minijinja::value::Value;

use super::worth::{self, Detail};
use crate::model::report::{Judged, Report, State, Verdict};
use crate::model::{Certainty, Change, Environment, Key};
use crate::render::findings::{self, Listed};
use crate::render::markdown::{self, MESSAGE_COLUMNS, NAME_COLUMNS, Place, prose};
use crate::render::table::{self, Cells};
use crate::render::{
    basis_lines, cache_lines, cause, conclusion, counts_line, named, number, reused_line, shorten, state_lines, tame,
    web,
};

/// How much of each part is shown, in bytes of Markdown. Of what changed, the worst row is always shown.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Rows that changed.
    pub(super) changed: usize,
    /// Every row: all or none of them.
    pub(super) all: usize,
    /// Findings; the worst one is always shown.
    pub(super) findings: usize,
    /// The machine and the state of the code.
    pub(super) provenance: usize,
    /// The patch that accepts: all or nothing.
    pub(super) patch: usize,
    /// What it is worth.
    pub(super) worth: Detail,
}

/// What a row takes beside its texts.
const ROW_BYTES: usize = 60;

/// What every rendering of a report says, found once: it takes many comparisons of keys, and looks at every row.
pub(super) struct Known<'a> {
    sentence: String,
    command: Option<String>,
    counts: String,
    grown: BTreeSet<&'a Key>,
}

impl Known<'_> {
    pub(super) fn of(report: &Report) -> Known<'_> {
        let (sentence, command) = conclusion(report);
        Known { sentence, command, counts: counts_line(report), grown: findings::grown(report) }
    }
}

/// The context of a template. `templates/comment.md` uses all of its names.
pub(super) fn of(report: &Report, room: &Room, known: &Known<'_>) -> Value {
    let changed: Vec<&Judged> = report.rows.iter().filter(|judged| table::is_changed(judged)).collect();
    let shown = fitting(&changed, room.changed, |judged| row_bytes(report, judged));
    let row = |judged| row(report, judged);
    let of = |wanted: fn(State) -> bool| -> Vec<Value> {
        shown.iter().filter(|judged| wanted(judged.state)).map(|judged| row(judged)).collect()
    };
    let apart = |state| matches!(state, State::Accepted | State::Inherited | State::Improved);
    let listed = findings::list(&report.findings, shown);
    let said = fitting(&listed, room.findings, |listed| finding_bytes(listed));
    let all: Vec<&Judged> = report.rows.iter().collect();
    let is_whole = changed.len() == all.len() && shown.len() == all.len();
    let all = if is_whole || fitting(&all, room.all, |judged| row_bytes(report, judged)).len() < all.len() {
        &[]
    } else {
        all.as_slice()
    };
    let facts = facts(report);
    let told =
        fitting(&facts, room.provenance, |(group, name, value)| group.len() + name.len() + value.len() + ROW_BYTES);
    context! {
        verdict => report.verdict.to_string(),
        sign => sign(report.verdict),
        sentence => known.sentence.as_str(),
        command => known.command.as_deref(),
        changed => shown.iter().filter(|judged| !apart(judged.state)).map(|judged| row(judged)).collect::<Vec<_>>(),
        accepted => of(|state| state == State::Accepted),
        inherited => of(|state| state == State::Inherited),
        improved => of(|state| state == State::Improved),
        changed_left_out => changed.len() - shown.len(),
        findings => said.iter().map(finding).collect::<Vec<_>>(),
        findings_left_out => listed.len() - said.len(),
        counts => known.counts.as_str(),
        notes => notes(report),
        all => all.iter().map(|judged| row(judged)).collect::<Vec<_>>(),
        total => report.rows.len(),
        is_valued => report.worth.is_some(),
        facts => told.iter().map(|(group, name, value)| context! { group => *group, name => *name, value => *value }).collect::<Vec<_>>(),
        facts_left_out => facts.len() - told.len(),
        accept => findings::way_to_accept(shown, &known.grown),
        patch => report.patch.as_ref().filter(|patch| patch.len() <= room.patch),
        reproduce => reproduce(shown),
        worth => worth::of(report, room.worth),
        repository => env!("CARGO_PKG_REPOSITORY"),
    }
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Within => "✅",
        Verdict::Attention => "⚠️",
        Verdict::CannotTell => "❔",
        Verdict::Over => "❌",
    }
}

fn row(report: &Report, judged: &Judged) -> Value {
    let cells = Cells::of(judged);
    let key = &judged.row.key;
    context! {
        state => judged.state.word(),
        name => key.subject.to_string(),
        metric => key.metric.name(),
        before => cells.before,
        after => cells.after,
        change => cells.change,
        limit => cells.limit,
        certainty => certainty(&judged.row.change),
        why => cause::lines(report, key),
        reason => judged.reason.as_deref().map(note),
        owner => judged.owner.as_deref().map(note),
    }
}

fn note(text: &str) -> String {
    shorten(text, NAME_COLUMNS)
}

/// How sure the change is: a count that repeats exactly is, one that varies is as sure as its noise is small.
fn certainty(change: &Change) -> String {
    let Change::Both { before, after, certainty, .. } = change else { return String::new() };
    let noise = before.noise().max(after.noise());
    match certainty {
        Certainty::Real | Certainty::Noise if noise.get() == 0.0 => "exact count".to_owned(),
        Certainty::Real => format!("real: its noise is {}", number::percent(noise).trim_start_matches('+')),
        Certainty::Noise => "within its noise".to_owned(),
        Certainty::Unknown => "not claimed".to_owned(),
    }
}

fn finding(listed: &Listed<'_>) -> Value {
    let finding = listed.finding;
    let about = match (&finding.key, &finding.target) {
        (Some(key), _) => Some(key.subject.to_string()),
        (None, target) => target.as_ref().map(ToString::to_string),
    };
    context! {
        verdict => findings::word(finding),
        code => finding.code.name(),
        about,
        metric => finding.key.as_ref().map(|key| key.metric.name()),
        message => finding.message.as_str(),
        hint => listed.hint,
        left_out => listed.left_out,
    }
}

fn notes(report: &Report) -> Vec<String> {
    let quoted = |text: &str| format!("`{}`", named(&text.replace('`', "'"), NAME_COLUMNS));
    let lines = reused_line(report).into_iter().chain(cache_lines(report, quoted)).chain(basis_lines(report));
    lines.chain(state_lines(report, quoted)).chain(web::lines(report, quoted)).collect()
}

/// The command that shows the worst row again on another machine.
fn reproduce(shown: &[&Judged]) -> String {
    match shown.first() {
        Some(judged) => format!("cargo perfbudget {}", findings::argument(judged)),
        None => "cargo perfbudget".to_owned(),
    }
}

fn facts(report: &Report) -> Vec<(&str, &str, &str)> {
    let families = report.environments.iter().map(|(family, machine)| (family.name(), machine));
    families.chain([("code", &report.state)]).flat_map(|(group, environment)| facts_of(group, environment)).collect()
}

fn facts_of<'a>(group: &'a str, environment: &'a Environment) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    environment.0.iter().map(move |(name, value)| (group, name.as_str(), value.as_str()))
}

/// The first items that fit into that many bytes; where there is room for any, the first one is there.
fn fitting<T>(items: &[T], room: usize, bytes: impl Fn(&T) -> usize) -> &[T] {
    let mut used = 0;
    let fits = items.iter().take_while(|item| {
        used += bytes(item);
        used <= room
    });
    let count = fits.count();
    &items[..count.max(usize::from(room > 0)).min(items.len())]
}

/// About what a row takes.
fn row_bytes(report: &Report, judged: &Judged) -> usize {
    let name = markdown::name(&judged.row.key.subject.to_string(), Place::Cell).len();
    let notes = [&judged.reason, &judged.owner].into_iter().flatten();
    let why: usize = cause::lines(report, &judged.row.key).iter().map(|line| prose(line, Place::Cell).len()).sum();
    notes.map(|text| prose(&tame(&note(text)), Place::Cell).len()).sum::<usize>() + name + why + 2 * ROW_BYTES
}

/// About what a finding takes.
fn finding_bytes(listed: &Listed<'_>) -> usize {
    let finding = listed.finding;
    let texts = [Some(finding.message.as_str()), listed.hint].into_iter().flatten();
    let name = finding.key.as_ref().map_or(0, |key| markdown::name(&key.subject.to_string(), Place::Line).len());
    texts.map(|text| prose(&shorten(&tame(text), MESSAGE_COLUMNS), Place::Line).len()).sum::<usize>()
        + name
        + 2 * ROW_BYTES
}
