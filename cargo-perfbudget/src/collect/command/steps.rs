//! The command lines of a command: under each tool, and by itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::program::{Laid, bins_of};
use super::{Tool, slope, subject};
use crate::collect::hand::Hand;
use crate::collect::layout::{ENVIRONMENT_BYTES, padded};
use crate::collect::source::{Ends, Step};
use crate::collect::{Request, build};
use crate::config::CommandPlan;
use crate::error::Result;
use crate::sys::process::{Environment, Leash, Messages, Output, Program};

/// The largest file that a measured program may write.
const FILE_BYTES_AT_MOST: u64 = 1 << 30;

/// What all runs of commands have in common.
#[derive(Debug)]
pub(super) struct Bench {
    scratch: PathBuf,
    timeout: Duration,
}

impl Bench {
    pub(super) fn new(hand: &Hand<'_>) -> Bench {
        Bench { scratch: hand.scratch.clone(), timeout: hand.request.plan.timeout }
    }

    /// How long one run of the command may take.
    pub(super) fn timeout(&self, plan: &CommandPlan) -> Duration {
        plan.timeout.unwrap_or(self.timeout)
    }

    /// The next run of a command with a tool, after so many.
    pub(super) fn step(&self, plan: &CommandPlan, laid: &Laid, tool: Tool, runs: usize) -> Step {
        let folder = self.scratch.join("command");
        let times = if tool == Tool::Slope { slope::TIMES[runs % slope::TIMES.len()] } else { 1 };
        let args = plan.run_of(times).split_off(1);
        let mut program = if tool.needs_valgrind() {
            let valgrind = valgrind_args(tool, &folder.to_string_lossy());
            Program::new("valgrind").args(valgrind).args([laid.named.clone()]).args(args)
        } else {
            Program::new(&laid.path).args(args)
        };
        let mut variables = laid.variables.clone();
        if tool == Tool::Slope {
            variables.extend(slope::variables(&self.scratch, &folder));
        }
        program.cwd = Some(laid.folder.clone());
        program.env = Environment::Only(padded(variables, ENVIRONMENT_BYTES));
        program.stdin = laid.stdin.clone();
        program.timeout = Some(self.timeout(plan));
        program.file_limit = Some(FILE_BYTES_AT_MOST);
        // What ties a program to us is a program itself, whose start would be timed, too.
        program.leash = if tool == Tool::Clock { Leash::Loose } else { Leash::Tied };
        program.stdout = Output::Tail;
        program.stderr = Messages::Tail;
        let ends = if tool == Tool::Clock { Ends::Used } else { Ends::Leaving(folder) };
        Step { id: 0, label: subject(plan).to_string(), program, ends }
    }
}

/// The options of valgrind and its tool: nothing that the user's own settings could change, and the same for all that the
/// program starts.
fn valgrind_args(tool: Tool, folder: &str) -> Vec<String> {
    let out = format!("{folder}/out.%p");
    let own: Vec<String> = match tool {
        Tool::Callgrind => {
            vec![
                "--tool=callgrind".into(),
                format!("--callgrind-out-file={out}"),
                "--dump-line=no".into(),
                "--cache-sim=no".into(),
            ]
        }
        Tool::Dhat => vec!["--tool=dhat".into(), format!("--dhat-out-file={out}"), "--num-callers=40".into()],
        _ => vec![
            "--tool=memcheck".into(),
            "--leak-check=full".into(),
            "--show-leak-kinds=definite".into(),
            "--errors-for-leak-kinds=definite".into(),
            // Whether a value is defined is none of our business, and takes half of the time.
            "--undef-value-errors=no".into(),
            "--num-callers=40".into(),
            "--xml=yes".into(),
            format!("--xml-file={out}"),
        ],
    };
    let common =
        ["--command-line-only=yes", "--vgdb=no", "--demangle=no", "--trace-children=yes", "--main-stacksize=8388608"];
    let log = format!("--log-file={folder}/log.%p");
    common.map(String::from).into_iter().chain([log]).chain(own).collect()
}

/// What would be run, one command a line; what is only known after the build is written in capitals.
pub(super) fn lines(request: &Request<'_>, wanted: &[(&CommandPlan, Vec<Tool>)]) -> Result<Vec<String>> {
    let plans: Vec<&CommandPlan> = wanted.iter().map(|(plan, _)| *plan).collect();
    let bins = bins_of(request, &plans)?;
    let mut lines = Vec::new();
    if !bins.is_empty() {
        lines.push(build_command(request, &bins).shown());
    }
    for (plan, tools) in wanted {
        for tool in tools {
            let words = |times| {
                let mut run = plan.run_of(times);
                if bins.contains_key(&run[0]) {
                    run[0] = format!("EXECUTABLE_OF_{}", run[0].to_uppercase().replace('-', "_"));
                }
                Program::new(run[0].clone()).args(run.split_off(1)).shown()
            };
            match tool {
                Tool::Slope => {
                    lines.extend(slope::TIMES.map(|times| format!("LD_PRELOAD={} {}", slope::LIBRARY, words(times))))
                }
                Tool::Clock => lines.push(format!("{}    # timed", words(1))),
                _ => lines.push(format!("valgrind {} {}", valgrind_args(*tool, "SCRATCH").join(" "), words(1))),
            }
        }
    }
    Ok(lines)
}

/// The command that builds binary targets, by name with their packages.
pub(super) fn build_command(request: &Request<'_>, bins: &BTreeMap<String, String>) -> Program {
    let mut packages: Vec<String> = bins.values().cloned().collect();
    packages.sort();
    packages.dedup();
    let what: Vec<String> = bins.keys().flat_map(|name| ["--bin".to_owned(), name.clone()]).collect();
    build::artifact_command(&request.place(), request.options, &packages, request.target_dir_text().as_deref(), &what)
}
