//! `merge`: what several jobs have measured, judged as one check. Nothing is built, nothing is measured.

use std::time::Duration;

use super::recorded::Recorded;
use super::{Context, check, refuse_nothing};
use crate::cli::{MergeArgs, Selection};
use crate::error::{Error, Result};
use crate::judge::{Confirmation, judge};
use crate::merge;
use crate::model::shard::Confirmed;
use crate::model::{Code, Part, Problem};
use crate::render::json;
use crate::sys::files;

/// The largest part that is read.
const PART_BYTES_AT_MOST: u64 = 256 << 20;
/// The most parts of a check, with some that are there twice.
const PARTS_AT_MOST: usize = 1024;

pub(super) fn run(args: &MergeArgs) -> Result<u8> {
    let selection = Selection { building: args.building.clone(), ..Selection::default() };
    let context = Context::load(&selection, &args.output.voice)?;
    let recorded = Recorded::find(&context, args.base.as_deref())?;
    if args.parts.len() > PARTS_AT_MOST {
        return Err(Error::usage(format!("there are more than {PARTS_AT_MOST} parts")));
    }
    let parts = args.parts.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
    let merged = merge::merge(parts, &recorded.terms(&context)?)
        .map_err(|why| Error::usage(format!("cannot merge: {why}")).hint("cargo perfbudget merge --help"))?;
    let run = &merged.run;
    let nothing =
        run.outcomes.is_empty() && run.problems.is_empty() && !recorded.keys().any(|key| run.scope.covers(key));
    refuse_nothing(&run.scope, nothing)?;
    let case = recorded.case(&context, run)?;
    let (report, to_confirm) = judge(&case);
    let unconfirmed = Problem {
        code: Code::BaseUnknown,
        target: None,
        message: "no job has measured the base for what is over here".to_owned(),
        hint: Some("merge on the day and with the records that the jobs had, or run them again".to_owned()),
    };
    let confirmation = match &merged.confirmed {
        Some(Confirmed::Measured(base)) => Confirmation::Measured(base),
        Some(Confirmed::Refused(problem)) => Confirmation::Refused(problem),
        None => Confirmation::Refused(&unconfirmed),
    };
    let mut report = match to_confirm.is_empty() {
        true => report,
        false => check::judge_confirmed(&case, confirmation, &recorded.base.name),
    };
    report.causes.clone_from(&merged.causes);
    check::finish(&context, &recorded, run, &mut report, Duration::from_millis(merged.millis));
    recorded.deliver(&context, &report, args.report.as_deref(), &args.output)
}

fn read(path: &std::path::Path) -> Result<(String, Part)> {
    let name = path.display().to_string();
    let failed = |why: &str| {
        Error::usage(format!("cannot read `{name}`: {why}"))
            .hint("a part is what `cargo perfbudget check --shard K/N --output FILE` writes")
    };
    let text = files::read_text(path, PART_BYTES_AT_MOST)?.ok_or_else(|| failed("there is no such file"))?;
    let part = json::read_part(&text).map_err(|why| failed(&why))?;
    Ok((name, part))
}
