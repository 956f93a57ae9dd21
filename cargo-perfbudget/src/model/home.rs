//! A function's readable name → the crate that it belongs to.

/// The crates that come with the compiler. They implement no trait of anybody else's.
const OF_RUST: [&str; 4] = ["alloc", "core", "proc_macro", "std"];
/// What is not written in Rust, or has no symbol that says so: the C library and what is linked with it.
pub const FOREIGN: &str = "not Rust";
/// What a benchmark hands to criterion is inlined into criterion's loop, which costs nothing else that is timed.
pub const BENCHMARK: &str = "the benchmark";
/// What of a file is no function: data, tables, headers. Its name stands in square brackets.
pub const NO_FUNCTION: &str = "no function";

/// The crate of a function: that of its path, and of an implementation `<A as B>::f` that of `A`, unless `A` is one of the
/// compiler's own types or any type at all; then only the crate of `B` can have written it. Where a symbol tells more than
/// its name, the crate stands behind the name in parentheses; and a package, `url v2.5.4`, is its own.
#[must_use]
pub fn of(function: &str) -> &str {
    if function.starts_with('[') && function.ends_with(']') {
        return NO_FUNCTION;
    }
    if let Some((_, written_in)) = function.strip_suffix(')').and_then(|text| text.rsplit_once(" ("))
        && is_named(written_in)
    {
        return written_in;
    }
    if let Some((package, version)) = function.split_once(" v")
        && is_package(package)
        && version.starts_with(|letter: char| letter.is_ascii_digit())
    {
        return package;
    }
    if function.starts_with("criterion::bencher::") || function.starts_with("<criterion::bencher::") {
        return BENCHMARK;
    }
    let Some(inner) = function.strip_prefix('<') else { return of_path(function) };
    let (own, of_trait) = split(inner);
    let sides = [of_type(own), of_trait.map(of_type).unwrap_or_default()];
    let named = || sides.into_iter().filter(|side| !side.is_empty());
    named().find(|side| !OF_RUST.contains(side)).or_else(|| named().next()).unwrap_or("core")
}

/// The crate of a plain path. `__rust_alloc` and its like are the standard library's, with or without a crate of their own.
fn of_path(path: &str) -> &str {
    match path.split_once("::") {
        Some(("__rustc", _)) => "std",
        Some((first, _)) if is_named(first) => first,
        None if path.starts_with("__rust_") || path.starts_with("__rdl_") || path.starts_with("rust_") => "std",
        _ => FOREIGN,
    }
}

/// The two sides of `A as B>::f`; the second is `None` for `A>::f`.
fn split(inner: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    for (at, letter) in inner.char_indices() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            // The arrow of a function's type is no bracket.
            '>' if inner[..at].ends_with('-') => {}
            '>' if depth == 0 => return (&inner[..at], None),
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && inner[at..].starts_with(" as ") => {
                return (&inner[..at], Some(&inner[at + " as ".len()..]));
            }
            _ => {}
        }
    }
    (inner, None)
}

/// The crate that a type or trait is named after; the empty text for what belongs to nobody: references and pointers are
/// looked through, and primitives, tuples, slices and parameters have no crate.
fn of_type(mut text: &str) -> &str {
    loop {
        let trimmed = text.trim_start_matches(['&', '*', '(', '[']).trim_start();
        let trimmed =
            ["mut ", "const ", "dyn "].iter().fold(trimmed, |text, word| text.strip_prefix(word).unwrap_or(text));
        if trimmed == text {
            break;
        }
        text = trimmed;
    }
    if let Some(inner) = text.strip_prefix('<') {
        return of_type(split(inner).0);
    }
    match text.split_once("::") {
        Some((first, _)) if is_named(first) => first,
        _ => "",
    }
}

fn is_package(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
}

fn is_named(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_belongs_to_the_crate_that_wrote_it() {
        let check = |function, home| assert_eq!(of(function), home, "{function}");
        check("httparse::parse_headers", "httparse");
        check("core::str::converts::from_utf8", "core");
        check("shop::cart::Cart::total::{{closure}}", "shop");
        check("<httparse::Header as core::fmt::Debug>::fmt", "httparse");
        check("<&mut httparse::Bytes as core::iter::Iterator>::next", "httparse");
        check("<std::time::Instant>::now", "std");
        check("<[T] as shop::Sum>::sum", "shop");
        check("<alloc::vec::Vec<T> as shop::Sum<(A, B)>>::sum", "shop");
        check("<alloc::vec::Vec<shop::Line> as core::ops::Drop>::drop", "alloc");
        check("<T as alloc::string::ToString>::to_string", "alloc");
        check("<fn(A) -> shop::B as core::ops::FnOnce>::call_once", "core");
        check("<<shop::A as shop::B>::C as core::clone::Clone>::clone", "shop");
        check("core::fmt::num::<impl core::fmt::Display for u64>::fmt", "core");
        check("shop::<impl core::fmt::Display for shop::A>::fmt", "shop");
        check("<[u8]>::starts_with", "core");
        check("__rustc::__rust_alloc", "std");
        check("__rdl_alloc", "std");
        check("__memcpy_avx_unaligned_erms", FOREIGN);
        check("(below main)", FOREIGN);
        check("0x4a3c in libfoo.so", FOREIGN);
        check("criterion::bencher::Bencher<M>::iter", BENCHMARK);
        check("<criterion::bencher::Bencher>::iter::<u64, shop::main::{closure}>", BENCHMARK);
        check("<json::Value as shop::Price>::price (shop)", "shop");
        check("fn_with (two words)", FOREIGN);
        check("[.rodata]", NO_FUNCTION);
        check("<[u8] as shop::Sum>::sum", "shop");
        check("idna-adapter v1.2.0", "idna-adapter");
        check("a vague name", FOREIGN);
        check("", FOREIGN);
        check("<", "core");
        check("<<<", "core");
    }
}
