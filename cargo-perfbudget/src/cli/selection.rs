//! What the user typed to say which benchmarks and files are meant, and how they are built.

use std::path::PathBuf;
use std::time::Duration;

use asset_optimizer::cache::shared::{self, Access, Shared};
use clap::Args;
use clap::builder::FalseyValueParser;

use crate::collect::project::CargoOptions;

/// How long a shared place may take to answer.
const PATIENCE_SECONDS: u16 = 5;

/// Which benchmarks and files.
#[derive(Debug, Clone, Default, Args)]
pub struct Selection {
    /// Only what has one of these texts in its name
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub building: Building,
    #[command(flatten)]
    #[expect(missing_docs, reason = "said at the type")]
    pub sharing: Sharing,
    /// Build the head of a pull request even where the workflow may hold secrets
    #[arg(long, display_order = 900)]
    pub trust_head: bool,
    /// Arguments for the benchmarks themselves
    #[arg(last = true, value_name = "ARGS")]
    pub passed: Vec<String>,
}

/// Of which packages and targets, built how: as in cargo.
#[derive(Debug, Clone, Default, Args)]
pub struct Building {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH", help_heading = "As in cargo")]
    pub manifest_path: Option<PathBuf>,
    /// Only this package
    #[arg(short, long, value_name = "NAME", help_heading = "As in cargo")]
    pub package: Vec<String>,
    /// All packages of the workspace
    #[arg(long, help_heading = "As in cargo")]
    pub workspace: bool,
    /// Only this bench target
    #[arg(long, value_name = "NAME", help_heading = "As in cargo")]
    pub bench: Vec<String>,
    /// Features to build with
    #[arg(short = 'F', long, value_name = "FEATURES", help_heading = "As in cargo")]
    pub features: Vec<String>,
    /// All features
    #[arg(long, help_heading = "As in cargo")]
    pub all_features: bool,
    /// No default features
    #[arg(long, help_heading = "As in cargo")]
    pub no_default_features: bool,
    /// The profile to build with
    #[arg(long, value_name = "NAME", help_heading = "As in cargo")]
    pub profile: Option<String>,
    /// Where to build
    #[arg(long, value_name = "DIRECTORY", help_heading = "As in cargo")]
    pub target_dir: Option<PathBuf>,
    /// Do not ask the network
    #[arg(long, help_heading = "As in cargo")]
    pub offline: bool,
    /// Do not change Cargo.lock
    #[arg(long, help_heading = "As in cargo")]
    pub locked: bool,
}

/// Where results are shared with other machines.
#[derive(Debug, Clone, Default, Args)]
pub struct Sharing {
    /// Where measurements are shared, the nearest first: `redis://HOST`, `rediss://HOST`, `s3://BUCKET/PREFIX`, `actions://`,
    /// or a folder
    #[arg(long, value_name = "PLACE", env = shared::VARIABLE, hide_env_values = true, value_delimiter = ',', help_heading = "Sharing")]
    pub shared_cache: Vec<String>,
    /// Add nothing to what is shared; so it is anyway in a workflow for a pull request from a fork
    #[arg(long, env = shared::READ_ONLY, hide_env_values = true, value_parser = FalseyValueParser::new(), help_heading = "Sharing")]
    pub shared_cache_read_only: bool,
    /// Seconds that a shared place may take to answer before it is not asked any more; 5 if not said
    #[arg(long, value_name = "SECONDS", env = shared::TIMEOUT, hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Sharing")]
    pub shared_cache_timeout: Option<u16>,
}

impl Sharing {
    /// What was typed, and what the workflow forbids.
    #[must_use]
    pub fn shared(&self) -> Shared {
        let is_read_only = self.shared_cache_read_only || shared::is_of_strangers();
        Shared {
            places: self.shared_cache.clone(),
            access: if is_read_only { Access::Read } else { Access::Write },
            patience: Duration::from_secs(self.shared_cache_timeout.unwrap_or(PATIENCE_SECONDS).into()),
        }
    }
}

impl Building {
    /// The part that cargo is given.
    #[must_use]
    pub fn cargo_options(&self, quiet: bool) -> CargoOptions {
        CargoOptions {
            manifest_path: self.manifest_path.clone(),
            packages: self.package.clone(),
            workspace: self.workspace,
            benches: self.bench.clone(),
            features: self.features.clone(),
            all_features: self.all_features,
            no_default_features: self.no_default_features,
            profile: self.profile.clone(),
            target_dir: self.target_dir.clone(),
            offline: self.offline,
            locked: self.locked,
            quiet,
        }
    }
}

impl Selection {
    /// Everything of the package at that path, or of the one in this folder.
    #[must_use]
    pub fn at(manifest_path: Option<PathBuf>) -> Selection {
        Selection { building: Building { manifest_path, ..Building::default() }, ..Selection::default() }
    }
}
