//! What whole folders are called afterwards.

use std::collections::BTreeMap;

use super::*;
use crate::asset::Kind;
use crate::glob::Glob;
use crate::graph::{Files, Sight, join};
use crate::transform::Loading;

/// A folder after its files were named: their names, and their texts.
struct Folder {
    named: Named,
    texts: Vec<String>,
}

impl Folder {
    fn of(
        all: &[(&str, &str)],
        wishes: &Wishes,
        source: &dyn Fn(&AssetPath) -> Option<AssetPath>,
        bytes: Bytes,
    ) -> Folder {
        let mut all: Vec<(AssetPath, &str)> =
            all.iter().map(|(path, text)| (AssetPath::new(path).unwrap(), *text)).collect();
        all.sort();
        let files = Files::of(all.iter().map(|(path, _)| (path.clone(), Kind::of(path))).collect(), source);
        let look = |(at, (_, text)): (usize, &(AssetPath, &str))| files.look(at, Loading::Unknown, text.as_bytes());
        let sights: Vec<Sight> = all.iter().enumerate().map(look).collect();
        let graph = join(&files, &sights, None, &BTreeMap::new());
        let given: Vec<Given> = all
            .iter()
            .map(|(path, text)| Given { digest: Digest::of(text.as_bytes()), bytes, source: source(path), said: None })
            .collect();
        let named = name(&graph, &given, wishes, &|file| Ok(all[file].1.as_bytes().to_vec())).unwrap();
        let text = |file: usize| edited(all[file].1.as_bytes(), &named.edits(&graph, file));
        let texts = (0..all.len()).map(|file| String::from_utf8(text(file)).unwrap()).collect();
        Folder { named, texts }
    }

    fn at(&self, source: &str) -> usize {
        self.named.files.iter().position(|file| file.source.as_str() == source).unwrap()
    }

    fn name(&self, source: &str) -> &str {
        self.named.files[self.at(source)].name.as_str()
    }

    fn text(&self, source: &str) -> &str {
        &self.texts[self.at(source)]
    }
}

fn named(all: &[(&str, &str)]) -> Folder {
    Folder::of(all, &Wishes::default(), &|_| None, Bytes::Changed)
}

#[test]
fn a_name_has_the_hash_of_what_is_served() {
    let folder = named(&[
        ("index.html", "<script src='a.js?v=1#x'></script>"),
        ("a.js", "fetch('data/b.json')"),
        ("data/b.json", "{}"),
    ]);
    let b = folder.name("data/b.json");
    // By `printf '{}' | sha256sum | xxd -r -p | base32`.
    assert_eq!(b, "data/b-iqjw7i2vwn.json");
    assert_eq!(folder.text("a.js"), format!("fetch('{b}')"));
    let a = folder.name("a.js");
    assert_eq!(folder.text("index.html"), format!("<script src='{a}?v=1#x'></script>"));
    // Another file below changes the names above, and nothing else does.
    let other = named(&[
        ("index.html", "<script src='a.js?v=1#x'></script>"),
        ("a.js", "fetch('data/b.json')"),
        ("data/b.json", "[]"),
    ]);
    assert_ne!((a, b), (other.name("a.js"), other.name("data/b.json")));
    assert!(!a.contains("HASH") && a.starts_with("a-") && a.len() == "a-.js".len() + 10);
}

#[test]
fn files_that_refer_to_each_other_are_named_together() {
    let all = |c: &str| {
        let c = c.to_owned();
        named(&[
            ("index.html", "<script type=module src=a.js></script>"),
            ("a.js", "import('./b.js')"),
            ("b.js", "import './c.js';import('./a.js')"),
            ("c.js", &c),
        ])
    };
    let (one, other) = (all("1"), all("2"));
    for source in ["a.js", "b.js", "c.js"] {
        assert_ne!(one.name(source), source);
        assert_ne!(one.name(source), other.name(source), "a change below is seen by all that lead to it");
    }
    assert_eq!(one.text("a.js"), format!("import('./{}')", one.name("b.js")));
    assert_eq!(one.text("b.js"), format!("import './{}';import('./{}')", one.name("c.js"), one.name("a.js")));
}

#[test]
fn what_was_named_keeps_its_names() {
    let sources = [
        ("index.html", "<script type=module src=a.js></script><img src=p-C3f_xK9a.png>"),
        ("a.js", "import('./b.js')\n//# sourceMappingURL=a.js.map"),
        ("a.js.map", "{\"version\":3,\"file\":\"a.js\",\"sources\":[\"a.js\"]}"),
        ("b.js", "import('./a.js')"),
        ("p-C3f_xK9a.png", "png"),
    ];
    let first = named(&sources);
    let renamed: Vec<(String, String)> =
        first.named.files.iter().zip(&first.texts).map(|(file, text)| (file.name.to_string(), text.clone())).collect();
    let again: Vec<(&str, &str)> = renamed.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let source =
        |path: &AssetPath| first.named.files.iter().find(|file| file.name == *path).map(|file| file.source.clone());
    let second = Folder::of(&again, &Wishes::default(), &source, Bytes::AsBuilt);
    for file in &second.named.files {
        assert_eq!(file.name.as_str(), first.name(file.source.as_str()));
        assert_eq!(second.text(file.source.as_str()), first.text(file.source.as_str()));
    }
}

#[test]
fn maps_are_called_after_their_files() {
    let folder = named(&[
        ("index.html", "<script src=a.js></script><script src=b.js></script>"),
        ("a.js", "a()\n//# sourceMappingURL=a.js.map"),
        ("a.js.map", "{\"version\":3,\"file\":\"a.js\",\"sources\":[\"a.js\"],\"mappings\":\"\"}"),
        ("b.js", "b()"),
        ("b.js.map", "{\"version\":3}"),
    ]);
    let a = folder.name("a.js").to_owned();
    assert_eq!(folder.name("a.js.map"), format!("{a}.map"));
    assert_eq!(folder.text("a.js"), format!("a()\n//# sourceMappingURL={a}.map"));
    assert!(folder.text("a.js.map").starts_with(&format!("{{\"version\":3,\"file\":\"{a}\",\"sources\":[\"a.js\"]")));
    assert_eq!(folder.name("b.js.map"), format!("{}.map", folder.name("b.js")));
}

#[test]
fn what_may_not_be_renamed_says_why() {
    let wishes = Wishes { keep: vec![Glob::new("*.svg").unwrap()], ..Wishes::default() };
    let all = [
        (
            "index.html",
            "<script src=a.js></script><img src=b.svg><link rel=manifest href=m.webmanifest><img src=p/p-C3f_xK9a.png><img src=p/q-C3f_xK9b.png>",
        ),
        ("a.js", "navigator.serviceWorker.register('worker.js');x='q-C3f_xK9b.png'"),
        ("alone.js", ""),
        ("b.svg", "<svg/>"),
        ("m.webmanifest", "{}"),
        ("p/p-C3f_xK9a.png", "p"),
        ("p/q-C3f_xK9b.png", "q"),
        // One name alone proves no hash.
        ("p/x-C3f_xK9a.css", ""),
        ("p/y-Dk2-a_Zx.css", ""),
        ("p/z-B3f_xK9d.css", ""),
        ("robots.txt", ""),
        ("worker.js", ""),
    ];
    let told = |bytes: Bytes| {
        let folder = Folder::of(&all, &wishes, &|_| None, bytes);
        let kept = folder
            .named
            .files
            .into_iter()
            .filter_map(|file| Some(format!("{} {}: {}", file.source, file.caching.name(), file.why_kept?)));
        kept.collect::<Vec<_>>()
    };
    let common = [
        "alone.js revalidate: nobody in the folder refers to it",
        "b.svg revalidate: `--keep *.svg` names it",
        "index.html revalidate: it is a page",
        "m.webmanifest revalidate: browsers know an installed application by the name of its manifest",
    ];
    let behind = [
        "robots.txt revalidate: crawlers ask for it by this name",
        "worker.js revalidate: browsers know a service worker by its name",
    ];
    let as_built = [
        "p/p-C3f_xK9a.png immutable: its name has a hash of its bytes, which did not change",
        "p/q-C3f_xK9b.png immutable: `a.js` names it in a way that is not understood",
        "p/x-C3f_xK9a.css immutable: nobody in the folder refers to it",
        "p/y-Dk2-a_Zx.css immutable: nobody in the folder refers to it",
        "p/z-B3f_xK9d.css immutable: nobody in the folder refers to it",
    ];
    // With other bytes, the one that may be renamed is.
    let changed = [
        "p/q-C3f_xK9b.png revalidate: `a.js` names it in a way that is not understood; the hash in its name is of other bytes",
        "p/x-C3f_xK9a.css revalidate: nobody in the folder refers to it; the hash in its name is of other bytes",
        "p/y-Dk2-a_Zx.css revalidate: nobody in the folder refers to it; the hash in its name is of other bytes",
        "p/z-B3f_xK9d.css revalidate: nobody in the folder refers to it; the hash in its name is of other bytes",
    ];
    let expected = |between: &[&'static str]| [&common, between, &behind].concat();
    assert_eq!(told(Bytes::AsBuilt), [&["a.js immutable: x"][..0], &expected(&as_built)].concat());
    assert_eq!(told(Bytes::Changed), expected(&changed));
}

#[test]
fn two_files_of_the_same_bytes_get_two_names() {
    let folder = named(&[
        ("index.html", "<img src=a-C3f_xK9a.png><img src=a-C3f_xK9b.png><img src=c.png><img src=d/c.png>"),
        ("a-C3f_xK9a.png", "x"),
        ("a-C3f_xK9b.png", "x"),
        ("c.png", "x"),
        ("d/c.png", "x"),
    ]);
    let names: BTreeSet<&AssetPath> = folder.named.files.iter().map(|file| &file.name).collect();
    assert_eq!(names.len(), 5);
    assert_eq!(folder.named.coverage(), Coverage { proven: 4, files: 4 });
}

#[test]
fn a_name_that_is_taken_is_not_given_again() {
    let taken = named(&[("index.html", "<img src=c.png>"), ("c.png", "x")]).name("c.png").to_owned();
    let page = format!("<img src=c.png><img src={taken}>");
    let folder = named(&[("index.html", &page), ("c.png", "x"), (&taken, "y")]);
    assert_ne!(folder.name("c.png"), taken);
    assert_ne!(folder.name("c.png"), folder.name(&taken));
}
