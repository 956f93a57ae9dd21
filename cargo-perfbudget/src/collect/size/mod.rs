//! The source of sizes: the binaries, libraries and files that the configuration names.

mod weigh;

use std::path::PathBuf;

use cargo_metadata::Package;

use super::hand::{Adapter, Hand};
use super::{Request, build, project, provenance};
use crate::error::Result;
use crate::model::{Artifact, ArtifactKind, Code, Evidence, Failure, Family, Key, Metric, Outcome, Run, Subject};
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
        sizes(hand.request, &mut hand.run)
    }

    fn list(&self, hand: &mut Hand<'_>) -> Result<Vec<Subject>> {
        Ok(wanted_artifacts(hand.request).into_iter().map(Subject::Artifact).collect())
    }

    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>> {
        let wanted = wanted_artifacts(request);
        Ok(if wanted.is_empty() { Vec::new() } else { vec![size_command(request, &wanted).shown()] })
    }
}

fn sizes(request: &Request<'_>, run: &mut Run) -> Result<()> {
    let wanted = wanted_artifacts(request);
    let mut weighed: Vec<(Artifact, PathBuf)> = Vec::new();
    if !wanted.is_empty() {
        (request.tell)(0, 0, "building the binaries");
        let built = build::artifacts(&size_command(request, &wanted), request.project)?;
        let failed = !built.problems.is_empty();
        run.problems.extend(built.problems.clone());
        for artifact in wanted {
            match built.artifacts.get(&(artifact.package.clone(), artifact.kind, artifact.name.clone())) {
                Some(path) => weighed.push((artifact, path.clone())),
                None if failed => {}
                None => fail(run, artifact, "cargo did not build it", "it may need a feature: `--features`"),
            }
        }
    }
    for file in &request.plan.size.files {
        let artifact = Artifact { package: String::new(), kind: ArtifactKind::File, name: file.clone() };
        let asked_for = request.scope.covers(&Key::new(Subject::Artifact(artifact.clone()), Metric::Size));
        if asked_for {
            weighed.push((artifact, request.project.root.join(file)));
        }
    }
    for (artifact, path) in weighed {
        match files::read(&path, ARTIFACT_BYTES_AT_MOST) {
            Ok(Some(bytes)) => {
                let sizes = weigh::weigh(&bytes);
                let subject = Subject::Artifact(artifact);
                let mut put = |metric, value| {
                    let outcome = Outcome::Measured { evidence: Evidence::exact(value), note: None };
                    run.outcomes.insert(Key::new(subject.clone(), metric), outcome);
                };
                put(Metric::Size, sizes.stripped);
                if let Some(text) = sizes.text {
                    put(Metric::SizeText, text);
                }
            }
            Ok(None) => fail(
                run,
                artifact,
                "there is no such file",
                "build it before the check, or correct `files` in `[size]`",
            ),
            Err(why) => fail(run, artifact, &why.message, "check the file and its permissions"),
        }
    }
    Ok(())
}

fn fail(run: &mut Run, artifact: Artifact, why: &str, hint: &str) {
    let failure = Failure { code: Code::BenchmarkMissing, why: why.to_owned(), hint: Some(hint.to_owned()) };
    run.outcomes.insert(Key::new(Subject::Artifact(artifact), Metric::Size), Outcome::Failed(failure));
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
            if request.scope.covers(&Key::new(Subject::Artifact(artifact.clone()), Metric::Size)) {
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
