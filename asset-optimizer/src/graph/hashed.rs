//! Names that a build has put a hash of the bytes into.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::asset::{AssetPath, Kind};

/// The shortest hash that is looked for: that of Vite and Rollup.
pub(crate) const SHORTEST: usize = 8;
/// The longest one: SHA-256 in hexadecimal digits.
const LONGEST: usize = 64;
/// How often letters change their class in what is no word, at least. Arbitrary: `IMG_1234` and `Calendar` have two.
const MIN_CHANGES: usize = 3;

/// In how many names of a folder a hash must stand, at least.
const MIN_HASHED: usize = 3;

/// A name with a hash in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hashed {
    /// Where the hash stands.
    pub(crate) hash: Range<usize>,
}

/// The hash in a name, as Vite, Rollup, webpack, Parcel, esbuild and trunk write it: `app-C3f_xK9a.js`, `app.0a1b2c3d4e.js`.
pub(crate) fn read(name: &str) -> Option<Hashed> {
    // What stands behind the last dot is never a hash, and a map is called after its file.
    let stem = name.strip_suffix(".map").unwrap_or(name);
    let end = stem.rfind('.')?;
    let stem = &stem[..end];
    if let Some(hash) = last_eight(stem).filter(|hash| is_short_hash(&stem[hash.clone()])) {
        return Some(Hashed { hash });
    }
    let mut at = stem.len();
    for part in stem.rsplit(['.', '-', '_']) {
        let start = at - part.len();
        if is_hex_hash(part) {
            return Some(Hashed { hash: start..at });
        }
        at = start.saturating_sub(1);
    }
    None
}

/// The last eight letters, where they stand by themselves: esbuild writes eight of base 32, Rollup eight of base 64, where `-` and
/// `_` are letters, too.
fn last_eight(stem: &str) -> Option<Range<usize>> {
    let start = stem.len().checked_sub(SHORTEST).filter(|start| *start > 0 && stem.is_char_boundary(*start))?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (stem[..start].ends_with(['-', '.']) && stem[start..].bytes().all(is_letter)).then_some(start..stem.len())
}

/// The folder of a path, with its slash.
fn folder(path: &AssetPath) -> &str {
    &path.as_str()[..path.as_str().len() - path.name().len()]
}

/// Of which names it is certain that a hash is in them: words and ids look like hashes, too. So the names of at least three
/// scripts and style sheets in their folder must have one, and nine of ten, and one must have a digit in it.
pub(crate) fn certain(paths: &[AssetPath]) -> Vec<bool> {
    let mut folders: HashMap<&str, (usize, usize, bool)> = HashMap::new();
    for path in paths.iter().filter(|path| matches!(Kind::of(path), Kind::JavaScript | Kind::Css)) {
        let (all, hashed, has_digit) = folders.entry(folder(path)).or_default();
        *all += 1;
        if let Some(found) = read(path.name()) {
            *hashed += 1;
            *has_digit |= path.name()[found.hash].bytes().any(|letter| letter.is_ascii_digit() || letter == b'_');
        }
    }
    let is_certain = |path: &AssetPath| {
        let (all, hashed, has_digit) = folders.get(folder(path)).copied().unwrap_or_default();
        has_digit && hashed >= MIN_HASHED && hashed * 10 >= all * 9
    };
    paths.iter().map(|path| read(path.name()).is_some() && is_certain(path)).collect()
}

/// Each path with `*` in the place of the hash in its name; `None` where there is none.
///
/// What a file is called must not depend on what else a build has made, nor on how its hash looks: some hashes look like words.
/// So in a folder with scripts or style sheets whose names have one, any eight letters at the end of a name are one, too. Where
/// that is wrong, nothing is lost but a part of a name.
pub(crate) fn labels<'a>(paths: impl Iterator<Item = &'a AssetPath> + Clone) -> Vec<Option<String>> {
    let is_hashed =
        |path: &&AssetPath| matches!(Kind::of(path), Kind::JavaScript | Kind::Css) && read(path.name()).is_some();
    let folders: HashSet<&str> = paths.clone().filter(is_hashed).map(folder).collect();
    let label = |path: &AssetPath| {
        let (folder, name) = (folder(path), path.name());
        let hash = match read(name) {
            Some(found) => found.hash,
            None if folders.contains(folder) => last_eight(&name[..extension(name)])?,
            None => return None,
        };
        Some(format!("{folder}{}*{}", &name[..hash.start], &name[hash.end..]))
    };
    paths.map(label).collect()
}

/// Where that part of a name begins which changes when the file gets a new one: the old hash, or the extension.
pub(crate) fn cut(name: &str) -> usize {
    read(name).map_or_else(|| extension(name), |found| found.hash.start)
}

/// Where the extension of a name begins, with that of a map's file.
pub(crate) fn extension(name: &str) -> usize {
    let stem = name.strip_suffix(".map").unwrap_or(name);
    stem.rfind('.').filter(|at| *at > 0).unwrap_or(stem.len())
}

/// Whether eight letters are a hash in base 64 or 32, and no word or number.
fn is_short_hash(text: &str) -> bool {
    let count = |is_it: fn(&u8) -> bool| text.bytes().filter(is_it).count();
    let (upper, lower, digits) =
        (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase), count(u8::is_ascii_digit));
    let is_mixed = upper > 0 && lower > 0 || upper > 0 && digits > 0 && upper + digits == text.len();
    is_mixed && changes(text) >= MIN_CHANGES || is_hex_hash(text)
}

fn is_hex_hash(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (SHORTEST..=LONGEST).contains(&text.len())
        && text.bytes().all(is_hex)
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && changes(text) >= MIN_CHANGES - 1
}

/// How often the next letter is of another class: upper case, lower case, digit, mark.
fn changes(text: &str) -> usize {
    let class = |byte: &u8| match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    text.as_bytes().windows(2).filter(|pair| class(&pair[0]) != class(&pair[1])).count()
}

/// The parts of a run of letters that may be the hash of a name.
pub(crate) fn pieces(run: &str) -> impl Iterator<Item = &str> {
    let stem = run.rsplit_once('.').map_or(run, |(stem, _)| stem);
    let ends = [Some(run), run.get(..SHORTEST), tail(run), tail(stem)];
    ends.into_iter().flatten().chain(run.split(['.', '-', '_', '~', '@', '+']).filter(|part| part.len() >= SHORTEST))
}

fn tail(text: &str) -> Option<&str> {
    text.get(text.len().checked_sub(SHORTEST)?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_the_same_from_build_to_build() {
        let check = |paths: &[&str], expected: &[Option<&str>]| {
            let paths: Vec<AssetPath> = paths.iter().map(|path| AssetPath::new(path).unwrap()).collect();
            let found = labels(paths.iter());
            assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
        };
        check(
            &["a/index-C3f_xK9a.js", "a/logo-abcdefgh.svg", "b/some-elements.js"],
            &[Some("a/index-*.js"), Some("a/logo-*.svg"), None],
        );
        check(&["index-k3vqqzna.js", "app-C3f_xK9a.css.map"], &[None, Some("app-*.css.map")]);
        check(&["index-k3vqqzna.js", "app-C3f_xK9a.css"], &[Some("index-*.js"), Some("app-*.css")]);
        check(&["ü-C3f_xK9a.js", "ü-üüüü.js", "robots.txt"], &[Some("ü-*.js"), None, None]);
    }

    #[test]
    fn hashes_are_told_from_words_and_numbers() {
        let check = |name: &str, hash: Option<&str>| {
            assert_eq!(read(name).map(|found| &name[found.hash]), hash, "{name}");
        };
        check("index-C3f_xK9a.js", Some("C3f_xK9a"));
        check("index-Dk2-a_Zx.css", Some("Dk2-a_Zx"));
        check("app-5QWX2ABC.js", Some("5QWX2ABC"));
        check("main.0a1b2c3d4e.chunk.js", Some("0a1b2c3d4e"));
        check("app-3f2a1b9c8d7e6f50_bg.wasm", Some("3f2a1b9c8d7e6f50"));
        check("0a1b2c3d4e5f60718293.js", Some("0a1b2c3d4e5f60718293"));
        check("index-C3f_xK9a.js.map", Some("C3f_xK9a"));
        for name in [
            "app.js",
            "bootstrap-reboot.css",
            "some-elements.js",
            "photo-20240101.jpg",
            "photo-IMG_1234.jpg",
            "page-Calendar.js",
            "logo-1024x768.png",
            "a-deadbeef.js",
            "index",
            "three.module.js",
            "ü-xüüü.js",
        ] {
            check(name, None);
        }
    }

    #[test]
    fn one_name_alone_proves_no_hash() {
        let check = |names: &[&str], expected: &[bool]| {
            let paths: Vec<AssetPath> = names.iter().map(|name| AssetPath::new(name).unwrap()).collect();
            assert_eq!(certain(&paths), expected, "{names:?}");
        };
        check(&["f/Inter-SemiBold.woff2", "f/icon-LinkedIn.svg"], &[false, false]);
        check(&["a/x-C3f_xK9a.js", "a/y-Dk2-a_Zx.js", "a/z-SemiBold.css", "a/i-LinkedIn.svg"], &[true; 4]);
        check(&["a/x-C3f_xK9a.js", "a/y-Dk2-a_Zx.js", "a/z.css"], &[false; 3]);
        check(&["a/x-SemiBold.js", "a/y-LinkedIn.js", "a/z-SemiBolD.js"], &[false; 3]);
    }
}
