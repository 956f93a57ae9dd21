//! Ctrl-C and SIGTERM: remembered, so that every wait can end and clean up after itself.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

static STOPPED: AtomicBool = AtomicBool::new(false);

/// From now on a signal is remembered instead of ending the process at once.
///
/// # Errors
/// Where the system refuses a handler.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| STOPPED.store(true, Ordering::SeqCst))
        .map_err(|why| Error::environment(format!("cannot listen for Ctrl-C: {why}")))
}

/// Whether a signal has arrived.
#[must_use]
pub fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

/// An error once a signal has arrived.
///
/// # Errors
/// [`Error::interrupted`] once a signal has arrived.
pub fn check() -> Result<()> {
    if stopped() { Err(Error::interrupted()) } else { Ok(()) }
}
