//! What a plan needs to know of a page: which scripts it loads, how, and which files it holds the digest of. Pure.

use crate::asset::{AssetPath, has_scheme};
use crate::transform::Loading;

/// A script that a page loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its address, as it is written.
    pub address: String,
    /// How it is loaded.
    pub loading: Loading,
}

/// Where the addresses of a page are relative to: itself, or what its `<base>` says; `None` where that is another site.
#[must_use]
pub fn anchor(page: &AssetPath, text: &str) -> Option<AssetPath> {
    let base =
        tags(text).find_map(|tag| (tag.name == "base").then(|| tag.attribute("href").map(str::to_owned)).flatten());
    match base {
        Some(base) => based(page, &base),
        None => Some(page.clone()),
    }
}

/// Where addresses are relative to in a page whose `<base>` says this; `None` where that is another site.
#[must_use]
pub fn based(page: &AssetPath, base: &str) -> Option<AssetPath> {
    let path = base.trim().split(['?', '#']).next().unwrap_or_default();
    match path.rsplit_once('/') {
        // The name does not matter, only its folder does.
        Some((folder, _)) => page.resolve(&format!("{folder}/_")),
        // It names nothing, or a file beside the page.
        None if !has_scheme(path) => Some(page.clone()),
        None => None,
    }
}

/// The addresses of files whose digest a page holds, in an `integrity` attribute or an import map: they must stay as they
/// are, or a browser refuses them.
#[must_use]
pub fn sealed(text: &str) -> Vec<String> {
    let mut sealed = Vec::new();
    for tag in tags(text) {
        if tag.attribute("integrity").is_some() {
            sealed.extend(tag.attribute("src").or(tag.attribute("href")).map(|address| address.trim().to_owned()));
        }
        if tag.name == "script" && tag.attribute("type") == Some("importmap") && tag.body.contains("\"integrity\"") {
            // Every second piece between quotes is a string; of them, those that are addresses will be found.
            sealed.extend(tag.body.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    sealed
}

/// The import maps of a page.
#[must_use]
pub fn import_maps(text: &str) -> Vec<&str> {
    let is_one = |tag: &Tag<'_>| tag.name == "script" && tag.attribute("type") == Some("importmap");
    tags(text).filter(is_one).map(|tag| tag.body).collect()
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
struct Tag<'a> {
    name: String,
    attributes: Vec<(String, String)>,
    /// What stands in a script or a style.
    body: &'a str,
}

impl Tag<'_> {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The opening tags of a text, outside comments and scripts.
fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find('<')?..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let Some((mut tag, after)) = tag(rest) else {
                rest = &rest[1..];
                continue;
            };
            rest = after;
            if tag.name == "script" || tag.name == "style" {
                (tag.body, rest) = after.split_at(closing(after, &tag.name));
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
fn tag(text: &str) -> Option<(Tag<'_>, &str)> {
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
            return Some((Tag { name, attributes, body: "" }, after));
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

    #[test]
    fn files_whose_digest_is_held_are_known() {
        let text = "<script src=a.js integrity=sha384-x></script><link rel=stylesheet href=a.css integrity=y>\
                    <script type=importmap>{\"integrity\":{\"./b.js\":\"sha384-z\"}}</script><script src=c.js></script>";
        assert_eq!(sealed(text), ["a.js", "a.css", "integrity", "./b.js", "sha384-z"]);
    }

    #[test]
    fn addresses_are_relative_to_the_base() {
        let check = |text: &str, means: Option<&str>| {
            let page = AssetPath::new("docs/index.html").unwrap();
            let found = anchor(&page, text).and_then(|anchor| anchor.resolve("a.js"));
            assert_eq!(found.as_ref().map(AssetPath::as_str), means, "{text}");
        };
        check("<p>", Some("docs/a.js"));
        check("<base href=/>", Some("a.js"));
        check("<base href='/app/index.html'>", Some("app/a.js"));
        check("<base href='../x/'>", Some("x/a.js"));
        check("<base href=''>", Some("docs/a.js"));
        check("<base href='?x=/y'>", Some("docs/a.js"));
        check("<base href='page.html'>", Some("docs/a.js"));
        check("<base href='data:text/plain,x'>", None);
        check("<base href='https://cdn.example/'>", None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_an_end(text in "[<>=/!\"' a-cs-]{0,80}") {
            let _ = (scripts(&text), sealed(&text));
        }
    }
}
