//! The exit codes, which scripts may rely on.

use crate::error::{Error, Kind};
use crate::model::Verdict;

/// Nothing costs more than it may; somebody may be asked to look.
pub const WITHIN: u8 = Verdict::Within.exit_code();
/// The command line or the configuration is wrong.
pub const USAGE: u8 = 2;
/// Something costs more than it may.
pub const OVER: u8 = Verdict::Over.exit_code();
/// Something that should be known is not, so nothing is claimed.
pub const CANNOT_TELL: u8 = Verdict::CannotTell.exit_code();
/// Stopped by Ctrl-C or SIGTERM: 128 + SIGINT, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// The exit code of an error.
#[must_use]
pub fn of_error(error: &Error) -> u8 {
    match error.kind {
        Kind::Usage => USAGE,
        Kind::Environment => CANNOT_TELL,
        Kind::Interrupted => INTERRUPTED,
    }
}
