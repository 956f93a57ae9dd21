//! `record`: measure, and write the committed baseline; a regression is not written by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::base::{Base, Confirmed};
use super::{Context, families};
use crate::baseline::store::{self, Stored};
use crate::baseline::{self, read};
use crate::cli::RecordArgs;
use crate::collect;
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::exit;
use crate::model::{Baseline, Code, Evidence, Key, Limits, Outcome, Record, Run, Severity};
use crate::sys::env;

/// Repeats of a value that is recorded for the first time.
const REPEATS: usize = 3;

pub(super) fn run(args: &RecordArgs) -> Result<u8> {
    let context = Context::load(&args.selection, &args.voice)?;
    let mut found = context.stored()?;
    let mut old = found.baseline.clone();
    resolve_conflicts(&context, &mut found, &mut old, args.resolve)?;
    let scope = context.scope(&args.selection, families(args.time));
    let tell = |done, known, what: &str| context.tell(done, known, what);
    let mut request = context.request(&args.selection, scope, super::check::expected(&[&old]), true, &tell);
    request.repeats = REPEATS;
    if args.dry_run {
        deliver(&format!("{}\n", collect::steps(&request)?.join("\n")), None)?;
        return Ok(exit::WITHIN);
    }
    let run = collect::collect(&request)?;
    context.told();
    super::refuse_nothing(&run.scope, run.outcomes.is_empty() && run.problems.is_empty())?;
    write(&context, args, &found, &old, &run)
}

/// Writes what a run has measured, unless that would hide a regression.
pub(super) fn write(context: &Context, args: &RecordArgs, found: &Stored, old: &Baseline, run: &Run) -> Result<u8> {
    let refused = if args.allow_regression { Vec::new() } else { regressions(context, args, run, old)? };
    if !refused.is_empty() {
        let mut lines = refused;
        lines.sort();
        env::say(
            &Error::environment(format!(
                "nothing was recorded, because this would record a regression:\n  {}",
                lines.join("\n  ")
            ))
            .hint(
                "accept it with a reason (`cargo perfbudget accept`), or `cargo perfbudget record --allow-regression`",
            )
            .to_string(),
        );
        return Ok(exit::OVER);
    }
    let new = updated(run, old, args.anchor);
    let touched = store::save(&context.baseline, found, &new)?;
    tell_what_was_done(context, args, run, old, &new, &touched)
}

/// Reads what both sides of a conflict agree on into the old baseline, and takes the files as readable.
fn resolve_conflicts(context: &Context, found: &mut Stored, old: &mut Baseline, resolve: bool) -> Result<()> {
    let mut left = Vec::new();
    let is_conflict = found.broken.iter().any(|broken| broken.code == Code::BaselineConflict);
    for broken in std::mem::take(&mut found.broken) {
        let text =
            found.files.get(&broken.path).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        let resolved = (resolve && broken.code == Code::BaselineConflict).then(|| baseline::resolve(&text));
        match resolved {
            Some(Ok(resolved)) => {
                let texts: BTreeMap<String, Vec<u8>> = baseline::write(&resolved.baseline)
                    .into_iter()
                    .map(|(path, text)| (path, text.into_bytes()))
                    .collect();
                let mut all = found.files.clone();
                all.remove(&broken.path);
                all.extend(texts);
                *old = merged(old, &read(&all).0);
            }
            Some(Err(why)) => {
                left.push(format!("{}/{}:{}: {}", context.baseline_name(), broken.path, why.line, why.message))
            }
            None => {
                left.push(format!("{}/{}:{}: {}", context.baseline_name(), broken.path, broken.line, broken.message))
            }
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    let hint = if is_conflict && !resolve {
        "cargo perfbudget record --resolve"
    } else {
        "restore it from git, or remove it and record again"
    };
    Err(Error::environment(format!("the baseline cannot be read:\n  {}", left.join("\n  "))).hint(hint))
}

/// The records of both, the second's winning.
fn merged(one: &Baseline, other: &Baseline) -> Baseline {
    let mut all = one.clone();
    for set in &other.sets {
        match all.sets.iter_mut().find(|own| own.family == set.family && own.environment == set.environment) {
            Some(own) => own.records.extend(set.records.clone()),
            None => all.sets.push(set.clone()),
        }
    }
    all
}

/// What was measured above what is recorded, by more than a budget that fails allows. What only other machines have a
/// record of is compared with what the base shows here, so that no regression gets in by way of a new machine.
fn regressions(context: &Context, args: &RecordArgs, run: &Run, old: &Baseline) -> Result<Vec<String>> {
    let elsewhere = recorded_elsewhere(run, old);
    let base = if elsewhere.is_empty() { None } else { Some(base_here(context, args, elsewhere)?) };
    let regression = |(key, outcome): (&Key, &Outcome)| {
        let after = outcome.evidence()?;
        let recorded = old.record(key, run.environments.get(&key.metric.family())?).map(|record| &record.evidence);
        let shown = || base.as_ref()?.outcomes.get(key)?.evidence();
        let before = recorded.or_else(shown)?;
        let limits = Limits::for_key(&context.plan.budgets, key);
        let growth = limits.growth.filter(|_| limits.severity == Severity::Error && limits.exclude.is_none())?;
        let (from, to) = (before.quantity().get(), after.quantity().get());
        crate::compare::worsened(key.metric.better(), before, after, growth, limits.floor)
            .then(|| format!("{key}: {from} → {to}"))
    };
    Ok(run.outcomes.iter().filter_map(regression).collect())
}

/// Measured keys that were recorded on other machines only, and whose price nobody accepted there.
fn recorded_elsewhere(run: &Run, old: &Baseline) -> BTreeSet<Key> {
    let is_elsewhere = |key: &&Key| {
        let family = key.metric.family();
        let records = || old.of_family(family).filter_map(|set| set.records.get(*key));
        let here = run.environments.get(&family).and_then(|environment| old.record(key, environment));
        let is_accepted = || records().any(|record| record.acceptance.is_some());
        !family.is_of_one_machine() && here.is_none() && records().next().is_some() && !is_accepted()
    };
    run.outcomes.keys().filter(is_elsewhere).cloned().collect()
}

/// What the base shows here.
fn base_here(context: &Context, args: &RecordArgs, keys: BTreeSet<Key>) -> Result<Run> {
    let base = Base::find(context, None)?;
    let count = keys.len();
    match base.measure(context, &args.selection, keys, BTreeMap::new(), true)? {
        Confirmed::Measured(measured) => Ok(measured.run),
        Confirmed::Refused(why) => Err(Error::environment(format!(
            "nothing was recorded: {count} values have a record of other machines only, and what they cost before is not \
             known here: {}",
            why.message
        ))
        .hint("to record what this machine measures, whatever it was before: `cargo perfbudget record --allow-regression`")),
    }
}

/// The baseline after this run: what was measured is new, what failed or was not asked for is as it was, what is gone is gone.
pub(super) fn updated(run: &Run, old: &Baseline, move_anchors: bool) -> Baseline {
    let mut new = old.clone();
    let gone = gone(run, old);
    for set in &mut new.sets {
        set.records.retain(|key, _| !gone.contains(key));
    }
    for (key, outcome) in &run.outcomes {
        let family = key.metric.family();
        let (Some(evidence), Some(environment)) = (outcome.evidence(), run.environments.get(&family)) else { continue };
        let set = new.set_mut(family, environment, &run.state);
        set.state = run.state.clone();
        let before = set.records.get(key).cloned();
        set.records.insert(key.clone(), next(before, evidence, move_anchors));
    }
    new
}

/// The record that follows another. The anchor stays, unless it is told to move; an acceptance ends when its price is gone.
fn next(before: Option<Record>, evidence: &Evidence, move_anchor: bool) -> Record {
    let exact = |evidence: &Evidence| match evidence {
        Evidence::Exact { value, .. } => Some(*value),
        Evidence::Sampled { .. } => None,
    };
    let value = exact(evidence);
    let anchor = before.as_ref().and_then(|record| record.anchor.or(exact(&record.evidence)));
    let acceptance = before.and_then(|record| record.acceptance).filter(|acceptance| value > Some(acceptance.from));
    Record {
        evidence: evidence.clone(),
        anchor: anchor.filter(|anchor| !move_anchor && Some(*anchor) != value),
        acceptance,
    }
}

/// Recorded keys that this run looked for and that are not there, though nothing went wrong with their target.
fn gone(run: &Run, old: &Baseline) -> BTreeSet<Key> {
    let failed: BTreeSet<_> =
        run.outcomes.iter().filter(|(_, outcome)| outcome.evidence().is_none()).map(|(key, _)| &key.subject).collect();
    let was_looked_for = |key: &&Key| {
        let family = key.metric.family();
        run.scope.covers(key)
            && run.environments.contains_key(&family)
            && !run.outcomes.contains_key(*key)
            && !failed.contains(&key.subject)
            && !run.excluded.contains(&key.subject)
            && !run.problems.iter().any(|problem| {
                !matches!(problem.code, Code::Leftovers | Code::AllocatorUnseen)
                    && (problem.target.is_none() || problem.target.as_ref() == key.subject.target())
            })
    };
    old.sets.iter().flat_map(|set| set.records.keys()).filter(was_looked_for).cloned().collect()
}

/// What was looked for and has no value, a line each.
pub(super) fn failures(run: &Run) -> Vec<String> {
    let way_out = |hint: &Option<String>| hint.as_ref().map_or(String::new(), |hint| format!("\n  hint: {hint}"));
    let failed = run.outcomes.iter().filter_map(|(key, outcome)| match outcome {
        Outcome::Failed(failure) => {
            Some(format!("{} {}: {}{}", failure.code, key.subject, failure.why, way_out(&failure.hint)))
        }
        Outcome::Measured { .. } => None,
    });
    let problems = run.problems.iter().filter(|problem| problem.code != Code::Leftovers);
    let problems = problems.map(|problem| format!("{} {}{}", problem.code, problem.message, way_out(&problem.hint)));
    failed.chain(problems).collect()
}

fn tell_what_was_done(
    context: &Context,
    args: &RecordArgs,
    run: &Run,
    old: &Baseline,
    new: &Baseline,
    touched: &[String],
) -> Result<u8> {
    let count = |baseline: &Baseline| baseline.sets.iter().map(|set| set.records.len()).sum::<usize>();
    let failures = failures(run);
    for failure in &failures {
        env::say(&format!("not recorded: {failure}"));
    }
    if !args.voice.quiet {
        let folder = context.baseline_name();
        let measured = run.outcomes.values().filter(|outcome| outcome.evidence().is_some()).count();
        let mut text = match (measured, touched.len()) {
            (0, _) if !failures.is_empty() => "nothing was measured, so nothing was recorded\n".to_owned(),
            (0, _) => "nothing was measured, so nothing was recorded: no bench target is built on a known harness, and there is no binary\n".to_owned(),
            (_, 0) => format!("{measured} values measured; `{folder}` holds them already\n"),
            (_, files) => format!(
                "{measured} values measured, {} recorded before and {} now; {files} {} written to `{folder}`\n",
                count(old),
                count(new),
                if files == 1 { "file" } else { "files" }
            ),
        };
        if !touched.is_empty() && measured > 0 {
            text.push_str(&format!("next: git add {folder} && git commit, then `cargo perfbudget` compares with it\n"));
        }
        deliver(&text, None)?;
    }
    let is_broken = |code: Code| code.verdict().exit_code() != exit::WITHIN;
    let failed = run.outcomes.values().any(|outcome| outcome.evidence().is_none());
    let complete = !failed && !run.outcomes.is_empty() && !run.problems.iter().any(|problem| is_broken(problem.code));
    Ok(if complete { exit::WITHIN } else { exit::CANNOT_TELL })
}
