//! What is known of an output → its manifest.

use super::Linked;
use crate::asset::Kind;
use crate::graph::loads::{self, Loaded};
use crate::graph::{Graph, How};
use crate::manifest::{File, Load, Loads, Manifest, media_type};

pub(super) fn manifest(linked: &Linked) -> Manifest {
    let Linked { graph, named, chosen } = linked;
    let mut files: Vec<File> = named
        .files
        .iter()
        .zip(chosen)
        .map(|(file, chosen)| File {
            source: file.source.clone(),
            name: file.name.clone(),
            media_type: media_type(&file.source).to_owned(),
            bytes: chosen.content.length,
            encoded: chosen.encoded.clone(),
            integrity: chosen.content.integrity.clone(),
            caching: file.caching,
            why_kept: file.why_kept.clone(),
        })
        .collect();
    files.sort_by(|one, other| one.source.cmp(&other.source));
    let loads = |starts: Vec<usize>| {
        let mut all: Vec<Loads> = starts.into_iter().map(|start| loaded(linked, start)).collect();
        all.sort_by(|one, other| one.file.cmp(&other.file));
        all
    };
    let pages = (0..graph.files.len()).filter(|at| graph.files[*at].kind == Kind::Html).collect();
    Manifest { coverage: named.coverage(), files, pages: loads(pages), entries: loads(entries(graph)) }
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

fn loaded(linked: &Linked, start: usize) -> Loads {
    let closure = loads::closure(&linked.graph, start);
    let source = |file: usize| linked.named.files[file].source.clone();
    let all = |list: &[Loaded]| -> Vec<Load> {
        let one =
            |loaded: &Loaded| Load { file: source(loaded.file), role: loaded.role, round_trip: loaded.round_trip };
        list.iter().map(one).collect()
    };
    Loads {
        file: source(start),
        round_trips: closure.now.iter().map(|loaded| loaded.round_trip).max().unwrap_or(1),
        now: all(&closure.now),
        later: all(&closure.later),
    }
}
