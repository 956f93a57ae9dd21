//! Measurements kept by what they depend on, so that an unchanged executable is not measured again.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use asset_optimizer::cache::care::Limits;
use asset_optimizer::cache::folder::Folder;
use asset_optimizer::cache::shared::{self, Shared};
use asset_optimizer::cache::{self, Key, Tally, Tier, TierTally};
use serde::{Deserialize, Serialize};

use super::executable::digest;
use crate::error::{Error, Result};
use crate::model::{CacheUse, TierUse};
use crate::sys::files;

/// The largest file of the repository whose content is compared.
const FILE_BYTES_AT_MOST: u64 = 256 << 20;
/// What the folder may hold: what was used longest ago goes.
const FOLDER_BYTES: u64 = 1 << 30;
/// Tells what is kept here from what others keep by the same cache; counts up with the format.
const FORMAT: &[u8] = b"measurement 2";

/// What one repeat has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// Instructions of one iteration after warm-up.
    pub value: u64,
    /// Instructions of the first iteration of the process.
    pub first: u64,
    /// Requests for memory of one iteration after warm-up; `None` where the allocator is not seen to be asked.
    pub allocations: Option<u64>,
}

impl Repeat {
    /// Whether another repeat shows the same steady state.
    #[must_use]
    pub fn is_like(&self, other: &Repeat) -> bool {
        (self.value, self.allocations) == (other.value, other.allocations)
    }
}

/// What was measured, and on which files it depends beyond its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What each repeat has shown.
    pub repeats: Vec<Repeat>,
    /// What a reader must know.
    pub notes: Notes,
    /// What each function costs in the steady state.
    pub profile: Option<BTreeMap<String, u64>>,
    /// Files that the program asked for, by their paths below the repository: their digest, or what stands for one.
    opened: BTreeMap<String, String>,
}

/// What is known of a measurement beside its values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// What a reader must know.
    pub note: Option<String>,
    /// What a reader must know of its requests for memory.
    pub allocator: Option<String>,
    /// The likely cause, should the value vary.
    pub cause: Option<String>,
}

/// Entries, in a folder and where they are shared.
#[derive(Debug)]
pub struct Cache {
    kept: cache::Cache,
    /// Below which the files lie that measurements depend on: another machine has it elsewhere.
    repository: PathBuf,
    is_shared: bool,
}

impl Cache {
    /// A cache in that folder, which need not exist, and where entries are shared.
    ///
    /// # Errors
    /// Where a shared place is none, or the environment does not say what it needs.
    pub fn open(folder: PathBuf, shared: &Shared, repository: PathBuf) -> Result<Cache> {
        let limits = Limits { bytes: Some(FOLDER_BYTES), age: None };
        let near: Box<dyn Tier> = Box::new(Folder::new(folder).within(limits));
        let opened = shared.tiers().and_then(|far| Ok((far, shared::seal()?)));
        let (far, seal) = opened.map_err(of_optimizer)?;
        let tiers = std::iter::once(near).chain(far).collect();
        Ok(Cache { kept: cache::Cache::sealed(tiers, seal), repository, is_shared: !shared.places.is_empty() })
    }

    /// The entry of that key, if all files that it depends on are as they were. An entry that cannot be read, or is damaged,
    /// is none.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Entry> {
        let is_same = |(path, state): (&String, &String)| {
            within(path).is_some_and(|path| state_of(&self.repository.join(path)).as_ref() == Some(state))
        };
        let mut found = None;
        let _ = self.kept.get_where(&Key::of(&[FORMAT, key.as_bytes()]), |bytes| {
            let entry: Option<Entry> = serde_json::from_slice(bytes).ok();
            found = entry.filter(|entry| entry.opened.iter().all(is_same));
            found.is_some()
        });
        found
    }

    /// Keeps an entry that took so long to measure. Failing to do so costs time later, and nothing else.
    pub fn put(
        &self,
        key: &str,
        repeats: Vec<Repeat>,
        notes: Notes,
        profile: Option<BTreeMap<String, u64>>,
        opened: &super::opened::Opened,
        millis: u64,
    ) {
        let named = |path: &PathBuf| {
            let name = path.strip_prefix(&self.repository).ok()?.to_str()?.replace('\\', "/");
            Some((name, state_of(path)?))
        };
        let states: Option<BTreeMap<String, String>> = opened.iter().map(named).collect();
        let Some(opened) = states else { return };
        let entry = Entry { repeats, notes, profile, opened };
        if let Ok(bytes) = serde_json::to_vec(&entry) {
            self.kept.put(&Key::of(&[FORMAT, key.as_bytes()]), &bytes, millis);
        }
    }

    /// What was done, after what is still on its way has arrived; nothing to speak of where nothing is shared.
    #[must_use]
    pub fn finish(&self) -> CacheUse {
        self.kept.settle();
        if self.is_shared { used(self.kept.tally()) } else { CacheUse::default() }
    }
}

/// What the optimizer's library says, as our own error.
#[must_use]
pub fn of_optimizer(why: asset_optimizer::error::Error) -> Error {
    Error { hint: why.hint, ..Error::usage(why.message) }
}

/// What a cache did, as a report has it.
fn used(tally: Tally) -> CacheUse {
    let tier = |tier: TierTally| TierUse {
        hits: tier.hits,
        misses: tier.misses,
        read_bytes: tier.read.0,
        written: tier.written,
        written_bytes: tier.written_bytes.0,
        saved_millis: tier.saved_millis,
        is_dropped: tier.is_dropped,
    };
    CacheUse {
        tiers: tally.tiers.into_iter().map(|of| (of.label.clone(), tier(of))).collect(),
        troubles: tally.troubles.into_iter().collect(),
    }
}

/// A path below the repository, and not above it: who wrote the entry may be a stranger.
fn within(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

/// What a later run compares: a file's digest, or that it is a folder, or that there is nothing. `None` where that cannot
/// be told.
fn state_of(path: &Path) -> Option<String> {
    if files::is_dir(path) {
        return Some("folder".into());
    }
    match files::read(path, FILE_BYTES_AT_MOST) {
        Ok(Some(bytes)) => Some(digest(&bytes)),
        Ok(None) => Some("absent".into()),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test makes a folder of its own, and damages what is in it")]

    use super::*;

    #[test]
    fn a_measurement_is_found_until_a_file_it_depends_on_changes_or_it_is_damaged() {
        let place = std::env::temp_dir().join(format!("perfbudget-cache-{}", std::process::id()));
        let (input, kept) = (place.join("input.txt"), place.join("kept"));
        let cache = Cache::open(kept.clone(), &Shared::default(), place.clone()).unwrap();
        let repeats = vec![Repeat { value: 7, first: 9, allocations: None }];
        let put = || {
            files::write(&input, b"one").unwrap();
            cache.put("key", repeats.clone(), Notes::default(), None, &[input.clone()].into(), 40);
        };
        let found = |key: &str| cache.get(key).map(|entry| entry.repeats);
        put();
        assert_eq!(found("key"), Some(repeats.clone()));
        assert_eq!(found("other"), None);
        files::write(&input, b"two").unwrap();
        assert_eq!(found("key"), None);
        put();
        let folder = std::fs::read_dir(&kept).unwrap().next().unwrap().unwrap().path();
        let entry = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        let mut bytes = std::fs::read(&entry).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&entry, bytes).unwrap();
        assert_eq!(found("key"), None);
        assert_eq!(cache.finish(), CacheUse::default());
        std::fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn another_checkout_finds_what_is_shared_and_says_so() {
        let place = std::env::temp_dir().join(format!("perfbudget-shared-{}", std::process::id()));
        let shared = Shared { places: vec![place.join("shared").to_string_lossy().into_owned()], ..Shared::default() };
        let at = |name: &str| {
            let checkout = place.join(name);
            files::write(&checkout.join("data/input.txt"), b"one").unwrap();
            (Cache::open(checkout.join("target"), &shared, checkout.clone()).unwrap(), checkout)
        };
        let ((one, checkout), (other, elsewhere)) = (at("one"), at("other"));
        let repeats = vec![Repeat { value: 7, first: 9, allocations: None }];
        let input = checkout.join("data/input.txt");
        one.put("key", repeats.clone(), Notes::default(), None, &[input].into(), 40);
        assert_eq!(other.get("key").map(|entry| entry.repeats), Some(repeats.clone()));
        // What lies near may be of other files.
        let input = elsewhere.join("data/input.txt");
        files::write(&input, b"two").unwrap();
        let far = vec![Repeat { value: 8, first: 9, allocations: None }];
        other.put("key", far.clone(), Notes::default(), None, &[input].into(), 50);
        assert_eq!(one.get("key").map(|entry| entry.repeats), Some(repeats));
        files::write(&checkout.join("data/input.txt"), b"two").unwrap();
        assert_eq!(one.get("key").map(|entry| entry.repeats), Some(far));
        let used = one.finish();
        assert_eq!((used.tiers["folder"].hits, used.tiers["folder"].misses, used.tiers["share"].hits), (1, 1, 1));
        let used = other.finish();
        let (near, far) = (used.tiers["folder"], used.tiers["share"]);
        assert_eq!((near.hits, near.misses, near.written), (0, 1, 2));
        assert_eq!((far.hits, far.misses, far.saved_millis), (1, 0, 40));
        std::fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn an_entry_of_a_stranger_does_not_look_outside_of_the_repository() {
        assert!(within("data/input.txt").is_some());
        for path in ["../input.txt", "/etc/passwd", "a/../../b"] {
            assert!(within(path).is_none(), "{path}");
        }
    }
}
