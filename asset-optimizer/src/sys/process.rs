//! Programs of others: which are installed, and how they are run within bounds of time and memory.
#![expect(clippy::disallowed_methods, reason = "this is the door to other programs, and to where they are looked for")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::files::{self, Staged};
use crate::tools::{Call, Run, Tool, Tools};

/// How long a program may work on one file. A picture or a module that takes longer is not what people ship.
const TIME: Duration = Duration::from_secs(120);
/// How long a program may think about its version.
const VERSION_TIME: Duration = Duration::from_secs(10);
/// How much address space a program may have, in KiB, and how large a file that it writes may be, in blocks of 512 bytes.
const LIMITS: &str = "ulimit -v 4194304; ulimit -f 2097152; ulimit -c 0; exec \"$@\"";
/// How often a program is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(2);
/// How much of what a program says is read.
const SAID_BYTES: u64 = 4096;

/// The programs that engines ask for, as far as they are installed here.
#[must_use]
pub fn installed() -> Tools {
    Tools { jpegtran: found("jpegtran", "-version", run), wasm_opt: found("wasm-opt", "--version", run) }
}

/// A program of the search path that says its version. Only where a shell can set its bounds.
fn found(name: &str, ask: &str, run: Run) -> Option<Tool> {
    if !cfg!(unix) {
        return None;
    }
    let paths = std::env::var_os("PATH")?;
    let program = std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| files::is_file(path))?;
    let scratch = scratch().ok()?;
    let said = ran(&program, &[ask.into()], &scratch, VERSION_TIME).ok()?;
    let version = said.lines().find(|line| !line.trim().is_empty())?.trim().to_owned();
    Some(Tool { program, version: format!("{name}: {version}"), run })
}

fn scratch() -> crate::error::Result<Staged> {
    Staged::beside(&std::env::temp_dir().join("asset-optimizer-tool"))
}

fn run(tool: &Tool, call: &Call<'_>) -> Result<Vec<u8>, String> {
    let scratch = scratch().map_err(|why| why.message)?;
    let (input, output) = (scratch.path().join("input"), scratch.path().join("output"));
    files::write_unseen(&input, call.input).map_err(|why| why.message)?;
    let mut arguments: Vec<PathBuf> = call.arguments.iter().map(PathBuf::from).collect();
    arguments.extend([PathBuf::from(call.output), output.clone(), input]);
    ran(&tool.program, &arguments, &scratch, TIME)?;
    let written = files::read(&output, 1 << 30).map_err(|why| why.message)?;
    written.ok_or_else(|| "it wrote nothing".to_owned())
}

/// Runs a program to its end and answers with what it said.
fn ran(program: &Path, arguments: &[PathBuf], scratch: &Staged, time: Duration) -> Result<String, String> {
    let said = scratch.path().join("said");
    let file = std::fs::File::create(&said).map_err(|why| format!("there is no room for what it says: {why}"))?;
    let copy = file.try_clone().map_err(|why| format!("there is no room for what it says: {why}"))?;
    let mut child = Command::new("sh")
        .args(["-c", LIMITS, "sh"])
        .arg(program)
        .args(arguments)
        // One of its own threads: ours work beside it, and what it writes must not depend on the machine.
        .env("BINARYEN_CORES", "1")
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(copy)
        .spawn()
        .map_err(|why| format!("it cannot be run: {why}"))?;
    let until = Instant::now() + time;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < until => std::thread::sleep(PAUSE),
            outcome => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(match outcome {
                    Err(why) => format!("it cannot be waited for: {why}"),
                    Ok(_) => format!("it took longer than {} s", time.as_secs()),
                });
            }
        }
    };
    let said = files::read_head(&said, SAID_BYTES).map_err(|why| why.message)?;
    let said = String::from_utf8_lossy(&said).into_owned();
    if status.success() {
        return Ok(said);
    }
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim();
    // It speaks of its files, which are ours.
    let last = last.replace(&scratch.path().display().to_string(), "");
    Err(format!("it failed with {status}: {last}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(text: &str, time: Duration) -> Result<String, String> {
        let scratch = scratch().unwrap();
        ran(Path::new("/bin/sh"), &["-c".into(), text.into()], &scratch, time)
    }

    #[test]
    fn a_program_is_bounded_and_says_why_it_failed() {
        assert_eq!(shell("echo 1.2", VERSION_TIME).unwrap(), "1.2\n");
        assert!(shell("echo no >&2; exit 3", VERSION_TIME).unwrap_err().ends_with("exit status: 3: no"));
        let slow = shell("sleep 5", Duration::from_millis(50)).unwrap_err();
        assert_eq!(slow, "it took longer than 0 s");
        assert!(shell("ulimit -v", VERSION_TIME).unwrap().starts_with("4194304"));
    }

    #[test]
    fn a_program_that_is_not_there_is_none() {
        assert!(found("no-program-is-called-so", "--version", run).is_none());
        let tool = found("sh", "-c", run);
        assert!(tool.is_none(), "{tool:?}");
    }
}
