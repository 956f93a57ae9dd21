//! What was kept → a folder that appears whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::asset::AssetPath;
use crate::choose::Choice;
use crate::error::{Error, Result};
use crate::sys::files::{self, Staged};
use crate::sys::stale::{self, Held};

/// What happens to an output that is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is an error, unless it is an empty folder.
    #[default]
    Refuse,
    /// It is replaced as a whole.
    Replace,
}

/// Where the output goes, and where it grows until it is whole.
#[derive(Debug)]
pub struct Output {
    place: PathBuf,
    staged: Staged,
    _held: Held,
}

/// Refuses an output that cannot be: within the source, around it, or over something else.
///
/// # Errors
/// Where it cannot be.
pub fn refuse(source: &Path, place: &Path, existing: Existing) -> Result<()> {
    let (source, place) = (files::resolved(source)?, files::resolved(place)?);
    let usage = |what: &str| Err(Error::usage(format!("the output `{}` {what}", place.display())));
    if place == source {
        return usage("is the source, which is never written to").map_err(|error| error.hint("name another folder"));
    }
    if place.starts_with(&source) {
        return usage("lies in the source, which is never written to");
    }
    if source.starts_with(&place) {
        return usage("holds the source, and would replace it");
    }
    if !files::exists(&place) || files::is_empty_dir(&place) {
        return Ok(());
    }
    if !files::is_dir(&place) {
        return usage("is not a folder");
    }
    match existing {
        Existing::Replace => Ok(()),
        Existing::Refuse => usage("is there already")
            .map_err(|error| error.hint("`--replace` replaces it as a whole, and only when the new one is complete")),
    }
}

impl Output {
    /// Begins an output, where what an earlier run left behind that was killed is taken away first.
    ///
    /// # Errors
    /// Where no folder can be made beside its place.
    pub fn begin(place: &Path) -> Result<Output> {
        let place = files::resolved(place)?;
        stale::sweep(&place);
        loop {
            let staged = Staged::beside(&place)?;
            // Another run may have swept between these two lines.
            if let Some(held) = stale::hold(staged.path()) {
                return Ok(Output { staged, place, _held: held });
            }
        }
    }

    /// Adds a file with what belongs to it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add(&self, path: &AssetPath, choice: &Choice, map: Option<(&AssetPath, &[u8])>) -> Result<()> {
        self.put(path.as_str().as_ref(), &choice.bytes)?;
        for (encoding, bytes) in &choice.encoded {
            self.put(path.with_suffix(encoding.suffix()).as_str().as_ref(), bytes)?;
        }
        if let Some((path, bytes)) = map {
            self.put(path.as_str().as_ref(), bytes)?;
        }
        Ok(())
    }

    /// Adds a file as it is.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put(&self, relative: &Path, bytes: &[u8]) -> Result<()> {
        files::write_unseen(&self.staged.path().join(relative), bytes)
    }

    /// The same, piece by piece, of what is too much to be held in memory.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put_pieces(&self, relative: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        files::write_pieces_unseen(&self.staged.path().join(relative), write)
    }

    /// Adds a file that is too large to be held in memory, as it is.
    ///
    /// # Errors
    /// Where it cannot be read or written, or changes meanwhile.
    pub fn copy(&self, relative: &Path, from: &Path) -> Result<()> {
        files::copy_unseen(from, &self.staged.path().join(relative))
    }

    /// Reads a file that was added.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(&self, path: &AssetPath) -> Result<Vec<u8>> {
        let bytes = files::read(&self.staged.path().join(path.as_str()), u64::MAX - 1)?;
        bytes.ok_or_else(|| Error::environment(format!("`{path}` has gone from the output before it was whole")))
    }

    /// Gives a file that was added another name.
    ///
    /// # Errors
    /// Where it cannot be moved.
    pub fn rename(&self, from: &AssetPath, to: &AssetPath) -> Result<()> {
        files::rename_unseen(&self.staged.path().join(from.as_str()), &self.staged.path().join(to.as_str()))
    }

    /// Removes a file that was added.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn remove(&self, relative: &Path) -> Result<()> {
        files::remove_unseen(&self.staged.path().join(relative))
    }

    /// Shows the output: all of it is in its place afterwards, or nothing has changed.
    ///
    /// # Errors
    /// Where it cannot be put there.
    pub fn finish(self) -> Result<()> {
        if files::exists(&self.place) && !files::is_empty_dir(&self.place) {
            // What was there goes with what it was exchanged for.
            return files::exchange(self.staged.path(), &self.place);
        }
        files::put_in_place(self.staged.path(), &self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files::{read, scratch, write};

    #[test]
    fn an_output_is_refused_where_it_would_harm() {
        let place = scratch("refuse").unwrap();
        let path = |name: &str| place.path().join(name);
        write(&path("dist/a.txt"), b"x").unwrap();
        write(&path("full/b.txt"), b"x").unwrap();
        write(&path("file"), b"x").unwrap();
        files::make_dir(&path("empty")).unwrap();
        let check = |name: &str, existing: Existing, expected: Option<&str>| {
            let answer = refuse(&path("dist"), &path(name), existing).map_err(|error| error.message);
            match expected {
                None => assert_eq!(answer, Ok(()), "{name}"),
                Some(why) => assert!(answer.as_ref().unwrap_err().contains(why), "{name}: {answer:?}"),
            }
        };
        check("new/deep", Existing::Refuse, None);
        check("empty", Existing::Refuse, None);
        check("full", Existing::Refuse, Some("is there already"));
        check("full", Existing::Replace, None);
        check("file", Existing::Replace, Some("is not a folder"));
        check("dist", Existing::Replace, Some("is the source"));
        check("dist/out", Existing::Refuse, Some("lies in the source"));
        check("dist/../dist/out", Existing::Refuse, Some("lies in the source"));
        check(".", Existing::Replace, Some("holds the source"));
    }

    #[test]
    fn an_output_appears_whole_or_not_at_all() {
        let place = scratch("whole").unwrap();
        let out = place.path().join("out");
        let begun = Output::begin(&out).unwrap();
        begun.put("a/b.txt".as_ref(), b"new").unwrap();
        assert!(!files::exists(&out));
        drop(begun);
        assert!(files::is_empty_dir(place.path()), "nothing is left of what was not finished");
        for text in [b"one", b"two"] {
            let begun = Output::begin(&out).unwrap();
            begun.put("a/b.txt".as_ref(), text).unwrap();
            begun.finish().unwrap();
            assert_eq!(read(&out.join("a/b.txt"), 10).unwrap().unwrap(), text);
        }
        assert_eq!(crate::sys::tree::walk(place.path()).unwrap().len(), 1);
    }
}
