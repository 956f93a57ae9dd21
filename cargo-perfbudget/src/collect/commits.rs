//! What was measured of a commit, kept by all that it depends on, so that the same question is answered without a build.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::executable::digest;
use crate::model::Profile;
use crate::sys::files;

/// The largest entry that is read.
const ENTRY_BYTES_AT_MOST: u64 = 16 << 20;

/// A number of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The key's own text, so that a damaged or misplaced entry is not believed.
    key: String,
    /// The number.
    pub value: u64,
    /// What each function costs, where there is a profile.
    profile: Option<BTreeMap<String, u64>>,
}

impl Entry {
    /// What each function costs, where there is a profile.
    #[must_use]
    pub fn profile(&self) -> Option<Profile> {
        self.profile.clone().map(Profile)
    }
}

/// A folder of entries.
#[derive(Debug, Clone)]
pub struct Commits {
    folder: PathBuf,
}

impl Commits {
    /// Those in that folder, which need not exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Commits {
        Commits { folder }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{}.json", digest(key.as_bytes())))
    }

    /// The entry of that key. One that cannot be read is none.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Entry> {
        let text = files::read_text(&self.path(key), ENTRY_BYTES_AT_MOST).ok()??;
        serde_json::from_str(&text).ok().filter(|entry: &Entry| entry.key == key)
    }

    /// Keeps an entry, and returns it. Failing to keep it costs time later, and nothing else.
    pub fn put(&self, key: &str, value: u64, profile: Option<&Profile>) -> Entry {
        let entry = Entry { key: key.to_owned(), value, profile: profile.map(|profile| profile.0.clone()) };
        if let Ok(text) = serde_json::to_string(&entry) {
            let _ = files::write(&self.path(key), text.as_bytes());
        }
        entry
    }
}
