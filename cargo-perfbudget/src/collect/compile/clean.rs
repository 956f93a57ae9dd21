//! Builds from nothing: what they take of the processor and of memory, with ourselves between cargo and the compiler.
//!
//! Cargo starts us as its `RUSTC_WRAPPER`; we start the wrapper that was there before, or the compiler, and note what it used,
//! see [`crate::sys::wrapper`]. Everything is built in a folder of its own, which is removed before and after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Measured, Metrics, counted, failed, options, packages_of, place, sampled, tree_command};
use crate::collect::Request;
use crate::collect::build::{self, Place};
use crate::collect::hand::Hand;
use crate::config::BuildPlan;
use crate::error::Result;
use crate::model::{Code, Failure, Metric};
use crate::sys::process::{self, Environment, Messages, Program};
use crate::sys::{env, files, usage, wrapper};

/// The largest of cargo's own configurations that is read.
const CONFIG_BYTES_AT_MOST: u64 = 4 << 20;
/// The largest note of a compiler process that is read.
const NOTE_BYTES_AT_MOST: u64 = 4 << 10;
/// What cargo starts besides compilers: build scripts and what they start; and cargo itself.
const NO_COMPILER: &str = "[cargo, and what build scripts start]";

/// The command that builds from nothing.
pub(super) fn command(request: &Request<'_>, plan: &BuildPlan, target_dir: &str) -> Program {
    let args = ["build", "--quiet", "--profile", &plan.profile].map(String::from);
    let place = Place { shown: false, ..place(request) };
    let args = args.into_iter().chain(packages_of(plan)).collect();
    let mut program = build::command(&place, &options(request, plan), args, Some(target_dir));
    program.stdout = super::MESSAGES;
    program.stderr = Messages::Tail;
    program
}

/// Builds as often as the plan says.
///
/// # Errors
/// Where cargo cannot be run, or a folder cannot be written.
pub(super) fn measure(hand: &Hand<'_>, plan: &BuildPlan) -> Result<Metrics> {
    let request = hand.request;
    // What has to be fetched is fetched before the clock runs.
    let tree = tree_command(request, plan);
    let finished = process::run(&tree)?;
    if !finished.success() {
        return Ok(Err(failed("cargo does not tell the packages of the build", &finished, &tree)));
    }
    let folder = hand.home().join("run").join("clean");
    let (mut cpu, mut peak, mut costs) = (Vec::new(), Vec::new(), BTreeMap::new());
    for build in 0..plan.builds {
        (request.tell)(build as usize, plan.builds as usize, "building from nothing");
        let once = build_once(request, plan, &folder);
        files::remove_dir(&folder)?;
        match once? {
            Ok(Once { cpu_nanos, peak_bytes, by_crate }) => {
                cpu.extend(cpu_nanos);
                peak.extend(peak_bytes);
                costs = by_crate;
            }
            Err(failure) => return Ok(Err(failure)),
        }
    }
    let measured = |values: &[u64], profile: BTreeMap<String, u64>| -> Option<Measured> {
        Some((sampled(values)?, counted(profile).1))
    };
    let cpu = measured(&cpu, costs).map(|measured| (Metric::BuildCpuTime, measured));
    let peak = measured(&peak, BTreeMap::new()).map(|measured| (Metric::BuildPeakMemory, measured));
    Ok(Ok(cpu.into_iter().chain(peak).collect()))
}

/// What one build used; nothing of it where the system does not tell.
struct Once {
    cpu_nanos: Option<u64>,
    peak_bytes: Option<u64>,
    /// Nanoseconds on the processor, by crate.
    by_crate: BTreeMap<String, u64>,
}

fn build_once(request: &Request<'_>, plan: &BuildPlan, folder: &Path) -> Result<std::result::Result<Once, Failure>> {
    files::remove_dir(folder)?;
    let (target, notes) = (folder.join("target"), folder.join("notes"));
    files::make_dir(&notes)?;
    let target = target.to_string_lossy().into_owned();
    let mut program = command(request, plan, &target);
    let shown = program.clone();
    let variables = [
        ("RUSTC_WRAPPER", env::own_program()?.to_string_lossy().into_owned()),
        (wrapper::NOTES, notes.to_string_lossy().into_owned()),
        (wrapper::NEXT, existing(&request.project.root).unwrap_or_default()),
        // Newer cargos put what lies between elsewhere, where the user says so.
        ("CARGO_BUILD_BUILD_DIR", target),
    ];
    let mut all = match program.env {
        Environment::Inherited(more) | Environment::Only(more) => more,
    };
    all.extend(variables.map(|(name, value)| (name.to_owned(), value)));
    program.env = Environment::Inherited(all);
    let (finished, used) = usage::run(&program)?;
    if !finished.success() {
        return Ok(Err(failed(&format!("the build `{}` from nothing failed", plan.profile), &finished, &shown)));
    }
    let mut by_crate: BTreeMap<String, u64> = BTreeMap::new();
    let mut peak_bytes = None;
    for path in files::list(&notes)? {
        let text = files::read_text(&path, NOTE_BYTES_AT_MOST)?.unwrap_or_default();
        let Some(note) = wrapper::Note::read(&text) else { continue };
        peak_bytes = peak_bytes.max(note.peak_bytes);
        let sum = by_crate.entry(note.name).or_default();
        *sum = sum.saturating_add(note.cpu_nanos.unwrap_or(0));
    }
    if by_crate.is_empty() {
        return Ok(Err(Failure {
            code: Code::BuildFailed,
            why: format!("the build `{}` from nothing started no compiler through us", plan.profile),
            hint: Some("look at `RUSTC_WRAPPER` and `build.rustc-wrapper`".to_owned()),
        }));
    }
    let cpu_nanos = used.cpu.and_then(|cpu| u64::try_from(cpu.as_nanos()).ok());
    let compilers: u64 = by_crate.values().fold(0, |sum, own| sum.saturating_add(*own));
    by_crate.insert(NO_COMPILER.to_owned(), cpu_nanos.unwrap_or(0).saturating_sub(compilers));
    Ok(Ok(Once { cpu_nanos, peak_bytes, by_crate }))
}

/// The wrapper that the user has, by cargo's own order: the variables, then the configurations from the project's folder up,
/// then the user's own. `None` where there is none.
fn existing(root: &Path) -> Option<String> {
    let by_variable = ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"].into_iter().find_map(env::text);
    let folders = root.ancestors().map(|folder| folder.join(".cargo")).chain(env::cargo_home());
    let configured = || {
        folders.into_iter().find_map(|folder| {
            let paths = [folder.join("config"), folder.join("config.toml")];
            let text = paths.iter().find_map(|path| files::read_text(path, CONFIG_BYTES_AT_MOST).ok().flatten())?;
            configured(&text, &folder)
        })
    };
    by_variable.or_else(configured).filter(|wrapper| !wrapper.is_empty())
}

/// `build.rustc-wrapper` of one of cargo's configurations: a path is relative to the folder that `.cargo` is in, a name is
/// looked for as any program is.
fn configured(text: &str, folder: &Path) -> Option<String> {
    let root = toml_span::parse(text).ok()?;
    let wrapper = root.as_table()?.get("build")?.as_table()?.get("rustc-wrapper")?.as_str()?;
    let is_path = wrapper.contains(['/', '\\']);
    let above = folder.parent().unwrap_or(folder);
    let path = if is_path { above.join(wrapper) } else { PathBuf::from(wrapper) };
    Some(path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wrapper_is_found_as_cargo_finds_it() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(configured(text, Path::new("/w/.cargo")).as_deref(), expected, "{text}");
        };
        check("[build]\nrustc-wrapper = \"sccache\"\n", Some("sccache"));
        check("build.rustc-wrapper = \"tools/wrap\"\n", Some("/w/tools/wrap"));
        check("[build]\nrustc-wrapper = \"/usr/bin/sccache\"\n", Some("/usr/bin/sccache"));
        check("[build]\nrustc-wrapper = \"\"\n", Some(""));
        check("[build]\njobs = 2\n", None);
        check("[build\n", None);
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "(\\[build\\]|rustc-wrapper|=|\"|\n|\\PC){0,30}") {
            let _ = configured(&text, Path::new("/w/.cargo"));
        }
    }
}
