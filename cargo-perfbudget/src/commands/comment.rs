//! `comment`: a report to a pull request, the step's summary and outputs, and notes beside the code.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{read_report, templates, trust};
use crate::cli::CommentArgs;
use crate::deliver::event::{Event, Run};
use crate::deliver::github::{self, Api, CheckRun, Conclusion, Lost, Note, Place, Refused, Repository};
use crate::deliver::{Marker, deliver, job};
use crate::error::{Error, Result};
use crate::exit;
use crate::model::{Report, Verdict};
use crate::render::annotations::{self, Annotation, Level};
use crate::render::comment::{self, Renderer, Templates};
use crate::render::json;
use crate::sys::http::{Base, Client, Token};
use crate::sys::{env, git};

/// Where GitHub's interface is, unless the environment says otherwise.
const API: &str = "https://api.github.com";

/// Everything about the workflow that a report is delivered in.
struct Job<'a> {
    args: &'a CommentArgs,
    marker: Marker,
    repository: Option<Repository>,
    event: Option<Event>,
}

/// What is delivered.
struct Letter {
    report: Report,
    /// The comment, the longest rendering first.
    comment: Vec<String>,
    /// The summary, likewise.
    summary: Vec<String>,
    notes: Vec<Annotation>,
}

/// What became of it.
#[derive(Default)]
struct Delivered {
    what: Option<&'static str>,
    url: Option<String>,
    check_run_url: Option<String>,
}

pub(super) fn run(args: &CommentArgs) -> Result<u8> {
    let marker = Marker::new(&args.name).ok_or_else(|| {
        Error::usage(format!("`{}` cannot be the name of a comment", args.name.escape_default()))
            .hint("up to 64 letters, digits, `.`, `_` and single `-`")
    })?;
    let repository = match env::var("GITHUB_REPOSITORY") {
        Some(text) => Some(Repository::new(&text).ok_or_else(|| {
            Error::usage(format!("`GITHUB_REPOSITORY` is `{}`, and should be `owner/name`", text.escape_default()))
        })?),
        None => None,
    };
    let job = Job { args, marker, repository, event: trust::event()? };
    if args.dry_run {
        return job.plan();
    }
    if job.event.is_none() {
        return Err(Error::usage("`GITHUB_EVENT_NAME` is not set, so there is no pull request to comment on")
            .hint("this runs in a workflow on GitHub; `--dry-run` shows what it would do"));
    }
    let (letter, delivered) = match &job.event {
        Some(Event::Run(run)) if run.event != "pull_request" => {
            job.tell(&format!("the run was set off by `{}`, which is no pull request; nothing to do", run.event));
            return Ok(exit::WITHIN);
        }
        Some(Event::Run(run)) => match job.of_run(run)? {
            Some(done) => done,
            None => return Ok(exit::WITHIN),
        },
        _ => {
            let letter = job.letter(read_report(&args.report)?)?;
            let delivered = job.here(&letter)?;
            (letter, delivered)
        }
    };
    job.leave(&letter, &delivered)?;
    Ok(exit::WITHIN)
}

impl Job<'_> {
    /// Renders the report, with templates of the base where it has some that work.
    fn letter(&self, report: Report) -> Result<Letter> {
        let folder = env::current_dir()?;
        let git = git::Repository::of(&folder);
        let commit = match &self.event {
            Some(Event::Pull(pull)) => pull.base.as_deref(),
            // The default branch, or what was pushed to it.
            Some(Event::Run(_) | Event::Other(_)) => Some("HEAD"),
            None => None,
        };
        let own = templates::of_commit(git.as_ref(), commit, &folder).unwrap_or_default();
        let texts = |templates: &Templates| {
            let renderer = Renderer::new(&report, templates)?;
            Ok((renderer.comment()?, renderer.summary()?))
        };
        let (comment, summary) = match texts(&own) {
            Ok(texts) => texts,
            Err(why) => {
                let why = templates::unusable(&why);
                self.warn(&why.message, why.hint.as_deref())?;
                texts(&Templates::default()).map_err(|why| templates::unusable(&why))?
            }
        };
        Ok(Letter { comment, summary, notes: annotations::annotations(&report), report })
    }

    /// What would be asked of GitHub, without asking.
    fn plan(&self) -> Result<u8> {
        let letter = self.letter(read_report(&self.args.report)?)?;
        let place = match &self.event {
            _ if self.args.no_comment => Place::Nowhere,
            Some(Event::Pull(pull)) => Place::Pull(Some(pull.number)),
            Some(Event::Run(run)) => Place::Run(run, &self.args.artifact),
            Some(Event::Other(_)) => Place::Nowhere,
            // Somebody at a desk wants to see it.
            None => Place::Pull(None),
        };
        let name = env::var("GITHUB_REPOSITORY").unwrap_or_else(|| "OWNER/REPOSITORY".into());
        let title = comment::title(&letter.report);
        let notes = notes(&letter.notes);
        let commit = self.commit().unwrap_or_else(|| "HEAD".into());
        let check = self.args.check_run.then(|| self.check_run(&letter, &commit, &title, &notes));
        deliver(&github::plan(&name, place, &self.marker, &letter.comment, check.as_ref()), None)?;
        Ok(exit::WITHIN)
    }

    /// Delivers a report of this job.
    fn here(&self, letter: &Letter) -> Result<Delivered> {
        let number = match &self.event {
            _ if self.args.no_comment => None,
            Some(Event::Pull(pull)) => Some(pull.number),
            Some(Event::Other(name)) => {
                self.tell(&format!("`{name}` is about no pull request, so the report is in the summary only"));
                None
            }
            _ => None,
        };
        if number.is_none() && !self.args.check_run {
            return Ok(Delivered::default());
        }
        let api = match self.api() {
            Ok(api) => api,
            Err(lost) => return self.lose("the comment", lost).map(|()| Delivered::default()),
        };
        self.post(&api, number, self.commit(), letter)
    }

    /// Delivers the report of another workflow's run, which may be a stranger's.
    fn of_run(&self, run: &Run) -> Result<Option<(Letter, Delivered)>> {
        let file = self.args.report.file_name().unwrap_or_default().to_string_lossy();
        let fetched = || -> std::result::Result<(Api, u64, String), Refused> {
            let api = self.api()?;
            let number = github::pull_of(&api, run)?;
            let text = github::report_of(&api, run, &self.args.artifact, &file)?;
            Ok((api, number, text))
        };
        let untrusted = |why: String| {
            Error::refused(format!("nothing was posted: {why}"))
                .hint("the README says under `Pull requests` what a fork's run must leave")
        };
        let (api, number, text) = match fetched() {
            Ok(fetched) => fetched,
            Err(Refused::Untrusted(why)) => return Err(untrusted(why)),
            Err(Refused::Lost(lost)) => return self.lose("the comment", lost).map(|()| None),
        };
        let report = json::read(&text);
        let report = report.map_err(|why| untrusted(format!("the report of run {}: {why}", run.id)))?;
        // Its notes are about another commit than this workflow's.
        let letter = Letter { notes: Vec::new(), ..self.letter(report)? };
        let delivered = self.post(&api, Some(number), Some(run.head.clone()), &letter)?;
        Ok(Some((letter, delivered)))
    }

    fn post(&self, api: &Api, number: Option<u64>, commit: Option<String>, letter: &Letter) -> Result<Delivered> {
        let mut delivered = Delivered::default();
        if let Some(number) = number {
            match github::upsert(api, number, &self.marker, &letter.comment, self.args.author.as_deref()) {
                Ok(posted) => {
                    let url = posted.url.clone().unwrap_or_default();
                    self.tell(&format!("the comment on #{number} is {} {url}", posted.what.word()));
                    delivered = Delivered { what: Some(posted.what.word()), url: posted.url, check_run_url: None };
                }
                Err(lost) => self.lose("the comment", lost)?,
            }
        }
        if let (true, Some(commit)) = (self.args.check_run, commit) {
            let title = comment::title(&letter.report);
            match self.check_run(letter, &commit, &title, &notes(&letter.notes)).make(api) {
                Ok(url) => delivered.check_run_url = url,
                Err(lost) => self.lose("the check run", lost)?,
            }
        }
        Ok(delivered)
    }

    fn check_run<'a>(&self, letter: &'a Letter, commit: &'a str, title: &'a str, notes: &'a [Note]) -> CheckRun<'a> {
        let name = match self.args.name.as_str() {
            "default" => "perfbudget".to_owned(),
            name => format!("perfbudget ({name})"),
        };
        let conclusion = match letter.report.verdict {
            Verdict::Within => Conclusion::Success,
            Verdict::Attention => Conclusion::Neutral,
            Verdict::CannotTell | Verdict::Over => Conclusion::Failure,
        };
        let server = env::var("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".into());
        let run = env::var("GITHUB_RUN_ID").filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        let details = run.zip(env::var("GITHUB_REPOSITORY"));
        let details = details.map(|(id, repository)| format!("{server}/{repository}/actions/runs/{id}"));
        CheckRun { name, commit, conclusion, title, ladder: &letter.comment, notes, details }
    }

    /// The commit that a check run belongs to: the head of the pull request, not the merge that was measured.
    fn commit(&self) -> Option<String> {
        match &self.event {
            Some(Event::Pull(pull)) => Some(pull.head.clone()),
            Some(Event::Run(run)) => Some(run.head.clone()),
            _ => env::var("GITHUB_SHA").filter(|commit| commit.bytes().all(|byte| byte.is_ascii_hexdigit())),
        }
    }

    fn api(&self) -> std::result::Result<Api, Lost> {
        let why = |message: &str, hint: &str| Lost::Why(message.to_owned(), Some(hint.to_owned()));
        let hint = "pass it on in the step: `env: { GITHUB_TOKEN: ${{ github.token }} }`";
        let token = env::var("GITHUB_TOKEN").ok_or_else(|| why("`GITHUB_TOKEN` is not set", hint))?;
        let token = Token::new(&token).ok_or_else(|| why("`GITHUB_TOKEN` is no token", hint))?;
        let address = env::var("GITHUB_API_URL").unwrap_or_else(|| API.into());
        let base = Base::new(&address).ok_or_else(|| {
            why(
                "`GITHUB_API_URL` is not an address that a token may be sent to",
                "it begins with `https://`, like `https://ghes.example.com/api/v3`",
            )
        })?;
        let missing = || why("`GITHUB_REPOSITORY` is not set", "it is `owner/name`");
        let repository = self.repository.clone().ok_or_else(missing)?;
        let client = Client::new(base, token, Duration::from_secs(self.args.timeout));
        let client = client.map_err(|why| {
            Lost::Why(
                why.to_string(),
                Some("install `ca-certificates`, or name a file with certificates in `SSL_CERT_FILE`".into()),
            )
        })?;
        Ok(Api::new(client, repository))
    }

    /// What a job leaves behind whatever became of the comment: summary, outputs and notes.
    fn leave(&self, letter: &Letter, delivered: &Delivered) -> Result<()> {
        let path = |name: &str| env::var(name).map(PathBuf::from);
        if let Some(Err(why)) = path("GITHUB_STEP_SUMMARY").map(|path| job::summarize(&path, &letter.summary)) {
            self.warn(&format!("the summary is not written: {}", why.message), None)?;
        }
        let over = letter.report.findings.iter().filter(|finding| finding.verdict == Verdict::Over).count();
        let outputs = [
            ("verdict", letter.report.verdict.to_string()),
            ("over", over.to_string()),
            ("report", shown(&self.args.report)),
            ("comment", delivered.what.unwrap_or("none").to_owned()),
            ("comment-url", delivered.url.clone().unwrap_or_default()),
            ("check-run-url", delivered.check_run_url.clone().unwrap_or_default()),
        ];
        if let Some(Err(why)) = path("GITHUB_OUTPUT").map(|path| job::put_out(&path, &outputs)) {
            self.warn(&format!("the outputs are not written: {}", why.message), None)?;
        }
        // A check run has them already.
        if is_in_actions() && delivered.check_run_url.is_none() {
            deliver(&annotations::commands(&letter.notes), None)?;
        }
        Ok(())
    }

    /// Losing the right to comment costs the comment only: the verdict is decided elsewhere.
    fn lose(&self, what: &str, lost: Lost) -> Result<()> {
        match lost {
            Lost::Stopped => Err(Error::interrupted()),
            Lost::Why(why, hint) => self.warn(&format!("{what} is not posted: {why}"), hint.as_deref()),
        }
    }

    fn warn(&self, message: &str, hint: Option<&str>) -> Result<()> {
        let hint = hint.map_or(String::new(), |hint| format!("\n  hint: {hint}"));
        env::say(&format!("warning: {message}{hint}"));
        if is_in_actions() {
            deliver(
                &annotations::command(Level::Warning, None, "cargo perfbudget", &format!("{message}{hint}")),
                None,
            )?;
        }
        Ok(())
    }

    fn tell(&self, message: &str) {
        if !self.args.voice.quiet {
            env::say(message.trim_end());
        }
    }
}

fn is_in_actions() -> bool {
    env::var("GITHUB_ACTIONS").as_deref() == Some("true")
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Notes that know their line, as a check run takes them.
fn notes(annotations: &[Annotation]) -> Vec<Note> {
    let note = |annotation: &Annotation| {
        let (path, line) = annotation.place.clone()?;
        let annotation_level = match annotation.level {
            Level::Warning => github::Level::Warning,
            Level::Error => github::Level::Failure,
        };
        let (title, message) = (annotation.title.clone(), annotation.message.clone());
        Some(Note { path, start_line: line, end_line: line, annotation_level, title, message })
    };
    annotations.iter().filter_map(note).collect()
}
