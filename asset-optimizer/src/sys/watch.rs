//! Waits until a folder is another one than it was.
#![expect(clippy::disallowed_methods, reason = "this is the door to the file system and to time")]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// How long nothing may change before a folder counts as finished: bundlers write their files within milliseconds of each
/// other. Arbitrary.
const QUIET: Duration = Duration::from_millis(250);
/// How often is looked for quiet at most: what goes on changing for half a minute is worked on as it is.
const LOOKS: u32 = 120;
/// How often is looked where the system does not say that something changes.
const PATROL: Duration = Duration::from_secs(1);

/// What can be seen of a folder without reading files: paths, lengths, and when they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl State {
    /// What a folder is now. Nothing, where there is none.
    #[must_use]
    pub fn of(root: &Path) -> State {
        let files = walkdir::WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter().flatten();
        let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
            let metadata = entry.metadata().ok();
            let length = metadata.as_ref().map_or(0, std::fs::Metadata::len);
            (entry.into_path(), length, metadata.and_then(|metadata| metadata.modified().ok()))
        });
        State(files.collect())
    }

    /// What a folder is once it does not change any more.
    #[must_use]
    pub fn settled(root: &Path) -> State {
        let mut state = State::of(root);
        for _ in 0..LOOKS {
            sleep(QUIET);
            let now = State::of(root);
            if now == state {
                break;
            }
            state = now;
        }
        state
    }

    /// Whether no file is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Is told when something in a folder may have changed, from now on.
pub struct Watch {
    changes: Receiver<()>,
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches a folder, and the one above it, for builds that put a new folder in its place.
    #[must_use]
    pub fn of(root: &Path) -> Watch {
        let (told, changes) = channel();
        let named = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let real = named.canonicalize().unwrap_or_else(|_| named.clone());
        let (mine, own) = (named.clone(), real.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let matters = event.is_ok_and(|event| {
                // That somebody reads a file, as we do, is no change.
                !event.kind.is_access()
                    && event.paths.iter().any(|path| path.starts_with(&mine) || path.starts_with(&own))
            });
            if matters {
                let _ = told.send(());
            }
        });
        let begun = watcher.and_then(|mut watcher| {
            if let Some(above) = named.parent() {
                watcher.watch(above, RecursiveMode::NonRecursive)?;
            }
            if real.is_dir() {
                watcher.watch(&real, RecursiveMode::Recursive)?;
            }
            Ok(watcher)
        });
        Watch { changes, watcher: begun.ok() }
    }

    /// Waits until something may have changed. Where the system does not tell, for a while.
    pub fn wait(&self) {
        if self.watcher.is_none() || self.changes.recv().is_err() {
            sleep(PATROL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files::{remove_dir, scratch, write};

    #[test]
    fn a_change_is_noticed_and_reading_is_none() {
        let place = scratch("watch").unwrap();
        let (root, file) = (place.path().join("dist"), place.path().join("dist/deep/a.js"));
        write(&file, b"one").unwrap();
        let before = State::of(&root);
        let watch = Watch::of(&root);
        assert!(watch.watcher.is_some());
        std::fs::read(&file).unwrap();
        write(&place.path().join("elsewhere/b.js"), b"x").unwrap();
        sleep(Duration::from_millis(100));
        assert!(watch.changes.try_recv().is_err());
        write(&file, b"other").unwrap();
        watch.wait();
        let after = State::settled(&root);
        assert_ne!(after, before);
        assert_eq!(after, State::of(&root));
        remove_dir(&root).unwrap();
        assert!(State::of(&root).is_empty());
        let watch = Watch::of(&root);
        write(&file, b"again").unwrap();
        watch.wait();
        assert!(!State::settled(&root).is_empty());
    }
}
