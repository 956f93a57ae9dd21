//! `[build]`: which build's cost is looked after, and what of it.

use std::collections::BTreeSet;

use super::file::{Entry, Reader};

/// What of a build is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuildMeasure {
    /// Packages, and those that are there in several versions; nothing is built.
    Crates,
    /// Compiler processes; what is not built yet is built where the user builds.
    Invocations,
    /// Time on the processor and memory of builds from nothing; only where times are asked for.
    Time,
}

/// A build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildPlan {
    /// The packages that are built; what cargo builds by itself where there are none.
    pub packages: Vec<String>,
    /// Features of these packages.
    pub features: Vec<String>,
    /// Whether all features are on.
    pub all_features: bool,
    /// Whether default features are on.
    pub default_features: bool,
    /// The profile, which is also the build's name.
    pub profile: String,
    /// What of it is measured.
    pub measure: BTreeSet<BuildMeasure>,
    /// How many builds from nothing times rest on.
    pub builds: u32,
}

/// Builds from nothing where nothing is said: the median of three is not the one that something else disturbed.
const DEFAULT_BUILDS: u32 = 3;
/// The most builds from nothing. Arbitrary.
const BUILDS_AT_MOST: i64 = 100;
const KEYS: &[&str] = &["packages", "features", "all-features", "default-features", "profile", "measure", "builds"];
const MEASURES: &[(&str, BuildMeasure)] =
    &[("crates", BuildMeasure::Crates), ("invocations", BuildMeasure::Invocations), ("time", BuildMeasure::Time)];

/// Reads the `[build]` table.
pub(super) fn read(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<BuildPlan> {
    let section = entry.section(KEYS, reader)?;
    let names = |key: &str, example: &str, reader: &mut Reader<'_>| -> Vec<String> {
        let texts = section.get(key).and_then(|entry| entry.texts(&format!("a list such as [\"{example}\"]"), reader));
        let mut names = Vec::new();
        for (entry, name) in texts.unwrap_or_default() {
            // What begins with `-` would be an option of cargo's.
            if name.starts_with('-') || name.contains(|letter: char| letter.is_control() || letter.is_whitespace()) {
                reader.problem(entry.at, format!("`{}` is not a name in `{key}`", super::shown(name)), None);
            } else {
                names.push(name.to_owned());
            }
        }
        names
    };
    let packages = names("packages", "shop", reader);
    let features = names("features", "full", reader);
    let flag = |key: &str, reader: &mut Reader<'_>| section.get(key).and_then(|entry| entry.flag(reader));
    let all_features = flag("all-features", reader).unwrap_or(false);
    let default_features = flag("default-features", reader).unwrap_or(true);
    if let Some(entry) = section.get("features").filter(|_| all_features && !features.is_empty()) {
        reader.problem(
            entry.key_at,
            "`features` says nothing where all are on".to_owned(),
            Some("delete one of the two".to_owned()),
        );
    }
    Some(BuildPlan {
        packages,
        features,
        all_features,
        default_features,
        profile: section.get("profile").and_then(|entry| profile(entry, reader)).unwrap_or_else(|| "dev".to_owned()),
        measure: match section.get("measure") {
            Some(entry) => entry.measures("a list such as [\"crates\", \"invocations\", \"time\"]", MEASURES, reader),
            None => MEASURES.iter().map(|(_, measure)| *measure).collect(),
        },
        builds: section.get("builds").and_then(|entry| builds(entry, reader)).unwrap_or(DEFAULT_BUILDS),
    })
}

/// A name as cargo takes it for a profile.
fn profile(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<String> {
    let name = entry.text("the name of a profile such as \"release\"", reader)?;
    let is_plain = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    if !name.chars().all(is_plain) || name.starts_with('-') {
        reader.problem(entry.at, format!("`{}` is not the name of a profile", super::shown(name)), None);
        return None;
    }
    Some(name.to_owned())
}

fn builds(entry: Entry<'_>, reader: &mut Reader<'_>) -> Option<u32> {
    let Some(count) = entry.value.as_integer() else {
        reader.wrong_type(entry, "a number of builds such as 3", None);
        return None;
    };
    if !(1..=BUILDS_AT_MOST).contains(&count) {
        reader.problem(entry.at, format!("`builds` must be from 1 to {BUILDS_AT_MOST}"), None);
        return None;
    }
    u32::try_from(count).ok()
}
