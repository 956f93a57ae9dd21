//! Brotli, by the encoder in Rust.

use std::io;

use brotli::Decompressor;
use brotli::enc::{BrotliCompressCustomAlloc, BrotliEncoderParams, StandardAlloc};

/// The quality that is written.
pub(super) const BEST: i32 = 11;
/// The quality that ranks candidates: about fifty times as fast, and of the same mind about which is smaller.
pub(super) const CHEAP: i32 = 5;
/// How far back a match may lie, as a power of two: what decoders have room for without being asked.
const USUAL_WINDOW: i32 = 22;
/// The same for files that are larger than that: the most that the format has.
const LARGE_WINDOW: i32 = 24;
/// How much is handed over at once; arbitrary.
const BUFFER_BYTES: usize = 64 * 1024;

pub(super) fn compress(bytes: &[u8], quality: i32) -> io::Result<Vec<u8>> {
    let lgwin = if bytes.len() > 1 << USUAL_WINDOW { LARGE_WINDOW } else { USUAL_WINDOW };
    let params = BrotliEncoderParams { quality, lgwin, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    let mut compressed = Vec::with_capacity(bytes.len() / 4 + 64);
    let (mut input, mut output) = (vec![0; BUFFER_BYTES], vec![0; BUFFER_BYTES]);
    let allocator = StandardAlloc::default();
    BrotliCompressCustomAlloc(&mut &*bytes, &mut compressed, &mut input, &mut output, &params, allocator)?;
    Ok(compressed)
}

pub(super) fn reader(bytes: &[u8]) -> impl io::Read {
    Decompressor::new(bytes, BUFFER_BYTES)
}
