//! Gzip, by libdeflate or zopfli, without a time or a name in its header.

use std::io;

use super::Effort;

/// libdeflate's best.
const LEVEL: i32 = 12;
/// Above this size zopfli is asked for fewer rounds, as its authors advise.
const LARGE_BYTES: usize = 4 << 20;

pub(super) fn compress(bytes: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
    let usual = by_libdeflate(bytes)?;
    if effort == Effort::Usual {
        return Ok(usual);
    }
    // Zopfli is the larger one now and then.
    let other = by_zopfli(bytes)?;
    Ok(if other.len() < usual.len() { other } else { usual })
}

fn by_libdeflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let level = libdeflater::CompressionLvl::new(LEVEL).map_err(|_| io::Error::other("no such level"))?;
    let mut compressor = libdeflater::Compressor::new(level);
    let mut compressed = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut compressed).map_err(io::Error::other)?;
    compressed.truncate(length);
    Ok(compressed)
}

fn by_zopfli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let rounds = if bytes.len() > LARGE_BYTES { 5 } else { 15 };
    let options = zopfli::Options {
        iteration_count: std::num::NonZeroU64::new(rounds).unwrap_or(std::num::NonZeroU64::MIN),
        ..zopfli::Options::default()
    };
    let mut compressed = Vec::new();
    zopfli::compress(options, zopfli::Format::Gzip, bytes, &mut compressed)?;
    Ok(compressed)
}

pub(super) fn reader(bytes: &[u8]) -> impl io::Read {
    flate2::read::MultiGzDecoder::new(bytes)
}
