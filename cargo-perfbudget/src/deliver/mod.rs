//! Sealed envelopes: a finished text goes to stdout, a file, or a pull request. What it says is not known here.

pub mod event;
#[cfg(feature = "github")]
pub mod github;
pub mod job;
mod marker;

pub use marker::Marker;

use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::sys::files;

/// Writes the text to a file, or to stdout where none is named. A reader that has gone away is not an error.
///
/// # Errors
/// Where it cannot be written.
pub fn deliver(text: &str, file: Option<&Path>) -> Result<()> {
    match file {
        Some(path) => files::write(path, text.as_bytes()),
        None => match std::io::stdout().lock().write_all(text.as_bytes()) {
            Err(why) if why.kind() != ErrorKind::BrokenPipe => {
                Err(Error::environment(format!("cannot write to stdout: {why}")))
            }
            _ => Ok(()),
        },
    }
}
