//! `init`: a commented `perfbudget.toml`, workflows where they are asked for, and what comes next.

use super::{CONFIG_FILE, Context, workflow};
use crate::cli::{Building, InitArgs, Selection};
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::exit;
use crate::sys::files;

/// What is written: it says what holds without it.
const TEMPLATE: &str = include_str!("../../templates/perfbudget.toml");

pub(super) fn run(args: &InitArgs) -> Result<u8> {
    let building = Building { manifest_path: args.manifest_path.clone(), workspace: true, ..Building::default() };
    let folder = crate::sys::env::current_dir()?;
    let project = crate::collect::project::Project::load(&folder, &building.cargo_options(true))?;
    let path = project.root.join(CONFIG_FILE);
    let is_there = files::exists(&path);
    // Whoever has a configuration can still ask for workflows.
    if is_there && args.workflow.is_none() {
        return Err(Error::usage(format!("`{CONFIG_FILE}` is there already")).hint("edit it, or remove it first"));
    }
    let selection = Selection { building, ..Selection::default() };
    let context = Context::load(&selection, &args.voice)?;
    let (workflows, advice) =
        args.workflow.map(|choice| workflow::workflows(&context, choice)).transpose()?.unwrap_or_default();
    let mut text = String::new();
    if is_there {
        text.push_str(&format!("`{CONFIG_FILE}` is there already, and stays as it is\n"));
    } else {
        files::write(&path, TEMPLATE.as_bytes())?;
        text.push_str(&format!("wrote {CONFIG_FILE}\n"));
    }
    for workflow in &workflows {
        files::write(&workflow.path, workflow.text.as_bytes())?;
        text.push_str(&format!("wrote {}\n", workflow.name));
    }
    text.extend(advice.map(|advice| format!("note: {advice}\n")));
    let targets: Vec<String> =
        context.project.bench_targets(&context.options)?.iter().map(|bench| format!("  {}\n", bench.target)).collect();
    if targets.is_empty() {
        text.push_str(
            "no bench targets were found that can be measured; the sizes of binaries are measured all the same\n",
        );
    } else {
        text.push_str(&format!("bench targets:\n{}", targets.concat()));
    }
    let baseline = context.baseline_name();
    text.push_str(&format!(
        "\nnext:\n  1. cargo perfbudget doctor    is everything there?\n  2. cargo perfbudget record    measure and write the baseline, then commit `{CONFIG_FILE}` and `{baseline}`\n  3. cargo perfbudget           from now on, before a commit and in CI\n"
    ));
    if !workflows.is_empty() {
        text.push_str(
            "  4. commit `.github/workflows`, and push; let Dependabot keep the pinned commits up to date (`github-actions`)\n",
        );
    }
    deliver(&text, None)?;
    Ok(exit::WITHIN)
}
