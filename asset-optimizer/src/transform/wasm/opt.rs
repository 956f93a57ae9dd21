//! WebAssembly by an installed `wasm-opt`, with exactly the features that the module declares.

use wasmparser::types::{EntityType, Types};
use wasmparser::{Validator, WasmFeatures};

use super::super::Candidate;
use super::{is_unread, number, sections};
use crate::tools::{Call, Tool};

/// A feature as compilers declare it, as `wasm-opt` calls it, and as the validator does. In the order in which proposals were
/// taken up, so that what builds on others comes after them.
const FEATURES: [(&str, &str, WasmFeatures); 15] = [
    ("mutable-globals", "mutable-globals", WasmFeatures::MUTABLE_GLOBAL),
    ("nontrapping-fptoint", "nontrapping-float-to-int", WasmFeatures::SATURATING_FLOAT_TO_INT),
    ("sign-ext", "sign-ext", WasmFeatures::SIGN_EXTENSION),
    ("bulk-memory", "bulk-memory", WasmFeatures::BULK_MEMORY),
    ("multivalue", "multivalue", WasmFeatures::MULTI_VALUE),
    ("reference-types", "reference-types", WasmFeatures::REFERENCE_TYPES),
    ("simd128", "simd", WasmFeatures::SIMD),
    ("atomics", "threads", WasmFeatures::THREADS),
    ("tail-call", "tail-call", WasmFeatures::TAIL_CALL),
    ("extended-const", "extended-const", WasmFeatures::EXTENDED_CONST),
    ("relaxed-simd", "relaxed-simd", WasmFeatures::RELAXED_SIMD),
    ("exception-handling", "exception-handling", WasmFeatures::LEGACY_EXCEPTIONS.union(WasmFeatures::EXCEPTIONS)),
    ("memory64", "memory64", WasmFeatures::MEMORY64),
    ("multimemory", "multimemory", WasmFeatures::MULTI_MEMORY),
    ("gc", "gc", WasmFeatures::GC),
];
/// Declared features that are a part of another one, which compilers declare with them.
const PARTS: [(&str, &str); 2] = [("bulk-memory-opt", "bulk-memory"), ("call-indirect-overlong", "reference-types")];

/// What `wasm-opt` makes of a module.
pub(super) fn optimized(bytes: &[u8], tool: &Tool) -> Result<Candidate, String> {
    let features = match declared(bytes)? {
        Some(features) => features,
        None => needed(bytes)?,
    };
    let allowed = allowed(&features);
    let before = Face::of(bytes, allowed)?;
    if before.sections.iter().any(|(name, _)| name == "sourceMappingURL" || name == "external_debug_info") {
        return Err("it has a source map, which could not follow".into());
    }
    let flags: Vec<String> = features.iter().map(|(_, flag, _)| format!("--enable-{flag}")).collect();
    let mut arguments = vec!["-Os", "--mvp-features"];
    arguments.extend(flags.iter().map(String::as_str));
    // What tools read goes here, too, so that this is no other contest.
    arguments.extend(["--strip-debug", "--strip-producers", "--strip-target-features"]);
    let made = tool.call(&Call { input: bytes, arguments: &arguments, output: "-o" })?;
    let after = Face::of(&made, allowed).map_err(|why| format!("the result: {why}"))?;
    before.compare(&after)?;
    let proof =
        "valid with the same features; same imports, exports and types, and every section that is read at run time";
    Ok(Candidate { engine: "wasm-opt", bytes: made, map: None, proof: proof.into() })
}

type Feature = &'static (&'static str, &'static str, WasmFeatures);

fn allowed(features: &[Feature]) -> WasmFeatures {
    let base = WasmFeatures::MVP;
    let all = features.iter().fold(base, |all, (_, _, own)| all | *own);
    // Garbage collection builds on it, and nobody declares it.
    if all.contains(WasmFeatures::GC) { all | WasmFeatures::FUNCTION_REFERENCES } else { all }
}

/// The features that a module declares, if it does.
fn declared(bytes: &[u8]) -> Result<Option<Vec<Feature>>, String> {
    let sections = sections(bytes)?;
    let Some(section) = sections.iter().find(|section| section.name == Some("target_features")) else {
        return Ok(None);
    };
    let cut = "what it declares of its features is cut short";
    let mut rest = section.custom().ok_or(cut)?;
    let mut names = Vec::new();
    let count;
    (count, rest) = number(rest).ok_or(cut)?;
    for _ in 0..count {
        let (prefix, after) = rest.split_first().ok_or(cut)?;
        let (length, after) = number(after).ok_or(cut)?;
        let (name, after) = after.split_at_checked(length).ok_or(cut)?;
        if matches!(prefix, b'+' | b'=') {
            names.push(std::str::from_utf8(name).map_err(|_| cut)?);
        }
        rest = after;
    }
    let mut features = Vec::new();
    for name in &names {
        let feature = FEATURES.iter().find(|(declared, _, _)| declared == name);
        match feature {
            Some(feature) => features.push(feature),
            None if PARTS.iter().any(|(part, whole)| part == name && names.contains(whole)) => {}
            None => return Err(format!("it declares the feature `{name}`, which is not known here")),
        }
    }
    Ok(Some(features))
}

/// The features without any of which a module is not valid.
fn needed(bytes: &[u8]) -> Result<Vec<Feature>, String> {
    let all: Vec<Feature> = FEATURES.iter().collect();
    valid(bytes, allowed(&all))?;
    let mut kept = all;
    // The latest first: what others build on is asked about when they are gone.
    for index in (0..kept.len()).rev() {
        let mut fewer = kept.clone();
        fewer.remove(index);
        if valid(bytes, allowed(&fewer)).is_ok() {
            kept = fewer;
        }
    }
    Ok(kept)
}

fn valid(bytes: &[u8], features: WasmFeatures) -> Result<Types, String> {
    let said = |why: wasmparser::BinaryReaderError| format!("it is not valid: {}", why.message());
    Validator::new_with_features(features).validate_all(bytes).map_err(said)
}

/// What the outside sees of a module.
#[derive(Debug, PartialEq, Eq)]
struct Face {
    imports: Vec<String>,
    exports: Vec<String>,
    /// Custom sections that are read at run time.
    sections: Vec<(String, Vec<u8>)>,
}

impl Face {
    fn of(bytes: &[u8], features: WasmFeatures) -> Result<Face, String> {
        let types = valid(bytes, features)?;
        let types = types.as_ref();
        let written = |entity: EntityType| match entity {
            EntityType::Func(id) => format!("{:?}", types[id]),
            EntityType::Tag(id) => format!("tag {:?}", types[id]),
            other => format!("{other:?}"),
        };
        let imports = types.core_imports().ok_or("it is no module")?;
        let mut imports: Vec<String> =
            imports.map(|(module, name, entity)| format!("`{name}` of `{module}`, {}", written(entity))).collect();
        let exports = types.core_exports().ok_or("it is no module")?;
        let mut exports: Vec<String> = exports.map(|(name, entity)| format!("`{name}`, {}", written(entity))).collect();
        imports.sort();
        exports.sort();
        let sections = sections(bytes)?;
        let custom = sections.iter().filter_map(|section| Some((section.name?, section.custom()?)));
        let read = custom.filter(|(name, _)| !is_unread(name));
        let sections = read.map(|(name, body)| (name.to_owned(), body.to_vec())).collect();
        Ok(Face { imports, exports, sections })
    }

    fn compare(&self, after: &Face) -> Result<(), String> {
        let pairs = [("imports", &self.imports, &after.imports), ("exports", &self.exports, &after.exports)];
        for (what, before, after) in pairs {
            if let Some(missing) = before.iter().find(|name| !after.contains(name)) {
                return Err(format!("its {what} have no {missing} any more"));
            }
            if let Some(new) = after.iter().find(|name| !before.contains(name)) {
                return Err(format!("its {what} have {new}, and had not before"));
            }
        }
        if self.sections == after.sections { Ok(()) } else { Err("its custom sections are others".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(run: crate::tools::Run) -> Tool {
        Tool { program: "wasm-opt".into(), version: "1".into(), run }
    }

    fn module(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        for (id, body) in sections {
            module.extend([*id, body.len() as u8]);
            module.extend_from_slice(body);
        }
        module
    }

    fn with_export(name: u8, extra: &[(u8, &[u8])]) -> Vec<u8> {
        let export = [1, 1, name, 0, 0];
        let plain: [(u8, &[u8]); 4] = [(1, &[1, 0x60, 0, 0]), (3, &[1, 0]), (7, &export), (10, &[1, 2, 0, 0x0b])];
        module(&[plain.as_slice(), extra].concat())
    }

    #[test]
    fn features_are_those_declared_or_needed() {
        let names = |features: Vec<Feature>| features.iter().map(|(name, _, _)| *name).collect::<Vec<_>>().join(" ");
        let declares = b"\x0ftarget_features\x02+\x0bbulk-memory+\x0fbulk-memory-opt";
        assert_eq!(names(declared(&with_export(b'a', &[(0, declares)])).unwrap().unwrap()), "bulk-memory");
        let unknown = b"\x0ftarget_features\x01+\x04warp";
        assert!(declared(&with_export(b'a', &[(0, unknown)])).unwrap_err().contains("`warp`"));
        assert_eq!(names(needed(&with_export(b'a', &[])).unwrap()), "");
        // i32.extend8_s of a constant.
        let extends =
            module(&[(1, &[1, 0x60, 0, 0]), (3, &[1, 0]), (10, &[1, 7, 0, 0x41, 0, 0xc0, 0x1a, 0x0b, 0x0b][..8])]);
        assert!(needed(&extends).is_err());
        let extends = module(&[(1, &[1, 0x60, 0, 0]), (3, &[1, 0]), (10, &[1, 6, 0, 0x41, 0, 0xc0, 0x1a, 0x0b])]);
        assert_eq!(names(needed(&extends).unwrap()), "sign-ext");
    }

    #[test]
    fn what_looks_different_from_outside_is_dropped() {
        let whole = with_export(b'a', &[(0, b"\x06dylinkx")]);
        let check = |run: crate::tools::Run, why: &str| {
            let dropped = optimized(&whole, &tool(run)).unwrap_err();
            assert!(dropped.contains(why), "{dropped}");
        };
        assert!(optimized(&whole, &tool(|_, call| Ok(call.input.to_vec()))).is_ok());
        check(|_, _| Ok(with_export(b'b', &[(0, b"\x06dylinkx")])), "exports have no `a`");
        check(|_, _| Ok(with_export(b'a', &[])), "custom sections are others");
        check(|_, _| Ok(b"\0asm".to_vec()), "the result: it is not valid");
        check(|_, _| Err("it failed".into()), "it failed");
    }
}
