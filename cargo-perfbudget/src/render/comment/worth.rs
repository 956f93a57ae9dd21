//! What a template sees of an estimate of worth: a table of texts, notes, and how it came about.

use minijinja::context;
use minijinja::value::Value;

use crate::model::Report;
use crate::model::worth::{FORMULA, RANGES};
use crate::render::worth::{self, Sheet, SheetRow};

/// How much of an estimate is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Detail {
    /// So many rows, the notes, the formula and every value with its source.
    Whole(usize),
    /// So many rows, and the notes.
    Rows(usize),
    /// Nothing.
    Nothing,
}

/// The estimate for a template; `None` where there is none to show.
pub(super) fn of(report: &Report, detail: Detail) -> Option<Value> {
    let (rows, inputs) = match detail {
        Detail::Whole(rows) => (rows, worth::inputs_of(report)),
        Detail::Rows(rows) => (rows, Vec::new()),
        Detail::Nothing => return None,
    };
    let Sheet { sums, head, rows, missing, notes, check } = worth::sheet(report, rows)?;
    let row = |SheetRow { direction, name, together, cells }| context! { direction, name, together, cells };
    let input = |(name, value, from): (&str, String, String)| context! { name, value, from };
    let sum = |(direction, figures): (&str, Vec<String>)| context! { direction, figures };
    Some(context! {
        sums => sums.into_iter().map(sum).collect::<Vec<_>>(),
        head,
        rows => rows.into_iter().map(row).collect::<Vec<_>>(),
        missing,
        notes,
        check,
        formula => FORMULA.join("\n"),
        ranges => RANGES,
        inputs => inputs.into_iter().map(input).collect::<Vec<_>>(),
    })
}
