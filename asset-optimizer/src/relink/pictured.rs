//! Images of pages in formats of today: made, put beside the ones that were built, and named by the pages.

use std::collections::{BTreeMap, BTreeSet};

use super::hinted::{MOST_LATER, facts, refused};
use super::{Chosen, Compression, Content, Looked, Terms};
use crate::asset::{AssetPath, ByteCount, Kind, grouped};
use crate::cache::Key;
use crate::error::Result;
use crate::fingerprint::Bytes;
use crate::graph::loads::Walker;
use crate::hints::{self, Facts, InFormat, Page};
use crate::sys::clock::Since;
use crate::sys::hands::{self, Load};
use crate::transform::{self, Loading, modern};
use crate::write::Output;

/// How much memory an image may take at most, in bytes: told by its pixels, which are not known beforehand.
const MEMORY_BYTES: u64 = 512 << 20;
/// How many reasons are told.
const MOST_REASONS: usize = 10;

/// The formats that each image is there in, besides its own.
type Formats = BTreeMap<AssetPath, Vec<InFormat>>;

/// What was made, for a person.
#[derive(Default)]
struct Told {
    images: usize,
    originals: ByteCount,
    smallest: ByteCount,
    pictures: usize,
    /// Why images or pages are left as they are, with how many: `images` or `pages`, and the reason.
    left: BTreeMap<(&'static str, String), usize>,
}

impl Told {
    fn leave(&mut self, what: &'static str, why: String) {
        *self.left.entry((what, why)).or_default() += 1;
    }
}

/// Makes variants of the images in pages, and writes them into these. The files of the folder are then others: it has to be looked
/// through again.
pub(super) fn write(
    looked: &mut Looked,
    quality: modern::Quality,
    terms: &Terms<'_>,
    output: &Output,
) -> Result<Vec<String>> {
    let facts = facts(looked, terms, output)?;
    let mut told = Told::default();
    let all: Vec<usize> = (0..looked.chosen.len()).filter(|at| looked.chosen[*at].kind == Kind::Html).collect();
    let seen = each_page(looked, &all, terms, |at| {
        refused(&looked.chosen[at]).map_or(Ok(()), Err)?;
        with_page(looked, at, &facts, output, hints::wanted)
    })?;
    let (mut wanted, mut pages): (BTreeSet<usize>, Vec<usize>) = Default::default();
    for (at, seen) in all.into_iter().zip(seen) {
        match seen {
            Ok(files) if files.is_empty() => {}
            Ok(files) => {
                wanted.extend(files);
                pages.push(at);
            }
            Err(why) => told.leave("pages", why),
        }
    }
    let (formats, added) = make(looked, &wanted, quality, terms, output, &mut told)?;
    let of = |path: &AssetPath| formats.get(path).cloned().unwrap_or_default();
    let written = each_page(looked, &pages, terms, |at| {
        with_page(looked, at, &facts, output, |page| hints::pictured(page, &of))
    })?;
    for (at, written) in pages.into_iter().zip(written) {
        match written {
            Ok(None) => {}
            Ok(Some((text, count))) => {
                let file = &mut looked.chosen[at];
                output.put(file.path.as_str().as_ref(), text.as_bytes())?;
                (file.content, file.bytes, file.compression) =
                    (Content::of(text.as_bytes()), Bytes::Changed, Compression::Stale);
                told.pictures += count;
            }
            Err(why) => told.leave("pages", why),
        }
    }
    looked.chosen.extend(added);
    Ok(told.remarks())
}

/// Does something with each of some pages; what cannot be done has its reason.
fn each_page<T: Send>(
    looked: &Looked,
    pages: &[usize],
    terms: &Terms<'_>,
    work: impl Fn(usize) -> std::result::Result<T, String> + Sync,
) -> Result<Vec<std::result::Result<T, String>>> {
    let memory = |at: &usize| transform::memory(Kind::Html, looked.chosen[*at].content.length.0, terms.settings.effort);
    let loads: Vec<Load> = pages.iter().map(|at| Load { memory: memory(at), ..Load::default() }).collect();
    hands::run(&loads, terms.hands, terms.memory, |index| Ok(work(pages[index])))
}

/// Hands over a page as it is now.
fn with_page<T>(
    looked: &Looked,
    at: usize,
    facts: &Facts,
    output: &Output,
    work: impl Fn(&Page<'_>) -> std::result::Result<T, String>,
) -> std::result::Result<T, String> {
    let bytes = output.read(&looked.chosen[at].path).map_err(|error| error.message)?;
    let text = std::str::from_utf8(&bytes).map_err(|why| format!("it is not UTF-8: {why}"))?;
    let loads = Walker::new(&looked.graph).closure(at, MOST_LATER);
    work(&Page { text, at, graph: &looked.graph, loads: &loads, facts })
}

/// Makes the variants of some images: answers with the formats that each is there in, and with the files that these are.
fn make(
    looked: &Looked,
    wanted: &BTreeSet<usize>,
    quality: modern::Quality,
    terms: &Terms<'_>,
    output: &Output,
    told: &mut Told,
) -> Result<(Formats, Vec<Chosen>)> {
    let images: Vec<usize> = wanted.iter().copied().collect();
    let memory = |at: &usize| looked.chosen[*at].content.length.0.saturating_mul(60).min(MEMORY_BYTES);
    let loads: Vec<Load> = images.iter().map(|at| Load { memory: memory(at), ..Load::default() }).collect();
    let made = hands::run(&loads, terms.hands, terms.memory, |index| {
        let file = &looked.chosen[images[index]];
        Ok(variants(file.kind, &output.read(&file.path)?, quality, terms))
    })?;
    let mut formats = BTreeMap::new();
    let mut added = Vec::new();
    for (at, made) in images.into_iter().zip(made) {
        let (path, length) = (looked.chosen[at].path.clone(), looked.chosen[at].content.length);
        let is_free = |path: &AssetPath| looked.chosen.iter().all(|file| file.path != *path);
        let variants = match made {
            Ok(variants) => variants,
            Err(why) => {
                told.leave("images", why);
                continue;
            }
        };
        let mut own: Vec<InFormat> = Vec::new();
        let mut smallest = length;
        for variant in variants {
            let beside = path.with_suffix(variant.format.suffix());
            // A file that the build has made is not ours to replace.
            if !is_free(&beside) {
                continue;
            }
            output.put(beside.as_str().as_ref(), &variant.bytes)?;
            smallest = smallest.min(ByteCount::of(&variant.bytes));
            own.push((variant.format.suffix(), variant.format.media_type()));
            added.push(chosen(beside, &variant.bytes));
        }
        if !own.is_empty() {
            told.images += 1;
            told.originals += length;
            told.smallest += smallest;
            formats.insert(path, own);
        }
    }
    Ok((formats, added))
}

fn chosen(path: AssetPath, bytes: &[u8]) -> Chosen {
    Chosen {
        path,
        kind: Kind::ModernImage,
        loading: Loading::Unknown,
        content: Content::of(bytes),
        bytes: Bytes::Changed,
        encoded: Vec::new(),
        compression: Compression::Current,
        frozen: None,
        passed: None,
        after: Vec::new(),
    }
}

/// The variants of an image; known from earlier runs by what it holds.
fn variants(
    kind: Kind,
    bytes: &[u8],
    quality: modern::Quality,
    terms: &Terms<'_>,
) -> std::result::Result<Vec<modern::Variant>, String> {
    let how = format!("{kind:?} {quality:?}");
    let key =
        |part: &str| Key::of(&[b"variants", transform::tools().as_bytes(), how.as_bytes(), part.as_bytes(), bytes]);
    let known = terms.cache.get(&key("formats"));
    if let Some(known) = known.as_ref().and_then(|known| std::str::from_utf8(&known.bytes).ok()) {
        let formats = [modern::Format::Avif, modern::Format::WebP];
        let of = |suffix: &str| formats.into_iter().find(|format| format.suffix() == suffix);
        let one =
            |suffix: &str| Some(modern::Variant { format: of(suffix)?, bytes: terms.cache.get(&key(suffix))?.bytes });
        if let Some(all) = known.split_whitespace().map(one).collect::<Option<Vec<_>>>() {
            return Ok(all);
        }
    }
    let since = Since::now();
    let made = modern::variants(kind, bytes, quality)?;
    for variant in &made {
        terms.cache.put(&key(variant.format.suffix()), &variant.bytes, 0);
    }
    let names: Vec<&str> = made.iter().map(|variant| variant.format.suffix()).collect();
    terms.cache.put(&key("formats"), names.join(" ").as_bytes(), since.millis());
    Ok(made)
}

impl Told {
    fn remarks(self) -> Vec<String> {
        let Told { images, originals, smallest, pictures, left } = self;
        let mut remarks = vec![format!(
            "formats of today: {} images in {} places of pages: {smallest} instead of {originals}",
            grouped(images as u64),
            grouped(pictures as u64)
        )];
        let mut left: Vec<_> = left.into_iter().collect();
        left.sort_by(|(one, count), (other, others)| others.cmp(count).then(one.cmp(other)));
        let reason = |((what, why), count): &((&str, String), usize)| {
            let what = if *count == 1 { what.trim_end_matches('s') } else { what };
            format!("formats of today are left out, because {why}: {} {what}", grouped(*count as u64))
        };
        remarks.extend(left.iter().take(MOST_REASONS).map(reason));
        remarks
    }
}
