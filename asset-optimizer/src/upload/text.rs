//! What a deploy did, in words and as JSON.

use crate::asset::ByteCount;

use super::deploy::{Deployed, Order};
use super::plan::Fate;
use super::releases::{Pruned, Release};

/// How many objects are named one by one.
const MOST_NAMED: usize = 50;

/// What a deploy did, or would do.
#[must_use]
pub fn deployed(order: &Order, deployed: &Deployed) -> String {
    let mut text = String::new();
    let sent: Vec<_> = deployed.fates.iter().filter(|(_, fate, _)| fate.is_sent()).collect();
    if order.is_dry {
        for (key, fate, bytes) in sent.iter().take(MOST_NAMED) {
            text += &format!("{:<12} {key}  {}\n", fate.name(), bytes);
        }
        if sent.len() > MOST_NAMED {
            text += &format!("and {} more\n", sent.len() - MOST_NAMED);
        }
    }
    for fate in [Fate::Added, Fate::Changed, Fate::Reheadered, Fate::Unchanged] {
        let (count, bytes) = deployed.count(fate);
        if count > 0 {
            text += &format!("{:<12} {count:>6}  {:>10}\n", fate.name(), bytes.to_string());
        }
    }
    if deployed.left > 0 {
        let left = deployed.left;
        text += &format!("{:<12} {left:>6}  of the release before: they stay until `prune`\n", "left");
    }
    let release = deployed.release.as_deref().unwrap_or("none");
    let target = &order.reach.target;
    text += &match (order.is_dry, deployed.is_new) {
        (true, true) => format!("would go live on `{target}` as `{release}`; nothing was written\n"),
        (true, false) => format!("`{release}` is live on `{target}`, and nothing would change\n"),
        (false, true) => format!("`{release}` is live on `{target}`\n"),
        (false, false) => format!("`{release}` is live on `{target}`: nothing had to change\n"),
    };
    text
}

/// The same, for programs.
#[must_use]
pub fn deployed_json(order: &Order, deployed: &Deployed) -> String {
    let objects: Vec<serde_json::Value> = deployed
        .fates
        .iter()
        .map(|(key, fate, bytes)| serde_json::json!({ "key": key.as_str(), "fate": fate.name(), "bytes": bytes.0 }))
        .collect();
    let value = serde_json::json!({
        "schema": 1,
        "target": order.reach.target.to_string(),
        "layout": order.layout.name(),
        "dry_run": order.is_dry,
        "release": deployed.release,
        "is_new": deployed.is_new,
        "left": deployed.left,
        "remarks": deployed.remarks,
        "objects": objects,
    });
    format!("{value:#}\n")
}

/// The releases of a store.
#[must_use]
pub fn releases(releases: &[Release]) -> String {
    if releases.is_empty() {
        return "no release is there\n".to_owned();
    }
    let line = |release: &Release| {
        let bytes = ByteCount(release.record.objects.values().map(|object| object.bytes.0).sum());
        let state = match (&release.missing, release.is_live) {
            (_, true) => "live",
            (None, false) => "whole",
            (Some(_), false) => "not whole",
        };
        let age = release.age_seconds.map(age).unwrap_or_default();
        let back =
            release.record.brings_back.as_ref().map(|name| format!("  brings `{name}` back")).unwrap_or_default();
        let count = release.record.objects.len();
        format!(
            "{}  {state:<9}  {count:>6} objects  {:>10}  {age:>5}{back}\n",
            release.record.release,
            bytes.to_string()
        )
    };
    releases.iter().map(line).collect()
}

fn age(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// What was removed, or would be.
#[must_use]
pub fn pruned(pruned: &Pruned, is_dry: bool) -> String {
    let mut text = String::new();
    if is_dry {
        for key in pruned.keys.iter().take(MOST_NAMED) {
            text += &format!("{key}\n");
        }
        if pruned.keys.len() > MOST_NAMED {
            text += &format!("and {} more\n", pruned.keys.len() - MOST_NAMED);
        }
    }
    let (releases, objects) = (pruned.releases.len(), pruned.keys.len());
    let verb = if is_dry { "would be removed" } else { "removed" };
    text + &format!("{verb}: {releases} releases, {objects} objects, {}; {} releases stay\n", pruned.bytes, pruned.kept)
}
