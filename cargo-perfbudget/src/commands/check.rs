//! `check`: measure, compare with the base's records, confirm against the base measured here, judge, report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::base::{Base, Confirmed};
use super::recorded::Recorded;
use super::{Context, accept, blame, lock_search};
use crate::cli::CheckArgs;
use crate::collect;
use crate::collect::Expected;
use crate::deliver::deliver;
use crate::error::Result;
use crate::exit;
use crate::judge::{Case, Confirmation, judge};
use crate::model::{Baseline, Code, Evidence, Family, Key, Part, Problem, Report, Run, Scope, Shards};
use crate::render::json;
use crate::roi;
use crate::self_test;
use crate::sys::env;

pub(super) fn run(args: &CheckArgs, families: BTreeSet<Family>) -> Result<u8> {
    let stopwatch = env::Stopwatch::start();
    let context = Context::load(&args.selection, &args.output.voice)?;
    let recorded = Recorded::find(&context, args.base.as_deref())?;
    let scope = Scope { shards: args.shard.map(Shards::from), ..context.scope(&args.selection, families) };
    let tell = |done, known, what: &str| context.tell(done, known, what);
    let expected = expected(&[recorded.baseline(), &recorded.head.baseline]);
    let request = context.request(&args.selection, scope, expected, !args.fresh, &tell);
    if args.dry_run {
        let mut text = collect::steps(&request)?.join("\n");
        text.push('\n');
        // With `--shard`, the file is for what was measured.
        deliver(&text, args.output.output.as_deref().filter(|_| args.shard.is_none()))?;
        return Ok(exit::WITHIN);
    }
    let run = collect::collect(&request)?;
    let nothing =
        run.outcomes.is_empty() && run.problems.is_empty() && !recorded.keys().any(|key| run.scope.covers(key));
    // Of a filter, a shard may have nothing.
    if args.shard.is_none() {
        super::refuse_nothing(&run.scope, nothing)?;
    }
    let case = recorded.case(&context, &run)?;
    let (report, to_confirm) = judge(&case);
    let (mut report, confirmed) = if to_confirm.is_empty() {
        (report, None)
    } else {
        let confirmed = confirm(&context, args, &recorded.base, to_confirm, recorded.baseline())?;
        (judge_confirmed(&case, confirmed.as_confirmation(), &recorded.base.name), Some(confirmed))
    };
    if let (Some(Confirmed::Measured(measured)), Some(commit)) = (&confirmed, &recorded.base.commit) {
        report.causes = blame::causes(&context, commit, &run, measured, &report.findings)?;
        if args.bisect_lock {
            lock_search::blame(&context, &args.selection, commit, (&measured.run, &run), &mut report)?;
        }
    }
    if let (Some(shard), Some(file)) = (args.shard, args.output.output.as_deref()) {
        let terms = recorded.terms(&context)?;
        let confirmed = confirmed.map(Confirmed::into_part);
        let part = Part { shard, terms, run, confirmed, causes: report.causes, millis: stopwatch.millis() };
        context.told();
        deliver(&json::write_part(&part), Some(file))?;
        context.say(&format!("shard {shard}: {} values, in `{}` for `merge`", part.run.outcomes.len(), file.display()));
        return Ok(exit::WITHIN);
    }
    if args.self_test {
        context.told();
        return self_tested(&case, confirmed.as_ref().and_then(Confirmed::run), args);
    }
    finish(&context, &recorded, &run, &mut report, stopwatch.elapsed());
    recorded.deliver(&context, &report, args.report.as_deref(), &args.output)
}

/// What a report has beside what was judged: the patch that accepts, where things are, and what they are worth.
pub(super) fn finish(context: &Context, recorded: &Recorded, run: &Run, report: &mut Report, took: Duration) {
    report.patch = accept::patch(context, &recorded.head, run, report);
    let targets = context.project.bench_targets(&context.options).unwrap_or_default();
    report.places = collect::places::find(&targets, &context.top(), &report.findings);
    context.told();
    let worth = |assumptions| roi::worth(report, assumptions, Some(took));
    report.worth = context.plan.roi.as_ref().map(worth);
    if let Some(worth) = report.worth.as_mut().filter(|_| run.scope.is_part()) {
        worth.unmatched.clear();
    }
}

/// The report with what the base shows here, or with the reason why it shows nothing.
pub(super) fn judge_confirmed(case: &Case<'_>, confirmation: Confirmation<'_>, base: &str) -> Report {
    let of_base = match confirmation {
        Confirmation::Measured(run) => run.problems.as_slice(),
        Confirmation::Pending | Confirmation::Refused(_) => &[],
    };
    let mut problems = case.problems.to_vec();
    problems.extend(of_base.iter().filter(|problem| problem.code != Code::Leftovers).map(|problem| Problem {
        code: Code::BaseUnbuildable,
        target: problem.target.clone(),
        message: format!("the base {base}: {}", problem.message),
        hint: problem.hint.clone(),
    }));
    judge(&Case { confirmation, problems: &problems, ..*case }).0
}

fn confirm(
    context: &Context,
    args: &CheckArgs,
    base: &Base,
    keys: BTreeSet<Key>,
    recorded: &Baseline,
) -> Result<Confirmed> {
    if args.no_build_base {
        return Ok(Confirmed::Refused(Problem {
            code: Code::BaseUnknown,
            target: None,
            message: "`--no-build-base` forbids to measure the base here".into(),
            hint: Some("leave it out, or accept the value with a reason".into()),
        }));
    }
    base.measure(context, &args.selection, keys, expected(&[recorded]), !args.fresh)
}

/// What the records say, later ones winning: a value that is as expected needs no second look.
pub(super) fn expected(baselines: &[&Baseline]) -> BTreeMap<Key, Expected> {
    let records = baselines.iter().flat_map(|baseline| &baseline.sets).flat_map(|set| &set.records);
    records
        .filter_map(|(key, record)| match record.evidence {
            Evidence::Exact { value, noise, .. } => Some((key.clone(), Expected { value, noise })),
            Evidence::Sampled { .. } => None,
        })
        .collect()
}

fn self_tested(case: &Case<'_>, confirmed: Option<&Run>, args: &CheckArgs) -> Result<u8> {
    let trials = self_test::run(case, confirmed);
    let missed = trials.iter().filter(|trial| trial.missed.is_some()).count();
    let mut text = String::new();
    for trial in &trials {
        let outcome = trial.missed.as_deref().unwrap_or("reported");
        text.push_str(&format!("{:<24} {outcome}\n", trial.code.name()));
    }
    text.push_str(&match missed {
        0 => format!("\nall {} kinds of finding are reported, and the gate fires\n", trials.len()),
        _ => format!("\n{missed} of {} kinds of finding are not reported\n", trials.len()),
    });
    deliver(&text, args.output.output.as_deref())?;
    Ok(if missed == 0 { exit::WITHIN } else { exit::CANNOT_TELL })
}
