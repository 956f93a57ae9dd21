//! Which program a command is, and where it is run: what the workspace builds is built, of each side its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::steps::build_command;
use crate::collect::executable::{needed_libraries, own_allocator, without_debug_information};
use crate::collect::hand::Hand;
use crate::collect::project::{CargoOptions, Project};
use crate::collect::{Request, build, layout};
use crate::config::CommandPlan;
use crate::error::Result;
use crate::model::{ArtifactKind, Code, Failure};
use crate::sys::{env, files};

/// A command, ready to be run.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    /// The program as valgrind and it itself are told: the same text in every checkout.
    pub(super) named: String,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Where it runs.
    pub(super) folder: PathBuf,
    /// What it reads as its standard input.
    pub(super) stdin: Option<PathBuf>,
    /// The whole of its environment.
    pub(super) variables: BTreeMap<String, String>,
    /// Why calls of its allocator are not seen.
    pub(super) unseen: Option<String>,
    /// What a reader must know of it.
    pub(super) note: Option<String>,
    /// The crates of the workspace, as symbols write them.
    pub(super) crates: Vec<String>,
}

/// The binary targets that commands run, by name with their packages. A name that is none is another program.
pub(super) fn bins_of(request: &Request<'_>, plans: &[&CommandPlan]) -> Result<BTreeMap<String, String>> {
    let known = bins(&workspace(request)?);
    let named = plans.iter().flat_map(|plan| plan.run.iter().take(1).chain(&plan.bins));
    Ok(named
        .filter_map(|name| known.get_key_value(name))
        .map(|(name, package)| (name.clone(), package.clone()))
        .collect())
}

/// All packages of the workspace, whichever were asked for: a command may run a binary of any of them.
fn workspace(request: &Request<'_>) -> Result<Project> {
    if request.project.is_whole {
        return Ok(request.project.clone());
    }
    let options = CargoOptions { workspace: true, packages: Vec::new(), ..request.options.clone() };
    Project::load(&request.folder, &options)
}

fn bins(project: &Project) -> BTreeMap<String, String> {
    let of = |package: &cargo_metadata::Package| {
        let name = package.name.to_string();
        let bins: Vec<String> =
            package.targets.iter().filter(|target| target.is_bin()).map(|target| target.name.clone()).collect();
        bins.into_iter().map(move |bin| (bin, name.clone()))
    };
    project.packages.iter().flat_map(of).collect()
}

/// The crates of the workspace, as symbols write them.
fn crates(project: &Project) -> Vec<String> {
    let targets = project.packages.iter().flat_map(|package| &package.targets);
    let mut names: Vec<String> = targets.map(|target| target.name.replace('-', "_")).collect();
    names.sort();
    names.dedup();
    names
}

/// Builds what is to be built, and says how each command is run, or why it cannot be. What cargo cannot build is a problem
/// of the run.
///
/// # Errors
/// Where cargo cannot be run, or a file cannot be read or written.
pub(super) fn lay_out(hand: &mut Hand<'_>, plans: &[&CommandPlan]) -> Result<Vec<std::result::Result<Laid, Failure>>> {
    let request = hand.request;
    let project = workspace(request)?;
    let (known, wanted) = (bins(&project), bins_of(request, plans)?);
    let mut built = build::Built::default();
    if !wanted.is_empty() {
        hand.tell("building what the commands run");
        built = build::artifacts(&build_command(request, &wanted), &project)?;
        hand.run.problems.extend(built.problems.iter().cloned());
    }
    // Their folder has a path of fixed length, and is the first on the path of all that is run.
    let folder = hand.scratch.join("bin");
    let mut copies = BTreeMap::new();
    for (bin, package) in &wanted {
        let Some(path) = built.artifacts.get(&(package.clone(), ArtifactKind::Bin, bin.clone())) else { continue };
        let Some(bytes) = files::read(path, layout::EXECUTABLE_BYTES_AT_MOST)? else { continue };
        let copy = folder.join(bin);
        files::write_executable(&copy, without_debug_information(&bytes).as_deref().unwrap_or(&bytes))?;
        copies.insert(bin.clone(), copy);
    }
    let places: Vec<_> = plans.iter().map(|plan| place(request, plan, &known, &copies)).collect();
    let programs: Vec<&Path> = places
        .iter()
        .flatten()
        .map(|place| place.path.as_path())
        .chain(copies.values().map(PathBuf::as_path))
        .collect();
    let libraries = layout::libraries(&hand.scratch, programs, &built)?;
    let variables = layout::variables(request.plan, &built, libraries, &hand.scratch);
    let crates = crates(&project);
    let laid = |plan: &CommandPlan, place: Place| -> Result<Laid> {
        let mut own = variables.clone();
        if let Some(path) = own.get_mut("PATH").filter(|_| !request.plan.env.contains_key("PATH")) {
            *path = format!("{}:{path}", folder.display());
        }
        own.extend(plan.env.clone());
        let bytes = files::read(&place.path, layout::EXECUTABLE_BYTES_AT_MOST)?.unwrap_or_default();
        Ok(Laid {
            unseen: unseen(&bytes),
            folder: request.project.root.join(plan.dir.as_deref().unwrap_or_default()),
            stdin: plan.stdin.as_ref().map(|path| request.project.root.join(path)),
            variables: own,
            named: place.named,
            path: place.path,
            note: place.note,
            crates: crates.clone(),
        })
    };
    let pairs = plans.iter().zip(places);
    pairs.map(|(plan, place)| place.map_or_else(|why| Ok(Err(why)), |place| laid(plan, place).map(Ok))).collect()
}

/// Why what is asked of the allocator cannot be seen from outside of a program.
fn unseen(bytes: &[u8]) -> Option<String> {
    if let Some(name) = own_allocator(bytes) {
        return Some(format!("its allocator is {name}"));
    }
    let is_elf = bytes.starts_with(b"\x7fELF");
    (is_elf && needed_libraries(bytes).is_empty()).then(|| "it is linked statically".to_owned())
}

struct Place {
    named: String,
    path: PathBuf,
    note: Option<String>,
}

fn fail(why: String, hint: impl Into<String>) -> Failure {
    Failure { code: Code::CommandFailed, why, hint: Some(hint.into()) }
}

/// Where the program of a command is: a binary of the workspace, a file of the repository, or a program of this machine.
fn place(
    request: &Request<'_>,
    plan: &CommandPlan,
    known: &BTreeMap<String, String>,
    copies: &BTreeMap<String, PathBuf>,
) -> std::result::Result<Place, Failure> {
    let root = &request.project.root;
    if let Some(bin) = plan.bins.iter().find(|bin| !known.contains_key(*bin)) {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let hint = format!("correct `bins`; binary targets are: {}", names.join(", "));
        return Err(fail(format!("there is no binary target `{bin}`"), hint));
    }
    let program = &plan.run[0];
    if let Some(bin) =
        std::iter::once(program).chain(&plan.bins).find(|bin| known.contains_key(*bin) && !copies.contains_key(*bin))
    {
        let hint = "the compiler's own messages stand above; it may need a feature: `--features`";
        return Err(Failure { code: Code::BuildFailed, ..fail(format!("cargo did not build `{bin}`"), hint) });
    }
    for (key, path) in [("stdin", &plan.stdin), ("dir", &plan.dir)] {
        let Some(path) = path else { continue };
        let is_there = if key == "dir" { files::is_dir(&root.join(path)) } else { files::is_file(&root.join(path)) };
        if !is_there {
            return Err(fail(
                format!("there is no `{path}` here"),
                format!("make it before the check, or correct `{key}`"),
            ));
        }
    }
    if let Some(path) = copies.get(program) {
        return Ok(Place { named: path.to_string_lossy().into_owned(), path: path.clone(), note: None });
    }
    if program.contains('/') {
        let path = root.join(program);
        if !files::is_file(&path) {
            let hint = "paths of programs are relative to `perfbudget.toml`; name a binary target to have it built";
            return Err(fail(format!("there is no program `{program}` here"), hint));
        }
        // As seen from the folder that it runs in, so that the text is the same in each checkout.
        let up = plan.dir.as_deref().map_or(0, |dir| dir.split('/').count());
        let named = if program.starts_with('/') { program.clone() } else { format!("./{}{program}", "../".repeat(up)) };
        return Ok(Place { named, path, note: None });
    }
    let Some(path) = env::programs(program).into_iter().next() else {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let known = if names.is_empty() { "there are none".to_owned() } else { names.join(", ") };
        let why = format!("`{program}` is no binary target of this workspace, and no program on the path");
        return Err(fail(why, format!("binary targets are: {known}; a script is named by its path: `./{program}`")));
    };
    let note = format!("its program is `{}` of this machine, for both sides", path.display());
    Ok(Place { named: path.to_string_lossy().into_owned(), path, note: Some(note) })
}
