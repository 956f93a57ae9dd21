//! Laying out: bench executables and libraries at paths of a fixed length, in an environment that is the same everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::benches::cuts::is_criterion;
use super::build::Built;
use super::executable::{Harness, build_id, harness, loadable_digest, needed_libraries, without_debug_information};
use super::hand::Executable;
use super::project::{BenchTarget, cargo};
use crate::config::Plan;
use crate::error::Result;
use crate::model::{Code, Problem};
use crate::sys::{env, files};

/// Paths of executables are padded to a multiple of this, so that the name of a user or checkout does not show in them.
const PATH_BYTES: usize = 256;
/// The environment is padded to a multiple of this. Arbitrary: several times a usual one.
pub const ENVIRONMENT_BYTES: usize = 16 * 1024;
/// The largest executable that is read.
pub const EXECUTABLE_BYTES_AT_MOST: u64 = 4 << 30;
/// The largest source file that is read.
const SOURCE_BYTES_AT_MOST: u64 = 16 << 20;
/// The longest name of a folder.
const NAME_BYTES_AT_MOST: usize = 255;
/// Where distributions put debug information that belongs to a library.
const DEBUG_FOLDER: &str = "/usr/lib/debug/.build-id";
/// Where the dynamic linker looks.
const LIBRARY_FOLDERS: [&str; 8] = [
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
];

/// A folder of our own below `home`, whose path has a fixed length.
#[must_use]
pub fn scratch(home: &Path) -> PathBuf {
    let base = home.join("run");
    // One separator, and at least one letter.
    let taken = base.as_os_str().len() + 2;
    let room = PATH_BYTES - taken % PATH_BYTES + 1;
    base.join("_".repeat(room.min(NAME_BYTES_AT_MOST)))
}

/// What became of the bench targets that were built.
#[derive(Debug, Default)]
pub struct LaidOut {
    /// Those built on a harness that is known, ready to be run.
    pub executables: Vec<Executable>,
    /// Those that have no symbols.
    pub stripped: Vec<BenchTarget>,
    /// Those that cannot be measured.
    pub problems: Vec<Problem>,
}

/// Recognises executables by the symbols of their harness, and copies them to where they are run.
///
/// # Errors
/// Where a file cannot be read or written.
pub fn executables(scratch: &Path, targets: &[BenchTarget], built: &Built) -> Result<LaidOut> {
    let mut laid_out = LaidOut::default();
    for bench in targets {
        let Some(path) = built.benches.get(&bench.target) else { continue };
        let Some(bytes) = files::read(path, EXECUTABLE_BYTES_AT_MOST)? else { continue };
        let harness = harness(&bytes, is_criterion);
        match harness {
            Harness::Criterion | Harness::Divan | Harness::Gungraun(_) => {}
            Harness::Libtest => {
                if let Some(forgotten) = forgotten_harness(bench) {
                    laid_out.problems.push(forgotten);
                    continue;
                }
            }
            Harness::Stripped => {
                laid_out.stripped.push(bench.clone());
                continue;
            }
            Harness::Foreign => {
                laid_out.problems.push(Problem {
                    code: Code::HarnessForeign,
                    target: Some(bench.target.clone()),
                    message: format!("`{}` is built on no harness that is known, and was not executed", bench.target),
                    hint: None,
                });
                continue;
            }
        }
        let copy = scratch.join(&bench.target.package).join(&bench.target.name);
        let quick = match harness {
            // How far back DHAT sees, and with it what gungraun counts, depends on debug information.
            Harness::Gungraun(_) => None,
            _ => without_debug_information(&bytes),
        };
        files::write_executable(&copy, quick.as_deref().unwrap_or(&bytes))?;
        laid_out.executables.push(Executable {
            bench: bench.clone(),
            harness,
            path: copy,
            digest: loadable_digest(&bytes),
        });
    }
    Ok(laid_out)
}

/// What is wrong with a target that is written for criterion and built on Rust's own harness, which then runs nothing of it.
fn forgotten_harness(bench: &BenchTarget) -> Option<Problem> {
    let source = files::read(&bench.source, SOURCE_BYTES_AT_MOST).ok()??;
    String::from_utf8_lossy(&source).contains("criterion_main!").then(|| Problem {
        code: Code::HarnessForeign,
        target: Some(bench.target.clone()),
        message: format!(
            "`{}` calls `criterion_main!` and is built on Rust's own harness, which runs none of it",
            bench.target
        ),
        hint: Some("write `harness = false` into its `[[bench]]` in `Cargo.toml`".into()),
    })
}

/// Copies of the libraries that the executables need and that have separate debug information, which takes valgrind longer
/// to read than most benchmarks take to run. Returns the folder, if there are any.
///
/// # Errors
/// Where a copy cannot be written.
pub fn libraries<'a>(
    scratch: &Path,
    executables: impl IntoIterator<Item = &'a Path>,
    built: &Built,
) -> Result<Option<PathBuf>> {
    let folder = scratch.join("lib");
    let search: Vec<PathBuf> =
        built.library_folders.iter().cloned().chain(LIBRARY_FOLDERS.iter().map(PathBuf::from)).collect();
    let mut names: Vec<String> = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for executable in executables {
        if let Some(bytes) = files::read(executable, EXECUTABLE_BYTES_AT_MOST)? {
            names.extend(needed_libraries(&bytes));
        }
    }
    let mut copied = false;
    while let Some(name) = names.pop() {
        // The dynamic linker itself is found by its own path.
        if !known.insert(name.clone()) || name.starts_with("ld-") || name.contains('/') {
            continue;
        }
        let Some(path) = search.iter().map(|folder| folder.join(&name)).find(|path| files::is_file(path)) else {
            continue;
        };
        let Ok(Some(bytes)) = files::read(&path, EXECUTABLE_BYTES_AT_MOST) else { continue };
        names.extend(needed_libraries(&bytes));
        let Some(id) = build_id(&bytes).filter(|id| id.len() > 2) else { continue };
        let debug = Path::new(DEBUG_FOLDER).join(&id[..2]).join(format!("{}.debug", &id[2..]));
        if files::is_file(&debug)
            && let Some(copy) = without_debug_information(&bytes)
        {
            files::write_executable(&folder.join(&name), &copy)?;
            copied = true;
        }
    }
    Ok(copied.then_some(folder))
}

/// The environment of every measured program, but for what differs by target: fixed values, the configured ones, and where
/// libraries are. Nothing else of the caller's.
#[must_use]
pub fn variables(plan: &Plan, built: &Built, libraries: Option<PathBuf>, scratch: &Path) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = [
        ("CARGO", cargo()),
        ("CRITERION_HOME", scratch.join("criterion").to_string_lossy().into_owned()),
        ("HOME", "/".into()),
        ("LC_ALL", "C".into()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
        ("TZ", "UTC".into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let mut folders: Vec<PathBuf> = libraries.into_iter().chain(built.library_folders.iter().cloned()).collect();
    // As cargo does: its own dynamic libraries, and those of the compiler that it passes to us.
    let built_in = built.benches.values().filter_map(|path| path.parent());
    folders.extend(built_in.map(Path::to_owned).collect::<BTreeSet<_>>());
    folders.dedup();
    let folders: Vec<String> = folders.iter().map(|folder| folder.to_string_lossy().into_owned()).collect();
    variables.insert("LD_LIBRARY_PATH".into(), folders.join(":"));
    variables.extend(plan.pass_env.iter().filter_map(|name| Some((name.clone(), env::var(name)?))));
    variables.extend(plan.env.clone());
    variables
}

/// The same variables, and one more that fills them up to a multiple of so many bytes. The environment lies above the stack:
/// a round size keeps the stack where it is, whatever the length of a user's name or path.
#[must_use]
pub fn padded(mut variables: BTreeMap<String, String>, room: usize) -> BTreeMap<String, String> {
    let bytes: usize = variables.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let padding = room - (bytes + "PERFBUDGET_PAD".len() + 2) % room;
    variables.insert("PERFBUDGET_PAD".into(), "_".repeat(padding));
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::project::OwnBenches;
    use crate::model::Target;

    /// What is said of a target that is built as this test is, on Rust's own harness, from that source.
    fn problems_of(source: &str) -> Vec<Problem> {
        let target = Target { package: "shop".into(), name: "cart".into() };
        let bench = BenchTarget {
            own: OwnBenches::None,
            likely: Harness::Criterion,
            target: target.clone(),
            spec: "shop".into(),
            folder: PathBuf::new(),
            source: Path::new(env!("CARGO_MANIFEST_DIR")).join(source),
            required_features: Vec::new(),
            variables: BTreeMap::new(),
        };
        let benches = BTreeMap::from([(target, std::env::current_exe().unwrap())]);
        let built = Built { benches, ..Built::default() };
        executables(Path::new("/nowhere"), &[bench], &built).unwrap().problems
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_forgotten_harness_is_told_by_the_source_and_other_tests_are_passed_by() {
        let [problem] = &problems_of("src/collect/layout.rs")[..] else { panic!("this file names the macro") };
        assert_eq!(problem.code, Code::HarnessForeign);
        assert_eq!(problems_of("src/collect/mod.rs"), []);
        assert_eq!(problems_of("src/collect/nowhere.rs"), []);
    }

    #[test]
    fn scratch_folders_have_one_length_wherever_they_are() {
        let length = |home: &str| scratch(Path::new(home)).as_os_str().len();
        assert_eq!(
            length("/home/bob/x/target/perfbudget"),
            length("/runner/_work/a-much-longer-name/target/perfbudget")
        );
        assert_eq!(length("/a"), length("/ab"));
    }
}
