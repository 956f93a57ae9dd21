//! Images in formats of today, beside the ones that were built: lossless WebP, whose pixels are shown to be the same, and AVIF
//! at a quality that a person states.

use std::io::Cursor;

use image_webp::WebPDecoder;
use ravif::{Encoder, Img, RGBA8};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::caught;
use crate::asset::{ByteCount, Kind};

/// How many pixels an image may have: AVIF takes some 100 bytes of memory and some seconds for each million of them. Arbitrary.
const MAX_PIXELS: usize = 16_000_000;
/// From how much on a variant is worth a file of its own. Arbitrary: a twentieth of the image that it stands for.
const MIN_GAIN: u64 = 20;
/// How thorough AVIF is: the knee of size against time of rav1e, from 1 (slowest) to 10.
const AVIF_SPEED: u8 = 6;
/// How thorough WebP is: the most of libwebp.
const WEBP_EFFORT: i32 = 6;

/// A format that browsers of today read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// The smaller one, and lossy.
    Avif,
    /// Lossless here.
    WebP,
}

impl Format {
    /// What its files end in.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Format::Avif => ".avif",
            Format::WebP => ".webp",
        }
    }

    /// Its type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Avif => "image/avif",
            Format::WebP => "image/webp",
        }
    }
}

/// How lossy AVIF may be: from 1 to 100, which is hardly lossy; `None` for no AVIF.
pub type Quality = Option<u8>;

/// An image in another format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The format.
    pub format: Format,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The variants of an image that are smaller than it, and than what is better than them: the smallest first.
///
/// # Errors
/// Where it can have none, with why.
pub fn variants(kind: Kind, bytes: &[u8], quality: Quality) -> Result<Vec<Variant>, String> {
    caught(|| made(kind, bytes, quality))
}

fn made(kind: Kind, bytes: &[u8], quality: Quality) -> Result<Vec<Variant>, String> {
    let picture = match kind {
        Kind::Png => png(bytes)?,
        Kind::Jpeg => jpeg(bytes)?,
        _ => return Err("it is neither PNG nor JPEG".into()),
    };
    let mut smallest = ByteCount::of(bytes).0;
    let mut variants = Vec::new();
    let mut add = |format: Format, bytes: Vec<u8>| {
        let length = ByteCount::of(&bytes).0;
        if length <= smallest.saturating_sub(smallest / MIN_GAIN) {
            smallest = length;
            variants.insert(0, Variant { format, bytes });
        }
    };
    // A photograph that is a JPEG has been lossy before: without loss, it would only grow.
    if kind == Kind::Png {
        add(Format::WebP, webp(&picture)?);
    }
    if let Some(quality) = quality {
        add(Format::Avif, avif(&picture, quality)?);
    }
    Ok(variants)
}

/// An image as its pixels, in sRGB.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<RGBA8>,
}

fn picture(width: usize, height: usize, pixels: Vec<RGBA8>) -> Result<Picture, String> {
    let is_whole = width.checked_mul(height) == Some(pixels.len()) && !pixels.is_empty();
    is_whole.then_some(Picture { width, height, pixels }).ok_or_else(|| "it has another size than it says".into())
}

fn refuse_size(width: usize, height: usize) -> Result<(), String> {
    match width.saturating_mul(height) {
        0 => Err("it has no pixels".into()),
        1..=MAX_PIXELS => Ok(()),
        _ => Err(format!("it has {width} × {height} pixels, which is too many")),
    }
}

fn png(bytes: &[u8]) -> Result<Picture, String> {
    let said = |why: png::DecodingError| why.to_string();
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(said)?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    refuse_size(width, height)?;
    if info.bit_depth == png::BitDepth::Sixteen {
        return Err("it has 16 bits a colour".into());
    }
    if info.animation_control.is_some() {
        return Err("it moves".into());
    }
    let has_profile = info.icc_profile.is_some() || info.coding_independent_code_points.is_some();
    if has_profile || super::png::space(info) != Default::default() {
        return Err("it has a colour profile".into());
    }
    if super::png::turn(info).is_some() {
        return Err("it says how it is turned".into());
    }
    let mut buffer = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
    let frame = reader.next_frame(&mut buffer).map_err(said)?;
    let all = &buffer[..frame.buffer_size()];
    let pixels = match frame.color_type {
        png::ColorType::Rgba => all.as_chunks().0.iter().map(|&[r, g, b, a]| RGBA8 { r, g, b, a }).collect(),
        png::ColorType::Rgb => all.as_chunks().0.iter().map(|&[r, g, b]| RGBA8 { r, g, b, a: 255 }).collect(),
        png::ColorType::Grayscale => all.iter().map(|&v| RGBA8 { r: v, g: v, b: v, a: 255 }).collect(),
        png::ColorType::GrayscaleAlpha => {
            all.as_chunks().0.iter().map(|&[v, a]| RGBA8 { r: v, g: v, b: v, a }).collect()
        }
        png::ColorType::Indexed => return Err("its palette is not understood".into()),
    };
    picture(width, height, pixels)
}

fn jpeg(bytes: &[u8]) -> Result<Picture, String> {
    let said = |why: zune_jpeg::errors::DecodeErrors| format!("it cannot be decoded: {why:?}");
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(said)?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    refuse_size(width, height)?;
    if decoder.icc_profile().is_some() {
        return Err("it has a colour profile".into());
    }
    // Which way is up may stand in there.
    if decoder.exif().is_some() {
        return Err("it may say how it is turned".into());
    }
    if !matches!(decoder.input_colorspace(), Some(ColorSpace::YCbCr | ColorSpace::Luma)) {
        return Err("its colours are not those of a screen".into());
    }
    let all = decoder.decode().map_err(said)?;
    picture(width, height, all.as_chunks().0.iter().map(|&[r, g, b]| RGBA8 { r, g, b, a: 255 }).collect())
}

fn webp(picture: &Picture) -> Result<Vec<u8>, String> {
    let raw: Vec<u8> = picture.pixels.iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b, pixel.a]).collect();
    let size = |length: usize| u32::try_from(length).map_err(|_| "it is too large".to_owned());
    let encoder = webp::Encoder::from_rgba(&raw, size(picture.width)?, size(picture.height)?);
    let mut config = webp::WebPConfig::new().map_err(|()| "libwebp is of another version")?;
    config.lossless = 1;
    config.quality = 100.0;
    config.method = WEBP_EFFORT;
    // What lies under what nobody sees stays, too: a script could read it.
    config.exact = 1;
    let made = encoder.encode_advanced(&config).map_err(|why| format!("libwebp says {why:?}"))?.to_vec();
    same_pixels(picture, &made)?;
    Ok(made)
}

/// Shows, by somebody else's decoder, that every pixel is the same.
fn same_pixels(picture: &Picture, made: &[u8]) -> Result<(), String> {
    let said = |why: image_webp::DecodingError| format!("the result cannot be decoded: {why}");
    let mut decoder = WebPDecoder::new(Cursor::new(made)).map_err(said)?;
    let (width, height) = decoder.dimensions();
    if (width as usize, height as usize) != (picture.width, picture.height) {
        return Err("the result has another size".into());
    }
    let mut buffer = vec![0; decoder.output_buffer_size().ok_or("the result is too large")?];
    decoder.read_image(&mut buffer).map_err(said)?;
    let is_same = match decoder.has_alpha() {
        true => {
            buffer.as_chunks().0.iter().map(|&[r, g, b, a]| RGBA8 { r, g, b, a }).eq(picture.pixels.iter().copied())
        }
        false => {
            buffer.as_chunks().0.iter().map(|&[r, g, b]| RGBA8 { r, g, b, a: 255 }).eq(picture.pixels.iter().copied())
        }
    };
    if is_same { Ok(()) } else { Err("the result has other pixels".into()) }
}

fn avif(picture: &Picture, quality: u8) -> Result<Vec<u8>, String> {
    let quality = f32::from(quality.clamp(1, 100));
    // One thread: with more, an image would be cut into as many tiles.
    let encoder = Encoder::new()
        .with_quality(quality)
        .with_alpha_quality(quality)
        .with_speed(AVIF_SPEED)
        .with_num_threads(Some(1));
    let image = Img::new(picture.pixels.as_slice(), picture.width, picture.height);
    Ok(encoder.encode_rgba(image).map_err(|why| why.to_string())?.avif_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture with areas, edges and noise, as a PNG.
    fn sample(colour: png::ColorType, more: &dyn Fn(&mut png::Encoder<'_, &mut Vec<u8>>)) -> Vec<u8> {
        let (width, height) = (96u32, 64u32);
        let mut made = Vec::new();
        let mut encoder = png::Encoder::new(&mut made, width, height);
        encoder.set_color(colour);
        more(&mut encoder);
        let mut writer = encoder.write_header().unwrap();
        let mut pixels = Vec::new();
        for at in 0..width * height {
            let (x, y) = (at % width, at / width);
            let level = u8::try_from(x / 8 * 20 % 251).unwrap();
            let pixel = [level, 255 - level, if y < 32 { 40 } else { level }, if x < 9 { 0 } else { 255 }];
            match colour {
                png::ColorType::Rgb => pixels.extend(&pixel[..3]),
                png::ColorType::Grayscale => pixels.push(level),
                _ => pixels.extend(pixel),
            }
        }
        writer.write_image_data(&pixels).unwrap();
        drop(writer);
        made
    }

    #[test]
    fn a_lossless_variant_has_the_same_pixels_and_a_lossy_one_is_smaller_still() {
        for colour in [png::ColorType::Rgba, png::ColorType::Rgb, png::ColorType::Grayscale] {
            let image = sample(colour, &|_| ());
            let made = variants(Kind::Png, &image, Some(60)).unwrap();
            let formats: Vec<Format> = made.iter().map(|variant| variant.format).collect();
            assert_eq!(formats.last(), Some(&Format::WebP), "{colour:?}");
            let lengths: Vec<usize> = made.iter().map(|variant| variant.bytes.len()).collect();
            assert!(lengths.is_sorted() && lengths.iter().all(|length| *length < image.len()), "{lengths:?}");
            let own = png(&image).unwrap();
            let lossless = made.last().unwrap();
            assert!(same_pixels(&own, &lossless.bytes).is_ok());
            let mut other = own;
            other.pixels[7].g ^= 1;
            assert_eq!(same_pixels(&other, &lossless.bytes), Err("the result has other pixels".into()));
            assert_eq!(variants(Kind::Png, &image, Some(60)).unwrap(), made);
        }
    }

    #[test]
    fn what_a_variant_would_lose_is_left_alone() {
        let check = |bytes: &[u8], kind: Kind, why: &str| assert_eq!(variants(kind, bytes, None).unwrap_err(), why);
        check(
            &sample(png::ColorType::Rgb, &|encoder| encoder.set_source_gamma(png::ScaledFloat::new(0.7))),
            Kind::Png,
            "it has a colour profile",
        );
        check(b"", Kind::Svg, "it is neither PNG nor JPEG");
        assert!(
            variants(Kind::Png, b"\x89PNG\r\n\x1a\n", None).is_err()
                && variants(Kind::Jpeg, b"\xff\xd8", None).is_err()
        );
    }

    #[test]
    fn without_a_quality_nothing_is_lossy() {
        let made = variants(Kind::Png, &sample(png::ColorType::Rgba, &|_| ()), None).unwrap();
        assert!(made.iter().all(|variant| variant.format == Format::WebP));
    }
}
