//! The ground floor: what an asset is called, what it is, how it is encoded, and what it weighs. Values only.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

/// The place of a file below the folder that is optimized: relative, with `/`, in UTF-8, without `.`, `..` or empty parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetPath(Arc<str>);

impl AssetPath {
    /// The path, if it stays below its folder.
    #[must_use]
    pub fn new(path: &str) -> Option<AssetPath> {
        let fine = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\0', '\\']);
        path.split('/').all(fine).then(|| AssetPath(path.into()))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// What stands behind the last dot of the name, in lower case; empty where there is none.
    #[must_use]
    pub fn extension(&self) -> String {
        self.name().rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_ascii_lowercase())
    }

    /// The same place with something behind its name.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> AssetPath {
        AssetPath(format!("{}{suffix}", self.0).into())
    }

    /// The place without something behind its name.
    #[must_use]
    pub fn without_suffix(&self, suffix: &str) -> Option<AssetPath> {
        self.0.strip_suffix(suffix).and_then(AssetPath::new)
    }

    /// What a relative reference in this file means; `None` where it leaves the folder or names another site.
    #[must_use]
    pub fn resolve(&self, reference: &str) -> Option<AssetPath> {
        let reference = reference.split(['?', '#']).next().unwrap_or_default();
        if reference.is_empty() || reference.starts_with("//") || has_scheme(reference) {
            return None;
        }
        let reference = percent_decoded(reference)?;
        let mut parts: Vec<&str> = match reference.strip_prefix('/') {
            Some(_) => Vec::new(),
            None => self.0.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
        };
        for part in reference.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        AssetPath::new(&parts.join("/"))
    }
}

/// Whether a reference names a scheme, as `data:` or `https:` do.
pub(crate) fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    })
}

/// What needs no percent sign anywhere in an address (RFC 3986).
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// A text with its percent signs read; `None` where that is no UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%'
            && let Some(digits) = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())
            && let Ok(byte) = u8::from_str_radix(digits, 16)
        {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for AssetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a file is, by its name, as a web server tells its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A page.
    Html,
    /// A style sheet.
    Css,
    /// A script, classic or module.
    JavaScript,
    /// JSON that is no manifest and no source map.
    Json,
    /// A web application's manifest.
    WebManifest,
    /// A source map.
    SourceMap,
    /// A drawing.
    Svg,
    /// XML that is no drawing.
    Xml,
    /// A PNG, animated or not.
    Png,
    /// A JPEG.
    Jpeg,
    /// A GIF.
    Gif,
    /// WebP or AVIF.
    ModernImage,
    /// An icon of Windows, or a bitmap.
    Icon,
    /// WebAssembly.
    Wasm,
    /// WOFF or WOFF2, which is compressed.
    WebFont,
    /// TrueType, OpenType or EOT, which is not.
    PlainFont,
    /// Anything else that is text.
    Text,
    /// Sound, films, archives and documents that are compressed by themselves.
    Compressed,
    /// Anything else.
    Other,
}

impl Kind {
    /// Every kind, in the order of the reports.
    pub const ALL: [Kind; 19] = [
        Kind::Html,
        Kind::Css,
        Kind::JavaScript,
        Kind::Json,
        Kind::WebManifest,
        Kind::SourceMap,
        Kind::Svg,
        Kind::Xml,
        Kind::Png,
        Kind::Jpeg,
        Kind::Gif,
        Kind::ModernImage,
        Kind::Icon,
        Kind::Wasm,
        Kind::WebFont,
        Kind::PlainFont,
        Kind::Text,
        Kind::Compressed,
        Kind::Other,
    ];

    /// What a file of that name is.
    #[must_use]
    pub fn of(path: &AssetPath) -> Kind {
        match path.extension().as_str() {
            "html" | "htm" | "xhtml" => Kind::Html,
            "css" => Kind::Css,
            "js" | "mjs" | "cjs" => Kind::JavaScript,
            "json" | "geojson" | "topojson" | "jsonld" | "importmap" => Kind::Json,
            "webmanifest" => Kind::WebManifest,
            "map" => Kind::SourceMap,
            "svg" => Kind::Svg,
            "xml" | "rss" | "atom" | "xsl" | "xslt" | "opensearch" | "kml" | "gpx" => Kind::Xml,
            "png" | "apng" => Kind::Png,
            "jpg" | "jpeg" | "jpe" | "jfif" => Kind::Jpeg,
            "gif" => Kind::Gif,
            "webp" | "avif" | "jxl" | "heic" => Kind::ModernImage,
            "ico" | "bmp" | "cur" => Kind::Icon,
            "wasm" => Kind::Wasm,
            "woff" | "woff2" => Kind::WebFont,
            "ttf" | "otf" | "eot" | "ttc" => Kind::PlainFont,
            "txt" | "md" | "csv" | "tsv" | "ts" | "tsx" | "jsx" | "vue" | "scss" | "sass" | "less" | "vtt" | "srt"
            | "ics" | "yaml" | "yml" | "toml" | "log" | "glsl" | "frag" | "vert" | "obj" | "gltf" | "htc" | "vcf"
            | "appcache" | "manifest" | "license" | "sh" | "py" | "rs" | "rst" | "tex" | "inc" => Kind::Text,
            "mp4" | "webm" | "mp3" | "ogg" | "ogv" | "m4a" | "m4v" | "mov" | "flac" | "aac" | "opus" | "zip" | "gz"
            | "br" | "zst" | "xz" | "bz2" | "7z" | "tgz" | "rar" | "docx" | "xlsx" | "pptx" | "odt" | "epub"
            | "apk" | "jar" | "whl" | "ktx2" | "basis" | "svgz" | "pdf" => Kind::Compressed,
            _ => Kind::Other,
        }
    }

    /// The kind's name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Html => "html",
            Kind::Css => "css",
            Kind::JavaScript => "js",
            Kind::Json => "json",
            Kind::WebManifest => "web manifest",
            Kind::SourceMap => "source map",
            Kind::Svg => "svg",
            Kind::Xml => "xml",
            Kind::Png => "png",
            Kind::Jpeg => "jpeg",
            Kind::Gif => "gif",
            Kind::ModernImage => "webp and avif",
            Kind::Icon => "icon",
            Kind::Wasm => "wasm",
            Kind::WebFont => "woff",
            Kind::PlainFont => "font",
            Kind::Text => "text",
            Kind::Compressed => "compressed",
            Kind::Other => "other",
        }
    }

    /// Whether a server sends it encoded: types that are compressed by themselves gain nothing, and cost time; and a source
    /// map is on the wire for a developer only.
    #[must_use]
    pub fn is_encoded_on_the_wire(self) -> bool {
        use Kind::{Compressed, Gif, Jpeg, ModernImage, Png, SourceMap, WebFont};
        !matches!(self, Png | Jpeg | Gif | ModernImage | WebFont | Compressed | SourceMap)
    }
}

/// How bytes are encoded on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
    /// `zstd`
    Zstd,
}

impl Encoding {
    /// Every encoding, the smallest first.
    pub const ALL: [Encoding; 3] = [Encoding::Brotli, Encoding::Zstd, Encoding::Gzip];

    /// Its name in `Content-Encoding` and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Brotli => "br",
            Encoding::Gzip => "gzip",
            Encoding::Zstd => "zstd",
        }
    }

    /// What servers expect behind the name of the file.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Encoding::Brotli => ".br",
            Encoding::Gzip => ".gz",
            Encoding::Zstd => ".zst",
        }
    }
}

/// An encoding that only a browser reads that has another file (RFC 9842): what differs from that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delta {
    /// Brotli with a dictionary.
    Brotli,
    /// Zstandard with a dictionary.
    Zstd,
}

impl Delta {
    /// Both, the one that is smaller mostly first.
    pub const ALL: [Delta; 2] = [Delta::Brotli, Delta::Zstd];

    /// Its name in `Content-Encoding`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Delta::Brotli => "dcb",
            Delta::Zstd => "dcz",
        }
    }

    /// What every such file begins with; then comes the SHA-256 of the dictionary.
    #[must_use]
    pub fn magic(self) -> &'static [u8] {
        match self {
            Delta::Brotli => &[0xff, 0x44, 0x43, 0x42],
            // A frame of zstd that decoders skip, of 32 bytes.
            Delta::Zstd => &[0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0],
        }
    }
}

/// SHA-256 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The digest of several parts, each with its length, so that no two lists of parts have one digest.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Digest {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Digest(hash.finalize().into())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest of which these are the bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteCount(pub u64);

impl ByteCount {
    /// How many bytes these are.
    #[must_use]
    pub fn of(bytes: &[u8]) -> ByteCount {
        ByteCount(bytes.len() as u64)
    }
}

impl Add for ByteCount {
    type Output = ByteCount;

    fn add(self, other: ByteCount) -> ByteCount {
        ByteCount(self.0 + other.0)
    }
}

impl AddAssign for ByteCount {
    fn add_assign(&mut self, other: ByteCount) {
        self.0 += other.0;
    }
}

impl std::iter::Sum for ByteCount {
    fn sum<I: Iterator<Item = ByteCount>>(counts: I) -> ByteCount {
        counts.fold(ByteCount::default(), Add::add)
    }
}

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} B", grouped(self.0))
    }
}

/// A whole number with its digits in groups of three.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text that does to a terminal nothing but stand there: what would move the cursor, change colours or turn the direction
/// of writing is spelled out. Names and contents of files are anybody's.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if turns || (letter.is_control() && letter != '\n') {
            printable.extend(letter.escape_default());
        } else {
            printable.push(letter);
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_its_folder() {
        let check = |path: &str, fine: bool| assert_eq!(AssetPath::new(path).is_some(), fine, "{path}");
        check("app.js", true);
        check("a/b c/ü.css", true);
        check("", false);
        check("/etc/passwd", false);
        check("a/../b", false);
        check("a//b", false);
        check("./a", false);
    }

    #[test]
    fn a_reference_is_resolved_as_a_browser_does() {
        let check = |reference: &str, means: Option<&str>| {
            let from = AssetPath::new("css/deep/app.css").unwrap();
            assert_eq!(from.resolve(reference).as_ref().map(AssetPath::as_str), means, "{reference}");
        };
        check("x.png", Some("css/deep/x.png"));
        check("../x.png?v=1#a", Some("css/x.png"));
        check("/x%20y.png", Some("x y.png"));
        check("../../../x.png", None);
        check("//cdn.example/x.png", None);
        check("data:image/png;base64,AA", None);
        check("#id", None);
    }

    #[test]
    fn names_do_nothing_to_a_terminal() {
        assert_eq!(printable("a\x1b[31m\r\u{202e}b\n"), "a\\u{1b}[31m\\r\\u{202e}b\n");
    }

    #[test]
    fn bytes_are_written_in_groups() {
        assert_eq!(ByteCount(0).to_string(), "0 B");
        assert_eq!(ByteCount(1_234_567).to_string(), "1,234,567 B");
    }
}
