//! What the user typed. These types are seen by `main` and `commands` only.

mod bisect;
mod cached;
mod ingest;
mod selection;
mod size;

pub use bisect::BisectArgs;
pub use cached::{CacheArgs, Care, CareFormat, Places, PruneArgs};
pub use ingest::IngestArgs;
pub use selection::{Building, Selection, Sharing};
pub use size::{GroupChoice, SizeArgs, SizeFormat};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::{Date, Shard};

const EXAMPLES: &str = "\
Examples:
  cargo perfbudget record                 measure everything, write the baseline; commit it
  cargo perfbudget                        compare with the baseline; 100 if something costs more
  cargo perfbudget total/100              only what has `total/100` in its name
  cargo perfbudget accept 'shop::cart::total/100' --reason \"rounds correctly now\"
  cargo perfbudget --format markdown --output report.md

Exit codes:
  0    within budget, or somebody should look (attention)
  100  over budget
  101  cannot tell: something that should be known is not
  2    the command line or the configuration is wrong
  102  refused: what asks for it may not be trusted";

const MERGE_EXAMPLES: &str = "\
Examples:
  cargo perfbudget check --shard 2/5 --output part-2.json    in each of five jobs, with its own number
  cargo perfbudget merge part-*.json --report perfbudget-report.json

In a checkout of the commit that was measured, with its history. Nothing is built and nothing is
measured. The exit code is the one that `check` would have had.";

#[cfg(feature = "github")]
const COMMENT_EXAMPLES: &str = "\
Examples:
  cargo perfbudget check --report perfbudget-report.json
  cargo perfbudget comment               in a workflow on `pull_request`: one comment, kept up to date
  cargo perfbudget comment --name api    one of several comments, as in a monorepo
  cargo perfbudget comment --dry-run     what would be sent; needs no token and no network

In a workflow on `workflow_run` it posts the report that a fork's run has left as an artifact.

Environment:
  GITHUB_TOKEN    must be passed on to the step: ${{ github.token }}
  SSL_CERT_FILE   the certificates of a private authority
  GitHub itself sets GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_NAME, GITHUB_EVENT_PATH,
  GITHUB_SHA, GITHUB_SERVER_URL, GITHUB_RUN_ID, GITHUB_STEP_SUMMARY, GITHUB_OUTPUT, GITHUB_ACTIONS.
  Proxies (HTTPS_PROXY) are not used.

Exit codes:
  0    delivered; what GitHub does not take is a warning, because `check` decides the verdict
  2    the command line, the report or the event is wrong
  102  refused: not exactly one open pull request has the run's commit at its head, or the
       artifact is not a report";

/// Performance budgets for Rust projects: exact, committed to git, and never silent
#[derive(Debug, Parser)]
#[command(
    name = "cargo-perfbudget",
    bin_name = "cargo perfbudget",
    version,
    about,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do; `check` where nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of `check`.
    #[command(flatten)]
    pub check: CheckArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare with the baseline and fail where something costs more (the default)
    Check(CheckArgs),
    /// Measure and write the baseline; refuses to overwrite a regression
    Record(RecordArgs),
    /// Take a regression on, with a reason
    Accept(AcceptArgs),
    /// Compare two revisions' baselines, or two reports
    Compare(CompareArgs),
    /// Judge what several jobs have measured with `check --shard`, as one check
    Merge(MergeArgs),
    /// Post a report to its pull request on GitHub, and to the job's summary
    #[cfg(feature = "github")]
    Comment(CommentArgs),
    /// Find the commit that made a benchmark or file cost more
    Bisect(BisectArgs),
    /// Say what binaries and wasm files consist of, by crate and function, and what grew
    Size(SizeArgs),
    /// Judge what other tools have measured: load tests, pages, caches, databases
    Ingest(IngestArgs),
    /// Make the output of a frontend build smaller, proven to mean the same
    #[command(disable_help_flag = true)]
    Assets(AssetsArgs),
    /// List what would be measured
    List(ListArgs),
    /// Measure several times and propose rules for what varies
    Calibrate(CalibrateArgs),
    /// Write a commented `perfbudget.toml` and say what comes next
    Init(InitArgs),
    /// Check that everything needed is there
    Doctor(DoctorArgs),
    /// Say what a finding's code means
    Explain(ExplainArgs),
    /// Print the JSON Schema of the reports that `--format json` and `--report` write
    Schema,
    /// Look after kept measurements and assets, here and where they are shared
    Cache(CacheArgs),
    /// Remove kept measurements, leftovers and worktrees
    Clean(CleanArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` or `CARGO_TERM_COLOR` says otherwise
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person at a terminal
    #[default]
    Terminal,
    /// For programs: JSON, as `cargo perfbudget schema` describes it
    Json,
    /// For a pull request
    Markdown,
    /// For CI systems that show tests: JUnit XML
    Junit,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For Prometheus: OpenMetrics 1.0
    Openmetrics,
    /// For spreadsheets: CSV
    Csv,
}

/// How the outcome is told.
#[derive(Debug, Clone, Default, Args)]
pub struct Output {
    /// The format of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Write the report to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
}

/// How much is said, and in which colours.
#[derive(Debug, Clone, Default, Args)]
pub struct Voice {
    /// No progress, no compiler messages
    #[arg(short, long)]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
}

/// The options of `check`.
#[derive(Debug, Clone, Default, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub selection: Selection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub output: Output,
    /// Write the report as JSON to this file, too
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Compare with this revision instead of the merge-base with the default branch
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// Never build the base; what needs it is `cannot tell`
    #[arg(long)]
    pub no_build_base: bool,
    /// Where something is over, measure which changes of Cargo.lock it belongs to
    #[arg(long)]
    pub bisect_lock: bool,
    /// Measure times, too, and builds from nothing; they are advice and never fail
    #[arg(long)]
    pub time: bool,
    /// Measure again what an unchanged executable was measured for before
    #[arg(long)]
    pub fresh: bool,
    /// Measure one part of so many, and write what it holds to the file that `--output` names, for `merge`
    #[arg(long, value_name = "K/N", value_parser = Shard::parse, requires = "output", conflicts_with_all = ["format", "report", "self_test"])]
    pub shard: Option<Shard>,
    /// Print the steps and run none of them
    #[arg(long)]
    pub dry_run: bool,
    /// Break a copy of the results in every known way, and prove that each is reported
    #[arg(long)]
    pub self_test: bool,
}

/// The options of `record`.
#[derive(Debug, Clone, Default, Args)]
pub struct RecordArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub selection: Selection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
    /// Record what is over budget, too
    #[arg(long)]
    pub allow_regression: bool,
    /// Move the frozen anchors to what is measured
    #[arg(long)]
    pub anchor: bool,
    /// Resolve merge conflicts in the baseline, measuring again what they are about
    #[arg(long)]
    pub resolve: bool,
    /// Record times, too, and builds from nothing
    #[arg(long)]
    pub time: bool,
    /// Print the steps and run none of them
    #[arg(long)]
    pub dry_run: bool,
}

/// The options of `accept`.
#[derive(Debug, Clone, Args)]
pub struct AcceptArgs {
    /// Whole names, or patterns with `*` and `?`
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Why it is worth it
    #[arg(long)]
    pub reason: String,
    /// The last day on which it holds, as 2027-01-31
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub expires: Option<Date>,
    /// Take the values from this JSON report, which another machine may have made
    #[arg(long, value_name = "REPORT")]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub building: Building,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
}

fn parse_date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "it is not a day of the calendar; write 2027-01-31".into())
}

/// The options of `compare`.
#[derive(Debug, Clone, Args)]
pub struct CompareArgs {
    /// A revision with a baseline, or a JSON report
    pub before: String,
    /// A revision with a baseline, or a JSON report
    pub after: String,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub output: Output,
}

/// The options of `merge`.
#[derive(Debug, Clone, Args)]
#[command(after_help = MERGE_EXAMPLES)]
pub struct MergeArgs {
    /// What the jobs have written
    #[arg(required = true, value_name = "PART")]
    pub parts: Vec<PathBuf>,
    /// Write the report as JSON to this file, too
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Compare with this revision instead of the merge-base with the default branch
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub building: Building,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub output: Output,
}

/// The options of `comment`.
#[cfg(feature = "github")]
#[derive(Debug, Clone, Args)]
#[command(after_help = COMMENT_EXAMPLES)]
pub struct CommentArgs {
    /// What `check --report FILE` wrote
    #[arg(long, value_name = "FILE", default_value = "perfbudget-report.json")]
    pub report: PathBuf,
    /// Leave the pull request alone: only the summary, the outputs and the notes
    #[arg(long)]
    pub no_comment: bool,
    /// Tells several comments on one pull request apart
    #[arg(long, default_value = "default")]
    pub name: String,
    /// Make a check run, too, with the verdict and notes on lines
    #[arg(long)]
    pub check_run: bool,
    /// The artifact that holds the report of a fork's run
    #[arg(long, value_name = "NAME", default_value = "perfbudget-report")]
    pub artifact: String,
    /// Who writes our comments; needed only with the token of a GitHub App: `my-app[bot]`
    #[arg(long, value_name = "LOGIN")]
    pub author: Option<String>,
    /// Give up on GitHub after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
    /// Print the requests and send none of them
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
}

/// Check what a frontend weighs, and what its pages load, against the budgets: the part of `check` that `[assets]` is for
#[derive(Debug, clap::Parser)]
#[command(name = "check", max_term_width = 100)]
pub struct AssetsCheck {
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub check: CheckArgs,
}

/// The words for the optimizer, which reads them itself.
#[derive(Debug, Clone, Args)]
pub struct AssetsArgs {
    /// `optimize`, `check`, `report`, `explain` or `schema`, with its options; `--help` says more
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub words: Vec<std::ffi::OsString>,
}

/// The options of `list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub selection: Selection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The options of `calibrate`.
#[derive(Debug, Clone, Args)]
pub struct CalibrateArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub selection: Selection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
    /// How many times each is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=1000))]
    pub repeats: u16,
}

/// Which workflows `init` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WorkflowChoice {
    /// One that checks and comments
    Single,
    /// One that checks and one that comments, also where the token may only read: forks, Dependabot
    Pair,
}

/// The options of `init`.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// Write workflows for GitHub, too; nothing that is there is overwritten
    #[arg(long, value_enum, value_name = "KIND", num_args = 0..=1, default_missing_value = "single")]
    pub workflow: Option<WorkflowChoice>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
}

/// The options of `doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Run the commands that install what is missing
    #[arg(long)]
    pub fix: bool,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
}

/// The options of `explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The code of a finding, `roi` for the estimate of worth, or `templates` for those of a comment; all codes where none is given
    pub code: Option<String>,
}

/// The options of `clean`.
#[derive(Debug, Clone, Args)]
pub struct CleanArgs {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
}

/// The options of `completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}
