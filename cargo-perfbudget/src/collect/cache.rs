//! Measurements kept by what they depend on, so that an unchanged executable is not measured again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use asset_optimizer::cache::folder::Folder;
use asset_optimizer::cache::{self, Key};
use serde::{Deserialize, Serialize};

use super::executable::digest;
use crate::sys::files;

/// The largest file of the repository whose content is compared.
const FILE_BYTES_AT_MOST: u64 = 256 << 20;
/// Tells what is kept here from what others keep by the same cache; counts up with the format.
const FORMAT: &[u8] = b"measurement 1";

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
    /// What each function costs in the steady state; earlier versions kept none.
    #[serde(default)]
    pub profile: Option<BTreeMap<String, u64>>,
    /// Files that the program asked for: their digest, or what stands for one.
    opened: BTreeMap<PathBuf, String>,
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

/// A folder of entries.
#[derive(Debug)]
pub struct Cache {
    kept: cache::Cache,
}

impl Cache {
    /// A cache in that folder, which need not exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Cache {
        Cache { kept: cache::Cache::new(vec![Box::new(Folder::new(folder))]) }
    }

    /// The entry of that key, if all files that it depends on are as they were. An entry that cannot be read, or is damaged,
    /// is none.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Entry> {
        let bytes = self.kept.get(&Key::of(&[FORMAT, key.as_bytes()]))?;
        let entry: Entry = serde_json::from_slice(&bytes).ok()?;
        entry.opened.iter().all(|(path, state)| state_of(path).as_ref() == Some(state)).then_some(entry)
    }

    /// Keeps an entry. Failing to do so costs time later, and nothing else.
    pub fn put(
        &self,
        key: &str,
        repeats: Vec<Repeat>,
        notes: Notes,
        profile: Option<BTreeMap<String, u64>>,
        opened: &super::opened::Opened,
    ) {
        let states: Option<BTreeMap<PathBuf, String>> =
            opened.iter().map(|path| Some((path.clone(), state_of(path)?))).collect();
        let Some(opened) = states else { return };
        let entry = Entry { repeats, notes, profile, opened };
        if let Ok(bytes) = serde_json::to_vec(&entry) {
            self.kept.put(&Key::of(&[FORMAT, key.as_bytes()]), &bytes);
        }
    }
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
        let cache = Cache::new(kept.clone());
        let repeats = vec![Repeat { value: 7, first: 9, allocations: None }];
        let put = || {
            files::write(&input, b"one").unwrap();
            cache.put("key", repeats.clone(), Notes::default(), None, &[input.clone()].into());
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
        std::fs::remove_dir_all(&place).unwrap();
    }
}
