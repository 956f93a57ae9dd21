//! The base: which commit a change is compared with, and what it measures here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Context;
use crate::baseline::store::{self, Stored};
use crate::cli::Selection;
use crate::collect::criterion::Expected;
use crate::collect::executable::digest;
use crate::collect::project::{CargoOptions, Project};
use crate::collect::{self, Request};
use crate::error::{Kind, Result};
use crate::model::{Code, Key, Problem, Run, Scope};
use crate::sys::git::{Repository, short};
use crate::sys::{env, files};

/// How much the builds of bases may take on the disk.
const BUILD_BYTES_AT_MOST: u64 = 10 << 30;
/// The largest lock file that is copied.
const LOCK_BYTES_AT_MOST: u64 = 32 << 20;

/// The commit to compare with.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// The commit, where one was found.
    pub(super) commit: Option<String>,
    /// What it is called in reports.
    pub(super) name: String,
    /// Whether the head is the default branch itself.
    pub(super) on_default_branch: bool,
    /// Why no commit was found.
    pub(super) problem: Option<Problem>,
}

/// The base as it measures here, or why it does not.
pub(super) enum Confirmed {
    /// What it measures.
    Measured(Box<Run>),
    /// Why it does not.
    Refused(Problem),
}

impl Confirmed {
    pub(super) fn run(&self) -> Option<&Run> {
        match self {
            Confirmed::Measured(run) => Some(run),
            Confirmed::Refused(_) => None,
        }
    }
}

impl Base {
    fn unknown(message: &str, hint: &str) -> Base {
        let problem =
            Problem { code: Code::BaseUnknown, target: None, message: message.into(), hint: Some(hint.into()) };
        Base { commit: None, name: "work tree".into(), on_default_branch: false, problem: Some(problem) }
    }

    /// Finds it: what the user named, the merge-base with the default branch, or on that branch itself `HEAD` while the
    /// work tree has changes and its parent when it is clean.
    pub(super) fn find(context: &Context, named: Option<&str>) -> Result<Base> {
        let Some(repository) = &context.repository else {
            return Ok(Base::unknown("this is no git repository, so there is no commit to compare with", "git init"));
        };
        let Some(head) = repository.commit("HEAD")? else {
            return Ok(Base::unknown("nothing is committed yet, so there is no commit to compare with", "git commit"));
        };
        let found = |commit: String, on_default_branch| Base {
            name: short(&commit).to_owned(),
            commit: Some(commit),
            on_default_branch,
            problem: None,
        };
        let shallow = "this is a shallow clone, and the commit to compare with is not in it";
        let deepen = "git fetch --unshallow, or `fetch-depth: 0` in actions/checkout";
        if let Some(named) = named {
            return match repository.commit(named)? {
                // A branch stands for where it was left, as git itself has it in `A...B`.
                Some(commit) => Ok(found(repository.merge_base(&commit, &head)?.unwrap_or(commit), false)),
                None => Err(crate::error::Error::usage(format!("there is no revision `{named}`"))
                    .hint(if repository.is_shallow()? { deepen } else { "git log --oneline --all" })),
            };
        }
        let branch = repository.branch()?;
        let Some(default) = repository.default_branch(context.plan.default_branch.as_deref())? else {
            if context.plan.default_branch.is_none() && branch.is_some() {
                return Base::of_default_branch(repository, head);
            }
            return Ok(Base::unknown(
                "the default branch was not found",
                "set `default-branch` in `perfbudget.toml`, fetch it, or name a base with `--base REV`",
            ));
        };
        let is_default = branch.as_deref().is_some_and(|name| default.rsplit('/').next() == name.rsplit('/').next());
        match repository.merge_base(&default, &head)? {
            Some(commit) if commit == head => Base::of_default_branch(repository, head),
            Some(commit) => Ok(found(commit, is_default)),
            None if repository.is_shallow()? => Ok(Base::unknown(shallow, deepen)),
            None => Ok(Base::unknown("the head and the default branch have no commit in common", "--base REV")),
        }
    }

    fn of_default_branch(repository: &Repository, head: String) -> Result<Base> {
        let commit = if repository.is_dirty()? {
            head
        } else {
            match repository.commit("HEAD^")? {
                Some(parent) => parent,
                None if repository.is_shallow()? => {
                    return Ok(Base::unknown(
                        "this is a shallow clone, and the parent of `HEAD` is not in it",
                        "git fetch --unshallow, or `fetch-depth: 0` in actions/checkout",
                    ));
                }
                None => head,
            }
        };
        Ok(Base { name: short(&commit).to_owned(), commit: Some(commit), on_default_branch: true, problem: None })
    }

    /// The records as the base has them; the work tree's, where the base has none.
    pub(super) fn stored(&self, context: &Context, head: &Stored) -> Result<(Stored, String)> {
        if let (Some(commit), Some(repository)) = (&self.commit, &context.repository)
            && let Some(folder) = repository.relative(&context.baseline)
        {
            let stored = store::of_revision(repository, commit, &folder)?;
            if !stored.files.is_empty() {
                return Ok((stored, self.name.clone()));
            }
        }
        Ok((head.clone(), "the work tree".to_owned()))
    }

    /// Builds it here and measures the keys.
    pub(super) fn measure(
        &self,
        context: &Context,
        selection: &Selection,
        keys: BTreeSet<Key>,
        expected: BTreeMap<Key, Expected>,
        reuse: bool,
    ) -> Result<Confirmed> {
        let Some(commit) = &self.commit else {
            let message = "the base is not known".to_owned();
            let unknown = Problem { code: Code::BaseUnknown, target: None, message, hint: None };
            return Ok(Confirmed::Refused(self.problem.clone().unwrap_or(unknown)));
        };
        match measure(context, commit, selection, keys, expected, reuse) {
            Ok(run) => Ok(Confirmed::Measured(Box::new(run))),
            Err(why) if why.kind == Kind::Interrupted => Err(why),
            Err(why) => Ok(Confirmed::Refused(Problem {
                code: Code::BaseUnbuildable,
                target: None,
                message: format!("the base {} could not be measured here: {}", self.name, why.message),
                hint: why.hint,
            })),
        }
    }

    /// How many commits lie between the last change of the record and the base.
    pub(super) fn commits_since_record(&self, context: &Context) -> Result<Option<u64>> {
        let (Some(commit), Some(repository)) = (&self.commit, &context.repository) else { return Ok(None) };
        let Some(folder) = repository.relative(&context.baseline) else { return Ok(None) };
        repository.commits_since(commit, &folder)
    }
}

/// The folder in which worktrees of this repository and their builds lie: outside of it, because cargo reads the
/// configuration of every folder above.
fn home(repository: &Repository) -> PathBuf {
    let name = digest(files::resolved(&repository.root).to_string_lossy().as_bytes());
    env::cache_dir().join("base").join(&name[..12])
}

/// Builds the base here and measures the keys. The error's text says why that cannot be done.
fn measure(
    context: &Context,
    commit: &str,
    selection: &Selection,
    keys: BTreeSet<Key>,
    expected: BTreeMap<Key, Expected>,
    reuse: bool,
) -> Result<Run> {
    let Some(repository) = &context.repository else {
        return Err(crate::error::Error::environment("this is no git repository"));
    };
    let home = home(repository);
    let _lock = files::Lock::acquire(&home.join("lock"), || context.tell(0, 0, "waiting for another run of the base"))?;
    // One folder for all commits: git gives each file that differs a new time, by which cargo knows what to build again.
    let worktree = home.join("worktree");
    context.tell(0, 0, &format!("checking out the base {}", short(commit)));
    repository.check_out(&worktree, commit)?;
    let inside = repository.relative(&context.project.root).unwrap_or_default();
    let folder = worktree.join(inside);
    take_lock_file(context, &folder)?;
    let options = CargoOptions { manifest_path: None, target_dir: None, ..selection.cargo_options(true) };
    let target = home.join("target");
    if !files::exists(&target) {
        // Saves building the dependencies again. What cannot be copied is built.
        let _ = take_dependencies(context, &options, &target);
    }
    let project = Project::load(&folder, &options).map_err(|why| {
        why.hint("what the commit does not hold, such as a path dependency outside of the repository, is not there")
    })?;
    let families = keys.iter().map(|key| key.metric.family()).collect();
    let request = Request {
        project: &project,
        options: &options,
        plan: &context.plan,
        scope: Scope { families, keys: Some(keys), ..Scope::default() },
        expected,
        repeats: super::REPEATS,
        passed: selection.passed.clone(),
        reuse,
        repository: worktree.clone(),
        folder: folder.clone(),
        target_dir: Some(target),
        shown: false,
        pinned: has_toolchain_file(&folder, &worktree),
        tell: &|done, known, what| context.tell(done, known, &format!("base: {what}")),
    };
    let outcome = collect::collect(&request);
    trim(&home)?;
    outcome
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
    let fetched = fetched_packages(&lock);
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

/// The packages of a lock file that come from elsewhere, with `_` for `-`; none whose name a package of this repository has,
/// too.
fn fetched_packages(lock: &str) -> BTreeSet<String> {
    let value = |line: &str, name: &str| {
        line.strip_prefix(name)?.trim().strip_prefix("= \"")?.strip_suffix('"').map(str::to_owned)
    };
    let mut fetched = BTreeSet::new();
    let mut own = BTreeSet::new();
    for package in lock.split("[[package]]").skip(1) {
        let Some(name) = package.lines().find_map(|line| value(line, "name")) else { continue };
        let has_source = package.lines().any(|line| value(line, "source").is_some());
        if has_source { &mut fetched } else { &mut own }.insert(name.replace('-', "_"));
    }
    fetched.difference(&own).cloned().collect()
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

/// Removes what was built for bases once it takes too much of the disk.
fn trim(home: &Path) -> Result<()> {
    let target = home.join("target");
    if files::weigh(&target) > BUILD_BYTES_AT_MOST { files::remove_dir(&target) } else { Ok(()) }
}

/// Removes the worktree of this repository's bases and their builds. Returns how many bytes that gave back.
pub(super) fn clean(repository: &Repository) -> Result<u64> {
    let home = home(repository);
    let bytes = files::weigh(&home);
    repository.remove_worktree(&home.join("worktree"))?;
    files::remove_dir(&home)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_from_elsewhere_are_taken_over() {
        let lock = "version = 4\n\n[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n\n\
                    [[package]]\nname = \"mine\"\nversion = \"0.1.0\"\ndependencies = [\n \"a-b\",\n]\n\n\
                    [[package]]\nname = \"twice\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n\n\
                    [[package]]\nname = \"twice\"\nversion = \"2.0.0\"\n";
        assert_eq!(fetched_packages(lock), BTreeSet::from(["a_b".to_owned()]));
    }
}
