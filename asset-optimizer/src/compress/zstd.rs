//! Zstandard, by its reference library.

use std::io;

/// The best that needs no more memory than browsers grant; the three above it gave the same bytes where it was tried.
const LEVEL: i32 = 19;

pub(super) fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL)
}

pub(super) fn reader(bytes: &[u8]) -> io::Result<impl io::Read> {
    let mut decoder = zstd::stream::read::Decoder::new(bytes)?;
    // What RFC 9659 grants a browser: 8 MiB.
    decoder.window_log_max(23)?;
    Ok(decoder)
}
