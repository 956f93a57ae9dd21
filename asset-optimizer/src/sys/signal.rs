//! Ctrl-C and SIGTERM: what is not whole is removed, and the process ends at once, however long its jobs would take.
#![cfg_attr(feature = "cli", expect(clippy::disallowed_methods, reason = "this is the door out of the process"))]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Stopped by a signal: 128 + SIGINT, as shells have it.
#[cfg(feature = "cli")]
const INTERRUPTED: i32 = 130;
/// How often the removal of a folder is tried into which a last file may be written meanwhile.
#[cfg(feature = "cli")]
const TRIES: u32 = 10;
/// How long is waited between two tries.
#[cfg(feature = "cli")]
const PAUSE_MILLIS: u64 = 20;

static STOPPING: AtomicBool = AtomicBool::new(false);
/// Folders that nobody is to find half-written.
static STAGED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Holds a signal off while something happens that is to be whole; with the folders that a signal removes.
pub(super) fn whole() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    STAGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for the end of the process, where it is near.
pub(super) fn wait_if_stopping() {
    while STOPPING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// From now on a signal cleans up before it ends the process, with 130.
///
/// # Errors
/// Where the system refuses a handler.
#[cfg(feature = "cli")]
pub fn listen() -> crate::error::Result<()> {
    let stop = || {
        STOPPING.store(true, Ordering::SeqCst);
        // Never given back: nothing is put into its place any more.
        let staged = whole();
        for folder in staged.iter() {
            for _ in 0..TRIES {
                if std::fs::remove_dir_all(folder).is_ok() || folder.symlink_metadata().is_err() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(PAUSE_MILLIS));
            }
        }
        super::tell::end_progress();
        std::process::exit(INTERRUPTED);
    };
    ctrlc::set_handler(stop).map_err(|why| crate::error::Error::environment(format!("cannot listen for Ctrl-C: {why}")))
}
