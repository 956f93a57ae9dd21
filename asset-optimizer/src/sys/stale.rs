//! What a run leaves behind that was killed: the next one finds it and takes it away.
#![expect(clippy::disallowed_methods, reason = "this is the door to the file system")]

use std::fs::{self, File};
use std::path::Path;

/// Shows that somebody is at work in a folder, until it is dropped or its process ends, however it ends.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "it is held, and nothing else")] Option<File>);

/// Holds a folder that was made just now; `None` where a run that swept had taken it away before. Where a file system, or a
/// machine, knows no locks on folders, nothing is held and nothing swept.
#[must_use]
pub fn hold(folder: &Path) -> Option<Held> {
    let held = File::open(folder).ok().filter(|file| file.lock().is_ok());
    folder.is_dir().then_some(Held(held))
}

/// Takes away what stands beside a place, is named as what grows there, and is held by nobody.
pub fn sweep(place: &Path) {
    let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else { return };
    let begin = format!(".{}.", name.to_string_lossy());
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let named = entry.file_name().to_string_lossy().strip_prefix(&begin).is_some_and(is_numbered);
        if named && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let path = entry.path();
            let Ok(file) = File::open(&path) else { continue };
            if file.try_lock().is_ok() {
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

/// Whether a text is a process, a number, and the ending of what is staged.
fn is_numbered(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_suffix(".tmp")
        .and_then(|text| text.split_once('-'))
        .is_some_and(|(pid, number)| digits(pid) && digits(number))
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sys::files::{make_dir, scratch, write};

    #[test]
    fn what_nobody_holds_is_taken_away_and_nothing_else() {
        let place = scratch("stale").unwrap();
        let path = |name: &str| place.path().join(name);
        let folders = [".out.12-0.tmp", ".out.13-0.tmp", ".other.12-0.tmp", ".out.x-0.tmp", ".out.tmp", "out"];
        for name in folders {
            write(&path(name).join("deep/file"), b"x").unwrap();
        }
        write(&path(".out.14-0.tmp"), b"a file").unwrap();
        make_dir(&path("elsewhere")).unwrap();
        std::os::unix::fs::symlink(path("elsewhere"), path(".out.15-0.tmp")).unwrap();
        let held = hold(&path(".out.13-0.tmp")).unwrap();
        sweep(&path("out"));
        assert!(!path(".out.12-0.tmp").exists());
        for name in &folders[1..] {
            assert!(path(name).join("deep/file").exists(), "{name}");
        }
        assert!(path(".out.14-0.tmp").exists() && path("elsewhere").exists());
        drop(held);
        // A program that another test starts just now has all our files, until it is another program.
        let is_gone = || {
            sweep(&path("out"));
            !path(".out.13-0.tmp").exists()
        };
        let soon = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            is_gone()
        });
        assert!(soon);
        assert!(hold(&path("gone")).is_none());
    }
}
