//! What is made of what valgrind's tools have left, recorded and broken, and of how a program ends.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::outcome::found;
use super::program::Laid;
use super::{Tool, dhat, memcheck, sampled};
use crate::collect::benches::cuts::Cuts;
use crate::collect::source::{Left, Trouble};
use crate::config::{self, CommandPlan};
use crate::model::Evidence;
use crate::sys::process::{Ending, Finished, Signal};
use crate::sys::usage::Usage;

const DHAT: &str = include_str!("../../../../fixtures/outputs/dhat-3.19.0/leaky/out.json");
const MEMCHECK: &str = include_str!("../../../../fixtures/outputs/memcheck-3.19.0/leaky/out.xml");
const CALLGRIND: &str = include_str!("../../../../fixtures/outputs/callgrind-3.19.0/iter_custom/segment.out");

fn plan() -> CommandPlan {
    let text = "[[command]]\nname = 'leaky'\nrun = 'leaky {n}'\nn = 5\n";
    config::parse(text).unwrap().commands.remove(0)
}

fn laid() -> Laid {
    Laid {
        named: "leaky".into(),
        path: "/repo/leaky".into(),
        folder: "/repo".into(),
        stdin: None,
        variables: BTreeMap::new(),
        unseen: None,
        note: None,
        crates: vec!["leaky".into()],
    }
}

fn left(ending: Ending, files: &[(&str, &str)]) -> Left {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    Left {
        finished: Finished { ending, stdout: Vec::new(), stderr: b"no such row\n".to_vec() },
        hello: Vec::new(),
        messages: Vec::new(),
        cuts: Box::new(Cuts::default()),
        trouble: None,
        files,
        usage: None,
        trace: None,
        millis: 0,
    }
}

/// Values by metric, and the note; or the code of the failure and why.
fn said(tool: Tool, left: &Left) -> String {
    match found(tool, &plan(), &laid(), left, Duration::from_secs(120)) {
        Ok(found) => {
            let values = found.values.iter().map(|(metric, value)| format!("{metric} {value}"));
            values.chain(found.note).collect::<Vec<_>>().join(", ")
        }
        Err(failure) => format!("{}: {}", failure.code, failure.why),
    }
}

#[track_caller]
fn check(tool: Tool, files: &[(&str, &str)], expected: &str) {
    assert_eq!(said(tool, &left(Ending::Exited(0), files)), expected);
}

#[test]
fn recorded_outputs_become_values() {
    check(
        Tool::Dhat,
        &[("out.7", DHAT), ("log.7", "")],
        "allocations 120, allocated-bytes 8710, peak-heap 6582, heap-at-exit 1124",
    );
    check(Tool::Memcheck, &[("out.7", MEMCHECK)], "leaked-bytes 580, lost are 580 bytes by `leaky::leak`");
    check(Tool::Callgrind, &[("out.7", CALLGRIND)], "instructions 1844");
    check(Tool::Slope, &[("live.7", "552\n"), ("live.8", "48\n")], "heap-slope 600");
}

#[test]
fn what_several_processes_use_adds_up_but_for_the_peak() {
    check(
        Tool::Dhat,
        &[("out.7", DHAT), ("out.8", DHAT)],
        "allocations 240, allocated-bytes 17420, peak-heap 6582, heap-at-exit 2248",
    );
    check(
        Tool::Memcheck,
        &[("out.7", MEMCHECK), ("out.8", MEMCHECK)],
        "leaked-bytes 1160, lost are 1160 bytes by `leaky::leak`",
    );
    check(Tool::Callgrind, &[("out.7", CALLGRIND), ("out.8", CALLGRIND)], "instructions 3688");
}

#[test]
fn the_parts_of_a_profile_add_up_to_its_value() {
    let left = left(Ending::Exited(0), &[("out.7", DHAT)]);
    let found = found(Tool::Dhat, &plan(), &laid(), &left, Duration::ZERO).unwrap();
    for (metric, sites) in &found.profiles {
        assert_eq!(sites.values().sum::<u64>(), found.values[metric], "{metric}");
    }
    // The five boxes of the leak; the vector that holds them was moved into `forget`.
    assert_eq!(found.profiles.values().map(|sites| sites["leaky::leak"]).collect::<Vec<_>>(), [6, 580, 580]);
}

#[test]
fn what_a_tool_did_not_leave_is_a_failure() {
    for tool in [Tool::Callgrind, Tool::Dhat, Tool::Memcheck, Tool::Clock] {
        check(tool, &[("log.7", "")], "output-unreadable: it left nothing that could be read");
    }
    let no_end = "output-unreadable: it left no count of its heap: it did not come to its end by `exit` or by a return from `main`";
    check(Tool::Slope, &[], no_end);
    check(
        Tool::Memcheck,
        &[("out.7", &MEMCHECK[..MEMCHECK.len() / 2])],
        "output-unreadable: what memcheck left in `out.7` cannot be read: it has no end, so it was cut short",
    );
    check(
        Tool::Dhat,
        &[("out.7", &DHAT.replace("\"dhatFileVersion\":2", "\"dhatFileVersion\":3"))],
        "output-unreadable: what DHAT left in `out.7` cannot be read: it is in version 3 and mode `heap`, not in version 2 and \
         mode `heap`",
    );
    let too_many = Left { trouble: Some(Trouble::TooMany), ..left(Ending::Exited(0), &[]) };
    assert_eq!(said(Tool::Dhat, &too_many), "benchmark-unbounded: it starts more than 1,000 processes");
}

#[test]
fn a_program_that_ends_otherwise_was_not_measured() {
    let check = |ending, files: &[(&str, &str)], expected: &str| {
        assert_eq!(said(Tool::Dhat, &left(ending, files)), expected);
    };
    let out = ("out.7", DHAT);
    check(Ending::Exited(3), &[out], "command-failed: it ended with code 3, not 0: no such row");
    check(Ending::TimedOut, &[], "benchmark-timeout: it did not end within 120 s");
    check(Ending::Signalled(Signal::Other(11)), &[out], "command-failed: it was ended by signal 11: no such row");
    check(Ending::Signalled(Signal::FileTooLarge), &[], "benchmark-unbounded: it wrote a file larger than 1 GiB");
    // As valgrind 3.19 has it in its log, whether the program itself dies of it or one that it started.
    let log = ("log.8", "==8== valgrind: Unrecognised instruction at address 0x10912d.\n==8==    at 0x10912D: main\n");
    let unknown =
        "instruction-unsupported: it executes an instruction that valgrind does not know, and was ended by SIGILL";
    check(Ending::Signalled(Signal::Other(4)), &[log], unknown);
    check(Ending::Exited(101), &[log], unknown);
    check(Ending::Signalled(Signal::Other(4)), &[], "command-failed: it was ended by signal 4: no such row");
}

#[test]
fn the_first_of_the_timed_runs_warms_up() {
    let usage = |wall| Usage { wall: Duration::from_nanos(wall), cpu: None, peak_bytes: None };
    let timed = Left { usage: Some(usage(7)), ..left(Ending::Exited(0), &[]) };
    assert_eq!(said(Tool::Clock, &timed), "time 7");
    let Some(Evidence::Sampled { estimate, low, high, samples }) = sampled(&[1000, 3, 1, 2]) else {
        panic!("no samples")
    };
    assert_eq!((estimate.get(), low.get(), high.get(), samples), (2.0, 1.0, 3.0, 3));
    assert_eq!(sampled(&[1000]), None);
}

proptest! {
    #[test]
    fn reading_never_panics(
        text in "(?s)(<error>|<kind>Leak_DefinitelyLost</kind>|<leakedbytes>|</leakedbytes>|</error>|<fn>|</fn>|[0-9]|\n|.){0,60}",
    ) {
        let _ = (memcheck::parse(&text, &[]), dhat::parse(text.as_bytes()));
    }

    #[test]
    fn a_file_that_was_damaged_never_panics(at in 0..DHAT.len(), byte in 0_u8..128) {
        let mut bytes = DHAT.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = (dhat::parse(&bytes), dhat::parse(&DHAT.as_bytes()[..at]));
        let mut xml = MEMCHECK.as_bytes().to_vec();
        let at = at % xml.len();
        xml[at] = byte;
        let _ = memcheck::parse(&String::from_utf8_lossy(&xml), &[]);
    }
}
