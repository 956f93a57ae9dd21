//! The source of what a build costs: its packages, its compiler processes, and what a build from nothing takes.
//!
//! Packages come from cargo's own resolution of dependencies, without a build. Compiler processes are the units of a build as
//! cargo reports them, those that were built before among them, so that no build from nothing is needed to count them. Only
//! time and memory need one, in a folder of its own; see [`clean`].

pub mod clean;
pub mod graph;

use std::collections::BTreeMap;

use super::build::{self, Place};
use super::hand::{Adapter, Hand};
use super::project::CargoOptions;
use super::{Request, profiles, provenance, time};
use crate::config::{BuildMeasure, BuildPlan};
use crate::error::Result;
use crate::model::{Code, Evidence, Failure, Family, Key, Metric, Outcome, Subject};
use crate::sys::process::{self, Finished, Output, Program};

/// The adapter.
#[derive(Debug)]
pub struct Compilation;

/// What each metric is a part of.
const METRICS: [(Metric, BuildMeasure); 5] = [
    (Metric::Crates, BuildMeasure::Crates),
    (Metric::DuplicateCrates, BuildMeasure::Crates),
    (Metric::RustcInvocations, BuildMeasure::Invocations),
    (Metric::BuildCpuTime, BuildMeasure::Time),
    (Metric::BuildPeakMemory, BuildMeasure::Time),
];

/// What was measured of a metric: its value, and what of it each package adds.
type Measured = (Evidence, BTreeMap<String, u64>);

impl Adapter for Compilation {
    fn families(&self) -> &'static [Family] {
        &[Family::Build, Family::Time]
    }

    fn measure(&self, hand: &mut Hand<'_>) -> Result<()> {
        let request = hand.request;
        let Some(plan) = &request.plan.build else { return Ok(()) };
        let (keys, excluded) = wanted(request, plan);
        hand.run.excluded.extend(excluded);
        let folder = super::profiles(&hand.home());
        for measure in [BuildMeasure::Crates, BuildMeasure::Invocations, BuildMeasure::Time] {
            let keys: Vec<&Key> = keys.iter().filter(|key| is_of(key, measure)).collect();
            let Some(first) = keys.first() else { continue };
            let (family, environment) = match measure {
                BuildMeasure::Time => (Family::Time, provenance::time(&hand.host)),
                _ => (Family::Build, provenance::bytes(&hand.host)),
            };
            hand.run.environments.entry(family).or_insert(environment);
            let measured = match measure {
                BuildMeasure::Crates => packages(request, plan)?,
                BuildMeasure::Invocations => invocations(request, plan)?,
                BuildMeasure::Time => clean::measure(hand, plan)?,
            };
            match measured {
                Ok(mut measured) => {
                    for key in keys {
                        let found = measured.remove(&key.metric);
                        // That of a count of nothing is empty, and a profile all the same.
                        let profile = found.as_ref().map(|(_, profile)| profile);
                        let is_told = |profile: &&BTreeMap<_, _>| key.metric.is_exact() || !profile.is_empty();
                        profiles::keep(&folder, key, profile.filter(is_told));
                        if let Some((evidence, _)) = found {
                            hand.run.outcomes.insert(key.clone(), Outcome::Measured { evidence, note: None });
                        }
                    }
                }
                Err(failure) => {
                    keys.iter().for_each(|key| profiles::keep(&folder, key, None));
                    hand.run.outcomes.insert((*first).clone(), Outcome::Failed(failure));
                }
            }
        }
        Ok(())
    }

    fn list(&self, hand: &mut Hand<'_>) -> Result<Vec<Subject>> {
        let plan = hand.request.plan.build.as_ref();
        Ok(plan.filter(|plan| !wanted(hand.request, plan).0.is_empty()).map(subject).into_iter().collect())
    }

    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>> {
        let Some(plan) = &request.plan.build else { return Ok(Vec::new()) };
        let (keys, _) = wanted(request, plan);
        let has = |measure| keys.iter().any(|key| is_of(key, measure));
        let mut lines = Vec::new();
        lines.extend(has(BuildMeasure::Crates).then(|| tree_command(request, plan).shown()));
        lines.extend(has(BuildMeasure::Invocations).then(|| build_command(request, plan).shown()));
        if has(BuildMeasure::Time) {
            lines.push(format!("RUSTC_WRAPPER=cargo-perfbudget {}", clean::command(request, plan, "SCRATCH").shown()));
        }
        Ok(lines)
    }
}

fn is_of(key: &Key, measure: BuildMeasure) -> bool {
    METRICS.contains(&(key.metric, measure))
}

/// The subject of a build.
fn subject(plan: &BuildPlan) -> Subject {
    Subject::Build(plan.profile.clone())
}

/// The keys that were asked for; and the subject where rules exclude all of them.
fn wanted(request: &Request<'_>, plan: &BuildPlan) -> (Vec<Key>, Option<Subject>) {
    let asked_for = METRICS.into_iter().filter(|(_, measure)| plan.measure.contains(measure));
    let keys = asked_for.map(|(metric, _)| Key::new(subject(plan), metric));
    let keys: Vec<Key> = keys.filter(|key| request.scope.covers(key)).collect();
    let (rules, name) = (request.exclusions(), subject(plan).to_string());
    let is_excluded = |key: &Key| rules.iter().any(|rule| rule.matches(&name, key.metric));
    let left: Vec<Key> = keys.iter().filter(|key| !is_excluded(key)).cloned().collect();
    let excluded = (left.is_empty() && !keys.is_empty()).then(|| subject(plan));
    (left, excluded)
}

/// What the configuration says of features, and the user of the network.
fn options(request: &Request<'_>, plan: &BuildPlan) -> CargoOptions {
    CargoOptions {
        features: plan.features.clone(),
        all_features: plan.all_features,
        no_default_features: !plan.default_features,
        offline: request.options.offline,
        locked: request.options.locked,
        ..CargoOptions::default()
    }
}

/// Where cargo runs: at the top of the project, so that the default is what cargo builds there.
fn place(request: &Request<'_>) -> Place {
    Place { folder: request.project.root.clone(), ..request.place() }
}

fn packages_of(plan: &BuildPlan) -> impl Iterator<Item = String> {
    plan.packages.iter().flat_map(|name| ["-p".to_owned(), name.clone()])
}

fn tree_command(request: &Request<'_>, plan: &BuildPlan) -> Program {
    let args = ["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"].map(String::from);
    let place = Place { shown: false, ..place(request) };
    build::command(&place, &options(request, plan), args.into_iter().chain(packages_of(plan)).collect(), None)
}

fn build_command(request: &Request<'_>, plan: &BuildPlan) -> Program {
    let args = ["build", "--message-format=json-render-diagnostics", "--profile", &plan.profile].map(String::from);
    // Where the user builds, so that nothing is built twice.
    let target = request.target_dir.as_ref().or(request.options.target_dir.as_ref());
    let target = target.map(|folder| folder.to_string_lossy().into_owned());
    let options = CargoOptions { quiet: request.options.quiet, ..options(request, plan) };
    build::command(&place(request), &options, args.into_iter().chain(packages_of(plan)).collect(), target.as_deref())
}

/// Why a build has no numbers.
fn failed(what: &str, finished: &Finished, program: &Program) -> Failure {
    let said = match build::first_error(finished) {
        said if said.is_empty() => format!(": {}", finished.last_words()),
        said => said,
    };
    Failure {
        code: Code::BuildFailed,
        why: format!("{what}{said}"),
        hint: Some(program.shown().replace(" --message-format=json-render-diagnostics", "")),
    }
}

/// A profile whose sum is the value.
fn counted(profile: BTreeMap<String, u64>) -> Measured {
    (Evidence::exact(profile.values().sum()), profile)
}

type Metrics = std::result::Result<BTreeMap<Metric, Measured>, Failure>;

fn packages(request: &Request<'_>, plan: &BuildPlan) -> Result<Metrics> {
    (request.tell)(0, 0, "counting the packages of the build");
    let program = tree_command(request, plan);
    let finished = process::run(&program)?;
    if !finished.success() {
        return Ok(Err(failed("cargo does not tell the packages of the build", &finished, &program)));
    }
    let packages = graph::packages(&finished.text());
    let (crates, duplicates) = (graph::crates(&packages), graph::duplicates(&packages));
    Ok(Ok(BTreeMap::from([(Metric::Crates, counted(crates)), (Metric::DuplicateCrates, counted(duplicates))])))
}

fn invocations(request: &Request<'_>, plan: &BuildPlan) -> Result<Metrics> {
    (request.tell)(0, 0, "building, to count compiler processes");
    let program = build_command(request, plan);
    let finished = process::run(&program)?;
    if !finished.success() {
        return Ok(Err(failed(&format!("the build `{}` failed", plan.profile), &finished, &program)));
    }
    Ok(Ok(BTreeMap::from([(Metric::RustcInvocations, counted(graph::invocations(&finished.stdout)))])))
}

/// The evidence of some samples.
fn sampled(values: &[u64]) -> Option<Evidence> {
    time::interval_of(values.iter().map(|value| *value as f64).collect())
}

/// What of the output of a build from nothing is kept.
const MESSAGES: Output = Output::Tail;
