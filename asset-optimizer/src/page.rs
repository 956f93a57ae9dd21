//! What a plan needs to know of a page: which scripts it loads, and how. Pure.

use crate::transform::Loading;

/// A script that a page loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its address, as it is written.
    pub address: String,
    /// How it is loaded.
    pub loading: Loading,
}

/// Whether a page says what its addresses are relative to.
#[must_use]
pub fn has_base(text: &str) -> bool {
    tags(text).any(|tag| tag.name == "base" && tag.attribute("href").is_some())
}

/// The scripts that a page loads from files.
#[must_use]
pub fn scripts(text: &str) -> Vec<Script> {
    let mut scripts = Vec::new();
    for tag in tags(text) {
        let (address, loading) = match tag.name.as_str() {
            "script" => {
                let kind = tag.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
                let loading = match kind.as_str() {
                    "module" => Loading::Module,
                    "" | "text/javascript" | "application/javascript" => Loading::Classic,
                    _ => continue,
                };
                (tag.attribute("src"), loading)
            }
            "link" if tag.attribute("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("modulepreload")) => {
                (tag.attribute("href"), Loading::Module)
            }
            _ => continue,
        };
        if let Some(address) = address.filter(|address| !address.trim().is_empty()) {
            scripts.push(Script { address: address.trim().to_owned(), loading });
        }
    }
    scripts
}

/// An opening tag.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The opening tags of a text, outside comments and scripts.
fn tags(text: &str) -> impl Iterator<Item = Tag> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find('<')?..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let Some((tag, after)) = tag(rest) else {
                rest = &rest[1..];
                continue;
            };
            rest = after;
            if tag.name == "script" || tag.name == "style" {
                rest = &after[closing(after, &tag.name)..];
            }
            return Some(tag);
        }
    })
}

/// Where the closing tag of that name begins, or the end of the text.
fn closing(text: &str, name: &str) -> usize {
    let is_it = |at: usize| text[at + 2..].get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    text.match_indices("</").map(|(at, _)| at).find(|&at| is_it(at)).unwrap_or(text.len())
}

/// The opening tag at the start of a text, and what stands behind it.
fn tag(text: &str) -> Option<(Tag, &str)> {
    let rest = text.strip_prefix('<')?;
    let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))?;
    let name = rest[..end].to_ascii_lowercase();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut rest = &rest[end..];
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return Some((Tag { name, attributes }, after));
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'))?;
        // An equals sign at the start belongs to a name.
        let end = if end == 0 { 1 } else { end };
        let key = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start_matches(|c: char| c.is_ascii_whitespace());
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
            let quote = after.chars().next()?;
            let (raw, next) = if matches!(quote, '"' | '\'') {
                let inner = &after[1..];
                let end = inner.find(quote)?;
                (&inner[..end], &inner[end + 1..])
            } else {
                let end = after.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
                (&after[..end], &after[end..])
            };
            value = raw.replace("&amp;", "&");
            rest = next;
        }
        attributes.push((key, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_told_by_how_they_are_loaded() {
        let check = |text: &str, expected: &[(&str, Loading)]| {
            let found: Vec<(String, Loading)> =
                scripts(text).into_iter().map(|script| (script.address, script.loading)).collect();
            let expected: Vec<(String, Loading)> =
                expected.iter().map(|(address, loading)| ((*address).to_owned(), *loading)).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("<script src='a.js' defer></script>", &[("a.js", Loading::Classic)]);
        check("<SCRIPT TYPE=module SRC=a.js></SCRIPT>", &[("a.js", Loading::Module)]);
        check("<link rel=modulepreload href=a.js>", &[("a.js", Loading::Module)]);
        check("<script type=importmap src=a.js></script>", &[]);
        check("<!-- <script src=a.js></script> -->", &[]);
        check("<script>document.write('<script src=a.js>')</script>", &[]);
        check("<script src=a.js?x=1&amp;y=2></script>", &[("a.js?x=1&y=2", Loading::Classic)]);
        check("a < b <script src", &[]);
        check("<script =x src=a.js>", &[("a.js", Loading::Classic)]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_an_end(text in "[<>=/!\"' a-cs-]{0,80}") {
            let _ = (scripts(&text), has_base(&text));
        }
    }
}
