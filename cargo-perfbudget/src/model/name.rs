//! What is measured: targets, subjects, and the key that joins one with a metric.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::metric::Metric;

/// One bench target of one package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Package name, unique within a workspace.
    pub package: String,
    /// Bench target name.
    pub name: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Writing the parts takes far less than formatting them, and names are written for every row.
        [&self.package, "::", &self.name].iter().try_for_each(|part| f.write_str(part))
    }
}

/// A benchmark by its own three names, never by a path: criterion's folder names are lossy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Benchmark {
    /// Where it is compiled; shared by the benchmarks of one target.
    pub target: Arc<Target>,
    /// Criterion's group, which is the whole name of a benchmark outside a group.
    pub group: String,
    /// The function within the group, where there is one.
    pub function: Option<String>,
    /// The input's name, where there is one.
    pub value: Option<String>,
}

impl Benchmark {
    /// A benchmark by criterion's three names. One with an input and no function has the full name `group/input`, like one
    /// whose function is called so; since no target can have both, they are one benchmark here.
    #[must_use]
    pub fn new(
        target: impl Into<Arc<Target>>,
        group: String,
        function: Option<String>,
        value: Option<String>,
    ) -> Benchmark {
        let (function, value) = match (function, value) {
            (None, Some(value)) => (Some(value), None),
            both => both,
        };
        Benchmark { target: target.into(), group, function, value }
    }

    /// The three names joined by `/`, as a person types them. A name that holds `/`, a quote, a backslash, a control
    /// character, or blanks at an end is written as a quoted string, so that the text names one benchmark only.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_path(&mut path);
        path
    }

    fn write_path(&self, text: &mut impl fmt::Write) -> fmt::Result {
        for (at, part) in
            [Some(&self.group), self.function.as_ref(), self.value.as_ref()].into_iter().flatten().enumerate()
        {
            if at > 0 {
                text.write_char('/')?;
            }
            if is_plain(part) { text.write_str(part)? } else { text.write_str(&quote(part))? }
        }
        Ok(())
    }

    /// Reads what [`Benchmark::path`] wrote.
    #[must_use]
    pub fn from_path(target: impl Into<Arc<Target>>, path: &str) -> Option<Benchmark> {
        let mut parts = [None, None, None];
        let mut rest = Some(path);
        for part in &mut parts {
            let Some(path) = rest else { break };
            let (name, after) = split_component(path)?;
            *part = Some(name);
            rest = match after.strip_prefix('/') {
                None if !after.is_empty() => return None,
                more => more,
            };
        }
        let [group, function, value] = parts;
        rest.is_none().then_some(Benchmark { target: target.into(), group: group?, function, value })
    }
}

/// Whether a component of a benchmark path is unambiguous without quotes.
fn is_plain(text: &str) -> bool {
    let has_mark = text.bytes().any(|byte| matches!(byte, b'/' | b'"' | b'\\') || byte.is_ascii_control());
    !text.is_empty() && !has_mark && text.trim() == text && (text.is_ascii() || !text.contains(char::is_control))
}

/// A double-quoted string with `\"`, `\\` and `\u{…}` for control characters.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => quoted.push_str(&format!("\\u{{{:x}}}", letter as u32)),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The first component of a path and what follows it; `None` where it is not written as [`Benchmark::path`] writes it.
fn split_component(path: &str) -> Option<(String, &str)> {
    if let Some(quoted) = path.strip_prefix('"') {
        let (part, after) = unquote(quoted)?;
        let is_as_written = !is_plain(&part) && path.strip_suffix(after) == Some(quote(&part).as_str());
        return is_as_written.then_some((part, after));
    }
    let (part, after) = path.split_at(path.find('/').unwrap_or(path.len()));
    is_plain(part).then(|| (part.to_owned(), after))
}

/// Reads up to the closing quote; returns the text and what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((part, &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                'u' => {
                    let rest = text.get(letters.next()?.0 + 1..)?;
                    let end = rest.find('}')?;
                    part.push(char::from_u32(u32::from_str_radix(&rest[..end], 16).ok()?)?);
                    for _ in 0..=rest[..end].chars().count() {
                        letters.next();
                    }
                }
                other => part.push(other),
            },
            _ => part.push(letter),
        }
    }
    None
}

/// What kind of file an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtifactKind {
    /// An executable of a binary target.
    Bin,
    /// A C dynamic library, or the wasm module of a `cdylib` target.
    Cdylib,
    /// A file that the configuration names by its path.
    File,
}

impl ArtifactKind {
    /// The word in a subject's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ArtifactKind::Bin => "bin",
            ArtifactKind::Cdylib => "cdylib",
            ArtifactKind::File => "file",
        }
    }
}

/// A file that is built and shipped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Artifact {
    /// The package that builds it; empty for a file that the configuration names.
    pub package: String,
    /// What it is.
    pub kind: ArtifactKind,
    /// Target name, or the path that the configuration names.
    pub name: String,
}

/// A thing that has a cost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A benchmark.
    Benchmark(Benchmark),
    /// A built file.
    Artifact(Artifact),
    /// A program with its arguments, by the name that the configuration gives it.
    Command(String),
    /// A build from nothing, by the name of its profile.
    Build(String),
    /// What another tool has measured, by the name that the configuration gives it.
    Entry(String),
    /// What a page loads, by its file.
    Page(String),
    /// What a script loads that a page loads by a `<script>` of its own, by its file, as an [`Asset`](Subject::Asset) is called.
    EntryPoint(String),
    /// Files of a frontend, by the name that the configuration gives to their patterns.
    Group(String),
    /// A file of a frontend, by what its build called it, with `*` for the hash in that name. All that share such a name
    /// are one.
    Asset(String),
}

impl Subject {
    /// Its name in single quotes, as a shell takes it.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("'{}'", self.to_string().replace('\'', "'\\''"))
    }

    /// The bench target it belongs to; `None` for what is not a benchmark.
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        match self {
            Subject::Benchmark(benchmark) => Some(&benchmark.target),
            _ => None,
        }
    }

    /// What kind of thing it is, in a word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Subject::Benchmark(_) => "benchmark",
            Subject::Artifact(_) => "artifact",
            Subject::Command(_) => "command",
            Subject::Build(_) => "build",
            Subject::Entry(_) => "entry",
            Subject::Asset(_) => "asset",
            Subject::Page(_) => "page",
            Subject::EntryPoint(_) => "entry-point",
            Subject::Group(_) => "group",
        }
    }

    /// Its name within its kind; `None` for benchmarks and artifacts, which have several parts.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Subject::Benchmark(_) | Subject::Artifact(_) => None,
            Subject::Command(name)
            | Subject::Build(name)
            | Subject::Entry(name)
            | Subject::Page(name)
            | Subject::EntryPoint(name)
            | Subject::Group(name)
            | Subject::Asset(name) => Some(name),
        }
    }

    /// The package it belongs to; empty for what belongs to none.
    #[must_use]
    pub fn package(&self) -> &str {
        match self {
            Subject::Benchmark(benchmark) => &benchmark.target.package,
            Subject::Artifact(artifact) => &artifact.package,
            _ => "",
        }
    }

    /// The name without its package and target, for a table that names these above.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_short(&mut text);
        text
    }

    fn write_short(&self, text: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Subject::Benchmark(benchmark) => benchmark.write_path(text),
            Subject::Artifact(artifact) => write!(text, "{} {}", artifact.kind.word(), artifact.name),
            _ => write!(text, "{} {}", self.kind(), self.name().unwrap_or_default()),
        }
    }

    /// What stands before the short name: `package::target`, `package`, or nothing.
    #[must_use]
    pub fn scope(&self) -> String {
        match self {
            Subject::Benchmark(benchmark) => benchmark.target.to_string(),
            _ => self.package().to_owned(),
        }
    }
}

impl fmt::Display for Subject {
    /// The whole name that selectors match: `shop::cart::total/100`, `shop::bin shop`, `file web/app.wasm`,
    /// `command import`, `page index.html`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.target(), self.package()) {
            (Some(target), _) => fmt::Display::fmt(target, f).and_then(|()| f.write_str("::"))?,
            (None, "") => {}
            (None, package) => write!(f, "{package}::")?,
        }
        self.write_short(f)
    }
}

/// One number's name: whose cost, by which measure. Cloning one costs next to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose cost.
    pub subject: Arc<Subject>,
    /// By which measure.
    pub metric: Metric,
}

impl Key {
    /// A key.
    pub fn new(subject: impl Into<Arc<Subject>>, metric: Metric) -> Key {
        Key { subject: subject.into(), metric }
    }
}

impl Ord for Key {
    /// By subject, then by metric. Metrics of one subject mostly share it, which saves comparing its names.
    fn cmp(&self, other: &Key) -> Ordering {
        let subjects =
            if Arc::ptr_eq(&self.subject, &other.subject) { Ordering::Equal } else { self.subject.cmp(&other.subject) };
        subjects.then(self.metric.cmp(&other.metric))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target() -> Target {
        Target { package: "shop".into(), name: "cart".into() }
    }

    fn check(group: &str, function: Option<&str>, value: Option<&str>, path: &str) {
        let [function, value] = [function, value].map(|part| part.map(str::to_owned));
        let benchmark = Benchmark::new(target(), group.into(), function, value);
        assert_eq!(benchmark.path(), path);
        assert_eq!(Benchmark::from_path(target(), path), Some(benchmark));
    }

    #[test]
    fn a_path_names_one_benchmark_only() {
        check("sort", Some("batched"), Some("100"), "sort/batched/100");
        check("sort", None, None, "sort");
        check("sort", None, Some("100"), "sort/100");
        check("sort", Some(""), Some("100"), r#"sort/""/100"#);
        check("a/b", Some("c"), None, r#""a/b"/c"#);
        check("a", Some("b/c"), None, r#"a/"b/c""#);
        check("say \"hi\"", Some("x\ny"), None, r#""say \"hi\""/"x\u{a}y""#);
        check(" a", Some("\\"), None, r#"" a"/"\\""#);
    }

    #[test]
    fn what_path_did_not_write_is_no_benchmark() {
        for path in ["", "a//b", "a/b/c/d", "\"a", "\"a\"b", "\"a\"/b", "\"\\u{zz}\""] {
            assert_eq!(Benchmark::from_path(target(), path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(group in ".*", function in proptest::option::of(".*"), value in proptest::option::of(".*")) {
            let benchmark = Benchmark::new(target(), group, function, value);
            prop_assert_eq!(Benchmark::from_path(target(), &benchmark.path()), Some(benchmark));
        }

        #[test]
        fn reading_a_path_never_panics(path in ".*") {
            let _ = Benchmark::from_path(target(), &path);
        }
    }
}
