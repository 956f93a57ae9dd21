//! The entries of a file and their fields, whatever its format.

use std::collections::BTreeMap;

use serde_json::Value;

use super::series::{self, Series};
use crate::config::IngestPlan;
use crate::config::ingest::{Format, Naming};

/// Why a file cannot be read, and where: `:3` for a line, `#/rows/1` for a place in JSON, or nothing.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) place: String,
    pub(super) why: String,
}

impl Flaw {
    pub(super) fn of_file(why: impl Into<String>) -> Flaw {
        Flaw { place: String::new(), why: why.into() }
    }

    pub(super) fn of_line(line: usize, why: impl Into<String>) -> Flaw {
        Flaw { place: format!(":{line}"), why: why.into() }
    }
}

/// One thing that a file speaks of.
#[derive(Debug)]
pub(super) struct Element<'a> {
    key: Option<String>,
    line: Option<usize>,
    fields: Fields<'a>,
}

#[derive(Debug)]
enum Fields<'a> {
    Json(Value),
    Texts(BTreeMap<String, String>),
    Series(Vec<Series<'a>>),
}

impl Element<'_> {
    /// Where in the file it is, as it stands behind the file's name.
    pub(super) fn place(&self) -> String {
        match (self.line, &self.key) {
            (Some(line), _) => format!(":{line}"),
            (None, Some(key)) => format!("#{}", key.chars().take(60).collect::<String>()),
            (None, None) => String::new(),
        }
    }

    /// Its key in the object that it is in.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// A field as a text.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        match &self.fields {
            Fields::Json(value) => match value.pointer(field)? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            },
            Fields::Texts(texts) => texts.get(field).cloned(),
            Fields::Series(all) => all.first()?.labels.get(field).cloned(),
        }
    }

    /// A field as a number; `None` where it is not there or `null`.
    pub(super) fn number(&self, field: &str) -> Result<Option<f64>, String> {
        match &self.fields {
            Fields::Json(value) => match value.pointer(field) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => json_number(field, value).map(Some),
            },
            Fields::Texts(texts) => match texts.get(field).map(|text| text.trim()) {
                None | Some("") => Ok(None),
                Some(text) => parsed(field, text).map(Some),
            },
            Fields::Series(all) => series::value(all, field),
        }
    }

    /// A field as a list of numbers; `None` where it is not there.
    pub(super) fn numbers(&self, field: &str) -> Result<Option<Vec<f64>>, String> {
        let Fields::Json(value) = &self.fields else { return Ok(None) };
        match value.pointer(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(values)) => {
                values.iter().map(|value| json_number(field, value)).collect::<Result<_, _>>().map(Some)
            }
            Some(_) => Err(format!("`{field}` is not a list of numbers")),
        }
    }
}

fn json_number(field: &str, value: &Value) -> Result<f64, String> {
    match value {
        Value::Number(number) => number.as_f64().ok_or_else(|| format!("`{field}` is {number}, which is too large")),
        Value::String(text) => parsed(field, text.trim()),
        _ => Err(format!("`{field}` is not a number")),
    }
}

fn parsed(field: &str, text: &str) -> Result<f64, String> {
    // Percent signs and units are the configuration's to say, not a text's.
    text.parse().map_err(|_| format!("`{field}` is `{}`, not a number", text.chars().take(60).collect::<String>()))
}

/// The entries of a file.
pub(super) fn of<'a>(plan: &IngestPlan, text: &'a str) -> Result<Vec<Element<'a>>, Flaw> {
    match plan.format {
        Format::Csv => rows(text),
        Format::OpenMetrics => of_series(series::parse(text)?, &plan.subject),
        Format::RedisInfo => info(text),
        _ => json(text, plan.each.as_deref()),
    }
}

fn json(text: &str, each: Option<&str>) -> Result<Vec<Element<'static>>, Flaw> {
    let mut root: Value = serde_json::from_str(text).map_err(|why| match why.line() {
        0 => Flaw::of_file(why.to_string()),
        line => Flaw::of_line(line, why.to_string()),
    })?;
    let Some(each) = each else { return Ok(vec![Element { key: None, line: None, fields: Fields::Json(root) }]) };
    let element = |key: String, value| Element { key: Some(key), line: None, fields: Fields::Json(value) };
    match root.pointer_mut(each).map(Value::take) {
        Some(Value::Array(values)) => {
            let numbered = values.into_iter().enumerate();
            Ok(numbered.map(|(at, value)| element(format!("{each}/{at}"), value)).collect())
        }
        Some(Value::Object(members)) => Ok(members.into_iter().map(|(key, value)| element(key, value)).collect()),
        _ => Err(Flaw::of_file(format!("there is no list or object at `{each}`"))),
    }
}

fn rows(text: &str) -> Result<Vec<Element<'static>>, Flaw> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let said = |why: csv::Error| match why.position() {
        Some(position) => Flaw::of_line(position.line() as usize, words(&why)),
        None => Flaw::of_file(words(&why)),
    };
    let header = reader.headers().map_err(said)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(said)?;
        let line = record.position().map(|position| position.line() as usize);
        let cells = header.iter().zip(&record).map(|(name, cell)| (name.trim().to_owned(), cell.to_owned()));
        rows.push(Element { key: None, line, fields: Fields::Texts(cells.collect()) });
    }
    Ok(rows)
}

fn words(why: &csv::Error) -> String {
    match why.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("a row has {len} cells where the header has {expected_len}")
        }
        _ => why.to_string(),
    }
}

/// `key:value` lines; a value such as `keys=1,expires=0` is also known by `key.keys`.
fn info(text: &str) -> Result<Vec<Element<'static>>, Flaw> {
    let mut texts = BTreeMap::new();
    for (at, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            return Err(Flaw::of_line(at, "expected `key:value`"));
        };
        for (name, part) in value.split(',').filter_map(|part| part.split_once('=')) {
            texts.insert(format!("{key}.{name}"), part.to_owned());
        }
        texts.insert(key.to_owned(), value.to_owned());
    }
    Ok(vec![Element { key: None, line: None, fields: Fields::Texts(texts) }])
}

/// One entry for each value of the label that names them, or one of all series.
fn of_series<'a>(all: Vec<Series<'a>>, naming: &Naming) -> Result<Vec<Element<'a>>, Flaw> {
    let Naming::Field(labels) = naming else {
        return Ok(vec![Element { key: None, line: None, fields: Fields::Series(all) }]);
    };
    let mut groups: BTreeMap<String, Vec<Series<'a>>> = BTreeMap::new();
    for series in all {
        if let Some(name) = labels.iter().find_map(|label| series.labels.get(label)) {
            groups.entry(name.clone()).or_default().push(series);
        }
    }
    if groups.is_empty() {
        return Err(Flaw::of_file(format!("no series has the label `{}`", labels.join("` or `"))));
    }
    let element = |(_, group): (String, Vec<Series<'a>>)| Element {
        key: None,
        line: group.first().map(|series| series.line),
        fields: Fields::Series(group),
    };
    Ok(groups.into_iter().map(element).collect())
}
