//! What an earlier run of this tool said of the folder: its own output is recognised by its manifest.

use std::collections::BTreeMap;
use std::path::Path;

use crate::asset::AssetPath;
use crate::discover::Found;
use crate::error::{Error, Result};
use crate::fingerprint::is_ours;
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{File, Manifest, NAME, OTHER_NAME, Refused};
use crate::sys::files;

/// The largest manifest that is read.
const MOST_BYTES: u64 = 256 << 20;

/// What an earlier run of this tool said of the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Previous {
    /// The files by the names that they were served under.
    files: BTreeMap<AssetPath, File>,
    /// Whether a build wrote a file that is called as our manifest is.
    is_name_taken: bool,
}

impl Previous {
    /// What was said of a file.
    #[must_use]
    pub fn file(&self, path: &AssetPath) -> Option<&File> {
        self.files.get(path)
    }

    /// Whether a file is what an earlier run of this tool made.
    #[must_use]
    pub fn has_made(&self, path: &AssetPath, bytes: &[u8]) -> bool {
        self.file(path).is_some_and(|file| file.integrity == Integrity::of(Algorithm::Sha384, bytes))
    }

    /// What the build called a file that was renamed.
    #[must_use]
    pub fn source(&self, path: &AssetPath) -> Option<AssetPath> {
        self.file(path).map(|file| file.source.clone()).filter(|source| source != path)
    }

    /// What our manifest is called.
    #[must_use]
    pub fn manifest_name(&self) -> &'static str {
        if self.is_name_taken { OTHER_NAME } else { NAME }
    }
}

/// The manifest of an output, as it lies there.
#[derive(Debug)]
pub struct ManifestFile {
    /// What it is called there.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they say.
    pub manifest: Manifest,
}

/// Reads the manifest of an output.
///
/// # Errors
/// Where it has none that can be read.
pub fn read_manifest(out: &Path) -> Result<ManifestFile> {
    let mut why = format!("there is no `{NAME}` in it");
    for name in [NAME, OTHER_NAME] {
        let Some(bytes) = files::read(&out.join(name), MOST_BYTES)? else { continue };
        match Manifest::read(&bytes) {
            Ok(manifest) => return Ok(ManifestFile { name, bytes, manifest }),
            Err(Refused::OtherVersion(version)) => {
                let why = Refused::OtherVersion(version);
                return Err(Error::environment(format!("cannot read `{}`: {why}", out.join(name).display()))
                    .hint("optimize again with this version"));
            }
            // Others call their own lists so.
            Err(refused) => why = format!("`{name}`: {refused}"),
        }
    }
    Err(Error::usage(format!("cannot read the manifest of `{}`: {why}", out.display()))
        .hint("name the folder that `optimize --out` wrote"))
}

/// Takes our own manifest out of what was found, and says what it says.
///
/// # Errors
/// Where it is of another version.
pub fn take_previous(found: &mut Found, read: &dyn Fn(&AssetPath) -> Result<Vec<u8>>) -> Result<Previous> {
    let mut previous = Previous::default();
    for name in [NAME, OTHER_NAME] {
        let Ok(at) = found.assets.binary_search_by(|asset| asset.path.as_str().cmp(name)) else { continue };
        match Manifest::read(&read(&found.assets[at].path)?) {
            Ok(manifest) => {
                // Whoever wrote it, a name that is not one of ours was not given by us.
                let is_ours = |file: &File| file.source == file.name || is_ours(&file.name, &file.source);
                let files = manifest.files.into_iter().filter(is_ours);
                previous.files.extend(files.map(|file| (file.name.clone(), file)));
                found.assets.remove(at);
                found.variants.retain(|variant| variant.of.as_str() != name);
            }
            Err(Refused::OtherVersion(version)) => {
                let why = Refused::OtherVersion(version);
                return Err(Error::environment(format!("cannot read `{name}`: {why}"))
                    .hint("optimize what the build made, not what another version of this tool did"));
            }
            Err(_) if previous.is_name_taken => {
                return Err(Error::environment(format!("the build writes a `{NAME}` and a `{OTHER_NAME}` of its own"))
                    .hint("our manifest has no other name: leave one of them out with `--exclude`, or rename it"));
            }
            // Others call their own lists so.
            Err(_) => previous.is_name_taken = name == NAME,
        }
    }
    let is_there = |path: &AssetPath| found.assets.binary_search_by(|asset| asset.path.cmp(path)).is_ok();
    previous.files.retain(|path, _| is_there(path));
    Ok(previous)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{ByteCount, Kind};
    use crate::discover::Asset;
    use crate::manifest::Caching;

    #[test]
    fn our_own_manifest_is_told_from_others() {
        let path = |text: &str| AssetPath::new(text).unwrap();
        let file = |source: &str, name: &str| File {
            source: path(source),
            name: path(name),
            label: None,
            media_type: "text/javascript".into(),
            bytes: ByteCount(1),
            encoded: Vec::new(),
            deltas: Vec::new(),
            integrity: Integrity::of(Algorithm::Sha384, b""),
            caching: Caching::Immutable,
            why_kept: None,
        };
        const NEW: &str = "a-xj4bnp4pah.js";
        let files = vec![file("a.js", NEW), file("b.js", "other.js"), file("gone.js", "gone-xj4bnp4pah.js")];
        let own = Manifest { files, ..Manifest::default() };
        let check = |text: &str| {
            let asset = |name: &str| Asset { path: path(name), kind: Kind::of(&path(name)), bytes: ByteCount(1) };
            let mut found = Found { assets: vec![asset(NEW), asset(NAME), asset("other.js")], ..Found::default() };
            take_previous(&mut found, &|_| Ok(text.as_bytes().to_vec())).map(|previous| (previous, found.assets.len()))
        };
        let (previous, left) = check(&own.write()).unwrap();
        assert_eq!((previous.source(&path(NEW)), previous.manifest_name(), left), (Some(path("a.js")), NAME, 2));
        assert_eq!((previous.file(&path("gone-xj4bnp4pah.js")), previous.file(&path("other.js"))), (None, None));
        let (previous, left) = check("{\"files\":{\"main.js\":\"/a-x.js\"}}").unwrap();
        assert_eq!((previous.source(&path(NEW)), previous.manifest_name(), left), (None, OTHER_NAME, 3));
        let (previous, _) = check(&own.write().replace("\"asset-optimizer\"", "\"x\"")).unwrap();
        assert_eq!(previous.manifest_name(), OTHER_NAME);
        assert!(check(&own.write().replacen("1", "9", 1)).unwrap_err().message.contains("version 9"));
    }
}
