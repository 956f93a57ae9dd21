//! Source maps of style sheets, chained.

use parcel_sourcemap::SourceMap;

/// A map that knows one source: the style sheet itself.
pub(super) fn empty() -> SourceMap {
    let mut map = SourceMap::new("/");
    map.add_source("sheet.css");
    map
}

/// The map from what was made to what the original was made from.
pub(super) fn chain(mut map: SourceMap, original: &[u8], lines_before: i64) -> Result<Vec<u8>, String> {
    let said = |why: &dyn std::fmt::Display| format!("its source map could not follow: {why}");
    let text = std::str::from_utf8(original).map_err(|why| said(&why))?;
    let mut original = SourceMap::from_json("/", text).map_err(|why| said(&why))?;
    map.extends(&mut original).map_err(|why| said(&why))?;
    if lines_before > 0 {
        map.offset_lines(0, lines_before).map_err(|why| said(&why))?;
    }
    Ok(map.to_json(None).map_err(|why| said(&why))?.into_bytes())
}
