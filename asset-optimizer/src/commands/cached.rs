//! Where results are shared, and `cache stats` and `cache prune`: what is typed → what is done; only wiring.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::cache::care::Limits;
use crate::cache::folder::Folder;
use crate::cache::shared::{self, Access, Shared};
use crate::cache::stock::{self, Doing, Place};
use crate::error::{Error, Result};
use crate::sys::{clock, tell};

#[derive(Debug, Subcommand)]
pub(super) enum Care {
    /// Say how much lies in each place, and since when
    Stats(Places),
    /// Remove what was not used for long, or what is too much: the oldest first
    Prune {
        #[command(flatten)]
        places: Places,
        /// What was not used for so long, as `30d`
        #[arg(long, value_name = "AGE", value_parser = stock::age)]
        older_than: Option<i64>,
        /// What is more than this in a place, as `2G`
        #[arg(long, value_name = "SIZE", value_parser = stock::size)]
        max_size: Option<u64>,
        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Places {
    /// Where results are kept between runs
    #[arg(long, value_name = "FOLDER", env = "ASSET_OPTIMIZER_CACHE")]
    cache: Option<PathBuf>,
    #[command(flatten)]
    sharing: Sharing,
    /// How it is said
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person at a terminal
    #[default]
    Text,
    /// For programs
    Json,
}

/// Where results are shared.
#[derive(Debug, Clone, Args)]
pub(super) struct Sharing {
    /// Where results are shared with other machines, the nearest first: `redis://HOST`, `rediss://HOST`, `s3://BUCKET/PREFIX`,
    /// `actions://`, or a folder
    #[arg(long, value_name = "PLACE", env = shared::VARIABLE, hide_env_values = true, value_delimiter = ',')]
    shared_cache: Vec<String>,
    /// Add nothing to what is shared; so it is anyway in a workflow for a pull request from a fork
    #[arg(long, env = shared::READ_ONLY, hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    shared_cache_read_only: bool,
    /// Seconds that a shared place may take to answer before it is not asked any more
    #[arg(long, value_name = "SECONDS", default_value_t = 5, env = shared::TIMEOUT, hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..))]
    shared_cache_timeout: u16,
}

impl Sharing {
    /// What was typed, and what the workflow forbids.
    pub(super) fn shared(&self) -> Shared {
        let is_read_only = self.shared_cache_read_only || shared::is_of_strangers();
        Shared {
            places: self.shared_cache.clone(),
            access: if is_read_only { Access::Read } else { Access::Write },
            patience: Duration::from_secs(self.shared_cache_timeout.into()),
        }
    }
}

impl Care {
    pub(super) fn run(&self) -> Result<()> {
        let (places, limits, doing) = match self {
            Care::Stats(places) => (places, Limits::default(), Doing::Look),
            Care::Prune { older_than: None, max_size: None, .. } => {
                return Err(Error::usage("cannot prune: nothing says what can go")
                    .hint("say `--older-than 30d`, or `--max-size 2G`"));
            }
            Care::Prune { places, older_than, max_size, dry_run } => {
                let doing = if *dry_run { Doing::Look } else { Doing::Remove };
                (places, Limits { bytes: *max_size, age: *older_than }, doing)
            }
        };
        let own = places
            .cache
            .iter()
            .map(|folder| Place { name: folder.display().to_string(), tier: Box::new(Folder::new(folder.clone())) });
        let all: Vec<Place> = own.chain(places.sharing.shared().places()?).collect();
        if all.is_empty() {
            return Err(
                Error::usage("no place of results is named").hint("say `--cache FOLDER`, or `--shared-cache PLACE`")
            );
        }
        let tidied = |place: &Place| stock::tidy(place, limits, doing, clock::seconds()).map_err(Error::environment);
        let stocks = all.iter().map(tidied).collect::<Result<Vec<_>>>()?;
        tell::report(&match places.format {
            Format::Text => stock::text(&stocks, matches!(self, Care::Prune { .. })),
            Format::Json => stock::json(&stocks),
        });
        Ok(())
    }
}
