//! `deltas`: what is typed → what is done; only wiring.

use std::path::PathBuf;

use clap::Args;

use crate::asset::{grouped, printable};
use crate::deltas;
use crate::error::Result;
use crate::sys::{hands, tell};

#[derive(Debug, Args)]
pub(super) struct Deltas {
    /// The folder that `optimize --out` wrote
    out: PathBuf,
    /// The same of an earlier release, as often as there are releases that browsers may have
    #[arg(long, required = true, value_name = "OUT")]
    against: Vec<PathBuf>,
    /// Say nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

impl Deltas {
    pub(super) fn run(&self) -> Result<()> {
        let made = deltas::make(&self.out, &self.against, hands::cores())?;
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
