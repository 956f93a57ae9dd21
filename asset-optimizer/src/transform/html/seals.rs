//! The digests that a page holds of files, found and replaced: in `integrity` attributes and import maps.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{NodeData, RcDom};

use super::entities::decoded;
use super::import_map::import_map;
use super::policy::{self, Policies};
use super::proof;
use super::tokens::{Token, attribute, tokens};
use crate::integrity::{Claim, Mention, listed, mentions};
use crate::transform::Successor;

/// The digests that a page holds where they can be replaced, in the order of their places.
///
/// # Errors
/// Where the page cannot be read.
pub(crate) fn claims(text: &str) -> Result<Vec<Claim>, String> {
    let mut claims = Vec::new();
    let mut start = 0;
    for token in tokens(text)? {
        let own = token.text();
        match &token {
            Token::Open { text, .. } => {
                if let Some(value) = attribute(text, "integrity") {
                    let address = attribute(text, "src").or(attribute(text, "href")).unwrap_or_default();
                    let address = decoded(address).unwrap_or_default().trim().to_owned();
                    claims.push(claim(address, value, start + offset(text, value)));
                }
            }
            Token::Body { of, open, text } if is_import_map(of, attribute(open, "type").unwrap_or_default()) => {
                for (address, place) in import_map(text) {
                    claims.push(claim(address, &text[place.clone()], start + place.start));
                }
            }
            _ => {}
        }
        start += own.len();
    }
    Ok(claims)
}

/// The page with each of its digests replaced that has a successor, and with nothing else changed.
///
/// # Errors
/// Where the page cannot be read, or another parser sees another change.
pub(crate) fn resealed(text: &str, successor: Successor<'_>) -> Result<String, String> {
    if let Some(mark) = super::template_mark(text) {
        return Err(format!("it is a template of another engine: it holds `{mark}`"));
    }
    let made = with_policies(text, &spliced(text, successor)?)?;
    proof::same_policies(text, &made)?;
    let (expected, found) = (nodes(text, Some(successor))?, nodes(&made, None)?);
    if expected != found {
        return Err("its digests cannot be told apart from the rest of it".into());
    }
    Ok(made)
}

/// The page with new names in it, and with the hashes of its inline scripts and styles in its policies as they are now.
///
/// # Errors
/// Where the page cannot be read, or is not the same page any more.
pub(crate) fn relinked(before: &str, page: &str) -> Result<String, String> {
    let made = with_policies(before, page)?;
    proof::same_policies(before, &made)?;
    Ok(made)
}

/// The page with the hashes of its inline scripts and styles in its policies as they are now.
fn with_policies(before: &str, page: &str) -> Result<String, String> {
    let (old, new) = (tokens(before)?, tokens(page)?);
    if old.len() != new.len() {
        return Err("it has other tags than before".into());
    }
    let pairs = old.iter().zip(&new).filter(|(token, _)| matches!(token, Token::Body { .. }));
    let bodies: Vec<_> = pairs.map(|(before, after)| (before.text().to_owned(), after.text().to_owned())).collect();
    let policies = Policies::read(&new);
    let renewed = |token: &Token<'_>| match token {
        Token::Open { name, text } => policies.renewed(name, text, &bodies).unwrap_or_else(|| (*text).to_owned()),
        other => other.text().to_owned(),
    };
    Ok(new.iter().map(renewed).collect())
}

fn spliced(text: &str, successor: Successor<'_>) -> Result<String, String> {
    let mut made = String::with_capacity(text.len());
    let mut done = 0;
    for claim in claims(text)? {
        for mention in claim.mentions {
            if let Some(next) = successor(&claim.address, &mention.integrity) {
                made.push_str(&text[done..mention.span.start]);
                made.push_str(&next.to_string());
                done = mention.span.end;
            }
        }
    }
    made.push_str(&text[done..]);
    Ok(made)
}

fn offset(outer: &str, inner: &str) -> usize {
    inner.as_ptr() as usize - outer.as_ptr() as usize
}

/// What a value holds that stands at that place of the page.
fn claim(address: String, value: &str, at: usize) -> Claim {
    let moved = |mention: Mention| Mention { span: mention.span.start + at..mention.span.end + at, ..mention };
    Claim { address, mentions: mentions(value).into_iter().map(moved).collect(), listed: listed(value) }
}

fn is_import_map(element: &str, kind: &str) -> bool {
    element == "script" && kind.trim().eq_ignore_ascii_case("importmap")
}

/// A text with those of its digests replaced that have a successor.
fn replaced(text: &str, address: &str, successor: Successor<'_>) -> String {
    let mut made = String::with_capacity(text.len());
    let mut done = 0;
    for mention in mentions(text) {
        if let Some(next) = successor(address, &mention.integrity) {
            made.push_str(&text[done..mention.span.start]);
            made.push_str(&next.to_string());
            done = mention.span.end;
        }
    }
    made.push_str(&text[done..]);
    made
}

/// Every node of the tree that another parser builds of a page, with its digests replaced where they are what they are for.
fn nodes(text: &str, successor: Option<Successor<'_>>) -> Result<Vec<String>, String> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(text);
    let mut nodes = Vec::new();
    // Explicit, because pages nest as deep as they like.
    let mut stack = vec![(dom.document.clone(), 0, String::new())];
    while let Some((node, depth, parent)) = stack.pop() {
        let mut own = String::new();
        match &node.data {
            NodeData::Text { contents } => {
                let contents = contents.borrow().to_string();
                let contents = match successor {
                    Some(successor) if parent == "importmap" => {
                        let mut made = contents.clone();
                        for (address, place) in import_map(&contents).into_iter().rev() {
                            let next = replaced(&contents[place.clone()], &address, successor);
                            made.replace_range(place, &next);
                        }
                        made
                    }
                    // What is markup to a browser without scripts is text to this parser.
                    Some(successor) if parent == "noscript" => spliced(&contents, successor)?,
                    _ => contents,
                };
                nodes.push(format!("{depth} text {contents}"));
            }
            NodeData::Comment { contents } => nodes.push(format!("{depth} comment {contents}")),
            NodeData::Element { name, attrs, template_contents, .. } => {
                let attributes = attrs.borrow();
                let value =
                    |key: &str| attributes.iter().find(|own| &*own.name.local == key).map(|own| own.value.to_string());
                own = name.local.to_string();
                let is_policy = proof::is_policy(&own, attrs);
                let mut line = format!("{depth} {own}");
                for attribute in attributes.iter() {
                    let key = attribute.name.local.to_string();
                    let mut text = attribute.value.to_string();
                    if let Some(successor) = successor.filter(|_| key == "integrity") {
                        let address = value("src").or(value("href")).unwrap_or_default();
                        text = replaced(&text, address.trim(), successor);
                    }
                    // What policies allow is shown to be the same elsewhere.
                    if is_policy {
                        text = policy::parted(&text).0;
                    }
                    line.push_str(&format!(" {key}={text:?}"));
                }
                nodes.push(line);
                if is_import_map(&own, &value("type").unwrap_or_default()) {
                    own = "importmap".to_owned();
                }
                if let Some(contents) = template_contents.borrow().as_ref() {
                    stack.push((contents.clone(), depth + 1, String::new()));
                }
            }
            NodeData::Doctype { name, public_id, system_id } => {
                nodes.push(format!("doctype {name} {public_id} {system_id}"));
            }
            _ => {}
        }
        for child in node.children.borrow().iter().rev() {
            stack.push((child.clone(), depth + 1, own.clone()));
        }
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrity::{Algorithm, Integrity};

    fn digest(text: &str) -> Integrity {
        Integrity::of(Algorithm::Sha384, text.as_bytes())
    }

    fn check(page: &str, expected: Result<&str, &str>) {
        let fill =
            |page: &str| page.replace("OLD", &digest("old").to_string()).replace("NEW", &digest("new").to_string());
        let successor = |address: &str, integrity: &Integrity| {
            (address == "a.js?x=1&y" && *integrity == digest("old")).then(|| digest("new"))
        };
        match expected {
            Ok(to) => assert_eq!(resealed(&fill(page), &successor).unwrap(), fill(to), "{page}"),
            Err(why) => {
                let said = resealed(&fill(page), &successor).unwrap_err();
                assert!(said.contains(why), "{page}: {said}");
            }
        }
    }

    #[test]
    fn digests_are_replaced_where_a_page_holds_them() {
        check(
            "<script src='a.js?x=1&amp;y' integrity=OLD></script>",
            Ok("<script src='a.js?x=1&amp;y' integrity=NEW></script>"),
        );
        check(
            "<link href=\" a.js?x=1&amp;y \" integrity='sha256-x OLD\n OLD?y'><p>OLD",
            Ok("<link href=\" a.js?x=1&amp;y \" integrity='sha256-x NEW\n NEW?y'><p>OLD"),
        );
        check("<script src=b.js integrity=OLD></script>", Ok("<script src=b.js integrity=OLD></script>"));
        check(
            "<script type=importmap>{ \"imports\": {\"a\": \"OLD\"}, \"integrity\": {\"b\": \"OLD\"} }</script>",
            Ok("<script type=importmap>{ \"imports\": {\"a\": \"OLD\"}, \"integrity\": {\"b\": \"OLD\"} }</script>"),
        );
        let page = |one: &str| {
            let map = format!("{{\"integrity\":{{\"./a.js\":\"{one}\"}}}}");
            let hash = Integrity::of(Algorithm::Sha256, map.as_bytes());
            format!(
                "<meta http-equiv=Content-Security-Policy content=\"script-src '{hash}'\"><script type=importmap>{map}</script>"
            )
        };
        let (old, new) = (digest("old"), digest("new"));
        let made = resealed(&page(&old.to_string()), &|_: &str, _: &Integrity| Some(digest("new")));
        assert_eq!(made, Ok(page(&new.to_string())).map_err(|why: &str| why.to_owned()));
        check(
            "<head><noscript><link href=\"a.js?x=1&amp;y\" integrity=OLD></noscript>",
            Ok("<head><noscript><link href=\"a.js?x=1&amp;y\" integrity=NEW></noscript>"),
        );
        check(
            "<!-- <script src=a.js?x=1&y integrity=OLD></script> -->",
            Ok("<!-- <script src=a.js?x=1&y integrity=OLD></script> -->"),
        );
    }

    #[test]
    fn a_page_that_cannot_be_read_keeps_its_digests() {
        check("<script src='a.js?x=1&y' integrity=OLD>", Err("not closed"));
        check("{% block %}<script src='a.js?x=1&y' integrity=OLD></script>", Err("template"));
        // The parser of trees takes the first of two attributes, and drops what is in no place for it.
        check(
            "<select><script src='a.js?x=1&y' integrity=x integrity=OLD></script></select>",
            Ok("<select><script src='a.js?x=1&y' integrity=x integrity=OLD></script></select>"),
        );
    }
}
