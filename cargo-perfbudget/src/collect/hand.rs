//! The one hand that runs what adapters ask for, and what they share: the machine, and the bench targets as built once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::build::{self, Built, Place};
use super::executable::Harness;
use super::project::{BenchTarget, OwnBenches};
use super::provenance::{self, NoValgrind};
use super::source::{self, Source};
use super::{Request, home, layout, valgrind_problem};
use crate::error::Result;
use crate::model::{Code, Environment, Family, Problem, Run, Subject};

/// A bench executable, laid out for measuring.
#[derive(Debug, Clone)]
pub struct Executable {
    /// The target.
    pub bench: BenchTarget,
    /// What it is built on.
    pub harness: Harness,
    /// The copy at a path of fixed length; without debug information, but for those that a runner of their own measures.
    pub path: PathBuf,
    /// The digest of what of it is loaded.
    pub digest: String,
}

/// One way to measure.
pub trait Adapter: Sync {
    /// The families of the metrics that it fills.
    fn families(&self) -> &'static [Family];

    /// Measures what the request asks for into the run.
    ///
    /// # Errors
    /// Where cargo or the file system fails us; a benchmark that fails is an outcome, not an error.
    fn measure(&self, hand: &mut Hand<'_>) -> Result<()>;

    /// What it would measure.
    ///
    /// # Errors
    /// As [`Adapter::measure`].
    fn list(&self, hand: &mut Hand<'_>) -> Result<Vec<Subject>>;

    /// The commands that it would run, one a line; what is only known after the build is written in capitals.
    ///
    /// # Errors
    /// Where something was asked for that does not exist.
    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>>;
}

/// The bench targets as built and laid out.
#[derive(Debug)]
pub struct Benches {
    /// Those that can be measured.
    pub executables: Vec<Executable>,
    /// The whole environment of the measured programs, but for what differs by target.
    pub variables: BTreeMap<String, String>,
}

impl Benches {
    /// Those that are built on one of these harnesses.
    #[must_use]
    pub fn on(&self, harnesses: &[Harness]) -> Vec<Executable> {
        self.executables.iter().filter(|one| harnesses.contains(&one.harness)).cloned().collect()
    }
}

/// What an adapter works with.
pub struct Hand<'a> {
    /// What to measure, of which code, and how.
    pub request: &'a Request<'a>,
    /// The machine that the compiler runs on.
    pub host: String,
    /// A folder of our own, at a path of fixed length.
    pub scratch: PathBuf,
    /// What was measured so far.
    pub run: Run,
    benches: Option<Rc<Benches>>,
    machine: Option<std::result::Result<Environment, NoValgrind>>,
}

impl<'a> Hand<'a> {
    /// A hand with nothing in it.
    pub(super) fn new(request: &'a Request<'a>, host: String, scratch: PathBuf, run: Run) -> Hand<'a> {
        Hand { request, host, scratch, run, benches: None, machine: None }
    }

    /// Whether metrics of that family were asked for.
    #[must_use]
    pub fn wants(&self, family: Family) -> bool {
        self.request.scope.may_cover(family)
    }

    /// Where our own files are.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        home(self.request.target_dir())
    }

    /// Tells a person what is going on.
    pub fn tell(&self, what: &str) {
        (self.request.tell)(0, 0, what);
    }

    /// Runs a source's steps, so many at once.
    ///
    /// # Errors
    /// As [`source::run`].
    pub fn drive(&self, source: &mut dyn Source, at_once: usize) -> Result<()> {
        source::run(source, at_once, self.request.tell)
    }

    /// The bench targets that were asked for, built and laid out the first time that an adapter needs them.
    ///
    /// # Errors
    /// Where cargo cannot be run, or a file cannot be read or written.
    pub fn benches(&mut self) -> Result<Rc<Benches>> {
        if let Some(benches) = &self.benches {
            return Ok(benches.clone());
        }
        let wanted: Vec<BenchTarget> = self.buildable(wanted_targets(self.request)?)?;
        let mut benches = Benches { executables: Vec::new(), variables: BTreeMap::new() };
        if !wanted.is_empty() {
            self.tell("building the benchmarks");
            let (built, laid_out) = self.build_and_lay_out(&wanted)?;
            self.run.problems.extend(built.problems.iter().cloned());
            self.run.problems.extend(laid_out.problems);
            let paths = laid_out.executables.iter().map(|executable| executable.path.as_path());
            let libraries = layout::libraries(&self.scratch, paths, &built)?;
            benches.variables = layout::variables(self.request.plan, &built, libraries, &self.scratch);
            benches.executables = laid_out.executables;
        }
        let benches = Rc::new(benches);
        self.benches = Some(benches.clone());
        Ok(benches)
    }

    /// Builds the targets; valgrind, which takes as long to start as cargo to see that nothing has changed, is asked meanwhile.
    fn build_and_lay_out(&mut self, wanted: &[BenchTarget]) -> Result<(Built, layout::LaidOut)> {
        let counts = self.wants(Family::Instructions) || self.wants(Family::Heap);
        let asks = counts && self.machine.is_none() && !self.host.is_empty();
        let (request, scratch, host) = (self.request, &self.scratch, &self.host);
        let (built, machine) = std::thread::scope(|scope| {
            let asked = asks.then(|| scope.spawn(|| provenance::instructions(host)));
            let built = build_and_lay_out(request, scratch, wanted);
            (built, asked.and_then(|asked| asked.join().ok()))
        });
        self.machine = self.machine.take().or(machine);
        built
    }

    /// The targets that this toolchain compiles. Of the others each is a problem.
    fn buildable(&mut self, mut targets: Vec<BenchTarget>) -> Result<Vec<BenchTarget>> {
        if targets.iter().all(|bench| bench.own != OwnBenches::Always) {
            return Ok(targets);
        }
        let (toolchain, _) = provenance::rustc(&self.request.folder, self.request.pinned)?;
        if provenance::is_nightly(&toolchain) {
            return Ok(targets);
        }
        let refused = targets.extract_if(.., |bench| bench.own == OwnBenches::Always);
        self.run.problems.extend(refused.map(|bench| Problem {
            code: Code::NightlyNeeded,
            message: format!(
                "`{}` has benchmarks of Rust's own harness, and {toolchain} does not compile them",
                bench.target
            ),
            target: Some(bench.target),
            hint: Some("cargo +nightly perfbudget".into()),
        }));
        Ok(targets)
    }

    /// The machine as valgrind presents it to what it counts, for a family that is counted so. Where valgrind cannot count
    /// here, that is a problem of the run, said once.
    pub fn under_valgrind(&mut self, family: Family) -> Option<Environment> {
        match self.valgrind(family) {
            Ok(machine) => Some(machine),
            Err(why) => {
                self.say(&why);
                None
            }
        }
    }

    /// The same, where nothing has to be counted: then it is no problem that it could not be.
    pub fn valgrind_if_any(&mut self, family: Family) -> Option<Environment> {
        self.valgrind(family).ok()
    }

    /// The machine under valgrind, which is asked once.
    fn valgrind(&mut self, family: Family) -> std::result::Result<Environment, NoValgrind> {
        let host = &self.host;
        let machine = self.machine.get_or_insert_with(|| provenance::instructions(host));
        Ok(provenance::of_family(machine.clone()?, family))
    }

    fn say(&mut self, why: &NoValgrind) {
        let problem = valgrind_problem(why);
        if !self.run.problems.contains(&problem) {
            self.run.problems.push(problem);
        }
    }
}

/// The bench targets that hold a key that was asked for.
///
/// # Errors
/// Where a target was asked for that does not exist.
pub(super) fn wanted_targets(request: &Request<'_>) -> Result<Vec<BenchTarget>> {
    let mut targets = request.project.bench_targets(request.options)?;
    if let Some(keys) = &request.scope.keys {
        targets.retain(|bench| keys.iter().any(|key| key.subject.target() == Some(&bench.target)));
    }
    Ok(targets)
}

/// Builds the targets; those that turn out to have no symbols are built once more with them.
fn build_and_lay_out(
    request: &Request<'_>,
    scratch: &Path,
    wanted: &[BenchTarget],
) -> Result<(Built, layout::LaidOut)> {
    let target_dir = request.target_dir_text();
    let build = |place: &Place, targets: &[BenchTarget]| {
        build::benches(place, request.project, request.options, targets, target_dir.as_deref())
    };
    let mut built = build(&request.place(), wanted)?;
    let mut laid_out = layout::executables(scratch, wanted, &built)?;
    let stripped = std::mem::take(&mut laid_out.stripped);
    if !stripped.is_empty() {
        let profile = request.options.profile.as_deref().unwrap_or("bench").to_uppercase().replace('-', "_");
        let mut place = request.place();
        place.variables.insert(format!("CARGO_PROFILE_{profile}_STRIP"), "none".into());
        let with_symbols = build(&place, &stripped)?;
        let again = layout::executables(scratch, &stripped, &with_symbols)?;
        laid_out.executables.extend(again.executables);
        laid_out.problems.extend(again.problems);
        for bench in again.stripped {
            laid_out.problems.push(Problem {
                code: Code::SymbolsMissing,
                message: format!("`{}` has no symbols to find its harness by", bench.target),
                target: Some(bench.target),
                hint: Some("remove `strip` from the profile that benchmarks are built with".into()),
            });
        }
        built.library_folders.extend(with_symbols.library_folders);
        built.problems.extend(with_symbols.problems);
    }
    Ok((built, laid_out))
}
