//! The one error that a user sees: doing what, on what, why, and a hint when a way out is known.

use std::fmt;

/// What a person would do about it, which also decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Correct the command line or the settings.
    Usage,
    /// Mend the machine or the folder, then run again.
    Environment,
}

/// An error. Messages are lowercase, without a full stop, with literals in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What to do about it.
    pub kind: Kind,
    /// What we were doing, on what, and why it failed.
    pub message: String,
    /// The way out, when known.
    pub hint: Option<String>,
}

/// What the rooms that touch the world return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Something about the machine or the folder.
    pub fn environment(message: impl Into<String>) -> Error {
        Error { kind: Kind::Environment, message: message.into(), hint: None }
    }

    /// Something about the command line or the settings.
    pub fn usage(message: impl Into<String>) -> Error {
        Error { kind: Kind::Usage, message: message.into(), hint: None }
    }

    /// Adds the way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
