//! Benchmarks of gungraun, and of iai-callgrind as it was called before: their own runner counts them, and we read.
//!
//! The runner must be of exactly the library's version. It runs valgrind itself, with the options that the benchmarks state,
//! so that no metric is added to what their authors chose.

pub mod library;
pub mod runner;
mod source;
pub mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::executable::Harness;
use super::hand::{Adapter, Benches, Hand, wanted_targets};
use super::project::BenchTarget;
use super::{Request, layout};
use crate::error::Result;
use crate::model::{Code, Family, Key, Problem, Subject};
use crate::sys::env;
use library::Library;
use runner::{Found, Needed, Room, Runners};
use source::{Reading, Runnable, Setup, Targets};

/// Where a runner's own helpers are, whatever the user's path is.
const USUAL_FOLDERS: &str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
/// What the paths of libraries are padded to a multiple of: it is the one variable that runners leave to benchmarks.
const LIBRARY_PATH_BYTES: usize = 240;

/// The adapter.
#[derive(Debug)]
pub struct Gungraun;

impl Adapter for Gungraun {
    fn families(&self) -> &'static [Family] {
        &[Family::Instructions, Family::Heap]
    }

    fn measure(&self, hand: &mut Hand<'_>) -> Result<()> {
        if may_have_any(hand.request)? {
            measure(hand)?;
        }
        for family in self.families() {
            let is_of = |key: &Key| key.metric.family() == *family;
            // What is recorded and not there any more is missing on this machine, too.
            let is_needed = hand.run.outcomes.keys().any(is_of) || hand.request.expected.keys().any(is_of);
            if is_needed
                && hand.wants(*family)
                && let Some(machine) = hand.valgrind_if_any(*family)
            {
                hand.run.environments.insert(*family, machine);
            }
        }
        Ok(())
    }

    fn list(&self, hand: &mut Hand<'_>) -> Result<Vec<Subject>> {
        if !may_have_any(hand.request)? {
            return Ok(Vec::new());
        }
        let benches = hand.benches()?;
        let (targets, _, problems) = runnable(hand.request, &benches)?;
        hand.run.problems.extend(problems);
        let setup = Setup { names_only: true, ..setup(hand, &benches) };
        let reading = drive(hand, setup, targets)?;
        hand.run.problems.extend(reading.problems);
        Ok(reading.names.into_iter().map(Subject::Benchmark).collect())
    }

    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for bench in wanted_targets(request)? {
            for library in libraries_of(request, &bench) {
                let (executable, runner) = (bench.placeholder(), library.runner());
                lines
                    .push(format!("{executable} --bench --list    # tells its benchmarks to {runner}, if it has some"));
                lines.push(format!(
                    "{executable} --bench --output-format=json --home SCRATCH    # {runner} counts them"
                ));
            }
        }
        Ok(lines)
    }
}

fn measure(hand: &mut Hand<'_>) -> Result<()> {
    let benches = hand.benches()?;
    // Where valgrind does not work, the runner would say so in its own words.
    if ours(&benches).is_empty() || hand.under_valgrind(Family::Instructions).is_none() {
        return Ok(());
    }
    let (targets, versions, problems) = runnable(hand.request, &benches)?;
    hand.run.problems.extend(problems);
    let setup = setup(hand, &benches);
    let reading = drive(hand, setup, targets)?;
    hand.run.outcomes.extend(reading.outcomes);
    hand.run.problems.extend(reading.problems);
    hand.run.excluded.extend(reading.excluded);
    let harnesses = hand.run.state.0.get("harness").cloned().into_iter().chain(versions);
    let harnesses = harnesses.collect::<Vec<_>>().join(", ");
    if !harnesses.is_empty() {
        hand.run.state.0.insert("harness".into(), harnesses);
    }
    Ok(())
}

/// The libraries that a target's package depends on.
fn libraries_of(request: &Request<'_>, bench: &BenchTarget) -> Vec<Library> {
    let depends = |library: &Library| request.project.depends_on(&bench.target.package, library.package());
    Library::ALL.into_iter().filter(depends).collect()
}

fn may_have_any(request: &Request<'_>) -> Result<bool> {
    Ok(wanted_targets(request)?.iter().any(|bench| !libraries_of(request, bench).is_empty()))
}

fn ours(benches: &Benches) -> Vec<super::hand::Executable> {
    benches.on(&Library::ALL.map(Harness::Gungraun))
}

/// The targets whose runner is there, the versions of their harnesses, and what is wrong with the others.
fn runnable(request: &Request<'_>, benches: &Benches) -> Result<(Vec<Runnable>, BTreeSet<String>, Vec<Problem>)> {
    let (mut targets, mut versions, mut problems) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut runners = Runners::default();
    // A base may need another version than what is worked on.
    let room = if request.target_dir.is_some() { Room::Own } else { Room::Usual };
    for executable in ours(benches) {
        let Harness::Gungraun(library) = executable.harness else { continue };
        let bench = &executable.bench;
        let Some(needed) = Needed::of(library, &bench.target.package, &request.project.root)? else {
            problems.push(Problem {
                code: Code::ToolVersion,
                target: Some(bench.target.clone()),
                message: format!(
                    "`{}` was not measured: which version of `{}` it needs is not in `Cargo.lock`",
                    bench.target,
                    library.runner()
                ),
                hint: Some(format!(
                    "name `{}` among the dependencies of `{}`",
                    library.package(),
                    bench.target.package
                )),
            });
            continue;
        };
        let found = runners.get(&needed);
        problems.extend(needed.problem(found, bench, room));
        if let Found::Equal(path) = found {
            versions.insert(format!("{} {}", library.package(), needed.version));
            let variables = variables(request, library, path.parent());
            targets.push(Runnable { executable, library, variables });
        }
    }
    Ok((targets, versions, problems))
}

/// What a runner needs of the user's environment: itself, valgrind, and cargo, which older ones ask for the project.
fn variables(request: &Request<'_>, library: Library, folder: Option<&Path>) -> BTreeMap<String, String> {
    let valgrind = env::programs("valgrind").into_iter().next();
    let cargo = env::programs("cargo").into_iter().next();
    let folders = [folder, valgrind.as_deref().and_then(Path::parent), cargo.as_deref().and_then(Path::parent)];
    let mut path: Vec<String> = Vec::new();
    for folder in folders.into_iter().flatten().map(|folder| folder.to_string_lossy().into_owned()) {
        if !path.contains(&folder) {
            path.push(folder);
        }
    }
    path.push(USUAL_FOLDERS.to_owned());
    let root = request.project.root.to_string_lossy().into_owned();
    let mut variables =
        BTreeMap::from([("PATH".to_owned(), path.join(":")), (format!("{}_WORKSPACE_ROOT", library.prefix()), root)]);
    // Where rustup's cargo looks for the real one: `HOME` is not the user's.
    let rustup = env::var("RUSTUP_HOME").or_else(|| Some(env::home()?.join(".rustup").to_string_lossy().into_owned()));
    variables.extend(rustup.map(|folder| ("RUSTUP_HOME".to_owned(), folder)));
    variables.extend(env::cargo_home().map(|folder| ("CARGO_HOME".to_owned(), folder.to_string_lossy().into_owned())));
    variables.extend(env::var("RUSTUP_TOOLCHAIN").map(|name| ("RUSTUP_TOOLCHAIN".to_owned(), name)));
    variables
}

fn setup(hand: &Hand<'_>, benches: &Benches) -> Setup {
    let request = hand.request;
    let mut variables = benches.variables.clone();
    if let Some(folders) = variables.get_mut("LD_LIBRARY_PATH") {
        *folders = even(folders);
    }
    Setup {
        scratch: hand.scratch.clone(),
        variables,
        environment_bytes: layout::ENVIRONMENT_BYTES,
        scope: request.scope.clone(),
        expected: request.expected.clone(),
        timeout: request.plan.timeout,
        repeats: request.repeats,
        passed: request.passed.clone(),
        exclusions: request.exclusions(),
        names_only: false,
    }
}

/// The same folders, and one more that is not there, so that the length is round.
fn even(folders: &str) -> String {
    // An empty entry would be the folder that the benchmark runs in.
    let begun = if folders.is_empty() { "/".to_owned() } else { format!("{folders}:/") };
    let missing = LIBRARY_PATH_BYTES - begun.len() % LIBRARY_PATH_BYTES;
    begun + &"_".repeat(missing)
}

fn drive(hand: &Hand<'_>, setup: Setup, targets: Vec<Runnable>) -> Result<Reading> {
    let mut source = Targets::new(setup, targets);
    hand.drive(&mut source, env::cores())?;
    Ok(source.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_libraries_has_a_round_length_wherever_they_are() {
        for folders in ["", "/home/bob/target", "/runner/_work/a-much-longer-name/target/release/deps:/x"] {
            assert_eq!(even(folders).len() % LIBRARY_PATH_BYTES, 0, "{folders}");
        }
    }
}
