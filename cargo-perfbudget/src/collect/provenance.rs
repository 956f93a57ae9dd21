//! Provenance: the facts of this machine and of the code's state that numbers depend on.

use std::collections::BTreeMap;
use std::path::Path;

use super::build::TOOLCHAIN_VARIABLES;
use super::callgrind::ADAPTER;
use super::executable::digest;
use crate::error::{Error, Result};
use crate::model::{Environment, Family};
use crate::sys::process::{self, Program};
use crate::sys::{env, files};

/// The oldest valgrind whose dumps were tried.
const VALGRIND_AT_LEAST: (u32, u32) = (3, 18);
/// The largest lock file, manifest or system file that is read.
const TEXT_BYTES_AT_MOST: u64 = 32 << 20;

/// Why instructions cannot be counted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoValgrind {
    /// It does not run on this kind of machine at all.
    Unsupported,
    /// It is not installed.
    Missing,
    /// It is older than what was tried, or says no version: what it said.
    Version(String),
    /// It is there and does not work: why.
    Broken(String),
}

/// The compiler, as it describes itself: its first line, and the machine that it runs on.
///
/// # Errors
/// Where it cannot be run.
pub fn rustc(folder: &Path, pinned: bool) -> Result<(String, String)> {
    let own = env::var("RUSTC").filter(|_| !pinned);
    let mut program = Program::new(own.unwrap_or_else(|| "rustc".into())).args(["-vV"]).cwd(folder);
    if pinned {
        program.removed = TOOLCHAIN_VARIABLES.map(String::from).into();
    }
    let finished = process::run(&program)?;
    let text = finished.text();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    match (finished.success(), text.lines().next(), host) {
        (true, Some(version), Some(host)) => Ok((version.to_owned(), host.to_owned())),
        _ => Err(Error::environment(format!("cannot ask rustc for its version: {}", finished.last_words()))),
    }
}

/// Whether a compiler of that version takes unstable features, as Rust's own benchmarks are.
#[must_use]
pub fn is_nightly(version: &str) -> bool {
    version.contains("-nightly") || version.contains("-dev") || env::var("RUSTC_BOOTSTRAP").is_some()
}

/// The facts that what valgrind counts for a family depends on, where it works here.
///
/// # Errors
/// Why it does not, as a value: then the other metrics are still measured.
pub fn under_valgrind(host: &str, family: Family) -> std::result::Result<Environment, NoValgrind> {
    Ok(of_family(instructions(host)?, family))
}

/// The facts that what valgrind counts for a family depends on, of those that instruction counts depend on: the CPU is none
/// of the allocator's business.
#[must_use]
pub fn of_family(mut machine: Environment, family: Family) -> Environment {
    if family == Family::Heap {
        machine.0.remove("cpu");
    }
    machine
}

/// The facts that instruction counts depend on, where valgrind works here.
///
/// # Errors
/// Why it does not, as a value: then the other metrics are still measured.
pub fn instructions(host: &str) -> std::result::Result<Environment, NoValgrind> {
    let supported = cfg!(any(target_os = "linux", target_os = "freebsd"));
    if !supported {
        return Err(NoValgrind::Unsupported);
    }
    let version = process::run(&Program::new("valgrind").args(["--version"])).map_err(|_| NoValgrind::Missing)?;
    let version = version.text().trim().trim_start_matches("valgrind-").to_owned();
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) >= VALGRIND_AT_LEAST => {}
        _ => return Err(NoValgrind::Version(version)),
    }
    // What the measured program is told of the CPU, which is less than the CPU has.
    let probe = Program::new("valgrind").args(["--command-line-only=yes", "--tool=none", "--vgdb=no", "-v", "true"]);
    let probe = process::run(&probe).map_err(|why| NoValgrind::Broken(why.message))?;
    let said = String::from_utf8_lossy(&probe.stderr).into_owned();
    let Some(cpu) =
        said.lines().find_map(|line| line.split_once("Arch and hwcaps: ").map(|(_, rest)| rest.trim().to_owned()))
    else {
        return Err(NoValgrind::Broken(probe.last_words()));
    };
    Ok(Environment(BTreeMap::from([
        ("adapter".to_owned(), ADAPTER.to_owned()),
        ("cpu".to_owned(), cpu),
        ("libc".to_owned(), libc()),
        ("target".to_owned(), host.to_owned()),
        ("valgrind".to_owned(), version),
    ])))
}

/// The C library and its version, as `glibc 2.36` or `musl 1.2.4`.
fn libc() -> String {
    if let Ok(finished) = process::run(&Program::new("getconf").args(["GNU_LIBC_VERSION"]))
        && finished.success()
    {
        return finished.text().trim().to_owned();
    }
    let Ok(finished) = process::run(&Program::new("ldd").args(["--version"])) else { return "unknown".into() };
    let text = format!("{}\n{}", finished.text(), String::from_utf8_lossy(&finished.stderr));
    let version = text.lines().find_map(|line| line.strip_prefix("Version ")).map(str::trim);
    match version {
        Some(version) if text.contains("musl") => format!("musl {version}"),
        _ => "unknown".into(),
    }
}

/// The facts that a program's use of its heap depends on where it runs by itself.
#[must_use]
pub fn native(host: &str, adapter: &str) -> Environment {
    let facts = [("adapter", adapter.to_owned()), ("libc", libc()), ("target", host.to_owned())];
    Environment(facts.map(|(name, fact)| (name.to_owned(), fact)).into())
}

/// The facts that sizes depend on.
#[must_use]
pub fn bytes(target: &str) -> Environment {
    Environment(BTreeMap::from([("target".to_owned(), target.to_owned())]))
}

/// The facts that times depend on: the whole machine, as far as it tells.
#[must_use]
pub fn time(host: &str) -> Environment {
    let cpu = files::read_text(Path::new("/proc/cpuinfo"), TEXT_BYTES_AT_MOST).ok().flatten().unwrap_or_default();
    let cpu =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name.to_owned());
    let kernel = files::read_text(Path::new("/proc/sys/kernel/osrelease"), TEXT_BYTES_AT_MOST).ok().flatten();
    let kernel = kernel.unwrap_or_default().trim().split('.').take(2).collect::<Vec<_>>().join(".");
    Environment(BTreeMap::from([
        ("cores".to_owned(), env::cores().to_string()),
        ("cpu".to_owned(), cpu.unwrap_or_else(|| "unknown".into())),
        ("kernel".to_owned(), kernel),
        ("libc".to_owned(), libc()),
        ("target".to_owned(), host.to_owned()),
    ]))
}

/// The environment of each family that can be measured here, and why instructions cannot, where that is so.
pub type Machine = (BTreeMap<Family, Environment>, Option<NoValgrind>);

/// What of the code's state is reported: lock file, profile, flags, toolchain. Harness versions are added as they are seen.
///
/// # Errors
/// Where a file is there and cannot be read.
pub fn state(root: &Path, toolchain: &str, profile: Option<&str>) -> Result<Environment> {
    let mut facts = BTreeMap::from([("toolchain".to_owned(), toolchain.to_owned())]);
    let lock = lock_digest(root)?;
    if !lock.is_empty() {
        facts.insert("lock".into(), lock[..12].to_owned());
    }
    let manifest = files::read_text(&root.join("Cargo.toml"), TEXT_BYTES_AT_MOST)?.unwrap_or_default();
    let settings = profile_settings(&manifest);
    let name = profile.unwrap_or("bench");
    let settings =
        if settings.is_empty() { "as cargo has it".to_owned() } else { digest(settings.as_bytes())[..12].to_owned() };
    facts.insert("profile".into(), format!("{name}, {settings}"));
    let mut flags = Vec::new();
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"] {
        flags.extend(env::var(name).map(|value| format!("{name}={}", value.replace('\x1f', " "))));
    }
    for name in [".cargo/config.toml", ".cargo/config"] {
        if let Some(text) = files::read(&root.join(name), TEXT_BYTES_AT_MOST)? {
            flags.push(format!("{name} {}", &digest(&text)[..12]));
        }
    }
    if !flags.is_empty() {
        facts.insert("flags".into(), flags.join("; "));
    }
    Ok(Environment(facts))
}

/// The digest of a project's lock file; empty where it has none.
///
/// # Errors
/// Where it is there and cannot be read.
pub fn lock_digest(root: &Path) -> Result<String> {
    let lock = files::read(&root.join("Cargo.lock"), TEXT_BYTES_AT_MOST)?;
    Ok(lock.map(|lock| digest(&lock)).unwrap_or_default())
}

/// The lines of a manifest's profile tables, without comments and blanks.
fn profile_settings(manifest: &str) -> String {
    let mut inside = false;
    let mut settings = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.trim_start_matches('[').trim_start().starts_with("profile");
        }
        if inside && !line.is_empty() && !line.starts_with('#') {
            settings.push(line.split(" #").next().unwrap_or(line).trim_end());
        }
    }
    settings.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_profile_tables_count_and_comments_do_not() {
        let manifest = "[package]\nname = 'x'\n[profile.release]\n# why\nlto = true # fast\n\n[profile.bench]\ndebug = 1\n[dependencies]\n";
        assert_eq!(profile_settings(manifest), "[profile.release]\nlto = true\n[profile.bench]\ndebug = 1");
    }
}
