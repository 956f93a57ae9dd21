//! Source maps: read, chained with what was changed, and shown to lead where they led.

use std::collections::BTreeMap;

use swc_core::common::source_map::{DefaultSourceMapGenConfig, SourceMap as Code};
use swc_core::common::{BytePos, LineCol};
#[cfg(feature = "oxc")]
use swc_sourcemap::SourceMapBuilder;
use swc_sourcemap::{DecodedMap, SourceMap};

/// A source and a line in it, from zero.
type Place = (Option<String>, u32);

/// How many tokens are looked up in the old map and in the new one.
const SAMPLES: usize = 64;

/// Reads a source map.
pub(super) fn read(bytes: &[u8]) -> Result<SourceMap, String> {
    regular(swc_sourcemap::decode_slice(bytes))
}

/// Reads a source map that lies in its address.
pub(super) fn from_data_url(address: &str) -> Result<SourceMap, String> {
    // Some tools name the charset, which the reader does not know.
    let plain = address.replacen(";charset=utf-8", "", 1);
    let known = plain.replacen("data:application/json;base64,", "data:application/json;charset=utf-8;base64,", 1);
    regular(swc_sourcemap::decode_data_url(&known))
}

fn regular(decoded: swc_sourcemap::Result<DecodedMap>) -> Result<SourceMap, String> {
    let said = |why: swc_sourcemap::Error| format!("its source map could not follow: {why}");
    match decoded.map_err(said)? {
        DecodedMap::Regular(map) => Ok(map),
        DecodedMap::Index(index) => index.flatten().map_err(said),
        DecodedMap::Hermes(_) => Err("its source map could not follow: it is one of Hermes".into()),
    }
}

/// The map from what was made to what the original was made from.
pub(super) fn chain(cm: &Code, mappings: &[(BytePos, LineCol)], original: &SourceMap) -> Result<SourceMap, String> {
    let chained = cm.build_source_map(mappings, Some(original.clone()), DefaultSourceMapGenConfig);
    let step = (mappings.len() / SAMPLES).max(1);
    let samples = mappings.iter().step_by(step).filter(|(from, _)| !from.is_dummy());
    let samples = samples.filter_map(|(from, to)| Some((place(cm, *from)?, (to.line, to.col))));
    lead_there(&chained, original, &samples.collect::<Vec<_>>())?;
    Ok(chained)
}

/// The same from a map that leads to the text that was worked on.
#[cfg(feature = "oxc")]
pub(super) fn compose(made: &SourceMap, original: &SourceMap) -> Result<SourceMap, String> {
    let mut builder = SourceMapBuilder::new(original.get_file().cloned());
    // Two sources of one name are one here.
    let sources: Vec<u32> = original.sources().map(|source| builder.add_source(source.clone())).collect();
    for (from, to) in (0..).zip(&sources) {
        builder.set_source_contents(*to, original.get_source_contents(from).cloned());
    }
    for source in original.ignore_list() {
        if let Some(&to) = sources.get(*source as usize) {
            builder.add_to_ignore_list(to);
        }
    }
    let mut last = None;
    for token in made.tokens() {
        let (line, column) = token.get_src();
        let Some(from) = original.lookup_token(line, column).filter(|from| from.get_dst_line() == line) else {
            continue;
        };
        let Some(&source) = sources.get(from.get_src_id() as usize) else { continue };
        let leads = (token.get_dst_line(), source, from.get_src(), from.get_name_id());
        if last == Some(leads) {
            continue;
        }
        last = Some(leads);
        let name = from.get_name().map(|name| builder.add_name(name.clone()));
        let ((to_line, to_column), (src_line, src_column)) = (token.get_dst(), from.get_src());
        builder.add_raw(to_line, to_column, src_line, src_column, Some(source), name, false);
    }
    let chained = builder.into_sourcemap();
    let step = (made.get_token_count() as usize / SAMPLES).max(1);
    let samples: Vec<_> = made.tokens().step_by(step).map(|token| (token.get_src(), token.get_dst())).collect();
    lead_there(&chained, original, &samples)?;
    Ok(chained)
}

/// A line and a column in UTF-16, both from zero.
type Position = (u32, u32);

/// Shows of samples, each a place in the text that was worked on and its place in the result, that the chained map leads
/// where the original did.
fn lead_there(chained: &SourceMap, original: &SourceMap, samples: &[(Position, Position)]) -> Result<(), String> {
    // Several tokens may begin at one place of the result, where what stood between them is gone.
    let mut there: BTreeMap<Position, Vec<Place>> = samples.iter().map(|(_, to)| (*to, Vec::new())).collect();
    for token in chained.tokens() {
        if let Some(places) = there.get_mut(&token.get_dst()) {
            places.push((token.get_source().map(ToString::to_string), token.get_src_line()));
        }
    }
    let mut looked = 0;
    for ((line, column), to) in samples {
        let expected = original.lookup_token(*line, *column).filter(|token| token.get_dst_line() == *line);
        let Some(expected) = expected else { continue };
        let expected = (expected.get_source().map(ToString::to_string), expected.get_src_line());
        let found = there.get(to).filter(|places| !places.is_empty());
        let nearest = || chained.lookup_token(to.0, to.1);
        let leads = match found {
            Some(places) => places.contains(&expected),
            None => nearest()
                .is_some_and(|token| (token.get_source().map(ToString::to_string), token.get_src_line()) == expected),
        };
        looked += 1;
        if !leads {
            return Err(format!(
                "its source map could not follow: {}:{} led to line {} of its source, and does not any more",
                line + 1,
                column + 1,
                expected.1 + 1,
            ));
        }
    }
    if looked == 0 && original.get_token_count() > 0 && !samples.is_empty() {
        return Err("its source map could not follow: no token of it was found".into());
    }
    Ok(())
}

/// The line and the column in UTF-16, both from zero, of a position.
fn place(cm: &Code, position: BytePos) -> Option<(u32, u32)> {
    let file = cm.try_lookup_source_file(position).ok()??;
    let line = file.lookup_line(position)?;
    let (start, _) = file.line_bounds(line);
    let text = file.src.get((start - file.start_pos).0 as usize..(position - file.start_pos).0 as usize)?;
    Some((u32::try_from(line).ok()?, u32::try_from(text.encode_utf16().count()).ok()?))
}

/// The map as bytes.
pub(super) fn write(map: &SourceMap) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    map.to_writer(&mut bytes).map_err(|why| format!("its source map could not be written: {why}"))?;
    Ok(bytes)
}

/// The map as an address.
pub(super) fn to_data_url(map: &SourceMap) -> Result<String, String> {
    map.to_data_url().map_err(|why| format!("its source map could not be written: {why}"))
}
