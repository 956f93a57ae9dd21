//! What files of each format say, and what is said of those that are not in their format.

use proptest::prelude::*;

use super::*;
use crate::config::ingest::{Format, plan_of};
use crate::render::number;

/// The plan that a configuration's `[[ingest]]` makes.
fn plan(toml: &str) -> IngestPlan {
    crate::config::parse(toml).unwrap().ingest.remove(0)
}

/// What is read, an outcome a line.
fn said(plan: &IngestPlan, text: &str) -> String {
    let entries = match read(plan, text) {
        Ok(entries) => entries,
        Err(flaw) => return format!("error{}: {}", flaw.place, flaw.why),
    };
    let mut lines = Vec::new();
    for (name, outcomes) in entries {
        for (metric, outcome) in outcomes {
            let said = match outcome {
                Outcome::Measured { evidence, .. } => number::one(metric.unit(), &evidence),
                Outcome::Failed(failure) => format!("{}: {}", failure.code, failure.why),
            };
            lines.push(format!("{name} {metric}: {said}"));
        }
    }
    lines.join("\n")
}

fn check(plan: &IngestPlan, text: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).collect();
    assert_eq!(said(plan, text), expected.join("\n"));
}

#[test]
fn hyperfine_needs_no_mapping() {
    check(
        &plan_of("h.json", Format::Hyperfine, None),
        r#"{"results":[{"command":"sleep 1","mean":1.0,"median":1.0,"user":0.5,"system":0.25,"times":[1.0,1.5,1.25],"memory_usage_byte":[2048,4096,2048]}]}"#,
        "sleep 1 resident-memory: 2048 B
         sleep 1 system-time: 250.0 ms
         sleep 1 user-time: 500.0 ms
         sleep 1 wall-time: 1.250 ±0.250 s",
    );
}

#[test]
fn both_summaries_of_k6_are_known() {
    let k6 = plan_of("k6.json", Format::K6, Some("checkout".into()));
    let expected = "checkout checks: 99.00%
         checkout http-req-duration-p95: 12.50 ms";
    check(
        &k6,
        r#"{"metrics":{"http_req_duration":{"p(95)":12.5},"checks":{"passes":99,"fails":1,"value":0.99}}}"#,
        expected,
    );
    check(
        &k6,
        r#"{"metrics":{"http_req_duration":{"type":"trend","values":{"p(95)":12.5}},"checks":{"type":"rate","values":{"rate":0.99}}}}"#,
        expected,
    );
}

#[test]
fn lighthouse_and_bencher_name_their_entries() {
    check(
        &plan_of("lhr.json", Format::Lighthouse, None),
        r#"{"finalDisplayedUrl":"http://localhost/","audits":{"speed-index":{"numericValue":1234.5},"total-byte-weight":{"numericValue":2048}},"categories":{"performance":{"score":0.97}}}"#,
        "http://localhost/ performance-score: 97.00%
         http://localhost/ speed-index: 1.234 s
         http://localhost/ total-byte-weight: 2048 B",
    );
    check(
        &plan_of("bmf.json", Format::Bencher, None),
        r#"{"parse":{"latency":{"value":88.0,"lower_value":87.0,"upper_value":90.0}}}"#,
        "parse latency: 88.00 ±2.00 ns",
    );
}

#[test]
fn a_mapping_says_what_a_number_means() {
    let json = plan(
        r#"[[ingest]]
        file = "a.json"
        format = "json"
        each = "/rows"
        subject-from = "/query"
        metrics = [
            { name = "calls", from = "/calls", kind = "exact" },
            { name = "mean-time", from = "/mean", unit = "ms" },
        ]"#,
    );
    check(
        &json,
        r#"{"rows":[{"query":"select 1","calls":3,"mean":0.5},{"query":"q2","calls":1.5,"mean":null}]}"#,
        "select 1 calls: 3
         select 1 mean-time: 500.0 µs
         q2 calls: output-unreadable: `a.json#/rows/1`: `calls` is 1.5, which is no whole number: make it `kind = \"sampled\"`
         q2 mean-time: entry-missing: `a.json#/rows/1` has no `/mean`",
    );
    check(&json, "{\"rows\":\n[}", "error:2: expected value at line 2 column 2");
    check(&json, "{}", "error: there is no list or object at `/rows`");
    check(&json, r#"{"rows":[{"calls":1}]}"#, "error#/rows/0: an entry has no name");
    check(
        &json,
        r#"{"rows":[{"query":"q","calls":-1,"mean":"1e400"}]}"#,
        "q calls: output-unreadable: `a.json#/rows/0`: -1 is not an amount: it must be finite and not negative
         q mean-time: output-unreadable: `a.json#/rows/0`: inf is not an amount: it must be finite and not negative",
    );
}

#[test]
fn rows_of_a_table_are_entries() {
    let csv = plan(
        r#"[[ingest]]
        file = "q.csv"
        format = "csv"
        subject-from = "query"
        metrics = [{ name = "calls", from = "calls", kind = "exact" }]"#,
    );
    check(
        &csv,
        "query,calls\n\"select a, b\",7\nq2,x\n",
        "select a, b calls: 7\nq2 calls: output-unreadable: `q.csv:3`: `calls` is `x`, not a number",
    );
    check(&csv, "query,calls\nq,1,2\n", "error:2: a row has 3 cells where the header has 2");
}

#[test]
fn a_hit_rate_is_hits_of_hits_and_misses() {
    let redis = plan(
        r#"[[ingest]]
        file = "info.txt"
        format = "redis-info"
        subject = "cache"
        metrics = [
            { name = "hit-rate", from = "keyspace_hits", of = ["keyspace_hits", "keyspace_misses"], unit = "ratio", better = "more" },
            { name = "keys", from = "db0.keys", kind = "exact", better = "more" },
        ]"#,
    );
    check(
        &redis,
        "# Stats\r\nkeyspace_hits:95\r\nkeyspace_misses:5\r\ndb0:keys=3,expires=0\r\n",
        "cache hit-rate: 95.00%\ncache keys: 3",
    );
    check(
        &redis,
        "keyspace_hits:0\nkeyspace_misses:0\n",
        "cache hit-rate: output-unreadable: `info.txt`: `keyspace_hits + keyspace_misses` is 0, and nothing can be divided by it
         cache keys: entry-missing: `info.txt` has no `db0.keys`",
    );
}

#[test]
fn series_are_chosen_by_their_labels() {
    let toml = |naming: &str, from: &str| {
        plan(&format!(
            "[[ingest]]\nfile = \"m.txt\"\nformat = \"openmetrics\"\n{naming}\nmetrics = [{{ name = \"waits\", from = '{from}', kind = \"exact\" }}]"
        ))
    };
    let text = "# TYPE pool_waits counter\npool_waits_total{pool=\"a\",kind=\"read \\\"x\\\"\"} 4 1700000000\npool_waits_total{pool=\"b\"} 5\n# EOF\n";
    check(&toml("subject-from = \"pool\"", "pool_waits_total"), text, "a waits: 4\nb waits: 5");
    check(&toml("subject = \"db\"", "pool_waits_total{pool=\"b\"}"), text, "db waits: 5");
    check(
        &toml("subject = \"db\"", "pool_waits_total"),
        text,
        "db waits: output-unreadable: `m.txt`: `pool_waits_total` fits more than one series, another on line 3: name its labels",
    );
    check(&toml("subject = \"db\"", "other"), text, "db waits: entry-missing: `m.txt` has no `other`");
    check(&toml("subject = \"db\"", "a"), "a{b=\"c} 1\n", "error:1: the value of a label does not end");
    check(
        &toml("subject = \"db\"", "a"),
        "a NaN\n",
        "db waits: output-unreadable: `m.txt`: NaN is not an amount: it must be finite and not negative",
    );
}

proptest! {
    #[test]
    fn reading_never_panics(text in "(?s)([{}\\[\\]\",:=#\n]|keyspace_hits|results|/|[0-9.eE+-]|NaN|.){0,60}") {
        for (_, format) in Format::ALL {
            let _ = read(&plan_of("f", *format, None), &text);
        }
        let _ = series::value(&[], &text);
    }
}
