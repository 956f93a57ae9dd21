//! What a measurement that has ended comes to: a value with its likely cause of noise, or a failure. Pure.

use std::time::Duration;

use super::cuts::Steady;
use crate::collect::source::{Left, Trouble};
use crate::model::{Code, Failure};
use crate::sys::process::{Ending, Signal};

/// The signal of an illegal instruction, which has this number on all systems that valgrind runs on.
pub(in crate::collect) const SIGILL: i32 = 4;

/// What is said of a program that executes an instruction which valgrind does not know.
pub(in crate::collect) fn unsupported_instruction() -> Failure {
    Failure {
        code: Code::InstructionUnsupported,
        why: "it executes an instruction that valgrind does not know, and was ended by SIGILL".into(),
        hint: Some("build it without `-C target-cpu=native`, or with `-C target-cpu=x86-64-v3`".into()),
    }
}

/// What a measurement that has ended comes to.
pub(super) fn judge_left(left: &Left, timeout: Duration) -> std::result::Result<Steady, Failure> {
    let fail = |code, why: String, hint: Option<&str>| Failure { code, why, hint: hint.map(Into::into) };
    match &left.trouble {
        Some(Trouble::Unreadable(why)) => {
            return Err(fail(Code::OutputUnreadable, format!("callgrind's profile cannot be read: {why}"), None));
        }
        Some(Trouble::TooMany) => {
            return Err(fail(
                Code::BenchmarkUnbounded,
                "its profile falls into more pieces than are read, as happens when its routine reads the clock often"
                    .into(),
                Some("exclude it in `perfbudget.toml`, with a reason"),
            ));
        }
        None => {}
    }
    match left.finished.ending {
        Ending::Stopped | Ending::Exited(0) => left.cuts.steady().map_err(|(code, why)| {
            let hint = "take the clock out of its setup and routine, or exclude it in `perfbudget.toml`, with a reason";
            fail(code, why, (code == Code::BenchmarkReadsClock).then_some(hint))
        }),
        Ending::TimedOut => Err(fail(
            Code::BenchmarkTimeout,
            format!(
                "it was not measured within {} s, after {} calls of its closure",
                timeout.as_secs(),
                left.cuts.complete_calls()
            ),
            Some("raise `timeout` in `perfbudget.toml`, or make its input smaller"),
        )),
        Ending::Signalled(Signal::FileTooLarge) => Err(fail(
            Code::BenchmarkUnbounded,
            "it wrote a file larger than 1 GiB".into(),
            Some("make what it writes smaller, or exclude it in `perfbudget.toml`, with a reason"),
        )),
        Ending::Signalled(Signal::Other(SIGILL)) => Err(unsupported_instruction()),
        Ending::Signalled(Signal::Other(number)) => {
            let words = left.finished.last_words();
            Err(fail(Code::BenchmarkPanicked, format!("it was ended by signal {number}: {words}"), None))
        }
        Ending::Exited(code) => {
            Err(fail(Code::BenchmarkPanicked, format!("it ended with code {code}: {}", panic_line(left)), None))
        }
    }
}

/// What a reader must know of a count even where it repeats: that others than its own thread did some of the work.
pub(super) fn reservation(seen: &[String]) -> Option<String> {
    // Starting a program ends in a `clone`, too.
    if ran(seen, &["posix_spawn", "_Fork", "__libc_fork"]) {
        Some("it starts other programs, which are not counted".into())
    } else {
        ran(seen, &["pthread_create", "clone3", "__clone"]).then(|| "it starts threads".into())
    }
}

fn ran(seen: &[String], parts: &[&str]) -> bool {
    seen.iter().any(|symbol| parts.iter().any(|part| symbol.contains(part)))
}

/// What most likely makes a count vary, by the functions that ran.
pub(in crate::collect) fn likely_cause(seen: &[String]) -> Option<String> {
    if ran(seen, &["hashmap_random_keys", "RandomState", "..sip..", "3sip", "DefaultHasher"]) {
        Some("it uses the random seed of `HashMap`; a fixed hasher makes it exact".into())
    } else if ran(seen, &["getrandom"]) {
        Some("it asks the system for random numbers".into())
    } else {
        None
    }
}

/// The message of a panic, without the advice that follows it, and without what differs from run to run.
pub(in crate::collect) fn panic_line(left: &Left) -> String {
    let text = String::from_utf8_lossy(&left.finished.stderr).into_owned();
    let mut lines = text.lines();
    match lines.find_map(|line| line.split_once(" panicked at ")) {
        Some((who, place)) => {
            format!("{} panicked at {} {}", without_id(who), place.trim(), lines.next().unwrap_or_default().trim())
        }
        None => left.finished.last_words(),
    }
}

/// `thread 'main' (123)` without the number that the system gave the thread.
fn without_id(thread: &str) -> &str {
    let thread = thread.trim();
    let named = thread.strip_suffix(')').and_then(|start| start.rsplit_once(" ("));
    named.filter(|(_, id)| id.bytes().all(|digit| digit.is_ascii_digit())).map_or(thread, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(seen: &[&str]) -> Steady {
        let seen = seen.iter().map(|symbol| (*symbol).to_owned()).collect();
        Steady { value: 1, first: 1, seen, ..Steady::default() }
    }

    #[test]
    fn what_others_did_is_told_apart_by_who_they_are() {
        let check = |seen: &[&str], note: Option<&str>| assert_eq!(reservation(&steady(seen).seen).as_deref(), note);
        check(&["malloc"], None);
        check(&["pthread_create@@GLIBC_2.34", "clone3"], Some("it starts threads"));
        check(&["posix_spawnp", "__clone"], Some("it starts other programs, which are not counted"));
    }

    #[test]
    fn a_thread_is_told_without_its_number() {
        assert_eq!(without_id("thread 'main' (27316)"), "thread 'main'");
        assert_eq!(without_id("thread 'main'"), "thread 'main'");
        assert_eq!(without_id("thread 'worker (2)'"), "thread 'worker (2)'");
        assert_eq!(without_id("thread 'a (b)'"), "thread 'a (b)'");
    }
}
