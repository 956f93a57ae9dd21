//! Why numbers moved: profiles of both sides, where both were measured here, and what the lock file changed.

use std::collections::BTreeMap;

use super::Context;
use super::elsewhere::{LOCK_BYTES_AT_MOST, Measured};
use crate::attribution;
use crate::collect::{self, lock};
use crate::error::Result;
use crate::model::cause::difference;
use crate::model::{Bump, Cause, Dependency, Evidence, Finding, Key, Outcome, Profile, Run, Verdict};
use crate::sys::files;

/// The cause of every number that the base, measured here, shows to be another. What is over without a profile has one where
/// the lock file may have to do with it.
pub(super) fn causes(
    context: &Context,
    base: &str,
    run: &Run,
    measured: &Measured,
    findings: &[Finding],
) -> Result<BTreeMap<Key, Cause>> {
    let profile = |key: &Key| collect::profile(&context.project.target_dir, key);
    let is_over = |key: &Key| findings.iter().any(|one| one.verdict == Verdict::Over && one.key.as_ref() == Some(key));
    let mut causes = BTreeMap::new();
    for key in measured.run.outcomes.keys() {
        let (Some(before), Some(after)) = (exact(&measured.run, key), exact(run, key)) else { continue };
        let profiled = cause((before, measured.profiles.get(key)), (after, profile(key).as_ref()));
        let unexplained = || (before < after && is_over(key)).then(|| without_profiles(before, after));
        if let Some(cause) = profiled.or_else(unexplained) {
            causes.insert(key.clone(), cause);
        }
    }
    if !causes.is_empty() {
        let (before, after) = lock_files(context, base)?;
        let bumps = lock::bumps(&before, &after);
        for cause in causes.values_mut() {
            cause.dependency = dependency(cause, &bumps);
        }
    }
    causes.retain(|_, cause| !cause.moved.is_empty() || cause.dependency.is_some());
    Ok(causes)
}

/// The cause of a difference of which nothing is known but its size.
pub(super) fn without_profiles(before: u64, after: u64) -> Cause {
    Cause { before, after, residue: difference(before, after), ..Cause::default() }
}

/// The cause of a difference; `None` where there is none, or where a side has no profile that belongs to its value.
pub(super) fn cause(before: (u64, Option<&Profile>), after: (u64, Option<&Profile>)) -> Option<Cause> {
    let of = |(value, profile): (u64, Option<&'_ Profile>)| profile.filter(|profile| profile.explains(value)).cloned();
    let ((from, to), (earlier, later)) = ((before.0, after.0), (of(before)?, of(after)?));
    (from != to).then(|| attribution::cause((from, &earlier), (to, &later)))
}

/// What changed packages have to do with it. That they could have something to do with a gain is not worth a word.
pub(super) fn dependency(cause: &Cause, bumps: &[Bump]) -> Option<Dependency> {
    let dependency = attribution::dependency(cause, bumps);
    dependency.filter(|dependency| cause.delta() > 0 || matches!(dependency, Dependency::Functions { .. }))
}

/// The lock files of the base and of the work tree. One that is not there is empty, and so is the other, with which it cannot
/// be compared.
pub(super) fn lock_files(context: &Context, base: &str) -> Result<(String, String)> {
    let own = files::read_text(&context.project.root.join("Cargo.lock"), LOCK_BYTES_AT_MOST)?;
    let before = lock_file(context, base)?;
    Ok(before.zip(own).unwrap_or_default())
}

/// The lock file of a commit; `None` where it has none.
pub(super) fn lock_file(context: &Context, commit: &str) -> Result<Option<String>> {
    let Some(repository) = &context.repository else { return Ok(None) };
    let inside = repository.relative(&context.project.root).unwrap_or_default();
    let path = if inside.is_empty() { "Cargo.lock".to_owned() } else { format!("{inside}/Cargo.lock") };
    let bytes = repository.file(commit, &path, LOCK_BYTES_AT_MOST as usize)?;
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// A number that was counted; `None` where it was not, or was only sampled.
pub(super) fn exact(run: &Run, key: &Key) -> Option<u64> {
    match run.outcomes.get(key)?.evidence()? {
        Evidence::Exact { value, .. } => Some(*value),
        Evidence::Sampled { .. } => None,
    }
}

/// Why a run has no value for what it was asked for.
pub(super) fn why_not(run: &Run) -> String {
    let failed = run.outcomes.values().find_map(|outcome| match outcome {
        Outcome::Failed(failure) => Some(failure.why.clone()),
        Outcome::Measured { .. } => None,
    });
    let why = failed.or_else(|| run.problems.first().map(|problem| problem.message.clone()));
    why.unwrap_or_else(|| "it is not there".to_owned())
}
