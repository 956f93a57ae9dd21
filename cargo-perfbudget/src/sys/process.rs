//! Child processes: each in a group of its own, bounded in time and output, and gone when we go.
#![expect(clippy::disallowed_methods, reason = "this is the door to other programs")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::signal;
use crate::error::{Error, Result};

/// How much of a program's output is kept: the last so many bytes.
const KEPT_OUTPUT_BYTES: usize = 64 * 1024;
/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(1);
/// How long a quiet program's looks grow apart at most.
const POLL_AT_MOST: Duration = Duration::from_millis(4);

/// What of the parent's environment a program sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Environment {
    /// All of it, with these added or replaced.
    Inherited(BTreeMap<String, String>),
    /// Only these.
    Only(BTreeMap<String, String>),
}

/// What becomes of a program's standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// All of it is kept, up to that many bytes; more is an error.
    All(usize),
    /// The last part is kept, for messages.
    Tail,
}

/// What becomes of a program's standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {
    /// The last part is kept, for messages.
    Tail,
    /// A person sees it as it comes.
    Shown,
}

/// A program to run.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its path or name.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where it runs; here where `None`.
    pub cwd: Option<PathBuf>,
    /// What it sees of the environment.
    pub env: Environment,
    /// Variables that it does not inherit.
    pub removed: Vec<String>,
    /// The file that it reads as its standard input; nothing where `None`.
    pub stdin: Option<PathBuf>,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// The largest file that it may write, in bytes. Linux only.
    pub file_limit: Option<u64>,
    /// Whether it goes on when we are killed.
    pub leash: Leash,
    /// What becomes of its output.
    pub stdout: Output,
    /// What becomes of its messages.
    pub stderr: Messages,
}

/// What becomes of a program whose starter is killed by force, and so cannot stop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leash {
    /// It goes on to its end.
    Loose,
    /// It is killed, too, where the system can do that: a benchmark may have an hour to go. Linux only.
    Tied,
}

/// Makes the kernel kill a program whose parent dies; part of util-linux, which every distribution has.
const TIE: &str = "/usr/bin/setpriv";

impl Program {
    /// A program with our own environment, whose whole output is wanted.
    pub fn new(program: impl Into<OsString>) -> Program {
        Program {
            program: program.into(),
            args: Vec::new(),
            cwd: None,
            env: Environment::Inherited(BTreeMap::new()),
            removed: Vec::new(),
            stdin: None,
            timeout: None,
            file_limit: None,
            leash: Leash::Loose,
            stdout: Output::All(256 << 20),
            stderr: Messages::Tail,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Program {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Runs it in a folder.
    #[must_use]
    pub fn cwd(mut self, cwd: impl Into<PathBuf>) -> Program {
        self.cwd = Some(cwd.into());
        self
    }

    /// Its name and its arguments.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        std::iter::once(&self.program).chain(&self.args).map(|word| word.to_string_lossy().into_owned()).collect()
    }

    /// The command line as a person would type it, quoted for a POSIX shell.
    #[must_use]
    pub fn shown(&self) -> String {
        let quoted = |text: &OsString| {
            let text = text.to_string_lossy();
            let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c));
            if plain { text.into_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
        };
        std::iter::once(&self.program).chain(&self.args).map(quoted).collect::<Vec<_>>().join(" ")
    }
}

/// A signal that ended a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// It wrote a larger file than it may.
    FileTooLarge,
    /// Any other, by its number; zero where the system has none.
    Other(i32),
}

/// How a program came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal that did not come from us.
    Signalled(Signal),
    /// We stopped it, because what was waited for was there.
    Stopped,
    /// We stopped it, because its time was over.
    TimedOut,
}

/// What is left of a program that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// Its output, or the last part of it.
    pub stdout: Vec<u8>,
    /// The last part of its messages; empty where they were shown.
    pub stderr: Vec<u8>,
}

impl Finished {
    /// Whether it ended by itself and with success.
    #[must_use]
    pub fn success(&self) -> bool {
        self.ending == Ending::Exited(0)
    }

    /// Its output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last line of its messages that is not empty.
    #[must_use]
    pub fn last_words(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing").to_owned()
    }
}

/// Whether to go on waiting for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Go on.
    On,
    /// What was waited for is there: stop the program.
    Enough,
}

/// Runs a program to its end.
///
/// # Errors
/// Where it cannot be started, writes more output than is kept, or a signal arrives.
pub fn run(program: &Program) -> Result<Finished> {
    run_while(program, |_| Wait::On)
}

/// Runs a program until it ends, its time is over, or `watch` has enough. `watch` is given its process id.
///
/// # Errors
/// Where it cannot be started, writes more output than is kept, or a signal arrives.
pub fn run_while(program: &Program, mut watch: impl FnMut(u32) -> Wait) -> Result<Finished> {
    signal::check()?;
    let mut running = Running::start(program)?;
    let started = Instant::now();
    let mut pause = POLL;
    let ending = loop {
        if let Some(status) = running.ended()? {
            break ending_of(status);
        }
        if signal::stopped() {
            return Err(Error::interrupted());
        }
        if watch(running.child.id()) == Wait::Enough {
            break Ending::Stopped;
        }
        if program.timeout.is_some_and(|timeout| started.elapsed() > timeout) {
            break Ending::TimedOut;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(POLL_AT_MOST);
    };
    running.finish(ending, program)
}

pub(super) fn ending_of(status: ExitStatus) -> Ending {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    match (status.code(), signal) {
        (Some(code), _) => Ending::Exited(code),
        #[cfg(unix)]
        (None, Some(number)) if number == rustix::process::Signal::XFSZ.as_raw() => {
            Ending::Signalled(Signal::FileTooLarge)
        }
        (None, number) => Ending::Signalled(Signal::Other(number.unwrap_or(0))),
    }
}

/// A program that was started.
pub(super) struct Running {
    pub(super) child: Child,
    /// Whether its end was waited for already, so that its id may be another's by now.
    pub(super) reaped: bool,
    stdout: Option<JoinHandle<Kept>>,
    stderr: Option<JoinHandle<Kept>>,
}

impl Running {
    pub(super) fn start(program: &Program) -> Result<Running> {
        let mut command = match program.leash {
            Leash::Tied if cfg!(target_os = "linux") && super::files::is_file(Path::new(TIE)) => {
                let mut tied = Command::new(TIE);
                tied.args(["--pdeathsig", "KILL", "--"]).arg(&program.program);
                tied
            }
            Leash::Tied | Leash::Loose => Command::new(&program.program),
        };
        command.args(&program.args).stdin(Stdio::null()).stdout(Stdio::piped());
        if let Some(path) = &program.stdin {
            let file = File::open(path)
                .map_err(|why| Error::environment(format!("cannot read `{}`: {why}", path.display())))?;
            command.stdin(file);
        }
        command.stderr(match program.stderr {
            Messages::Tail => Stdio::piped(),
            Messages::Shown => Stdio::inherit(),
        });
        match &program.env {
            Environment::Inherited(more) => command.envs(more),
            Environment::Only(only) => command.env_clear().envs(only),
        };
        for name in &program.removed {
            command.env_remove(name);
        }
        if let Some(cwd) = &program.cwd {
            command.current_dir(cwd);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let name = program.program.to_string_lossy();
        let mut child = command.spawn().map_err(|why| match why.kind() {
            ErrorKind::NotFound => Error::environment(format!("cannot run `{name}`: it was not found"))
                .hint("`cargo perfbudget doctor` says what is missing"),
            _ => Error::environment(format!("cannot run `{name}`: {why}")),
        })?;
        limit_files(&child, program.file_limit);
        let limit = match program.stdout {
            Output::All(bytes) => bytes,
            Output::Tail => KEPT_OUTPUT_BYTES,
        };
        let stdout = child.stdout.take().map(|pipe| std::thread::spawn(move || keep(pipe, limit)));
        let stderr = child.stderr.take().map(|pipe| std::thread::spawn(move || keep(pipe, KEPT_OUTPUT_BYTES)));
        Ok(Running { child, reaped: false, stdout, stderr })
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().map_err(|why| Error::environment(format!("cannot wait for a program: {why}")))
    }

    pub(super) fn finish(mut self, ending: Ending, program: &Program) -> Result<Finished> {
        // Whatever the program has left running goes with it, so that the pipes close and nothing disturbs the next.
        self.kill();
        let take = |handle: Option<JoinHandle<Kept>>| handle.and_then(|handle| handle.join().ok()).unwrap_or_default();
        let (stdout, stderr) = (take(self.stdout.take()), take(self.stderr.take()));
        if stdout.lost && matches!(program.stdout, Output::All(_)) {
            let name = program.program.to_string_lossy();
            return Err(Error::environment(format!("cannot read what `{name}` prints: it is too much")));
        }
        Ok(Finished { ending, stdout: stdout.bytes, stderr: stderr.bytes })
    }

    fn kill(&mut self) {
        kill_group(self.child.id());
        if !self.reaped {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.stdout.is_some() {
            self.kill();
        }
    }
}

/// Ends a program and whatever it has started, by the id of the program.
pub(super) fn kill_group(id: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = id;
}

#[cfg(target_os = "linux")]
fn limit_files(child: &Child, limit: Option<u64>) {
    let (Some(bytes), Some(pid)) = (limit, i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw))
    else {
        return;
    };
    let limit = rustix::process::Rlimit { current: Some(bytes), maximum: Some(bytes) };
    // A child that has ended already has no limit to set.
    let _ = rustix::process::prlimit(Some(pid), rustix::process::Resource::Fsize, limit);
}

#[cfg(not(target_os = "linux"))]
fn limit_files(_: &Child, _: Option<u64>) {}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    lost: bool,
}

/// Reads a pipe to its end and keeps its last `limit` bytes.
fn keep(mut pipe: impl Read, limit: usize) -> Kept {
    let mut kept = Kept::default();
    let mut chunk = [0; 16 * 1024];
    loop {
        match pipe.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => kept.bytes.extend_from_slice(&chunk[..count]),
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
        if kept.bytes.len() > 2 * limit {
            kept.lost = true;
            kept.bytes.drain(..kept.bytes.len() - limit);
        }
    }
    if kept.bytes.len() > limit {
        kept.lost = true;
        kept.bytes.drain(..kept.bytes.len() - limit);
    }
    kept
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::new("sh").args(["-c", script])
    }

    #[test]
    fn a_program_that_runs_too_long_is_stopped_with_its_children() {
        let mut program = shell("sleep 60 & sleep 60");
        program.timeout = Some(Duration::from_millis(50));
        let started = Instant::now();
        assert_eq!(run(&program).map(|finished| finished.ending), Ok(Ending::TimedOut));
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn only_the_last_part_of_endless_output_is_kept() {
        let mut program = shell("yes | head -c 3000000; echo end");
        program.stdout = Output::Tail;
        let finished = run(&program).unwrap();
        assert!(finished.text().ends_with("y\nend\n") && finished.stdout.len() <= KEPT_OUTPUT_BYTES);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let why = run(&Program::new("no-such-program-here")).unwrap_err();
        assert_eq!(why.message, "cannot run `no-such-program-here`: it was not found");
    }

    #[test]
    fn a_shown_command_can_be_pasted() {
        assert_eq!(Program::new("a").args(["b c", "it's", ""]).shown(), r"a 'b c' 'it'\''s' ''");
    }
}
