//! Git, through its own program: revisions, files of a revision, and worktrees. The work tree is never touched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::process::{self, Program};
use crate::error::{Error, Result};

/// How long another repository is waited for.
const REMOTE_AT_MOST: Duration = Duration::from_secs(20);

/// A repository, by the folder its work tree begins in.
#[derive(Debug, Clone)]
pub struct Repository {
    /// The top folder of the work tree.
    pub root: PathBuf,
}

impl Repository {
    /// The repository that a folder lies in; `None` where there is none, or no git.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Repository> {
        let program = Program::new("git").args(["rev-parse", "--show-toplevel"]).cwd(folder);
        let finished = process::run(&program).ok().filter(process::Finished::success)?;
        let root = PathBuf::from(finished.text().trim_end_matches(['\n', '\r']));
        Some(Repository { root })
    }

    fn run(&self, args: &[&str]) -> Result<process::Finished> {
        // Optional locks would make a reader write to the index, and hooks are for the user's own checkouts.
        let own = ["--no-optional-locks", "-c", "core.hooksPath=/dev/null"];
        process::run(&Program::new("git").args(own).args(args).cwd(&self.root))
    }

    /// The trimmed output of a git command that succeeds; `None` where it does not.
    fn ask(&self, args: &[&str]) -> Result<Option<String>> {
        let finished = self.run(args)?;
        Ok(finished.success().then(|| finished.text().trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// The commit that a name stands for, in full.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn commit(&self, revision: &str) -> Result<Option<String>> {
        self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
    }

    /// The best common ancestor of two revisions.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>> {
        self.ask(&["merge-base", one, other])
    }

    /// The name of the branch that is checked out; `None` for a detached head.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn branch(&self) -> Result<Option<String>> {
        self.ask(&["symbolic-ref", "--short", "--quiet", "HEAD"])
    }

    /// Whether the history was cut off when it was cloned.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn is_shallow(&self) -> Result<bool> {
        Ok(self.ask(&["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true"))
    }

    /// Whether tracked files differ from the last commit, or new ones lie about.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn is_dirty(&self) -> Result<bool> {
        Ok(self.ask(&["status", "--porcelain", "--ignore-submodules=none"])?.is_some())
    }

    /// The default branch, as a name that can be resolved: the configured one, what the remote says, or `main` and
    /// `master`, remote ones first.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn default_branch(&self, configured: Option<&str>) -> Result<Option<String>> {
        let mut candidates = Vec::new();
        if let Some(name) = configured {
            candidates.extend([format!("refs/remotes/origin/{name}"), format!("refs/heads/{name}"), name.to_owned()]);
        } else {
            candidates.extend(self.ask(&["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])?);
            for prefix in ["refs/remotes/origin", "refs/heads"] {
                candidates.extend(["main", "master"].map(|name| format!("{prefix}/{name}")));
            }
        }
        for candidate in candidates {
            if self.commit(&candidate)?.is_some() {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// How many commits lead from one revision to another.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn commits_since(&self, revision: &str, path: &str) -> Result<Option<u64>> {
        let Some(last) = self.ask(&["log", "-1", "--format=%H", revision, "--", path])? else { return Ok(None) };
        Ok(self.ask(&["rev-list", "--count", &format!("{last}..{revision}")])?.and_then(|text| text.parse().ok()))
    }

    /// All files below a folder (relative to the root, with `/`) as a revision has them, by their path relative to that
    /// folder. Empty where the revision has no such folder.
    ///
    /// # Errors
    /// Where git cannot be run, or a file is larger than `limit` bytes.
    pub fn files(&self, revision: &str, folder: &str, limit: usize) -> Result<BTreeMap<String, Vec<u8>>> {
        let spec = if folder.is_empty() { format!("{revision}:") } else { format!("{revision}:{folder}") };
        let listing = self.run(&["ls-tree", "-r", "-z", "--end-of-options", &spec])?;
        if !listing.success() {
            return Ok(BTreeMap::new());
        }
        let mut files = BTreeMap::new();
        for entry in listing.stdout.split(|byte| *byte == 0) {
            let Ok(entry) = std::str::from_utf8(entry) else { continue };
            // `100644 blob 1a2b…\tpath`; links and submodules have other modes.
            let Some((header, path)) = entry.split_once('\t') else { continue };
            let mut words = header.split(' ');
            let (mode, kind, object) = (words.next(), words.next(), words.next());
            let (Some(mode), Some("blob"), Some(object)) = (mode, kind, object) else { continue };
            if !mode.starts_with("100") || !path.ends_with(".toml") {
                continue;
            }
            let blob = self.run(&["cat-file", "blob", object])?;
            if !blob.success() || blob.stdout.len() > limit {
                return Err(Error::environment(format!(
                    "cannot read `{path}` as of {revision}: {}",
                    blob.last_words()
                )));
            }
            files.insert(path.to_owned(), blob.stdout);
        }
        Ok(files)
    }

    /// A file as a revision has it, by its path relative to the root, with `/`; `None` where it has none.
    ///
    /// # Errors
    /// Where git cannot be run, or the file is larger than `limit` bytes.
    pub fn file(&self, revision: &str, path: &str, limit: usize) -> Result<Option<Vec<u8>>> {
        let blob = self.run(&["cat-file", "blob", &format!("{revision}:{path}")])?;
        if blob.stdout.len() > limit {
            return Err(Error::environment(format!("cannot read `{path}` as of {revision}: it is too large")));
        }
        Ok(blob.success().then_some(blob.stdout))
    }

    /// The commits that lead to `bad` and not to `good`, each behind those that it rests on, with these.
    ///
    /// # Errors
    /// Where git cannot list them.
    pub fn history(&self, good: &str, bad: &str) -> Result<Vec<(String, Vec<String>)>> {
        let listing =
            self.run(&["rev-list", "--topo-order", "--reverse", "--parents", bad, &format!("^{good}"), "--"])?;
        if !listing.success() {
            return Err(Error::environment(format!("cannot list the commits up to {bad}: {}", listing.last_words())));
        }
        let text = listing.text();
        let commit = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            Some((words.next()?, words.collect()))
        };
        Ok(text.lines().filter_map(commit).collect())
    }

    /// A commit's subject, author, and the day that it was written.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn described(&self, commit: &str) -> Result<[String; 3]> {
        let text = self.ask(&["log", "-1", "--no-show-signature", "--format=%s%x00%an%x00%as", commit, "--"])?;
        let text = text.unwrap_or_default();
        let mut parts = text.split('\0').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Ok([next(), next(), next()])
    }

    /// A commit of the work tree as it is, with what is new and not ignored. It is on no branch, and the index stays as it
    /// is: a copy at `index` is used.
    ///
    /// # Errors
    /// Where git cannot make it.
    pub fn snapshot(&self, index: &Path) -> Result<String> {
        let variables = BTreeMap::from([("GIT_INDEX_FILE".to_owned(), index.to_string_lossy().into_owned())]);
        let run = |args: &[&str]| -> Result<String> {
            let own = [
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "user.name=perfbudget",
                "-c",
                "user.email=perfbudget@localhost",
            ];
            let program = Program::new("git").args(own).args(args).cwd(&self.root);
            let program = Program { env: process::Environment::Inherited(variables.clone()), ..program };
            let finished = process::run(&program)?;
            match finished.success() {
                true => Ok(finished.text().trim().to_owned()),
                false => {
                    Err(Error::environment(format!("cannot take the work tree as it is: {}", finished.last_words())))
                }
            }
        };
        let made = run(&["read-tree", "HEAD"])
            .and_then(|_| run(&["add", "--all"]))
            .and_then(|_| run(&["write-tree"]))
            .and_then(|tree| {
                run(&["commit-tree", "--no-gpg-sign", "-p", "HEAD", "-m", "the work tree as it is", &tree])
            });
        super::files::remove_file(index)?;
        made
    }

    /// Checks a commit out into a folder outside of the repository, as a worktree that is made if need be. Afterwards the
    /// folder holds what the commit holds and nothing else; files that do not differ are not touched.
    ///
    /// # Errors
    /// Where git cannot do it.
    pub fn check_out(&self, folder: &Path, commit: &str) -> Result<()> {
        let here = Repository { root: folder.to_owned() };
        let is_ours = super::files::is_file(&folder.join(".git")) && here.commit("HEAD")?.is_some();
        let done = if is_ours {
            here.run(&["checkout", "--quiet", "--detach", "--force", commit])?
        } else {
            super::files::remove_dir(folder)?;
            self.run(&["worktree", "prune"])?;
            self.run(&["worktree", "add", "--quiet", "--detach", "--force", &folder.to_string_lossy(), commit])?
        };
        if !done.success() {
            return Err(Error::environment(format!("cannot check out {commit}: {}", done.last_words())));
        }
        // Twice forced, because submodules of an earlier commit are repositories of their own.
        here.run(&["clean", "-ffdxq"])?;
        self.check_out_submodules(folder, commit)
    }

    /// Checks out the submodules that are there in the work tree, without a network. One that is not there shows up as a
    /// build that fails, in the compiler's own words.
    fn check_out_submodules(&self, folder: &Path, commit: &str) -> Result<()> {
        let listing = self.run(&["ls-tree", "-r", "-z", commit])?;
        for entry in listing.stdout.split(|byte| *byte == 0) {
            // `160000 commit 1a2b…\tpath`
            let Some((header, path)) = std::str::from_utf8(entry).ok().and_then(|entry| entry.split_once('\t')) else {
                continue;
            };
            let (Some(pinned), true) = (header.split(' ').nth(2), header.starts_with("160000 ")) else { continue };
            let (own, copy) = (self.root.join(path), folder.join(path));
            if !super::files::exists(&own.join(".git")) {
                continue;
            }
            super::files::remove_dir(&copy)?;
            let (from, to) = (own.to_string_lossy().into_owned(), copy.to_string_lossy().into_owned());
            self.run(&["clone", "--quiet", "--local", "--no-checkout", &from, &to])?;
            let submodule = Repository { root: own };
            let inside = Repository { root: copy.clone() };
            inside.run(&["checkout", "--quiet", "--detach", "--force", pinned])?;
            submodule.check_out_submodules(&copy, pinned)?;
        }
        Ok(())
    }

    /// Forgets a worktree and removes its folder.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn remove_worktree(&self, folder: &Path) -> Result<()> {
        self.run(&["worktree", "remove", "--force", &folder.to_string_lossy()])?;
        super::files::remove_dir(folder)?;
        self.run(&["worktree", "prune"])?;
        Ok(())
    }

    /// A path relative to the root, with `/`; `None` where it lies outside.
    #[must_use]
    pub fn relative(&self, path: &Path) -> Option<String> {
        let root = super::files::resolved(&self.root);
        let relative = super::files::resolved(path).strip_prefix(&root).ok()?.to_owned();
        let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        Some(parts?.join("/"))
    }
}

/// The commit that a tag of another repository stands for; `None` where it cannot be asked, or has no such tag.
#[must_use]
pub fn remote_tag(address: &str, tag: &str) -> Option<String> {
    // An annotated tag has a second line, with the commit; a plain one is the commit.
    let (plain, peeled) = (format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}"));
    let quiet = BTreeMap::from([("GIT_TERMINAL_PROMPT".to_owned(), "0".to_owned())]);
    let program = Program {
        env: process::Environment::Inherited(quiet),
        timeout: Some(REMOTE_AT_MOST),
        ..Program::new("git").args(["ls-remote", "--", address, &plain, &peeled])
    };
    let finished = process::run(&program).ok().filter(process::Finished::success)?;
    let text = finished.text();
    let commit_of = |name: &str| text.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix('\t'));
    let commit = commit_of(&peeled).or_else(|| commit_of(&plain))?;
    (commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| commit.to_owned())
}

/// The first letters of a commit, enough for a person.
#[must_use]
pub fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
