//! What of an output is kept under which key, and with which headers. Object stores do not negotiate: one key, one encoding.

use crate::asset::{AssetPath, ByteCount, Encoding};
use crate::integrity::Integrity;
use crate::manifest::{Caching, DeltaFile, File, Manifest};

use crate::place::Provider;

/// Where deploys keep what they know, below the prefix.
pub const OWN: &str = ".asset-optimizer/";

/// How encodings lie in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Each file as it is: whoever serves it compresses it.
    Identity,
    /// Each file as it is, and each of its encodings beside it: `app.js`, `app.js.br`, `app.js.gz`.
    Variants,
    /// Each file in one encoding under its own key, where it has that: every client must know it.
    Single(Encoding),
}

impl Layout {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Layout::Identity => "identity".to_owned(),
            Layout::Variants => "variants".to_owned(),
            Layout::Single(encoding) => format!("single={}", encoding.name()),
        }
    }
}

/// What an object is told apart by, when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Its name has a hash of its bytes: nobody asks for it before a page does.
    Hashed,
    /// Its name stays: what it was is replaced.
    Plain,
    /// A page, or a list that a backend reads.
    Page,
}

impl Stage {
    /// Every stage, in the order in which they are written.
    pub const ALL: [Stage; 3] = [Stage::Hashed, Stage::Plain, Stage::Page];

    /// Its name in a record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Hashed => "hashed",
            Stage::Plain => "plain",
            Stage::Page => "page",
        }
    }
}

/// The headers of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Headers {
    /// `Content-Type`.
    pub content_type: String,
    /// `Content-Encoding`, where it has one.
    pub encoding: Option<String>,
    /// `Cache-Control`.
    pub cache_control: String,
    /// The SHA-384 of the file without an encoding, kept beside it.
    pub integrity: String,
}

/// An object as it is to be, before its bytes are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its key, below the prefix.
    pub key: AssetPath,
    /// The file of the output with its bytes.
    pub from: AssetPath,
    /// How many the manifest says they are.
    pub bytes: ByteCount,
    /// What they are the encoding of, and in which.
    pub encoding: Option<Encoding>,
    /// What it is a delta from, and how, where it is one.
    pub delta: Option<DeltaFile>,
    /// What the file is without an encoding.
    pub integrity: Integrity,
    /// Its type, without parameters.
    pub media_type: String,
    /// `Cache-Control`.
    pub caching: Caching,
    /// When it is written.
    pub stage: Stage,
}

/// Why a store cannot hold an output in a layout; `None` where it can.
#[must_use]
pub fn refused(layout: Layout, provider: Provider, manifest: &Manifest) -> Option<String> {
    let has =
        |encoding: Encoding| manifest.files.iter().any(|file| file.encoded.iter().any(|(own, _)| *own == encoding));
    match layout {
        Layout::Identity => None,
        Layout::Single(_) if !provider.keeps_headers() => Some(
            "a folder keeps no `Content-Encoding`: a browser would be sent compressed bytes as they are".to_owned(),
        ),
        Layout::Variants | Layout::Single(_) if provider.keeps_headers() && !provider.keeps_encodings() => Some(
            "`Content-Encoding` cannot be kept there: a browser would be sent compressed bytes as they are".to_owned(),
        ),
        Layout::Variants if !Encoding::ALL.into_iter().any(has) => {
            Some("no file of the output lies there in an encoding".to_owned())
        }
        Layout::Single(encoding) if !has(encoding) => {
            Some(format!("no file of the output lies there in `{}`", encoding.name()))
        }
        Layout::Variants | Layout::Single(_) => None,
    }
}

/// What the files of a manifest are to be as objects, by their keys.
///
/// # Errors
/// Where a name cannot be a key.
pub fn objects(manifest: &Manifest, layout: Layout) -> Result<Vec<Wanted>, String> {
    let mut all = Vec::new();
    for file in &manifest.files {
        check(&file.name)?;
        match layout {
            Layout::Identity => all.push(plain(file)),
            Layout::Variants => {
                all.push(plain(file));
                all.extend(file.encoded.iter().map(|(encoding, bytes)| Wanted {
                    key: file.name.with_suffix(encoding.suffix()),
                    ..encoded(file, *encoding, *bytes)
                }));
                all.extend(file.deltas.iter().map(|delta| {
                    let name = delta.name(&file.name);
                    Wanted {
                        key: name.clone(),
                        from: name,
                        bytes: delta.bytes,
                        delta: Some(delta.clone()),
                        ..plain(file)
                    }
                }));
            }
            Layout::Single(encoding) => {
                let one = file.encoded.iter().find(|(own, _)| *own == encoding);
                all.push(one.map_or_else(|| plain(file), |(encoding, bytes)| encoded(file, *encoding, *bytes)));
            }
        }
    }
    all.sort_by(|one, other| one.key.cmp(&other.key));
    match all.windows(2).find(|pair| pair[0].key == pair[1].key) {
        Some(pair) => Err(format!("two files would be `{}`", pair[0].key)),
        None => Ok(all),
    }
}

fn plain(file: &File) -> Wanted {
    let stage = match file.caching {
        _ if file.media_type == "text/html" || file.media_type == "application/xhtml+xml" => Stage::Page,
        Caching::Immutable => Stage::Hashed,
        Caching::Revalidate => Stage::Plain,
    };
    Wanted {
        key: file.name.clone(),
        from: file.name.clone(),
        bytes: file.bytes,
        encoding: None,
        delta: None,
        integrity: file.integrity.clone(),
        media_type: file.media_type.clone(),
        caching: file.caching,
        stage,
    }
}

fn encoded(file: &File, encoding: Encoding, bytes: ByteCount) -> Wanted {
    Wanted { from: file.name.with_suffix(encoding.suffix()), bytes, encoding: Some(encoding), ..plain(file) }
}

fn check(name: &AssetPath) -> Result<(), String> {
    let text = name.as_str();
    let has_blank = text.split('/').any(|part| part.trim() != part);
    match () {
        () if text.starts_with(OWN) => Err(format!("`{name}` lies where deploys keep what they know")),
        () if has_blank || text.chars().any(char::is_control) => {
            Err(format!("`{name}` is no name that every store keeps"))
        }
        () if text.len() > 900 => Err(format!("`{name}` is longer than stores allow")),
        () => Ok(()),
    }
}
