//! Scripts, styles and data within a page, through their own engines.

use super::tokens::attribute;
use crate::asset::{AssetPath, Kind};
use crate::settings::Settings;
use crate::transform::{Asked, Loading, Source, attempts};

/// What an engine makes of a script or a style within a page, if that is shorter.
pub(super) fn minified(of: &str, open: &str, text: &str, page: &Source<'_>, settings: &Settings) -> Option<String> {
    let kind = attribute(open, "type").unwrap_or_default().trim().to_ascii_lowercase();
    let (name, loading) = match (of, kind.as_str()) {
        ("style", "" | "text/css") => ("inline.css", Loading::Unknown),
        ("script", "" | "text/javascript" | "application/javascript") => ("inline.js", Loading::Classic),
        ("script", "module") => ("inline.mjs", Loading::Module),
        ("script", "importmap" | "speculationrules" | "application/json" | "application/ld+json") => {
            ("inline.json", Loading::Unknown)
        }
        _ => return None,
    };
    // Two braces are two blocks to JavaScript, and a value to most engines of templates.
    if text.trim().is_empty() || text.contains("{{") {
        return None;
    }
    let path = AssetPath::new(name)?;
    let source =
        Source { path: &path, kind: Kind::of(&path), bytes: text.as_bytes(), loading, map: None, shown: page.shown };
    let candidate = attempts(&source, settings, Asked::All).into_iter().find_map(Result::ok)?;
    let made = String::from_utf8(candidate.bytes).ok()?;
    let lower = made.to_ascii_lowercase();
    // These end or change how a browser reads what follows, wherever they stand.
    let is_safe = !["</script", "<script", "<!--", "-->", "</style"].iter().any(|mark| lower.contains(mark));
    // What was read in the page's own encoding must not depend on it now.
    let same_encoding = made.is_ascii() || !text.is_ascii();
    (is_safe && same_encoding && made.len() < text.len()).then_some(made)
}
