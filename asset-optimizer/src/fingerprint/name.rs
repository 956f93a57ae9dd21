//! Bytes and a name → the name with a hash of the bytes in it.

use crate::asset::{AssetPath, Digest};
use crate::graph::hashed;

/// How many letters of a hash a name gets, where that is enough: 50 bits.
const LETTERS: usize = 10;
/// How many it gets where two files would have one name.
const MORE_LETTERS: [usize; 3] = [16, 26, 51];
/// Letters that every file system and every address takes, in one case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The letters of a digest, five bits each.
fn letters(digest: &Digest, count: usize) -> String {
    let bit = |at: usize| digest.bytes()[at / 8] >> (7 - at % 8) & 1;
    let letter = |at: usize| (0..5).fold(0, |letter, offset| letter << 1 | bit(at * 5 + offset));
    (0..count).map(|at| char::from(ALPHABET[usize::from(letter(at))])).collect()
}

/// Whether a name may be that of this tool for a file that its build called so.
#[must_use]
pub fn is_ours(name: &AssetPath, source: &AssetPath) -> bool {
    std::iter::once(LETTERS).chain(MORE_LETTERS).any(|count| {
        let with = |letter: &str| with_letters(source, &letter.repeat(count));
        let (Some(one), Some(other)) = (with("a"), with("b")) else { return false };
        // Where these two differ, the letters stand.
        let both = one.as_str().bytes().zip(other.as_str().bytes());
        let is_same =
            |((one, other), own): ((u8, u8), u8)| if one == other { own == one } else { ALPHABET.contains(&own) };
        name.as_str().len() == one.as_str().len() && both.zip(name.as_str().bytes()).all(is_same)
    })
}

/// The name with these letters where its old hash stands, or before its extension.
fn with_letters(source: &AssetPath, letters: &str) -> Option<AssetPath> {
    let (path, name) = (source.as_str(), source.name());
    let folder = &path[..path.len() - name.len()];
    let made = match hashed::read(name) {
        Some(found) => format!("{folder}{}{letters}{}", &name[..found.hash.start], &name[found.hash.end..]),
        None => {
            let (stem, extension) = name.split_at(hashed::extension(name));
            format!("{folder}{stem}-{letters}{extension}")
        }
    };
    AssetPath::new(&made)
}

/// The name of a file with that source name and that digest; another one where `is_taken`.
pub(super) fn name(source: &AssetPath, digest: &Digest, is_taken: &dyn Fn(&AssetPath) -> bool) -> AssetPath {
    // Two files of the same bytes have the same letters, however many.
    let apart = Digest::of_parts(&[digest.bytes(), source.as_str().as_bytes()]);
    let tries = [(digest, LETTERS), (&apart, LETTERS)].into_iter().chain(MORE_LETTERS.map(|count| (&apart, count)));
    let mut names = tries.filter_map(|(digest, count)| with_letters(source, &letters(digest, count)));
    // Where even 255 bits are taken, the name stays.
    names.find(|name| !is_taken(name)).unwrap_or_else(|| source.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gets_letters_before_its_extension_or_for_its_old_hash() {
        let digest = Digest::of(b"abc");
        let check = |source: &str, expected: &str| {
            let made = name(&AssetPath::new(source).unwrap(), &digest, &|_| false);
            assert_eq!(made.as_str(), expected, "{source}");
        };
        // By `printf abc | sha256sum | xxd -r -p | base32`.
        check("a/app.js", "a/app-xj4bnp4pah.js");
        check("app-C3f_xK9a.js", "app-xj4bnp4pah.js");
        check("main.0a1b2c3d4e.chunk.js", "main.xj4bnp4pah.chunk.js");
        check("app.js.map", "app-xj4bnp4pah.js.map");
        check("LICENSE", "LICENSE-xj4bnp4pah");
        check(".hidden", ".hidden-xj4bnp4pah");
    }

    #[test]
    fn names_of_this_tool_are_told_from_others() {
        let check = |name: &str, source: &str, expected: bool| {
            let path = |text: &str| AssetPath::new(text).unwrap();
            assert_eq!(is_ours(&path(name), &path(source)), expected, "{name} {source}");
        };
        check("a/app-xj4bnp4pah.js", "a/app.js", true);
        check("app-xj4bnp4pah.js", "app-C3f_xK9a.js", true);
        check("app-xj4bnp4pah.js.map", "app.js.map", true);
        check("bpp-xj4bnp4pah.js", "app.js", false);
        check("app-XJ4BNP4PAH.js", "app.js", false);
        check("app-x.js", "app.js", false);
        check("app.js", "app.js", false);
    }

    #[test]
    fn two_files_never_get_one_name() {
        let (source, digest) = (AssetPath::new("app.js").unwrap(), Digest::of(b"abc"));
        let mut taken: Vec<AssetPath> = Vec::new();
        for _ in 0..5 {
            let made = name(&source, &digest, &|name| taken.contains(name));
            assert!(!taken.contains(&made));
            taken.push(made);
        }
        assert_eq!(taken[4].name().len(), "app-.js".len() + 51);
    }
}
