//! Who holds the digest of which file: pages, which get the new one, and others, for whom the file stays as it is.
//!
//! A page's digests are made anew where that is proven to be possible before anything is done, and where they were right: a
//! file whose digest is wrong is refused by browsers already, and is left alone. Scripts, data, headers and pages that stay
//! hold digests that nobody rewrites; a file with such a digest stays, whatever address they name it by.

mod angular;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::asset::{AssetPath, Kind};
use crate::discover::Asset;
use crate::integrity::{Algorithm, Integrity, Verdict, mentions, verdict};
use crate::page;
use crate::transform;

/// The largest file of an unknown kind that is looked through. Arbitrary; headers of servers have some kilobytes.
const LARGEST_UNKNOWN_BYTES: u64 = 4 << 20;
/// Whether a file may hold digests of others.
#[must_use]
pub fn may_hold(asset: &Asset) -> bool {
    match asset.kind {
        Kind::Html | Kind::Css | Kind::JavaScript | Kind::Json | Kind::WebManifest | Kind::Xml | Kind::Text => true,
        Kind::Other => asset.bytes.0 <= LARGEST_UNKNOWN_BYTES,
        _ => false,
    }
}

/// The digests that were met in the files of a folder.
#[derive(Debug, Default)]
pub struct Met {
    /// Those outside pages, each with the first file that holds it.
    outside: BTreeMap<Integrity, AssetPath>,
    /// Those in pages.
    inside: BTreeSet<Integrity>,
    /// The pages that hold some.
    pages: Vec<AssetPath>,
    /// Files of which a manifest holds a digest of another form.
    listed: BTreeMap<AssetPath, AssetPath>,
}

impl Met {
    /// Looks for digests in a file.
    pub fn look(&mut self, asset: &Asset, text: &str) {
        if asset.path.name() == angular::MANIFEST {
            let listed = angular::files(&asset.path, text);
            self.listed.extend(listed.into_iter().map(|path| (path, asset.path.clone())));
        }
        let mentions = mentions(text);
        // A digest that is none, as one that is cut short, is wrong.
        let holds_others = || asset.kind == Kind::Html && text.contains("integrity") && !page::sealed(text).is_empty();
        if mentions.is_empty() && !holds_others() {
            return;
        }
        let found = mentions.into_iter().map(|mention| mention.integrity);
        if asset.kind == Kind::Html {
            self.pages.push(asset.path.clone());
            self.inside.extend(found);
        } else {
            found.for_each(|integrity| _ = self.outside.entry(integrity).or_insert_with(|| asset.path.clone()));
        }
    }
}

/// What follows from the digests that are held in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seals {
    /// The files that stay as they are, with why.
    pub kept: BTreeMap<AssetPath, String>,
    /// The pages whose digests are made anew, with the files that these are of.
    pub pages: BTreeMap<AssetPath, BTreeSet<AssetPath>>,
    /// The digests outside pages that are of no file: a policy may allow an inline script by them.
    pub hashes: BTreeSet<Integrity>,
    /// What a person should know.
    pub remarks: Vec<String>,
}

/// What the digests that were met are of. `refuse` says why a page must stay as it is, and `read` reads a file.
#[must_use]
pub fn seals(
    met: Met,
    assets: &[Asset],
    refuse: &dyn Fn(&AssetPath) -> Option<String>,
    read: &dyn Fn(&AssetPath) -> Option<Vec<u8>>,
) -> Seals {
    let mut seals = Seals::default();
    for (path, manifest) in &met.listed {
        seals.keep(path, || format!("`{manifest}` holds its digest"));
    }
    if met.outside.is_empty() && met.pages.is_empty() {
        return seals;
    }
    let files = Files::read(&met, assets, read);
    for (integrity, holder) in &met.outside {
        let of = files.of(integrity);
        if of.is_empty() {
            seals.hashes.insert(integrity.clone());
        }
        for path in of {
            seals.keep(path, || format!("`{holder}` holds its digest"));
        }
    }
    for path in &met.pages {
        if let Some(bytes) = read(path) {
            let refuse =
                || refuse(path).or_else(|| Some(format!("it is not UTF-8: {}", std::str::from_utf8(&bytes).err()?)));
            seals.add_page(path, &String::from_utf8_lossy(&bytes), refuse(), &files);
        }
    }
    seals
}

/// The files of a folder with their digests.
struct Files {
    own: BTreeMap<AssetPath, BTreeSet<Integrity>>,
    by_digest: BTreeMap<Integrity, Vec<AssetPath>>,
}

impl Files {
    fn read(met: &Met, assets: &[Asset], read: &dyn Fn(&AssetPath) -> Option<Vec<u8>>) -> Files {
        let held: BTreeSet<&Integrity> = met.outside.keys().chain(&met.inside).collect();
        let algorithms: BTreeSet<Algorithm> = held.iter().map(|integrity| integrity.algorithm).collect();
        let mut files = Files { own: BTreeMap::new(), by_digest: BTreeMap::new() };
        for asset in assets {
            // What cannot be read here is too large for anybody to work on, and stays.
            let Some(bytes) = read(&asset.path) else { continue };
            let own: BTreeSet<Integrity> =
                algorithms.iter().map(|&algorithm| Integrity::of(algorithm, &bytes)).collect();
            for integrity in own.iter().filter(|integrity| held.contains(integrity)) {
                files.by_digest.entry(integrity.clone()).or_default().push(asset.path.clone());
            }
            files.own.insert(asset.path.clone(), own);
        }
        files
    }

    fn of(&self, integrity: &Integrity) -> &[AssetPath] {
        self.by_digest.get(integrity).map_or(&[], Vec::as_slice)
    }
}

impl Seals {
    fn keep(&mut self, path: &AssetPath, why: impl FnOnce() -> String) {
        self.kept.entry(path.clone()).or_insert_with(why);
    }

    fn add_page(&mut self, page: &AssetPath, text: &str, refused: Option<String>, files: &Files) {
        let anchor = page::anchor(page, text);
        let local = |address: &str| {
            anchor.as_ref().and_then(|anchor| anchor.resolve(address)).filter(|path| files.own.contains_key(path))
        };
        // Whether it can be done is tried with other digests before anything relies on it.
        let other = |_: &str, integrity: &Integrity| Some(Integrity::of(integrity.algorithm, b"another"));
        let is_held = |map: &&str| Integrity::all_of(map.as_bytes()).iter().any(|hash| self.hashes.contains(hash));
        let map = page::import_maps(text).into_iter().find(is_held);
        let refused = refused.or(map.map(|_| "the hash of its import map is held outside of it".to_owned()));
        let tried = || transform::resealed(text, &other).and_then(|_| transform::claims(text));
        let claims = match refused.map_or_else(tried, Err) {
            Ok(claims) => claims,
            Err(why) => {
                let held = page::sealed(text).iter().filter_map(|address| local(address)).collect::<Vec<_>>();
                let met = mentions(text);
                let of = met.iter().flat_map(|mention| files.of(&mention.integrity));
                for path in of.chain(&held) {
                    self.keep(path, || format!("`{page}` holds its digest, and stays as it is: {why}"));
                }
                return;
            }
        };
        for claim in &claims {
            let Some(path) = local(&claim.address) else {
                for path in claim.mentions.iter().flat_map(|mention| files.of(&mention.integrity)) {
                    self.keep(path, || format!("`{page}` holds its digest under the address `{}`", claim.address));
                }
                continue;
            };
            let held = claim.mentions.iter().map(|mention| &mention.integrity);
            let verdict = match verdict(held, &files.own[&path]) {
                _ if claim.mentions.len() < claim.listed => Verdict::Wrong,
                verdict => verdict,
            };
            match verdict {
                Verdict::Unchecked => {}
                Verdict::Wrong => {
                    self.keep(&path, || format!("`{page}` holds a wrong digest of it"));
                    self.remarks.push(format!("`{page}` holds a wrong digest of `{path}`, which browsers refuse"));
                }
                // Pages that hold each other's digests would have no end.
                Verdict::Right if Kind::of(&path) == Kind::Html => {
                    self.keep(&path, || format!("`{page}` holds its digest"));
                }
                Verdict::Right => _ = self.pages.entry(page.clone()).or_default().insert(path),
            }
        }
        let is_claimed =
            |place: usize| claims.iter().flat_map(|claim| &claim.mentions).any(|mention| mention.span.start == place);
        for mention in mentions(text).iter().filter(|mention| !is_claimed(mention.span.start)) {
            for path in files.of(&mention.integrity) {
                self.keep(path, || format!("`{page}` holds its digest where that is not rewritten"));
            }
        }
    }
}

/// What became of the files whose digests pages hold: their digests before and after.
#[derive(Debug, Default)]
pub struct Made(Mutex<BTreeMap<AssetPath, Change>>);

/// The digests of a file, by each algorithm in the same order.
#[derive(Debug, Clone)]
struct Change {
    before: Vec<Integrity>,
    after: Vec<Integrity>,
}

impl Made {
    /// Notes what became of a file.
    pub fn note(&self, path: &AssetPath, before: &[u8], after: &[u8]) {
        if let Ok(mut made) = self.0.lock() {
            let change = Change { before: Integrity::all_of(before), after: Integrity::all_of(after) };
            made.insert(path.clone(), change);
        }
    }

    /// A page with the digests of these files as they are now.
    ///
    /// # Errors
    /// Where one of the files is not what it was when the page was looked at.
    pub fn resealed(&self, page: &AssetPath, text: &str, files: &[AssetPath]) -> Result<String, String> {
        let made: BTreeMap<AssetPath, Change> = {
            let made = self.0.lock().map_err(|_| "a job of the optimizer panicked")?;
            files.iter().filter_map(|path| Some((path.clone(), made.get(path)?.clone()))).collect()
        };
        let anchor = page::anchor(page, text);
        let right: RefCell<BTreeSet<AssetPath>> = RefCell::default();
        let successor = |address: &str, integrity: &Integrity| {
            let path = anchor.as_ref()?.resolve(address)?;
            let change = made.get(&path)?;
            let at = change.before.iter().position(|own| own == integrity)?;
            let next = change.after.get(at)?.clone();
            right.borrow_mut().insert(path);
            Some(next)
        };
        let text = transform::resealed(text, &successor)?;
        match files.iter().find(|path| !right.borrow().contains(path)) {
            Some(path) => Err(format!("`{path}` is not what it was when the folder was looked through")),
            None => Ok(text),
        }
    }
}

#[cfg(test)]
mod tests;
