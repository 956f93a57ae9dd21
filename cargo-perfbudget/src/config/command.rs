//! `[[command]]`: programs with their arguments that are measured as a whole, from start to end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use toml_span::value::ValueInner;

use super::file::{Entry, Reader, Section};
use super::plan::{relative_path, timeout, variable};
use super::shown;

/// What of a command is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Instructions, under callgrind.
    Instructions,
    /// What it asks of the allocator, under DHAT.
    Heap,
    /// What it loses, under memcheck.
    Leaks,
    /// Wall time, CPU time and resident memory, without valgrind; only where times are asked for.
    Time,
}

/// A program with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandPlan {
    /// What it is called: `command NAME` is the subject.
    pub name: String,
    /// The program and its arguments; never empty.
    pub run: Vec<String>,
    /// Binary targets that it runs besides the one that it is.
    pub bins: Vec<String>,
    /// The file that it reads as its standard input, relative to the configuration's folder; nothing where `None`.
    pub stdin: Option<String>,
    /// Where it runs, relative to the configuration's folder; there itself where `None`.
    pub dir: Option<String>,
    /// Variables that it gets besides those of all measured programs.
    pub env: BTreeMap<String, String>,
    /// How long it may take, each time that it is run.
    pub timeout: Option<Duration>,
    /// What of it is measured.
    pub measure: BTreeSet<Measure>,
    /// What stands for `{n}` in `run`: how many units of work it does.
    pub units: Option<u64>,
    /// The code that it must end with.
    pub exit: i32,
}

impl CommandPlan {
    /// The program and its arguments for so many times the usual work.
    #[must_use]
    pub fn run_of(&self, times: u64) -> Vec<String> {
        match self.units {
            Some(units) => {
                let count = units.saturating_mul(times).to_string();
                self.run.iter().map(|part| part.replace(PLACEHOLDER, &count)).collect()
            }
            None => self.run.clone(),
        }
    }
}

/// What stands for the number of units of work.
const PLACEHOLDER: &str = "{n}";
/// The most units of work, so that a few times as many are still a number that any program can read.
const UNITS_AT_MOST: i64 = 1 << 40;
const KEYS: &[&str] = &["name", "run", "bins", "stdin", "dir", "env", "timeout", "measure", "n", "exit"];
const MEASURES: &[(&str, Measure)] = &[
    ("instructions", Measure::Instructions),
    ("heap", Measure::Heap),
    ("leaks", Measure::Leaks),
    ("time", Measure::Time),
];
/// What only a shell understands, in a `run` that is one string.
const FOR_A_SHELL: &str = "|&;<>()$`*?[]~#";

/// Reads all `[[command]]` tables.
pub(super) fn read(entry: Entry<'_>, reader: &mut Reader<'_>) -> Vec<CommandPlan> {
    let mut names = BTreeSet::new();
    let sections = entry.sections("[[command]]", KEYS, reader);
    sections.into_iter().filter_map(|(at, section)| command(at, section, &mut names, reader)).collect()
}

fn command(
    at: usize,
    section: Section<'_>,
    names: &mut BTreeSet<String>,
    reader: &mut Reader<'_>,
) -> Option<CommandPlan> {
    let mut needed = |key: &str, example: &str| {
        let entry = section.get(key);
        if entry.is_none() {
            let hint = format!("add `{key} = {example}`");
            reader.problem(at, format!("this `[[command]]` has no `{key}`"), Some(hint));
        }
        entry
    };
    let (name, run) = (needed("name", "\"import\""), needed("run", "[\"shop-import\", \"data/large.csv\"]"));
    let name = name.and_then(|entry| name_of(entry, names, reader));
    let run_at = run.map_or(at, |entry| entry.at);
    let run = run.and_then(|entry| arguments(entry, None, reader));
    let path = |key: &str, reader: &mut Reader<'_>| section.get(key).and_then(|entry| relative_path(entry, reader));
    let bins = section.get("bins").and_then(|entry| entry.texts("a list of names such as [\"shop\"]", reader));
    let env = section.get("env").and_then(|entry| entry.open_section(reader));
    let env = env.map(|section| section.entries().filter_map(|entry| variable(entry, reader)).collect());
    let measures = section
        .get("measure")
        .map(|entry| entry.measures("a list such as [\"instructions\", \"heap\", \"leaks\"]", MEASURES, reader));
    let units = section.get("n").map(|entry| (entry, units(entry, reader)));
    let has_placeholder = run.as_ref().is_some_and(|run| run.iter().any(|part| part.contains(PLACEHOLDER)));
    match (&units, has_placeholder) {
        (None, true) => {
            let hint = "add `n = 1000`; the work of n, 2n and 4n tells what stays on the heap".to_owned();
            reader.problem(run_at, "`{n}` stands for a number that is not given".to_owned(), Some(hint));
        }
        (Some((entry, _)), false) if run.is_some() => {
            let hint = "write `{n}` for the argument that says how much work to do".to_owned();
            reader.problem(entry.key_at, "`n` is given, and no argument of `run` holds `{n}`".to_owned(), Some(hint));
        }
        _ => {}
    }
    Some(CommandPlan {
        bins: bins.unwrap_or_default().into_iter().map(|(_, name)| name.to_owned()).collect(),
        stdin: path("stdin", reader),
        dir: path("dir", reader),
        env: env.unwrap_or_default(),
        timeout: section.get("timeout").and_then(|entry| timeout(entry, reader)),
        measure: measures.unwrap_or_else(|| MEASURES.iter().map(|(_, measure)| *measure).collect()),
        units: units.and_then(|(_, units)| units),
        exit: section.get("exit").and_then(|entry| exit_code(entry, reader)).unwrap_or(0),
        name: name?,
        run: run?,
    })
}

fn name_of(entry: Entry<'_>, names: &mut BTreeSet<String>, reader: &mut Reader<'_>) -> Option<String> {
    let name = entry.text("a name such as \"import\"", reader)?;
    if name.contains(char::is_control) || name.trim() != name {
        let message =
            format!("`{}` is no name: it begins or ends with a blank, or holds a control character", shown(name));
        reader.problem(entry.at, message, None);
    } else if !names.insert(name.to_owned()) {
        reader.problem(entry.at, format!("there is another command `{}`", shown(name)), None);
    }
    Some(name.to_owned())
}

/// Words of a command line, which may repeat: a list, or a string that is split as a shell would.
pub(super) fn words(entry: Entry<'_>, wanted: &str, reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let words: Vec<String> = match entry.value {
        ValueInner::String(text) => split(text)
            .map_err(|why| {
                reader.problem(
                    entry.at,
                    format!("`{}` {why}", entry.name),
                    Some(
                        "write a list such as `[\"shop\", \"a b\"]`, or run a shell: `[\"sh\", \"-c\", \"…\"]`"
                            .to_owned(),
                    ),
                )
            })
            .ok()?,
        ValueInner::Array(values) => {
            let texts: Vec<Option<&str>> = values.iter().map(|value| value.as_str()).collect();
            if let Some(at) = texts.iter().position(Option::is_none) {
                reader.problem(
                    values[at].span.start,
                    format!("an argument in `{}` must be a string", entry.name),
                    None,
                );
                return None;
            }
            texts.into_iter().flatten().map(str::to_owned).collect()
        }
        _ => {
            reader.wrong_type(entry, wanted, None);
            return None;
        }
    };
    if words.iter().any(|word| word.contains('\0')) {
        reader.problem(entry.at, format!("`{}` holds a NUL character", entry.name), None);
        return None;
    }
    Some(words)
}

/// The program and its arguments.
pub(super) fn arguments(entry: Entry<'_>, example: Option<&str>, reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let run = words(entry, "a list of the program and its arguments, or a string", reader)?;
    let why = match run.first() {
        None => "names no program",
        Some(program) if program.trim().is_empty() => "begins with an empty name of a program",
        Some(_) => return Some(run),
    };
    reader.problem(entry.at, format!("`{}` {why}", entry.name), example.map(str::to_owned));
    None
}

/// Splits a line at blanks, as a POSIX shell does, with its quotes and backslashes. What only a shell understands is an
/// error, lest it be passed on as an argument.
fn split(line: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut part: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' | '\r' => parts.extend(part.take()),
            '\'' => {
                let part = part.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some('\'') => break,
                        Some(letter) => part.push(letter),
                        None => return Err("has a `'` without its end".to_owned()),
                    }
                }
            }
            '"' => {
                let part = part.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some('"') => break,
                        Some('\\') => match letters.next() {
                            Some(letter @ ('"' | '\\' | '$' | '`')) => part.push(letter),
                            Some(letter) => part.extend(['\\', letter]),
                            None => return Err("has a `\"` without its end".to_owned()),
                        },
                        Some(letter @ ('$' | '`')) => {
                            return Err(format!("holds `{letter}`, which only a shell understands"));
                        }
                        Some(letter) => part.push(letter),
                        None => return Err("has a `\"` without its end".to_owned()),
                    }
                }
            }
            '\\' => match letters.next() {
                Some(letter) => part.get_or_insert_default().push(letter),
                None => return Err("ends with a backslash".to_owned()),
            },
            _ if FOR_A_SHELL.contains(letter) => {
                return Err(format!("holds `{letter}`, which only a shell understands"));
            }
            _ => part.get_or_insert_default().push(letter),
        }
    }
    parts.extend(part);
    Ok(parts)
}

fn units(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<u64> {
    let Some(count) = entry.value.as_integer() else {
        reader.wrong_type(entry, "a number of units of work such as 1000", None);
        return None;
    };
    if !(1..=UNITS_AT_MOST).contains(&count) {
        reader.problem(entry.at, format!("`n` must be from 1 to {UNITS_AT_MOST}"), None);
        return None;
    }
    u64::try_from(count).ok()
}

fn exit_code(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<i32> {
    let Some(code) = entry.value.as_integer() else {
        reader.wrong_type(entry, "an exit code such as 0", None);
        return None;
    };
    if !(0..=255).contains(&code) {
        reader.problem(entry.at, "`exit` must be from 0 to 255".to_owned(), None);
        return None;
    }
    i32::try_from(code).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_split_as_a_shell_splits_it() {
        let check = |line: &str, parts: &[&str]| {
            assert_eq!(split(line), Ok(parts.iter().map(ToString::to_string).collect()), "{line}");
        };
        check("", &[]);
        check("  shop\tapple=2  ", &["shop", "apple=2"]);
        check(r#"a 'b c' "d \" \e" f\ g '' h"i"'j'"#, &["a", "b c", r#"d " \e"#, "f g", "", "hij"]);
        check("--rows={n}", &["--rows={n}"]);
    }

    #[test]
    fn what_only_a_shell_understands_is_refused() {
        for line in ["a | b", "a > b", "a && b", "a $HOME", "a *", "a \"$B\"", "a `b`", "a 'b", "a \"b", "a \\"] {
            assert!(split(line).is_err(), "{line}");
        }
        assert_eq!(split("a '|' \"*\" \\$"), Ok(["a", "|", "*", "$"].map(String::from).to_vec()));
    }

    proptest! {
        #[test]
        fn quoted_parts_come_back(parts in prop::collection::vec(".*", 1..4)) {
            let line: Vec<String> = parts.iter().map(|part| format!("'{}'", part.replace('\'', r"'\''"))).collect();
            prop_assert_eq!(split(&line.join(" ")), Ok(parts));
        }

        #[test]
        fn splitting_never_panics(line in ".*") {
            let _ = split(&line);
        }
    }
}
