//! What lies in a store under which key, and which release it is of: what is replaced is kept for that release, and what somebody
//! else has written is nobody's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::asset::{AssetPath, ByteCount, Encoding};
use crate::error::{Error, Result};
use crate::relink::content;
use crate::sys::files;
use crate::sys::hands::{self, Load};
use crate::sys::store::{Beside, Head, Store};

use super::layout::{Headers, Stage};
use super::lease::Lease;
use super::plan::{Fate, Listed, Listing};
use super::record::{self, Object, Record};
use super::state;

/// The names of what lies beside the bytes of an object.
const DIGEST: &str = "sha256";
const INTEGRITY: &str = "integrity";

/// What lies beside the bytes of an object.
pub(super) fn beside(object: &Object) -> Beside {
    let Headers { content_type, encoding, cache_control, integrity } = &object.headers;
    Beside {
        content_type: Some(content_type.clone()),
        encoding: encoding.clone(),
        cache_control: Some(cache_control.clone()),
        own: vec![(DIGEST.to_owned(), object.digest.to_string()), (INTEGRITY.to_owned(), integrity.clone())],
    }
}

/// What would become of an object that is there in the size that it is to have: it is asked for.
pub(super) fn asked(store: &Store, key: &str, object: &Object) -> Result<Fate> {
    if !store.target().provider.keeps_headers() {
        let place = PathBuf::from(&store.target().bucket).join(key);
        let there = content(files::open(&place)?);
        let there = there.map_err(|why| Error::environment(format!("cannot read `{}`: {why}", place.display())))?;
        return Ok(if there.digest == object.digest { Fate::Unchanged } else { Fate::Changed });
    }
    let Some(Head { beside: there, .. }) = store.head(key)? else { return Ok(Fate::Added) };
    let wanted = beside(object);
    let own =
        |beside: &Beside, name: &str| beside.own.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    let is_same = own(&there, DIGEST).is_some() && own(&there, DIGEST) == own(&wanted, DIGEST);
    let has_headers = there.content_type == wanted.content_type
        && there.encoding == wanted.encoding
        && there.cache_control == wanted.cache_control
        && own(&there, INTEGRITY) == own(&wanted, INTEGRITY);
    Ok(match (is_same, has_headers) {
        (true, true) => Fate::Unchanged,
        (true, false) => Fate::Reheadered,
        (false, _) => Fate::Changed,
    })
}

/// Whether what is listed under a key is that object: the store calls it so, or says so where it is asked.
pub(super) fn is_it(store: &Store, key: &str, listed: &Listed, object: &Object) -> Result<bool> {
    match listed.bytes == object.bytes {
        false => Ok(false),
        true if listed.tag.is_some() && listed.tag == object.tag => Ok(true),
        true => Ok(asked(store, key, object)? == Fate::Unchanged),
    }
}

/// A store, and what it says of itself.
pub(super) struct Shelf<'a> {
    pub(super) store: &'a Store,
    pub(super) listing: &'a Listing,
    pub(super) live: Option<&'a Record>,
    pub(super) parallel: usize,
    /// The other releases, the newest first; read when something is of none that is live.
    earlier: OnceLock<Vec<Record>>,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(store: &'a Store, listing: &'a Listing, live: Option<&'a Record>, parallel: usize) -> Shelf<'a> {
        Shelf { store, listing, live, parallel, earlier: OnceLock::new() }
    }

    /// Does something for each of so many, in parallel.
    pub(super) fn each<T: Send>(&self, count: usize, job: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
        hands::run(&vec![Load::default(); count], self.parallel, u64::MAX, job)
    }

    fn earlier(&self) -> &[Record] {
        self.earlier.get_or_init(|| {
            let names = state::releases(self.listing).into_iter();
            let names = names.filter(|name| self.live.is_none_or(|live| live.release != *name));
            // One that cannot be read cannot be brought back either.
            names.filter_map(|name| Some(state::release(self.store, &name).ok()?.0)).collect()
        })
    }

    /// The object of a release that lies under a key; `None` where nothing does, or something that no release has written.
    fn whose(&self, key: &AssetPath) -> Result<Option<&Object>> {
        let Some(listed) = self.listing.get(key.as_str()) else { return Ok(None) };
        let live = self.live.and_then(|live| live.objects.get(key));
        if let Some(object) = live
            && is_it(self.store, key.as_str(), listed, object)?
        {
            return Ok(live);
        }
        for object in self.earlier().iter().filter_map(|record| record.objects.get(key)) {
            if live != Some(object) && is_it(self.store, key.as_str(), listed, object)? {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    /// Keeps what lies under these keys, for the releases that it is of.
    pub(super) fn keep(&self, keys: &[&AssetPath], lease: Option<&Lease>) -> Result<()> {
        let there: Vec<&AssetPath> =
            keys.iter().filter(|key| self.listing.contains_key(key.as_str())).copied().collect();
        self.each(there.len(), |at| {
            let key = there[at];
            let Some(object) = self.whose(key)? else { return Ok(()) };
            let copy = record::kept_key(object);
            if self.has(&copy, object.bytes) {
                return Ok(());
            }
            lease.map_or(Ok(()), Lease::check)?;
            self.store.copy(key.as_str(), &copy, object.bytes, &object.digest)
        })?;
        Ok(())
    }

    /// Whether something of that size lies there. What is larger or smaller was cut short.
    pub(super) fn has(&self, key: &str, bytes: ByteCount) -> bool {
        self.listing.get(key).is_some_and(|listed| listed.bytes == bytes)
    }

    /// Encodings of what keeps its name, which a release to come has not: a server that prefers them would answer with what the
    /// file was. With them, what looks like one, and is of no release.
    pub(super) fn stale(&self, coming: &BTreeMap<AssetPath, Object>) -> Result<(Vec<AssetPath>, Vec<AssetPath>)> {
        let staying = coming.iter().filter(|(_, object)| object.stage != Stage::Hashed);
        let encoded = staying.flat_map(|(key, _)| Encoding::ALL.map(|encoding| key.with_suffix(encoding.suffix())));
        let there: Vec<AssetPath> =
            encoded.filter(|key| !coming.contains_key(key) && self.listing.contains_key(key.as_str())).collect();
        let whose = self.each(there.len(), |at| self.whose(&there[at]))?;
        let (mut ours, mut strange) = (Vec::new(), Vec::new());
        for (key, object) in there.into_iter().zip(whose) {
            match object {
                Some(object) if object.headers.encoding.is_some() => ours.push(key),
                // A file of its own, which a release has had under that name.
                Some(_) => {}
                None => strange.push(key),
            }
        }
        Ok((ours, strange))
    }

    /// Takes away what lies under these keys. It has been kept.
    pub(super) fn withdraw(&self, keys: &[AssetPath]) -> Result<()> {
        let all: Vec<String> = keys.iter().map(ToString::to_string).collect();
        match all.first() {
            None => Ok(()),
            Some(first) => self.store.remove(&all).map_err(|why| Error {
                message: format!("{}; a server that prefers `{first}` would answer with what it was", why.message),
                ..why
            }),
        }
    }

    /// What of the release that is live somebody has written over, or removed.
    pub(super) fn strayed(&self) -> Result<BTreeSet<AssetPath>> {
        let named = self.live.iter().flat_map(|live| &live.objects);
        let named: Vec<(&AssetPath, &Object)> = named.filter(|(_, object)| object.stage != Stage::Hashed).collect();
        let strayed = self.each(named.len(), |at| {
            let (key, object) = named[at];
            let listed = self.listing.get(key.as_str());
            Ok(!listed.map_or(Ok(false), |listed| is_it(self.store, key.as_str(), listed, object))?)
        })?;
        Ok(named.into_iter().zip(strayed).filter(|(_, strayed)| *strayed).map(|((key, _), _)| key.clone()).collect())
    }
}
