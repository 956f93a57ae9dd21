//! `cache stats` and `cache prune`: what lies in each place of results, and what goes.

use std::fmt::Write;

use serde::Serialize;

use super::Tier;
use super::care::{Item, Limits, dispensable};
use crate::asset::{ByteCount, grouped};

/// A place of results, by the name that a person has for it.
pub struct Place {
    /// The name.
    pub name: String,
    /// The place.
    pub tier: Box<dyn Tier>,
}

/// What lies in a place, and what goes or went of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stock {
    place: String,
    /// `None` where it cannot be listed.
    entries: Option<u64>,
    bytes: Option<u64>,
    oldest_seconds: Option<i64>,
    newest_seconds: Option<i64>,
    removed: u64,
    removed_bytes: u64,
}

/// Whether something is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Nothing; it is only said.
    Look,
    /// What the limits do not allow.
    Remove,
}

/// What lies in a place at that time, and what of it is beyond the limits, which is removed if that is to be done.
///
/// # Errors
/// Where the place cannot be read or written.
pub fn tidy(place: &Place, limits: Limits, doing: Doing, now: i64) -> Result<Stock, String> {
    let items = place.tier.items()?;
    let gone = dispensable(items.clone().unwrap_or_default(), limits, now);
    if doing == Doing::Remove && !gone.is_empty() {
        place.tier.remove(&gone)?;
    }
    let weight = |items: &[Item]| items.iter().map(|item| item.bytes).sum::<u64>();
    let age = |used: Option<i64>| used.map(|used| now.saturating_sub(used).max(0));
    Ok(Stock {
        place: place.name.clone(),
        entries: items.as_ref().map(|items| items.len() as u64),
        bytes: items.as_deref().map(weight),
        oldest_seconds: age(items.iter().flatten().map(|item| item.used).min()),
        newest_seconds: age(items.iter().flatten().map(|item| item.used).max()),
        removed: gone.len() as u64,
        removed_bytes: weight(&gone),
    })
}

/// The stocks for a person.
#[must_use]
pub fn text(stocks: &[Stock], is_pruned: bool) -> String {
    let mut text = String::new();
    for stock in stocks {
        let (Some(entries), Some(bytes)) = (stock.entries, stock.bytes) else {
            // Writing to a string cannot fail.
            let _ =
                writeln!(text, "{}: what lies there cannot be listed; it removes by itself what is old", stock.place);
            continue;
        };
        let _ = write!(text, "{}: {} results, {}", stock.place, grouped(entries), ByteCount(bytes));
        if let (Some(oldest), Some(newest)) = (stock.oldest_seconds, stock.newest_seconds) {
            let _ = write!(text, ", used {} to {} ago", aged(newest), aged(oldest));
        }
        if is_pruned {
            let _ = write!(text, "; {} removed, {}", grouped(stock.removed), ByteCount(stock.removed_bytes));
        }
        text.push('\n');
    }
    text
}

/// The stocks for programs: a list of objects.
#[must_use]
pub fn json(stocks: &[Stock]) -> String {
    serde_json::to_string_pretty(stocks).unwrap_or_default() + "\n"
}

fn aged(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// An age, as `30d`, in seconds.
///
/// # Errors
/// How it is written.
pub fn age(text: &str) -> Result<i64, String> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let (number, unit) = with_unit(text, &units).ok_or("say a number with `s`, `m`, `h` or `d` behind it, as `30d`")?;
    Ok(i64::from(number) * unit)
}

/// A size, as `2G`, in bytes.
///
/// # Errors
/// How it is written.
pub fn size(text: &str) -> Result<u64, String> {
    let units = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
    let (number, unit) = with_unit(text, &units).ok_or("say a number with `K`, `M` or `G` behind it, as `2G`")?;
    Ok(u64::from(number) * unit)
}

fn with_unit<T: Copy>(text: &str, units: &[(char, T)]) -> Option<(u32, T)> {
    let last = text.chars().next_back()?;
    let (_, unit) = units.iter().find(|(letter, _)| *letter == last)?;
    Some((text[..text.len() - 1].parse().ok()?, *unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::folder::Folder;
    use crate::cache::{Cache, Key};
    use crate::sys::{clock, files};

    #[test]
    fn a_place_is_looked_at_and_pruned() {
        let scratch = files::scratch("stock").unwrap();
        let folder = || Folder::new(scratch.path().join("kept"));
        let cache = Cache::new(vec![Box::new(folder())]);
        (0..3_u8).for_each(|number| cache.put(&Key::of(&[&[number]]), &[0; 52], 0));
        files::write(&scratch.path().join("kept/of/somebody else"), b"text").unwrap();
        let place = Place { name: "kept".to_owned(), tier: Box::new(folder()) };
        let tidied = |limits, doing| tidy(&place, limits, doing, clock::seconds() + 10).unwrap();
        let looked = tidied(Limits::default(), Doing::Look);
        assert_eq!((looked.entries, looked.bytes, looked.removed), (Some(3), Some(300), 0));
        let small = Limits { bytes: Some(150), age: None };
        assert_eq!(tidied(small, Doing::Look).removed, 2);
        assert_eq!(tidied(small, Doing::Remove).removed, 2);
        assert_eq!(tidied(small, Doing::Look).entries, Some(1));
        assert_eq!(tidied(Limits { bytes: None, age: Some(5) }, Doing::Remove).removed, 1);
        assert!(files::is_file(&scratch.path().join("kept/of/somebody else")));
    }

    #[test]
    fn ages_and_sizes_have_a_unit() {
        assert_eq!((age("30d"), age("5m")), (Ok(2_592_000), Ok(300)));
        assert_eq!((size("2G"), size("10K")), (Ok(2 << 30), Ok(10_240)));
        for text in ["", "d", "5", "5x", "-5d", "5é"] {
            assert!(age(text).is_err() && size(text).is_err(), "{text}");
        }
    }
}
