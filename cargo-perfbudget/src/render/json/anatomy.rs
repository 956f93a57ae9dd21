//! Anatomies → JSON: schema 1 of their own, with every function and part. Nothing here reads it back.

use std::collections::BTreeMap;

use serde::Serialize;

use super::in_lines;
use super::wire::{MovedWire, SubjectWire};
use crate::model::anatomy::{Growth, PartKind};
use crate::model::{Dissection, home};

#[derive(Serialize)]
struct DissectionsWire<'a> {
    schema: u64,
    files: Vec<DissectionWire<'a>>,
}

#[derive(Serialize)]
struct DissectionWire<'a> {
    subject: SubjectWire<'a>,
    /// All of it. Functions and parts add up to this.
    bytes: u64,
    /// Without symbols, debug information and notes for tools.
    shipped: u64,
    symbols: &'static str,
    crates: Vec<CrateWire<'a>>,
    functions: Vec<FunctionWire<'a>>,
    parts: Vec<PartWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    growth: Option<GrowthWire<'a>>,
}

#[derive(Serialize)]
struct CrateWire<'a> {
    name: &'a str,
    bytes: u64,
    functions: u64,
}

#[derive(Serialize)]
struct FunctionWire<'a> {
    name: &'a str,
    #[serde(rename = "crate")]
    home: &'a str,
    bytes: u64,
    copies: u64,
}

#[derive(Serialize)]
struct PartWire<'a> {
    name: &'a str,
    kind: &'static str,
    bytes: u64,
    shipped: bool,
}

#[derive(Serialize)]
struct GrowthWire<'a> {
    base: &'a str,
    before: u64,
    after: u64,
    moved: Vec<MovedWire<'a>>,
}

/// The anatomies as JSON, with a line break at the end.
#[must_use]
pub fn write(dissections: &[Dissection]) -> String {
    in_lines(&DissectionsWire { schema: 1, files: dissections.iter().map(DissectionWire::from).collect() }, 0)
}

impl<'a> From<&'a Dissection> for DissectionWire<'a> {
    fn from(one: &'a Dissection) -> DissectionWire<'a> {
        let anatomy = &one.anatomy;
        let mut crates: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let mut functions: Vec<FunctionWire<'_>> = Vec::with_capacity(anatomy.functions.len());
        for (name, code) in &anatomy.functions {
            let home = home::of(name);
            let sum = crates.entry(home).or_default();
            *sum = (sum.0 + code.bytes, sum.1 + 1);
            functions.push(FunctionWire { name, home, bytes: code.bytes, copies: code.copies });
        }
        functions.sort_by_key(|function| std::cmp::Reverse(function.bytes));
        let mut crates: Vec<CrateWire<'_>> =
            crates.into_iter().map(|(name, (bytes, functions))| CrateWire { name, bytes, functions }).collect();
        crates.sort_by_key(|own| std::cmp::Reverse(own.bytes));
        let parts = anatomy.parts.iter().map(|((kind, name), bytes)| PartWire {
            name,
            kind: kind.name(),
            bytes: *bytes,
            shipped: *kind != PartKind::Tools,
        });
        DissectionWire {
            subject: (&one.subject).into(),
            bytes: anatomy.length(),
            shipped: anatomy.shipped(),
            symbols: anatomy.symbols.name(),
            crates,
            functions,
            parts: parts.collect(),
            growth: one.growth.as_ref().map(GrowthWire::from),
        }
    }
}

impl<'a> From<&'a Growth> for GrowthWire<'a> {
    fn from(growth: &'a Growth) -> GrowthWire<'a> {
        let moved = growth.moved.iter().map(MovedWire::from).collect();
        GrowthWire { base: &growth.base, before: growth.before, after: growth.after, moved }
    }
}
