//! Report → what is posted: a pull request's comment, in ever shorter renderings, and a job's summary.
//!
//! The texts are templates, `templates/comment.md` and `templates/summary.md`, which a project may replace. What comes
//! from outside is inert in each of them: the engine escapes every value when it is printed.

mod engine;
#[cfg(test)]
mod tests;
mod view;
mod worth;

pub use engine::TemplateError;

use super::{conclusion, tame};
use crate::model::Report;
use view::{Known, Room};
use worth::Detail;

/// GitHub takes 65,536 characters a comment. We count bytes, and leave room for a marker.
const COMMENT_BYTES: usize = 65_000;
/// GitHub takes 1 MiB a step's summary; what other tools wrote before us counts, too.
const SUMMARY_BYTES: usize = 1_000_000;

/// The renderings of a comment, by how much of each part they show: from everything to the worst row and the verdict.
const RUNGS: [Room; 4] = [
    Room { changed: 20_000, all: 14_000, findings: 10_000, provenance: 4_000, patch: 10_000, worth: Detail::Whole(10) },
    Room { changed: 20_000, all: 0, findings: 8_000, provenance: 2_000, patch: 4_000, worth: Detail::Whole(10) },
    Room { changed: 6_000, all: 0, findings: 3_000, provenance: 0, patch: 0, worth: Detail::Rows(3) },
    Room { changed: 1_000, all: 0, findings: 500, provenance: 0, patch: 0, worth: Detail::Nothing },
];

/// The renderings of a summary, likewise.
const SUMMARY_RUNGS: [Room; 2] = [
    Room {
        changed: 300_000,
        all: 550_000,
        findings: 60_000,
        provenance: 20_000,
        patch: 60_000,
        worth: Detail::Whole(50),
    },
    RUNGS[0],
];

/// A project's own templates, where it has them, by trusted hands: from the base, never from the change itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    /// In the place of `comment.md`.
    pub comment: Option<String>,
    /// In the place of `summary.md`.
    pub summary: Option<String>,
}

/// What renders a report with templates, which are read once.
pub struct Renderer<'a> {
    engine: engine::Engine,
    report: &'a Report,
    known: Known<'a>,
}

/// What is rendered: the name of its template, its renderings, and how long each may be.
type Text = (&'static str, &'static [Room], usize);

const COMMENT: Text = ("comment.md", &RUNGS, COMMENT_BYTES);
const SUMMARY: Text = ("summary.md", &SUMMARY_RUNGS, SUMMARY_BYTES);

/// The verdict in words, on one line.
#[must_use]
pub fn title(report: &Report) -> String {
    tame(&format!("{}: {}", report.verdict, conclusion(report).0))
}

impl<'a> Renderer<'a> {
    /// With the project's own templates, where it has them.
    ///
    /// # Errors
    /// Never, as far as is known: the engine checks its own settings.
    pub fn new(report: &'a Report, templates: &Templates) -> Result<Renderer<'a>, TemplateError> {
        Ok(Renderer { engine: engine::Engine::new(templates)?, report, known: Known::of(report) })
    }

    /// The comment's renderings, the longest first; each is at most 65,000 bytes and ends with a line break. The worst
    /// rows are in each of them.
    ///
    /// # Errors
    /// Where the project's own template does not work: the built-in one always does.
    pub fn comment(&self) -> Result<Vec<String>, TemplateError> {
        self.rungs(COMMENT, usize::MAX)
    }

    /// The longest of them, which is posted unless GitHub does not take it.
    ///
    /// # Errors
    /// As for [`Renderer::comment`].
    pub fn longest_comment(&self) -> Result<String, TemplateError> {
        Ok(self.rungs(COMMENT, 1)?.swap_remove(0))
    }

    /// The summary of a job's step, likewise, at most a million bytes.
    ///
    /// # Errors
    /// As for [`Renderer::comment`].
    pub fn summary(&self) -> Result<Vec<String>, TemplateError> {
        self.rungs(SUMMARY, usize::MAX)
    }

    /// So many at most of the renderings that fit; the whole lines that fit of the shortest one, where none does.
    fn rungs(&self, (name, rooms, most): Text, wanted: usize) -> Result<Vec<String>, TemplateError> {
        let mut fitting: Vec<String> = Vec::new();
        let mut shortest = String::new();
        for room in rooms {
            let text = self.engine.render(name, view::of(self.report, room, &self.known))?;
            if text.len() <= most && fitting.last().is_none_or(|longer| text.len() < longer.len()) {
                fitting.push(text);
            } else {
                shortest = text;
            }
            if fitting.len() == wanted {
                break;
            }
        }
        if fitting.is_empty() {
            // Only a project's own template can be that long: it ends at a line.
            let lines = shortest.split_inclusive('\n');
            let lengths = lines.scan(0, |length, line| {
                *length += line.len();
                Some(*length)
            });
            let end = lengths.take_while(|length| *length <= most).last().unwrap_or_default();
            shortest.truncate(end);
            fitting.push(shortest);
        }
        Ok(fitting)
    }
}
