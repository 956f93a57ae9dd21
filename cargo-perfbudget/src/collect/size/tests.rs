//! What is said of real and of broken files.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::anatomy::{of, own_executable};
use crate::model::anatomy::{Anatomy, PartKind, Symbols};
use crate::model::{Metric, home};

const LEGACY: &[u8] = include_bytes!("../../../../fixtures/outputs/rustc-1.95/legacy.so");
const V0: &[u8] = include_bytes!("../../../../fixtures/outputs/rustc-1.95/v0.so");
const STRIPPED: &[u8] = include_bytes!("../../../../fixtures/outputs/rustc-1.95/stripped.so");

fn adds_up(bytes: &[u8]) -> Anatomy {
    let anatomy = of(bytes);
    assert_eq!(anatomy.length(), bytes.len() as u64);
    assert_eq!(anatomy.profile(Metric::Size).total(), anatomy.shipped());
    assert_eq!(anatomy.profile(Metric::SizeText).total(), anatomy.code().unwrap_or(anatomy.named()));
    anatomy
}

fn by_crate(anatomy: &Anatomy) -> BTreeMap<&str, u64> {
    let mut crates = BTreeMap::new();
    for (name, code) in &anatomy.functions {
        *crates.entry(home::of(name)).or_default() += code.bytes;
    }
    crates
}

#[test]
fn both_schemes_of_names_tell_the_same_functions_of_the_same_crates() {
    let (legacy, v0) = (adds_up(LEGACY), adds_up(V0));
    for anatomy in [&legacy, &v0] {
        assert_eq!(anatomy.symbols, Symbols::Present);
        assert!(anatomy.functions.contains_key("shop::cart::total"), "{:#?}", anatomy.functions);
        assert!(by_crate(anatomy)["shop"] > 0);
    }
    // Each set of types has a copy, and v0 tells them apart.
    assert_eq!(legacy.functions["shop::cart::largest"].copies, 2);
    let copies: Vec<&String> = v0.functions.keys().filter(|name| name.starts_with("shop::cart::largest::<")).collect();
    assert_eq!(copies, ["shop::cart::largest::<u16>", "shop::cart::largest::<u64>"]);
    // Our trait for a type of `core` is our code, by name; a closure belongs to the function that it is in.
    assert_eq!(home::of("<core::time::Duration as shop::cart::Price>::price"), "shop");
    assert!(v0.functions.keys().any(|name| name == "<core::time::Duration as shop::cart::Price>::price"), "{v0:#?}");
    assert!(v0.functions.keys().any(|name| name == "shop::cart::total::{closure}"), "{v0:#?}");
    assert_eq!(legacy.code(), v0.code());
}

#[test]
fn a_stripped_file_weighs_the_same_and_says_that_it_has_no_names() {
    let (stripped, whole) = (adds_up(STRIPPED), adds_up(V0));
    assert_eq!(stripped.symbols, Symbols::Missing);
    assert_eq!(stripped.code(), whole.code());
    assert!(stripped.of_kind(PartKind::Tools) < whole.of_kind(PartKind::Tools));
    // What it exports has a name still.
    assert!(stripped.functions.keys().all(|name| name.starts_with("shop_")), "{:?}", stripped.functions);
}

#[test]
fn a_real_executable_adds_up_and_its_functions_have_crates() {
    let anatomy = adds_up(&own_executable());
    assert!(anatomy.shipped() < anatomy.length() && anatomy.code().unwrap() < anatomy.shipped());
    if cfg!(target_os = "linux") {
        assert_eq!(anatomy.symbols, Symbols::Present);
        let crates = by_crate(&anatomy);
        assert!(crates["cargo_perfbudget"] > 100_000 && crates["core"] > 10_000, "{crates:?}");
        // What no symbol names is next to nothing.
        assert!(anatomy.of_kind(PartKind::Code) * 20 < anatomy.code().unwrap());
    }
}

#[test]
fn what_is_no_object_file_has_only_a_length() {
    for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", b"\0asm", b"\0asm\x0d\0\x01\0", b"!<arch>\n"] {
        let anatomy = adds_up(bytes);
        assert_eq!((anatomy.symbols, anatomy.shipped()), (Symbols::Unreadable, bytes.len() as u64), "{bytes:?}");
    }
}

/// A module of sections: an id and a content of fewer than 128 bytes.
fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        bytes.extend([*id, content.len() as u8]);
        bytes.extend_from_slice(content);
    }
    bytes
}

/// A module that imports a function and has two of its own, with that custom section at its end.
fn functions(custom: &[u8]) -> Vec<u8> {
    module(&[
        (1, b"\x01\x60\0\0"),
        (2, b"\x01\x01a\x01b\0\0"),
        (3, b"\x02\0\0"),
        (10, b"\x02\x02\0\x0b\x05\0\x41\x07\x1a\x0b"),
        (11, b"\0"),
        (0, custom),
    ])
}

#[test]
fn functions_of_a_wasm_module_have_the_names_of_its_name_section() {
    // Function 0 is the imported one.
    let named = functions(b"\x04name\x01\x30\x03\0\x01b\x01\x09shop::sum\x02\x1fcore::fmt::w::h0123456789abcdef");
    let anatomy = adds_up(&named);
    assert_eq!(anatomy.symbols, Symbols::Present);
    let names: Vec<(&str, u64)> = anatomy.functions.iter().map(|(name, code)| (name.as_str(), code.bytes)).collect();
    assert_eq!(names, [("core::fmt::w", 5), ("shop::sum", 2)]);
    // Ten bytes of content: the count and the two lengths are of no function.
    assert_eq!((anatomy.code(), anatomy.of_kind(PartKind::Code)), (Some(10), 3));
    let nameless = adds_up(&functions(b"\x04mine"));
    assert_eq!((nameless.symbols, nameless.code(), nameless.functions.len()), (Symbols::Missing, Some(10), 0));
}

#[test]
fn names_and_producers_of_a_wasm_module_do_not_count() {
    let lean = module(&[(1, b"types"), (10, b"code")]);
    let full = module(&[(1, b"types"), (10, b"code"), (0, b"\x04nameabc"), (0, b"\x09producersxyz")]);
    assert_eq!(adds_up(&full).shipped(), adds_up(&lean).shipped());
    assert_eq!((adds_up(&lean).shipped(), adds_up(&lean).code()), (lean.len() as u64, Some(4)));
    let custom = module(&[(1, b"types"), (10, b"code"), (0, b"\x04mineabc")]);
    assert_eq!(adds_up(&custom).shipped(), custom.len() as u64);
}

#[test]
fn a_module_that_is_cut_short_counts_in_full() {
    let cut = &module(&[(1, b"types"), (10, b"code")])[..14];
    assert_eq!((adds_up(cut).shipped(), adds_up(cut).code()), (14, None));
}

proptest! {
    #[test]
    fn broken_modules_add_up(bytes in proptest::collection::vec(any::<u8>(), 0..64), end in 0_usize..80) {
        let mut broken = b"\0asm\x01\0\0\0".to_vec();
        broken.extend(&bytes);
        adds_up(&broken);
        let mut broken = functions(b"\x04name\x01\x0e\x01\x01\x0bshop::total");
        broken.truncate(end);
        broken.extend(bytes);
        adds_up(&broken);
    }

    #[test]
    fn broken_files_add_up(places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), end in any::<prop::sample::Index>()) {
        let mut broken = V0.to_vec();
        for (place, byte) in places {
            let place = place.index(broken.len());
            broken[place] = byte;
        }
        adds_up(&broken);
        // The tables that say what lies where stand at the beginning and at the end.
        let length = broken.len();
        broken.truncate(end.index(length));
        adds_up(&broken);
    }

    #[test]
    fn a_broken_table_of_sections_adds_up(at in 0_usize..1_500, byte: u8, header in 0_usize..64) {
        let mut broken = V0.to_vec();
        let place = broken.len() - 1 - at.min(broken.len() - 1);
        broken[place] = byte;
        broken[header] = byte;
        adds_up(&broken);
    }
}
