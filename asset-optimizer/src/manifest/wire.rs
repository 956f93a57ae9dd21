//! The manifest ⇄ JSON: versioned, sorted by source names, bounded.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::{fmt, io};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::ser::Formatter;

use super::{Caching, Coverage, DeltaFile, File, Hint, Load, Loads, Manifest, Role};
use crate::asset::{AssetPath, ByteCount, Delta, Digest, Encoding};
use crate::integrity::{Algorithm, mentions};

/// The version of the format; it counts up when something is renamed, removed, or changes its meaning.
pub const VERSION: u32 = 1;
/// Who writes it: others call their own lists as ours is called.
const TOOL: &str = "asset-optimizer";
/// The JSON Schema of the format.
pub const SCHEMA_TEXT: &str = include_str!("../../schema/manifest.json");
/// The largest manifest that is read. Arbitrary; one of 50,000 files has some 25 MB.
const LIMIT_BYTES: usize = 256 << 20;

/// Why some bytes are no manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// They are more than anybody reads.
    TooLarge,
    /// They are JSON, but no manifest of this tool, or no JSON.
    Malformed(String),
    /// It is a manifest of another version, whose number this is.
    OtherVersion(u64),
    /// It says two things that cannot both be.
    Contradictory(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::TooLarge => write!(f, "it is larger than {LIMIT_BYTES} bytes"),
            Refused::Malformed(why) => write!(f, "it is no manifest: {why}"),
            Refused::OtherVersion(version) => {
                write!(f, "it is a manifest of version {version}, and this reads version {VERSION}")
            }
            Refused::Contradictory(what) => write!(f, "it contradicts itself: {what}"),
        }
    }
}

impl std::error::Error for Refused {}

/// What decides whether the rest can be read.
#[derive(Deserialize)]
struct Head {
    schema: u64,
    tool: String,
}

#[derive(Serialize, Deserialize)]
struct Document<F, L> {
    schema: u32,
    tool: String,
    coverage: WireCoverage,
    files: F,
    pages: L,
    entries: L,
}

/// A list that is never there as a whole in the form in which it is written.
struct Each<'a, T, W>(&'a [T], fn(&'a T) -> W);

impl<T, W: Serialize> Serialize for Each<'_, T, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

#[derive(Serialize, Deserialize)]
struct WireCoverage {
    proven: usize,
    files: usize,
}

#[derive(Serialize, Deserialize)]
struct WireFile {
    source: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(rename = "type")]
    media_type: String,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    brotli_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zstd_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gzip_bytes: Option<u64>,
    encodings: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deltas: Vec<WireDelta>,
    integrity: String,
    caching: String,
    #[serde(default)]
    cache_control: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_because: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WireDelta {
    encoding: String,
    /// The SHA-256 of the dictionary, in hexadecimal.
    dictionary: String,
    name: String,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct WireLoads<'a> {
    #[serde(borrow)]
    file: Cow<'a, str>,
    round_trips: u32,
    #[serde(borrow)]
    now: Vec<WireLoad<'a>>,
    #[serde(borrow)]
    later: Vec<WireLoad<'a>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    later_cut: bool,
}

#[derive(Serialize, Deserialize)]
struct WireLoad<'a> {
    #[serde(borrow)]
    file: Cow<'a, str>,
    #[serde(rename = "as", borrow)]
    role: Cow<'a, str>,
    round_trip: u32,
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    hint: Option<Cow<'a, str>>,
}

pub(super) fn write(manifest: &Manifest, mut to: impl io::Write) -> io::Result<()> {
    let document = Document {
        schema: VERSION,
        tool: TOOL.into(),
        coverage: WireCoverage { proven: manifest.coverage.proven, files: manifest.coverage.files },
        files: Each(&manifest.files, file),
        pages: Each(&manifest.pages, loads),
        entries: Each(&manifest.entries, loads),
    };
    let mut serializer = serde_json::Serializer::with_formatter(&mut to, Lines::default());
    document.serialize(&mut serializer)?;
    to.write_all(b"\n")
}

fn file(file: &File) -> WireFile {
    let encoded = |wanted: Encoding| file.encoded.iter().find(|(own, _)| *own == wanted).map(|(_, bytes)| bytes.0);
    let is_there = |encoding: &&Encoding| encoded(**encoding).is_some();
    WireFile {
        source: file.source.to_string(),
        name: file.name.to_string(),
        label: file.label.clone(),
        media_type: file.media_type.clone(),
        bytes: file.bytes.0,
        brotli_bytes: encoded(Encoding::Brotli),
        zstd_bytes: encoded(Encoding::Zstd),
        gzip_bytes: encoded(Encoding::Gzip),
        encodings: Encoding::ALL.iter().filter(is_there).map(|encoding| encoding.name().to_owned()).collect(),
        deltas: file
            .deltas
            .iter()
            .map(|own| WireDelta {
                encoding: own.delta.name().to_owned(),
                dictionary: own.dictionary.to_string(),
                name: own.name(&file.name).to_string(),
                bytes: own.bytes.0,
            })
            .collect(),
        integrity: file.integrity.to_string(),
        caching: file.caching.name().to_owned(),
        cache_control: file.caching.header().to_owned(),
        kept_because: file.why_kept.clone(),
    }
}

/// As JSON is usually written for people, but with each load on one line: there are hundreds of thousands of them.
#[derive(Default)]
struct Lines {
    depth: usize,
    is_empty: bool,
}

impl Lines {
    /// How deep a load lies: below the document, its pages, one of them, and what that loads.
    const ON_ONE_LINE: usize = 5;

    fn open<W: io::Write + ?Sized>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_empty = true;
        to.write_all(bracket)
    }

    fn close<W: io::Write + ?Sized>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if !self.is_empty {
            self.line(to, self.depth + 1)?;
        }
        self.is_empty = false;
        to.write_all(bracket)
    }

    fn item<W: io::Write + ?Sized>(&mut self, to: &mut W, is_first: bool) -> io::Result<()> {
        if !is_first {
            to.write_all(b",")?;
        }
        if !is_first && self.depth >= Lines::ON_ONE_LINE {
            to.write_all(b" ")?;
        }
        self.line(to, self.depth)
    }

    /// Begins a line, where what is open at that depth has lines.
    fn line<W: io::Write + ?Sized>(&self, to: &mut W, open: usize) -> io::Result<()> {
        if open >= Lines::ON_ONE_LINE {
            return Ok(());
        }
        to.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| to.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"[")
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"]")
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, to: &mut W, is_first: bool) -> io::Result<()> {
        self.item(to, is_first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_empty = false;
        Ok(())
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"{")
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"}")
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, to: &mut W, is_first: bool) -> io::Result<()> {
        self.item(to, is_first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_empty = false;
        Ok(())
    }
}

fn load(load: &Load) -> WireLoad<'_> {
    WireLoad {
        file: load.file.as_str().into(),
        role: load.role.name().into(),
        round_trip: load.round_trip,
        hint: load.hint.map(|hint| hint.name().into()),
    }
}

fn loads(loads: &Loads) -> WireLoads<'_> {
    WireLoads {
        file: loads.file.as_str().into(),
        round_trips: loads.round_trips,
        now: loads.now.iter().map(load).collect(),
        later: loads.later.iter().map(load).collect(),
        later_cut: loads.is_later_cut,
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Manifest, Refused> {
    if bytes.len() > LIMIT_BYTES {
        return Err(Refused::TooLarge);
    }
    let malformed = |why: serde_json::Error| Refused::Malformed(why.to_string());
    let head: Head = serde_json::from_slice(bytes).map_err(malformed)?;
    if head.tool != TOOL {
        return Err(Refused::Malformed(format!("it is of `{}`", head.tool)));
    }
    if head.schema != u64::from(VERSION) {
        return Err(Refused::OtherVersion(head.schema));
    }
    let document: Document<Vec<WireFile>, Vec<WireLoads<'_>>> = serde_json::from_slice(bytes).map_err(malformed)?;
    let files = document.files.into_iter().map(read_file).collect::<Result<Vec<_>, _>>()?;
    if let Some(pair) = files.windows(2).find(|pair| pair[0].source >= pair[1].source) {
        return Err(Refused::Contradictory(format!("`{}` is not in its place", pair[1].source)));
    }
    let mut names = BTreeSet::new();
    if let Some(double) = files.iter().find(|file| !names.insert(&file.name)) {
        return Err(Refused::Contradictory(format!("two files are served as `{}`", double.name)));
    }
    let known: BTreeSet<&AssetPath> = files.iter().map(|file| &file.source).collect();
    let all = |list: Vec<WireLoads<'_>>| {
        list.into_iter().map(|loads| read_loads(loads, &known)).collect::<Result<Vec<_>, _>>()
    };
    let (pages, entries) = (all(document.pages)?, all(document.entries)?);
    let coverage = Coverage { proven: document.coverage.proven, files: document.coverage.files };
    Ok(Manifest { coverage, files, pages, entries })
}

fn path(text: &str) -> Result<AssetPath, Refused> {
    AssetPath::new(text).ok_or_else(|| Refused::Malformed(format!("`{text}` is no path below the folder")))
}

fn read_file(wire: WireFile) -> Result<File, Refused> {
    let unknown = |what: &str, value: &str| Refused::Malformed(format!("`{value}` is no {what}"));
    let found = mentions(&wire.integrity);
    let integrity = match found.as_slice() {
        [one] if one.span == (0..wire.integrity.len()) && one.integrity.algorithm == Algorithm::Sha384 => {
            one.integrity.clone()
        }
        _ => return Err(unknown("SHA-384", &wire.integrity)),
    };
    let caching = [Caching::Immutable, Caching::Revalidate].into_iter().find(|one| one.name() == wire.caching);
    let sizes =
        [(Encoding::Brotli, wire.brotli_bytes), (Encoding::Zstd, wire.zstd_bytes), (Encoding::Gzip, wire.gzip_bytes)];
    let name = path(&wire.name)?;
    let delta = |wire: WireDelta| {
        let delta = Delta::ALL.into_iter().find(|delta| delta.name() == wire.encoding);
        let delta = delta.ok_or_else(|| unknown("delta", &wire.encoding))?;
        let dictionary = digest(&wire.dictionary).ok_or_else(|| unknown("SHA-256", &wire.dictionary))?;
        let own = DeltaFile { delta, dictionary, bytes: ByteCount(wire.bytes) };
        let is_so = own.name(&name).as_str() == wire.name;
        is_so.then_some(own).ok_or_else(|| Refused::Contradictory(format!("`{}` is not called so", wire.name)))
    };
    let deltas = wire.deltas.into_iter().map(delta).collect::<Result<Vec<_>, _>>()?;
    Ok(File {
        source: path(&wire.source)?,
        name,
        deltas,
        label: wire.label,
        media_type: wire.media_type,
        bytes: ByteCount(wire.bytes),
        encoded: sizes.into_iter().filter_map(|(encoding, bytes)| Some((encoding, ByteCount(bytes?)))).collect(),
        integrity,
        caching: caching.ok_or_else(|| unknown("way of caching", &wire.caching))?,
        why_kept: wire.kept_because,
    })
}

fn digest(text: &str) -> Option<Digest> {
    let mut bytes = [0; 32];
    let is_fine =
        text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit() && !digit.is_ascii_uppercase());
    for (at, byte) in bytes.iter_mut().enumerate().filter(|_| is_fine) {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
    }
    is_fine.then(|| Digest::from_bytes(bytes))
}

fn read_loads(wire: WireLoads<'_>, known: &BTreeSet<&AssetPath>) -> Result<Loads, Refused> {
    let listed = |text: &str| {
        let path = path(text)?;
        let missing = || Refused::Contradictory(format!("`{path}` is loaded, and is not among the files"));
        known.get(&path).map(|own| AssetPath::clone(own)).ok_or_else(missing)
    };
    let all = |list: Vec<WireLoad<'_>>| {
        let one = |load: WireLoad<'_>| {
            let role = Role::ALL.into_iter().find(|role| role.name() == load.role);
            let role = role.ok_or_else(|| Refused::Malformed(format!("`{}` is nothing to load as", load.role)))?;
            let hint = load.hint.map(|name| {
                let hint = Hint::ALL.into_iter().find(|hint| hint.name() == name);
                hint.ok_or_else(|| Refused::Malformed(format!("`{name}` is nothing to tell a browser")))
            });
            Ok(Load { file: listed(&load.file)?, role, round_trip: load.round_trip, hint: hint.transpose()? })
        };
        list.into_iter().map(one).collect::<Result<Vec<_>, Refused>>()
    };
    Ok(Loads {
        file: listed(&wire.file)?,
        round_trips: wire.round_trips,
        now: all(wire.now)?,
        later: all(wire.later)?,
        is_later_cut: wire.later_cut,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrity::Integrity;

    fn manifest() -> Manifest {
        let path = |text: &str| AssetPath::new(text).unwrap();
        let file = |source: &str, name: &str, caching: Caching, why: Option<&str>| File {
            source: path(source),
            name: path(name),
            label: None,
            media_type: "text/javascript".into(),
            bytes: ByteCount(1000),
            encoded: vec![(Encoding::Brotli, ByteCount(300)), (Encoding::Gzip, ByteCount(400))],
            deltas: Vec::new(),
            integrity: Integrity::of(Algorithm::Sha384, source.as_bytes()),
            caching,
            why_kept: why.map(str::to_owned),
        };
        let load = |file: &str, role: Role, hint: Option<Hint>| Load { file: path(file), role, round_trip: 2, hint };
        let dictionary = Digest::of(b"the release before");
        let deltas = Delta::ALL.map(|delta| DeltaFile { delta, dictionary, bytes: ByteCount(50) });
        Manifest {
            coverage: Coverage { proven: 1, files: 1 },
            files: vec![
                File { deltas: deltas.into(), ..file("a/\"ü.js", "a/\"ü-abc.js", Caching::Immutable, None) },
                file("index.html", "index.html", Caching::Revalidate, Some("it is a page")),
            ],
            pages: vec![Loads {
                file: path("index.html"),
                round_trips: 2,
                now: vec![load("index.html", Role::Document, None)],
                later: Role::ALL
                    .into_iter()
                    .zip(Hint::ALL.map(Some).into_iter().chain(std::iter::repeat(None)))
                    .map(|(role, hint)| load("a/\"ü.js", role, hint))
                    .collect(),
                is_later_cut: true,
            }],
            entries: Vec::new(),
        }
    }

    #[test]
    fn a_manifest_is_what_its_schema_says_and_comes_back() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
        assert_eq!(schema["properties"]["schema"]["const"], VERSION);
        let (mut compiler, mut schemas) = (boon::Compiler::new(), boon::Schemas::new());
        compiler.add_resource("manifest.json", schema).unwrap();
        let index = compiler.compile("manifest.json", &mut schemas).unwrap();
        for manifest in [Manifest::default(), manifest()] {
            let text = manifest.write();
            let written: serde_json::Value = serde_json::from_str(&text).unwrap();
            schemas.validate(&written, index).map_err(|why| format!("{why:#}\n{text}")).unwrap();
            assert_eq!(Manifest::read(text.as_bytes()), Ok(manifest));
        }
    }

    #[test]
    fn what_is_no_manifest_of_this_version_is_refused() {
        let text = manifest().write();
        let check = |from: &str, to: &str, expected: &str| {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert!(Manifest::read(changed.as_bytes()).unwrap_err().to_string().starts_with(expected), "{to}");
        };
        check("\"schema\": 1", "\"schema\": 2", "it is a manifest of version 2, and this reads version 1");
        check("\"schema\": 1", "\"schema\": \"1\"", "it is no manifest");
        check("{", "[", "it is no manifest");
        check("\"source\": \"index.html\"", "\"source\": \"../index.html\"", "it is no manifest: `../index.html`");
        check("\"source\": \"index.html\"", "\"source\": \"a\"", "it contradicts itself: `a` is not in its place");
        check("\"name\": \"index.html\"", "\"name\": \"a/\\\"ü-abc.js\"", "it contradicts itself: two files");
        check("\"file\": \"index.html\"", "\"file\": \"other.html\"", "it contradicts itself: `other.html` is loaded");
        check("sha384-", "sha256-", "it is no manifest");
        check("\"dcz\"", "\"dcx\"", "it is no manifest: `dcx`");
        let dictionary = Digest::of(b"the release before").to_string();
        check(&dictionary, &dictionary[1..], "it is no manifest");
        check("\"caching\": \"immutable\"", "\"caching\": \"never\"", "it is no manifest: `never`");
        check("\"hint\": \"lazy\"", "\"hint\": \"eager\"", "it is no manifest: `eager`");
        check("\"as\": \"document\"", "\"as\": \"page\"", "it is no manifest: `page`");
        for length in 0..text.len() - 1 {
            assert!(Manifest::read(&text.as_bytes()[..length]).is_err(), "{length}");
        }
    }
}
