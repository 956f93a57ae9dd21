//! Another state of the code, measured here: one worktree outside of the repository, and its builds, for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Context;
use crate::collect::Expected;
use crate::collect::build::{self, Place};
use crate::collect::executable::digest;
use crate::collect::project::{CargoOptions, Project};
use crate::collect::{self, Request, lock};
use crate::error::Result;
use crate::model::{Key, Profile, Run, Scope, Subject};
use crate::sys::git::Repository;
use crate::sys::{env, files};

/// How much the builds may take on the disk.
const BUILD_BYTES_AT_MOST: u64 = 10 << 30;
/// The largest lock file that is read.
pub(super) const LOCK_BYTES_AT_MOST: u64 = 32 << 20;

/// The folder in which the worktree of this repository and its builds lie: outside of it, because cargo reads the
/// configuration of every folder above.
fn home(repository: &Repository) -> PathBuf {
    let name = digest(files::resolved(&repository.root).to_string_lossy().as_bytes());
    env::cache_dir().join("base").join(&name[..12])
}

/// What to measure, and how.
#[derive(Debug, Clone)]
pub(super) struct Order<'a> {
    /// The numbers that are wanted.
    pub(super) keys: BTreeSet<Key>,
    /// Values that one repeat confirms.
    pub(super) expected: BTreeMap<Key, Expected>,
    /// The user's options for cargo.
    pub(super) options: &'a CargoOptions,
    /// Whether kept measurements are believed.
    pub(super) reuse: bool,
    /// The user's own arguments for the benchmarks.
    pub(super) passed: &'a [String],
}

/// What was measured, with the profiles of what has one.
#[derive(Debug)]
pub(super) struct Measured {
    /// The values.
    pub(super) run: Run,
    /// What each function costs.
    pub(super) profiles: BTreeMap<Key, Profile>,
}

/// The worktree, held by one process at a time.
pub(super) struct Elsewhere<'a> {
    context: &'a Context,
    repository: &'a Repository,
    home: PathBuf,
    /// The project's top folder in the worktree.
    pub(super) folder: PathBuf,
    _lock: files::Lock,
}

impl<'a> Elsewhere<'a> {
    /// Waits for it.
    pub(super) fn open(context: &'a Context) -> Result<Elsewhere<'a>> {
        let Some(repository) = &context.repository else {
            return Err(crate::error::Error::environment("this is no git repository"));
        };
        let home = home(repository);
        let wait = || context.tell(0, 0, "waiting for another run of the base");
        let lock = files::Lock::acquire(&home.join("lock"), wait)?;
        let inside = repository.relative(&context.project.root).unwrap_or_default();
        let folder = home.join("worktree").join(inside);
        Ok(Elsewhere { context, repository, home, folder, _lock: lock })
    }

    /// Where results are kept that hold for a commit, whatever is checked out.
    pub(super) fn kept(repository: &Repository) -> PathBuf {
        home(repository).join("commits")
    }

    /// Puts a commit into the worktree. One folder for all commits: git gives each file that differs a new time, by which
    /// cargo knows what to build again.
    pub(super) fn check_out(&self, commit: &str) -> Result<()> {
        self.repository.check_out(&self.home.join("worktree"), commit)?;
        take_lock_file(self.context, &self.folder)
    }

    /// Builds what is in the worktree and measures the keys. The error's text says why that cannot be done.
    pub(super) fn measure(&self, order: Order<'_>, what: &str) -> Result<Measured> {
        let options = self.options(order.options);
        let target = self.target(&options);
        let families = order.keys.iter().map(|key| key.metric.family()).collect();
        let scope = Scope { families, keys: Some(order.keys.clone()), ..Scope::default() };
        let tell = |done, known, step: &str| self.context.tell(done, known, &format!("{what}: {step}"));
        let project = self.project(&options)?;
        let request = Request {
            expected: order.expected,
            passed: order.passed.to_vec(),
            reuse: order.reuse,
            ..self.request(&project, &options, scope, &target, &tell)
        };
        let outcome = collect::collect(&request);
        let profiles = order.keys.iter().filter_map(|key| Some((key.clone(), collect::profile(&target, key)?)));
        let profiles = profiles.collect();
        trim(&target)?;
        Ok(Measured { run: outcome?, profiles })
    }

    /// The subjects that are there to be measured.
    pub(super) fn subjects(&self, options: &CargoOptions, scope: Scope) -> Result<Vec<Subject>> {
        let options = self.options(options);
        let target = self.target(&options);
        let project = self.project(&options)?;
        let tell = |done, known, step: &str| self.context.tell(done, known, step);
        Ok(collect::list(&self.request(&project, &options, scope, &target, &tell))?.0)
    }

    /// The work tree as it is, as a commit that is on no branch.
    pub(super) fn snapshot(&self) -> Result<String> {
        self.repository.snapshot(&self.home.join("index"))
    }

    /// Lets cargo mend the lock file of what is in the worktree. The text says why it cannot.
    pub(super) fn resolve(&self, options: &CargoOptions) -> Result<std::result::Result<(), String>> {
        let pinned = has_toolchain_file(&self.folder, &self.home.join("worktree"));
        build::resolve(&Place { folder: self.folder.clone(), pinned, ..Place::default() }, options)
    }

    /// The user's options, but for those that say where.
    fn options(&self, options: &CargoOptions) -> CargoOptions {
        CargoOptions { manifest_path: None, target_dir: None, ..options.clone() }
    }

    /// The project in the worktree.
    fn project(&self, options: &CargoOptions) -> Result<Project> {
        Project::load(&self.folder, options).map_err(|why| {
            why.hint("what the commit does not hold, such as a path dependency outside of the repository, is not there")
        })
    }

    /// The manifests of all packages in the worktree, and the one at its top.
    pub(super) fn manifests(&self, options: &CargoOptions) -> Result<BTreeSet<PathBuf>> {
        let all = CargoOptions { packages: Vec::new(), workspace: true, ..self.options(options) };
        let packages = self.project(&all)?.packages;
        let own = packages.into_iter().map(|package| package.manifest_path.into_std_path_buf());
        Ok(own.chain([self.folder.join("Cargo.toml")]).collect())
    }

    /// Where everything is built.
    fn target(&self, options: &CargoOptions) -> PathBuf {
        let target = self.home.join("target");
        if !files::exists(&target) {
            // Saves building the dependencies again. Whole or not at all: cargo would believe half of a file, which has the
            // time of now. What cannot be copied, because the disk is full, say, is built.
            let copied = self.home.join("copied");
            let taken = files::remove_dir(&copied)
                .and_then(|()| take_dependencies(self.context, options, &copied))
                .and_then(|()| files::rename(&copied, &target));
            if taken.is_err() {
                let _ = files::remove_dir(&copied);
            }
        }
        target
    }

    fn request<'r>(
        &'r self,
        project: &'r Project,
        options: &'r CargoOptions,
        scope: Scope,
        target: &Path,
        tell: &'r (dyn Fn(usize, usize, &str) + Sync),
    ) -> Request<'r> {
        let worktree = self.home.join("worktree");
        Request {
            project,
            options,
            plan: &self.context.plan,
            scope,
            expected: BTreeMap::new(),
            repeats: super::REPEATS,
            passed: Vec::new(),
            reuse: true,
            shared: &self.context.shared,
            pinned: has_toolchain_file(&self.folder, &worktree),
            repository: worktree,
            folder: self.folder.clone(),
            target_dir: Some(target.to_owned()),
            shown: false,
            tell,
        }
    }
}

/// Copies what cargo has built of dependencies from a registry or git. Nothing else: packages of this repository are told
/// apart by the times of their files, which say nothing about another checkout.
fn take_dependencies(context: &Context, options: &CargoOptions, target: &Path) -> Result<()> {
    let profile = match options.profile.as_deref() {
        None | Some("bench" | "release") => "release",
        Some("dev" | "test") => "debug",
        Some(other) => other,
    };
    let lock = files::read_text(&context.project.root.join("Cargo.lock"), LOCK_BYTES_AT_MOST)?.unwrap_or_default();
    let fetched = lock::fetched(&lock);
    for part in ["deps", ".fingerprint", "build"] {
        for path in files::list(&context.project.target_dir.join(profile).join(part))? {
            // `libserde-1a2b….rlib`, `serde-1a2b…`, and the like.
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some((unit, _)) = name.rsplit_once('-') else { continue };
            let unit = unit.replace('-', "_");
            if fetched.contains(&unit) || unit.strip_prefix("lib").is_some_and(|unit| fetched.contains(unit)) {
                let folder = target.join(profile).join(part);
                files::make_dir(&folder)?;
                files::copy_with_times(&path, &folder.join(name))?;
            }
        }
    }
    Ok(())
}

/// A base without a lock file takes the head's, so that the dependencies are the same.
fn take_lock_file(context: &Context, folder: &Path) -> Result<()> {
    let own = folder.join("Cargo.lock");
    if !files::is_file(&own)
        && let Some(lock) = files::read(&context.project.root.join("Cargo.lock"), LOCK_BYTES_AT_MOST)?
    {
        files::write(&own, &lock)?;
    }
    Ok(())
}

/// Whether a commit pins its own toolchain, in its folder or one above it within the repository.
fn has_toolchain_file(folder: &Path, top: &Path) -> bool {
    folder.ancestors().take_while(|above| above.starts_with(top)).any(|above| {
        files::is_file(&above.join("rust-toolchain.toml")) || files::is_file(&above.join("rust-toolchain"))
    })
}

/// Removes what was built once it takes too much of the disk.
fn trim(target: &Path) -> Result<()> {
    if files::weigh(target) > BUILD_BYTES_AT_MOST { files::remove_dir(target) } else { Ok(()) }
}

/// Removes the worktree of this repository's bases and their builds. Returns how many bytes that gave back.
pub(super) fn clean(repository: &Repository) -> Result<u64> {
    let home = home(repository);
    let bytes = files::weigh(&home);
    repository.remove_worktree(&home.join("worktree"))?;
    files::remove_dir(&home)?;
    Ok(bytes)
}
