//! What a file holds: its length and digests, also of one that is too large for memory.

use std::io::Read;

use sha2::{Digest as _, Sha256, Sha384};

use crate::asset::{ByteCount, Digest};
use crate::integrity::{Algorithm, Integrity};

/// How much is read at once.
const PIECE_BYTES: usize = 1 << 16;

/// What a file holds, as far as names and manifests ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// How much.
    pub length: ByteCount,
    /// Its SHA-256.
    pub digest: Digest,
    /// Its SHA-384.
    pub integrity: Integrity,
}

impl Content {
    /// What these bytes are.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Content {
        Content {
            length: ByteCount::of(bytes),
            digest: Digest::of(bytes),
            integrity: Integrity::of(Algorithm::Sha384, bytes),
        }
    }
}

/// What a file holds, read in pieces.
///
/// # Errors
/// Where it cannot be read.
pub fn content(mut file: impl Read) -> std::io::Result<Content> {
    let (mut short, mut long, mut length) = (Sha256::new(), Sha384::new(), 0);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        short.update(&piece[..read]);
        long.update(&piece[..read]);
        length += read as u64;
    }
    Ok(Content {
        length: ByteCount(length),
        digest: Digest::from_bytes(short.finalize().into()),
        integrity: Integrity::from_digest(Algorithm::Sha384, &long.finalize()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole() {
        let bytes = b"abc".repeat(50_000);
        assert_eq!(content(&bytes[..]).unwrap(), Content::of(&bytes));
        assert_eq!(content(&b""[..]).unwrap(), Content::of(b""));
    }
}
