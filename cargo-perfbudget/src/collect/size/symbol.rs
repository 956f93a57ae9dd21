//! A symbol → a function's name for people, with the crate that wrote it where the name alone would tell another. Pure.

use crate::collect::callgrind::{function_name, head};
use crate::model::home;

/// The longest symbol that is read as one. Arbitrary, and far above what compilers write; a longer one is hostile.
pub(super) const BYTES_AT_MOST: usize = 64 << 10;
/// The hash at the end of a symbol that the linker has made readable: `::h` and 16 digits.
const HASH_DIGITS: usize = 16;

/// The name. An implementation of one crate's trait for another's type says in parentheses which crate has written it, where
/// the symbol tells that.
pub(super) fn name(symbol: &str) -> String {
    let symbol = head(symbol, BYTES_AT_MOST);
    let name = function_name(without_hash(symbol));
    match written_in(symbol) {
        Some(own) if own != "__rustc" && own != home::of(&name) => format!("{name} ({own})"),
        _ => name,
    }
}

/// Linkers of WebAssembly write names that are readable already, with the hash still in them.
fn without_hash(symbol: &str) -> &str {
    match symbol.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == HASH_DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => symbol,
    }
}

/// The crate that a symbol of Rust's v0 scheme was written in: where the path of its function, or of the implementation that
/// the function is in, begins. `None` for other symbols, and for a default method of a trait, which has no such path.
fn written_in(symbol: &str) -> Option<&str> {
    let start = symbol.find("_R")? + 2;
    // Some systems put another `_` before every symbol.
    if start > 3 {
        return None;
    }
    let text = symbol.get(start..)?;
    let bytes = text.as_bytes();
    let mut at = 0;
    // Each step goes on, or leads back to an earlier place, which a hostile name may do for ever.
    for _ in 0..symbol.len() {
        match bytes.get(at)? {
            // A name in something, and its kind.
            b'N' => at += 2,
            // Something generic, and then its types.
            b'I' => at += 1,
            // An implementation, and then its type and trait.
            b'M' | b'X' => at = skip_number(bytes, at + 1, b's')?,
            b'B' => {
                let (back, _) = number(bytes, at + 1)?;
                at = usize::try_from(back).ok().filter(|back| *back < at)?;
            }
            b'C' => return identifier(text, skip_number(bytes, at + 1, b's')?),
            _ => return None,
        }
    }
    None
}

/// Where what follows an optional number begins.
fn skip_number(bytes: &[u8], at: usize, tag: u8) -> Option<usize> {
    if bytes.get(at) == Some(&tag) { number(bytes, at + 1).map(|(_, end)| end) } else { Some(at) }
}

/// A number to the base of 62 that ends with `_`, and where what follows it begins.
fn number(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value: u64 = 0;
    let start = at;
    loop {
        let digit = match *bytes.get(at)? {
            b'_' if at == start => return Some((0, at + 1)),
            b'_' => return Some((value.checked_add(1)?, at + 1)),
            byte @ b'0'..=b'9' => byte - b'0',
            byte @ b'a'..=b'z' => byte - b'a' + 10,
            byte @ b'A'..=b'Z' => byte - b'A' + 36,
            _ => return None,
        };
        value = value.checked_mul(62)?.checked_add(u64::from(digit))?;
        at += 1;
    }
}

/// A plain identifier: its length in decimal digits, perhaps a `_`, and its letters.
fn identifier(text: &str, at: usize) -> Option<&str> {
    let text = text.get(at..)?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (length, rest) = text.split_at_checked(digits)?;
    rest.strip_prefix('_').unwrap_or(rest).get(..length.parse().ok()?).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_both_schemes_are_readable_and_tell_the_crate() {
        let check = |symbol: &str, expected: &str, crate_name: &str| {
            let name = name(symbol);
            assert_eq!((name.as_str(), home::of(&name)), (expected, crate_name), "{symbol}");
        };
        check("_ZN4shop4cart5total17h0123456789abcdefE", "shop::cart::total", "shop");
        check(
            "_ZN4shop4cart5total28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
            "shop::cart::total::{closure}",
            "shop",
        );
        check(
            "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
            "<alloc::string::String as core::fmt::Debug>::fmt",
            "alloc",
        );
        check(
            "_ZN47_$LT$shop..Cart$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE.llvm.123",
            "<shop::Cart as core::fmt::Debug>::fmt",
            "shop",
        );
        check("_RNvNtCs4fqI2P2rA04_4shop4cart5total", "shop::cart::total", "shop");
        check("_RNCNvCs4fqI2P2rA04_3foo3bars0_0B3_", "foo::bar::{closure}", "foo");
        // `shop` implements its trait for a type of `json`: the name alone would tell `json`.
        check(
            "_RNvXCs4fqI2P2rA04_4shopNtCs1234_4json5ValueNtB2_5Price5price",
            "<json::Value as shop::Price>::price (shop)",
            "shop",
        );
        check("core::fmt::write::h0123456789abcdef", "core::fmt::write", "core");
        check("memcpy", "memcpy", home::FOREIGN);
        check("_start", "_start", home::FOREIGN);
    }

    #[test]
    fn a_symbol_without_end_is_cut() {
        assert!(name(&"ü".repeat(BYTES_AT_MOST)).len() <= BYTES_AT_MOST);
        let deep = format!("_R{}Cs_1a", "NvI".repeat(10_000));
        assert!(name(&deep).len() < 10 * BYTES_AT_MOST);
    }

    proptest! {
        #[test]
        fn reading_a_symbol_never_panics(symbol in "(_R|_ZN|__R)?(N[vtC]|I|M|X|Y|B[0-9a-zA-Z]{0,3}_|C|s[0-9a-z]{0,3}_|[0-9]{1,3}|[a-z_]{1,4}|E|\\PC){0,30}") {
            let _ = name(&symbol);
        }
    }
}
