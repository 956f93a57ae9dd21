//! `init`: a commented `perfbudget.toml`, and what comes next.

use super::{CONFIG_FILE, Context};
use crate::cli::{InitArgs, Selection};
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::exit;
use crate::sys::files;

/// What is written: it says what holds without it.
const TEMPLATE: &str = include_str!("../../templates/perfbudget.toml");

pub(super) fn run(args: &InitArgs) -> Result<u8> {
    let selection = Selection { manifest_path: args.manifest_path.clone(), workspace: true, ..Selection::default() };
    let folder = crate::sys::env::current_dir()?;
    let project = crate::collect::project::Project::load(&folder, &selection.cargo_options(true))?;
    let path = project.root.join(CONFIG_FILE);
    if files::exists(&path) {
        return Err(Error::usage(format!("`{CONFIG_FILE}` is there already")).hint("edit it, or remove it first"));
    }
    let context = Context::load(&selection, &args.voice)?;
    files::write(&path, TEMPLATE.as_bytes())?;
    let targets: Vec<String> =
        context.project.bench_targets(&context.options)?.iter().map(|bench| format!("  {}\n", bench.target)).collect();
    let found = if targets.is_empty() {
        "no criterion bench targets were found; the sizes of binaries are measured all the same\n".to_owned()
    } else {
        format!("bench targets that depend on criterion:\n{}", targets.concat())
    };
    let text = format!(
        "wrote {CONFIG_FILE}\n{found}\nnext:\n  1. cargo perfbudget doctor    is everything there?\n  2. cargo perfbudget record    measure and write the baseline, then commit `{CONFIG_FILE}` and `{}`\n  3. cargo perfbudget           from now on, before a commit and in CI\n",
        context.baseline_name()
    );
    deliver(&text, None)?;
    Ok(exit::WITHIN)
}
