//! Every rendering of a comment and of a job's summary, of 500 and of 5,000 rows that cost more than they may. The figure to
//! hold is 50 ms for the larger one.

use std::hint::black_box;

use cargo_perfbudget::model::report::{Judged, Report, State};
use cargo_perfbudget::model::{
    Benchmark, Certainty, Change, Code, Evidence, Finding, Key, Metric, Quantity, Ratio, Row, Subject, Target,
};
use cargo_perfbudget::render::comment::{Renderer, Templates};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// So many benchmarks that cost 5 % more, each with an owner and a finding.
fn report(rows: u64) -> Report {
    let row = |index: u64| {
        let target = Target { package: format!("package-{}", index % 20), name: "bench".into() };
        let benchmark =
            Benchmark::new(target, format!("group {}", index / 100), Some(format!("function {index}")), None);
        let key = Key::new(Subject::Benchmark(benchmark), Metric::Instructions);
        let (before, after) = (10_000 + 37 * index, 10_500 + 39 * index);
        let delta = Ratio::of_change(Quantity::count(before), Quantity::count(after));
        let (before, after) = (Evidence::exact(before), Evidence::exact(after));
        let change = Change::Both { before, after, delta, certainty: Certainty::Real };
        let limit = Some(Ratio::percent(1.0));
        let owner = Some("@team/checkout".to_owned());
        Judged { row: Row { key, change }, state: State::Crossed, limit, owner, reason: None }
    };
    let rows: Vec<Judged> = (0..rows).map(row).collect();
    let finding = |judged: &Judged| Finding {
        code: Code::GrowthOver,
        verdict: Code::GrowthOver.verdict(),
        key: Some(judged.row.key.clone()),
        target: None,
        message: "+5.00%, and 1.00% and 100 instructions more are allowed".into(),
        hint: Some(format!("if it is worth it: cargo perfbudget accept '{}' --reason \"…\"", judged.row.key.subject)),
    };
    Report { findings: rows.iter().map(finding).collect(), rows, ..Report::default() }.settled()
}

/// The length of all that could be posted.
fn rendered(report: &Report) -> usize {
    let templates = Templates::default();
    let renderer = Renderer::new(report, &templates).expect("the built-in template works");
    let comments = renderer.comment().expect("the built-in template works");
    let summaries = renderer.summary().expect("the built-in template works");
    comments.iter().chain(&summaries).map(String::len).sum()
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("comment");
    group.sample_size(10);
    for rows in [500, 5_000] {
        let report = report(rows);
        group.bench_with_input(BenchmarkId::from_parameter(rows), &report, |bencher, report| {
            bencher.iter(|| rendered(black_box(report)));
        });
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
