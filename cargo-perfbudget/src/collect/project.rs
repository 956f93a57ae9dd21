//! The project as cargo describes it: packages, bench targets, binaries, and where things are built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, Package};

use super::executable::Harness;
use crate::error::{Error, Result};
use crate::model::Target;
use crate::sys::process::{self, Program};
use crate::sys::{env, files};

/// The harnesses that are known, each with the packages that offer its interface: a bench target is looked at where its
/// package depends on one of them.
pub const HARNESSES: [(&str, &[&str]); 4] = [
    ("criterion", &["criterion", "criterion2", "codspeed-criterion-compat"]),
    ("divan", &["divan"]),
    ("gungraun", &["gungraun"]),
    ("iai-callgrind", &["iai-callgrind"]),
];

/// What of cargo's own options the user gave; passed on as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CargoOptions {
    /// `--manifest-path`.
    pub manifest_path: Option<PathBuf>,
    /// `-p`; empty for the default members.
    pub packages: Vec<String>,
    /// `--workspace`.
    pub workspace: bool,
    /// `--bench`; empty for all.
    pub benches: Vec<String>,
    /// `--features`.
    pub features: Vec<String>,
    /// `--all-features`.
    pub all_features: bool,
    /// `--no-default-features`.
    pub no_default_features: bool,
    /// `--profile`; cargo's own for benchmarks and binaries where `None`.
    pub profile: Option<String>,
    /// `--target-dir`.
    pub target_dir: Option<PathBuf>,
    /// Whether cargo must not ask the network: `--offline`.
    pub offline: bool,
    /// Whether the lock file must not change: `--locked`.
    pub locked: bool,
    /// Whether cargo itself is told to be quiet.
    pub quiet: bool,
}

impl CargoOptions {
    /// The options that select features, for any cargo command.
    fn feature_args(&self) -> Vec<String> {
        let mut args: Vec<String> = self.features.iter().flat_map(|list| ["--features".into(), list.clone()]).collect();
        args.extend(self.all_features.then(|| "--all-features".into()));
        args.extend(self.no_default_features.then(|| "--no-default-features".into()));
        args
    }

    /// The options of a command that builds.
    #[must_use]
    pub fn build_args(&self) -> Vec<String> {
        let mut args = self.feature_args();
        args.extend(self.offline.then(|| "--offline".into()));
        args.extend(self.locked.then(|| "--locked".into()));
        args.extend(self.quiet.then(|| "--quiet".into()));
        args
    }
}

/// A workspace, or a package that is one by itself.
#[derive(Debug, Clone)]
pub struct Project {
    /// The top folder, where `perfbudget.toml` and the baseline are.
    pub root: PathBuf,
    /// Where cargo builds.
    pub target_dir: PathBuf,
    /// The packages that were asked for.
    pub packages: Vec<Package>,
    /// Whether these are all packages of the workspace.
    pub is_whole: bool,
    /// By harness, the packages of the workspace whose bench targets may be built on it.
    users: BTreeMap<&'static str, BTreeSet<String>>,
}

/// The largest source file that is searched for benchmarks of Rust's own harness.
const SOURCE_BYTES_AT_MOST: u64 = 4 << 20;

/// What a bench target has of Rust's own benchmarks, by its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnBenches {
    /// It has none.
    None,
    /// It has some under a condition.
    Perhaps,
    /// It has some, and so is compiled by a nightly Rust only.
    Always,
}

/// A bench target that may be built on a harness that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BenchTarget {
    /// Its name.
    pub target: Target,
    /// How cargo is told which package is meant.
    pub spec: String,
    /// The folder of its package.
    pub folder: PathBuf,
    /// Its source file.
    pub source: PathBuf,
    /// The features that it needs to be built.
    pub required_features: Vec<String>,
    /// Variables that cargo sets when it runs the target.
    pub variables: std::collections::BTreeMap<String, String>,
    /// What it has of Rust's own benchmarks.
    pub own: OwnBenches,
    /// What it is most likely built on. Its symbols tell, once it is built.
    pub likely: Harness,
}

impl BenchTarget {
    /// What stands for its executable before it is built.
    #[must_use]
    pub fn placeholder(&self) -> String {
        format!("EXECUTABLE_OF_{}", self.target.name.to_uppercase().replace('-', "_"))
    }
}

/// The cargo program that runs us, or the one on the path.
#[must_use]
pub fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|| "cargo".into())
}

impl Project {
    /// Asks cargo.
    ///
    /// # Errors
    /// Where there is no project, or a package that was asked for is not in it.
    pub fn load(folder: &Path, options: &CargoOptions) -> Result<Project> {
        let mut args: Vec<String> = ["metadata", "--format-version", "1", "--no-deps"].map(String::from).into();
        if let Some(path) = &options.manifest_path {
            args.extend(["--manifest-path".into(), path.to_string_lossy().into_owned()]);
        }
        args.extend(options.offline.then(|| "--offline".into()));
        let finished = process::run(&Program::new(cargo()).args(&args).cwd(folder))?;
        if !finished.success() {
            let words = String::from_utf8_lossy(&finished.stderr).trim().trim_start_matches("error: ").to_owned();
            return Err(Error::usage(format!("cannot read the project: {words}"))
                .hint("run it in a folder with a `Cargo.toml`, or name one with `--manifest-path`"));
        }
        let metadata = MetadataCommand::parse(finished.text())
            .map_err(|why| Error::environment(format!("cannot read the output of `cargo metadata`: {why}")))?;
        let named = options.manifest_path.as_ref().map(|path| files::resolved(&folder.join(path)));
        let above = || folder.ancestors().map(|above| above.join("Cargo.toml")).find(|path| files::is_file(path));
        let manifest = named.or_else(|| above().map(|path| files::resolved(&path)));
        Project::of_metadata(metadata, manifest.as_deref(), options)
    }

    fn of_metadata(metadata: Metadata, manifest: Option<&Path>, options: &CargoOptions) -> Result<Project> {
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let target_dir =
            options.target_dir.clone().unwrap_or_else(|| metadata.target_directory.clone().into_std_path_buf());
        let names: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
        if let Some(unknown) = options.packages.iter().find(|name| !names.contains(name.as_str())) {
            let known: Vec<&str> = names.into_iter().collect();
            return Err(Error::usage(format!("there is no package `{unknown}` in this workspace"))
                .hint(format!("its packages are: {}", known.join(", "))));
        }
        // In the folder of a member, cargo means that member; at the top of the workspace, its default members.
        let top = root.join("Cargo.toml");
        let member = |package: &&Package| {
            manifest == Some(package.manifest_path.as_std_path()) && manifest != Some(top.as_path())
        };
        let nearest = metadata.packages.iter().find(member).map(|package| package.id.clone());
        let default: BTreeSet<_> = metadata.workspace_default_members.iter().collect();
        let mut packages: Vec<Package> = metadata.packages.clone();
        let all = packages.len();
        if !options.packages.is_empty() {
            packages.retain(|package| options.packages.iter().any(|name| *name == package.name.as_str()));
        } else if let Some(member) = nearest.filter(|_| !options.workspace) {
            packages.retain(|package| package.id == member);
        } else if !options.workspace {
            packages.retain(|package| default.contains(&package.id));
        }
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        let is_whole = packages.len() == all;
        let users = HARNESSES.map(|(harness, offers)| (harness, users(&metadata.packages, harness, offers))).into();
        Ok(Project { root, target_dir, packages, is_whole, users })
    }

    /// The bench targets that may be built on a known harness: those of packages that depend on one, and those with benchmarks
    /// of Rust's own. Narrowed to those that were asked for by name.
    ///
    /// # Errors
    /// Where a name was asked for that no package has.
    pub fn bench_targets(&self, options: &CargoOptions) -> Result<Vec<BenchTarget>> {
        let only = &options.benches;
        let of = |package: &Package| {
            let variables = cargo_variables(package);
            let folder = package.manifest_path.parent().map(|folder| folder.as_std_path().to_owned());
            let targets = package.targets.iter().filter(|target| target.is_bench()).cloned().collect::<Vec<_>>();
            let (name, spec) = (package.name.to_string(), spec(package));
            let likely = likely_harness(package);
            targets.into_iter().map(move |target| BenchTarget {
                target: Target { package: name.clone(), name: target.name.clone() },
                spec: spec.clone(),
                folder: folder.clone().unwrap_or_default(),
                source: target.src_path.clone().into_std_path_buf(),
                required_features: target.required_features.clone(),
                variables: variables.clone(),
                own: own_benches(target.src_path.as_std_path()),
                likely,
            })
        };
        let mut targets: Vec<BenchTarget> = self.packages.iter().flat_map(of).collect();
        if let Some(unknown) = only.iter().find(|name| !targets.iter().any(|target| target.target.name == **name)) {
            let known: Vec<&str> = targets.iter().map(|target| target.target.name.as_str()).collect();
            let hint = if known.is_empty() {
                "the packages that were asked for have no bench targets".into()
            } else {
                format!("bench targets are: {}", known.join(", "))
            };
            return Err(Error::usage(format!("there is no bench target `{unknown}`")).hint(hint));
        }
        targets.retain(|target| {
            let is_asked_for = only.contains(&target.target.name);
            // Like cargo: a target that needs features which were not asked for is passed by, unless it is named.
            (is_asked_for || only.is_empty() && self.has_features(target, options))
                && (target.own != OwnBenches::None
                    || HARNESSES.iter().any(|(harness, _)| self.depends_on(&target.target.package, harness)))
        });
        targets.sort();
        Ok(targets)
    }

    /// Whether a package's bench targets may be built on a harness.
    #[must_use]
    pub fn depends_on(&self, package: &str, harness: &str) -> bool {
        self.users.get(harness).is_some_and(|users| users.contains(package))
    }

    /// Whether the features that a target needs are on.
    fn has_features(&self, target: &BenchTarget, options: &CargoOptions) -> bool {
        let Some(package) = self.packages.iter().find(|own| own.name.as_str() == target.target.package) else {
            return true;
        };
        let asked_for = options.features.iter().flat_map(|list| list.split([',', ' '])).filter(|name| !name.is_empty());
        let of_package = |name: &str| name.strip_prefix(&format!("{}/", package.name)).unwrap_or(name).to_owned();
        let mut on: BTreeSet<String> = asked_for.map(of_package).collect();
        if !options.no_default_features {
            on.insert("default".into());
        }
        let mut open: Vec<String> = on.iter().cloned().collect();
        while let Some(name) = open.pop() {
            for next in package.features.get(&name).into_iter().flatten() {
                if on.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        options.all_features || target.required_features.iter().all(|needed| on.contains(needed))
    }
}

/// What a target of the package is most likely built on.
fn likely_harness(package: &Package) -> Harness {
    let depends_on = |name: &str| package.dependencies.iter().any(|other| other.name == name);
    match (depends_on("criterion"), depends_on("divan")) {
        (true, _) => Harness::Criterion,
        (false, true) => Harness::Divan,
        (false, false) => Harness::Libtest,
    }
}

/// What a source file has of Rust's own benchmarks. What cannot be read has none: the compiler will say so.
fn own_benches(source: &Path) -> OwnBenches {
    let text = files::read_text(source, SOURCE_BYTES_AT_MOST).ok().flatten().unwrap_or_default();
    let gate = |line: &&str| line.starts_with("#![") && line.contains("feature(") && line.contains("test");
    match text.lines().map(str::trim).find(gate) {
        None => OwnBenches::None,
        Some(line) if line.starts_with("#![feature(") => OwnBenches::Always,
        Some(_) => OwnBenches::Perhaps,
    }
}

/// The packages that depend on a harness: themselves, under its own or another name, or by way of a package of the workspace
/// that may hand it on. What takes its place is one, too; the symbols tell later which it is.
fn users(packages: &[Package], harness: &str, offers: &[&str]) -> BTreeSet<String> {
    let leads_there = |dependency: &Dependency, handing_on: &BTreeSet<String>| {
        offers.contains(&dependency.name.as_str())
            || dependency.rename.as_deref() == Some(harness)
            || (dependency.path.is_some() && handing_on.contains(&dependency.name))
    };
    let mut handing_on = BTreeSet::new();
    loop {
        let has_it = |kinds: &[DependencyKind]| -> BTreeSet<String> {
            let leads = |own: &Dependency| kinds.contains(&own.kind) && leads_there(own, &handing_on);
            let found = packages.iter().filter(|package| package.dependencies.iter().any(leads));
            found.map(|package| package.name.to_string()).collect()
        };
        let further = has_it(&[DependencyKind::Normal]);
        if further == handing_on {
            return has_it(&[DependencyKind::Normal, DependencyKind::Development]);
        }
        handing_on = further;
    }
}

/// How `-p` means this package and no other. Its name is not enough where a dependency, such as criterion's, leads back to a
/// release of the package itself.
#[must_use]
pub fn spec(package: &Package) -> String {
    // Cargo before 1.77 writes the id in a way that `-p` does not take; and it does not take the `path+`.
    let id = package.id.repr.strip_prefix("path+");
    id.map_or_else(|| format!("{}@{}", package.name, package.version), str::to_owned)
}

/// The variables that cargo sets when it runs a target of the package.
fn cargo_variables(package: &Package) -> std::collections::BTreeMap<String, String> {
    let version = &package.version;
    let folder = package.manifest_path.parent().map(ToString::to_string).unwrap_or_default();
    let text = |option: &Option<String>| option.clone().unwrap_or_default();
    [
        ("CARGO_MANIFEST_DIR", folder),
        ("CARGO_MANIFEST_PATH", package.manifest_path.to_string()),
        ("CARGO_PKG_NAME", package.name.to_string()),
        ("CARGO_PKG_VERSION", version.to_string()),
        ("CARGO_PKG_VERSION_MAJOR", version.major.to_string()),
        ("CARGO_PKG_VERSION_MINOR", version.minor.to_string()),
        ("CARGO_PKG_VERSION_PATCH", version.patch.to_string()),
        ("CARGO_PKG_VERSION_PRE", version.pre.to_string()),
        ("CARGO_PKG_AUTHORS", package.authors.join(":")),
        ("CARGO_PKG_DESCRIPTION", text(&package.description)),
        ("CARGO_PKG_HOMEPAGE", text(&package.homepage)),
        ("CARGO_PKG_REPOSITORY", text(&package.repository)),
        ("CARGO_PKG_LICENSE", text(&package.license)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A package of a workspace. Each dependency is a name, a kind, and the name that it goes by.
    fn package(name: &str, dependencies: &[(&str, &str, &str)]) -> Package {
        let dependency = |(name, kind, rename): &(&str, &str, &str)| {
            let path = (*name == "helper").then_some("/w/helper");
            json!({
                "name": name, "req": "*", "kind": kind, "optional": false, "uses_default_features": true, "features": [],
                "target": null, "rename": rename, "path": path
            })
        };
        let dependencies: Vec<Value> = dependencies.iter().map(dependency).collect();
        let package = json!({
            "name": name, "version": "1.0.18", "id": format!("path+file:///w/{name}#1.0.18"), "targets": [],
            "features": {}, "manifest_path": format!("/w/{name}/Cargo.toml"), "dependencies": dependencies
        });
        serde_json::from_value(package).unwrap()
    }

    #[test]
    fn criterion_is_found_under_other_names_and_by_way_of_a_package_that_hands_it_on() {
        let check = |packages: &[Package], names: &[&str]| {
            let (harness, offers) = HARNESSES[0];
            assert_eq!(users(packages, harness, offers).iter().map(String::as_str).collect::<Vec<_>>(), names);
        };
        check(&[package("a", &[("serde", "normal", "serde")])], &[]);
        check(&[package("a", &[("criterion", "dev", "crit")])], &["a"]);
        check(&[package("a", &[("codspeed-criterion-compat", "dev", "criterion")])], &["a"]);
        let user = package("user", &[("helper", "dev", "helper")]);
        check(&[user.clone(), package("helper", &[("criterion", "normal", "criterion")])], &["helper", "user"]);
        check(&[user, package("helper", &[("criterion", "dev", "criterion")])], &["helper"]);
    }

    #[test]
    fn a_package_is_meant_by_its_id_or_by_name_and_version() {
        let mut own = package("itoa", &[]);
        assert_eq!(spec(&own), "file:///w/itoa#1.0.18");
        own.id.repr = "itoa 1.0.18 (path+file:///w/itoa)".into();
        assert_eq!(spec(&own), "itoa@1.0.18");
    }
}
