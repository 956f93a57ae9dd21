//! `deltas`: what is typed → what is done; only wiring.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::asset::{grouped, printable};
use crate::deltas::{self, Earlier, EarlierOutput};
use crate::error::Result;
use crate::place::Provider;
use crate::sys::{hands, tell};
use crate::upload::{Reach, earlier, text};

use super::deploy::{Format, target};

/// How many connections are opened to a store.
const PARALLEL: usize = 8;

#[derive(Debug, Args)]
pub(super) struct Deltas {
    /// The folder that `optimize --out` wrote
    out: PathBuf,
    /// What browsers may have: a store with releases, as `upload` takes it, or the folder that `optimize --out` wrote for an
    /// earlier release; as often as there are any
    #[arg(long, required = true, value_name = "STORE|OUT")]
    against: Vec<String>,
    /// How many releases of a store count, the newest first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    releases: u8,
    /// Say nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// How it is said
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Deltas {
    pub(super) fn run(&self) -> Result<()> {
        let mut earlier: Vec<Box<dyn Earlier>> = Vec::new();
        let mut remarks = Vec::new();
        for text in &self.against {
            let target = target(text)?;
            // A folder may be a store, too.
            if target.provider == Provider::Folder && !earlier::is_deployed(Path::new(&target.bucket)) {
                earlier.push(Box::new(EarlierOutput::open(Path::new(&target.bucket))?));
                continue;
            }
            let reach = Reach { target, parallel: PARALLEL, lease_seconds: 0 };
            let (releases, why) = earlier::earlier(&reach, usize::from(self.releases))?;
            remarks.extend(why);
            earlier.extend(releases.into_iter().map(|release| Box::new(release) as Box<dyn Earlier>));
        }
        let all: Vec<&dyn Earlier> = earlier.iter().map(AsRef::as_ref).collect();
        let mut made = deltas::make(&self.out, &all, hands::cores())?;
        made.remarks.splice(..0, remarks);
        if self.format == Format::Json {
            tell::report(&text::deltas_json(&made));
            return Ok(());
        }
        if self.quiet {
            return Ok(());
        }
        made.remarks.iter().for_each(|remark| tell::say(&printable(remark)));
        let mut text = String::new();
        for (name, best, smallest) in &made.files {
            text += &format!("{smallest} instead of {best}  {name}\n");
        }
        text += &format!("{} deltas of {} files\n", grouped(made.deltas as u64), grouped(made.files.len() as u64));
        tell::report(&printable(&text));
        Ok(())
    }
}
