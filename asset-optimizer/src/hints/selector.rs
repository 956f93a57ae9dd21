//! Which elements a selector may choose, told by its last part: what stands before it is taken for true.

/// What is known of an element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name.
    pub(super) name: String,
    /// Its identifier; empty where it has none.
    pub(super) id: String,
    /// Its classes.
    pub(super) classes: Vec<String>,
    /// All its attributes.
    pub(super) attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn value(&self, wanted: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str())
    }
}

/// Whether a selector chooses an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    /// It does not.
    Never,
    /// It may.
    Sometimes,
    /// It does.
    Always,
}

/// The last part of a selector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector {
    /// The name of the element, where it says one.
    kind: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
    /// Attributes that there must be.
    attributes: Vec<String>,
    /// Whether it says more than is told here.
    says_more: bool,
    /// Whether it chooses something that is no element.
    is_pseudo_element: bool,
}

impl Selector {
    /// A selector that may choose anything.
    pub(super) fn any() -> Selector {
        Selector { says_more: true, ..Selector::default() }
    }

    /// The selectors of a list.
    pub(super) fn list(text: &str) -> Vec<Selector> {
        parted(text, |byte| byte == b',').into_iter().map(Selector::of).collect()
    }

    fn of(text: &str) -> Selector {
        let text = text.trim();
        let parts = parted(text, |byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'+' | b'~'));
        let parts: Vec<&str> = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
        let Some(last) = parts.last() else { return Selector::any() };
        let mut selector = Selector { says_more: parts.len() > 1, ..Selector::default() };
        selector.read(last);
        selector
    }

    fn read(&mut self, compound: &str) {
        let mut rest = compound;
        while let Some(first) = rest.chars().next() {
            let after = &rest[first.len_utf8()..];
            match first {
                '.' | '#' => {
                    let (name, next) = name(after);
                    match (name, first) {
                        (None, _) => self.says_more = true,
                        (Some(name), '.') => self.classes.push(name),
                        (Some(name), _) => self.id = Some(name),
                    }
                    rest = next;
                }
                '*' => rest = after,
                '[' => {
                    let end = closing(rest);
                    let inner = rest.get(1..end.saturating_sub(1)).unwrap_or_default();
                    let (key, value) = name(inner.trim_start());
                    self.attributes.extend(key.map(|key| key.to_ascii_lowercase()));
                    self.says_more |= !value.trim().is_empty();
                    rest = rest.get(end..).unwrap_or_default();
                }
                ':' => {
                    let is_double = after.starts_with(':');
                    let (pseudo, next) = name(after.trim_start_matches(':'));
                    let pseudo = pseudo.unwrap_or_default().to_ascii_lowercase();
                    let is_old = ["before", "after", "first-line", "first-letter"].contains(&pseudo.as_str());
                    self.is_pseudo_element |= is_double || is_old;
                    match pseudo.as_str() {
                        "root" => self.kind = Some("html".to_owned()),
                        _ => self.says_more = true,
                    }
                    rest = if next.starts_with('(') { next.get(closing(next)..).unwrap_or_default() } else { next };
                }
                _ => match name(rest) {
                    (Some(kind), next) => {
                        self.kind = Some(kind.to_ascii_lowercase());
                        rest = next;
                    }
                    (None, _) => {
                        *self = Selector::any();
                        return;
                    }
                },
            }
        }
    }

    #[cfg(feature = "variants")]
    /// Whether it may choose an element of a name, whatever else that is.
    pub(super) fn may_be_named(&self, name: &str) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind == name)
    }

    /// Whether it chooses an element.
    pub(super) fn matches(&self, element: &Element) -> Match {
        let is_it = !self.is_pseudo_element
            && self.kind.as_ref().is_none_or(|kind| *kind == element.name)
            && self.id.as_ref().is_none_or(|id| *id == element.id)
            && self.classes.iter().all(|class| element.classes.contains(class))
            && self.attributes.iter().all(|key| element.value(key).is_some());
        match (is_it, self.says_more) {
            (false, _) => Match::Never,
            (true, true) => Match::Sometimes,
            (true, false) => Match::Always,
        }
    }
}

/// The name at the start of a text, and what follows; `None` where it has an escape that is a number.
fn name(text: &str) -> (Option<String>, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    let mut is_known = true;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, escaped)) => {
                    is_known &= !escaped.is_ascii_hexdigit();
                    name.push(escaped);
                }
                None => return (None, ""),
            },
            _ if letter.is_alphanumeric() || matches!(letter, '-' | '_') || !letter.is_ascii() => name.push(letter),
            _ => return (Some(name).filter(|name| is_known && !name.is_empty()), &text[at..]),
        }
    }
    (Some(name).filter(|name| is_known && !name.is_empty()), "")
}

/// How long what stands between the brackets at the start of a text is, with these.
fn closing(text: &str) -> usize {
    let mut depth = 0usize;
    let mut bytes = text.bytes().enumerate();
    let mut quote = None;
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (_, b'\\') => _ = bytes.next(),
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[') => depth += 1,
            (None, b')' | b']') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The parts of a text between separators that stand outside of brackets and quotes.
pub(super) fn parted(text: &str, is_separator: impl Fn(u8) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at = escape_end(bytes, at),
            b'(' | b'[' => at += closing(&text[at..]),
            b'"' | b'\'' => {
                let end = bytes[at + 1..].iter().position(|other| *other == byte);
                at = end.map_or(bytes.len(), |end| at + end + 2);
            }
            _ if is_separator(byte) => {
                parts.push(&text[start..at]);
                at += 1;
                start = at;
            }
            _ => at += 1,
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// Where the escape that begins there ends: a number takes a blank along.
fn escape_end(bytes: &[u8], at: usize) -> usize {
    let digits = bytes[at + 1..].iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match digits {
        0 => at + 2,
        _ => at + 1 + digits + usize::from(bytes.get(at + 1 + digits).is_some_and(u8::is_ascii_whitespace)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_says_which_elements_it_may_choose() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let image = Element {
            name: "img".into(),
            id: "logo".into(),
            classes: vec!["big".into(), "md:w-1".into()],
            attributes: vec![pair("id", "logo"), pair("class", "big md:w-1"), pair("src", "a.png")],
        };
        let check = |text: &str, expected: Match| {
            let found = Selector::list(text).iter().map(|selector| selector.matches(&image)).max();
            assert_eq!(found, Some(expected), "{text}");
        };
        use Match::{Always, Never, Sometimes};
        check("img", Always);
        check("IMG.big", Always);
        check("*", Always);
        check("#logo.big", Always);
        check(".md\\:w-1", Always);
        check("p, img", Always);
        check("p img", Sometimes);
        check("a>img", Sometimes);
        check("img[src]", Always);
        check("img[src$=\".png\"]", Sometimes);
        check("img[srcset]", Never);
        check("img:not(.x, [y])", Sometimes);
        check(":is(p, img)", Sometimes);
        check("img:hover", Sometimes);
        check("&", Sometimes);
        check(".\\31 0", Sometimes);
        check("img::before", Never);
        check("img:after", Never);
        check("p", Never);
        check("img p", Never);
        check(".other", Never);
        check("img,.other", Always);
        check(":root", Never);
        check("a[title=\"x,img\"]", Never);
        for cut in ["", "\\", "[", ":not(", "a\\", "\"", ".é", "é\\"] {
            let _ = Selector::list(cut);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_selector_has_an_end(text in "[a-cé.#:*&>~+, \\\\\"'()\\[\\]=-]{0,60}") {
            let _ = Selector::list(&text);
        }
    }
}
