//! The source of what a frontend weighs: its build, the optimizer's output of it, and what that output's manifest says.
//!
//! The optimizer runs as a process of its own, as a person would run it, into a folder of our own: nothing that was made
//! before is believed, and what it has seen before it finds in its cache. It asks no installed program, so that the same files
//! weigh the same on every machine.

mod cached;
mod weigh;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use asset_optimizer::manifest::{self, Manifest};

use super::hand::{Adapter, Hand};
use super::{Request, home, profiles};
use crate::config::{AssetsPlan, Served};
use crate::error::Result;
use crate::model::{Code, Environment, Evidence, Family, Key, Outcome, Problem, Subject};
use crate::sys::process::{self, Environment as ProgramEnvironment, Messages, Output, Program};
use crate::sys::{env, files};

/// The largest manifest that is read.
const MANIFEST_BYTES_AT_MOST: u64 = 256 << 20;

/// The adapter.
#[derive(Debug)]
pub struct Assets;

impl Adapter for Assets {
    fn families(&self) -> &'static [Family] {
        &[Family::Assets]
    }

    fn measure(&self, hand: &mut Hand<'_>) -> Result<()> {
        let Some(plan) = wanted(hand.request) else { return Ok(()) };
        let manifest = match manifest(hand.request, plan)? {
            Ok(manifest) => manifest,
            Err(problem) => {
                hand.run.problems.push(problem);
                return Ok(());
            }
        };
        hand.run.environments.insert(Family::Assets, environment(plan));
        if !hand.request.shared.places.is_empty() {
            hand.run.cache.add(cached::read(&folder(hand.request).join("report.json"))?);
        }
        hand.run.problems.extend(weigh::without_files(&manifest, plan));
        let (exclusions, folder) = (hand.request.exclusions(), super::profiles(&hand.home()));
        for (subject, weights) in weigh::weigh(&manifest, plan) {
            let name = subject.to_string();
            let keys = weights.into_iter().map(|(metric, parts)| (Key::new(subject.clone(), metric), parts));
            for (key, parts) in keys.filter(|(key, _)| hand.request.scope.covers(key)) {
                if exclusions.iter().any(|rule| rule.matches(&name, key.metric)) {
                    hand.run.excluded.insert(subject.clone());
                    continue;
                }
                let value = parts.values().sum();
                profiles::keep(&folder, &key, Some(&parts));
                let outcome = Outcome::Measured { evidence: Evidence::exact(value), note: None };
                hand.run.outcomes.insert(key, outcome);
            }
        }
        Ok(())
    }

    fn list(&self, hand: &mut Hand<'_>) -> Result<Vec<Subject>> {
        let Some(plan) = wanted(hand.request) else { return Ok(Vec::new()) };
        match manifest(hand.request, plan)? {
            Ok(manifest) => {
                let is_covered = |(subject, weights): &(Subject, weigh::Weights)| {
                    weights.keys().any(|metric| hand.request.scope.covers(&Key::new(subject.clone(), *metric)))
                };
                Ok(weigh::weigh(&manifest, plan).into_iter().filter(is_covered).map(|(subject, _)| subject).collect())
            }
            Err(problem) => {
                hand.run.problems.push(problem);
                Ok(Vec::new())
            }
        }
    }

    fn steps(&self, request: &Request<'_>) -> Result<Vec<String>> {
        let Some(plan) = wanted(request) else { return Ok(Vec::new()) };
        let build = build_command(request, plan).map(|program| program.shown());
        Ok(build.into_iter().chain([optimize_command(request, plan, "cargo-perfbudget".into()).shown()]).collect())
    }
}

/// The frontend, where one is configured and may be asked for: packages and bench targets have none.
fn wanted<'a>(request: &Request<'a>) -> Option<&'a AssetsPlan> {
    let plan = request.plan.assets.as_ref()?;
    let scope = &request.scope;
    let has_keys = scope.keys.as_ref().is_none_or(|keys| keys.iter().any(|key| key.metric.family() == Family::Assets));
    (scope.packages.is_none() && scope.targets.is_none() && has_keys).then_some(plan)
}

/// What must match for two weights to be comparable.
fn environment(plan: &AssetsPlan) -> Environment {
    Environment(BTreeMap::from([
        ("encoding".to_owned(), plan.encoding.name().to_owned()),
        ("optimizer".to_owned(), asset_optimizer::VERSION.to_owned()),
    ]))
}

fn build_command(request: &Request<'_>, plan: &AssetsPlan) -> Option<Program> {
    let (program, args) = plan.build.split_first()?;
    let mut program = Program::new(program).args(args).cwd(&request.project.root);
    program.stdout = Output::Tail;
    program.stderr = if request.shown { Messages::Shown } else { Messages::Tail };
    Some(program)
}

/// Where the optimizer works: its output, and its cache.
fn folder(request: &Request<'_>) -> PathBuf {
    home(request.target_dir()).join("assets")
}

fn optimize_command(request: &Request<'_>, plan: &AssetsPlan, tool: OsString) -> Program {
    let folder = folder(request);
    let encoding = match plan.encoding {
        Served::Brotli | Served::Raw => "br",
        Served::Gzip => "gzip",
        Served::Zstd => "zstd",
    };
    let mut args: Vec<OsString> =
        ["assets", "optimize", &plan.dist, "--quiet", "--no-tools", "--replace"].map(Into::into).into();
    args.extend(["--encodings".into(), encoding.into()]);
    args.extend(["--out".into(), folder.join("out").into_os_string()]);
    args.extend(["--cache".into(), folder.join("cache").into_os_string()]);
    args.extend(plan.options.iter().map(OsString::from));
    let shares = !request.shared.places.is_empty();
    if shares {
        args.extend(["--report".into(), folder.join("report.json").into_os_string()]);
    }
    let mut program = Program::new(tool).args(args).cwd(&request.project.root);
    program.stdout = Output::Tail;
    if shares {
        program.env = ProgramEnvironment::Inherited(cached::variables(request.shared));
    }
    program
}

/// The manifest of the frontend as it would be served, or why there is none.
fn manifest(request: &Request<'_>, plan: &AssetsPlan) -> Result<std::result::Result<Manifest, Problem>> {
    let failed = |code, message: String, hint: Option<String>| Ok(Err(Problem { code, target: None, message, hint }));
    if let Some(build) = build_command(request, plan) {
        (request.tell)(0, 0, "building the frontend");
        let finished = match process::run(&build) {
            Ok(finished) => finished,
            Err(why) if why.kind == crate::error::Kind::Interrupted => return Err(why),
            Err(why) => return failed(Code::BuildFailed, why.message, Some("correct `build` in `[assets]`".into())),
        };
        if !finished.success() {
            let message = format!("the frontend could not be built: {}", finished.last_words());
            return failed(Code::BuildFailed, message, Some(build.shown()));
        }
    }
    if !files::is_dir(&request.project.root.join(&plan.dist)) {
        let message = format!("the frontend was not weighed: there is no folder `{}`", plan.dist);
        let hint = if plan.build.is_empty() {
            "build it before, or name the command that does: `build` in `[assets]`"
        } else {
            "correct `dist` in `[assets]`: it is relative to `perfbudget.toml`"
        };
        return failed(Code::BuildFailed, message, Some(hint.into()));
    }
    (request.tell)(0, 0, "optimizing the frontend");
    let program = optimize_command(request, plan, env::own_program()?.into_os_string());
    let finished = process::run(&program)?;
    if !finished.success() {
        let said = String::from_utf8_lossy(&finished.stderr).into_owned();
        let (why, hint) = said.split_once("\n  hint: ").unwrap_or((&said, ""));
        let message = format!("the frontend was not weighed: {}", why.trim().trim_start_matches("error: "));
        let hint = hint.trim();
        return failed(Code::BuildFailed, message, (!hint.is_empty()).then(|| hint.to_owned()));
    }
    read(&folder(request).join("out"))
}

fn read(out: &std::path::Path) -> Result<std::result::Result<Manifest, Problem>> {
    let mut why = "it is not there".to_owned();
    // A build may have a file of that name itself, and then ours has the other.
    for name in [manifest::OTHER_NAME, manifest::NAME] {
        let Some(bytes) = files::read(&out.join(name), MANIFEST_BYTES_AT_MOST)? else { continue };
        match Manifest::read(&bytes) {
            Ok(manifest) => return Ok(Ok(manifest)),
            Err(refused) => why = refused.to_string(),
        }
    }
    let message = format!("the optimizer's manifest cannot be read: {why}");
    Ok(Err(Problem { code: Code::OutputUnreadable, target: None, message, hint: None }))
}
