//! The machine → a `Run`: builds, lays out, runs the sources' steps, and says under which conditions.

pub mod allocator;
pub mod assets;
pub mod benches;
pub mod build;
pub mod cache;
pub mod callgrind;
pub mod command;
pub mod commits;
pub mod compile;
pub mod executable;
pub mod gungraun;
pub mod hand;
pub mod ingest;
pub mod layout;
pub mod lock;
pub mod manifest;
pub mod opened;
pub mod places;
pub mod profiles;
pub mod project;
pub mod provenance;
pub mod repeats;
pub mod size;
pub mod source;
pub mod time;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use asset_optimizer::cache::shared::Shared;

use crate::config::Plan;
use crate::error::Result;
use crate::model::{Budget, Code, Key, Metric, Problem, Profile, Run, Scope, Subject};
use crate::sys::{env, files, signal};
use build::Place;
use hand::{Adapter, Hand};
use project::{CargoOptions, Project};
use provenance::NoValgrind;
pub use repeats::Expected;

/// Every way to measure, in the order in which they run.
const ADAPTERS: [&dyn Adapter; 7] = [
    &benches::adapter::Benchmarks,
    &gungraun::Gungraun,
    &time::CriterionTimes,
    &size::Sizes,
    &command::Commands,
    &compile::Compilation,
    &assets::Assets,
];

/// What to measure, of which code, and how.
pub struct Request<'a> {
    /// The project.
    pub project: &'a Project,
    /// The user's options for cargo.
    pub options: &'a CargoOptions,
    /// The configuration.
    pub plan: &'a Plan,
    /// What was asked for.
    pub scope: Scope,
    /// Values that one repeat confirms.
    pub expected: BTreeMap<Key, Expected>,
    /// How many repeats a value that was not expected rests on.
    pub repeats: usize,
    /// The user's own arguments for the benchmarks.
    pub passed: Vec<String>,
    /// Whether kept measurements are believed.
    pub reuse: bool,
    /// Where measurements are shared with other machines.
    pub shared: &'a Shared,
    /// The top of the repository, whose files are watched.
    pub repository: PathBuf,
    /// The folder that cargo is run in.
    pub folder: PathBuf,
    /// Where cargo builds, where it is not the project's own choice.
    pub target_dir: Option<PathBuf>,
    /// Whether cargo's messages are shown as they come.
    pub shown: bool,
    /// Whether the code pins its own toolchain, which then counts instead of the one that runs us.
    pub pinned: bool,
    /// Told what is going on: done, known, what.
    pub tell: &'a (dyn Fn(usize, usize, &str) + Sync),
}

impl Request<'_> {
    fn target_dir(&self) -> &Path {
        self.target_dir.as_deref().unwrap_or(&self.project.target_dir)
    }

    fn place(&self) -> Place {
        Place { folder: self.folder.clone(), variables: BTreeMap::new(), shown: self.shown, pinned: self.pinned }
    }

    /// The rules that exclude and still hold. A later rule cannot take an exclusion back, so each stands by itself.
    fn exclusions(&self) -> Vec<Budget> {
        let today = env::today();
        let holds = |budget: &&Budget| budget.exclude && budget.expires.is_none_or(|day| day >= today);
        self.plan.budgets.iter().filter(holds).cloned().collect()
    }

    fn target_dir_text(&self) -> Option<String> {
        self.target_dir.as_ref().map(|folder| folder.to_string_lossy().into_owned())
    }
}

/// Where our own files are within cargo's target folder.
#[must_use]
pub fn home(target_dir: &Path) -> PathBuf {
    target_dir.join("perfbudget")
}

/// Where results are kept in the target folder, by what they are.
#[must_use]
pub fn kept(target_dir: &Path) -> [(&'static str, PathBuf); 2] {
    let home = home(target_dir);
    [("measurements", measurements(&home)), ("assets", home.join("assets/cache"))]
}

/// Where measurements are kept.
fn measurements(home: &Path) -> PathBuf {
    home.join("measurements")
}

/// Where the profiles of what was measured last are.
fn profiles(home: &Path) -> PathBuf {
    home.join("profiles")
}

/// What each function cost when the subject was measured last in that target folder; `None` for what has no profile.
#[must_use]
pub fn profile(target_dir: &Path, key: &Key) -> Option<Profile> {
    match key.subject.as_ref() {
        Subject::Benchmark(benchmark) if key.metric == Metric::Instructions => {
            benches::profiles::read(&profiles(&home(target_dir)), benchmark)
        }
        Subject::Benchmark(_) | Subject::Entry(_) => None,
        _ => profiles::read(&profiles(&home(target_dir)), key),
    }
}

/// Measures what the request asks for.
///
/// # Errors
/// Where cargo or the file system fails us; a benchmark that fails is an outcome, not an error.
pub fn collect(request: &Request<'_>) -> Result<Run> {
    let home = home(request.target_dir());
    let _lock = files::Lock::acquire(&home.join("lock"), || {
        (request.tell)(0, 0, "waiting for another run in this target folder");
    })?;
    let (toolchain, host) = provenance::rustc(&request.folder, request.pinned)?;
    let mut run = Run { scope: request.scope.clone(), ..Run::default() };
    run.state = provenance::state(&request.project.root, &toolchain, request.options.profile.as_deref())?;
    let scratch = layout::scratch(&home);
    if files::exists(&home.join("run")) {
        run.problems.push(Problem {
            code: Code::Leftovers,
            target: None,
            message: format!(
                "a run that was stopped left `{}`; it was ignored and removed",
                home.join("run").display()
            ),
            hint: None,
        });
        files::remove_dir(&home.join("run"))?;
    }
    let mut hand = Hand::new(request, host, scratch, run);
    let outcome = adapters(request).try_for_each(|adapter| {
        signal::check()?;
        adapter.measure(&mut hand)
    });
    let removed = files::remove_dir(&home.join("run"));
    outcome?;
    removed?;
    Ok(hand.run)
}

/// What a person is told where instructions cannot be counted.
#[must_use]
pub fn valgrind_problem(why: &NoValgrind) -> Problem {
    let problem =
        |code, message: String, hint: &str| Problem { code, target: None, message, hint: Some(hint.to_owned()) };
    match why {
        NoValgrind::Unsupported => problem(
            Code::SourceUnavailable,
            "valgrind does not run on this kind of machine, so instructions were not counted".into(),
            "CI measures the rest; sizes and times work here",
        ),
        NoValgrind::Missing => problem(
            Code::ToolMissing,
            "valgrind is not installed, so instructions were not counted".into(),
            "cargo perfbudget doctor --fix",
        ),
        NoValgrind::Version(version) => problem(
            Code::ToolVersion,
            format!("valgrind says that its version is `{version}`, and 3.18 or later is needed"),
            "cargo perfbudget doctor",
        ),
        NoValgrind::Broken(why) => problem(
            Code::ToolMissing,
            format!("valgrind is installed and does not work: {why}"),
            "try `valgrind true`; on Debian and Ubuntu it needs `libc6-dbg`, too",
        ),
    }
}

/// Those of the ways to measure that fill what was asked for.
fn adapters<'a>(request: &'a Request<'_>) -> impl Iterator<Item = &'static dyn Adapter> + use<'a> {
    let is_wanted = |adapter: &&dyn Adapter| adapter.families().iter().any(|family| request.scope.may_cover(*family));
    ADAPTERS.into_iter().filter(is_wanted)
}

/// The subjects that [`collect`] would measure: benchmarks as their targets name them, and files. Nothing is measured.
///
/// # Errors
/// As [`collect`].
pub fn list(request: &Request<'_>) -> Result<(Vec<Subject>, Vec<Problem>)> {
    let home = home(request.target_dir());
    let _lock = files::Lock::acquire(&home.join("lock"), || {
        (request.tell)(0, 0, "waiting for another run in this target folder");
    })?;
    let mut hand = Hand::new(request, String::new(), layout::scratch(&home), Run::default());
    let subjects: Result<Vec<Vec<Subject>>> = adapters(request).map(|adapter| adapter.list(&mut hand)).collect();
    files::remove_dir(&home.join("run"))?;
    let mut subjects = subjects?.concat();
    subjects.dedup();
    Ok((subjects, hand.run.problems))
}

/// What [`collect`] would run, one command a line; what is only known after the build is written in capitals.
///
/// # Errors
/// Where a bench target was asked for that does not exist.
pub fn steps(request: &Request<'_>) -> Result<Vec<String>> {
    let lines: Result<Vec<Vec<String>>> = adapters(request).map(|adapter| adapter.steps(request)).collect();
    Ok(lines?.concat())
}
