//! A style sheet, as far as hints ask: its fonts, its unconditional imports, and what decides about fonts and sizes.

use std::collections::BTreeSet;
use std::ops::Range;

use super::selector::{Selector, parted};
use super::shape::Shape;
use crate::graph::Letters;

/// Properties that decide in which font a text is set, and how large an image is.
const PROPERTIES: [&str; 21] = [
    "font",
    "font-family",
    "font-weight",
    "font-style",
    "display",
    "visibility",
    "content-visibility",
    "all",
    "width",
    "height",
    "min-width",
    "min-height",
    "max-width",
    "max-height",
    "inline-size",
    "block-size",
    "min-inline-size",
    "min-block-size",
    "max-inline-size",
    "max-block-size",
    "aspect-ratio",
];
/// Attributes that images may get.
const ATTRIBUTES: [&str; 5] = ["loading", "decoding", "fetchpriority", "width", "height"];
/// Rules at a sign that choose no elements.
const OTHER_RULES: [&str; 10] = [
    "@keyframes",
    "@-webkit-keyframes",
    "@-moz-keyframes",
    "@-o-keyframes",
    "@page",
    "@property",
    "@counter-style",
    "@font-feature-values",
    "@font-palette-values",
    "@view-transition",
];

/// Whether a rule or a sheet counts on every screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// It may.
    Sometimes,
    /// It does.
    Always,
}

/// A property with its value, both in lower case where letters say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration {
    /// The property.
    pub(super) name: String,
    /// What it is set to.
    pub(super) value: String,
}

/// A rule with those of its declarations that hints ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// What it chooses.
    pub(super) selectors: Vec<Selector>,
    /// Whether it always counts.
    pub(super) reach: Reach,
    /// What it says.
    pub(super) says: Vec<Declaration>,
}

/// A font face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Face {
    /// Where it stands.
    pub(super) span: Range<usize>,
    /// The family, in lower case.
    pub(super) family: String,
    /// From which weight to which.
    pub(super) weight: (u16, u16),
    /// `normal` or another one.
    pub(super) style: String,
    /// Whether it has the letters from a to z, small and capital.
    pub(super) has_latin: bool,
    /// Whether the first of its sources that browsers of today can read is a WOFF2 in a file.
    pub(super) is_plain: bool,
    /// Whether it always counts.
    pub(super) reach: Reach,
}

/// A style sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    /// Where its imports without a condition stand.
    pub(super) imports: Vec<Range<usize>>,
    /// Its font faces.
    pub(super) faces: Vec<Face>,
    /// Its rules that say something here.
    pub(super) rules: Vec<Rule>,
    /// What its selectors see of places.
    pub(super) shapes: Vec<Shape>,
    /// Attributes that it asks for and that hints may write: with them, other rules might count.
    pub(super) asked: BTreeSet<&'static str>,
}

/// A brace that is open.
struct Frame {
    prelude: String,
    start: usize,
    says: Vec<Declaration>,
    /// All that it says, each property with its value.
    all: Vec<(String, String)>,
}

impl Sheet {
    /// What a style sheet says.
    pub(super) fn of(text: &str) -> Sheet {
        let mut sheet = Sheet::default();
        let mut frames: Vec<Frame> = Vec::new();
        let bytes = text.as_bytes();
        let (mut start, mut at) = (0, 0);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                b'/' if bytes.get(at + 1) == Some(&b'*') => at = comment_end(text, at),
                b'"' | b'\'' => at = string_end(bytes, at),
                b'(' => at = bracket_end(text, at),
                b'{' => {
                    let prelude = without_comments(text.get(start..at).unwrap_or_default());
                    sheet.asked.extend(asked(&prelude));
                    frames.push(Frame { prelude, start, says: Vec::new(), all: Vec::new() });
                    at += 1;
                    start = at;
                }
                b';' | b'}' => {
                    let piece = text.get(start..at).unwrap_or_default();
                    sheet.piece(piece, start..at, &mut frames);
                    at += 1;
                    start = at;
                    if byte == b'}' {
                        sheet.close(&mut frames, at);
                    }
                }
                _ => at += 1,
            }
        }
        // What is not closed ends with the sheet.
        sheet.piece(text.get(start..).unwrap_or_default(), start..text.len(), &mut frames);
        while !frames.is_empty() {
            sheet.close(&mut frames, text.len());
        }
        sheet
    }

    /// A declaration, or a rule without braces.
    fn piece(&mut self, piece: &str, span: Range<usize>, frames: &mut [Frame]) {
        let text = without_comments(piece);
        let Some(frame) = frames.last_mut() else {
            let lower = text.to_ascii_lowercase();
            if let Some(rest) = lower.strip_prefix("@import")
                && is_unconditional(rest)
            {
                self.imports.push(span);
            }
            return;
        };
        let Some((name, value)) = text.split_once(':') else { return };
        let name = name.trim().to_ascii_lowercase();
        frame.all.push((name.clone(), value.trim().to_ascii_lowercase()));
        if PROPERTIES.contains(&name.as_str()) || frame.prelude.to_ascii_lowercase().starts_with("@font-face") {
            let value = value.trim().to_ascii_lowercase();
            let value = value.strip_suffix("!important").map_or(value.as_str(), str::trim_end).to_owned();
            frame.says.push(Declaration { name, value });
        }
    }

    /// What was opened last ends.
    fn close(&mut self, frames: &mut Vec<Frame>, end: usize) {
        let Some(Frame { prelude, start, says, all }) = frames.pop() else { return };
        let lower = prelude.to_ascii_lowercase();
        let is_other = |text: &str| OTHER_RULES.iter().any(|other| text.to_ascii_lowercase().starts_with(other));
        if is_other(&lower) || frames.iter().any(|frame| is_other(&frame.prelude)) {
            return;
        }
        let is_layer = |frame: &Frame| frame.prelude.to_ascii_lowercase().starts_with("@layer");
        let reach = if frames.iter().all(is_layer) { Reach::Always } else { Reach::Sometimes };
        if lower.starts_with("@font-face") {
            self.faces.extend(face(&says, start..end, reach));
            return;
        }
        let is_nested = lower.starts_with('@') || frames.iter().any(|frame| !frame.prelude.starts_with('@'));
        match is_nested {
            // A rule at a sign that holds rules says nothing by itself.
            true if lower.starts_with('@') && all.is_empty() => {}
            true => self.shapes.push(Shape::unknown()),
            false => self.shapes.extend(Shape::list(&prelude, &all)),
        }
        if says.is_empty() {
            return;
        }
        let (selectors, reach) = match is_nested {
            true if lower.starts_with('@') => (vec![Selector::any()], Reach::Sometimes),
            true => (Selector::list(&prelude), Reach::Sometimes),
            false => (Selector::list(&prelude), reach),
        };
        self.rules.push(Rule { selectors, reach, says });
    }
}

/// The attributes of images that a selector asks for.
fn asked(selector: &str) -> impl Iterator<Item = &'static str> {
    let lower = selector.to_ascii_lowercase();
    let rests: Vec<String> = lower.split('[').skip(1).map(|rest| rest.trim_start().to_owned()).collect();
    ATTRIBUTES.into_iter().filter(move |name| rests.iter().any(|rest| rest.starts_with(name)))
}

/// Whether what follows `@import` is an address, and at most a layer.
fn is_unconditional(rest: &str) -> bool {
    let rest = rest.trim();
    let after = match rest.bytes().next() {
        Some(b'"' | b'\'') => rest.get(string_end(rest.as_bytes(), 0)..),
        _ if rest.starts_with("url(") => rest.get(bracket_end(rest, 3)..),
        _ => None,
    };
    let Some(after) = after.map(str::trim) else { return false };
    let after = match after.strip_prefix("layer") {
        Some(layer) if layer.starts_with('(') => layer.get(bracket_end(layer, 0)..).unwrap_or_default(),
        Some(layer) => layer,
        None => after,
    };
    after.trim().is_empty()
}

fn face(says: &[Declaration], span: Range<usize>, reach: Reach) -> Option<Face> {
    let value = |name: &str| says.iter().rev().find(|said| said.name == name).map(|said| said.value.as_str());
    let weights: Option<Vec<u16>> = value("font-weight").unwrap_or("400").split_whitespace().map(weight).collect();
    let weights = weights?;
    let family = unquoted(value("font-family")?);
    let latin = value("unicode-range").map(Letters::of);
    let latin = latin.is_none_or(|letters| letters.cover('A', 'Z') && letters.cover('a', 'z'));
    Some(Face {
        span,
        family,
        weight: (*weights.first()?, *weights.last()?),
        style: value("font-style").unwrap_or("normal").to_owned(),
        has_latin: latin,
        is_plain: value("src").is_some_and(is_plain_source),
        reach,
    })
}

/// Whether a browser of today takes a WOFF2 from a file, whatever it has installed.
fn is_plain_source(sources: &str) -> bool {
    let old = ["embedded-opentype", ".eot", "svg"];
    let readable = |source: &&str| !old.iter().any(|mark| source.contains(mark));
    let all = parted(sources, |byte| byte == b',');
    let first = all.into_iter().map(str::trim).find(readable).unwrap_or_default();
    let address = first.strip_prefix("url(").map(|rest| rest.split(')').next().unwrap_or_default());
    let address = address.map(|address| address.trim().trim_matches(['"', '\'']));
    address.is_some_and(|address| address.ends_with(".woff2"))
}

/// A weight in numbers.
pub(super) fn weight(value: &str) -> Option<u16> {
    match value {
        "normal" => Some(400),
        "bold" => Some(700),
        number => number.parse().ok().filter(|weight| (1..=1000).contains(weight)),
    }
}

/// A family without its quotes.
pub(super) fn unquoted(family: &str) -> String {
    family.trim().trim_matches(['"', '\'']).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_comments(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let (mut start, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' | b'\'' => at = string_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                made.push_str(text.get(start..at).unwrap_or_default());
                made.push(' ');
                at = comment_end(text, at);
                start = at;
            }
            _ => at += 1,
        }
    }
    made.push_str(text.get(start..).unwrap_or_default());
    made.trim().to_owned()
}

fn comment_end(text: &str, at: usize) -> usize {
    let inner = text.get(at + 2..).unwrap_or_default();
    inner.find("*/").map_or(text.len(), |end| at + 2 + end + 2)
}

/// Where the string that begins there ends.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let mut at = at + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            // A string that is not closed ends with its line.
            b'\n' => return at,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Where what is in the bracket that opens there ends.
fn bracket_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let before = text.get(..at).unwrap_or_default();
    let is_address =
        before.len() >= 3 && before.is_char_boundary(at - 3) && before[at - 3..].eq_ignore_ascii_case("url");
    let (mut depth, mut at) = (0usize, at);
    let mut is_first = true;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            // A bare address may hold a quote.
            b'"' | b'\'' if !is_address || is_first => at = string_end(bytes, at),
            b'/' if !is_address && bytes.get(at + 1) == Some(&b'*') => at = comment_end(text, at),
            b'(' => {
                depth += 1;
                at += 1;
            }
            b')' => {
                depth = depth.saturating_sub(1);
                at += 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {
                is_first &= byte.is_ascii_whitespace();
                at += 1;
            }
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_without_a_condition_are_told() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<&str> = Sheet::of(text).imports.iter().map(|span| text[span.clone()].trim()).collect();
            assert_eq!(found, expected, "{text}");
        };
        check(
            "@charset 'x';@import 'a.css';/* x */@IMPORT url( b.css ) layer(x);@import url('c.css') layer;a{}",
            &["@import 'a.css'", "/* x */@IMPORT url( b.css ) layer(x)", "@import url('c.css') layer"],
        );
        check("@import 'a.css' print;@import url(b.css) screen and (width>1px);@import 'c.css' supports(a:b);", &[]);
        check("@import 'a.css'", &["@import 'a.css'"]);
    }

    #[test]
    fn faces_are_read() {
        let check = |text: &str, expected: &str| {
            let said = |face: &Face| {
                let Face { family, weight: (low, high), style, has_latin, is_plain, reach, .. } = face;
                format!("{family} {low}-{high} {style} latin {has_latin} plain {is_plain} {reach:?}")
            };
            let found: Vec<String> = Sheet::of(text).faces.iter().map(said).collect();
            assert_eq!(found.join(""), expected, "{text}");
        };
        check(
            "@font-face{font-family:\"A  B\";src:url(a.woff2) format('woff2'),url(a.woff)}",
            "a b 400-400 normal latin true plain true Always",
        );
        check(
            "@media print{@font-face{font-family:A;font-weight:100 900;font-style:italic;src:url('a.woff2')}}",
            "a 100-900 italic latin true plain true Sometimes",
        );
        check(
            "@font-face{font-family:A;font-weight:bold;src:local(A),url(a.woff2);unicode-range:U+0-FF,U+131}",
            "a 700-700 normal latin true plain false Always",
        );
        check(
            "@font-face{font-family:A;src:url(a.ttf),url(a.woff2);unicode-range:U+370-3FF}",
            "a 400-400 normal latin false plain false Always",
        );
        check(
            "@font-face{font-family:A;src:url(a.eot);src:url(a.eot?#iefix) format('embedded-opentype'),url(a.woff2)}",
            "a 400-400 normal latin true plain true Always",
        );
        check("@font-face{src:url(a.woff2)}", "");
        check("@font-face{font-family:A;font-weight:thick;src:url(a.woff2)}", "");
    }

    #[test]
    fn rules_are_told_by_what_they_say_and_when() {
        let check = |text: &str, expected: &[(Reach, &str, &str)]| {
            let sheet = Sheet::of(text);
            let found: Vec<(Reach, &str, &str)> = sheet
                .rules
                .iter()
                .flat_map(|rule| rule.says.iter().map(|said| (rule.reach, said.name.as_str(), said.value.as_str())))
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        use Reach::{Always, Sometimes};
        check(
            "img{WIDTH:1PX;color:red;Height : AUTO !important}",
            &[(Always, "width", "1px"), (Always, "height", "auto")],
        );
        check("@layer a{@layer b{img{width:1px}}}", &[(Always, "width", "1px")]);
        check("@media print{img{width:1px}}a{color:red}", &[(Sometimes, "width", "1px")]);
        check("a{width:1px;img{width:2px}}", &[(Sometimes, "width", "2px"), (Always, "width", "1px")]);
        check("a{@media print{width:1px}}", &[(Sometimes, "width", "1px")]);
        check("@keyframes x{from{width:0}to{width:1px}}@page{width:1px}", &[]);
        check("a{background:url(x;y{z);width:1px/* ; */}", &[(Always, "width", "1px")]);
        check("a{content:\"}\";--x:{a:b};width:1px", &[(Always, "width", "1px")]);
        check("a{b:url(it's.png);width:1px}", &[(Always, "width", "1px")]);
        check("}a{width:1px}", &[(Always, "width", "1px")]);
    }

    proptest::proptest! {
        #[test]
        fn any_sheet_has_an_end(text in "[a-cé@{}()\\[\\];:,.\"'/*\\\\ uUrl-]{0,120}") {
            let _ = Sheet::of(&text);
        }
    }
}
