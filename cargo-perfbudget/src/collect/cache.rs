//! Measurements kept by what they depend on, so that an unchanged executable is not measured again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::executable::digest;
use crate::sys::files;

/// The largest file of the repository whose content is compared.
const FILE_BYTES_AT_MOST: u64 = 256 << 20;
/// The largest entry that is read.
const ENTRY_BYTES_AT_MOST: u64 = 4 << 20;

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
    /// The key's own text, so that a damaged or misplaced entry is not believed.
    key: String,
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
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// A cache in that folder, which need not exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Cache {
        Cache { folder }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{}.json", digest(key.as_bytes())))
    }

    /// The entry of that key, if all files that it depends on are as they were. An entry that cannot be read is none.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Entry> {
        let text = files::read_text(&self.path(key), ENTRY_BYTES_AT_MOST).ok()??;
        let entry: Entry = serde_json::from_str(&text).ok()?;
        (entry.key == key && entry.opened.iter().all(|(path, state)| state_of(path).as_ref() == Some(state)))
            .then_some(entry)
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
        let entry = Entry { key: key.to_owned(), repeats, notes, profile, opened };
        if let Ok(text) = serde_json::to_string(&entry) {
            let _ = files::write(&self.path(key), text.as_bytes());
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
