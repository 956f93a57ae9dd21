//! Who refers to whom, for a person: what keeps files from names that can be cached for ever.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::text::{names, table};
use crate::asset::{AssetPath, Kind, grouped};
use crate::fingerprint::Fate;
use crate::graph::{Reference, Timing};
use crate::manifest::Manifest;
use crate::relink::Linked;

/// How many references to one file are told.
const MOST_REFERRERS: usize = 50;
/// How many files are named for one reason.
const NAMED: usize = 5;

/// The graph as text: references by how they are made, pages by what they load, and files by what keeps their names.
#[must_use]
pub fn render(linked: &Linked) -> String {
    let manifest = linked.manifest();
    let mut text = references(linked);
    text.push_str(&pages(&manifest));
    text.push_str(&reasons(linked));
    for remark in linked.remarks() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{remark}");
    }
    let _ = writeln!(text, "{}", names(linked.named.coverage()));
    text
}

fn references(linked: &Linked) -> String {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for reference in &linked.graph.references {
        *counts.entry((reference.how.name(), when(reference.timing))).or_default() += 1;
    }
    let mut rows = vec![["references", "loaded", "count"].map(str::to_owned)];
    rows.extend(counts.into_iter().map(|((how, when), count)| [how.to_owned(), when.to_owned(), grouped(count)]));
    table(&rows, &['<', '<', '>']) + "\n"
}

fn when(timing: Timing) -> &'static str {
    match timing {
        Timing::Now => "at once",
        Timing::Aside => "at once, aside",
        Timing::Later => "later",
        Timing::Never => "not by the page",
    }
}

fn pages(manifest: &Manifest) -> String {
    let mut rows = vec![["page", "files", "bytes", "round trips", "later"].map(str::to_owned)];
    for page in &manifest.pages {
        let bytes = page
            .now
            .iter()
            .filter_map(|load| Some(manifest.file(load.file.as_str())?.bytes))
            .sum::<crate::asset::ByteCount>();
        rows.push([
            page.file.to_string(),
            grouped(page.now.len() as u64),
            grouped(bytes.0),
            grouped(u64::from(page.round_trips)),
            grouped(page.later.len() as u64),
        ]);
    }
    if manifest.pages.is_empty() { String::new() } else { table(&rows, &['<', '>', '>', '>', '>']) + "\n" }
}

/// The files that keep their names, by the reason; what is as it should be is only counted.
fn reasons(linked: &Linked) -> String {
    let mut kept: BTreeMap<&str, Vec<&AssetPath>> = BTreeMap::new();
    for file in linked.named.files.iter().filter(|file| file.fate != Fate::Page) {
        if let Some(why) = &file.why_kept {
            kept.entry(why).or_default().push(&file.source);
        }
    }
    let mut kept: Vec<(&str, Vec<&AssetPath>)> = kept.into_iter().collect();
    kept.sort_by_key(|(why, files)| (std::cmp::Reverse(files.len()), *why));
    let mut text = String::new();
    for (why, files) in kept {
        let named: Vec<String> = files.iter().take(NAMED).map(|path| format!("`{path}`")).collect();
        let more = files.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {} more", grouped(more as u64)) } else { String::new() };
        let _ = writeln!(text, "kept: {why}: {}{more}", named.join(", "));
    }
    if text.is_empty() { text } else { text + "\n" }
}

/// Who refers to a file, and why it may be renamed or not.
#[must_use]
pub fn explain(linked: &Linked, path: &AssetPath) -> String {
    let Linked { graph, named, .. } = linked;
    let Some(at) = graph.files.iter().position(|file| file.path == *path) else { return String::new() };
    let mut text = String::new();
    let referrers: Vec<&Reference> = graph.references.iter().filter(|reference| reference.to == at).collect();
    for reference in referrers.iter().take(MOST_REFERRERS) {
        let from = &graph.files[reference.from].path;
        let _ = writeln!(text, "`{from}` refers to it: {}, {}", reference.how.name(), when(reference.timing));
    }
    if referrers.len() > MOST_REFERRERS {
        let _ = writeln!(text, "{} more refer to it", grouped((referrers.len() - MOST_REFERRERS) as u64));
    }
    let file = &named.files[at];
    match (&file.why_kept, &file.fate) {
        (Some(why), _) => _ = writeln!(text, "it keeps its name: {why}"),
        (None, Fate::Map { .. }) => text.push_str("it is called after its file, which is renamed\n"),
        (None, _) => text.push_str("it is renamed: every mention of it is a reference that can be rewritten\n"),
    }
    if graph.files[at].kind != Kind::Html {
        let _ = writeln!(text, "its `Cache-Control` is `{}`", file.caching.header());
    }
    text
}
