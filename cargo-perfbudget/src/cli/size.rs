//! What the user typed after `size`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Selection, Voice};

const EXAMPLES: &str = "\
Examples:
  cargo perfbudget size                          every binary, by crate
  cargo perfbudget size --by function -n 50      the 50 largest functions
  cargo perfbudget size --compare                what grew since the base, which is built, too
  cargo perfbudget size --base v1.2.0 --by function
  cargo perfbudget size web/app.wasm             a file as it is; nothing is built

What is listed adds up to the file exactly; what no symbol names is a row of its own. Code that was
inlined counts for the function that it was inlined into.

Where the profile strips, there are no names. Build with symbols by the same profile:
  CARGO_PROFILE_RELEASE_STRIP=none cargo perfbudget size

Exit codes:
  0    said
  101  cannot tell: something could not be built or read";

/// What code is summed up by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum GroupChoice {
    /// The crate that a function belongs to
    #[default]
    Crate,
    /// The function; copies for other types are one
    Function,
}

/// How sizes are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SizeFormat {
    /// For a person at a terminal
    #[default]
    Terminal,
    /// For programs: JSON with everything
    Json,
}

/// The options of `size`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES, override_usage = "cargo perfbudget size [OPTIONS] [FILTER|FILE]...")]
pub struct SizeArgs {
    /// What code is summed up by
    #[arg(long, value_enum, default_value_t, value_name = "GROUP")]
    pub by: GroupChoice,
    /// List so many rows; the others are counted
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20)]
    pub rows: usize,
    /// Say what grew since the merge-base with the default branch, which is built here
    #[arg(long)]
    pub compare: bool,
    /// Say what grew since this revision
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// How it is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: SizeFormat,
    /// Write it to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub selection: Selection,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub voice: Voice,
}
