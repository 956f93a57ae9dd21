//! `comment` as part of a job: its event, its summary, its outputs, its notes, and what it says without asking anybody.

use std::fs;

use crate::hub::{How, Hub};
use crate::project::{Project, fixtures, run};
use crate::pull_request::{HEAD, Job, MARKER, one_comment, pull_event};

#[test]
fn events_without_a_pull_request_get_the_summary_only() {
    for name in ["push", "schedule", "merge_group", "workflow_dispatch"] {
        let hub = Hub::bare();
        let job = Job::new(&hub, name, "{}");
        job.comment(&[]).ends(0, &["is about no pull request"]);
        assert!(hub.asked().is_empty());
        assert!(job.read("summary.md").contains("**❌ over"));
    }
}

#[test]
fn a_fork_that_is_gone_is_a_fork() {
    let hub = Hub::described();
    let event = pull_event("o/r").replace(r#"{"full_name":"o/r"},"sha""#, r#"null,"sha""#);
    assert!(event.contains(r#""repo":null"#), "{event}");
    Job::new(&hub, "pull_request", &event).comment(&[]).ends(0, &["is created"]);
    Job::new(&hub, "pull_request_target", &event).comment(&[]).ends(0, &["is unchanged"]);
    one_comment(&hub);
}

#[test]
fn an_event_that_cannot_be_read_is_an_error_that_does_not_repeat_it() {
    let hub = Hub::bare();
    for (text, why) in [
        ("", "it is empty"),
        ("{\"secret\"", "it is not JSON, see line #"),
        ("[]", "it does not describe an event"),
        ("{}", "it does not describe a `pull_request`"),
    ] {
        Job::new(&hub, "pull_request", text)
            .comment(&[])
            .ends(2, &["cannot read the event `pull_request`", why, "hint: "])
            .never("secret");
    }
    let mut job = Job::of_pull(&hub);
    job.write("event.json", &format!("\"{}\"", "x".repeat(33 << 20)));
    job.comment(&[]).ends(2, &["is larger than"]);
    let nowhere = job.root.join("nowhere").display().to_string();
    job.set("GITHUB_EVENT_PATH", &nowhere).comment(&[]).ends(2, &["there is no file"]);
    job.unset("GITHUB_EVENT_PATH").comment(&[]).ends(2, &["`GITHUB_EVENT_PATH` is not set"]);
    job.unset("GITHUB_EVENT_NAME").comment(&[]).ends(2, &["there is no pull request to comment on", "--dry-run"]);
    assert!(hub.asked().is_empty());
}

#[test]
fn a_token_or_address_that_is_none_costs_the_comment_only() {
    let hub = Hub::bare();
    for (name, value, why) in [
        ("GITHUB_TOKEN", "", "`GITHUB_TOKEN` is not set"),
        ("GITHUB_TOKEN", "a\nb", "`GITHUB_TOKEN` is no token"),
        ("GITHUB_API_URL", "http://ghes.example.com/api/v3", "is not an address that a token may be sent to"),
        ("GITHUB_API_URL", "ghes.example.com", "is not an address"),
    ] {
        let mut job = Job::of_pull(&hub);
        job.set(name, value).comment(&[]).ends(0, &["warning: the comment is not posted", why, "hint: "]);
        assert!(job.read("summary.md").contains("**❌ over"));
    }
    let mut job = Job::of_pull(&hub);
    job.set("GITHUB_REPOSITORY", "o/../x").comment(&[]).ends(2, &["should be `owner/name`"]);
    assert!(hub.asked().is_empty());
}

#[test]
fn the_prefix_of_an_enterprise_address_is_kept_and_redirects_are_without() {
    let hub = Hub::bare();
    hub.fault("GET", "/api/v3/", 1, How::Elsewhere(302, "/repos/o/r/issues/7/comments".into()));
    let mut job = Job::of_pull(&hub);
    job.set("GITHUB_API_URL", &format!("http://127.0.0.1:{}/api/v3/", hub.port)).comment(&[]);
    let read = ["GET /api/v3/repos/o/r/issues/7/comments?per_page=100&page=1", "GET /repos/o/r/issues/7/comments"];
    assert_eq!(hub.asked()[..2], read);
}

#[test]
fn outputs_and_notes_say_what_the_report_says() {
    let hub = Hub::described();
    let job = Job::of_pull(&hub);
    let output = job.comment(&["-q"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
    let note = "::error file=benches/cart.rs,line=";
    assert!(
        output.stdout.starts_with(note) && output.stdout.contains("title=growth-over shop%3A%3Acart%3A%3Atotal/1000"),
        "{output:?}"
    );
    let outputs = job.read("output");
    let mut lines = outputs.lines();
    let mut read = Vec::new();
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        read.push(format!("{name}={}", value.join("\n")));
    }
    assert_eq!(
        read,
        [
            "verdict=over",
            "over=4",
            "report=perfbudget-report.json",
            "comment=created",
            "comment-url=https://github.com/o/r/pull/7#issuecomment-100",
            "check-run-url=",
        ]
    );
}

#[test]
fn a_summary_that_cannot_be_written_is_a_warning() {
    let hub = Hub::described();
    let mut job = Job::of_pull(&hub);
    job.write("summary.md", &"x".repeat(1 << 20));
    job.comment(&[]).ends(0, &["is created", "warning: the summary is not written", "has room for # bytes"]);
    assert_eq!(job.read("summary.md").len(), 1 << 20);
    job.set("GITHUB_STEP_SUMMARY", "/proc/nothing/here").set("GITHUB_OUTPUT", "/proc/nothing/here");
    job.comment(&[]).ends(0, &["is unchanged", "the summary is not written", "the outputs are not written"]);
}

#[test]
fn a_check_run_holds_the_verdict_and_the_notes() {
    let hub = Hub::described();
    let job = Job::of_pull(&hub);
    let output = job.comment(&["--check-run"]);
    output.ends(0, &["is created"]).never("::error");
    let check = hub.memory().checks[0].clone();
    assert_eq!(
        (&check["head_sha"], &check["conclusion"], &check["name"]),
        (&HEAD.into(), &"failure".into(), &"perfbudget".into())
    );
    assert_eq!(check["details_url"], "https://github.com/o/r/actions/runs/77");
    assert_eq!(check["output"]["annotations"].as_array().map(Vec::len), Some(4), "{check}");
    assert!(check["output"]["title"].as_str().is_some_and(|title| title.starts_with("over: 4 metrics")), "{check}");
    hub.fault("POST", "check-runs", 1, How::Say(403, "", r#"{"message": "Resource not accessible by integration"}"#));
    job.comment(&["--check-run"]).ends(0, &["is unchanged", "warning: the check run is not posted", "checks: write"]);
    Job::new(&hub, "push", "{}").comment(&["--check-run"]).ends(0, &[]);
    assert_eq!(hub.memory().checks.len(), 2);
}

#[test]
fn a_dry_run_needs_nobody() {
    let hub = Hub::bare();
    let mut job = Job::of_pull(&hub);
    job.unset("GITHUB_TOKEN");
    let output = job.comment(&["--dry-run", "--check-run"]);
    output.ends(
        0,
        &[
            "GET /repos/o/r/issues/7/comments?per_page=100&page=1",
            "PATCH /repos/o/r/issues/comments/ID",
            "POST /repos/o/r/issues/7/comments",
            MARKER,
            "POST /repos/o/r/check-runs",
            "\"conclusion\":\"failure\"",
        ],
    );
    for name in ["GITHUB_EVENT_NAME", "GITHUB_REPOSITORY", "GITHUB_API_URL"] {
        job.unset(name);
    }
    job.comment(&["--dry-run"]).ends(0, &["POST /repos/OWNER/REPOSITORY/issues/NUMBER/comments", MARKER]);
    assert!(hub.asked().is_empty());
    assert_eq!((job.read("summary.md").as_str(), job.read("output").as_str()), ("before", ""));
}

#[test]
fn a_report_that_is_none_is_an_error() {
    let hub = Hub::bare();
    let job = Job::of_pull(&hub);
    job.comment(&["--report", "nowhere.json"]).ends(2, &["cannot read `nowhere.json`"]);
    job.write("torn.json", "{");
    job.comment(&["--report", "torn.json"]).ends(2, &["cannot read `torn.json`", "hint: "]);
    assert!(hub.asked().is_empty());
}

/// The tool in a project whose head a stranger made, under that event.
#[test]
fn a_strangers_code_is_not_built_where_secrets_may_be() {
    let project = Project::empty("trust");
    for file in ["Cargo.toml", "Cargo.lock", "src/lib.rs"] {
        project.write(file, &fs::read_to_string(fixtures().join("shop").join(file)).expect("the demo is there"));
    }
    project.init();
    let head = project.git(&["rev-parse", "HEAD"]);
    let pull = pull_event("fork/r").replace(HEAD, &head);
    project.write("../event.json", &pull);
    let tool = |name: &str, args: &[&str]| {
        let mut command = project.tool();
        command.args(args).env("GITHUB_EVENT_NAME", name).env("GITHUB_EVENT_PATH", project.root.join("../event.json"));
        run(&mut command)
    };
    for command in ["check", "record", "list", "calibrate"] {
        tool("pull_request_target", &[command])
            .ends(102, &["error: the head of a pull request is checked out", "hint: ", "--trust-head"]);
    }
    let elsewhere = project.beside("elsewhere");
    fs::create_dir_all(&elsewhere).expect("a folder can be made");
    let manifest = project.root.join("Cargo.toml").display().to_string();
    let mut command = project.tool();
    command
        .args(["check", "--manifest-path", &manifest])
        .current_dir(elsewhere)
        .env("GITHUB_EVENT_NAME", "pull_request_target");
    run(command.env("GITHUB_EVENT_PATH", project.root.join("../event.json")))
        .ends(102, &["the head of a pull request"]);
    // A merge of it is no better.
    project.git(&["checkout", "-q", "-b", "base"]);
    project.write("other.txt", "other\n");
    project.commit("other");
    project.git(&["checkout", "-q", "-b", "merged"]);
    project.git(&["checkout", "-q", "-b", "head", &head]);
    project.write("stranger.txt", "stranger\n");
    project.commit("stranger");
    project.write("../event.json", &pull_event("fork/r").replace(HEAD, &project.git(&["rev-parse", "HEAD"])));
    project.git(&["checkout", "-q", "merged"]);
    tool("pull_request_target", &["check", "--dry-run"]).never("the head of a pull request is checked out");
    project.git(&["merge", "-q", "--no-edit", "head"]);
    tool("pull_request_target", &["check", "--dry-run"]).ends(102, &["the head of a pull request is checked out"]);
    tool("pull_request_target", &["check", "--dry-run", "--trust-head"])
        .never("the head of a pull request is checked out");
    tool("pull_request", &["check", "--dry-run"]).never("the head of a pull request is checked out");
    project.write("../event.json", "");
    tool("pull_request_target", &["check", "--dry-run"]).ends(2, &["cannot read the event"]);
    project.write("../event.json", &pull_event("fork/r"));
    tool("pull_request_target", &["check", "--dry-run"]).never("the head of a pull request is checked out");
}
