//! A built file's bytes → its anatomy: each byte belongs to one function or one part. Pure.
//!
//! Sections and symbols are swept in the order in which they lie, and what an earlier one has is not given twice; so the sum
//! is the file's length, whatever the file claims.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use object::{BinaryFormat, File, Object, ObjectSection, ObjectSymbol, Section, SectionKind, SymbolKind};

use super::{symbol, wasm};
use crate::model::anatomy::{Anatomy, Code, PartKind, Symbols};

/// The most symbols that are read. Arbitrary: the largest programs have about a million.
const SYMBOLS_AT_MOST: usize = 8_000_000;
/// The most bytes that all names may have, as they are written and as they are read: names may overlap in a file, and short
/// ones may stand for long ones. Arbitrary.
const NAME_BYTES_AT_MOST: usize = 512 << 20;

/// Dissects a file. Of a format that is not known, only the length is.
#[must_use]
pub(super) fn of(bytes: &[u8]) -> Anatomy {
    if bytes.starts_with(b"\0asm") {
        return wasm::anatomy(bytes).unwrap_or_else(|| Anatomy::unknown(bytes.len() as u64));
    }
    match File::parse(bytes) {
        Ok(file) => of_file(&file, bytes.len() as u64),
        Err(_) => Anatomy::unknown(bytes.len() as u64),
    }
}

fn of_file(file: &File<'_>, length: u64) -> Anatomy {
    let (found, symbols) = functions(file);
    let mut anatomy = Anatomy { functions: BTreeMap::new(), parts: BTreeMap::new(), symbols };
    let mut add = |kind: PartKind, name: &str, bytes: u64| {
        if bytes > 0 {
            *anatomy.parts.entry((kind, name.to_owned())).or_default() += bytes;
        }
    };
    let mut sections: Vec<(u64, u64, Section<'_, '_>)> = file
        .sections()
        .filter_map(|section| section.file_range().map(|(start, size)| (start, start.saturating_add(size), section)))
        .collect();
    sections.sort_by_key(|(start, end, section)| (*start, *end, section.index().0));
    let (mut at, mut name_bytes) = (0, 0);
    for (start, end, section) in sections {
        let (start, end) = (start.clamp(at, length), end.clamp(at, length));
        add(PartKind::Headers, "headers and padding", start - at);
        let name = section.name().unwrap_or_default();
        let kind = kind(&section, name);
        let mut rest = end - start;
        if kind == PartKind::Code {
            for (symbol, bytes) in found.get(&section.index().0).into_iter().flatten() {
                let bytes = (*bytes).min(rest);
                if name_bytes > NAME_BYTES_AT_MOST {
                    anatomy.symbols = Symbols::TooMany;
                } else if bytes > 0 {
                    let name = symbol::name(&String::from_utf8_lossy(symbol));
                    name_bytes += name.len();
                    let code: &mut Code = anatomy.functions.entry(name).or_default();
                    (code.bytes, code.copies) = (code.bytes + bytes, code.copies + 1);
                    rest -= bytes;
                }
            }
        }
        add(kind, name, rest);
        at = end;
    }
    add(PartKind::Headers, "headers and padding", length - at);
    anatomy
}

/// What a section is for.
fn kind(section: &Section<'_, '_>, name: &str) -> PartKind {
    const UNWINDING: [&str; 8] = [
        ".eh_frame",
        ".eh_frame_hdr",
        ".gcc_except_table",
        ".pdata",
        ".xdata",
        "__eh_frame",
        "__gcc_except_tab",
        "__unwind_info",
    ];
    const LINKING: [&str; 17] = [
        ".dynamic",
        ".dynstr",
        ".dynsym",
        ".edata",
        ".fini_array",
        ".gnu.hash",
        ".got",
        ".hash",
        ".idata",
        ".init_array",
        ".interp",
        ".note",
        ".plt",
        ".reloc",
        ".gnu.version",
        "__got",
        "__mod_init_func",
    ];
    let is_or_begins =
        |own: &&str| name.strip_prefix(*own).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '_']));
    match section.kind() {
        SectionKind::Text => PartKind::Code,
        SectionKind::Debug | SectionKind::DebugString => PartKind::Tools,
        // `.symtab`, `.strtab`, `.comment`: not loaded, and what `strip` removes.
        SectionKind::Metadata | SectionKind::OtherString | SectionKind::Other if !is_loaded(section) => {
            if name == ".shstrtab" { PartKind::Headers } else { PartKind::Tools }
        }
        _ if UNWINDING.contains(&name) => PartKind::Unwinding,
        _ if LINKING.iter().any(is_or_begins) || name.starts_with(".rel") => PartKind::Linking,
        _ => PartKind::Data,
    }
}

fn is_loaded(section: &Section<'_, '_>) -> bool {
    match section.flags() {
        object::SectionFlags::Elf { sh_flags } => sh_flags & u64::from(object::elf::SHF_ALLOC) != 0,
        _ => true,
    }
}

/// A symbol as the file has it: section, place in memory, bytes, rank among those at one place, name.
type Symbol<'a> = (usize, u64, u64, u8, &'a [u8]);

/// The bytes that each symbol has to itself, in the order in which they lie, by section.
type Owned<'a> = BTreeMap<usize, Vec<(&'a [u8], u64)>>;

/// The bytes that each symbol has to itself, by section, and what the symbols tell.
fn functions<'a>(file: &File<'a>) -> (Owned<'a>, Symbols) {
    let ranges: BTreeMap<usize, (u64, u64)> = file
        .sections()
        .filter(|section| section.kind() == SectionKind::Text)
        .map(|section| (section.index().0, (section.address(), section.address().saturating_add(section.size()))))
        .collect();
    let read = |symbols: object::read::SymbolIterator<'a, '_>| -> Option<Vec<Symbol<'a>>> {
        let (mut read, mut name_bytes) = (Vec::new(), 0);
        for symbol in symbols.filter(|symbol| symbol.is_definition()) {
            let is_code = matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Unknown | SymbolKind::Label);
            let Some(section) = symbol.section_index().filter(|index| is_code && ranges.contains_key(&index.0)) else {
                continue;
            };
            let Some(name) = symbol.name_bytes().ok().filter(|name| !name.is_empty()) else { continue };
            name_bytes += name.len();
            if read.len() >= SYMBOLS_AT_MOST || name_bytes > NAME_BYTES_AT_MOST {
                return None;
            }
            let name = &name[..name.len().min(symbol::BYTES_AT_MOST)];
            let rank = u8::from(symbol.kind() != SymbolKind::Text) * 2 + u8::from(!symbol.is_global());
            read.push((section.0, symbol.address(), symbol.size(), rank, name));
        }
        Some(read)
    };
    let Some(mut symbols) = read(file.symbols()) else { return (BTreeMap::new(), Symbols::TooMany) };
    let told = if symbols.iter().any(|(_, _, _, rank, _)| *rank < 2) { Symbols::Present } else { Symbols::Missing };
    if told == Symbols::Missing {
        // What a library exports has names even where it was stripped.
        symbols = read(file.dynamic_symbols()).unwrap_or_default();
    }
    symbols.sort_by_key(|(section, start, size, rank, name)| (*section, *start, Reverse(*size), *rank, *name));
    // Mach-O and PE say where functions begin and not how long they are: each reaches to the next one.
    let has_sizes = !matches!(file.format(), BinaryFormat::MachO | BinaryFormat::Pe | BinaryFormat::Coff);
    if !has_sizes {
        symbols.dedup_by_key(|(section, start, ..)| (*section, *start));
    }
    let mut functions = Owned::new();
    let mut free = (0, 0);
    for (at, (section, start, size, _, name)) in symbols.iter().enumerate() {
        let Some((first, last)) = ranges.get(section).copied() else { continue };
        let from = if free.0 == *section { free.1 } else { first };
        let next = symbols.get(at + 1).filter(|next| next.0 == *section);
        let end = if has_sizes { start.saturating_add(*size) } else { next.map_or(last, |next| next.1) };
        let (start, end) = ((*start).max(from), end.min(last));
        if start < end {
            functions.entry(*section).or_default().push((name, end - start));
            free = (*section, end);
        }
    }
    (functions, told)
}

/// This test's own executable.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test may read its own executable")]
pub(super) fn own_executable() -> Vec<u8> {
    std::fs::read(std::env::current_exe().unwrap()).unwrap()
}
