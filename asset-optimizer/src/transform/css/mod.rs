//! CSS by lightningcss, held to the order that the cascade needs.
//!
//! lightningcss knows shorthands and their longhands, and gathers what belongs together. Now and then it gathers what must
//! stay apart: `position: static; position: var(--x)` comes out in the other order. So what it made is read again and
//! compared with the input, setter by setter, see [`cascade`]. Rules that fail are *pinned*: printed as they were written,
//! and kept from being merged with others. What fails even so is only freed of its blanks.

mod after;
mod cascade;
mod fallback;
mod licence;
mod map;
mod pin;
mod resets;

use std::sync::{Arc, RwLock};

use lightningcss::error::ParserError;
use lightningcss::media_query::MediaList;
use lightningcss::printer::PrinterOptions;
use lightningcss::properties::custom::Token;
use lightningcss::rules::CssRule;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, StyleSheet};
use lightningcss::targets::{Browsers, Features};
use lightningcss::traits::ToCss;

use self::cascade::{Cascade, Spot};
use self::pin::{Pinned, PinnedParser};
use super::{Attempt, Candidate, Source, guarded, refuse_depth, text, trailing};
use crate::settings::Targets;

const PROOF: &str = "parses; every longhand of every selector is set last to what it was, by what it was, in the order \
                     that it was; fallbacks, other rules, addresses, licences and charset are there";

/// How much is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Declarations and rules are merged, and prefixes go that no target needs.
    Unprefixed,
    /// Declarations and rules are merged.
    Full,
    /// Blanks and comments go, values are shortened.
    Blanks,
}

/// What lightningcss makes of a style sheet, at the deepest depth that can be proven.
pub(super) fn attempts(source: &Source<'_>, targets: &Targets) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let depths = [
        ("lightningcss", Depth::Unprefixed),
        ("lightningcss, all prefixes", Depth::Full),
        ("lightningcss, blanks only", Depth::Blanks),
    ];
    for (engine, depth) in depths {
        let attempt = guarded(engine, || minified(source, engine, depth, targets));
        let settled = match &attempt {
            Ok(_) => true,
            Err(dropped) => dropped.why.starts_with(REFUSED),
        };
        attempts.push(attempt);
        if settled {
            break;
        }
    }
    attempts
}

/// How a reason begins that no depth can help.
const REFUSED: &str = "it is left alone";

/// What lightningcss would translate for browsers that do not know it: the author has seen the page in them. What it would
/// otherwise write in a newer way, because that is shorter, is not among these.
const AUTHORS_OWN: Features = Features::Selectors
    .union(Features::ColorFunction)
    .union(Features::OklabColors)
    .union(Features::LabColors)
    .union(Features::P3Colors)
    .union(Features::LightDark)
    .union(Features::LogicalProperties)
    .union(Features::VendorPrefixes)
    .union(Features::ClampFunction)
    .union(Features::FontFamilySystemUi);

/// Our targets as lightningcss has them: they decide which fallbacks stay, and which shorter ways of writing are known.
fn lightning(targets: &Targets, depth: Depth) -> lightningcss::targets::Targets {
    let exclude = match depth {
        Depth::Unprefixed => AUTHORS_OWN.difference(Features::VendorPrefixes),
        Depth::Full | Depth::Blanks => AUTHORS_OWN,
    };
    lightningcss::targets::Targets { browsers: Some(browsers(targets)), include: Features::empty(), exclude }
}

fn browsers(targets: &Targets) -> Browsers {
    Browsers {
        chrome: targets.chrome,
        edge: targets.edge,
        firefox: targets.firefox,
        safari: targets.safari,
        ios_saf: targets.ios_saf,
        android: targets.android,
        ie: targets.ie,
        opera: targets.opera,
        samsung: targets.samsung,
    }
}

type Sheet<'i> = StyleSheet<'i, Pinned>;

fn parse(text: &str) -> Result<Sheet<'_>, String> {
    parse_for(text, &Targets::default())
}

/// Reads a style sheet, of which what no target reads may be left out.
fn parse_for<'i>(text: &'i str, targets: &Targets) -> Result<Sheet<'i>, String> {
    let warnings = Arc::new(RwLock::new(Vec::new()));
    let options = ParserOptions { error_recovery: true, warnings: Some(warnings.clone()), ..ParserOptions::default() };
    let place = |place: Option<&lightningcss::error::ErrorLocation>| place.map_or(0, |place| place.line as usize);
    let mut sheet = StyleSheet::parse_with(text, options, &mut PinnedParser)
        .map_err(|why| format!("line {}: {}", place(why.loc.as_ref()) + 1, why.kind))?;
    // What it left out is gone from its tree, so it must be what every browser leaves out.
    let warnings = warnings.read().map_err(|why| why.to_string())?;
    let mut is_media_left_out = false;
    for warning in warnings.iter() {
        let line = place(warning.loc.as_ref());
        let prelude = || warning.loc.as_ref().and_then(|place| media_prelude(text, place));
        if matches!(warning.kind, ParserError::InvalidMediaQuery)
            && targets.ie.is_none()
            && prelude().is_some_and(is_for_internet_explorer)
        {
            is_media_left_out = true;
        } else if !is_left_out_by_all(&warning.kind) {
            return Err(format!("line {}: {}", line + 1, warning.kind));
        }
    }
    if is_media_left_out {
        sheet.rules.0.retain(|rule| !matches!(rule, CssRule::Media(media) if has_no_unit(&media.query)));
    }
    drop(warnings);
    Ok(sheet)
}

/// Whether no browser reads what lightningcss did not: a declaration whose name is none, as one with a star before it.
/// Values that it does not know, it keeps as they are.
fn is_left_out_by_all(kind: &ParserError<'_>) -> bool {
    matches!(kind, ParserError::UnexpectedToken(Token::Semicolon | Token::Delim('*')))
}

/// What stands between the `@media` and the block of the rule that an error lies in.
fn media_prelude<'i>(text: &'i str, place: &lightningcss::error::ErrorLocation) -> Option<&'i str> {
    const NAME: &str = "@media";
    let line = text.split_inclusive('\n').nth(place.line as usize)?;
    // Columns are in units of UTF-16.
    let units = line.chars().scan(0, |units, letter| Some(std::mem::replace(units, *units + letter.len_utf16())));
    let letters = line.chars().zip(units).take_while(|(_, units)| *units < place.column as usize);
    let at: usize = letters.map(|(letter, _)| letter.len_utf8()).sum();
    let upto = line.as_ptr() as usize - text.as_ptr() as usize + at;
    let start = text[..upto].rfind(NAME)? + NAME.len();
    text[start..].split_once('{').map(|(prelude, _)| prelude)
}

/// Whether media queries have the unit that [`is_for_internet_explorer`] looks for, as it is once it is read.
fn has_no_unit(query: &MediaList<'_>) -> bool {
    query.to_css_string(cascade::printed()).is_ok_and(|query| query.contains('\u{fffd}'))
}

/// Whether a media query is one that only Internet Explorer took for true: with a length of the unit `\0`, and with nothing, as
/// another query or an `or`, that could make the rule count without it.
fn is_for_internet_explorer(prelude: &str) -> bool {
    const UNIT: &str = "\\0";
    let is_unit = |at: usize| prelude[at + UNIT.len()..].trim_start().starts_with(')');
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || " \t\r\n\\:()-".contains(letter);
    let mut words = prelude.split(|letter: char| !letter.is_alphanumeric());
    prelude.match_indices(UNIT).any(|(at, _)| is_unit(at))
        && prelude.chars().all(is_plain)
        && !words.any(|word| word.eq_ignore_ascii_case("or"))
}

fn minified(source: &Source<'_>, engine: &'static str, depth: Depth, targets: &Targets) -> Result<Candidate, String> {
    let text = text(source.bytes).map_err(|why| format!("{REFUSED}: {why}"))?;
    refuse_depth(source.bytes).map_err(|why| format!("{REFUSED}: {why}"))?;
    if let Some(charset) = charset(text).filter(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(format!("{REFUSED}: its charset is `{charset}`"));
    }
    let reference = trailing::map_reference(text).map(str::to_owned);
    if reference.as_ref().is_some_and(|reference| reference.contains(':')) {
        return Err(format!("{REFUSED}: its source map is elsewhere or within, and could not follow"));
    }
    let sheet = parse_for(text, targets).map_err(|why| format!("{REFUSED}: it does not parse: {why}"))?;
    let before = Cascade::of(&sheet, targets)?;
    let licences = licence::licences(text);

    let mut pinned: Vec<Spot> = Vec::new();
    let mut why_pinned = None;
    // The second time, what failed the first time is pinned.
    for _ in 0..2 {
        let mut map = source.map.is_some().then(map::empty);
        let code = print(sheet.clone(), depth, targets, &pinned, map.as_mut())?;
        let code = dress(code, text, &licences);
        let differences = compare(&before, &code.text, targets)?;
        if differences.is_empty() {
            prove_text(text, &code.text, &licences)?;
            let map = match (map, source.map) {
                (Some(map), Some(original)) => Some(map::chain(map, original, code.lines_before)?),
                _ => None,
            };
            let mut code = code.text;
            if let (Some(reference), Some(_)) = (&reference, &map) {
                code.push_str(&format!("\n/*# sourceMappingURL={reference} */"));
            }
            let proof = match &why_pinned {
                Some(why) => {
                    format!("{PROOF}. Rules of {} selectors stay as they are written: else {why}", pinned.len()).into()
                }
                None => PROOF.into(),
            };
            return Ok(Candidate { engine, bytes: code.into_bytes(), map, proof });
        }
        if depth == Depth::Blanks || !pinned.is_empty() || differences.iter().any(|(spot, _)| spot.is_none()) {
            return Err(differences.into_iter().next().map_or(String::new(), |(_, why)| why));
        }
        why_pinned = differences.first().map(|(_, why)| why.clone());
        pinned = differences.into_iter().filter_map(|(spot, _)| spot).collect();
    }
    Err("pinning its rules was not enough".into())
}

/// What lightningcss prints, without licences.
fn print(
    mut sheet: Sheet<'_>,
    depth: Depth,
    targets: &Targets,
    pinned: &[Spot],
    map: Option<&mut parcel_sourcemap::SourceMap>,
) -> Result<String, String> {
    sheet.license_comments.clear();
    if depth != Depth::Blanks {
        if !pinned.is_empty() {
            pin::pin(&mut sheet.rules, pinned)?;
        }
        let unknown = after::unknown(&mut sheet.rules, targets);
        let options = MinifyOptions { targets: lightning(targets, depth), ..MinifyOptions::default() };
        sheet.minify(options).map_err(|why| format!("it could not be minified: {why}"))?;
        after::set_right(&mut sheet.rules, &unknown)?;
    }
    let options = PrinterOptions {
        minify: true,
        targets: lightning(targets, depth),
        source_map: map,
        ..PrinterOptions::default()
    };
    Ok(sheet.to_css(options).map_err(|why| format!("it could not be printed: {why}"))?.code)
}

/// A finished text, and how many lines stand before what lightningcss printed.
struct Dressed {
    text: String,
    lines_before: i64,
}

/// Puts back what lightningcss leaves out: licences, the charset, and escapes where the input was ASCII.
fn dress(code: String, input: &str, licences: &[String]) -> Dressed {
    let code = if input.is_ascii() { licence::escaped(&code) } else { code };
    let mut before = String::new();
    if charset(input).is_some() && !code.is_ascii() {
        before.push_str("@charset \"utf-8\";");
    }
    for licence in licences {
        before.push_str(licence);
        before.push('\n');
    }
    let lines_before = before.matches('\n').count() as i64;
    Dressed { text: before + code.trim_end(), lines_before }
}

/// The charset that a style sheet names in its first bytes.
fn charset(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("@charset \"")?;
    rest.split_once('"').filter(|(_, after)| after.starts_with(';')).map(|(charset, _)| charset)
}

/// A style sheet behind its charset.
fn without_charset(text: &str) -> &str {
    if charset(text).is_none() {
        return text;
    }
    text.split_once(';').map_or(text, |(_, rest)| rest)
}

fn compare(before: &Cascade, code: &str, targets: &Targets) -> Result<Vec<(Option<Spot>, String)>, String> {
    let sheet = parse(code).map_err(|why| format!("the result does not parse: {why}"))?;
    Ok(before.differences(&Cascade::of(&sheet, targets)?, targets))
}

/// What is to be seen in the text itself.
fn prove_text(before: &str, after: &str, licences: &[String]) -> Result<(), String> {
    if let Some(lost) = licences.iter().find(|licence| !after.contains(licence.as_str())) {
        return Err(format!("a licence comment is lost: `{}`", lost.chars().take(40).collect::<String>()));
    }
    if before.is_ascii() && !after.is_ascii() {
        return Err("it is not ASCII any more".into());
    }
    let known = licence::addresses(without_charset(before));
    let found = licence::addresses(without_charset(after));
    if let Some(new) = found.iter().find(|address| !known.contains(*address)) {
        return Err(format!("the address `{new}` is new"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
