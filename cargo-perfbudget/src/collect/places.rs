//! Findings → where the code is that they are about: the bench target's file, and the line with the benchmark's name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::project::BenchTarget;
use crate::model::report::Place;
use crate::model::{Benchmark, Finding, Subject, Target};
use crate::sys::files;

/// The largest source file that is searched.
const SOURCE_BYTES_AT_MOST: u64 = 4 << 20;

/// Where the targets are that findings are about. Files outside of the repository have no place.
#[must_use]
pub fn find(targets: &[BenchTarget], repository: &Path, findings: &[Finding]) -> BTreeMap<Target, Place> {
    let top = files::resolved(repository);
    let mut wanted: BTreeMap<&Target, BTreeSet<&Benchmark>> = BTreeMap::new();
    for finding in findings {
        let subject = finding.key.as_ref().map(|key| key.subject.as_ref());
        let Some(target) = subject.and_then(Subject::target).or(finding.target.as_ref()) else { continue };
        let benchmarks = wanted.entry(target).or_default();
        if let Some(Subject::Benchmark(benchmark)) = subject {
            benchmarks.insert(benchmark);
        }
    }
    let place = |(name, benchmarks): (&Target, BTreeSet<&Benchmark>)| {
        let target = targets.iter().find(|target| target.target == *name)?;
        let path = files::resolved(&target.source);
        let parts: Option<Vec<&str>> = path.strip_prefix(&top).ok()?.iter().map(|part| part.to_str()).collect();
        let file = parts?.join("/");
        // What cannot be read has no lines to show, and the note stands on the first.
        let source = files::read_text(&target.source, SOURCE_BYTES_AT_MOST).ok().flatten().unwrap_or_default();
        let lines: Vec<&str> = source.lines().collect();
        let line = |benchmark: &Benchmark| Some((benchmark.path(), line_of(&lines, benchmark)?));
        Some((name.clone(), Place { file, lines: benchmarks.into_iter().filter_map(line).collect() }))
    };
    wanted.into_iter().filter_map(place).collect()
}

/// The line that names a benchmark in a string literal: its function after its group, or else its group, or else its
/// function. A name that is put together as the program runs is in none.
fn line_of(lines: &[&str], benchmark: &Benchmark) -> Option<u64> {
    let after = |from: usize, text: &str| {
        let literal = format!("{text:?}");
        let is_code = |line: &str| !line.trim_start().starts_with("//") && line.contains(&literal);
        Some(from + lines.get(from..)?.iter().position(|line| is_code(line))?)
    };
    let group = after(0, &benchmark.group);
    let function = benchmark.function.as_deref().and_then(|function| after(group.unwrap_or(0), function));
    function.or(group).map(|at| at as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"// "total" is a group.
fn total(c: &mut Criterion) {
    c.bench_function("parse", |b| b.iter(work));
    let mut group = c.benchmark_group("total");
    for size in [10, 100] {
        group.bench_with_input(BenchmarkId::from_parameter(size), &size, run);
    }
    group.bench_function("empty", |b| b.iter(work));
    c.bench_function("say \"hi\"", |b| b.iter(work));
}
"#;

    fn check(group: &str, function: Option<&str>, line: Option<u64>) {
        let target = Target { package: "shop".into(), name: "cart".into() };
        let benchmark = Benchmark::new(target, group.into(), function.map(str::to_owned), None);
        let lines: Vec<&str> = SOURCE.lines().collect();
        assert_eq!(line_of(&lines, &benchmark), line, "{group} {function:?}");
    }

    #[test]
    fn a_benchmark_is_found_by_its_name() {
        check("parse", None, Some(3));
        check("total", Some("empty"), Some(8));
        check("total", Some("100"), Some(4));
        check("say \"hi\"", None, Some(9));
        check("elsewhere", Some("nothing"), None);
        check("elsewhere", Some("parse"), Some(3));
        check("total", Some("parse"), Some(4));
    }
}
