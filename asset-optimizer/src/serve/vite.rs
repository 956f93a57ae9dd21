//! For backends that read the manifest that Vite writes (`.vite/manifest.json`): source names, and what goes with each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::asset::AssetPath;
use crate::manifest::{File, Load, Loads, Manifest, Role};

/// One file, as Vite calls what it says of it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    file: &'a str,
    src: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_entry: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_dynamic_entry: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    imports: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dynamic_imports: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    css: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assets: Vec<&'a str>,
}

/// The list. Pages are not in it, because a backend makes its own.
///
/// An entry is what a page loads by a tag of its own. It has all that it imports, also by way of other modules, and all that it
/// may import later. So these have no imports of their own here, and no reader goes around in circles with scripts that import
/// each other. Its style sheets are those of every page that loads it.
pub(super) fn render(manifest: &Manifest) -> String {
    let lists = Lists::of(manifest);
    let pages: BTreeSet<&AssetPath> = manifest.pages.iter().map(|page| &page.file).collect();
    let files = manifest.files.iter().filter(|file| !pages.contains(&file.source));
    let chunks: BTreeMap<&str, Chunk<'_>> = files.map(|file| (file.source.as_str(), lists.chunk(file))).collect();
    serde_json::to_string_pretty(&chunks).unwrap_or_default() + "\n"
}

struct Lists<'a> {
    manifest: &'a Manifest,
    entries: BTreeMap<&'a AssetPath, &'a Loads>,
    /// The style sheets that every page of an entry loads.
    styles: BTreeMap<&'a AssetPath, Vec<&'a AssetPath>>,
    /// The style sheets that a page loads.
    sheets: BTreeSet<&'a AssetPath>,
    /// The modules that are imported later.
    dynamic: BTreeSet<&'a AssetPath>,
}

impl<'a> Lists<'a> {
    fn of(manifest: &'a Manifest) -> Lists<'a> {
        let entries: BTreeMap<&AssetPath, &Loads> = manifest.entries.iter().map(|entry| (&entry.file, entry)).collect();
        let is_named = |load: &&Load| load.round_trip == 2;
        let mut styles: BTreeMap<&AssetPath, Vec<&AssetPath>> = BTreeMap::new();
        let mut sheets = BTreeSet::new();
        for page in &manifest.pages {
            let own: Vec<&AssetPath> = of(&page.now, Role::Style).filter(is_named).map(|load| &load.file).collect();
            sheets.extend(own.iter().copied());
            for load in page.now.iter().filter(|load| entries.contains_key(&load.file)) {
                match styles.get_mut(&load.file) {
                    Some(common) => common.retain(|style| own.contains(style)),
                    None => _ = styles.insert(&load.file, own.clone()),
                }
            }
        }
        let later = manifest.entries.iter().flat_map(|entry| of(&entry.later, Role::Module));
        Lists { manifest, entries, styles, sheets, dynamic: later.map(|load| &load.file).collect() }
    }

    fn chunk(&self, file: &'a File) -> Chunk<'a> {
        let mut chunk = Chunk { file: file.name.as_str(), src: file.source.as_str(), ..Chunk::default() };
        chunk.is_dynamic_entry = self.dynamic.contains(&file.source);
        chunk.is_entry = self.sheets.contains(&file.source);
        let Some(entry) = self.entries.get(&file.source) else { return chunk };
        chunk.is_entry = true;
        let now = || entry.now.iter().filter(|load| load.file != entry.file);
        let is_code = |role: Role| matches!(role, Role::Script | Role::Module);
        chunk.imports = now().filter(|load| is_code(load.role)).map(|load| load.file.as_str()).collect();
        chunk.dynamic_imports = of(&entry.later, Role::Module).map(|load| load.file.as_str()).collect();
        let styles = self.styles.get(&file.source).into_iter().flatten().copied();
        let styles = styles.chain(of(&entry.now, Role::Style).map(|load| &load.file));
        chunk.css = self.names(styles);
        let is_asset = |load: &&Load| !is_code(load.role) && !matches!(load.role, Role::Style | Role::Document);
        chunk.assets = self.names(now().filter(is_asset).map(|load| &load.file));
        chunk
    }

    /// What files are served as, each once, in their order.
    fn names(&self, files: impl Iterator<Item = &'a AssetPath>) -> Vec<&'a str> {
        let mut seen = BTreeSet::new();
        let files = files.filter(|file| seen.insert(*file));
        files.filter_map(|file| Some(self.manifest.file(file.as_str())?.name.as_str())).collect()
    }
}

fn of(loads: &[Load], role: Role) -> impl Iterator<Item = &Load> {
    loads.iter().filter(move |load| load.role == role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::tests::manifest;

    #[test]
    fn entries_have_what_goes_with_them() {
        let mut manifest = manifest(&[
            ("index.html", "index.html"),
            ("other.html", "other.html"),
            ("app.js", "app-k3v7qzn2aw.js"),
            ("dep.js", "dep-k3v7qzn2aw.js"),
            ("lazy.js", "lazy-k3v7qzn2aw.js"),
            ("app.css", "app-k3v7qzn2aw.css"),
            ("home.css", "home-k3v7qzn2aw.css"),
            ("a.wasm", "a-k3v7qzn2aw.wasm"),
        ]);
        let load = |file: &str, role: Role, round_trip: u32| Load {
            file: AssetPath::new(file).unwrap(),
            role,
            round_trip,
            hint: None,
        };
        let loads = |file: &str, now: Vec<Load>, later: Vec<Load>| Loads {
            file: AssetPath::new(file).unwrap(),
            round_trips: 2,
            now,
            later,
            is_later_cut: false,
        };
        let page = |file: &str, style: &str| {
            let now = vec![
                load(file, Role::Document, 1),
                load("app.css", Role::Style, 2),
                load(style, Role::Style, 2),
                load("app.js", Role::Module, 2),
            ];
            loads(file, now, Vec::new())
        };
        manifest.pages = vec![page("index.html", "home.css"), page("other.html", "app.css")];
        manifest.entries = vec![loads(
            "app.js",
            vec![load("app.js", Role::Module, 1), load("dep.js", Role::Module, 2), load("a.wasm", Role::Fetch, 2)],
            vec![load("lazy.js", Role::Module, 2)],
        )];
        assert_eq!(
            render(&manifest),
            r#"{
  "a.wasm": {
    "file": "a-k3v7qzn2aw.wasm",
    "src": "a.wasm"
  },
  "app.css": {
    "file": "app-k3v7qzn2aw.css",
    "src": "app.css",
    "isEntry": true
  },
  "app.js": {
    "file": "app-k3v7qzn2aw.js",
    "src": "app.js",
    "isEntry": true,
    "imports": [
      "dep.js"
    ],
    "dynamicImports": [
      "lazy.js"
    ],
    "css": [
      "app-k3v7qzn2aw.css"
    ],
    "assets": [
      "a-k3v7qzn2aw.wasm"
    ]
  },
  "dep.js": {
    "file": "dep-k3v7qzn2aw.js",
    "src": "dep.js"
  },
  "home.css": {
    "file": "home-k3v7qzn2aw.css",
    "src": "home.css",
    "isEntry": true
  },
  "lazy.js": {
    "file": "lazy-k3v7qzn2aw.js",
    "src": "lazy.js",
    "isDynamicEntry": true
  }
}
"#
        );
    }
}
