//! Report → SARIF 2.1.0 (OASIS, with errata 01), for GitHub's code scanning and editors: a rule for every code, a result for
//! every finding.
//!
//! GitHub shows a result only where it has a place: the benchmark's line, or its target's first; else the line of the
//! configuration that the finding is about, or the manifest. It tells an alert of the last run from a new one by the
//! fingerprint, which therefore holds the code and the name and no number.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::annotations::place;
use super::tame;
use crate::model::report::{Report, Verdict};
use crate::model::{Code, Finding};

/// Where the schema is published that a file names.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The version of the format.
const VERSION: &str = "2.1.0";
/// Bytes of a hash that make a fingerprint.
const FINGERPRINT_BYTES: usize = 16;

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    /// None where it would only repeat the id (SARIF1001).
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: [&'static str; 1],
    precision: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
}

/// The report as SARIF. `folder` is the project's, relative to the top of the repository, with `/`; empty where it is that.
#[must_use]
pub fn sarif(report: &Report, folder: &str) -> String {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let results = report.findings.iter().map(|finding| outcome(report, folder, finding, &mut known)).collect();
    let driver = Driver {
        name: env!("CARGO_PKG_NAME"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: Code::ALL.iter().map(|code| rule(*code)).collect(),
    };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    let written = serde_json::to_string_pretty(&Log { schema: SCHEMA, version: VERSION, runs: [run] });
    debug_assert!(written.is_ok(), "it holds strings, numbers and maps with string keys only");
    written.unwrap_or_default() + "\n"
}

fn rule(code: Code) -> Rule {
    let command = format!("cargo perfbudget explain {code}");
    Rule {
        id: code.name(),
        name: code.name().contains('-').then(|| pascal(code.name())),
        short_description: message(code.sentence()),
        full_description: message(code.paragraph()),
        help: Message {
            text: literal(&format!("{} {} `{command}` says the same.", code.sentence(), code.paragraph())),
            markdown: Some(literal(&format!(
                "{}\n\n{}\n\n`{command}` says the same.",
                code.sentence(),
                code.paragraph()
            ))),
        },
        default_configuration: Configuration { level: level(code.verdict()) },
        properties: Properties { tags: ["performance"], precision: "very-high" },
    }
}

/// `growth-over` is `GrowthOver`: names of rules are written so.
fn pascal(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(word).collect()
}

fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Over | Verdict::CannotTell => "error",
        Verdict::Attention => "warning",
        Verdict::Within => "note",
    }
}

fn outcome(report: &Report, folder: &str, finding: &Finding, known: &mut BTreeMap<String, usize>) -> Outcome {
    let about = match (&finding.key, &finding.target) {
        (Some(key), _) => Some(key.to_string()),
        (None, Some(target)) => Some(target.to_string()),
        (None, None) => None,
    };
    let subject = about.as_ref().map_or(String::new(), |about| format!("{about}: "));
    let hint = finding.hint.as_ref().map_or(String::new(), |hint| format!("\nhint: {hint}."));
    let (file, line) = place(report, finding).unwrap_or_else(|| elsewhere(folder, finding));
    Outcome {
        rule_id: finding.code.name(),
        rule_index: Code::ALL.iter().position(|code| *code == finding.code).unwrap_or_default(),
        level: level(finding.verdict),
        message: message(&format!("{subject}{}.{hint}", finding.message)),
        locations: [Location {
            physical_location: Physical {
                artifact_location: Artifact { uri: uri(&file), uri_base_id: "%SRCROOT%" },
                region: Region { start_line: line },
            },
            logical_locations: about.into_iter().map(|name| Logical { fully_qualified_name: name }).collect(),
        }],
        partial_fingerprints: [("primaryLocationLineHash", fingerprint(finding, known))].into(),
    }
}

/// The configuration's line that a finding names, or the manifest.
fn elsewhere(folder: &str, finding: &Finding) -> (String, u64) {
    let line = match finding.code {
        Code::RuleUnmatched | Code::RuleExpired | Code::EntryMissing => Some(line_in(&finding.message).unwrap_or(1)),
        _ => None,
    };
    let file = if line.is_some() { "perfbudget.toml" } else { "Cargo.toml" };
    let file = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    (file, line.unwrap_or(1))
}

/// The line in a message about a rule, which says ``the rule on line 7 …``: what it quotes stands behind it.
fn line_in(message: &str) -> Option<u64> {
    let (_, rest) = message.split_once("the rule on line ")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok().filter(|line| (1..=1 << 31).contains(line))
}

/// What stays the same from run to run: the code, whom it is about and, where that is nobody, the message without its
/// numbers. The count tells findings apart that have all of this in common.
fn fingerprint(finding: &Finding, known: &mut BTreeMap<String, usize>) -> String {
    let about = match (&finding.key, &finding.target) {
        (Some(key), _) => key.to_string(),
        (None, target) => {
            let words: String = finding.message.chars().filter(|letter| !letter.is_ascii_digit()).collect();
            let target = target.as_ref().map_or(String::new(), ToString::to_string);
            // A key has a metric behind its last blank, and no line break.
            format!("{target}\n{words}")
        }
    };
    let digest = Sha256::digest(format!("{}\n{about}", finding.code));
    let hash: String = digest.iter().take(FINGERPRINT_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let count = known.entry(hash.clone()).or_default();
    *count += 1;
    format!("{hash}:{count}")
}

fn message(text: &str) -> Message {
    Message { text: literal(text), markdown: None }
}

/// A text that stands for itself in a message: braces are doubled, because they hold placeholders (3.11.5), and nothing is a
/// link (3.11.6). Line breaks stay, other characters that a viewer might obey do not.
fn literal(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(tame).collect();
    lines.join("\n").replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

/// A relative path as a reference (RFC 3986): what is not unreserved is written in hexadecimal. Paths of a report have no
/// `:` and no empty part, so that none is taken for a scheme or a host.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cannot_tell, over, within};
    use super::*;
    use crate::model::Target;
    use crate::model::report::Place;
    use proptest::prelude::*;
    use serde_json::Value;

    fn read(report: &Report, folder: &str) -> Value {
        serde_json::from_str(&sarif(report, folder)).expect("it is JSON")
    }

    fn placed() -> Report {
        let mut report = over();
        let place = Place { file: "benches/große karte.rs".into(), lines: [("total/100".into(), 39)].into() };
        report.places.insert(Target { package: "shop".into(), name: "cart".into() }, place);
        report.findings[1].message = "the rule on line 7 for `shop::old::*` matches nothing".into();
        report
    }

    #[test]
    fn every_code_is_a_rule_with_what_github_asks_for() {
        let log = read(&within(), "");
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules are a list");
        assert_eq!(rules.len(), Code::ALL.len());
        for rule in rules {
            for text in [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["text"]] {
                let text = text.as_str().unwrap_or_default();
                // GitHub cuts off what is longer.
                assert!(text.ends_with('.') && text.len() <= 1_024, "{rule}");
            }
        }
        assert_eq!(rules[0]["id"], "growth-over");
        assert_eq!(rules[0]["name"], "GrowthOver");
        assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
    }

    #[test]
    fn a_finding_stands_at_its_line_or_at_the_rule_or_at_the_manifest() {
        let check = |report: &Report, folder: &str, expected: &[&str]| {
            let log = read(report, folder);
            let results = log["runs"][0]["results"].as_array().expect("results are a list").iter();
            let shown: Vec<String> = results
                .map(|result| {
                    let place = &result["locations"][0]["physicalLocation"];
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    let uri = text(&place["artifactLocation"]["uri"]);
                    format!(
                        "{} {} {uri}:{}",
                        text(&result["level"]),
                        text(&result["ruleId"]),
                        place["region"]["startLine"]
                    )
                })
                .collect();
            assert_eq!(shown, expected);
        };
        check(
            &placed(),
            "",
            &[
                "error growth-over benches/gro%C3%9Fe%20karte.rs:39",
                "warning rule-unmatched perfbudget.toml:7",
                "warning regression-accepted Cargo.toml:1",
            ],
        );
        check(
            &cannot_tell(),
            "a/b",
            &["error build-failed a/b/Cargo.toml:1", "error benchmark-panicked a/b/Cargo.toml:1"],
        );
    }

    #[test]
    fn a_fingerprint_outlives_numbers_and_is_each_findings_own() {
        let fingerprints = |report: &Report| -> Vec<String> {
            let log = read(report, "");
            let results = log["runs"][0]["results"].as_array().expect("results are a list").iter();
            results.map(|result| result["partialFingerprints"]["primaryLocationLineHash"].to_string()).collect()
        };
        let before = fingerprints(&placed());
        let mut report = placed();
        report.findings[0].message = "777 instructions more than the base".into();
        report.findings[1].message = "the rule on line 19 for `shop::old::*` matches nothing".into();
        assert_eq!(fingerprints(&report), before);
        let unmatched = report.findings[1].clone();
        report.findings.push(unmatched);
        let mut all = fingerprints(&report);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), report.findings.len());
    }

    proptest! {
        #[test]
        fn whatever_a_text_holds_it_stands_for_itself(text in "([{}\\[\\]()\"\\\\\u{0}\u{1}\u{202e}\u{fffe}\r\n]|.)*") {
            let mut report = placed();
            report.findings[0].message = text.clone();
            report.findings[0].key = None;
            let log = read(&report, "");
            let result = &log["runs"][0]["results"][0];
            let shown = result["message"]["text"].as_str().unwrap_or_default();
            prop_assert_eq!(shown.matches('{').count(), 2 * text.matches('{').count());
            let obeyed = shown.contains("](") || shown.contains(['\0', '\u{1}', '\u{202e}', '\r']);
            prop_assert!(!obeyed);
            prop_assert_eq!(sarif(&report, ""), sarif(&report, ""));
        }

        #[test]
        fn a_path_is_a_relative_reference(path in ".*") {
            let uri = uri(&path);
            prop_assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)));
        }
    }
}
