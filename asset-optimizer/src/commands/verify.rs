//! `verify`: a deployed site, asked for everything; only wiring.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;

use crate::asset::printable;
use crate::error::{Error, Result};
use crate::relink::read_manifest;
use crate::sys::tell;
use crate::sys::web::{Web, shown};
use crate::upload::verify;

/// How many findings are named one by one.
const MOST_NAMED: usize = 50;

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Where the site is, as `https://shop.example/app/`
    url: String,
    /// The folder that was deployed, whose manifest counts; by default the site is asked for its own
    #[arg(long, value_name = "OUT")]
    manifest: Option<PathBuf>,
    /// How many requests may be on the way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=512))]
    parallel: u16,
    /// Say nothing but errors, and what was asked for
    #[arg(long, short)]
    quiet: bool,
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
        let verified = verify::verify(&web, &self.url, &manifest, parallel, &told);
        tell::end_progress();
        let verified = verified?;
        let mut text = String::new();
        for finding in verified.findings.iter().take(MOST_NAMED) {
            let accept = finding.accept.map(|accept| format!(" asked for `{accept}`:")).unwrap_or_default();
            text += &format!("`{}`:{accept} {}\n", finding.file, finding.what);
        }
        let more = verified.findings.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            text += &format!("and {more} more\n");
        }
        if !self.quiet {
            let encodings: Vec<String> =
                verified.encodings.iter().map(|(name, count)| format!("{count} in {name}")).collect();
            let (files, requests, connections) = (verified.files, verified.requests, verified.connections);
            text += &format!(
                "{files} files, {requests} requests over {connections} connections: {}\n",
                encodings.join(", ")
            );
        }
        tell::report(&printable(&text));
        match verified.findings.len() {
            0 => Ok(()),
            count => {
                Err(Error::environment(format!("`{}` is not as it was deployed: {count} findings", shown(&self.url))))
            }
        }
    }
}
