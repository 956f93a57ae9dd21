//! JavaScript by swc, at three depths: what cannot be proven whole may still be proven with its names, or with its blanks;
//! and by oxc, whose work is shown with swc's parser.
//!
//! What is assumed of every script, as all minifiers assume it: it does not count on errors that it makes itself (a name that
//! is used before its `let`, a `const` that is assigned), nor on effects of conversions, `in` and the deletion of globals,
//! nor on what a function in a block is before that block. It may read the names of its functions and classes, its own text
//! being no part of what it means.

mod comments;
mod map;
#[cfg(feature = "oxc")]
mod oxc;
mod parse;
mod surface;
mod swc;

use swc_core::common::{GLOBALS, Globals};

use self::parse::Goal;
use self::swc::Depth;
use super::{Attempt, Candidate, Loading, Source, guarded, refuse_depth, text, trailing};

/// What is shown of every candidate.
const PROOF: &str = "parses as what it was; same imports, exports, top-level names and assigned globals, no new free name; \
                     every licence comment there";
/// What is shown where there is a source map.
const PROOF_WITH_MAP: &str = "parses as what it was; same imports, exports, top-level names and assigned globals, no new \
                              free name; every licence comment there; sampled tokens of the map lead where they did";

/// What the engines make of a script, swc at the deepest depth that can be proven.
pub(super) fn attempts(source: &Source<'_>) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let mut attempt = |engine: Engine| {
        let attempt = guarded(engine.name(), || GLOBALS.set(&Globals::new(), || minified(source, engine)));
        let fate = match &attempt {
            Ok(_) => Fate::Proven,
            Err(dropped) if dropped.why.starts_with(parse::REFUSED) => Fate::Refused,
            Err(_) => Fate::Dropped,
        };
        attempts.push(attempt);
        fate
    };
    for depth in [Depth::Full, Depth::Names, Depth::Blanks] {
        match attempt(Engine::Swc(depth)) {
            Fate::Proven => break,
            Fate::Dropped => {}
            Fate::Refused => return attempts,
        }
    }
    #[cfg(feature = "oxc")]
    attempt(Engine::Oxc);
    attempts
}

/// Who works on a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Swc(Depth),
    #[cfg(feature = "oxc")]
    Oxc,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Engine::Swc(depth) => depth.engine(),
            #[cfg(feature = "oxc")]
            Engine::Oxc => "oxc",
        }
    }
}

/// What became of an attempt.
enum Fate {
    Proven,
    Dropped,
    /// What does not parse does not parse at any depth, or for anybody.
    Refused,
}

fn minified(source: &Source<'_>, engine: Engine) -> Result<Candidate, String> {
    let text = text(source.bytes).map_err(|why| format!("{}: {why}", parse::REFUSED))?;
    refuse_depth(source.bytes).map_err(|why| format!("{}: {why}", parse::REFUSED))?;
    let reference = trailing::map_reference(text);
    let inline = reference.filter(|reference| reference.starts_with("data:"));
    let original = match (inline, source.map) {
        (Some(data), _) => Some(map::from_data_url(data)?),
        (None, Some(bytes)) => Some(map::read(bytes)?),
        (None, None) => None,
    };
    if reference.is_some_and(|reference| reference.contains("://")) {
        return Err(format!("{}: its source map is elsewhere, and could not follow", parse::REFUSED));
    }
    let (goal, parsed) = parse::parse_as_loaded(text, source.path, source.loading)?;
    let before = surface::of(&parsed);
    if engine != Engine::Swc(Depth::Blanks) && before.sees_names_at_run_time {
        return Err("`eval` or `with` sees names at run time".into());
    }
    let licences = comments::licences(&parsed.comments);
    let (code, chained) = match engine {
        Engine::Swc(depth) => {
            let wants_map = if original.is_some() { swc::Mappings::Wanted } else { swc::Mappings::Unwanted };
            let made = swc::minify(parsed, depth, goal, &before, wants_map)?;
            let chained = original.map(|original| map::chain(&made.cm, &made.mappings, &original)).transpose()?;
            (made.code, chained)
        }
        #[cfg(feature = "oxc")]
        Engine::Oxc => {
            let wants_map = if original.is_some() { swc::Mappings::Wanted } else { swc::Mappings::Unwanted };
            let made = oxc::minify(text, parsed.is_ascii, goal, &before, wants_map)?;
            let chained = match (made.map, original) {
                (Some(made), Some(original)) => Some(map::compose(&map::read(&made)?, &original)?),
                _ => None,
            };
            (made.code, chained)
        }
    };
    let mut code = comments::with_all(code, &licences);
    prove(text, &code, goal, source.loading, &before, &licences)?;
    let proof = if chained.is_some() { PROOF_WITH_MAP } else { PROOF };
    let mut candidate_map = None;
    if let Some(chained) = chained {
        match (inline, reference) {
            (Some(_), _) => code.push_str(&format!("\n//# sourceMappingURL={}", map::to_data_url(&chained)?)),
            (None, Some(reference)) => {
                code.push_str(&format!("\n//# sourceMappingURL={reference}"));
                candidate_map = Some(map::write(&chained)?);
            }
            (None, None) => candidate_map = Some(map::write(&chained)?),
        }
    }
    Ok(Candidate { engine: engine.name(), bytes: code.into_bytes(), map: candidate_map, proof: proof.into() })
}

/// Shows that what was made means what was there.
fn prove(
    before_text: &str,
    code: &str,
    goal: Goal,
    loading: Loading,
    before: &surface::Surface,
    licences: &[String],
) -> Result<(), String> {
    let parsed = parse::parse(code, goal).map_err(|why| format!("the result does not parse: {why}"))?;
    let lost = licences.iter().find(|licence| !comments::holds(code, licence));
    if let Some(lost) = lost {
        return Err(format!("a licence comment is lost: `{}`", lost.chars().take(40).collect::<String>()));
    }
    before.compare(&surface::of(&parsed))?;
    // A page elsewhere may load it the other way, if it was fit for that.
    if loading == Loading::Unknown && goal == Goal::Script {
        let was_module = parse::parse(before_text, Goal::Module).is_ok();
        if was_module && let Err(why) = parse::parse(code, Goal::Module) {
            return Err(format!("the result does not parse as a module any more: {why}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
