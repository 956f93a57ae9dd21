//! Lock files: which packages two of them lock at different versions, and files between the two. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Bump;

/// A package of a lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Locked<'a> {
    name: &'a str,
    version: &'a str,
    /// Where it comes from; `None` for a package of this repository.
    source: Option<&'a str>,
    /// The names of what it depends on.
    dependencies: Vec<&'a str>,
    /// Its entry as it is written, without the line that begins it.
    text: &'a str,
}

impl Locked<'_> {
    /// The version, and where that does not tell all, the commit.
    fn label(&self) -> String {
        match self.source.and_then(|source| source.strip_prefix("git+")?.rsplit_once('#')) {
            Some((_, commit)) => format!("{} ({})", self.version, commit.get(..8).unwrap_or(commit)),
            None => self.version.to_owned(),
        }
    }
}

/// Reads what cargo has written: always in the same layout, so that lines are enough.
fn packages(lock: &str) -> Vec<Locked<'_>> {
    let read = |entry| {
        // Whatever follows the last package is a table of another kind.
        let text = str::split_once(entry, "\n[").map_or(entry, |(text, _)| text);
        let value = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        let list = text.split_once("dependencies = [").map_or("", |(_, rest)| rest);
        let of = |line| Some(str::trim(line).strip_prefix('"')?.split(['"', ' ']).next().unwrap_or_default());
        Some(Locked {
            name: value("name")?,
            version: value("version")?,
            source: value("source"),
            dependencies: list.lines().filter_map(of).collect(),
            text,
        })
    };
    lock.split("[[package]]").skip(1).filter_map(read).collect()
}

/// The packages that come from elsewhere, with `_` for `-`; none whose name a package of this repository has, too.
#[must_use]
pub fn fetched(lock: &str) -> BTreeSet<String> {
    let (mut fetched, mut own) = (BTreeSet::new(), BTreeSet::new());
    for package in packages(lock) {
        if package.source.is_some() { &mut fetched } else { &mut own }.insert(package.name.replace('-', "_"));
    }
    fetched.difference(&own).cloned().collect()
}

/// The packages from elsewhere whose versions differ, by name.
#[must_use]
pub fn bumps(before: &str, after: &str) -> Vec<Bump> {
    let (before, after) = (versions(before), versions(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |side: &BTreeMap<String, BTreeSet<String>>, name: &String| -> Vec<String> {
        side.get(name).into_iter().flatten().cloned().collect()
    };
    let bump = |name: &String| Bump { name: name.clone(), before: of(&before, name), after: of(&after, name) };
    names.into_iter().map(bump).filter(|bump| bump.before != bump.after).collect()
}

/// The versions of each package from elsewhere.
#[must_use]
pub fn versions(lock: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages(lock).iter().filter(|package| package.source.is_some()) {
        versions.entry(package.name.to_owned()).or_default().insert(package.label());
    }
    versions
}

/// The version of another package that a package of this repository is built with. Where it is none of its own dependencies,
/// but comes by way of another package, it is the only version that there is.
#[must_use]
pub fn version_for(lock: &str, package: &str, other: &str) -> Option<String> {
    let packages = packages(lock);
    let own = packages.iter().find(|own| own.name == package && own.source.is_none())?;
    // A version is written there only where there are several.
    let written = own.text.lines().find_map(|line| {
        line.trim().strip_prefix('"')?.strip_prefix(other)?.strip_prefix(' ')?.split([' ', '"']).next()
    });
    let mut versions = packages.iter().filter(|found| found.name == other).map(|found| found.version);
    let version = match (written, versions.next(), versions.next()) {
        (Some(version), _, _) | (None, Some(version), None) => version,
        _ => return None,
    };
    Some(version.to_owned())
}

/// Puts packages that depend on each other side by side, what is needed before what needs it: those that must move together
/// are then likely to be neighbours.
#[must_use]
pub fn in_order(bumps: &[Bump], lock: &str) -> Vec<Bump> {
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let all = packages(lock);
    for package in &all {
        needs.entry(package.name).or_default().extend(&package.dependencies);
    }
    let mut ordered: Vec<&str> = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for name in needs.keys() {
        // Each name is left behind all that it needs.
        let mut open = vec![(*name, false)];
        while let Some((name, is_left)) = open.pop() {
            if is_left {
                ordered.push(name);
            } else if seen.insert(name) {
                open.push((name, true));
                open.extend(needs.get(name).into_iter().flatten().map(|needed| (*needed, false)));
            }
        }
    }
    let place = |bump: &Bump| ordered.iter().position(|name| *name == bump.name).unwrap_or(ordered.len());
    let mut bumps = bumps.to_vec();
    bumps.sort_by_key(place);
    bumps
}

/// The later lock file, but for the packages that are `kept` as the earlier one has them. Cargo mends what does not fit.
#[must_use]
pub fn between(before: &str, after: &str, kept: &BTreeSet<&str>) -> String {
    let head = after.split("[[package]]").next().unwrap_or_default();
    let earlier = packages(before);
    let later = packages(after);
    let known: BTreeSet<&str> = later.iter().map(|package| package.name).collect();
    // What only the earlier one has is needed again where a package is kept that depends on it.
    let of_earlier = earlier
        .iter()
        .filter(|package| package.source.is_some())
        .filter(|package| kept.contains(package.name) || !known.contains(package.name));
    let of_later = later.iter().filter(|package| package.source.is_none() || !kept.contains(package.name));
    let mut entries: Vec<&Locked<'_>> = of_earlier.chain(of_later).collect();
    entries.sort_by_key(|package| (package.name, package.version));
    let entries: String = entries.iter().map(|package| format!("[[package]]{}\n\n", package.text.trim_end())).collect();
    format!("{head}{}\n", entries.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "version = 4\n\n[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n\
        checksum = \"1\"\ndependencies = [\n \"gone\",\n \"twice 1.0.0\",\n]\n\n[[package]]\nname = \"git\"\nversion = \"0.1.0\"\n\
        source = \"git+https://x/y#0123456789\"\n\n[[package]]\nname = \"gone\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n\n\
        [[package]]\nname = \"mine\"\nversion = \"0.1.0\"\ndependencies = [\n \"a-b\",\n \"git\",\n]\n\n[[package]]\nname = \"twice\"\n\
        version = \"1.0.0\"\nsource = \"registry+x\"\n\n[[package]]\nname = \"twice\"\nversion = \"2.0.0\"\n\n[metadata]\nx = \"y\"\n";

    fn after() -> String {
        let gone = "[[package]]\nname = \"gone\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n\n";
        BEFORE
            .replace("name = \"a-b\"\nversion = \"1.0.0\"", "name = \"a-b\"\nversion = \"1.1.0\"")
            .replace(" \"gone\",\n", "")
            .replace(gone, "")
            .replace("#0123456789", "#9876543210")
            .replace("name = \"mine\"\nversion = \"0.1.0\"", "name = \"mine\"\nversion = \"0.2.0\"")
    }

    #[test]
    fn only_packages_from_elsewhere_are_fetched() {
        assert_eq!(fetched(BEFORE), BTreeSet::from(["a_b", "git", "gone"].map(String::from)));
    }

    #[test]
    fn the_version_that_a_package_is_built_with_is_told() {
        let several = BEFORE.replace(" \"a-b\",\n \"git\"", " \"a-b\",\n \"twice 1.0.0 (registry+x)\"");
        let check = |lock: &str, package: &str, other: &str, version: Option<&str>| {
            assert_eq!(version_for(lock, package, other).as_deref(), version, "{package}: {other}");
        };
        check(BEFORE, "mine", "a-b", Some("1.0.0"));
        check(BEFORE, "mine", "gone", Some("1.0.0"));
        check(BEFORE, "mine", "twice", None);
        check(&several, "mine", "twice", Some("1.0.0"));
        check(BEFORE, "mine", "nowhere", None);
        check(BEFORE, "a-b", "gone", None);
    }

    #[test]
    fn what_the_lock_file_changed_is_said_by_package() {
        let said: Vec<String> = bumps(BEFORE, &after()).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["a-b 1.0.0 → 1.1.0", "git 0.1.0 (01234567) → 0.1.0 (98765432)", "gone 1.0.0 (removed)"]);
        assert!(bumps(BEFORE, BEFORE).is_empty() && bumps("", "no lock file [[package]] = [").is_empty());
    }

    #[test]
    fn what_is_needed_stands_before_what_needs_it() {
        let bumps = bumps(BEFORE, &after());
        let names = |bumps: Vec<Bump>| bumps.into_iter().map(|bump| bump.name).collect::<Vec<_>>();
        assert_eq!(names(in_order(&bumps, BEFORE)), ["gone", "a-b", "git"]);
    }

    #[test]
    fn a_lock_file_between_two_has_some_packages_of_each() {
        let after = after();
        let kept = |names: &[&'static str]| bumps(BEFORE, &between(BEFORE, &after, &names.iter().copied().collect()));
        assert_eq!(kept(&[]).iter().map(|bump| bump.name.as_str()).collect::<Vec<_>>(), ["a-b", "git"]);
        assert_eq!(kept(&["a-b"]).iter().map(|bump| bump.name.as_str()).collect::<Vec<_>>(), ["git"]);
        assert!(kept(&["a-b", "git", "gone"]).is_empty());
        let text = between(BEFORE, &after, &BTreeSet::from(["a-b"]));
        assert!(text.starts_with("version = 4\n\n[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n"), "{text}");
        assert!(text.contains("name = \"mine\"\nversion = \"0.2.0\"\n"), "{text}");
    }
}
