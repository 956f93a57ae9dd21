//! Numbers of other tools: real files of a real Redis and a real hyperfine, and those that are wrong.

use crate::project::{Project, fixtures};

const CONFIG: &str = r#"
[[ingest]]
file = "target/info.txt"
format = "redis-info"
subject = "cache"
metrics = [
    { name = "hit-rate", from = "keyspace_hits", of = ["keyspace_hits", "keyspace_misses"], unit = "ratio", better = "more" },
    { name = "evictions", from = "evicted_keys", kind = "exact" },
]

[[ingest]]
file = "target/times.json"
format = "hyperfine"

[[budget]]
subject = "entry cache"
metric = "hit-rate"
at-least = "90%"

[[budget]]
subject = "entry cache"
metric = "evictions"
growth = "10%"
"#;

/// A project with nothing to build, and the recorded outputs of real tools.
fn project() -> Project {
    let project = Project::empty("ingest");
    project.write("Cargo.toml", "[package]\nname = \"load\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n");
    project.write("src/lib.rs", "//! Nothing.\n");
    project.write(".gitignore", "target\n");
    project.write("perfbudget.toml", CONFIG);
    for (tool, file) in [("redis-7.0.15/info", "info.txt"), ("hyperfine-1.15.0/sleep", "times.json")] {
        let text = std::fs::read_to_string(fixtures().join("outputs").join(tool).join(file)).expect("a fixture");
        project.write(&format!("target/{file}"), &text);
    }
    project.init();
    project
}

#[test]
fn a_cache_has_a_least_hit_rate_and_a_load_test_its_times() {
    let project = project();
    project.perfbudget(&["ingest"]).ends(101, &["baseline-missing", "cargo perfbudget ingest --record"]);
    project.perfbudget(&["ingest", "--record"]).ends(0, &["values measured"]);
    project.commit("record");
    project.perfbudget(&["ingest"]).ends(0, &["within: "]);
    assert!(project.baseline().contains("hit-rate = { unit = \"ppm\", better = \"more\", kind = \"sampled\" }"));
    // What `check` measures is something else, and says nothing of these.
    project.perfbudget(&["check", "--format", "json"]).never("entry cache").never("rule-unmatched");

    project.replace("target/info.txt", "keyspace_misses:5", "keyspace_misses:50");
    project.perfbudget(&["ingest"]).ends(100, &["ceiling-over entry cache", "is the least it must be"]);
    project.replace("target/info.txt", "evicted_keys:0", "evicted_keys:7");
    project.perfbudget(&["ingest"]).ends(100, &["growth-over entry cache evictions"]);
    project.perfbudget(&["ingest", "--record"]).ends(100, &["nothing was recorded"]);
}

#[test]
fn what_is_not_there_is_never_green() {
    let project = project();
    project.perfbudget(&["ingest", "--record"]).ends(0, &["values measured"]);
    project.commit("record");
    project.replace("target/info.txt", "evicted_keys:0\r\n", "");
    project
        .perfbudget(&["ingest"])
        .ends(101, &["entry-missing entry cache", "`target/info.txt` has no `evicted_keys`"]);
    std::fs::remove_file(project.root.join("target/info.txt")).expect("a file can be removed");
    project
        .perfbudget(&["ingest"])
        .ends(101, &["entry-missing: `target/info.txt` is not there", "entry-missing: no entry `entry cache`"]);
    // A run of one file says nothing of the others.
    project.perfbudget(&["ingest", "target/times.json"]).ends(0, &["within: "]);
    project.write("target/times.json", "{\"results\": [");
    project
        .perfbudget(&["ingest", "target/times.json"])
        .ends(101, &["output-unreadable", "`target/times.json:1`: EOF"]);
}

#[test]
fn a_file_that_nothing_is_known_of_is_a_mistake_of_the_command_line() {
    let project = project();
    project.perfbudget(&["ingest", "nothing.json"]).ends(2, &["no `[[ingest]]`", "--as FORMAT"]);
    project.perfbudget(&["ingest", "--as", "xml", "target/times.json"]).ends(2, &["formats are json, csv"]);
    project
        .perfbudget(&["ingest", "--as", "csv", "target/times.json"])
        .ends(2, &["does not say what its numbers mean"]);
    project.perfbudget(&["ingest", "--as", "hyperfine", "target/times.json"]).ends(101, &["baseline-missing"]);
}
