//! `ingest`: what other tools have measured, judged like anything else; nothing is built or run.

use std::collections::BTreeSet;
use std::path::Path;

use super::recorded::Recorded;
use super::{Context, accept, record};
use crate::cli::{Building, IngestArgs, RecordArgs, Selection};
use crate::collect::ingest::ingest;
use crate::config::IngestPlan;
use crate::config::ingest::{Format, plan_of};
use crate::error::{Error, Result};
use crate::judge::judge;
use crate::model::{Key, Run, Subject};
use crate::sys::files;

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
    let recorded = Recorded::find(&context, args.base.as_deref())?;
    let mut run = ingest(&context.project.root, &context.plan, &plans, &[])?;
    if extent == Extent::Narrowed {
        narrow(&mut run, &recorded);
    }
    if args.record {
        let voice = args.output.voice.clone();
        let allow_regression = args.allow_regression;
        let args = RecordArgs { selection, voice, allow_regression, ..RecordArgs::default() };
        return record::write(&context, &args, &recorded.head, &recorded.head.baseline, &run);
    }
    let (mut report, _) = judge(&recorded.case(&context, &run)?);
    report.patch = accept::patch(&context, &recorded.head, &run, &report);
    recorded.deliver(&context, &report, args.report.as_deref(), &args.output)
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
fn narrow(run: &mut Run, recorded: &Recorded) {
    let subjects: BTreeSet<&Subject> = run.outcomes.keys().map(|key| &*key.subject).collect();
    let keys: BTreeSet<Key> =
        recorded.keys().filter(|key| subjects.contains(&*key.subject)).chain(run.outcomes.keys()).cloned().collect();
    run.scope.keys = Some(keys);
}
