//! GitHub-flavoured Markdown that texts from outside cannot bend: code spans, prose and plain text.

use super::{shorten, tame};

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

/// A name as a code span.
pub(super) fn name(text: &str, place: Place) -> String {
    code(&shorten(&tame(text), NAME_COLUMNS), place)
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
    let text = if text.trim().is_empty() { "(empty)" } else { text };
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

/// A tamed text in which Markdown sees no markup, and GitHub no mention or issue.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut previous = ' ';
    for letter in text.chars() {
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
            _ => escaped.push(letter),
        }
        previous = letter;
    }
    escaped
}
