//! `comment` on a pull request: one comment at the end, wherever one could be written, and nothing lost but the comment.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::hub::{How, Hub};
use crate::project::{Output, TOOL, fixtures, run};
use serde_json::json;

/// The commit at the head of pull request 7.
pub(crate) const HEAD: &str = "1f0c1a9be7d2c3b4a5968778695a4b3c2d1e0f00";
pub(crate) const MARKER: &str = "<!-- cargo-perfbudget: default -->";
/// Who writes what a workflow's own token posts.
pub(crate) const BOT: &str = "github-actions[bot]";

static JOBS: AtomicUsize = AtomicUsize::new(0);

/// A job on GitHub: its environment, in a folder of its own.
pub(crate) struct Job {
    pub(crate) root: PathBuf,
    variables: Vec<(String, String)>,
}

impl Job {
    /// A job that an event of that name set off, described so, which asks that server.
    pub(crate) fn new(hub: &Hub, name: &str, event: &str) -> Job {
        let number = JOBS.fetch_add(1, Ordering::SeqCst);
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("jobs/{}-{number}", std::process::id()));
        fs::create_dir_all(&root).expect("a folder can be made");
        fs::copy(fixtures().join("outputs/report-1/over.json"), root.join("perfbudget-report.json"))
            .expect("a report is recorded");
        let mut job = Job { root, variables: Vec::new() };
        job.write("event.json", event);
        job.write("summary.md", "before");
        let api = format!("http://127.0.0.1:{}", hub.port);
        for (name, value) in [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_TOKEN", "ghs_0123456789abcdef\n"),
            ("GITHUB_API_URL", &api),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_SHA", HEAD),
            ("GITHUB_RUN_ID", "77"),
        ] {
            job.set(name, value);
        }
        for (name, file) in
            [("GITHUB_EVENT_PATH", "event.json"), ("GITHUB_STEP_SUMMARY", "summary.md"), ("GITHUB_OUTPUT", "output")]
        {
            let path = job.root.join(file).display().to_string();
            job.set(name, &path);
        }
        job
    }

    /// A job on pull request 7 of that repository.
    pub(crate) fn of_pull(hub: &Hub) -> Job {
        Job::new(hub, "pull_request", &pull_event("o/r"))
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Job {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    pub(crate) fn unset(&mut self, name: &str) -> &mut Job {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.root.join(file), text).expect("a file can be written");
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root.join(file)).unwrap_or_default()
    }

    /// `cargo perfbudget comment` with these arguments.
    pub(crate) fn comment(&self, args: &[&str]) -> Output {
        let path = std::env::var("PATH").unwrap_or_default();
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        run(Command::new(TOOL)
            .arg("comment")
            .args(args)
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", path)
            .envs(variables))
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

pub(crate) fn pull_event(head_repository: &str) -> String {
    json!({"action": "synchronize", "number": 7, "repository": {"full_name": "o/r"}, "sender": {"login": "x"},
        "pull_request": {"number": 7, "head": {"sha": HEAD, "repo": {"full_name": head_repository}}}})
    .to_string()
}

/// There is one comment of ours, and it says what the report says.
#[track_caller]
pub(crate) fn one_comment(hub: &Hub) {
    let ours: Vec<_> = hub
        .comments()
        .into_iter()
        .filter(|(login, body)| login == &hub.memory().login && body.starts_with(MARKER))
        .collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    assert!(ours[0].1.contains("shop::cart::total/1000"), "{ours:?}");
}

fn others(hub: &Hub, count: usize) {
    for number in 0..count {
        hub.comment("somebody", &format!("comment {number}"));
    }
}

#[test]
fn a_comment_is_created_then_updated_then_left_alone() {
    let hub = Hub::described();
    let job = Job::of_pull(&hub);
    others(&hub, 3);
    job.comment(&[]).ends(0, &["is created https://github.com/o/r/pull/7#issuecomment-"]);
    one_comment(&hub);
    job.write(
        "perfbudget-report.json",
        &fs::read_to_string(fixtures().join("outputs/report-1/within.json")).expect("recorded"),
    );
    job.comment(&[]).ends(0, &["is updated"]);
    assert!(hub.comments()[3].1.contains("within"), "{:?}", hub.comments());
    hub.asked();
    job.comment(&[]).ends(0, &["is unchanged"]);
    let asked = hub.asked();
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "no write: {asked:?}");
    assert_eq!(hub.comments().len(), 4);
}

#[test]
fn a_usual_update_takes_three_requests_and_one_connection() {
    for (token, login, requests) in [("ghs_x", BOT, 2), ("ghp_x", "a-person", 3), ("github_pat_x", "a-person", 3)] {
        usual_update(&Hub::described(), token, login, requests);
        let hub = Hub::bare();
        usual_update(&hub, token, login, requests);
        assert_eq!(hub.memory().connections, 1, "{token}");
    }
}

fn usual_update(hub: &Hub, token: &str, login: &str, requests: usize) {
    hub.memory().login = login.into();
    others(hub, 40);
    hub.comment(login, &format!("{MARKER}\nold"));
    let mut job = Job::of_pull(hub);
    job.set("GITHUB_TOKEN", token).comment(&[]).ends(0, &["is updated"]);
    one_comment(hub);
    assert_eq!(hub.asked().len(), requests, "{token}");
}

#[test]
fn our_comment_is_found_on_every_page() {
    for (before, after) in [(250, 20), (99, 0), (100, 100), (11_950, 10)] {
        on_some_page(&Hub::described(), before, after);
    }
    let hub = Hub::bare();
    on_some_page(&hub, 11_950, 10);
    assert_eq!(hub.memory().connections, 2, "one a run");
}

fn on_some_page(hub: &Hub, before: usize, after: usize) {
    others(hub, before);
    hub.comment(BOT, &format!("{MARKER}\nold"));
    others(hub, after);
    let job = Job::of_pull(hub);
    job.comment(&[]).ends(0, &["is updated"]);
    one_comment(hub);
    hub.asked();
    job.comment(&[]).ends(0, &["is unchanged"]);
    one_comment(hub);
    assert_eq!(hub.asked().len(), (before + 1 + after) / 100 + 1, "a page each, and no write");
}

#[test]
fn a_comment_of_somebody_else_is_never_touched() {
    let hub = Hub::described();
    let theirs = format!("{MARKER}\nmine, all mine");
    hub.comment("mallory", &theirs);
    hub.comment("mallory[bot]", &theirs);
    hub.memory().comments[1]["user"] = serde_json::Value::Null;
    let job = Job::of_pull(&hub);
    job.comment(&[]).ends(0, &["is created"]);
    job.comment(&[]).ends(0, &["is unchanged"]);
    one_comment(&hub);
    let there = hub.comments();
    assert_eq!((there.len(), &there[0].1, &there[1].1), (3, &theirs, &theirs));
}

#[test]
fn comments_of_other_names_are_others() {
    let hub = Hub::described();
    let job = Job::of_pull(&hub);
    job.comment(&["--name", "api"]).ends(0, &["is created"]);
    job.comment(&[]).ends(0, &["is created"]);
    job.comment(&["--name", "api"]).ends(0, &["is unchanged"]);
    assert_eq!(hub.comments().len(), 2);
    job.comment(&["--name", "a-->b"]).ends(2, &["cannot be the name of a comment", "hint: "]);
}

#[test]
fn doubles_are_removed_and_the_oldest_stays() {
    let hub = Hub::described();
    for text in ["first", "second", "third"] {
        hub.comment(BOT, &format!("{MARKER}\n{text}"));
    }
    Job::of_pull(&hub).comment(&[]).ends(0, &["is updated https://github.com/o/r/pull/7#issuecomment-100"]);
    one_comment(&hub);
}

#[test]
fn an_app_learns_who_it_is_from_its_own_comment() {
    let hub = Hub::described();
    hub.memory().login = "my-app[bot]".into();
    hub.comment("my-app[bot]", &format!("{MARKER}\nold"));
    let job = Job::of_pull(&hub);
    job.comment(&[]).ends(0, &["is updated"]);
    one_comment(&hub);
    hub.asked();
    job.comment(&["--author", "my-app[bot]"]).ends(0, &["is unchanged"]);
    assert_eq!(hub.asked().len(), 1);
}

#[test]
fn a_post_that_went_wrong_is_looked_for_before_it_is_repeated() {
    // Done, and said to have failed; not done; a page that says nothing, which the proxy would not pass on.
    let done = [
        (Hub::described(), How::DoAndSay(502), 1),
        (Hub::described(), How::Say(502, "", "{}"), 2),
        (Hub::described(), How::Say(502, "", "<html>"), 1),
        (Hub::described(), How::DoAndSay(504), 1),
        (Hub::bare(), How::Say(200, "", "<html>"), 1),
    ];
    for (hub, how, times) in done {
        hub.fault("POST", "comments", times, how);
        Job::of_pull(&hub).comment(&[]).ends(0, &["is created"]);
        one_comment(&hub);
    }
    let hub = Hub::described();
    hub.fault("POST", "comments", 9, How::Say(503, "", "{}"));
    Job::of_pull(&hub)
        .comment(&[])
        .ends(0, &["warning: the comment is not posted: `/repos/o/r/issues/7/comments` answered #"]);
    assert_eq!(hub.asked().iter().filter(|line| line.starts_with("POST")).count(), 3);
    assert!(hub.comments().is_empty());
}

#[test]
fn reading_and_updating_are_tried_again() {
    let hub = Hub::described();
    hub.comment(BOT, &format!("{MARKER}\nold"));
    hub.fault("GET", "comments", 2, How::Say(502, "", "<html>"));
    hub.fault("PATCH", "comments", 1, How::DoAndSay(502));
    Job::of_pull(&hub).comment(&[]).ends(0, &["is updated"]);
    one_comment(&hub);
    // Deleted by a person between being read and being written.
    let hub = Hub::described();
    hub.comment(BOT, &format!("{MARKER}\nold"));
    hub.fault("PATCH", "comments", 1, How::Deleted);
    Job::of_pull(&hub).comment(&[]).ends(0, &["is created"]);
    one_comment(&hub);
}

#[test]
fn whoever_asks_for_patience_gets_it_within_reason() {
    for status in [429, 403] {
        let hub = Hub::described();
        let body = r#"{"message": "You have exceeded a secondary rate limit"}"#;
        hub.fault("GET", "comments", 1, How::Say(status, "retry-after: 1\r\n", body));
        hub.fault("POST", "comments", 1, How::Say(status, "retry-after: 1\r\n", body));
        let start = Instant::now();
        Job::of_pull(&hub).comment(&[]).ends(0, &["is created"]);
        one_comment(&hub);
        assert!(start.elapsed() > Duration::from_secs(2));
    }
    let hub = Hub::described();
    hub.fault("GET", "comments", 1, How::Say(429, "retry-after: 3600\r\n", "{}"));
    Job::of_pull(&hub)
        .comment(&[])
        .ends(0, &["warning: the comment is not posted", "answered #", "GitHub asks for fewer requests"]);
    assert_eq!(hub.asked().len(), 1);
}

#[test]
fn a_text_that_is_too_long_in_every_size_is_a_warning() {
    let hub = Hub::described();
    hub.fault("POST", "comments", 99, How::Shorter(10));
    Job::of_pull(&hub).comment(&[]).ends(0, &["warning: the comment is not posted: even the shortest text"]);
    assert_eq!(hub.comments().len(), 0);
}

#[test]
fn losing_the_right_to_comment_costs_the_comment_only() {
    let no_rights = r#"{"message": "Resource not accessible by integration"}"#;
    let invalid = r#"{"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest"}"#;
    let write = "pull-requests: write";
    for (method, status, body, why, hint) in [
        ("GET", 401, r#"{"message": "Bad credentials"}"#, "Bad credentials", "GITHUB_TOKEN: ${{ github.token }}"),
        ("POST", 403, no_rights, "Resource not accessible by integration", write),
        ("POST", 403, r#"{"message": "Unable to create comment because issue is locked."}"#, "is locked.", "unlock it"),
        ("GET", 404, r#"{"message": "Not Found"}"#, "answered #: Not Found", write),
        ("POST", 404, r#"{"message": "Not Found"}"#, "answered #: Not Found", write),
        ("GET", 410, r#"{"message": "Gone"}"#, "answered #: Gone", "summary"),
        ("POST", 410, r#"{"message": "Gone"}"#, "answered #: Gone", "summary"),
        ("POST", 422, invalid, "answered #: Validation Failed", ""),
    ] {
        let hub = Hub::described();
        lost(&hub, method, How::Say(status, "", body), &[why, hint]);
        assert!(hub.comments().is_empty());
    }
    // These the proxy would not pass on.
    for (body, why) in [
        ("<html>please log in</html>", "answered # with no JSON"),
        (r#"{"message": "hi"}"#, "answered # with another shape"),
    ] {
        lost(&Hub::bare(), "GET", How::Say(200, "", body), &[why]);
    }
    // What was there before is there still.
    for (status, body, why) in [(403, no_rights, write), (422, invalid, "Validation Failed")] {
        let hub = Hub::described();
        hub.comment(BOT, &format!("{MARKER}\nold"));
        lost(&hub, "PATCH", How::Say(status, "", body), &[why]);
        assert_eq!(hub.comments(), [(BOT.to_owned(), format!("{MARKER}\nold"))]);
    }
}

/// The comment is lost, for these reasons, and nothing else.
#[track_caller]
fn lost(hub: &Hub, method: &'static str, how: How, why: &[&str]) {
    hub.fault(method, "comments", 9, how);
    let job = Job::of_pull(hub);
    let output = job.comment(&[]);
    output.ends(0, &[&["warning: the comment is not posted: "], why].concat());
    assert!(output.stdout.contains("::warning title=cargo perfbudget::the comment is not posted"), "{output:?}");
    assert!(!format!("{output:?}").contains("0123456789abcdef"), "the token is never shown");
    assert!(job.read("summary.md").starts_with("before\n\n**❌ over"), "{}", job.read("summary.md"));
    assert!(job.read("output").contains("comment<<"), "{}", job.read("output"));
}

#[test]
fn silence_ends() {
    let hub = Hub::described();
    hub.fault("GET", "comments", 9, How::Silence);
    let start = Instant::now();
    Job::of_pull(&hub)
        .comment(&["--timeout", "2"])
        .ends(0, &["warning: the comment is not posted", "there was no answer in time", "hint: "]);
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(hub.comments().is_empty());
    let nobody = Hub::bare();
    let mut job = Job::of_pull(&nobody);
    job.set("GITHUB_API_URL", "http://127.0.0.1:1");
    job.comment(&["--timeout", "2"]).ends(0, &["warning: the comment is not posted", "HTTPS_PROXY"]);
}

#[test]
fn a_post_that_was_done_in_silence_is_found_by_the_next_run() {
    let hub = Hub::described();
    hub.fault("POST", "comments", 1, How::DoAndSilence);
    let job = Job::of_pull(&hub);
    job.comment(&["--timeout", "3"]).ends(0, &["warning: the comment is not posted", "there was no answer in time"]);
    one_comment(&hub);
    job.comment(&[]).ends(0, &["is unchanged"]);
    one_comment(&hub);
}

#[test]
fn redirects_are_followed_with_care() {
    for status in [301, 302, 307, 308] {
        let hub = Hub::described();
        hub.fault("GET", "repos/o/r/issues", 1, How::Elsewhere(status, "/repos/o/r/issues/7/comments?page=1".into()));
        Job::of_pull(&hub).comment(&[]).ends(0, &["is created"]);
        one_comment(&hub);
    }
    // What would write goes where it was sent to, where nothing can become another request by that.
    for status in [307, 308] {
        let hub = Hub::described();
        hub.fault("POST", "comments", 1, How::Elsewhere(status, "/repos/o/r/issues/7/comments".into()));
        Job::of_pull(&hub).comment(&[]).ends(0, &["is created"]);
        one_comment(&hub);
    }
    let other = Hub::bare();
    let elsewhere = || format!("http://127.0.0.1:{}/repos/o/r/issues/7/comments", other.port);
    for (method, status, place, why) in [
        ("GET", 307, "http://example.org/x".to_owned(), "which is not followed"),
        ("POST", 307, elsewhere(), "which is not followed"),
        ("POST", 308, elsewhere(), "which is not followed"),
        ("POST", 301, elsewhere(), "the repository has moved"),
        ("GET", 302, "/repos/o/r/issues/7/comments".to_owned(), "redirects to `itself`"),
    ] {
        let hub = Hub::described();
        hub.fault(method, "comments", 99, How::Elsewhere(status, place));
        Job::of_pull(&hub).comment(&[]).ends(0, &["warning: the comment is not posted", why]);
        assert!(hub.comments().is_empty() && other.asked().is_empty());
    }
    // Whoever reads elsewhere does so without the token.
    let hub = Hub::described();
    hub.fault("GET", "comments", 1, How::Elsewhere(302, elsewhere()));
    Job::of_pull(&hub).comment(&[]).ends(0, &["is created"]);
    one_comment(&hub);
    assert_eq!(other.memory().tokens, [false]);
}
