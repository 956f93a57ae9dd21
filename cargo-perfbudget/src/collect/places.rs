//! Findings → where the code is that they are about: the bench target's file, and the line with the benchmark's name.

use std::collections::BTreeMap;
use std::path::Path;

use super::project::BenchTarget;
use crate::model::report::{Place, Verdict};
use crate::model::{Benchmark, Finding, Subject, Target};
use crate::sys::files;

/// The largest source file that is searched.
const SOURCE_BYTES_AT_MOST: u64 = 4 << 20;

/// Where the targets are that findings are about. Files outside of the repository have no place.
#[must_use]
pub fn find(targets: &[BenchTarget], repository: &Path, findings: &[Finding]) -> BTreeMap<Target, Place> {
    let top = files::resolved(repository);
    let mut places = BTreeMap::new();
    let mut sources: BTreeMap<&Target, String> = BTreeMap::new();
    let worth = findings.iter().filter(|finding| finding.verdict > Verdict::Within);
    for finding in worth {
        let subject = finding.key.as_ref().map(|key| key.subject.as_ref());
        let Some(name) = subject.and_then(Subject::target).or(finding.target.as_ref()) else { continue };
        let Some(target) = targets.iter().find(|target| target.target == *name) else { continue };
        let path = files::resolved(&target.source);
        let parts: Option<Vec<&str>> =
            path.strip_prefix(&top).ok().and_then(|path| path.iter().map(|part| part.to_str()).collect());
        let Some(parts) = parts else { continue };
        let place = places.entry(name.clone()).or_insert_with(|| Place { file: parts.join("/"), ..Place::default() });
        let Some(Subject::Benchmark(benchmark)) = subject else { continue };
        if place.lines.contains_key(&benchmark.path()) {
            continue;
        }
        // What cannot be read has no lines to show, and the note stands on the first.
        let read = || files::read_text(&target.source, SOURCE_BYTES_AT_MOST).ok().flatten().unwrap_or_default();
        if let Some(line) = line_of(sources.entry(name).or_insert_with(read), benchmark) {
            place.lines.insert(benchmark.path(), line);
        }
    }
    places
}

/// The line that names a benchmark in a string literal: its function after its group, or else its group, or else its
/// function. A name that is put together as the program runs is in none.
fn line_of(source: &str, benchmark: &Benchmark) -> Option<u64> {
    let lines: Vec<&str> = source.lines().collect();
    let after = |from: usize, text: &str| {
        let literal = format!("{text:?}");
        let is_code = |line: &str| !line.trim_start().starts_with("//") && line.contains(&literal);
        (from..lines.len()).find(|at| lines[*at..].first().is_some_and(|line| is_code(line)))
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
        assert_eq!(line_of(SOURCE, &benchmark), line, "{group} {function:?}");
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
