//! The manifest of Angular's service worker.

use crate::asset::AssetPath;

/// What it is called. It holds digests of another form and compares what it fetches with them.
pub(super) const MANIFEST: &str = "ngsw.json";

/// The files of which a manifest holds digests.
pub(super) fn files(manifest: &AssetPath, text: &str) -> Vec<AssetPath> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let Some(table) = value.get("hashTable").and_then(serde_json::Value::as_object) else { return Vec::new() };
    // Addresses begin with where the application is served, which may be this folder or one above it. Too many may stay.
    let below = |address: &String| {
        let name = address.rsplit('/').next().unwrap_or_default();
        [address, address.trim_start_matches('/'), name].map(|address| manifest.resolve(address))
    };
    table.keys().flat_map(below).flatten().collect()
}
