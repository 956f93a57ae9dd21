//! `[[ingest]]`: which numbers of other tools' files are metrics, and what they mean.

mod known;

use std::collections::BTreeMap;

use super::file::{Entry, Reader, Section};
use super::plan::relative_path;
use super::shown;
use crate::model::{Custom, Direction, Kind, Metric, Unit};

pub use known::{Format, known_metrics};

/// What to read of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct IngestPlan {
    /// The file, relative to the configuration's own folder, with `/` and without `..`.
    pub file: String,
    /// How it is written.
    pub format: Format,
    /// Where in a JSON document the entries are, as a JSON pointer to a list or an object; `None` for one entry.
    pub each: Option<String>,
    /// What an entry is called.
    pub subject: Naming,
    /// What is taken of each entry.
    pub measures: Vec<Measure>,
}

/// What an entry is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Naming {
    /// As the configuration says.
    Fixed(String),
    /// As the first of these fields says that is there.
    Field(Vec<String>),
    /// By its key in the object that it is in.
    Key,
}

/// One number of an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The metric that it is.
    pub metric: Metric,
    /// Where it stands: the first of these fields that is there.
    pub from: Vec<String>,
    /// Fields whose sum it is divided by; empty for none.
    pub of: Vec<String>,
    /// The field that lists the single samples, where there is one.
    pub samples: Option<String>,
    /// The fields of the lower and the upper end of its interval, where there are such.
    pub bounds: Option<(String, String)>,
    /// How many base units one unit of the file is.
    pub factor: f64,
    /// Whether it must be there.
    pub needed: Needed,
}

/// Whether an entry without a number is a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// It is: somebody asked for it by name.
    Yes,
    /// It is not: the format may or may not have it.
    No,
}

const KEYS: &[&str] = &["file", "format", "each", "subject", "subject-from", "metrics"];
const METRIC_KEYS: &[&str] = &["name", "from", "of", "samples", "unit", "better", "kind"];
const DIRECTIONS: &[(&str, Direction)] = &[("less", Direction::Less), ("more", Direction::More)];
const KINDS: &[(&str, Kind)] = &[("exact", Kind::Exact), ("sampled", Kind::Sampled)];
/// Units as files have them, and how many base units each is.
const UNITS: &[(&str, (Unit, f64))] = &[
    ("count", (Unit::Count(""), 1.0)),
    ("B", (Unit::Bytes, 1.0)),
    ("kB", (Unit::Bytes, 1e3)),
    ("MB", (Unit::Bytes, 1e6)),
    ("GB", (Unit::Bytes, 1e9)),
    ("KiB", (Unit::Bytes, 1024.0)),
    ("MiB", (Unit::Bytes, 1_048_576.0)),
    ("GiB", (Unit::Bytes, 1_073_741_824.0)),
    ("ns", (Unit::Nanoseconds, 1.0)),
    ("us", (Unit::Nanoseconds, 1e3)),
    ("ms", (Unit::Nanoseconds, 1e6)),
    ("s", (Unit::Nanoseconds, 1e9)),
    ("percent", (Unit::Share, 1e4)),
    ("ratio", (Unit::Share, 1e6)),
];

/// Reads all of `[[ingest]]`.
pub(super) fn read(entry: Entry<'_>, reader: &mut Reader<'_>) -> Vec<IngestPlan> {
    let mut plans = Vec::new();
    let mut defined: BTreeMap<&str, Metric> = BTreeMap::new();
    for (at, section) in entry.sections("[[ingest]]", KEYS, reader) {
        plans.extend(plan(at, section, &mut defined, reader));
    }
    plans
}

/// What is read of a file that the configuration does not name.
#[must_use]
pub fn plan_of(file: &str, format: Format, subject: Option<String>) -> IngestPlan {
    let known = format.known();
    let subject = subject.map_or_else(|| known.naming.unwrap_or_else(|| Naming::Fixed(stem(file))), Naming::Fixed);
    IngestPlan { file: file.to_owned(), format, each: known.each, subject, measures: known.measures }
}

/// The metrics that a rule may speak of beside the built-in ones: those that `plans` define, and those of known formats.
#[must_use]
pub fn metrics(plans: &[IngestPlan]) -> Vec<Metric> {
    let own = plans.iter().flat_map(|plan| &plan.measures).map(|measure| measure.metric);
    let mut all: Vec<Metric> = own.collect();
    let names: Vec<&str> = all.iter().map(|metric| metric.name()).collect();
    let others: Vec<Metric> = known_metrics().into_iter().filter(|metric| !names.contains(&metric.name())).collect();
    all.extend(others);
    all.sort();
    all.dedup();
    all
}

fn plan<'a>(
    at: usize,
    section: Section<'a>,
    defined: &mut BTreeMap<&'a str, Metric>,
    reader: &mut Reader<'_>,
) -> Option<IngestPlan> {
    let file = match section.get("file") {
        Some(entry) => relative_path(entry, reader),
        None => missing(at, "file", "add `file = \"target/load.json\"`", reader),
    };
    let format = match section.get("format") {
        Some(entry) => entry.word("format", Format::ALL, reader),
        None => missing(at, "format", "add one, such as `format = \"json\"`", reader),
    };
    let own = section.get("metrics").map(|entry| measures(entry, defined, reader));
    let text = |key: &str, wanted: &str, reader: &mut Reader<'_>| {
        section.get(key).and_then(|entry| entry.text(wanted, reader)).map(str::to_owned)
    };
    let each = text("each", "a JSON pointer such as \"/results\"", reader);
    let fixed = text("subject", "a name", reader);
    let field = text("subject-from", "the name of a field", reader);
    let (file, format) = (file?, format?);
    let known = format.known();
    if let (Some(_), Some(entry)) = (&fixed, section.get("subject-from")) {
        let hint = "keep one of the two".to_owned();
        reader.problem(entry.key_at, "`subject` names the entries already".to_owned(), Some(hint));
    }
    if let Some(entry) = section.get("each").filter(|_| !format.is_json()) {
        reader.problem(entry.key_at, format!("`each` is for JSON, not for `{}`", format.name()), None);
    }
    if known.measures.is_empty() && own.is_none() {
        let hint = "add `metrics = [{ name = \"p99\", from = \"…\", unit = \"ms\" }]`".to_owned();
        reader.problem(at, format!("`{}` does not say what its numbers mean", format.name()), Some(hint));
    }
    let subject = match (fixed, field) {
        (Some(name), _) => Naming::Fixed(name),
        (None, Some(field)) => Naming::Field(vec![field]),
        (None, None) => known.naming.unwrap_or_else(|| Naming::Fixed(stem(&file))),
    };
    // What the configuration asks for comes on top of what the format is known for.
    let mut measures = own.unwrap_or_default();
    let stated: Vec<&str> = measures.iter().map(|measure| measure.metric.name()).collect();
    let others: Vec<Measure> =
        known.measures.into_iter().filter(|measure| !stated.contains(&measure.metric.name())).collect();
    measures.extend(others);
    Some(IngestPlan { each: each.or(known.each), file, format, subject, measures })
}

fn missing<T>(at: usize, key: &str, hint: &str, reader: &mut Reader<'_>) -> Option<T> {
    reader.problem(at, format!("this `[[ingest]]` has no `{key}`"), Some(hint.to_owned()));
    None
}

fn measures<'a>(entry: Entry<'a>, defined: &mut BTreeMap<&'a str, Metric>, reader: &mut Reader<'_>) -> Vec<Measure> {
    let mut measures: Vec<Measure> = Vec::new();
    for (at, section) in entry.sections("metrics = [{ name = \"p99\", from = \"…\" }]", METRIC_KEYS, reader) {
        let Some(measure) = measure(at, section, defined, reader) else { continue };
        if measures.iter().any(|other| other.metric.name() == measure.metric.name()) {
            reader.problem(at, format!("`{}` is listed twice", measure.metric), None);
        }
        measures.push(measure);
    }
    measures
}

fn measure<'a>(
    at: usize,
    section: Section<'a>,
    defined: &mut BTreeMap<&'a str, Metric>,
    reader: &mut Reader<'_>,
) -> Option<Measure> {
    let field = |key: &str, reader: &mut Reader<'_>| {
        section.get(key).and_then(|entry| entry.text("the name of a field", reader)).map(str::to_owned)
    };
    let unit = match section.get("unit") {
        Some(entry) => entry.word("unit", UNITS, reader),
        None => Some(UNITS[0].1),
    };
    let better = section.get("better").and_then(|entry| entry.word("direction", DIRECTIONS, reader));
    let kind = section.get("kind").and_then(|entry| entry.word("kind", KINDS, reader));
    let (from, samples) = (field("from", reader), field("samples", reader));
    let of = section.get("of").and_then(|entry| entry.texts("a list of fields", reader)).unwrap_or_default();
    let of: Vec<String> = of.into_iter().map(|(_, field)| field.to_owned()).collect();
    if from.is_none() && samples.is_none() {
        let hint = "add `from = \"…\"`, the field that holds it".to_owned();
        reader.problem(at, "this metric does not say where it stands".to_owned(), Some(hint));
    }
    let Some(entry) = section.get("name") else {
        reader.problem(at, "this metric has no `name`".to_owned(), None);
        return None;
    };
    let name = entry.text("the name of a metric such as \"p99\"", reader)?;
    let (unit, factor) = unit?;
    let definition = Custom {
        name: name.to_owned(),
        unit,
        better: better.unwrap_or(Direction::Less),
        kind: kind.unwrap_or(Kind::Sampled),
    };
    let Some(metric) = Metric::custom(definition) else {
        let hint = match Metric::from_name(name) {
            Some(_) => "it is a metric that we measure: choose another name",
            None => "a name is lower-case letters, digits and `-`, such as `hit-rate` or `p99`",
        };
        reader.problem(entry.at, format!("`{}` cannot be the name of a metric", shown(name)), Some(hint.to_owned()));
        return None;
    };
    if *defined.entry(name).or_insert(metric) != metric {
        let hint = "give it the same `unit`, `better` and `kind`, or another name".to_owned();
        reader.problem(entry.at, format!("`{name}` means something else above"), Some(hint));
    }
    Some(Measure { metric, from: from.into_iter().collect(), of, samples, bounds: None, factor, needed: Needed::Yes })
}

/// A file's name without folders and ending.
fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.split_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem }).to_owned()
}
