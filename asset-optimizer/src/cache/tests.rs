//! Tests of caches.

use std::sync::Arc;

use super::folder::Folder;
use super::memory::Memory;
use super::*;

fn kept(cache: &Cache, key: &Key) -> Option<Vec<u8>> {
    cache.get(key).map(|kept| kept.bytes)
}

#[test]
fn what_was_kept_is_found_and_nothing_else() {
    let cache = Cache::new(vec![Box::new(Memory::new(1000))]);
    let (one, other) = (Key::of(&[b"ab", b"c"]), Key::of(&[b"a", b"bc"]));
    cache.put(&one, b"result", 7);
    assert_eq!(cache.get(&one), Some(Kept { bytes: b"result".to_vec(), millis: 7, is_shared: false }));
    assert_eq!(cache.get(&other), None);
    let tally = cache.tally();
    assert_eq!((tally.hits, tally.misses, tally.saved_millis()), (1, 1, 7));
    assert_eq!((tally.tiers[0].hits, tally.tiers[0].misses, tally.tiers[0].written), (1, 1, 1));
    assert_eq!(cache.tally().since(&tally).tiers[0].hits, 0);
}

#[test]
fn a_damaged_entry_is_a_miss_and_is_said() {
    let place = crate::sys::files::scratch("damaged").unwrap();
    let folder = || Box::new(Folder::new(place.path().to_owned()));
    let (key, other) = (Key::of(&[b"input"]), Key::of(&[b"another"]));
    Cache::new(vec![folder()]).put(&key, b"result", 0);
    let entry = crate::sys::files::read(&folder().place(&key), 1000).unwrap().unwrap();
    for damage in [&b""[..], b"perf", b"perfkep2 and then something that is long enough for a digest and more", &entry]
    {
        crate::sys::files::write(&folder().place(&other), damage).unwrap();
        let cache = Cache::new(vec![folder()]);
        assert_eq!(cache.get(&other), None);
        let troubles = cache.tally().troubles;
        assert!(troubles[0].contains("is damaged"), "{troubles:?}");
    }
}

#[test]
fn a_far_tier_fills_the_near_one() {
    let place = crate::sys::files::scratch("tiers").unwrap();
    let key = Key::of(&[b"input"]);
    Cache::new(vec![Box::new(Folder::new(place.path().to_owned()))]).put(&key, b"result", 0);
    let cache = Cache::new(vec![Box::new(Memory::new(1000)), Box::new(Folder::new(place.path().to_owned()))]);
    assert!(kept(&cache, &key).is_some());
    crate::sys::files::remove_dir(place.path()).unwrap();
    assert!(kept(&cache, &key).is_some());
}

#[test]
fn a_folder_holds_no_more_than_it_may_and_keeps_what_was_used_last() {
    let place = crate::sys::files::scratch("limits").unwrap();
    let root = || place.path().join("kept");
    let limits = care::Limits { bytes: Some(250), age: None };
    let cache = Cache::new(vec![Box::new(Folder::new(root()).within(limits))]);
    let keys: Vec<Key> = (0..5_u8).map(|number| Key::of(&[&[number]])).collect();
    keys.iter().for_each(|key| cache.put(key, &[0; 52], 0));
    cache.settle();
    let left = Folder::new(root()).items().unwrap().unwrap();
    assert_eq!(left.len(), 2, "a hundred bytes each");
    let found = keys.iter().filter(|key| cache.get(key).is_some()).count();
    assert_eq!(found, 2);
}

/// A shared tier that does what it is told.
struct Shared {
    answer: Result<Option<Vec<u8>>, String>,
    delay: std::time::Duration,
    asked: Arc<AtomicU64>,
}

impl Tier for Shared {
    fn label(&self) -> &str {
        "shared"
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn get(&self, _: &Key) -> Result<Option<Vec<u8>>, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        crate::sys::clock::wait(self.delay);
        self.answer.clone()
    }

    fn put(&self, _: &Key, _: &[u8]) -> Result<bool, String> {
        Ok(true)
    }

    fn items(&self) -> Result<Option<Vec<Item>>, String> {
        Ok(None)
    }

    fn remove(&self, _: &[Item]) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn a_shared_tier_that_fails_is_not_asked_again() {
    let asked = Arc::new(AtomicU64::new(0));
    let shared = Shared { answer: Err("it is dead".into()), delay: Default::default(), asked: asked.clone() };
    let cache = Cache::new(vec![Box::new(shared)]);
    for number in 0..10_u8 {
        assert_eq!(cache.get(&Key::of(&[&[number]])), None);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let tally = cache.tally();
    assert!(tally.tiers[0].is_dropped);
    assert_eq!(tally.troubles, ["the shared cache `shared` is not asked any more: it is dead"]);
}

#[test]
fn a_shared_tier_that_costs_more_than_it_spares_is_not_asked_again() {
    let key = Key::of(&[b"input"]);
    let asked = |answer, made_millis| {
        let asked = Arc::new(AtomicU64::new(0));
        let shared = Shared { answer, delay: std::time::Duration::from_millis(30), asked: asked.clone() };
        let cache = Cache::new(vec![Box::new(shared)]);
        // As if nearly all had been waited already.
        cache.slots[0].waited_micros.store((MOST_WAITED_MILLIS - 50) * 1000, Ordering::Relaxed);
        cache.put(&key, b"result", made_millis);
        for _ in 0..10 {
            let _ = cache.get(&key);
        }
        asked.load(Ordering::Relaxed)
    };
    assert_eq!(asked(Ok(None), 0), 2);
    assert_eq!(asked(Ok(None), 100_000), 10, "a part of the time of the work");
    assert_eq!(asked(Ok(Some(Seal::Plain.sealed(&key, b"result", 40))), 0), 10, "it spares more than it takes");
}
