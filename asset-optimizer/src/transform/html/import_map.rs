//! Import maps: the digests that they hold, by address.

use std::ops::Range;

/// The addresses in the `integrity` of an import map, each with the place of its value.
pub(super) fn import_map(body: &str) -> Vec<(String, Range<usize>)> {
    let Ok(map) = serde_json::from_str::<serde_json::Value>(body) else { return Vec::new() };
    let Some(held) = map.get("integrity").and_then(serde_json::Value::as_object) else { return Vec::new() };
    let literals = literals(body);
    let word = |place: &Range<usize>| serde_json::from_str::<String>(&body[place.start - 1..=place.end]).ok();
    let pair = |two: &[Range<usize>]| {
        let [key, value] = two else { return None };
        if body[key.end + 1..value.start - 1].trim() != ":" {
            return None;
        }
        let (address, digests) = (word(key)?, word(value)?);
        let is_address = address.starts_with(['/', '.']) || address.contains("://");
        let is_it = is_address && held.get(&address).and_then(serde_json::Value::as_str) == Some(digests.as_str());
        is_it.then(|| (address, value.clone()))
    };
    literals.windows(2).filter_map(pair).collect()
}

/// Where the strings of a JSON text stand, without their quotes.
fn literals(body: &str) -> Vec<Range<usize>> {
    let mut literals = Vec::new();
    let mut start = None;
    let mut escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        match start {
            None if byte == b'"' => start = Some(at + 1),
            None => {}
            Some(_) if escaped => escaped = false,
            Some(_) if byte == b'\\' => escaped = true,
            Some(first) if byte == b'"' => {
                literals.push(first..at);
                start = None;
            }
            Some(_) => {}
        }
    }
    literals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_maps_hold_digests_by_address() {
        let page = "{\"imports\":{\"x\":\"./x.js\"},\"integrity\":{\"./x.js\" : \"sha384-\\/\", \"y.js\":\"sha384-\"}}";
        let found = import_map(page);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0.as_str(), &page[found[0].1.clone()]), ("./x.js", "sha384-\\/"));
        assert!(import_map("{").is_empty() && import_map("[]").is_empty());
    }
}
