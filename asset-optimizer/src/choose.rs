//! Attempts → the one that is smallest on the wire, or the input. Pure.
//!
//! Candidates are ranked by a cheap encoder. Those that it sees close together are compressed in full, with the encoding that
//! most visitors get, which decides among them; ties go to the more trusted engine, and to the input. What won is worked on
//! again until that encoding gets no smaller, so that output that is optimized again stays as it is. Where the gain is no
//! clear one, what came of it and the input are compressed with every encoding that is written, and the input is kept if it is
//! smaller with one of them.

use crate::asset::{Encoding, Kind};
use crate::compress::{compress, estimate};
use crate::settings::Settings;
use crate::transform::{self, Asked, Attempt, Candidate, Source};

/// How much smaller a candidate must be by the cheap encoder, in thousandths of the input: a file that works is not changed
/// for less. Arbitrary.
const MIN_GAIN_PERMILLE: usize = 2;
/// The same for scripts, whose encoded size moves by as much as ten thousandths when nothing but names change: what is below
/// half of that is luck, and costs the time of two encodings in full.
const MIN_GAIN_OF_SCRIPTS_PERMILLE: usize = 5;
/// From this gain on, in thousandths, the cheap encoder's word is taken, and the input is not compressed in full: twice what
/// luck can be. What was minified before gains less, and its candidates are ranked by the cheap encoder alone.
const CLEAR_GAIN_PERMILLE: usize = 20;
/// Candidates that the cheap encoder sees this close to the best, in thousandths of it, are compressed in full. It was wrong by
/// up to eight among what two engines make of the public benchmark for JavaScript.
const CLOSE_PERMILLE: usize = 10;
/// How much larger than what there is the cheap encoder may see a candidate of a later round, in thousandths, for both to be
/// compressed in full. Arbitrary.
const NEAR_PERMILLE: usize = 2;
/// How often what won is worked on again at most.
const MAX_ROUNDS: u32 = 4;
/// How much smaller an encoded file must be to be written, in hundredths and in bytes: a second file has a price, too.
const MIN_ENCODED_GAIN: (usize, usize) = (5, 32);

/// What is kept of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is served.
    pub bytes: Vec<u8>,
    /// Its source map, where it has changed with it.
    pub map: Option<Vec<u8>>,
    /// What is served encoded, where that is worth a file.
    pub encoded: Vec<(Encoding, Vec<u8>)>,
    /// What was tried, in its order.
    pub tried: Vec<Tried>,
    /// Why the input was kept, where it was.
    pub why_kept: Option<String>,
    /// What the input weighs by the cheap encoder, or as it is where it is not encoded.
    pub estimate_before: u64,
    /// The same for what is kept.
    pub estimate_after: u64,
}

/// One attempt and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Who tried.
    pub engine: String,
    /// Which time, from one.
    pub round: u32,
    /// Its bytes as they are and by the cheap encoder, where there was a candidate.
    pub weight: Option<(u64, u64)>,
    /// What was shown of it, where there was a candidate.
    pub proof: Option<String>,
    /// What became of it.
    pub fate: String,
}

impl Choice {
    /// The engine that made what is kept; `None` where that is the input.
    #[must_use]
    pub fn engine(&self) -> Option<&str> {
        if self.why_kept.is_some() {
            return None;
        }
        self.tried.iter().rev().find(|tried| tried.fate == WON).map(|tried| tried.engine.as_str())
    }
}

const WON: &str = "won";

/// Whether a file is changed for as little as that, by the cheap encoder.
fn is_gain(before: usize, after: usize, kind: Kind) -> bool {
    let least = if kind == Kind::JavaScript { MIN_GAIN_OF_SCRIPTS_PERMILLE } else { MIN_GAIN_PERMILLE };
    before.saturating_sub(after) * 1000 >= (before * least).max(1)
}

/// Whether the cheap encoder's word is enough that something is smaller.
fn is_clear(before: usize, after: usize) -> bool {
    before.saturating_sub(after) * 1000 >= (before * CLEAR_GAIN_PERMILLE).max(1)
}

/// Whether an encoded file is written beside one of so many bytes.
fn is_worth_a_file(raw: usize, encoded: usize) -> bool {
    encoded + MIN_ENCODED_GAIN.1 <= raw && encoded * 100 <= raw.saturating_mul(100 - MIN_ENCODED_GAIN.0)
}

/// Some bytes with what they weigh.
struct Weighed {
    bytes: Vec<u8>,
    map: Option<Vec<u8>>,
    estimate: usize,
    encoded: Vec<(Encoding, Vec<u8>)>,
}

impl Weighed {
    fn new(kind: Kind, bytes: Vec<u8>, map: Option<Vec<u8>>) -> Weighed {
        let estimate = if kind.is_encoded_on_the_wire() { estimate(&bytes) } else { bytes.len() };
        Weighed { bytes, map, estimate, encoded: Vec::new() }
    }

    /// What is written of it, in the order of the settings.
    fn encode(&mut self, kind: Kind, settings: &Settings) -> Result<&[(Encoding, Vec<u8>)], String> {
        let encodings: &[Encoding] = if kind.is_encoded_on_the_wire() { &settings.encodings } else { &[] };
        for &encoding in &encodings[self.encoded.len().min(encodings.len())..] {
            self.encoded.push((encoding, compress(encoding, &self.bytes, settings.effort)?));
        }
        Ok(&self.encoded)
    }

    /// What a visitor gets in each of the encodings: it as it is where the encoded one is not written.
    fn served(&mut self, kind: Kind, settings: &Settings) -> Result<Vec<(Encoding, usize)>, String> {
        let raw = self.bytes.len();
        let served = |length| if is_worth_a_file(raw, length) { length } else { raw };
        Ok(self.encode(kind, settings)?.iter().map(|(encoding, bytes)| (*encoding, served(bytes.len()))).collect())
    }

    /// What it weighs in the first encoding of the settings.
    fn first_encoded(&mut self, settings: &Settings) -> Result<usize, String> {
        match (self.encoded.first(), settings.encodings.first()) {
            (Some((_, bytes)), _) => Ok(bytes.len()),
            (None, None) => Ok(self.estimate),
            (None, Some(&encoding)) => {
                self.encoded.push((encoding, compress(encoding, &self.bytes, settings.effort)?));
                Ok(self.encoded[0].1.len())
            }
        }
    }
}

/// Keeps a file as it is, and compresses it.
///
/// # Errors
/// As [`choose`].
pub fn keep(source: &Source<'_>, settings: &Settings, why: &str) -> Result<Choice, String> {
    let current = Weighed::new(source.kind, source.bytes.to_vec(), None);
    finished(current, source.kind, settings, Vec::new(), Some(why.to_owned()), None)
}

/// Works on a file and keeps what is smallest on the wire.
///
/// # Errors
/// Where an encoder is defective: then nothing is to be written.
pub fn choose(source: &Source<'_>, settings: &Settings) -> Result<Choice, String> {
    let kind = source.kind;
    let mut tried = Vec::new();
    let mut current = Weighed::new(kind, source.bytes.to_vec(), None);
    let estimate_before = current.estimate as u64;
    let mut input: Option<Weighed> = None;
    let mut why_kept = None;
    for round in 1.. {
        let again = Source { bytes: &current.bytes, map: current.map.as_deref().or(source.map), ..*source };
        // What has changed once is worked on by all.
        let asked = if round == 1 { Asked::AsNeeded } else { Asked::All };
        let attempts = transform::attempts(&again, settings, asked);
        let better = best(attempts, round, kind, &mut current, &mut tried, settings)?;
        let Some(better) = better else { break };
        if round > MAX_ROUNDS {
            // What goes on changing is no result; the input is, because it is where every run begins.
            if is_gain(current.estimate, better.estimate, kind) {
                why_kept = Some(format!("it did not settle in {MAX_ROUNDS} rounds"));
            }
            break;
        }
        let before = std::mem::replace(&mut current, better);
        input.get_or_insert(before);
    }
    match input {
        None => why_kept = Some(reason(&tried, kind)),
        Some(mut input) => {
            // The first encoding alone decided on later rounds.
            if why_kept.is_none() {
                why_kept = grown(&mut input, &mut current, kind, settings)?;
            }
            if why_kept.is_some() {
                current = input;
            }
        }
    }
    finished(current, kind, settings, tried, why_kept, Some(estimate_before))
}

fn finished(
    mut kept: Weighed,
    kind: Kind,
    settings: &Settings,
    tried: Vec<Tried>,
    why_kept: Option<String>,
    estimate_before: Option<u64>,
) -> Result<Choice, String> {
    kept.encode(kind, settings)?;
    let raw = kept.bytes.len();
    let encoded = kept.encoded.into_iter().filter(|(_, bytes)| is_worth_a_file(raw, bytes.len())).collect();
    let estimate_after = kept.estimate as u64;
    Ok(Choice {
        bytes: kept.bytes,
        map: kept.map,
        encoded,
        tried,
        why_kept,
        estimate_before: estimate_before.unwrap_or(estimate_after),
        estimate_after,
    })
}

/// The candidate that is smaller on the wire than what there is, if one is.
fn best(
    attempts: Vec<Attempt>,
    round: u32,
    kind: Kind,
    current: &mut Weighed,
    tried: &mut Vec<Tried>,
    settings: &Settings,
) -> Result<Option<Weighed>, String> {
    let mut ranked: Vec<(usize, Weighed)> = Vec::new();
    for attempt in attempts {
        let (engine, proof, weight, fate) = match attempt {
            Err(dropped) => (dropped.engine, None, None, dropped.why),
            Ok(Candidate { engine, bytes, map, proof }) => {
                let is_known = |(_, other): &(usize, Weighed)| other.bytes == bytes;
                let (weight, fate) = if bytes == current.bytes {
                    (None, "it is what there was")
                } else if ranked.iter().any(is_known) {
                    (None, "it is what another one made")
                } else {
                    let weighed = Weighed::new(kind, bytes, map);
                    let weight = (weighed.bytes.len() as u64, weighed.estimate as u64);
                    ranked.push((tried.len(), weighed));
                    (Some(weight), "another one was smaller")
                };
                (engine, Some(proof.into_owned()), weight, fate.to_owned())
            }
        };
        tried.push(Tried { engine: engine.to_owned(), round, weight, proof, fate });
    }
    let Some((at, mut candidate)) = smallest(ranked, round, kind, current.estimate, settings)? else {
        return Ok(None);
    };
    let fate = &mut tried[at].fate;
    let gain = current.estimate.saturating_sub(candidate.estimate);
    if !kind.is_encoded_on_the_wire() {
        let wins = gain > 0;
        *fate = if wins { WON.into() } else { "it is not smaller".into() };
        return Ok(wins.then_some(candidate));
    }
    if round > 1 {
        // The file has changed anyway, and the first encoding, which most visitors get, decides alone.
        let is_near = candidate.estimate * 1000 <= current.estimate * (1000 + NEAR_PERMILLE);
        let wins = is_near && candidate.first_encoded(settings)? < current.first_encoded(settings)?;
        *fate = if wins { WON.into() } else { "it is not smaller on the wire".into() };
        return Ok(wins.then_some(candidate));
    }
    if gain == 0 {
        *fate = "it is not smaller on the wire".into();
        return Ok(None);
    }
    if !is_gain(current.estimate, candidate.estimate, kind) {
        *fate = format!("it is smaller on the wire by {gain} B only");
        return Ok(None);
    }
    if let Some(why) = grown(current, &mut candidate, kind, settings)? {
        *fate = why;
        return Ok(None);
    }
    *fate = WON.into();
    Ok(Some(candidate))
}

/// In which encoding something is larger than what it was made of, if it is; not asked where the gain is a clear one.
fn grown(before: &mut Weighed, after: &mut Weighed, kind: Kind, settings: &Settings) -> Result<Option<String>, String> {
    if is_clear(before.estimate, after.estimate) {
        return Ok(None);
    }
    let mut served = before.served(kind, settings)?.into_iter().zip(after.served(kind, settings)?);
    let larger = served.find(|((_, before), (_, after))| after > before);
    Ok(larger.map(|((encoding, before), (_, after))| {
        format!("it is larger in {}: {after} B instead of {before} B", encoding.name())
    }))
}

/// The smallest of several candidates; ties go to who was tried first.
fn smallest(
    mut ranked: Vec<(usize, Weighed)>,
    round: u32,
    kind: Kind,
    before: usize,
    settings: &Settings,
) -> Result<Option<(usize, Weighed)>, String> {
    ranked.sort_by_key(|(at, weighed)| (weighed.estimate, *at));
    let Some(least) = ranked.first().map(|(_, weighed)| weighed.estimate) else { return Ok(None) };
    let in_full = round > 1 || is_clear(before, least);
    let is_close = |estimate: usize| (estimate - least) * 1000 <= least * CLOSE_PERMILLE;
    let close = ranked.iter().take_while(|(_, weighed)| is_close(weighed.estimate)).count();
    if !in_full || close < 2 || !kind.is_encoded_on_the_wire() {
        return Ok(ranked.into_iter().next());
    }
    ranked.truncate(close);
    let mut least: Option<(usize, usize, Weighed)> = None;
    for (at, mut weighed) in ranked {
        let length = weighed.first_encoded(settings)?;
        if least.as_ref().is_none_or(|(least, first, _)| (length, at) < (*least, *first)) {
            least = Some((length, at, weighed));
        }
    }
    Ok(least.map(|(_, at, weighed)| (at, weighed)))
}

/// Why the input was kept, in a sentence.
fn reason(tried: &[Tried], kind: Kind) -> String {
    let first = tried.iter().filter(|tried| tried.round == 1);
    // What came nearest speaks: a candidate that lost before an engine that failed.
    match first.clone().find(|tried| tried.proof.is_some()).or(first.clone().next()) {
        Some(tried) => tried.fate.clone(),
        None => transform::why_passed_through(kind).unwrap_or("there is nothing in it").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::AssetPath;
    use crate::transform::Loading;

    fn chosen(name: &str, bytes: &[u8]) -> Choice {
        let path = AssetPath::new(name).unwrap();
        let source = Source {
            path: &path,
            kind: Kind::of(&path),
            bytes,
            loading: Loading::Unknown,
            map: None,
            shown: &crate::spaces::NOWHERE,
        };
        let settings = Settings { encodings: vec![Encoding::Brotli, Encoding::Gzip], ..Settings::default() };
        choose(&source, &settings).unwrap()
    }

    #[test]
    fn what_is_smaller_on_the_wire_wins_and_stays() {
        let text = format!(
            "[{}]",
            (0..300).map(|index| format!("{{ \"key {index}\" : {index} }}")).collect::<Vec<_>>().join(" ,\n    ")
        );
        let choice = chosen("a.json", text.as_bytes());
        assert_eq!(choice.engine(), Some("json"));
        assert!(choice.bytes.len() < text.len() && choice.encoded.len() == 2);
        let again = chosen("a.json", &choice.bytes);
        assert_eq!((again.bytes, again.encoded), (choice.bytes, choice.encoded));
        assert_eq!(again.why_kept.as_deref(), Some("it is what there was"));
    }

    #[test]
    fn what_cannot_be_done_keeps_the_input_and_says_why() {
        let check = |name: &str, bytes: &[u8], why: &str| {
            let choice = chosen(name, bytes);
            assert_eq!(choice.bytes, bytes, "{name}");
            assert_eq!(choice.engine(), None);
            assert!(choice.why_kept.as_ref().unwrap().contains(why), "{name}: {:?}", choice.why_kept);
        };
        check("a.json", b"{ not json", "it is not JSON");
        check("a.json", b"", "there is nothing in it");
        check("a.woff2", b"wOF2", "fonts are only measured");
        check("a.bin", b"\0\x01\x02", "its kind is not known");
    }

    #[test]
    fn an_encoded_file_is_written_where_it_is_worth_one() {
        assert!(chosen("a.txt", b"short").encoded.is_empty());
        assert_eq!(chosen("a.txt", &b"long ".repeat(100)).encoded.len(), 2);
        assert!(chosen("a.woff2", &b"long ".repeat(100)).encoded.is_empty());
    }
}
