//! The subcommands: one file each, only wiring.

mod accept;
mod assets;
mod base;
mod bisect;
mod blame;
mod cached;
mod calibrate;
mod check;
mod clean;
#[cfg(feature = "github")]
mod comment;
mod compare;
mod doctor;
mod elsewhere;
mod explain;
mod ingest;
mod init;
mod list;
mod lock_search;
mod merge;
mod record;
mod recorded;
mod size;
mod templates;
mod trust;
mod workflow;

pub use assets::{Optimizer, answered};

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use asset_optimizer::cache::shared::Shared;

use crate::baseline::store::{self, Stored};
use crate::cli::{Cli, ColorChoice, Command, Format, Output, Selection, Voice};
use crate::collect::Expected;
use crate::collect::Request;
use crate::collect::project::{CargoOptions, Project};
use crate::config::{self, Plan};
use crate::deliver::{Marker, deliver};
use crate::error::{Error, Result};
use crate::exit;
use crate::model::{Family, Key, Report, Scope};
use crate::render::comment::Templates;
use crate::render::{Color, csv, json, junit, openmetrics, sarif, terminal};
use crate::sys::git::Repository;
use crate::sys::{env, files, signal};

/// Repeats of a value that is not as it was recorded: the one that showed it, and one more.
const REPEATS: usize = 2;
/// The name of the configuration.
const CONFIG_FILE: &str = "perfbudget.toml";
/// The largest configuration that is read.
const CONFIG_BYTES_AT_MOST: u64 = 1 << 20;
/// The largest report that is read.
const REPORT_BYTES_AT_MOST: u64 = 512 << 20;

/// Does what was typed. Returns the exit code.
///
/// # Errors
/// Whatever kept it from being done.
pub fn run(cli: Cli, optimizer: Option<Optimizer>) -> Result<u8> {
    // The optimizer has a way of its own to end at Ctrl-C.
    if !matches!(cli.command, Some(Command::Assets(_))) {
        signal::listen()?;
    }
    if cli.command.is_none() {
        refuse_late_command(&cli.check.selection.filters)?;
    }
    match cli.command.unwrap_or(Command::Check(cli.check)) {
        Command::Check(args) => check::run(&args, families(args.time)),
        Command::Record(args) => record::run(&args),
        Command::Assets(args) => assets::run(args, optimizer),
        Command::Accept(args) => accept::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Merge(args) => merge::run(&args),
        #[cfg(feature = "github")]
        Command::Comment(args) => comment::run(&args),
        Command::Ingest(args) => ingest::run(&args),
        Command::List(args) => list::run(&args),
        Command::Size(args) => size::run(&args),
        Command::Bisect(args) => bisect::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Schema => {
            deliver(json::REPORT_SCHEMA, None)?;
            Ok(exit::WITHIN)
        }
        Command::Cache(args) => cached::run(&args),
        Command::Clean(args) => clean::run(&args),
        Command::Completions(args) => {
            let mut bytes = Vec::new();
            let mut command = assets::completed(<Cli as clap::CommandFactory>::command(), optimizer);
            clap_complete::generate(args.shell, &mut command, "cargo-perfbudget", &mut bytes);
            deliver(&String::from_utf8_lossy(&bytes), None)?;
            Ok(exit::WITHIN)
        }
    }
}

/// What most commands stand on.
struct Context {
    /// Where the user stands.
    folder: PathBuf,
    options: CargoOptions,
    project: Project,
    plan: Plan,
    repository: Option<Repository>,
    /// The baseline's folder.
    baseline: PathBuf,
    /// Whether progress is shown.
    progress: Progress,
    /// Whether nothing but the outcome is said.
    quiet: bool,
    /// Where results are shared with other machines.
    shared: Shared,
}

/// Whether and how a person is kept informed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// One line of the terminal, overwritten.
    InPlace,
    /// Not at all.
    Silent,
}

impl Context {
    fn load(selection: &Selection, voice: &Voice) -> Result<Context> {
        let folder = env::current_dir()?;
        // Before anything reads the project: cargo obeys files that lie in it.
        if !selection.trust_head {
            trust::refuse_strangers(&folder, selection.building.manifest_path.as_deref())?;
        }
        let shows = env::stderr_is_terminal() && !voice.quiet;
        let options = selection.building.cargo_options(!shows);
        let project = Project::load(&folder, &options)?;
        let plan = load_plan(&project.root)?;
        let repository = Repository::of(&project.root);
        let baseline = project.root.join(&plan.baseline);
        let progress = if shows { Progress::InPlace } else { Progress::Silent };
        let shared = selection.sharing.shared();
        Ok(Context { folder, options, project, plan, repository, baseline, progress, quiet: voice.quiet, shared })
    }

    fn tell(&self, done: usize, known: usize, what: &str) {
        if self.progress == Progress::Silent {
            return;
        }
        let what: String = what.chars().map(|c| if c.is_control() { ' ' } else { c }).take(70).collect();
        match known {
            0 => env::say_in_place(&format!("  {what}…")),
            _ => env::say_in_place(&format!("  [{done}/{known}] {what}")),
        }
    }

    /// The line of progress makes place for what comes.
    fn told(&self) {
        if self.progress == Progress::InPlace {
            env::say_in_place("");
        }
    }

    /// A step of something that takes several is done: a line that stays.
    fn say(&self, line: &str) {
        if !self.quiet {
            self.told();
            env::say(&line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>());
        }
    }

    fn scope(&self, selection: &Selection, families: BTreeSet<Family>) -> Scope {
        let targets = (!selection.building.bench.is_empty()).then(|| {
            let of_package = |package: &cargo_metadata::Package| {
                let benches = selection.building.bench.iter();
                benches
                    .map(|name| crate::model::Target { package: package.name.to_string(), name: name.clone() })
                    .collect::<Vec<_>>()
            };
            self.project.packages.iter().flat_map(of_package).collect()
        });
        // Files that the configuration names belong to no package, and go with every run that names none.
        let no_package = selection.building.package.is_empty().then(String::new);
        let packages = (!self.project.is_whole).then(|| {
            let names = self.project.packages.iter().map(|package| package.name.to_string());
            names.chain(no_package).collect()
        });
        Scope { families, targets, packages, filters: selection.filters.clone(), keys: None, shards: None }
    }

    fn stored(&self) -> Result<Stored> {
        store::of_work_tree(&self.baseline)
    }

    /// What to measure of the work tree.
    fn request<'a>(
        &'a self,
        selection: &Selection,
        scope: Scope,
        expected: BTreeMap<Key, Expected>,
        reuse: bool,
        tell: &'a (dyn Fn(usize, usize, &str) + Sync),
    ) -> Request<'a> {
        Request {
            project: &self.project,
            options: &self.options,
            plan: &self.plan,
            scope,
            expected,
            repeats: REPEATS,
            passed: selection.passed.clone(),
            reuse,
            shared: &self.shared,
            repository: self.top(),
            folder: self.folder.clone(),
            target_dir: None,
            shown: self.progress == Progress::InPlace,
            pinned: false,
            tell,
        }
    }

    /// The baseline's folder as messages name it.
    fn baseline_name(&self) -> &str {
        &self.plan.baseline
    }

    /// The project's folder, relative to the top of the repository.
    fn folder_of_project(&self) -> String {
        self.repository.as_ref().and_then(|it| it.relative(&self.project.root)).unwrap_or_default()
    }

    /// The top of the repository, or of the project where there is none.
    fn top(&self) -> PathBuf {
        self.repository.as_ref().map_or_else(|| self.project.root.clone(), |repository| repository.root.clone())
    }
}

/// The families that a run measures: exact ones always, times on demand.
fn families(time: bool) -> BTreeSet<Family> {
    let is_wanted = |family: &Family| family.is_measured_here() && (time || *family != Family::Time);
    Family::ALL.into_iter().filter(is_wanted).collect()
}

fn load_plan(root: &Path) -> Result<Plan> {
    let path = root.join(CONFIG_FILE);
    let text = files::read_text(&path, CONFIG_BYTES_AT_MOST).map_err(|why| Error::usage(why.message))?;
    let Some(text) = text else { return Ok(Plan::default()) };
    config::parse(&text).map_err(|problems| {
        let lines = problems.iter().map(|problem| {
            let hint = problem.hint.as_ref().map_or(String::new(), |hint| format!("\n    hint: {hint}"));
            format!("\n  {CONFIG_FILE}:{}:{}: {}{hint}", problem.line, problem.column, problem.message)
        });
        let count = if problems.len() == 1 { "a problem".into() } else { format!("{} problems", problems.len()) };
        Error::usage(format!("the configuration has {count}{}", lines.collect::<String>()))
    })
}

fn color(choice: ColorChoice) -> Color {
    let by_itself = || match env::var("CARGO_TERM_COLOR").as_deref() {
        _ if env::var("NO_COLOR").is_some() => false,
        Some("always") => true,
        Some("never") => false,
        _ => env::stdout_is_terminal() && env::var("TERM").as_deref() != Some("dumb"),
    };
    match choice {
        ColorChoice::Always => Color::Always,
        ColorChoice::Never => Color::Never,
        ColorChoice::Auto if by_itself() => Color::Always,
        ColorChoice::Auto => Color::Never,
    }
}

/// Renders a report as asked and delivers it. Returns the exit code of its verdict.
fn show(report: &Report, output: &Output, templates: &Templates, context: &Context) -> Result<u8> {
    let colored = if output.output.is_some() { Color::Never } else { color(output.voice.color) };
    let text = match output.format {
        Format::Terminal => terminal(report, colored),
        Format::Json => json::write(report),
        Format::Markdown => Marker::default().above(&templates::comment(report, templates)?),
        Format::Junit => junit(report),
        Format::Sarif => sarif(report, &context.folder_of_project()),
        Format::Openmetrics => openmetrics(report),
        Format::Csv => csv(report),
    };
    deliver(&text, output.output.as_deref())?;
    Ok(report.verdict.exit_code())
}

fn read_report(path: &Path) -> Result<Report> {
    let text = files::read_text(path, REPORT_BYTES_AT_MOST)?
        .ok_or_else(|| Error::usage(format!("cannot read `{}`: there is no such file", path.display())))?;
    json::read(&text).map_err(|why| {
        Error::usage(format!("cannot read `{}`: {why}", path.display()))
            .hint("it must be what `cargo perfbudget --format json` wrote")
    })
}

/// A command behind an option is taken as the first filter, and checks instead of doing what was meant.
fn refuse_late_command(filters: &[String]) -> Result<()> {
    let commands = <Cli as clap::CommandFactory>::command();
    match filters.first().filter(|word| commands.get_subcommands().any(|command| command.get_name() == **word)) {
        Some(word) => Err(Error::usage(format!("`{word}` stands behind an option, where it is no command")).hint(
            format!("the command comes first: `cargo perfbudget {word}`; as a filter: `cargo perfbudget check {word}`"),
        )),
        None => Ok(()),
    }
}

/// A filter that nothing passes is a slip of the pen, and must not look like a pass. Nor must a package or target of
/// which nothing can be measured.
fn refuse_nothing(scope: &Scope, nothing: bool) -> Result<()> {
    if !nothing || (scope.filters.is_empty() && scope.packages.is_none() && scope.targets.is_none()) {
        return Ok(());
    }
    if scope.filters.is_empty() {
        let targets = scope.targets.iter().flatten().map(|target| format!("`{target}`"));
        let packages = scope.packages.iter().flatten().filter(|name| !name.is_empty()).map(|name| format!("`{name}`"));
        let names: Vec<String> = if scope.targets.is_some() { targets.collect() } else { packages.collect() };
        let message = format!("there is nothing to measure in {}", names.join(", "));
        return Err(Error::usage(message).hint("cargo perfbudget list --workspace"));
    }
    let filters = scope.filters.join("`, `");
    let commands = <Cli as clap::CommandFactory>::command();
    let mut names = commands.get_subcommands().map(clap::Command::get_name);
    let hint = match names.find(|name| strsim::damerau_levenshtein(name, &filters) <= 2) {
        Some(name) => format!("did you mean `cargo perfbudget {name}`?"),
        None => "cargo perfbudget list".into(),
    };
    Err(Error::usage(format!("nothing has `{filters}` in its name")).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[test]
    fn a_command_behind_an_option_is_no_filter() {
        let check = |line: &str, is_refused: bool| {
            let cli = Cli::parse_from(line.split(' '));
            let filters = cli.check.selection.filters;
            assert_eq!(cli.command.is_none() && refuse_late_command(&filters).is_err(), is_refused, "{line}");
        };
        check("cargo-perfbudget --quiet record total", true);
        check("cargo-perfbudget check record", false);
        check("cargo-perfbudget --quiet total record", false);
        check("cargo-perfbudget record --quiet", false);
    }
}
