//! How large an image is, by the head of its file.

use crate::asset::Kind;

/// How large an image is, in the pixels that a page reckons with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// How wide.
    pub(super) width: u32,
    /// How high.
    pub(super) height: u32,
}

impl Size {
    fn of(width: u32, height: u32) -> Option<Size> {
        (width > 0 && height > 0).then_some(Size { width, height })
    }
}

/// The size of an image; `None` where it says none, or in a way that a page may read differently.
pub(super) fn size(kind: Kind, bytes: &[u8]) -> Option<Size> {
    match kind {
        Kind::Png => png(bytes),
        Kind::Gif => gif(bytes),
        Kind::Jpeg => jpeg(bytes),
        Kind::ModernImage => webp(bytes),
        Kind::Svg => svg(bytes),
        _ => None,
    }
}

fn big16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn little16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn little24(bytes: &[u8], at: usize) -> Option<u32> {
    let three = bytes.get(at..at + 3)?;
    Some(u32::from_le_bytes([three[0], three[1], three[2], 0]))
}

fn png(bytes: &[u8]) -> Option<Size> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16) == Some(b"IHDR".as_slice());
    // What says how it is to be turned may change both.
    let may_turn = bytes.windows(4).any(|name| name == b"eXIf");
    if !is_png || may_turn { None } else { Size::of(number(16)?, number(20)?) }
}

fn gif(bytes: &[u8]) -> Option<Size> {
    let is_gif = bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a");
    if is_gif { Size::of(little16(bytes, 6)?, little16(bytes, 8)?) } else { None }
}

fn jpeg(bytes: &[u8]) -> Option<Size> {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return None;
    }
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xff => at += 1,
            // Photographs say how they are to be turned.
            0xe1 if bytes.get(at + 4..at + 8) == Some(b"Exif".as_slice()) => return None,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Size::of(big16(bytes, at + 7)?, big16(bytes, at + 5)?);
            }
            0xd9 | 0xda => return None,
            0x01 | 0xd0..=0xd7 => at += 2,
            _ => at += 2 + big16(bytes, at + 2)?.max(2) as usize,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<Size> {
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12) != Some(b"WEBP".as_slice()) {
        return None;
    }
    match bytes.get(12..16)? {
        b"VP8 " if bytes.get(23..26) == Some([0x9d, 0x01, 0x2a].as_slice()) => {
            Size::of(little16(bytes, 26)? & 0x3fff, little16(bytes, 28)? & 0x3fff)
        }
        b"VP8L" if bytes.get(20) == Some(&0x2f) => {
            let bits = u32::from_le_bytes(bytes.get(21..25)?.try_into().ok()?);
            Size::of((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        // With metadata, it may be turned.
        b"VP8X" if bytes.get(20)? & 0x08 == 0 => Size::of(little24(bytes, 24)? + 1, little24(bytes, 27)? + 1),
        _ => None,
    }
}

/// A drawing that says both in whole pixels: any other one fits its place in a way of its own.
fn svg(bytes: &[u8]) -> Option<Size> {
    let text = std::str::from_utf8(bytes.get(..bytes.len().min(4096))?).ok().or_else(|| {
        let cut = std::str::from_utf8(bytes.get(..4096)?).err()?.valid_up_to();
        std::str::from_utf8(&bytes[..cut]).ok()
    })?;
    let start = text.find("<svg")?;
    let tag = &text[start..start + text[start..].find('>')?];
    let number = |name: &str| {
        let mut places = tag.match_indices(name);
        let (at, _) = places.find(|(at, _)| tag[..*at].ends_with(|letter: char| letter.is_ascii_whitespace()))?;
        let rest = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let value = rest[1..].split(quote).next()?.trim();
        value.strip_suffix("px").unwrap_or(value).parse::<u32>().ok()
    };
    if tag.contains("style") { None } else { Size::of(number("width")?, number("height")?) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, bytes: &[u8], expected: Option<(u32, u32)>) {
        let found = size(kind, bytes).map(|size| (size.width, size.height));
        assert_eq!(found, expected, "{kind:?} {}", String::from_utf8_lossy(bytes));
        for cut in 0..bytes.len() {
            let _ = size(kind, &bytes[..cut]);
        }
    }

    #[test]
    fn images_say_their_size() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x02\0\0\0\x03\x08\x06\0\0\0";
        check(Kind::Png, png, Some((258, 3)));
        check(Kind::Png, &[png.as_slice(), b"xxxx\0\0\0\0eXIf"].concat(), None);
        check(Kind::Gif, b"GIF89a\x02\x01\x04\0\0", Some((258, 4)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x0b\x08\x00\x05\x01\x00\x03";
        check(Kind::Jpeg, jpeg, Some((256, 5)));
        check(Kind::Jpeg, b"\xff\xd8\xff\xe1\0\x08Exif\0\0\xff\xc0\0\x0b\x08\x00\x05\x01\x00", None);
        check(Kind::Jpeg, b"\xff\xd8\xff\xda\0\0", None);
        check(Kind::ModernImage, b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x10\x00\x20\x40", Some((16, 32)));
        check(Kind::ModernImage, b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x0f\xc0\x07\x00", Some((16, 32)));
        check(Kind::ModernImage, b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\x10\0\0\0\x0f\0\0\x1f\0\0", Some((16, 32)));
        check(Kind::ModernImage, b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\x08\0\0\0\x0f\0\0\x1f\0\0", None);
        check(Kind::ModernImage, b"\0\0\0\x1cftypavif", None);
        check(
            Kind::Svg,
            b"<?xml version='1.0'?><svg xmlns='x' width=\"20px\"\n height = '10' viewBox=\"0 0 1 1\">",
            Some((20, 10)),
        );
        check(Kind::Svg, b"<svg stroke-width=\"2\" height=\"10\">", None);
        check(Kind::Svg, b"<svg width=\"100%\" height=\"10\">", None);
        check(Kind::Svg, b"<svg width=\"1.5em\" height=\"10\">", None);
        check(Kind::Svg, b"<svg viewBox=\"0 0 1 1\">", None);
    }
}
