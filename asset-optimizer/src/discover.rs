//! A folder → what lies in it: assets, what an earlier tool compressed, and what cannot be taken along.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::asset::{AssetPath, ByteCount, Encoding, Kind};
use crate::error::Result;
use crate::sys::tree::{What, walk};

/// An asset as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Where it lies.
    pub path: AssetPath,
    /// What it is.
    pub kind: Kind,
    /// What it weighs.
    pub bytes: ByteCount,
}

/// A file that somebody compressed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Where it lies.
    pub path: AssetPath,
    /// The file that it should be of.
    pub of: AssetPath,
    /// How it is compressed, by its name.
    pub encoding: Encoding,
}

/// Everything in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The assets, by their paths.
    pub assets: Vec<Asset>,
    /// Compressed files beside the file that they are of.
    pub variants: Vec<Variant>,
    /// Regular files whose names are not UTF-8 or hold a backslash: copied, and not looked into.
    pub unnamable: Vec<PathBuf>,
    /// What is left out, and why.
    pub left_out: Vec<(PathBuf, String)>,
    /// What a person should know about names.
    pub remarks: Vec<String>,
}

/// Looks through a folder.
///
/// # Errors
/// Where the folder is none, or a part of it cannot be listed.
pub fn discover(root: &Path) -> Result<Found> {
    let mut found = Found::default();
    for entry in walk(root)? {
        match entry.what {
            What::Strange(why) => found.left_out.push((entry.relative, why)),
            What::File(length) => match asset_path(&entry.relative) {
                Some(path) => {
                    found.assets.push(Asset { kind: Kind::of(&path), path, bytes: ByteCount(length) });
                }
                None => found.unnamable.push(entry.relative),
            },
        }
    }
    found.assets.sort_by(|one, other| one.path.cmp(&other.path));
    found.variants = take_variants(&mut found.assets);
    found.remarks = twins(&found.assets);
    Ok(found)
}

fn asset_path(relative: &Path) -> Option<AssetPath> {
    let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
    AssetPath::new(&parts?.join("/"))
}

/// Takes the compressed files out whose originals are there.
fn take_variants(assets: &mut Vec<Asset>) -> Vec<Variant> {
    let all: BTreeSet<AssetPath> = assets.iter().map(|asset| asset.path.clone()).collect();
    let variant = |path: &AssetPath| {
        Encoding::ALL.iter().find_map(|&encoding| {
            let of = path.without_suffix(encoding.suffix()).filter(|of| all.contains(of))?;
            Some(Variant { path: path.clone(), of, encoding })
        })
    };
    let variants: Vec<Variant> = assets.iter().filter_map(|asset| variant(&asset.path)).collect();
    assets.retain(|asset| variant(&asset.path).is_none());
    variants
}

/// Names that are one on a file system that folds case, or that writes an accent in one way only.
fn twins(assets: &[Asset]) -> Vec<String> {
    let normal = ComposingNormalizerBorrowed::new_nfc();
    let mut folded: BTreeMap<String, &AssetPath> = BTreeMap::new();
    let mut remarks = Vec::new();
    for asset in assets {
        let path = asset.path.as_str();
        if let Some(other) = folded.insert(normal.normalize(&path.to_lowercase()).into_owned(), &asset.path) {
            let same = normal.normalize(path) == normal.normalize(other.as_str());
            // These two look alike, so their letters are spelt out.
            remarks.push(match same {
                true => {
                    format!("`{}` and `{}` are one file where names are normalized", spelt(other.as_str()), spelt(path))
                }
                false => format!("`{other}` and `{path}` are one file where case does not matter"),
            });
        }
    }
    remarks
}

/// A name with every letter beyond ASCII by its number.
fn spelt(path: &str) -> String {
    path.chars().map(|c| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files::{scratch, write};

    #[test]
    fn assets_and_what_was_compressed_before_are_told_apart() {
        let place = scratch("discover").unwrap();
        for name in ["b/app.js", "b/app.js.br", "b/app.js.gz", "lone.css.br", "A.txt", "a.txt"] {
            write(&place.path().join(name), b"x").unwrap();
        }
        let found = discover(place.path()).unwrap();
        let paths: Vec<&str> = found.assets.iter().map(|asset| asset.path.as_str()).collect();
        assert_eq!(paths, ["A.txt", "a.txt", "b/app.js", "lone.css.br"]);
        let variants: Vec<&str> = found.variants.iter().map(|variant| variant.path.as_str()).collect();
        assert_eq!(variants, ["b/app.js.br", "b/app.js.gz"]);
        assert_eq!(found.remarks, ["`A.txt` and `a.txt` are one file where case does not matter"]);
    }

    #[test]
    fn names_that_look_alike_are_told_apart() {
        let asset = |path: &str| {
            let path = AssetPath::new(path).unwrap();
            Asset { kind: Kind::of(&path), path, bytes: ByteCount(1) }
        };
        let remarks = twins(&[asset("e\u{301}.js"), asset("e.js"), asset("\u{e9}.js")]);
        assert_eq!(remarks, ["`e\\u{301}.js` and `\\u{e9}.js` are one file where names are normalized"]);
        let remarks = twins(&[asset("E\u{301}.js"), asset("\u{e9}.js")]);
        assert_eq!(remarks, ["`E\u{301}.js` and `\u{e9}.js` are one file where case does not matter"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_as_far_as_they_stay() {
        let place = scratch("links").unwrap();
        let root = place.path().join("dist");
        write(&root.join("real.txt"), b"x").unwrap();
        write(&root.join("deep/real.txt"), b"x").unwrap();
        write(&place.path().join("secret.txt"), b"x").unwrap();
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        link("real.txt", "inside.txt");
        link("../secret.txt", "outside.txt");
        link("..", "up");
        link(".", "deep/loop");
        link("nothing", "dangling");
        let found = discover(&root).unwrap();
        let paths: Vec<&str> = found.assets.iter().map(|asset| asset.path.as_str()).collect();
        assert_eq!(paths, ["deep/real.txt", "inside.txt", "real.txt"]);
        let left: Vec<String> = found.left_out.iter().map(|(path, why)| format!("{}: {why}", path.display())).collect();
        assert_eq!(
            left,
            [
                "dangling: it links to nothing",
                "deep/loop: it links to a folder that it lies in",
                "outside.txt: it links to something outside the folder",
                "up: it links to something outside the folder",
            ]
        );
    }
}
