//! The references of a style sheet: `url()`, `src()`, `@import` and `image-set()`, with the places of their addresses.

use std::ops::Range;

use super::found::{Base, Found, How, Look, Timing};
use super::letters::Letters;

/// Adds the references of a style sheet that begins at `offset` of its file.
pub(super) fn look(text: &str, offset: usize, base: Base, look: &mut Look) {
    let mut scanner = Scanner { text, at: 0, offset, base, look, fonts: Vec::new(), depth: 0, face: None };
    scanner.sheet();
}

/// What an address is in the place where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Import,
    Plain,
    Namespace,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    offset: usize,
    base: Base,
    look: &'a mut Look,
    /// The sources of the font face that is open: places in `look.found`.
    fonts: Vec<usize>,
    /// How many braces are open.
    depth: usize,
    /// At which depth a font face was opened, and where.
    face: Option<(usize, usize)>,
}

impl Scanner<'_> {
    fn sheet(&mut self) {
        let bytes = self.text.as_bytes();
        let mut place = Place::Plain;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'/' if bytes.get(self.at + 1) == Some(&b'*') => {
                    let start = self.at;
                    let end = self.text[start + 2..].find("*/").map_or(bytes.len(), |end| start + 2 + end + 2);
                    self.look.comments.push(start + self.offset..end + self.offset);
                    self.at = end;
                }
                b'"' | b'\'' => {
                    let span = self.string();
                    if place == Place::Import {
                        self.found(span, How::StyleImport);
                        place = Place::Plain;
                    } else if self.text[span.clone()].contains('\\') {
                        self.look.escaped.push(unescaped(&self.text[span]));
                    }
                }
                b'@' => {
                    self.at += 1;
                    place = match self.word().as_str() {
                        "import" => Place::Import,
                        "namespace" => Place::Namespace,
                        "font-face" => {
                            self.face = Some((self.depth, self.at));
                            Place::Plain
                        }
                        _ => Place::Plain,
                    };
                }
                b'{' | b'}' | b';' => {
                    self.at += 1;
                    place = Place::Plain;
                    match byte {
                        b'{' => self.depth += 1,
                        b'}' => self.close(),
                        _ => {}
                    }
                }
                _ if is_of_word(byte) => {
                    let word = self.word();
                    if bytes.get(self.at) == Some(&b'(') {
                        self.at += 1;
                        self.function(&word, &mut place);
                    }
                }
                // What is escaped opens and closes nothing.
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.end_face();
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.face.is_some_and(|(depth, _)| self.depth <= depth) {
            self.end_face();
        }
    }

    /// A browser takes one of the sources of a font face, the first that it can read: all of today read WOFF2. It does so for a
    /// text with letters that the face is for.
    fn end_face(&mut self) {
        let fonts = std::mem::take(&mut self.fonts);
        let Some((_, start)) = self.face.take() else { return };
        let letters = self.text.get(start..self.at).and_then(Letters::of_face);
        let when = match &letters {
            Some(letters) if !letters.are_among(&[]) => Timing::Later,
            _ => Timing::Now,
        };
        let is_woff2 =
            |at: &&usize| self.look.found[**at].address.split(['?', '#']).next().unwrap_or("").ends_with("woff2");
        let taken = fonts.iter().find(is_woff2).or(fonts.first()).copied();
        for at in fonts {
            let found = &mut self.look.found[at];
            found.timing = if Some(at) == taken { when } else { Timing::Never };
            found.letters = letters.clone().filter(|_| found.timing == Timing::Later);
        }
    }

    fn function(&mut self, name: &str, place: &mut Place) {
        match name {
            "url" | "src" => {
                self.blanks();
                let span = match self.text.as_bytes().get(self.at) {
                    Some(b'"' | b'\'') => self.string(),
                    // `src()` takes no bare address.
                    _ if name == "url" => self.bare(),
                    _ => return,
                };
                match *place {
                    Place::Import => self.found(span, How::StyleImport),
                    Place::Namespace => {}
                    Place::Plain => self.found(span, How::StyleImage),
                }
                *place = Place::Plain;
            }
            "image-set" | "-webkit-image-set" => self.image_set(),
            _ => {}
        }
    }

    /// Strings in an `image-set()` are addresses, but for those in a `type()`.
    fn image_set(&mut self) {
        let mut depth = 1usize;
        let mut in_type = None;
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'"' | b'\'' => {
                    let span = self.string();
                    if in_type.is_none() {
                        self.found(span, How::StyleImage);
                    }
                }
                b')' => {
                    self.at += 1;
                    depth -= 1;
                    in_type = in_type.filter(|outer| *outer <= depth);
                    if depth == 0 {
                        return;
                    }
                }
                b'{' | b'}' | b';' => return,
                _ if is_of_word(byte) => {
                    let word = self.word();
                    if self.text.as_bytes().get(self.at) == Some(&b'(') {
                        self.at += 1;
                        if word == "url" || word == "src" {
                            self.function(&word, &mut Place::Plain);
                        }
                        depth += 1;
                        if word == "type" {
                            in_type = Some(depth);
                        }
                    }
                }
                b'(' => {
                    self.at += 1;
                    depth += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    fn found(&mut self, span: Range<usize>, how: How) {
        let raw = &self.text[span.clone()];
        let how = if how == How::StyleImage && self.face.is_some() { How::Font } else { how };
        if how == How::Font {
            self.fonts.push(self.look.found.len());
        }
        let timing = match how {
            How::StyleImport if !self.counts_always() => Timing::Aside,
            _ => Timing::Now,
        };
        let span = span.start + self.offset..span.end + self.offset;
        self.look.found.push(Found::new(raw, unescaped(raw), span, how, timing, self.base));
    }

    /// Whether a sheet whose address was read just now is imported without a condition.
    fn counts_always(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find([';', '{', '}']).unwrap_or(rest.len());
        counts_always(rest[..end].trim_start().trim_start_matches(')'))
    }

    fn blanks(&mut self) {
        while self.text.as_bytes().get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// A word in lower case.
    fn word(&mut self) -> String {
        let start = self.at;
        while self.text.as_bytes().get(self.at).is_some_and(|byte| is_of_word(*byte)) {
            self.at += 1;
        }
        self.text[start..self.at].to_ascii_lowercase()
    }

    /// The place of what stands between the quotes that begin here.
    fn string(&mut self) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let quote = bytes[self.at];
        let start = self.at + 1;
        self.at = start;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                // A string that is not closed ends with its line.
                b'\n' => return start..self.at,
                _ if byte == quote => {
                    self.at += 1;
                    return start..self.at - 1;
                }
                _ => self.at += 1,
            }
        }
        self.at = bytes.len();
        start..bytes.len()
    }

    /// The place of an address without quotes.
    fn bare(&mut self) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b')' => break,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(bytes.len());
        let end = start + self.text[start..self.at].trim_end().len();
        start..end
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || byte >= 0x80
}

/// A text with its escapes read.
fn unescaped(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    let mut text = String::with_capacity(raw.len());
    let mut letters = raw.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        let mut number = 0u32;
        let mut digits = 0;
        while digits < 6
            && let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(16))
        {
            number = number * 16 + digit;
            digits += 1;
            letters.next();
        }
        if digits > 0 {
            text.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
            letters.next_if(|letter| letter.is_ascii_whitespace());
        } else if let Some(other) = letters.next().filter(|letter| *letter != '\n') {
            text.push(other);
        }
    }
    text
}

/// Whether a list of media is one that every screen fits.
pub(super) fn counts_always(media: &str) -> bool {
    let media = media.trim();
    media.is_empty() || media.eq_ignore_ascii_case("all") || media.eq_ignore_ascii_case("screen")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_a_style_sheet_is_found_where_it_stands() {
        let check = |text: &str, expected: &[(&str, How)]| {
            let mut look = Look::default();
            super::look(text, 0, Base::Own, &mut look);
            let found: Vec<(&str, How)> = look.found.iter().map(|found| (&*found.address, found.how)).collect();
            assert_eq!(found, expected, "{text}");
            for found in &look.found {
                assert_eq!(*unescaped(&text[found.span.clone()]), *found.address);
            }
        };
        check(
            "@import 'a.css' screen;@import url( b.css );@import url(\"c.css\")",
            &[("a.css", How::StyleImport), ("b.css", How::StyleImport), ("c.css", How::StyleImport)],
        );
        check(
            "a{background:URL(x.png) no-repeat,url('y.png?v=1#a')}",
            &[("x.png", How::StyleImage), ("y.png?v=1#a", How::StyleImage)],
        );
        check(
            "a{background:image-set('x.png' 1x type(\"image/png\"), url(y.png) 2x)}b{c:src('z.png')}",
            &[("x.png", How::StyleImage), ("y.png", How::StyleImage), ("z.png", How::StyleImage)],
        );
        check("@font-face{src:url(a.eot);src:url(a.woff)}", &[("a.eot", How::Font), ("a.woff", How::Font)]);
        check("/* url(x.png) */a{content:\"url(y.png)\";--x:url(z\\.png)}", &[("z.png", How::StyleImage)]);
        check("@namespace url(http://x);@charset 'a.css';a{b:my-url(x.png)}", &[]);
        check("a{b:url(\\75 x.png)}", &[("ux.png", How::StyleImage)]);
        check(".a\\\"b{c:url(x.png)}.d\\'{e:url(y.png)}", &[("x.png", How::StyleImage), ("y.png", How::StyleImage)]);
        for cut in ["a{b:url(", "a{b:url('", "/*", "@import", "a{b:image-set(", "a{b:url(\\"] {
            let mut look = Look::default();
            super::look(cut, 0, Base::Own, &mut look);
        }
    }

    #[test]
    fn nobody_waits_for_a_sheet_that_counts_on_some_screens() {
        let mut look = Look::default();
        let text = "@import 'a.css';@import url( b.css ) ;@import url('c.css')screen;@import 'd.css' print;\
                    @import url(e.css) (width > 9px)";
        super::look(text, 0, Base::Own, &mut look);
        let timings: Vec<Timing> = look.found.iter().map(|found| found.timing).collect();
        assert_eq!(timings, [Timing::Now, Timing::Now, Timing::Now, Timing::Aside, Timing::Aside]);
    }

    #[test]
    fn of_a_font_one_source_is_loaded() {
        let mut look = Look::default();
        super::look("@font-face{src:url(a.eot);src:url(a.woff2),url(a.ttf)}a{b:url(x.png)}", 0, Base::Own, &mut look);
        let timings: Vec<Timing> = look.found.iter().map(|found| found.timing).collect();
        assert_eq!(timings, [Timing::Never, Timing::Now, Timing::Never, Timing::Now]);
        let mut look = Look::default();
        super::look(
            "@font-face{src:url(a.woff2);unicode-range:U+370-3FF}@font-face{unicode-range:U+0-FF;src:url(b.woff2)",
            0,
            Base::Own,
            &mut look,
        );
        let timings: Vec<(Timing, bool)> =
            look.found.iter().map(|found| (found.timing, found.letters.is_some())).collect();
        assert_eq!(timings, [(Timing::Later, true), (Timing::Now, false)]);
    }
}
