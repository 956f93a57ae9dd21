//! What the user typed after `ingest`.

use std::path::PathBuf;

use clap::Args;

use super::Output;

/// The options of `ingest`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  cargo perfbudget ingest                                   every `[[ingest]]` of perfbudget.toml
  cargo perfbudget ingest --as k6 --subject checkout k6.json
  cargo perfbudget ingest --record                          write them into the baseline")]
pub struct IngestArgs {
    /// The files to read; all that the configuration names where none is given
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What wrote the files, where the configuration does not say
    #[arg(long = "as", value_name = "FORMAT", requires = "files")]
    pub format_of_file: Option<String>,
    /// What to call the entry, where the file does not say
    #[arg(long, value_name = "NAME", requires = "format_of_file")]
    pub subject: Option<String>,
    /// Write the values into the baseline; refuses to overwrite a regression
    #[arg(long)]
    pub record: bool,
    /// Record what is over budget, too
    #[arg(long, requires = "record")]
    pub allow_regression: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub output: Output,
    /// Write the report as JSON to this file, too
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Compare with this revision instead of the merge-base with the default branch
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Read the head of a pull request even where the workflow may hold secrets
    #[arg(long)]
    pub trust_head: bool,
}
