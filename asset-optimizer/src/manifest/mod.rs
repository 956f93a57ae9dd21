//! What a server, a template or a budget asks about an output: each file's name, weight and caching, and what each page loads.
//!
//! A file is called by its source name, which stays the same from build to build; the name that it is served under has a hash
//! of its bytes in it, where it could be renamed. [`Manifest::read`] reads what `optimize` writes as `asset-manifest.json`:
//!
//! ```
//! use asset_optimizer::manifest::{Manifest, Role};
//!
//! let text = r#"{
//!   "schema": 1,
//!   "tool": "asset-optimizer",
//!   "coverage": { "proven": 1, "files": 1 },
//!   "files": [
//!     { "source": "app.js", "name": "app-k3v7qzn2aw.js", "type": "text/javascript", "bytes": 10, "encodings": [],
//!       "integrity": "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb", "caching": "immutable" },
//!     { "source": "index.html", "name": "index.html", "type": "text/html", "bytes": 90, "encodings": [],
//!       "integrity": "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb", "caching": "revalidate",
//!       "kept_because": "it is a page" }
//!   ],
//!   "pages": [ { "file": "index.html", "round_trips": 2, "later": [],
//!     "now": [ { "file": "index.html", "as": "document", "round_trip": 1 },
//!              { "file": "app.js", "as": "script", "round_trip": 2 } ] } ],
//!   "entries": []
//! }"#;
//! let manifest = Manifest::read(text.as_bytes())?;
//! let page = manifest.page("index.html").expect("it is listed");
//! let scripts: Vec<&str> = page.now.iter().filter(|load| load.role == Role::Script)
//!     .filter_map(|load| Some(manifest.file(load.file.as_str())?.name.as_str())).collect();
//! assert_eq!(scripts, ["app-k3v7qzn2aw.js"]);
//! # Ok::<(), asset_optimizer::manifest::Refused>(())
//! ```

mod media;
mod weight;
mod wire;

use std::io;

use crate::asset::{AssetPath, ByteCount, Delta, Digest, Encoding};
use crate::integrity::Integrity;

pub use media::media_type;
pub(crate) use media::types;
pub use weight::{PUBLIC_WEB, PublicWeb, Share, Weight};
pub use wire::{Refused, SCHEMA_TEXT, VERSION};

/// What the manifest of an output is called.
pub const NAME: &str = "asset-manifest.json";
/// What it is called where a build has written a file of the first name itself.
pub const OTHER_NAME: &str = "asset-manifest.optimizer.json";

/// Everything that is known of an output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// How many files are proven.
    pub coverage: Coverage,
    /// The files, by their source names, each once.
    pub files: Vec<File>,
    /// What each page loads, by its name.
    pub pages: Vec<Loads>,
    /// What each script loads that a page loads by a `<script>` of its own, by its source name.
    pub entries: Vec<Loads>,
}

/// Of how many files it is known who refers to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The files of which every mention is understood, or whose name a convention fixes.
    pub proven: usize,
    /// All files that are no pages.
    pub files: usize,
}

impl Coverage {
    /// The proven ones of a hundred files, rounded down; all where there is no file.
    #[must_use]
    pub fn percent(self) -> usize {
        self.proven.saturating_mul(100).checked_div(self.files).unwrap_or(100)
    }
}

/// A file as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What the build called it. Never changes with its bytes, unless the build changes it.
    pub source: AssetPath,
    /// What it is served as, below the folder.
    pub name: AssetPath,
    /// The source name with `*` in the place of the hash that the build has put into it; `None` where none is seen.
    pub label: Option<String>,
    /// Its type on the wire, as `text/css`, without parameters.
    pub media_type: String,
    /// Its size without an encoding.
    pub bytes: ByteCount,
    /// The encodings in which it lies beside itself, with its sizes in them.
    pub encoded: Vec<(Encoding, ByteCount)>,
    /// What lies beside it for browsers that have a file of an earlier release.
    pub deltas: Vec<DeltaFile>,
    /// The SHA-384 of its bytes without an encoding.
    pub integrity: Integrity,
    /// How long it may be kept.
    pub caching: Caching,
    /// Why it kept its name, where it was not renamed.
    pub why_kept: Option<String>,
}

/// What differs from a file that a browser may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaFile {
    /// How it is encoded.
    pub delta: Delta,
    /// The SHA-256 of the file that it differs from.
    pub dictionary: Digest,
    /// What it weighs.
    pub bytes: ByteCount,
}

impl DeltaFile {
    /// What it is called, beside the file that it makes.
    #[must_use]
    pub fn name(&self, of: &AssetPath) -> AssetPath {
        let dictionary = self.dictionary.to_string();
        of.with_suffix(&format!(".{}.{}", &dictionary[..16], self.delta.name()))
    }
}

impl File {
    /// The names of this file in all releases, as a pattern in which `*` stands for the hash; `None` where its name has no hash, or
    /// letters that mean something in such patterns.
    #[must_use]
    pub fn pattern(&self) -> Option<String> {
        let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte));
        let name = self.name.as_str();
        if self.caching != Caching::Immutable || !is_plain(name) {
            return None;
        }
        // The hash stands where the build's own stood, or before the extension.
        let is_so = |label: &&str| {
            let parts = label.split_once('*').filter(|(_, after)| !after.contains('*'));
            parts.is_some_and(|(before, after)| {
                name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
            })
        };
        let pattern = match self.label.as_deref().filter(is_so) {
            Some(label) => label.to_owned(),
            None => {
                let (stem, extension) = name.rsplit_once('.')?;
                let (before, hash) = stem.rsplit_once('-')?;
                (!hash.contains('/')).then(|| format!("{before}-*.{extension}"))?
            }
        };
        is_plain(&pattern.replacen('*', "", 1)).then_some(pattern)
    }

    /// What it is called from build to build, whatever its bytes: several files may share a label, such as `chunk-*.js`.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(self.source.as_str())
    }

    /// Its size in an encoding, or as it is where it is not encoded so.
    #[must_use]
    pub fn on_the_wire(&self, encoding: Encoding) -> ByteCount {
        let encoded = self.encoded.iter().find(|(own, _)| *own == encoding);
        encoded.map_or(self.bytes, |(_, bytes)| *bytes)
    }
}

/// How long a file may be kept by browsers and caches in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caching {
    /// For ever: other bytes get another name.
    Immutable,
    /// Until it is asked for again: the name may get other bytes.
    Revalidate,
}

impl Caching {
    /// Its name in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Caching::Immutable => "immutable",
            Caching::Revalidate => "revalidate",
        }
    }

    /// The value of `Cache-Control`.
    #[must_use]
    pub fn header(self) -> &'static str {
        match self {
            Caching::Immutable => "public, max-age=31536000, immutable",
            Caching::Revalidate => "no-cache",
        }
    }
}

/// What a page or an entry loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loads {
    /// The page or the entry itself.
    pub file: AssetPath,
    /// How many round trips it takes until all is there that it loads at once: 1 where it loads nothing.
    pub round_trips: u32,
    /// What it loads at once, itself first, in the order in which a browser meets it.
    pub now: Vec<Load>,
    /// What it may load later, in the same order. Round trips are counted on.
    pub later: Vec<Load>,
    /// Whether it may load more later than is listed, because that would be too much for all pages together.
    pub is_later_cut: bool,
}

impl Loads {
    /// The files of which a browser may be told like that, in the order in which it would meet them.
    pub fn hinted(&self, hint: Hint) -> impl Iterator<Item = &Load> {
        self.now.iter().chain(&self.later).filter(move |load| load.hint == Some(hint))
    }
}

/// A file that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The file, by its source name.
    pub file: AssetPath,
    /// What it is loaded as.
    pub role: Role,
    /// In which round trip a browser can ask for it: 1 is the page or entry itself.
    pub round_trip: u32,
    /// How a browser may be told of it before it finds it, or that it can wait; `None` where there is nothing to say.
    pub hint: Option<Hint>,
}

/// How a browser may be told of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hint {
    /// `<link rel="preload">`, or the same in a `Link` header: it is loaded in any case, and only found once another file is
    /// there, such as a style sheet that another one imports; or the page itself says so.
    Preload,
    /// `<link rel="modulepreload">`: the same of a module.
    ModulePreload,
    /// `<link rel="prefetch">`: a module or a style sheet that one import more would load, or what the page says so of. All of
    /// it together may be much more than a visitor wants.
    Prefetch,
    /// `loading="lazy"`: an image behind the first five of the page, or one of which the page says so.
    Lazy,
}

impl Hint {
    /// Every hint.
    pub const ALL: [Hint; 4] = [Hint::Preload, Hint::ModulePreload, Hint::Prefetch, Hint::Lazy];

    /// Its name in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Hint::Preload => "preload",
            Hint::ModulePreload => "modulepreload",
            Hint::Prefetch => "prefetch",
            Hint::Lazy => "lazy",
        }
    }
}

/// What a file is loaded as; the same words as `as` in a preload has, where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A page, or a frame.
    Document,
    /// A classic script.
    Script,
    /// A module.
    Module,
    /// A worker.
    Worker,
    /// A style sheet.
    Style,
    /// An image.
    Image,
    /// A font.
    Font,
    /// A film or a sound.
    Media,
    /// A web application's manifest.
    Manifest,
    /// What a script asks for: data, WebAssembly.
    Fetch,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 10] = [
        Role::Document,
        Role::Script,
        Role::Module,
        Role::Worker,
        Role::Style,
        Role::Image,
        Role::Font,
        Role::Media,
        Role::Manifest,
        Role::Fetch,
    ];

    /// Its name in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Document => "document",
            Role::Script => "script",
            Role::Module => "module",
            Role::Worker => "worker",
            Role::Style => "style",
            Role::Image => "image",
            Role::Font => "font",
            Role::Media => "media",
            Role::Manifest => "manifest",
            Role::Fetch => "fetch",
        }
    }
}

impl Manifest {
    /// The manifest that these bytes are.
    ///
    /// # Errors
    /// Where they are too many, no manifest, one of another version, or one that contradicts itself.
    pub fn read(bytes: &[u8]) -> Result<Manifest, Refused> {
        wire::read(bytes)
    }

    /// The manifest as it is written: JSON, sorted, the same bytes for the same output.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = Vec::new();
        // Nothing in it is refused by JSON, and memory takes all that is written.
        let _ = wire::write(self, &mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Writes the same piece by piece.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write_to(&self, to: impl io::Write) -> io::Result<()> {
        wire::write(self, to)
    }

    /// The file of a source name.
    #[must_use]
    pub fn file(&self, source: &str) -> Option<&File> {
        let at = self.files.binary_search_by(|file| file.source.as_str().cmp(source)).ok()?;
        self.files.get(at)
    }

    /// What a page loads.
    #[must_use]
    pub fn page(&self, path: &str) -> Option<&Loads> {
        self.pages.iter().find(|page| page.file.as_str() == path)
    }

    /// What an entry loads.
    #[must_use]
    pub fn entry(&self, source: &str) -> Option<&Loads> {
        self.entries.iter().find(|entry| entry.file.as_str() == source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrity::Algorithm;

    fn check(name: &str, label: Option<&str>, caching: Caching, expected: Option<&str>) {
        let path = |text: &str| AssetPath::new(text).unwrap();
        let file = File {
            source: path(name),
            name: path(name),
            label: label.map(str::to_owned),
            media_type: "text/javascript".into(),
            bytes: ByteCount(0),
            encoded: Vec::new(),
            deltas: Vec::new(),
            integrity: Integrity::of(Algorithm::Sha384, b""),
            caching,
            why_kept: None,
        };
        assert_eq!(file.pattern().as_deref(), expected, "{name} {label:?}");
    }

    #[test]
    fn a_pattern_stands_for_the_names_of_a_file_in_all_releases() {
        let check = |name, label, expected| check(name, label, Caching::Immutable, expected);
        check("js/app-k3v7qzn2aw.js", None, Some("js/app-*.js"));
        check(
            "a-b/vendor-chart-k3v7qzn2aw.min.css",
            Some("a-b/vendor-chart-*.min.css"),
            Some("a-b/vendor-chart-*.min.css"),
        );
        check("app.1a2b3c4d.js", Some("app.*.js"), Some("app.*.js"));
        // A label that the name does not fit, because the file was renamed.
        check("app.1a2b3c4d-k3v7qzn2aw.js", Some("app.*.css"), Some("app.1a2b3c4d-*.js"));
        check("*-k3v7qzn2aw.js", None, None);
        check("a b-k3v7qzn2aw.js", None, None);
        check("a(1)-k3v7qzn2aw.js", None, None);
        check("k3v7qzn2aw.js", None, None);
        check("my-folder/app.js", None, None);
        check("app-k3v7qzn2aw", None, None);
    }

    #[test]
    fn what_keeps_its_name_has_no_pattern() {
        check("js/app-k3v7qzn2aw.js", None, Caching::Revalidate, None);
    }
}
