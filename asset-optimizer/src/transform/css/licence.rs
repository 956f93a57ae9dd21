//! What is to be seen in the text of a style sheet: its comments, its addresses, and what is not ASCII in it.

use std::collections::BTreeSet;

/// A piece of a style sheet's text.
enum Piece<'a> {
    /// A comment, with its marks.
    Comment(&'a str),
    /// A string, with its quotes.
    String(&'a str),
    /// What stands in `url(` and `)` without quotes.
    Address(&'a str),
    /// Anything else.
    Other,
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.as_bytes().first()?;
        let (piece, length) = match first {
            b'/' if rest.starts_with("/*") => {
                let length = rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                (Piece::Comment(&rest[..length]), length)
            }
            quote @ (b'"' | b'\'') => {
                let length = string_length(rest.as_bytes(), *quote);
                (Piece::String(&rest[..length]), length)
            }
            b'u' | b'U' if rest.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("url(")) => {
                let inner = &rest[4..];
                let blanks = inner.len() - inner.trim_start().len();
                if inner[blanks..].starts_with(['"', '\'']) {
                    (Piece::Other, 4 + blanks)
                } else {
                    let end = address_length(inner.as_bytes());
                    (Piece::Address(inner[..end].trim()), 4 + end)
                }
            }
            b'\\' => (Piece::Other, 1 + rest[1..].chars().next().map_or(0, char::len_utf8)),
            _ => {
                let next =
                    rest.bytes().skip(1).position(|byte| matches!(byte, b'/' | b'"' | b'\'' | b'u' | b'U' | b'\\'));
                (Piece::Other, next.map_or(rest.len(), |next| next + 1))
            }
        };
        rest = &rest[length..];
        Some(piece)
    })
}

fn string_length(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            byte if byte == quote || byte == b'\n' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn address_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b')' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// The licence comments of a style sheet in their order, each once.
pub(super) fn licences(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in pieces(text) {
        if let Piece::Comment(comment) = piece
            && (comment.starts_with("/*!")
                || ["@license", "@preserve", "@copyright"].iter().any(|mark| comment.contains(mark)))
            && comment.ends_with("*/")
            && !found.iter().any(|known| known == comment)
        {
            found.push(comment.to_owned());
        }
    }
    found
}

/// Everything that may be an address: strings, and what stands in `url()`. Without escapes.
pub(super) fn addresses(text: &str) -> BTreeSet<String> {
    let plain = |text: &str| unescaped(text);
    pieces(text)
        .filter_map(|piece| match piece {
            Piece::String(string) => Some(plain(string.get(1..string.len().saturating_sub(1)).unwrap_or_default())),
            Piece::Address(address) => Some(plain(address)),
            _ => None,
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        if digits > 0 {
            let code = u32::from_str_radix(&rest[..digits], 16).unwrap_or(0xfffd);
            plain.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            rest = &rest[digits..];
            rest = rest.strip_prefix([' ', '\t', '\n']).unwrap_or(rest);
        } else if let Some(next) = rest.chars().next() {
            if next != '\n' {
                plain.push(next);
            }
            rest = &rest[next.len_utf8()..];
        }
    }
    plain + rest
}

/// A style sheet in ASCII: what is not becomes an escape, which means the same in a string, a name and an address.
pub(super) fn escaped(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii() {
            escaped.push(letter);
            continue;
        }
        escaped.push_str(&format!("\\{:x}", u32::from(letter)));
        // A digit or a blank would be read as a part of it.
        if letters.peek().is_some_and(|next| next.is_ascii_hexdigit() || next.is_ascii_whitespace()) {
            escaped.push(' ');
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_strings() {
        let text = "/*! A */a{b:'/*! no */'}/* no */b{c:url(/*no*/x)}/*! B */ /*! A */";
        assert_eq!(licences(text), ["/*! A */", "/*! B */"]);
    }

    #[test]
    fn addresses_are_found_quoted_or_not() {
        let found = addresses("a{b:url(x.png) url( 'y z.png' ) URL(\"v\\)w\")}@import \"i.css\";c{d:url(a\\ b)}");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a b", "i.css", "v)w", "x.png", "y z.png"]);
    }

    #[test]
    fn what_is_not_ascii_is_escaped() {
        assert_eq!(escaped("\"\u{f101}\""), "\"\\f101\"");
        assert_eq!(escaped("\"\u{f101}a é z\""), "\"\\f101 a \\e9  z\"");
        assert_eq!(unescaped("\\f101 a \\e9  z"), "\u{f101}a é z");
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_an_end(text in "[/*\"'\\\\url()a!\n é]{0,60}") {
            let _ = (licences(&text), addresses(&text), unescaped(&text));
            proptest::prop_assert!(escaped(&text).is_ascii());
        }
    }
}
