//! What a person calls the benchmark or file that is bisected → the subject, without a build where that can be.

use std::collections::BTreeSet;

use crate::baseline::store;
use crate::cli::BisectArgs;
use crate::commands::Context;
use crate::error::{Error, Result};
use crate::model::{Benchmark, Subject};
use crate::sys::git::Repository;

/// Candidates that are named where a text fits several.
const MAX_NAMES: usize = 10;

/// What is recorded in the work tree and at the bad commit, so that nothing must be built to know a name.
pub(super) fn recorded(
    context: &Context,
    repository: &Repository,
    args: &BisectArgs,
    bad: &str,
) -> Result<BTreeSet<Subject>> {
    let folder = repository.relative(&context.baseline).unwrap_or_default();
    let stored = [context.stored()?, store::of_revision(repository, bad, &folder)?];
    let sets = stored.iter().flat_map(|stored| &stored.baseline.sets);
    let keys = sets.flat_map(|set| set.records.keys()).filter(|key| key.metric == args.metric);
    Ok(keys.map(|key| key.subject.as_ref().clone()).collect())
}

/// The benchmark of that whole name; `None` where it cannot be one.
pub(super) fn whole(context: &Context, name: &str) -> Option<Subject> {
    let targets = context.project.bench_targets(&context.options).ok()?;
    targets.into_iter().find_map(|bench| {
        let path = name.strip_prefix(&bench.target.to_string())?.strip_prefix("::")?;
        Benchmark::from_path(bench.target, path).map(Subject::Benchmark)
    })
}

/// The one that has this name, or this text in its name as nobody else; `None` where nobody has.
pub(super) fn find(name: &str, subjects: BTreeSet<Subject>) -> Result<Option<Subject>> {
    let exact = |subject: &&Subject| subject.to_string() == name || subject.short() == name;
    let mut exactly = subjects.iter().filter(exact);
    if let (Some(subject), None) = (exactly.next(), exactly.next()) {
        return Ok(Some(subject.clone()));
    }
    let fitting: Vec<&Subject> = subjects.iter().filter(|subject| subject.to_string().contains(name)).collect();
    match fitting.as_slice() {
        [] => Ok(None),
        [subject] => Ok(Some((*subject).clone())),
        several => {
            let named: Vec<String> = several.iter().take(MAX_NAMES).map(|subject| subject.quoted()).collect();
            let more = several.len().saturating_sub(MAX_NAMES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Err(Error::usage(format!("{} have `{name}` in their name", several.len()))
                .hint(format!("name one: {}{more}", named.join(", "))))
        }
    }
}
