//! PNG by oxipng; another decoder shows that the pixels are the same.

use std::io::Cursor;

use oxipng::{Deflater, Options, StripChunks, ZopfliOptions};
use png::{ColorType, Decoder, Transformations};

use super::{Attempt, Candidate, Source, guarded};
use crate::compress::Effort;

/// How many pixels an image may have. A header can promise billions of them in a few bytes.
const MAX_PIXELS: u64 = 40_000_000;
/// What comes of that many pixels at eight bytes each, and a byte for each row.
const MAX_DECODED_BYTES: usize = 384 << 20;
/// The knee of size against time, in development as in releases.
const USUAL_PRESET: u8 = 4;

/// What is done with pixels that nobody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Invisible {
    /// They keep their colours.
    Kept,
    /// Their colours may change.
    Free,
}

pub(super) fn attempts(source: &Source<'_>, effort: Effort) -> Vec<Attempt> {
    let usual = Options::from_preset(USUAL_PRESET);
    let mut attempts = vec![guarded("oxipng", || optimized(source.bytes, usual, "oxipng", Invisible::Kept))];
    if effort == Effort::Max {
        let zopfli = ZopfliOptions::default();
        let max = Options { deflater: Deflater::Zopfli(zopfli), optimize_alpha: true, ..Options::from_preset(6) };
        let engine = "oxipng, zopfli and invisible pixels";
        attempts.push(guarded(engine, || optimized(source.bytes, max, engine, Invisible::Free)));
    }
    attempts
}

fn optimized(bytes: &[u8], options: Options, engine: &'static str, invisible: Invisible) -> Result<Candidate, String> {
    refuse_size(bytes)?;
    let strip = strip(reader(bytes)?.info());
    // No time limit: with one, the output would depend on the machine.
    let options = Options {
        strip,
        // In passes, a picture is seen sooner, and is larger.
        interlace: Some(false),
        timeout: None,
        max_decompressed_size: Some(MAX_DECODED_BYTES),
        ..options
    };
    let optimized = oxipng::optimize_from_memory(bytes, &options).map_err(|why| why.to_string())?;
    same_image(bytes, &optimized, invisible)?;
    let proof = match invisible {
        Invisible::Kept => "decodes to the same pixels in every frame, with the same colour profile and timing",
        Invisible::Free => "decodes to the same visible pixels in every frame, with the same colour profile and timing",
    };
    Ok(Candidate { engine, bytes: optimized, map: None, proof: proof.into() })
}

/// Refuses an image by its header, before anything is unpacked.
fn refuse_size(bytes: &[u8]) -> Result<(), String> {
    let number = |at: usize| {
        let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_be_bytes(bytes)))
    };
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err("it is no PNG".into());
    }
    match (number(16), number(20)) {
        (Some(width), Some(height)) if width * height <= MAX_PIXELS => Ok(()),
        (Some(width), Some(height)) => Err(format!("it has {width} × {height} pixels, which is too many")),
        _ => Err("it is cut short".into()),
    }
}

/// What browsers look at: as oxipng has it, and colours and a turn that it takes for dispensable, where they say something.
fn strip(info: &png::Info<'_>) -> StripChunks {
    let mut more = Vec::new();
    if space(info) != Space::default() {
        more.extend([*b"gAMA", *b"cHRM"]);
    }
    if turn(info).is_some() {
        more.push(*b"eXIf");
    }
    if more.is_empty() {
        return StripChunks::Safe;
    }
    let shown = [*b"cICP", *b"iCCP", *b"sRGB", *b"pHYs", *b"acTL", *b"fcTL", *b"fdAT"];
    StripChunks::Keep(shown.into_iter().chain(more).collect())
}

/// Gamma and primaries where these are not those of sRGB, in hundred thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Space {
    gamma: Option<u32>,
    primaries: Option<[u32; 8]>,
}

/// What sRGB is, as the standard writes it.
const SRGB_GAMMA: u32 = 45_455;
const SRGB_PRIMARIES: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];
/// Encoders round in their own ways.
const SPACE_SLACK: u32 = 100;

/// How the numbers of an image are meant, where it has no profile and does not say that it is sRGB: these count for more.
pub(super) fn space(info: &png::Info<'_>) -> Space {
    if info.srgb.is_some() || info.icc_profile.is_some() || info.coding_independent_code_points.is_some() {
        return Space::default();
    }
    let near = |one: u32, other: u32| one.abs_diff(other) <= SPACE_SLACK;
    let gamma = info.gama_chunk.map(png::ScaledFloat::into_scaled).filter(|gamma| !near(*gamma, SRGB_GAMMA));
    let primaries = info
        .chrm_chunk
        .map(|own| [own.white, own.red, own.green, own.blue].map(|(x, y)| [x.into_scaled(), y.into_scaled()]).concat());
    let primaries = primaries.and_then(|own| <[u32; 8]>::try_from(own).ok());
    let is_other = |own: &[u32; 8]| own.iter().zip(SRGB_PRIMARIES).any(|(one, other)| !near(*one, other));
    Space { gamma, primaries: primaries.filter(is_other) }
}

/// How an image is to be turned, from its Exif; `None` where it stands as it is.
pub(super) fn turn(info: &png::Info<'_>) -> Option<u16> {
    const ORIENTATION: u16 = 0x0112;
    let exif = info.exif_metadata.as_deref()?;
    let is_little = exif.starts_with(b"II");
    let short = |at: usize| {
        let pair: [u8; 2] = exif.get(at..at + 2)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let long = |at: usize| {
        let (one, other) = (u32::from(short(at)?), u32::from(short(at + 2)?));
        Some(if is_little { other << 16 | one } else { one << 16 | other })
    };
    let first = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(first)?);
    let entry = (0..entries).map(|entry| first + 2 + entry * 12).find(|at| short(*at) == Some(ORIENTATION))?;
    short(entry + 8).filter(|turn| *turn != 1)
}

fn same_image(before: &[u8], after: &[u8], invisible: Invisible) -> Result<(), String> {
    let (mut before, mut after) = (reader(before)?, reader(after)?);
    {
        let (one, other) = (before.info(), after.info());
        if (one.width, one.height) != (other.width, other.height) {
            return Err("the result has another size".into());
        }
        // oxipng writes the short name of the standard profile where it finds that one spelt out.
        let same_profile = one.icc_profile == other.icc_profile || other.srgb.is_some();
        let same_space =
            other.srgb.is_some() && one.icc_profile.is_some() || one.srgb == other.srgb && space(one) == space(other);
        if !same_profile || !same_space || one.coding_independent_code_points != other.coding_independent_code_points {
            return Err("the result has another colour profile".into());
        }
        // These cannot be compared, and are a few numbers each.
        let same = |one: &dyn std::fmt::Debug, other: &dyn std::fmt::Debug| format!("{one:?}") == format!("{other:?}");
        if turn(one) != turn(other) {
            return Err("the result is turned in another way".into());
        }
        if !same(&one.pixel_dims, &other.pixel_dims) {
            return Err("the result has another resolution".into());
        }
        if !same(&one.animation_control, &other.animation_control) {
            return Err("the result has another animation".into());
        }
    }
    let frames = before.info().animation_control.map_or(1, |control| control.num_frames.max(1));
    for frame in 0..frames {
        let (one, other) = (pixels(&mut before)?, pixels(&mut after)?);
        if one.1 != other.1 {
            return Err(format!("frame {} of the result has another time or place", frame + 1));
        }
        let same = |(one, other): ([u16; 4], [u16; 4])| {
            one == other || invisible == Invisible::Free && one[3] == 0 && other[3] == 0
        };
        let (count, others) = (one.0.len(), other.0.len());
        if count != others || !one.0.iter().zip(other.0.iter()).all(same) {
            return Err(format!("frame {} of the result has other pixels", frame + 1));
        }
    }
    Ok(())
}

type Reader<'a> = png::Reader<Cursor<&'a [u8]>>;

fn reader(bytes: &[u8]) -> Result<Reader<'_>, String> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: MAX_DECODED_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::ALPHA);
    decoder.read_info().map_err(|why| format!("it cannot be decoded: {why}"))
}

/// What a frame is shown with: its place, time, and how it is put over the one before.
type Placed = Option<(u32, u32, u32, u32, u16, u16, u8, u8)>;

fn pixels(reader: &mut Reader<'_>) -> Result<(Pixels, Placed), String> {
    let size = reader.output_buffer_size().filter(|size| *size <= MAX_DECODED_BYTES).ok_or("it is too large")?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(|why| format!("it cannot be decoded: {why}"))?;
    bytes.truncate(frame.buffer_size());
    let placed = reader.info().frame_control.map(|frame| {
        let (dispose, blend) = (frame.dispose_op as u8, frame.blend_op as u8);
        let place = (frame.x_offset, frame.y_offset, frame.width, frame.height);
        (place.0, place.1, place.2, place.3, frame.delay_num, frame.delay_den, dispose, blend)
    });
    let is_wide = frame.bit_depth == png::BitDepth::Sixteen;
    let channels = match frame.color_type {
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgba => 4,
        other => return Err(format!("it was decoded as {other:?}")),
    };
    Ok((Pixels { bytes, is_wide, channels }, placed))
}

/// Decoded pixels, in whatever width they came.
struct Pixels {
    bytes: Vec<u8>,
    is_wide: bool,
    channels: usize,
}

impl Pixels {
    fn width(&self) -> usize {
        self.channels * if self.is_wide { 2 } else { 1 }
    }

    fn len(&self) -> usize {
        self.bytes.len() / self.width()
    }

    /// The pixels in red, green, blue and alpha, of sixteen bits each.
    fn iter(&self) -> impl Iterator<Item = [u16; 4]> + '_ {
        self.bytes.chunks_exact(self.width()).map(|pixel| {
            let channel = |at: usize| match self.is_wide {
                true => u16::from_be_bytes([pixel[2 * at], pixel[2 * at + 1]]),
                false => u16::from(pixel[at]) * 257,
            };
            match self.channels {
                2 => [channel(0), channel(0), channel(0), channel(1)],
                _ => [channel(0), channel(1), channel(2), channel(3)],
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(color: ColorType, depth: png::BitDepth, width: u32, height: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        encoder.set_compression(png::Compression::Fastest);
        encoder.add_text_chunk("Comment".into(), "made by a test".into()).unwrap();
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    fn shrunk(bytes: &[u8]) -> Vec<u8> {
        optimized(bytes, Options::from_preset(2), "oxipng", Invisible::Kept).unwrap().bytes
    }

    #[test]
    fn images_of_every_depth_shrink_and_stay_the_same() {
        let bytes: Vec<u8> = (0..64 * 64 * 8u32).map(|index| (index / 97 % 7 * 36) as u8).collect();
        for (color, depth, width) in [
            (ColorType::Rgba, png::BitDepth::Eight, 4),
            (ColorType::Rgb, png::BitDepth::Eight, 3),
            (ColorType::Grayscale, png::BitDepth::Eight, 1),
            (ColorType::Rgba, png::BitDepth::Sixteen, 8),
            (ColorType::GrayscaleAlpha, png::BitDepth::Sixteen, 4),
        ] {
            let image = encoded(color, depth, 64, 64, &bytes[..64 * 64 * width]);
            let made = shrunk(&image);
            assert!(made.len() < image.len(), "{color:?} {depth:?}");
            assert_eq!(shrunk(&made), made);
        }
    }

    #[test]
    fn colours_and_a_turn_that_browsers_look_at_stay() {
        let image = |more: &dyn Fn(&mut png::Encoder<'_, &mut Vec<u8>>)| {
            let mut bytes = Vec::new();
            let mut encoder = png::Encoder::new(&mut bytes, 64, 64);
            encoder.set_color(ColorType::Grayscale);
            encoder.set_compression(png::Compression::Fastest);
            more(&mut encoder);
            encoder.write_header().unwrap().write_image_data(&[7; 64 * 64]).unwrap();
            bytes
        };
        let made = |bytes: &[u8]| {
            let made = shrunk(bytes);
            let reader = reader(&made).unwrap();
            (space(reader.info()), turn(reader.info()), reader.info().gama_chunk.is_some())
        };
        let dark = made(&image(&|encoder| encoder.set_source_gamma(png::ScaledFloat::from_scaled(100_000))));
        assert_eq!(dark, (Space { gamma: Some(100_000), primaries: None }, None, true));
        // What every screen takes for granted goes.
        let usual = made(&image(&|encoder| encoder.set_source_gamma(png::ScaledFloat::from_scaled(45_455))));
        assert_eq!(usual, (Space::default(), None, false));
        let exif = |turn: u8| {
            [b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[turn, 0, 0, 0, 0, 0, 0]].concat()
        };
        let turned = |turn: u8| made(&with_chunk(&image(&|_| ()), *b"eXIf", &exif(turn))).1;
        assert_eq!((turned(6), turned(1)), (Some(6), None));
        let (one, other) =
            (image(&|_| ()), image(&|encoder| encoder.set_source_gamma(png::ScaledFloat::from_scaled(60_000))));
        assert_eq!(same_image(&one, &other, Invisible::Kept), Err("the result has another colour profile".into()));
    }

    /// An image with one more chunk behind its head.
    fn with_chunk(image: &[u8], name: [u8; 4], data: &[u8]) -> Vec<u8> {
        let body = [name.as_slice(), data].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&body);
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        let (head, rest) = image.split_at(33);
        [head, &length, &body, &crc.sum().to_be_bytes(), rest].concat()
    }

    #[test]
    fn another_pixel_is_seen() {
        let mut data = vec![7u8; 4 * 16];
        let one = encoded(ColorType::Rgba, png::BitDepth::Eight, 4, 4, &data);
        data[17] = 8;
        let other = encoded(ColorType::Rgba, png::BitDepth::Eight, 4, 4, &data);
        assert_eq!(same_image(&one, &one, Invisible::Kept), Ok(()));
        assert!(same_image(&one, &other, Invisible::Kept).unwrap_err().contains("other pixels"));
        // Where nobody sees it, it may differ if that is allowed.
        let clear = |value: u8| encoded(ColorType::Rgba, png::BitDepth::Eight, 1, 1, &[value, value, value, 0]);
        assert!(same_image(&clear(1), &clear(2), Invisible::Kept).is_err());
        assert!(same_image(&clear(1), &clear(2), Invisible::Free).is_ok());
    }

    #[test]
    fn what_promises_too_much_is_not_unpacked() {
        let mut bytes = encoded(ColorType::Grayscale, png::BitDepth::Eight, 4, 4, &[0; 16]);
        bytes[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        assert!(refuse_size(&bytes).unwrap_err().contains("60000 × 60000"));
        for wrong in [&b""[..], b"GIF89a", &bytes[..20]] {
            assert!(refuse_size(wrong).is_err());
        }
    }
}
