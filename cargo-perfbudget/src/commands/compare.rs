//! `compare`: two baselines of git, or two reports, judged by the budgets of the work tree.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Context, read_report, show};
use crate::baseline::store;
use crate::cli::{CompareArgs, Selection};
use crate::error::{Error, Result};
use crate::judge::{Case, Confirmation, judge};
use crate::model::RecordSet;
use crate::model::{Baseline, Code, Environment, Evidence, Family, Key, Outcome, Problem, Record, Run, Scope};
use crate::render::comment::Templates;
use crate::roi;
use crate::sys::{env, files};

/// One side: what it measured, in each environment.
struct Side {
    baseline: Baseline,
    problems: Vec<Problem>,
}

pub(super) fn run(args: &CompareArgs) -> Result<u8> {
    let selection = Selection::at(args.manifest_path.clone());
    let context = Context::load(&selection, &args.output.voice)?;
    let (before, after) = (side(&context, &args.before)?, side(&context, &args.after)?);
    let after_run = run_of(&after.baseline, &before.baseline);
    let before_run = run_of(&before.baseline, &after.baseline);
    let mut problems = before.problems;
    problems.extend(after.problems);
    let case = Case {
        run: &after_run,
        base: &before.baseline,
        head: &before.baseline,
        // Both sides are measurements already, so nothing is left to confirm.
        confirmation: Confirmation::Measured(&before_run),
        base_name: &args.before,
        commits_since_record: None,
        on_default_branch: false,
        budgets: &context.plan.budgets,
        severities: &context.plan.severities,
        today: env::today(),
        is_ci: env::is_ci(),
        problems: &problems,
    };
    let (mut report, _) = judge(&case);
    // Neither side is the file that a record would refresh.
    report.findings.retain(|finding| finding.code != Code::BaselineStale);
    let mut report = report.settled();
    // Nothing was measured, so there is no check that cost something.
    report.worth = context.plan.roi.as_ref().map(|assumptions| roi::worth(&report, assumptions, None));
    context.told();
    show(&report, &args.output, &Templates::default(), &context)
}

fn side(context: &Context, name: &str) -> Result<Side> {
    let path = Path::new(name);
    if files::is_file(path) {
        let report = read_report(path)?;
        let mut sets: BTreeMap<Family, RecordSet> = BTreeMap::new();
        let environments: BTreeMap<Family, Environment> = report.environments.iter().cloned().collect();
        for judged in &report.rows {
            let (family, Some(after)) = (judged.row.key.metric.family(), judged.row.change.after()) else { continue };
            let environment = environments.get(&family).cloned().unwrap_or_default();
            let set = sets.entry(family).or_insert_with(|| RecordSet {
                family,
                environment,
                state: report.state.clone(),
                records: BTreeMap::new(),
            });
            let record = Record { evidence: after.clone(), anchor: None, acceptance: None };
            set.records.insert(judged.row.key.clone(), record);
        }
        return Ok(Side { baseline: Baseline { sets: sets.into_values().collect() }, problems: Vec::new() });
    }
    let Some(repository) = &context.repository else {
        return Err(Error::usage(format!("`{name}` is no file, and this is no git repository")));
    };
    let Some(commit) = repository.commit(name)? else {
        return Err(Error::usage(format!("`{name}` is neither a file nor a revision")).hint("git log --oneline"));
    };
    let folder = repository.relative(&context.baseline).unwrap_or_default();
    let stored = store::of_revision(repository, &commit, &folder)?;
    if stored.files.is_empty() {
        return Err(Error::usage(format!("`{name}` has no baseline in `{}`", context.baseline_name()))
            .hint("compare revisions after the first `record` was committed"));
    }
    let problems = stored.problems(&format!("{name}:{}", context.baseline_name()));
    let mut baseline = stored.baseline;
    for record in baseline.sets.iter_mut().flat_map(|set| set.records.values_mut()) {
        // What was taken on, and how far things have drifted in all, is not what lies between two revisions.
        (record.anchor, record.acceptance) = (None, None);
    }
    Ok(Side { baseline, problems })
}

/// A side as if it had been measured: of each family the set whose environment the other side has, too.
fn run_of(baseline: &Baseline, other: &Baseline) -> Run {
    let mut run = Run { scope: Scope { families: Family::ALL.into(), ..Scope::default() }, ..Run::default() };
    for family in Family::ALL {
        let shared = baseline.of_family(family).find(|set| other.matching(family, &set.environment).is_some());
        let Some(set) = shared.or_else(|| baseline.of_family(family).next()) else { continue };
        run.environments.insert(family, set.environment.clone());
        run.state.0.extend(set.state.0.clone());
        let outcome = |evidence: &Evidence| Outcome::Measured { evidence: evidence.clone(), note: None };
        run.outcomes
            .extend(set.records.iter().map(|(key, record): (&Key, &Record)| (key.clone(), outcome(&record.evidence))));
    }
    run
}
