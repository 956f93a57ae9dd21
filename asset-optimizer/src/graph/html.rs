//! The references of a page or a drawing: its attributes, its inline scripts and styles, its import maps.

use std::collections::BTreeSet;

use super::css;
use super::found::{Base, Found, Hold, How, Look, Timing};
use super::pattern::{self, Pattern, in_template};
use crate::asset::AssetPath;
use crate::integrity::Integrity;
use crate::transform::Loading;
use crate::transform::html::TEMPLATE_MARKS;
use crate::transform::html::entities::decoded;
use crate::transform::html::policy::hashes;
use crate::transform::html::tokens::{BLANKS, Token, attribute, attributes, tokens};

/// Words in the tag around a text that a script makes something of.
const READ_BY_SCRIPTS: [&str; 3] = ["markdown", "mermaid", "template"];
/// What an address begins with that is a script.
const SCHEME: &str = "javascript:";
/// Names of `<meta>` whose content is an address.
const ADDRESSED: [&str; 10] = [
    "og:image",
    "og:image:url",
    "og:image:secure_url",
    "og:video",
    "og:video:url",
    "og:audio",
    "twitter:image",
    "twitter:image:src",
    "msapplication-tileimage",
    "msapplication-config",
];

/// Adds the references of a page.
pub(super) fn look(text: &str, offset: usize, page: &AssetPath, held: &BTreeSet<Integrity>, look: &mut Look) {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(why) => {
            look.unread = Some(why);
            return;
        }
    };
    // Then its texts are not what visitors see.
    let is_template = TEMPLATE_MARKS.iter().any(|mark| text.contains(mark));
    let mut is_read_by_scripts = false;
    let mut reader = Reader { text, offset, page, look };
    let mut picture = Picture::default();
    let mut letters: BTreeSet<char> = BTreeSet::new();
    for token in tokens {
        if let Token::Text(words) = &token {
            let shown = decoded(words);
            letters.extend(shown.as_deref().unwrap_or(words).chars());
        }
        let at = token.text().as_ptr() as usize - text.as_ptr() as usize;
        match token {
            Token::Open { name, text: tag } => {
                is_read_by_scripts = name == "option" || READ_BY_SCRIPTS.iter().any(|word| tag.contains(word));
                reader.look.add_patterns(in_template(tag));
                let before = reader.look.found.len();
                reader.tag(&name, tag);
                picture.meet(&name, tag, before, &mut reader.look.found);
            }
            Token::Body { of, open, text: body } => {
                let before = reader.look.found.len();
                reader.body(&of, open, body, at);
                let found = &mut reader.look.found[before..];
                if !held.is_empty() && !found.is_empty() && hashes(body).iter().any(|hash| held.contains(hash)) {
                    found.iter_mut().for_each(|found| found.hold = Hold::Sealed);
                }
            }
            // What people read loads nothing.
            Token::Text(words) if !is_template && !is_read_by_scripts && !pattern::is_template(words) => {
                reader.look.comments.push(at + offset..at + words.len() + offset);
            }
            Token::Text(words) => reader.look.add_patterns(in_template(words)),
            Token::Close { .. } => is_read_by_scripts = false,
            Token::Comment(_) | Token::Doctype(_) => {}
        }
    }
    reader.look.letters = letters.into_iter().collect();
}

struct Reader<'a, 'b> {
    text: &'a str,
    offset: usize,
    page: &'a AssetPath,
    look: &'b mut Look,
}

impl Reader<'_, '_> {
    fn found(&mut self, raw: &str, how: How, timing: Timing) {
        let trimmed = raw.trim_matches(BLANKS);
        let Some(address) = decoded(trimmed).filter(|address| !address.is_empty() && !address.contains("{{")) else {
            return;
        };
        let at = trimmed.as_ptr() as usize - self.text.as_ptr() as usize + self.offset;
        self.look.found.push(Found::new(trimmed, address, at..at + trimmed.len(), how, timing, Base::Own));
    }

    fn tag(&mut self, name: &str, tag: &str) {
        let all: Vec<(String, &str)> = attributes(tag).map(|(key, value)| (key.to_ascii_lowercase(), value)).collect();
        let value = |wanted: &str| all.iter().find(|(key, _)| key == wanted).map(|(_, value)| *value);
        let word = |wanted: &str| value(wanted).and_then(decoded).unwrap_or_default().trim().to_ascii_lowercase();
        let lazily = if word("loading") == "lazy" { Timing::Later } else { Timing::Now };
        if name == "base" && self.look.base.is_none() {
            self.look.base = value("href").and_then(decoded);
            return;
        }
        let mut seen: Vec<&str> = Vec::new();
        for (key, raw) in &all {
            // Of two attributes of one name, browsers take the first.
            if seen.contains(&key.as_str()) {
                continue;
            }
            seen.push(key);
            match (name, key.as_str()) {
                ("script", "src") => {
                    let timing = if value("nomodule").is_some() { Timing::Never } else { Timing::Now };
                    match word("type").as_str() {
                        "module" => self.found(raw, How::Module, timing),
                        "" | "text/javascript" | "application/javascript" => self.found(raw, How::Script, timing),
                        _ => self.found(raw, How::Fetch, Timing::Later),
                    }
                }
                ("link", "href") => {
                    let (how, timing) = link(&word("rel"), &word("as"), &word("media"));
                    self.found(raw, how, timing);
                }
                ("link", "imagesrcset") | ("img" | "source", "srcset") => self.candidates(raw),
                ("img" | "input", "src") | ("video", "poster") | ("body" | "table" | "td", "background") => {
                    self.found(raw, How::Image, lazily);
                }
                ("image" | "feimage", "href" | "xlink:href") => self.found(raw, How::Image, Timing::Now),
                ("use", "href" | "xlink:href") => self.found(raw, How::Image, Timing::Now),
                ("video" | "audio" | "source" | "track", "src") => self.found(raw, How::Media, Timing::Later),
                ("iframe" | "frame" | "embed", "src") | ("object", "data") => self.found(raw, How::Frame, lazily),
                ("a" | "area", "href" | "xlink:href")
                | ("form", "action")
                | ("button" | "input", "formaction")
                | ("blockquote" | "q" | "del" | "ins", "cite") => self.found(raw, How::Link, Timing::Never),
                ("html", "manifest") => self.found(raw, How::WebManifest, Timing::Later),
                ("script", "href" | "xlink:href") => self.found(raw, How::Script, Timing::Now),
                ("meta", "content") => {
                    if word("http-equiv") == "refresh" {
                        self.refresh(raw);
                    } else if ADDRESSED.contains(&word("property").as_str())
                        || ADDRESSED.contains(&word("name").as_str())
                    {
                        self.found(raw, How::Link, Timing::Never);
                    }
                }
                (_, "style") => self.style(raw),
                (
                    _,
                    "fill" | "stroke" | "filter" | "mask" | "clip-path" | "marker-start" | "marker-mid" | "marker-end"
                    | "cursor",
                ) if raw.contains("url(") => self.style(raw),
                (_, key) if key.starts_with("on") => self.handler(raw),
                _ => self.unknown(raw),
            }
            let code = raw.trim_start_matches(BLANKS).get(..SCHEME.len());
            if code.is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME)) {
                self.handler(&raw.trim_start_matches(BLANKS)[SCHEME.len()..]);
            }
        }
    }

    /// A value that says nothing by itself, but may hold names: they are looked for as it is meant.
    fn unknown(&mut self, raw: &str) {
        if raw.contains('&') {
            self.look.escaped.extend(decoded(raw));
        }
    }

    /// The script of an attribute: no address in it is rewritten.
    fn handler(&mut self, raw: &str) {
        let code = decoded(raw).unwrap_or_else(|| raw.to_owned());
        #[cfg(feature = "js")]
        {
            let mut look = Look::default();
            super::js::look(&format!("(function(){{{code}\n}})"), 0, self.page, Loading::Classic, &mut look);
            self.look.add_patterns(look.patterns);
            self.look.escaped.append(&mut look.escaped);
        }
        self.look.add_patterns(pattern::endings(&code));
        self.look.escaped.push(code);
    }

    /// Styles in an attribute, where no letter of them is an entity.
    fn style(&mut self, raw: &str) {
        let at = raw.as_ptr() as usize - self.text.as_ptr() as usize + self.offset;
        match raw.contains('&') {
            true => self.unknown(raw),
            false => css::look(raw, at, Base::Own, self.look),
        }
    }

    /// `5; url=next.html`
    fn refresh(&mut self, raw: &str) {
        let Some(at) = raw.to_ascii_lowercase().find("url=") else { return };
        let address = raw[at + 4..].trim_matches(BLANKS);
        self.found(address.trim_matches(['\'', '"']), How::Link, Timing::Never);
    }

    /// The addresses of a `srcset`: a browser takes one of them.
    fn candidates(&mut self, raw: &str) {
        let mut rest = raw;
        loop {
            rest = rest.trim_start_matches(|letter| BLANKS.contains(&letter) || letter == ',');
            if rest.is_empty() {
                return;
            }
            let end = rest.find(BLANKS).unwrap_or(rest.len());
            let (address, after) = rest.split_at(end);
            let bare = address.trim_end_matches(',');
            if !bare.starts_with("data:") {
                self.found(bare, How::Image, Timing::Never);
            }
            // A comma right behind an address ends it; else its descriptors follow.
            rest = match (bare.len() < address.len(), after.find(',')) {
                (true, _) => after,
                (false, Some(comma)) => &after[comma + 1..],
                (false, None) => "",
            };
        }
    }

    fn body(&mut self, of: &str, open: &str, body: &str, at: usize) {
        let at = at + self.offset;
        let kind = attribute(open, "type").and_then(decoded).unwrap_or_default().trim().to_ascii_lowercase();
        match (of, kind.as_str()) {
            ("style", "" | "text/css") => css::look(body, at, Base::Own, self.look),
            ("script", "importmap") => super::json::import_map(body, at, self.look),
            ("script", "module") => self.script(body, at, Loading::Module),
            ("script", "" | "text/javascript" | "application/javascript") => self.script(body, at, Loading::Classic),
            ("title", _) => self.look.comments.push(at..at + body.len()),
            _ => {
                super::json::data(body, self.look);
                self.look.add_patterns(in_template(body));
            }
        }
    }

    #[cfg(feature = "js")]
    fn script(&mut self, body: &str, at: usize, loading: Loading) {
        let before = self.look.unread.take();
        super::js::look(body, at, self.page, loading, self.look);
        // A script that cannot be read names what it names; the page around it is read all the same.
        if self.look.unread.is_some() {
            self.look.add_patterns([Pattern::any()]);
        }
        self.look.unread = before;
    }

    #[cfg(not(feature = "js"))]
    fn script(&mut self, _: &str, _: usize, _: Loading) {
        let _ = self.page;
    }
}

/// The `<picture>` that is open: which of its forms a browser loads.
#[derive(Default)]
enum Picture {
    /// None is, or it cannot be told.
    #[default]
    Unknown,
    /// The form of its image, as far as was read.
    Own,
    /// That of a source, by its place among what was found.
    Source(usize),
}

impl Picture {
    /// Reads a tag, what was found in which stands behind the first so many: a browser takes the first source whose type it
    /// reads, and all of today read WebP and AVIF.
    fn meet(&mut self, name: &str, tag: &str, before: usize, found: &mut [Found]) {
        let word = |key: &str| attribute(tag, key).and_then(decoded).unwrap_or_default().trim().to_ascii_lowercase();
        match (name, &self) {
            ("picture", _) => *self = Picture::Own,
            ("source", Picture::Own) => {
                let kind = word("type");
                let is_read = ["", "image/avif", "image/webp", "image/png", "image/jpeg", "image/gif", "image/svg+xml"]
                    .contains(&kind.as_str());
                *self = match (is_read, found.len() - before) {
                    (false, _) => return,
                    (true, 1) if css::counts_always(&word("media")) => Picture::Source(before),
                    (true, _) => Picture::Unknown,
                };
            }
            ("img", Picture::Source(source)) => {
                let lazily = if word("loading") == "lazy" { Timing::Later } else { Timing::Now };
                found[before..]
                    .iter_mut()
                    .filter(|own| own.how == How::Image)
                    .for_each(|own| own.timing = Timing::Never);
                found[*source].timing = lazily;
                *self = Picture::Unknown;
            }
            ("source", _) => {}
            _ => *self = Picture::Unknown,
        }
    }
}

/// What a `<link>` of these words is.
fn link(rel: &str, destination: &str, media: &str) -> (How, Timing) {
    let has = |word: &str| rel.split_ascii_whitespace().any(|own| own == word);
    if has("stylesheet") {
        let timing = match (has("alternate"), css::counts_always(media)) {
            (true, _) => Timing::Later,
            (false, false) => Timing::Aside,
            (false, true) => Timing::Now,
        };
        (How::Style, timing)
    } else if has("modulepreload") {
        (How::ModulePreload, Timing::Now)
    } else if has("preload") {
        (if destination == "fetch" { How::Fetch } else { How::Preload }, Timing::Now)
    } else if has("prefetch") || has("prerender") {
        (How::Prefetch, Timing::Later)
    } else if rel.contains("icon") {
        (How::Icon, Timing::Later)
    } else if has("manifest") {
        (How::WebManifest, Timing::Later)
    } else {
        (How::Link, Timing::Never)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(text: &str) -> Look {
        let mut look = Look::default();
        super::look(text, 0, &AssetPath::new("index.html").unwrap(), &BTreeSet::new(), &mut look);
        look
    }

    #[test]
    fn every_reference_of_a_page_is_found_where_it_stands() {
        let check = |text: &str, expected: &[(&str, How, Timing)]| {
            let look = looked(text);
            let found: Vec<(&str, How, Timing)> =
                look.found.iter().map(|found| (&text[found.span.clone()], found.how, found.timing)).collect();
            assert_eq!(found, expected, "{text}");
        };
        use Timing::{Aside, Later, Never, Now};
        check("<script src=a.js></script>", &[("a.js", How::Script, Now)]);
        check("<SCRIPT TYPE=module SRC=' a.js '></SCRIPT>", &[("a.js", How::Module, Now)]);
        check("<script nomodule src=a.js></script>", &[("a.js", How::Script, Never)]);
        check("<link rel=stylesheet href=\"a.css?x=1&amp;y\">", &[("a.css?x=1&amp;y", How::Style, Now)]);
        check("<link rel=stylesheet href=a.css media=print>", &[("a.css", How::Style, Aside)]);
        check(
            "<link rel=modulepreload href=a.js><link rel=preload as=font href=a.woff2>",
            &[("a.js", How::ModulePreload, Now), ("a.woff2", How::Preload, Now)],
        );
        check(
            "<link rel='shortcut icon' href=a.ico><link rel=manifest href=m.webmanifest><link rel=prefetch href=b.js>",
            &[("a.ico", How::Icon, Later), ("m.webmanifest", How::WebManifest, Later), ("b.js", How::Prefetch, Later)],
        );
        check(
            "<img src=a.png srcset='b.png 1x, c,d.png 2x,e.png'>",
            &[
                ("a.png", How::Image, Now),
                ("b.png", How::Image, Never),
                ("c,d.png", How::Image, Never),
                ("e.png", How::Image, Never),
            ],
        );
        check(
            "<img loading=lazy src=a.png><video poster=b.png src=c.mp4></video>",
            &[("a.png", How::Image, Later), ("b.png", How::Image, Now), ("c.mp4", How::Media, Later)],
        );
        check(
            "<a href=b.html#x>x</a><iframe src=c.html></iframe>",
            &[("b.html#x", How::Link, Never), ("c.html", How::Frame, Now)],
        );
        check(
            "<svg><use xlink:href='s.svg#i'/><rect fill='url(t.svg#g)'/></svg>",
            &[("s.svg#i", How::Image, Now), ("t.svg#g", How::StyleImage, Now)],
        );
        check(
            "<p style='background:url(a.png)'><style>b{c:url(d.png)}</style>",
            &[("a.png", How::StyleImage, Now), ("d.png", How::StyleImage, Now)],
        );
        check(
            "<meta http-equiv=refresh content='0; URL=b.html'><meta property=og:image content='https://x.example/a.png'>",
            &[("b.html", How::Link, Never), ("https://x.example/a.png", How::Link, Never)],
        );
        check(
            "<noscript><img src=a.png></noscript><template><img src=b.png></template>",
            &[("a.png", How::Image, Now), ("b.png", How::Image, Now)],
        );
        let images = |text: &str, expected: [Timing; 3]| {
            let timings: Vec<Timing> = looked(text).found.iter().map(|found| found.timing).collect();
            assert_eq!(timings, expected, "{text}");
        };
        let webp = "<source type=image/webp srcset=a.webp>";
        images(
            &format!("<picture><source type='image/avif' srcset='a.avif'>{webp}<img src=a.png></picture>"),
            [Now, Never, Never],
        );
        images(
            &format!("<picture><source type=image/jxl srcset=a.jxl>{webp}<img src=a.png loading=lazy>"),
            [Never, Later, Never],
        );
        images(&format!("<picture><source media=print srcset=a.avif>{webp}<img src=a.png>"), [Never, Never, Now]);
        images(&format!("<picture>{webp}</picture><p><img src=a.png><img src=b.png>"), [Never, Now, Now]);
        check("<!-- <img src=a.png> --><img data-src=b.png><img src='{{ c.png }}'>", &[]);
    }

    #[cfg(feature = "js")]
    #[test]
    fn scripts_in_a_page_count() {
        let text = "<script type=importmap>{\"imports\":{\"a\":\"./a.js\"}}</script><script type=module>import 'a';import './b.js'</script>";
        let look = looked(text);
        let found: Vec<&str> = look.found.iter().map(|found| &text[found.span.clone()]).collect();
        assert_eq!(found, ["./a.js", "a", "./b.js"]);
        assert_eq!(look.maps.len(), 1);
    }

    #[test]
    fn what_people_read_is_no_reference() {
        let text = "<title>a.js</title><p>b.js</p><textarea>c.js</textarea><option>d.js</option>";
        let comments: Vec<&str> = looked(text).comments.into_iter().map(|span| &text[span]).collect();
        assert_eq!(comments, ["a.js", "b.js"]);
        assert!(looked("<p>{% static 'b.js' %}</p>").comments.is_empty());
        assert!(looked("<script>").unread.is_some());
    }

    proptest::proptest! {
        #[test]
        fn any_page_has_an_end(text in "[<>=/!\"' a-csrctyle:url(),&;-]{0,120}") {
            let _ = looked(&text);
        }
    }
}
