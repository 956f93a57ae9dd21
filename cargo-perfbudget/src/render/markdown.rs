//! GitHub-flavoured Markdown that texts from outside cannot bend: code spans, prose and plain text.

use super::{hash, named};

/// Columns of a name, and of a reason.
pub(super) const NAME_COLUMNS: usize = 200;
/// Columns of a message, and of a hint.
pub(super) const MESSAGE_COLUMNS: usize = 1_000;

/// Where a code span stands: a table takes every bar for a border, even one inside a code span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Cell,
    Line,
}

/// What is shown of a text that shows nothing.
const EMPTY: &str = "(empty)";

/// A name as a code span. Different names have different ones.
pub(super) fn name(text: &str, place: Place) -> String {
    let is_blank = text.trim().is_empty();
    match (is_blank, text) {
        (_, "") => code(EMPTY, place),
        // What looks like nothing and is something.
        _ if is_blank || text == EMPTY => code(&format!("{EMPTY}~{}", hash(text)), place),
        _ => code(&named(text, NAME_COLUMNS), place),
    }
}

/// A block of code that the text cannot leave, in that language.
pub(super) fn block(text: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}

/// A tamed text as a code span that it cannot leave.
fn code(text: &str, place: Place) -> String {
    let text = if text.trim().is_empty() { EMPTY } else { text };
    let fence = "`".repeat(longest_run(text) + 1);
    // Markdown takes one blank off both ends if there is one at each.
    let touches = text.starts_with('`') || text.ends_with('`');
    let pad = if touches || (text.starts_with(' ') && text.ends_with(' ')) { " " } else { "" };
    let span = format!("{fence}{pad}{text}{pad}{fence}");
    if place == Place::Cell { span.replace('|', "\\|") } else { span }
}

/// A tamed text of ours that may quote others: what stands between two backticks becomes a code span, and the rest
/// says nothing but itself.
pub(super) fn prose(text: &str, place: Place) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let inner = parts.get(1..parts.len() - 1).unwrap_or_default();
    // Spans that touch would melt into one another.
    if parts.len().is_multiple_of(2) || inner.iter().any(|part| part.is_empty()) {
        return escape(text);
    }
    let part = |(at, part): (usize, &&str)| if at % 2 == 0 { escape(part) } else { code(part, place) };
    parts.iter().enumerate().map(part).collect()
}

/// Hexadecimal digits in a row that are left as they are: the abbreviated hashes that we write are shorter, and GitHub
/// makes a link of every hash of a commit.
const MAX_HEX: usize = 16;
/// Fewer of them are no hash to GitHub.
const HEX_PIECE: usize = 6;

/// A tamed text in which Markdown sees no markup, also where it begins a line, and GitHub no mention, issue or commit.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut previous = ' ';
    let mut hex = 0;
    let mut is_hash = false;
    for (at, letter) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + letter.len_utf8()..]);
        hex = if letter.is_ascii_hexdigit() { hex + 1 } else { 0 };
        if hex == 1 {
            is_hash = text[at..].bytes().take(MAX_HEX + 1).take_while(u8::is_ascii_hexdigit).count() > MAX_HEX;
        }
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("@\u{200b}"),
            '#' => escaped.push_str("\\#\u{200b}"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | ':' | '$' => {
                escaped.extend(['\\', letter]);
            }
            // `www.` would become a link.
            '.' if matches!(previous, 'w' | 'W') => escaped.push_str("\\."),
            // `GH-1` would become a link to an issue.
            '-' if ends_with_gh(before) && after.starts_with(|next: char| next.is_ascii_digit()) => {
                escaped.push_str("-\u{200b}");
            }
            // These begin a list, or underline a heading.
            '-' | '+' | '=' if before.trim().is_empty() && !after.starts_with(char::is_alphanumeric) => {
                escaped.extend(['\\', letter]);
            }
            '.' if is_number(before.trim()) && !after.starts_with(char::is_alphanumeric) => escaped.push_str("\\."),
            _ => escaped.push(letter),
        }
        if is_hash && hex > 0 && hex % HEX_PIECE == 0 {
            escaped.push('\u{200b}');
        }
        previous = letter;
    }
    escaped
}

fn ends_with_gh(text: &str) -> bool {
    text.as_bytes().last_chunk::<2>().is_some_and(|last| last.eq_ignore_ascii_case(b"gh"))
}

/// Markdown numbers lists with nine digits at most.
fn is_number(text: &str) -> bool {
    (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(escape(text).replace('\u{200b}', "·"), expected);
    }

    #[test]
    fn a_name_that_is_not_whole_has_a_hash() {
        for (text, expected) in
            [("a|b", "`a\\|b`"), ("", "`(empty)`"), (" ", "`(empty)~29621c33`"), ("a\tb", "`a b~e1a8e2de`")]
        {
            assert_eq!(name(text, Place::Cell), expected);
        }
        let long = |end: &str| name(&format!("{}{end}", "x".repeat(50_000)), Place::Line);
        assert!(long("").starts_with(&format!("`{}…x", "x".repeat(95))) && long("").len() < 210, "{}", long(""));
        // They share their first and last columns.
        let same = "y".repeat(200);
        assert_ne!(long(&format!("1{same}")), long(&format!("2{same}")));
    }

    proptest! {
        #[test]
        fn different_names_never_render_alike(
            (one, other) in ("[ab|`\\\\\u{1b}\t\r\n \u{202e}]{0,4}", "[ab|`\\\\\u{1b}\t\r\n \u{202e}]{0,4}"),
            around in "[x`]{0,300}",
        ) {
            let whole = |text: &str| format!("{around}{text}{around}");
            prop_assume!(one != other);
            for place in [Place::Cell, Place::Line] {
                prop_assert_ne!(name(&one, place), name(&other, place));
                prop_assert_ne!(name(&whole(&one), place), name(&whole(&other), place));
            }
            prop_assert_ne!(named(&whole(&one), 100), named(&whole(&other), 100));
        }
    }

    #[test]
    fn what_github_would_link_is_broken() {
        check("@u o/r#1 GH-1 gh-2 gh-x high-up", "@·u o/r\\#·1 GH-·1 gh-·2 gh-x high-up");
        check("0123456789abcdef0123456789ABCDEF01234567.", "012345·6789ab·cdef01·234567·89ABCD·EF0123·4567.");
        check("at 710ff8b85f, 12345678 bytes", "at 710ff8b85f, 12345678 bytes");
        check("www.t.example https://t.example", "www\\.t.example https\\://t.example");
    }

    #[test]
    fn what_begins_a_list_or_underlines_a_heading_does_not() {
        check("- x", "\\- x");
        check(" + x", " \\+ x");
        check("===", "\\===");
        check("---", "\\---");
        check("1. x", "1\\. x");
        check("1) x", "1\\) x");
        check("-10.00%, 1.5 and 2. - x", "-10.00%, 1.5 and 2. - x");
    }
}
