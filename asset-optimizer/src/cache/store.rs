//! Results in a store that machines share: Redis, S3, the cache of GitHub's workflows.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::care::Item;
use super::shared::Access;
use super::{Key, Settled, Tier};
use crate::asset::ByteCount;
use crate::error::Error;
use crate::place::{Provider, Target};
use crate::sys::errands::Errands;
use crate::sys::store::{Beside, Condition, Store};

/// The largest entry that is read or written.
const LIMIT_BYTES: u64 = 32 << 20;
/// How many entries are written at a time.
const WRITERS: usize = 4;
/// How much may wait to be written.
const WAITING_BYTES: u64 = 64 << 20;
/// How much longer a whole entry may take than an answer.
const WHOLE: u32 = 4;
/// How many requests are under way at most.
const PARALLEL: usize = 16;

/// What became of what was to be written.
#[derive(Default)]
struct Writing {
    is_over: AtomicBool,
    lost: AtomicU64,
    lost_bytes: AtomicU64,
    troubles: Mutex<Vec<String>>,
}

impl Writing {
    fn lose(&self, bytes: usize) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        self.lost_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn end(&self, why: String) {
        if !self.is_over.swap(true, Ordering::Relaxed)
            && let Ok(mut troubles) = self.troubles.lock()
        {
            troubles.push(why);
        }
    }
}

/// Results in a store.
pub struct Remote {
    store: Arc<Store>,
    access: Access,
    patience: Duration,
    errands: Errands,
    writing: Arc<Writing>,
    greeting: OnceLock<Result<(), String>>,
}

impl Remote {
    /// Results in that store, which answers within that time or is worth nothing. Nothing is asked of it yet.
    ///
    /// # Errors
    /// Where the environment does not say what is needed.
    pub fn open(target: &Target, access: Access, patience: Duration) -> Result<Remote, Error> {
        Ok(Remote {
            store: Arc::new(Store::open_cache(target, PARALLEL, patience)?),
            access,
            patience,
            errands: Errands::new(WRITERS, WAITING_BYTES),
            writing: Arc::default(),
            greeting: OnceLock::new(),
        })
    }

    fn provider(&self) -> Provider {
        self.store.target().provider
    }
}

impl Tier for Remote {
    fn label(&self) -> &str {
        self.provider().word()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, String> {
        self.greeting.get_or_init(|| self.store.greet(self.patience).map_err(|error| error.message)).clone()?;
        let fetched = self.store.fetch(&key.place(), LIMIT_BYTES, self.patience * WHOLE);
        fetched.map_err(|error| error.message)
    }

    fn put(&self, key: &Key, sealed: &[u8]) -> Result<bool, String> {
        let is_over = self.writing.is_over.load(Ordering::Relaxed);
        if self.access == Access::Read || is_over || sealed.len() as u64 > LIMIT_BYTES {
            return Ok(false);
        }
        let (store, writing, place, sealed) = (self.store.clone(), self.writing.clone(), key.place(), sealed.to_vec());
        Ok(self.errands.give(sealed.len() as u64, move || {
            let length = sealed.len();
            if writing.is_over.load(Ordering::Relaxed) {
                return writing.lose(length);
            }
            // What is damaged is written over, where that can be; where it cannot, what is there stays.
            let is_once = store.target().provider == Provider::Actions;
            let condition = if is_once { Condition::Absent } else { Condition::Always };
            if let Err(why) = store.write(&place, sealed, &Beside::default(), condition) {
                writing.lose(length);
                writing.end(format!("nothing more is written to the shared cache: {}", why.message));
            }
        }))
    }

    fn settle(&self) -> Settled {
        let left = self.errands.settle(self.patience * WHOLE);
        if left > 0 {
            let target = self.store.target();
            let why = format!("nothing more is written to the shared cache: `{target}` does not answer in time");
            self.writing.end(why);
        }
        let troubles = self.writing.troubles.lock().map(|mut troubles| std::mem::take(&mut *troubles));
        Settled {
            lost: self.writing.lost.swap(0, Ordering::Relaxed) + left as u64,
            lost_bytes: ByteCount(self.writing.lost_bytes.swap(0, Ordering::Relaxed)),
            troubles: troubles.unwrap_or_default(),
        }
    }

    fn items(&self) -> Result<Option<Vec<Item>>, String> {
        if !self.store.can_list() {
            return Ok(None);
        }
        let listed = self.store.list("").map_err(|error| error.message)?;
        let item = |entry: crate::sys::store::Entry| Item {
            place: entry.key,
            bytes: entry.bytes.0,
            used: entry.written.unwrap_or_default(),
        };
        Ok(Some(listed.into_iter().map(item).filter(Item::is_ours).collect()))
    }

    fn remove(&self, items: &[Item]) -> Result<(), String> {
        let keys: Vec<String> = items.iter().map(|item| item.place.clone()).collect();
        keys.chunks(1000).try_for_each(|keys| self.store.remove(keys)).map_err(|error| error.message)
    }
}
