//! The command lines: asking a target for its benchmarks, and measuring one of them under callgrind.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Instructions;
use super::harness::{LISTS_FOR_PROGRAMS, cut_before, list_args, measure_args};
use crate::collect::executable::Harness;
use crate::collect::layout::padded;
use crate::collect::source::{Ends, Step};
use crate::model::Subject;
use crate::sys::process::{Environment, Leash, Messages, Output, Program};

/// Matches no benchmark, as a literal and as a regular expression.
const NO_BENCHMARK: &str = "perfbudget-asks-for-the-names-only";
/// How long a target may take to tell its benchmarks: it runs natively, but it may read its data first.
pub(super) const INVENTORY_TIMEOUT: Duration = Duration::from_secs(120);
/// The largest file that a measured program may write.
const FILE_BYTES_AT_MOST: u64 = 1 << 30;
/// Criterion that knows `--exact`.
const EXACT_SINCE: (u8, u8, u8) = (0, 5, 0);

impl Instructions {
    /// The command line of one benchmark under callgrind, apart from where its dumps go.
    pub(super) fn benchmark_args(&self, index: usize) -> Vec<String> {
        let bench = &self.benches[index];
        if let Some(args) = measure_args(self.harness(bench.executable)) {
            return args.iter().copied().map(String::from).chain([bench.full.clone()]).collect();
        }
        let mut args: Vec<String> = ["--bench", "--noplot", "--warm-up-time", "3600"].map(String::from).into();
        args.extend(without_our_own(&self.setup.passed));
        if self.versions[bench.executable].is_some_and(|version| version >= EXACT_SINCE) {
            args.extend(["--exact".into(), "--".into(), bench.full.clone()]);
        } else {
            args.extend(["--".into(), format!("^{}$", escaped(&bench.full))]);
        }
        args
    }

    pub(super) fn harness(&self, executable: usize) -> Harness {
        self.executables[executable].harness
    }

    pub(super) fn variables(&self, executable: usize) -> BTreeMap<String, String> {
        let mut variables = self.executables[executable].bench.variables.clone();
        variables.extend(self.setup.variables.clone());
        padded(variables, self.setup.environment_bytes)
    }

    pub(super) fn program(
        &self,
        executable: usize,
        program: impl Into<std::ffi::OsString>,
        args: Vec<String>,
    ) -> Program {
        let mut program = Program::new(program).args(args).cwd(&self.executables[executable].bench.folder);
        program.env = Environment::Only(self.variables(executable));
        program.file_limit = Some(FILE_BYTES_AT_MOST);
        program.leash = Leash::Tied;
        program.stdout = Output::Tail;
        program.stderr = Messages::Tail;
        program
    }

    pub(super) fn names_step(&self, id: usize, executable: usize) -> Step {
        let args = ["--bench", "--noplot", NO_BENCHMARK].map(String::from).to_vec();
        let mut program = self.program(executable, &self.executables[executable].path, args);
        program.timeout = Some(INVENTORY_TIMEOUT);
        let label = format!("asking {} for its benchmarks", self.executables[executable].bench.target);
        Step { id, label, program, ends: Ends::Conversation }
    }

    pub(super) fn list_step(&self, id: usize, executable: usize) -> Step {
        let step = self.names_step(id, executable);
        let harness = self.harness(executable);
        let args = list_args(harness).iter().copied().map(String::from).collect();
        let mut program = self.program(executable, &self.executables[executable].path, args);
        if harness == Harness::Divan {
            let mut variables = self.variables(executable);
            variables.extend([LISTS_FOR_PROGRAMS].map(|(name, value)| (name.to_owned(), value.to_owned())));
            program.env = Environment::Only(variables);
        }
        program.timeout = Some(INVENTORY_TIMEOUT);
        program.stdout = Output::All(64 << 20);
        Step { program, ends: Ends::ByItself, ..step }
    }

    pub(super) fn measure_step(&self, id: usize, index: usize) -> Step {
        let bench = &self.benches[index];
        let folder = self.setup.scratch.join(format!("dumps-{id}"));
        let harness = self.harness(bench.executable);
        let mut args = valgrind_args(&folder.to_string_lossy(), harness);
        args.push(self.executables[bench.executable].path.to_string_lossy().into_owned());
        args.extend(self.benchmark_args(index));
        let mut program = self.program(bench.executable, &self.setup.valgrind, args);
        program.timeout = Some(self.setup.timeout);
        Step {
            id,
            label: Subject::Benchmark(bench.benchmark.clone()).to_string(),
            program,
            ends: Ends::Cuts(folder, harness),
        }
    }
}

/// Callgrind's options: a dump wherever the harness's benchmarks are cut, nothing that the user's own settings could change.
#[must_use]
pub fn valgrind_args(folder: &str, harness: Harness) -> Vec<String> {
    let fixed = [
        "--command-line-only=yes",
        "--tool=callgrind",
        &format!("--callgrind-out-file={folder}/cuts.%p"),
        &format!("--log-file={folder}/log.%p"),
        "--vgdb=no",
        "--demangle=no",
        "--dump-line=no",
        "--cache-sim=no",
        "--trace-children=no",
        "--trace-syscalls=yes",
        "--main-stacksize=8388608",
    ];
    let cuts = cut_before(harness).iter().map(|name| format!("--dump-before={name}"));
    fixed.map(String::from).into_iter().chain(cuts).collect()
}

/// A regular expression that matches the text and nothing else.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, letter| {
        if letter.is_ascii_punctuation() && letter != '_' {
            escaped.push('\\');
        }
        escaped.push(letter);
        escaped
    })
}

/// The user's arguments without those that we set ourselves, which criterion takes once only.
fn without_our_own(passed: &[String]) -> Vec<String> {
    let mut left = Vec::new();
    let mut arguments = passed.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" | "--noplot" | "--exact" => {}
            "--warm-up-time" => {
                arguments.next();
            }
            other if other.starts_with("--warm-up-time=") => {}
            _ => left.push(argument.clone()),
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_set_ourselves_is_not_passed_twice() {
        let passed = ["--noplot", "--warm-up-time", "0.1", "--sample-size", "10", "--warm-up-time=2"].map(String::from);
        assert_eq!(without_our_own(&passed), ["--sample-size", "10"]);
    }

    #[test]
    fn a_filter_matches_its_own_name_only() {
        assert_eq!(escaped("a.b (c)/ü_1"), r"a\.b \(c\)\/ü_1");
    }
}
