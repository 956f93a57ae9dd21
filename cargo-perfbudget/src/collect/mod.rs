//! The machine → a `Run`: builds, lays out, runs the sources' steps, and says under which conditions.

pub mod build;
pub mod cache;
pub mod callgrind;
pub mod criterion;
pub mod executable;
pub mod layout;
pub mod opened;
pub mod places;
pub mod project;
pub mod provenance;
pub mod size;
pub mod source;
pub mod time;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::Plan;
use crate::error::Result;
use crate::model::{
    Artifact, ArtifactKind, Budget, Code, Environment, Evidence, Failure, Family, Key, Metric, Outcome, Problem, Run,
    Scope, Subject,
};
use crate::sys::{env, files, signal};
use build::{Built, Place};
use cache::Cache;
use criterion::{Executable, Expected, Instructions, Setup};
use project::{BenchTarget, CargoOptions, Project};
use provenance::NoValgrind;
use time::Times;

/// The largest file whose size is measured.
const ARTIFACT_BYTES_AT_MOST: u64 = 4 << 30;

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

    fn target_dir_text(&self) -> Option<String> {
        self.target_dir.as_ref().map(|folder| folder.to_string_lossy().into_owned())
    }
}

/// Where our own files are within cargo's target folder.
#[must_use]
pub fn home(target_dir: &Path) -> PathBuf {
    target_dir.join("perfbudget")
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
    let outcome = measure(request, &host, &scratch, &mut run);
    let removed = files::remove_dir(&home.join("run"));
    outcome?;
    removed?;
    Ok(run)
}

fn measure(request: &Request<'_>, host: &str, scratch: &Path, run: &mut Run) -> Result<()> {
    let families = request.scope.families.clone();
    if families.contains(&Family::Instructions) || families.contains(&Family::Time) {
        let targets = request.project.bench_targets(request.options)?;
        benchmarks(request, host, scratch, &targets, run)?;
    }
    signal::check()?;
    if families.contains(&Family::Bytes) {
        run.environments.insert(Family::Bytes, provenance::bytes(host));
        sizes(request, run)?;
    }
    Ok(())
}

fn benchmarks(request: &Request<'_>, host: &str, scratch: &Path, targets: &[BenchTarget], run: &mut Run) -> Result<()> {
    let wanted: Vec<BenchTarget> = targets
        .iter()
        .filter(|bench| {
            request
                .scope
                .keys
                .as_ref()
                .is_none_or(|keys| keys.iter().any(|key| key.subject.target() == Some(&bench.target)))
        })
        .cloned()
        .collect();
    let machine = request.scope.families.contains(&Family::Instructions).then(|| provenance::instructions(host));
    if wanted.is_empty() {
        // No benchmarks is a fact about the project, and its machine is known all the same.
        if let Some(Ok(environment)) = machine {
            run.environments.insert(Family::Instructions, environment);
        }
        return Ok(());
    }
    (request.tell)(0, 0, "building the benchmarks");
    let (built, laid_out) = build_and_lay_out(request, scratch, &wanted)?;
    run.problems.extend(built.problems.iter().cloned());
    run.problems.extend(laid_out.problems);
    let libraries = layout::libraries(scratch, &laid_out.executables, &built)?;
    let variables = layout::variables(request.plan, &built, libraries, scratch);
    match machine {
        None => {}
        Some(Err(why)) => run.problems.push(valgrind_problem(&why)),
        Some(Ok(environment)) => {
            instructions(request, scratch, &laid_out.executables, variables.clone(), &environment, run)?;
            run.environments.insert(Family::Instructions, environment);
        }
    }
    if request.scope.families.contains(&Family::Time) {
        run.environments.insert(Family::Time, provenance::time(host));
        let mut times = Times::new(
            laid_out.executables,
            variables,
            scratch.to_owned(),
            request.passed.clone(),
            request.scope.clone(),
        );
        source::run(&mut times, 1, request.tell)?;
        run.outcomes.extend(times.outcomes);
        run.problems.extend(times.problems);
    }
    Ok(())
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
                message: format!("`{}` has no symbols to find criterion by", bench.target),
                target: Some(bench.target),
                hint: Some("remove `strip` from the profile that benchmarks are built with".into()),
            });
        }
        built.library_folders.extend(with_symbols.library_folders);
        built.problems.extend(with_symbols.problems);
    }
    Ok((built, laid_out))
}

fn instructions(
    request: &Request<'_>,
    scratch: &Path,
    executables: &[Executable],
    variables: BTreeMap<String, String>,
    environment: &Environment,
    run: &mut Run,
) -> Result<()> {
    let home = home(request.target_dir());
    let setup = setup(request, scratch, variables, format!("{:?}", environment.0));
    let cache = Cache::new(home.join("measurements"));
    let mut source = Instructions::new(setup, cache, executables.to_vec(), request.expected.clone());
    source::run(&mut source, env::cores(), request.tell)?;
    let reading = source.finish();
    run.outcomes.extend(reading.outcomes);
    run.problems.extend(reading.problems);
    run.reused += reading.reused;
    run.excluded = reading.excluded;
    if !reading.versions.is_empty() {
        run.state.0.insert("harness".into(), reading.versions.into_iter().collect::<Vec<_>>().join(", "));
    }
    Ok(())
}

fn setup(request: &Request<'_>, scratch: &Path, variables: BTreeMap<String, String>, machine: String) -> Setup {
    Setup {
        valgrind: "valgrind".into(),
        scratch: scratch.to_owned(),
        repository: request.repository.clone(),
        target_dir: request.target_dir().to_owned(),
        profiles: home(request.target_dir()).join("profiles"),
        variables,
        environment_bytes: layout::ENVIRONMENT_BYTES,
        scope: request.scope.clone(),
        machine,
        timeout: request.plan.timeout,
        repeats: request.repeats,
        passed: request.passed.clone(),
        reuse: request.reuse,
        exclusions: exclusions(request),
        names_only: false,
    }
}

/// The rules that exclude and still hold. A later rule cannot take an exclusion back, so each stands by itself.
fn exclusions(request: &Request<'_>) -> Vec<Budget> {
    let today = env::today();
    let holds = |budget: &&Budget| budget.exclude && budget.expires.is_none_or(|day| day >= today);
    request.plan.budgets.iter().filter(holds).cloned().collect()
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

fn sizes(request: &Request<'_>, run: &mut Run) -> Result<()> {
    let wanted = wanted_artifacts(request);
    let mut weighed: Vec<(Artifact, PathBuf)> = Vec::new();
    if !wanted.is_empty() {
        (request.tell)(0, 0, "building the binaries");
        let built = build::artifacts(&size_command(request, &wanted), request.project)?;
        let failed = !built.problems.is_empty();
        run.problems.extend(built.problems.clone());
        for artifact in wanted {
            match built.artifacts.get(&(artifact.package.clone(), artifact.kind, artifact.name.clone())) {
                Some(path) => weighed.push((artifact, path.clone())),
                None if failed => {}
                None => fail(run, artifact, "cargo did not build it", "it may need a feature: `--features`"),
            }
        }
    }
    for file in &request.plan.size.files {
        let artifact = Artifact { package: String::new(), kind: ArtifactKind::File, name: file.clone() };
        let asked_for = request.scope.covers(&Key::new(Subject::Artifact(artifact.clone()), Metric::Size));
        if asked_for {
            weighed.push((artifact, request.project.root.join(file)));
        }
    }
    for (artifact, path) in weighed {
        match files::read(&path, ARTIFACT_BYTES_AT_MOST) {
            Ok(Some(bytes)) => {
                let sizes = size::weigh(&bytes);
                let subject = Subject::Artifact(artifact);
                let mut put = |metric, value| {
                    let outcome = Outcome::Measured { evidence: Evidence::exact(value), note: None };
                    run.outcomes.insert(Key::new(subject.clone(), metric), outcome);
                };
                put(Metric::Size, sizes.stripped);
                if let Some(text) = sizes.text {
                    put(Metric::SizeText, text);
                }
            }
            Ok(None) => fail(
                run,
                artifact,
                "there is no such file",
                "build it before the check, or correct `files` in `[size]`",
            ),
            Err(why) => fail(run, artifact, &why.message, "check the file and its permissions"),
        }
    }
    Ok(())
}

fn fail(run: &mut Run, artifact: Artifact, why: &str, hint: &str) {
    let failure = Failure { code: Code::BenchmarkMissing, why: why.to_owned(), hint: Some(hint.to_owned()) };
    run.outcomes.insert(Key::new(Subject::Artifact(artifact), Metric::Size), Outcome::Failed(failure));
}

/// The binaries and dynamic libraries that the configuration names, or all binaries of the packages that were asked for.
fn wanted_artifacts(request: &Request<'_>) -> Vec<Artifact> {
    let plan = &request.plan.size;
    let mut wanted = Vec::new();
    for package in &request.project.packages {
        for target in &package.targets {
            let kind = if target.is_bin() && plan.bins.as_ref().is_none_or(|names| names.contains(&target.name)) {
                ArtifactKind::Bin
            } else if target.is_cdylib() && plan.cdylibs.contains(&target.name) {
                ArtifactKind::Cdylib
            } else {
                continue;
            };
            // A binary that needs features which were not asked for is built only where the configuration names it.
            if plan.bins.is_none() && kind == ArtifactKind::Bin && !target.required_features.is_empty() {
                continue;
            }
            let artifact = Artifact { package: package.name.to_string(), kind, name: target.name.clone() };
            if request.scope.covers(&Key::new(Subject::Artifact(artifact.clone()), Metric::Size)) {
                wanted.push(artifact);
            }
        }
    }
    wanted
}

fn size_command(request: &Request<'_>, wanted: &[Artifact]) -> crate::sys::process::Program {
    let packages: std::collections::BTreeSet<String> = wanted.iter().map(|artifact| artifact.package.clone()).collect();
    let packages: Vec<String> = packages.into_iter().collect();
    let mut what = Vec::new();
    for artifact in wanted.iter().filter(|artifact| artifact.kind == ArtifactKind::Bin) {
        what.extend(["--bin".to_owned(), artifact.name.clone()]);
    }
    if wanted.iter().any(|artifact| artifact.kind == ArtifactKind::Cdylib) {
        what.push("--lib".into());
    }
    build::artifact_command(&request.place(), request.options, &packages, request.target_dir_text().as_deref(), &what)
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
    let scratch = layout::scratch(&home);
    let targets = request.project.bench_targets(request.options)?;
    let mut problems = Vec::new();
    let mut subjects = Vec::new();
    if !targets.is_empty() {
        let (built, laid_out) = build_and_lay_out(request, &scratch, &targets)?;
        let variables = layout::variables(request.plan, &built, None, &scratch);
        let mut source = Instructions::new(
            Setup { names_only: true, ..setup(request, &scratch, variables, String::new()) },
            Cache::new(home.join("measurements")),
            laid_out.executables,
            BTreeMap::new(),
        );
        let outcome = source::run(&mut source, env::cores(), request.tell);
        files::remove_dir(&home.join("run"))?;
        outcome?;
        let reading = source.finish();
        problems.extend(built.problems.into_iter().chain(laid_out.problems).chain(reading.problems));
        subjects.extend(reading.names.into_iter().map(Subject::Benchmark));
    }
    subjects.extend(wanted_artifacts(request).into_iter().map(Subject::Artifact));
    Ok((subjects, problems))
}

/// What [`collect`] would run, one command a line; what is only known after the build is written in capitals.
///
/// # Errors
/// Where a bench target was asked for that does not exist.
pub fn steps(request: &Request<'_>) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let target_dir = request.target_dir_text();
    let targets = request.project.bench_targets(request.options)?;
    let families = &request.scope.families;
    if !targets.is_empty() && (families.contains(&Family::Instructions) || families.contains(&Family::Time)) {
        lines.push(build::bench_command(&request.place(), request.options, &targets, target_dir.as_deref()).shown());
    }
    for bench in &targets {
        let executable = format!("EXECUTABLE_OF_{}", bench.target.name.to_uppercase().replace('-', "_"));
        if families.contains(&Family::Instructions) {
            lines.push(format!("{executable} --bench --noplot FILTER_THAT_MATCHES_NOTHING    # tells its benchmarks"));
            let valgrind = criterion::valgrind_args("SCRATCH").join(" ");
            lines.push(format!("valgrind {valgrind} {executable} --bench --noplot --warm-up-time 3600 --exact -- BENCHMARK    # for each benchmark"));
        }
        if families.contains(&Family::Time) {
            lines.push(format!("CRITERION_HOME=SCRATCH {executable} --bench --noplot"));
        }
    }
    let wanted = wanted_artifacts(request);
    if families.contains(&Family::Bytes) && !wanted.is_empty() {
        lines.push(size_command(request, &wanted).shown());
    }
    Ok(lines)
}
