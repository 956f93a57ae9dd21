//! HTML as a list of tokens, each with the text that it was.

/// What HTML calls white space.
pub(crate) const BLANKS: [char; 5] = [' ', '\t', '\n', '\r', '\u{c}'];
/// Elements whose content is text up to their closing tag.
const BODIES: [&str; 8] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A comment, of whatever form.
    Comment(&'a str),
    /// A document type.
    Doctype(&'a str),
    /// An opening tag, with its name in lower case.
    Open {
        /// Its name.
        name: String,
        /// All of it.
        text: &'a str,
    },
    /// A closing tag, with its name in lower case.
    Close {
        /// Its name.
        name: String,
        /// All of it.
        text: &'a str,
    },
    /// What stands in an element whose content is text.
    Body {
        /// The element's name.
        of: String,
        /// Its opening tag.
        open: &'a str,
        /// The content.
        text: &'a str,
    },
    /// Text.
    Text(&'a str),
}

impl<'a> Token<'a> {
    /// All of it, as it was. One after the other they are the page.
    pub(crate) fn text(&self) -> &'a str {
        match self {
            Token::Comment(text) | Token::Doctype(text) | Token::Text(text) => text,
            Token::Open { text, .. } | Token::Close { text, .. } | Token::Body { text, .. } => text,
        }
    }
}

/// The tokens of a page.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.find('<').unwrap_or(rest.len());
        let length = if at > 0 { at } else { markup_length(rest)? };
        if at > 0 || length == 0 {
            // A lone `<` is text, together with what follows it.
            let length = length.max(at).max(1);
            tokens.push(Token::Text(&rest[..length]));
            rest = &rest[length..];
            continue;
        }
        let (markup, after) = rest.split_at(length);
        rest = after;
        if markup.starts_with("<!--") || markup.starts_with("<?") {
            tokens.push(Token::Comment(markup));
        } else if markup.starts_with("<!") {
            let is_doctype = markup.get(2..9).is_some_and(|word| word.eq_ignore_ascii_case("doctype"));
            tokens.push(if is_doctype { Token::Doctype(markup) } else { Token::Comment(markup) });
        } else if let Some(inner) = markup.strip_prefix("</") {
            tokens.push(Token::Close { name: name(inner), text: markup });
        } else {
            let name = name(&markup[1..]);
            if name == "plaintext" {
                return Err("it holds a `<plaintext>`".into());
            }
            tokens.push(Token::Open { name: name.clone(), text: markup });
            if BODIES.contains(&name.as_str()) {
                let end = closing(rest, &name).ok_or_else(|| format!("a `<{name}>` is not closed"))?;
                let (body, after) = rest.split_at(end);
                tokens.push(Token::Body { of: name, open: markup, text: body });
                rest = after;
            }
        }
    }
    Ok(tokens)
}

/// How long the markup at the start of a text is; zero where it is none.
fn markup_length(text: &str) -> Result<usize, String> {
    let until = |end: &str, from: usize| text[from..].find(end).map(|at| from + at + end.len());
    if text.starts_with("<!--") {
        // `<!-->` and `<!--->` are whole comments.
        let short = [">", "->"].iter().find(|end| text[4..].starts_with(**end)).map(|end| 4 + end.len());
        return short.or(until("-->", 4)).ok_or_else(|| "a comment is not closed".into());
    }
    let second = text.as_bytes().get(1).copied().unwrap_or_default();
    match second {
        b'!' | b'?' => until(">", 2).ok_or_else(|| "a declaration is not closed".into()),
        b'/' if !text.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) => {
            until(">", 2).ok_or_else(|| "a tag is not closed".into())
        }
        b'/' | b'a'..=b'z' | b'A'..=b'Z' => tag_length(text.as_bytes()).ok_or_else(|| "a tag is not closed".into()),
        _ => Ok(0),
    }
}

fn tag_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    let mut before_value = false;
    let mut quote = None;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') if before_value => {
                quote = Some(byte);
                before_value = false;
            }
            (None, b'=') => before_value = true,
            (None, b' ' | b'\t' | b'\n' | b'\r' | 0xc) => {}
            (None, _) => before_value = false,
        }
    }
    None
}

fn name(text: &str) -> String {
    let end = text.find(|c| BLANKS.contains(&c) || matches!(c, '/' | '>')).unwrap_or(text.len());
    text[..end].to_ascii_lowercase()
}

/// Where the closing tag of a name begins.
fn closing(text: &str, name: &str) -> Option<usize> {
    text.match_indices("</").map(|(at, _)| at).find(|&at| {
        let after = &text[at + 2..];
        after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
            && after[name.len()..].starts_with(|c| BLANKS.contains(&c) || matches!(c, '/' | '>'))
    })
}

/// The value of an attribute in a tag, as it is written.
pub(crate) fn attribute<'a>(tag: &'a str, wanted: &str) -> Option<&'a str> {
    attributes(tag).find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

/// The attributes of a tag with their values, as they are written.
pub(crate) fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let start = tag.find(|c| BLANKS.contains(&c) || matches!(c, '/' | '>')).unwrap_or(tag.len());
    let mut rest = &tag[start..];
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| BLANKS.contains(&c) || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return None;
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let end = rest[first..].find(|c| BLANKS.contains(&c) || matches!(c, '=' | '>' | '/'));
        let (key, after) = rest.split_at(end.map_or(rest.len(), |end| end + first));
        let after = after.trim_start_matches(BLANKS);
        let (value, next) = match after.strip_prefix('=') {
            None => ("", after),
            Some(value) => {
                let value = value.trim_start_matches(BLANKS);
                match value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) {
                    Some(quote) => value[1..].split_once(quote)?,
                    None => value.split_at(value.find(|c| BLANKS.contains(&c) || c == '>').unwrap_or(value.len())),
                }
            }
        };
        rest = next;
        Some((key, value))
    })
}
