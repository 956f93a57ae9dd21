//! What was done to a store, in words and as JSON.

use serde_json::{Value, json};

use crate::asset::{AssetPath, ByteCount};
use crate::deltas::Made;
use crate::place::Target;

use super::deploy::{Deployed, Order};
use super::plan::Fate;
use super::record::Record;
use super::releases::{Limits, Pruned, Release};
use super::verify::{Finding, Verified};

/// How many objects are named one by one.
const MOST_NAMED: usize = 50;

/// What a deploy did, or would do.
#[must_use]
pub fn deployed(order: &Order, deployed: &Deployed) -> String {
    let mut text = String::new();
    let sent: Vec<_> = deployed.fates.iter().filter(|(_, fate, _)| *fate != Fate::Unchanged).collect();
    if order.is_dry {
        for (key, fate, bytes) in sent.iter().take(MOST_NAMED) {
            text += &format!("{:<12} {key}  {}\n", fate.name(), bytes);
        }
        if sent.len() > MOST_NAMED {
            text += &format!("and {} more\n", sent.len() - MOST_NAMED);
        }
    }
    for fate in [Fate::Added, Fate::Changed, Fate::Reheadered, Fate::Deleted, Fate::Unchanged] {
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
pub fn deployed_json(order: &Order, deployed: &Deployed, removed: Option<&Pruned>) -> String {
    let objects: Vec<Value> = deployed
        .fates
        .iter()
        .map(|(key, fate, bytes)| json!({ "key": key.as_str(), "fate": fate.name(), "bytes": bytes.0 }))
        .collect();
    let value = json!({
        "schema": 1,
        "target": order.reach.target.to_string(),
        "layout": order.layout.name(),
        "dry_run": order.is_dry,
        "release": deployed.release,
        "is_new": deployed.is_new,
        "left": deployed.left,
        "remarks": deployed.remarks,
        "objects": objects,
        "removed": removed.map(removal),
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

/// The same, for programs.
#[must_use]
pub fn releases_json(target: &Target, releases: &[Release]) -> String {
    let release = |release: &Release| {
        let Record { release: name, sequence, layout, before, brings_back, objects } = &release.record;
        json!({
            "release": name,
            "sequence": sequence,
            "layout": layout,
            "is_live": release.is_live,
            "age_seconds": release.age_seconds,
            "before": before,
            "brings_back": brings_back,
            "objects": objects.len(),
            "bytes": objects.values().map(|object| object.bytes.0).sum::<u64>(),
            "missing": release.missing,
        })
    };
    let releases: Vec<Value> = releases.iter().map(release).collect();
    format!("{:#}\n", json!({ "schema": 1, "target": target.to_string(), "releases": releases }))
}

/// What was removed, or would be.
#[must_use]
pub fn pruned(pruned: &Pruned, limits: &Limits) -> String {
    let mut text = String::new();
    if limits.is_dry {
        for key in pruned.keys.iter().take(MOST_NAMED) {
            text += &format!("{key}\n");
        }
        if pruned.keys.len() > MOST_NAMED {
            text += &format!("and {} more\n", pruned.keys.len() - MOST_NAMED);
        }
    }
    let (releases, objects) = (pruned.releases.len(), pruned.keys.len());
    let verb = match (limits.is_dry, limits.are_too_many(pruned)) {
        (false, _) => "removed".to_owned(),
        (true, false) => "would be removed".to_owned(),
        (true, true) => format!("would not be removed, since {} may go (`--max-deletes`)", limits.max_deletes),
    };
    if pruned.left > 0 {
        text += &format!("{} objects stay: somebody else has written over them\n", pruned.left);
    }
    text + &format!("{verb}: {releases} releases, {objects} objects, {}; {} releases stay\n", pruned.bytes, pruned.kept)
}

/// The same, for programs.
#[must_use]
pub fn pruned_json(target: &Target, pruned: &Pruned, limits: &Limits) -> String {
    let value = json!({
        "schema": 1,
        "target": target.to_string(),
        "dry_run": limits.is_dry,
        "max_deletes": limits.max_deletes,
        "removed": removal(pruned),
    });
    format!("{value:#}\n")
}

fn removal(pruned: &Pruned) -> Value {
    json!({
        "releases": pruned.releases,
        "objects": pruned.keys,
        "bytes": pruned.bytes.0,
        "kept_releases": pruned.kept,
        "left_objects": pruned.left,
    })
}

/// What a site answered.
#[must_use]
pub fn verified(verified: &Verified, is_quiet: bool) -> String {
    let mut text = String::new();
    for finding in verified.findings.iter().take(MOST_NAMED) {
        let accept = finding.accept.map(|accept| format!(" asked for `{accept}`:")).unwrap_or_default();
        text += &format!("`{}`:{accept} {}\n", finding.file, finding.what);
    }
    let more = verified.findings.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        text += &format!("and {more} more\n");
    }
    if !is_quiet {
        let encodings: Vec<String> =
            verified.encodings.iter().map(|(name, count)| format!("{count} in {name}")).collect();
        let Verified { files, requests, connections, .. } = verified;
        let encodings = encodings.join(", ");
        text += &format!("{files} files, {requests} requests over {connections} connections: {encodings}\n");
    }
    text
}

/// The same, for programs.
#[must_use]
pub fn verified_json(site: &str, verified: &Verified) -> String {
    let finding =
        |finding: &Finding| json!({ "file": finding.file.as_str(), "asked_for": finding.accept, "what": finding.what });
    let value = json!({
        "schema": 1,
        "site": site,
        "files": verified.files,
        "requests": verified.requests,
        "connections": verified.connections,
        "encodings": verified.encodings,
        "findings": verified.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

/// Which deltas were made, for programs.
#[must_use]
pub fn deltas_json(made: &Made) -> String {
    let file = |(name, best, smallest): &(AssetPath, ByteCount, ByteCount)| json!({ "name": name.as_str(), "best_bytes": best.0, "delta_bytes": smallest.0 });
    let files: Vec<Value> = made.files.iter().map(file).collect();
    let value = json!({ "schema": 1, "deltas": made.deltas, "files": files, "remarks": made.remarks });
    format!("{value:#}\n")
}
