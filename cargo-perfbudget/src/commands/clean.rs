//! `clean`: remove what we keep outside the repository and in the target folder. The baseline stays.

use super::{Context, elsewhere};
use crate::cli::{CleanArgs, Selection};
use crate::collect;
use crate::deliver::deliver;
use crate::error::Result;
use crate::exit;
use crate::sys::files;

pub(super) fn run(args: &CleanArgs) -> Result<u8> {
    let selection = Selection::at(args.manifest_path.clone());
    let context = Context::load(&selection, &args.voice)?;
    let home = collect::home(&context.project.target_dir);
    let mut bytes = files::weigh(&home);
    files::remove_dir(&home)?;
    if let Some(repository) = &context.repository {
        bytes += elsewhere::clean(repository)?;
    }
    if !args.voice.quiet {
        deliver(
            &format!(
                "removed kept measurements, worktrees and their builds: {:.1} MiB\n",
                bytes as f64 / f64::from(1 << 20)
            ),
            None,
        )?;
    }
    Ok(exit::WITHIN)
}
