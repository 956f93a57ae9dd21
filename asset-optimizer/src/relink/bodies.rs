//! One file: its bytes with the new names of others in them, compressed anew where they changed.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Compression, Content, Linked, Terms};
use crate::asset::{AssetPath, ByteCount, Encoding, Kind};
use crate::cache::Key;
use crate::choose::{self, Choice};
use crate::error::{Error, Result};
use crate::fingerprint::{Bytes, Edit, edited};
use crate::graph::Reference;
use crate::kept;
use crate::seals::Made;
use crate::spaces::NOWHERE;
use crate::sys::clock::Since;
use crate::transform::{self, Source};
use crate::write::Output;

/// How many hexadecimal digits a revision has: as many as that of Workbox, which is an MD5.
const REVISION_LETTERS: usize = 32;

/// What became of the files whose digests pages hold.
pub(super) struct Bodies {
    held: BTreeSet<AssetPath>,
    made: Made,
}

/// What a file is that was written anew.
pub(super) struct Remade {
    pub(super) content: Content,
    pub(super) encoded: Vec<(Encoding, ByteCount)>,
}

impl Bodies {
    pub(super) fn new(held: BTreeSet<AssetPath>) -> Bodies {
        Bodies { held, made: Made::default() }
    }
}

/// Writes one file under its new name, with new names in it; `None` where its bytes stay.
pub(super) fn work(
    linked: &Linked,
    at: usize,
    terms: &Terms<'_>,
    output: &Output,
    bodies: &Bodies,
) -> Result<Option<Remade>> {
    let (file, new) = (&linked.chosen[at], &linked.named.files[at].name);
    let revisions = revisions(linked, at);
    let mut edits = linked.named.edits(&linked.graph, at);
    edits.extend(revisions.iter().map(|(span, text)| Edit { start: span.start, end: span.end, text }));
    edits.sort_by_key(|edit| edit.start);
    let is_held = bodies.held.contains(&file.path);
    let is_current = file.compression == Compression::Current;
    if edits.is_empty() && file.after.is_empty() && !is_held && is_current {
        return move_to(output, file, new).map(|()| None);
    }
    let before = output.read(&file.path)?;
    let after = edited(&before, &edits);
    let cannot = |why: String| Error::environment(format!("cannot rewrite the names in `{}`: {why}", file.path));
    let after = match file.kind {
        Kind::Html => sealed(linked, at, &before, after, bodies).map_err(cannot)?,
        _ => after,
    };
    if is_held {
        bodies.made.note(new, &before, &after);
    }
    if after == before && is_current {
        return move_to(output, file, new).map(|()| None);
    }
    let choice = compressed(&file.path, file.kind, &after, terms)?;
    for (encoding, _) in &file.encoded {
        output.remove(file.path.with_suffix(encoding.suffix()).as_str().as_ref())?;
    }
    output.remove(file.path.as_str().as_ref())?;
    output.add(new, &choice, None)?;
    let encoded = choice.encoded.iter().map(|(encoding, bytes)| (*encoding, ByteCount::of(bytes))).collect();
    Ok(Some(Remade { content: Content::of(&choice.bytes), encoded }))
}

/// What a service worker is to know of bytes that are not those of the build any more: it loads them again. What is kept byte for
/// byte says nothing new.
fn revisions(linked: &Linked, at: usize) -> Vec<(Range<usize>, String)> {
    if linked.chosen[at].frozen.is_some() {
        return Vec::new();
    }
    let changed = linked.graph.from(at).iter().filter(|reference| linked.chosen[reference.to].bytes == Bytes::Changed);
    let revision = |reference: &Reference| {
        let mut digest = linked.chosen[reference.to].content.digest.to_string();
        digest.truncate(REVISION_LETTERS);
        Some((reference.revision.as_deref()?.clone(), digest))
    };
    changed.filter_map(revision).collect()
}

fn move_to(output: &Output, file: &super::Chosen, new: &AssetPath) -> Result<()> {
    if file.path == *new {
        return Ok(());
    }
    for (encoding, _) in &file.encoded {
        output.rename(&file.path.with_suffix(encoding.suffix()), &new.with_suffix(encoding.suffix()))?;
    }
    output.rename(&file.path, new)
}

/// A page with the hashes and digests in it as they are now.
fn sealed(
    linked: &Linked,
    at: usize,
    before: &[u8],
    after: Vec<u8>,
    bodies: &Bodies,
) -> std::result::Result<Vec<u8>, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|why| format!("it is not UTF-8: {why}"));
    let mut page = text(&after)?;
    if after != before {
        page = transform::relinked(&text(before)?, &page)?;
    }
    let file = &linked.chosen[at];
    if !file.after.is_empty() {
        let now = |path: &AssetPath| {
            let at = linked.chosen.binary_search_by(|other| other.path.cmp(path)).ok()?;
            Some(linked.named.files[at].name.clone())
        };
        let held: Vec<AssetPath> = file.after.iter().filter_map(now).collect();
        page = bodies.made.resealed(&file.path, &page, &held)?;
    }
    Ok(page.into_bytes())
}

/// The bytes with what they are encoded; known from earlier runs by what they hold.
fn compressed(path: &AssetPath, kind: Kind, bytes: &[u8], terms: &Terms<'_>) -> Result<Choice> {
    let key = Key::of(&[
        b"compressed",
        transform::tools().as_bytes(),
        terms.settings.fingerprint(kind).as_bytes(),
        format!("{kind:?}").as_bytes(),
        bytes,
    ]);
    if let Some(choice) = terms.cache.get(&key).as_ref().and_then(kept::from_kept) {
        return Ok(choice);
    }
    let since = Since::now();
    let source = Source { path, kind, bytes, loading: transform::Loading::Unknown, map: None, shown: &NOWHERE };
    let choice = choose::keep(&source, terms.settings, "only names in it changed")
        .map_err(|why| Error::environment(format!("cannot compress `{path}`: {why}")))?;
    if let Some(bytes) = kept::to_bytes(&choice) {
        terms.cache.put(&key, &bytes, since.millis());
    }
    Ok(choice)
}
