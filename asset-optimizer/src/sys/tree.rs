//! What lies below a folder, links followed as far as they stay in it.
#![expect(clippy::disallowed_methods, reason = "this is the door to the file system")]

use std::path::{Path, PathBuf};

use super::files::failed;
use crate::error::{Error, Result};

/// Something below a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the folder.
    pub relative: PathBuf,
    /// What it is.
    pub what: What,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A regular file, or a link to one in the folder, of so many bytes.
    File(u64),
    /// Something that cannot be taken along, and why.
    Strange(String),
}

/// Everything below a folder that is no folder, sorted.
///
/// # Errors
/// Where the folder is none, or a part of it cannot be listed.
pub fn walk(root: &Path) -> Result<Vec<Entry>> {
    let canonical = root.canonicalize().map_err(|why| failed("list the folder", root, &why))?;
    if !canonical.is_dir() {
        return Err(Error::usage(format!("`{}` is not a folder", root.display())));
    }
    let mut entries = Vec::new();
    let strange = |path: &Path, why: String| Entry {
        relative: path.strip_prefix(&canonical).unwrap_or(path).to_owned(),
        what: What::Strange(why),
    };
    let mut walk = walkdir::WalkDir::new(&canonical).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(why) => {
                let path = why.path().unwrap_or(&canonical).to_owned();
                if why.loop_ancestor().is_some() {
                    entries.push(strange(&path, "it links to a folder that it lies in".into()));
                } else if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
                    entries.push(strange(&path, "it links to nothing".into()));
                } else {
                    let why = why.into_io_error().unwrap_or_else(|| std::io::Error::other("unreadable"));
                    return Err(failed("list", &path, &why));
                }
                continue;
            }
        };
        let path = entry.path();
        if entry.path_is_symlink() && !path.canonicalize().is_ok_and(|target| target.starts_with(&canonical)) {
            entries.push(strange(path, "it links to something outside the folder".into()));
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
            continue;
        }
        if entry.file_type().is_dir() {
            continue;
        }
        if !entry.file_type().is_file() {
            entries.push(strange(path, "it is no regular file".into()));
            continue;
        }
        let length = entry.metadata().map(|metadata| metadata.len());
        let length = length.map_err(|why| failed("read", path, &why.into()))?;
        let relative = path.strip_prefix(&canonical).unwrap_or(path).to_owned();
        entries.push(Entry { relative, what: What::File(length) });
    }
    Ok(entries)
}
