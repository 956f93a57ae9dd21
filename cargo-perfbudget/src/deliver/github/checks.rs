//! A check run: the verdict beside the commit, with notes on lines of the change.

use serde::{Deserialize, Serialize};

use super::api::{Api, Fate, Lost, Rights};
use crate::sys::http::Method;

/// The longest summary that GitHub takes, in bytes.
const SUMMARY_BYTES_AT_MOST: usize = 65_535;
/// The longest title, in letters. Arbitrary: a line of the list of checks.
const TITLE_LETTERS_AT_MOST: usize = 200;
/// How many notes a request may have.
const NOTES_AT_MOST: usize = 50;

/// What a check run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// Green.
    Success,
    /// Grey: somebody may look.
    Neutral,
    /// Red.
    Failure,
}

/// How bad a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Look at it.
    Warning,
    /// It fails.
    Failure,
}

/// A note on a line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The file, relative to the repository.
    pub path: String,
    /// The line, from 1.
    pub start_line: u64,
    /// The same line.
    pub end_line: u64,
    /// How bad it is.
    pub annotation_level: Level,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub message: String,
}

/// What to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun<'a> {
    /// Its name in the list of checks.
    pub name: String,
    /// The commit that it is about.
    pub commit: &'a str,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// The verdict in words.
    pub title: &'a str,
    /// The report, biggest first.
    pub ladder: &'a [String],
    /// Notes, worst first.
    pub notes: &'a [Note],
    /// Where the run is seen.
    pub details: Option<String>,
}

#[derive(Serialize)]
struct RunWire<'a> {
    name: &'a str,
    head_sha: &'a str,
    status: &'a str,
    conclusion: Conclusion,
    #[serde(skip_serializing_if = "Option::is_none")]
    details_url: Option<&'a str>,
    output: OutputWire<'a>,
}

#[derive(Serialize)]
struct OutputWire<'a> {
    title: String,
    summary: &'a str,
    annotations: &'a [Note],
}

#[derive(Deserialize)]
struct MadeWire {
    html_url: Option<String>,
}

impl CheckRun<'_> {
    /// The body of the request.
    #[must_use]
    pub fn body(&self) -> String {
        let fits = |text: &&String| text.len() <= SUMMARY_BYTES_AT_MOST;
        let wire = RunWire {
            name: &self.name,
            head_sha: self.commit,
            status: "completed",
            conclusion: self.conclusion,
            details_url: self.details.as_deref(),
            output: OutputWire {
                title: self.title.chars().take(TITLE_LETTERS_AT_MOST).collect(),
                summary: self.ladder.iter().find(fits).map_or(self.title, String::as_str),
                annotations: &self.notes[..self.notes.len().min(NOTES_AT_MOST)],
            },
        };
        serde_json::to_string(&wire).unwrap_or_default()
    }

    /// Makes it. A second one of the same name and commit takes the place of the first in GitHub's list, so one that may
    /// not have arrived is left to the next run.
    ///
    /// # Errors
    /// Where it could not be made.
    pub fn make(&self, api: &Api) -> Result<Option<String>, Lost> {
        match api.send::<MadeWire>(Method::Post, &api.repository.path("check-runs"), &self.body(), Rights::CheckRun) {
            Fate::Done(made) => Ok(made.html_url),
            Fate::TooLong => Err(Lost::why("the check run is longer than GitHub takes")),
            Fate::Gone(why) | Fate::Uncertain(why, _) | Fate::Lost(why) => Err(why),
        }
    }
}
