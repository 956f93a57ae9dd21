//! `ingest`: what other tools have measured, judged like anything else; nothing is built or run.

use std::collections::BTreeSet;
use std::path::Path;

use super::base::Base;
use super::{Context, accept, record, show, templates};
use crate::cli::{Building, IngestArgs, RecordArgs, Selection};
use crate::collect::ingest::ingest;
use crate::config::IngestPlan;
use crate::config::ingest::{Format, plan_of};
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::judge::{Case, Confirmation, judge};
use crate::model::{Baseline, Key, Run, Subject};
use crate::render::json;
use crate::sys::{env, files};

/// Whether a run read everything that the configuration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Narrowed,
}

pub(super) fn run(args: &IngestArgs) -> Result<u8> {
    let building = Building { manifest_path: args.manifest_path.clone(), offline: true, ..Building::default() };
    let selection = Selection { building, trust_head: args.trust_head, ..Selection::default() };
    let context = Context::load(&selection, &args.output.voice)?;
    let (plans, extent) = wanted(&context, args)?;
    let head = context.stored()?;
    let mut run = ingest(&context.project.root, &context.plan, &plans, &[])?;
    let base = Base::find(&context, args.base.as_deref())?;
    let (recorded, base_name) = base.stored(&context, &head)?;
    if extent == Extent::Narrowed {
        narrow(&mut run, &[&recorded.baseline, &head.baseline]);
    }
    if args.record {
        let voice = args.output.voice.clone();
        let allow_regression = args.allow_regression;
        let args = RecordArgs { selection, voice, allow_regression, ..RecordArgs::default() };
        return record::write(&context, &args, &head, &head.baseline, &run);
    }
    let mut problems = head.problems(context.baseline_name());
    if recorded.files != head.files {
        problems.extend(recorded.problems(&format!("{base_name}:{}", context.baseline_name())));
    }
    let case = Case {
        run: &run,
        base: &recorded.baseline,
        head: if recorded.files == head.files { &recorded.baseline } else { &head.baseline },
        confirmation: Confirmation::Pending,
        base_name: &base_name,
        commits_since_record: base.commits_since_record(&context)?,
        on_default_branch: base.on_default_branch,
        budgets: &context.plan.budgets,
        severities: &context.plan.severities,
        today: env::today(),
        is_ci: env::is_ci(),
        problems: &problems,
    };
    let (mut report, _) = judge(&case);
    report.patch = accept::patch(&context, &head, &run, &report);
    if let Some(path) = &args.report {
        deliver(&json::write(&report), Some(path))?;
    }
    let templates = templates::of_commit(context.repository.as_ref(), base.commit.as_deref(), &context.project.root)?;
    show(&report, &args.output, &templates, &context)
}

/// The files to read: those that were named, as the configuration says or else by their format; all of them where none was.
fn wanted(context: &Context, args: &IngestArgs) -> Result<(Vec<IngestPlan>, Extent)> {
    let known = &context.plan.ingest;
    if args.files.is_empty() {
        return if known.is_empty() {
            Err(Error::usage("there is nothing to read").hint(
                "name a file, such as `cargo perfbudget ingest --as k6 k6.json`, or add an `[[ingest]]` to `perfbudget.toml`",
            ))
        } else {
            Ok((known.clone(), Extent::Whole))
        };
    }
    let mut plans = Vec::new();
    for file in &args.files {
        let path = files::resolved(&context.folder.join(file));
        let named: Vec<&IngestPlan> =
            known.iter().filter(|plan| files::resolved(&context.project.root.join(&plan.file)) == path).collect();
        match &args.format_of_file {
            None if named.is_empty() => return Err(unknown(file)),
            None => plans.extend(named.into_iter().cloned()),
            Some(format) => plans.push(by_format(format_called(format)?, &path, args)?),
        }
    }
    Ok((plans, Extent::Narrowed))
}

fn unknown(file: &Path) -> Error {
    Error::usage(format!("no `[[ingest]]` of `perfbudget.toml` names `{}`", file.display()))
        .hint(format!("add one, or say what it is: `--as FORMAT`, one of {}", formats()))
}

fn formats() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

fn format_called(name: &str) -> Result<Format> {
    let found = Format::ALL.iter().find(|(own, _)| *own == name).map(|(_, format)| *format);
    found.ok_or_else(|| Error::usage(format!("unknown format `{name}`")).hint(format!("formats are {}", formats())))
}

fn by_format(format: Format, path: &Path, args: &IngestArgs) -> Result<IngestPlan> {
    let plan = plan_of(&path.to_string_lossy(), format, args.subject.clone());
    if plan.measures.is_empty() {
        let message = format!("`{}` does not say what its numbers mean", format.name());
        return Err(Error::usage(message).hint("add an `[[ingest]]` with `metrics` to `perfbudget.toml`"));
    }
    Ok(plan)
}

/// A run of some files says nothing of what the others hold, and everything of the entries that it has read.
fn narrow(run: &mut Run, recorded: &[&Baseline]) {
    let subjects: BTreeSet<&Subject> = run.outcomes.keys().map(|key| &*key.subject).collect();
    let records = recorded.iter().flat_map(|baseline| &baseline.sets).flat_map(|set| set.records.keys());
    let keys: BTreeSet<Key> =
        records.filter(|key| subjects.contains(&*key.subject)).chain(run.outcomes.keys()).cloned().collect();
    run.scope.keys = Some(keys);
}
