//! Building: the cargo commands, and what their messages say was built.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

use cargo_metadata::Message;

use super::project::{BenchTarget, CargoOptions, Project, cargo};
use crate::error::Result;
use crate::model::{ArtifactKind, Code, Problem, Target};
use crate::sys::process::{self, Environment, Messages, Program};

/// What was built, and what could not be.
#[derive(Debug, Default)]
pub struct Built {
    /// Executables of bench targets.
    pub benches: BTreeMap<Target, PathBuf>,
    /// Files of binaries and dynamic libraries: package, kind, target name.
    pub artifacts: BTreeMap<(String, ArtifactKind, String), PathBuf>,
    /// Folders in which build scripts have put libraries.
    pub library_folders: BTreeSet<PathBuf>,
    /// Targets that could not be built.
    pub problems: Vec<Problem>,
}

/// By these a toolchain that was chosen before would win over a folder's own toolchain file.
pub const TOOLCHAIN_VARIABLES: [&str; 4] = ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC", "RUSTDOC"];

/// What `cargo run` tells the program that it starts. A project's own `xtask` that calls us would pass it on, and build scripts
/// that ask for it, ring's for one, would run again, with all that depends on them.
const VARIABLES_OF_CARGO_RUN: [&str; 17] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
    "OUT_DIR",
];

/// How a build is run: where, and with which additions to the environment.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The folder to run cargo in, where a toolchain file may stand.
    pub folder: PathBuf,
    /// Added to the environment.
    pub variables: BTreeMap<String, String>,
    /// Whether cargo's messages are shown as they come.
    pub shown: bool,
    /// Whether the folder's own toolchain file counts, and not the toolchain that runs us.
    pub pinned: bool,
}

/// The command that builds bench targets.
#[must_use]
pub fn bench_command(
    place: &Place,
    options: &CargoOptions,
    targets: &[BenchTarget],
    target_dir: Option<&str>,
) -> Program {
    let packages: BTreeSet<&str> = targets.iter().map(|target| target.spec.as_str()).collect();
    let benches: BTreeSet<&str> = targets.iter().map(|target| target.target.name.as_str()).collect();
    let mut args: Vec<String> =
        ["bench", "--no-run", "--message-format=json-render-diagnostics"].map(String::from).into();
    args.extend(packages.iter().flat_map(|spec| ["-p".to_owned(), (*spec).to_owned()]));
    args.extend(benches.iter().flat_map(|name| ["--bench".to_owned(), (*name).to_owned()]));
    if let Some(profile) = &options.profile {
        args.extend(["--profile".into(), profile.clone()]);
    }
    command(place, options, args, target_dir)
}

/// The command that builds the files whose size counts, of the packages with these specs.
#[must_use]
pub fn artifact_command(
    place: &Place,
    options: &CargoOptions,
    packages: &[String],
    target_dir: Option<&str>,
    what: &[String],
) -> Program {
    let mut args: Vec<String> = ["build", "--message-format=json-render-diagnostics"].map(String::from).into();
    args.extend(packages.iter().flat_map(|spec| ["-p".to_owned(), spec.clone()]));
    args.extend_from_slice(what);
    args.extend(["--profile".into(), options.profile.clone().unwrap_or_else(|| "release".into())]);
    command(place, options, args, target_dir)
}

/// A command of cargo's with the user's options.
pub(super) fn command(
    place: &Place,
    options: &CargoOptions,
    mut args: Vec<String>,
    target_dir: Option<&str>,
) -> Program {
    args.extend(options.build_args());
    if let Some(path) = &options.manifest_path {
        args.extend(["--manifest-path".into(), path.to_string_lossy().into_owned()]);
    }
    if let Some(folder) = target_dir
        .map(str::to_owned)
        .or_else(|| options.target_dir.as_ref().map(|folder| folder.to_string_lossy().into_owned()))
    {
        args.extend(["--target-dir".into(), folder]);
    }
    let cargo = if place.pinned { "cargo".to_owned() } else { cargo() };
    let mut program = Program::new(cargo).args(args.into_iter().map(OsString::from)).cwd(&place.folder);
    program.removed = VARIABLES_OF_CARGO_RUN.map(String::from).into();
    if place.pinned {
        program.removed.extend(TOOLCHAIN_VARIABLES.map(String::from));
    }
    program.env = Environment::Inherited(place.variables.clone());
    program.stderr = if place.shown { Messages::Shown } else { Messages::Tail };
    program
}

/// Lets cargo mend the lock file in a folder, from what was downloaded already where it can be. The text says why it cannot.
///
/// # Errors
/// Where cargo cannot be run.
pub fn resolve(place: &Place, options: &CargoOptions) -> Result<std::result::Result<(), String>> {
    let args = || ["update", "--workspace", "--quiet"].map(String::from).to_vec();
    let plain = CargoOptions { offline: true, ..CargoOptions::default() };
    let mut finished = process::run(&command(place, &plain, args(), None))?;
    if !finished.success() && !options.offline {
        finished = process::run(&command(place, &CargoOptions::default(), args(), None))?;
    }
    Ok(if finished.success() { Ok(()) } else { Err(first_error(&finished).trim_start_matches(": ").to_owned()) })
}

/// Builds bench targets: all at once, and one by one where that fails, so that one broken target does not hide the rest.
///
/// # Errors
/// Where cargo cannot be run.
pub fn benches(
    place: &Place,
    project: &Project,
    options: &CargoOptions,
    targets: &[BenchTarget],
    target_dir: Option<&str>,
) -> Result<Built> {
    let mut built = Built::default();
    if targets.is_empty() {
        return Ok(built);
    }
    let finished = process::run(&bench_command(place, options, targets, target_dir))?;
    read_messages(&finished.stdout, project, &mut built);
    if !finished.success() {
        for target in targets {
            let program = bench_command(place, options, std::slice::from_ref(target), target_dir);
            let finished = process::run(&program)?;
            read_messages(&finished.stdout, project, &mut built);
            if !finished.success() {
                built.benches.remove(&target.target);
                let said = first_error(&finished);
                built.problems.push(Problem {
                    code: Code::BuildFailed,
                    target: Some(target.target.clone()),
                    message: format!("the bench target `{}` could not be built{said}", target.target),
                    hint: Some(format!(
                        "cargo bench --no-run -p {} --bench {}",
                        target.target.package, target.target.name
                    )),
                });
            }
        }
    }
    // `--bench NAME` with several packages builds every target of that name; only those that were asked for count.
    built.benches.retain(|name, _| targets.iter().any(|target| target.target == *name));
    for target in targets {
        if !built.benches.contains_key(&target.target)
            && !built.problems.iter().any(|problem| problem.target.as_ref() == Some(&target.target))
        {
            let needs = target.required_features.join(",");
            built.problems.push(Problem {
                code: Code::BuildFailed,
                target: Some(target.target.clone()),
                message: format!("the bench target `{}` was not built", target.target),
                hint: (!needs.is_empty()).then(|| format!("it needs `--features {needs}`")),
            });
        }
    }
    Ok(built)
}

/// Builds the files whose size counts.
///
/// # Errors
/// Where cargo cannot be run.
pub fn artifacts(program: &Program, project: &Project) -> Result<Built> {
    let mut built = Built::default();
    let finished = process::run(program)?;
    read_messages(&finished.stdout, project, &mut built);
    if !finished.success() {
        let said = first_error(&finished);
        built.problems.push(Problem {
            code: Code::BuildFailed,
            target: None,
            message: format!("the binaries could not be built{said}"),
            hint: Some(program.shown().replace(" --message-format=json-render-diagnostics", "")),
        });
    }
    Ok(built)
}

/// The compiler's own first error and what caused it, where its messages were kept rather than shown.
pub(super) fn first_error(finished: &process::Finished) -> String {
    let text = String::from_utf8_lossy(&finished.stderr);
    let mut lines = text.lines().skip_while(|line| !line.starts_with("error"));
    let Some(error) = lines.next() else { return String::new() };
    let mut said = format!(": {error}");
    let mut lines = lines.take_while(|line| !line.starts_with("error"));
    while lines.by_ref().any(|line| line == "Caused by:") {
        let cause = lines.next().unwrap_or_default().trim();
        said.push_str(": ");
        said.push_str(cause);
    }
    said
}

/// Reads cargo's messages, one JSON document a line; lines that are none are passed over, as cargo itself asks.
fn read_messages(output: &[u8], project: &Project, built: &mut Built) {
    for message in Message::parse_stream(output).filter_map(std::result::Result::ok) {
        match message {
            Message::CompilerArtifact(artifact) => {
                let Some(package) = project.packages.iter().find(|package| package.id == artifact.package_id) else {
                    continue;
                };
                let (package, name) = (package.name.to_string(), artifact.target.name.clone());
                if artifact.target.is_bench() {
                    if let Some(path) = artifact.executable {
                        built.benches.insert(Target { package, name }, path.into_std_path_buf());
                    }
                } else if artifact.profile.test {
                    // The unit tests of a library are an executable, too.
                } else if artifact.target.is_bin() {
                    if let Some(path) = artifact.executable {
                        built.artifacts.insert((package, ArtifactKind::Bin, name), path.into_std_path_buf());
                    }
                } else if artifact.target.is_cdylib() {
                    let path = artifact
                        .filenames
                        .into_iter()
                        .find(|path| matches!(path.extension(), Some("so" | "dylib" | "dll" | "wasm")));
                    if let Some(path) = path {
                        built.artifacts.insert((package, ArtifactKind::Cdylib, name), path.into_std_path_buf());
                    }
                }
            }
            Message::BuildScriptExecuted(script) => {
                for path in script.linked_paths {
                    let path = path.as_str().split_once('=').map_or(path.as_str(), |(_, path)| path);
                    built.library_folders.insert(PathBuf::from(path));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::process::{Ending, Finished};

    fn check(stderr: &str, said: &str) {
        let stderr = stderr.as_bytes().to_vec();
        assert_eq!(first_error(&Finished { ending: Ending::Exited(101), stdout: Vec::new(), stderr }), said);
    }

    #[test]
    fn an_error_of_cargos_is_told_with_its_causes() {
        check("", "");
        check("   Compiling shop v0.1.0\n", "");
        check(
            "   Compiling shop v0.1.0\nerror: couldn't prepare build directories\n\nCaused by:\n  failed to create \
             directory `/b/release/deps`\n\nCaused by:\n  No space left on device (os error 28)\n",
            ": error: couldn't prepare build directories: failed to create directory `/b/release/deps`: No space left on \
             device (os error 28)",
        );
        check(
            "error[E0308]: mismatched types\n --> a.rs\nerror: could not compile\n\nCaused by:\n  no\n",
            ": error[E0308]: mismatched types",
        );
    }
}
