//! What an executable file tells: its symbols, its loadable bytes, and a copy that valgrind loads quickly. Pure.

use object::read::elf::{FileHeader, ProgramHeader};
use object::{Object, ObjectSymbol, elf};
use sha2::{Digest, Sha256};

use super::benches::samples::is_divan;
use super::gungraun::library::Library;

/// What is known of a bench executable from its symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harness {
    /// Criterion's `Bencher` is in it.
    Criterion,
    /// Divan's sampling is in it.
    Divan,
    /// The part of gungraun that calls its runner is in it, under the name that it has, or had.
    Gungraun(Library),
    /// Rust's own test harness is in it.
    Libtest,
    /// It has symbols, and none of a harness that is known.
    Foreign,
    /// It has no symbols.
    Stripped,
}

/// Recognises the harness by symbols, without executing anything.
#[must_use]
pub fn harness(bytes: &[u8], is_criterion: impl Fn(&str) -> bool) -> Harness {
    let Ok(file) = object::File::parse(bytes) else { return Harness::Stripped };
    let mut found = Harness::Stripped;
    for name in file.symbols().filter_map(|symbol| symbol.name().ok()).filter(|name| !name.is_empty()) {
        if found == Harness::Stripped {
            found = Harness::Foreign;
        }
        if is_criterion(name) {
            return Harness::Criterion;
        }
        if is_divan(name) {
            return Harness::Divan;
        }
        if let Some(library) = Library::of_symbol(name) {
            found = Harness::Gungraun(library);
        }
        if found == Harness::Foreign && (name.contains("4test9test_main") || name.contains("4test16test_main_static")) {
            found = Harness::Libtest;
        }
    }
    found
}

/// The digest of what is loaded when the program runs, without the build id: equal for two builds that differ only in
/// debug information. Of a file that is not 64-bit ELF, the digest of all of it.
#[must_use]
pub fn loadable_digest(bytes: &[u8]) -> String {
    let mut hasher = Sha256::new();
    let build_id = build_id_range(bytes);
    match load_ranges(bytes) {
        Some(ranges) => {
            for range in ranges {
                hasher.update((range.len() as u64).to_le_bytes());
                let hole = build_id.clone().filter(|hole| range.start <= hole.start && hole.end <= range.end);
                match hole {
                    Some(hole) => {
                        hasher.update(&bytes[range.start..hole.start]);
                        hasher.update(&bytes[hole.end..range.end]);
                    }
                    None => hasher.update(&bytes[range]),
                }
            }
        }
        None => hasher.update(bytes),
    }
    hex(&hasher.finalize())
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

/// The digest of some bytes, as hexadecimal digits.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn load_ranges(bytes: &[u8]) -> Option<Vec<std::ops::Range<usize>>> {
    let header = elf::FileHeader64::<object::Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let mut ranges = Vec::new();
    for segment in header.program_headers(endian, bytes).ok()? {
        if segment.p_type(endian) == elf::PT_LOAD {
            let start = usize::try_from(segment.p_offset(endian)).ok()?;
            let end = start.checked_add(usize::try_from(segment.p_filesz(endian)).ok()?)?;
            bytes.get(start..end)?;
            // The section headers' place is written in the file header, which is loaded, and moves with debug information.
            let start = if start == 0 { size_of::<elf::FileHeader64<object::Endianness>>().min(end) } else { start };
            ranges.push(start..end);
        }
    }
    (!ranges.is_empty()).then_some(ranges)
}

/// Where the build id itself stands, without the header of its note.
fn build_id_range(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let id = object::File::parse(bytes).ok()?.build_id().ok()??;
    let start = (id.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize)?;
    Some(start..start.checked_add(id.len())?)
}

/// The build id as hexadecimal digits, by which separate debug information is found.
#[must_use]
pub fn build_id(bytes: &[u8]) -> Option<String> {
    build_id_range(bytes).map(|range| hex(&bytes[range]))
}

/// The libraries that it needs, by their names.
#[must_use]
pub fn needed_libraries(bytes: &[u8]) -> Vec<String> {
    let Ok(object::File::Elf64(file)) = object::File::parse(bytes) else { return Vec::new() };
    use object::read::elf::{Dyn, SectionHeader};
    let (endian, data) = (file.endian(), file.data());
    let sections = file.elf_section_table();
    let Ok(Some((entries, strings))) = sections.dynamic(endian, data) else { return Vec::new() };
    let Ok(section) = sections.section(strings) else { return Vec::new() };
    let (start, size) = section.file_range(endian).unwrap_or_default();
    let strings = object::StringTable::new(data, start, start.saturating_add(size));
    entries
        .iter()
        .filter(|entry| entry.tag32(endian) == Some(elf::DT_NEEDED))
        .filter_map(|entry| entry.string(endian, strings).ok())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

/// The allocator that is built into an executable and that nobody outside of it sees: by its symbols, or where there are
/// none by the texts that it prints. `None` where it is the C library's, as far as can be told.
#[must_use]
pub fn own_allocator(bytes: &[u8]) -> Option<&'static str> {
    const SYMBOLS: [(&str, &str); 5] = [
        ("_rjem_malloc", "jemalloc"),
        ("mi_malloc", "mimalloc"),
        ("sn_rust_alloc", "snmalloc"),
        ("rpmalloc", "rpmalloc"),
        ("malloc", "a `malloc` of its own"),
    ];
    const TEXTS: [(&[u8], &str); 2] = [(b"<jemalloc>: ", "jemalloc"), (b"mimalloc: ", "mimalloc")];
    let file = object::File::parse(bytes).ok()?;
    let mut has_symbols = false;
    for symbol in file.symbols().filter(|symbol| symbol.is_definition()) {
        has_symbols = true;
        let known = symbol.name().ok().and_then(|name| SYMBOLS.iter().find(|(own, _)| *own == name));
        if let Some((_, allocator)) = known {
            return Some(allocator);
        }
    }
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    TEXTS.iter().find(|(text, _)| !has_symbols && holds(text)).map(|(_, allocator)| *allocator)
}

/// A copy that valgrind starts with quickly: not a byte of code or data differs, but its debug information is hidden,
/// and its build id is blank, so that valgrind does not read separate debug information either. Reading it takes longer
/// than most benchmarks, and counts need the names of functions only. `None` for what is not 64-bit ELF.
#[must_use]
pub fn without_debug_information(bytes: &[u8]) -> Option<Vec<u8>> {
    use object::read::elf::SectionHeader;
    let header = elf::FileHeader64::<object::Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let mut copy = bytes.to_vec();
    if let Some(range) = build_id_range(bytes) {
        copy[range].fill(0);
    }
    let table = usize::try_from(header.e_shoff(endian)).ok()?;
    let entry = usize::from(header.e_shentsize(endian));
    for (index, section) in sections.iter().enumerate() {
        let name = sections.section_name(endian, section).unwrap_or_default();
        let hidden = name.starts_with(b".debug") || name.starts_with(b".zdebug") || name.starts_with(b".gnu_debug");
        if hidden && section.sh_flags(endian) & u64::from(elf::SHF_ALLOC) == 0 {
            // An entry with neither a name (4 bytes) nor a type (4 bytes) is one that readers pass over.
            let start = table.checked_add(index.checked_mul(entry)?)?;
            copy.get_mut(start..start + 8)?.fill(0);
        }
    }
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// This test's own executable: real ELF with symbols on Linux, something else elsewhere.
    #[expect(clippy::disallowed_methods, reason = "a test may read its own executable")]
    fn own() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_test_executable_is_libtest_and_needs_no_execution_to_tell() {
        assert_eq!(harness(&own(), |_| false), Harness::Libtest);
        assert_eq!(harness(b"#!/bin/sh\n", |_| true), Harness::Stripped);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_quick_copy_loads_the_same_bytes() {
        let own = own();
        let copy = without_debug_information(&own).unwrap();
        assert_eq!(loadable_digest(&copy), loadable_digest(&own));
        assert_eq!(copy.len(), own.len());
        assert!(needed_libraries(&own).iter().any(|name| name.starts_with("libc.")));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn one_changed_byte_of_code_is_another_digest() {
        let own = own();
        let mut changed = own.clone();
        let place = load_ranges(&own).unwrap().last().unwrap().start;
        changed[place] ^= 1;
        assert_ne!(loadable_digest(&changed), loadable_digest(&own));
    }

    #[test]
    fn a_test_executable_has_the_allocator_of_the_c_library() {
        assert_eq!(own_allocator(&own()), None);
        assert_eq!(own_allocator(b"#!/bin/sh\n# <jemalloc>: "), None);
    }

    proptest! {
        #[test]
        fn broken_files_are_no_panic(at in 0usize..600, byte: u8, end in 0usize..4096) {
            let own = own();
            let mut broken = own[..end.min(own.len())].to_vec();
            if let Some(place) = broken.get_mut(at) { *place = byte; }
            let _ = (loadable_digest(&broken), without_debug_information(&broken), needed_libraries(&broken), build_id(&broken));
        }
    }
}
