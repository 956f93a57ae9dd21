//! What is to be × what is there → what is sent, and what may stay. Pure.

use std::collections::BTreeMap;

use crate::asset::{AssetPath, ByteCount};

use super::layout::OWN;
use super::record::{Object, Record};

/// An object as a store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// How many bytes it has.
    pub bytes: ByteCount,
    /// What the store calls these bytes, where it gives them a name.
    pub tag: Option<String>,
    /// Seconds since 1970 when it was written, by the store's clock.
    pub written: Option<i64>,
}

/// What a store lists, by keys below the prefix.
pub type Listing = BTreeMap<String, Listed>;

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It is not there.
    Added,
    /// It is there with other bytes.
    Changed,
    /// It is there with other headers.
    Reheadered,
    /// It is there as it is to be.
    Unchanged,
    /// It is an encoding of what it was, and the file has no such encoding any more.
    Deleted,
    /// Something of that size is there that no release has written, or somebody has since: it has to be asked for.
    Unknown,
}

impl Fate {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Fate::Added => "added",
            Fate::Changed => "changed",
            Fate::Reheadered => "re-headered",
            Fate::Unchanged => "unchanged",
            Fate::Deleted => "deleted",
            Fate::Unknown => "unknown",
        }
    }

    /// Whether it is sent.
    #[must_use]
    pub fn is_sent(self) -> bool {
        matches!(self, Fate::Added | Fate::Changed | Fate::Reheadered)
    }
}

/// What becomes of an object that a store lists so, and that the release which is live knows so.
#[must_use]
pub fn fate(wanted: &Object, listed: Option<&Listed>, known: Option<&Object>) -> Fate {
    let Some(listed) = listed else { return Fate::Added };
    let is_own = |known: &&Object| known.tag.is_some() && known.tag == listed.tag && known.bytes == listed.bytes;
    match known.filter(is_own) {
        Some(known) if known.digest != wanted.digest => Fate::Changed,
        Some(known) if known.headers != wanted.headers => Fate::Reheadered,
        Some(_) => Fate::Unchanged,
        None if listed.bytes != wanted.bytes => Fate::Changed,
        None => Fate::Unknown,
    }
}

/// What of a listing no kept release needs, and what it is where some release has written it: pages first, so that nobody is led
/// to what has gone.
#[must_use]
pub fn needless<'a>(listing: &Listing, kept: &[&Record], gone: &[&'a Record]) -> Vec<(&'a AssetPath, Vec<&'a Object>)> {
    let is_needed = |key: &AssetPath| kept.iter().any(|record| record.objects.contains_key(key));
    let mut needless: BTreeMap<&AssetPath, Vec<&Object>> = BTreeMap::new();
    for (key, object) in gone.iter().flat_map(|record| &record.objects) {
        if listing.contains_key(key.as_str()) && !is_needed(key) {
            needless.entry(key).or_default().push(object);
        }
    }
    let mut needless: Vec<_> = needless.into_iter().collect();
    let stage = |objects: &[&Object]| objects.iter().map(|object| object.stage).max();
    needless.sort_by(|(one, first), (other, second)| (stage(second), one).cmp(&(stage(first), other)));
    needless
}

/// What is kept of replaced bytes that no kept release needs.
#[must_use]
pub fn needless_copies(listing: &Listing, kept: &[&Record]) -> Vec<String> {
    let needed: std::collections::BTreeSet<String> =
        kept.iter().flat_map(|record| record.objects.values()).map(super::record::kept_key).collect();
    let copies = listing.keys().filter(|key| key.starts_with(&format!("{OWN}kept/")));
    copies.filter(|key| !needed.contains(*key)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::layout::Stage;
    use super::super::record::kept_key;
    use super::super::record::tests::{object, record};
    use super::*;

    fn listed(object: &Object) -> Listed {
        Listed { bytes: object.bytes, tag: object.tag.clone(), written: None }
    }

    #[test]
    fn only_what_differs_is_sent() {
        let (one, two) = (object("one", Stage::Page), object("two", Stage::Page));
        let mut other = one.clone();
        other.headers.cache_control = "immutable".to_owned();
        let longer = object("longer", Stage::Page);
        let check = |there: Option<&Object>, known: Option<&Object>, expected: Fate| {
            assert_eq!(fate(&one, there.map(listed).as_ref(), known), expected);
        };
        check(None, None, Fate::Added);
        check(None, Some(&one), Fate::Added);
        check(Some(&one), Some(&one), Fate::Unchanged);
        check(Some(&two), Some(&two), Fate::Changed);
        check(Some(&other), Some(&other), Fate::Reheadered);
        // Somebody else wrote since, or nobody knows who: its size may tell, or it has to be asked for.
        check(Some(&two), Some(&one), Fate::Unknown);
        check(Some(&longer), Some(&one), Fate::Changed);
        check(Some(&one), None, Fate::Unknown);
    }

    #[test]
    fn nothing_goes_that_a_kept_release_needs_or_that_is_not_ours() {
        let old = record(
            1,
            &[("a-1.js", "one", Stage::Hashed), ("shared.css", "all", Stage::Plain), ("old.html", "<p>", Stage::Page)],
        );
        let new = record(2, &[("a-2.js", "two", Stage::Hashed), ("shared.css", "all", Stage::Plain)]);
        let mut listing = Listing::new();
        for (key, object) in old.objects.iter().chain(&new.objects) {
            listing.insert(key.to_string(), listed(object));
        }
        let foreign = object("foreign", Stage::Plain);
        listing.insert("foreign.txt".to_owned(), listed(&foreign));
        let gone: Vec<String> = needless(&listing, &[&new], &[&old]).iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(gone, ["old.html", "a-1.js"], "pages go first");
        assert!(needless(&listing, &[&old, &new], &[&old]).is_empty());
        let copy = kept_key(&old.objects[&AssetPath::new("old.html").unwrap()]);
        listing.insert(copy.clone(), listed(&foreign));
        assert_eq!(needless_copies(&listing, &[&new]), [copy]);
        assert!(needless_copies(&listing, &[&old]).is_empty());
    }
}
