//! `accept`: write what was measured, here or elsewhere, over the recorded value, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, families, read_report};
use crate::baseline;
use crate::baseline::store::{self, Stored};
use crate::cli::{AcceptArgs, Selection};
use crate::collect;
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::exit;
use crate::model::{
    Acceptance, Baseline, Code, Date, Environment, Evidence, Family, Glob, Key, Outcome, Record, Report, Run, Subject,
};
use crate::sys::env;

/// What a patch gives as the reason.
const REASON: &str = "say here why it is worth it";

/// What was measured, and where.
struct Measured {
    environments: BTreeMap<Family, Environment>,
    state: Environment,
    values: BTreeMap<Key, Evidence>,
}

pub(super) fn run(args: &AcceptArgs) -> Result<u8> {
    if args.reason.trim().is_empty() {
        return Err(Error::usage("the reason is empty").hint("say why it is worth it: --reason \"…\""));
    }
    if let Some(day) = args.expires.filter(|day| *day < env::today()) {
        return Err(Error::usage(format!("{day} is over already")).hint("name a day that is still to come"));
    }
    let selection = Selection { building: args.building.clone(), ..Selection::default() };
    let context = Context::load(&selection, &args.voice)?;
    let found = context.stored()?;
    if let Some(problem) = found.problems(context.baseline_name()).first() {
        return Err(Error::environment(problem.message.clone()).hint(problem.hint.clone().unwrap_or_default()));
    }
    let measured = match &args.from {
        Some(path) => reported(path)?,
        None => measured(&context, &selection, args)?,
    };
    let (new, lines) = accepted(args, &found.baseline, &measured)?;
    let touched = store::save(&context.baseline, &found, &new)?;
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let _ = match touched.len() {
        0 => std::fmt::Write::write_str(&mut text, "the baseline says so already\n"),
        _ => std::fmt::Write::write_fmt(
            &mut text,
            format_args!("next: git add {} && git commit\n", context.baseline_name()),
        ),
    };
    deliver(&text, None)?;
    Ok(exit::WITHIN)
}

fn reported(path: &std::path::Path) -> Result<Measured> {
    let report = read_report(path)?;
    let value =
        |judged: &crate::model::report::Judged| Some((judged.row.key.clone(), judged.row.change.after()?.clone()));
    Ok(Measured {
        environments: report.environments.iter().cloned().collect(),
        values: report.rows.iter().filter_map(value).collect(),
        state: report.state,
    })
}

fn measured(context: &Context, selection: &Selection, args: &AcceptArgs) -> Result<Measured> {
    let mut scope = context.scope(selection, families(false));
    // A pattern cannot narrow the run, a whole name can.
    if args.names.iter().all(|name| !name.contains(['*', '?'])) {
        scope.filters.clone_from(&args.names);
    }
    let tell = |done, known, what: &str| context.tell(done, known, what);
    let request = context.request(selection, scope, BTreeMap::new(), true, &tell);
    let run = collect::collect(&request)?;
    context.told();
    for failure in super::record::failures(&run) {
        env::say(&format!("not measured: {failure}"));
    }
    Ok(of_run(&run))
}

fn of_run(run: &Run) -> Measured {
    let value = |(key, outcome): (&Key, &Outcome)| Some((key.clone(), outcome.evidence()?.clone()));
    let values = run.outcomes.iter().filter_map(value).collect();
    Measured { environments: run.environments.clone(), state: run.state.clone(), values }
}

/// The new baseline, and what was done, a line each.
fn accepted(args: &AcceptArgs, old: &Baseline, measured: &Measured) -> Result<(Baseline, Vec<String>)> {
    let mut new = old.clone();
    let mut lines = Vec::new();
    for name in &args.names {
        let glob = Glob::new(name.as_str());
        let matching: Vec<(&Key, &Evidence)> = measured
            .values
            .iter()
            .filter(|(key, evidence)| {
                let subject = key.subject.to_string();
                matches!(evidence, Evidence::Exact { .. })
                    && (glob.matches(&subject) || subject == *name || key.subject.short() == *name)
            })
            .collect();
        if matching.is_empty() {
            return Err(
                Error::usage(format!("nothing that was measured is called `{name}`")).hint("cargo perfbudget list")
            );
        }
        for (key, evidence) in matching {
            lines.extend(take_on(&mut new, key, evidence, measured, &args.reason, args.expires));
        }
    }
    Ok((new, lines))
}

/// Writes one measured value over its record, with the reason where it is above. Returns what was done, where a person
/// wants to know.
fn take_on(
    new: &mut Baseline,
    key: &Key,
    evidence: &Evidence,
    measured: &Measured,
    reason: &str,
    expires: Option<Date>,
) -> Option<String> {
    let Evidence::Exact { value, .. } = evidence else { return None };
    let environment = measured.environments.get(&key.metric.family())?;
    let set = new.set_mut(key.metric.family(), environment, &measured.state);
    let before = set.records.get(key).and_then(|record| match record.evidence {
        Evidence::Exact { value, .. } => Some(value),
        Evidence::Sampled { .. } => None,
    });
    // An acceptance of an acceptance keeps the first price in view.
    let earlier = set.records.get(key).and_then(|record| record.acceptance.as_ref()).map(|acceptance| acceptance.from);
    let from = if before == Some(*value) { earlier.or(before) } else { before };
    let acceptance = from.filter(|from| value > from && !key.metric.is_advisory()).map(|from| Acceptance {
        from,
        reason: reason.trim().to_owned(),
        expires,
    });
    let line = match (before, &acceptance) {
        (Some(_), Some(acceptance)) => format!("accepted: {key}: {} → {value}", acceptance.from),
        (Some(before), None) => format!("recorded, because it is not above its record: {key}: {before} → {value}"),
        (None, _) => format!("recorded for the first time: {key}: {value}"),
    };
    // What is as it was recorded is not worth a line.
    let is_accepted = acceptance.is_some();
    set.records.insert(key.clone(), Record { evidence: evidence.clone(), anchor: None, acceptance });
    (!key.metric.is_advisory() && (before != Some(*value) || is_accepted)).then_some(line)
}

/// The patch of the baseline that takes on what the report says is over, so that accepting needs no toolchain; `None`
/// where nothing can be taken on. Its reason has to be written by a person.
pub(super) fn patch(context: &Context, head: &Stored, run: &Run, report: &Report) -> Option<String> {
    let folder = context.repository.as_ref()?.relative(&context.baseline)?;
    let can_be_taken_on = |code| matches!(code, Code::GrowthOver | Code::DriftOver | Code::AcceptanceUnmet);
    let over = report.findings.iter().filter(|finding| can_be_taken_on(finding.code));
    let subjects: BTreeSet<&Subject> =
        over.filter_map(|finding| Some(finding.key.as_ref()?.subject.as_ref())).collect();
    if subjects.is_empty() || !head.broken.is_empty() {
        return None;
    }
    let measured = of_run(run);
    let mut new = head.baseline.clone();
    for (key, evidence) in measured.values.iter().filter(|(key, _)| subjects.contains(key.subject.as_ref())) {
        take_on(&mut new, key, evidence, &measured, REASON, None);
    }
    Some(baseline::patch(&folder, &head.files, &new)).filter(|patch| !patch.is_empty())
}
