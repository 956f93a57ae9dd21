//! WebAssembly without the custom sections that nobody reads at run time; and, where `wasm-opt` is installed, optimized by it.

#[cfg(feature = "wasm")]
mod opt;

use super::{Attempt, Candidate, guarded};
use crate::tools::Tools;

const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// Custom sections for debuggers, linkers and statistics. `name` goes, too: it holds what a stack trace calls a function.
fn is_unread(name: &str) -> bool {
    name.starts_with(".debug_")
        || name.starts_with("reloc.")
        || matches!(name, "name" | "producers" | "target_features" | "linking")
}

/// A section as it lies in the file: its number, its name where it is a custom one, and all of its bytes.
#[derive(Debug, PartialEq, Eq)]
struct Section<'a> {
    id: u8,
    name: Option<&'a str>,
    all: &'a [u8],
}

#[cfg(feature = "wasm")]
impl<'a> Section<'a> {
    /// What a custom section holds after its name.
    fn custom(&self) -> Option<&'a [u8]> {
        let (_, body) = number(self.all.get(1..)?)?;
        let (length, rest) = number(body)?;
        rest.get(length..)
    }
}

/// What is made of a module.
pub(super) fn attempts(bytes: &[u8], tools: &Tools) -> Vec<Attempt> {
    let attempts = vec![guarded("wasm", || stripped(bytes))];
    #[cfg(feature = "wasm")]
    let attempts = {
        let optimized = |tool| guarded("wasm-opt", || opt::optimized(bytes, tool));
        let missing = || Err(super::Dropped { engine: "wasm-opt", why: "no `wasm-opt` is installed".to_owned() });
        let attempt = tools.wasm_opt.as_ref().map_or_else(missing, optimized);
        attempts.into_iter().chain([attempt]).collect()
    };
    #[cfg(not(feature = "wasm"))]
    let _ = tools;
    attempts
}

/// A module without what only tools read; every other section stays as it is.
fn stripped(bytes: &[u8]) -> Result<Candidate, String> {
    let before = sections(bytes)?;
    let kept = |section: &&Section<'_>| !section.name.is_some_and(is_unread);
    let mut stripped = HEADER.to_vec();
    before.iter().filter(kept).for_each(|section| stripped.extend_from_slice(section.all));
    if !sections(&stripped)?.iter().eq(before.iter().filter(kept)) {
        return Err("the result has other sections".into());
    }
    Ok(Candidate {
        engine: "wasm",
        bytes: stripped,
        map: None,
        proof: "every section but those for tools is there, byte for byte".into(),
    })
}

fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, String> {
    let mut rest = bytes.strip_prefix(HEADER).ok_or("it is no WebAssembly module of version 1")?;
    let mut sections = Vec::new();
    while let Some((&id, after)) = rest.split_first() {
        let (length, body) = number(after).ok_or("a section has no length")?;
        let (body, next) = body.split_at_checked(length).ok_or("a section is cut short")?;
        let name = match id {
            0 => {
                let (length, body) = number(body).ok_or("a custom section has no name")?;
                let name = body.get(..length).ok_or("the name of a custom section is cut short")?;
                Some(std::str::from_utf8(name).map_err(|_| "the name of a custom section is not UTF-8")?)
            }
            _ => None,
        };
        sections.push(Section { id, name, all: &rest[..rest.len() - next.len()] });
        rest = next;
    }
    Ok(sections)
}

/// An unsigned LEB128 number of 32 bits.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(u32::try_from(value).ok()?).ok()?, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn custom(name: &str, body: &[u8]) -> Vec<u8> {
        let inner = [&[name.len() as u8], name.as_bytes(), body].concat();
        [&[0, inner.len() as u8], inner.as_slice()].concat()
    }

    #[test]
    fn only_what_tools_read_goes() {
        let code = [1u8, 4, 1, 0x60, 0, 0];
        let module = |parts: &[&[u8]]| [HEADER, &parts.concat()].concat();
        let dylink = custom("dylink.0", b"x");
        let full = module(&[&dylink, &code, &custom("name", b"f"), &custom(".debug_info", b"d")]);
        let made = stripped(&full).unwrap().bytes;
        assert_eq!(made, module(&[&dylink, &code]));
        assert_eq!(stripped(&made).unwrap().bytes, made);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        for wrong in [
            &b""[..],
            b"\0asm",
            b"\0asm\x01\0\0\0\x01\x05",
            b"\0asm\x0d\0\x01\0",
            b"\0asm\x01\0\0\0\0\xff\xff\xff\xff\xff",
        ] {
            assert!(stripped(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_stay_a_module(body in prop::collection::vec(0u8..12, 0..60)) {
            let bytes = [HEADER, &body].concat();
            if let Ok(made) = stripped(&bytes) {
                prop_assert!(made.bytes.len() <= bytes.len());
                prop_assert_eq!(&stripped(&made.bytes).unwrap().bytes, &made.bytes);
            }
        }
    }
}
