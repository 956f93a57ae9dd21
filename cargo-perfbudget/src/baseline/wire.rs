//! The format of a baseline file: TOML, sorted, one metric a line, schema number first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::layout::Place;
use super::lines::{Flaw, key, quote, shown};
use super::reader;
use super::resolve::marker;
use crate::model::RecordSet;
use crate::model::{
    Acceptance, Baseline, Code, Custom, Environment, Evidence, Family, Key, Metric, Ratio, Record, Subject,
};

/// The schema that is written, and the only one that is read. An older tool refuses a newer file; a newer tool must
/// keep reading this one.
pub(super) const SCHEMA: u64 = 1;

/// The most bytes of one file. Arbitrary: about a hundred thousand benchmarks.
const MOST_BYTES: usize = 16 << 20;

const PREAMBLE: &str =
    "# Recorded by `cargo perfbudget record`. Commit this file; edit it only with `record` and `accept`.\n";

/// A baseline file that cannot be read. It contributes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file's path in the baseline folder; empty where the text came without one.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// [`Code::BaselineConflict`] or [`Code::BaselineUnreadable`].
    pub code: Code,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// The way out, when known.
    pub hint: Option<String>,
}

/// Sets by what makes them one, each with its state and records.
type Sets<Facts, Records> = BTreeMap<(Family, Facts), (Environment, Records)>;

/// One file as values.
#[derive(Debug)]
pub(super) struct File {
    /// What its records share.
    pub(super) place: Place,
    /// Reported, always compared.
    pub(super) state: Environment,
    /// The values. No key is there twice.
    pub(super) records: Vec<(Key, Record)>,
}

/// The files of a baseline: relative path with `/` → text. A set without records has no file.
///
/// A metric is written into a file of its own family. How many repeats a value rests on is not written, nor an anchor
/// that equals the value.
#[must_use]
pub fn write(baseline: &Baseline) -> BTreeMap<String, String> {
    let mut sets: Sets<&Environment, BTreeMap<&Key, &Record>> = Sets::new();
    for set in &baseline.sets {
        for family in Family::ALL {
            let mut records = set.records.iter().filter(|(key, _)| key.metric.family() == family).peekable();
            if records.peek().is_some() {
                let (state, united) = sets.entry((family, &set.environment)).or_default();
                unite(state, &set.state);
                united.extend(records);
            }
        }
    }
    let mut files = BTreeMap::new();
    for ((family, environment), (state, records)) in sets {
        let mut homes: BTreeMap<_, Vec<(&Key, &Record)>> = BTreeMap::new();
        for (key, record) in records {
            homes.entry(home(&key.subject)).or_default().push((key, record));
        }
        for ((package, target), records) in homes {
            let (package, target) = (package.to_owned(), target.map(str::to_owned));
            let place = Place { family, environment: environment.clone(), package, target };
            files.insert(place.path(), write_file(&place, &state, &records));
        }
    }
    files
}

/// The package and bench target that a subject's file is about.
fn home(subject: &Subject) -> (&str, Option<&str>) {
    match subject {
        Subject::Benchmark(benchmark) => (&benchmark.target.package, Some(&benchmark.target.name)),
        _ => (subject.package(), None),
    }
}

/// A subject's name within its file and kind.
fn own_name(subject: &Subject) -> String {
    subject.name().map_or_else(|| subject.short(), str::to_owned)
}

/// Takes over what is missing, and of two values the lexicographically last.
fn unite(state: &mut Environment, other: &Environment) {
    for (name, fact) in &other.0 {
        let own = state.0.entry(name.clone()).or_default();
        if *own < *fact {
            own.clone_from(fact);
        }
    }
}

fn write_file(place: &Place, state: &Environment, records: &[(&Key, &Record)]) -> String {
    let mut text = format!("{PREAMBLE}schema = {SCHEMA}\n");
    let mut entry = |name: &str, value: &str| {
        text.extend([name, " = ", value, "\n"]);
    };
    entry("family", &quote(place.family.name()));
    entry("package", &quote(&place.package));
    if let Some(target) = &place.target {
        entry("target", &quote(target));
    }
    for (name, facts) in [("environment", &place.environment), ("state", state)] {
        text.extend(["\n[", name, "]\n"]);
        for (name, fact) in &facts.0 {
            text.extend([&key(name), " = ", &quote(fact), "\n"]);
        }
    }
    let defined: BTreeSet<&Custom> = records.iter().filter_map(|(key, _)| key.metric.definition()).collect();
    if !defined.is_empty() {
        text.push_str("\n[metrics]\n");
    }
    for Custom { name, unit, better, kind } in defined {
        let (unit, better, kind) = (unit.name(), better.name(), kind.name());
        let _ = writeln!(text, "{name} = {{ unit = \"{unit}\", better = \"{better}\", kind = \"{kind}\" }}");
    }
    for records in records.chunk_by(|(one, _), (next, _)| one.subject == next.subject) {
        for (at, (key, record)) in records.iter().enumerate() {
            if at == 0 {
                text.extend(["\n[", key.subject.kind(), ".", &quote(&own_name(&key.subject)), "]\n"]);
            }
            write_record(&mut text, key.metric, record);
        }
    }
    text
}

fn write_record(text: &mut String, metric: Metric, record: &Record) {
    // Writing to a string cannot fail. `{:?}` keeps the point of a float, so that `1.0` does not become an integer.
    let _ = match &record.evidence {
        Evidence::Exact { value, .. } => writeln!(text, "{metric} = {value}"),
        Evidence::Sampled { estimate, low, high, samples } => {
            let (estimate, low, high) = (estimate.get(), low.get(), high.get());
            writeln!(
                text,
                "{metric} = {{ estimate = {estimate:?}, low = {low:?}, high = {high:?}, samples = {samples} }}"
            )
        }
    };
    let noise = record.evidence.noise();
    if noise > Ratio::ZERO {
        let _ = writeln!(text, "noise.{metric} = {:?}", noise.get());
    }
    if let Some(anchor) = frozen(record) {
        let _ = writeln!(text, "anchor.{metric} = {anchor}");
    }
    if let Some(Acceptance { from, reason, expires }) = &record.acceptance {
        let _ = write!(text, "accepted.{metric} = {{ from = {from}, reason = {}", quote(reason));
        if let Some(expires) = expires {
            let _ = write!(text, ", expires = \"{expires}\"");
        }
        text.push_str(" }\n");
    }
}

/// The anchor where it says more than the value does.
pub(super) fn frozen(record: &Record) -> Option<u64> {
    record.anchor.filter(|anchor| !matches!(record.evidence, Evidence::Exact { value, .. } if value == *anchor))
}

/// The baseline that files hold, and what is wrong with the files that could not be read.
///
/// Sets of equal family and environment are one. Where two files disagree on a fact of the state, the lexicographically
/// last stands.
#[must_use]
pub fn read(files: &BTreeMap<String, Vec<u8>>) -> (Baseline, Vec<Broken>) {
    let mut sets: Sets<Environment, Vec<(Key, Record)>> = Sets::new();
    let mut paths: BTreeMap<Place, &str> = BTreeMap::new();
    let mut broken = Vec::new();
    for (path, bytes) in files {
        let file = match read_bytes(bytes) {
            Ok(file) => file,
            Err(flaw) => {
                broken.push(Broken { path: path.clone(), ..flaw });
                continue;
            }
        };
        if let Some(other) = paths.get(&file.place) {
            let message = format!("`{}` is about the same target and environment", shown(other));
            let hint = Some("keep one of the two files".to_owned());
            broken.push(Broken { path: path.clone(), line: 1, code: Code::BaselineUnreadable, message, hint });
            continue;
        }
        paths.insert(file.place.clone(), path);
        let (state, records) = sets.entry((file.place.family, file.place.environment)).or_default();
        unite(state, &file.state);
        records.extend(file.records);
    }
    let sets = sets.into_iter().map(|((family, environment), (state, records))| {
        // Collecting sorts once, which costs less than inserting one by one.
        RecordSet { family, environment, state, records: records.into_iter().collect() }
    });
    (Baseline { sets: sets.collect() }, broken)
}

/// One file, by itself. A `Broken` from here has no path yet.
fn read_bytes(bytes: &[u8]) -> Result<File, Broken> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(broken(bytes, Flaw::new(error.valid_up_to(), "the text is not UTF-8"))),
    };
    // No line that can be read is a marker. What is wrong with one that cannot be would be the wrong thing to say of it.
    read_text(text).map_err(|flaw| match text.lines().position(|line| marker(line).is_some()) {
        Some(at) => Broken {
            path: String::new(),
            line: at + 1,
            code: Code::BaselineConflict,
            message: "the file holds a merge conflict".to_owned(),
            hint: Some("`cargo perfbudget record --resolve`".to_owned()),
        },
        None => broken(bytes, flaw),
    })
}

/// What a person is told of a flaw.
pub(super) fn broken(bytes: &[u8], flaw: Flaw) -> Broken {
    // A flaw at the end of a text that ends its last line belongs to that line.
    let before = bytes.iter().take(flaw.at.min(bytes.len().saturating_sub(1)));
    Broken {
        path: String::new(),
        line: before.filter(|byte| **byte == b'\n').count() + 1,
        code: Code::BaselineUnreadable,
        message: flaw.message,
        hint: flaw.hint.map(str::to_owned),
    }
}

/// One file's text, without conflicts.
pub(super) fn read_text(text: &str) -> Result<File, Flaw> {
    if text.len() > MOST_BYTES {
        return Err(Flaw::new(0, format!("the file is too large: more than {} MiB", MOST_BYTES >> 20)));
    }
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(Flaw::new(0, "the file is empty"));
    }
    if !text.ends_with('\n') {
        return Err(Flaw::new(text.len(), "the file is cut short: its last line does not end"));
    }
    reader::read(text)
}
