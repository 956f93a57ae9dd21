//! Amounts and changes as they stand in sentences.

use crate::model::unit::SHARE_OF_WHOLE;
use crate::model::{Evidence, Metric, Ratio, Unit};

/// A limit, which needs no sign.
pub(super) fn unsigned(ratio: Ratio) -> String {
    ratio.to_string().trim_start_matches('+').to_owned()
}

/// An amount in full, with its unit, for sentences. Tables scale.
pub(super) fn amount(metric: Metric, value: f64) -> String {
    if metric.unit() == Unit::Share {
        return format!("{:.2}%", value / (SHARE_OF_WHOLE / 100) as f64);
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {}", metric.unit().word()).trim_end().to_owned()
}

/// A change in words: by how much, from what, to what.
pub(super) fn delta(metric: Metric, before: &Evidence, after: &Evidence) -> String {
    let (old, new) = (amount(metric, before.quantity().get()), amount(metric, after.quantity().get()));
    match Ratio::of_change(before.quantity(), after.quantity()) {
        Some(delta) => format!("{delta} ({old} → {new})"),
        None => format!("{old} → {new}"),
    }
}
