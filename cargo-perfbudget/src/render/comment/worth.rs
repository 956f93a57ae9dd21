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
    let Sheet { head, rows, notes } = worth::sheet(report, rows)?;
    let row = |SheetRow { direction, name, together, cells }| context! { direction, name, together, cells };
    let input = |(name, value, from): (&str, String, String)| context! { name, value, from };
    Some(context! {
        head,
        rows => rows.into_iter().map(row).collect::<Vec<_>>(),
        notes,
        formula => FORMULA.join("\n"),
        ranges => RANGES,
        inputs => inputs.into_iter().map(input).collect::<Vec<_>>(),
    })
}
