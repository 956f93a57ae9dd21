//! What the user typed → what is done; only wiring.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::asset::{AssetPath, Encoding};
#[cfg(feature = "browserslist")]
use crate::browserslist;
use crate::cache::folder::Folder;
use crate::cache::memory::Memory;
use crate::cache::{Cache, Tier};
use crate::compress::Effort;
use crate::error::{Error, Kind, Result};
use crate::glob::Glob;
use crate::optimize::{self, Order};
use crate::plan::{Filters, Treatment};
use crate::report;
use crate::settings::{Settings, Targets};
use crate::sys::{files, process, tell};
use crate::write::Existing;

/// All is well.
const DONE: u8 = 0;
/// The command line is wrong.
const USAGE: u8 = 2;
/// Something about the machine or the folder; nothing was written.
const FAILED: u8 = 101;
/// How much of the memory budget doubles within a run may take.
const DOUBLES_SHARE: u64 = 8;

/// Takes the finished output of any frontend build, and gives back a folder that is smaller on the wire and proven to mean
/// the same.
#[derive(Debug, Parser)]
#[command(name = "asset-optimizer", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes a smaller folder. OUT appears whole or not at all; DIST is never written to.
    Optimize {
        /// The folder that a build made
        dist: PathBuf,
        /// Where the smaller one goes
        #[arg(long, required_unless_present = "dry_run")]
        out: Option<PathBuf>,
        /// Replace OUT, as a whole, if it is there
        #[arg(long)]
        replace: bool,
        /// Print what would be done with each file, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Says what each file would weigh, and writes nothing.
    Report {
        /// The folder that a build made
        dist: PathBuf,
        /// How it is said
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        #[command(flatten)]
        common: Common,
    },
    /// Says of one file which candidates there were, what they weighed, what was shown of them, and which one won.
    Explain {
        /// The folder that a build made
        dist: PathBuf,
        /// The file, by its path in that folder
        file: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct Common {
    /// Engines work on files that match, and on no others; `*.js`, `assets/**`
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// Engines do not work on files that match; they are compressed as they are
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// The oldest browsers that style sheets are for; by default what the nearest `.browserslistrc` or `package.json` above
    /// DIST says, else `chrome 87, edge 88, firefox 78, safari 14, ios_saf 14`
    #[arg(long, value_name = "BROWSERS")]
    targets: Option<String>,
    /// The file that says which browsers style sheets are for
    #[cfg(feature = "browserslist")]
    #[arg(long, value_name = "FILE", conflicts_with = "targets")]
    browserslist: Option<PathBuf>,
    /// The encodings that are written beside a file
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Encoded::Br, Encoded::Zstd, Encoded::Gzip])]
    encodings: Vec<Encoded>,
    /// Try everything: zopfli for gzip and PNG, and other colours for invisible pixels
    #[arg(long)]
    max: bool,
    /// How many threads work; the machine's cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How much memory they may use, in MiB, as well as can be told
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..))]
    memory: u32,
    /// Where results are kept between runs; nothing is kept without it
    #[arg(long, value_name = "FOLDER", env = "ASSET_OPTIMIZER_CACHE")]
    cache: Option<PathBuf>,
    /// Say nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Encoded {
    Br,
    Zstd,
    Gzip,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// Does what the arguments of the process say, and answers with its exit code.
#[must_use]
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version are answers, everything else is a mistake; clap prints each where it belongs.
            let _ = answer.print();
            return if answer.use_stderr() { USAGE } else { DONE };
        }
    };
    // What an engine panics with is a part of the report, not of the terminal.
    std::panic::set_hook(Box::new(|_| {}));
    match run(cli.command) {
        Ok(()) => DONE,
        Err(error) => {
            tell::say(&error.to_string());
            if error.kind == Kind::Usage { USAGE } else { FAILED }
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Optimize { dist, dry_run: true, common, .. } => dry_run(&order(dist, None, false, &common)?),
        Command::Optimize { dist, out, replace, common, .. } => {
            let report = worked(&order(dist, out, replace, &common)?, common.quiet)?;
            if !common.quiet {
                tell::report(&report::text::render(&report));
                tell::say(&format!("in {:.1} s", report.seconds));
            }
            Ok(())
        }
        Command::Report { dist, format, common } => {
            let report = worked(&order(dist, None, false, &common)?, common.quiet)?;
            tell::report(&match format {
                Format::Text => report::text::files(&report) + "\n" + &report::text::render(&report),
                Format::Json => report::json::render(&report),
            });
            Ok(())
        }
        Command::Explain { dist, file, common } => {
            let order = order(dist, None, false, &common)?;
            let path = AssetPath::new(file.trim_start_matches("./"))
                .ok_or_else(|| Error::usage(format!("`{file}` is no path below the folder")))?;
            let (job, choice) = optimize::explain(&order, &path)?;
            tell::report(&report::explain::render(&job, &choice));
            Ok(())
        }
    }
}

fn worked(order: &Order, quiet: bool) -> Result<report::Report> {
    let shows = !quiet && tell::is_watched();
    let report = optimize::optimize(order, &|number, of, path| {
        if shows {
            tell::progress(&format!("{number}/{of} {path}"));
        }
    });
    if shows {
        tell::progress("");
    }
    report
}

fn dry_run(order: &Order) -> Result<()> {
    let (found, plan) = optimize::planned(order)?;
    let mut text = String::new();
    for job in &plan.jobs {
        let what = match &job.treatment {
            Treatment::Keep(why) => format!("kept: {why}"),
            Treatment::Transform => match crate::transform::why_passed_through(job.kind) {
                Some(why) => format!("kept: {why}"),
                None => "minified where that can be proven".into(),
            },
        };
        let map = job.map.as_ref().map_or(String::new(), |map| format!(", with `{map}`"));
        let encoded = if job.kind.is_encoded_on_the_wire() { "; compressed" } else { "" };
        text.push_str(&format!("{} ({}): {what}{map}{encoded}\n", job.path, job.bytes));
    }
    for variant in &found.variants {
        text.push_str(&format!("{}: made anew from `{}`, or left out\n", variant.path, variant.of));
    }
    for (path, why) in &found.left_out {
        text.push_str(&format!("{}: left out: {why}\n", path.display()));
    }
    tell::report(&text);
    Ok(())
}

fn order(dist: PathBuf, out: Option<PathBuf>, replace: bool, common: &Common) -> Result<Order> {
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
        tiers.push(Box::new(Folder::new(folder.clone())));
    }
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
            tools: process::installed(),
        },
        filters: Filters { include: globs(&common.include)?, exclude: globs(&common.exclude)? },
        hands: common.threads.map(usize::from),
        memory,
        cache: Cache::new(tiers),
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
