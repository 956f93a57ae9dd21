//! The table `[roi]` as meant: what an estimate of worth rests on, each value in base units and within its bounds.

use std::collections::BTreeMap;

use toml_span::value::ValueInner;

use super::amount::{Suffixes, parse_ratio, parse_suffixed};
use super::file::{Entry, Reader, Section};
use super::plan::amount_text;
use crate::model::assumptions::{Input, InputUnit, SubjectInputs};
use crate::model::{Assumptions, Glob};

/// The keys beside the inputs.
const OWN_KEYS: [&str; 2] = ["currency", "subject"];
/// The longest name of a currency. Arbitrary: it stands in the head of every column of money.
const MAX_CURRENCY: usize = 8;

const COUNT: Suffixes = Suffixes {
    factors: &[("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)],
    known: "write a plain number, or one with `k`, `M`, `G` or `T`",
    example: "2.5G",
};
const HERTZ: Suffixes =
    Suffixes { factors: &[("MHz", 1e6), ("GHz", 1e9)], known: "units are `MHz` and `GHz`", example: "3 GHz" };
const WATTS: Suffixes =
    Suffixes { factors: &[("mW", 1e-3), ("W", 1.0)], known: "units are `mW` and `W`", example: "2.8 W" };
const GRAMS_PER_KWH: Suffixes = Suffixes {
    factors: &[("g/kWh", 1.0), ("kg/kWh", 1e3)],
    known: "units are `g/kWh` and `kg/kWh`",
    example: "380 g/kWh",
};

const BITS_PER_SECOND: Suffixes = Suffixes {
    factors: &[("kbit/s", 1e3), ("Mbit/s", 1e6), ("Gbit/s", 1e9)],
    known: "units are `kbit/s`, `Mbit/s` and `Gbit/s`",
    example: "9 Mbit/s",
};

/// Reads `[roi]`; `None` where it is no table.
pub(super) fn read(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<Assumptions> {
    let known: Vec<&str> = Input::ALL.iter().map(|input| input.name()).chain(OWN_KEYS).collect();
    let section = entry.section(&known, reader)?;
    let mut assumptions = Assumptions { stated: stated(section, reader), ..Assumptions::default() };
    if let Some(currency) = section.get("currency").and_then(|entry| currency(entry, reader)) {
        assumptions.currency = currency;
    }
    if let Some(entry) = section.get("subject") {
        let of_subjects = Input::ALL.iter().filter(|input| input.is_of_subjects()).map(|input| input.name());
        let known: Vec<&str> = std::iter::once("subject").chain(of_subjects).collect();
        let sections = entry.sections("[[roi.subject]]", &known, reader);
        assumptions.subjects = sections.into_iter().map(|(at, section)| subject_inputs(at, section, reader)).collect();
    }
    Some(assumptions)
}

fn subject_inputs(at: usize, section: Section<'_>, reader: &mut Reader<'_>) -> SubjectInputs {
    let stated = stated(section, reader);
    let subject = match section.get("subject") {
        Some(entry) => entry.text("a name or a pattern such as \"shop::*\"", reader),
        None => {
            let hint = "add `subject = \"shop::cart::*\"`; what holds for all subjects stands in `[roi]`".to_owned();
            reader.problem(at, "this `[[roi.subject]]` has no `subject`".to_owned(), Some(hint));
            None
        }
    };
    if section.entries().all(|entry| entry.name == "subject") {
        let hint = "add `calls-per-year = \"2.5G\"`, or delete it".to_owned();
        reader.problem(at, "this `[[roi.subject]]` states nothing".to_owned(), Some(hint));
    }
    SubjectInputs { subject: Glob::new(subject.unwrap_or_default()), stated, line: reader.line(at) }
}

fn stated(section: Section<'_>, reader: &mut Reader<'_>) -> BTreeMap<Input, f64> {
    let inputs = section.entries().filter_map(|entry| Some((Input::from_name(entry.name)?, entry)));
    inputs.filter_map(|(input, entry)| Some((input, value(input, entry, reader)?))).collect()
}

/// The value of an input in base units. Out of its bounds it is a problem.
fn value(input: Input, entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<f64> {
    let terms = input.terms();
    let suffixed = |wanted: &str, suffixes: Suffixes, reader: &mut Reader<'_>| {
        let hint = format!("write `{} = {}`", terms.name, terms.example);
        amount_text(entry, wanted, Some(&hint), |text| parse_suffixed(text, suffixes), reader)
    };
    let value = match (terms.unit, entry.value) {
        (InputUnit::Count | InputUnit::Money | InputUnit::Factor, ValueInner::Integer(value)) => *value as f64,
        (InputUnit::Money | InputUnit::Factor, ValueInner::Float(value)) => *value,
        (InputUnit::Count, _) => suffixed("a number such as \"2.5G\"", COUNT, reader)?,
        (InputUnit::Money | InputUnit::Factor, _) => {
            let hint = match terms.unit {
                InputUnit::Money => {
                    format!("write `{} = {}`; `currency` names the currency", terms.name, terms.example)
                }
                _ => format!("write `{} = {}`", terms.name, terms.example),
            };
            reader.wrong_type(entry, "a number", Some(&hint));
            return None;
        }
        (InputUnit::Percent, _) => {
            let hint = format!("write the percent sign: `{} = {}`", terms.name, terms.example);
            let wanted = "a percentage such as \"30%\"";
            amount_text(entry, wanted, Some(&hint), parse_ratio, reader)?.get()
        }
        (InputUnit::Hertz, _) => suffixed("a clock rate such as \"3 GHz\"", HERTZ, reader)?,
        (InputUnit::Watts, _) => suffixed("a power such as \"2.8 W\"", WATTS, reader)?,
        (InputUnit::BitsPerSecond, _) => suffixed("a rate such as \"9 Mbit/s\"", BITS_PER_SECOND, reader)?,
        (InputUnit::GramsPerKwh, _) => suffixed("an intensity such as \"380 g/kWh\"", GRAMS_PER_KWH, reader)?,
    };
    if !input.admits(value) {
        let hint = match terms.default {
            Some(_) => {
                format!("write for example `{} = {}`, or leave it out for the default", terms.name, terms.example)
            }
            None => format!("write for example `{} = {}`, or leave it out", terms.name, terms.example),
        };
        reader.problem(entry.at, format!("`{}` must be {}", terms.name, terms.bounds_written), Some(hint));
        return None;
    }
    Some(value)
}

fn currency(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<String> {
    let text = entry.text("the name of a currency such as \"USD\"", reader)?;
    let is_name = text.chars().count() <= MAX_CURRENCY
        && text.chars().all(|letter| letter.is_alphabetic() || "$€£¥₹".contains(letter));
    if !is_name {
        let hint = format!("write a code such as `USD` or a sign such as `€`, of at most {MAX_CURRENCY} letters");
        reader.problem(entry.at, "`currency` is not the name of a currency".to_owned(), Some(hint));
    }
    is_name.then(|| text.to_owned())
}
