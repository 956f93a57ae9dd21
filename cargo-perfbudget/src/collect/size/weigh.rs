//! What of a built file is left without symbols and debug information. Pure.

use object::{Object, ObjectSection, SectionKind};

/// The sizes of one file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    /// The file without symbols, debug information and notes for tools: what would be shipped.
    pub(super) stripped: u64,
    /// Its machine code, or the code section of a wasm module. `None` where the format is not known.
    pub(super) text: Option<u64>,
}

/// Weighs a file. Of a format that is not known, every byte counts.
#[must_use]
pub(super) fn weigh(bytes: &[u8]) -> Sizes {
    if bytes.starts_with(b"\0asm") {
        return weigh_wasm(bytes).unwrap_or(Sizes { stripped: bytes.len() as u64, text: None });
    }
    let Ok(file) = object::File::parse(bytes) else {
        return Sizes { stripped: bytes.len() as u64, text: None };
    };
    let mut left_out = 0;
    let mut text = 0;
    for section in file.sections() {
        let size = section.file_range().map_or(0, |(_, size)| size);
        let name = section.name().unwrap_or_default();
        match section.kind() {
            SectionKind::Text => text += size,
            SectionKind::Debug | SectionKind::DebugString => left_out += size,
            // `.symtab`, `.strtab`, `.comment`: not loaded, and what `strip` removes.
            SectionKind::Metadata | SectionKind::OtherString | SectionKind::Other if !is_loaded(&section) => {
                left_out += if name == ".shstrtab" { 0 } else { size };
            }
            _ => {}
        }
    }
    Sizes { stripped: (bytes.len() as u64).saturating_sub(left_out), text: Some(text) }
}

fn is_loaded(section: &object::Section<'_, '_>) -> bool {
    match section.flags() {
        object::SectionFlags::Elf { sh_flags } => sh_flags & u64::from(object::elf::SHF_ALLOC) != 0,
        _ => true,
    }
}

/// Custom sections that only tools read: names, debug information, and who made it.
fn is_for_tools(name: &[u8]) -> bool {
    name == b"name"
        || name == b"producers"
        || name == b"target_features"
        || name.starts_with(b".debug")
        || name == b"sourceMappingURL"
}

/// A wasm module is a header of 8 bytes and sections: an id, a length in LEB128, and that many bytes.
fn weigh_wasm(bytes: &[u8]) -> Option<Sizes> {
    let mut at = 8;
    let mut sizes = Sizes { stripped: 8, text: Some(0) };
    while at < bytes.len() {
        let id = *bytes.get(at)?;
        let (length, length_bytes) = leb128(bytes.get(at + 1..)?)?;
        let start = at + 1 + length_bytes;
        let content = bytes.get(start..start.checked_add(length)?)?;
        let whole = (1 + length_bytes + length) as u64;
        let for_tools = id == 0 && {
            let (name_length, name_bytes) = leb128(content)?;
            is_for_tools(content.get(name_bytes..name_bytes.checked_add(name_length)?)?)
        };
        if !for_tools {
            sizes.stripped += whole;
        }
        if id == 10 {
            sizes.text = sizes.text.map(|text| text + length as u64);
        }
        at = start + length;
    }
    Some(sizes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        for (id, content) in sections {
            bytes.extend([*id, content.len() as u8]);
            bytes.extend_from_slice(content);
        }
        bytes
    }

    #[test]
    fn names_and_producers_of_a_wasm_module_do_not_count() {
        let lean = module(&[(1, b"types"), (10, b"code")]);
        let full = module(&[(1, b"types"), (10, b"code"), (0, b"\x04nameabc"), (0, b"\x09producersxyz")]);
        assert_eq!(weigh(&full), weigh(&lean));
        assert_eq!(weigh(&lean), Sizes { stripped: lean.len() as u64, text: Some(4) });
        let custom = module(&[(1, b"types"), (10, b"code"), (0, b"\x04mineabc")]);
        assert_eq!(weigh(&custom).stripped, custom.len() as u64);
    }

    #[test]
    fn a_module_that_is_cut_short_counts_in_full() {
        let cut = &module(&[(1, b"types"), (10, b"code")])[..14];
        assert_eq!(weigh(cut), Sizes { stripped: 14, text: None });
    }

    #[test]
    #[cfg(target_os = "linux")]
    #[expect(clippy::disallowed_methods, reason = "a test may read its own executable")]
    fn a_real_executable_is_smaller_stripped_and_its_code_smaller_still() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let sizes = weigh(&own);
        assert!(
            sizes.stripped < own.len() as u64 && sizes.text.unwrap() < sizes.stripped && sizes.text.unwrap() > 100_000
        );
    }

    proptest! {
        #[test]
        fn broken_modules_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut module = b"\0asm\x01\0\0\0".to_vec();
            module.extend(bytes);
            prop_assert!(weigh(&module).stripped <= module.len() as u64);
        }
    }
}
