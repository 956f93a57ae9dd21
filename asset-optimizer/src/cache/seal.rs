//! What is kept under a seal, so that an entry that was cut short, changed, or moved to another key is none.
//!
//! `magic (8) | digest (32) | milliseconds (8, little-endian) | result`: the digest is of the key, the milliseconds and the
//! result; SHA-256, or HMAC-SHA-256 where there is a secret: then nobody makes an entry who does not know it.

#[cfg(feature = "shared")]
use sha2::Sha256;

use super::Key;
use crate::asset::Digest;

/// Tells our entries from other files.
const PLAIN: &[u8; 8] = b"perfkep2";
#[cfg(feature = "shared")]
const KEYED: &[u8; 8] = b"perfkeys";
const DIGEST_BYTES: usize = 32;

/// How entries are sealed.
#[derive(Clone, Default)]
pub enum Seal {
    /// By what they are.
    #[default]
    Plain,
    /// By who knows this.
    #[cfg(feature = "shared")]
    Keyed(Vec<u8>),
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Seal::Plain => "Plain",
            #[cfg(feature = "shared")]
            Seal::Keyed(_) => "Keyed",
        })
    }
}

/// Why an entry is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It is not what was sealed.
    Damaged,
    /// It is sealed in another way: with a secret, or without one.
    Otherwise,
}

impl Seal {
    /// The entry of a result that took so long to make.
    #[must_use]
    pub fn sealed(&self, key: &Key, result: &[u8], millis: u64) -> Vec<u8> {
        let millis = millis.to_le_bytes();
        [self.magic().as_slice(), &self.digest(key, &millis, result), &millis, result].concat()
    }

    /// How long the result of an entry took to make, and the result.
    ///
    /// # Errors
    /// Where it is not an entry of that key.
    pub fn opened<'a>(&self, key: &Key, entry: &'a [u8]) -> Result<(u64, &'a [u8]), Broken> {
        let Some(rest) = entry.strip_prefix(self.magic()) else {
            let is_other = entry.starts_with(PLAIN);
            #[cfg(feature = "shared")]
            let is_other = is_other || entry.starts_with(KEYED);
            return Err(if is_other { Broken::Otherwise } else { Broken::Damaged });
        };
        let (digest, rest) = rest.split_at_checked(DIGEST_BYTES).ok_or(Broken::Damaged)?;
        let (millis, result) = rest.split_first_chunk::<8>().ok_or(Broken::Damaged)?;
        if !self.is_digest(key, millis, result, digest) {
            return Err(Broken::Damaged);
        }
        Ok((u64::from_le_bytes(*millis), result))
    }

    fn magic(&self) -> &'static [u8; 8] {
        match self {
            Seal::Plain => PLAIN,
            #[cfg(feature = "shared")]
            Seal::Keyed(_) => KEYED,
        }
    }

    fn digest(&self, key: &Key, millis: &[u8; 8], result: &[u8]) -> [u8; DIGEST_BYTES] {
        match self {
            Seal::Plain => *Digest::of_parts(&[key.0.bytes(), millis, result]).bytes(),
            #[cfg(feature = "shared")]
            Seal::Keyed(secret) => hmac::Mac::finalize(keyed(secret, key, millis, result)).into_bytes().into(),
        }
    }

    fn is_digest(&self, key: &Key, millis: &[u8; 8], result: &[u8], said: &[u8]) -> bool {
        match self {
            Seal::Plain => self.digest(key, millis, result) == said,
            // Compared in a time that says nothing of how much is right.
            #[cfg(feature = "shared")]
            Seal::Keyed(secret) => hmac::Mac::verify_slice(keyed(secret, key, millis, result), said).is_ok(),
        }
    }
}

#[cfg(feature = "shared")]
fn keyed(secret: &[u8], key: &Key, millis: &[u8; 8], result: &[u8]) -> hmac::Hmac<Sha256> {
    use hmac::Mac;
    // Any length is a key; what is longer than a block is hashed.
    let Ok(mut mac) = hmac::Hmac::<Sha256>::new_from_slice(secret) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(key.0.bytes());
    mac.update(millis);
    mac.update(result);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_opened_as_it_was_sealed_and_in_no_other_way() {
        let key = Key::of(&[b"input"]);
        let mut seals = vec![Seal::Plain];
        #[cfg(feature = "shared")]
        seals.extend([Seal::Keyed(b"secret".to_vec()), Seal::Keyed(b"another".to_vec())]);
        for (at, seal) in seals.iter().enumerate() {
            let entry = seal.sealed(&key, b"result", 7);
            assert_eq!(seal.opened(&key, &entry), Ok((7, &b"result"[..])));
            assert_eq!(seal.opened(&Key::of(&[b"other"]), &entry), Err(Broken::Damaged), "moved to another key");
            for changed in 0..entry.len() {
                let mut entry = entry.clone();
                entry[changed] ^= 1;
                assert!(seal.opened(&key, &entry).is_err(), "{changed}");
                assert!(seal.opened(&key, &entry[..changed]).is_err(), "{changed}");
            }
            for (other, seal) in seals.iter().enumerate().filter(|(other, _)| *other != at) {
                assert!(seal.opened(&key, &entry).is_err(), "{at} by {other}");
            }
        }
    }
}
