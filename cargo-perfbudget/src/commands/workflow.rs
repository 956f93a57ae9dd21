//! The workflows that `init` writes: templates that work as they are, fitted to the project.

use std::path::PathBuf;

use super::Context;
use crate::cli::WorkflowChoice;
use crate::error::{Error, Result};
use crate::sys::{files, git};

const SINGLE: &str = include_str!("../../templates/workflow.yml");
const PAIR_CHECK: &str = include_str!("../../templates/workflow-pair-check.yml");
const PAIR_COMMENT: &str = include_str!("../../templates/workflow-pair-comment.yml");

/// Where workflows lie in a repository.
const FOLDER: &str = ".github/workflows";
/// Where the Action is.
const ACTION: &str = "https://github.com/cargo-perfbudget/cargo-perfbudget";
/// The tag of this version, which the templates name.
const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// What differs from project to project.
struct Facts {
    /// The commit of the Action that belongs to this version, where it could be asked for.
    commit: Option<String>,
    /// The default branch.
    branch: String,
    /// The project's folder in its repository.
    folder: String,
}

/// A workflow to be written: its name relative to the repository, its path, its text.
pub(super) struct Workflow {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// What is to be written, and what the user should know about it. Nothing is written here, so that it is all or nothing.
pub(super) fn workflows(context: &Context, choice: WorkflowChoice) -> Result<(Vec<Workflow>, Option<String>)> {
    let Some(repository) = &context.repository else {
        return Err(Error::usage("workflows belong to a repository, and this is none").hint("git init"));
    };
    let templates: &[(&str, &str)] = match choice {
        WorkflowChoice::Single => &[("perfbudget.yml", SINGLE)],
        WorkflowChoice::Pair => &[("perfbudget.yml", PAIR_CHECK), ("perfbudget-comment.yml", PAIR_COMMENT)],
    };
    for (file, _) in templates {
        if files::exists(&repository.root.join(FOLDER).join(file)) {
            return Err(Error::usage(format!("`{FOLDER}/{file}` is there already")).hint("edit it, or remove it first"));
        }
    }
    let default = repository.default_branch(context.plan.default_branch.as_deref())?;
    let branch = match default.or(repository.branch()?) {
        Some(name) => ["refs/remotes/origin/", "refs/heads/"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .map(str::to_owned)
            .unwrap_or(name),
        None => "main".to_owned(),
    };
    let folder = repository.relative(&context.project.root).unwrap_or_default();
    let facts = Facts { commit: git::remote_tag(ACTION, TAG), branch, folder };
    let written = templates
        .iter()
        .map(|(file, template)| Workflow {
            name: format!("{FOLDER}/{file}"),
            path: repository.root.join(FOLDER).join(file),
            text: fill(template, &facts),
        })
        .collect();
    let advice = facts.commit.is_none().then(|| {
        format!(
            "the commit of the Action's tag {TAG} could not be asked for, so the workflow names the tag; pin the commit"
        )
    });
    Ok((written, advice))
}

fn fill(template: &str, facts: &Facts) -> String {
    let mut text = template.to_owned();
    if let Some(commit) = &facts.commit {
        text = text.replace(&format!("cargo-perfbudget@{TAG}"), &format!("cargo-perfbudget@{commit} # {TAG}"));
    }
    if facts.branch != "main" {
        text = text.replace("branches: [main]", &format!("branches: [{}]", quoted(&facts.branch)));
    }
    if !facts.folder.is_empty() {
        text = text.replace("working-directory: .", &format!("working-directory: {}", quoted(&facts.folder)));
    }
    text
}

/// A text of YAML that means just itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(commit: Option<&str>, branch: &str, folder: &str) -> Facts {
        Facts { commit: commit.map(str::to_owned), branch: branch.to_owned(), folder: folder.to_owned() }
    }

    #[test]
    fn a_workflow_is_fitted_to_the_project() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let text = fill(SINGLE, &facts(Some(commit), "it's", "services/shop"));
        for part in [
            &format!("uses: cargo-perfbudget/cargo-perfbudget@{commit} # {TAG}\n"),
            "branches: ['it''s']\n",
            "working-directory: 'services/shop'\n",
        ] {
            assert_eq!(text.matches(part).count(), 1, "{part} in\n{text}");
        }
    }

    #[test]
    fn a_template_works_as_it_is_in_the_usual_project() {
        for template in [SINGLE, PAIR_CHECK, PAIR_COMMENT] {
            assert_eq!(fill(template, &facts(None, "main", "")), template);
            assert_eq!(template.matches(&format!("uses: cargo-perfbudget/cargo-perfbudget@{TAG}\n")).count(), 1);
        }
    }
}
