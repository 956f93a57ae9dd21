//! Which files stay for the digests that are held of them, and which pages get new ones.

use super::*;
use crate::asset::ByteCount;

fn digest(algorithm: Algorithm, text: &str) -> String {
    Integrity::of(algorithm, text.as_bytes()).to_string()
}

/// The seals of a folder with `a.js` and `b.js`, of which `A`, `AA` and `B` in the other files' texts are digests.
fn sealed(files: &[(&str, &str)]) -> Seals {
    let fill = |text: &str| {
        text.replace("<AA>", &digest(Algorithm::Sha512, "a()"))
            .replace("<A>", &digest(Algorithm::Sha384, "a()"))
            .replace("<B>", &digest(Algorithm::Sha384, "b()"))
    };
    let mut all = vec![("a.js", "a()".to_owned()), ("b.js", "b()".to_owned())];
    all.extend(files.iter().map(|(name, text)| (*name, fill(text))));
    let mut met = Met::default();
    let mut assets = Vec::new();
    for (name, text) in &all {
        let path = AssetPath::new(name).unwrap();
        let asset = Asset { kind: Kind::of(&path), path, bytes: ByteCount::of(text.as_bytes()) };
        if may_hold(&asset) {
            met.look(&asset, text);
        }
        assets.push(asset);
    }
    let read = |path: &AssetPath| {
        all.iter().find(|(name, _)| *name == path.as_str()).map(|(_, text)| text.as_bytes().to_vec())
    };
    seals(met, &assets, &|path| path.name().starts_with("out").then(|| "`--exclude` names it".to_owned()), &read)
}

/// Checks which files stay, with a part of the reason, and which file a page gets a new digest of.
fn check(files: &[(&str, &str)], kept: &[(&str, &str)], renewed: &[(&str, &str)]) {
    let seals = sealed(files);
    assert_eq!(
        seals.kept.keys().map(AssetPath::as_str).collect::<Vec<_>>(),
        kept.iter().map(|(path, _)| *path).collect::<Vec<_>>(),
        "{files:?}: {seals:?}"
    );
    for ((_, why), (_, part)) in seals.kept.iter().zip(kept) {
        assert!(why.contains(part), "{files:?}: {why}");
    }
    let pairs = seals.pages.iter().flat_map(|(page, files)| files.iter().map(|file| (page.as_str(), file.as_str())));
    assert_eq!(pairs.collect::<Vec<_>>(), renewed, "{files:?}");
}

#[cfg(feature = "html")]
#[test]
fn a_page_gets_the_new_digest_of_its_file() {
    let script = "<script src=a.js integrity=<A>></script>";
    check(&[("index.html", script)], &[], &[("index.html", "a.js")]);
    check(&[("index.html", "<script src=a.js integrity='<A> <AA>'></script>")], &[], &[("index.html", "a.js")]);
    check(
        &[("deep/index.html", "<base href=../><link rel=modulepreload href=a.js integrity=<A>>")],
        &[],
        &[("deep/index.html", "a.js")],
    );
    let map = "<script type=importmap>{\"integrity\":{\"/a.js\":\"<A>\"}}</script>";
    check(&[("index.html", map)], &[], &[("index.html", "a.js")]);
    check(&[("index.html", "<script src=a.js integrity=''></script>")], &[], &[]);
}

#[cfg(feature = "html")]
#[test]
fn a_wrong_digest_keeps_its_file_and_is_said() {
    let files = [("index.html", "<script src=a.js integrity=<B>></script>")];
    check(&files, &[("a.js", "wrong digest")], &[]);
    assert_eq!(sealed(&files).remarks, ["`index.html` holds a wrong digest of `a.js`, which browsers refuse"]);
    check(&[("index.html", "<script src=a.js integrity=sha384-AAAA></script>")], &[("a.js", "wrong digest")], &[]);
    // Of several algorithms, the strongest is asked.
    let other = digest(Algorithm::Sha512, "other");
    check(&[("index.html", &format!("<script src=a.js integrity='<A> {other}'></script>"))], &[("a.js", "wrong")], &[]);
}

#[test]
fn a_digest_that_nobody_rewrites_keeps_its_file() {
    for (name, text) in [
        ("main.js", "x={1:\"<A>\"}"),
        ("sw-assets.json", "[\"<A>\"]"),
        ("site.webmanifest", "{\"x\":\"<A>\"}"),
        ("_headers", "/*\n  Link: </a.js>; integrity=\"<A>\""),
    ] {
        check(&[(name, text)], &[("a.js", &format!("`{name}` holds its digest"))], &[]);
    }
    check(&[("ngsw.json", "{\"hashTable\":{\"/b.js\":\"0123\"}}")], &[("b.js", "`ngsw.json` holds its digest")], &[]);
    assert!(
        sealed(&[("_headers", "script-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='")]).hashes.len() == 1
    );
}

#[cfg(feature = "html")]
#[test]
fn a_page_that_stays_keeps_its_files() {
    let script = "<script src=a.js integrity=<A>></script>";
    check(&[("out.html", script)], &[("a.js", "stays as it is: `--exclude` names it")], &[]);
    check(&[("index.html", &format!("{script}{{% x %}}"))], &[("a.js", "template of another engine")], &[]);
    check(&[("index.html", &format!("{script}<!-- open"))], &[("a.js", "a comment is not closed")], &[]);
    let map = format!("{{\"integrity\":{{\"/a.js\":\"{}\"}}}}", digest(Algorithm::Sha384, "a()"));
    let header = digest(Algorithm::Sha256, &map);
    let page = format!("<script type=importmap>{map}</script>");
    check(&[("_headers", &header), ("index.html", &page)], &[("a.js", "held outside of it")], &[]);
    // One page can, the other cannot.
    check(&[("index.html", script), ("out.html", script)], &[("a.js", "`out.html`")], &[("index.html", "a.js")]);
}

#[cfg(feature = "html")]
#[test]
fn a_digest_at_another_place_of_a_page_keeps_its_file() {
    for (text, why) in [
        (
            "<script src=https://cdn.example/a.js integrity=<A>></script>",
            "under the address `https://cdn.example/a.js`",
        ),
        ("<script>load('a.js', '<A>')</script>", "not rewritten"),
        ("<!--[if IE]><script src=a.js integrity=<A>></script><![endif]-->", "not rewritten"),
        ("<meta http-equiv=content-security-policy content=\"script-src '<A>'\">", "not rewritten"),
    ] {
        check(&[("index.html", text)], &[("a.js", why)], &[]);
    }
}

#[cfg(feature = "html")]
#[test]
fn new_digests_are_those_of_the_new_files() {
    let (page, script) = (AssetPath::new("index.html").unwrap(), AssetPath::new("a.js").unwrap());
    let text = |one: &str| format!("<script src=a.js integrity='{}'></script>", digest(Algorithm::Sha384, one));
    let made = Made::default();
    made.note(&script, b"old", b"new");
    assert_eq!(made.resealed(&page, &text("old"), std::slice::from_ref(&script)), Ok(text("new")));
    let said = made.resealed(&page, &text("changed"), &[script]).unwrap_err();
    assert!(said.contains("is not what it was"), "{said}");
}
