//! An output → its objects: every file is read, and is what the manifest says, before one byte is sent.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::asset::{AssetPath, ByteCount, Encoding};
use crate::compress::decompress;
use crate::error::{Error, Result};
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{Caching, DeltaFile, Manifest};
use crate::relink::{Content, ManifestFile, content, read_manifest};
use crate::sys::files;
use crate::sys::hands::{self, Load};
use crate::sys::tree::{self, What};

use super::layout::{self, Headers, Layout, Stage, Wanted};
use super::record::Object;
use crate::place::Provider;

/// The largest encoded file that is shown to be of its original; a larger one is only measured.
const MOST_SHOWN_BYTES: u64 = 64 << 20;

/// An object, and the file with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its key.
    pub key: AssetPath,
    /// The file of the output.
    pub from: AssetPath,
    /// What it is.
    pub object: Object,
}

/// What an output is as objects.
#[derive(Debug)]
pub struct Stock {
    /// Its objects, by their keys.
    pub items: Vec<Item>,
    /// What a person should know of it.
    pub remarks: Vec<String>,
}

/// The objects of an output.
///
/// # Errors
/// Where it is not what its manifest says, or cannot be kept there in that layout.
pub fn stock(out: &Path, layout: Layout, provider: Provider, hands: usize, memory: u64) -> Result<Stock> {
    let ManifestFile { name: own_name, bytes: own_bytes, manifest } = read_manifest(out)?;
    if let Some(why) = layout::refused(layout, provider, &manifest) {
        return Err(Error::usage(format!("cannot upload `{}` as `{}`: {why}", out.display(), layout.name()))
            .hint("see the README for which layout is for which CDN"));
    }
    let refused = |why: String| Error::usage(format!("cannot upload `{}`: {why}", out.display()));
    let wanted = layout::objects(&manifest, layout).map_err(refused)?;
    let loads: Vec<Load> = wanted
        .iter()
        .map(|one| Load { memory: one.bytes.0.min(MOST_SHOWN_BYTES).saturating_mul(2), ..Load::default() })
        .collect();
    let objects = hands::run(&loads, hands, memory, |at| object(out, &wanted[at]))?;
    let items = wanted.into_iter().zip(objects);
    let mut items: Vec<Item> = items.map(|(one, object)| Item { key: one.key, from: one.from, object }).collect();
    items.push(own(own_name, &own_bytes)?);
    items.sort_by(|one, other| one.key.cmp(&other.key));
    match items.windows(2).find(|pair| pair[0].key == pair[1].key) {
        Some(pair) => Err(refused(format!("two files would be `{}`", pair[0].key))),
        None => Ok(Stock { items, remarks: strays(out, &manifest, own_name)? }),
    }
}

fn own(name: &str, bytes: &[u8]) -> Result<Item> {
    let key = AssetPath::new(name).ok_or_else(|| Error::environment(format!("`{name}` is no key")))?;
    let Content { length, digest, integrity } = Content::of(bytes);
    let headers = Headers {
        content_type: "application/json".to_owned(),
        encoding: None,
        cache_control: Caching::Revalidate.header().to_owned(),
        integrity: integrity.to_string(),
    };
    Ok(Item {
        from: key.clone(),
        key,
        object: Object { bytes: length, digest, headers, stage: Stage::Page, tag: None },
    })
}

/// Files of an output that its manifest does not list, in words: nobody knows what they are.
fn strays(out: &Path, manifest: &Manifest, own_name: &str) -> Result<Vec<String>> {
    let mut known: BTreeSet<AssetPath> = manifest.files.iter().map(|file| file.name.clone()).collect();
    for file in &manifest.files {
        known.extend(file.encoded.iter().map(|(encoding, _)| file.name.with_suffix(encoding.suffix())));
        known.extend(file.deltas.iter().map(|delta| delta.name(&file.name)));
    }
    let mut remarks = Vec::new();
    for entry in tree::walk(out)? {
        let why = match (&entry.what, entry.relative.to_str().and_then(AssetPath::new)) {
            (What::Strange(why), _) => why.clone(),
            (What::File(_), None) => "its name is not UTF-8, or no key".to_owned(),
            (What::File(_), Some(path)) if known.contains(&path) || path.as_str() == own_name => continue,
            (What::File(_), Some(_)) => "the manifest does not list it".to_owned(),
        };
        remarks.push(format!("`{}` is not uploaded: {why}", entry.relative.display()));
    }
    Ok(remarks)
}

fn object(out: &Path, wanted: &Wanted) -> Result<Object> {
    let place = out.join(wanted.from.as_str());
    let other = || {
        Error::environment(format!("`{}` is not what the manifest says", wanted.from))
            .hint("what edits an output leaves its manifest wrong: edit what the build made, and optimize again")
    };
    let is_small = wanted.bytes.0 <= MOST_SHOWN_BYTES;
    let (content, is_text) = match is_small {
        true => {
            let bytes = files::read(&place, wanted.bytes.0).map_err(|_| other())?.ok_or_else(other)?;
            // What it makes is only known with what it is of: its head says which one that is.
            let head = |own: &DeltaFile| [own.delta.magic(), own.dictionary.bytes()].concat();
            if let Some(own) = &wanted.delta {
                let is_so = bytes.starts_with(&head(own)) && own.bytes == ByteCount::of(&bytes);
                return if is_so { Ok(described(wanted, Content::of(&bytes), false)) } else { Err(other()) };
            }
            let original = match wanted.encoding {
                None => Cow::Borrowed(bytes.as_slice()),
                Some(encoding) => {
                    Cow::Owned(decompress(encoding, &bytes, MOST_SHOWN_BYTES as usize).map_err(|_| other())?)
                }
            };
            if Integrity::of(Algorithm::Sha384, &original) != wanted.integrity {
                return Err(other());
            }
            (Content::of(&bytes), std::str::from_utf8(&original).is_ok())
        }
        false => {
            let content = content(files::open(&place)?);
            let content =
                content.map_err(|why| Error::environment(format!("cannot read `{}`: {why}", place.display())))?;
            if wanted.encoding.is_none() && content.integrity != wanted.integrity {
                return Err(other());
            }
            (content, false)
        }
    };
    if content.length != wanted.bytes {
        return Err(other());
    }
    Ok(described(wanted, content, is_text))
}

fn described(wanted: &Wanted, content: Content, is_text: bool) -> Object {
    let encoding = wanted.encoding.map(Encoding::name).or(wanted.delta.as_ref().map(|own| own.delta.name()));
    let headers = Headers {
        content_type: typed(&wanted.media_type, is_text),
        encoding: encoding.map(str::to_owned),
        cache_control: wanted.caching.header().to_owned(),
        integrity: wanted.integrity.to_string(),
    };
    let Content { length, digest, .. } = content;
    Object { bytes: length, digest, headers, stage: wanted.stage, tag: None }
}

/// `Content-Type`, with what browsers would otherwise have to guess: a text that is UTF-8 is read as that.
fn typed(media_type: &str, is_text: bool) -> String {
    match media_type.starts_with("text/") && is_text {
        true => format!("{media_type}; charset=utf-8"),
        false => media_type.to_owned(),
    }
}

/// Objects by their keys, as a record has them.
#[must_use]
pub fn by_key(items: &[Item]) -> BTreeMap<AssetPath, Object> {
    items.iter().map(|item| (item.key.clone(), item.object.clone())).collect()
}
