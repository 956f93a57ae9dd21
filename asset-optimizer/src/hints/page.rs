//! A page as its tags: which of them do something, where its head ends, and what its import maps say.

use crate::transform::html::TEMPLATE_MARKS;
use crate::transform::html::entities::decoded;
use crate::transform::html::tokens::{BLANKS, Token, attribute, tokens};

/// Elements whose content does nothing by itself, or something else than elsewhere.
pub(super) const APART: [&str; 14] = [
    "noscript", "template", "svg", "math", "canvas", "object", "video", "audio", "picture", "dialog", "details",
    "select", "frameset", "map",
];
/// Elements that a head has.
const OF_HEAD: [&str; 10] =
    ["html", "head", "meta", "link", "title", "style", "script", "base", "noscript", "template"];
/// Elements that show code, in which a page may speak of engines of templates.
const CODE: [&str; 4] = ["pre", "code", "samp", "kbd"];

/// An opening tag.
#[derive(Debug, Clone)]
pub(super) struct Tag<'a> {
    /// Its name, in lower case.
    pub(super) name: String,
    /// All of it.
    pub(super) text: &'a str,
    /// Where it begins.
    pub(super) at: usize,
    /// Whether it does what such a tag does.
    pub(super) effect: Effect,
    /// What stands in it, where that is no markup, and where.
    pub(super) body: Option<(&'a str, usize)>,
}

/// Whether a tag does what such a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It does.
    Own,
    /// It stands in an element that decides about it.
    Apart,
}

impl Tag<'_> {
    /// The value of an attribute, as browsers read it; of two, they take the first.
    pub(super) fn value(&self, wanted: &str) -> Option<String> {
        let raw = attribute(self.text, wanted)?;
        Some(decoded(raw).unwrap_or_else(|| raw.to_owned()))
    }

    /// The same in lower case and without blanks around it; empty where there is none.
    pub(super) fn word(&self, wanted: &str) -> String {
        self.value(wanted).unwrap_or_default().trim_matches(BLANKS).to_ascii_lowercase()
    }

    /// Whether there is such an attribute.
    pub(super) fn has(&self, wanted: &str) -> bool {
        attribute(self.text, wanted).is_some()
    }

    /// Whether its `rel` has that word.
    pub(super) fn is_link(&self, rel: &str) -> bool {
        self.name == "link" && self.word("rel").split_ascii_whitespace().any(|word| word == rel)
    }

    /// Whether something stands in it.
    pub(super) fn holds(&self, place: usize) -> bool {
        let body = self.body.map_or(0..0, |(text, at)| at..at + text.len());
        (self.at..self.at + self.text.len()).contains(&place) || body.contains(&place)
    }
}

/// A page as its tags.
#[derive(Debug)]
pub(super) struct Sketch<'a> {
    /// All opening tags, in their order.
    pub(super) tags: Vec<Tag<'a>>,
    /// Where its head ends: a link that is written there belongs to it, and comes after all that steers how it is read.
    pub(super) head_end: usize,
}

impl<'a> Sketch<'a> {
    /// A page that hints can be written into.
    ///
    /// # Errors
    /// Where none can, with why.
    pub(super) fn of(text: &'a str) -> Result<Sketch<'a>, String> {
        if text.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml") {
            return Err("it is XHTML".into());
        }
        let tokens = tokens(text)?;
        if let Some(mark) = template_mark(&tokens) {
            return Err(format!("it is a template of another engine: it holds `{mark}`"));
        }
        let head_end = head_end(&tokens).ok_or("it has no head")?;
        Ok(Sketch { tags: tags(&tokens), head_end })
    }

    /// The tags that do what such tags do.
    pub(super) fn effective(&self) -> impl Iterator<Item = &Tag<'a>> {
        self.tags.iter().filter(|tag| tag.effect == Effect::Own)
    }

    /// The tag in which something stands.
    pub(super) fn around(&self, place: usize) -> Option<&Tag<'a>> {
        let before = self.tags.partition_point(|tag| tag.at <= place);
        self.tags[..before].last().filter(|tag| tag.holds(place))
    }
}

/// What shows that another engine reads the page before a browser does. Pages about such engines show their marks as code.
fn template_mark(tokens: &[Token<'_>]) -> Option<&'static str> {
    let mut code = 0usize;
    for token in tokens {
        match token {
            Token::Open { name, .. } if CODE.contains(&name.as_str()) => code += 1,
            Token::Close { name, .. } if CODE.contains(&name.as_str()) => code = code.saturating_sub(1),
            Token::Text(_) if code > 0 => continue,
            _ => {}
        }
        let found = TEMPLATE_MARKS.into_iter().find(|mark| token.text().contains(mark));
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Where the head ends: before its closing tag, or else behind the last thing that can only belong to it.
fn head_end(tokens: &[Token<'_>]) -> Option<usize> {
    let (mut at, mut end) = (0, None);
    let mut within: Option<String> = None;
    for token in tokens {
        let next = at + token.text().len();
        match token {
            Token::Close { name, .. } if within.as_ref().is_some_and(|outer| outer == name) => {
                within = None;
                end = Some(next);
            }
            _ if within.is_some() => {}
            Token::Close { name, .. } if name == "head" => return Some(at),
            Token::Open { name, .. } if OF_HEAD.contains(&name.as_str()) => {
                let is_void = matches!(name.as_str(), "html" | "head" | "meta" | "link" | "base");
                match is_void {
                    true => end = Some(next),
                    false => within = Some(name.clone()),
                }
            }
            Token::Comment(_) | Token::Doctype(_) => {}
            Token::Text(words) if words.trim_matches(BLANKS).trim_matches('\u{feff}').is_empty() => {}
            _ => return end,
        }
        at = next;
    }
    end
}

fn tags<'a>(tokens: &[Token<'a>]) -> Vec<Tag<'a>> {
    let mut tags: Vec<Tag<'a>> = Vec::new();
    let mut at = 0;
    // Each with how often it is open.
    let mut apart = [0usize; APART.len()];
    for token in tokens {
        let place = |name: &str| APART.iter().position(|own| *own == name);
        match token {
            Token::Open { name, text } => {
                let effect = if apart.iter().all(|open| *open == 0) { Effect::Own } else { Effect::Apart };
                if let Some(place) = place(name).filter(|_| !text.ends_with("/>")) {
                    apart[place] += 1;
                }
                tags.push(Tag { name: name.clone(), text, at, effect, body: None });
            }
            Token::Close { name, .. } => {
                if let Some(place) = place(name) {
                    apart[place] = apart[place].saturating_sub(1);
                }
            }
            Token::Body { text, .. } => {
                if let Some(tag) = tags.last_mut() {
                    tag.body = Some((text, at));
                }
            }
            _ => {}
        }
        at += token.text().len();
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_goes_to_the_end_of_the_head() {
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = Sketch::of(text).map(|sketch| &text[..sketch.head_end]);
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        };
        check("<html><head><title>x</title></head><body>", Ok("<html><head><title>x</title>"));
        check("<!DOCTYPE html><title>x</title>\n<p>x", Ok("<!DOCTYPE html><title>x</title>"));
        check(
            "<head><noscript><img src=a></noscript><base href=/>\n<!-- x --><h1>",
            Ok("<head><noscript><img src=a></noscript><base href=/>"),
        );
        check("\u{feff}<title>x</title>x", Ok("\u{feff}<title>x</title>"));
        check("<p>x", Err("it has no head"));
        check("<?xml version='1.0'?><html><head></head></html>", Err("it is XHTML"));
        check("<head><title>{{ x }}</title></head>", Err("it is a template of another engine: it holds `{{`"));
        check("<head></head><? x ?><?php y ?>", Err("it is a template of another engine: it holds `<?php`"));
        check("<head></head><code>{{#include x}} {% y %}</code>", Ok("<head>"));
        check("<script>", Err("a `<script>` is not closed"));
    }

    #[test]
    fn what_stands_apart_is_told() {
        let sketch = Sketch::of("<head></head><img><template><img></template><svg/><img>").unwrap();
        let effects: Vec<Effect> = sketch.tags.iter().filter(|tag| tag.name == "img").map(|tag| tag.effect).collect();
        assert_eq!(effects, [Effect::Own, Effect::Apart, Effect::Own]);
    }
}
