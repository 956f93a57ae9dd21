//! `upload`, `releases`, `rollback` and `prune`: what is typed → what is done; only wiring.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::asset::{AssetPath, Encoding, printable};
use crate::cache::stock;
use crate::error::{Error, Result};
use crate::graph::PublicUrl;
use crate::place::Target;
use crate::serve::Root;
use crate::sys::cdn::{self, Interface};
use crate::sys::clock::Since;
use crate::sys::tell;
use crate::upload::Reach;
use crate::upload::deploy::{self, Deployed, Order, Watcher};
use crate::upload::layout::Layout;
use crate::upload::purge::{self, Cdn, Site};
use crate::upload::releases::{self, Back, Limits};
use crate::upload::text;

/// Where an output goes, and how it is spoken with.
#[derive(Debug, Args)]
struct Place {
    /// The store: `s3://bucket/prefix`, `r2://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, or a folder.
    /// Credentials come from the environment, as the provider's own tools read them
    target: String,
    /// How many connections to open; three of four are busy at a time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=512))]
    parallel: u16,
    /// For how long a deploy that died keeps others away
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    lease: u64,
    /// Say nothing but errors, and what was asked for
    #[arg(long, short)]
    quiet: bool,
}

impl Place {
    fn reach(&self) -> Result<Reach> {
        let target = target(&self.target)?;
        Ok(Reach { target, parallel: usize::from(self.parallel), lease_seconds: self.lease })
    }
}

/// What a target is, as it is typed.
pub(super) fn target(text: &str) -> Result<Target> {
    Target::parse(text).map_err(|why| {
        Error::usage(format!("cannot read the target `{text}`: {why}"))
            .hint("say `s3://bucket/prefix`, `r2://…`, `gs://…`, `az://…`, or a folder")
    })
}

#[derive(Debug, Args)]
pub(super) struct Upload {
    /// The folder that `optimize --out` wrote
    out: PathBuf,
    #[command(flatten)]
    place: Place,
    /// How encodings lie there: `identity`, where the CDN compresses; `variants`, `app.js` with `app.js.br` beside it, for
    /// servers that choose; `single` or `single=gzip`, one encoding under the plain name
    #[arg(long, value_name = "LAYOUT", default_value = "identity", value_parser = layout)]
    layout: Layout,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    purging: Purging,
    /// Once the release is live, remove earlier ones that nobody is to come back to, and what only they need, as `prune` does
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    staying: Staying,
    /// How it is said
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Which CDNs are to forget what was replaced.
#[derive(Debug, Args)]
struct Purging {
    /// Make a CDN forget what was replaced under its name: `cloudfront:DISTRIBUTION`, `cloudflare:ZONE` or `fastly`
    #[arg(long, value_name = "CDN", value_parser = Cdn::parse)]
    purge: Vec<Cdn>,
    /// Where the site is, for CDNs that know files by their whole addresses: `https://shop.example/`
    #[arg(long, value_name = "URL", value_parser = PublicUrl::parse, requires = "purge")]
    public_url: Option<PublicUrl>,
}

impl Purging {
    /// The CDNs, before anything is sent anywhere.
    fn ready(&self) -> Result<Vec<(&Cdn, cdn::Cdn)>> {
        let is_known = self.public_url.as_ref().is_some_and(|url| !url.host().is_empty());
        let ready = |own: &'_ Cdn| {
            if own.wants_site() && !is_known {
                return Err(Error::usage(format!(
                    "cannot purge at {}: it knows files by their whole addresses",
                    own.name()
                ))
                .hint("say `--public-url https://shop.example/`"));
            }
            let interface = match own {
                Cdn::CloudFront(_) => Interface::CloudFront,
                Cdn::Cloudflare(_) => Interface::Cloudflare,
                Cdn::Fastly => Interface::Fastly,
            };
            cdn::Cdn::open(interface)
        };
        self.purge.iter().map(|own| Ok((own, ready(own)?))).collect()
    }

    /// What each CDN is asked for.
    fn purge(&self, ready: &[(&Cdn, cdn::Cdn)], replaced: &[AssetPath], release: &str, quiet: bool) -> Result<()> {
        let public = self.public_url.as_ref();
        let root = Root::parse(public.map_or("/", PublicUrl::path)).map_err(Error::usage)?;
        let origin = public.filter(|url| !url.host().is_empty()).map(|url| format!("https://{}", url.host()));
        let site = Site { origin, root };
        for (own, door) in ready {
            for request in purge::requests(own, &site, replaced, release) {
                door.post(&request.path, request.content_type, &request.body, &|said| purge::is_done(own, said))
                    .map_err(|why| Error {
                        message: format!("`{release}` is live, but {} {}", own.name(), why.message),
                        ..why
                    })?;
            }
            if !quiet {
                tell::say(&format!("{}: {} purged", own.name(), purge::counted(&site, replaced)));
            }
        }
        Ok(())
    }
}

/// What stays of earlier releases.
#[derive(Debug, Args)]
struct Staying {
    /// How many releases stay, with the one that is live; 5 where nothing is said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// How long ago a release was replaced at least that goes: `12h`, `30d`; 7d where nothing is said
    #[arg(long, value_name = "AGE", value_parser = stock::age)]
    older_than: Option<i64>,
    /// How many objects may be removed at most, where it would be more, nothing is; 256 where nothing is said
    #[arg(long, value_name = "N")]
    max_deletes: Option<usize>,
}

impl Staying {
    fn is_said(&self) -> bool {
        self.keep.is_some() || self.older_than.is_some() || self.max_deletes.is_some()
    }

    fn limits(&self, is_dry: bool) -> Limits {
        Limits {
            keep: usize::from(self.keep.unwrap_or(5)),
            older_than_seconds: self.older_than.unwrap_or(7 * 24 * 60 * 60),
            max_deletes: self.max_deletes.unwrap_or(256),
            is_dry,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Releases {
    #[command(flatten)]
    place: Place,
    /// How it is said
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    place: Place,
    /// The release, as `releases` calls it; the one before the one that is live by default
    release: Option<String>,
    #[command(flatten)]
    purging: Purging,
}

#[derive(Debug, Args)]
pub(super) struct Prune {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    staying: Staying,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// How it is said
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a person at a terminal
    #[default]
    Text,
    /// For programs
    Json,
}

pub(super) fn layout(text: &str) -> std::result::Result<Layout, String> {
    match text {
        "identity" => Ok(Layout::Identity),
        "variants" => Ok(Layout::Variants),
        "single" => Ok(Layout::Single(Encoding::Brotli)),
        other => {
            let encoding = other
                .strip_prefix("single=")
                .and_then(|name| Encoding::ALL.into_iter().find(|encoding| encoding.name() == name));
            encoding.map(Layout::Single).ok_or_else(|| {
                "say `identity`, `variants`, `single`, `single=br`, `single=gzip` or `single=zstd`".to_owned()
            })
        }
    }
}

/// Says on a terminal how far it is, how fast, and for how long still.
struct Line {
    since: Since,
    shows: bool,
    is_quiet: bool,
}

impl Watcher for Line {
    fn sent(&self, objects: usize, of: usize, bytes: u64, all: u64, key: &str) {
        if !self.shows {
            return;
        }
        let seconds = self.since.elapsed().as_secs_f64().max(0.1);
        #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
        let (rate, left) =
            (bytes as f64 / seconds / 1e6, (all - bytes.min(all)) as f64 / (bytes.max(1) as f64 / seconds));
        tell::progress(objects, of, &format!("{rate:.1} MB/s, {left:.0} s left  {key}"));
    }

    fn say(&self, text: &str) {
        if !self.is_quiet {
            tell::say(&printable(text));
        }
    }
}

impl Upload {
    pub(super) fn run(&self) -> Result<()> {
        if self.staying.is_said() && !self.prune {
            return Err(Error::usage("`--keep`, `--older-than` and `--max-deletes` say what `--prune` leaves")
                .hint("say `--prune`, too; without it, nothing is removed"));
        }
        let order = Order {
            out: self.out.clone(),
            reach: self.place.reach()?,
            layout: self.layout,
            is_dry: self.dry_run,
            recalls: !self.purging.purge.is_empty(),
        };
        let is_quiet = self.place.quiet;
        let ready = self.purging.ready()?;
        let line = Line { since: Since::now(), shows: !is_quiet && tell::is_watched(), is_quiet };
        let deployed = deploy::deploy(&order, &line);
        tell::end_progress();
        let deployed = deployed?;
        if self.format == Format::Text {
            self.tell(&order, &deployed);
        }
        let release = deployed.release.as_deref().filter(|_| !self.dry_run);
        let purged = release.map(|release| self.purging.purge(&ready, &deployed.replaced, release, is_quiet));
        let limits = self.staying.limits(self.dry_run);
        let coming = deployed.coming.as_ref();
        let removed = match self.prune {
            true => Some(releases::prune(&order.reach, &limits, coming, &|text| line.say(text))).transpose(),
            false => Ok(None),
        };
        if self.format == Format::Json {
            let removed = removed.as_ref().ok().and_then(Option::as_ref);
            tell::report(&text::deployed_json(&order, &deployed, removed));
        }
        purged.unwrap_or(Ok(()))?;
        let removed = removed.map_err(|why| match release {
            Some(release) => Error { message: format!("`{release}` is live, but {}", why.message), ..why },
            None => why,
        })?;
        if let Some(removed) = removed.filter(|_| self.format == Format::Text && (!is_quiet || self.dry_run)) {
            tell::report(&printable(&text::pruned(&removed, &limits)));
        }
        Ok(())
    }

    fn tell(&self, order: &Order, deployed: &Deployed) {
        if self.place.quiet && !self.dry_run {
            return;
        }
        deployed.remarks.iter().for_each(|remark| tell::say(&printable(remark)));
        tell::report(&printable(&text::deployed(order, deployed)));
        tell::say(&format!("in {:.1} s", deployed.seconds));
    }
}

impl Releases {
    pub(super) fn run(&self) -> Result<()> {
        let reach = self.place.reach()?;
        let all = releases::releases(&reach)?;
        if self.format == Format::Json {
            tell::report(&text::releases_json(&reach.target, &all));
            return Ok(());
        }
        tell::report(&printable(&text::releases(&all)));
        for release in &all {
            if let Some(why) = release.missing.as_ref().filter(|_| !self.place.quiet) {
                tell::say(&printable(&format!("`{}` cannot be brought back: {why}", release.record.release)));
            }
        }
        Ok(())
    }
}

impl Rollback {
    pub(super) fn run(&self) -> Result<()> {
        let say = |text: &str| tell::say(&printable(text));
        let reach = self.place.reach()?;
        let ready = self.purging.ready()?;
        let Back { old, new, replaced } = releases::rollback(&reach, self.release.as_deref(), &say)?;
        if !self.place.quiet {
            tell::report(&format!("`{new}` is live on `{}`: it is `{old}` again\n", reach.target));
        }
        self.purging.purge(&ready, &replaced, &new, self.place.quiet)
    }
}

impl Prune {
    pub(super) fn run(&self) -> Result<()> {
        let limits = self.staying.limits(self.dry_run);
        let say = |text: &str| tell::say(&printable(text));
        let reach = self.place.reach()?;
        let pruned = releases::prune(&reach, &limits, None, &say)?;
        match self.format {
            Format::Json => tell::report(&text::pruned_json(&reach.target, &pruned, &limits)),
            Format::Text if self.place.quiet && !self.dry_run => {}
            Format::Text => tell::report(&printable(&text::pruned(&pruned, &limits))),
        }
        Ok(())
    }
}
