//! Routines that are hard to count: the clock, threads, processes, random hashing, panics and endless loops.

use crate::project::Project;

fn odd(version: &str) -> Project {
    let project = Project::kinds(version);
    project.write("perfbudget.toml", "timeout = \"5 s\"\npass-env = [\"KINDS_PANIC\", \"KINDS_WRITE\", \"TMPDIR\", \"KINDS_FORK\", \"KINDS_LOOP\"]\n");
    project
}

/// A benchmark is either measured or a finding says why not; which of both, and the words.
fn fate(project: &Project, name: &str) -> String {
    let json = project.perfbudget(&["--bench", "odd", "--format", "json", name]).json();
    let full = format!("kinds::odd::{name}");
    let findings = json["findings"]
        .as_array()
        .expect("findings are a list")
        .iter()
        .filter(|finding| finding["key"]["subject"]["name"] == full);
    let said: Vec<String> = findings.map(|finding| format!("{} {}", finding["code"], finding["message"])).collect();
    let measured = json["rows"].as_array().expect("rows are a list").iter().any(|row| {
        row["subject"]["name"] == full && row["metric"] == "instructions" && row["change"]["after"].is_object()
    });
    format!("measured: {measured}\n{}", said.join("\n"))
}

fn nothing_odd_passes_in_silence(version: &str) {
    let project = odd(version);
    let clock = fate(&project, "clock");
    assert!(clock.starts_with("measured: true") || clock.contains("benchmark-reads-clock"), "{clock}");
    let thread = fate(&project, "thread");
    assert!(thread.contains("thread"), "threads are named as the cause of what they do: {thread}");
    let hash = fate(&project, "random hash");
    assert!(hash.starts_with("measured: true"), "{hash}");
    assert!(hash.contains("metric-seeded") && hash.contains("HashMap"), "{hash}");
    let process = fate(&project, "process");
    assert!(process.starts_with("measured: true") || process.contains("benchmark-"), "{process}");
    // It varies, and that is no false alarm.
    project.perfbudget(&["record", "-q", "--bench", "odd", "random hash"]).ends(0, &[]);
    for _ in 0..3 {
        project.perfbudget(&["--fresh", "--bench", "odd", "random hash"]).ends(0, &["within: "]);
    }
}

#[test]
fn nothing_odd_passes_in_silence_with_criterion_0_3_6() {
    nothing_odd_passes_in_silence("0.3.6");
}

#[test]
fn nothing_odd_passes_in_silence_with_criterion_0_8_2() {
    nothing_odd_passes_in_silence("0.8.2");
}

#[test]
fn a_benchmark_that_panics_is_a_finding_and_the_others_are_measured() {
    let project = odd("0.8.2");
    let output = project.perfbudget_with(&[("KINDS_PANIC", "1")], &["--bench", "odd", "never", "clock"]);
    output.ends(101, &["kinds::odd::clock", "benchmark-panicked kinds::odd::never iterates: ", "cannot tell: "]);
    // The variable is passed on only because the configuration says so.
    project.write("perfbudget.toml", "timeout = \"5 s\"\n");
    project
        .perfbudget_with(&[("KINDS_PANIC", "1")], &["--bench", "odd", "never iterates"])
        .ends(2, &["nothing has `never iterates`"]);
}

#[test]
fn a_benchmark_that_never_ends_is_stopped_and_said() {
    let project = odd("0.8.2");
    let start = std::time::Instant::now();
    let output = project.perfbudget_with(&[("KINDS_LOOP", "1")], &["--bench", "odd", "loop"]);
    output.ends(101, &["benchmark-timeout kinds::odd::loop: ", "within # s", "timeout", "cannot tell: "]);
    assert!(start.elapsed().as_secs() < 120, "it took {:?}", start.elapsed());
    assert!(project.processes().is_empty(), "{:?}", project.processes());
}

#[test]
fn a_benchmark_that_fills_the_disk_is_stopped_and_said() {
    let project = odd("0.8.2");
    let folder = project.beside("scratch");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let scratch = folder.to_str().expect("the path is text");
    let output = project.perfbudget_with(&[("KINDS_WRITE", "1"), ("TMPDIR", scratch)], &["--bench", "odd", "write"]);
    output.ends(101, &["benchmark-unbounded kinds::odd::write: ", "cannot tell: "]);
    let largest = std::fs::read_dir(&folder).expect("the folder is there").flatten();
    let largest = largest.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).max().unwrap_or_default();
    assert!(largest <= 1 << 30, "it wrote {largest} bytes");
}

#[test]
fn a_benchmark_that_leaves_processes_behind_leaves_none() {
    let project = odd("0.8.2");
    let output = project.perfbudget_with(&[("KINDS_FORK", "1")], &["--bench", "odd", "fork"]);
    assert!([0, 101].contains(&output.code), "{output:?}");
    assert!(project.processes().is_empty(), "{:?}", project.processes());
}

#[test]
fn calibrate_tells_what_repeats_from_what_varies() {
    let project = odd("0.8.2");
    let output = project.perfbudget(&["calibrate", "--repeats", "5", "--bench", "odd", "random hash"]);
    output.ends(0, &["# # values repeat exactly over # runs", "# varies by #% over # repeats: ", "HashMap"]);
    let output = project.perfbudget(&["calibrate", "--repeats", "3", "--bench", "kinds", "fib"]);
    output.ends(0, &["values repeat exactly over # runs and need no rule"]).never("varies");
}
