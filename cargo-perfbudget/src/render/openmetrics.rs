//! Report → OpenMetrics 1.0, for Prometheus, its Pushgateway and GitLab's metrics reports.
//!
//! Every family is a gauge, because the Pushgateway reads the older text format, which knows neither state sets nor info:
//! what is written here is valid in both. A sample of a number has the labels `subject`, `metric`, `package`; the unit is the
//! metric's base unit, but times are in seconds, and shares are fractions of a whole. There are no timestamps: the scrape or
//! the push has the time.
//!
//! Written by hand: the client libraries keep registries of what a running program counts, and this is one finished text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::model::report::{Report, State, Verdict};
use crate::model::unit::SHARE_OF_WHOLE;
use crate::model::{Code, Evidence, Key, Unit};

/// A family: how it is described, and its samples.
struct Family {
    unit: String,
    help: &'static str,
    samples: Vec<String>,
}

/// The families by name, so that the same report gives the same bytes.
#[derive(Default)]
struct Exposition(BTreeMap<String, Family>);

/// The report in OpenMetrics.
#[must_use]
pub fn openmetrics(report: &Report) -> String {
    let mut exposition = Exposition::default();
    let mut seen = BTreeSet::new();
    for judged in &report.rows {
        let (key, change) = (&judged.row.key, &judged.row.change);
        let labels = labels(key);
        // A series that is there twice would make the whole text invalid.
        if !seen.insert(labels.clone()) {
            continue;
        }
        let sides = [("measured", "The value now.", change.after()), ("base", "The value before.", change.before())];
        for (side, help, evidence) in sides {
            let Some(evidence) = evidence else { continue };
            let (unit, value) = amount(key.metric.unit(), evidence);
            exposition.add(side, &unit, help, &labels, &value);
        }
        let ratios = [
            ("change", "(now - before) / before: 0.05 is 5 %.", change.delta()),
            ("limit", "The change that is allowed: 0.05 is 5 %.", judged.limit),
        ];
        for (name, help, ratio) in ratios {
            let Some(ratio) = ratio else { continue };
            exposition.add(name, "ratio", help, &labels, &ratio.get().to_string());
        }
    }
    exposition.whole(report);
    exposition.write()
}

impl Exposition {
    fn add(&mut self, name: &str, unit: &str, help: &'static str, labels: &str, value: &str) {
        let separator = if unit.is_empty() { "" } else { "_" };
        let name = format!("perfbudget_{name}{separator}{unit}");
        let sample = format!("{name}{{{labels}}} {value}");
        let family = || Family { unit: unit.to_owned(), help, samples: Vec::new() };
        self.0.entry(name).or_insert_with(family).samples.push(sample);
    }

    /// What the report comes to: the findings are in it, whether they are about a number or not.
    fn whole(&mut self, report: &Report) {
        for verdict in Verdict::ALL {
            let is_it = u8::from(verdict == report.verdict);
            let labels = format!("verdict=\"{}\"", verdict.name());
            self.add(
                "verdict",
                "",
                "1 for what the report comes to, 0 for what it does not.",
                &labels,
                &is_it.to_string(),
            );
        }
        let mut findings: BTreeMap<(Code, Verdict), usize> = BTreeMap::new();
        for finding in &report.findings {
            *findings.entry((finding.code, finding.verdict)).or_default() += 1;
        }
        for ((code, verdict), count) in findings {
            let labels = format!("code=\"{code}\",verdict=\"{}\"", verdict.name());
            self.add("findings", "", "How many findings there are.", &labels, &count.to_string());
        }
        for state in State::ALL {
            let count = report.rows.iter().filter(|judged| judged.state == state).count();
            let labels = format!("state=\"{}\"", state.name());
            self.add("rows", "", "How many numbers are in this state.", &labels, &count.to_string());
        }
    }

    fn write(self) -> String {
        let mut text = String::new();
        for (name, Family { unit, help, samples }) in self.0 {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# TYPE {name} gauge");
            if !unit.is_empty() {
                let _ = writeln!(text, "# UNIT {name} {unit}");
            }
            let _ = writeln!(text, "# HELP {name} {help}");
            for sample in samples {
                let _ = writeln!(text, "{sample}");
            }
        }
        text.push_str("# EOF\n");
        text
    }
}

fn labels(key: &Key) -> String {
    let values = [("subject", key.subject.to_string()), ("metric", key.metric.name().to_owned())];
    let values = values.into_iter().chain([("package", key.subject.package().to_owned())]);
    let labels: Vec<String> = values.map(|(name, value)| format!("{name}=\"{}\"", escaped(&value))).collect();
    labels.join(",")
}

/// A label's value: `\`, `"` and line breaks are written with a `\`, every other character stands for itself.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The name of a unit in a family's name, and the amount in it.
fn amount(unit: Unit, evidence: &Evidence) -> (String, String) {
    let value = evidence.quantity().get();
    match unit {
        Unit::Nanoseconds => ("seconds".to_owned(), (value / 1e9).to_string()),
        Unit::Share => ("ratio".to_owned(), (value / SHARE_OF_WHOLE as f64).to_string()),
        Unit::Bytes | Unit::Count(_) => {
            let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
            let word: String = unit.word().chars().map(letter).collect();
            let value = match evidence {
                Evidence::Exact { value, .. } => value.to_string(),
                Evidence::Sampled { .. } => value.to_string(),
            };
            (word.trim_matches('_').to_owned(), value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, cannot_tell, over, row, within};
    use super::*;
    use crate::model::{Artifact, ArtifactKind, Metric, Subject};
    use proptest::prelude::*;

    #[test]
    fn a_number_is_a_sample_in_the_family_of_its_unit() {
        let text = openmetrics(&over());
        let part = "# TYPE perfbudget_measured_seconds gauge\n# UNIT perfbudget_measured_seconds seconds\n\
                    # HELP perfbudget_measured_seconds The value now.\n\
                    perfbudget_measured_seconds{subject=\"shop::cart::total/100\",metric=\"time\",package=\"shop\"} 0.00000129\n";
        assert!(text.contains(part), "{text}");
        for line in [
            "perfbudget_base_instructions{subject=\"shop::cart::total/100\",metric=\"instructions\",package=\"shop\"} 12345",
            "perfbudget_measured_bytes{subject=\"shop::bin shop\",metric=\"size\",package=\"shop\"} 3420160",
            "perfbudget_limit_ratio{subject=\"shop::bin shop\",metric=\"size\",package=\"shop\"} 0.01",
            "perfbudget_verdict{verdict=\"over\"} 1",
            "perfbudget_verdict{verdict=\"within\"} 0",
            "perfbudget_findings{code=\"rule-unmatched\",verdict=\"attention\"} 1",
            "perfbudget_rows{state=\"crossed\"} 1",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
        assert!(openmetrics(&cannot_tell()).contains("{code=\"build-failed\",verdict=\"cannot-tell\"} 1\n"));
    }

    #[test]
    fn times_are_seconds_and_shares_are_fractions() {
        let check = |unit: Unit, name: &str, value: &str| {
            assert_eq!(amount(unit, &Evidence::exact(1_234_567)), (name.to_owned(), value.to_owned()));
        };
        check(Unit::Nanoseconds, "seconds", "0.001234567");
        check(Unit::Share, "ratio", "1.234567");
        check(Unit::Bytes, "bytes", "1234567");
        check(Unit::Count("cache misses"), "cache_misses", "1234567");
        check(Unit::Count(""), "", "1234567");
    }

    #[test]
    fn it_ends_with_its_end_and_a_family_stands_together() {
        for report in [within(), over(), cannot_tell(), Report::default()] {
            let text = openmetrics(&report);
            assert!(text.ends_with("} 0\n# EOF\n") || text.ends_with("} 1\n# EOF\n"), "{text}");
            let mut types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
            let count = types.len();
            types.dedup();
            assert!(types.is_sorted() && types.len() == count, "{text}");
        }
    }

    /// Reads a label's value as the grammar of OpenMetrics 1.0 has it.
    fn read(line: &str) -> (String, &str) {
        let mut value = String::new();
        let mut letters = line.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => return (value, &line[at + 1..]),
                '\\' => match letters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, other)) => value.push(other),
                    None => break,
                },
                _ => value.push(letter),
            }
        }
        panic!("no end of the label in {line}");
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in "[\\\\\"\n\r{}, \\PC]*", package in ".*") {
            let artifact = Artifact { package: package.clone(), kind: ArtifactKind::File, name };
            let key = Key::new(Subject::Artifact(artifact), Metric::Size);
            let subject = key.subject.to_string();
            let report = Report { rows: vec![row(State::Crossed, key, both(1, 2))], ..Report::default() };
            let text = openmetrics(&report);
            let sample = text.split('\n').find_map(|line| line.strip_prefix("perfbudget_measured_bytes{subject=\""));
            let (shown, rest) = read(sample.unwrap_or_default());
            prop_assert_eq!(shown, subject);
            let (shown, rest) = read(rest.strip_prefix(",metric=\"size\",package=\"").unwrap_or_default());
            prop_assert_eq!((shown, rest), (package, "} 2"));
        }
    }
}
