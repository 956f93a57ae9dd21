//! What the tests of all languages share: a manifest of given names, and a site of it.

use super::*;
use crate::asset::{ByteCount, Delta, Digest};
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{Caching, media_type};

/// A manifest of source names and names; what has a hash in its name may be kept for ever.
pub(super) fn manifest(files: &[(&str, &str)]) -> Manifest {
    let path = |text: &str| AssetPath::new(text).unwrap();
    let mut files: Vec<File> = files
        .iter()
        .map(|(source, name)| File {
            source: path(source),
            name: path(name),
            label: None,
            media_type: media_type(&path(source)).to_owned(),
            bytes: ByteCount(1000),
            encoded: vec![(Encoding::Brotli, ByteCount(300)), (Encoding::Gzip, ByteCount(400))],
            deltas: Vec::new(),
            integrity: Integrity::of(Algorithm::Sha384, source.as_bytes()),
            caching: if name.contains("-k3v7qzn2aw") { Caching::Immutable } else { Caching::Revalidate },
            why_kept: None,
        })
        .collect();
    files.sort_by(|one, other| one.source.cmp(&other.source));
    Manifest { files, ..Manifest::default() }
}

/// A site whose first page has a `Link`.
pub(super) fn site(manifest: &Manifest) -> Site<'_> {
    let page = manifest.file(INDEX).map(|file| file.source.clone());
    let link = "</x.js>; rel=preload; as=script; integrity=\"sha384-x\"";
    Site {
        manifest,
        root: Root::default(),
        links: page.map(|page| (page, link.to_owned())).into_iter().collect(),
        dictionaries: false,
    }
}

/// One script that browsers with the release before get as a delta, and another one as old as that release.
fn with_deltas() -> Manifest {
    let mut manifest = manifest(&[("app.js", "app-k3v7qzn2aw.js"), ("b.js", "b-k3v7qzn2aw.js")]);
    let dictionary = Digest::of(b"before");
    let deltas = Delta::ALL.map(|delta| DeltaFile { delta, dictionary, bytes: ByteCount(50) });
    manifest.files[0].deltas = deltas.into();
    manifest
}

#[test]
fn who_has_the_release_before_gets_what_differs_and_caches_keep_that_apart() {
    let manifest = with_deltas();
    let site = site(&manifest);
    let before = base64(Digest::of(b"before").bytes());
    let names = manifest.files[0].deltas.iter().map(|delta| delta.name(&manifest.files[0].name));
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    for reader in [Reader::NginxMap, Reader::Caddy] {
        let text = configuration(&site, reader).text;
        // In a regular expression, what is no letter is escaped.
        let plain = text.replace("\\x2b", "+").replace("\\x3d", "=");
        assert!(plain.contains(&before) && names.iter().all(|name| plain.contains(name)), "{text}");
        let varies = |name: &str| {
            text.lines().any(|line| line.contains(name) && line.contains("Accept-Encoding, Available-Dictionary"))
        };
        assert!(varies("/app-k3v7qzn2aw.js") && !varies("/b-k3v7qzn2aw.js"), "{text}");
        // Both may be what a later release differs from.
        assert!(text.contains("/app-*.js") && text.contains("/b-*.js"), "{text}");
    }
    assert!(configuration(&site, Reader::Nginx).text.contains("Use-As-Dictionary $asset_dictionary;"));
}

#[test]
fn dictionaries_are_only_spoken_of_where_that_is_asked_for() {
    let manifest = manifest(&[("app.js", "app-k3v7qzn2aw.js")]);
    let plain = site(&manifest);
    let told = Site { dictionaries: true, ..site(&manifest) };
    for reader in [Reader::Nginx, Reader::NginxMap, Reader::Caddy] {
        let says = |site: &Site<'_>| configuration(site, reader).text.to_lowercase().contains("dictionary");
        assert!(says(&told) && !says(&plain));
    }
}

pub(super) fn check(reader: Reader, files: &[(&str, &str)], expected: &str) {
    let manifest = manifest(files);
    assert_eq!(configuration(&site(&manifest), reader).text, expected);
}

proptest::proptest! {
    #[test]
    fn whatever_a_file_is_called_each_language_has_as_many_lines(name in "[^/\\\\\0]{1,40}") {
        let Some(path) = AssetPath::new(&format!("x{name}")) else { return Ok(()) };
        let odd = manifest(&[(path.as_str(), path.as_str())]);
        let plain = manifest(&[("x.bin", "x.bin")]);
        for reader in [Reader::NginxMap, Reader::Caddy] {
            let lines = |manifest: &Manifest| configuration(&site(manifest), reader).text.lines().count();
            proptest::prop_assert_eq!(lines(&odd), lines(&plain));
        }
        let pattern = pattern(path.as_str());
        let marks = ['"', '\'', '`', '{', '}', '$', ';', ' ', '\n', '#'];
        proptest::prop_assert!(!pattern.contains(marks), "{}", pattern);
    }
}
