//! Ourselves between cargo and the compiler: we start what cargo wants started, and note what it used.
#![expect(clippy::disallowed_methods, reason = "this is the door to the compiler, the clock and the notes")]

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that asks for it: the folder for the notes.
pub const NOTES: &str = "PERFBUDGET_RUSTC_NOTES";
/// The variable that names the wrapper that was there before; empty for none.
pub const NEXT: &str = "PERFBUDGET_RUSTC_NEXT";

/// How many names for a note are tried; process ids come again.
const NAMES_AT_MOST: u32 = 10_000;
/// The code of a compiler that a signal ended, or that could not be started.
const FAILED: u8 = 101;

/// What one compiler process used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The crate that it compiled.
    pub name: String,
    /// Nanoseconds on the processor, with the linker that it started; `None` where the system does not tell.
    pub cpu_nanos: Option<u64>,
    /// The most bytes that it, or the linker, held in memory at once; `None` where the system does not tell.
    pub peak_bytes: Option<u64>,
}

impl Note {
    /// Reads a note as it is left.
    #[must_use]
    pub fn read(text: &str) -> Option<Note> {
        let mut fields = text.strip_suffix('\n')?.split('\t');
        let number = |field: &str| if field == "-" { Some(None) } else { field.parse().ok().map(Some) };
        let (cpu, peak, name) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Note { name: name.to_owned(), cpu_nanos: number(cpu)?, peak_bytes: number(peak)? })
    }

    fn written(&self) -> String {
        let number = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
        format!("{}\t{}\t{}\n", number(self.cpu_nanos), number(self.peak_bytes), self.name.replace(['\t', '\n'], " "))
    }
}

/// Where cargo has started us as its wrapper, does what it asks and returns the code to end with; `None` where a person did.
#[must_use]
pub fn stand_in() -> Option<u8> {
    let notes = PathBuf::from(std::env::var_os(NOTES)?);
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    // Cargo gives a wrapper the compiler and its arguments; a subcommand of cargo's is given its own name.
    let compiler = args.first().filter(|first| *first != "perfbudget")?;
    let next = std::env::var_os(NEXT).filter(|next| !next.is_empty());
    let mut command = match &next {
        Some(next) => {
            let mut command = Command::new(next);
            command.arg(compiler);
            command
        }
        None => Command::new(compiler),
    };
    command.args(&args[1..]);
    // Compilers that build scripts start by themselves are none of ours, and who they ask for is.
    let name = name_of(&args);
    let (code, used) = match run(&mut command) {
        Ok(run) => run,
        Err(why) => {
            let program = next.as_ref().unwrap_or(compiler).to_string_lossy();
            let _ = writeln!(std::io::stderr(), "error: cannot run `{program}`: {why}");
            return Some(FAILED);
        }
    };
    if let Some(name) = name {
        let (cpu_nanos, peak_bytes) = used.unzip();
        // A note that cannot be written is missed later; the build goes on.
        let _ = leave(&notes, &Note { name, cpu_nanos, peak_bytes });
    }
    Some(code)
}

/// The crate that a compiler is asked for; `None` for a question, such as for its version.
fn name_of(args: &[OsString]) -> Option<String> {
    let at = args.iter().position(|arg| arg == "--crate-name")?;
    let name = args.get(at + 1)?.to_string_lossy().into_owned();
    (name != "___").then_some(name)
}

/// Runs it to its end: the code, and nanoseconds and bytes where the system tells of them.
#[cfg(unix)]
fn run(command: &mut Command) -> std::io::Result<(u8, Option<(u64, u64)>)> {
    use wait4::Wait4;
    let used = command.spawn()?.wait4()?;
    let cpu = u64::try_from((used.rusage.utime + used.rusage.stime).as_nanos()).unwrap_or(u64::MAX);
    let code = used.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(FAILED);
    Ok((code, Some((cpu, used.rusage.maxrss))))
}

/// The same where the system does not tell.
#[cfg(not(unix))]
fn run(command: &mut Command) -> std::io::Result<(u8, Option<(u64, u64)>)> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(FAILED);
    Ok((code, None))
}

/// Leaves a note under a name that nobody else has.
fn leave(folder: &Path, note: &Note) -> std::io::Result<()> {
    let mut at = 0;
    let mut file = loop {
        match File::create_new(folder.join(format!("{}-{at}", std::process::id()))) {
            Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists && at < NAMES_AT_MOST => at += 1,
            file => break file?,
        }
    };
    file.write_all(note.written().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_note_comes_back() {
        for (cpu_nanos, peak_bytes) in [(Some(1), Some(u64::MAX)), (None, None)] {
            let note = Note { name: "shop".into(), cpu_nanos, peak_bytes };
            assert_eq!(Note::read(&note.written()), Some(note));
        }
        for text in ["", "1\t2\tshop", "1\t2\n", "x\t2\tshop\n", "-1\t2\tshop\n"] {
            assert_eq!(Note::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_what_compiles_a_crate_is_noted() {
        let name = |args: &[&str]| name_of(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(name(&["rustc", "--crate-name", "shop", "src/lib.rs"]).as_deref(), Some("shop"));
        assert_eq!(name(&["rustc", "-", "--crate-name", "___", "--print=cfg"]), None);
        assert_eq!((name(&["rustc", "-vV"]), name(&["rustc", "--crate-name"])), (None, None));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "([0-9]|\t|\n|-|\\PC){0,40}") {
            let _ = Note::read(&text);
        }
    }
}
