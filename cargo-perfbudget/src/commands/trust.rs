//! Whether what lies here may be built: not where a workflow with a token to write was lured into a stranger's code.

use std::path::Path;

use crate::deliver::event::{self, Event, Origin};
use crate::error::{Error, Result};
use crate::sys::git::Repository;
use crate::sys::{env, files};

/// The largest description of an event that is read. GitHub's own limit is 25 MB.
const EVENT_BYTES_AT_MOST: u64 = 32 << 20;

/// What set the workflow off; `None` outside of one.
///
/// # Errors
/// Where the workflow is there and its event cannot be read.
pub(super) fn event() -> Result<Option<Event>> {
    let Some(name) = env::var("GITHUB_EVENT_NAME") else { return Ok(None) };
    let failed = |why: &str| {
        Error::usage(format!("cannot read the event `{name}`: {why}"))
            .hint("`GITHUB_EVENT_PATH` names the file that GitHub describes it in")
    };
    let path = env::var("GITHUB_EVENT_PATH").ok_or_else(|| failed("`GITHUB_EVENT_PATH` is not set"))?;
    let text = files::read_text(Path::new(&path), EVENT_BYTES_AT_MOST).map_err(|why| failed(&why.message))?;
    let text = text.ok_or_else(|| failed(&format!("there is no file `{path}`")))?;
    event::parse(&name, &text).map(Some).map_err(|why| failed(&why))
}

/// Refuses to go on where the code of a pull request would be built with the rights of the repository.
///
/// # Errors
/// Where it would, or nobody can tell.
pub(super) fn refuse_strangers(folder: &Path, manifest: Option<&Path>) -> Result<()> {
    if !matches!(env::var("GITHUB_EVENT_NAME").as_deref(), Some("pull_request_target" | "workflow_run")) {
        return Ok(());
    }
    let head = match event()? {
        Some(Event::Pull(pull)) => pull.head,
        Some(Event::Run(run)) if run.origin == Origin::Fork => run.head,
        _ => return Ok(()),
    };
    // A stranger's code may lie in a folder of its own, beside what may be trusted.
    let named = manifest.map(|manifest| folder.join(manifest));
    let folder = named.as_deref().and_then(Path::parent).unwrap_or(folder);
    let Some(repository) = Repository::of(folder) else { return Ok(()) };
    // The head itself, or a merge of it, as `refs/pull/N/merge` is.
    for revision in ["HEAD", "HEAD^2"] {
        if repository.commit(revision)?.is_some_and(|commit| commit == head) {
            return Err(Error::refused("the head of a pull request is checked out in a workflow that may hold secrets, so it is not built")
                .hint("measure it on `pull_request`, and comment on `workflow_run` without a checkout; `--trust-head` builds it all the same"));
        }
    }
    Ok(())
}
