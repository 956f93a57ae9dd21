//! A project in a folder of its own, the tool run in it, and what it said.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// The tool.
pub(crate) const TOOL: &str = env!("CARGO_BIN_EXE_cargo-perfbudget");
/// Projects of one kind that may be used at once; each has a build folder, so that dependencies are compiled this often.
const SLOTS: usize = 2;

/// A package with a library and one bench target of criterion.
pub(crate) const STEPS_MANIFEST: &str = "\
[package]
name = \"steps\"
version = \"0.1.0\"
edition = \"2021\"
publish = false

[workspace]

[lib]
bench = false

[dev-dependencies]
criterion = { version = \"0.8\", default-features = false, features = [\"cargo_bench_support\"] }

[[bench]]
name = \"steps\"
harness = false
";

static COMMITS: AtomicUsize = AtomicUsize::new(0);

/// A folder with a project in it. Dropping it lets another test use the same folder, with what was built there.
pub(crate) struct Project {
    /// Where the package is.
    pub(crate) root: PathBuf,
    /// What all projects of this kind share: build folder and cache.
    slot: PathBuf,
    _lock: File,
}

/// What a program said and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").canonicalize().expect("the fixtures are there")
}

impl Project {
    /// An empty folder in a slot of that kind. Kinds keep apart what would not share compiled dependencies. The folder is
    /// always the same one, so that what the tool built for a base in it serves the next test, too.
    pub(crate) fn empty(kind: &str) -> Project {
        let (slot, lock) = take_slot(kind);
        let work = slot.join("work");
        if work.exists() {
            fs::remove_dir_all(&work).expect("the last test's project can be removed");
        }
        let root = work.join("project");
        fs::create_dir_all(&root).expect("a folder can be made");
        Project { root, slot, _lock: lock }
    }

    /// The demo project, in a repository whose one commit has no baseline.
    pub(crate) fn shop() -> Project {
        let project = Project::empty("shop");
        copy(&fixtures().join("shop"), &project.root);
        project.init();
        project
    }

    /// The demo project with a committed baseline, on a branch `change` of `main`.
    pub(crate) fn recorded_shop() -> Project {
        let project = Project::shop();
        project.record_and_branch();
        project
    }

    /// A package with one benchmark, `steps`, that costs about a fixed number of instructions for each of so many steps.
    pub(crate) fn steps(count: u64) -> Project {
        let project = Project::empty("shop");
        let shop = fixtures().join("shop");
        fs::copy(shop.join(".gitignore"), project.root.join(".gitignore")).expect("a file can be copied");
        let lock = fs::read_to_string(shop.join("Cargo.lock")).expect("the demo has a lock file");
        project.write("Cargo.lock", &lock.replace("name = \"shop\"", "name = \"steps\""));
        project.write("Cargo.toml", STEPS_MANIFEST);
        project.write("src/lib.rs", "//! Nothing.\n");
        project.set_steps(count);
        project.init();
        project
    }

    /// The same with a committed baseline, on a branch `change` of `main`.
    pub(crate) fn recorded_steps(count: u64) -> Project {
        let project = Project::steps(count);
        project.record_and_branch();
        project
    }

    /// Records and commits on `main`, and goes on with a branch `change`.
    pub(crate) fn record_and_branch(&self) {
        self.perfbudget(&["record", "-q"]).ends(0, &[]);
        self.commit("record");
        self.git(&["checkout", "-q", "-b", "change"]);
    }

    pub(crate) fn set_steps(&self, count: u64) {
        self.set_steps_of(&[("steps", count)]);
    }

    /// Puts these benchmarks in the place of what is there.
    pub(crate) fn set_steps_of(&self, benchmarks: &[(&str, u64)]) {
        self.write("benches/steps.rs", &bench(benchmarks));
    }

    /// Every kind of benchmark, with that version of criterion. No repository.
    pub(crate) fn kinds(version: &str) -> Project {
        let project = Project::empty(&format!("kinds-{version}"));
        copy(&fixtures().join("kinds"), &project.root);
        let manifest = project.read("Cargo.toml.in").replace("CRITERION_VERSION", version);
        project.write("Cargo.toml", &manifest);
        project
    }

    /// A repository with one commit of everything.
    pub(crate) fn init(&self) {
        self.git(&["-c", "init.defaultBranch=main", "init", "-q"]);
        self.commit("start");
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_else(|why| panic!("cannot read `{path}`: {why}"))
    }

    /// Replaces a text that is there exactly once.
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "`{from}` is in `{path}` once:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// Sums the cart over its sorted lines, as `shop-regression.patch` does.
    pub(crate) fn regress(&self) {
        let patch = fixtures().join("shop-regression.patch");
        self.git(&["apply", &patch.to_string_lossy()]);
    }

    /// A git command that must succeed. Returns what it said, trimmed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        assert_eq!(output.code, 0, "git {args:?}: {}{}", output.stdout, output.stderr);
        output.stdout.trim().to_owned()
    }

    pub(crate) fn try_git(&self, args: &[&str]) -> Output {
        run(self.command("git").args(args))
    }

    /// Commits everything. No two commits are equal, so that no two tests share one.
    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        let (process, count) = (std::process::id(), COMMITS.fetch_add(1, Ordering::Relaxed));
        let message = format!("{message}\n\n{process} {count} {:?}", std::time::SystemTime::now());
        self.git(&["commit", "-q", "--allow-empty", "-m", &message]);
    }

    pub(crate) fn perfbudget(&self, args: &[&str]) -> Output {
        run(self.tool().args(args))
    }

    /// The tool with further variables.
    pub(crate) fn perfbudget_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Output {
        run(self.tool().envs(variables.iter().copied()).args(args))
    }

    /// The tool, in the project's folder.
    pub(crate) fn tool(&self) -> Command {
        self.command(TOOL)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        // Neither the cargo that runs this test nor the user's settings have a say.
        let foreign = |name: &str| {
            (name.starts_with("CARGO") && name != "CARGO_HOME")
                || ["GIT_", "GITHUB_", "KINDS_", "PERFBUDGET_"].iter().any(|prefix| name.starts_with(prefix))
                || ["CI", "SOURCE_DATE_EPOCH", "LD_LIBRARY_PATH", "RUSTFLAGS", "RUSTC_WRAPPER"].contains(&name)
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(foreign)) {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "test").env(format!("GIT_{role}_EMAIL"), "test@example.org");
        }
        // A project in a temporary folder of a repository must not find that repository.
        command.env("GIT_CEILING_DIRECTORIES", self.slot.join("work"));
        command.env("CARGO_TARGET_DIR", self.target_dir()).env("PERFBUDGET_CACHE_DIR", self.slot.join("cache"));
        command.env("NO_COLOR", "1");
        // The same few benchmarks are compiled by nearly every test.
        command.env("RUSTC_WRAPPER", Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/e2e/compiled.py"));
        command.env("E2E_COMPILED", slots().join("compiled")).env("E2E_SLOT", &self.slot);
        command
    }

    pub(crate) fn target_dir(&self) -> PathBuf {
        self.slot.join("target")
    }

    /// A folder beside the project, empty.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        let folder = self.slot.join("work").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("a folder can be removed");
        }
        folder
    }

    /// The same slot seen from another folder.
    pub(crate) fn moved_to(mut self, root: PathBuf) -> Project {
        self.root = root;
        self
    }

    /// Only the last commit of `main`, as CI systems clone it, in this project's place.
    pub(crate) fn cloned_shallowly(self) -> Project {
        let origin = self.beside("origin");
        fs::rename(&self.root, &origin).expect("a folder can be moved");
        let url = format!("file://{}", origin.display());
        let args = ["clone", "-q", "--depth", "1", "--branch", "main", &url, &self.root.to_string_lossy()];
        let output = run(self.command("git").args(args).current_dir(&origin));
        assert_eq!(output.code, 0, "{output:?}");
        self
    }

    /// All baseline files by their path, in one text.
    pub(crate) fn baseline(&self) -> String {
        let mut files = Vec::new();
        list(&self.root.join("perfbudget"), &mut files);
        files.sort();
        let shown = |path: &PathBuf| {
            let name = path.strip_prefix(&self.root).expect("it lies in the project").display().to_string();
            format!("=== {name}\n{}", fs::read_to_string(path).expect("a baseline file is text"))
        };
        files.iter().map(shown).collect()
    }

    /// The paths of all baseline files in folders whose names begin so, relative to the project.
    pub(crate) fn baseline_files(&self, family: &str) -> Vec<String> {
        let mut files = Vec::new();
        list(&self.root.join("perfbudget"), &mut files);
        let relative =
            |path: PathBuf| path.strip_prefix(&self.root).expect("it lies in the project").display().to_string();
        files.into_iter().map(relative).filter(|path| path.starts_with(&format!("perfbudget/{family}"))).collect()
    }

    /// The path of the baseline file of a bench target, relative to the project.
    pub(crate) fn baseline_file(&self, package: &str, target: &str) -> String {
        let mut files = Vec::new();
        list(&self.root.join("perfbudget"), &mut files);
        let name = format!("{package}.{target}.toml");
        // Of several metrics the first in the order of reports is meant: instructions.
        files.sort_by_key(|path| !path.to_string_lossy().contains("/instructions-"));
        let found = files.iter().find(|path| path.file_name() == Some(OsStr::new(&name)));
        let path = found.unwrap_or_else(|| panic!("no `{name}` in {files:?}"));
        path.strip_prefix(&self.root).expect("it lies in the project").to_string_lossy().into_owned()
    }

    /// Processes whose command line names this project's slot.
    pub(crate) fn processes(&self) -> Vec<(u32, String)> {
        let slot = self.slot.to_string_lossy().into_owned();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").expect("there is a /proc").flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if line.contains(&slot) && id != std::process::id() {
                found.push((id, line));
            }
        }
        found
    }
}

impl Output {
    /// Everything that was said, in a form that is the same on every machine: see [`redact`].
    pub(crate) fn said(&self) -> String {
        redact(&format!("{}{}", self.stdout, self.stderr))
    }

    /// It ended with that code, and said these things in this order.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, said: &[&str]) -> &Output {
        let all = self.said();
        assert_eq!(self.code, code, "another exit code than expected; it said:\n{all}");
        let mut from = 0;
        for part in said {
            match all[from..].find(part) {
                Some(at) => from += at + part.len(),
                None => panic!("`{part}` was not said, or not after what comes before it:\n{all}"),
            }
        }
        self
    }

    /// It ended with that code, and said this and nothing else.
    #[track_caller]
    pub(crate) fn is(&self, code: i32, said: &str) -> &Output {
        let all = self.said();
        assert_eq!((self.code, all.trim_end()), (code, said.trim_end()), "it said:\n{all}");
        self
    }

    /// It did not say that.
    #[track_caller]
    pub(crate) fn never(&self, part: &str) -> &Output {
        let all = self.said();
        assert!(!all.contains(part), "`{part}` was said:\n{all}");
        self
    }

    /// The report as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("{why}: {}{}", self.stdout, self.stderr))
    }
}

/// The source of a bench target with these benchmarks, each of so many steps.
pub(crate) fn bench(benchmarks: &[(&str, u64)]) -> String {
    let mut text =
        "use criterion::{criterion_group, criterion_main, Criterion};\nuse std::hint::black_box;\n\n".to_owned();
    text +=
        "fn steps(count: u64) -> u64 {\n    (0..black_box(count)).fold(0, |sum, step| black_box(sum + step))\n}\n\n";
    text += "fn all(c: &mut Criterion) {\n";
    for (name, count) in benchmarks {
        text += &format!("    c.bench_function({name:?}, |b| b.iter(|| steps({count})));\n");
    }
    text + "}\n\ncriterion_group!(benches, all);\ncriterion_main!(benches);\n"
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|why| panic!("cannot run {command:?}: {why}"));
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Numbers that stand by themselves become `#`, commits `[commit]`, and blanks one blank: they differ from machine to
/// machine, and with them the width of a column.
pub(crate) fn redact(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<String> = line.split_whitespace().map(redact_word).collect();
        let indented = if line.starts_with("  ") && !words.is_empty() { "  " } else { "" };
        format!("{indented}{}\n", words.join(" "))
    });
    lines.collect()
}

fn redact_word(word: &str) -> String {
    let core = word.trim_matches(|c: char| "(),;:.`".contains(c));
    let is_commit = core.len() == 10
        && core.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
        && core.chars().any(|c| c.is_ascii_alphabetic());
    let digits = core.trim_start_matches(['+', '-', '~']).trim_end_matches(['k', 'M', 'G', '%']);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == ',' || c == '.');
    if is_commit || (core.len() == 10 && core.chars().all(|c| c.is_ascii_digit()) && !word.contains(',')) {
        word.replace(core, "[commit]")
    } else if is_number {
        word.replace(digits, "#").replace("#k", "#").replace("#M", "#")
    } else {
        word.to_owned()
    }
}

/// Copies a folder with everything in it, but for builds, git, and what the tool itself reads and writes.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).unwrap_or_else(|why| panic!("cannot list {}: {why}", from.display())).flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if ["target", ".git", "perfbudget", "perfbudget.toml"].iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}

/// Where all slots are.
fn slots() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e")
}

/// Waits for a free folder of that kind. The lock is the file's, so two runs of the suite keep apart, too.
fn take_slot(kind: &str) -> (PathBuf, File) {
    let home = slots();
    loop {
        for number in 0..SLOTS {
            let slot = home.join(format!("{kind}-{number}"));
            fs::create_dir_all(&slot).expect("a folder can be made");
            let lock = File::create(slot.join("lock")).expect("a file can be made");
            match lock.try_lock() {
                Ok(()) => return (slot, lock),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(why)) => panic!("cannot lock {}: {why}", slot.display()),
            }
        }
        thread::sleep(Duration::from_millis(100));
    }
}
