//! Digests in a page of the scripts and style sheets that it loads: a browser then refuses other bytes.
//!
//! Tags get an `integrity` attribute; modules that no tag names, lazy ones too, get theirs by an import map. Only files that are
//! named after their bytes are sealed: of a name that may get other bytes, a page from a cache would hold an older digest.

use std::collections::{BTreeMap, BTreeSet};

use super::Insertion;
use super::address::Root;
use super::page::{Effect, Sketch, Tag};
use super::proof;
use crate::asset::{AssetPath, has_scheme};
use crate::page;

/// How many modules an import map seals at most. Arbitrary: each takes some 50 bytes on the wire that nothing compresses.
const MOST_MAPPED: usize = 1000;

/// What is sealed in a page.
pub(crate) struct Asked<'a> {
    /// What it holds.
    pub(crate) text: &'a str,
    /// Where it lies.
    pub(crate) path: &'a AssetPath,
    /// The modules that it loads, at once or later.
    pub(crate) modules: &'a [&'a AssetPath],
    /// Addresses as it writes them, each with the file that it means.
    pub(crate) addresses: &'a [(String, &'a AssetPath)],
    /// Why it may get no import map, where that is so.
    pub(crate) no_map: Option<&'static str>,
}

/// A page with its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// What it holds now.
    pub(crate) text: String,
    /// The files whose digests were added.
    pub(crate) files: BTreeSet<AssetPath>,
    /// What could not be sealed, and why.
    pub(crate) left: Vec<String>,
}

/// A digest that a tag gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// The name of the tag.
    pub(super) name: String,
    /// The address in it, as browsers read it.
    pub(super) address: String,
    /// What it gets.
    pub(super) integrity: String,
}

/// The import map that a page has with digests in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    /// What it was; `None` where there was none.
    pub(super) before: Option<String>,
    /// What it is.
    pub(super) after: String,
}

/// Seals what can be, with the digests that `digest` knows of files.
///
/// # Errors
/// Where the page gets none, with why.
pub(crate) fn sealed(asked: &Asked<'_>, digest: &dyn Fn(&AssetPath) -> Option<String>) -> Result<Sealed, String> {
    let sketch = Sketch::of(asked.text)?;
    let anchor = page::anchor(asked.path, asked.text).ok_or("its addresses are those of another site")?;
    let tags: Vec<(&Tag<'_>, String, AssetPath)> = sketch.effective().filter_map(|tag| named(tag, &anchor)).collect();
    // A preload is used only where it is asked for with the same digest: what no tag asks for, gets none.
    let asks = |tag: &Tag<'_>| tag.name == "script" || tag.is_link("stylesheet") || tag.is_link("modulepreload");
    let asked_for: BTreeSet<&AssetPath> = tags.iter().filter(|(tag, ..)| asks(tag)).map(|(_, _, path)| path).collect();
    let mut insertions = Vec::new();
    let mut attributes = Vec::new();
    let mut files = BTreeSet::new();
    for (tag, address, path) in &tags {
        let Some(integrity) = digest(path).filter(|_| !tag.has("integrity") && asked_for.contains(path)) else {
            continue;
        };
        insertions.push(Insertion { at: tag.at + 1 + tag.name.len(), text: format!(" integrity=\"{integrity}\"") });
        attributes.push(Attribute { name: tag.name.clone(), address: address.clone(), integrity });
        files.insert(path.clone());
    }
    let mut left = Vec::new();
    let rest = asked.modules.iter().filter(|path| !asked_for.contains(**path));
    let rest: BTreeMap<&AssetPath, String> = rest.filter_map(|path| Some((*path, digest(path)?))).collect();
    let mut roots = tags.iter().filter_map(|(_, address, path)| Root::of(address, path));
    let root = roots.next().or_else(|| asked.addresses.iter().find_map(|(address, path)| Root::of(address, path)));
    let no_map = asked.no_map.or(may_map(&sketch, &anchor).then_some("one of its scripts may add an import map"));
    let map = match (rest.is_empty(), no_map.map_or_else(|| mapped(&sketch, &rest, root.as_ref()), Err)) {
        (true, _) => None,
        (false, Err(why)) => {
            left.push(format!("{why}, which alone says them of modules without a tag"));
            None
        }
        (false, Ok((insertion, map))) => {
            insertions.push(insertion);
            files.extend(rest.keys().map(|path| (*path).clone()));
            Some(map)
        }
    };
    let text = super::inserted(asked.text, insertions)?;
    if !files.is_empty() {
        proof::same_but_for_digests(asked.text, &text, &attributes, map.as_ref())?;
    }
    Ok(Sealed { text, files, left })
}

/// The file that a tag loads, with the address as browsers read it, where that is a file that can be sealed.
fn named<'a, 'b>(tag: &'a Tag<'b>, anchor: &AssetPath) -> Option<(&'a Tag<'b>, String, AssetPath)> {
    let is_preload = || tag.is_link("preload") && matches!(tag.word("as").as_str(), "script" | "style");
    let is_script =
        || matches!(tag.word("type").as_str(), "" | "module" | "text/javascript" | "application/javascript");
    let address = match tag.name.as_str() {
        "script" if is_script() => tag.value("src")?,
        "link" if tag.is_link("stylesheet") || tag.is_link("modulepreload") || is_preload() => tag.value("href")?,
        _ => return None,
    };
    let plain = address.trim();
    if plain.is_empty() || has_scheme(plain) || plain.starts_with("//") {
        return None;
    }
    Some((tag, address.clone(), anchor.resolve(plain)?))
}

/// Whether a script of another site may add an import map, before which none of ours may stand in many browsers.
fn may_map(sketch: &Sketch<'_>, anchor: &AssetPath) -> bool {
    let is_elsewhere = |tag: &&Tag<'_>| {
        tag.name == "script"
            && tag.has("src")
            && !tag.has("async")
            && tag.word("type") != "module"
            && named(tag, anchor).is_none()
    };
    sketch.effective().any(|tag| is_elsewhere(&tag))
}

/// Where the digests of modules are written, and the map that they make.
fn mapped(
    sketch: &Sketch<'_>,
    rest: &BTreeMap<&AssetPath, String>,
    root: Option<&Root>,
) -> Result<(Insertion, Map), &'static str> {
    if rest.len() > MOST_MAPPED {
        return Err("they are too many for an import map");
    }
    let root = root.ok_or("the page shows no way to write addresses in an import map")?;
    let mut entries = Vec::with_capacity(rest.len());
    for (path, integrity) in rest {
        let address =
            root.address(path).ok_or("a name has letters that may be written in more than one way in an import map")?;
        // A key without a dot or a slash would be a plain name.
        let dot = if address.starts_with(['.', '/']) { "" } else { "./" };
        entries.push(format!("\"{dot}{address}\":\"{integrity}\""));
    }
    let digests = format!("\"integrity\":{{{}}}", entries.join(","));
    let is_map = |tag: &&Tag<'_>| tag.name == "script" && tag.word("type") == "importmap";
    let mut maps = sketch.tags.iter().filter(is_map);
    match (maps.next(), maps.next()) {
        (None, _) => {
            let after = format!("{{{digests}}}");
            let is_first = |tag: &&Tag<'_>| tag.name == "script" || tag.is_link("modulepreload");
            let first = sketch.effective().find(is_first).map_or(sketch.head_end, |tag| tag.at);
            let text = format!("<script type=\"importmap\">{after}</script>");
            Ok((Insertion { at: first.min(sketch.head_end), text }, Map { before: None, after }))
        }
        (Some(tag), None) if tag.effect == Effect::Own => {
            let (body, at) = tag.body.ok_or("its import map is a file")?;
            let open =
                body.find('{').filter(|open| body[..*open].trim().is_empty()).ok_or("its import map is no object")?;
            if body.contains("integrity") || body.contains('\\') {
                return Err("its import map has digests, or may have");
            }
            let (head, tail) = body.split_at(open + 1);
            let text = if tail.trim_start().starts_with('}') { digests } else { format!("{digests},") };
            let after = format!("{head}{text}{tail}");
            Ok((Insertion { at: at + open + 1, text }, Map { before: Some(body.to_owned()), after }))
        }
        _ => Err("it has more than one import map"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed_page(text: &str, modules: &[&str], no_map: Option<&'static str>) -> Result<Sealed, String> {
        let path = |text: &str| AssetPath::new(text).unwrap();
        let modules: Vec<AssetPath> = modules.iter().map(|module| path(module)).collect();
        let modules: Vec<&AssetPath> = modules.iter().collect();
        let digest = |file: &AssetPath| (file.name() != "free.js").then(|| format!("sha384-{}", file.name()));
        sealed(&Asked { text, path: &path("docs/index.html"), modules: &modules, addresses: &[], no_map }, &digest)
    }

    fn check(text: &str, modules: &[&str], expected: &str) {
        let sealed = sealed_page(text, modules, None).unwrap();
        assert_eq!(sealed.text.replace('"', ""), expected.replace('"', ""), "{text}");
        let again = sealed_page(&sealed.text, modules, None).unwrap();
        assert_eq!(again.text, sealed.text);
    }

    #[test]
    fn tags_of_files_in_the_folder_get_their_digests() {
        check(
            "<head><link rel=stylesheet href=a.css><script src=../b.js?v=1></script></head>",
            &[],
            "<head><link integrity=sha384-a.css rel=stylesheet href=a.css><script integrity=sha384-b.js src=../b.js?v=1></script></head>",
        );
        for kept in [
            "<head><script src=https://cdn.example/b.js></script></head>",
            "<head><script src=//cdn.example/b.js></script></head>",
            "<head><script src=b.js integrity=sha384-x></script></head>",
            "<head><script src=free.js></script><script>b()</script></head>",
            "<head><template><script src=b.js></script></template></head>",
            "<head><link rel=icon href=b.svg><link rel=preload as=font href=f.woff2></head>",
            "<head><base href=https://cdn.example/><script src=https://x.example/b.js></script></head>",
        ] {
            match sealed_page(kept, &[], None) {
                Ok(sealed) => assert_eq!(sealed.text, kept),
                Err(why) => assert_eq!(why, "its addresses are those of another site"),
            }
        }
    }

    #[test]
    fn a_preload_says_what_its_style_sheet_says() {
        check(
            "<head><link rel=preload as=style href=a.css></head>",
            &[],
            "<head><link rel=preload as=style href=a.css></head>",
        );
        check(
            "<head><link rel=preload as=style href=a.css><link rel=stylesheet href=a.css></head>",
            &[],
            "<head><link integrity=sha384-a.css rel=preload as=style href=a.css><link integrity=sha384-a.css rel=stylesheet href=a.css></head>",
        );
    }

    #[test]
    fn modules_that_no_tag_names_get_theirs_by_an_import_map() {
        check(
            "<head><meta charset=utf-8><script type=module src=js/a.js></script></head>",
            &["docs/js/a.js", "docs/js/lazy.js", "lib/free.js", "lib/c.js"],
            "<head><meta charset=utf-8><script type=importmap>{integrity:{./js/lazy.js:sha384-lazy.js,../lib/c.js:sha384-c.js}}</script>\
             <script integrity=sha384-a.js type=module src=js/a.js></script></head>",
        );
        check(
            "<head><script type=importmap>{\"imports\":{\"c\":\"/lib/c.js\"}}</script><script type=module src=/a.js></script></head>",
            &["lib/c.js"],
            "<head><script type=importmap>{integrity:{/lib/c.js:sha384-c.js},imports:{c:/lib/c.js}}</script>\
             <script integrity=sha384-a.js type=module src=/a.js></script></head>",
        );
    }

    #[test]
    fn what_gets_no_map_is_said() {
        let page = "<head><script type=module src=js/a.js></script></head>";
        let sealed = sealed_page(page, &["docs/js/lazy.js"], Some("it has a policy")).unwrap();
        assert_eq!(sealed.left, ["it has a policy, which alone says them of modules without a tag"]);
        assert_eq!(sealed.files.len(), 1);
    }
}
