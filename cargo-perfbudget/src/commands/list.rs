//! `list`: what would be measured, after a build and without valgrind.

use super::{Context, families};
use crate::cli::ListArgs;
use crate::collect;
use crate::deliver::deliver;
use crate::error::Result;
use crate::exit;
use crate::sys::env;
use std::collections::BTreeMap;

pub(super) fn run(args: &ListArgs) -> Result<u8> {
    let context = Context::load(&args.selection, &args.voice)?;
    let scope = context.scope(&args.selection, families(false));
    let tell = |done, known, what: &str| context.tell(done, known, what);
    let request = context.request(&args.selection, scope, BTreeMap::new(), true, &tell);
    let (subjects, problems) = collect::list(&request)?;
    context.told();
    super::refuse_nothing(&request.scope, subjects.is_empty() && problems.is_empty())?;
    for problem in &problems {
        env::say(&format!("{}: {}", problem.code, problem.message));
    }
    let names: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    let text = if args.json {
        format!("{}\n", serde_json::json!({ "schema": 1, "subjects": names }))
    } else {
        names.iter().map(|name| format!("{name}\n")).collect()
    };
    deliver(&text, None)?;
    Ok(if problems.iter().all(|problem| problem.code.verdict().exit_code() == exit::WITHIN) {
        exit::WITHIN
    } else {
        exit::CANNOT_TELL
    })
}
