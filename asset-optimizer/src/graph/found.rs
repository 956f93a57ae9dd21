//! What is seen in one file before anything is known of the others: addresses, comments, computed names.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::letters::Letters;
use super::pattern::Pattern;
use crate::asset::is_unreserved;

/// How many computed names are told apart in one file; more of them are told by how they end.
const MOST_PATTERNS: usize = 2000;

/// How a file refers to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// A page loads a classic script.
    Script,
    /// A page loads a module.
    Module,
    /// `import … from`, `export … from`.
    Import,
    /// `import()`.
    DynamicImport,
    /// A page loads a style sheet.
    Style,
    /// `@import`.
    StyleImport,
    /// An image of a page.
    Image,
    /// An image that a style names.
    StyleImage,
    /// A font.
    Font,
    /// An icon of a page or a web application.
    Icon,
    /// A film, a sound, or a part of one.
    Media,
    /// A page within a page.
    Frame,
    /// A worker, or a script that one loads.
    Worker,
    /// The script that serves a page when there is no network.
    ServiceWorker,
    /// `fetch` and the like.
    Fetch,
    /// `new URL(…, import.meta.url)`.
    Url,
    /// A path as the text of a script.
    Text,
    /// What a bundler loads beside a chunk.
    Dependency,
    /// An import map.
    ImportMap,
    /// A page says that a file is needed.
    Preload,
    /// A page says that a module is needed.
    ModulePreload,
    /// A page says that a file may be needed next.
    Prefetch,
    /// The source map of a file.
    SourceMap,
    /// A web application's manifest.
    WebManifest,
    /// What a service worker keeps.
    Precache,
    /// A bundler's list of what it made.
    BuildManifest,
    /// A link to a page or a file.
    Link,
}

impl How {
    /// Every way.
    pub const ALL: [How; 27] = [
        How::Script,
        How::Module,
        How::Import,
        How::DynamicImport,
        How::Style,
        How::StyleImport,
        How::Image,
        How::StyleImage,
        How::Font,
        How::Icon,
        How::Media,
        How::Frame,
        How::Worker,
        How::ServiceWorker,
        How::Fetch,
        How::Url,
        How::Text,
        How::Dependency,
        How::ImportMap,
        How::Preload,
        How::ModulePreload,
        How::Prefetch,
        How::SourceMap,
        How::WebManifest,
        How::Precache,
        How::BuildManifest,
        How::Link,
    ];

    /// What it is called in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            How::Script => "script",
            How::Module => "module",
            How::Import => "import",
            How::DynamicImport => "dynamic import",
            How::Style => "style sheet",
            How::StyleImport => "@import",
            How::Image => "image",
            How::StyleImage => "style's image",
            How::Font => "font",
            How::Icon => "icon",
            How::Media => "media",
            How::Frame => "frame",
            How::Worker => "worker",
            How::ServiceWorker => "service worker",
            How::Fetch => "fetch",
            How::Url => "new URL",
            How::Text => "text",
            How::Dependency => "dependency list",
            How::ImportMap => "import map",
            How::Preload => "preload",
            How::ModulePreload => "modulepreload",
            How::Prefetch => "prefetch",
            How::SourceMap => "source map",
            How::WebManifest => "web manifest",
            How::Precache => "precache list",
            How::BuildManifest => "build manifest",
            How::Link => "link",
        }
    }
}

/// When a browser loads what is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timing {
    /// With the file that refers to it.
    Now,
    /// With it, but nobody waits: a style sheet that counts on some screens only, or on paper.
    Aside,
    /// When something asks for it.
    Later,
    /// Not as a part of the page: another page, a file for developers, one of several forms.
    Never,
}

/// What an address is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Base {
    /// The file that it stands in; in a page, what its `<base>` says.
    Own,
    /// The pages that load the script that it stands in.
    Pages,
    /// The folder itself, unless it begins with a dot.
    Root,
    /// An import: a bare name means what import maps say.
    Import,
}

/// An address that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The address as a browser reads it.
    pub(super) address: Arc<str>,
    /// Where it is written, without quotes.
    pub(super) span: Range<usize>,
    /// Where its path ends, before a query or a fragment.
    pub(super) end: usize,
    /// How many bytes before that are written as they are meant, without an escape.
    pub(super) plain: u32,
    pub(super) how: How,
    pub(super) timing: Timing,
    pub(super) base: Base,
    /// Whether it may be rewritten.
    pub(super) hold: Hold,
    /// Where a service worker says beside it which bytes it means.
    pub(super) revision: Option<Box<Range<usize>>>,
    /// Of a font, the letters that it is for, where it is not for those from A to Z.
    pub(super) letters: Option<Letters>,
}

/// Whether an address may be rewritten where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// It may.
    Free,
    /// The hash of the inline script or style around it is held outside of the page.
    Sealed,
}

impl Found {
    pub(super) fn new(raw: &str, address: String, span: Range<usize>, how: How, timing: Timing, base: Base) -> Found {
        let path = path_length(raw);
        let plain = raw.as_bytes()[..path].iter().rev().take_while(|byte| is_unreserved(**byte)).count();
        // What follows an escape begins with its letters: `\u0020`, `%20`, `&#x20`.
        let before = raw[..path - plain].bytes().next_back();
        let plain = match before {
            Some(b'\\') => plain.saturating_sub(6),
            Some(b'%') => plain.saturating_sub(2),
            Some(b'&' | b'#') => 0,
            _ => plain,
        };
        let end = span.start + path;
        Found {
            address: address.trim().into(),
            span,
            end,
            plain: plain.try_into().unwrap_or(u32::MAX),
            how,
            timing,
            base,
            hold: Hold::Free,
            revision: None,
            letters: None,
        }
    }
}

/// How long the path at the start of an address is.
fn path_length(raw: &str) -> usize {
    let is_end = |(at, byte): (usize, u8)| match byte {
        b'?' => Some(at),
        // `&#63;` is no fragment.
        b'#' if at == 0 || raw.as_bytes()[at - 1] != b'&' => Some(at),
        _ => None,
    };
    raw.bytes().enumerate().find_map(is_end).unwrap_or(raw.trim_end().len())
}

/// What an import map says: a name, and the address that it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapped {
    pub(super) name: String,
    pub(super) address: String,
}

/// All that is seen in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) found: Vec<Found>,
    /// Where comments stand, which load nothing.
    pub(super) comments: Vec<Range<usize>>,
    /// Names that are put together when a script runs.
    pub(super) patterns: BTreeSet<Pattern>,
    /// Texts whose letters are escaped where they stand: they are looked through as they are meant.
    pub(super) escaped: Vec<String>,
    /// What the import maps of a page say.
    pub(super) maps: Vec<Mapped>,
    /// What the `<base>` of a page says.
    pub(super) base: Option<String>,
    /// The letters that a page shows by itself, sorted.
    pub(super) letters: Arc<[char]>,
    /// Why the file could not be read, where it could not.
    pub(super) unread: Option<String>,
}

impl Look {
    /// Keeps names that are put together.
    pub(super) fn add_patterns(&mut self, patterns: impl IntoIterator<Item = Pattern>) {
        for pattern in patterns {
            let is_too_many = self.patterns.len() >= MOST_PATTERNS;
            self.patterns.insert(if is_too_many { pattern.by_its_end() } else { pattern });
        }
    }
}

/// The source map that a script or a style sheet names at its end.
pub(super) fn source_map(text: &str, offset: usize, look: &mut Look) {
    if let Some(address) = crate::transform::trailing::map_reference(text).filter(|map| !map.starts_with("data:")) {
        let at = address.as_ptr() as usize - text.as_ptr() as usize + offset;
        let span = at..at + address.len();
        look.found.push(Found::new(address, address.to_owned(), span, How::SourceMap, Timing::Never, Base::Own));
    }
}
