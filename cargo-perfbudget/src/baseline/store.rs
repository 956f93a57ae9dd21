//! Where the baseline lies: in the work tree, or in a revision of git. Writes touch only what has changed.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Broken, read, write};
use crate::error::Result;
use crate::model::{Baseline, Problem};
use crate::sys::files;
use crate::sys::git::Repository;

/// The largest file that is read.
const FILE_BYTES_AT_MOST: u64 = 16 << 20;

/// A baseline as it was found.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// What could be read.
    pub baseline: Baseline,
    /// What could not.
    pub broken: Vec<Broken>,
    /// The files, by their path within the folder.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Stored {
    fn of_files(files: BTreeMap<String, Vec<u8>>) -> Stored {
        let files: BTreeMap<_, _> = files.into_iter().filter(|(path, _)| path.ends_with(".toml")).collect();
        let (baseline, broken) = read(&files);
        Stored { baseline, broken, files }
    }

    /// What could not be read, as a person is told it. `folder` is put before each path.
    #[must_use]
    pub fn problems(&self, folder: &str) -> Vec<Problem> {
        let problem = |broken: &Broken| Problem {
            code: broken.code,
            target: None,
            message: format!("{folder}/{}:{}: {}", broken.path, broken.line, broken.message),
            hint: broken.hint.clone(),
        };
        self.broken.iter().map(problem).collect()
    }
}

/// The baseline as it lies in the work tree; empty where there is no such folder.
///
/// # Errors
/// Where a file is there and cannot be read.
pub fn of_work_tree(folder: &Path) -> Result<Stored> {
    Ok(Stored::of_files(files::read_tree(folder, 1, FILE_BYTES_AT_MOST)?))
}

/// The baseline as a revision has it; empty where it has none. `folder` is relative to the top of the repository.
///
/// # Errors
/// Where git fails us.
pub fn of_revision(repository: &Repository, revision: &str, folder: &str) -> Result<Stored> {
    Ok(Stored::of_files(repository.files(revision, folder, FILE_BYTES_AT_MOST as usize)?))
}

/// Writes the files that have changed and removes those that hold nothing any more. Files that could not be read are left
/// alone. Returns the paths that were written or removed.
///
/// # Errors
/// Where a file cannot be written; the others are whole.
pub fn save(folder: &Path, found: &Stored, baseline: &Baseline) -> Result<Vec<String>> {
    let texts = write(baseline);
    let mut touched = Vec::new();
    for (path, text) in &texts {
        if found.files.get(path).is_none_or(|old| old != text.as_bytes()) {
            files::write(&folder.join(path), text.as_bytes())?;
            touched.push(path.clone());
        }
    }
    let broken = |path: &String| found.broken.iter().any(|broken| broken.path == *path);
    for path in found.files.keys().filter(|path| !texts.contains_key(*path) && !broken(path)) {
        let file = folder.join(path);
        files::remove_file(&file)?;
        if let Some(parent) = file.parent() {
            files::remove_dir_if_empty(parent);
        }
        touched.push(path.clone());
    }
    Ok(touched)
}
