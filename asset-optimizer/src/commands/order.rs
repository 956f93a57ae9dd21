//! Arguments → an order.

use std::path::{Path, PathBuf};

use super::{Common, Encoded};
use crate::asset::Encoding;
#[cfg(feature = "browserslist")]
use crate::browserslist;
use crate::cache::care::Limits;
use crate::cache::folder::Folder;
use crate::cache::memory::Memory;
use crate::cache::{Cache, Tier, shared};
use crate::compress::Effort;
use crate::error::{Error, Result};
use crate::fingerprint::{Renaming, Wishes};
use crate::glob::Glob;
use crate::graph::PublicUrl;
use crate::optimize::Order;
use crate::plan::Filters;
use crate::settings::{Settings, Targets};
use crate::sys::{files, process};
use crate::write::Existing;

/// How much of the memory budget doubles within a run may take.
const DOUBLES_SHARE: u64 = 8;

/// The order that these arguments are.
pub(super) fn order(dist: PathBuf, out: Option<PathBuf>, replace: bool, common: &Common) -> Result<Order> {
    if !files::is_dir(&dist) {
        return Err(Error::usage(format!("`{}` is not a folder", dist.display()))
            .hint("name the folder that your build makes, as `dist`"));
    }
    let globs = |patterns: &[String]| {
        patterns
            .iter()
            .map(|pattern| Glob::new(pattern))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(Error::usage)
    };
    let memory = u64::from(common.memory) << 20;
    let mut tiers: Vec<Box<dyn Tier>> = vec![Box::new(Memory::new((memory / DOUBLES_SHARE) as usize))];
    if let Some(folder) = &common.cache {
        if files::resolved(folder)?.starts_with(files::resolved(&dist)?) {
            let message = format!("the cache `{}` lies in the source, which is never written to", folder.display());
            return Err(Error::usage(message).hint("name a folder beside it"));
        }
        let limits = Limits { bytes: Some(u64::from(common.cache_limit) << 20), age: None };
        tiers.push(Box::new(Folder::new(folder.clone()).within(limits)));
    }
    tiers.extend(common.sharing.shared().tiers()?);
    let mut encodings: Vec<Encoding> = common
        .encodings
        .iter()
        .map(|encoded| match encoded {
            Encoded::Br => Encoding::Brotli,
            Encoded::Zstd => Encoding::Zstd,
            Encoded::Gzip => Encoding::Gzip,
        })
        .collect();
    encodings.sort();
    encodings.dedup();
    let (targets, remarks) = targets(&dist, common)?;
    Ok(Order {
        existing: if replace { Existing::Replace } else { Existing::Refuse },
        settings: Settings {
            effort: if common.max { Effort::Max } else { Effort::Usual },
            targets,
            encodings,
            tools: if common.no_tools { Default::default() } else { process::installed() },
        },
        filters: Filters { include: globs(&common.include)?, exclude: globs(&common.exclude)? },
        wishes: Wishes {
            renaming: if common.no_rename { Renaming::Off } else { Renaming::Proven },
            keep: globs(&common.keep)?,
        },
        public: common.public_url.as_deref().map(PublicUrl::parse).transpose().map_err(Error::usage)?,
        hands: common.threads.map(usize::from),
        memory,
        cache: Cache::sealed(tiers, shared::seal()?),
        remarks,
        ..Order::new(dist, out)
    })
}

/// The browsers that style sheets are for, and what is to be said of them.
fn targets(dist: &Path, common: &Common) -> Result<(Targets, Vec<String>)> {
    if let Some(text) = &common.targets {
        let targets = Targets::parse(text);
        let targets = targets.map_err(|why| Error::usage(format!("cannot read `--targets {text}`: {why}")))?;
        return Ok((targets, Vec::new()));
    }
    #[cfg(feature = "browserslist")]
    {
        let found = match &common.browserslist {
            Some(file) => {
                let targets = browserslist::in_file(file)?
                    .ok_or_else(|| Error::usage(format!("`{}` names no browser that is known here", file.display())))?;
                Some((file.clone(), targets))
            }
            None => browserslist::near(dist)?,
        };
        if let Some((file, targets)) = found {
            return Ok((targets, vec![format!("style sheets are for {targets}, as `{}` says", file.display())]));
        }
    }
    #[cfg(not(feature = "browserslist"))]
    let _ = dist;
    Ok((Targets::default(), Vec::new()))
}
