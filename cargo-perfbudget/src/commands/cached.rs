//! `cache`: what is kept of measurements and optimized assets, here and where it is shared, and what can go.

use asset_optimizer::cache::care::Limits;
use asset_optimizer::cache::folder::Folder;
use asset_optimizer::cache::stock::{self, Doing, Place};

use super::Context;
use crate::cli::{CacheArgs, Care, CareFormat, PruneArgs, Selection, Voice};
use crate::collect;
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::exit;
use crate::sys::env;

pub(super) fn run(args: &CacheArgs) -> Result<u8> {
    let (places, limits, doing) = match &args.care {
        Care::Stats(places) => (places, Limits::default(), Doing::Look),
        Care::Prune(PruneArgs { older_than: None, max_size: None, .. }) => {
            return Err(Error::usage("cannot prune: nothing says what can go")
                .hint("say `--older-than 30d`, or `--max-size 2G`"));
        }
        Care::Prune(prune) => {
            let doing = if prune.dry_run { Doing::Look } else { Doing::Remove };
            (&prune.places, Limits { bytes: prune.max_size, age: prune.older_than }, doing)
        }
    };
    let selection = Selection { sharing: places.sharing.clone(), ..Selection::at(places.manifest_path.clone()) };
    let context = Context::load(&selection, &Voice { quiet: places.quiet, ..Voice::default() })?;
    let own = collect::kept(&context.project.target_dir);
    let own =
        own.into_iter().map(|(name, folder)| Place { name: name.to_owned(), tier: Box::new(Folder::new(folder)) });
    let shared = context.shared.places().map_err(collect::cache::of_optimizer)?;
    let tidied = |place: Place| stock::tidy(&place, limits, doing, env::seconds()).map_err(Error::environment);
    let stocks = own.chain(shared).map(tidied).collect::<Result<Vec<_>>>()?;
    let text = match places.format {
        CareFormat::Text => stock::text(&stocks, matches!(args.care, Care::Prune(_))),
        CareFormat::Json => stock::json(&stocks),
    };
    deliver(&text, None)?;
    Ok(exit::WITHIN)
}
