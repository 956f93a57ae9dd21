//! The way out of a merge conflict: keep what both sides agree on, and say what must be measured again.

use std::collections::BTreeMap;

use super::layout::Place;
use super::lines::shown;
use super::wire::{Broken, File, broken, read_text};
use crate::model::RecordSet;
use crate::model::{Baseline, Code, Evidence, Key, Record};

/// What is left of a file after its conflict was resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The file's one set: the records of both sides, and of those on which they differ the higher value with the lower anchor.
    pub baseline: Baseline,
    /// The keys on which the sides differ, sorted; they must be measured again.
    pub dropped: Vec<Key>,
}

/// What a person can do where this cannot.
const WAY_OUT: &str = "take one side with `git checkout --ours` or `--theirs`, and record again";

/// Resolves the conflicts that git left in a file. Both sides must be valid files of one environment.
///
/// # Errors
///
/// Where a marker has no counterpart, a side is no valid file, or the sides are not about the same thing. The error
/// has no path.
pub fn resolve(text: &str) -> Result<Resolved, Broken> {
    let [ours, theirs] = sides(text)?;
    let (ours, theirs) = (ours.read()?, theirs.read()?);
    same_place(&ours.place, &theirs.place)?;
    let mut records: BTreeMap<Key, Record> = ours.records.into_iter().collect();
    let mut dropped = Vec::new();
    for (key, record) in theirs.records {
        if let Some(own) = records.get(&key).filter(|own| **own != record) {
            // Both values were recorded on purpose, so the higher one is no regression. The anchor moves up by neither.
            let anchor = |record: &Record| record.anchor.or(exact(&record.evidence));
            let anchor = anchor(own).min(anchor(&record));
            let higher = if record.evidence.quantity() > own.evidence.quantity() { record } else { own.clone() };
            let value = exact(&higher.evidence);
            dropped.push(key.clone());
            records.insert(key, Record { anchor: anchor.filter(|_| anchor != value), ..higher });
        } else {
            records.insert(key, record);
        }
    }
    dropped.sort();
    let Place { family, environment, .. } = ours.place;
    let set = RecordSet { family, environment, state: ours.state, records };
    Ok(Resolved { baseline: Baseline { sets: vec![set] }, dropped })
}

/// The value of an exact record.
fn exact(evidence: &Evidence) -> Option<u64> {
    match evidence {
        Evidence::Exact { value, .. } => Some(*value),
        Evidence::Sampled { .. } => None,
    }
}

/// One side of a conflict: its text, and which line of the whole each of its lines is.
struct Side {
    name: &'static str,
    text: String,
    lines: Vec<usize>,
}

impl Side {
    fn push(&mut self, line: &str, number: usize) {
        self.text.push_str(line);
        self.lines.push(number);
    }

    fn read(&self) -> Result<File, Broken> {
        read_text(&self.text).map_err(|flaw| {
            let side = broken(self.text.as_bytes(), flaw);
            let line = self.lines.get(side.line - 1).copied().unwrap_or(1);
            let hint = side.hint.or_else(|| Some(WAY_OUT.to_owned()));
            Broken { line, message: format!("the side of `{}`: {}", self.name, side.message), hint, ..side }
        })
    }
}

/// The part of a conflict that a line is in.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Outside,
    Ours,
    Base,
    Theirs,
}

/// The character of a conflict marker. Git makes the markers of a conflict within a conflict longer; those are text.
pub(super) fn marker(line: &str) -> Option<char> {
    const LENGTH: usize = 7;
    let first = line.chars().next().filter(|letter| "<|=>".contains(*letter))?;
    let count = line.chars().take_while(|letter| *letter == first).count();
    let ended = line.as_bytes().get(LENGTH).is_none_or(u8::is_ascii_whitespace);
    (count == LENGTH && ended).then_some(first)
}

/// Takes the two sides apart. What both come from, in the style `diff3`, is left out.
fn sides(text: &str) -> Result<[Side; 2], Broken> {
    let [mut ours, mut theirs] = ["ours", "theirs"].map(|name| Side { name, text: String::new(), lines: Vec::new() });
    let mut part = Part::Outside;
    let mut opened = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let number = at + 1;
        part = match (part, marker(line)) {
            (Part::Outside, Some('<')) => {
                opened = number;
                Part::Ours
            }
            (Part::Ours, Some('|')) => Part::Base,
            (Part::Ours | Part::Base, Some('=')) => Part::Theirs,
            (Part::Theirs, Some('>')) => Part::Outside,
            (_, Some(_)) => return Err(unresolved(number, "the conflict marker has no counterpart")),
            (part, None) => {
                if matches!(part, Part::Outside | Part::Ours) {
                    ours.push(line, number);
                }
                if matches!(part, Part::Outside | Part::Theirs) {
                    theirs.push(line, number);
                }
                part
            }
        };
    }
    if part == Part::Outside { Ok([ours, theirs]) } else { Err(unresolved(opened, "the conflict does not end")) }
}

/// Whether the two sides record the same thing on the same kind of machine.
fn same_place(ours: &Place, theirs: &Place) -> Result<(), Broken> {
    if let Some((name, here, there)) = ours.environment.differences(&theirs.environment).first() {
        let [name, here, there] = [name, here, there].map(|text| shown(text));
        return Err(unresolved(
            1,
            &format!("the sides were recorded in different environments: `{name}` is `{here}` and `{there}`"),
        ));
    }
    if ours == theirs { Ok(()) } else { Err(unresolved(1, "the sides differ in `family`, `package` or `target`")) }
}

fn unresolved(line: usize, message: &str) -> Broken {
    Broken {
        path: String::new(),
        line,
        code: Code::BaselineConflict,
        message: message.to_owned(),
        hint: Some(WAY_OUT.to_owned()),
    }
}
