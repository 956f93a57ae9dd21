//! Files and folders: reads are bounded, writes are staged beside the target and renamed.
#![expect(clippy::disallowed_methods, reason = "this is the door to the file system")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};

fn failed(doing: &str, path: &Path, why: &std::io::Error) -> Error {
    let error = Error::environment(format!("cannot {doing} `{}`: {why}", path.display()));
    match why.kind() {
        ErrorKind::StorageFull => error.hint("free some space on the disk; nothing was half-written"),
        ErrorKind::PermissionDenied => error.hint("check the permissions of the folder"),
        _ => error,
    }
}

/// A file's bytes; `None` where there is no such file.
///
/// # Errors
/// Where it cannot be read, is no regular file, or is larger than `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(why) => return Err(failed("read", path, &why)),
    };
    let metadata = file.metadata().map_err(|why| failed("read", path, &why))?;
    if !metadata.is_file() {
        return Err(Error::environment(format!("cannot read `{}`: it is not a regular file", path.display())));
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(limit) as usize);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|why| failed("read", path, &why))?;
    if bytes.len() as u64 > limit {
        return Err(Error::environment(format!("cannot read `{}`: it is larger than {limit} bytes", path.display())));
    }
    Ok(Some(bytes))
}

/// A file's text; `None` where there is no such file.
///
/// # Errors
/// As [`read`], and where it is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<Option<String>> {
    let Some(bytes) = read(path, limit)? else { return Ok(None) };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|why| Error::environment(format!("cannot read `{}`: it is not UTF-8: {why}", path.display())))
}

/// Replaces a file as a whole: afterwards it holds `bytes` or what it held before.
///
/// # Errors
/// Where the folder cannot be made or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_dir(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let staged = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let outcome = File::create(&staged)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&staged, path));
    outcome.map_err(|why| {
        let _ = fs::remove_file(&staged);
        failed("write", path, &why)
    })
}

/// Writes after what a file holds already, and makes it where there is none.
///
/// # Errors
/// Where it cannot be written, or is no regular file.
pub fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file =
        File::options().append(true).create(true).open(path).map_err(|why| failed("write to", path, &why))?;
    file.write_all(bytes).map_err(|why| failed("write to", path, &why))
}

/// How many bytes a file holds; none where there is no such file.
#[must_use]
pub fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Writes a new file with the permissions of an executable.
///
/// # Errors
/// Where it cannot be written.
pub fn write_executable(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(|why| failed("write", path, &why))?;
    }
    Ok(())
}

/// Makes a folder and the ones above it.
///
/// # Errors
/// Where one of them cannot be made.
pub fn make_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|why| failed("make the folder", path, &why))
}

/// Gives a file or folder another name beside its own.
///
/// # Errors
/// Where that cannot be done.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|why| failed("rename", from, &why))
}

/// Removes a file, where there is one.
///
/// # Errors
/// Where it is there and cannot be removed.
pub fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(failed("remove", path, &why)),
        _ => Ok(()),
    }
}

/// Removes a folder and all in it, where there is one.
///
/// # Errors
/// Where it is there and cannot be removed.
pub fn remove_dir(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(failed("remove the folder", path, &why)),
        _ => Ok(()),
    }
}

/// Removes a folder if it is empty; anything else is left alone.
pub fn remove_dir_if_empty(path: &Path) {
    let _ = fs::remove_dir(path);
}

/// Whether a regular file is there.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Whether a folder is there.
#[must_use]
pub fn is_dir(path: &Path) -> bool {
    path.is_dir()
}

/// Whether anything is there, a dangling link included.
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The path without links; as it was where it cannot be resolved.
#[must_use]
pub fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The entries of a folder, sorted; empty where there is no such folder.
///
/// # Errors
/// Where it cannot be listed.
pub fn list(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(failed("list the folder", path, &why)),
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(|why| failed("list the folder", path, &why))?;
    paths.sort();
    Ok(paths)
}

/// All regular files below a folder, by their path relative to it with `/`, as deep as `depth` folders. Links are
/// not followed.
///
/// # Errors
/// Where a folder cannot be listed or a file cannot be read.
pub fn read_tree(root: &Path, depth: usize, limit: u64) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, level)) = folders.pop() {
        for path in list(&folder)? {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let relative = format!("{prefix}{name}");
            let kind = path.symlink_metadata().map_err(|why| failed("read", &path, &why))?.file_type();
            if kind.is_dir() && level < depth {
                folders.push((path.clone(), format!("{relative}/"), level + 1));
            } else if kind.is_file()
                && let Some(bytes) = read(&path, limit)?
            {
                files.insert(relative, bytes);
            }
        }
    }
    Ok(files)
}

/// Copies a file, or a folder and all in it, with the times of the files. Links are not followed.
///
/// # Errors
/// Where something cannot be read or written.
pub fn copy_with_times(from: &Path, to: &Path) -> Result<()> {
    let mut pairs = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = pairs.pop() {
        let metadata = from.symlink_metadata().map_err(|why| failed("read", &from, &why))?;
        if metadata.is_dir() {
            make_dir(&to)?;
            pairs.extend(list(&from)?.into_iter().filter_map(|path| Some((path.clone(), to.join(path.file_name()?)))));
        } else if metadata.is_file() {
            let times =
                || metadata.modified().and_then(|time| File::options().write(true).open(&to)?.set_modified(time));
            fs::copy(&from, &to).and_then(|_| times()).map_err(|why| failed("write", &to, &why))?;
        }
    }
    Ok(())
}

/// How many bytes the files below a folder hold.
#[must_use]
pub fn weigh(path: &Path) -> u64 {
    let mut total = 0;
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in list(&folder).unwrap_or_default() {
            match path.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                Ok(metadata) => total += metadata.len(),
                Err(_) => {}
            }
        }
    }
    total
}

/// A lock on a folder that one process holds at a time; given back when dropped or when the process ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its drop")] File);

impl Lock {
    /// Waits for the lock; `waiting` is called once if somebody else holds it.
    ///
    /// # Errors
    /// Where the lock file cannot be made, or a signal arrives while waiting.
    pub fn acquire(path: &Path, mut waiting: impl FnMut()) -> Result<Lock> {
        if let Some(folder) = path.parent() {
            make_dir(folder)?;
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|why| failed("lock", path, &why))?;
        let mut said = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock(file)),
                Err(fs::TryLockError::WouldBlock) => {
                    super::signal::check()?;
                    if !said {
                        waiting();
                        said = true;
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
                Err(fs::TryLockError::Error(why)) => return Err(failed("lock", path, &why)),
            }
        }
    }
}
