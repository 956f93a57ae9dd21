//! Releases that are there: listed, brought back, and removed by what still needs what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::asset::{AssetPath, ByteCount};
use crate::error::{Error, Result};
use crate::sys::clock;
use crate::sys::store::Store;

use super::Reach;
use super::layout::Stage;
use super::lease::{self, Lease};
use super::plan::{self, Fate, Listing};
use super::purge;
use super::record::{self, Object, Record};
use super::shelf::{self, Shelf};
use super::state;

/// How many objects one request removes.
const BATCH: usize = 500;

/// A release, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its record.
    pub record: Record,
    /// Whether the pointer names it.
    pub is_live: bool,
    /// How many seconds ago its record was written, by the store's clock and ours.
    pub age_seconds: Option<i64>,
    /// Why it cannot be brought back, where it cannot.
    pub missing: Option<String>,
}

/// The releases of a store, the newest first.
///
/// # Errors
/// Where they cannot be read.
pub fn releases(reach: &Reach) -> Result<Vec<Release>> {
    let store = Store::open(&reach.target, reach.parallel)?;
    let live = state::live(&store)?;
    let listing = state::listing(&store)?;
    let shelf = Shelf::new(&store, &listing, live.as_ref().map(|live| &live.record), reach.parallel);
    let strayed = shelf.strayed()?;
    let mut releases = Vec::new();
    for (name, record) in all(&store, &listing)? {
        let written = listing.get(&record::record_key(&name)).and_then(|listed| listed.written);
        releases.push(Release {
            is_live: live.as_ref().is_some_and(|live| live.record.release == name),
            age_seconds: written.map(|written| (clock::seconds() - written).max(0)),
            missing: missing(&record, &shelf, &strayed),
            record,
        });
    }
    releases.sort_by_key(|release| std::cmp::Reverse(release.record.sequence));
    Ok(releases)
}

fn all(store: &Store, listing: &Listing) -> Result<BTreeMap<String, Record>> {
    state::records(store, &state::releases(listing))
}

/// Whether an object of a release lies under its key.
fn is_in_place(shelf: &Shelf<'_>, strayed: &BTreeSet<AssetPath>, key: &AssetPath, object: &Object) -> bool {
    let Some(listed) = shelf.listing.get(key.as_str()).filter(|listed| listed.bytes == object.bytes) else {
        return false;
    };
    match shelf.live.and_then(|live| live.objects.get(key)) {
        // Stores call bytes alike that have other headers.
        Some(now) => {
            let is_of_now = now.digest == object.digest && now.headers == object.headers;
            is_of_now && !strayed.contains(key)
        }
        None => object.stage == Stage::Hashed || (listed.tag.is_some() && listed.tag == object.tag),
    }
}

/// What a release needs that is not there any more.
fn missing(record: &Record, shelf: &Shelf<'_>, strayed: &BTreeSet<AssetPath>) -> Option<String> {
    let lacks = |(key, object): &(&AssetPath, &Object)| {
        !is_in_place(shelf, strayed, key, object) && !shelf.has(&record::kept_key(object), object.bytes)
    };
    let first = record.objects.iter().find(lacks);
    first.map(|(key, _)| format!("`{key}` as it was then is not there any more"))
}

/// Brings a release back; the one before the one that is live, where none is named. It becomes a new one.
///
/// # Errors
/// Where it is not whole, or the store refuses something.
pub fn rollback(reach: &Reach, name: Option<&str>, say: &dyn Fn(&str)) -> Result<Back> {
    let Reach { target, parallel, lease_seconds } = reach;
    let store = Arc::new(Store::open(target, *parallel)?);
    let lease = Lease::take(&store, *lease_seconds, say)?;
    let live = state::live(&store)?;
    let live = live.ok_or_else(|| Error::usage(format!("nothing is live on `{target}`")))?;
    let listing = state::listing(&store)?;
    let wanted = match name {
        Some(name) if record::is_release(name) => name.to_owned(),
        Some(name) => return Err(Error::usage(format!("`{name}` is no release")).hint("`releases` lists them")),
        None => {
            live.record.before.clone().ok_or_else(|| Error::usage("there is no release before the one that is live"))?
        }
    };
    if !listing.contains_key(&record::record_key(&wanted)) {
        return Err(Error::usage(format!("there is no release `{wanted}` on `{target}`")).hint("`releases` lists them"));
    }
    let (old, _) = state::release(&store, &wanted)?;
    let shelf = Shelf::new(&store, &listing, Some(&live.record), *parallel);
    let strayed = shelf.strayed()?;
    let not_whole = |why: &str| {
        Error::environment(format!("cannot bring `{wanted}` back: {why}")).hint("deploy the output that it was made of")
    };
    if let Some(why) = missing(&old, &shelf, &strayed) {
        return Err(not_whole(&why));
    }
    let (stale, _) = shelf.stale(&old.objects)?;
    let before = Some(live.record.release.clone());
    let mut record = Record::new(state::next(Some(&live), &listing), old.layout.clone(), before, old.objects);
    record.brings_back = Some(wanted.clone());
    let changed: Vec<(AssetPath, Object)> = record
        .objects
        .iter()
        .filter(|(key, object)| !is_in_place(&shelf, &strayed, key, object))
        .map(|(key, object)| (key.clone(), object.clone()))
        .collect();
    let whole = shelf.each(changed.len(), |at| {
        let (_, object) = &changed[at];
        Ok(shelf::asked(&store, &record::kept_key(object), object)? == Fate::Unchanged)
    })?;
    if let Some(((key, _), _)) = changed.iter().zip(whole).find(|(_, is_whole)| !is_whole) {
        return Err(not_whole(&format!("what was kept of `{key}` is not what it was")));
    }
    let pending = state::begin(&store, &record)?;
    // What is replaced now may be wanted back, too.
    let replaced = changed.iter().map(|(key, _)| key).chain(&stale);
    shelf.keep(&replaced.collect::<Vec<_>>(), Some(&lease))?;
    for stage in Stage::ALL {
        if stage == Stage::Plain {
            lease.check()?;
            shelf.withdraw(&stale)?;
        }
        let batch: Vec<_> = changed.iter().filter(|(_, object)| object.stage == stage).collect();
        shelf.each(batch.len(), |at| {
            lease.check()?;
            let (key, object) = batch[at];
            store.copy(&record::kept_key(object), key.as_str(), object.bytes, &object.digest)
        })?;
    }
    let after = state::listing(&store)?;
    for (key, object) in &mut record.objects {
        let listed = after.get(key.as_str()).filter(|listed| listed.bytes == object.bytes);
        let listed =
            listed.ok_or_else(|| Error::environment(format!("`{key}` is not in `{target}` as it was copied")))?;
        object.tag.clone_from(&listed.tag);
    }
    lease.check()?;
    state::publish(&store, &record, Some(&live.tag))?;
    if let Some(remark) = state::end(&store, pending) {
        say(&remark);
    }
    let replaced = purge::replaced(&live.record, &record);
    Ok(Back { old: wanted, new: record.release, replaced })
}

/// A release that was brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// What it was called.
    pub old: String,
    /// What it is called now.
    pub new: String,
    /// What visitors may have seen under its name with other bytes or headers.
    pub replaced: Vec<AssetPath>,
}

/// What is removed, and what stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The releases that go, the newest first.
    pub releases: Vec<String>,
    /// What goes with them, pages first.
    pub keys: Vec<String>,
    /// How many bytes that is.
    pub bytes: ByteCount,
    /// How many releases stay.
    pub kept: usize,
    /// How many objects stay that only these releases had, since somebody else has written over them.
    pub left: usize,
}

/// What may go, and what may not.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many releases stay, with the one that is live.
    pub keep: usize,
    /// How long ago one was replaced at least that goes, in seconds.
    pub older_than_seconds: i64,
    /// How many objects may go at most.
    pub max_deletes: usize,
    /// Whether nothing is removed, and only said.
    pub is_dry: bool,
}

impl Limits {
    /// Whether more would go than may.
    #[must_use]
    pub fn are_too_many(&self, pruned: &Pruned) -> bool {
        pruned.keys.len() > self.max_deletes
    }
}

/// Removes releases that nobody is to come back to, and what only they need. It may be asked what would go once another
/// release is live, which is `coming`.
///
/// # Errors
/// Where more would go than may, or the store refuses something.
pub fn prune(reach: &Reach, limits: &Limits, coming: Option<&Record>, say: &dyn Fn(&str)) -> Result<Pruned> {
    let Reach { target, parallel, lease_seconds } = reach;
    let store = Arc::new(Store::open(target, *parallel)?);
    let lease = if limits.is_dry { None } else { Some(Lease::take(&store, *lease_seconds, say)?) };
    let live = state::live(&store)?.map(|live| live.record);
    let Some(live) = coming.cloned().or(live) else {
        return Err(Error::usage(format!("nothing is live on `{target}`")));
    };
    let listing = state::listing(&store)?;
    let records = all(&store, &listing)?;
    let written = |key: &str| listing.get(key).and_then(|listed| listed.written);
    // The lease was written a moment ago, by the store's clock: ours may go wrong by days.
    let now = lease.as_ref().and_then(|_| written(&lease::key())).unwrap_or_else(clock::seconds);
    let is_old = |key: &str| written(key).is_some_and(|written| now - written >= limits.older_than_seconds);
    let mut names: Vec<&String> = records.keys().filter(|name| **name != live.release).collect();
    names.sort_by_key(|name| std::cmp::Reverse(records[*name].sequence));
    // Whoever has it open came before the one after it was there.
    let is_coming = |name: &String| coming.is_some_and(|coming| coming.release == *name);
    let is_long_ago = |name: &String| match is_coming(name) {
        true => limits.older_than_seconds <= 0,
        false => is_old(&record::record_key(name)),
    };
    let after = std::iter::once(&live.release).chain(names.iter().copied());
    let gone: Vec<&String> = names
        .iter()
        .zip(after)
        .skip(limits.keep.saturating_sub(1))
        .filter(|(_, after)| is_long_ago(after))
        .map(|(name, _)| *name)
        .collect();
    let mut kept: Vec<&Record> =
        records.iter().filter(|(name, _)| !gone.contains(name)).map(|(_, record)| record).collect();
    kept.push(&live);
    // What was begun and is not live may be what visitors see, until another one is: it stays until it is old.
    let mut begun = Vec::new();
    for name in state::pending(&listing) {
        let key = format!("{}{name}.json", record::pending_folder());
        let bytes = store.read(&key, record::LIMIT_BYTES)?.unwrap_or_default();
        let record = Record::read(&bytes).map_err(|why| state::damaged(&store, &key, &why))?;
        begun.push((key, record));
    }
    let is_dead = |(key, record): &&(String, Record)| record.sequence <= live.sequence && is_old(key);
    let (dead, alive): (Vec<_>, Vec<_>) = begun.iter().partition(is_dead);
    kept.extend(alive.iter().map(|(_, record)| record));
    let going: Vec<&Record> =
        gone.iter().map(|name| &records[*name]).chain(dead.iter().map(|(_, record)| record)).collect();
    let needless = plan::needless(&listing, &kept, &going);
    let shelf = Shelf::new(&store, &listing, Some(&live), *parallel);
    let ours = shelf.each(needless.len(), |at| {
        let (key, objects) = &needless[at];
        let Some(listed) = listing.get(key.as_str()) else { return Ok(false) };
        for object in objects {
            // Nobody else calls something after its bytes.
            let is_named = object.stage == Stage::Hashed && object.bytes == listed.bytes;
            if is_named || shelf::is_it(&store, key.as_str(), listed, object)? {
                return Ok(true);
            }
        }
        Ok(false)
    })?;
    let left = ours.iter().filter(|is_ours| !**is_ours).count();
    let needless = needless.into_iter().zip(ours).filter(|(_, is_ours)| *is_ours);
    let mut keys: Vec<String> = needless.map(|((key, _), _)| key.to_string()).collect();
    keys.extend(plan::needless_copies(&listing, &kept));
    let bytes = keys.iter().filter_map(|key| listing.get(key)).map(|listed| listed.bytes.0).sum();
    let pruned = Pruned {
        releases: gone.iter().map(|name| (*name).clone()).collect(),
        keys,
        bytes: ByteCount(bytes),
        kept: records.len() - gone.len() + usize::from(coming.is_some()),
        left,
    };
    if limits.are_too_many(&pruned) && !limits.is_dry {
        let (count, most) = (pruned.keys.len(), limits.max_deletes);
        return Err(Error::environment(format!("would remove {count} objects of `{target}`, and may remove {most}"))
            .hint("see what it is with `--dry-run`, and say how many may go with `--max-deletes`"));
    }
    if !limits.is_dry {
        // Records last: what is left half removed is found again.
        let records = gone.iter().map(|name| record::record_key(name)).chain(dead.iter().map(|(key, _)| key.clone()));
        let records: Vec<String> = records.collect();
        for batch in pruned.keys.chunks(BATCH).chain(records.chunks(BATCH)) {
            lease.as_ref().map_or(Ok(()), Lease::check)?;
            store.remove(batch)?;
        }
    }
    Ok(pruned)
}
