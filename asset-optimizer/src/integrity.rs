//! Digests of files as pages, scripts and headers write them: `sha384-` and base64. Pure.

use std::collections::BTreeSet;
use std::ops::Range;

use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// How a digest is made, the weakest first: of several, browsers ask the strongest only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `sha256`
    Sha256,
    /// `sha384`
    Sha384,
    /// `sha512`
    Sha512,
}

impl Algorithm {
    /// Every algorithm that browsers know.
    pub const ALL: [Algorithm; 3] = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];

    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha384 => "sha384",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// How many letters its digests have in base64.
    fn letters(self) -> usize {
        match self {
            Algorithm::Sha256 => 44,
            Algorithm::Sha384 => 64,
            Algorithm::Sha512 => 88,
        }
    }

    /// How many of them are `=`, at the end.
    fn padding(self) -> usize {
        match self {
            Algorithm::Sha256 => 1,
            Algorithm::Sha384 => 0,
            Algorithm::Sha512 => 2,
        }
    }
}

/// A digest in base64, with the algorithm that made it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integrity {
    /// Who made it.
    pub algorithm: Algorithm,
    /// The digest: letters, `+`, `/`, and `=` at the end.
    pub base64: String,
}

impl Integrity {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Integrity {
        let digest = match algorithm {
            Algorithm::Sha256 => Sha256::digest(bytes).to_vec(),
            Algorithm::Sha384 => Sha384::digest(bytes).to_vec(),
            Algorithm::Sha512 => Sha512::digest(bytes).to_vec(),
        };
        Integrity { algorithm, base64: base64(&digest) }
    }

    /// The digest of which these are the bytes.
    #[must_use]
    pub fn from_digest(algorithm: Algorithm, digest: &[u8]) -> Integrity {
        Integrity { algorithm, base64: base64(digest) }
    }

    /// The digests of some bytes by every algorithm.
    #[must_use]
    pub fn all_of(bytes: &[u8]) -> Vec<Integrity> {
        Algorithm::ALL.iter().map(|&algorithm| Integrity::of(algorithm, bytes)).collect()
    }
}

impl std::fmt::Display for Integrity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.algorithm.name(), self.base64)
    }
}

/// A place in a text that holds a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What it holds.
    pub integrity: Integrity,
    /// Where, from the algorithm to the last letter.
    pub span: Range<usize>,
}

/// A value of a page that holds digests of a file and can be rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The file, as it is named beside them.
    pub address: String,
    /// The digests, with their places in the page.
    pub mentions: Vec<Mention>,
    /// How many there are with those that are none, as one that is cut short: browsers compare these, too.
    pub listed: usize,
}

/// How many words of a text begin as digests do.
#[must_use]
pub fn listed(text: &str) -> usize {
    let is_one = |word: &str| {
        let start = word.get(..7).unwrap_or_default().to_ascii_lowercase();
        Algorithm::ALL.iter().any(|algorithm| start == format!("{}-", algorithm.name()))
    };
    text.split_ascii_whitespace().filter(|word| is_one(word)).count()
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > group.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// How the three signs of base64 that are no letters are written in HTML, JavaScript, JSON and addresses.
const ESCAPES: [(&str, char); 22] = [
    ("+", '+'),
    ("-", '+'),
    ("/", '/'),
    ("_", '/'),
    ("=", '='),
    ("\\/", '/'),
    ("\\u002b", '+'),
    ("\\u002f", '/'),
    ("\\u003d", '='),
    ("\\x2b", '+'),
    ("\\x2f", '/'),
    ("\\x3d", '='),
    ("&#x2b;", '+'),
    ("&#43;", '+'),
    ("&plus;", '+'),
    ("&#x2f;", '/'),
    ("&#47;", '/'),
    ("&#x3d;", '='),
    ("&#61;", '='),
    ("%2b", '+'),
    ("%2f", '/'),
    ("%3d", '='),
];

/// The digests that a text holds, whatever it is, in the order of their places.
#[must_use]
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found: Vec<Mention> = ["sha", "SHA"]
        .iter()
        .flat_map(|word| text.match_indices(word))
        .filter(|(at, _)| !text[..*at].ends_with(|before: char| before.is_ascii_alphanumeric()))
        .filter_map(|(at, _)| mention(text, at))
        .collect();
    found.sort_by_key(|mention| mention.span.start);
    found
}

fn mention(text: &str, start: usize) -> Option<Mention> {
    let name = text.get(start..start + 6)?;
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| name.eq_ignore_ascii_case(algorithm.name()))?;
    let mut rest = text[start + 6..].strip_prefix('-')?;
    let mut base64 = String::with_capacity(algorithm.letters());
    // One more than there may be, so that what is longer is seen.
    while base64.len() <= algorithm.letters() {
        if let Some(letter) = rest.chars().next().filter(char::is_ascii_alphanumeric) {
            base64.push(letter);
            rest = &rest[1..];
            continue;
        }
        let escape = ESCAPES
            .iter()
            .find(|(written, _)| rest.get(..written.len()).is_some_and(|start| start.eq_ignore_ascii_case(written)));
        let Some((written, letter)) = escape else { break };
        base64.push(*letter);
        rest = &rest[written.len()..];
    }
    // Signs at the end are left out by some.
    let missing = algorithm.letters().checked_sub(base64.len())?;
    let padding = algorithm.padding();
    if missing > padding {
        return None;
    }
    base64.extend(std::iter::repeat_n('=', missing));
    let (body, end) = base64.split_at(base64.len() - padding);
    let is_digest = !body.contains('=') && end.chars().all(|letter| letter == '=');
    is_digest.then(|| Mention { integrity: Integrity { algorithm, base64 }, span: start..text.len() - rest.len() })
}

/// What a list of digests says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: no digest is listed that browsers know, and they take any file.
    Unchecked,
    /// A browser takes the file.
    Right,
    /// A browser refuses it.
    Wrong,
}

/// What a browser does with a file of these digests: of those listed it asks the strongest, and takes any that is right.
#[must_use]
pub fn verdict<'a>(listed: impl Iterator<Item = &'a Integrity> + Clone, own: &BTreeSet<Integrity>) -> Verdict {
    let Some(strongest) = listed.clone().map(|integrity| integrity.algorithm).max() else { return Verdict::Unchecked };
    let mut asked = listed.filter(|integrity| integrity.algorithm == strongest);
    if asked.any(|integrity| own.contains(integrity)) { Verdict::Right } else { Verdict::Wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_other_tools() {
        // By `openssl dgst -binary | base64`, of nothing and of `abc`.
        let of = |algorithm, text: &str| Integrity::of(algorithm, text.as_bytes()).to_string();
        assert_eq!(of(Algorithm::Sha256, ""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(of(Algorithm::Sha256, "abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        let long = "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn";
        assert_eq!(of(Algorithm::Sha384, "abc"), long);
        assert_eq!(of(Algorithm::Sha512, "abc").len(), 7 + 88);
    }

    #[test]
    fn digests_are_found_however_they_are_written() {
        let own = Integrity::of(Algorithm::Sha256, b"").to_string();
        let check = |text: &str, expected: bool| {
            let found: Vec<String> = mentions(text).iter().map(|mention| mention.integrity.to_string()).collect();
            assert_eq!(found, if expected { vec![own.clone()] } else { Vec::new() }, "{text}");
        };
        check(&own, true);
        check(&format!("x '{own}' y"), true);
        check(&own.replace('/', "\\/"), true);
        check(&own.replace('+', "&#x2B;").replace('=', "&#61;"), true);
        check(&own.replace('+', "-").replace('/', "_"), true);
        check(own.trim_end_matches('='), true);
        check(&own.replace("sha256", "SHA256"), true);
        check(&format!("{own}?option"), true);
        check(&format!("x{own}"), false);
        check("sha256-AAAA", false);
        check(&format!("sha256-{}", "A".repeat(60)), false);
        check("sha256-ü", false);
        for algorithm in Algorithm::ALL {
            let text = format!("<{}>", Integrity::of(algorithm, b"x"));
            assert_eq!(mentions(&text)[0].span, 1..text.len() - 1);
        }
    }

    #[test]
    fn the_strongest_algorithm_decides() {
        let right: BTreeSet<Integrity> = Integrity::all_of(b"right").into_iter().collect();
        let check = |listed: &[(Algorithm, &str)], expected: Verdict| {
            let listed: Vec<Integrity> =
                listed.iter().map(|(algorithm, text)| Integrity::of(*algorithm, text.as_bytes())).collect();
            assert_eq!(verdict(listed.iter(), &right), expected, "{listed:?}");
        };
        use Algorithm::{Sha256, Sha384};
        check(&[], Verdict::Unchecked);
        check(&[(Sha256, "right")], Verdict::Right);
        check(&[(Sha256, "wrong")], Verdict::Wrong);
        check(&[(Sha256, "wrong"), (Sha384, "right")], Verdict::Right);
        check(&[(Sha256, "right"), (Sha384, "wrong")], Verdict::Wrong);
        check(&[(Sha256, "other"), (Sha256, "right")], Verdict::Right);
    }
}
