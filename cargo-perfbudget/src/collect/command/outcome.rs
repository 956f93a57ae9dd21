//! What a run of a command that has ended comes to: numbers, or a failure. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::program::Laid;
use super::sites::Sites;
use super::{Tool, dhat, memcheck, slope};
use crate::collect::benches::outcome::{SIGILL, likely_cause, panic_line, unsupported_instruction};
use crate::collect::callgrind;
use crate::collect::source::{Left, Trouble};
use crate::config::CommandPlan;
use crate::model::{Code, Failure, Metric};
use crate::sys::process::{Ending, Signal};

/// What valgrind says of an instruction that it does not know.
const UNRECOGNISED: &str = "Unrecognised instruction at address";
/// How many functions that have lost something are named.
const SITES_AT_MOST: usize = 3;

/// What one run has found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// By metric; of a slope what was left on the heap.
    pub(super) values: BTreeMap<Metric, u64>,
    /// What each function has of a value.
    pub(super) profiles: BTreeMap<Metric, Sites>,
    /// What a reader must know.
    pub(super) note: Option<String>,
    /// What most likely makes the values vary, should they do.
    pub(super) cause: Option<String>,
}

fn fail(code: Code, why: String, hint: Option<&str>) -> Failure {
    Failure { code, why, hint: hint.map(Into::into) }
}

/// What is said of a program whose allocator is not seen.
pub(super) fn unseen(why: &str) -> Failure {
    let hint = "measure it without that, or state `measure = [\"instructions\"]`";
    fail(Code::AllocatorUnseen, format!("what it asks of its allocator is not seen: {why}"), Some(hint))
}

/// What a run of the tool that has ended comes to.
pub(super) fn found(
    tool: Tool,
    plan: &CommandPlan,
    laid: &Laid,
    left: &Left,
    timeout: Duration,
) -> Result<Found, Failure> {
    judge_ending(plan, left, timeout)?;
    match &left.trouble {
        Some(Trouble::Unreadable(why)) => return Err(fail(Code::OutputUnreadable, why.clone(), None)),
        Some(Trouble::TooMany) => {
            let hint = "measure one of the programs that it starts instead";
            return Err(fail(Code::BenchmarkUnbounded, "it starts more than 1,000 processes".into(), Some(hint)));
        }
        None => {}
    }
    let unreadable = |(name, why): (&str, String)| {
        fail(Code::OutputUnreadable, format!("what {} left in `{name}` cannot be read: {why}", word(tool)), None)
    };
    let found = match tool {
        Tool::Callgrind => instructions(laid, left),
        Tool::Dhat => heap(laid, left),
        Tool::Memcheck => leaks(laid, left),
        Tool::Slope => live(left),
        Tool::Clock => Ok(used(left)),
    };
    let found = found.map_err(unreadable)?;
    if found.values.is_empty() {
        let (why, hint) = match tool {
            Tool::Slope => (
                "it left no count of its heap: it did not come to its end by `exit` or by a return from `main`",
                Some("let it end by itself, or take `n` out"),
            ),
            _ => ("it left nothing that could be read", None),
        };
        return Err(fail(Code::OutputUnreadable, why.into(), hint));
    }
    Ok(found)
}

fn word(tool: Tool) -> &'static str {
    match tool {
        Tool::Callgrind => "callgrind",
        Tool::Dhat => "DHAT",
        Tool::Memcheck => "memcheck",
        Tool::Slope | Tool::Clock => "it",
    }
}

/// Whether the program came to the end that it must come to.
fn judge_ending(plan: &CommandPlan, left: &Left, timeout: Duration) -> Result<(), Failure> {
    let is_unsupported = left
        .files
        .iter()
        .any(|(name, bytes)| name.starts_with("log.") && String::from_utf8_lossy(bytes).contains(UNRECOGNISED));
    match left.finished.ending {
        Ending::Exited(code) if code == plan.exit => Ok(()),
        Ending::Exited(_) | Ending::Signalled(Signal::Other(SIGILL)) if is_unsupported => {
            Err(unsupported_instruction())
        }
        Ending::Exited(code) => {
            // A program that finds nothing to read is the usual reason.
            let hint = match &plan.stdin {
                None => "run it by itself in that folder; its standard input is empty, unless `stdin` names a file",
                Some(_) => "run it by itself in that folder",
            };
            let why = format!("it ended with code {code}, not {}: {}", plan.exit, panic_line(left));
            Err(fail(Code::CommandFailed, why, Some(hint)))
        }
        Ending::TimedOut | Ending::Stopped => Err(fail(
            Code::BenchmarkTimeout,
            format!("it did not end within {} s", timeout.as_secs_f64()),
            Some(
                "raise `timeout` of the command, or give it less to do; a program that waits to be stopped never ends",
            ),
        )),
        Ending::Signalled(Signal::FileTooLarge) => Err(fail(
            Code::BenchmarkUnbounded,
            "it wrote a file larger than 1 GiB".into(),
            Some("make what it writes smaller"),
        )),
        Ending::Signalled(Signal::Other(number)) => {
            let why = format!("it was ended by signal {number}: {}", panic_line(left));
            Err(fail(Code::CommandFailed, why, None))
        }
    }
}

type Read<'a> = Result<Found, (&'a str, String)>;

/// The files that a tool left, one for each process.
fn outputs(left: &Left) -> impl Iterator<Item = (&str, &[u8])> {
    let files = left.files.iter().filter(|(name, _)| name.starts_with("out."));
    files.map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// Adds up what cannot overflow: the files are smaller than that.
fn add(sites: &mut Sites, more: Sites) {
    for (name, value) in more {
        let own = sites.entry(name).or_default();
        *own = own.saturating_add(value);
    }
}

fn total(sites: &Sites) -> u64 {
    sites.values().fold(0, |sum, value| sum.saturating_add(*value))
}

fn instructions<'a>(laid: &Laid, left: &'a Left) -> Read<'a> {
    let mut functions = Sites::new();
    let mut symbols = Vec::new();
    let mut is_empty = true;
    for (name, bytes) in outputs(left) {
        let dump = text(bytes).and_then(callgrind::parse).map_err(|why| (name, why))?;
        is_empty = false;
        let names = dump.functions.iter().map(|(symbol, cost)| (callgrind::function_name(symbol), *cost));
        let mut own = Sites::new();
        names.for_each(|(name, cost)| *own.entry(name).or_default() += cost);
        add(&mut functions, own);
        symbols.extend(dump.functions.into_keys());
    }
    if is_empty {
        return Ok(Found::default());
    }
    // The C library itself asks for one random number when it first allocates, and counts nothing by it.
    symbols.retain(|symbol| symbol.split('@').next() != Some("getrandom"));
    let has_threads = symbols.iter().any(|symbol| symbol.contains("pthread_create"));
    let threads = has_threads.then(|| "it starts threads".to_owned());
    let notes: Vec<String> = laid.note.iter().cloned().chain(threads).collect();
    Ok(Found {
        values: BTreeMap::from([(Metric::Instructions, total(&functions))]),
        profiles: BTreeMap::from([(Metric::Instructions, functions)]),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        cause: likely_cause(&symbols),
    })
}

/// Of several processes, what they asked for adds up, and the one with the highest peak has it.
fn heap<'a>(laid: &Laid, left: &'a Left) -> Read<'a> {
    let (mut blocks, mut bytes_in_all, mut peak, mut at_exit) = (Sites::new(), Sites::new(), None, 0_u64);
    for (name, bytes) in outputs(left) {
        let heap = dhat::parse(bytes).map_err(|why| (name, why))?;
        add(&mut blocks, heap.blocks);
        add(&mut bytes_in_all, heap.bytes);
        at_exit = at_exit.saturating_add(heap.at_exit);
        if peak.as_ref().is_none_or(|known| total(&heap.peak) > total(known)) {
            peak = Some(heap.peak);
        }
    }
    let Some(peak) = peak else { return Ok(Found::default()) };
    let metrics = [(Metric::Allocations, blocks), (Metric::AllocatedBytes, bytes_in_all), (Metric::PeakHeap, peak)];
    let mut values: BTreeMap<Metric, u64> = metrics.iter().map(|(metric, sites)| (*metric, total(sites))).collect();
    values.insert(Metric::HeapAtExit, at_exit);
    Ok(Found { values, profiles: metrics.into(), note: laid.note.clone(), cause: None })
}

fn leaks<'a>(laid: &Laid, left: &'a Left) -> Read<'a> {
    let mut lost = Sites::new();
    let mut is_empty = true;
    for (name, bytes) in outputs(left) {
        let own = text(bytes).and_then(|text| memcheck::parse(text, &laid.crates));
        add(&mut lost, own.map_err(|why| (name, why))?);
        is_empty = false;
    }
    if is_empty {
        return Ok(Found::default());
    }
    let (value, note) = (total(&lost), named_sites(&lost));
    let (values, profiles) = ([(Metric::LeakedBytes, value)].into(), [(Metric::LeakedBytes, lost)].into());
    Ok(Found { values, profiles, note, cause: None })
}

/// Where the most was lost, in a sentence; `None` where nothing was.
fn named_sites(lost: &Sites) -> Option<String> {
    let mut sites: Vec<(&String, &u64)> = lost.iter().collect();
    sites.sort_by_key(|(name, bytes)| (std::cmp::Reverse(**bytes), *name));
    let named: Vec<String> =
        sites.iter().take(SITES_AT_MOST).map(|(name, bytes)| format!("{bytes} bytes by `{name}`")).collect();
    let rest = match sites.len().saturating_sub(SITES_AT_MOST) {
        0 => String::new(),
        1 => ", and more in one other place".to_owned(),
        count => format!(", and more in {count} other places"),
    };
    (!named.is_empty()).then(|| format!("lost are {}{rest}", named.join(", ")))
}

/// What all processes together have left on the heap.
fn live(left: &Left) -> Read<'_> {
    let mut live = None;
    for (name, bytes) in left.files.iter().filter(|(name, _)| name.starts_with("live.")) {
        let own = slope::parse(bytes).map_err(|why| (name.as_str(), why))?;
        live = Some(live.unwrap_or(0_u64).saturating_add(own));
    }
    Ok(Found { values: live.into_iter().map(|live| (Metric::HeapSlope, live)).collect(), ..Found::default() })
}

fn used(left: &Left) -> Found {
    let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let Some(usage) = left.usage else { return Found::default() };
    let values = [
        (Metric::Time, Some(nanos(usage.wall))),
        (Metric::CpuTime, usage.cpu.map(nanos)),
        (Metric::PeakMemory, usage.peak_bytes),
    ];
    let values = values.into_iter().filter_map(|(metric, value)| Some((metric, value?))).collect();
    Found { values, ..Found::default() }
}
