//! What the lines of one baseline file mean: header, environment, state and records, with nothing unknown let through.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::layout::Place;
use super::lines::{Flaw, Lines, Name, Value, shown};
use super::wire::{File, SCHEMA, frozen};
use crate::model::{
    Acceptance, Artifact, ArtifactKind, Benchmark, Custom, Date, Direction, Environment, Evidence, Family, Key, Kind,
    Metric, Quantity, Ratio, Record, Subject, Target, Unit,
};

/// Reads the text of one file.
pub(super) fn read(text: &str) -> Result<File, Flaw> {
    let mut lines = Lines::new(text);
    let mut reader = Reader::default();
    while let Some(line) = lines.line()? {
        match line.value {
            None => reader.open(line.at, line.name)?,
            Some(value) => reader.entry(line.at, &line.name, value)?,
        }
    }
    reader.finish(text.len())
}

/// What was read so far.
#[derive(Default)]
struct Reader<'a> {
    header: Header,
    /// The target of all benchmarks of the file.
    target: Option<Arc<Target>>,
    environment: Option<Environment>,
    state: Option<Environment>,
    table: Table,
    /// The metrics of the benchmark or artifact whose table is being read.
    drafts: Vec<(Metric, Draft)>,
    /// The names of the benchmarks and artifacts that had their table, and where it begins.
    tables: Vec<(Name<'a>, usize)>,
    /// The metrics that the file defines.
    metrics: Option<BTreeMap<String, Metric>>,
    records: Vec<(Key, Record)>,
}

/// The values above all tables.
#[derive(Default)]
struct Header {
    schema: Option<u64>,
    family: Option<Family>,
    package: Option<String>,
    target: Option<String>,
}

/// The table that the next entry belongs to.
#[derive(Default)]
enum Table {
    #[default]
    Header,
    Environment,
    State,
    Metrics,
    Subject {
        at: usize,
        family: Family,
        subject: Arc<Subject>,
    },
}

/// A record whose lines may not all be read.
#[derive(Default)]
struct Draft {
    at: usize,
    evidence: Option<Evidence>,
    noise: Option<Ratio>,
    anchor: Option<u64>,
    acceptance: Option<Acceptance>,
}

impl<'a> Reader<'a> {
    fn open(&mut self, at: usize, name: Name<'a>) -> Result<(), Flaw> {
        self.close()?;
        let (family, package) = self.header.complete(at)?;
        let (table, fresh) = match (name.first.as_ref(), &name.second) {
            ("environment", None) => (Table::Environment, put(&mut self.environment, Environment::default())),
            ("state", None) => (Table::State, put(&mut self.state, Environment::default())),
            ("metrics", None) => (Table::Metrics, put(&mut self.metrics, BTreeMap::new())),
            (kind, Some(own)) if matches!(kind, "benchmark" | "artifact") || named(kind).is_some() => {
                let target = self.header.target.as_ref().map(|bench| {
                    let target = || Target { package: package.to_owned(), name: bench.clone() };
                    self.target.get_or_insert_with(|| Arc::new(target())).clone()
                });
                let subject = subject(kind, package, target, own).map_err(|message| Flaw::new(at, message))?;
                self.tables.push((name, at));
                self.table = Table::Subject { at, family, subject: Arc::new(subject) };
                return Ok(());
            }
            _ => return Err(Flaw::new(at, format!("the table `{}` is unknown", name.shown()))),
        };
        self.table = table;
        if fresh { Ok(()) } else { Err(written_twice(at, &name)) }
    }

    fn entry(&mut self, at: usize, name: &Name<'a>, value: Value<'a>) -> Result<(), Flaw> {
        let read = match &self.table {
            Table::Header => return self.header.entry(at, name, value),
            Table::Environment => fact(&mut self.environment, name, value),
            Table::State => fact(&mut self.state, name, value),
            Table::Metrics => definition(self.metrics.get_or_insert_default(), name, value),
            Table::Subject { family, .. } => aspect(&mut self.drafts, *family, self.metrics.as_ref(), at, name, value),
        };
        read.map_err(|message| of_entry(at, name, &message))
    }

    /// Turns what was read of a benchmark or artifact into records.
    fn close(&mut self) -> Result<(), Flaw> {
        let Table::Subject { at, subject, .. } = mem::take(&mut self.table) else { return Ok(()) };
        if self.drafts.is_empty() {
            return Err(Flaw::new(at, format!("`{}` has no metric", shown(&subject.short()))));
        }
        for (metric, draft) in self.drafts.drain(..) {
            let at = draft.at;
            let record = draft.record().ok_or_else(|| Flaw::new(at, format!("`{metric}` itself has no value")))?;
            self.records.push((Key::new(subject.clone(), metric), record));
        }
        Ok(())
    }

    fn finish(mut self, end: usize) -> Result<File, Flaw> {
        self.close()?;
        // The tables of a file that we wrote are in order nearly, which makes sorting them cheap.
        self.tables.sort();
        if let Some([_, (name, at)]) = self.tables.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(written_twice(*at, name));
        }
        let (family, package) = self.header.complete(end)?;
        let package = package.to_owned();
        let missing = |name: &str| Flaw::new(end, format!("the table `{name}` is missing"));
        let environment = self.environment.ok_or_else(|| missing("environment"))?;
        let state = self.state.ok_or_else(|| missing("state"))?;
        let place = Place { family, environment, package, target: self.header.target };
        Ok(File { place, state, records: self.records })
    }
}

impl Header {
    fn entry(&mut self, at: usize, name: &Name<'_>, value: Value<'_>) -> Result<(), Flaw> {
        let plain = if name.second.is_none() { name.first.as_ref() } else { "" };
        if self.schema.is_none() && plain != "schema" {
            return Err(no_schema(at));
        }
        let read = match plain {
            "schema" => value.count().map(|schema| put(&mut self.schema, schema)),
            "family" => value.text().and_then(|text| {
                let family = Family::ALL.into_iter().find(|family| family.name() == text);
                Ok(put(&mut self.family, family.ok_or_else(|| format!("`{}` is no family", shown(&text)))?))
            }),
            "package" => value.text().map(|text| put(&mut self.package, text.into_owned())),
            "target" => value.text().map(|text| put(&mut self.target, text.into_owned())),
            _ => Err("unknown key".to_owned()),
        };
        read.and_then(once).map_err(|message| of_entry(at, name, &message))?;
        // Checked at once, because the rest of a newer file would only lead to misleading complaints.
        match self.schema {
            Some(SCHEMA) => Ok(()),
            Some(newer) if newer > SCHEMA => Err(Flaw {
                hint: Some("update cargo-perfbudget"),
                ..Flaw::new(at, format!("schema {newer} was written by a newer version"))
            }),
            other => Err(Flaw::new(at, format!("schema {} does not exist", other.unwrap_or_default()))),
        }
    }

    /// The family and package, once all that is above the tables was read.
    fn complete(&self, at: usize) -> Result<(Family, &str), Flaw> {
        self.schema.ok_or_else(|| no_schema(at))?;
        let missing = |name: &str| Flaw::new(at, format!("`{name}` is missing above the tables"));
        let family = self.family.ok_or_else(|| missing("family"))?;
        Ok((family, self.package.as_deref().ok_or_else(|| missing("package"))?))
    }
}

impl Draft {
    /// The record; `None` without a value.
    fn record(self) -> Option<Record> {
        let evidence = match (self.evidence?, self.noise) {
            (Evidence::Exact { value, repeats, .. }, Some(noise)) => Evidence::Exact { value, repeats, noise },
            (evidence, _) => evidence,
        };
        let record = Record { evidence, anchor: self.anchor, acceptance: self.acceptance };
        Some(Record { anchor: frozen(&record), ..record })
    }
}

/// What makes a subject of its name within that kind.
fn named(kind: &str) -> Option<fn(String) -> Subject> {
    Some(match kind {
        "command" => Subject::Command,
        "build" => Subject::Build,
        "entry" => Subject::Entry,
        "page" => Subject::Page,
        "entry-point" => Subject::EntryPoint,
        "group" => Subject::Group,
        "asset" => Subject::Asset,
        _ => return None,
    })
}

/// Reads what `Subject::short` wrote.
fn subject(kind: &str, package: &str, target: Option<Arc<Target>>, name: &str) -> Result<Subject, String> {
    match (kind, target) {
        ("benchmark", Some(target)) => Benchmark::from_path(target, name)
            .map(Subject::Benchmark)
            .ok_or_else(|| format!("`{}` is no name of a benchmark", shown(name))),
        ("artifact", None) => [ArtifactKind::Bin, ArtifactKind::Cdylib, ArtifactKind::File]
            .into_iter()
            .find_map(|kind| Some((kind, name.strip_prefix(kind.word())?.strip_prefix(' ')?.to_owned())))
            .map(|(kind, name)| Subject::Artifact(Artifact { package: package.to_owned(), kind, name }))
            .ok_or_else(|| format!("`{}` is no name of an artifact", shown(name))),
        ("benchmark", None) => Err("a benchmark needs a `target` above the tables".to_owned()),
        (kind, None) if let Some(subject) = named(kind) => Ok(subject(name.to_owned())),
        _ => Err("only benchmarks can be in the file of a bench target".to_owned()),
    }
}

/// One entry of `[environment]` or `[state]`.
fn fact(facts: &mut Option<Environment>, name: &Name<'_>, value: Value<'_>) -> Result<(), String> {
    if name.second.is_some() {
        return Err("unknown key".to_owned());
    }
    let facts = &mut facts.get_or_insert_default().0;
    once(facts.insert(name.first.clone().into_owned(), value.text()?.into_owned()).is_none())
}

/// One entry of `[metrics]`.
fn definition(metrics: &mut BTreeMap<String, Metric>, name: &Name<'_>, value: Value<'_>) -> Result<(), String> {
    let [unit, better, kind] = fields(value, ["unit", "better", "kind"])?;
    let text = |name: &str, value: Option<Value<'_>>| needed(name, value)?.text().map(Cow::into_owned);
    let (unit, better, kind) = (text("unit", unit)?, text("better", better)?, text("kind", kind)?);
    let unknown = |field: &str, word: &str| format!("the {field} `{}` is unknown", shown(word));
    let definition = Custom {
        name: name.first.clone().into_owned(),
        unit: Unit::from_name(&unit).ok_or_else(|| unknown("unit", &unit))?,
        better: Direction::from_name(&better).ok_or_else(|| unknown("direction", &better))?,
        kind: Kind::from_name(&kind).ok_or_else(|| unknown("kind", &kind))?,
    };
    let own = definition.name.clone();
    let metric = Metric::custom(definition).filter(|_| name.second.is_none()).ok_or("no name of a metric")?;
    once(metrics.insert(own, metric).is_none())
}

/// One entry of a benchmark or artifact: `instructions`, `noise.instructions`, and so on.
fn aspect(
    drafts: &mut Vec<(Metric, Draft)>,
    family: Family,
    defined: Option<&BTreeMap<String, Metric>>,
    at: usize,
    name: &Name<'_>,
    value: Value<'_>,
) -> Result<(), String> {
    let (aspect, metric) = match &name.second {
        None => ("", &name.first),
        Some(metric) => (name.first.as_ref(), metric),
    };
    let by_definition = || defined?.get(metric.as_ref()).copied();
    let metric = Metric::from_name(metric).or_else(by_definition).ok_or("unknown key")?;
    if metric.family() != family {
        return Err(format!("no metric of the family `{family}`"));
    }
    let known = drafts.iter().position(|(own, _)| *own == metric).unwrap_or_else(|| {
        drafts.push((metric, Draft { at, ..Draft::default() }));
        drafts.len() - 1
    });
    let (_, draft) = &mut drafts[known];
    once(match (aspect, name.second.is_some()) {
        (_, false) => put(&mut draft.evidence, evidence(metric, value)?),
        // The interval of a sampled value says how noisy it is.
        ("noise", _) if metric.is_exact() => put(&mut draft.noise, Ratio::new(value.number()?).ok_or("no ratio")?),
        ("anchor", _) => put(&mut draft.anchor, value.count()?),
        ("accepted", _) => put(&mut draft.acceptance, acceptance(value)?),
        _ => return Err("unknown key".to_owned()),
    })
}

fn evidence(metric: Metric, value: Value<'_>) -> Result<Evidence, String> {
    if metric.is_exact() {
        return value.count().map(Evidence::exact);
    }
    let [estimate, low, high, samples] = fields(value, ["estimate", "low", "high", "samples"])?;
    let quantity = |name: &str, value: Option<Value<'_>>| {
        Quantity::new(needed(name, value)?.number()?).ok_or_else(|| format!("`{name}` is no amount"))
    };
    Ok(Evidence::Sampled {
        estimate: quantity("estimate", estimate)?,
        low: quantity("low", low)?,
        high: quantity("high", high)?,
        samples: u32::try_from(needed("samples", samples)?.count()?).map_err(|_| "`samples` is too large")?,
    })
}

fn acceptance(value: Value<'_>) -> Result<Acceptance, String> {
    let [from, reason, expires] = fields(value, ["from", "reason", "expires"])?;
    let day = |text: Cow<'_, str>| Date::parse(&text).ok_or_else(|| format!("`{}` is no day", shown(&text)));
    Ok(Acceptance {
        from: needed("from", from)?.count()?,
        reason: needed("reason", reason)?.text()?.into_owned(),
        expires: expires.map(|value| value.text().and_then(day)).transpose()?,
    })
}

/// The values of an inline table in the order of `names`; an error for any other name.
fn fields<'a, const N: usize>(value: Value<'a>, names: [&str; N]) -> Result<[Option<Value<'a>>; N], String> {
    let mut slots = [const { None }; N];
    for (name, value) in value.fields()? {
        let slot = names.iter().zip(&mut slots).find(|(own, _)| name.second.is_none() && **own == name.first);
        let (_, slot) = slot.ok_or_else(|| format!("the field `{}` is unknown", name.shown()))?;
        if !put(slot, value) {
            return Err(format!("the field `{}` is written twice", name.shown()));
        }
    }
    Ok(slots)
}

fn needed<'a>(name: &str, value: Option<Value<'a>>) -> Result<Value<'a>, String> {
    value.ok_or_else(|| format!("the field `{name}` is missing"))
}

/// Fills a slot; false where it was full.
fn put<T>(slot: &mut Option<T>, value: T) -> bool {
    slot.replace(value).is_none()
}

fn once(fresh: bool) -> Result<(), String> {
    if fresh { Ok(()) } else { Err("written twice".to_owned()) }
}

fn of_entry(at: usize, name: &Name<'_>, message: &str) -> Flaw {
    Flaw::new(at, format!("`{}`: {message}", name.shown()))
}

fn written_twice(at: usize, table: &Name<'_>) -> Flaw {
    Flaw::new(at, format!("the table `{}` is written twice", table.shown()))
}

fn no_schema(at: usize) -> Flaw {
    Flaw::new(at, "`schema` is missing: it must be the first entry")
}
