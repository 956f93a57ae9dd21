//! The runner: which version of it a target needs, where it is looked for, and the command that installs it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::library::Library;
use crate::collect::lock;
use crate::collect::project::{BenchTarget, Project};
use crate::error::Result;
use crate::model::{Code, Problem};
use crate::sys::process::{self, Program};
use crate::sys::{env, files};

/// How long a runner may take to tell its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest lock file that is read.
const LOCK_BYTES_AT_MOST: u64 = 32 << 20;

/// A runner that is needed: it refuses to work for a library of another version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needed {
    /// Whose.
    pub library: Library,
    /// The library's version.
    pub version: String,
}

/// What was found of a runner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is there.
    Equal(PathBuf),
    /// There is one of another version: where, and which.
    Other(PathBuf, String),
    /// There is none.
    Missing,
}

/// Where a runner is to be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Where cargo installs programs, in the place of another version.
    Usual,
    /// In a folder of our own, beside other versions.
    Own,
}

impl Needed {
    /// The version that the lock file holds for a package; `None` where that cannot be told.
    ///
    /// # Errors
    /// Where the lock file is there and cannot be read.
    pub fn of(library: Library, package: &str, root: &Path) -> Result<Option<Needed>> {
        let lock = files::read_text(&root.join("Cargo.lock"), LOCK_BYTES_AT_MOST)?.unwrap_or_default();
        Ok(lock::version_for(&lock, package, library.package()).map(|version| Needed { library, version }))
    }

    /// The runners that these targets may need, as their packages' dependencies tell, and the libraries whose version is not
    /// known.
    ///
    /// # Errors
    /// As [`Needed::of`].
    pub fn of_all(project: &Project, targets: &[BenchTarget]) -> Result<(BTreeSet<Needed>, BTreeSet<Library>)> {
        let packages: BTreeSet<&str> = targets.iter().map(|bench| bench.target.package.as_str()).collect();
        let (mut all, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for package in packages {
            for library in Library::ALL.into_iter().filter(|library| project.depends_on(package, library.package())) {
                match Needed::of(library, package, &project.root)? {
                    Some(needed) => all.insert(needed),
                    None => unknown.insert(library),
                };
            }
        }
        Ok((all, unknown))
    }

    /// Its name and version, as a person writes them.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.library.runner(), self.version)
    }

    fn own_room(&self) -> PathBuf {
        env::cache_dir().join("runners").join(format!("{}-{}", self.library.runner(), self.version))
    }

    /// The variable that names the runner to a compiler that builds the benchmarks, which then know no other.
    fn variable(&self) -> String {
        format!("{}_RUNNER", self.library.prefix())
    }

    /// Looks for it: where the user says that it is, in our own folder, on the path, and where cargo installs.
    #[must_use]
    pub fn find(&self) -> Found {
        let name = self.library.runner();
        let places = match env::var(&self.variable()) {
            Some(named) => vec![PathBuf::from(named)],
            None => {
                let own = self.own_room().join("bin").join(name);
                let usual = env::cargo_home().map(|home| home.join("bin").join(name));
                [vec![own], env::programs(name), usual.into_iter().collect()].concat()
            }
        };
        let mut found = Found::Missing;
        for path in places.into_iter().filter(|path| files::is_file(path)) {
            match version(&path, name) {
                Some(version) if version == self.version => return Found::Equal(path),
                other if found == Found::Missing => {
                    found = Found::Other(path, other.unwrap_or_else(|| "unknown".into()));
                }
                _ => {}
            }
        }
        found
    }

    /// The command that installs it.
    #[must_use]
    pub fn install(&self, room: Room) -> Program {
        let program = Program::new("cargo");
        let program = program.args(["install", self.library.runner(), "--version", &self.version, "--locked"]);
        match room {
            Room::Usual => program,
            Room::Own => program.args(["--root".into(), self.own_room().into_os_string()]),
        }
    }

    /// What is wrong with what was found, and in which words; `None` where it is there.
    #[must_use]
    pub fn complaint(&self, found: &Found) -> Option<(Code, String)> {
        match found {
            Found::Equal(_) => None,
            Found::Missing => Some((Code::ToolMissing, format!("`{}` is not installed", self.name()))),
            Found::Other(path, version) => {
                let named =
                    env::var(&self.variable()).map_or(String::new(), |_| format!(", by `{}`,", self.variable()));
                let (name, path) = (self.name(), path.display());
                Some((Code::ToolVersion, format!("`{name}` is needed, and `{path}`{named} is version {version}")))
            }
        }
    }

    /// The finding of a target that cannot be measured without it.
    #[must_use]
    pub fn problem(&self, found: &Found, bench: &BenchTarget, room: Room) -> Option<Problem> {
        let (code, complaint) = self.complaint(found)?;
        Some(Problem {
            code,
            target: Some(bench.target.clone()),
            message: format!("`{}` was not measured: {complaint}", bench.target),
            hint: Some(self.install(room).shown()),
        })
    }
}

/// The version that a runner tells; `None` where it is none, or tells none.
fn version(path: &Path, name: &str) -> Option<String> {
    let mut program = Program::new(path).args(["--version"]);
    program.timeout = Some(VERSION_TIMEOUT);
    let finished = process::run(&program).ok()?;
    told(&finished.text(), &String::from_utf8_lossy(&finished.stderr), name)
}

/// `gungraun-runner 0.20.0` on stdout; those of iai-callgrind know no `--version`, and complain that `iai-callgrind-runner
/// (0.16.1)` was not told the library's.
fn told(stdout: &str, stderr: &str, name: &str) -> Option<String> {
    let mut words = stdout.split_whitespace();
    if words.next() == Some(name) {
        return words.next().map(str::to_owned);
    }
    let (_, complaint) = stderr.split_once(&format!("{name} ("))?;
    complaint.split_once(')').map(|(version, _)| version.to_owned())
}

/// What was found of each runner, so that each is looked for once.
#[derive(Debug, Default)]
pub struct Runners(BTreeMap<Needed, Found>);

impl Runners {
    /// What is there of that runner.
    pub fn get(&mut self, needed: &Needed) -> &Found {
        self.0.entry(needed.clone()).or_insert_with(|| needed.find())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runner_tells_its_version_in_one_way_or_another() {
        let check = |stdout: &str, stderr: &str, name: &str, version: Option<&str>| {
            assert_eq!(told(stdout, stderr, name).as_deref(), version, "{stdout}{stderr}");
        };
        let complaint = "iai_callgrind_runner: Error: No version information found for iai-callgrind but \
                         iai-callgrind-runner (0.16.1) is >= '0.3.0'. Please update iai-callgrind to '0.16.1'\n";
        check("gungraun-runner 0.20.0\n", "", "gungraun-runner", Some("0.20.0"));
        check("", complaint, "iai-callgrind-runner", Some("0.16.1"));
        check("true (GNU coreutils) 9.1\n", "", "gungraun-runner", None);
        check("", "", "gungraun-runner", None);
    }
}
