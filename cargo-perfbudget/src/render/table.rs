//! Rows as cells: what each column of a report says of a judged row, which rows are worth a line, and alignment.

use unicode_width::UnicodeWidthStr;

use super::number;
use crate::model::report::{Judged, State};
use crate::model::{Change, Key, Metric};

/// A name wider than this does not push the columns of the other rows aside.
const MAX_PADDING: usize = 60;

/// What the columns say. Names, reasons and owners come from outside: whoever shows them tames them.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) before: String,
    pub(super) after: String,
    pub(super) change: String,
    pub(super) limit: String,
    pub(super) note: String,
}

impl Cells {
    pub(super) fn of(judged: &Judged) -> Cells {
        let change = &judged.row.change;
        let (mut before, mut after) = number::pair(judged.row.key.metric.unit(), change.before(), change.after());
        if change.before().is_none() {
            before.push('-');
        }
        if change.after().is_none() {
            after.push(if matches!(change, Change::Failed { .. }) { '?' } else { '-' });
        }
        // Without two sides there is nothing that a limit on growth could say.
        let is_compared = change.before().is_some() && change.after().is_some();
        let owner = judged.owner.as_ref().map(|owner| format!("owner: {owner}"));
        let note: Vec<&str> = [&judged.reason, &owner].into_iter().flatten().map(String::as_str).collect();
        Cells {
            before,
            after,
            change: number::delta(change),
            limit: judged.limit.filter(|_| is_compared).map(number::percent).unwrap_or_default(),
            note: note.join(" · "),
        }
    }
}

/// Whether a reader wants to see the row by itself. All others are counted.
pub(super) fn is_changed(judged: &Judged) -> bool {
    judged.state <= State::Improved && !super::is_aside(judged)
}

/// Whether the row is a time or another estimate: shown although nothing is claimed of it.
pub(super) fn is_unclaimed_time(judged: &Judged) -> bool {
    judged.state == State::Unclaimed && !judged.row.key.metric.is_exact()
}

/// Whether the metric goes without saying.
pub(super) fn only_instructions<'a>(mut keys: impl Iterator<Item = &'a Key>) -> bool {
    keys.all(|key| key.metric == Metric::Instructions)
}

/// Which side of its column a cell stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Pads every cell to the width of its column, counted in columns of a terminal.
pub(super) fn align<const N: usize>(rows: &mut [[String; N]], sides: [Side; N]) {
    for (column, side) in sides.into_iter().enumerate() {
        let widest = rows.iter().map(|row| row[column].width()).filter(|width| *width <= MAX_PADDING).max();
        for row in rows.iter_mut() {
            let missing = widest.unwrap_or_default().saturating_sub(row[column].width());
            match side {
                Side::Left => row[column].extend(std::iter::repeat_n(' ', missing)),
                Side::Right => row[column].insert_str(0, &" ".repeat(missing)),
            }
        }
    }
}
