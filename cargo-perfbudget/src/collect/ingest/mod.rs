//! The source of what other tools have measured: their files, as the configuration says what they mean. Pure but for reading.

mod elements;
mod series;

use std::collections::BTreeMap;
use std::path::Path;

use super::time::interval_of;
use crate::config::ingest::{Measure, Naming, Needed};
use crate::config::{IngestPlan, Plan};
use crate::error::Result;
use crate::model::{
    Code, Environment, Evidence, Failure, Family, Key, Kind, Outcome, Problem, Quantity, Run, Scope, Subject, Unit,
};
use crate::sys::files;
use elements::{Element, Flaw};

/// The largest file that is read.
const FILE_BYTES_AT_MOST: u64 = 256 << 20;
/// The most entries of one file.
const ENTRIES_AT_MOST: usize = 100_000;
/// The longest name of an entry, in bytes: what is longer is not a name but a text.
const NAME_BYTES_AT_MOST: usize = 1_000;
/// Integers up to this are exact in the numbers that files hold.
const EXACT_AT_MOST: f64 = 9_007_199_254_740_992.0;

/// Reads the files into a run that holds nothing else.
///
/// # Errors
/// Only where the file system fails us; a file that is not there or not in its format is a problem of the run.
pub fn ingest(root: &Path, plan: &Plan, files: &[IngestPlan], filters: &[String]) -> Result<Run> {
    let families = [Family::Entries].into();
    let mut run = Run { scope: Scope { families, filters: filters.to_vec(), ..Scope::default() }, ..Run::default() };
    run.environments.insert(Family::Entries, Environment::default());
    for own in files {
        one_file(root, own, &mut run)?;
    }
    let today = crate::sys::env::today();
    let excluded: Vec<_> =
        plan.budgets.iter().filter(|budget| budget.exclude && budget.expires.is_none_or(|day| day >= today)).collect();
    for key in run.outcomes.keys() {
        if excluded.iter().any(|budget| budget.matches(&key.subject.to_string(), key.metric)) {
            run.excluded.insert((*key.subject).clone());
        }
    }
    Ok(run)
}

fn one_file(root: &Path, plan: &IngestPlan, run: &mut Run) -> Result<()> {
    let mut problem = |code, message: String, hint: &str| {
        run.problems.push(Problem { code, target: None, message, hint: Some(hint.to_owned()) });
    };
    let path = root.join(&plan.file);
    let text = match files::read(&path, FILE_BYTES_AT_MOST) {
        Ok(Some(bytes)) => String::from_utf8(bytes),
        Ok(None) => {
            let message = format!("`{}` is not there, so nothing of it was read", plan.file);
            problem(Code::EntryMissing, message, "let the tool write it before the check");
            return Ok(());
        }
        Err(why) => {
            problem(Code::OutputUnreadable, why.message, "check the file and its permissions");
            return Ok(());
        }
    };
    let text = match text {
        Ok(text) => text,
        Err(why) => {
            let line = 1 + why.as_bytes()[..why.utf8_error().valid_up_to()].iter().filter(|it| **it == b'\n').count();
            let message = format!("`{}:{line}`: the text is not UTF-8", plan.file);
            problem(Code::OutputUnreadable, message, "let the tool write it again");
            return Ok(());
        }
    };
    match read(plan, text.trim_start_matches('\u{feff}')) {
        Ok(read) => {
            if read.iter().all(|(_, outcomes)| outcomes.is_empty()) {
                let message =
                    format!("`{}` holds none of the numbers that a `{}` file has", plan.file, plan.format.name());
                problem(Code::EntryMissing, message, "check `format` and the fields in `[[ingest]]`");
            }
            for (subject, outcomes) in read {
                for (metric, outcome) in outcomes {
                    insert(Key::new(Subject::Entry(subject.clone()), metric), outcome, &plan.file, run);
                }
            }
        }
        Err(why) => {
            let hint = format!("it must be a file as `{}` says; let the tool write it again", plan.format.name());
            problem(Code::OutputUnreadable, format!("`{}{}`: {}", plan.file, why.place, why.why), &hint);
        }
    }
    Ok(())
}

/// Two entries of one name cannot be told apart, in one file or two.
fn insert(key: Key, outcome: Outcome, file: &str, run: &mut Run) {
    if !run.scope.covers(&key) {
        return;
    }
    let ambiguous = Outcome::Failed(Failure {
        code: Code::BenchmarkAmbiguous,
        why: format!("there are two entries of this name, one of them in `{file}`"),
        hint: Some("give each a name of its own: `subject` or `subject-from`".into()),
    });
    let is_second = run.outcomes.contains_key(&key);
    run.outcomes.insert(key, if is_second { ambiguous } else { outcome });
}

/// What one entry has of each metric.
type Entries = Vec<(String, BTreeMap<crate::model::Metric, Outcome>)>;

/// Reads a file.
fn read(plan: &IngestPlan, text: &str) -> std::result::Result<Entries, Flaw> {
    let elements = elements::of(plan, text)?;
    if elements.len() > ENTRIES_AT_MOST {
        return Err(Flaw::of_file(format!("it has more than {ENTRIES_AT_MOST} entries")));
    }
    let mut entries = Entries::new();
    for element in &elements {
        let name = name_of(plan, element)?;
        let mut outcomes = BTreeMap::new();
        for measure in &plan.measures {
            match number(measure, element) {
                Ok(Some(evidence)) => {
                    outcomes.insert(measure.metric, Outcome::Measured { evidence, note: None });
                }
                Ok(None) if measure.needed == Needed::No => {}
                Ok(None) => {
                    let fields: Vec<&str> = measure.from.iter().chain(&measure.samples).map(String::as_str).collect();
                    let why = format!("`{}{}` has no `{}`", plan.file, element.place(), fields.join("` or `"));
                    outcomes.insert(measure.metric, failed(Code::EntryMissing, why));
                }
                Err(why) => {
                    let why = format!("`{}{}`: {why}", plan.file, element.place());
                    outcomes.insert(measure.metric, failed(Code::OutputUnreadable, why));
                }
            }
        }
        entries.push((name, outcomes));
    }
    Ok(entries)
}

fn failed(code: Code, why: String) -> Outcome {
    Outcome::Failed(Failure { code, why, hint: None })
}

fn name_of(plan: &IngestPlan, element: &Element<'_>) -> std::result::Result<String, Flaw> {
    let wrong = |why: String| Flaw { place: element.place(), why };
    let name = match &plan.subject {
        Naming::Fixed(name) => Some(name.clone()),
        Naming::Field(fields) => fields.iter().find_map(|field| element.text(field)),
        Naming::Key => element.key().map(str::to_owned),
    };
    match name {
        Some(name) if name.len() > NAME_BYTES_AT_MOST => {
            Err(wrong(format!("the name of an entry has more than {NAME_BYTES_AT_MOST} bytes")))
        }
        Some(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        _ => Err(wrong("an entry has no name".to_owned())),
    }
}

/// The number that a measure asks for; `None` where it is not there.
fn number(measure: &Measure, element: &Element<'_>) -> std::result::Result<Option<Evidence>, String> {
    let field = |field: &str| element.number(field);
    let samples = match &measure.samples {
        Some(field) => element.numbers(field)?,
        None => None,
    };
    let mut scaled = Vec::new();
    for sample in samples.unwrap_or_default() {
        scaled.push(amount(sample * measure.factor)?.get());
    }
    if let Some(evidence) = interval_of(scaled) {
        return Ok(Some(evidence));
    }
    let mut found = None;
    for from in &measure.from {
        found = field(from)?;
        if found.is_some() {
            break;
        }
    }
    let Some(mut value) = found else { return Ok(None) };
    if !measure.of.is_empty() {
        let mut sum = 0.0;
        for part in &measure.of {
            let Some(part) = field(part)? else { return Ok(None) };
            sum += part;
        }
        if sum == 0.0 {
            return Err(format!("`{}` is 0, and nothing can be divided by it", measure.of.join(" + ")));
        }
        value /= sum;
    }
    let value = amount(value * measure.factor)?;
    if measure.metric.is_exact() {
        return exact(value.get(), measure).map(Some);
    }
    let bound = |name: &str| -> std::result::Result<Option<Quantity>, String> {
        field(name)?.map(|value| amount(value * measure.factor)).transpose()
    };
    let (low, high) = match &measure.bounds {
        Some((low, high)) => (bound(low)?.unwrap_or(value), bound(high)?.unwrap_or(value)),
        None => (value, value),
    };
    // How many samples are behind an interval is not known, but that there are some.
    let samples = if low < high { 2 } else { 1 };
    Ok(Some(Evidence::Sampled { estimate: value, low, high, samples }))
}

fn exact(value: f64, measure: &Measure) -> std::result::Result<Evidence, String> {
    // A quotient has digits without end: to a millionth it is as exact as what it was made of.
    let is_quotient = !measure.of.is_empty() && measure.metric.unit() == Unit::Share;
    let value = if is_quotient { value.round() } else { value };
    if value.fract() != 0.0 || value > EXACT_AT_MOST {
        let kind = Kind::Sampled.name();
        return Err(format!("`{}` is {value}, which is no whole number: make it `kind = \"{kind}\"`", measure.metric));
    }
    Ok(Evidence::exact(value as u64))
}

fn amount(value: f64) -> std::result::Result<Quantity, String> {
    Quantity::new(value).ok_or_else(|| format!("{value} is not an amount: it must be finite and not negative"))
}

#[cfg(test)]
mod tests;
