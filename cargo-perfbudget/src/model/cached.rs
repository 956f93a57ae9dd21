//! What a cache of results did in a run: how often each tier had what was asked for, and what that spared.

use std::collections::{BTreeMap, BTreeSet};

/// What a cache did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheUse {
    /// By what the tier is called: `folder`, `redis`, `s3`, `actions`, `share`.
    pub tiers: BTreeMap<String, TierUse>,
    /// What went wrong, each once.
    pub troubles: BTreeSet<String>,
}

/// What a tier did. It is asked for what no nearer one has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TierUse {
    /// How many results were there.
    pub hits: u64,
    /// How many were not.
    pub misses: u64,
    /// What was read from it, in bytes.
    pub read_bytes: u64,
    /// How many results were written to it.
    pub written: u64,
    /// Their bytes.
    pub written_bytes: u64,
    /// How long it took to make the results that were there, in milliseconds.
    pub saved_millis: u64,
    /// Whether it was given up during the run.
    pub is_dropped: bool,
}

impl CacheUse {
    /// Adds what another cache did.
    pub fn add(&mut self, other: CacheUse) {
        for (label, use_) in other.tiers {
            let sum = self.tiers.entry(label).or_default();
            *sum = TierUse {
                hits: sum.hits.saturating_add(use_.hits),
                misses: sum.misses.saturating_add(use_.misses),
                read_bytes: sum.read_bytes.saturating_add(use_.read_bytes),
                written: sum.written.saturating_add(use_.written),
                written_bytes: sum.written_bytes.saturating_add(use_.written_bytes),
                saved_millis: sum.saved_millis.saturating_add(use_.saved_millis),
                is_dropped: sum.is_dropped || use_.is_dropped,
            };
        }
        self.troubles.extend(other.troubles);
    }

    /// Whether there is anything to be said of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.troubles.is_empty() && self.tiers.values().all(|tier| *tier == TierUse::default())
    }

    /// How long it took to make the results that were there, in milliseconds.
    #[must_use]
    pub fn saved_millis(&self) -> u64 {
        self.tiers.values().map(|tier| tier.saved_millis).fold(0, u64::saturating_add)
    }
}
