//! JPEG by an installed `jpegtran`: the same coefficients, with better codes for them.
//!
//! Nothing of what a photograph carries besides its pixels goes: a colour profile and an orientation are seen, a copyright is
//! somebody's.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use super::{Attempt, Candidate, guarded};
use crate::tools::{Call, Tool};

/// How much a decoded picture may take, in bytes.
const MAX_DECODED_BYTES: usize = 256 << 20;

/// What the program makes of a picture, once from top to bottom and once in passes.
pub(super) fn attempts(bytes: &[u8], tool: &Tool) -> Vec<Attempt> {
    let how = [("jpegtran", "-optimize"), ("jpegtran, progressive", "-progressive")];
    how.iter().map(|(engine, how)| guarded(engine, || rewritten(bytes, tool, engine, how))).collect()
}

fn rewritten(bytes: &[u8], tool: &Tool, engine: &'static str, how: &str) -> Result<Candidate, String> {
    let before = carried(bytes)?;
    // Decoded first: what our decoder cannot read could not be proven.
    let pixels = pixels(bytes)?;
    let call = Call { input: bytes, arguments: &["-copy", "all", "-maxmemory", "512m", how], output: "-outfile" };
    let made = tool.call(&call)?;
    let after = carried(&made).map_err(|why| format!("the result: {why}"))?;
    // A picture without a head of its own gets the usual one, which says nothing.
    if after.segments != before.segments || before.head.is_some() && before.head != after.head {
        return Err("the result carries something else besides its pixels".into());
    }
    if self::pixels(&made).map_err(|why| format!("the result: {why}"))? != pixels {
        return Err("the result has other pixels".into());
    }
    let proof = "every pixel is the same, by another decoder; profiles, orientation and comments are there".into();
    Ok(Candidate { engine, bytes: made, map: None, proof })
}

/// The size of a picture and its pixels.
fn pixels(bytes: &[u8]) -> Result<(usize, usize, Vec<u8>), String> {
    let said = |why: zune_jpeg::errors::DecodeErrors| format!("it cannot be decoded: {why:?}");
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    decoder.decode_headers().map_err(said)?;
    let size = decoder.output_buffer_size().ok_or("it has no size")?;
    if size > MAX_DECODED_BYTES {
        return Err(format!("it would be {} MiB when decoded", size >> 20));
    }
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    Ok((width, height, decoder.decode().map_err(said)?))
}

/// A segment that is not for pixels: its marker and what it holds.
type Segment<'a> = (u8, &'a [u8]);

const JFIF: &[u8] = b"JFIF\0";
const ADOBE: &[u8] = b"Adobe";

/// What a picture carries besides its pixels.
#[derive(Debug, Default, PartialEq, Eq)]
struct Carried<'a> {
    /// The version and the density of its head, where it has one.
    head: Option<&'a [u8]>,
    /// Profiles, orientation, comments, and whatever else programs have written.
    segments: Vec<Segment<'a>>,
}

fn carried(bytes: &[u8]) -> Result<Carried<'_>, String> {
    let cut = "it is cut short";
    let mut rest = bytes.strip_prefix(b"\xff\xd8").ok_or("it is no JPEG")?;
    let mut carried = Carried::default();
    loop {
        let at = rest.iter().position(|&byte| byte != 0xff).ok_or(cut)?;
        let marker = rest[at];
        if at == 0 {
            return Err("it has bytes where a marker should be".into());
        }
        rest = &rest[at + 1..];
        match marker {
            0xd9 if rest.is_empty() => return Ok(carried),
            // A second picture, a video, or a map of brightness: `jpegtran` would leave them out.
            0xd9 => return Err(format!("{} bytes follow its end, and would be lost", rest.len())),
            0x01 | 0xd0..=0xd7 => continue,
            _ => {}
        }
        let (length, _) = rest.split_first_chunk::<2>().ok_or(cut)?;
        let (segment, after) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(cut)?;
        let body = segment.get(2..).ok_or("a segment of it has no length")?;
        rest = after;
        match marker {
            // A small picture in it is for nobody's eyes.
            0xe0 if body.starts_with(JFIF) => carried.head = Some(body.get(5..12).ok_or(cut)?),
            0xeb if body.starts_with(b"JP") => return Err("its content is signed".into()),
            0xe2 if body.starts_with(b"MPF\0") => return Err("it says where other pictures are in its file".into()),
            // Written anew: how its colours are to be understood, which pixels show.
            0xee if body.starts_with(ADOBE) => {}
            0xe0..=0xef | 0xfe => carried.segments.push((marker, body)),
            0xda => {
                // What is coded goes on until a marker that is none of its own.
                let own = |pair: &[u8]| pair[0] != 0xff || matches!(pair[1], 0x00 | 0xd0..=0xd7);
                let end = rest.windows(2).position(|pair| !own(pair)).ok_or(cut)?;
                rest = &rest[end..];
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One black pixel, by libjpeg.
    fn picture(extra: &[u8], tail: &[u8]) -> Vec<u8> {
        let head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
        let mut quantization = b"\xff\xdb\0\x43\0".to_vec();
        quantization.extend([1; 64]);
        let frame = b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0";
        let mut codes = b"\xff\xc4\0\x14\0\x01".to_vec();
        codes.extend([0; 15]);
        codes.push(0);
        codes.extend(b"\xff\xc4\0\x14\x10\x01");
        codes.extend([0; 15]);
        codes.push(0);
        let scan = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x3f";
        [head.as_slice(), extra, &quantization, frame, &codes, scan, b"\xff\xd9", tail].concat()
    }

    fn tool(run: crate::tools::Run) -> Tool {
        Tool { program: "jpegtran".into(), version: "1".into(), run }
    }

    #[test]
    fn what_a_picture_carries_is_read() {
        let comment = b"\xff\xfe\0\x06mine";
        let whole = picture(comment, b"");
        let found = carried(&whole).unwrap();
        assert_eq!((found.head.unwrap().len(), found.segments), (7, vec![(0xfe, &b"mine"[..])]));
        assert!(carried(&picture(b"", b"more")).unwrap_err().contains("4 bytes follow"));
        assert!(carried(&picture(b"\xff\xeb\0\x04JP", b"")).unwrap_err().contains("signed"));
        for end in 0..60 {
            assert!(carried(&picture(comment, b"")[..end]).is_err());
        }
    }

    #[test]
    fn what_loses_something_is_dropped() {
        let check = |run: crate::tools::Run, why: Option<&str>| {
            let with_comment = picture(b"\xff\xfe\0\x06mine", b"");
            let attempt = attempts(&with_comment, &tool(run)).remove(0);
            match why {
                None => assert_eq!(attempt.unwrap().bytes, with_comment),
                Some(why) => {
                    let dropped = attempt.unwrap_err().why;
                    assert!(dropped.contains(why), "{dropped}");
                }
            }
        };
        check(|_, call| Ok(call.input.to_vec()), None);
        check(|_, _| Ok(picture(b"", b"")), Some("carries something else"));
        check(|_, _| Err("it failed".into()), Some("it failed"));
        check(|_, _| Ok(b"GIF89a".to_vec()), Some("the result: it is no JPEG"));
    }
}
