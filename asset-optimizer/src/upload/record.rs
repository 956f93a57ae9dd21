//! A release and the pointer to the one that is live ⇄ JSON: versioned, sorted by keys, bounded; whatever reads them finds
//! them beside the objects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::asset::{AssetPath, ByteCount, Digest};

use super::layout::{Headers, OWN, Stage};

/// The version of both formats; it counts up when something is renamed, removed, or changes its meaning.
const VERSION: u32 = 1;
/// Who writes them.
const TOOL: &str = "asset-optimizer";
/// The largest record that is read. Arbitrary; one of 50,000 files has some 20 MB.
pub const LIMIT_BYTES: u64 = 256 << 20;
/// The largest pointer that is read.
pub const POINTER_LIMIT_BYTES: u64 = 1 << 16;

/// Where the pointer lies.
#[must_use]
pub fn pointer_key() -> String {
    format!("{OWN}current.json")
}

/// Where releases lie.
#[must_use]
pub fn releases_folder() -> String {
    format!("{OWN}releases/")
}

/// Where a release says what it is about to write, until it is one.
#[must_use]
pub fn pending_folder() -> String {
    format!("{OWN}pending/")
}

/// Where the record of a release lies.
#[must_use]
pub fn record_key(release: &str) -> String {
    format!("{}{release}.json", releases_folder())
}

/// Where bytes are kept that another release has replaced.
#[must_use]
pub fn kept_key(object: &Object) -> String {
    let Headers { content_type, encoding, cache_control, integrity } = &object.headers;
    let encoding = encoding.as_deref().unwrap_or_default();
    let parts =
        [object.digest.bytes().as_slice(), content_type.as_bytes(), encoding.as_bytes(), cache_control.as_bytes()];
    let [first, second, third, fourth] = parts;
    format!("{OWN}kept/{}", Digest::of_parts(&[first, second, third, fourth, integrity.as_bytes()]))
}

/// An object of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// How many bytes it has.
    pub bytes: ByteCount,
    /// Their SHA-256.
    pub digest: Digest,
    /// Its headers.
    pub headers: Headers,
    /// When it is written.
    pub stage: Stage,
    /// What the store calls these bytes, where it gives them a name: another name means that somebody else wrote.
    pub tag: Option<String>,
}

/// A release: everything that was there when it went live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is called: its number, and the beginning of the digest of what it holds.
    pub release: String,
    /// Which one it is, from 1.
    pub sequence: u64,
    /// How encodings lie in it.
    pub layout: String,
    /// The release before it.
    pub before: Option<String>,
    /// The release that it brings back, where it does.
    pub brings_back: Option<String>,
    /// Its objects, by their keys.
    pub objects: BTreeMap<AssetPath, Object>,
}

impl Record {
    /// A release of these objects.
    #[must_use]
    pub fn new(sequence: u64, layout: String, before: Option<String>, objects: BTreeMap<AssetPath, Object>) -> Record {
        let release = format!("{sequence:06}-{}", &substance(&objects).to_string()[..10]);
        Record { release, sequence, layout, before, brings_back: None, objects }
    }

    /// Whether both hold the same, however a store calls it.
    #[must_use]
    pub fn holds_the_same(&self, objects: &BTreeMap<AssetPath, Object>) -> bool {
        substance(&self.objects) == substance(objects)
    }

    /// The record as it is written.
    #[must_use]
    pub fn write(&self) -> String {
        let objects = self.objects.iter().map(|(key, object)| WireObject {
            key: key.to_string(),
            bytes: object.bytes.0,
            sha256: object.digest.to_string(),
            stage: object.stage.name().to_owned(),
            content_type: object.headers.content_type.clone(),
            encoding: object.headers.encoding.clone(),
            cache_control: object.headers.cache_control.clone(),
            integrity: object.headers.integrity.clone(),
            tag: object.tag.clone(),
        });
        let wire = WireRecord {
            schema: VERSION,
            tool: TOOL.to_owned(),
            release: self.release.clone(),
            sequence: self.sequence,
            layout: self.layout.clone(),
            before: self.before.clone(),
            brings_back: self.brings_back.clone(),
            objects: objects.collect(),
        };
        // One object a line, so that two records can be compared.
        let text = serde_json::to_string(&wire).unwrap_or_default();
        text.replace("},{\"key\":", "},\n{\"key\":") + "\n"
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Where it is none, one of another version, or one that contradicts itself.
    pub fn read(bytes: &[u8]) -> Result<Record, String> {
        version(bytes)?;
        let wire: WireRecord = serde_json::from_slice(bytes).map_err(|why| format!("it is no record: {why}"))?;
        let count = wire.objects.len();
        let objects: BTreeMap<AssetPath, Object> = wire.objects.into_iter().map(object).collect::<Result<_, _>>()?;
        if objects.len() != count {
            return Err("it names an object twice".to_owned());
        }
        let is_name = |name: &String| is_release(name);
        if !is_name(&wire.release) || !wire.before.iter().chain(&wire.brings_back).all(is_name) {
            return Err("it is no record: a release has another name".to_owned());
        }
        Ok(Record {
            release: wire.release,
            sequence: wire.sequence,
            layout: wire.layout,
            before: wire.before,
            brings_back: wire.brings_back,
            objects,
        })
    }
}

/// Whether a text is the name of a release: nothing else becomes a part of a key.
#[must_use]
pub fn is_release(name: &str) -> bool {
    let is_hex = |part: &str| part.len() == 10 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = |part: &str| (6..=19).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split_once('-').is_some_and(|(number, hex)| is_number(number) && is_hex(hex))
}

/// What objects are, without what a store calls them.
fn substance(objects: &BTreeMap<AssetPath, Object>) -> Digest {
    let mut text = String::new();
    for (key, Object { digest, headers, stage, .. }) in objects {
        let Headers { content_type, encoding, cache_control, integrity } = headers;
        let encoding = encoding.as_deref().unwrap_or("-");
        let stage = stage.name();
        text += &format!("{key}\n{digest}\n{content_type}\n{encoding}\n{cache_control}\n{integrity}\n{stage}\n");
    }
    Digest::of(text.as_bytes())
}

/// Which release is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// Its name.
    pub release: String,
    /// The SHA-256 of its record.
    pub digest: Digest,
}

impl Pointer {
    /// The pointer as it is written.
    #[must_use]
    pub fn write(&self) -> String {
        let wire = WirePointer {
            schema: VERSION,
            tool: TOOL.to_owned(),
            release: self.release.clone(),
            record: record_key(&self.release),
            sha256: self.digest.to_string(),
        };
        serde_json::to_string_pretty(&wire).unwrap_or_default() + "\n"
    }

    /// Reads a pointer.
    ///
    /// # Errors
    /// Where it is none, or one of another version.
    pub fn read(bytes: &[u8]) -> Result<Pointer, String> {
        version(bytes)?;
        let wire: WirePointer = serde_json::from_slice(bytes).map_err(|why| format!("it is no pointer: {why}"))?;
        if !is_release(&wire.release) || wire.record != record_key(&wire.release) {
            return Err(format!("it is no pointer: `{}` is no release", wire.release));
        }
        Ok(Pointer { release: wire.release, digest: digest(&wire.sha256)? })
    }
}

#[derive(Deserialize)]
struct Head {
    schema: u64,
    tool: String,
}

#[derive(Serialize, Deserialize)]
struct WirePointer {
    schema: u32,
    tool: String,
    release: String,
    record: String,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct WireRecord {
    schema: u32,
    tool: String,
    release: String,
    sequence: u64,
    layout: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    brings_back: Option<String>,
    objects: Vec<WireObject>,
}

#[derive(Serialize, Deserialize)]
struct WireObject {
    key: String,
    bytes: u64,
    sha256: String,
    stage: String,
    #[serde(rename = "type")]
    content_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
    cache_control: String,
    integrity: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
}

fn version(bytes: &[u8]) -> Result<(), String> {
    let head: Head = serde_json::from_slice(bytes).map_err(|why| format!("it is not ours: {why}"))?;
    match (head.tool == TOOL, head.schema) {
        (false, _) => Err(format!("it is of `{}`", head.tool)),
        (true, version) if version == u64::from(VERSION) => Ok(()),
        (true, version) => Err(format!("it is of version {version}, and this reads version {VERSION}")),
    }
}

fn object(wire: WireObject) -> Result<(AssetPath, Object), String> {
    let key = AssetPath::new(&wire.key).filter(|key| !key.as_str().starts_with(OWN));
    let key = key.ok_or_else(|| format!("`{}` is no key below the prefix", wire.key))?;
    let stage = Stage::ALL.into_iter().find(|stage| stage.name() == wire.stage);
    let object = Object {
        bytes: ByteCount(wire.bytes),
        digest: digest(&wire.sha256)?,
        headers: Headers {
            content_type: wire.content_type,
            encoding: wire.encoding,
            cache_control: wire.cache_control,
            integrity: wire.integrity,
        },
        stage: stage.ok_or_else(|| format!("`{}` is no stage", wire.stage))?,
        tag: wire.tag,
    };
    Ok((key, object))
}

/// A SHA-256 in hexadecimal digits.
pub(super) fn digest(text: &str) -> Result<Digest, String> {
    let malformed = || format!("`{text}` is no SHA-256");
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| malformed())?;
    }
    Ok(Digest::from_bytes(bytes))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn object(bytes: &str, stage: Stage) -> Object {
        Object {
            bytes: ByteCount(bytes.len() as u64),
            digest: Digest::of(bytes.as_bytes()),
            headers: Headers {
                content_type: "text/html; charset=utf-8".to_owned(),
                encoding: None,
                cache_control: "no-cache".to_owned(),
                integrity: format!("sha384-{bytes}"),
            },
            stage,
            tag: Some(format!("\"{bytes}\"")),
        }
    }

    pub(crate) fn record(sequence: u64, objects: &[(&str, &str, Stage)]) -> Record {
        let objects = objects.iter().map(|(key, bytes, stage)| (AssetPath::new(key).unwrap(), object(bytes, *stage)));
        Record::new(sequence, "identity".to_owned(), None, objects.collect())
    }

    #[test]
    fn a_record_and_a_pointer_are_read_as_they_were_written() {
        let mut one = record(7, &[("a-k3v7qzn2aw.js", "say()", Stage::Hashed), ("index.html", "<p>", Stage::Page)]);
        one.before = Some("000006-0123456789".to_owned());
        one.brings_back = one.before.clone();
        assert_eq!(Record::read(one.write().as_bytes()).as_ref(), Ok(&one));
        assert_eq!(one.write().lines().count(), 2, "one object a line");
        let pointer = Pointer { release: one.release.clone(), digest: Digest::of(one.write().as_bytes()) };
        assert_eq!(Pointer::read(pointer.write().as_bytes()), Ok(pointer));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let whole = record(1, &[("a.js", "say()", Stage::Plain), ("b.js", "say()", Stage::Plain)]).write();
        let check = |from: &str, to: &str, expected: &str| {
            assert!(whole.contains(from), "{from}");
            let refused = Record::read(whole.replace(from, to).as_bytes()).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        };
        check("\"schema\":1", "\"schema\":2", "version 2");
        check("asset-optimizer", "another", "it is of `another`");
        check("\"a.js\"", "\"../a.js\"", "is no key below the prefix");
        check("\"a.js\"", "\".asset-optimizer/current.json\"", "is no key below the prefix");
        check("\"a.js\"", "\"b.js\"", "names an object twice");
        check("\"sha256\":\"", "\"sha256\":\"zz", "is no SHA-256");
        check("\"stage\":\"plain\"", "\"stage\":\"first\"", "is no stage");
        check("\"release\":\"000001-", "\"release\":\"../01-", "has another name");
    }

    #[test]
    fn a_release_is_called_after_what_it_holds() {
        let one = record(1, &[("index.html", "one", Stage::Page)]);
        let mut same = record(2, &[("index.html", "one", Stage::Page)]);
        for object in same.objects.values_mut() {
            object.tag = None;
        }
        assert!(one.holds_the_same(&same.objects));
        assert_eq!(one.release[7..], same.release[7..]);
        assert!(!one.holds_the_same(&record(1, &[("index.html", "two", Stage::Page)]).objects));
        assert!(is_release(&one.release) && !is_release("1-a") && !is_release("000001-../../../a"));
    }
}
