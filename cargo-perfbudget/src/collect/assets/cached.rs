//! What the optimizer's cache did, from its report.

use std::collections::BTreeMap;
use std::path::Path;

use asset_optimizer::cache::shared::{Access, READ_ONLY, Shared, TIMEOUT, VARIABLE};
use serde::Deserialize;

use crate::error::Result;
use crate::model::{CacheUse, TierUse};
use crate::sys::files;

/// The largest report that is read.
const REPORT_BYTES_AT_MOST: u64 = 64 << 20;

#[derive(Deserialize)]
struct Report {
    cache: Cache,
}

#[derive(Deserialize)]
struct Cache {
    tiers: Vec<Tier>,
    troubles: Vec<String>,
}

#[derive(Deserialize)]
struct Tier {
    tier: String,
    hits: u64,
    misses: u64,
    read_bytes: u64,
    written: u64,
    written_bytes: u64,
    saved_milliseconds: u64,
    is_dropped: bool,
}

/// The same sharing for the optimizer: by its environment, since addresses are typed by people.
pub(super) fn variables(shared: &Shared) -> BTreeMap<String, String> {
    let is_read_only = shared.access == Access::Read;
    BTreeMap::from([
        (VARIABLE.to_owned(), shared.places.join(",")),
        (READ_ONLY.to_owned(), is_read_only.to_string()),
        (TIMEOUT.to_owned(), shared.patience.as_secs().to_string()),
    ])
}

/// What its cache did; nothing where its report says nothing of it.
pub(super) fn read(report: &Path) -> Result<CacheUse> {
    let text = files::read_text(report, REPORT_BYTES_AT_MOST)?.unwrap_or_default();
    let Ok(Report { cache }) = serde_json::from_str(&text) else { return Ok(CacheUse::default()) };
    let tier = |tier: Tier| {
        let used = TierUse {
            hits: tier.hits,
            misses: tier.misses,
            read_bytes: tier.read_bytes,
            written: tier.written,
            written_bytes: tier.written_bytes,
            saved_millis: tier.saved_milliseconds,
            is_dropped: tier.is_dropped,
        };
        (tier.tier, used)
    };
    // Doubles within a run are nobody's news.
    let tiers = cache.tiers.into_iter().filter(|tier| tier.tier != "memory").map(tier).collect();
    Ok(CacheUse { tiers, troubles: cache.troubles.into_iter().collect() })
}
