//! Names that are put together when a script or a template runs: what is known of them, and which files they may mean.

/// The longest extension that is taken for one: that of `webmanifest`.
const LONGEST_EXTENSION: usize = 11;
/// Where templates put a value in, each by two letters, and where that ends.
const MARKS: [(&str, &str); 7] =
    [("{{", "}}"), ("{%", "%}"), ("<%", "%>"), ("<?", "?>"), ("${", "}"), ("@{", "}"), ("#{", "}")];

/// A part of what is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// It is written out.
    Known(String),
    /// It may be anything.
    Unknown,
}

/// The known parts of a name in their order; between two of them anything may stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern {
    /// The parts, in lower case; an empty one at the start or the end says that anything may stand there.
    parts: Vec<String>,
}

/// Whether what is put together is certainly an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is loaded where it is put together.
    Loaded,
    /// It may be any text.
    Unknown,
}

/// Whether a letter ends a name within a longer text: in markup, in a style, before a query.
fn is_end(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || "<>\"'`{}[]()|,;:=&?#\\^*$!".contains(letter)
}

/// A path as patterns are compared with it: from the root, in lower case, and cut where a name in a text would be.
pub(super) fn comparable(path: &str) -> String {
    let letters = path.chars().map(|letter| if is_end(letter) { '/' } else { letter.to_ascii_lowercase() });
    std::iter::once('/').chain(letters).collect()
}

/// What is known of the names in a text of these parts, where that is enough to say which files they may mean.
pub(super) fn patterns(parts: &[Part], used: Use) -> Vec<Pattern> {
    let mut made = Vec::new();
    let mut name = Name::default();
    for part in parts {
        let Part::Known(text) = part else {
            name.add_unknown();
            continue;
        };
        // An address ends before its query, any other text may hold several.
        let mut pieces =
            text.split(|letter| if used == Use::Loaded { matches!(letter, '?' | '#') } else { is_end(letter) });
        name.add(pieces.next().unwrap_or_default());
        for piece in pieces {
            made.extend(std::mem::take(&mut name).pattern(used));
            if used == Use::Loaded {
                return made;
            }
            // What ends a name may be a letter of one.
            made.extend(ending(piece));
            name.add(piece);
        }
    }
    made.extend(name.pattern(used));
    made
}

/// What may be put behind another text to make a name of it: `.png`, `-hover.png`.
pub(super) fn endings(text: &str) -> impl Iterator<Item = Pattern> {
    text.split(is_end).filter_map(ending)
}

fn ending(piece: &str) -> Option<Pattern> {
    let is_ending = piece.starts_with(|first: char| first.is_ascii() && !first.is_ascii_alphanumeric() && first != '/')
        && !piece.contains('/')
        && extension(piece).is_some();
    is_ending.then(|| Pattern { parts: vec![String::new(), piece.to_ascii_lowercase()] })
}

/// The names in a text that templates put values into.
pub(super) fn in_template(text: &str) -> Vec<Pattern> {
    let mut parts = Vec::new();
    let mut rest = text;
    // Forward only, whatever the number of marks.
    let mark = |pair: &[u8]| MARKS.iter().find(|(open, _)| open.as_bytes() == pair);
    while let Some((at, (open, close))) =
        rest.as_bytes().windows(2).enumerate().find_map(|(at, pair)| Some((at, mark(pair)?)))
    {
        parts.push(Part::Known(rest[..at].to_owned()));
        parts.push(Part::Unknown);
        rest = &rest[at + open.len()..];
        rest = rest.find(close).map_or("", |end| &rest[end + close.len()..]);
    }
    if parts.is_empty() {
        return Vec::new();
    }
    parts.push(Part::Known(rest.to_owned()));
    patterns(&parts, Use::Unknown)
}

/// Whether a text is one of a template.
pub(super) fn is_template(text: &str) -> bool {
    MARKS.iter().any(|(open, _)| text.contains(open))
}

/// A name that is being put together.
#[derive(Default)]
struct Name {
    parts: Vec<String>,
    /// Whether anything may follow the last part.
    is_open: bool,
    /// Of how many texts it is made.
    texts: usize,
}

impl Name {
    fn add(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.texts += 1;
        match self.parts.last_mut().filter(|_| !self.is_open) {
            Some(last) => last.push_str(text),
            None => self.parts.push(text.to_owned()),
        }
        self.is_open = false;
    }

    fn add_unknown(&mut self) {
        if self.parts.is_empty() {
            self.parts.push(String::new());
        }
        self.is_open = true;
    }

    fn pattern(mut self, used: Use) -> Option<Pattern> {
        if self.is_open {
            self.parts.push(String::new());
        }
        if self.parts.len() < 2 && self.texts < 2 {
            return None;
        }
        let mut parts: Vec<String> = Vec::with_capacity(self.parts.len());
        for (at, part) in self.parts.iter().enumerate() {
            let mut part = comparable_part(part.find("://").map_or(part, |scheme| &part[scheme + 1..]));
            if at == 0 && part.starts_with("//") {
                // A site, which may be the own one.
                part = part[2..].find('/').map_or_else(String::new, |end| part[2 + end..].to_owned());
            }
            while let Some(found) = part.find("/./") {
                part.replace_range(found..found + 2, "");
            }
            // What stands before that is left again, and nobody knows how far.
            if let Some(up) = part.rfind("../") {
                part.replace_range(..up + 3, "");
                parts.clear();
            }
            while let Some(rest) = part.strip_prefix("./").or(part.strip_prefix('/').filter(|_| parts.is_empty())) {
                part = rest.to_owned();
            }
            parts.push(part);
        }
        let has_letters = |part: &String| part.bytes().any(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80);
        let last = parts.last()?;
        let is_in_folder = last.is_empty() && parts.iter().any(|part| part.contains('/') && has_letters(part));
        let is_enough = used == Use::Loaded || extension(last).is_some() || is_in_folder;
        (parts.iter().any(has_letters) && is_enough).then_some(Pattern { parts })
    }
}

/// A known part as paths are compared, with its percent signs read.
fn comparable_part(part: &str) -> String {
    let read = crate::asset::percent_decoded(part);
    let letters = read.as_deref().unwrap_or(part).chars();
    letters.map(|letter| if is_end(letter) { '/' } else { letter.to_ascii_lowercase() }).collect()
}

/// The extension of a name.
fn extension(name: &str) -> Option<&str> {
    let (_, extension) = name.rsplit_once('.')?;
    let is_one = (1..=LONGEST_EXTENSION).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_one.then_some(extension)
}

impl Pattern {
    /// Any name at all: that of a script that cannot be read.
    pub(super) fn any() -> Pattern {
        Pattern { parts: vec![String::new(); 2] }
    }

    /// Any name with this text in it.
    pub(super) fn with(text: &str) -> Pattern {
        Pattern { parts: vec![String::new(), text.to_ascii_lowercase(), String::new()] }
    }

    /// Any name with the same extension.
    pub(super) fn by_its_end(&self) -> Pattern {
        let end = self.extension().map_or_else(String::new, |extension| format!(".{extension}"));
        Pattern { parts: vec![String::new(), end] }
    }

    /// The extension of what it means; `None` where that may be any.
    pub(super) fn extension(&self) -> Option<&str> {
        extension(self.parts.last()?)
    }

    /// The same with another beginning, where it begins so: an import map says so.
    pub(super) fn beginning(&self, own: &str, other: &str) -> Option<Pattern> {
        let behind = self.parts.first()?.strip_prefix(&own.to_ascii_lowercase())?;
        let mut parts = self.parts.clone();
        parts[0] = format!("{}{behind}", other.to_ascii_lowercase());
        Some(Pattern { parts })
    }

    /// Whether a [`comparable`] path may be meant: its end, for nobody knows what stands before it.
    pub(super) fn may_mean(&self, path: &str) -> bool {
        let [first, rest @ ..] = self.parts.as_slice() else { return false };
        let Some((last, middle)) = rest.split_last() else {
            return path.strip_suffix(first.as_str()).is_some_and(|before| before.ends_with('/'));
        };
        let Some(path) = path.strip_suffix(last.as_str()) else { return false };
        let start = path.match_indices(first.as_str()).map(|(at, _)| at);
        let mut start = start.filter(|&at| first.is_empty() || path[..at].ends_with('/'));
        let Some(start) = start.next() else { return false };
        let mut rest = &path[start + first.len()..];
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        true
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.parts.join("*").replace("**", "*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [&str; 7] = [
        "locale/de.js",
        "x/locale/fr.json",
        "img/a-2.png",
        "app.js",
        "locale/deep/en.js",
        "photo (1).jpg",
        "config.json",
    ];

    fn meant(made: &[Pattern]) -> Vec<&'static str> {
        PATHS.into_iter().filter(|path| made.iter().any(|made| made.may_mean(&comparable(path)))).collect()
    }

    #[test]
    fn a_pattern_means_what_may_be_put_together() {
        let check = |text: &str, used: Use, expected: &[&str]| {
            // A `~` is what is not known, and a `+` is between two texts.
            let mut parts = Vec::new();
            for (at, known) in text.split('~').enumerate() {
                if at > 0 {
                    parts.push(Part::Unknown);
                }
                parts.extend(known.split('+').map(|known| Part::Known(known.to_owned())));
            }
            assert_eq!(meant(&patterns(&parts, used)), expected, "{text}");
        };
        let locale: &[&str] = &["locale/de.js", "x/locale/fr.json", "locale/deep/en.js"];
        check("./locale/~.js", Use::Loaded, &["locale/de.js", "locale/deep/en.js"]);
        check("./Locale/~", Use::Loaded, locale);
        check("./locale/~", Use::Unknown, locale);
        check("~.json?v=~", Use::Unknown, &["x/locale/fr.json", "config.json"]);
        check("~-~.png", Use::Unknown, &["img/a-2.png"]);
        check("/~", Use::Loaded, &[]);
        check("cannot load ~", Use::Unknown, &[]);
        check("say ~: a text/~ or b", Use::Unknown, &[]);
        check("https://x.example/locale/~.js", Use::Loaded, &["locale/de.js", "locale/deep/en.js"]);
        check("https://~/locale/~.js", Use::Loaded, &["locale/de.js", "locale/deep/en.js"]);
        check("~app.js", Use::Unknown, &["app.js"]);
        // Behind a folder that is not known, in the folder that everything lies in.
        check("~/img/~.png", Use::Unknown, &["img/a-2.png"]);
        check("~/config.json", Use::Unknown, &["config.json"]);
        check("~/x/../img/~.png", Use::Unknown, &["img/a-2.png"]);
        check("a/b/../../img/./a~", Use::Loaded, &["img/a-2.png"]);
        check("~../img/~", Use::Loaded, &["img/a-2.png"]);
        // In markup and in a style.
        check("<img src='img/~.png' alt='~'>", Use::Unknown, &["img/a-2.png"]);
        check("url(img/a~.png)", Use::Unknown, &["img/a-2.png"]);
        check("photo (~).jpg", Use::Loaded, &["photo (1).jpg"]);
        check("photo (~).jpg", Use::Unknown, &["photo (1).jpg"]);
        check("app+.js", Use::Unknown, &["app.js"]);
        check("app.js", Use::Unknown, &[]);
        check("data:image/png;base64,~", Use::Loaded, &[]);
    }

    #[test]
    fn an_ending_means_what_ends_so() {
        let check =
            |text: &str, expected: &[&str]| assert_eq!(meant(&endings(text).collect::<Vec<_>>()), expected, "{text}");
        check(".png", &["img/a-2.png"]);
        check("-2.PNG", &["img/a-2.png"]);
        check("x{n}.json", &["x/locale/fr.json", "config.json"]);
        check("./app.js", &[]);
        check("app.js", &[]);
        check("a.b. c", &[]);
    }

    #[test]
    fn templates_put_names_together() {
        let check = |text: &str, expected: &[&str]| assert_eq!(meant(&in_template(text)), expected, "{text}");
        check("<img src=\"img/{{ n }}.png\">", &["img/a-2.png"]);
        check("<img src='<?= $base ?>/config.json'>", &["config.json"]);
        check("<img src=img/a-2.png>", &[]);
        check("{{", &[]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_patterns(text in "[a./{}$<%>é \"'-]{0,60}") {
            let made = in_template(&text);
            for path in PATHS {
                let _ = made.iter().any(|made| made.may_mean(&comparable(path)));
            }
            let _ = endings(&text).count();
        }
    }
}
