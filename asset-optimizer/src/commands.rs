//! What the user typed → what is done; only wiring.

mod cached;
#[cfg(feature = "upload")]
mod deltas;
#[cfg(feature = "upload")]
mod deploy;
mod manifest;
mod order;
#[cfg(feature = "upload")]
mod verify;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::asset::{AssetPath, printable};
use crate::error::{Error, Kind, Result};
use crate::hints::{Digests, Hints, Images};
use crate::optimize::{self, Order, Planned};
use crate::report::text::Look;
use crate::report::{self, Report};
use crate::sys::{files, signal, tell};

use self::order::order;

/// All is well.
const DONE: u8 = 0;
/// The command line is wrong.
const USAGE: u8 = 2;
/// Something about the machine or the folder; nothing was written.
const FAILED: u8 = 101;
/// What the standalone binary is called.
const NAME: &str = "asset-optimizer";

const EXAMPLES: &str = "\
Examples:
  a smaller folder, beside the one that was built:
    {called} optimize dist --out public
  the same again, with what is known already, and whenever `dist` changes:
    {called} optimize dist --out public --replace --cache .assets-cache
    {called} optimize dist --out public --watch
  what would be done with each file, and what each would weigh:
    {called} optimize dist --dry-run
    {called} report dist --format html --output report.html
  who refers to whom, and what keeps files from getting names that can be cached for ever:
    {called} graph dist
  who refers to a file, every candidate for it, its sizes, its proof, and the winner:
    {called} explain dist assets/app.js
  how long caches may keep each file, for a server, and what each page loads, for early hints:
    {called} manifest public --format caddy --output assets.caddy
    {called} manifest public --format links
{uploads}
Exit codes:
  0    done
  2    the command line is wrong
  101  something cannot be read or written; no output, or the old one; what was live is
  130  stopped by Ctrl-C or SIGTERM; no output, or the old one

Environment:
  ASSET_OPTIMIZER_CACHE        where results are kept, as `--cache`
  PERFBUDGET_SHARED_CACHE      where they are shared, as `--shared-cache`; several with commas between
  PERFBUDGET_CACHE_SECRET      seals shared results, so that only who knows it can add some
  REDIS_USERNAME, REDIS_PASSWORD, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL_S3
                               and what else the tools of these stores read
  NO_COLOR, CARGO_TERM_COLOR   as `--color`";

/// Those of commands that are a feature of their own.
#[cfg(feature = "upload")]
const UPLOADS: &str = "  what would be sent to a store, sending it, and bringing the release before it back:
    {called} upload public s3://bucket/prefix --dry-run
    {called} upload public s3://bucket/prefix
    {called} rollback s3://bucket/prefix
  what browsers that have one of the last releases need of this one, before it is sent:
    {called} deltas public --against s3://bucket/prefix
    {called} upload public s3://bucket/prefix --layout variants
  whether a site answers with what was deployed, in every encoding, and with the right headers:
    {called} verify https://shop.example/
";
#[cfg(not(feature = "upload"))]
const UPLOADS: &str = "";

/// Takes the finished output of any frontend build, and gives back a folder that is smaller on the wire and proven to mean
/// the same.
#[derive(Debug, Parser)]
#[command(name = NAME, version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Takes the finished output of any frontend build, and gives back a folder that is smaller on the wire and proven to mean
/// the same.
#[derive(Debug, Parser)]
#[command(name = NAME, version, max_term_width = 100)]
struct Standalone {
    #[command(subcommand)]
    command: StandaloneCommand,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of it, for as long as the arguments are read")]
enum StandaloneCommand {
    #[command(flatten)]
    Command(Command),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a smaller folder: OUT appears whole or not at all, DIST is never written to
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
        /// Do it again whenever DIST changes, until Ctrl-C; OUT is replaced as a whole each time
        #[arg(long, conflicts_with = "dry_run")]
        watch: bool,
        /// Tell pages early what they load: links to modules, style sheets and fonts that would be found late, images that
        /// wait, and their sizes
        #[arg(long)]
        hints: bool,
        /// Add digests of scripts, style sheets and lazy modules to pages (`integrity`), so that browsers refuse other bytes; not
        /// for pages that are opened from a disk, or behind a server that rewrites them
        #[arg(long)]
        sri: bool,
        /// Write images of pages as lossless WebP and as AVIF, too, where that is smaller, and `<picture>` around them
        #[arg(long)]
        images: bool,
        /// How lossy AVIF may be, from 1 to 100; 0 for no AVIF
        #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u8).range(..=100), requires = "images")]
        avif_quality: u8,
        /// Write the report as JSON to this file, too
        #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "watch"])]
        report: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Say what each file would weigh, and optimize nothing
    Report {
        /// The folder that a build made
        dist: PathBuf,
        /// How it is said
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Write the report to this file instead of stdout
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Say who refers to whom, which files may be renamed, and what keeps the others from it; optimize nothing
    Graph {
        /// The folder that a build made
        dist: PathBuf,
        /// How it is said
        #[arg(long, value_enum, default_value_t)]
        format: GraphFormat,
        /// Write it to this file instead of stdout
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Say of one file who refers to it, whether it may be renamed, which candidates there were, what they weighed, what was
    /// shown of them, and which one won
    Explain {
        /// The folder that a build made
        dist: PathBuf,
        /// The file, by its path in that folder
        file: String,
        #[command(flatten)]
        common: Common,
    },
    /// Say what servers and frameworks have to know of OUT, each in its own language
    Manifest(manifest::Arguments),
    #[cfg(feature = "upload")]
    /// Add to OUT what browsers that have an earlier release need of it: dictionary-compressed deltas (RFC 9842)
    Deltas(deltas::Deltas),
    /// Put OUT into an object store or a folder, so that no visitor meets a page whose files are missing
    #[cfg(feature = "upload")]
    Upload(deploy::Upload),
    /// List the releases of a store, the newest first
    #[cfg(feature = "upload")]
    Releases(deploy::Releases),
    /// Bring a release back, as a new one
    #[cfg(feature = "upload")]
    Rollback(deploy::Rollback),
    /// Remove releases that nobody is to come back to, and what only they need
    #[cfg(feature = "upload")]
    Prune(deploy::Prune),
    /// Ask a site for every file of its manifest, in every encoding, and say what is not as it is to be
    #[cfg(feature = "upload")]
    Verify(verify::Verify),
    /// Look after kept results
    Cache {
        #[command(subcommand)]
        care: cached::Care,
    },
    /// Print the JSON Schema of what is written as JSON
    Schema {
        /// Of what
        #[arg(value_enum, default_value_t)]
        of: Schema,
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
    /// Rename nothing: files keep the names that the build gave them
    #[arg(long)]
    no_rename: bool,
    /// Files that match keep their names
    #[arg(long, value_name = "GLOB")]
    keep: Vec<String>,
    /// Where DIST will be served, so that addresses with the site or a path before them are understood; as
    /// `https://shop.example/` or `/app/`
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
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
    /// Try everything: zopfli for gzip and PNG, every engine for scripts that are minified already, and other colours for
    /// invisible pixels
    #[arg(long)]
    max: bool,
    /// Ask no installed program, such as `jpegtran` or `wasm-opt`, so that the output is the same on every machine
    #[arg(long)]
    no_tools: bool,
    /// How many threads work; the machine's cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How much memory they may use, in MiB, as well as can be told
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..))]
    memory: u32,
    /// Where results are kept between runs; nothing is kept without it
    #[arg(long, value_name = "FOLDER", env = "ASSET_OPTIMIZER_CACHE")]
    cache: Option<PathBuf>,
    /// What FOLDER may hold, in MiB: what was used longest ago goes
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    cache_limit: u32,
    #[command(flatten)]
    sharing: cached::Sharing,
    /// Say nothing but errors, and what was asked for
    #[arg(long, short)]
    quiet: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorChoice,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` or `CARGO_TERM_COLOR` says otherwise
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Encoded {
    Br,
    Zstd,
    Gzip,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person at a terminal
    #[default]
    Text,
    /// For programs, as `schema` describes it
    Json,
    /// For a browser: one page with a treemap, without anything from elsewhere
    Html,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    /// For a person at a terminal
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Schema {
    /// Of `report --format json`
    #[default]
    Report,
    /// Of `graph --format json`
    Graph,
    /// Of `asset-manifest.json`
    Manifest,
}

/// The commands, as they are called by that name: for help and completions of a tool that they are a part of.
#[must_use]
pub fn described(called: &'static str) -> clap::Command {
    named(Cli::command(), called)
}

fn named(command: clap::Command, called: &'static str) -> clap::Command {
    command.bin_name(called).after_help(EXAMPLES.replace("{uploads}", UPLOADS).replace("{called}", called))
}

/// Does what the arguments of the process say, and answers with its exit code.
#[must_use]
pub fn main() -> u8 {
    match parsed::<Standalone>(NAME, std::env::args_os().skip(1)).map(|cli| cli.command) {
        Ok(StandaloneCommand::Command(command)) => done(command),
        Ok(StandaloneCommand::Completions { shell }) => {
            let (mut text, mut command) = (Vec::new(), named(Standalone::command(), NAME));
            clap_complete::generate(shell, &mut command, NAME, &mut text);
            tell::report(&String::from_utf8_lossy(&text));
            DONE
        }
        Err(code) => code,
    }
}

/// Does what the arguments behind the name of a larger tool's command say, and answers with the exit code.
#[must_use]
pub fn run_as(called: &'static str, arguments: Vec<OsString>) -> u8 {
    match parsed::<Cli>(called, arguments) {
        Ok(cli) => done(cli.command),
        Err(code) => code,
    }
}

fn parsed<T: CommandFactory + FromArgMatches>(
    called: &'static str,
    arguments: impl IntoIterator<Item = OsString>,
) -> std::result::Result<T, u8> {
    let words = std::iter::once(called.into()).chain(arguments);
    named(T::command(), called)
        .try_get_matches_from(words)
        .and_then(|matches| T::from_arg_matches(&matches))
        // Help and version are answers, everything else is a mistake; clap prints each where it belongs.
        .map_err(|answer| {
            let _ = answer.print();
            if answer.use_stderr() { USAGE } else { DONE }
        })
}

fn done(command: Command) -> u8 {
    // What an engine panics with is a part of the report, not of the terminal.
    std::panic::set_hook(Box::new(|_| {}));
    match signal::listen().and_then(|()| run(command)) {
        Ok(()) => DONE,
        Err(error) => {
            tell::say(&error.to_string());
            if error.kind == Kind::Usage { USAGE } else { FAILED }
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Optimize { dist, dry_run: true, common, .. } => {
            let Planned { found, plan, .. } = optimize::planned(&order(dist, None, false, &common)?)?;
            tell::report(&printable(&report::planned::render(&found, &plan)));
            Ok(())
        }
        Command::Optimize { dist, out, replace, watch, hints, sri, images, avif_quality, report, common, .. } => {
            let order = Order {
                hints: if hints { Hints::On } else { Hints::Off },
                digests: if sri { Digests::Added } else { Digests::AsFound },
                images: match images {
                    true => Images::Beside { quality: Some(avif_quality).filter(|quality| *quality > 0) },
                    false => Images::AsBuilt,
                },
                ..order(dist, out, replace, &common)?
            };
            if watch {
                return watch::run(order, common.quiet);
            }
            let made = worked(&order, common.quiet)?;
            if let Some(file) = report {
                files::write(&file, report::json::render(&made).as_bytes())?;
            }
            if !common.quiet {
                tell::report(&report::text::render(&made, look(common.color)));
                tell::say(&format!("in {:.1} s", made.seconds));
            }
            Ok(())
        }
        Command::Report { dist, format, output, common } => {
            let report = worked(&order(dist, None, false, &common)?, common.quiet)?;
            let look = if output.is_some() { Look::Plain } else { look(common.color) };
            let text = match format {
                Format::Text => report::text::files(&report, look) + "\n" + &report::text::render(&report, look),
                Format::Json => report::json::render(&report),
                Format::Html => report::page::render(&report)?,
            };
            match output {
                Some(path) => files::write(&path, text.as_bytes())?,
                None => tell::report(&text),
            }
            Ok(())
        }
        Command::Explain { dist, file, common } => {
            let order = order(dist, None, false, &common)?;
            let path = AssetPath::new(file.trim_start_matches("./"))
                .ok_or_else(|| Error::usage(format!("`{file}` is no path below the folder")))?;
            let (job, choice) = optimize::explain(&order, &path)?;
            let linked = optimize::graph(&order)?;
            let text = report::graph::explain(&linked, &path) + "\n" + &report::explain::render(&job, &choice);
            tell::report(&printable(&text));
            Ok(())
        }
        Command::Graph { dist, format, output, common } => {
            let linked = optimize::graph(&order(dist, None, false, &common)?)?;
            let text = match format {
                GraphFormat::Text => printable(&report::graph::render(&linked)),
                GraphFormat::Json => report::graph_json::render(&linked),
            };
            match output {
                Some(path) => files::write(&path, text.as_bytes())?,
                None => tell::report(&text),
            }
            Ok(())
        }
        Command::Manifest(arguments) => manifest::run(&arguments),
        #[cfg(feature = "upload")]
        Command::Upload(arguments) => arguments.run(),
        #[cfg(feature = "upload")]
        Command::Releases(arguments) => arguments.run(),
        #[cfg(feature = "upload")]
        Command::Rollback(arguments) => arguments.run(),
        #[cfg(feature = "upload")]
        Command::Prune(arguments) => arguments.run(),
        #[cfg(feature = "upload")]
        Command::Verify(arguments) => arguments.run(),
        Command::Cache { care } => care.run(),
        #[cfg(feature = "upload")]
        Command::Deltas(arguments) => arguments.run(),
        Command::Schema { of } => {
            tell::report(match of {
                Schema::Report => report::json::SCHEMA_TEXT,
                Schema::Graph => report::graph_json::SCHEMA_TEXT,
                Schema::Manifest => crate::manifest::SCHEMA_TEXT,
            });
            Ok(())
        }
    }
}

fn look(choice: ColorChoice) -> Look {
    match choice {
        ColorChoice::Always => Look::Coloured,
        ColorChoice::Auto if tell::is_colourful() => Look::Coloured,
        ColorChoice::Auto | ColorChoice::Never => Look::Plain,
    }
}

fn worked(order: &Order, quiet: bool) -> Result<Report> {
    let shows = !quiet && tell::is_watched();
    let report = optimize::optimize(order, &|done, of, path| {
        if shows {
            tell::progress(done, of, path.as_str());
        }
    });
    tell::end_progress();
    report
}
