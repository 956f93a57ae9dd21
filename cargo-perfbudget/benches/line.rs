//! The line without its ends: load, compare, judge and render, of 100 to 20,000 benchmarks with five metrics each.
//! The figure to hold is 100 ms for 10,000, and a time that grows no faster than their number.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use cargo_perfbudget::baseline;
use cargo_perfbudget::judge::{Case, Confirmation, judge};
use cargo_perfbudget::model::{
    Baseline, Benchmark, Date, Environment, Evidence, Family, Key, Metric, Outcome, Quantity, Record, RecordSet, Run,
    Scope, Subject, Target,
};
use cargo_perfbudget::render::comment::{Renderer, Templates};
use cargo_perfbudget::render::{Color, terminal};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// What the figure is about: the metrics of one benchmark, and the sizes of an artifact.
const METRICS: [Metric; 5] =
    [Metric::Instructions, Metric::InstructionsFirst, Metric::Size, Metric::SizeText, Metric::Time];

fn evidence(metric: Metric, value: u64) -> Evidence {
    let quantity = |value: f64| Quantity::new(value).unwrap_or(Quantity::ZERO);
    match metric {
        Metric::Time => {
            let value = value as f64;
            Evidence::Sampled {
                estimate: quantity(value),
                low: quantity(value * 0.9),
                high: quantity(value * 1.1),
                samples: 100,
            }
        }
        _ => Evidence::exact(value),
    }
}

/// A benchmark, which all of its metrics share, as those of a run do.
fn subject(index: usize) -> Arc<Subject> {
    let target = Target { package: format!("package-{}", index % 20), name: "bench".into() };
    let benchmark = Benchmark::new(target, format!("group {}", index / 100), Some(format!("function {index}")), None);
    Arc::new(Subject::Benchmark(benchmark))
}

/// So many benchmarks, as files of a baseline and as a run in which every hundredth costs 2 % more.
fn world(benchmarks: usize) -> (BTreeMap<String, Vec<u8>>, Run) {
    let environment = Environment(BTreeMap::from([("target".to_owned(), "here".to_owned())]));
    let mut sets: BTreeMap<Family, RecordSet> = BTreeMap::new();
    let mut run = Run { scope: Scope { families: Family::ALL.into(), ..Scope::default() }, ..Run::default() };
    for family in Family::ALL {
        run.environments.insert(family, environment.clone());
    }
    for index in 0..benchmarks {
        let (recorded, measured) = (subject(index), subject(index));
        for metric in METRICS {
            let (family, value) = (metric.family(), 10_000 + 37 * index as u64);
            let set = sets.entry(family).or_insert_with(|| RecordSet {
                family,
                environment: environment.clone(),
                state: Environment::default(),
                records: BTreeMap::new(),
            });
            let record = Record { evidence: evidence(metric, value), anchor: None, acceptance: None };
            set.records.insert(Key::new(recorded.clone(), metric), record);
            let now = if index % 100 == 0 { value + value / 50 } else { value };
            run.outcomes.insert(
                Key::new(measured.clone(), metric),
                Outcome::Measured { evidence: evidence(metric, now), note: None },
            );
        }
    }
    let texts = baseline::write(&Baseline { sets: sets.into_values().collect() });
    (texts.into_iter().map(|(path, text)| (path, text.into_bytes())).collect(), run)
}

/// The line: returns the length of what a person would read.
fn line(files: &BTreeMap<String, Vec<u8>>, run: &Run) -> usize {
    let (baseline, broken) = baseline::read(files);
    assert!(broken.is_empty(), "{}", broken[0].message);
    let severities = BTreeMap::new();
    let case = Case {
        run,
        base: &baseline,
        head: &baseline,
        // The base shows nothing of the growth, so every hundredth benchmark is over.
        confirmation: Confirmation::Pending,
        base_name: "base",
        commits_since_record: None,
        on_default_branch: false,
        budgets: &[],
        severities: &severities,
        today: Date { year: 2026, month: 1, day: 1 },
        is_ci: false,
        problems: &[],
    };
    let (report, to_confirm) = judge(&case);
    assert!(!to_confirm.is_empty());
    let renderer = Renderer::new(&report, &Templates::default()).expect("the built-in template works");
    let comment = renderer.longest_comment().expect("the built-in template works");
    terminal(&report, Color::Never).len() + comment.len()
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("line");
    group.sample_size(10);
    for benchmarks in [100, 1_000, 10_000, 20_000] {
        group.bench_with_input(BenchmarkId::from_parameter(benchmarks), &benchmarks, |bencher, benchmarks| {
            let (files, run) = world(*benchmarks);
            bencher.iter(|| line(black_box(&files), black_box(&run)));
        });
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
