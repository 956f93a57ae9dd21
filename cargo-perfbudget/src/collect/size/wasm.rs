//! A WebAssembly module's bytes → its anatomy: functions by the `name` section, and the sections. Pure.

use std::collections::BTreeMap;

use wasmparser::{BinaryReader, CodeSectionReader, ImportSectionReader, Name, NameSectionReader, TypeRef};

use super::symbol;
use crate::model::anatomy::{Anatomy, PartKind, Symbols};

/// The header of a module, in bytes: what it is, and which version.
const HEADER_BYTES: usize = 8;
/// What each section holds, by its id; custom ones have names of their own.
const SECTIONS: [(&str, PartKind); 14] = [
    ("custom", PartKind::Data),
    ("type", PartKind::Linking),
    ("import", PartKind::Linking),
    ("function", PartKind::Linking),
    ("table", PartKind::Linking),
    ("memory", PartKind::Linking),
    ("global", PartKind::Data),
    ("export", PartKind::Linking),
    ("start", PartKind::Linking),
    ("element", PartKind::Data),
    ("code", PartKind::Code),
    ("data", PartKind::Data),
    ("data count", PartKind::Linking),
    ("tag", PartKind::Linking),
];
/// The id of the section of imports, and of that of code.
const IMPORT: u8 = 2;
const CODE: u8 = 10;

/// A section: its id, its whole length in the file, its name where it is custom, and its content without that name.
struct Section<'a> {
    id: u8,
    whole: usize,
    name: Option<&'a [u8]>,
    content: &'a [u8],
}

/// The anatomy of a module; `None` where it is cut short.
pub(super) fn anatomy(bytes: &[u8]) -> Option<Anatomy> {
    let sections = sections(bytes)?;
    let mut anatomy = Anatomy { functions: BTreeMap::new(), parts: BTreeMap::new(), symbols: Symbols::Missing };
    let names = names(&sections);
    if !names.is_empty() {
        anatomy.symbols = Symbols::Present;
    }
    let mut add = |kind: PartKind, name: &str, bytes: usize| {
        if bytes > 0 {
            *anatomy.parts.entry((kind, name.to_owned())).or_default() += bytes as u64;
        }
    };
    add(PartKind::Headers, "headers", HEADER_BYTES);
    for section in &sections {
        match (section.name, SECTIONS.get(usize::from(section.id))) {
            (Some(name), _) => {
                let kind = if is_for_tools(name) { PartKind::Tools } else { PartKind::Data };
                add(kind, &format!("custom section {}", String::from_utf8_lossy(name)), section.whole);
            }
            (None, _) if section.id == CODE => {
                let mut rest = section.content.len();
                add(PartKind::Headers, "headers", section.whole - rest);
                for (index, length) in bodies(section.content).into_iter().enumerate() {
                    let (Some(name), true) = (names.get(&index), length <= rest) else { continue };
                    let code = anatomy.functions.entry(symbol::name(name)).or_default();
                    (code.bytes, code.copies) = (code.bytes + length as u64, code.copies + 1);
                    rest -= length;
                }
                add(PartKind::Code, "code section", rest);
            }
            (None, Some((name, kind))) => add(*kind, &format!("{name} section"), section.whole),
            (None, None) => add(PartKind::Data, "section of an unknown kind", section.whole),
        }
    }
    Some(anatomy)
}

/// A module is a header and sections: an id, a length in LEB128, and that many bytes.
fn sections(bytes: &[u8]) -> Option<Vec<Section<'_>>> {
    let mut sections = Vec::new();
    let mut at = HEADER_BYTES;
    // What is no module, but a component of several, has another version.
    if bytes.get(4..HEADER_BYTES)? != [1, 0, 0, 0] {
        return None;
    }
    while at < bytes.len() {
        let id = *bytes.get(at)?;
        let (length, length_bytes) = leb128(bytes.get(at + 1..)?)?;
        let start = at + 1 + length_bytes;
        let end = start.checked_add(length)?;
        let content = bytes.get(start..end)?;
        let (name, content) = match id {
            0 => {
                let (name_length, name_bytes) = leb128(content)?;
                let (name, content) = content.get(name_bytes..)?.split_at_checked(name_length)?;
                (Some(name), content)
            }
            _ => (None, content),
        };
        sections.push(Section { id, whole: end - at, name, content });
        at = end;
    }
    Some(sections)
}

/// Custom sections that only tools read: names, debug information, and who made it.
fn is_for_tools(name: &[u8]) -> bool {
    name == b"name"
        || name == b"producers"
        || name == b"target_features"
        || name.starts_with(b".debug")
        || name == b"sourceMappingURL"
}

/// The names of functions by their place in the code section; as many as can be read.
fn names<'a>(sections: &[Section<'a>]) -> BTreeMap<usize, &'a str> {
    let mut names = BTreeMap::new();
    let imported = sections.iter().filter(|section| section.id == IMPORT).map(imported_functions).sum::<usize>();
    let of_names = sections.iter().filter(|section| section.name == Some(&b"name"[..]));
    for section in of_names {
        for part in NameSectionReader::new(BinaryReader::new(section.content, 0)).map_while(Result::ok) {
            let Name::Function(map) = part else { continue };
            for naming in map.into_iter().map_while(Result::ok) {
                if let Some(index) = (naming.index as usize).checked_sub(imported) {
                    names.insert(index, naming.name);
                }
            }
        }
    }
    names
}

/// Imported functions are counted before the module's own.
fn imported_functions(section: &Section<'_>) -> usize {
    let Ok(imports) = ImportSectionReader::new(BinaryReader::new(section.content, 0)) else { return 0 };
    imports.into_iter().map_while(Result::ok).filter(|import| matches!(import.ty, TypeRef::Func(_))).count()
}

/// The length of each function's body, in bytes; as many as can be read.
fn bodies(content: &[u8]) -> Vec<usize> {
    let Ok(bodies) = CodeSectionReader::new(BinaryReader::new(content, 0)) else { return Vec::new() };
    bodies.into_iter().map_while(Result::ok).map(|body| body.range().len()).collect()
}

/// An unsigned number of at most 32 bits: its value, and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(u32::try_from(value).ok()?).ok()?, index + 1));
        }
    }
    None
}
