//! HTML without what nobody sees in it: indentation, remarks of its authors, and what engines find in scripts and styles.
//!
//! Tags are never rewritten, and no blank between two words or elements goes altogether, so that what is inline stays apart.
//! Blanks are kept where they are shown: in `pre`, and in whatever a style sheet of the folder makes show them.

mod proof;
mod tokens;

use self::tokens::{Token, attribute, tokens};
use super::{Candidate, Loading, Source, text};
use crate::asset::{AssetPath, Kind};
use crate::settings::Settings;
use crate::spaces::Shown;

const PROOF: &str = "another parser builds the same tree: elements, attributes and texts; blanks are only fewer, and none \
                     where they are shown; what was rewritten in scripts and styles is proven by itself";

/// Elements in which every blank counts, or whose blanks are another language's.
const SPACE_MATTERS: [&str; 6] = ["pre", "textarea", "listing", "xmp", "svg", "math"];
/// Elements that never have a closing tag.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

pub(super) fn minified(source: &Source<'_>, settings: &Settings) -> Result<Candidate, String> {
    let text = text(source.bytes)?;
    if let Some(mark) = ["<%", "{%", "<?php", "<?="].into_iter().find(|mark| text.contains(mark)) {
        return Err(format!("it is a template of another engine: it holds `{mark}`"));
    }
    let mut shown = source.shown.clone();
    shown.add(text);
    let tokens = tokens(text)?;
    let has_hashes = tokens.iter().any(|token| {
        matches!(token, Token::Open { name, text } if *name == "meta"
        && attribute(text, "http-equiv").is_some_and(|kind| kind.eq_ignore_ascii_case("content-security-policy"))
        && ["'sha256-", "'sha384-", "'sha512-"].iter().any(|hash| text.contains(hash)))
    });
    let mut made = String::with_capacity(text.len());
    let mut bodies = Vec::new();
    let mut kept = Kept::new(&shown);
    for token in tokens {
        match token {
            Token::Comment(comment) if is_remark(comment) => {}
            Token::Comment(other) | Token::Doctype(other) => made.push_str(other),
            Token::Open { name, text } => {
                kept.open(&name, text);
                made.push_str(text);
            }
            Token::Close { name, text } => {
                kept.close(&name);
                made.push_str(text);
            }
            Token::Text(words) if kept.is_kept() => made.push_str(words),
            Token::Text(words) => collapse(words, &mut made),
            Token::Body { of, open, text } => {
                let short = if has_hashes { None } else { body(&of, open, text, source, settings) };
                made.push_str(short.as_deref().unwrap_or(text));
                bodies.extend(short.map(|short| (text.to_owned(), short)));
            }
        }
    }
    proof::same_page(text, &made, &bodies, &shown)?;
    Ok(Candidate { engine: "html", bytes: made.into_bytes(), map: None, proof: PROOF.into() })
}

/// Whether a comment is prose. Frameworks find their way by comments, servers and browsers obey some; those have no two
/// words between blanks, or a mark.
fn is_remark(comment: &str) -> bool {
    let Some(inner) = comment.strip_prefix("<!--").and_then(|inner| inner.strip_suffix("-->")) else { return false };
    let marks = ['[', ']', '{', '}', '#', '$', '!', '<', '>', '=', ':', '/', '_', '@'];
    let lower = inner.to_lowercase();
    let obeyed = ["ko ", "license", "licence", "copyright", "index", "google", "esi", "more", "end", "start", "begin"];
    inner.starts_with([' ', '\n'])
        && inner.ends_with([' ', '\n'])
        && inner.split_whitespace().count() >= 2
        && !inner.contains(marks)
        && !obeyed.iter().any(|word| lower.contains(word))
}

/// Runs of blanks as one: a line break where there was one, or else the blank that it began with.
fn collapse(words: &str, made: &mut String) {
    let mut rest = words;
    while let Some(at) = rest.find(tokens::BLANKS) {
        let (word, blanks) = rest.split_at(at);
        let end = blanks.find(|c| !tokens::BLANKS.contains(&c)).unwrap_or(blanks.len());
        made.push_str(word);
        made.push(if blanks[..end].contains('\n') { '\n' } else { ' ' });
        rest = &blanks[end..];
    }
    made.push_str(rest);
}

/// Which elements around a text keep their blanks.
struct Kept<'a> {
    shown: &'a Shown,
    /// The outermost such element, and how often its name is open within it.
    open: Option<(String, usize)>,
}

impl<'a> Kept<'a> {
    fn new(shown: &'a Shown) -> Kept<'a> {
        Kept { shown, open: None }
    }

    fn is_kept(&self) -> bool {
        self.open.is_some() || self.shown.anywhere
    }

    fn open(&mut self, name: &str, tag: &str) {
        if VOID.contains(&name) {
            return;
        }
        match &mut self.open {
            Some((outer, depth)) => *depth += usize::from(outer == name),
            None if keeps_blanks(name, tag, self.shown) => self.open = Some((name.to_owned(), 1)),
            None => {}
        }
    }

    fn close(&mut self, name: &str) {
        if let Some((outer, depth)) = &mut self.open
            && outer == name
        {
            *depth -= 1;
            if *depth == 0 {
                self.open = None;
            }
        }
    }
}

fn keeps_blanks(name: &str, tag: &str, shown: &Shown) -> bool {
    let named = |key: &str| {
        attribute(tag, key).is_some_and(|value| value.split_ascii_whitespace().any(|name| shown.names.contains(name)))
    };
    SPACE_MATTERS.contains(&name)
        || shown.tags.contains(name)
        || shown.attributes.iter().any(|key| attribute(tag, key).is_some())
        || named("class")
        || named("id")
        || attribute(tag, "style").is_some_and(|style| style.contains("white-space"))
        || attribute(tag, "contenteditable").is_some()
}

/// What an engine makes of a script or a style within a page, if that is shorter.
fn body(of: &str, open: &str, text: &str, page: &Source<'_>, settings: &Settings) -> Option<String> {
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
    let candidate = super::attempts(&source, settings).into_iter().find_map(Result::ok)?;
    let made = String::from_utf8(candidate.bytes).ok()?;
    let lower = made.to_ascii_lowercase();
    // These end or change how a browser reads what follows, wherever they stand.
    let is_safe = !["</script", "<script", "<!--", "-->", "</style"].iter().any(|mark| lower.contains(mark));
    // What was read in the page's own encoding must not depend on it now.
    let same_encoding = made.is_ascii() || !text.is_ascii();
    (is_safe && same_encoding && made.len() < text.len()).then_some(made)
}

#[cfg(test)]
mod tests;
