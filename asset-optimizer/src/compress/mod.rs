//! Bytes → fewer bytes on the wire: one file for each encoding, and what is compressed is decompressed and compared. Pure.

mod brotli;
pub mod delta;
mod gzip;
mod zstd;

use std::io::{BufRead, BufReader, Read};

use crate::asset::Encoding;

/// How hard is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    /// What a release is worth: brotli 11, libdeflate 12, zstd 19.
    #[default]
    Usual,
    /// Zopfli where it is smaller, at fourteen times the time; every engine, also for scripts that are minified already.
    Max,
}

/// Compresses, decompresses, and compares.
///
/// # Errors
/// Where what came back is not what went in, which is a defect of an encoder or a decoder: then nothing is written.
pub fn compress(encoding: Encoding, bytes: &[u8], effort: Effort) -> Result<Vec<u8>, String> {
    let name = encoding.name();
    let compressed = match encoding {
        Encoding::Brotli => brotli::compress(bytes, brotli::BEST),
        Encoding::Gzip => gzip::compress(bytes, effort),
        Encoding::Zstd => zstd::compress(bytes),
    }
    .map_err(|why| format!("{name} did not compress it: {why}"))?;
    match decompress(encoding, &compressed, bytes.len()) {
        Ok(back) if back == bytes => Ok(compressed),
        Ok(_) => Err(format!("what {name} compressed came back different")),
        Err(why) => Err(format!("what {name} compressed did not come back: {why}")),
    }
}

/// What some bytes weigh on the wire, roughly and fast: to rank candidates.
#[must_use]
pub fn estimate(bytes: &[u8]) -> usize {
    brotli::compress(bytes, brotli::CHEAP).map_or(bytes.len(), |compressed| compressed.len())
}

/// Decompresses up to `limit` bytes.
///
/// # Errors
/// Where these are no compressed bytes, or more than `limit` come out: a few bytes can hold gigabytes.
pub fn decompress(encoding: Encoding, bytes: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    reader(encoding, bytes).and_then(|reader| read_at_most(reader, limit)).map_err(|why| why.to_string())
}

/// Whether some compressed bytes hold what can be read from elsewhere, and end where that does. Compares in pieces, and holds
/// none but these: a few bytes can hold gigabytes.
#[must_use]
pub fn is_of(encoding: Encoding, compressed: &[u8], original: impl Read) -> bool {
    reader(encoding, compressed).and_then(|reader| same(reader, original)).unwrap_or(false)
}

fn reader(encoding: Encoding, bytes: &[u8]) -> std::io::Result<Box<dyn Read + '_>> {
    Ok(match encoding {
        Encoding::Brotli => Box::new(brotli::reader(bytes)),
        Encoding::Gzip => Box::new(gzip::reader(bytes)),
        Encoding::Zstd => Box::new(zstd::reader(bytes)?),
    })
}

fn same(one: impl Read, other: impl Read) -> std::io::Result<bool> {
    let (mut one, mut other) = (BufReader::new(one), BufReader::new(other));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let both = left.len().min(right.len());
        if both == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        if left[..both] != right[..both] {
            return Ok(false);
        }
        one.consume(both);
        other.consume(both);
    }
}

/// Reads to the end, or to one byte beyond the limit, which is an error.
fn read_at_most(reader: impl Read, limit: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Error;
    let mut bytes = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(Error::other(format!("it holds more than {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_compressed_comes_back(bytes in prop::collection::vec(0u8..8, 0..3000)) {
            for encoding in Encoding::ALL {
                let compressed = compress(encoding, &bytes, Effort::Usual).unwrap();
                prop_assert_eq!(&decompress(encoding, &compressed, bytes.len()).unwrap(), &bytes);
                prop_assert_eq!(&compress(encoding, &bytes, Effort::Usual).unwrap(), &compressed);
            }
        }

        #[test]
        fn noise_is_no_compressed_file_and_harms_nobody(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for encoding in Encoding::ALL {
                if let Ok(back) = decompress(encoding, &bytes, 1000) {
                    prop_assert!(back.len() <= 1000);
                }
            }
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let zeros = vec![0u8; 10_000_000];
        for encoding in Encoding::ALL {
            let bomb = match encoding {
                Encoding::Brotli => brotli::compress(&zeros, brotli::CHEAP).unwrap(),
                _ => compress(encoding, &zeros, Effort::Usual).unwrap(),
            };
            assert!(bomb.len() < 20_000);
            let why = decompress(encoding, &bomb, 1000).unwrap_err();
            assert!(!why.is_empty(), "{encoding:?}");
            assert!(!is_of(encoding, &bomb, &zeros[1..]) && is_of(encoding, &bomb, &zeros[..]), "{encoding:?}");
        }
    }

    #[test]
    fn the_most_effort_is_never_larger() {
        let text = include_str!("mod.rs").repeat(2);
        let usual = compress(Encoding::Gzip, text.as_bytes(), Effort::Usual).unwrap().len();
        let max = compress(Encoding::Gzip, text.as_bytes(), Effort::Max).unwrap().len();
        assert!(max <= usual, "{max} is more than {usual}");
    }
}
