//! The source of sizes: the binaries, libraries and files that the configuration names, and what they consist of.

mod anatomy;
mod symbol;
mod wasm;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use cargo_metadata::Package;

use super::hand::{Adapter, Hand};
use super::{Request, build, home, profiles, project, provenance};
use crate::error::Result;
use crate::model::{Anatomy, Artifact, ArtifactKind, Code, Evidence, Failure, Family, Key, Metric, Outcome, Subject};
use crate::sys::files;
use crate::sys::process::Program;

/// The largest file whose size is measured.
const ARTIFACT_BYTES_AT_MOST: u64 = 4 << 30;

/// The adapter.
#[derive(Debug)]
pub struct Sizes;

impl Adapter for Sizes {
    fn families(&self) -> &'static [Family] {
        &[Family::Bytes]
    }

    fn measure(&self, hand: &mut Hand<'_>) -> Result<()> {
        hand.run.environments.insert(Family::Bytes, provenance::bytes(&hand.host));
        let looked = look(hand.request)?;
        let folder = super::profiles(&hand.home());
        hand.run.problems.extend(looked.problems);
        for (artifact, found) in looked.files {
            let key = |metric| Key::new(Subject::Artifact(artifact.clone()), metric);
            let anatomy = found.as_ref().ok();
            let values =
                [(Metric::Size, anatomy.map(Anatomy::shipped)), (Metric::SizeText, anatomy.and_then(Anatomy::code))];
            for (metric, value) in values {
                if let Some(value) = value {
                    let outcome = Outcome::Measured { evidence: Evidence::exact(value), note: None };
                    hand.run.outcomes.insert(key(metric), outcome);
                }
                let profile = anatomy.filter(|_| value.is_some()).map(|anatomy| anatomy.profile(metric).0);
                profiles::keep(&folder, &key(metric), profile.as_ref());
            }
            if let Err(failure) = found {
                hand.run.outcomes.insert(key(Metric::Size), Outcome::Failed(failure));
            }
        }
        Ok(())
    }

    fn list(&self, hand: &mut Hand<'_>) -> Result<Vec<Subject>> {
        Ok(wanted_artifacts(hand.request).into_iter().map(Subject::Artifact).collect())
    }

    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>> {
        let wanted = wanted_artifacts(request);
        Ok(if wanted.is_empty() { Vec::new() } else { vec![size_command(request, &wanted).shown()] })
    }
}

/// What was found of the files that were asked for.
#[derive(Debug, Default)]
pub struct Looked {
    /// Each with its anatomy, or why it has none.
    pub files: Vec<(Artifact, std::result::Result<Anatomy, Failure>)>,
    /// What kept files from being built.
    pub problems: Vec<crate::model::Problem>,
}

/// Builds and dissects what was asked for, while nobody else builds in that target folder.
///
/// # Errors
/// Where cargo cannot be run.
pub fn dissect(request: &Request<'_>) -> Result<Looked> {
    let _lock = files::Lock::acquire(&home(request.target_dir()).join("lock"), || {
        (request.tell)(0, 0, "waiting for another run in this target folder");
    })?;
    look(request)
}

/// The anatomy of one file.
///
/// # Errors
/// Where there is none, or it cannot be read.
pub fn dissect_file(path: &Path) -> std::result::Result<Anatomy, Failure> {
    match files::read(path, ARTIFACT_BYTES_AT_MOST) {
        Ok(Some(bytes)) => Ok(anatomy::of(&bytes)),
        Ok(None) => Err(failed("there is no such file", "build it before the check, or correct `files` in `[size]`")),
        Err(why) => Err(failed(&why.message, "check the file and its permissions")),
    }
}

fn look(request: &Request<'_>) -> Result<Looked> {
    let mut looked = Looked::default();
    let mut paths: Vec<(Artifact, PathBuf)> = Vec::new();
    let wanted = wanted_artifacts(request);
    if !wanted.is_empty() {
        (request.tell)(0, 0, "building the binaries");
        let built = build::artifacts(&size_command(request, &wanted), request.project)?;
        looked.problems.extend(built.problems);
        for artifact in wanted {
            match built.artifacts.get(&(artifact.package.clone(), artifact.kind, artifact.name.clone())) {
                Some(path) => paths.push((artifact, path.clone())),
                None if !looked.problems.is_empty() => {}
                None => {
                    let failure = failed("cargo did not build it", "it may need a feature: `--features`");
                    looked.files.push((artifact, Err(failure)));
                }
            }
        }
    }
    for file in &request.plan.size.files {
        let artifact = Artifact { package: String::new(), kind: ArtifactKind::File, name: file.clone() };
        if is_covered(request, &artifact) {
            paths.push((artifact, request.project.root.join(file)));
        }
    }
    looked.files.extend(paths.into_iter().map(|(artifact, path)| (artifact, dissect_file(&path))));
    Ok(looked)
}

fn failed(why: &str, hint: &str) -> Failure {
    Failure { code: Code::BenchmarkMissing, why: why.to_owned(), hint: Some(hint.to_owned()) }
}

fn is_covered(request: &Request<'_>, artifact: &Artifact) -> bool {
    let subject = Subject::Artifact(artifact.clone());
    [Metric::Size, Metric::SizeText].into_iter().any(|metric| request.scope.covers(&Key::new(subject.clone(), metric)))
}

/// The binaries and dynamic libraries that the configuration names, or all binaries of the packages that were asked for.
fn wanted_artifacts(request: &Request<'_>) -> Vec<Artifact> {
    let plan = &request.plan.size;
    let mut wanted = Vec::new();
    for package in &request.project.packages {
        for target in &package.targets {
            let kind = if target.is_bin() && plan.bins.as_ref().is_none_or(|names| names.contains(&target.name)) {
                ArtifactKind::Bin
            } else if target.is_cdylib() && plan.cdylibs.contains(&target.name) {
                ArtifactKind::Cdylib
            } else {
                continue;
            };
            // A binary that needs features which were not asked for is built only where the configuration names it.
            if plan.bins.is_none() && kind == ArtifactKind::Bin && !target.required_features.is_empty() {
                continue;
            }
            let artifact = Artifact { package: package.name.to_string(), kind, name: target.name.clone() };
            if is_covered(request, &artifact) {
                wanted.push(artifact);
            }
        }
    }
    wanted
}

fn size_command(request: &Request<'_>, wanted: &[Artifact]) -> Program {
    let is_wanted = |package: &&Package| wanted.iter().any(|artifact| artifact.package == *package.name);
    let packages: Vec<String> = request.project.packages.iter().filter(is_wanted).map(project::spec).collect();
    let mut what = Vec::new();
    for artifact in wanted.iter().filter(|artifact| artifact.kind == ArtifactKind::Bin) {
        what.extend(["--bin".to_owned(), artifact.name.clone()]);
    }
    if wanted.iter().any(|artifact| artifact.kind == ArtifactKind::Cdylib) {
        what.push("--lib".into());
    }
    build::artifact_command(&request.place(), request.options, &packages, request.target_dir_text().as_deref(), &what)
}
