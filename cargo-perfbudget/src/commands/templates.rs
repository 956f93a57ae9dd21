//! A project's own templates, read from a commit that is trusted: never from the change that is judged.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, Result};
use crate::model::Report;
use crate::render::comment::{Renderer, TemplateError, Templates};
use crate::sys::git::Repository;

/// Where they lie, in the project's folder.
const FOLDER: &str = "perfbudget/templates";
/// The largest template that is read.
const BYTES_AT_MOST: usize = 1 << 20;

/// The templates that a commit has in a project's folder.
pub(super) fn of_commit(repository: Option<&Repository>, commit: Option<&str>, project: &Path) -> Result<Templates> {
    let (Some(repository), Some(commit)) = (repository, commit) else { return Ok(Templates::default()) };
    let Some(folder) = repository.relative(&project.join(FOLDER)) else { return Ok(Templates::default()) };
    let files: BTreeMap<String, Vec<u8>> = repository.files(commit, &folder, BYTES_AT_MOST)?;
    let text = |name: &str| files.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    Ok(Templates { comment: text("comment.md"), summary: text("summary.md") })
}

/// The comment as it would be posted, without its marker.
pub(super) fn comment(report: &Report, templates: &Templates) -> Result<String> {
    Renderer::new(report, templates).and_then(|renderer| renderer.longest_comment()).map_err(|why| unusable(&why))
}

/// What a person is told of a template that does not work.
pub(super) fn unusable(why: &TemplateError) -> Error {
    let line = why.line.map_or(String::new(), |line| format!(":{line}"));
    Error::usage(format!("cannot render `{FOLDER}/{}{line}` of the base: {}", why.name, why.message))
        .hint("mend it in the base, or delete it there: the built-in one takes its place")
}
