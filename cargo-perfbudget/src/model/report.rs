//! A report: findings, judged rows and the verdict, ready to be rendered.

use std::collections::BTreeMap;
use std::fmt;

use super::cached::CacheUse;
use super::cause::Cause;
use super::code::Code;
use super::comparison::Row;
use super::metric::Direction;
use super::name::{Key, Target};
use super::run::{Environment, Family};
use super::unit::Ratio;
use super::worth::Worth;

/// What a run comes to; the worst finding decides. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Verdict {
    /// Nothing costs more than it may.
    #[default]
    Within,
    /// Nothing fails, and somebody should look.
    Attention,
    /// Something that should be known is not.
    CannotTell,
    /// Something costs more than it may.
    Over,
}

impl Verdict {
    /// All verdicts, best first.
    pub const ALL: [Verdict; 4] = [Verdict::Within, Verdict::Attention, Verdict::CannotTell, Verdict::Over];

    /// Its name in files for programs: stable, and without blanks.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Within => "within",
            Verdict::Attention => "attention",
            Verdict::CannotTell => "cannot-tell",
            Verdict::Over => "over",
        }
    }

    /// The exit code of a run that comes to this. Over beats cannot tell, because verdicts are ordered so.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Verdict::Within | Verdict::Attention => 0,
            Verdict::Over => 100,
            Verdict::CannotTell => 101,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Within => "within",
            Verdict::Attention => "attention",
            Verdict::CannotTell => "cannot tell",
            Verdict::Over => "over",
        })
    }
}

/// What a reader must know and may have to act on.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The kind.
    pub code: Code,
    /// How bad it is, after the configuration had its say.
    pub verdict: Verdict,
    /// The number it is about, where it is about one.
    pub key: Option<Key>,
    /// The bench target it is about, where it is about one as a whole.
    pub target: Option<Target>,
    /// What is the case, with the numbers, in a sentence without a full stop.
    pub message: String,
    /// The way out, when known.
    pub hint: Option<String>,
}

/// The command that takes on what the named subjects cost more.
#[must_use]
pub fn accept_command(names: &str) -> String {
    format!("cargo perfbudget accept {names} --reason \"…\"")
}

/// What a judged row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Over a limit now, and within it before.
    Crossed,
    /// Over a limit before, and further over now.
    OverAndWorse,
    /// No value where one was expected.
    Unmeasured,
    /// Over against the file, and the base measured here shows it too.
    Inherited,
    /// Over a limit before and now, and not worse.
    OverUnchanged,
    /// Over the base by more than allowed, and accepted in this change.
    Accepted,
    /// Grew by more than the noise, within its limits.
    UnderRegressed,
    /// Has no record.
    New,
    /// The base records it and this change takes the record out.
    Removed,
    /// Cheaper by more than the noise.
    Improved,
    /// Not judged: a rule excludes it.
    Excluded,
    /// Sampled, or from a machine that does not compare: shown, and nothing is claimed.
    Unclaimed,
    /// As before.
    Unchanged,
}

impl State {
    /// All states, worst first: the order of rows in a report.
    pub const ALL: [State; 13] = [
        State::Crossed,
        State::OverAndWorse,
        State::Unmeasured,
        State::Inherited,
        State::OverUnchanged,
        State::Accepted,
        State::UnderRegressed,
        State::New,
        State::Removed,
        State::Improved,
        State::Excluded,
        State::Unclaimed,
        State::Unchanged,
    ];

    /// The word in a report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Crossed => "over",
            State::OverAndWorse => "over and worse",
            State::Unmeasured => "not measured",
            State::Inherited => "inherited",
            State::OverUnchanged => "over, unchanged",
            State::Accepted => "accepted",
            State::UnderRegressed => "grew",
            State::New => "new",
            State::Removed => "removed",
            State::Improved => "improved",
            State::Excluded => "excluded",
            State::Unclaimed => "~",
            State::Unchanged => "unchanged",
        }
    }

    /// Its name in files for programs: stable, and without blanks.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Crossed => "crossed",
            State::OverAndWorse => "over-and-worse",
            State::Unmeasured => "unmeasured",
            State::Inherited => "inherited",
            State::OverUnchanged => "over-unchanged",
            State::Accepted => "accepted",
            State::UnderRegressed => "under-regressed",
            State::New => "new",
            State::Removed => "removed",
            State::Improved => "improved",
            State::Excluded => "excluded",
            State::Unclaimed => "unclaimed",
            State::Unchanged => "unchanged",
        }
    }
}

/// A row with its judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The row.
    pub row: Row,
    /// What it is.
    pub state: State,
    /// The growth limit that was applied, widened by noise; `None` where there is none.
    pub limit: Option<Ratio>,
    /// Who looks after it, where a rule says so.
    pub owner: Option<String>,
    /// The reason of an acceptance or an exclusion, or why what grew beyond its ratio is not over.
    pub reason: Option<String>,
}

/// What one family's numbers were compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The committed file of an equal environment, at this revision or in the work tree.
    File {
        /// A short revision, or `work tree`.
        revision: String,
    },
    /// The base, built and measured here.
    Measured {
        /// The short revision that was built.
        revision: String,
    },
    /// Nothing.
    Nothing,
}

/// Where a bench target's source is, for notes beside the code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Its file, relative to the top of the repository, with `/`.
    pub file: String,
    /// The line of a benchmark in it, from 1, by [`super::Benchmark::path`]; only of benchmarks that findings are about.
    pub lines: BTreeMap<String, u64>,
}

/// Everything a reader gets, in no particular format.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What it comes to.
    pub verdict: Verdict,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// Worst first, then by key.
    pub rows: Vec<Judged>,
    /// What each family was compared with, in words.
    pub basis: Vec<(Family, Basis)>,
    /// The machine, by family.
    pub environments: Vec<(Family, Environment)>,
    /// Lock file, profile, flags, toolchain, harness: what differs is shown.
    pub state: Environment,
    /// Facts of the state that differ from the record: name, before, after.
    pub state_changes: Vec<(String, String, String)>,
    /// Where the bench targets are that findings are about.
    pub places: BTreeMap<Target, Place>,
    /// Why numbers moved, where both sides were measured here.
    pub causes: BTreeMap<Key, Cause>,
    /// How many values were taken from an earlier measurement of the same executable.
    pub reused: usize,
    /// What the cache of results did.
    pub cache: CacheUse,
    /// What the changes are worth a year; `None` where the configuration has no `[roi]`.
    pub worth: Option<Worth>,
    /// The patch of the baseline that takes on what is over, where something is that can be: what `accept` would write,
    /// but for the reason.
    pub patch: Option<String>,
}

impl Report {
    /// Sets the verdict from the findings and sorts both lists worst first.
    #[must_use]
    pub fn settled(mut self) -> Report {
        self.verdict = self.findings.iter().map(|finding| finding.verdict).max().unwrap_or_default();
        self.findings.sort_by(|a, b| {
            (b.verdict, a.code, &a.key, &a.target, &a.message).cmp(&(a.verdict, b.code, &b.key, &b.target, &b.message))
        });
        // Rows come by key mostly, and a stable sort keeps them so: names are read only where the order asks for it.
        if !self.rows.is_sorted_by_key(|judged| &judged.row.key) {
            self.rows.sort_by(|a, b| a.row.key.cmp(&b.row.key));
        }
        let growth = |judged: &Judged| {
            let delta = judged.row.change.delta().map_or(0.0, Ratio::get);
            if judged.row.key.metric.better() == Direction::More { -delta } else { delta }
        };
        self.rows.sort_by(|a, b| (a.state.cmp(&b.state)).then_with(|| growth(b).total_cmp(&growth(a))));
        self
    }
}
