//! Profiles of whole things, kept beside what was built: one file for each subject and metric, of what was measured last.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::callgrind;
use super::executable::digest;
use crate::model::{Key, Profile};
use crate::sys::files;

/// The largest profile that is read.
const PROFILE_BYTES_AT_MOST: u64 = 64 << 20;

/// Keeps a profile in callgrind's format; `None` removes what is there. Failing to do so loses nothing that is claimed.
pub(super) fn keep(folder: &Path, key: &Key, profile: Option<&BTreeMap<String, u64>>) {
    let path = path(folder, key);
    let _ = match profile {
        Some(profile) => files::write(&path, callgrind::write_profile(profile, &key.to_string()).as_bytes()),
        None => files::remove_file(&path),
    };
}

/// What each function cost the subject when it was measured last, in units of the metric; `None` where there is no profile that
/// can be read. The values of two such profiles add up to those of the two measurements.
#[must_use]
pub fn read(folder: &Path, key: &Key) -> Option<Profile> {
    let text = files::read_text(&path(folder, key), PROFILE_BYTES_AT_MOST).ok()??;
    Some(Profile(callgrind::parse(&text).ok()?.functions))
}

/// A file by the digest of the subject's name, which may hold anything.
fn path(folder: &Path, key: &Key) -> PathBuf {
    let (name, metric) = (key.subject.to_string(), key.metric);
    let readable: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(60).collect();
    let digest = digest(name.as_bytes());
    folder.join(key.subject.kind()).join(format!("{readable}-{}.{metric}.callgrind", &digest[..8]))
}
