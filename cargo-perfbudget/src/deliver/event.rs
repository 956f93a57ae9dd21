//! What set a workflow off, read from the file that GitHub describes it in.

use serde::Deserialize;

/// What set the workflow off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something about a pull request.
    Pull(Pull),
    /// Another workflow's run has ended.
    Run(Run),
    /// Anything else, by its name: there is nowhere to comment.
    Other(String),
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// The commit at its head.
    pub head: String,
    /// The commit of the branch that it goes to, where the event names it.
    pub base: Option<String>,
    /// Whose code it is.
    pub origin: Origin,
}

/// Whose code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Of somebody who may write to this repository.
    Here,
    /// Of a fork, perhaps one that is gone.
    Fork,
}

/// A run of another workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: u64,
    /// The commit that it ran on.
    pub head: String,
    /// The repository that the commit comes from, as `owner/name`; `None` where that is gone.
    pub head_repository: Option<String>,
    /// The branch that the commit was at the head of.
    pub head_branch: Option<String>,
    /// What set that workflow off.
    pub event: String,
    /// Whose code it is.
    pub origin: Origin,
}

#[derive(Deserialize)]
struct EventWire {
    pull_request: Option<PullWire>,
    workflow_run: Option<RunWire>,
    repository: Option<RepositoryWire>,
}

#[derive(Deserialize)]
struct PullWire {
    number: u64,
    head: HeadWire,
    base: Option<BaseWire>,
}

#[derive(Deserialize)]
struct BaseWire {
    sha: String,
}

#[derive(Deserialize)]
struct HeadWire {
    sha: String,
    repo: Option<RepositoryWire>,
}

#[derive(Deserialize)]
struct RunWire {
    id: u64,
    head_sha: String,
    head_branch: Option<String>,
    head_repository: Option<RepositoryWire>,
    event: String,
}

#[derive(Deserialize)]
struct RepositoryWire {
    full_name: String,
}

/// Reads the event of that name.
///
/// # Errors
/// Where the text is not what GitHub writes. The text itself, which may hold secrets, is not repeated.
pub fn parse(name: &str, text: &str) -> Result<Event, String> {
    if text.trim().is_empty() {
        return Err("it is empty".into());
    }
    let wire: EventWire = serde_json::from_str(text).map_err(|why| {
        let what = if why.is_data() { "it does not describe an event" } else { "it is not JSON" };
        format!("{what}, see line {} column {}", why.line(), why.column())
    })?;
    let here = wire.repository.map(|repository| repository.full_name);
    let origin = |repository: Option<&String>| match (repository, &here) {
        (Some(theirs), Some(ours)) if theirs.eq_ignore_ascii_case(ours) => Origin::Here,
        _ => Origin::Fork,
    };
    match (name, wire.pull_request, wire.workflow_run) {
        ("workflow_run", _, Some(run)) => {
            let head_repository = run.head_repository.map(|repository| repository.full_name);
            Ok(Event::Run(Run {
                id: run.id,
                head: commit(run.head_sha)?,
                origin: origin(head_repository.as_ref()),
                head_repository,
                head_branch: run.head_branch,
                event: run.event,
            }))
        }
        (name, Some(pull), _) if name.starts_with("pull_request") => Ok(Event::Pull(Pull {
            number: pull.number,
            head: commit(pull.head.sha)?,
            base: pull.base.map(|base| commit(base.sha)).transpose()?,
            origin: origin(pull.head.repo.map(|repository| repository.full_name).as_ref()),
        })),
        (name, _, _) if name.starts_with("pull_request") || name == "workflow_run" => {
            Err(format!("it does not describe a `{name}`"))
        }
        _ => Ok(Event::Other(name.to_owned())),
    }
}

fn commit(text: String) -> Result<String, String> {
    let fine = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fine { Ok(text.to_ascii_lowercase()) } else { Err("its commit is not one".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "1111111111111111111111111111111111111111";

    fn pull(repo: &str) -> String {
        format!(
            r#"{{"number": 7, "pull_request": {{"number": 7, "head": {{"sha": "{HEAD}", "repo": {repo}}}}},
            "repository": {{"full_name": "o/r"}}, "sender": {{"login": "x"}}}}"#
        )
    }

    fn check(name: &str, text: &str, outcome: &str) {
        let said = match parse(name, text) {
            Ok(Event::Pull(pull)) => format!("#{} {:?}", pull.number, pull.origin),
            Ok(Event::Run(run)) => format!("run {} {:?} {:?}", run.id, run.head_repository, run.origin),
            Ok(Event::Other(name)) => name,
            Err(why) => why,
        };
        assert_eq!(said, outcome, "{name} {text}");
    }

    #[test]
    fn events_are_told_apart() {
        check("pull_request", &pull(r#"{"full_name": "o/r"}"#), "#7 Here");
        check("pull_request", &pull(r#"{"full_name": "fork/r"}"#), "#7 Fork");
        check("pull_request", &pull("null"), "#7 Fork");
        check("pull_request_target", &pull("null"), "#7 Fork");
        for name in ["push", "schedule", "merge_group", "workflow_dispatch"] {
            check(name, "{}", name);
        }
        let run = |repository: &str| {
            format!(
                r#"{{"workflow_run": {{"id": 3, "head_sha": "{HEAD}", "head_branch": null, "head_repository": {repository}, "event": "pull_request"}}, "repository": {{"full_name": "o/r"}}}}"#
            )
        };
        check("workflow_run", &run(r#"{"full_name": "fork/r"}"#), "run 3 Some(\"fork/r\") Fork");
        check("workflow_run", &run("null"), "run 3 None Fork");
    }

    #[test]
    fn what_is_no_event_is_said_and_not_repeated() {
        check("pull_request", " \n", "it is empty");
        check("pull_request", "{\"secret", "it is not JSON, see line 1 column 8");
        check("pull_request", r#"{"pull_request": "secret"}"#, "it does not describe an event, see line 1 column 25");
        check("pull_request", "{}", "it does not describe a `pull_request`");
        check("workflow_run", "{}", "it does not describe a `workflow_run`");
        check("pull_request", &pull("null").replace(HEAD, "HEAD"), "its commit is not one");
        check(
            "pull_request",
            &pull("null").replace("\"number\": 7", "\"number\": -7"),
            "it does not describe an event, see line 1 column 44",
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics(name in "pull_request|workflow_run|push", text in "\\PC{0,100}", cut in 0_usize..400) {
            let _ = parse(&name, &text);
            let _ = parse(&name, pull("null").get(..cut).unwrap_or_default());
        }
    }
}
