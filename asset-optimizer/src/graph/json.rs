//! The texts of a JSON file with their places: web manifests, bundlers' lists, import maps, source maps.

use std::ops::Range;

use super::found::{Base, Found, How, Look, Mapped, Timing};
use crate::asset::{AssetPath, Kind};

/// How deep a file of data may be nested for it to be read.
const MOST_DEPTH: usize = 128;

/// A text in JSON, where it stands in the structure and in the file.
struct Text {
    /// The keys of the objects around it; a list is an empty one.
    path: Vec<String>,
    value: String,
    /// Without quotes.
    span: Range<usize>,
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Key,
    Value,
}

/// Adds the references of a file of data.
pub(super) fn look(text: &str, path: &AssetPath, kind: Kind, look: &mut Look) {
    let Some(texts) = texts(text) else {
        look.unread = Some("it is not JSON".to_owned());
        return;
    };
    escaped(&texts, text, look);
    if kind == Kind::SourceMap {
        let own = texts.iter().find(|text| text.role == Role::Value && text.path == ["file"]);
        add(own.into_iter(), text, 0, How::SourceMap, Timing::Never, Base::Own, look);
        return;
    }
    let values = || texts.iter().filter(|text| text.role == Role::Value);
    let is_web_manifest = kind == Kind::WebManifest
        || path.name() == "manifest.json"
            && values().any(|text| text.path == ["start_url"] || text.path == ["display"]);
    let is_build_manifest = !is_web_manifest
        && path.name().ends_with("manifest.json")
        && values().any(|text| matches!(text.path.as_slice(), [_, key] if key == "file"));
    if is_web_manifest {
        let is_image = |text: &&Text| text.path.last().is_some_and(|key| key == "src");
        add(values().filter(is_image), text, 0, How::Icon, Timing::Later, Base::Own, look);
        let is_page = |text: &&Text| text.path.last().is_some_and(|key| key == "start_url" || key == "url");
        add(values().filter(is_page), text, 0, How::Link, Timing::Never, Base::Own, look);
    } else if is_build_manifest {
        let is_file = |text: &&Text| {
            let path: Vec<&str> = text.path.iter().map(String::as_str).collect();
            matches!(path.as_slice(), [_, "file"] | [_, "css" | "assets", ""])
        };
        add(values().filter(is_file), text, 0, How::BuildManifest, Timing::Never, Base::Root, look);
        // Keys and imports name entries of the list, not files.
        for name in &texts {
            let path: Vec<&str> = name.path.iter().map(String::as_str).collect();
            let is_own = matches!((path.as_slice(), name.role), ([_], Role::Key))
                || matches!(path.as_slice(), [_, "src" | "name" | "imports" | "dynamicImports", ..]);
            if is_own {
                look.comments.push(name.span.clone());
            }
        }
    }
}

/// Adds the texts of data in a page that are written with escapes, to be looked through as they are meant.
pub(super) fn data(text: &str, look: &mut Look) {
    if let Some(texts) = texts(text) {
        escaped(&texts, text, look);
    }
}

fn escaped(texts: &[Text], text: &str, look: &mut Look) {
    let is_escaped = |own: &&Text| text[own.span.clone()].contains('\\');
    look.escaped.extend(texts.iter().filter(is_escaped).map(|own| own.value.clone()));
}

/// Adds what an import map in a page says, which begins at `offset` of its file.
pub(super) fn import_map(text: &str, offset: usize, look: &mut Look) {
    let Some(texts) = texts(text) else { return };
    for own in &texts {
        let path: Vec<&str> = own.path.iter().map(String::as_str).collect();
        let is_entry = matches!(path.as_slice(), ["imports", _] | ["scopes", _, _]);
        let is_integrity = matches!(path.as_slice(), ["integrity", _]);
        let is_address = |text: &str| text.starts_with(['.', '/']) || text.contains("://");
        match own.role {
            Role::Value if is_entry => {
                let name = path.last().copied().unwrap_or_default().to_owned();
                look.maps.push(Mapped { name, address: own.value.clone() });
            }
            Role::Key if (is_entry || is_integrity) && is_address(&own.value) => {}
            _ => continue,
        }
        // A folder is no file, and what lies in it is named where it is imported.
        if !own.value.ends_with('/') {
            add(std::iter::once(own), text, offset, How::ImportMap, Timing::Never, Base::Own, look);
        }
    }
}

fn add<'a>(
    texts: impl Iterator<Item = &'a Text>,
    text: &str,
    offset: usize,
    how: How,
    timing: Timing,
    base: Base,
    look: &mut Look,
) {
    for own in texts {
        let span = own.span.start + offset..own.span.end + offset;
        look.found.push(Found::new(&text[own.span.clone()], own.value.clone(), span, how, timing, base));
    }
}

/// What is open: an object with its last key, or a list.
enum Open {
    Object { key: Option<String> },
    List,
}

/// Every text of some JSON; `None` where it is none.
fn texts(text: &str) -> Option<Vec<Text>> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let bytes = text.as_bytes();
    let (mut texts, mut open, mut at) = (Vec::new(), Vec::<Open>::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' => open.push(Open::Object { key: None }),
            b'[' => open.push(Open::List),
            b'}' | b']' => _ = open.pop(),
            b',' => {
                if let Some(Open::Object { key }) = open.last_mut() {
                    *key = None;
                }
            }
            b'"' => {
                let start = at;
                while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let span = start..at;
                at += 1;
                let value: String = serde_json::from_str(&text[start - 1..at]).ok()?;
                let role = match open.last_mut() {
                    Some(Open::Object { key: key @ None }) => {
                        *key = Some(value.clone());
                        Role::Key
                    }
                    _ => Role::Value,
                };
                if open.len() > MOST_DEPTH {
                    return None;
                }
                let name = |open: &Open| match open {
                    Open::Object { key } => key.clone().unwrap_or_default(),
                    Open::List => String::new(),
                };
                // Deeper than a manifest is, nothing is asked for.
                let path = if open.len() <= 5 { open.iter().map(name).collect() } else { Vec::new() };
                texts.push(Text { path, value, span, role });
            }
            _ => {}
        }
    }
    Some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_in_data_are_found_where_they_stand() {
        let check = |path: &str, text: &str, expected: &[(&str, How)]| {
            let path = AssetPath::new(path).unwrap();
            let mut look = Look::default();
            super::look(text, &path, Kind::of(&path), &mut look);
            let found: Vec<(&str, How)> =
                look.found.iter().map(|found| (&text[found.span.clone()], found.how)).collect();
            assert_eq!(found, expected, "{text}");
        };
        check(
            "site.webmanifest",
            "{\"name\":\"x\",\"icons\":[{\"src\":\"a.png\"}],\"start_url\":\"\\/\"}",
            &[("a.png", How::Icon), ("\\/", How::Link)],
        );
        check(
            ".vite/manifest.json",
            "{\"_v-x.js\":{\"file\":\"assets/v-x.js\",\"css\":[\"assets/v.css\"],\"imports\":[\"_w-y.js\"]}}",
            &[("assets/v-x.js", How::BuildManifest), ("assets/v.css", How::BuildManifest)],
        );
        check("a.js.map", "{\"version\":3,\"file\":\"a.js\",\"sources\":[\"b.js\"]}", &[("a.js", How::SourceMap)]);
        check("data.json", "{\"file\":\"a.js\"}", &[]);
        check("manifest.json", "{", &[]);
    }

    #[test]
    fn an_import_map_says_names_and_addresses() {
        let text = "{\"imports\":{\"a\":\"./a.js\",\"d/\":\"./deep/\",\"./x.js\":\"/y.js\"},\"integrity\":{\"./a.js\":\"sha384-x\"}}";
        let mut look = Look::default();
        import_map(text, 0, &mut look);
        let found: Vec<&str> = look.found.iter().map(|found| &text[found.span.clone()]).collect();
        assert_eq!(found, ["./a.js", "./x.js", "/y.js", "./a.js"]);
        assert_eq!(look.maps.len(), 3);
        assert_eq!((look.maps[1].name.as_str(), look.maps[1].address.as_str()), ("d/", "./deep/"));
    }
}
