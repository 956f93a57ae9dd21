//! HTML without what nobody sees in it: indentation, entities that nothing needs, remarks of its authors, and what engines
//! find in scripts and styles.
//!
//! No blank between two words or elements goes altogether, so that what is inline stays apart; no attribute changes its value,
//! which style sheets and scripts may ask for. Blanks are kept where they are shown: in `pre`, and in whatever a style sheet
//! of the folder makes show them; and all of them where a script hydrates the page. Hashes of inline scripts and styles in a policy of the page change with them.

mod blanks;
mod body;
pub(crate) mod entities;
mod import_map;
pub(crate) mod policy;
mod proof;
pub(super) mod seals;
mod tags;
pub(crate) mod tokens;

use std::collections::BTreeSet;

use self::blanks::Blanks;
use self::entities::{Letters, Place};
use self::policy::Policies;
use self::tags::Around;
use self::tokens::{Token, attribute, tokens};
use super::{Candidate, Source, text};
use crate::settings::Settings;
use crate::spaces::Shown;

/// What shows that a page is a template, which another engine reads before a browser does, or in it.
pub(crate) const TEMPLATE_MARKS: [&str; 5] = ["{{", "{%", "<%", "<?php", "<?="];

const PROOF: &str = "another parser builds the same tree: elements, attributes and texts; blanks are only fewer, and none \
                     where they are shown; what was rewritten in scripts and styles is proven by itself, and policies \
                     allow what they allowed";

const DOCTYPE: &str = "<!DOCTYPE html>";
/// Elements in which every blank counts, or whose blanks are another language's.
const SPACE_MATTERS: [&str; 6] = ["pre", "textarea", "listing", "xmp", "svg", "math"];
/// Elements of another language.
const FOREIGN: [&str; 2] = ["svg", "math"];
/// Elements of a drawing that have text.
const WRITTEN: [&str; 5] = ["text", "title", "desc", "foreignobject", "a"];
/// Elements that show code.
const CODE: [&str; 4] = ["pre", "code", "samp", "kbd"];
/// Elements that never have a closing tag.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

pub(super) fn minified(source: &Source<'_>, settings: &Settings) -> Result<Candidate, String> {
    let text = text(source.bytes)?;
    if let Some(mark) = template_mark(text) {
        return Err(format!("it is a template of another engine: it holds `{mark}`"));
    }
    let tokens = tokens(text)?;
    let shown = source.shown.on(text, has_words(&tokens));
    let bodies = bodies(&tokens, source, settings);
    let changed = bodies.iter().filter(|(before, after)| before != after);
    let changed: Vec<_> = changed.map(|(before, after)| (policy::seen(before), policy::seen(after))).collect();
    let made = written(&tokens, text, &bodies, &shown);
    proof::same_page(text, &made, &changed, &shown)?;
    proof::same_policies(text, &made)?;
    Ok(Candidate { engine: "html", bytes: made.into_bytes(), map: None, proof: PROOF.into() })
}

/// Whether a page shows a word by itself to browsers with scripts.
fn has_words(tokens: &[Token<'_>]) -> bool {
    let mut without_scripts = false;
    tokens.iter().any(|token| {
        match token {
            Token::Open { name, .. } => without_scripts |= name == "noscript",
            Token::Close { name, .. } => without_scripts &= name != "noscript",
            Token::Text(words) => return !without_scripts && !words.trim_matches(tokens::BLANKS).is_empty(),
            _ => {}
        }
        false
    })
}

/// What shows that a page is not what a browser gets. Pages about such engines show their marks in code.
fn template_mark(text: &str) -> Option<&'static str> {
    let mark = ["<%", "<?php", "<?=", "{%"].into_iter().find(|mark| text.contains(mark))?;
    // Where tokens end, no page is; then it is refused for that.
    let Ok(tokens) = tokens(text) else { return Some(mark) };
    let mut code = 0usize;
    for token in tokens {
        let is_shown = match &token {
            Token::Open { name, .. } if CODE.contains(&name.as_str()) => {
                code += 1;
                false
            }
            Token::Close { name, .. } if CODE.contains(&name.as_str()) => {
                code = code.saturating_sub(1);
                false
            }
            Token::Text(_) => code > 0 && mark == "{%",
            _ => false,
        };
        if !is_shown && token.text().contains(mark) {
            return Some(mark);
        }
    }
    // A mark over two tokens is one, too.
    (mark != "{%").then_some(mark)
}

/// The inline scripts and styles of a page, each before and after.
fn bodies(tokens: &[Token<'_>], source: &Source<'_>, settings: &Settings) -> Vec<(String, String)> {
    let policies = Policies::read(tokens);
    let mut bodies = Vec::new();
    for token in tokens {
        let Token::Body { of, open, text } = token else { continue };
        let is_held = || policy::hashes(text).iter().any(|hash| source.shown.hashes.contains(hash));
        let may = policies.lets_change(open, text) && (source.shown.hashes.is_empty() || !is_held());
        let after = if may { body::minified(of, open, text, source, settings) } else { None };
        bodies.push(((*text).to_owned(), after.unwrap_or_else(|| (*text).to_owned())));
    }
    bodies
}

/// The page with everything as short as it may be.
fn written(tokens: &[Token<'_>], text: &str, bodies: &[(String, String)], shown: &Shown) -> String {
    let policies = Policies::read(tokens);
    let letters = letters(tokens, text);
    let mut made = String::with_capacity(text.len());
    let mut kept = Kept::new(shown);
    let mut blanks = Blanks::of(text);
    let mut licences = BTreeSet::new();
    let mut bodies_left = bodies.iter();
    // What is markup to a browser without scripts is one text to all others, and to the proof.
    let mut without_scripts = false;
    for token in tokens {
        match token {
            Token::Comment(comment) if is_remark(comment) && !without_scripts && !shown.hydrated => continue,
            // A licence is kept, once.
            Token::Comment(comment) if is_licence(comment) && !without_scripts && !licences.insert(comment) => continue,
            Token::Text(words) => {
                let is_plain =
                    !without_scripts && !kept.is_foreign() && !["{{", "{%"].iter().any(|mark| words.contains(mark));
                let short = if is_plain { entities::shortened(words, Place::Text, letters) } else { None };
                let words = short.as_deref().filter(|short| short.len() < words.len()).unwrap_or(words);
                let is_blank = words.chars().all(|letter| tokens::BLANKS.contains(&letter));
                if kept.is_kept() && (shown.hydrated || !(is_blank && kept.is_drawn())) {
                    blanks.end();
                    made.push_str(words);
                } else {
                    blanks.collapse(words, &mut made);
                }
                continue;
            }
            // As brotli's dictionary has it.
            Token::Doctype(text) if text.eq_ignore_ascii_case(DOCTYPE) => made.push_str(DOCTYPE),
            Token::Comment(other) | Token::Doctype(other) => made.push_str(other),
            Token::Open { name, text } => {
                kept.open(name, text);
                let around = if kept.is_foreign() { Around::Foreign } else { Around::Html };
                match policies.renewed(name, text, bodies) {
                    _ if without_scripts => made.push_str(text),
                    Some(policy) => made.push_str(&tags::rewritten(name, &policy, around, letters)),
                    None => made.push_str(&tags::rewritten(name, text, around, letters)),
                }
                without_scripts |= name == "noscript";
            }
            Token::Close { name, text } => {
                kept.close(name);
                without_scripts &= name != "noscript";
                made.push_str(text);
            }
            Token::Body { of, .. } => {
                let body = bodies_left.next().map_or("", |(_, after)| after);
                // Its text is like that between tags, but for its blanks.
                let is_plain = of == "title" && !without_scripts && !kept.is_foreign() && !body.contains("{{");
                let short = if is_plain { entities::shortened(body, Place::Text, letters) } else { None };
                made.push_str(short.as_deref().filter(|short| short.len() < body.len()).unwrap_or(body));
            }
        }
        blanks.end();
    }
    made
}

/// Whether letters beyond ASCII may be written: a page that says nothing of its encoding, or has none of them yet, may be
/// served in any.
fn letters(tokens: &[Token<'_>], text: &str) -> Letters {
    let says = |token: &Token<'_>| match token {
        Token::Open { name, text } if name == "meta" => {
            attribute(text, "charset").is_some_and(|charset| charset.trim().eq_ignore_ascii_case("utf-8"))
        }
        _ => false,
    };
    if !text.is_ascii() && tokens.iter().any(says) { Letters::Any } else { Letters::Ascii }
}

/// Whether a comment is prose. Frameworks find their way by comments, servers and browsers obey some; those have no two
/// words between blanks, or a mark, or are short.
fn is_remark(comment: &str) -> bool {
    let Some(inner) = comment.strip_prefix("<!--").and_then(|inner| inner.strip_suffix("-->")) else { return false };
    let lower = inner.to_lowercase();
    let count = inner.split_whitespace().count();
    let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let is_open = inner.starts_with([' ', '\n']) && inner.ends_with([' ', '\n']) && count >= 2;
    let is_marked = inner.contains(['[', ']', '{', '}', '#', '$', '!', '<', '>', '=', '@'])
        || holds(&["license", "licence", "copyright", "noindex"]);
    // What steers is short; who writes so many words writes to people.
    let steers = count < 10
        && (inner.replace(" / ", " ").contains([':', '/', '_']) || holds(&["ko ", "index", "google", "esi", "more"]));
    let brackets = count < 4 && holds(&["end", "start", "begin"]);
    is_open && !is_marked && !steers && !brackets
}

/// Whether a comment is a licence and nothing else.
fn is_licence(comment: &str) -> bool {
    let lower = comment.to_lowercase();
    lower.starts_with("<!--!") && ["license", "licence", "copyright"].iter().any(|word| lower.contains(word))
}

/// Which elements around a text keep their blanks.
struct Kept<'a> {
    shown: &'a Shown,
    /// The outermost such element, and how often its name is open within it.
    open: Option<(String, usize)>,
    /// Drawings and formulas that are open.
    foreign: usize,
    /// Elements with text that are open in a drawing.
    words: usize,
}

impl<'a> Kept<'a> {
    fn new(shown: &'a Shown) -> Kept<'a> {
        Kept { shown, open: None, foreign: 0, words: 0 }
    }

    fn is_kept(&self) -> bool {
        self.open.is_some() || self.shown.anywhere
    }

    /// Whether this is in a drawing or a formula.
    fn is_foreign(&self) -> bool {
        self.foreign > 0
    }

    /// Whether this is in a drawing, where no text is: blanks between its elements are nothing.
    fn is_drawn(&self) -> bool {
        self.words == 0 && self.open.as_ref().is_some_and(|(outer, _)| outer == "svg")
    }

    fn open(&mut self, name: &str, tag: &str) {
        if self.is_foreign() && WRITTEN.contains(&name) && !tag.ends_with("/>") {
            self.words += 1;
        }
        if FOREIGN.contains(&name) {
            self.foreign += 1;
        }
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
        if FOREIGN.contains(&name) {
            self.foreign = self.foreign.saturating_sub(1);
        }
        if WRITTEN.contains(&name) {
            self.words = self.words.saturating_sub(1);
        }
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

#[cfg(test)]
mod tests;
