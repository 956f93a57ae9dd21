//! Report → notes beside the code, and the commands by which a workflow's log makes them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{named, shorten, tame};
use crate::model::report::{Report, Verdict};
use crate::model::{Finding, Key, Subject};

/// Notes that are made at most. GitHub shows ten of a kind, and takes fifty with a check run.
const AT_MOST: usize = 50;
/// Columns of a title, and of a message.
const TITLE_COLUMNS: usize = 200;
const MESSAGE_COLUMNS: usize = 1_000;

/// How bad a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Look at it.
    Warning,
    /// It fails.
    Error,
}

/// A note, beside the code where it is known where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How bad it is.
    pub level: Level,
    /// The file, relative to the repository, and the line from 1.
    pub place: Option<(String, u64)>,
    /// What it is about.
    pub title: String,
    /// What is the case.
    pub message: String,
}

/// The notes of a report: what fails or wants a look, worst first, fifty at most.
#[must_use]
pub fn annotations(report: &Report) -> Vec<Annotation> {
    let mut findings: Vec<&Finding> = report.findings.iter().filter(|it| it.verdict > Verdict::Within).collect();
    // Rows are sorted by how much worse they are, findings by their kind.
    let ranks: BTreeMap<&Key, usize> = report.rows.iter().enumerate().map(|(at, row)| (&row.row.key, at)).collect();
    let rank = |finding: &Finding| finding.key.as_ref().and_then(|key| ranks.get(key).copied());
    findings.sort_by_key(|finding| (Reverse(finding.verdict), rank(finding)));
    findings.into_iter().take(AT_MOST).map(|finding| annotation(report, finding)).collect()
}

fn annotation(report: &Report, finding: &Finding) -> Annotation {
    let about = match (&finding.key, &finding.target) {
        (Some(key), _) => format!(" {key}"),
        (None, Some(target)) => format!(" {target}"),
        (None, None) => String::new(),
    };
    let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!("; {hint}"));
    Annotation {
        level: if finding.verdict >= Verdict::CannotTell { Level::Error } else { Level::Warning },
        place: place(report, finding),
        title: named(&format!("{}{about}", finding.code), TITLE_COLUMNS),
        message: shorten(&tame(&format!("{}{hint}", finding.message)), MESSAGE_COLUMNS),
    }
}

/// The line of the benchmark's name; the first line of its target where the name is put together as it runs.
pub(super) fn place(report: &Report, finding: &Finding) -> Option<(String, u64)> {
    let subject = finding.key.as_ref().map(|key| key.subject.as_ref());
    let target = subject.and_then(Subject::target).or(finding.target.as_ref())?;
    let place = report.places.get(target).filter(|place| is_inside(&place.file))?;
    let line = match subject {
        Some(Subject::Benchmark(benchmark)) => place.lines.get(&benchmark.path()).copied(),
        _ => None,
    };
    Some((place.file.clone(), line.unwrap_or(1).clamp(1, 1 << 31)))
}

/// Whether a path of a report, which somebody else may have written, stays in the repository.
fn is_inside(path: &str) -> bool {
    let parts = || path.split('/');
    !path.contains(['\\', ':'])
        && !path.chars().any(char::is_control)
        && parts().all(|part| !matches!(part, "" | "." | ".."))
}

/// The commands that make the notes, one a line, as a workflow's log holds them.
#[must_use]
pub fn commands(annotations: &[Annotation]) -> String {
    annotations.iter().map(|it| command(it.level, it.place.as_ref(), &it.title, &it.message)).collect()
}

/// One such command.
#[must_use]
pub fn command(level: Level, place: Option<&(String, u64)>, title: &str, message: &str) -> String {
    let level = match level {
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let place = place.map_or(String::new(), |(file, line)| format!("file={},line={line},", property(file)));
    format!("::{level} {place}title={}::{}\n", property(title), data(message))
}

/// A text that ends no line and begins no other command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text that ends no property either.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cannot_tell, over, within};
    use super::*;
    use crate::model::Target;
    use crate::model::report::Place;
    use proptest::prelude::*;

    fn placed(mut report: Report, file: &str) -> Report {
        let lines = [("total/100".to_owned(), 12)].into();
        let target = Target { package: "shop".into(), name: "cart".into() };
        report.places.insert(target, Place { file: file.into(), lines });
        report
    }

    #[test]
    fn a_finding_stands_beside_its_benchmark() {
        let text = commands(&annotations(&placed(over(), "benches/cart.rs")));
        let first = "::error file=benches/cart.rs,line=12,title=growth-over shop%3A%3Acart%3A%3Atotal/100 instructions::545 \
                     instructions more than the base, limit 1.00%25; `shop::cart::Cart::sum` takes 530 of them; make it";
        assert!(text.starts_with(first), "{text}");
        assert!(
            text.contains(
                "\n::warning title=rule-unmatched::`shop::old::*` in line 7 matches nothing; delete the rule\n"
            )
        );
        assert_eq!(commands(&annotations(&within())), "");
    }

    #[test]
    fn a_finding_without_a_line_stands_on_the_first() {
        let mut report = placed(cannot_tell(), "benches/cart.rs");
        report.places.values_mut().for_each(|place| place.lines.clear());
        let text = commands(&annotations(&report));
        assert!(text.contains("::error file=benches/cart.rs,line=1,title=benchmark-panicked"), "{text}");
        assert!(text.contains("::error title=build-failed shop%3A%3Asearch::"), "{text}");
    }

    #[test]
    fn a_path_out_of_the_repository_is_no_place() {
        for file in ["/etc/passwd", "../x", "a/../b", "a//b", "C:\\x", "", "a\nb"] {
            assert!(annotations(&placed(over(), file))[0].place.is_none(), "{file:?}");
        }
    }

    #[test]
    fn the_worst_fifty_are_kept() {
        let mut report = over();
        let look = report.findings.last().cloned();
        report.findings.splice(0..0, std::iter::repeat_n(look, 100).flatten());
        let all = annotations(&report);
        assert_eq!((all.len(), all[0].level), (50, Level::Error));
    }

    proptest! {
        #[test]
        fn whatever_a_text_holds_is_one_command(title in ".*", message in ".*", file in ".*") {
            let text = command(Level::Error, Some(&(file.clone(), 3)), &title, &message);
            prop_assert_eq!(text.lines().count(), 1);
            prop_assert_eq!(text.matches(['\r', '\n']).count(), 1);
            let (head, _) = text[2..].split_once("::").unwrap_or_default();
            prop_assert_eq!(head.split(',').count(), 3);
        }
    }
}
