//! Results by what they came from: memory for doubles within a run, a folder between runs, and stores that machines share.
//! Knows nothing of what it keeps.
//!
//! A [`Key`] is the digest of everything that decides a result: the input's bytes, the options, the versions of the tools.
//! What is kept is bytes under a [`Seal`], so that an entry that was cut short or changed is a miss and is said. A [`Tier`] is
//! a place; what a far one had, the near ones get. Reading waits; writing to what is shared goes on beside the work. A shared
//! tier that fails, or takes more time than it spares, is not asked again in this run, which goes on without it.

pub mod care;
pub mod folder;
pub mod memory;
pub mod seal;
pub mod shared;
pub mod stock;
#[cfg(feature = "shared")]
pub mod store;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::asset::{ByteCount, Digest};
use crate::sys::clock::Since;
use care::Item;
use seal::{Broken, Seal};

/// How much longer than it spares a shared tier may take, in milliseconds.
const MOST_WAITED_MILLIS: u64 = 10_000;
/// Which part of the time of the work that it is to spare a shared tier may take besides.
const PART_OF_WORK: u64 = 4;

/// For how long a result is believed to have been made: a day.
const MOST_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// What decides a result, as one digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Digest);

impl Key {
    /// The key of a result that these parts decide, in this order.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Key {
        Key(Digest::of_parts(parts))
    }

    /// The key as a name of a file.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.to_string()
    }

    /// The key as a path of two parts, so that no folder has too many files.
    #[must_use]
    pub fn place(&self) -> String {
        let name = self.name();
        format!("{}/{}", &name[..2], &name[2..])
    }
}

/// A result that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The result.
    pub bytes: Vec<u8>,
    /// How long it took to make, in milliseconds.
    pub millis: u64,
    /// Whether it came from where others write, too.
    pub is_shared: bool,
}

/// A place for sealed results.
pub trait Tier: Send + Sync {
    /// What it is called where it is spoken of: `memory`, `folder`, `redis`.
    fn label(&self) -> &str;

    /// Whether others write there, too.
    fn is_shared(&self) -> bool {
        false
    }

    /// What lies under a key.
    ///
    /// # Errors
    /// Where the place cannot be read; a key that nothing lies under is no error.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, String>;

    /// Lays something under a key, now or soon; `false` where it does not take it.
    ///
    /// # Errors
    /// Where the place cannot be written.
    fn put(&self, key: &Key, sealed: &[u8]) -> Result<bool, String>;

    /// Waits for what was to be written soon.
    fn settle(&self) -> Settled {
        Settled::default()
    }

    /// What lies there; `None` where it cannot be listed.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn items(&self) -> Result<Option<Vec<Item>>, String>;

    /// Removes some of it.
    ///
    /// # Errors
    /// Where it cannot be.
    fn remove(&self, items: &[Item]) -> Result<(), String>;
}

/// What became of what was to be written soon, since this was asked last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// How many results were not written after all.
    pub lost: u64,
    /// Their bytes.
    pub lost_bytes: ByteCount,
    /// Why.
    pub troubles: Vec<String>,
}

/// A tier, and what was done with it.
struct Slot {
    tier: Box<dyn Tier>,
    hits: AtomicU64,
    misses: AtomicU64,
    read_bytes: AtomicU64,
    written: AtomicU64,
    written_bytes: AtomicU64,
    saved_millis: AtomicU64,
    waited_micros: AtomicU64,
    is_dropped: AtomicBool,
}

/// Several tiers, asked in their order.
#[derive(Default)]
pub struct Cache {
    slots: Vec<Slot>,
    seal: Seal,
    hits: AtomicU64,
    misses: AtomicU64,
    made_millis: AtomicU64,
    troubles: Mutex<BTreeSet<String>>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("tally", &self.tally()).finish()
    }
}

/// What a cache did so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many results were there.
    pub hits: u64,
    /// How many were not.
    pub misses: u64,
    /// What each tier did, the nearest first.
    pub tiers: Vec<TierTally>,
    /// What went wrong: corrupt entries, places that cannot be read or written. Sorted, each once.
    pub troubles: Vec<String>,
}

/// What a tier did so far. It is asked for what no nearer one has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TierTally {
    /// What it is called.
    pub label: String,
    /// How many results were there.
    pub hits: u64,
    /// How many were not.
    pub misses: u64,
    /// What was read from it.
    pub read: ByteCount,
    /// How many results were written to it.
    pub written: u64,
    /// Their bytes.
    pub written_bytes: ByteCount,
    /// How long it took to make the results that were there, in milliseconds.
    pub saved_millis: u64,
    /// Whether it was given up.
    pub is_dropped: bool,
}

impl Tally {
    /// What was done since an earlier tally of the same cache.
    #[must_use]
    pub fn since(self, before: &Tally) -> Tally {
        let is_new = |trouble: &String| !before.troubles.contains(trouble);
        let nothing = TierTally::default();
        let tiers = self.tiers.into_iter().enumerate().map(|(at, tier)| {
            let before = before.tiers.get(at).unwrap_or(&nothing);
            TierTally {
                hits: tier.hits - before.hits,
                misses: tier.misses - before.misses,
                read: ByteCount(tier.read.0 - before.read.0),
                written: tier.written.saturating_sub(before.written),
                written_bytes: ByteCount(tier.written_bytes.0.saturating_sub(before.written_bytes.0)),
                saved_millis: tier.saved_millis - before.saved_millis,
                ..tier
            }
        });
        Tally {
            hits: self.hits - before.hits,
            misses: self.misses - before.misses,
            tiers: tiers.collect(),
            troubles: self.troubles.into_iter().filter(is_new).collect(),
        }
    }

    /// How long it took to make the results that were there, in milliseconds.
    #[must_use]
    pub fn saved_millis(&self) -> u64 {
        self.tiers.iter().map(|tier| tier.saved_millis).fold(0, u64::saturating_add)
    }
}

impl Cache {
    /// A cache of these tiers, the nearest first. Without tiers it keeps nothing.
    #[must_use]
    pub fn new(tiers: Vec<Box<dyn Tier>>) -> Cache {
        Cache::sealed(tiers, Seal::Plain)
    }

    /// The same, with a seal of one's own.
    #[must_use]
    pub fn sealed(tiers: Vec<Box<dyn Tier>>, seal: Seal) -> Cache {
        let slot = |tier| Slot {
            tier,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            read_bytes: AtomicU64::new(0),
            written: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            saved_millis: AtomicU64::new(0),
            waited_micros: AtomicU64::new(0),
            is_dropped: AtomicBool::new(false),
        };
        Cache { slots: tiers.into_iter().map(slot).collect(), seal, ..Cache::default() }
    }

    /// The result under a key. A tier that did not have it gets it from the one that did.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Kept> {
        self.get_where(key, |_| true)
    }

    /// The first result under a key that is accepted: what a near tier has may hold no more where that of a far one does.
    #[must_use]
    pub fn get_where(&self, key: &Key, mut is_accepted: impl FnMut(&[u8]) -> bool) -> Option<Kept> {
        for (at, slot) in self.slots.iter().enumerate() {
            let Some(sealed) = self.asked(slot, key) else { continue };
            let (millis, bytes) = match self.seal.opened(key, &sealed) {
                Ok(opened) => opened,
                Err(broken) => {
                    slot.misses.fetch_add(1, Ordering::Relaxed);
                    self.trouble(self.said(slot, key, broken));
                    continue;
                }
            };
            if !is_accepted(bytes) {
                slot.misses.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            // Whoever wrote it said how long it took.
            let millis = millis.min(MOST_MILLIS);
            slot.hits.fetch_add(1, Ordering::Relaxed);
            slot.read_bytes.fetch_add(sealed.len() as u64, Ordering::Relaxed);
            slot.saved_millis.fetch_add(millis, Ordering::Relaxed);
            self.hits.fetch_add(1, Ordering::Relaxed);
            self.slots[..at].iter().for_each(|nearer| self.lay(nearer, key, &sealed));
            return Some(Kept { bytes: bytes.to_vec(), millis, is_shared: slot.tier.is_shared() });
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// What a tier has under a key, if it is still asked.
    fn asked(&self, slot: &Slot, key: &Key) -> Option<Vec<u8>> {
        if slot.is_dropped.load(Ordering::Relaxed) {
            return None;
        }
        let since = Since::now();
        let answer = slot.tier.get(key);
        if slot.tier.is_shared() {
            let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
            let waited = slot.waited_micros.fetch_add(micros, Ordering::Relaxed).saturating_add(micros) / 1000;
            let work = self.made_millis.load(Ordering::Relaxed) / PART_OF_WORK;
            let spared = slot.saved_millis.load(Ordering::Relaxed).saturating_add(work);
            if waited > spared.saturating_add(MOST_WAITED_MILLIS) {
                self.drop_tier(slot, "it takes longer than what it spares");
            }
        }
        match answer {
            Ok(Some(sealed)) => Some(sealed),
            Ok(None) => {
                slot.misses.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err(why) if slot.tier.is_shared() => {
                self.drop_tier(slot, &why);
                None
            }
            Err(why) => {
                self.trouble(why);
                None
            }
        }
    }

    /// Keeps a result that took so long to make, in every tier.
    pub fn put(&self, key: &Key, result: &[u8], millis: u64) {
        if self.slots.is_empty() {
            return;
        }
        self.made_millis.fetch_add(millis, Ordering::Relaxed);
        let sealed = self.seal.sealed(key, result, millis);
        self.slots.iter().for_each(|slot| self.lay(slot, key, &sealed));
    }

    fn lay(&self, slot: &Slot, key: &Key, sealed: &[u8]) {
        if slot.is_dropped.load(Ordering::Relaxed) {
            return;
        }
        match slot.tier.put(key, sealed) {
            Ok(true) => {
                slot.written.fetch_add(1, Ordering::Relaxed);
                slot.written_bytes.fetch_add(sealed.len() as u64, Ordering::Relaxed);
            }
            Ok(false) => {}
            Err(why) => self.trouble(why),
        }
    }

    /// Waits for what is still on its way to shared tiers, as long as it moves.
    pub fn settle(&self) {
        for slot in &self.slots {
            let settled = slot.tier.settle();
            let less = |count: &AtomicU64, by: u64| {
                let _ = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(now.saturating_sub(by)));
            };
            less(&slot.written, settled.lost);
            less(&slot.written_bytes, settled.lost_bytes.0);
            settled.troubles.into_iter().for_each(|why| self.trouble(why));
        }
    }

    /// What was done so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let tier = |slot: &Slot| TierTally {
            label: slot.tier.label().to_owned(),
            hits: count(&slot.hits),
            misses: count(&slot.misses),
            read: ByteCount(count(&slot.read_bytes)),
            written: count(&slot.written),
            written_bytes: ByteCount(count(&slot.written_bytes)),
            saved_millis: count(&slot.saved_millis),
            is_dropped: slot.is_dropped.load(Ordering::Relaxed),
        };
        Tally {
            hits: count(&self.hits),
            misses: count(&self.misses),
            tiers: self.slots.iter().map(tier).collect(),
            troubles: self.troubles.lock().map(|all| all.iter().cloned().collect()).unwrap_or_default(),
        }
    }

    fn drop_tier(&self, slot: &Slot, why: &str) {
        if !slot.is_dropped.swap(true, Ordering::Relaxed) {
            self.trouble(format!("the shared cache `{}` is not asked any more: {why}", slot.tier.label()));
        }
    }

    fn said(&self, slot: &Slot, key: &Key, broken: Broken) -> String {
        let (label, key) = (slot.tier.label(), key.name());
        match broken {
            Broken::Damaged => format!("the cached result `{key}` in `{label}` is damaged, and is made anew"),
            // As many as there are, and no news each.
            Broken::Otherwise => {
                format!("results in `{label}` are sealed otherwise, with a secret or without one, and are made anew")
            }
        }
    }

    fn trouble(&self, why: String) {
        if let Ok(mut troubles) = self.troubles.lock() {
            troubles.insert(why);
        }
    }
}

#[cfg(test)]
mod tests;
