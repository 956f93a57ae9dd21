//! Report ⇄ JSON, the format for programs: schema 1, lossless, one row on a line.
//!
//! Adding a field does not change the schema: fields that are not known are skipped when reading, and optional ones may
//! be missing. Counts are integers; noise, limits and changes are fractions (0.05 is 5 %).

mod anatomy;
mod bisection;
mod wire;
mod words;

pub use anatomy::write as write_dissections;
pub use bisection::write as write_bisection;

use std::{fmt, io};

use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;

use self::wire::{PartWire, ReportWire};
use crate::model::{Part, Report};

/// The schema that is written, and the newest that is read.
const SCHEMA: u64 = 1;

/// What a report looks like, as JSON Schema (draft 2020-12): what this version writes, and nothing else.
pub const REPORT_SCHEMA: &str = include_str!("../../schema/report.json");

/// What a row takes, about: room is made once.
const ROW_BYTES: usize = 512;

/// Why a text is not a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// It was written by a later version.
    Newer {
        /// Its schema.
        schema: u64,
    },
    /// It is not in the format: what is wrong, with line and column.
    Malformed(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Newer { schema } => {
                write!(f, "schema {schema} is newer than this version reads ({SCHEMA})")
            }
            ReadError::Malformed(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ReadError {}

/// The report as JSON, with a line break at its end. The same report gives the same bytes.
#[must_use]
pub fn write(report: &Report) -> String {
    in_lines(&ReportWire::from(report), report.rows.len() * ROW_BYTES)
}

/// What one job of a check has measured, as JSON, with a line break at its end.
#[must_use]
pub fn write_part(part: &Part) -> String {
    in_lines(&PartWire::from(part), part.run.outcomes.len() * ROW_BYTES)
}

/// Reads what [`write_part`] wrote.
///
/// # Errors
/// What is wrong with it, with line and column.
pub fn read_part(text: &str) -> Result<Part, String> {
    #[derive(Deserialize)]
    struct Head {
        part: Option<u64>,
        schema: Option<u64>,
    }
    let head: Head = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match head {
        Head { part: None, schema: Some(_) } => Err("it is a report, and no part of a check".to_owned()),
        Head { part: None, schema: None } => Err("it is no part of a check".to_owned()),
        Head { part: Some(_), .. } => {
            let wire = serde_json::from_str::<PartWire<'_>>(text).map_err(|error| error.to_string())?;
            Part::try_from(wire)
        }
    }
}

/// A document with the entries of its lists on one line each.
fn in_lines(document: &impl Serialize, room: usize) -> String {
    let mut bytes = Vec::with_capacity(room);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, RowPerLine::default());
    let written = document.serialize(&mut serializer);
    debug_assert!(written.is_ok(), "what is written holds strings, numbers and maps with string keys only");
    bytes.push(b'\n');
    String::from_utf8(bytes).unwrap_or_default()
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// Where the text is of a newer schema, or not in the format.
pub fn read(text: &str) -> Result<Report, ReadError> {
    #[derive(Deserialize)]
    struct Head {
        schema: u64,
    }
    let malformed = |error: serde_json::Error| ReadError::Malformed(error.to_string());
    match serde_json::from_str::<Head>(text).map_err(malformed)?.schema {
        SCHEMA => {
            let wire = serde_json::from_str::<ReportWire<'_>>(text).map_err(malformed)?;
            Report::try_from(wire).map_err(ReadError::Malformed)
        }
        schema if schema > SCHEMA => Err(ReadError::Newer { schema }),
        schema => Err(ReadError::Malformed(format!("schema {schema} does not exist, the first one is 1"))),
    }
}

/// Breaks lines in the report and its lists, and leaves their entries on one line each.
#[derive(Default)]
struct RowPerLine {
    depth: usize,
    is_empty: bool,
}

impl RowPerLine {
    /// Lists of the report stand at this depth; what is deeper stays on its line.
    const LISTS: usize = 2;

    fn open<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_empty = true;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if !self.is_empty && self.depth < Self::LISTS {
            self.line(writer)?;
        }
        self.is_empty = false;
        writer.write_all(bracket)
    }

    fn entry<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.is_empty = false;
        match (self.depth <= Self::LISTS, first) {
            (true, true) => self.line(writer),
            (true, false) => writer.write_all(b",").and_then(|()| self.line(writer)),
            (false, true) => Ok(()),
            (false, false) => writer.write_all(b", "),
        }
    }

    fn line<W: ?Sized + io::Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for RowPerLine {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.entry(writer, first)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.entry(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bump, cannot_tell, cause, over, within};
    use super::*;
    use crate::model::cause::Carrier;
    use crate::model::report::{Judged, Place, State};
    use crate::model::{
        Cause, Certainty, Change, Custom, Dependency, Direction, Environment, Evidence, Family, Key, Kind, Metric,
        Quantity, Ratio, Row, Subject, Target, Unit,
    };
    use proptest::prelude::*;

    #[test]
    fn a_report_comes_back_as_it_was() {
        for report in [within(), over(), cannot_tell(), Report::default()] {
            assert_eq!(read(&write(&report)), Ok(report));
        }
    }

    /// Where the schema lies for its validator, which fetches nothing.
    const ADDRESS: &str = "https://localhost/report.json";

    /// What the schema holds against a report; empty where it is as the schema says.
    fn problems(report: &Report) -> String {
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        let schema = serde_json::from_str(REPORT_SCHEMA).expect("the schema is JSON");
        compiler.add_resource(ADDRESS, schema).expect("the schema is a resource");
        let schema = compiler.compile(ADDRESS, &mut schemas).expect("the schema is one");
        let written = serde_json::from_str(&write(report)).expect("a report is JSON");
        schemas.validate(&written, schema).err().map_or(String::new(), |why| format!("{why:#}"))
    }

    #[test]
    fn a_report_is_as_the_schema_says() {
        let mut placed = over();
        let place = Place { file: "benches/cart.rs".into(), lines: [("total/100".into(), 39)].into() };
        placed.places.insert(Target { package: "shop".into(), name: "cart".into() }, place);
        placed.patch = Some("--- a".into());
        let worth = super::super::tests::worth::estimated();
        for report in [within(), over(), cannot_tell(), Report::default(), placed, worth] {
            assert_eq!(problems(&report), "");
        }
    }

    #[test]
    fn the_schema_has_the_number_and_every_state_and_verdict() {
        let schema: serde_json::Value = serde_json::from_str(REPORT_SCHEMA).expect("the schema is JSON");
        assert_eq!(schema["properties"]["schema"]["const"], SCHEMA);
        for state in State::ALL {
            let mut report = within();
            report.rows[0].state = state;
            assert_eq!(problems(&report), "");
            assert!(write(&report).contains(&format!("\"state\": \"{}\"", state.name())), "{state:?}");
        }
        for verdict in crate::model::Verdict::ALL {
            let report = Report { verdict, ..Report::default() };
            assert_eq!(problems(&report), "");
            assert!(write(&report).contains(&format!("\"verdict\": \"{}\"", verdict.name())), "{verdict}");
        }
    }

    #[test]
    fn the_schema_takes_no_field_that_it_does_not_describe() {
        fn check(schema: &serde_json::Value) {
            if let Some(fields) = schema["properties"].as_object() {
                assert_eq!(schema["additionalProperties"], false, "{schema}");
                assert!(
                    fields.values().all(|field| !field["description"].is_null() || !field["$ref"].is_null()),
                    "{schema}"
                );
            }
            match schema {
                serde_json::Value::Array(all) => all.iter().for_each(check),
                serde_json::Value::Object(all) => all.values().for_each(check),
                _ => {}
            }
        }
        check(&serde_json::from_str(REPORT_SCHEMA).expect("the schema is JSON"));
    }

    #[test]
    fn places_come_back_and_may_be_missing() {
        let mut report = over();
        let place = Place { file: "benches/cart.rs".into(), lines: [("total/100".into(), 39)].into() };
        report.places.insert(Target { package: "shop".into(), name: "cart".into() }, place);
        assert_eq!(read(&write(&report)), Ok(report));
    }

    #[test]
    fn causes_come_back_and_may_be_missing() {
        let key = over().rows[0].row.key.clone();
        let carriers = vec![Carrier { bumps: vec![bump("a"), bump("b")], delta: -7 }];
        let dependencies = [
            Dependency::Functions { bump: bump("a"), share: Ratio::percent(97.0) },
            Dependency::Unsettled { bumps: vec![bump("a")] },
            Dependency::Measured { own: -1, needed: vec![bump("c")], carriers },
        ];
        for dependency in dependencies {
            let mut report = over();
            report.causes.insert(key.clone(), Cause { dependency: Some(dependency), ..cause() });
            assert_eq!(problems(&report), "");
            assert_eq!(read(&write(&report)), Ok(report));
        }
    }

    #[test]
    fn a_program_finds_the_verdict_and_one_row_on_a_line() {
        let text = write(&within());
        let head = "{\n  \"schema\": 1,\n  \"verdict\": \"within\",\n  \"exit_code\": 0,\n  \"findings\": [],\n  \"rows\": [\n";
        assert!(text.starts_with(head), "{text}");
        assert!(text.ends_with(
            "  ],\n  \"environments\": [],\n  \"state\": {},\n  \"state_changes\": [],\n  \"reused\": 2\n}\n"
        ));
        let row = r#"    {"subject": {"kind": "benchmark", "name": "shop::cart::total/1", "package": "shop", "target": "cart", "group": "total", "function": "1"}, "metric": "instructions", "state": "unchanged", "change": {"kind": "both", "before": {"kind": "exact", "value": 1000, "repeats": 1, "noise": 0.0}, "after": {"kind": "exact", "value": 1000, "repeats": 1, "noise": 0.0}, "delta": 0.0, "certainty": "noise"}, "limit": 0.01},"#;
        assert!(text.lines().any(|line| line == row), "{text}");
    }

    fn check(damage: (&str, &str), message: &str) {
        let text = write(&over());
        assert!(text.contains(damage.0), "{text}");
        let error = read(&text.replace(damage.0, damage.1)).map_err(|error| error.to_string());
        assert!(error.as_ref().is_err_and(|error| error.contains(message)), "{error:?}");
    }

    #[test]
    fn what_is_not_a_report_is_refused_with_its_place() {
        check(("\"schema\": 1", "\"schema\": 2"), "schema 2 is newer than this version reads (1)");
        check(("\"schema\": 1", "\"schema\": 0"), "schema 0 does not exist");
        check(("\"schema\": 1,", ""), "missing field `schema`");
        check(("\"growth-over\"", "\"growth-under\""), "unknown code `growth-under` at line");
        check(("\"crossed\"", "\"dotted\""), "unknown variant `dotted`");
        check(("\"low\": 1215.2", "\"low\": -1.0"), "an amount is finite and not negative");
        check(("\"limit\": 0.01", "\"limit\": 1e999"), "number out of range");
        check(("\"value\": 12345", "\"value\": 12345.5"), "invalid type: floating point");
        check(("\"value\": 12345", "\"value\": -1"), "invalid value: integer `-1`");
        let nested = format!("\"certainty\": {}{}", "[".repeat(100_000), "]".repeat(100_000));
        check(("\"certainty\": \"real\"", &nested), "recursion limit exceeded");
        assert!(read("").is_err() && read("[]").is_err() && read("null").is_err());
    }

    #[test]
    fn a_field_that_is_not_known_is_skipped() {
        let text = write(&over()).replace("\"metric\":", "\"colour\": [\"red\"], \"metric\":");
        assert_eq!(read(&text), Ok(over()));
    }

    #[test]
    fn every_kind_of_subject_and_metric_comes_back() {
        let mut report = over();
        let hits = Custom { name: "hits".into(), unit: Unit::Share, better: Direction::More, kind: Kind::Sampled };
        let metrics = Metric::BUILT_IN.into_iter().chain(Metric::custom(hits));
        let subjects = [
            Subject::Command("a b".into()),
            Subject::Build("dev".into()),
            Subject::Entry("load/1".into()),
            Subject::Asset("app-*.js".into()),
            Subject::Page("a/index.html".into()),
            Subject::EntryPoint("app-*.js".into()),
            Subject::Group("vendor".into()),
        ];
        for (metric, subject) in metrics.flat_map(|metric| subjects.clone().map(|subject| (metric, subject))) {
            let change = report.rows[0].row.change.clone();
            let row = Row { key: Key::new(subject, metric), change };
            report.rows.push(Judged { row, state: State::New, limit: None, owner: None, reason: None });
        }
        report.environments = Family::ALL.map(|family| (family, Environment::default())).into();
        assert_eq!(problems(&report), "");
        assert_eq!(read(&write(&report)), Ok(report));
    }

    #[test]
    fn a_metric_without_a_meaning_is_refused() {
        check(("\"metric\": \"instructions\"", "\"metric\": \"luck\""), "unknown metric `luck`");
    }

    #[test]
    fn words_are_those_of_the_model() {
        let text = write(&over());
        for metric in [Metric::Instructions, Metric::Size, Metric::Time] {
            assert!(text.contains(&format!("\"metric\": \"{metric}\"")), "{metric}");
        }
        for family in [Family::Bytes, Family::Instructions, Family::Time] {
            assert!(text.contains(&format!("\"family\": \"{family}\"")), "{family}");
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back(value: u64, noise in -1e300..1e300, delta: f64, estimate in 0.0..f64::MAX) {
            let mut report = over();
            let key = report.rows[0].row.key.clone();
            let noise = Ratio::new(noise).unwrap_or(Ratio::ZERO);
            let quantity = Quantity::new(estimate).unwrap_or(Quantity::ZERO);
            let before = Evidence::Exact { value, repeats: u32::MAX, noise };
            let after = Evidence::Sampled { estimate: quantity, low: quantity, high: quantity, samples: 0 };
            let change = Change::Both { before, after, delta: Ratio::new(delta), certainty: Certainty::Noise };
            for state in State::ALL {
                let row = Row { key: key.clone(), change: change.clone() };
                report.rows.push(Judged { row, state, limit: None, owner: None, reason: None });
            }
            prop_assert_eq!(read(&write(&report)), Ok(report));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,100}", cut in 0_usize..4_000) {
            let _ = read(&text);
            let _ = read(write(&over()).get(..cut).unwrap_or_default());
        }
    }
}
