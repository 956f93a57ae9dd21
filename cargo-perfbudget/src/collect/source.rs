//! What a source is: it says which steps to run and reads what they leave; one hand runs them, over all cores.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};

use super::benches::cuts::{Cutter, Progress};
use super::benches::{harness, protocol};
use super::callgrind;
use super::executable::Harness;
use crate::error::Result;
use crate::sys::loopback::{self, Protocol};
use crate::sys::process::{self, Finished, Program, Wait};
use crate::sys::usage::{self, Usage};
use crate::sys::{env, files, signal};

/// How many dumps one benchmark may make.
const DUMPS_AT_MOST: usize = 4_000;
/// The largest dump that is read.
const DUMP_BYTES_AT_MOST: u64 = 64 << 20;
/// How many files one step may leave: two for each process that it starts.
const FILES_AT_MOST: usize = 2_000;
/// The largest file that a step may leave.
const FILE_BYTES_AT_MOST: u64 = 128 << 20;
/// The longest trace of system calls that is read; a longer one counts as none.
const TRACE_BYTES_AT_MOST: u64 = 16 << 20;

/// How a step's program comes to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ends {
    /// By itself.
    ByItself,
    /// By itself, after it has told its benchmarks over a socket.
    Conversation,
    /// When the dumps that it writes to this folder are enough, as that harness makes them.
    Cuts(PathBuf, Harness),
    /// By itself, leaving files in this folder.
    Leaving(PathBuf),
    /// By itself, and what it used of the machine is what counts.
    Used,
}

/// One program to run.
#[derive(Debug, Clone)]
pub struct Step {
    /// The source's own number for it.
    pub id: usize,
    /// What a person is told while it runs.
    pub label: String,
    /// The program.
    pub program: Program,
    /// How it ends.
    pub ends: Ends,
}

/// What a step has left.
#[derive(Debug)]
pub struct Left {
    /// How the program ended, and what it printed.
    pub finished: Finished,
    /// Its greeting, where it told us something over a socket.
    pub hello: Vec<u8>,
    /// What it told us.
    pub messages: Vec<Vec<u8>>,
    /// Its profile, cut into pieces.
    pub cuts: Box<dyn Cutter>,
    /// Why the profile could not be read to its end.
    pub trouble: Option<Trouble>,
    /// The files that it left, by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What it used of the machine, where that was asked for.
    pub usage: Option<Usage>,
    /// The system calls that it made, as valgrind prints them; `None` where that could not be read.
    pub trace: Option<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

impl Left {
    /// What a program leaves that only ends, and prints.
    #[must_use]
    pub fn plain(finished: Finished) -> Left {
        Left {
            finished,
            hello: Vec::new(),
            messages: Vec::new(),
            cuts: harness::cutter(Harness::Foreign),
            trouble: None,
            files: BTreeMap::new(),
            usage: None,
            trace: None,
            millis: 0,
        }
    }
}

/// Why what it left could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A dump is not in its format.
    Unreadable(String),
    /// There are too many files.
    TooMany,
}

/// A way to measure something.
pub trait Source: Send {
    /// The next step; `None` where there is none, or none until another one has ended. Whether one is running is known by
    /// whoever runs them.
    fn next(&mut self) -> Option<Step>;

    /// Takes what a step has left.
    ///
    /// # Errors
    /// Only for what must stop the whole run.
    fn take(&mut self, id: usize, left: Left) -> Result<()>;

    /// How many things were measured, and how many are known of.
    fn progress(&self) -> (usize, usize);
}

/// Runs a source's steps, so many at once, until it wants no more.
///
/// # Errors
/// The first error of a step or of the source; the other steps are stopped.
pub fn run(source: &mut dyn Source, at_once: usize, tell: &(dyn Fn(usize, usize, &str) + Sync)) -> Result<()> {
    struct Shared<'a> {
        source: &'a mut dyn Source,
        running: usize,
        failure: Option<crate::error::Error>,
    }
    let shared = Mutex::new(Shared { source, running: 0, failure: None });
    let ended = Condvar::new();
    let worker = || {
        let mut guard = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        loop {
            if guard.failure.is_some() {
                return;
            }
            match guard.source.next() {
                None if guard.running == 0 => return,
                None => guard = ended.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner),
                Some(step) => {
                    guard.running += 1;
                    let (done, known) = guard.source.progress();
                    tell(done, known, &step.label);
                    drop(guard);
                    let since = env::Stopwatch::start();
                    let left = perform(&step).map(|left| Left { millis: since.millis(), ..left });
                    guard = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    guard.running -= 1;
                    let taken = left.and_then(|left| guard.source.take(step.id, left));
                    if let Err(why) = taken {
                        guard.failure.get_or_insert(why);
                    }
                    ended.notify_all();
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..at_once.max(1) {
            scope.spawn(worker);
        }
    });
    signal::check()?;
    shared.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).failure.map_or(Ok(()), Err)
}

fn perform(step: &Step) -> Result<Left> {
    match &step.ends {
        Ends::ByItself => process::run(&step.program).map(Left::plain),
        Ends::Used => {
            let (finished, usage) = usage::run(&step.program)?;
            Ok(Left { usage: Some(usage), ..Left::plain(finished) })
        }
        Ends::Leaving(folder) => {
            files::remove_dir(folder)?;
            files::make_dir(folder)?;
            let left = Left::plain(process::run(&step.program)?);
            let read = if files::list(folder)?.len() > FILES_AT_MOST {
                Err(Trouble::TooMany)
            } else {
                files::read_tree(folder, 0, FILE_BYTES_AT_MOST).map_err(|why| Trouble::Unreadable(why.message))
            };
            files::remove_dir(folder)?;
            Ok(match read {
                Ok(files) => Left { files, ..left },
                Err(trouble) => Left { trouble: Some(trouble), ..left },
            })
        }
        Ends::Conversation => {
            let protocol = Protocol {
                port_variable: protocol::PORT_VARIABLE,
                greeting: protocol::GREETING,
                hello_bytes: protocol::HELLO_BYTES,
                answer: &protocol::answer,
            };
            let told = loopback::converse(step.program.clone(), &protocol)?;
            Ok(Left { hello: told.hello, messages: told.messages, ..Left::plain(told.finished) })
        }
        Ends::Cuts(folder, harness) => {
            files::remove_dir(folder)?;
            files::make_dir(folder)?;
            let mut reader = DumpReader { folder, next: 1, cuts: harness::cutter(*harness), trouble: None };
            let mut own_pid = 0;
            let finished = process::run_while(&step.program, |pid| {
                own_pid = pid;
                reader.read(pid, Ending::Running)
            })?;
            // What was stopped leaves its last dump half-written.
            if matches!(finished.ending, process::Ending::Exited(_) | process::Ending::Signalled(_)) {
                reader.read(own_pid, Ending::Ended);
            }
            let trace = files::read(&folder.join(format!("log.{own_pid}")), TRACE_BYTES_AT_MOST).ok().flatten();
            let trace = trace.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let (cuts, trouble) = (reader.cuts, reader.trouble);
            files::remove_dir(folder)?;
            Ok(Left { cuts, trouble, trace, ..Left::plain(finished) })
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Running,
    Ended,
}

/// Reads numbered dumps as they appear.
struct DumpReader<'a> {
    folder: &'a Path,
    next: usize,
    cuts: Box<dyn Cutter>,
    trouble: Option<Trouble>,
}

impl DumpReader<'_> {
    /// Takes all dumps that are whole. A forked child writes under its own process id, and is not read.
    fn read(&mut self, pid: u32, ending: Ending) -> Wait {
        while self.trouble.is_none() {
            let path = self.folder.join(format!("cuts.{pid}.{}", self.next));
            if !files::exists(&path) {
                break;
            }
            // The next one exists only after this one was closed; asked before reading, lest it be written in between.
            let whole =
                ending == Ending::Ended || files::exists(&self.folder.join(format!("cuts.{pid}.{}", self.next + 1)));
            let dump = match files::read_text(&path, DUMP_BYTES_AT_MOST) {
                Ok(text) => callgrind::parse(&text.unwrap_or_default()),
                Err(why) => Err(why.message),
            };
            match dump {
                Ok(dump) => {
                    let _ = files::remove_file(&path);
                    self.next += 1;
                    if self.next > DUMPS_AT_MOST {
                        self.trouble = Some(Trouble::TooMany);
                    }
                    if self.cuts.push(dump) == Progress::Enough {
                        return Wait::Enough;
                    }
                }
                // It is still being written.
                Err(_) if !whole => return Wait::On,
                Err(why) => self.trouble = Some(Trouble::Unreadable(format!("dump {}: {why}", self.next))),
            }
        }
        if self.trouble.is_some() { Wait::Enough } else { Wait::On }
    }
}
