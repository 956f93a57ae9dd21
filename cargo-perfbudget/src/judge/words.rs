//! Amounts and changes as they stand in sentences.

use crate::model::{Evidence, Metric, Ratio};

/// A limit, which needs no sign.
pub(super) fn unsigned(ratio: Ratio) -> String {
    ratio.to_string().trim_start_matches('+').to_owned()
}

/// An exact amount in full, with its unit, for sentences. Tables scale.
pub(super) fn amount(metric: Metric, value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {}", metric.unit().word())
}

/// A change in words: by how much, from what, to what.
pub(super) fn delta(metric: Metric, before: &Evidence, after: &Evidence) -> String {
    let (old, new) = (amount(metric, before.quantity().get()), amount(metric, after.quantity().get()));
    match Ratio::of_change(before.quantity(), after.quantity()) {
        Some(delta) => format!("{delta} ({old} → {new})"),
        None => format!("{old} → {new}"),
    }
}
