//! What cargo prints of a build's packages and units → what is counted of them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::Message;
use cargo_metadata::semver::Version;

/// A package of a build.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Built {
    name: String,
    version: String,
    /// Where it comes from, where that is not crates.io.
    source: String,
}

impl Built {
    /// `url v2.5.4`, as cargo writes it.
    fn label(&self) -> String {
        format!("{} v{}", self.name, self.version)
    }
}

/// The packages in the output of `cargo tree --prefix none --format {p}`: `url v2.5.4`, and behind it in parentheses that it is
/// a macro, where it comes from, or that it stands above already. Lines that say something else are passed over.
#[must_use]
pub fn packages(text: &str) -> BTreeSet<Built> {
    let package = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        let (version, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_one = !name.is_empty() && !name.contains(char::is_whitespace) && Version::parse(version).is_ok();
        let source = rest.replace("(proc-macro)", "").replace("(*)", "").trim().to_owned();
        is_one.then(|| Built { name: name.to_owned(), version: version.to_owned(), source })
    };
    text.lines().filter_map(|line| package(line.trim_end())).collect()
}

/// One for each package.
#[must_use]
pub fn crates(packages: &BTreeSet<Built>) -> BTreeMap<String, u64> {
    let mut crates = BTreeMap::new();
    for package in packages {
        *crates.entry(package.label()).or_default() += 1;
    }
    crates
}

/// One for each package that stands beside a newer one of the same name.
#[must_use]
pub fn duplicates(packages: &BTreeSet<Built>) -> BTreeMap<String, u64> {
    let mut by_name: BTreeMap<&str, Vec<&Built>> = BTreeMap::new();
    for package in packages {
        by_name.entry(&package.name).or_default().push(package);
    }
    let mut duplicates = BTreeMap::new();
    for mut versions in by_name.into_values() {
        versions.sort_by_key(|package| (Version::parse(&package.version).ok(), &package.source));
        versions.pop();
        for package in versions {
            *duplicates.entry(package.label()).or_default() += 1;
        }
    }
    duplicates
}

/// How often each package is compiled, by cargo's messages: one for each library, binary, macro and build script, whether it
/// was compiled now or before.
#[must_use]
pub fn invocations(output: &[u8]) -> BTreeMap<String, u64> {
    let mut invocations = BTreeMap::new();
    for message in Message::parse_stream(output).filter_map(Result::ok) {
        if let Message::CompilerArtifact(artifact) = message {
            *invocations.entry(label_of_id(&artifact.package_id.repr)).or_default() += 1;
        }
    }
    invocations
}

/// `registry+https://…#url@2.5.4`, `path+file:///w/shop#0.1.0`, or before cargo 1.77 `url 2.5.4 (registry+…)` → `url v2.5.4`.
fn label_of_id(id: &str) -> String {
    if let Some((place, package)) = id.rsplit_once('#') {
        let folder = || place.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let (name, version) = package.rsplit_once('@').unwrap_or_else(|| (folder(), package));
        return format!("{name} v{version}");
    }
    let mut words = id.split(' ');
    format!("{} v{}", words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TREE: &str = include_str!("../../../../fixtures/outputs/cargo-1.95/tree.txt");
    const MESSAGES: &[u8] = include_bytes!("../../../../fixtures/outputs/cargo-1.95/build.jsonl");

    #[test]
    fn a_recorded_tree_tells_each_package_once_and_what_is_there_twice() {
        let packages = packages(TREE);
        let names: Vec<String> = crates(&packages).into_keys().collect();
        assert_eq!(
            names,
            [
                "itoa v0.4.8",
                "itoa v1.0.18",
                "proc-macro2 v1.0.107",
                "quote v1.0.47",
                "serde v1.0.229",
                "serde_core v1.0.229",
                "serde_derive v1.0.229",
                "shop v0.1.0",
                "syn v3.0.9",
                "unicode-ident v1.0.27",
            ]
        );
        assert_eq!(crates(&packages).values().sum::<u64>(), 10);
        assert_eq!(duplicates(&packages), BTreeMap::from([("itoa v0.4.8".to_owned(), 1)]));
    }

    #[test]
    fn versions_are_ordered_as_versions_and_each_besides_the_newest_is_one_too_many() {
        let packages = packages("a v0.9.0\na v0.10.0\na v0.10.0 (https://example.invalid/a#12345678)\nb v1.0.0\n");
        assert_eq!(crates(&packages)["a v0.10.0"], 2);
        let twice = duplicates(&packages);
        assert_eq!((twice["a v0.9.0"], twice["a v0.10.0"], twice.len()), (1, 1, 2));
    }

    #[test]
    fn recorded_messages_tell_each_unit_of_a_build_whether_it_is_fresh_or_not() {
        let invocations = invocations(MESSAGES);
        let of = |name: &str| invocations.get(name).copied().unwrap_or_default();
        // A build script, or a library and a binary, is one more.
        assert_eq!((of("proc-macro2 v1.0.107"), of("syn v3.0.9"), of("shop v0.1.0"), of("itoa v0.4.8")), (2, 1, 2, 1));
        assert_eq!(invocations.values().sum::<u64>(), 15);
        assert_eq!(
            invocations.keys().cloned().collect::<Vec<_>>(),
            crates(&packages(TREE)).into_keys().collect::<Vec<_>>()
        );
    }

    #[test]
    fn an_id_of_any_cargo_names_its_package() {
        let check = |id: &str, label: &str| assert_eq!(label_of_id(id), label);
        check("registry+https://github.com/rust-lang/crates.io-index#url@2.5.4", "url v2.5.4");
        check("path+file:///w/shop#0.1.0", "shop v0.1.0");
        check("path+file:///w/shop#other@0.1.0", "other v0.1.0");
        check("git+https://example.invalid/shop?branch=main#0.1.0", "shop v0.1.0");
        check("url 2.5.4 (registry+https://github.com/rust-lang/crates.io-index)", "url v2.5.4");
        check("", " v");
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "(\\PC|\n| v| \\(|#|@){0,60}") {
            let packages = packages(&text);
            prop_assert!(duplicates(&packages).values().sum::<u64>() <= crates(&packages).values().sum::<u64>());
            let _ = (invocations(text.as_bytes()), label_of_id(&text));
        }
    }
}
