//! What differs from a file that a browser has already: dictionary-compressed brotli and zstd, as RFC 9842 frames them.

use std::io::{self, Read, Write};

use brotli::enc::{BrotliCompressCustomIoCustomDict, BrotliEncoderParams, StandardAlloc};
use brotli::{Decompressor, IoReaderWrapper, IoWriterWrapper};

use super::read_at_most;
use crate::asset::{Delta, Digest};

/// What dictionary and file may have together: so far back both encodings look, in any browser.
pub const MOST_BYTES: usize = 8 << 20;
/// How much is handed over at once; arbitrary.
const BUFFER_BYTES: usize = 64 * 1024;
/// The window, as a power of two: dictionary and file fit into it.
const WINDOW: i32 = 23;
/// As for files without a dictionary.
const ZSTD_LEVEL: i32 = 19;

/// What differs from a dictionary, with the head that names it; decompressed and compared.
///
/// # Errors
/// Where both are too large together, or what came back is not what went in.
pub fn delta(how: Delta, dictionary: &[u8], bytes: &[u8]) -> Result<Vec<u8>, String> {
    if dictionary.is_empty() || dictionary.len() + bytes.len() > MOST_BYTES {
        return Err(format!("both together have more than {MOST_BYTES} bytes, or one has none"));
    }
    let body = match how {
        Delta::Brotli => brotli_of(dictionary, bytes),
        Delta::Zstd => zstd_of(dictionary, bytes),
    };
    let body = body.map_err(|why| format!("{} did not compress it: {why}", how.name()))?;
    let made = [how.magic(), Digest::of(dictionary).bytes(), &body].concat();
    match restored(how, dictionary, &made, bytes.len()) {
        Ok(back) if back == bytes => Ok(made),
        Ok(_) => Err(format!("what {} compressed came back different", how.name())),
        Err(why) => Err(format!("what {} compressed did not come back: {why}", how.name())),
    }
}

/// What a delta is of, with its dictionary; up to `limit` bytes.
///
/// # Errors
/// Where it is none of that dictionary, or holds more.
pub fn restored(how: Delta, dictionary: &[u8], delta: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let body = delta.strip_prefix(how.magic()).and_then(|rest| rest.strip_prefix(Digest::of(dictionary).bytes()));
    let body = body.ok_or("it is not of that dictionary")?;
    let read = || -> io::Result<Vec<u8>> {
        match how {
            Delta::Brotli => {
                let mut reader = Decompressor::new(body, BUFFER_BYTES);
                if !reader.attach_dictionary(dictionary.to_vec().into()) {
                    return Err(io::Error::other("the dictionary is refused"));
                }
                read_at_most(Box::new(reader) as Box<dyn Read>, limit)
            }
            Delta::Zstd => {
                let mut reader = zstd::stream::read::Decoder::with_ref_prefix(body, dictionary)?;
                reader.window_log_max(WINDOW as u32)?;
                read_at_most(Box::new(reader) as Box<dyn Read>, limit)
            }
        }
    };
    read().map_err(|why| why.to_string())
}

fn brotli_of(dictionary: &[u8], bytes: &[u8]) -> io::Result<Vec<u8>> {
    let params =
        BrotliEncoderParams { quality: 11, lgwin: WINDOW, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    let mut made = Vec::new();
    let (mut input, mut output) = (vec![0; BUFFER_BYTES], vec![0; BUFFER_BYTES]);
    BrotliCompressCustomIoCustomDict(
        &mut IoReaderWrapper(&mut &*bytes),
        &mut IoWriterWrapper(&mut made),
        &mut input,
        &mut output,
        &params,
        StandardAlloc::default(),
        &mut |_, _, _, _| (),
        dictionary,
        io::Error::from(io::ErrorKind::UnexpectedEof),
    )?;
    Ok(made)
}

fn zstd_of(dictionary: &[u8], bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::with_ref_prefix(Vec::new(), ZSTD_LEVEL, dictionary)?;
    encoder.window_log(WINDOW as u32)?;
    encoder.long_distance_matching(true)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_brings_a_file_back_with_its_dictionary_and_no_other() {
        let old: Vec<u8> = (0..20_000_u32).flat_map(|number| format!("line {number}\n").into_bytes()).collect();
        let new = String::from_utf8(old.clone()).unwrap().replace("line 777\n", "line of another kind\n").into_bytes();
        for how in Delta::ALL {
            let made = delta(how, &old, &new).unwrap();
            assert!(made.len() < 200, "{}: {}", how.name(), made.len());
            assert_eq!(restored(how, &old, &made, new.len()).unwrap(), new);
            assert!(restored(how, &new, &made, new.len()).is_err());
            assert!(restored(how, &old, &made, new.len() - 1).is_err());
            assert!(restored(how, &old, &made[..made.len() / 2], new.len()).is_err());
            assert!(delta(how, &[], &new).is_err());
            assert!(delta(how, &vec![0; MOST_BYTES], &new).is_err());
        }
    }
}
