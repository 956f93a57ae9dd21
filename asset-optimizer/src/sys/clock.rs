//! The clock: only for what a report says about time, never for what is written.
#![expect(clippy::disallowed_methods, reason = "this is the door to the clock")]

use std::time::{Duration, Instant};

/// A moment to measure from.
#[derive(Debug, Clone, Copy)]
pub struct Since(Instant);

impl Since {
    /// Now.
    #[must_use]
    pub fn now() -> Since {
        Since(Instant::now())
    }

    /// How long ago that was.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
