//! Profiles of commands, kept beside what was built: one file for each command and metric, of what was measured last.

use std::path::{Path, PathBuf};

use super::sites::Sites;
use crate::collect::callgrind;
use crate::collect::executable::digest;
use crate::model::{Metric, Profile};
use crate::sys::files;

/// The largest profile that is read.
const PROFILE_BYTES_AT_MOST: u64 = 64 << 20;

/// Keeps a profile in callgrind's format; `None` removes what is there. Failing to do so loses nothing that is claimed.
pub(super) fn keep(folder: &Path, name: &str, metric: Metric, profile: Option<&Sites>) {
    let path = path(folder, name, metric);
    let _ = match profile {
        Some(profile) => {
            files::write(&path, callgrind::write_profile(profile, &format!("command {name} {metric}")).as_bytes())
        }
        None => files::remove_file(&path),
    };
}

/// What each function cost the command that was measured last, in units of the metric; `None` where there is no profile that
/// can be read. The values of two such profiles add up to those of the two measurements.
#[must_use]
pub fn read(folder: &Path, name: &str, metric: Metric) -> Option<Profile> {
    let text = files::read_text(&path(folder, name, metric), PROFILE_BYTES_AT_MOST).ok()??;
    Some(Profile(callgrind::parse(&text).ok()?.functions))
}

/// A file by the digest of the command's name, which may hold anything.
fn path(folder: &Path, name: &str, metric: Metric) -> PathBuf {
    let readable: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(60).collect();
    let digest = digest(name.as_bytes());
    folder.join("commands").join(format!("{readable}-{}.{metric}.callgrind", &digest[..8]))
}
