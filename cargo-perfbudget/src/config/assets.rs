//! `[assets]`: which frontend is looked after, how it is built, and how it is served.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Entry, Reader};
use super::plan::relative_path;
use super::{command, shown};
use crate::model::Glob;

/// What of a frontend counts as its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// In brotli, where that is smaller.
    Brotli,
    /// In gzip, where that is smaller.
    Gzip,
    /// In zstd, where that is smaller.
    Zstd,
    /// As it is.
    Raw,
}

impl Served {
    /// Its name in the configuration and in baselines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Served::Brotli => "brotli",
            Served::Gzip => "gzip",
            Served::Zstd => "zstd",
            Served::Raw => "raw",
        }
    }
}

/// What of a frontend is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssetMeasure {
    /// Each file.
    Files,
    /// What each page loads.
    Pages,
    /// What each script loads that a page loads by a `<script>` of its own.
    EntryPoints,
}

/// A frontend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetsPlan {
    /// The folder that its build leaves, relative to the configuration's, with `/` and without `..`.
    pub dist: String,
    /// The command that builds it, run in the configuration's folder; empty where somebody else does.
    pub build: Vec<String>,
    /// Options for `assets optimize`, as it is served.
    pub options: Vec<String>,
    /// In which encoding sizes count.
    pub encoding: Served,
    /// What is measured, besides groups.
    pub measure: BTreeSet<AssetMeasure>,
    /// Files that count together: patterns over their names, by the name of the group.
    pub groups: BTreeMap<String, Vec<Glob>>,
}

const KEYS: &[&str] = &["dist", "build", "options", "encoding", "measure", "groups"];
const ENCODINGS: &[(&str, Served)] =
    &[("brotli", Served::Brotli), ("gzip", Served::Gzip), ("zstd", Served::Zstd), ("raw", Served::Raw)];
const MEASURES: &[(&str, AssetMeasure)] =
    &[("files", AssetMeasure::Files), ("pages", AssetMeasure::Pages), ("entry-points", AssetMeasure::EntryPoints)];
/// A command as a person writes it.
const COMMAND: &str = "a program and its arguments such as [\"npm\", \"run\", \"build\"]";
/// Options of `assets optimize` that a check sets itself.
const OWN_OPTIONS: &[&str] = &[
    "--out",
    "--replace",
    "--dry-run",
    "--watch",
    "--encodings",
    "--cache",
    "--no-tools",
    "--quiet",
    "-q",
    "--color",
    "--report",
];

/// Reads the `[assets]` table.
pub(super) fn read(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<AssetsPlan> {
    let section = entry.section(KEYS, reader)?;
    let Some(dist) = section.get("dist") else {
        let hint = "dist = \"web/dist\"".to_owned();
        reader.problem(entry.key_at, "`[assets]` has no `dist`, the folder that the build leaves".into(), Some(hint));
        return None;
    };
    let dist = relative_path(dist, reader);
    let encoding =
        section.get("encoding").map_or(Some(Served::Brotli), |it| it.word("way of encoding", ENCODINGS, reader));
    let groups = section.get("groups").map(|entry| groups(entry, reader)).unwrap_or_default();
    let build = section.get("build").and_then(|entry| command::arguments(entry, Some(COMMAND), reader));
    Some(AssetsPlan {
        dist: dist?,
        build: build.unwrap_or_default(),
        options: section.get("options").map(|entry| options(entry, reader)).unwrap_or_default(),
        encoding: encoding?,
        measure: match section.get("measure") {
            // Groups alone are something.
            Some(entry) if !groups.is_empty() && entry.value.as_array().is_some_and(|values| values.is_empty()) => {
                BTreeSet::new()
            }
            Some(entry) => entry.measures("a list such as [\"files\", \"pages\", \"entry-points\"]", MEASURES, reader),
            None => MEASURES.iter().map(|(_, measure)| *measure).collect(),
        },
        groups,
    })
}

fn options(entry: Entry<'_>, reader: &mut Reader<'_>) -> Vec<String> {
    let options =
        command::words(entry, "a list of options such as [\"--hints\"], or a string", reader).unwrap_or_default();
    for option in &options {
        let name = option.split('=').next().unwrap_or(option);
        if OWN_OPTIONS.contains(&name) {
            let hint = (name == "--encodings").then(|| "set `encoding` in `[assets]`".to_owned());
            reader.problem(entry.at, format!("`{name}` is set by the check itself"), hint);
        }
    }
    options
}

fn groups(entry: Entry<'_>, reader: &mut Reader<'_>) -> BTreeMap<String, Vec<Glob>> {
    let mut groups = BTreeMap::new();
    for group in entry.open_section(reader).into_iter().flat_map(|section| section.entries()) {
        if group.name.trim().is_empty() || group.name.contains(char::is_control) {
            reader.problem(group.key_at, format!("`{}` is not the name of a group", shown(group.name)), None);
        }
        let texts = group.texts("a list of patterns such as [\"assets/vendor-*.js\"]", reader).unwrap_or_default();
        if group.value.as_array().is_some_and(|values| values.is_empty()) {
            reader.problem(group.at, format!("the group `{}` has no pattern", shown(group.name)), None);
        }
        groups.insert(group.name.to_owned(), texts.into_iter().map(|(_, text)| Glob::new(text)).collect());
    }
    groups
}
