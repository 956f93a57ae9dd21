//! The lines of a baseline file: the part of TOML that it is written in, read in one pass without building a tree.

use std::borrow::Cow;
use std::fmt::Write as _;

use toml_span::tokens::{Error, Token, Tokenizer};

/// What is wrong with a file, and where.
#[derive(Debug)]
pub(super) struct Flaw {
    /// The byte it begins at.
    pub(super) at: usize,
    /// What is the case, in a sentence without a full stop.
    pub(super) message: String,
    /// The way out, when known.
    pub(super) hint: Option<&'static str>,
}

impl Flaw {
    /// A flaw without a known way out.
    pub(super) fn new(at: usize, message: impl Into<String>) -> Flaw {
        Flaw { at, message: message.into(), hint: None }
    }
}

impl From<Error> for Flaw {
    fn from(error: Error) -> Flaw {
        let letter = |letter: char| shown(letter.encode_utf8(&mut [0; 4]));
        match error {
            Error::InvalidCharInString(at, found) => {
                Flaw::new(at, format!("a string cannot hold `{}` as it is", letter(found)))
            }
            Error::InvalidEscape(at, found) | Error::InvalidHexEscape(at, found) => {
                Flaw::new(at, format!("`{}` is no escape of a string", letter(found)))
            }
            Error::InvalidEscapeValue(at, _, value) => Flaw::new(at, format!("`{value:x}` is no character")),
            Error::NewlineInString(at) => Flaw::new(at, "a string must end on its line"),
            Error::Unexpected(at, found) => Flaw::new(at, format!("did not expect `{}`", letter(found))),
            Error::UnterminatedString(at) => Flaw::new(at, "a string does not end"),
            Error::MultilineStringKey(at, _) => Flaw::new(at, "a name must end on its line"),
            Error::Wanted { at, expected, found } => Flaw::new(at, format!("expected {expected}, found {found}")),
        }
    }
}

/// A name of one or two parts: `package`, `noise.instructions`, `benchmark."total/100"`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name<'a> {
    /// What stands before the dot.
    pub(super) first: Cow<'a, str>,
    /// What stands behind it, where there is one.
    pub(super) second: Option<Cow<'a, str>>,
}

impl Name<'_> {
    /// The name as a message shows it.
    pub(super) fn shown(&self) -> String {
        match &self.second {
            Some(second) => format!("{}.{}", shown(&self.first), shown(second)),
            None => shown(&self.first),
        }
    }
}

/// What stands behind an equals sign.
#[derive(Debug)]
pub(super) enum Value<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A number, or anything else that stands without quotes, as written.
    Bare(&'a str),
    /// An inline table of strings and bare values.
    Fields(Vec<(Name<'a>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// The string that it must be.
    pub(super) fn text(self) -> Result<Cow<'a, str>, String> {
        match self {
            Value::Text(text) => Ok(text),
            other => Err(other.instead_of("a string")),
        }
    }

    /// The whole number that it must be.
    pub(super) fn count(self) -> Result<u64, String> {
        match self {
            // `parse` takes a sign and leading zeros, TOML does not.
            Value::Bare(text)
                if text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0')) =>
            {
                text.parse().map_err(|_| Value::Bare(text).instead_of("a whole number of at most 64 bits"))
            }
            other => Err(other.instead_of("a whole number that is not negative")),
        }
    }

    /// The number that it must be, whole or not.
    pub(super) fn number(self) -> Result<f64, String> {
        match &self {
            // `parse` takes a sign, `nan` and `inf`, which no number of a baseline can be.
            Value::Bare(text) if text.starts_with(|letter: char| letter.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        }
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| self.instead_of("a number that is not negative"))
    }

    /// The inline table that it must be.
    pub(super) fn fields(self) -> Result<Vec<(Name<'a>, Value<'a>)>, String> {
        match self {
            Value::Fields(fields) => Ok(fields),
            other => Err(other.instead_of("an inline table")),
        }
    }

    fn instead_of(&self, expected: &str) -> String {
        match self {
            Value::Text(text) => format!("expected {expected}, found the string `{}`", shown(text)),
            Value::Bare(text) => format!("expected {expected}, found `{}`", shown(text)),
            Value::Fields(_) => format!("expected {expected}, found an inline table"),
        }
    }
}

/// One line that says something: the head of a table, or a name and its value.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// The byte it begins at.
    pub(super) at: usize,
    /// Of the table, or of the value.
    pub(super) name: Name<'a>,
    /// `None` for the head of a table.
    pub(super) value: Option<Value<'a>>,
}

/// Reads line by line. Stricter than TOML: names have at most two parts, inline tables are flat, and nothing goes on over
/// the end of a line, so that neither depth nor width of a hostile file costs more than its length.
pub(super) struct Lines<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    /// A reader at the start of a text.
    pub(super) fn new(text: &'a str) -> Lines<'a> {
        Lines { rest: text, at: 0 }
    }

    /// The next line that says something; `None` at the end of the text.
    pub(super) fn line(&mut self) -> Result<Option<Line<'a>>, Flaw> {
        while !self.rest.is_empty() {
            let end = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
            let (text, at) = (&self.rest[..end], self.at);
            (self.rest, self.at) = (&self.rest[end..], at + end);
            let bare = text.trim_ascii();
            if bare.is_empty() {
                continue;
            }
            let begin = at + (bare.as_ptr() as usize - text.as_ptr() as usize);
            if let Some((name, value)) = plain(bare) {
                return Ok(Some(Line { at: begin, name, value }));
            }
            let mut reader = LineReader { text, tokens: Tokenizer::new(text) };
            let read = reader.read().map_err(|flaw| Flaw { at: flaw.at + at, ..flaw })?;
            if let Some((name, value)) = read {
                return Ok(Some(Line { at: begin, name, value }));
            }
        }
        Ok(None)
    }
}

/// The three forms of nearly every line, in one pass and without going through tokens: `[benchmark."total/100"]`,
/// `metric = 123` and `metric = { low = 1.5, high = 2.5 }`.
fn plain(line: &str) -> Option<(Name<'_>, Option<Value<'_>>)> {
    if let Some(head) = line.strip_prefix('[') {
        let (name, rest) = plain_name(head)?;
        let own = rest.strip_prefix(".\"")?.strip_suffix("\"]")?;
        let needs_no_escape = own.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\');
        return needs_no_escape.then_some((Name { second: Some(Cow::Borrowed(own)), ..name }, None));
    }
    let (name, rest) = plain_name(line)?;
    let rest = rest.strip_prefix(" = ")?;
    let Some(mut rest) = rest.strip_prefix("{ ") else {
        let (value, rest) = plain_number(rest)?;
        return rest.is_empty().then_some((name, Some(value)));
    };
    // A sampled value has four.
    let mut fields = Vec::with_capacity(4);
    loop {
        let (field, behind) = plain_name(rest)?;
        let (value, behind) = plain_number(behind.strip_prefix(" = ")?)?;
        fields.push((field, value));
        match behind.strip_prefix(", ") {
            Some(more) => rest = more,
            None => return (behind == " }").then_some((name, Some(Value::Fields(fields)))),
        }
    }
}

fn plain_name(text: &str) -> Option<(Name<'_>, &str)> {
    let (first, rest) = leading(text, |byte| byte.is_ascii_lowercase() || byte == b'-')?;
    Some((Name { first: Cow::Borrowed(first), second: None }, rest))
}

fn plain_number(text: &str) -> Option<(Value<'_>, &str)> {
    let (digits, rest) = leading(text, |byte| byte.is_ascii_digit() || byte == b'.')?;
    Some((Value::Bare(digits), rest))
}

/// The ASCII characters of a kind that a text begins with, and what follows; `None` where there are none.
fn leading(text: &str, is_kind: impl Fn(u8) -> bool) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| !is_kind(byte)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(found, _)| !found.is_empty())
}

/// Reads one line.
struct LineReader<'a> {
    text: &'a str,
    tokens: Tokenizer<'a>,
}

impl<'a> LineReader<'a> {
    /// A name, and its value unless it is the head of a table; `None` for a comment.
    fn read(&mut self) -> Result<Option<(Name<'a>, Option<Value<'a>>)>, Flaw> {
        self.tokens.eat_whitespace();
        if self.next_byte() == Some(b'#') {
            self.end()?;
            return Ok(None);
        }
        let (name, value) = if self.eat(b'[') {
            let name = self.name()?;
            self.tokens.expect(Token::RightBracket)?;
            (name, None)
        } else {
            let (name, value) = self.entry(LineReader::value)?;
            (name, Some(value))
        };
        self.tokens.eat_whitespace();
        self.end()?;
        Ok(Some((name, value)))
    }

    /// Passes the end of a line, and the comment before it.
    fn end(&mut self) -> Result<(), Flaw> {
        if !self.tokens.eat_comment()? {
            self.tokens.eat_newline_or_eof()?;
        }
        Ok(())
    }

    fn next_byte(&mut self) -> Option<u8> {
        self.text.as_bytes().get(self.tokens.current()).copied()
    }

    /// Passes a punctuation mark, if it stands here. The tokenizer's own `eat` reads the whole next token to find out.
    fn eat(&mut self, mark: u8) -> bool {
        let found = self.next_byte() == Some(mark);
        if found {
            self.tokens.one();
        }
        found
    }

    fn entry(&mut self, value: fn(&mut Self) -> Result<Value<'a>, Flaw>) -> Result<(Name<'a>, Value<'a>), Flaw> {
        let name = self.name()?;
        self.tokens.expect(Token::Equals)?;
        self.tokens.eat_whitespace();
        Ok((name, value(self)?))
    }

    fn name(&mut self) -> Result<Name<'a>, Flaw> {
        let first = self.part()?;
        let second = if self.eat(b'.') { Some(self.part()?) } else { None };
        Ok(Name { first, second })
    }

    fn part(&mut self) -> Result<Cow<'a, str>, Flaw> {
        self.tokens.eat_whitespace();
        let key = self.tokens.table_key()?;
        self.tokens.eat_whitespace();
        Ok(key.name)
    }

    fn value(&mut self) -> Result<Value<'a>, Flaw> {
        if !self.eat(b'{') {
            return self.flat();
        }
        let mut fields = Vec::new();
        loop {
            fields.push(self.entry(LineReader::flat)?);
            self.tokens.eat_whitespace();
            if !self.eat(b',') {
                self.tokens.expect(Token::RightBrace)?;
                return Ok(Value::Fields(fields));
            }
        }
    }

    fn flat(&mut self) -> Result<Value<'a>, Flaw> {
        let at = self.tokens.current();
        match self.tokens.step()? {
            Some((_, Token::String { val, .. })) => Ok(Value::Text(val)),
            Some((_, Token::Keylike(_) | Token::Plus)) => {
                // A number is more than one token: `12`, `.`, `5e-7`.
                while self.next_byte().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte)) {
                    self.tokens.step()?;
                }
                let end = self.tokens.current();
                Ok(Value::Bare(self.text.get(at..end).unwrap_or_default()))
            }
            Some((_, other)) => Err(Flaw::new(at, format!("expected a value, found {}", other.describe()))),
            None => Err(Flaw::new(at, "expected a value, found the end of the file")),
        }
    }
}

/// A name as a TOML key: bare where that is possible, quoted otherwise.
pub(super) fn key(name: &str) -> Cow<'_, str> {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if bare { Cow::Borrowed(name) } else { Cow::Owned(quote(name)) }
}

/// A text as a TOML string on one line. What a diff would not show, or show out of order, is escaped.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ => push_visible(&mut quoted, letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A text from a file as a message shows it: visible, and cut where it is long.
pub(super) fn shown(text: &str) -> String {
    const MOST_LETTERS: usize = 100; // Arbitrary: what fits on a line beside the rest of a message.
    let mut shown = String::new();
    for (at, letter) in text.chars().enumerate() {
        if at == MOST_LETTERS {
            shown.push('…');
            break;
        }
        push_visible(&mut shown, letter);
    }
    shown
}

/// Writes a letter, or its escape where it is a control, invisible, a line break, or turns the direction of writing.
fn push_visible(text: &mut String, letter: char) {
    match letter {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            push_code(text, letter);
        }
        _ if letter.is_control() => push_code(text, letter),
        _ => text.push(letter),
    }
}

/// Writes the escape of a letter below U+10000, which every letter that needs one is.
fn push_code(text: &mut String, letter: char) {
    // Writing to a string cannot fail.
    let _ = write!(text, "\\u{:04x}", u32::from(letter));
}
