//! Results of this run, for files that are there twice; bounded.

use std::collections::HashMap;
use std::sync::Mutex;

use super::care::Item;
use super::{Key, Tier};

/// A bounded map. What does not fit is not kept.
pub struct Memory {
    limit: usize,
    kept: Mutex<(usize, HashMap<Key, Vec<u8>>)>,
}

impl Memory {
    /// Room for so many bytes.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Memory {
        Memory { limit: limit_bytes, kept: Mutex::default() }
    }
}

impl Tier for Memory {
    fn label(&self) -> &str {
        "memory"
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, String> {
        Ok(self.kept.lock().map_err(|why| why.to_string())?.1.get(key).cloned())
    }

    fn put(&self, key: &Key, sealed: &[u8]) -> Result<bool, String> {
        let mut kept = self.kept.lock().map_err(|why| why.to_string())?;
        let before = kept.1.get(key).map_or(0, Vec::len);
        let held = kept.0 - before + sealed.len();
        if held > self.limit {
            return Ok(false);
        }
        kept.0 = held;
        kept.1.insert(*key, sealed.to_vec());
        Ok(true)
    }

    fn items(&self) -> Result<Option<Vec<Item>>, String> {
        Ok(None)
    }

    fn remove(&self, _: &[Item]) -> Result<(), String> {
        Ok(())
    }
}
