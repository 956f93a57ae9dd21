//! What a job leaves for the ones after it and for its reader: its summary and its outputs.

use std::path::Path;

use crate::error::{Error, Result};
use crate::sys::{env, files};

/// The largest summary that GitHub takes of one step, in bytes; a larger one is not shown at all.
const SUMMARY_BYTES_AT_MOST: u64 = 1 << 20;

/// Appends the biggest text that still fits to the summary of this step. What is there already stays.
///
/// # Errors
/// Where none fits, or the file cannot be written.
pub fn summarize(path: &Path, ladder: &[String]) -> Result<()> {
    let there = files::length(path);
    // Whoever wrote before us may have left the last line open.
    let room = SUMMARY_BYTES_AT_MOST.saturating_sub(there + 2);
    let Some(text) = ladder.iter().find(|text| text.len() as u64 <= room) else {
        return Err(Error::environment(format!("the step's summary has room for {room} bytes only")));
    };
    let gap = if there > 0 { "\n\n" } else { "" };
    files::append(path, format!("{gap}{text}").as_bytes())
}

/// Appends to the outputs of this step, each under a delimiter that nobody can foresee.
///
/// # Errors
/// Where the file cannot be written.
pub fn put_out(path: &Path, outputs: &[(&str, String)]) -> Result<()> {
    let text: String = outputs.iter().map(|(name, value)| output(name, value, &env::random_word())).collect();
    files::append(path, text.as_bytes())
}

fn output(name: &str, value: &str, word: &str) -> String {
    format!("{name}<<perfbudget-{word}\n{value}\nperfbudget-{word}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_within_its_output() {
        assert_eq!(output("a", "x\nb=y", "77"), "a<<perfbudget-77\nx\nb=y\nperfbudget-77\n");
        assert_ne!(env::random_word(), env::random_word());
    }
}
