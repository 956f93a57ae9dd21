//! Report → CSV as RFC 4180 has it, for spreadsheets: a header, a line for every number, then one for every other finding.
//!
//! Numbers are in the base unit that `unit` names, without thousands; `delta` and `limit` are fractions (0.05 is 5 %), empty
//! where there is none. Texts are on one line. A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula,
//! even in quotes: such a text gets an apostrophe in front. So does one that begins with an apostrophe, so that taking one
//! off gives the text back. Numbers never get one.

use super::entries::{Entry, entries, sentence};
use super::tame;
use crate::model::report::Report;
use crate::model::{Evidence, Ratio};

/// The columns. More may be added at the end.
const HEADER: [&str; 15] = [
    "package", "target", "subject", "metric", "unit", "before", "after", "delta", "limit", "state", "verdict",
    "findings", "owner", "reason", "message",
];

/// The report as CSV.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    let mut written = writer.write_record(HEADER);
    for entry in entries(report) {
        written = written.and_then(|()| writer.write_record(line(&entry)));
    }
    debug_assert!(written.is_ok(), "memory takes it all, and every line has as many cells as the header");
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn line(entry: &Entry<'_>) -> [String; HEADER.len()] {
    let (key, change) = (entry.key, entry.judged.map(|judged| &judged.row.change));
    let named = |name: fn(&crate::model::Key) -> String| key.map(name).unwrap_or_default();
    let codes: Vec<&str> = entry.findings.iter().map(|finding| finding.code.name()).collect();
    let messages: Vec<String> = entry.findings.iter().map(|finding| sentence(finding)).collect();
    let optional = |text: Option<&String>| text.map_or(String::new(), |text| cell(text));
    [
        cell(entry.package()),
        entry.target().map_or(String::new(), |target| cell(&target.name)),
        cell(&named(|key| key.subject.to_string())),
        cell(&named(|key| key.metric.name().to_owned())),
        cell(&named(|key| key.metric.unit().word().to_owned())),
        amount(change.and_then(|change| change.before())),
        amount(change.and_then(|change| change.after())),
        fraction(change.and_then(|change| change.delta())),
        fraction(entry.judged.and_then(|judged| judged.limit)),
        entry.judged.map_or("", |judged| judged.state.name()).to_owned(),
        entry.verdict().name().to_owned(),
        codes.join(" "),
        optional(entry.judged.and_then(|judged| judged.owner.as_ref())),
        optional(entry.judged.and_then(|judged| judged.reason.as_ref())),
        cell(&messages.join(". ")),
    ]
}

/// Every digit of a count; the estimate of a sampled value.
fn amount(evidence: Option<&Evidence>) -> String {
    match evidence {
        None => String::new(),
        Some(Evidence::Exact { value, .. }) => value.to_string(),
        Some(Evidence::Sampled { estimate, .. }) => estimate.get().to_string(),
    }
}

fn fraction(ratio: Option<Ratio>) -> String {
    ratio.map_or(String::new(), |ratio| ratio.get().to_string())
}

/// A text that no spreadsheet computes. Those of East Asia take full-width signs, too, and some skip blanks in front.
fn cell(text: &str) -> String {
    let text = tame(text);
    let obeys = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\'']);
    if obeys { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{benchmark, both, cannot_tell, over, row};
    use super::*;
    use crate::model::report::State;
    use crate::model::{Artifact, ArtifactKind, Key, Metric, Subject};
    use proptest::prelude::*;

    /// The lines of a report as a reader that is not ours sees them.
    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let lines = reader.records().map(|line| line.expect("every line has as many cells"));
        lines.map(|line| line.iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_number_is_a_line_and_so_is_a_finding_without_one() {
        let text = csv(&over());
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines[0], HEADER.join(","));
        assert!(
            lines.contains(
                &"shop,cart,shop::cart::total/100,time,ns,1240,1290,0.040322580645161255,,unclaimed,within,,,,"
            ),
            "{text}"
        );
        let accepted = "shop,search,shop::search::index/large,instructions,instructions,1234567,1300000,\
                        0.05300076869056114,0.01,accepted,attention,regression-accepted,'@search,finds umlauts now,\
                        accepted in this change: finds umlauts now";
        assert!(lines.contains(&accepted), "{text}");
        assert_eq!(
            lines.last(),
            Some(&",,,,,,,,,,attention,rule-unmatched,,,`shop::old::*` in line 7 matches nothing; delete the rule")
        );
        let text = csv(&cannot_tell());
        assert!(text.contains("shop,search,,,,,,,,,cannot-tell,build-failed,,,"), "{text}");
        assert!(text.contains(",12345,,,0.01,unmeasured,cannot-tell,benchmark-panicked,"), "{text}");
    }

    #[test]
    fn a_formula_is_a_text() {
        for (text, shown) in
            [("=1+1", "'=1+1"), (" @SUM(A1)", "' @SUM(A1)"), ("\t-1", "' -1"), ("'x", "''x"), ("a=1", "a=1")]
        {
            assert_eq!(cell(text), shown);
        }
        let mut report = over();
        report.rows = vec![row(State::Improved, benchmark("cart", "total/1", Metric::Instructions), both(100, 50))];
        report.findings.clear();
        assert!(csv(&report).contains(",100,50,-0.5,0.01,improved,within,"), "{}", csv(&report));
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_none_is_a_formula(name in ".*", owner in "[=+@'\"\\PC\r\n,-]*") {
            let artifact = Artifact { package: name.clone(), kind: ArtifactKind::File, name: name.clone() };
            let key = Key::new(Subject::Artifact(artifact), Metric::Size);
            let mut judged = row(State::Crossed, key, both(1, 2));
            judged.owner = Some(owner.clone());
            let report = Report { rows: vec![judged], ..Report::default() };
            let lines = read(&csv(&report));
            prop_assert_eq!((lines.len(), lines[1].len()), (2, HEADER.len()));
            for (at, text) in [(0, &name), (12, &owner)] {
                let shown = &lines[1][at];
                prop_assert!(!shown.trim_start().starts_with(['=', '+', '-', '@']));
                prop_assert_eq!(shown.strip_prefix('\'').unwrap_or(shown), tame(text));
            }
            prop_assert_eq!(csv(&report), csv(&report));
        }
    }
}
