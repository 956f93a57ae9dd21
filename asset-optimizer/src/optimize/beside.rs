//! Files that an earlier tool has compressed beside their originals.

use super::{LARGE_BYTES, Order, read};
use crate::asset::ByteCount;
use crate::compress::is_of;
use crate::discover::Variant;
use crate::error::Result;
use crate::plan::Job;
use crate::report::Entry;
use crate::sys::files;
use crate::write::Output;

/// What is to be said of a file that an earlier tool compressed. It is replaced by ours, or left out; where it is right and
/// smaller than ours would be, it is taken along.
pub(super) fn judge(
    order: &Order,
    variant: &Variant,
    job: Option<&Job>,
    entries: &mut [Entry],
    output: Option<&Output>,
) -> Result<Option<String>> {
    let (path, of) = (&variant.path, &variant.of);
    let Some(entry) = entries.iter_mut().find(|entry| entry.path == *of) else { return Ok(None) };
    let compressed = read(&order.source.join(path.as_str()))?;
    let is_stale = !is_of(variant.encoding, &compressed, files::open(&order.source.join(of.as_str()))?);
    let place = entry.encoded.iter().position(|(encoding, _)| *encoding == variant.encoding);
    let weight = ByteCount::of(&compressed);
    // A file without any compressed one beside it is too large, or gains too little.
    let ours = place.map_or(entry.after, |at| entry.encoded[at].1);
    // A page that holds digests may be another one now.
    let is_same = entry.why_kept.is_some() && job.is_some_and(|job| job.after.is_empty());
    let is_better = is_same && (place.is_some() || entry.before.0 >= LARGE_BYTES) && weight < ours;
    if !is_stale && is_better && order.settings.encodings.contains(&variant.encoding) {
        if let Some(output) = output {
            output.put(path.as_str().as_ref(), &compressed)?;
        }
        match place {
            Some(at) => entry.encoded[at].1 = weight,
            None => entry.encoded.push((variant.encoding, weight)),
        }
        return Ok(None);
    }
    Ok(match (is_stale, place.is_some()) {
        (true, true) => Some(format!("`{path}` was not what `{of}` is, and is made anew")),
        (true, false) => Some(format!("`{path}` was not what `{of}` is, and is left out")),
        (false, true) => None,
        (false, false) => Some(format!("`{path}` is left out: it saves too little to be a file")),
    })
}
