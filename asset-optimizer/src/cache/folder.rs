//! Results between runs, a file each, in folders by the first two digits of their names.

use std::path::PathBuf;

use super::{Key, Tier};
use crate::sys::files;

/// The largest entry that is read back.
const LIMIT_BYTES: u64 = 1 << 31;

/// A folder of results, which several processes may share: entries appear whole.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Results below a folder, which is made when the first is kept.
    #[must_use]
    pub fn new(root: PathBuf) -> Folder {
        Folder { root }
    }

    /// Where a result lies.
    #[must_use]
    pub fn place(&self, key: &Key) -> PathBuf {
        let name = key.name();
        self.root.join(&name[..2]).join(&name[2..])
    }
}

impl Tier for Folder {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, String> {
        files::read(&self.place(key), LIMIT_BYTES).map_err(|error| error.message)
    }

    fn put(&self, key: &Key, sealed: &[u8]) -> Result<(), String> {
        files::write(&self.place(key), sealed).map_err(|error| error.message)
    }
}
