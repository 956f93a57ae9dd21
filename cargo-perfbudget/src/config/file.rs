//! The configuration as written: tables and values that know where they stand, read on past every problem.

use std::collections::BTreeSet;

use toml_span::value::{Table, Value, ValueInner};
use toml_span::{Error, ErrorKind};

use super::{ConfigProblem, shown};
use crate::model::Date;

/// The most keys a file may have, counted by their `=`. Arbitrary, and far above any real file: toml-span 0.7 takes time
/// quadratic in the number of dotted keys.
const MAX_KEYS: usize = 20_000;

/// The text, and the problems found in it so far.
pub(super) struct Reader<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    problems: Vec<(usize, String, Option<String>)>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Reader<'t> {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Reader { text, line_starts, problems: Vec::new() }
    }

    /// The whole file as a value; `None` and a problem where it is not TOML.
    pub(super) fn root(&mut self) -> Option<Value<'t>> {
        if let Some((at, _)) = self.text.match_indices('=').nth(MAX_KEYS) {
            self.problem(at, format!("the file has more than {MAX_KEYS} keys"), None);
            return None;
        }
        toml_span::parse(self.text).map_err(|error| self.not_toml(&error)).ok()
    }

    /// The line of a byte of the text, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// Notes a problem with what stands at a byte of the text.
    pub(super) fn problem(&mut self, at: usize, message: String, hint: Option<String>) {
        self.problems.push((at, message, hint));
    }

    /// Notes that an entry's value is of another type than it must be.
    pub(super) fn wrong_type(&mut self, entry: Entry<'_>, wanted: &str, hint: Option<&str>) {
        let found = match entry.value {
            ValueInner::String(_) => "a string",
            ValueInner::Integer(_) => "an integer",
            ValueInner::Float(_) => "a float",
            ValueInner::Boolean(_) => "a boolean",
            ValueInner::Array(_) => "an array",
            ValueInner::Table(_) => "a table",
        };
        let message = format!("`{}` must be {wanted}, not {found}", shown(entry.name));
        self.problem(entry.at, message, hint.map(str::to_owned));
    }

    /// All problems in the order of the text.
    pub(super) fn into_problems(mut self) -> Vec<ConfigProblem> {
        self.problems.sort_by_key(|(at, ..)| *at);
        // Columns count on from the problem before, so that a long line with many problems is walked once.
        let mut last = (0, 1);
        let mut problems = Vec::with_capacity(self.problems.len());
        for (at, message, hint) in std::mem::take(&mut self.problems) {
            let line = self.line(at);
            let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
            let (from, column) = if last.0 >= start { last } else { (start, 1) };
            let column = column + self.text.get(from..at).map_or(0, |text| text.chars().count());
            last = (at, column);
            problems.push(ConfigProblem { line, column, message, hint });
        }
        problems
    }

    fn not_toml(&mut self, error: &Error) {
        let at = error.span.start.min(self.text.len());
        let (message, hint) = match &error.kind {
            ErrorKind::DuplicateKey { key, first } => (
                format!("duplicate key `{}`", shown(key)),
                Some(format!("it stands on line {} already", self.line(first.start))),
            ),
            ErrorKind::DuplicateTable { name, first } => (
                format!("duplicate table `{}`", shown(name)),
                Some(format!("it stands on line {} already", self.line(first.start))),
            ),
            ErrorKind::InvalidNumber => {
                let date = self.text.get(at..at + 10).and_then(Date::parse);
                (format!("not valid TOML: {error}"), date.map(|date| format!("write dates as strings: `\"{date}\"`")))
            }
            _ => (format!("not valid TOML: {}", shown(&error.to_string())), None),
        };
        self.problem(at, message, hint);
    }
}

/// A table whose keys are all known.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    table: &'a Table<'a>,
}

impl<'a> Section<'a> {
    /// The file as a section. Keys other than `known` are problems.
    pub(super) fn root(root: &'a Value<'_>, known: &[&str], reader: &mut Reader<'_>) -> Option<Section<'a>> {
        Some(Section { table: root.as_table()? }.checked(known, reader))
    }

    /// The entry of that name, where it is written.
    pub(super) fn get(self, name: &str) -> Option<Entry<'a>> {
        self.table.get_key_value(name).map(Entry::new)
    }

    /// All entries, by name.
    pub(super) fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        self.table.iter().map(Entry::new)
    }

    fn checked(self, known: &[&str], reader: &mut Reader<'_>) -> Section<'a> {
        for entry in self.entries().filter(|entry| !known.contains(&entry.name)) {
            let hint = did_you_mean(entry.name, known, "known keys are");
            reader.problem(entry.key_at, format!("unknown key `{}`", shown(entry.name)), Some(hint));
        }
        self
    }
}

/// A key and its value, and where they stand.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    /// The key.
    pub(super) name: &'a str,
    /// The byte at which the key starts.
    pub(super) key_at: usize,
    /// The byte at which the value starts.
    pub(super) at: usize,
    /// The value.
    pub(super) value: &'a ValueInner<'a>,
}

impl<'a> Entry<'a> {
    fn new((key, value): (&'a toml_span::value::Key<'a>, &'a Value<'a>)) -> Entry<'a> {
        Entry { name: &key.name, key_at: key.span.start, at: value.span.start, value: value.as_ref() }
    }

    /// The value as a text that is not blank.
    pub(super) fn text(self, wanted: &str, reader: &mut Reader<'_>) -> Option<&'a str> {
        match self.value.as_str() {
            None => reader.wrong_type(self, wanted, None),
            Some(text) if text.trim().is_empty() => {
                reader.problem(self.at, format!("`{}` is empty", shown(self.name)), None);
            }
            text => return text,
        }
        None
    }

    /// The value as one of a few words.
    pub(super) fn word<T: Copy>(self, noun: &str, words: &[(&str, T)], reader: &mut Reader<'_>) -> Option<T> {
        let text = self.text(&format!("a {noun}"), reader)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let hint = did_you_mean(text, &known, &format!("a {noun} is one of"));
            reader.problem(self.at, format!("unknown {noun} `{}`", shown(text)), Some(hint));
        }
        found
    }

    /// The value as `true` or `false`.
    pub(super) fn flag(self, reader: &mut Reader<'_>) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            reader.wrong_type(self, "`true` or `false`", None);
        }
        flag
    }

    /// The value as a list of different texts, each an entry of this name.
    pub(super) fn texts(self, wanted: &str, reader: &mut Reader<'_>) -> Option<Vec<(Entry<'a>, &'a str)>> {
        let Some(values) = self.value.as_array() else {
            reader.wrong_type(self, wanted, None);
            return None;
        };
        let mut seen = BTreeSet::new();
        let mut texts = Vec::new();
        for value in values {
            let entry = Entry { at: value.span.start, value: value.as_ref(), ..self };
            let Some(text) = entry.text(wanted, reader) else { continue };
            if seen.insert(text) {
                texts.push((entry, text));
            } else {
                reader.problem(entry.at, format!("`{}` is listed twice", shown(text)), None);
            }
        }
        Some(texts)
    }

    /// The value as a list of what is measured, each of a few words.
    pub(super) fn measures<T: Copy + Ord>(
        self,
        wanted: &str,
        words: &[(&str, T)],
        reader: &mut Reader<'_>,
    ) -> BTreeSet<T> {
        let texts = self.texts(wanted, reader).unwrap_or_default();
        if self.value.as_array().is_some_and(|values| values.is_empty()) {
            reader.problem(self.at, "`measure` is empty, so that nothing is measured".to_owned(), None);
        }
        texts.into_iter().filter_map(|(entry, _)| entry.word("measure", words, reader)).collect()
    }

    /// The value as a table. Keys other than `known` are problems.
    pub(super) fn section(self, known: &[&str], reader: &mut Reader<'_>) -> Option<Section<'a>> {
        self.open_section(reader).map(|section| section.checked(known, reader))
    }

    /// The value as a table with whatever keys.
    pub(super) fn open_section(self, reader: &mut Reader<'_>) -> Option<Section<'a>> {
        let table = self.value.as_table();
        if table.is_none() {
            reader.wrong_type(self, "a table", Some(&format!("write `[{}]`", shown(self.name))));
        }
        table.map(|table| Section { table })
    }

    /// The value as a list of tables, `written` so, each with the byte at which it starts. Keys other than `known` are
    /// problems.
    pub(super) fn sections(self, written: &str, known: &[&str], reader: &mut Reader<'_>) -> Vec<(usize, Section<'a>)> {
        let hint = format!("write `{written}`");
        let Some(values) = self.value.as_array() else {
            reader.wrong_type(self, "a list of tables", Some(&hint));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for value in values {
            match value.as_table() {
                Some(table) => sections.push((value.span.start, Section { table }.checked(known, reader))),
                None => {
                    let entry = Entry { at: value.span.start, value: value.as_ref(), ..self };
                    reader.wrong_type(entry, "a list of tables", Some(&hint));
                }
            }
        }
        sections
    }
}

/// The longest word that is compared with what is known: longer ones resemble nothing, and take long to compare.
const MAX_TYPO_BYTES: usize = 64;

/// The most words that are listed. Arbitrary: three lines.
const NAMES_AT_MOST: usize = 24;

/// The known word nearest to `word` as a question, or all of them after `otherwise` where none is near.
pub(super) fn did_you_mean(word: &str, known: &[&str], otherwise: &str) -> String {
    let written = word.to_ascii_lowercase().replace('_', "-");
    let distance = |other: &str| strsim::osa_distance(&written, other);
    // A third of the letters may differ, as in rustc's suggestions.
    let near = |(distance, other): &(usize, &str)| *distance <= (word.len().max(other.len()) / 3).max(1);
    let candidates = known.iter().filter(|_| word.len() <= MAX_TYPO_BYTES);
    let nearest = candidates.map(|other| (distance(other), *other)).filter(near).min();
    match nearest {
        Some((_, other)) => format!("did you mean `{other}`?"),
        None if known.len() > NAMES_AT_MOST => {
            format!("{otherwise} `{}` and {} more", known[..NAMES_AT_MOST].join("`, `"), known.len() - NAMES_AT_MOST)
        }
        None => format!("{otherwise} `{}`", known.join("`, `")),
    }
}
