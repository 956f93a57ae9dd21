//! What is worth a word: differences that are too small for one are no difference.

use crate::model::{Evidence, Family, Metric, Ratio, Unit};

/// A difference below this share is not worth a word: the "note" level of exact metrics.
pub(super) const NOTE: Ratio = Ratio::percent(0.1);
/// A difference of fewer instructions is not worth a word. Arbitrary: a tenth of the default floor.
const NOTE_FLOOR: f64 = 10.0;
/// A difference of fewer bytes on the wire is not worth a word. Arbitrary: another hash in a name that a page refers to makes
/// its compressed text longer or shorter by a byte or two, and pages refer to some ten of them.
const NOTE_FLOOR_SERVED_BYTES: f64 = 32.0;

/// Whether a difference is worth a word.
pub(super) fn is_noteworthy(metric: Metric, before: &Evidence, after: &Evidence) -> bool {
    let (old, new) = (before.quantity().get(), after.quantity().get());
    let floor = match (metric.family(), metric.unit()) {
        (Family::Instructions, _) => NOTE_FLOOR,
        (Family::Assets, Unit::Bytes) => NOTE_FLOOR_SERVED_BYTES,
        _ => 0.0,
    };
    (new - old).abs() > floor && (new - old).abs() > NOTE.get() * old
}
