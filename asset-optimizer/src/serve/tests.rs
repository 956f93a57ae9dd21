//! What the tests of all languages share: a manifest of given names, and a site of it.

use super::*;
use crate::asset::ByteCount;
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
