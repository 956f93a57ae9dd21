//! XML as a list of tokens, each with the text that it was.

/// What XML calls white space.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<?xml …?>`
    Declaration(&'a str),
    /// Other instructions, and character data.
    Other(&'a str),
    /// A comment.
    Comment(&'a str),
    /// What stands between tags.
    Text(&'a str),
    /// An opening tag.
    Open {
        /// Its name, with its prefix.
        name: &'a str,
        /// Its attributes, as they are written.
        attributes: Vec<(&'a str, &'a str)>,
        /// Whether it is closed at once.
        is_empty: bool,
    },
    /// A closing tag.
    Close(&'a str),
}

/// The tokens of a document.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (token, after) = next(rest)?;
        tokens.push(token);
        rest = after;
    }
    Ok(tokens)
}

fn next(text: &str) -> Result<(Token<'_>, &str), String> {
    let until = |end: &str| {
        let at = text.find(end).ok_or_else(|| format!("`{end}` is missing"))?;
        Ok::<_, String>(text.split_at(at + end.len()))
    };
    if text.starts_with("<!--") {
        let (comment, rest) = until("-->")?;
        return Ok((Token::Comment(comment), rest));
    }
    if text.starts_with("<![CDATA[") {
        let (data, rest) = until("]]>")?;
        return Ok((Token::Other(data), rest));
    }
    if text.starts_with("<?") {
        let (instruction, rest) = until("?>")?;
        let token =
            if instruction.starts_with("<?xml ") { Token::Declaration(instruction) } else { Token::Other(instruction) };
        return Ok((token, rest));
    }
    if text.starts_with("<!") {
        return Err("it has a document type, which may define anything".into());
    }
    if let Some(inner) = text.strip_prefix("</") {
        let (name, rest) = inner.split_once('>').ok_or("a closing tag has no end")?;
        return Ok((Token::Close(name.trim_end_matches(BLANKS)), rest));
    }
    if text.starts_with('<') {
        return open(text);
    }
    let (inner, rest) = text.split_at(text.find('<').unwrap_or(text.len()));
    Ok((Token::Text(inner), rest))
}

fn open(text: &str) -> Result<(Token<'_>, &str), String> {
    let inner = &text[1..];
    let end = inner.find(|c: char| BLANKS.contains(&c) || matches!(c, '/' | '>')).ok_or("a tag has no end")?;
    let (name, mut rest) = inner.split_at(end);
    if name.is_empty() {
        return Err("a tag has no name".into());
    }
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(BLANKS);
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((Token::Open { name, attributes, is_empty: true }, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((Token::Open { name, attributes, is_empty: false }, after));
        }
        let (key, after) = rest.split_once('=').ok_or("an attribute has no value")?;
        let after = after.trim_start_matches(BLANKS);
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\'')).ok_or("a value has no quotes")?;
        let (value, after) = after[1..].split_once(quote).ok_or("a value has no end")?;
        attributes.push((key.trim_end_matches(BLANKS), value));
        rest = after;
    }
}
