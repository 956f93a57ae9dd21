//! `[[ingest]]`, and the rules that speak of what it defines.

use super::*;

#[test]
fn what_a_number_means_is_said_whole() {
    check(
        r#"[[ingest]]
format = "jsn"
[[ingest]]
file = "a.csv"
format = "csv"
each = "/rows"
[[ingest]]
file = "b.json"
format = "json"
subject = "b"
subject-from = "/name"
metrics = [
    { name = "Hit Rate", from = "/hits" },
    { name = "size", from = "/size" },
    { name = "p99", unit = "sec" },
    { name = "p99", from = "/p99", unit = "ms" },
    { name = "p99", from = "/p99", unit = "ms" },
]
[[ingest]]
file = "c.json"
format = "json"
metrics = [{ name = "p99", from = "/p99", unit = "count" }]
"#,
        &[
            "1:1 this `[[ingest]]` has no `file` (add `file = \"target/load.json\"`)",
            "2:11 unknown format `jsn` (did you mean `json`?)",
            "3:1 `csv` does not say what its numbers mean (add `metrics = [{ name = \"p99\", from = \"…\", unit = \"ms\" }]`)",
            "6:1 `each` is for JSON, not for `csv`",
            "11:1 `subject` names the entries already (keep one of the two)",
            "13:15 `Hit Rate` cannot be the name of a metric (a name is lower-case letters, digits and `-`, such as `hit-rate` or `p99`)",
            "14:15 `size` cannot be the name of a metric (it is a metric that we measure: choose another name)",
            "15:5 this metric does not say where it stands (add `from = \"…\"`, the field that holds it)",
            "15:29 unknown unit `sec` (a unit is one of `count`, `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `ns`, `us`, `ms`, `s`, `percent`, `ratio`)",
            "17:5 `p99` is listed twice",
            "22:22 `p99` means something else above (give it the same `unit`, `better` and `kind`, or another name)",
        ],
    );
}

#[test]
fn a_rule_limits_what_is_defined_in_its_unit() {
    let ingest = "[[ingest]]\nfile = 'k6.json'\nformat = 'k6'\nmetrics = [{ name = 'hit-rate', from = '/hits', unit = 'percent', better = 'more' }]\n[[budget]]\n";
    check(&format!("{ingest}metric = 'hit-rate'\nat-least = '95%'"), &[]);
    check(&format!("{ingest}metric = 'http-req-duration-p95'\nat-most = '250 ms'"), &[]);
    check(
        &format!("{ingest}metric = 'hit-rat'\nat-least = '95%'"),
        &["6:11 unknown metric `hit-rat` (did you mean `hit-rate`?)"],
    );
    check(&format!("{ingest}metric = 'hit-rate'\nat-least = 95"), &[]);
    check(
        &format!("{ingest}metric = 'hit-rate'\ngrowth = '1%'"),
        &["6:11 growth of `hit-rate`, which is sampled, is not judged yet (state `at-most` or `at-least`)"],
    );
    check(
        &format!("{ingest}metric = 'http-req-duration-p95'\nat-most = '10 kB'"),
        &["7:12 `at-most` is in `kB`, which counts bytes, not ns (units are `ns`, `us`, `ms`, `s`, `min` and `h`)"],
    );
}
