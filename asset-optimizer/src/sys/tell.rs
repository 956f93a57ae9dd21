//! What is said to a person: the report on stdout, everything else on stderr.
#![expect(clippy::print_stderr, reason = "this is the door to the terminal")]
#![cfg_attr(
    feature = "cli",
    expect(clippy::disallowed_methods, reason = "the environment says what a terminal can do")
)]

#[cfg(feature = "cli")]
use std::io::IsTerminal;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::asset::printable;

/// Whether a line of progress stands on the terminal.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Writes the report. A reader that went away is no error.
pub fn report(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Says something beside the report.
pub fn say(text: &str) {
    end_progress();
    eprintln!("{}", printable(text));
}

/// Whether somebody looks on, at a terminal where a line can be written anew.
#[cfg(feature = "cli")]
#[must_use]
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal() && !is_dumb()
}

/// Whether the report may have colours, where nobody says: on a terminal, unless `NO_COLOR` or `CARGO_TERM_COLOR` does.
#[cfg(feature = "cli")]
#[must_use]
pub fn is_colourful() -> bool {
    match std::env::var("CARGO_TERM_COLOR").as_deref() {
        _ if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        Ok("always") => true,
        Ok("never") => false,
        _ => std::io::stdout().is_terminal() && !is_dumb(),
    }
}

#[cfg(feature = "cli")]
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Replaces the line of progress: how far it is, and the file at work.
#[cfg(feature = "cli")]
pub fn progress(done: usize, of: usize, path: &str) {
    let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
    let line = fitted(&format!("[{done}/{of}] "), &printable(path), width.saturating_sub(1));
    SHOWN.store(true, Ordering::Relaxed);
    eprint!("\r\x1b[2K{line}");
    let _ = std::io::stderr().flush();
}

/// Takes the line of progress away, where there is one.
pub fn end_progress() {
    if SHOWN.swap(false, Ordering::Relaxed) {
        eprint!("\r\x1b[2K");
        let _ = std::io::stderr().flush();
    }
}

/// A line of so many columns at most; of a path that is too long, the end is what tells files apart.
#[cfg(feature = "cli")]
fn fitted(head: &str, path: &str, columns: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    let room = columns.saturating_sub(head.width());
    if path.width() <= room {
        return format!("{head}{path}");
    }
    let mut taken = 1;
    let tail = path.char_indices().rev().take_while(|(_, letter)| {
        taken += letter.width().unwrap_or(0);
        taken <= room
    });
    let from = tail.last().map_or(path.len(), |(at, _)| at);
    format!("{head}…{}", &path[from..])
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_progress_fits() {
        assert_eq!(fitted("[1/2] ", "assets/app.js", 40), "[1/2] assets/app.js");
        assert_eq!(fitted("[1/2] ", "assets/deep/app.js", 16), "[1/2] …ep/app.js");
        assert_eq!(fitted("[1/2] ", "資産/資産.js", 14), "[1/2] …資産.js");
    }
}
