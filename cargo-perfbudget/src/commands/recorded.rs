//! What a run is judged against: the records of the base and of the work tree.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::base::Base;
use super::{CONFIG_BYTES_AT_MOST, CONFIG_FILE, Context, show, templates};
use crate::baseline::store::Stored;
use crate::cli::{Format, Output};
use crate::deliver::deliver;
use crate::error::Result;
use crate::judge::{Case, Confirmation};
use crate::model::shard::Terms;
use crate::model::{Baseline, Key, Problem, Report, Run};
use crate::render::comment::Templates;
use crate::render::json;
use crate::sys::{env, files};

/// The records of both, and the base that they were looked for at.
pub(super) struct Recorded {
    /// The base.
    pub(super) base: Base,
    /// The records as they lie in the work tree.
    pub(super) head: Stored,
    /// The records of the base; the work tree's, where the base has none.
    of_base: Stored,
    /// What the place of `of_base` is called in reports.
    name: String,
    /// What is wrong with the files of either.
    problems: Vec<Problem>,
}

impl Recorded {
    /// Reads both; the base is the one that the user named, or else found.
    pub(super) fn find(context: &Context, named: Option<&str>) -> Result<Recorded> {
        let head = context.stored()?;
        let base = Base::find(context, named)?;
        let (of_base, name) = base.stored(context, &head)?;
        let mut problems = head.problems(context.baseline_name());
        if of_base.files != head.files {
            problems.extend(of_base.problems(&format!("{name}:{}", context.baseline_name())));
        }
        Ok(Recorded { base, head, of_base, name, problems })
    }

    /// The records of the base.
    pub(super) fn baseline(&self) -> &Baseline {
        &self.of_base.baseline
    }

    /// Every key that is recorded, of the base first; those that both have come twice.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        let sets = self.of_base.baseline.sets.iter().chain(&self.head.baseline.sets);
        sets.flat_map(|set| set.records.keys())
    }

    /// What is to be judged of a run, before the base was measured.
    pub(super) fn case<'a>(&'a self, context: &'a Context, run: &'a Run) -> Result<Case<'a>> {
        let is_one = self.of_base.files == self.head.files;
        Ok(Case {
            run,
            base: &self.of_base.baseline,
            head: if is_one { &self.of_base.baseline } else { &self.head.baseline },
            confirmation: Confirmation::Pending,
            base_name: &self.name,
            commits_since_record: self.base.commits_since_record(context)?,
            on_default_branch: self.base.on_default_branch,
            budgets: &context.plan.budgets,
            severities: &context.plan.severities,
            today: env::today(),
            is_ci: env::is_ci(),
            problems: &self.problems,
        })
    }

    /// What jobs must agree on to be one check.
    ///
    /// # Errors
    /// Where git cannot be asked.
    pub(super) fn terms(&self, context: &Context) -> Result<Terms> {
        let commit = context.repository.as_ref().map(|repository| repository.commit("HEAD")).transpose()?.flatten();
        let mut files = Sha256::new();
        let config = files::read(&context.project.root.join(CONFIG_FILE), CONFIG_BYTES_AT_MOST)?.unwrap_or_default();
        let own = [(CONFIG_FILE, config.as_slice())];
        let records = self.head.files.iter().chain(&self.of_base.files);
        for (name, bytes) in own.into_iter().chain(records.map(|(name, bytes)| (name.as_str(), bytes.as_slice()))) {
            for part in [name.as_bytes(), bytes] {
                files.update((part.len() as u64).to_le_bytes());
                files.update(part);
            }
        }
        Ok(Terms {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            commit,
            base: self.base.commit.clone(),
            files: format!("{:x}", files.finalize()),
        })
    }

    /// Writes the report where it is wanted, and returns the exit code.
    pub(super) fn deliver(
        &self,
        context: &Context,
        report: &Report,
        path: Option<&Path>,
        output: &Output,
    ) -> Result<u8> {
        if let Some(path) = path {
            deliver(&json::write(report), Some(path))?;
        }
        let templates = match output.format {
            Format::Markdown => {
                let (repository, commit) = (context.repository.as_ref(), self.base.commit.as_deref());
                templates::of_commit(repository, commit, &context.project.root)?
            }
            _ => Templates::default(),
        };
        show(report, output, &templates, context)
    }
}
