//! Results by what they came from: memory for doubles within a run, a folder between runs. Knows nothing of what it keeps.
//!
//! A [`Key`] is the digest of everything that decides a result: the input's bytes, the options, the versions of the tools.
//! What is kept is bytes, sealed by their own digest, so that an entry that was cut short or changed is a miss and is said.
//! A [`Tier`] is a place; a shared one, behind a network, would be a third beside memory and folder.

pub mod folder;
pub mod memory;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::asset::Digest;

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
}

/// A place for sealed results.
pub trait Tier: Send + Sync {
    /// What lies under a key.
    ///
    /// # Errors
    /// Where the place cannot be read; a key that nothing lies under is no error.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, String>;

    /// Lays something under a key.
    ///
    /// # Errors
    /// Where the place cannot be written.
    fn put(&self, key: &Key, sealed: &[u8]) -> Result<(), String>;
}

/// Several tiers, asked in their order.
#[derive(Default)]
pub struct Cache {
    tiers: Vec<Box<dyn Tier>>,
    hits: AtomicU64,
    misses: AtomicU64,
    troubles: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("tiers", &self.tiers.len()).field("tally", &self.tally()).finish()
    }
}

/// What a cache did so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many results were there.
    pub hits: u64,
    /// How many were not.
    pub misses: u64,
    /// What went wrong: corrupt entries, places that cannot be read or written. Sorted, each once.
    pub troubles: Vec<String>,
}

impl Tally {
    /// What was done since an earlier tally of the same cache.
    #[must_use]
    pub fn since(self, before: &Tally) -> Tally {
        let is_new = |trouble: &String| !before.troubles.contains(trouble);
        Tally {
            hits: self.hits - before.hits,
            misses: self.misses - before.misses,
            troubles: self.troubles.into_iter().filter(is_new).collect(),
        }
    }
}

impl Cache {
    /// A cache of these tiers, the nearest first. Without tiers it keeps nothing.
    #[must_use]
    pub fn new(tiers: Vec<Box<dyn Tier>>) -> Cache {
        Cache { tiers, ..Cache::default() }
    }

    /// The result under a key. A tier that did not have it gets it from the one that did.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        for (at, tier) in self.tiers.iter().enumerate() {
            let sealed = match tier.get(key) {
                Ok(Some(sealed)) => sealed,
                Ok(None) => continue,
                Err(why) => {
                    self.trouble(why);
                    continue;
                }
            };
            if let Some(result) = opened(&sealed) {
                for nearer in &self.tiers[..at] {
                    if let Err(why) = nearer.put(key, &sealed) {
                        self.trouble(why);
                    }
                }
                self.hits.fetch_add(1, Ordering::Relaxed);
                return Some(result.to_vec());
            }
            self.trouble(format!("the cached result `{}` is damaged, and is made anew", key.name()));
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Keeps a result in every tier.
    pub fn put(&self, key: &Key, result: &[u8]) {
        let sealed = sealed(result);
        for tier in &self.tiers {
            if let Err(why) = tier.put(key, &sealed) {
                self.trouble(why);
            }
        }
    }

    /// What was done so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut troubles = self.troubles.lock().map(|troubles| troubles.clone()).unwrap_or_default();
        troubles.sort();
        troubles.dedup();
        Tally { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed), troubles }
    }

    fn trouble(&self, why: String) {
        if let Ok(mut troubles) = self.troubles.lock() {
            troubles.push(why);
        }
    }
}

/// Tells our entries from other files.
const MAGIC: &[u8; 8] = b"perfkept";

fn sealed(result: &[u8]) -> Vec<u8> {
    [MAGIC, Digest::of(result).bytes().as_slice(), result].concat()
}

fn opened(sealed: &[u8]) -> Option<&[u8]> {
    let rest = sealed.strip_prefix(MAGIC)?;
    let (digest, result) = rest.split_at_checked(32)?;
    (Digest::of(result).bytes() == digest).then_some(result)
}

#[cfg(test)]
mod tests {
    use super::folder::Folder;
    use super::memory::Memory;
    use super::*;

    #[test]
    fn what_was_kept_is_found_and_nothing_else() {
        let cache = Cache::new(vec![Box::new(Memory::new(1000))]);
        let (one, other) = (Key::of(&[b"ab", b"c"]), Key::of(&[b"a", b"bc"]));
        cache.put(&one, b"result");
        assert_eq!(cache.get(&one).as_deref(), Some(&b"result"[..]));
        assert_eq!(cache.get(&other), None);
        assert_eq!(cache.tally(), Tally { hits: 1, misses: 1, troubles: Vec::new() });
    }

    #[test]
    fn a_damaged_entry_is_a_miss_and_is_said() {
        let place = crate::sys::files::scratch("damaged").unwrap();
        let folder = || Box::new(Folder::new(place.path().to_owned()));
        let key = Key::of(&[b"input"]);
        Cache::new(vec![folder()]).put(&key, b"result");
        for damage in [&b""[..], b"perf", b"perfkept and then something else that is long enough for a digest"] {
            crate::sys::files::write(&folder().place(&key), damage).unwrap();
            let cache = Cache::new(vec![folder()]);
            assert_eq!(cache.get(&key), None);
            let troubles = cache.tally().troubles;
            assert!(troubles[0].contains("is damaged"), "{troubles:?}");
        }
    }

    #[test]
    fn a_far_tier_fills_the_near_one() {
        let place = crate::sys::files::scratch("tiers").unwrap();
        let key = Key::of(&[b"input"]);
        Cache::new(vec![Box::new(Folder::new(place.path().to_owned()))]).put(&key, b"result");
        let cache = Cache::new(vec![Box::new(Memory::new(1000)), Box::new(Folder::new(place.path().to_owned()))]);
        assert!(cache.get(&key).is_some());
        crate::sys::files::remove_dir(place.path()).unwrap();
        assert!(cache.get(&key).is_some());
    }
}
