//! Releases that are there: listed, brought back, and removed by what still needs what.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::asset::{AssetPath, ByteCount};
use crate::error::{Error, Result};
use crate::sys::clock;
use crate::sys::hands::{self, Load};
use crate::sys::store::Store;

use super::Reach;
use super::layout::Stage;
use super::lease::{self, Lease};
use super::plan::{self, Listing};
use super::purge;
use super::record::{self, Object, Record};
use super::state::{self, Live};

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
    let mut releases = Vec::new();
    for (name, record) in all(&store, &listing)? {
        let written = listing.get(&record::record_key(&name)).and_then(|listed| listed.written);
        releases.push(Release {
            is_live: live.as_ref().is_some_and(|live| live.record.release == name),
            age_seconds: written.map(|written| (clock::seconds() - written).max(0)),
            missing: missing(&record, &listing, live.as_ref()),
            record,
        });
    }
    releases.sort_by_key(|release| std::cmp::Reverse(release.record.sequence));
    Ok(releases)
}

fn all(store: &Store, listing: &Listing) -> Result<BTreeMap<String, Record>> {
    state::records(store, &state::releases(listing))
}

/// What a release needs that is not there any more.
fn missing(record: &Record, listing: &Listing, live: Option<&Live>) -> Option<String> {
    let lacks = |(key, object): (&AssetPath, &Object)| {
        let is_in_place = || match live.and_then(|live| live.record.objects.get(key)) {
            Some(now) => now.digest == object.digest && now.headers == object.headers,
            None => {
                object.stage == Stage::Hashed || listing.get(key.as_str()).is_some_and(|there| there.tag == object.tag)
            }
        };
        let is_there = listing.get(key.as_str()).is_some_and(|there| there.bytes == object.bytes) && is_in_place();
        !is_there && !listing.contains_key(&record::kept_key(object))
    };
    let first = record.objects.iter().find(|one| lacks(*one));
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
    if let Some(why) = missing(&old, &listing, Some(&live)) {
        return Err(Error::environment(format!("cannot bring `{wanted}` back: {why}"))
            .hint("deploy the output that it was made of"));
    }
    let mut record =
        Record::new(live.record.sequence + 1, old.layout.clone(), Some(live.record.release.clone()), old.objects);
    record.brings_back = Some(wanted.clone());
    // What is replaced now may be wanted back, too.
    for stage in Stage::ALL {
        let changed: Vec<(&AssetPath, &Object)> = record
            .objects
            .iter()
            .filter(|(key, object)| {
                let now = live.record.objects.get(*key).filter(|_| listing.contains_key(key.as_str()));
                let is_it = now.is_some_and(|now| now.digest == object.digest && now.headers == object.headers);
                object.stage == stage && !is_it && listing.contains_key(&record::kept_key(object))
            })
            .collect();
        let loads = vec![Load::default(); changed.len()];
        hands::run(&loads, *parallel, u64::MAX, |at| {
            lease.check()?;
            let (key, object) = changed[at];
            if let Some(now) = live.record.objects.get(key).filter(|_| listing.contains_key(key.as_str())) {
                let copy = record::kept_key(now);
                if !listing.contains_key(&copy) {
                    store.copy(key.as_str(), &copy)?;
                }
            }
            store.copy(&record::kept_key(object), key.as_str())
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
    let mut keys: Vec<String> =
        plan::needless(&listing, &kept, &going).into_iter().map(|key| key.to_string()).collect();
    keys.extend(plan::needless_copies(&listing, &kept));
    let bytes = keys.iter().filter_map(|key| listing.get(key)).map(|listed| listed.bytes.0).sum();
    let pruned = Pruned {
        releases: gone.iter().map(|name| (*name).clone()).collect(),
        keys,
        bytes: ByteCount(bytes),
        kept: records.len() - gone.len() + usize::from(coming.is_some()),
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
