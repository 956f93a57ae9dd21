//! JavaScript by swc, at three depths: what cannot be proven whole may still be proven with its names, or with its blanks;
//! and by oxc, whose work is shown with swc's parser. oxc goes first, being the faster one: where it finds little to do, swc is
//! not asked.
//!
//! What is assumed of every script, as all minifiers assume it: it does not count on errors that it makes itself (a name that
//! is used before its `let`, a `const` that is assigned), nor on effects of conversions, `in` and the deletion of globals,
//! nor on what a function in a block is before that block. It may read the names of its functions and classes, its own text
//! being no part of what it means.

mod comments;
mod map;
#[cfg(feature = "oxc")]
mod oxc;
pub(crate) mod parse;
mod surface;
mod swc;

use std::cell::OnceCell;

use swc_core::common::{GLOBALS, Globals};
use swc_sourcemap::SourceMap;

use self::parse::{Goal, Parsed, Resolved};
use self::surface::Surface;
use self::swc::Depth;
use super::{Asked, Attempt, Candidate, Dropped, Loading, Source, caught, guarded, refuse_depth, text, trailing};

/// What is shown of every candidate.
const PROOF: &str = "parses as what it was; same imports, exports, top-level names and assigned globals, no new free name; \
                     every licence comment there";
/// What is shown where there is a source map.
const PROOF_WITH_MAP: &str = "parses as what it was; same imports, exports, top-level names and assigned globals, no new \
                              free name; every licence comment there; sampled tokens of the map lead where they did";

/// What the engines make of a script, swc at the deepest depth that can be proven.
pub(super) fn attempts(source: &Source<'_>, asked: Asked) -> Vec<Attempt> {
    #[cfg(not(feature = "oxc"))]
    let _ = asked;
    GLOBALS.set(&Globals::new(), || {
        let (script, read) = match caught(|| read(source)) {
            Ok(both) => both,
            Err(why) => return vec![Err(Dropped { engine: Depth::Full.engine(), why })],
        };
        #[cfg(feature = "oxc")]
        let other = guarded("oxc", || by_oxc(&script));
        #[cfg(feature = "oxc")]
        if asked == Asked::AsNeeded && other.as_ref().is_ok_and(|made| is_minified(script.text.len(), made.bytes.len()))
        {
            return vec![other, Err(Dropped { engine: Depth::Full.engine(), why: NOT_ASKED.into() })];
        }
        let mut attempts = Vec::new();
        // The first depth takes what was read; the others are seldom tried.
        let mut read = Some(read);
        for depth in [Depth::Full, Depth::Names, Depth::Blanks] {
            let attempt = guarded(depth.engine(), || {
                let again = || parse::parse(script.text, script.goal).map(Parsed::resolved);
                let resolved = read.take().map_or_else(again, Ok)?;
                by_swc(&script, resolved, depth)
            });
            let is_proven = attempt.is_ok();
            attempts.push(attempt);
            if is_proven {
                break;
            }
        }
        #[cfg(feature = "oxc")]
        attempts.push(other);
        attempts
    })
}

/// How much shorter oxc must make a script, in thousandths, for swc to be asked, too: of what is minified already, it would
/// make little more, in three times the time. Arbitrary; sources lose a half, and what is minified a hundredth.
#[cfg(feature = "oxc")]
const MIN_SHORTENING_PERMILLE: usize = 30;
#[cfg(feature = "oxc")]
const NOT_ASKED: &str = "it was not asked: oxc shows that the script is minified already; `--max` asks all the same";

#[cfg(feature = "oxc")]
fn is_minified(before: usize, after: usize) -> bool {
    before.saturating_sub(after) * 1000 < before * MIN_SHORTENING_PERMILLE
}

/// A script, as all engines are shown it.
struct Script<'a> {
    text: &'a str,
    goal: Goal,
    loading: Loading,
    is_ascii: bool,
    surface: Surface,
    licences: Vec<String>,
    /// The address of its source map, as it names it.
    reference: Option<&'a str>,
    original: Option<SourceMap>,
    was_module: OnceCell<bool>,
}

fn read<'a>(source: &Source<'a>) -> Result<(Script<'a>, Resolved), String> {
    let refused = |why: String| format!("it is left alone: {why}");
    let text = text(source.bytes).map_err(refused)?;
    refuse_depth(source.bytes).map_err(refused)?;
    let reference = trailing::map_reference(text);
    let original = match (reference.filter(|reference| is_inline(reference)), source.map) {
        (Some(data), _) => Some(map::from_data_url(data)?),
        (None, Some(bytes)) => Some(map::read(bytes)?),
        (None, None) => None,
    };
    if reference.is_some_and(|reference| reference.contains("://")) {
        return Err(refused("its source map is elsewhere, and could not follow".into()));
    }
    let (goal, parsed) = parse::parse_as_loaded(text, source.path, source.loading).map_err(refused)?;
    let (is_ascii, licences) = (parsed.is_ascii, comments::licences(&parsed.comments));
    let resolved = parsed.resolved();
    let script = Script {
        text,
        goal,
        loading: source.loading,
        is_ascii,
        surface: surface::of(&resolved),
        licences,
        reference,
        original,
        was_module: OnceCell::new(),
    };
    Ok((script, resolved))
}

fn is_inline(reference: &str) -> bool {
    reference.starts_with("data:")
}

fn by_swc(script: &Script<'_>, resolved: Resolved, depth: Depth) -> Result<Candidate, String> {
    if depth != Depth::Blanks {
        script.refuse_run_time()?;
    }
    let made = swc::minify(resolved, depth, script)?;
    let chained = |original| map::chain(&made.cm, &made.mappings, original);
    let chained = script.original.as_ref().map(chained).transpose()?;
    script.candidate(depth.engine(), made.code, chained)
}

#[cfg(feature = "oxc")]
fn by_oxc(script: &Script<'_>) -> Result<Candidate, String> {
    script.refuse_run_time()?;
    let made = oxc::minify(script)?;
    let chained = match (made.map, &script.original) {
        (Some(made), Some(original)) => Some(map::compose(&map::read(&made)?, original)?),
        _ => None,
    };
    script.candidate("oxc", made.code, chained)
}

impl Script<'_> {
    fn refuse_run_time(&self) -> Result<(), String> {
        let sees = self.surface.sees_names_at_run_time;
        if sees { Err("`eval` or `with` sees names at run time".into()) } else { Ok(()) }
    }

    /// What an engine made, if it can be shown to mean the same.
    fn candidate(&self, engine: &'static str, code: String, map: Option<SourceMap>) -> Result<Candidate, String> {
        let mut code = comments::with_all(code, &self.licences);
        self.prove(&code)?;
        let proof = if map.is_some() { PROOF_WITH_MAP } else { PROOF };
        let mut candidate_map = None;
        if let Some(map) = map {
            match self.reference {
                Some(reference) if is_inline(reference) => {
                    code.push_str(&format!("\n//# sourceMappingURL={}", map::to_data_url(&map)?));
                }
                Some(reference) => {
                    code.push_str(&format!("\n//# sourceMappingURL={reference}"));
                    candidate_map = Some(map::write(&map)?);
                }
                None => candidate_map = Some(map::write(&map)?),
            }
        }
        Ok(Candidate { engine, bytes: code.into_bytes(), map: candidate_map, proof: proof.into() })
    }

    /// Shows that what was made means what was there.
    fn prove(&self, code: &str) -> Result<(), String> {
        let parsed = parse::parse(code, self.goal).map_err(|why| format!("the result does not parse: {why}"))?;
        let lost = self.licences.iter().find(|licence| !comments::holds(code, licence));
        if let Some(lost) = lost {
            return Err(format!("a licence comment is lost: `{}`", lost.chars().take(40).collect::<String>()));
        }
        self.surface.compare(&surface::of(&parsed.resolved()))?;
        // A page elsewhere may load it the other way, if it was fit for that.
        if self.loading == Loading::Unknown && self.goal == Goal::Script {
            let was_module = *self.was_module.get_or_init(|| parse::parse(self.text, Goal::Module).is_ok());
            if was_module && let Err(why) = parse::parse(code, Goal::Module) {
                return Err(format!("the result does not parse as a module any more: {why}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
