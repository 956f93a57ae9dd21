//! Every format of a report: of a real one, and of one whose texts are hostile. The files stay, for `tests/exports/run.sh`.

use std::path::{Path, PathBuf};

use crate::project::{Project, TOOL, run};
use cargo_perfbudget::render;
use roxmltree::Document;
use serde_json::{Value, json};

/// Formats and how their files end.
const FORMATS: [(&str, &str); 5] =
    [("json", "json"), ("junit", "xml"), ("sarif", "sarif"), ("openmetrics", "txt"), ("csv", "csv")];

/// Texts that have bent some format before.
const TEXTS: [&str; 24] = [
    "\"",
    "'",
    "\"quoted\", and,more;",
    "]]>",
    "<![CDATA[x]]>",
    "</testcase><failure/>",
    "&lt;&#0;&amp;",
    "<?xml version='9'?>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "a\nb\r\nc\rd",
    "\u{1}\u{b}\u{1b}[31m\u{7f}\u{85}",
    "\u{fffe}\u{ffff}",
    "\u{202e}txt.exe\u{2028}",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "{0} {x} {{",
    "[here](http://x.example) [1](2)",
    "\\",
    "a\\\"b\\n",
    "# EOF\n# TYPE x counter",
    "日本語 👩‍👩‍👧‍👦",
];

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exports").join(name);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// How many elements of that name there are.
fn count(document: &Document<'_>, name: &str) -> usize {
    document.descendants().filter(|node| node.has_tag_name(name)).count()
}

#[test]
fn a_regression_and_a_broken_target_are_in_every_format() {
    let shop = Project::recorded_shop();
    shop.regress();
    shop.write("benches/search.rs", "fn main() { this is no Rust }\n");
    let rule = "\n[[budget]]\nsubject = \"shop::cart::*\"\ngrowth = \"2%\"\nexpires = \"2020-01-31\"\nreason = \"for the fair\"\n\n[[budget]]\nsubject = \"shop::cart::*\"\nowner = \"@checkout\"\n\n[roi]\n[[roi.subject]]\nsubject = \"*::total/1000\"\ncalls-per-year = \"4.5G\"\n";
    let line = 2;
    shop.write("perfbudget.toml", rule);
    let folder = folder("shop");
    for (format, ending) in FORMATS {
        let file = folder.join(format!("report.{ending}"));
        let file = file.to_str().expect("the path is text");
        shop.perfbudget(&["--format", format, "--output", file]).is(100, "");
    }
    let read = |ending: &str| std::fs::read_to_string(folder.join(format!("report.{ending}"))).expect("it was written");
    let report: Value = serde_json::from_str(&read("json")).expect("it is JSON");
    let findings = report["findings"].as_array().expect("findings are a list");
    let of = |verdict: &'static str| findings.iter().filter(move |finding| finding["verdict"] == verdict);

    let text = read("xml");
    let document = Document::parse(&text).expect("it is XML");
    assert_eq!(count(&document, "failure"), of("over").count(), "{text}");
    assert!(count(&document, "error") > 0 && text.contains("build-failed") && text.contains("rule-expired"), "{text}");

    let log: Value = serde_json::from_str(&read("sarif")).expect("it is JSON");
    let results = log["runs"][0]["results"].as_array().expect("results are a list");
    assert_eq!(results.len(), findings.len());
    let places: Vec<String> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            format!("{} {} {}", result["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"])
        })
        .collect();
    let has = |place: &str| places.iter().any(|it| it.starts_with(place));
    assert!(
        has("\"growth-over\" \"benches/cart.rs\" ") && has("\"build-failed\" \"benches/search.rs\" 1"),
        "{places:?}"
    );
    assert!(has(&format!("\"rule-expired\" \"perfbudget.toml\" {line}")), "{places:?}");

    let text = read("txt");
    let over = "perfbudget_measured_instructions{subject=\"shop::cart::total/1000\",metric=\"instructions\",package=\"shop\"} ";
    assert!(text.contains(over) && text.contains("\nperfbudget_verdict{verdict=\"over\"} 1\n"), "{text}");
    assert!(text.contains("code=\"build-failed\"") && text.ends_with("\n# EOF\n"), "{text}");

    let text = read("csv");
    let of_total = text.lines().find(|line| line.contains(",shop::cart::total/1000,instructions,instructions,"));
    assert!(of_total.is_some_and(|line| line.contains(",crossed,over,growth-over,'@checkout,")), "{text}");
    assert!(text.contains(",cannot-tell,build-failed,") && text.contains(",attention,rule-expired,"), "{text}");
}

/// A report in which every text from outside is hostile.
fn hostile() -> Value {
    let long = "x".repeat(1_000);
    let evidence = |value: u64| json!({"kind": "exact", "value": value, "repeats": 1, "noise": 0.0});
    let (mut rows, mut findings, mut places, mut changes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for text in TEXTS.into_iter().chain([long.as_str()]) {
        let benchmark = json!({"kind": "benchmark", "name": "", "package": text, "target": text, "group": text, "function": text, "value": text});
        let file = json!({"kind": "artifact", "name": "", "package": text, "artifact": "file", "file": text});
        let target = json!({"package": text, "name": text});
        let sampled =
            |at: f64| json!({"kind": "sampled", "estimate": at, "low": at / 2.0, "high": at * 2.0, "samples": 10});
        let command = json!({"kind": "command", "name": "", "command": text});
        let entry = json!({"kind": "entry", "name": "", "entry": text});
        let changes_of = [
            (
                &benchmark,
                "instructions",
                "crossed",
                json!({"kind": "both", "before": evidence(2), "after": evidence(u64::MAX), "delta": 9e18, "certainty": "real"}),
            ),
            (
                &benchmark,
                "instructions-first",
                "excluded",
                json!({"kind": "both", "before": evidence(0), "after": evidence(3), "certainty": "noise"}),
            ),
            (
                &benchmark,
                "time",
                "unclaimed",
                json!({"kind": "both", "before": sampled(1e-3), "after": sampled(1e300), "delta": -0.5, "certainty": "unknown"}),
            ),
            (
                &file,
                "size",
                "unmeasured",
                json!({"kind": "failed", "before": evidence(1), "code": "benchmark-panicked", "why": text, "hint": text}),
            ),
            (&command, "allocations", "new", json!({"kind": "added", "after": evidence(7)})),
            (&entry, "peak-memory", "unclaimed", json!({"kind": "added", "after": sampled(4096.5)})),
            (&file, "size-text", "removed", json!({"kind": "removed", "before": evidence(1)})),
        ];
        for (subject, metric, state, change) in changes_of {
            rows.push(json!({"subject": subject, "metric": metric, "state": state, "change": change, "limit": 0.01, "owner": text, "reason": text}));
        }
        let share = json!({"unit": "ppm", "better": "more", "kind": "exact"});
        let less = json!({"kind": "both", "before": evidence(900_000), "after": evidence(500_000), "delta": -0.4, "certainty": "real"});
        rows.push(json!({"subject": entry, "metric": "hit-rate", "definition": share, "state": "under-regressed", "change": less, "limit": 0.5}));
        let key = |subject: &Value, metric: &str| json!({"subject": subject, "metric": metric});
        findings.push(json!({"code": "growth-over", "verdict": "over", "key": key(&benchmark, "instructions"), "target": target, "message": text, "hint": text}));
        findings.push(
            json!({"code": "benchmark-panicked", "verdict": "cannot-tell", "key": key(&file, "size"), "message": text}),
        );
        findings
            .push(json!({"code": "improved", "verdict": "within", "key": key(&benchmark, "size"), "message": text}));
        findings.push(
            json!({"code": "build-failed", "verdict": "cannot-tell", "target": target, "message": text, "hint": text}),
        );
        findings.push(json!({"code": "rule-unmatched", "verdict": "attention", "message": text, "hint": text}));
        places.push(json!({"package": text, "name": text, "file": text, "lines": {text: 3}}));
        changes.push(json!({"name": text, "before": text, "after": text}));
    }
    json!({
        "schema": 1, "verdict": "over", "exit_code": 100, "findings": findings, "rows": rows,
        "basis": [{"family": "bytes", "basis": {"kind": "measured", "revision": TEXTS[5]}}],
        "environments": [{"family": "bytes", "facts": {TEXTS[0]: TEXTS[3]}}],
        "state": {TEXTS[5]: TEXTS[9]}, "state_changes": changes, "places": places, "reused": 0, "patch": TEXTS[9],
    })
}

#[test]
fn hostile_texts_bend_no_format() {
    let report = render::json::read(&hostile().to_string()).expect("it is a report");
    let write = |format: &str| match format {
        "json" => render::json::write(&report),
        "junit" => render::junit(&report),
        "sarif" => render::sarif(&report, "größe 大/a b"),
        "openmetrics" => render::openmetrics(&report),
        _ => render::csv(&report),
    };
    let folder = folder("hostile");
    for (format, ending) in FORMATS {
        assert_eq!(write(format), write(format), "the same report gives the same bytes");
        std::fs::write(folder.join(format!("report.{ending}")), write(format)).expect("it can be written");
    }
    let texts = TEXTS.len() + 1;
    let xml = write("junit");
    let document = Document::parse(&xml).expect("it is XML");
    // Eight rows, a finding about a number that has no row, two about none.
    assert_eq!((count(&document, "testcase"), count(&document, "failure")), (11 * texts, texts));
    assert_eq!((count(&document, "error"), count(&document, "skipped")), (2 * texts, 3 * texts));
    let log: Value = serde_json::from_str(&write("sarif")).expect("it is JSON");
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(5 * texts));
    let text = write("openmetrics");
    assert_eq!(text.lines().filter(|line| line.starts_with("perfbudget_limit_ratio{")).count(), 8 * texts);
}

#[test]
fn the_schema_is_printed_as_it_is_published() {
    let printed = run(std::process::Command::new(TOOL).arg("schema"));
    assert_eq!((printed.code, printed.stdout.as_str()), (0, render::json::REPORT_SCHEMA));
    assert!(printed.json()["$id"].is_string(), "{printed:?}");
}
