//! Content security policies in a page: which inline scripts and styles they allow by hash, before and after.

use super::entities::decoded;
use super::tokens::{Token, attribute};
use crate::integrity::{Integrity, mentions};

/// The header that a `<meta>` stands for.
pub(super) const HEADER: &str = "content-security-policy";

/// The policy in a tag, as it is written, if it is one.
pub(super) fn content<'a>(name: &str, tag: &'a str) -> Option<&'a str> {
    let is_policy =
        name == "meta" && attribute(tag, "http-equiv").is_some_and(|kind| kind.trim().eq_ignore_ascii_case(HEADER));
    attribute(tag, "content").filter(|_| is_policy)
}

/// An inline script or style as browsers see and hash it: lines end in one way.
pub(super) fn seen(body: &str) -> String {
    body.replace("\r\n", "\n").replace('\r', "\n")
}

/// Its hashes.
pub(crate) fn hashes(body: &str) -> Vec<Integrity> {
    Integrity::all_of(seen(body).as_bytes())
}

/// What the policies of a page say of its inline scripts and styles.
pub(super) struct Policies {
    /// The hashes that they allow.
    allowed: Vec<Integrity>,
    /// Whether they allow handlers and `style` attributes by hash, too: one may have the same text as a script.
    with_attributes: bool,
}

impl Policies {
    pub(super) fn read(tokens: &[Token<'_>]) -> Policies {
        let contents = tokens.iter().filter_map(|token| match token {
            Token::Open { name, text } => content(name, text),
            _ => None,
        });
        let mut policies = Policies { allowed: Vec::new(), with_attributes: false };
        for content in contents {
            policies.allowed.extend(mentions(content).into_iter().map(|mention| mention.integrity));
            // What cannot be read may say so.
            let says = |text: String| text.to_ascii_lowercase().contains("unsafe-hashes");
            policies.with_attributes |= decoded(content).is_none_or(says);
        }
        policies
    }

    /// Whether a body may change: its hash changes with it, or no policy asks for one. What is allowed in a way that is not
    /// seen here stays as it is.
    pub(super) fn lets_change(&self, open: &str, body: &str) -> bool {
        let is_data = attribute(open, "type").is_some_and(|kind| kind.trim().to_ascii_lowercase().ends_with("json"));
        self.allowed.is_empty()
            || is_data
            || attribute(open, "nonce").is_some()
            || hashes(body).iter().any(|hash| self.allowed.contains(hash))
    }

    /// A tag with a policy, with the hashes of bodies as they are now. `bodies` are all of the page, before and after.
    pub(super) fn renewed(&self, name: &str, tag: &str, bodies: &[(String, String)]) -> Option<String> {
        let content = content(name, tag)?;
        let mut made = String::with_capacity(content.len());
        let mut done = 0;
        for mention in mentions(content) {
            let quote = quote(content, mention.span.start, mention.span.end);
            let Some(quote) = quote else { continue };
            let mut next = successors(&mention.integrity, bodies);
            if next.is_empty() || next == [mention.integrity.clone()] {
                continue;
            }
            if self.with_attributes && !next.contains(&mention.integrity) {
                next.push(mention.integrity.clone());
            }
            made.push_str(&content[done..mention.span.start]);
            let between = format!("{quote} {quote}");
            made.push_str(&next.iter().map(Integrity::to_string).collect::<Vec<_>>().join(&between));
            done = mention.span.end;
        }
        made.push_str(&content[done..]);
        let start = content.as_ptr() as usize - tag.as_ptr() as usize;
        Some([&tag[..start], &made, &tag[start + content.len()..]].concat())
    }
}

/// The hashes that the bodies of that hash have now, each once; none where there is no such body.
fn successors(hash: &Integrity, bodies: &[(String, String)]) -> Vec<Integrity> {
    let mut next = Vec::new();
    for (before, after) in bodies {
        let of = |body: &str| Integrity::of(hash.algorithm, seen(body).as_bytes());
        if of(before) == *hash && !next.contains(&of(after)) {
            next.push(of(after));
        }
    }
    next
}

/// How the quotes around a hash are written; `None` where there are none, and it is no source.
fn quote(content: &str, start: usize, end: usize) -> Option<&'static str> {
    ["'", "&#39;", "&#x27;", "&apos;"]
        .into_iter()
        .find(|quote| content[..start].ends_with(quote) && content[end..].starts_with(quote))
}

/// What a policy is without its hashes, and those.
pub(super) fn parted(policy: &str) -> (String, Vec<Integrity>) {
    let (mut rest, mut hashes, mut done) = (String::new(), Vec::new(), 0);
    for mention in mentions(policy) {
        rest.push_str(&policy[done..mention.span.start]);
        done = mention.span.end;
        hashes.push(mention.integrity);
    }
    rest.push_str(&policy[done..]);
    let rest = rest.replace("''", " ");
    (rest.split_ascii_whitespace().collect::<Vec<_>>().join(" ").replace(" ;", ";"), hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_its_hashes_and_the_rest() {
        let hash = Integrity::all_of(b"x").remove(0);
        let (rest, hashes) = parted(&format!("script-src 'self' '{hash}' '{hash}'; style-src 'nonce-x'"));
        assert_eq!((rest.as_str(), hashes.len()), ("script-src 'self'; style-src 'nonce-x'", 2));
    }

    #[test]
    fn a_hash_becomes_those_of_every_body_that_had_it() {
        let hash = |text: &str| Integrity::all_of(text.as_bytes()).remove(0).to_string();
        let check = |content: &str, bodies: &[(&str, &str)], to: &str| {
            let tag = |content: &str| format!("<meta content=\"{content}\" http-equiv=Content-Security-Policy>");
            let fill = |text: &str| {
                ["a", "b", "c"]
                    .iter()
                    .fold(text.to_owned(), |text, name| text.replace(&format!("#{name}#"), &hash(name)))
            };
            let from = tag(&fill(content));
            let tokens = crate::transform::html::tokens::tokens(&from).unwrap();
            let bodies: Vec<_> = bodies.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect();
            assert_eq!(Policies::read(&tokens).renewed("meta", &from, &bodies), Some(tag(&fill(to))), "{content}");
        };
        check("script-src '#a#'", &[("a", "b")], "script-src '#b#'");
        check("script-src '#a#' 'nonce-x'", &[("b", "c")], "script-src '#a#' 'nonce-x'");
        check("script-src &#39;#a#&#39;", &[("a", "b"), ("a", "c")], "script-src &#39;#b#&#39; &#39;#c#&#39;");
        check("script-src '#a#' 'unsafe-hashes'", &[("a", "b")], "script-src '#b#' '#a#' 'unsafe-hashes'");
        check("script-src #a#", &[("a", "b")], "script-src #a#");
    }
}
