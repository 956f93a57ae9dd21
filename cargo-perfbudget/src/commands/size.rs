//! `size`: what built files consist of, by crate and function, and what of it grew.

use std::collections::{BTreeMap, BTreeSet};

use super::base::{Base, Confirmed};
use super::{Context, blame, color, refuse_nothing};
use crate::attribution;
use crate::cli::{GroupChoice, SizeArgs, SizeFormat};
use crate::collect::size;
use crate::deliver::deliver;
use crate::error::{Error, Result};
use crate::exit;
use crate::model::anatomy::Growth;
use crate::model::{Anatomy, Artifact, ArtifactKind, Dissection, Failure, Family, Key, Metric, Subject};
use crate::render::anatomy::{Grouping, terminal};
use crate::render::{Color, json};
use crate::sys::{env, files};

pub(super) fn run(args: &SizeArgs) -> Result<u8> {
    let folder = env::current_dir()?;
    let filters = &args.selection.filters;
    let is_file = |name: &&String| files::is_file(&folder.join(name));
    match filters.iter().filter(is_file).count() {
        0 => of_project(args),
        named if named < filters.len() => {
            Err(Error::usage("these are partly files and partly names of what is built")
                .hint("ask for one or the other"))
        }
        _ if args.compare || args.base.is_some() => {
            Err(Error::usage("a file as it is has no earlier state to compare with")
                .hint("name what is built, such as `cargo perfbudget size --compare 'bin shop'`"))
        }
        _ => {
            let read = |name: &String| {
                let artifact = Artifact { package: String::new(), kind: ArtifactKind::File, name: name.clone() };
                (artifact, size::dissect_file(&folder.join(name)))
            };
            tell(args, filters.iter().map(read).collect(), BTreeMap::new(), exit::WITHIN)
        }
    }
}

type Found = Vec<(Artifact, std::result::Result<Anatomy, Failure>)>;

fn of_project(args: &SizeArgs) -> Result<u8> {
    let context = Context::load(&args.selection, &args.voice)?;
    let scope = context.scope(&args.selection, BTreeSet::from([Family::Bytes]));
    let report = |done, known, what: &str| context.tell(done, known, what);
    let request = context.request(&args.selection, scope, BTreeMap::new(), true, &report);
    let looked = size::dissect(&request)?;
    context.told();
    refuse_nothing(&request.scope, looked.files.is_empty() && looked.problems.is_empty())?;
    let code = if looked.problems.is_empty() { exit::WITHIN } else { exit::CANNOT_TELL };
    looked.problems.iter().for_each(|problem| say(&problem.message, problem.hint.as_deref()));
    let growth = match args.compare || args.base.is_some() {
        true => compare(&context, args, &looked.files)?,
        false => BTreeMap::new(),
    };
    context.told();
    tell(args, looked.files, growth, code)
}

/// What each file grew by since the base, which is built and measured for that.
fn compare(context: &Context, args: &SizeArgs, found: &Found) -> Result<BTreeMap<Subject, Growth>> {
    let base = Base::find(context, args.base.as_deref())?;
    let keys: BTreeSet<Key> = found
        .iter()
        .filter(|(_, anatomy)| anatomy.is_ok())
        .map(|(artifact, _)| Key::new(Subject::Artifact(artifact.clone()), Metric::Size))
        .collect();
    let measured = match base.measure(context, &args.selection, keys, BTreeMap::new(), true)? {
        Confirmed::Measured(measured) => measured,
        Confirmed::Refused(problem) => {
            let error = Error::environment(problem.message);
            return Err(problem.hint.into_iter().fold(error, Error::hint));
        }
    };
    let mut growth = BTreeMap::new();
    for (artifact, anatomy) in found {
        let Ok(anatomy) = anatomy else { continue };
        let subject = Subject::Artifact(artifact.clone());
        let key = Key::new(subject.clone(), Metric::Size);
        let before = blame::exact(&measured.run, &key);
        let profile = measured.profiles.get(&key).filter(|profile| Some(profile.total()) == before);
        if let (Some(before), Some(profile)) = (before, profile) {
            let moved = attribution::moved(profile, &anatomy.profile(Metric::Size));
            let after = anatomy.shipped();
            growth.insert(subject, Growth { base: base.name.clone(), before, after, moved });
        } else {
            say(&format!("`{subject}` has no earlier state at {}: {}", base.name, blame::why_not(&measured.run)), None);
        }
    }
    Ok(growth)
}

fn tell(args: &SizeArgs, found: Found, mut growth: BTreeMap<Subject, Growth>, mut code: u8) -> Result<u8> {
    let mut dissections = Vec::new();
    for (artifact, anatomy) in found {
        let subject = Subject::Artifact(artifact);
        match anatomy {
            Ok(anatomy) => dissections.push(Dissection { growth: growth.remove(&subject), subject, anatomy }),
            Err(failure) => {
                say(&format!("{subject}: {}", failure.why), failure.hint.as_deref());
                code = exit::CANNOT_TELL;
            }
        }
    }
    let grouping = match args.by {
        GroupChoice::Crate => Grouping::Crate,
        GroupChoice::Function => Grouping::Function,
    };
    let colored = if args.output.is_some() { Color::Never } else { color(args.voice.color) };
    let text = match args.format {
        SizeFormat::Terminal => terminal(&dissections, grouping, args.rows, colored),
        SizeFormat::Json => json::write_dissections(&dissections),
    };
    deliver(&text, args.output.as_deref())?;
    Ok(code)
}

/// Says what went wrong, on a line that a terminal takes as text.
fn say(message: &str, hint: Option<&str>) {
    let tame =
        |text: &str| text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>();
    env::say(&format!("error: {}", tame(message)));
    if let Some(hint) = hint {
        env::say(&format!("hint: {}", tame(hint)));
    }
}
