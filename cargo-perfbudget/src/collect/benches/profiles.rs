//! Profiles of the steady state, kept beside what was built: one file for each benchmark, of what was measured last.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::cuts::Steady;
use crate::collect::callgrind::{self, function_name};
use crate::collect::executable::digest;
use crate::model::{Benchmark, Profile, Subject, Target};
use crate::sys::files;

/// The largest profile that is read.
const PROFILE_BYTES_AT_MOST: u64 = 64 << 20;

/// The profile of a steady state, by names that are the same in another build.
pub(super) fn of(steady: &Steady) -> Profile {
    let mut functions: BTreeMap<String, u64> = BTreeMap::new();
    for (symbol, cost) in &steady.functions {
        *functions.entry(function_name(symbol)).or_default() += cost;
    }
    Profile(functions)
}

/// Keeps a profile in callgrind's format, which viewers read, too; `None` removes what is there. Failing to do so loses
/// nothing that is claimed.
pub(super) fn keep(folder: &Path, benchmark: &Benchmark, profile: Option<&Profile>) {
    let path = path(folder, benchmark);
    let Some(profile) = profile else {
        let _ = files::remove_file(&path);
        return;
    };
    let text = callgrind::write_profile(&profile.0, &Subject::Benchmark(benchmark.clone()).to_string());
    // Reading is cheaper than writing, and mostly nothing has changed.
    if files::read(&path, PROFILE_BYTES_AT_MOST).ok().flatten().as_deref() != Some(text.as_bytes()) {
        let _ = files::write(&path, text.as_bytes());
    }
}

/// The profile of a benchmark that was measured last; `None` where there is none that can be read.
#[must_use]
pub fn read(folder: &Path, benchmark: &Benchmark) -> Option<Profile> {
    let text = files::read_text(&path(folder, benchmark), PROFILE_BYTES_AT_MOST).ok()??;
    Some(Profile(callgrind::parse(&text).ok()?.functions))
}

/// Where a benchmark's profile is kept: a folder for its target, a file by the digest of its path, which may hold anything.
fn path(folder: &Path, benchmark: &Benchmark) -> PathBuf {
    let Target { package, name } = benchmark.target.as_ref();
    let readable: String =
        benchmark.path().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(60).collect();
    let digest = digest(benchmark.path().as_bytes());
    folder.join(format!("{package}.{name}")).join(format!("{readable}-{}.callgrind", &digest[..8]))
}
