//! What the cache of results did, there and back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{CacheUse, TierUse};

#[derive(Serialize, Deserialize)]
pub(in crate::render::json) struct CacheWire<'a> {
    /// Follows from the tiers, for scripts.
    #[serde(skip_deserializing)]
    saved_milliseconds: u64,
    tiers: Vec<TierWire<'a>>,
    troubles: Vec<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct TierWire<'a> {
    tier: Cow<'a, str>,
    hits: u64,
    misses: u64,
    read_bytes: u64,
    written: u64,
    written_bytes: u64,
    saved_milliseconds: u64,
    is_dropped: bool,
}

impl<'a> CacheWire<'a> {
    /// `None` where nothing is shared.
    pub(super) fn of(cache: &'a CacheUse) -> Option<CacheWire<'a>> {
        let tier = |(label, tier): (&'a String, &TierUse)| TierWire {
            tier: Cow::Borrowed(label),
            hits: tier.hits,
            misses: tier.misses,
            read_bytes: tier.read_bytes,
            written: tier.written,
            written_bytes: tier.written_bytes,
            saved_milliseconds: tier.saved_millis,
            is_dropped: tier.is_dropped,
        };
        let is_known = *cache != CacheUse::default();
        is_known.then(|| CacheWire {
            saved_milliseconds: cache.saved_millis(),
            tiers: cache.tiers.iter().map(tier).collect(),
            troubles: cache.troubles.iter().map(|text| Cow::Borrowed(text.as_str())).collect(),
        })
    }

    pub(super) fn into_use(self) -> CacheUse {
        let tier = |wire: TierWire<'_>| {
            let tier = TierUse {
                hits: wire.hits,
                misses: wire.misses,
                read_bytes: wire.read_bytes,
                written: wire.written,
                written_bytes: wire.written_bytes,
                saved_millis: wire.saved_milliseconds,
                is_dropped: wire.is_dropped,
            };
            (wire.tier.into_owned(), tier)
        };
        CacheUse {
            tiers: self.tiers.into_iter().map(tier).collect::<BTreeMap<_, _>>(),
            troubles: self.troubles.into_iter().map(Cow::into_owned).collect(),
        }
    }
}
