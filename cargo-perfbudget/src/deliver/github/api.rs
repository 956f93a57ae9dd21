//! GitHub's interface as far as it is used: our own minimal shapes, because what we do not read cannot fail to be read.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::sys::http::{Answer, Client, Method, NoAnswer};

/// The largest answer that is read: a hundred of the longest comments, in bytes.
const ANSWER_BYTES_AT_MOST: usize = 64 << 20;
/// The longest part of GitHub's own words that is repeated, in letters.
const WORDS_AT_MOST: usize = 200;

/// A repository by its owner and name, which cannot leave their places in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository(String);

impl Repository {
    /// Reads `owner/name`.
    #[must_use]
    pub fn new(text: &str) -> Option<Repository> {
        let (owner, name) = text.split_once('/')?;
        let plain = |part: &str| {
            (1..=100).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
                && !matches!(part, "." | "..")
        };
        (plain(owner) && plain(name)).then(|| Repository(text.to_owned()))
    }

    /// A path below it.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.0)
    }
}

/// What a job must be allowed to do for something, as a workflow states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// To comment.
    Comment,
    /// To make a check run.
    CheckRun,
    /// To read what another workflow's run has left, and to comment.
    Artifact,
}

impl Rights {
    /// The lines of a job, and what else may be the matter.
    fn hint(self) -> &'static str {
        match self {
            Rights::Comment => {
                "the job must hold these lines; whatever they say, the token of a fork's or Dependabot's pull request reads \
                 only, and a second workflow on `workflow_run` comments\n    permissions:\n      pull-requests: write"
            }
            Rights::CheckRun => "the job must hold these lines\n    permissions:\n      checks: write",
            Rights::Artifact => {
                "the job must hold these lines\n    permissions:\n      actions: read\n      pull-requests: write"
            }
        }
    }
}

/// Why something did not reach GitHub. It costs what was to be posted and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// What was the matter, and the way out, when known.
    Why(String, Option<String>),
    /// A signal arrived.
    Stopped,
}

impl Lost {
    pub(super) fn why(message: impl Into<String>) -> Lost {
        Lost::Why(message.into(), None)
    }
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    user: Option<User>,
    html_url: Option<String>,
}

impl Comment {
    /// Who wrote it; nobody where the account is gone.
    pub(super) fn author(&self) -> Option<&str> {
        self.user.as_ref().map(|user| user.login.as_str())
    }

    /// Where a person sees it, where that is an address.
    pub(super) fn url(&self) -> Option<&str> {
        let plain =
            |url: &&str| url.starts_with("http") && url.len() < 1_000 && url.bytes().all(|b| b.is_ascii_graphic());
        self.html_url.as_deref().filter(plain)
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct User {
    login: String,
}

/// What is known of a request's fate.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate<T> {
    /// It was done.
    Done(T),
    /// The text is longer than GitHub takes.
    TooLong,
    /// There is no such thing any more.
    Gone(Lost),
    /// Nobody knows whether it was done: why, and how long to wait before looking.
    Uncertain(Lost, std::time::Duration),
    /// It was not done.
    Lost(Lost),
}

/// One repository on one server.
#[derive(Debug)]
pub struct Api {
    client: Client,
    pub(super) repository: Repository,
}

impl Api {
    /// A repository on the server that the client speaks with.
    #[must_use]
    pub fn new(client: Client, repository: Repository) -> Api {
        Api { client, repository }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Reads something.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str, rights: Rights) -> Result<(T, bool), Lost> {
        let answer = self.client.ask(Method::Get, path, None, ANSWER_BYTES_AT_MOST).map_err(|why| silent(path, why))?;
        if answer.status != 200 {
            return Err(refusal(&answer, path, rights));
        }
        let has_next = answer.has_next;
        Ok((read(&answer, path)?, has_next))
    }

    /// The person whose token it is; `None` where it is nobody's, as a workflow's own.
    pub(super) fn login(&self) -> Result<Option<String>, Lost> {
        let path = "/user";
        let answer = self.client.ask(Method::Get, path, None, 1 << 20).map_err(|why| silent(path, why))?;
        match answer.status {
            200 => read::<User>(&answer, path).map(|user| Some(user.login)),
            403 if answer.pause.is_none() => Ok(None),
            _ => Err(refusal(&answer, path, Rights::Comment)),
        }
    }

    /// Changes something.
    pub(super) fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: &str, rights: Rights) -> Fate<T> {
        let soon = std::time::Duration::from_secs(1);
        let answer = match self.client.ask(method, path, Some(body), ANSWER_BYTES_AT_MOST) {
            Ok(answer) => answer,
            Err(NoAnswer::Stopped) => return Fate::Lost(Lost::Stopped),
            Err(why @ (NoAnswer::Astray(_) | NoAnswer::Unreachable(_, Some(_)))) => {
                return Fate::Lost(silent(path, why));
            }
            Err(why) => return Fate::Uncertain(silent(path, why), soon),
        };
        let lost = || refusal(&answer, path, rights);
        match answer.status {
            200 | 201 => match read(&answer, path) {
                Ok(value) => Fate::Done(value),
                Err(why) => Fate::Uncertain(why, soon),
            },
            422 if String::from_utf8_lossy(&answer.body).contains("too long") => Fate::TooLong,
            404 => Fate::Gone(lost()),
            _ if answer.pause.is_some() => Fate::Uncertain(lost(), answer.pause.unwrap_or(soon)),
            500.. => Fate::Uncertain(lost(), soon),
            _ => Fate::Lost(lost()),
        }
    }

    /// Removes something; what is gone already is as good.
    pub(super) fn remove(&self, path: &str) -> Result<(), Lost> {
        let answer = self.client.ask(Method::Delete, path, None, 1 << 20).map_err(|why| silent(path, why))?;
        match answer.status {
            200..=299 | 404 | 410 => Ok(()),
            _ => Err(refusal(&answer, path, Rights::Comment)),
        }
    }

    /// Reads bytes that lie somewhere else.
    pub(super) fn download(&self, path: &str, limit: usize) -> Result<Vec<u8>, Lost> {
        let answer = self.client.ask(Method::Get, path, None, limit).map_err(|why| silent(path, why))?;
        if answer.status == 200 { Ok(answer.body) } else { Err(refusal(&answer, path, Rights::Artifact)) }
    }
}

fn read<T: DeserializeOwned>(answer: &Answer, path: &str) -> Result<T, Lost> {
    serde_json::from_slice(&answer.body).map_err(|why| {
        let what = if why.is_data() { "another shape than expected" } else { "no JSON" };
        Lost::why(format!(
            "`{}` answered {} with {what}, see line {} column {}",
            bare(path),
            answer.status,
            why.line(),
            why.column()
        ))
    })
}

fn silent(path: &str, why: NoAnswer) -> Lost {
    if why == NoAnswer::Stopped {
        return Lost::Stopped;
    }
    let hint = match &why {
        NoAnswer::Unreachable(_, Some(hint)) => Some((*hint).to_owned()),
        NoAnswer::Unreachable(..) | NoAnswer::Silence => {
            Some("check `GITHUB_API_URL` and the network; proxies (`HTTPS_PROXY`) are not used".into())
        }
        _ => None,
    };
    Lost::Why(format!("`{}`: {}", bare(path), words(&why.to_string())), hint)
}

/// What GitHub said instead of doing it.
fn refusal(answer: &Answer, path: &str, rights: Rights) -> Lost {
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    let said = serde_json::from_slice::<Said>(&answer.body).map(|said| words(&said.message)).unwrap_or_default();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let lower = said.to_lowercase();
    let hint = match answer.status {
        401 => Some("`GITHUB_TOKEN` is not valid here; pass it on with `GITHUB_TOKEN: ${{ github.token }}`".to_owned()),
        _ if answer.pause.is_some() => Some("GitHub asks for fewer requests; the next run comments again".into()),
        403 if lower.contains("locked") => {
            Some("the conversation is locked; unlock it, or read the job's summary".into())
        }
        403 | 404 => Some(rights.hint().to_owned()),
        410 => Some("the conversation is gone or closed to comments; read the job's summary".into()),
        300..=399 => Some("the repository has moved; check `GITHUB_REPOSITORY`".into()),
        500.. => Some("GitHub has trouble; the next run comments again".into()),
        _ => None,
    };
    Lost::Why(format!("`{}` answered {}{said}", bare(path), answer.status), hint)
}

/// A path without its query.
fn bare(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}

/// Words from outside, on one line, short, and without a line break that a runner could take for a command.
fn words(text: &str) -> String {
    let tamed: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_AT_MOST).collect();
    tamed.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_cannot_leave_its_place() {
        assert_eq!(Repository::new("o/r.s_t-u").map(|it| it.path("pulls")).as_deref(), Some("/repos/o/r.s_t-u/pulls"));
        for bad in ["", "o", "o/", "/r", "o/r/x", "o/..", "../r", "o/r?y=#", "o/r%2f", "o/ü", "o /r", "o/r\n"] {
            assert_eq!(Repository::new(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn comments_are_read_whatever_else_they_hold() {
        let text = r#"[{"id": 1, "user": null, "body": null}, {"id": 2, "user": {"login": "x", "id": 7}, "html_url": "https://h/1"},
            {"id": 3, "html_url": "javascript:alert(1)"}]"#;
        let comments: Vec<Comment> = serde_json::from_str(text).unwrap();
        let seen: Vec<_> = comments.iter().map(|comment| (comment.author(), comment.url())).collect();
        assert_eq!(seen, [(None, None), (Some("x"), Some("https://h/1")), (None, None)]);
    }

    #[test]
    fn words_from_outside_stay_on_their_line() {
        assert_eq!(words("a\n::set-env name=x::y\u{1b}[31m"), "a ::set-env name=x::y [31m");
    }
}
