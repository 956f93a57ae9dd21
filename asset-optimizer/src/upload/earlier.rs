//! Releases of a store as what browsers may have: deltas are made from their files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::asset::{AssetPath, ByteCount, Digest, Encoding};
use crate::compress::decompress;
use crate::deltas::Earlier;
use crate::error::Result;
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{File, Manifest, NAME, OTHER_NAME};
use crate::sys::files;
use crate::sys::store::Store;

use super::Reach;
use super::plan::Listing;
use super::record::{self, Object, Record};
use super::state;

/// The largest manifest that is read.
const MANIFEST_BYTES: u64 = 256 << 20;

/// A release that was deployed.
pub struct EarlierRelease {
    shop: Arc<Shop>,
    objects: BTreeMap<AssetPath, Object>,
    manifest: Manifest,
}

/// Whether a folder is one that `upload` writes to.
#[must_use]
pub fn is_deployed(folder: &Path) -> bool {
    files::is_file(&folder.join(record::pointer_key()))
}

/// A store, and what was in it.
struct Shop {
    store: Store,
    listing: Listing,
}

/// The newest releases of a store, so many at most, and what a person should know of those that do not count.
///
/// # Errors
/// Where the store cannot be read.
pub fn earlier(reach: &Reach, most: usize) -> Result<(Vec<EarlierRelease>, Vec<String>)> {
    let store = Store::open(&reach.target, reach.parallel)?;
    let listing = state::listing(&store)?;
    let names = state::releases(&listing);
    let shop = Arc::new(Shop { store, listing });
    let (mut releases, mut remarks) = (Vec::new(), Vec::new());
    if names.is_empty() {
        remarks.push(format!("there is no release on `{}` yet to make deltas from", reach.target));
    }
    for name in names.into_iter().take(most) {
        let (Record { objects, .. }, _) = state::release(&shop.store, &name)?;
        match shop.manifest(&objects)? {
            Ok(manifest) => releases.push(EarlierRelease { shop: Arc::clone(&shop), objects, manifest }),
            Err(why) => remarks.push(format!("there are no deltas from `{name}`: {why}")),
        }
    }
    Ok((releases, remarks))
}

impl Shop {
    /// The manifest among the objects of a release, or why there is none.
    fn manifest(&self, objects: &BTreeMap<AssetPath, Object>) -> Result<std::result::Result<Manifest, String>> {
        let mut why = "its manifest is not there any more".to_owned();
        // What is called so may be somebody else's.
        for name in [NAME, OTHER_NAME] {
            let own = objects.iter().find(|(key, _)| key.as_str() == name);
            let Some(bytes) = own.map_or(Ok(None), |(key, object)| self.bytes(key, object, MANIFEST_BYTES))? else {
                continue;
            };
            match Manifest::read(&bytes) {
                Ok(manifest) => return Ok(Ok(manifest)),
                Err(refused) => why = format!("`{name}`: {refused}"),
            }
        }
        Ok(Err(why))
    }

    /// The bytes of an object: under its key, or where they are kept since another release has replaced them.
    fn bytes(&self, key: &AssetPath, object: &Object, limit: u64) -> Result<Option<Vec<u8>>> {
        for place in [key.to_string(), record::kept_key(object)] {
            let is_like_it = self.listing.get(&place).is_some_and(|there| there.bytes == object.bytes);
            if !is_like_it || object.bytes.0 > limit {
                continue;
            }
            let bytes = self.store.read(&place, object.bytes.0)?;
            if let Some(bytes) = bytes.filter(|bytes| Digest::of(bytes) == object.digest) {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

impl Earlier for EarlierRelease {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn read(&self, file: &File) -> Result<Option<Vec<u8>>> {
        let Some(object) = self.objects.get(&file.name) else { return Ok(None) };
        let Some(bytes) = self.shop.bytes(&file.name, object, object.bytes.0)? else { return Ok(None) };
        let bytes = match &object.headers.encoding {
            None => Some(bytes),
            Some(name) => plain(name, &bytes, file.bytes),
        };
        Ok(bytes.filter(|bytes| Integrity::of(Algorithm::Sha384, bytes) == file.integrity))
    }
}

/// What is in an encoding, up to so many bytes.
fn plain(encoding: &str, bytes: &[u8], limit: ByteCount) -> Option<Vec<u8>> {
    let encoding = Encoding::ALL.into_iter().find(|own| own.name() == encoding)?;
    decompress(encoding, bytes, usize::try_from(limit.0).ok()?).ok()
}
