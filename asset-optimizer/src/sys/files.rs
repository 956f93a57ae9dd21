//! Files and folders: reads are bounded, writes are staged beside the target and renamed.
#![expect(clippy::disallowed_methods, reason = "this is the door to the file system")]

use std::fs::{self, File, FileTimes};
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::signal;
use crate::asset::ByteCount;
use crate::error::{Error, Result};

pub(super) fn failed(doing: &str, path: &Path, why: &std::io::Error) -> Error {
    let error = Error::environment(format!("cannot {doing} `{}`: {why}", path.display()));
    match why.kind() {
        ErrorKind::StorageFull => error.hint("free some space on the disk; nothing was half-written"),
        ErrorKind::PermissionDenied => error.hint("check the permissions"),
        _ => error,
    }
}

/// Distinguishes what one process stages at the same time.
static STAGED: AtomicU64 = AtomicU64::new(0);

fn staged_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let number = STAGED.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()))
}

/// A file's bytes; `None` where there is no such file.
///
/// # Errors
/// Where it cannot be read, is no regular file, is larger than `limit` bytes, or changes while it is read.
pub fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(why) => return Err(failed("read", path, &why)),
    };
    let before = file.metadata().map_err(|why| failed("read", path, &why))?;
    if !before.is_file() {
        return Err(Error::environment(format!("cannot read `{}`: it is not a regular file", path.display())));
    }
    let mut bytes = Vec::with_capacity(before.len().min(limit) as usize);
    (&mut file).take(limit + 1).read_to_end(&mut bytes).map_err(|why| failed("read", path, &why))?;
    if bytes.len() as u64 > limit {
        return Err(Error::environment(format!("cannot read `{}`: it is larger than {limit} bytes", path.display())));
    }
    let after = file.metadata().map_err(|why| failed("read", path, &why))?;
    refuse_unsteady(path, &before, &after, bytes.len() as u64)?;
    Ok(Some(bytes))
}

/// Leaves a trace that a file was used, where that can be.
pub fn touch(path: &Path) {
    // The time of use and not of change, by which a reader tells that a file changed while it was read.
    let used = FileTimes::new().set_accessed(SystemTime::now());
    let _ = File::open(path).and_then(|file| file.set_times(used));
}

/// The files of the folders of a folder, by their paths in it, in their order: what they weigh, and when they were used last,
/// in seconds since 1970. None where there is no folder.
///
/// # Errors
/// Where it cannot be listed.
pub fn two_deep(root: &Path) -> Result<Vec<(String, u64, i64)>> {
    let listed = |folder: &Path| match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<std::io::Result<Vec<_>>>().map_err(|why| failed("list", folder, &why)),
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(why) => Err(failed("list", folder, &why)),
    };
    let seconds = |time: std::io::Result<SystemTime>| {
        let since = time.ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    let mut found = Vec::new();
    for folder in listed(root)? {
        for file in listed(&folder.path())? {
            // What is gone meanwhile is not there.
            let Ok(metadata) = file.metadata() else { continue };
            if metadata.is_file() {
                let place = format!("{}/{}", folder.file_name().to_string_lossy(), file.file_name().to_string_lossy());
                let used = seconds(metadata.accessed()).max(seconds(metadata.modified())).unwrap_or_default();
                found.push((place, metadata.len(), used));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Removes a file; one that is not there is none to remove.
///
/// # Errors
/// Where it cannot be removed.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(failed("remove", path, &why)),
        _ => Ok(()),
    }
}

/// The last bytes of a file, at most so many.
///
/// # Errors
/// Where it cannot be read.
pub fn read_tail(path: &Path, most: u64) -> Result<Vec<u8>> {
    use std::io::{Seek, SeekFrom};
    let tail = || {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).map(|_| bytes)
    };
    tail().map_err(|why| failed("read", path, &why))
}

/// The first bytes of a file, at most so many.
///
/// # Errors
/// Where it cannot be read.
#[cfg(feature = "optimize")]
pub fn read_head(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let head = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    head.map_err(|why| failed("read", path, &why))?;
    Ok(bytes)
}

/// Replaces a file as a whole: afterwards it holds `bytes` or what it held before.
///
/// # Errors
/// Where the folder cannot be made or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    make_dir(path.parent().unwrap_or(Path::new(".")))?;
    let staged = staged_beside(path);
    let outcome =
        File::create(&staged).and_then(|mut file| file.write_all(bytes)).and_then(|()| fs::rename(&staged, path));
    outcome.map_err(|why| {
        let _ = fs::remove_file(&staged);
        failed("write", path, &why)
    })
}

/// Writes a file in a folder that nobody else sees yet.
///
/// # Errors
/// Where the folder cannot be made or the file cannot be written.
pub fn write_unseen(path: &Path, bytes: &[u8]) -> Result<()> {
    signal::wait_if_stopping();
    make_dir(path.parent().unwrap_or(Path::new(".")))?;
    fs::write(path, bytes).map_err(|why| failed("write", path, &why))
}

/// The same, piece by piece, of what is too much to be held in memory.
///
/// # Errors
/// Where the folder cannot be made or the file cannot be written.
pub fn write_pieces_unseen(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    signal::wait_if_stopping();
    make_dir(path.parent().unwrap_or(Path::new(".")))?;
    let written = File::create(path).and_then(|file| {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.flush()
    });
    written.map_err(|why| failed("write", path, &why))
}

/// Copies a file into a folder that nobody else sees yet, in pieces.
///
/// # Errors
/// Where it is no regular file or changes while it is read, or where it cannot be read or written.
pub fn copy_unseen(from: &Path, to: &Path) -> Result<()> {
    signal::wait_if_stopping();
    make_dir(to.parent().unwrap_or(Path::new(".")))?;
    let mut source = open(from)?;
    let before = source.metadata().map_err(|why| failed("read", from, &why))?;
    let copied = File::create(to).and_then(|mut file| std::io::copy(&mut source, &mut file));
    let copied = copied.map_err(|why| failed("write", to, &why))?;
    let after = source.metadata().map_err(|why| failed("read", from, &why))?;
    refuse_unsteady(from, &before, &after, copied)
}

/// Moves a file within a folder that nobody else sees yet.
///
/// # Errors
/// Where it cannot be moved.
#[cfg(feature = "optimize")]
pub fn rename_unseen(from: &Path, to: &Path) -> Result<()> {
    signal::wait_if_stopping();
    fs::rename(from, to).map_err(|why| failed("rename", from, &why))
}

/// Removes a file from a folder that nobody else sees yet.
///
/// # Errors
/// Where it cannot be removed.
#[cfg(feature = "optimize")]
pub fn remove_unseen(path: &Path) -> Result<()> {
    signal::wait_if_stopping();
    fs::remove_file(path).map_err(|why| failed("remove", path, &why))
}

/// Opens a regular file, to be read in pieces.
///
/// # Errors
/// Where it cannot be opened, or is no regular file.
pub fn open(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|why| failed("read", path, &why))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(Error::environment(format!("cannot read `{}`: it is not a regular file", path.display())));
    }
    Ok(file)
}

/// What a file weighs.
///
/// # Errors
/// Where it cannot be asked.
pub fn length(path: &Path) -> Result<ByteCount> {
    path.metadata().map(|metadata| ByteCount(metadata.len())).map_err(|why| failed("read", path, &why))
}

fn refuse_unsteady(path: &Path, before: &fs::Metadata, after: &fs::Metadata, read: u64) -> Result<()> {
    if before.modified().ok() == after.modified().ok() && after.len() == read {
        return Ok(());
    }
    Err(Error::environment(format!("cannot read `{}`: it changes while it is read", path.display()))
        .hint("wait for the build to end"))
}

/// Makes a folder and the ones above it.
///
/// # Errors
/// Where one of them cannot be made.
pub fn make_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|why| failed("make the folder", path, &why))
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

/// Whether anything is there, a dangling link included.
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether a folder is there.
#[must_use]
pub fn is_dir(path: &Path) -> bool {
    path.is_dir()
}

/// Whether a file is there.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Whether a folder is there and nothing is in it.
#[must_use]
pub fn is_empty_dir(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// The path without links and `..`, also where its last parts are not there yet.
///
/// # Errors
/// Where what is there cannot be resolved.
pub fn resolved(path: &Path) -> Result<PathBuf> {
    let mut missing = Vec::new();
    let mut there = std::path::absolute(path).map_err(|why| failed("resolve", path, &why))?;
    while !exists(&there) {
        let Some(name) = there.file_name().map(std::ffi::OsStr::to_owned) else { break };
        missing.push(name);
        there.pop();
    }
    let there = there.canonicalize().map_err(|why| failed("resolve", path, &why))?;
    Ok(missing.into_iter().rev().fold(there, |path, name| path.join(name)))
}

/// Puts a folder where nothing is, or an empty folder.
///
/// # Errors
/// Where it cannot be moved; then nothing has changed.
pub fn put_in_place(staged: &Path, place: &Path) -> Result<()> {
    let _whole = signal::whole();
    if is_empty_dir(place) {
        fs::remove_dir(place).map_err(|why| failed("replace", place, &why))?;
    }
    fs::rename(staged, place).map_err(|why| failed("write", place, &why))
}

/// Puts a folder where another one is, which ends up where the first one was. On Linux in one step that nobody sees half
/// of; elsewhere, and on file systems that cannot, in two, and back where the second one fails.
///
/// # Errors
/// Where it cannot be moved; then nothing has changed.
pub fn exchange(staged: &Path, place: &Path) -> Result<()> {
    let _whole = signal::whole();
    #[cfg(all(target_os = "linux", feature = "optimize"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, staged, CWD, place, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    let aside = staged_beside(place);
    fs::rename(place, &aside).map_err(|why| failed("replace", place, &why))?;
    if let Err(why) = fs::rename(staged, place) {
        let _ = fs::rename(&aside, place);
        return Err(failed("replace", place, &why));
    }
    fs::rename(&aside, staged).map_err(|why| failed("move away", &aside, &why))
}

/// A new folder beside a place, which is removed when dropped.
#[derive(Debug)]
pub struct Staged(PathBuf);

impl Staged {
    /// A new folder beside `place`, on the same file system.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn beside(place: &Path) -> Result<Staged> {
        let staged = staged_beside(place);
        signal::whole().insert(staged.clone());
        make_dir(&staged)?;
        Ok(Staged(staged))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
        signal::whole().remove(&self.0);
    }
}

/// A folder for a test, removed when dropped.
///
/// # Errors
/// Where it cannot be made.
#[cfg(test)]
pub fn scratch(name: &str) -> Result<Staged> {
    Staged::beside(&std::env::temp_dir().join(format!("asset-optimizer-{name}")))
}
