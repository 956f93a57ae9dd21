//! Report → text, for a terminal, a pull request, programs and other tools; what these say alike is worded here.

pub mod anatomy;
pub mod annotations;
pub mod bisection;
mod cause;
pub mod comment;
mod csv;
mod entries;
mod findings;
pub mod json;
mod junit;
mod markdown;
pub mod number;
mod openmetrics;
mod sarif;
mod table;
pub mod terminal;
mod web;
mod worth;

pub use self::csv::csv;
pub use json::ReadError;
pub use junit::junit;
pub use openmetrics::openmetrics;
pub use sarif::sarif;
pub use terminal::{Color, terminal};

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthChar;

use crate::model::report::{Basis, Judged, Report, State, Verdict};
use crate::model::{Code, Family, Finding, TierUse};
use number::thousands;

/// Changes of the subject's state that are shown at most.
const MAX_STATE_CHANGES: usize = 10;
/// What goes wrong with a cache costs time only: some of it is said.
const MAX_CACHE_TROUBLES: usize = 3;

/// Whether a row only adds to what another row of its subject says: an advisory count that no rule has an eye on. It is in
/// the JSON and in the markdown's full table, and nowhere else.
fn is_aside(judged: &Judged) -> bool {
    let metric = judged.row.key.metric;
    let quiet = matches!(
        judged.state,
        State::UnderRegressed | State::New | State::Removed | State::Improved | State::Unchanged | State::Excluded
    );
    metric.is_advisory() && metric.is_exact() && quiet
}

/// How many rows are in each state, best first; states without a row are left out, and so are rows that only add to others.
#[must_use]
pub fn counts(report: &Report) -> Vec<(State, usize)> {
    let mut counts = State::ALL.map(|state| (state, 0));
    for judged in report.rows.iter().filter(|judged| !is_aside(judged)) {
        // All states are listed in their own order.
        counts[judged.state as usize].1 += 1;
    }
    counts.into_iter().rev().filter(|(_, count)| *count > 0).collect()
}

/// The counts as a line: `128 unchanged · 2 improved · 1 over`.
fn counts_line(report: &Report) -> String {
    let word = |state: State| if state == State::Unclaimed { "not claimed" } else { state.word() };
    let parts: Vec<String> =
        counts(report).into_iter().map(|(state, count)| format!("{count} {}", word(state))).collect();
    if parts.is_empty() { "nothing was measured".to_owned() } else { parts.join(" · ") }
}

/// What a report comes to in a sentence without a full stop, and the command that leads on, where there is one.
fn conclusion(report: &Report) -> (String, Option<String>) {
    let of = |verdict: Verdict| report.findings.iter().filter(move |finding| finding.verdict == verdict);
    let explain = || of(report.verdict).next().map(|finding| format!("cargo perfbudget explain {}", finding.code));
    let (unknown, looks) = (of(Verdict::CannotTell).count(), of(Verdict::Attention).count());
    let unknowns = match unknown {
        1 => "1 thing that should be known is not".to_owned(),
        _ => format!("{unknown} things that should be known are not"),
    };
    match report.verdict {
        Verdict::Over => {
            let keys: BTreeSet<_> = of(Verdict::Over).filter_map(|finding| finding.key.as_ref()).collect();
            let mut sentence = match keys.len() {
                0 => "something costs more than it may".to_owned(),
                1 => "1 metric costs more than it may".to_owned(),
                count => format!("{count} metrics cost more than they may"),
            };
            if unknown > 0 {
                sentence.push_str(&format!(", and {unknowns}"));
            }
            (sentence, explain())
        }
        Verdict::CannotTell => {
            let nothing = |finding: &Finding| matches!(finding.code, Code::BaselineMissing | Code::BaselineEmpty);
            match of(Verdict::CannotTell).any(nothing) {
                true => ("nothing is recorded to compare with".to_owned(), Some("cargo perfbudget record".to_owned())),
                false if unknown == 0 => ("something that should be known is not".to_owned(), None),
                false => (unknowns, explain()),
            }
        }
        Verdict::Attention => {
            let looks =
                if looks == 1 { "1 thing wants a look".to_owned() } else { format!("{looks} things want a look") };
            (format!("nothing costs more than it may, and {looks}"), explain())
        }
        Verdict::Within => {
            let skipped = |state: State| matches!(state, State::Excluded | State::Unclaimed);
            let sentence = match report.rows.iter().filter(|judged| !skipped(judged.state) && !is_aside(judged)).count()
            {
                0 => "nothing was judged, so nothing costs more than it may".to_owned(),
                1 => "1 metric costs no more than it may".to_owned(),
                count => format!("{count} metrics cost no more than they may"),
            };
            match report.rows.iter().filter(|judged| judged.state == State::Improved && !is_aside(judged)).count() {
                0 => (sentence, None),
                gains => (format!("{sentence}, {gains} less than before"), Some("cargo perfbudget record".to_owned())),
            }
        }
    }
}

/// What was compared with what, a line for every basis; families are named where they differ.
fn basis_lines(report: &Report) -> Vec<String> {
    let mut groups: Vec<(&Basis, Vec<&str>)> = Vec::new();
    // A report holds one entry for every family; more of them say nothing new.
    for (family, basis) in report.basis.iter().take(Family::ALL.len()) {
        match groups.iter_mut().find(|(known, _)| *known == basis) {
            Some((_, families)) => families.push(family.name()),
            None => groups.push((basis, vec![family.name()])),
        }
    }
    let several = groups.len() > 1;
    groups
        .into_iter()
        .map(|(basis, families)| {
            let with = match basis {
                Basis::File { revision } if revision == "the work tree" => {
                    "the record in the work tree, not with one of a base".to_owned()
                }
                Basis::File { revision } => format!("the committed record at {revision}"),
                Basis::Measured { revision } => format!("the base, measured here at {revision}"),
                Basis::Nothing => "nothing".to_owned(),
            };
            let who = if several { format!("{}: ", families.join(", ")) } else { String::new() };
            format!("{who}compared with {with}")
        })
        .filter(|line| !line.ends_with("compared with nothing") || !several)
        .collect()
}

/// What differs from the record in the state of the code, a line for each fact, which `show` makes fit to be shown.
fn state_lines(report: &Report, show: impl Fn(&str) -> String) -> Vec<String> {
    let side = |text: &str| if text.is_empty() { "none".to_owned() } else { show(text) };
    let line = |(fact, before, after): &(String, String, String)| {
        format!("{}: {} → {}", show(fact), side(before), side(after))
    };
    let mut lines: Vec<String> = report.state_changes.iter().take(MAX_STATE_CHANGES).map(line).collect();
    if report.state_changes.len() > MAX_STATE_CHANGES {
        lines.push(format!("… and {} more changes", report.state_changes.len() - MAX_STATE_CHANGES));
    }
    lines
}

/// How many values were not measured again; `None` where all were.
fn reused_line(report: &Report) -> Option<String> {
    match report.reused {
        0 => None,
        1 => Some("1 reused, executable unchanged".to_owned()),
        reused => Some(format!("{reused} reused, executables unchanged")),
    }
}

/// What the shared cache had, and what went wrong with it; nothing where results are not shared.
fn cache_lines(report: &Report, show: impl Fn(&str) -> String) -> Vec<String> {
    let cache = &report.cache;
    let tier = |(label, tier): (&String, &TierUse)| {
        let TierUse { hits, misses, read_bytes, is_dropped, .. } = *tier;
        let asked = hits.saturating_add(misses);
        let read = if read_bytes == 0 { String::new() } else { format!(", {} B", thousands(read_bytes)) };
        let dropped = if is_dropped { ", then given up" } else { "" };
        (asked > 0).then(|| {
            let rate = hits as f64 / asked as f64 * 100.0;
            format!("{} {hits} of {asked} ({rate:.0} %){read}{dropped}", show(label))
        })
    };
    let tiers: Vec<String> = cache.tiers.iter().filter_map(tier).collect();
    let mut lines = Vec::new();
    if !tiers.is_empty() {
        let saved = cache.saved_millis() as f64 / 1000.0;
        lines.push(format!("shared cache: {}; {saved:.1} s of work saved", tiers.join("; ")));
    }
    lines.extend(
        cache.troubles.iter().take(MAX_CACHE_TROUBLES).map(|trouble| format!("shared cache: {}", show(trouble))),
    );
    lines
}

/// A text from outside on one line, with nothing in it that a terminal or a browser obeys: breaks and tabs become one
/// space, other control characters and those of writing direction become `U+FFFD`.
fn tame(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    let mut broken = false;
    for letter in text.chars() {
        let breaks = matches!(letter, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        match letter {
            _ if breaks && broken => {}
            _ if breaks => tamed.push(' '),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                tamed.push('\u{fffd}');
            }
            _ if letter.is_control() => tamed.push('\u{fffd}'),
            _ => tamed.push(letter),
        }
        broken = breaks;
    }
    tamed
}

/// A text of at most about `columns` columns, with an ellipsis in its middle where something was left out.
fn shorten(text: &str, columns: usize) -> String {
    let half = columns / 2;
    if fitting(text.chars(), columns) == text.len() {
        return text.to_owned();
    }
    let (head, tail) = (fitting(text.chars(), half), fitting(text.chars().rev(), half.saturating_sub(1)));
    format!("{}…{}", &text[..head], &text[text.len() - tail..])
}

/// A name from outside, tamed and of at most about `columns` columns. Where that replaced something or left something out,
/// a hash of the whole name follows, so that different names stay different.
fn named(text: &str, columns: usize) -> String {
    let tamed = tame(text);
    let shown = shorten(&tamed, columns.saturating_sub(HASH_COLUMNS));
    if fitting(text.chars(), columns) == text.len() && tamed == text {
        tamed
    } else {
        format!("{shown}~{}", hash(text))
    }
}

/// The columns of a hash, and of what stands before it.
const HASH_COLUMNS: usize = 9;

/// Eight digits that differ where texts do: 64-bit FNV-1a, folded as its authors recommend.
fn hash(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

/// How many bytes of `letters` fit into that many columns.
fn fitting(letters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut used = 0;
    let fits = |letter: &char| {
        // A character without a width counts too, or a name of them would be endless.
        used += letter.width().unwrap_or(1).max(1);
        used <= columns
    };
    letters.take_while(fits).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests;
