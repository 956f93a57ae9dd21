//! `verify`: a deployed site, asked for everything; only wiring.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;

use crate::asset::printable;
use crate::error::{Error, Result};
use crate::relink::read_manifest;
use crate::sys::tell;
use crate::sys::web::{Web, shown};
use crate::upload::layout::Layout;
use crate::upload::{text, verify};

use super::deploy::{Format, layout};

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Where the site is, as `https://shop.example/app/`
    url: String,
    /// The folder that was deployed, whose manifest counts; by default the site is asked for its own
    #[arg(long, value_name = "OUT")]
    manifest: Option<PathBuf>,
    /// How it was deployed, where that is `single` or `single=gzip`: one encoding, whatever is asked for
    #[arg(long, value_name = "LAYOUT", value_parser = layout)]
    layout: Option<Layout>,
    /// How many requests may be on the way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=512))]
    parallel: u16,
    /// Say nothing but errors, and what was asked for
    #[arg(long, short)]
    quiet: bool,
    /// How it is said
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Verify {
    pub(super) fn run(&self) -> Result<()> {
        if !self.url.starts_with("https://") && !self.url.starts_with("http://") {
            return Err(
                Error::usage(format!("`{}` is no address of a site", self.url)).hint("say `https://shop.example/`")
            );
        }
        let parallel = usize::from(self.parallel);
        let web = Web::new(parallel)?;
        let manifest = match &self.manifest {
            Some(out) => read_manifest(out)?.manifest,
            None => verify::manifest(&web, &self.url)?,
        };
        let (shows, asked) = (!self.quiet && tell::is_watched(), AtomicUsize::new(0));
        let told = |file: &str| {
            if shows {
                tell::progress(asked.fetch_add(1, Ordering::Relaxed), manifest.files.len(), file);
            }
        };
        let verified = verify::verify(&web, &self.url, &manifest, self.layout, parallel, &told);
        tell::end_progress();
        let verified = verified?;
        match self.format {
            Format::Json => tell::report(&text::verified_json(&shown(&self.url), &verified)),
            Format::Text => tell::report(&printable(&text::verified(&verified, self.quiet))),
        }
        let is_single = verified.findings.iter().any(|finding| finding.what.ends_with(verify::NOT_ASKED_FOR));
        match verified.findings.len() {
            0 => Ok(()),
            count => {
                let error =
                    Error::environment(format!("`{}` is not as it was deployed: {count} findings", shown(&self.url)));
                Err(match is_single && self.layout.is_none() {
                    true => error.hint("say `--layout single` where it was deployed in one encoding"),
                    false => error,
                })
            }
        }
    }
}
