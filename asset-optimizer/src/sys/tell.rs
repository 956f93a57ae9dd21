//! What is said to a person: the report on stdout, everything else on stderr.
#![expect(clippy::print_stderr, reason = "this is the door to the terminal")]

use std::io::{IsTerminal, Write};

/// Writes the report. A reader that went away is no error.
pub fn report(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Says something beside the report.
pub fn say(text: &str) {
    eprintln!("{text}");
}

/// Whether somebody looks on.
#[must_use]
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Replaces the last line of a terminal.
pub fn progress(line: &str) {
    let line: String = line.chars().take(100).collect();
    eprint!("\r\x1b[2K{line}");
    let _ = std::io::stderr().flush();
}
