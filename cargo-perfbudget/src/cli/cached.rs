//! What the user typed for `cache`.

use std::path::PathBuf;

use asset_optimizer::cache::stock;
use clap::{Args, Subcommand, ValueEnum};

use super::Sharing;

/// The options of `cache`.
#[derive(Debug, Clone, Args)]
pub struct CacheArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub care: Care,
}

/// What is done with the places of results.
#[derive(Debug, Clone, Subcommand)]
pub enum Care {
    /// Say how much lies in each place, and since when
    Stats(Places),
    /// Remove what was not used for long, or what is too much: the oldest first
    Prune(PruneArgs),
}

/// Which places.
#[derive(Debug, Clone, Args)]
pub struct Places {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub sharing: Sharing,
    /// How it is said
    #[arg(long, value_enum, default_value_t)]
    pub format: CareFormat,
    /// Say only what was asked for
    #[arg(short, long)]
    pub quiet: bool,
}

/// The options of `cache prune`.
#[derive(Debug, Clone, Args)]
pub struct PruneArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub places: Places,
    /// What was not used for so long, as `30d`
    #[arg(long, value_name = "AGE", value_parser = stock::age)]
    pub older_than: Option<i64>,
    /// What is more than this in a place, as `2G`
    #[arg(long, value_name = "SIZE", value_parser = stock::size)]
    pub max_size: Option<u64>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// How stocks are said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum CareFormat {
    /// For a person at a terminal
    #[default]
    Text,
    /// For programs
    Json,
}
