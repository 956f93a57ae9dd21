//! What a store says of itself: its listing, the release that is live, and the ones before it.

use std::collections::BTreeMap;

use crate::asset::Digest;
use crate::error::{Error, Result};
use crate::sys::store::{Beside, Condition, Head, Store, Tag, Written};

use super::plan::{Listed, Listing};
use super::record::{self, LIMIT_BYTES, POINTER_LIMIT_BYTES, Pointer, Record};

/// What lies beside our own objects.
pub(super) fn beside() -> Beside {
    Beside {
        content_type: Some("application/json".to_owned()),
        cache_control: Some("no-store".to_owned()),
        ..Beside::default()
    }
}

/// All objects of a store, by their keys.
pub(super) fn listing(store: &Store) -> Result<Listing> {
    let entries = store.list("")?.into_iter();
    Ok(entries
        .map(|entry| (entry.key, Listed { bytes: entry.bytes, tag: entry.name, written: entry.written }))
        .collect())
}

/// One object, as a listing would have it.
pub(super) fn listed(store: &Store, key: &str) -> Result<Option<Listed>> {
    let listed = |head: Head| Listed { bytes: head.bytes, tag: head.name, written: None };
    Ok(store.head(key)?.map(listed))
}

/// The release that is live.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) record: Record,
    /// What the store calls the pointer.
    pub(super) tag: Tag,
}

/// The release that the pointer names; `None` where there is no pointer.
pub(super) fn live(store: &Store) -> Result<Option<Live>> {
    let key = record::pointer_key();
    let Some((tag, bytes)) = store.read_tagged(&key, POINTER_LIMIT_BYTES)? else { return Ok(None) };
    let anew = |why: Error| why.hint(format!("remove `{key}` there, and the next deploy looks at everything anew"));
    let pointer = Pointer::read(&bytes).map_err(|why| anew(damaged(store, &key, &why)))?;
    let (record, digest) = release(store, &pointer.release).map_err(anew)?;
    if digest != pointer.digest {
        let why = "it is not the one that the pointer names: somebody has changed it";
        return Err(anew(damaged(store, &record::record_key(&pointer.release), why)));
    }
    Ok(Some(Live { record, tag }))
}

/// The record of a release, with the digest of its bytes.
pub(super) fn release(store: &Store, name: &str) -> Result<(Record, Digest)> {
    let key = record::record_key(name);
    let bytes = store.read(&key, LIMIT_BYTES)?.ok_or_else(|| damaged(store, &key, "it is not there"))?;
    let record = Record::read(&bytes).map_err(|why| damaged(store, &key, &why))?;
    match record.release == name {
        true => Ok((record, Digest::of(&bytes))),
        false => Err(damaged(store, &key, "it is of another release")),
    }
}

/// The names of all releases, the newest first.
pub(super) fn releases(listing: &Listing) -> Vec<String> {
    names(listing, &record::releases_folder())
}

fn number(name: &str) -> Option<u64> {
    name.split_once('-').and_then(|(number, _)| number.parse().ok())
}

/// The names of releases that were begun, the newest first.
pub(super) fn pending(listing: &Listing) -> Vec<String> {
    names(listing, &record::pending_folder())
}

fn names(listing: &Listing, folder: &str) -> Vec<String> {
    let stem = |key: &String| Some(key.strip_prefix(folder)?.strip_suffix(".json")?.to_owned());
    let mut names: Vec<String> = listing.keys().filter_map(stem).filter(|name| record::is_release(name)).collect();
    names.sort_by(|one, other| (number(other), other).cmp(&(number(one), one)));
    names
}

/// The number of the release that is to come.
pub(super) fn next(live: Option<&Live>, listing: &Listing) -> u64 {
    // Whatever a pointer says, or lacks.
    let newest = releases(listing).first().and_then(|name| number(name)).unwrap_or(0);
    live.map_or(0, |live| live.record.sequence).max(newest) + 1
}

/// Says what is about to be written, so that what dies on the way is known, and nobody removes what it has brought: the key of that.
pub(super) fn begin(store: &Store, record: &Record) -> Result<String> {
    let pending = format!("{}{}.json", record::pending_folder(), record.release);
    store.write(&pending, record.write().into_bytes(), &beside(), Condition::Always)?;
    Ok(pending)
}

/// Takes that back, once it is live; a remark where it stays: not everybody who deploys may remove.
pub(super) fn end(store: &Store, pending: String) -> Option<String> {
    let kept = store.remove(&[pending]).err();
    kept.map(|why| format!("{}; it does no harm, and goes with a `prune` of who may", why.message))
}

/// Writes a record, and moves the pointer from the release that was seen to it.
pub(super) fn publish(store: &Store, record: &Record, seen: Option<&Tag>) -> Result<()> {
    let text = record.write();
    let key = record::record_key(&record.release);
    store.write(&key, text.clone().into_bytes(), &beside(), Condition::Always)?;
    let kept = store.read(&key, LIMIT_BYTES)?.unwrap_or_default();
    if kept != text.as_bytes() {
        return Err(damaged(store, &key, "it is not what was written"));
    }
    let pointer = Pointer { release: record.release.clone(), digest: Digest::of(text.as_bytes()) };
    let text = pointer.write();
    let condition = seen.map_or(Condition::Absent, Condition::Same);
    let key = record::pointer_key();
    match store.write(&key, text.clone().into_bytes(), &beside(), condition)? {
        Written::Done(_) => Ok(()),
        // A request that was tried again may have been heard the first time.
        Written::Refused if store.read(&key, POINTER_LIMIT_BYTES)?.is_some_and(|bytes| bytes == text.as_bytes()) => {
            Ok(())
        }
        Written::Refused => Err(Error::environment(format!(
            "another deploy has gone live on `{}` meanwhile: this one has not",
            store.target()
        ))
        .hint("see `releases` for which one is live, and deploy again")),
    }
}

pub(super) fn damaged(store: &Store, key: &str, why: &str) -> Error {
    Error::environment(format!("cannot go by `{key}` of `{}`: {why}", store.target()))
        .hint("remove it there: it is of a release that cannot be brought back without it")
}

/// Reads several releases.
pub(super) fn records(store: &Store, names: &[String]) -> Result<BTreeMap<String, Record>> {
    names.iter().map(|name| Ok((name.clone(), release(store, name)?.0))).collect()
}
