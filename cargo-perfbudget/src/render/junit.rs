//! Report → JUnit XML, as Jenkins' and GitLab's readers take it (`junit-10.xsd` of Jenkins' xUnit plugin).
//!
//! A suite for each bench target or package, a case for each number: `failure` where it is over, `error` where nobody can
//! tell, `skipped` where it was not judged; the numbers are in `system-out`. What was found about no number is a case, too.
//! There are no times: a case is not a test that ran for so long.

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::entries::{Entry, entries, sentence};
use super::{number, shorten, tame};
use crate::model::report::{Judged, Report, State, Verdict};

/// The suite of what belongs to no package.
const NO_SCOPE: &str = "perfbudget";
/// Columns of a case's name that is made of a message.
const NAME_COLUMNS: usize = 200;

/// What became of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failure,
    Error,
    Skipped,
}

/// The report as JUnit XML.
#[must_use]
pub fn junit(report: &Report) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let written = suites(&mut writer, report);
    debug_assert!(written.is_ok(), "memory takes it all");
    let mut text = String::from_utf8(writer.into_inner()).unwrap_or_default();
    text.push('\n');
    text
}

fn suites(writer: &mut Writer<Vec<u8>>, report: &Report) -> io::Result<()> {
    let all = entries(report);
    let mut suites: BTreeMap<String, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in &all {
        let scope = entry.scope();
        let name = if scope.is_empty() { NO_SCOPE.to_owned() } else { attribute(&scope) };
        suites.entry(name).or_default().push(entry);
    }
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let totals = counts(all.iter());
    let element = writer.create_element("testsuites").with_attribute(("name", "perfbudget"));
    element.with_attributes(totals[..3].iter().map(|(name, count)| (*name, count.as_str()))).write_inner_content(
        |writer| {
            for (name, entries) in &suites {
                let counts = counts(entries.iter().copied());
                let element = writer.create_element("testsuite").with_attribute(("name", name.as_str()));
                element
                    .with_attributes(counts.iter().map(|(name, count)| (*name, count.as_str())))
                    .write_inner_content(|writer| entries.iter().try_for_each(|entry| case(writer, name, entry)))?;
            }
            Ok(())
        },
    )?;
    Ok(())
}

/// The attributes that count cases. The last is known to suites only.
fn counts<'a>(entries: impl Iterator<Item = &'a Entry<'a>>) -> [(&'static str, String); 4] {
    let outcomes: Vec<Outcome> = entries.map(outcome).collect();
    let of = |wanted: Outcome| outcomes.iter().filter(|outcome| **outcome == wanted).count().to_string();
    [
        ("tests", outcomes.len().to_string()),
        ("failures", of(Outcome::Failure)),
        ("errors", of(Outcome::Error)),
        ("skipped", of(Outcome::Skipped)),
    ]
}

fn outcome(entry: &Entry<'_>) -> Outcome {
    match (entry.verdict(), entry.judged.map(|judged| judged.state)) {
        (Verdict::Over, _) => Outcome::Failure,
        (Verdict::CannotTell, _) => Outcome::Error,
        // Nothing is claimed of either, and a passed case would.
        (_, Some(State::Excluded | State::Unclaimed)) => Outcome::Skipped,
        _ => Outcome::Passed,
    }
}

fn case(writer: &mut Writer<Vec<u8>>, suite: &str, entry: &Entry<'_>) -> io::Result<()> {
    let (name, outcome) = (name(entry), outcome(entry));
    let element = writer.create_element("testcase").with_attribute(("classname", suite));
    element.with_attribute(("name", name.as_str())).write_inner_content(|writer| {
        let (element, message) = match (outcome, entry.worst()) {
            (Outcome::Failure, Some(finding)) => ("failure", sentence(finding)),
            (Outcome::Error, Some(finding)) => ("error", sentence(finding)),
            (Outcome::Skipped, _) => ("skipped", not_judged(entry)),
            _ => ("", String::new()),
        };
        if !element.is_empty() {
            let message = attribute(&message);
            let mut started = writer.create_element(element).with_attribute(("message", message.as_str()));
            if let Some(finding) = entry.worst().filter(|_| outcome != Outcome::Skipped) {
                started = started.with_attribute(("type", finding.code.name()));
                started.write_text_content(BytesText::new(&text(&told(entry))))?;
            } else {
                started.write_empty()?;
            }
        }
        let numbers = numbers(entry);
        // What did not fail is told here, or it would be told nowhere.
        let told = if matches!(outcome, Outcome::Failure | Outcome::Error) { String::new() } else { told(entry) };
        let out = format!("{numbers}{told}");
        if !out.is_empty() {
            writer.create_element("system-out").write_text_content(BytesText::new(&text(&out)))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// The name within its suite: what is counted, by which measure; or what was found, in short.
fn name(entry: &Entry<'_>) -> String {
    let name = match (entry.key, entry.findings.first()) {
        (Some(key), _) => format!("{} {}", key.subject.short(), key.metric),
        (None, Some(finding)) => shorten(&tame(&format!("{}: {}", finding.code, finding.message)), NAME_COLUMNS),
        (None, None) => String::new(),
    };
    attribute(&name)
}

fn not_judged(entry: &Entry<'_>) -> String {
    let reason = entry.judged.and_then(|judged| judged.reason.as_ref());
    match (entry.judged.map(|judged| judged.state), reason) {
        (Some(State::Excluded), Some(reason)) => format!("excluded: {reason}"),
        (Some(State::Excluded), None) => "excluded".to_owned(),
        _ => "not claimed: sampled, or from a machine that does not compare".to_owned(),
    }
}

/// Everything that was found, a paragraph each.
fn told(entry: &Entry<'_>) -> String {
    let mut told = String::new();
    for finding in &entry.findings {
        told.push_str(&format!("{} {}: {}\n", finding.verdict, finding.code, finding.message));
        if let Some(hint) = &finding.hint {
            told.push_str(&format!("hint: {hint}\n"));
        }
    }
    told
}

fn numbers(entry: &Entry<'_>) -> String {
    let (Some(key), Some(Judged { row, state, limit, owner, reason })) = (entry.key, entry.judged) else {
        return String::new();
    };
    let (before, after) = number::pair(key.metric.unit(), row.change.before(), row.change.after());
    let lines = [
        ("unit", Some(key.metric.unit().word().to_owned())),
        ("before", Some(before).filter(|text| !text.is_empty())),
        ("after", Some(after).filter(|text| !text.is_empty())),
        ("change", Some(number::delta(&row.change))),
        ("limit", limit.map(number::percent)),
        ("state", Some(state.name().to_owned())),
        ("owner", owner.clone()),
        ("reason", reason.clone()),
    ];
    lines.into_iter().filter_map(|(name, text)| Some(format!("{name}: {}\n", text?))).collect()
}

/// A text as an attribute holds it: on one line, because readers make blanks of line breaks in it.
fn attribute(value: &str) -> String {
    text(&tame(value)).into_owned()
}

/// A text with nothing that XML 1.0 has no way to write, not even escaped. What remains is escaped by the writer.
fn text(text: &str) -> std::borrow::Cow<'_, str> {
    let is_foreign = |letter: char| matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(is_foreign) { text.replace(is_foreign, "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, cannot_tell, over, row, within};
    use super::*;
    use crate::model::{Artifact, ArtifactKind, Code, Finding, Key, Metric, Subject};
    use proptest::prelude::*;
    use roxmltree::{Document, Node};

    fn cases<'a, 'input>(document: &'a Document<'input>) -> impl Iterator<Item = Node<'a, 'input>> {
        document.descendants().filter(|node| node.has_tag_name("testcase"))
    }

    fn check(report: &Report, expected: &[&str]) {
        let text = junit(report);
        let document = Document::parse(&text).expect("it is XML");
        let root = document.root_element();
        let shown: Vec<String> = cases(&document)
            .map(|case| {
                let outcome = case
                    .children()
                    .find(|node| ["failure", "error", "skipped"].iter().any(|outcome| node.has_tag_name(*outcome)));
                let outcome = outcome.map_or("passed", |node| node.tag_name().name());
                let of = |name| case.attribute(name).unwrap_or_default();
                format!("{outcome} {} | {}", of("classname"), of("name"))
            })
            .collect();
        assert_eq!(shown, expected, "{text}");
        for (attribute, outcome) in [("failures", "failure"), ("errors", "error"), ("tests", "testcase")] {
            let count = document.descendants().filter(|node| node.has_tag_name(outcome)).count();
            assert_eq!(root.attribute(attribute), Some(count.to_string().as_str()), "{text}");
        }
    }

    #[test]
    fn a_number_is_a_case_and_its_verdict_is_what_became_of_it() {
        check(
            &over(),
            &[
                "passed perfbudget | rule-unmatched: `shop::old::*` in line 7 matches nothing",
                "passed shop | bin shop size",
                "passed shop::cart | total/10 instructions",
                "failure shop::cart | total/100 instructions",
                "skipped shop::cart | total/100 time",
                "passed shop::cart | total/1000 instructions",
                "passed shop::parse | json/small instructions",
                "passed shop::search | index/large instructions",
            ],
        );
        check(
            &cannot_tell(),
            &[
                "error shop::cart | total/100 instructions",
                "error shop::search | build-failed: cargo could not build the bench target",
            ],
        );
        assert_eq!(Document::parse(&junit(&Report::default())).map(|document| cases(&document).count()), Ok(0));
    }

    #[test]
    fn a_failure_says_why_and_the_numbers_stand_below() {
        let text = junit(&over());
        let part = r#"    <testcase classname="shop::cart" name="total/100 instructions">
      <failure message="545 instructions more than the base, limit 1.00%; `shop::cart::Cart::sum` takes 530 of them; make it cheaper, or `cargo perfbudget accept &apos;shop::cart::total/100&apos; --reason &quot;why it is worth it&quot;`" type="growth-over">over growth-over: 545 instructions more than the base, limit 1.00%; `shop::cart::Cart::sum` takes 530 of them
hint: make it cheaper, or `cargo perfbudget accept &apos;shop::cart::total/100&apos; --reason &quot;why it is worth it&quot;`
</failure>
      <system-out>unit: instructions
before: 12,345
after: 12,890
change: +4.41%
limit: +1.00%
state: crossed
</system-out>
    </testcase>
"#;
        assert!(text.contains(part), "{text}");
    }

    #[test]
    fn what_a_rule_excludes_is_skipped_with_its_reason() {
        let mut report = within();
        report.rows[0].state = State::Excluded;
        report.rows[0].reason = Some("waits for a socket".into());
        assert!(junit(&report).contains("<skipped message=\"excluded: waits for a socket\"/>"), "{}", junit(&report));
    }

    proptest! {
        #[test]
        fn whatever_a_text_holds_the_document_is_the_same(
            name in "([<>&'\"\u{0}\u{1}\u{b}\u{1f}\u{7f}\u{85}\u{fffe}\u{ffff}\r\n\t]|\\]\\]>|--|.)*",
        ) {
            let artifact = Artifact { package: name.clone(), kind: ArtifactKind::File, name: name.clone() };
            let key = Key::new(Subject::Artifact(artifact), Metric::Size);
            let (message, hint) = (name.clone(), Some(name.clone()));
            let finding = |key| Finding { code: Code::GrowthOver, verdict: Verdict::Over, key, target: None, message: message.clone(), hint: hint.clone() };
            let report = Report {
                findings: vec![finding(Some(key.clone())), finding(None)],
                rows: vec![row(State::Crossed, key, both(1, 2))],
                ..Report::default()
            };
            let written = junit(&report);
            let document = Document::parse(&written).map_err(|why| TestCaseError::fail(why.to_string()))?;
            let expected = if name.is_empty() { 7 } else { 8 };
            prop_assert_eq!(document.descendants().filter(Node::is_element).count(), expected);
            let failure = document.descendants().find(|node| node.has_tag_name("failure") && node.attribute("type").is_some());
            let shown = failure.and_then(|node| node.text()).unwrap_or_default().to_owned();
            let told = format!("over growth-over: {name}\nhint: {name}\n");
            prop_assert_eq!(shown, text(&told));
            prop_assert_eq!(&junit(&report), &written);
        }
    }
}
