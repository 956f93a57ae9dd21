//! Whole programs: what a `[[command]]` costs, what it leaks, and all that may be wrong with one.

use crate::project::Project;

const MANIFEST: &str =
    "[package]\nname = \"work\"\nversion = \"0.1.0\"\nedition = \"2021\"\npublish = false\n\n[workspace]\n";

/// Does what its first argument says, so many times as its second one does.
const MAIN: &str = r#"
use std::io::Read;

const LOST: usize = 0;

#[inline(never)]
fn remember(unit: usize) -> usize {
    if LOST > 0 {
        std::mem::forget(std::hint::black_box(vec![unit as u8; LOST]));
    }
    let held = vec![unit; 10];
    held.iter().sum::<usize>()
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let count: usize = words.get(2).and_then(|word| word.parse().ok()).unwrap_or(10);
    match words[1].as_str() {
        "remember" => println!("{}", (0..count).map(remember).sum::<usize>()),
        "fail" => {
            eprintln!("there is no such row");
            std::process::exit(3);
        }
        "read" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            assert!(!text.is_empty(), "nothing to read");
        }
        "wait" => loop {
            std::thread::sleep(std::time::Duration::from_secs(1));
        },
        "talk" => (0..200_000).for_each(|line| println!("line {line}")),
        "start" => assert!(std::process::Command::new(&words[0]).args(["remember", "5"]).status().unwrap().success()),
        "abort" => std::process::abort(),
        #[cfg(target_arch = "x86_64")]
        "native" => unsafe { std::arch::asm!(".byte 0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc0") },
        other => panic!("what is `{other}`?"),
    }
}
"#;

fn work(config: &str) -> Project {
    let project = Project::empty("work");
    project.write(".gitignore", "/target\n");
    project.write("Cargo.toml", MANIFEST);
    project.write("src/main.rs", MAIN);
    project.write("perfbudget.toml", &format!("[size]\nbins = []\n{config}"));
    project.init();
    project
}

const REMEMBER: &str = "[[command]]\nname = 'remember'\nrun = 'work remember {n}'\nn = 1000\n";

#[test]
fn a_leak_is_found_by_memcheck_and_by_the_slope_and_its_place_is_named() {
    let project = work(REMEMBER);
    project.record_and_branch();
    let recorded = project.baseline();
    for line in [
        "[command.\"remember\"]",
        "instructions = ",
        "allocations = ",
        "peak-heap = ",
        "leaked-bytes = 0",
        "heap-slope = 0",
    ] {
        assert!(recorded.contains(line), "{line} is in:\n{recorded}");
    }
    project.perfbudget(&[]).ends(0, &["within: "]);
    project.replace("src/main.rs", "const LOST: usize = 0;", "const LOST: usize = 24;");
    let output = project.perfbudget(&[]);
    output.ends(100, &["growth-over command remember leaked-bytes", "why: `work::remember` +#", "over: "]);
    output.ends(100, &["growth-over command remember heap-slope"]);
    project.perfbudget(&["accept", "command remember", "--reason", "it is a cache"]).ends(0, &[]);
    project.perfbudget(&[]).ends(0, &["regression-accepted"]);
}

#[test]
fn each_way_to_fail_is_a_finding_and_hides_no_other_command() {
    let project = work(
        "[[command]]\nname = 'a'\nrun = 'work fail'\n\
         [[command]]\nname = 'b'\nrun = 'work fail'\nexit = 3\nmeasure = ['heap']\n\
         [[command]]\nname = 'c'\nrun = 'work read'\n\
         [[command]]\nname = 'd'\nrun = 'work read'\nstdin = 'Cargo.toml'\nmeasure = ['leaks']\n\
         [[command]]\nname = 'e'\nrun = 'work wait'\ntimeout = '2 s'\nmeasure = ['instructions']\n\
         [[command]]\nname = 'f'\nrun = 'work native'\n\
         [[command]]\nname = 'g'\nrun = 'no-such-program-here'\n\
         [[command]]\nname = 'h'\nrun = './no/such/script'\n\
         [[command]]\nname = 'i'\nrun = 'work abort'\nmeasure = ['leaks']\n\
         [[command]]\nname = 'j'\nrun = 'work talk'\nmeasure = ['instructions']\n\
         [[command]]\nname = 'k'\nrun = 'work start'\nbins = ['worl']\n",
    );
    let output = project.perfbudget(&["record"]);
    output.ends(101, &["command-failed command a", "there is no such row"]);
    output.ends(101, &["command-failed command c", "nothing to read"]);
    output.ends(101, &["benchmark-timeout command e"]);
    output.ends(101, &["instruction-unsupported command f", "target-cpu"]);
    output.ends(101, &["command-failed command g", "no-such-program-here"]);
    output.ends(101, &["command-failed command h", "./no/such/script"]);
    output.ends(101, &["command-failed command i", "signal"]);
    output.ends(101, &["command-failed command k", "there is no binary target `worl`"]);
    let recorded = project.baseline();
    for name in ["b", "d", "j"] {
        assert!(recorded.contains(&format!("[command.\"{name}\"]")), "{name} is in:\n{recorded}");
    }
}

#[test]
fn a_script_runs_each_sides_own_binaries_and_counts_what_it_starts() {
    let project =
        work("[[command]]\nname = 'flow'\nrun = 'sh tools/flow.sh'\nbins = ['work']\nmeasure = ['heap', 'leaks']\n");
    project.write("tools/flow.sh", "work remember 10 && work remember 10\n");
    project.commit("a script");
    project.record_and_branch();
    project.replace("src/main.rs", "const LOST: usize = 0;", "const LOST: usize = 24;");
    project.perfbudget(&[]).ends(100, &["growth-over command flow leaked-bytes", "why: `work::remember` +#", "over: "]);
}

#[test]
fn commands_are_listed_said_beforehand_and_timed_on_demand() {
    let project = work(REMEMBER);
    project.perfbudget(&["list"]).ends(0, &["command remember"]);
    let steps = project.perfbudget(&["--dry-run"]);
    steps.ends(0, &["build", "--bin work", "--tool=callgrind", "--tool=dhat", "--tool=memcheck", "LD_PRELOAD="]);
    // Memory is looked at every two milliseconds: long enough to be seen.
    let config = "[[command]]\nname = 'remember'\nrun = 'work remember 3000000'\nmeasure = ['time']\n";
    project.write("perfbudget.toml", config);
    let report = project.perfbudget(&["--time", "--format", "json"]).json();
    let rows = report["rows"].as_array().expect("a report has rows");
    for metric in ["time", "cpu-time", "peak-memory"] {
        assert!(rows.iter().any(|row| row["metric"] == metric), "{metric} is in {report}");
    }
}
