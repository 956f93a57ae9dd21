//! The base: which commit a change is compared with, and what it measures here.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::elsewhere::{Elsewhere, Measured, Order};
use crate::baseline::store::{self, Stored};
use crate::cli::Selection;
use crate::collect::Expected;
use crate::error::{Kind, Result};
use crate::judge::Confirmation;
use crate::model::{Code, Key, Problem, Run, shard};
use crate::sys::git::{Repository, short};

/// The commit to compare with.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// The commit, where one was found.
    pub(super) commit: Option<String>,
    /// What it is called in reports.
    pub(super) name: String,
    /// Whether the head is the default branch itself.
    pub(super) on_default_branch: bool,
    /// Why no commit was found.
    pub(super) problem: Option<Problem>,
}

/// The base as it measures here, or why it does not.
pub(super) enum Confirmed {
    /// What it measures.
    Measured(Box<Measured>),
    /// Why it does not.
    Refused(Problem),
}

impl Confirmed {
    /// As it is judged.
    pub(super) fn as_confirmation(&self) -> Confirmation<'_> {
        match self {
            Confirmed::Measured(measured) => Confirmation::Measured(&measured.run),
            Confirmed::Refused(problem) => Confirmation::Refused(problem),
        }
    }

    /// As other jobs get it.
    pub(super) fn into_part(self) -> shard::Confirmed {
        match self {
            Confirmed::Measured(measured) => shard::Confirmed::Measured(Box::new(measured.run)),
            Confirmed::Refused(problem) => shard::Confirmed::Refused(problem),
        }
    }

    pub(super) fn run(&self) -> Option<&Run> {
        match self {
            Confirmed::Measured(measured) => Some(&measured.run),
            Confirmed::Refused(_) => None,
        }
    }
}

impl Base {
    fn unknown(message: &str, hint: &str) -> Base {
        let problem =
            Problem { code: Code::BaseUnknown, target: None, message: message.into(), hint: Some(hint.into()) };
        Base { commit: None, name: "work tree".into(), on_default_branch: false, problem: Some(problem) }
    }

    /// Finds it: what the user named, the merge-base with the default branch, or on that branch itself `HEAD` while the
    /// work tree has changes and its parent when it is clean.
    pub(super) fn find(context: &Context, named: Option<&str>) -> Result<Base> {
        let Some(repository) = &context.repository else {
            return Ok(Base::unknown("this is no git repository, so there is no commit to compare with", "git init"));
        };
        let Some(head) = repository.commit("HEAD")? else {
            return Ok(Base::unknown("nothing is committed yet, so there is no commit to compare with", "git commit"));
        };
        let found = |commit: String, on_default_branch| Base {
            name: short(&commit).to_owned(),
            commit: Some(commit),
            on_default_branch,
            problem: None,
        };
        let shallow = "this is a shallow clone, and the commit to compare with is not in it";
        let deepen = "git fetch --unshallow, or `fetch-depth: 0` in actions/checkout";
        if let Some(named) = named {
            return match repository.commit(named)? {
                // A branch stands for where it was left, as git itself has it in `A...B`.
                Some(commit) => Ok(found(repository.merge_base(&commit, &head)?.unwrap_or(commit), false)),
                None => Err(crate::error::Error::usage(format!("there is no revision `{named}`"))
                    .hint(if repository.is_shallow()? { deepen } else { "git log --oneline --all" })),
            };
        }
        let branch = repository.branch()?;
        let Some(default) = repository.default_branch(context.plan.default_branch.as_deref())? else {
            if context.plan.default_branch.is_none() && branch.is_some() {
                return Base::of_default_branch(repository, head);
            }
            return Ok(Base::unknown(
                "the default branch was not found",
                "set `default-branch` in `perfbudget.toml`, fetch it, or name a base with `--base REV`",
            ));
        };
        let is_default = branch.as_deref().is_some_and(|name| default.rsplit('/').next() == name.rsplit('/').next());
        match repository.merge_base(&default, &head)? {
            Some(commit) if commit == head => Base::of_default_branch(repository, head),
            Some(commit) => Ok(found(commit, is_default)),
            None if repository.is_shallow()? => Ok(Base::unknown(shallow, deepen)),
            None => Ok(Base::unknown("the head and the default branch have no commit in common", "--base REV")),
        }
    }

    fn of_default_branch(repository: &Repository, head: String) -> Result<Base> {
        let commit = if repository.is_dirty()? {
            head
        } else {
            match repository.commit("HEAD^")? {
                Some(parent) => parent,
                None if repository.is_shallow()? => {
                    return Ok(Base::unknown(
                        "this is a shallow clone, and the parent of `HEAD` is not in it",
                        "git fetch --unshallow, or `fetch-depth: 0` in actions/checkout",
                    ));
                }
                None => head,
            }
        };
        Ok(Base { name: short(&commit).to_owned(), commit: Some(commit), on_default_branch: true, problem: None })
    }

    /// The records as the base has them; the work tree's, where the base has none.
    pub(super) fn stored(&self, context: &Context, head: &Stored) -> Result<(Stored, String)> {
        if let (Some(commit), Some(repository)) = (&self.commit, &context.repository)
            && let Some(folder) = repository.relative(&context.baseline)
        {
            let stored = store::of_revision(repository, commit, &folder)?;
            if !stored.files.is_empty() {
                return Ok((stored, self.name.clone()));
            }
        }
        Ok((head.clone(), "the work tree".to_owned()))
    }

    /// Builds it here and measures the keys.
    pub(super) fn measure(
        &self,
        context: &Context,
        selection: &Selection,
        keys: BTreeSet<Key>,
        expected: BTreeMap<Key, Expected>,
        reuse: bool,
    ) -> Result<Confirmed> {
        let Some(commit) = &self.commit else {
            let message = "the base is not known".to_owned();
            let unknown = Problem { code: Code::BaseUnknown, target: None, message, hint: None };
            return Ok(Confirmed::Refused(self.problem.clone().unwrap_or(unknown)));
        };
        let options = selection.building.cargo_options(true);
        let order = Order { keys, expected, options: &options, reuse, passed: &selection.passed };
        match measure(context, commit, order) {
            Ok(measured) => Ok(Confirmed::Measured(Box::new(measured))),
            Err(why) if why.kind == Kind::Interrupted => Err(why),
            Err(why) => Ok(Confirmed::Refused(Problem {
                code: Code::BaseUnbuildable,
                target: None,
                message: format!("the base {} could not be measured here: {}", self.name, why.message),
                hint: why.hint,
            })),
        }
    }

    /// How many commits lie between the last change of the record and the base.
    pub(super) fn commits_since_record(&self, context: &Context) -> Result<Option<u64>> {
        let (Some(commit), Some(repository)) = (&self.commit, &context.repository) else { return Ok(None) };
        let Some(folder) = repository.relative(&context.baseline) else { return Ok(None) };
        repository.commits_since(commit, &folder)
    }
}

/// Builds the base here and measures the keys. The error's text says why that cannot be done.
fn measure(context: &Context, commit: &str, order: Order<'_>) -> Result<Measured> {
    let elsewhere = Elsewhere::open(context)?;
    context.tell(0, 0, &format!("checking out the base {}", short(commit)));
    elsewhere.check_out(commit)?;
    elsewhere.measure(order, "base")
}
