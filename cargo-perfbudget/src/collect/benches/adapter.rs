//! The adapter of these benchmarks: what of them is counted, listed and said beforehand.

use std::collections::BTreeMap;

use asset_optimizer::cache::shared::Shared;

use super::harness::{list_args, measure_args};
use super::{Instructions, Reading, Setup, valgrind_args};
use crate::collect::cache::Cache;
use crate::collect::executable::Harness;
use crate::collect::hand::{Adapter, Benches, Hand, wanted_targets};
use crate::collect::{Request, build, layout, measurements, profiles};
use crate::error::Result;
use crate::model::{Family, Subject};
use crate::sys::env;

/// The harnesses whose benchmarks are counted.
const MEASURED: [Harness; 3] = [Harness::Criterion, Harness::Divan, Harness::Libtest];
/// One measurement fills all of these.
const FAMILIES: [Family; 2] = [Family::Instructions, Family::Heap];

/// The adapter.
#[derive(Debug)]
pub struct Benchmarks;

impl Adapter for Benchmarks {
    fn families(&self) -> &'static [Family] {
        &FAMILIES
    }

    fn measure(&self, hand: &mut Hand<'_>) -> Result<()> {
        if wanted_targets(hand.request)?.is_empty() {
            // No benchmarks is a fact about the project, and its machine is known all the same.
            for family in FAMILIES {
                if let Some(environment) = hand.valgrind_if_any(family) {
                    hand.run.environments.entry(family).or_insert(environment);
                }
            }
            return Ok(());
        }
        let benches = hand.benches()?;
        let Some(environment) = hand.under_valgrind(Family::Instructions) else { return Ok(()) };
        let setup = setup(hand, &benches, format!("{:?}", environment.0));
        hand.run.environments.insert(Family::Instructions, environment);
        let heap = hand.under_valgrind(Family::Heap);
        hand.run.environments.extend(heap.map(|machine| (Family::Heap, machine)));
        let reading = drive(hand, &benches, setup)?;
        hand.run.outcomes.extend(reading.outcomes);
        hand.run.problems.extend(reading.problems);
        hand.run.reused += reading.reused;
        hand.run.cache.add(reading.cache);
        hand.run.excluded.extend(reading.excluded);
        if !reading.versions.is_empty() {
            let versions: Vec<String> = reading.versions.into_iter().collect();
            hand.run.state.0.insert("harness".into(), versions.join(", "));
        }
        Ok(())
    }

    fn list(&self, hand: &mut Hand<'_>) -> Result<Vec<Subject>> {
        let benches = hand.benches()?;
        let setup = Setup { names_only: true, ..setup(hand, &benches, String::new()) };
        let reading = drive(hand, &benches, setup)?;
        hand.run.problems.extend(reading.problems);
        Ok(reading.names.into_iter().map(Subject::Benchmark).collect())
    }

    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>> {
        let targets = wanted_targets(request)?;
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let target_dir = request.target_dir_text();
        let command = build::bench_command(&request.place(), request.options, &targets, target_dir.as_deref());
        let mut lines = vec![command.shown()];
        for bench in &targets {
            let executable = bench.placeholder();
            let (asks, measures) = match measure_args(bench.likely) {
                None => (
                    format!("{executable} --bench --noplot FILTER_THAT_MATCHES_NOTHING"),
                    "--bench --noplot --warm-up-time 3600 --exact --".to_owned(),
                ),
                Some(args) => (format!("{executable} {}", list_args(bench.likely).join(" ")), args.join(" ")),
            };
            let valgrind = valgrind_args("SCRATCH", bench.likely).join(" ");
            lines.push(format!("{asks}    # tells its benchmarks"));
            lines.push(format!("valgrind {valgrind} {executable} {measures} BENCHMARK    # for each benchmark"));
        }
        Ok(lines)
    }
}

fn drive(hand: &Hand<'_>, benches: &Benches, setup: Setup) -> Result<Reading> {
    let request = hand.request;
    let shared = if setup.names_only { &Shared::default() } else { request.shared };
    let cache = Cache::open(measurements(&hand.home()), shared, request.repository.clone())?;
    let executables = benches.on(&MEASURED);
    let expected = if setup.names_only { BTreeMap::new() } else { hand.request.expected.clone() };
    let mut source = Instructions::new(setup, cache, executables, expected);
    hand.drive(&mut source, env::cores())?;
    Ok(source.finish())
}

fn setup(hand: &Hand<'_>, benches: &Benches, machine: String) -> Setup {
    let request = hand.request;
    Setup {
        valgrind: "valgrind".into(),
        scratch: hand.scratch.clone(),
        repository: request.repository.clone(),
        target_dir: request.target_dir().to_owned(),
        profiles: profiles(&hand.home()),
        variables: benches.variables.clone(),
        environment_bytes: layout::ENVIRONMENT_BYTES,
        scope: request.scope.clone(),
        machine,
        timeout: request.plan.timeout,
        repeats: request.repeats,
        passed: request.passed.clone(),
        reuse: request.reuse,
        exclusions: request.exclusions(),
        names_only: false,
    }
}
