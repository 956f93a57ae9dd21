//! `comment` on `workflow_run`: a fork's run left a report, and nothing of what it left says where it goes.

use std::fs;
use std::io::{Cursor, Write};

use crate::hub::{Hub, artifact, pull};
use crate::project::fixtures;
use crate::pull_request::{HEAD, Job, one_comment};
use serde_json::json;
use zip::write::SimpleFileOptions;

const REPORT: &str = "perfbudget-report.json";

fn event(head_repository: serde_json::Value, event: &str) -> String {
    json!({"action": "completed", "repository": {"full_name": "o/r"},
        "workflow_run": {"id": 3, "head_sha": HEAD, "head_branch": "feature/ü#1", "head_repository": head_repository, "event": event, "pull_requests": []}})
    .to_string()
}

fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, SimpleFileOptions::default()).expect("an archive can be made");
        writer.write_all(text.as_bytes()).expect("an archive can be written");
    }
    writer.finish().expect("an archive can be ended").into_inner()
}

fn recorded() -> String {
    fs::read_to_string(fixtures().join("outputs/report-1/over.json")).expect("a report is recorded")
}

fn leave(hub: &Hub, archive: Vec<u8>) {
    let mut memory = hub.memory();
    memory.artifacts = vec![artifact(11, "perfbudget-report", archive.len()), artifact(12, "other", 1)];
    memory.archive = archive;
}

fn fork_job(hub: &Hub) -> Job {
    let mut job = Job::new(hub, "workflow_run", &event(json!({"full_name": "fork/r"}), "pull_request"));
    // What lies here is not what is posted.
    job.write(REPORT, "{}");
    job.set("GITHUB_SHA", "0000000000000000000000000000000000000000");
    job
}

#[test]
fn a_forks_report_goes_to_the_pull_request_of_its_commit() {
    let (hub, storage) = (Hub::described(), Hub::bare());
    hub.memory().pulls = vec![
        pull(9, "fork/r", "2222222222222222222222222222222222222222"),
        pull(7, "fork/r", HEAD),
        pull(8, "other/r", HEAD),
    ];
    let archive = packed(&[(REPORT, &recorded())]);
    storage.memory().archive = archive.clone();
    leave(&hub, archive);
    hub.memory().storage = format!("http://127.0.0.1:{}", storage.port);
    let job = fork_job(&hub);
    let output = job.comment(&["--check-run"]);
    output.ends(0, &["the comment on #7 is created"]).never("::error");
    one_comment(&hub);
    assert_eq!(hub.memory().checks[0]["head_sha"], HEAD);
    assert!(job.read("summary.md").contains("**❌ over") && job.read("output").contains("\nover\n"));
    let asked = hub.asked();
    assert!(asked[0].ends_with("pulls?state=open&head=fork%3Afeature%2F%C3%BC%231&per_page=100"), "{asked:?}");
    // The archive lies on another server, which is not shown the token.
    assert_eq!(storage.asked(), ["GET /storage/archive.zip"]);
    assert_eq!(storage.memory().tokens, [false]);
}

#[test]
fn whoever_cannot_be_told_gets_no_comment() {
    let stranger = json!({"full_name": "fork/r"});
    let moved = "2222222222222222222222222222222222222222";
    let closed = {
        let mut closed = pull(7, "fork/r", HEAD);
        closed["state"] = "closed".into();
        closed
    };
    let gone = {
        let mut gone = pull(7, "fork/r", HEAD);
        gone["head"]["repo"] = json!(null);
        gone
    };
    for (repository, pulls, why) in [
        (json!(null), vec![pull(7, "fork/r", HEAD)], "the repository that the run's commit comes from is gone"),
        (stranger.clone(), vec![], "no open pull request has the run's commit at its head"),
        (stranger.clone(), vec![pull(7, "fork/r", moved)], "no open pull request"),
        (stranger.clone(), vec![pull(7, "victim/r", HEAD)], "no open pull request"),
        (stranger.clone(), vec![closed], "no open pull request"),
        (stranger.clone(), vec![gone], "no open pull request"),
        (stranger.clone(), vec![pull(7, "fork/r", HEAD), pull(8, "fork/r", HEAD)], "more than one open pull request"),
    ] {
        // GitHub's description does not know of heads whose repository is gone; GitHub does.
        let is_described = pulls.iter().all(|pull| !pull["head"]["repo"].is_null());
        let hub = if is_described { Hub::described() } else { Hub::bare() };
        hub.memory().pulls = pulls;
        // The fork claims another number, which nobody asks.
        leave(&hub, packed(&[(REPORT, &recorded()), ("pr_number.txt", "1")]));
        let job = Job::new(&hub, "workflow_run", &event(repository, "pull_request"));
        job.comment(&[]).ends(102, &["error: nothing was posted: ", why, "hint: "]);
        assert!(hub.comments().is_empty() && hub.asked().iter().all(|line| line.starts_with("GET ")));
    }
}

#[test]
fn an_archive_that_is_not_a_report_is_refused() {
    let bomb = format!("{}{}", recorded(), " ".repeat(30 << 20));
    let newer = recorded().replacen("\"schema\": 1", "\"schema\": 9", 1);
    let mut cut = packed(&[(REPORT, &recorded())]);
    cut.truncate(cut.len() / 2);
    for (archive, why) in [
        (packed(&[("../perfbudget-report.json", "{}")]), "is not called"),
        (packed(&[("/etc/perfbudget-report.json", "{}")]), "is not called"),
        (packed(&[(REPORT, &recorded()), ("event.json", "{}")]), "holds # entries"),
        (packed(&[(REPORT, &bomb)]), "unpacks to more than"),
        (packed(&[(REPORT, "{}")]), "missing field `schema`"),
        (packed(&[(REPORT, &newer)]), "schema # is newer"),
        (cut, "not a zip archive"),
        (Vec::new(), "not a zip archive"),
        (vec![0; 9 << 20], "is larger than"),
    ] {
        let hub = Hub::bare();
        hub.memory().pulls = vec![pull(7, "fork/r", HEAD)];
        leave(&hub, archive);
        let job = fork_job(&hub);
        job.comment(&[]).ends(102, &["error: nothing was posted: ", why]);
        assert!(hub.comments().is_empty());
    }
}

#[test]
fn a_size_that_is_a_lie_is_noticed() {
    let hub = Hub::bare();
    hub.memory().pulls = vec![pull(7, "fork/r", HEAD)];
    leave(&hub, vec![0; 20 << 20]);
    hub.memory().artifacts = vec![artifact(11, "perfbudget-report", 100)];
    fork_job(&hub).comment(&[]).ends(0, &["warning: the comment is not posted", "is larger than"]);
}

#[test]
fn a_run_that_left_nothing_is_a_warning_and_one_of_a_push_is_nothing() {
    let hub = Hub::described();
    hub.memory().pulls = vec![pull(7, "fork/r", HEAD)];
    hub.memory().artifacts = vec![artifact(12, "other", 1)];
    fork_job(&hub)
        .comment(&[])
        .ends(0, &["warning: the comment is not posted: run # left no artifact `perfbudget-report`", "hint: "]);
    hub.asked();
    let job = Job::new(&hub, "workflow_run", &event(json!({"full_name": "o/r"}), "push"));
    job.comment(&[]).ends(0, &["which is no pull request; nothing to do"]);
    assert!(hub.asked().is_empty());
}
