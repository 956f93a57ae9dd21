//! A choice as bytes, for the cache: a head in JSON, and what it speaks of behind it.

use serde::{Deserialize, Serialize};

use crate::asset::Encoding;
use crate::cache::Kept;
use crate::choose::{Choice, Tried};
use crate::compress::decompress;

#[derive(Serialize, Deserialize)]
struct Head {
    length: usize,
    map: Option<usize>,
    encoded: Vec<(String, usize)>,
    tried: Vec<Attempt>,
    why_kept: Option<String>,
    estimates: (u64, u64),
}

#[derive(Serialize, Deserialize)]
struct Attempt {
    engine: String,
    round: u32,
    weight: Option<(u64, u64)>,
    proof: Option<String>,
    fate: String,
}

/// A choice as bytes.
pub(crate) fn to_bytes(choice: &Choice) -> Option<Vec<u8>> {
    let attempt = |tried: &Tried| Attempt {
        engine: tried.engine.clone(),
        round: tried.round,
        weight: tried.weight,
        proof: tried.proof.clone(),
        fate: tried.fate.clone(),
    };
    let head = Head {
        length: choice.bytes.len(),
        map: choice.map.as_ref().map(Vec::len),
        encoded: choice.encoded.iter().map(|(encoding, bytes)| (encoding.name().to_owned(), bytes.len())).collect(),
        tried: choice.tried.iter().map(attempt).collect(),
        why_kept: choice.why_kept.clone(),
        estimates: (choice.estimate_before, choice.estimate_after),
    };
    let head = serde_json::to_vec(&head).ok()?;
    let mut bytes = u32::try_from(head.len()).ok()?.to_le_bytes().to_vec();
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&choice.bytes);
    bytes.extend_from_slice(choice.map.as_deref().unwrap_or_default());
    choice.encoded.iter().for_each(|(_, encoded)| bytes.extend_from_slice(encoded));
    Some(bytes)
}

/// The choice that was kept; `None` where these bytes are none, as after a change of the format. What others may have written
/// is shown to be of one piece: what is encoded is what is not.
pub(crate) fn from_kept(kept: &Kept) -> Option<Choice> {
    let choice = from_bytes(&kept.bytes)?;
    let limit = choice.bytes.len();
    let is_whole = |(encoding, encoded): &(Encoding, Vec<u8>)| {
        decompress(*encoding, encoded, limit).is_ok_and(|decoded| decoded == choice.bytes)
    };
    (!kept.is_shared || choice.encoded.iter().all(is_whole)).then_some(choice)
}

fn from_bytes(bytes: &[u8]) -> Option<Choice> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (head, mut rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let head: Head = serde_json::from_slice(head).ok()?;
    let mut take = |length: usize| {
        let (taken, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(taken.to_vec())
    };
    let bytes = take(head.length)?;
    let map = match head.map {
        Some(length) => Some(take(length)?),
        None => None,
    };
    let mut encoded = Vec::new();
    for (name, length) in head.encoded {
        let encoding = Encoding::ALL.into_iter().find(|encoding| encoding.name() == name)?;
        encoded.push((encoding, take(length)?));
    }
    let tried = |attempt: Attempt| Tried {
        engine: attempt.engine,
        round: attempt.round,
        weight: attempt.weight,
        proof: attempt.proof,
        fate: attempt.fate,
    };
    Some(Choice {
        bytes,
        map,
        encoded,
        tried: head.tried.into_iter().map(tried).collect(),
        why_kept: head.why_kept,
        estimate_before: head.estimates.0,
        estimate_after: head.estimates.1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back_and_anything_else_does_not() {
        let tried = Tried { engine: "json".into(), round: 1, weight: Some((3, 4)), proof: None, fate: "won".into() };
        let choice = Choice {
            bytes: b"abc".to_vec(),
            map: Some(b"map".to_vec()),
            encoded: vec![(Encoding::Gzip, b"gz".to_vec())],
            tried: vec![tried],
            why_kept: Some("why".into()),
            estimate_before: 5,
            estimate_after: 4,
        };
        let bytes = to_bytes(&choice).unwrap();
        assert_eq!(from_bytes(&bytes), Some(choice));
        let kept = |is_shared| Kept { bytes: bytes.clone(), millis: 7, is_shared };
        assert!(from_kept(&kept(false)).is_some());
        assert!(from_kept(&kept(true)).is_none(), "`gz` is not what gzip makes of `abc`");
        for length in 0..bytes.len() {
            assert_eq!(from_bytes(&bytes[..length]), None, "{length}");
        }
    }
}
