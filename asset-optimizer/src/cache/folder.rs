//! Results between runs, a file each, in folders by the first two digits of their names.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::care::{Item, Limits, dispensable};
use super::{Key, Settled, Tier};
use crate::sys::{clock, files};

/// The largest entry that is read back.
const LIMIT_BYTES: u64 = 1 << 31;

/// A folder of results, which several processes may share: entries appear whole.
pub struct Folder {
    root: PathBuf,
    limits: Limits,
    is_written: AtomicBool,
    is_shared: bool,
    is_read_only: bool,
}

impl Folder {
    /// Results below a folder, which is made when the first is kept.
    #[must_use]
    pub fn new(root: PathBuf) -> Folder {
        let is_written = AtomicBool::new(false);
        Folder { root, limits: Limits::default(), is_written, is_shared: false, is_read_only: false }
    }

    /// The same, that holds no more than this after a run that wrote to it: what was used longest ago goes.
    #[must_use]
    pub fn within(self, limits: Limits) -> Folder {
        Folder { limits, ..self }
    }

    /// The same, where others write, too, as on a share.
    #[must_use]
    pub fn of_many(self) -> Folder {
        Folder { is_shared: true, ..self }
    }

    /// The same, where nothing is added.
    #[must_use]
    pub fn read_only(self) -> Folder {
        Folder { is_read_only: true, ..self }
    }

    /// Where a result lies.
    #[must_use]
    pub fn place(&self, key: &Key) -> PathBuf {
        self.root.join(key.place())
    }
}

impl Tier for Folder {
    fn label(&self) -> &str {
        if self.is_shared { "share" } else { "folder" }
    }

    fn is_shared(&self) -> bool {
        self.is_shared
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, String> {
        let place = self.place(key);
        let found = files::read(&place, LIMIT_BYTES).map_err(|error| error.message)?;
        if found.is_some() {
            files::touch(&place);
        }
        Ok(found)
    }

    fn put(&self, key: &Key, sealed: &[u8]) -> Result<bool, String> {
        if self.is_read_only {
            return Ok(false);
        }
        self.is_written.store(true, Ordering::Relaxed);
        files::write(&self.place(key), sealed).map(|()| true).map_err(|error| error.message)
    }

    fn settle(&self) -> Settled {
        if self.limits == Limits::default() || !self.is_written.swap(false, Ordering::Relaxed) {
            return Settled::default();
        }
        let pruned = self
            .items()
            .and_then(|items| self.remove(&dispensable(items.unwrap_or_default(), self.limits, clock::seconds())));
        Settled { troubles: pruned.err().into_iter().collect(), ..Settled::default() }
    }

    fn items(&self) -> Result<Option<Vec<Item>>, String> {
        let files = files::two_deep(&self.root).map_err(|error| error.message)?;
        let item = |(place, bytes, used): (String, u64, i64)| Item { place, bytes, used };
        Ok(Some(files.into_iter().map(item).filter(Item::is_ours).collect()))
    }

    fn remove(&self, items: &[Item]) -> Result<(), String> {
        // What another one has removed already is gone, too.
        items.iter().try_for_each(|item| files::remove(&self.root.join(&item.place)).map_err(|error| error.message))
    }
}
