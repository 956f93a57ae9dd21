//! What is known of an output → its manifest.

use super::Linked;
use crate::asset::Kind;
use crate::graph::loads::{Closure, Loaded, Walker};
use crate::graph::{Graph, How, hashed};
use crate::manifest::{File, Load, Loads, Manifest, media_type};

/// How many files that are loaded later are listed for all pages and entries together: every page of a large site may lead
/// to every lazy chunk. Arbitrary; some 30 MB of the manifest.
const MOST_LATER: usize = 400_000;
/// How many are listed for one page or entry, however many of these there are.
const MIN_LATER: usize = 20;

pub(super) fn manifest(linked: &Linked) -> Manifest {
    let Linked { graph, named, chosen, .. } = linked;
    let labels = hashed::labels(named.files.iter().map(|file| &file.source));
    let mut files: Vec<File> = named
        .files
        .iter()
        .zip(chosen)
        .zip(labels)
        .map(|((file, chosen), label)| File {
            source: file.source.clone(),
            name: file.name.clone(),
            label,
            media_type: media_type(&file.source).to_owned(),
            bytes: chosen.content.length,
            encoded: chosen.encoded.clone(),
            deltas: Vec::new(),
            integrity: chosen.content.integrity.clone(),
            caching: file.caching,
            why_kept: file.why_kept.clone(),
        })
        .collect();
    files.sort_by(|one, other| one.source.cmp(&other.source));
    let pages: Vec<usize> = (0..graph.files.len()).filter(|at| graph.files[*at].kind == Kind::Html).collect();
    let entries = entries(graph);
    let most_later = (MOST_LATER / (pages.len() + entries.len()).max(1)).max(MIN_LATER);
    let mut walker = Walker::new(graph);
    let mut loads = |starts: Vec<usize>| {
        let mut all: Vec<Loads> =
            starts.into_iter().map(|start| loaded(linked, start, walker.closure(start, most_later))).collect();
        all.sort_by(|one, other| one.file.cmp(&other.file));
        all
    };
    Manifest { coverage: named.coverage(), files, pages: loads(pages), entries: loads(entries) }
}

/// The scripts that pages load by a `<script>` of their own.
fn entries(graph: &Graph) -> Vec<usize> {
    let is_entry = |how: How| matches!(how, How::Script | How::Module);
    let mut entries: Vec<usize> = graph
        .references
        .iter()
        .filter(|reference| is_entry(reference.how) && graph.files[reference.to].kind == Kind::JavaScript)
        .map(|reference| reference.to)
        .collect();
    entries.sort_unstable();
    entries.dedup();
    entries
}

fn loaded(linked: &Linked, start: usize, closure: Closure) -> Loads {
    let source = |file: usize| linked.named.files[file].source.clone();
    let all = |list: &[Loaded]| -> Vec<Load> {
        let one = |loaded: &Loaded| Load {
            file: source(loaded.file),
            role: loaded.role,
            round_trip: loaded.round_trip,
            hint: loaded.hint,
        };
        list.iter().map(one).collect()
    };
    Loads {
        file: source(start),
        round_trips: closure.now.iter().map(|loaded| loaded.round_trip).max().unwrap_or(1),
        now: all(&closure.now),
        later: all(&closure.later),
        is_later_cut: closure.is_cut,
    }
}
