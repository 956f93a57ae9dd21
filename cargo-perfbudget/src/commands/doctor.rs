//! `doctor`: is everything there that a check needs, and which command installs what is missing?

use std::collections::BTreeSet;
use std::path::Path;

use super::Context;
use crate::cli::{DoctorArgs, Selection};
use crate::collect::gungraun::runner::{Needed, Room};
use crate::collect::project::{BenchTarget, Project, cargo};
use crate::collect::provenance::{self, NoValgrind};
use crate::deliver::deliver;
use crate::error::Result;
use crate::exit;
use crate::sys::process::{self, Messages, Output, Program};
use crate::sys::{env, files};

/// The package without which valgrind cannot read Debian's libc.
const DEBIAN_SYMBOLS: &str = "libc6-dbg";

/// How one thing was found.
enum Health {
    Fine(String),
    /// Not needed, but good to know.
    Aside(String),
    /// What is wrong, and the commands that mend it, one after the other; empty where none is known.
    Broken(String, Vec<Vec<String>>),
}

pub(super) fn run(args: &DoctorArgs) -> Result<u8> {
    let selection = Selection::at(args.manifest_path.clone());
    let mut findings = examine(&selection, args)?;
    if args.fix {
        for (_, health) in &findings {
            if let Health::Broken(_, commands) = health {
                install(commands)?;
            }
        }
        findings = examine(&selection, args)?;
    }
    let mut text = String::new();
    let mut broken = 0;
    for (name, health) in &findings {
        match health {
            Health::Fine(what) => text.push_str(&format!("ok       {name}: {what}\n")),
            Health::Aside(what) => text.push_str(&format!("note     {name}: {what}\n")),
            Health::Broken(what, commands) => {
                broken += 1;
                text.push_str(&format!("missing  {name}: {what}\n"));
                for command in commands {
                    text.push_str(&format!("           {}\n", command.join(" ")));
                }
            }
        }
    }
    text.push_str(match broken {
        0 => "\neverything is there\n",
        _ if args.fix => "\nsomething is still missing\n",
        _ => "\n`cargo perfbudget doctor --fix` runs the commands above\n",
    });
    deliver(&text, None)?;
    Ok(if broken == 0 { exit::WITHIN } else { exit::CANNOT_TELL })
}

fn examine(selection: &Selection, args: &DoctorArgs) -> Result<Vec<(&'static str, Health)>> {
    let folder = env::current_dir()?;
    let mut findings = Vec::new();
    let version = |program: &str, flag: &str| {
        process::run(&Program::new(program).args([flag])).ok().filter(process::Finished::success)
    };
    findings.push((
        "cargo",
        match version(&cargo(), "--version") {
            Some(finished) => Health::Fine(finished.text().trim().to_owned()),
            None => Health::Broken("it does not run".into(), Vec::new()),
        },
    ));
    findings.push((
        "git",
        match version("git", "--version") {
            Some(finished) => Health::Fine(finished.text().trim().to_owned()),
            None => Health::Broken("it does not run".into(), installer("git")),
        },
    ));
    let host = provenance::rustc(&folder, false).map(|(_, host)| host);
    let machine = host.as_deref().map(provenance::instructions);
    findings.push((
        "valgrind",
        match &machine {
            Err(why) => Health::Broken(why.message.clone(), Vec::new()),
            Ok(Ok(environment)) => {
                let fact = |name| environment.0.get(name).cloned().unwrap_or_default();
                Health::Fine(format!("{}, {}, {}", fact("valgrind"), fact("libc"), fact("cpu")))
            }
            Ok(Err(NoValgrind::Unsupported)) => Health::Aside(
                "it does not run on this kind of machine; sizes and times work, and CI measures the rest".into(),
            ),
            Ok(Err(NoValgrind::Missing)) => Health::Broken("it is not installed".into(), installer("valgrind")),
            Ok(Err(NoValgrind::Version(version))) => Health::Broken(
                format!("its version is `{version}`, and 3.18 or later is needed"),
                installer("valgrind"),
            ),
            Ok(Err(NoValgrind::Broken(why))) => Health::Broken(why.clone(), installer(DEBIAN_SYMBOLS)),
        },
    ));
    match Context::load(selection, &args.voice) {
        Ok(context) => {
            let targets = context.project.bench_targets(&context.options)?;
            findings.push((
                "project",
                match targets.len() {
                    0 => Health::Aside("no bench target is built on a known harness; sizes are measured".into()),
                    1 => Health::Fine("1 bench target may be built on a known harness".into()),
                    count => Health::Fine(format!("{count} bench targets may be built on a known harness")),
                },
            ));
            if !matches!(machine, Ok(Err(NoValgrind::Unsupported))) {
                findings.extend(runners(&context.project, &targets)?);
            }
            let stored = context.stored()?;
            findings.push((
                "baseline",
                match (stored.files.len(), stored.broken.first()) {
                    (_, Some(broken)) => Health::Aside(format!("{}:{}: {}", broken.path, broken.line, broken.message)),
                    (0, None) => Health::Aside("none yet; `cargo perfbudget record` writes it".into()),
                    (1, None) => Health::Fine(format!("1 file in `{}`", context.baseline_name())),
                    (count, None) => Health::Fine(format!("{count} files in `{}`", context.baseline_name())),
                },
            ));
            if context.repository.is_none() {
                findings.push((
                    "repository",
                    Health::Aside("this is no git repository, so nothing can be confirmed against a base".into()),
                ));
            }
        }
        Err(why) => findings.push(("project", Health::Aside(why.message))),
    }
    Ok(findings)
}

/// The runners of gungraun and iai-callgrind, each of exactly the version that the lock file holds.
fn runners(project: &Project, targets: &[BenchTarget]) -> Result<Vec<(&'static str, Health)>> {
    let (all, unknown) = Needed::of_all(project, targets)?;
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for needed in all {
        let found = needed.find();
        // Only one version of a program fits where cargo installs it.
        let room = if seen.insert(needed.library) { Room::Usual } else { Room::Own };
        let health = match needed.complaint(&found) {
            None => Health::Fine(needed.version.clone()),
            Some((_, what)) => Health::Broken(what, vec![needed.install(room).words()]),
        };
        findings.push((needed.library.runner(), health));
    }
    for library in unknown {
        let what = format!("the version that `{}` needs is not in `Cargo.lock` yet", library.package());
        findings.push((library.runner(), Health::Aside(what)));
    }
    Ok(findings)
}

/// Package managers: where they are found, and the commands that install what is appended to the last of them.
const MANAGERS: [(&str, &[&[&str]]); 6] = [
    ("/usr/bin/apt-get", &[&["apt-get", "update"], &["apt-get", "install", "-y"]]),
    ("/usr/bin/dnf", &[&["dnf", "install", "-y"]]),
    ("/usr/bin/pacman", &[&["pacman", "-S", "--noconfirm"]]),
    ("/sbin/apk", &[&["apk", "add"]]),
    ("/opt/homebrew/bin/brew", &[&["brew", "install"]]),
    ("/usr/local/bin/brew", &[&["brew", "install"]]),
];

/// The commands of this system's package manager that install a package; none where it has another name there.
fn installer(package: &str) -> Vec<Vec<String>> {
    let found = MANAGERS.iter().find(|(path, _)| files::is_file(Path::new(path)));
    let Some((path, commands)) = found.filter(|(path, _)| package != DEBIAN_SYMBOLS || path.contains("apt")) else {
        return Vec::new();
    };
    let is_root = process::run(&Program::new("id").args(["-u"])).is_ok_and(|finished| finished.text().trim() == "0");
    // Homebrew refuses to run as root.
    let rights: &[&str] = if is_root || path.ends_with("brew") { &[] } else { &["sudo"] };
    let words = |command: &[&str]| rights.iter().chain(command).map(ToString::to_string).collect();
    let mut all: Vec<Vec<String>> = commands.iter().map(|command| words(command)).collect();
    if let Some(last) = all.last_mut() {
        last.push(package.to_owned());
    }
    all
}

fn install(commands: &[Vec<String>]) -> Result<()> {
    for command in commands {
        let Some((program, arguments)) = command.split_first() else { continue };
        env::say(&format!("running: {}", command.join(" ")));
        let mut program = Program::new(program).args(arguments);
        program.stdout = Output::Tail;
        program.stderr = Messages::Shown;
        let finished = process::run(&program)?;
        if !finished.success() {
            env::say(&format!("it failed: {}", command.join(" ")));
        }
    }
    Ok(())
}
