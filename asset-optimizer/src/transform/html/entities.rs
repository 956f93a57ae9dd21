//! Letters of HTML that are written as entities: read, and written as short as they may be.

/// Where a text stands, which decides what must be written as an entity in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Between tags.
    Text,
    /// In an attribute, between these quotes; without quotes where there are none.
    Attribute(Option<char>),
}

/// Whether letters beyond ASCII may take the place of their entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    /// The page says that it is in UTF-8, and has such letters already.
    Any,
    /// A server may say another encoding.
    Ascii,
}

/// Names of entities that are often met, and what they are.
const NAMED: [(&str, char); 24] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("plus", '+'),
    ("equals", '='),
    ("sol", '/'),
    ("mdash", '—'),
    ("ndash", '–'),
    ("hellip", '…'),
    ("copy", '©'),
    ("para", '¶'),
    ("rarr", '→'),
    ("larr", '←'),
    ("raquo", '»'),
    ("laquo", '«'),
    ("middot", '·'),
    ("bull", '•'),
    ("rsquo", '’'),
    ("lsquo", '‘'),
    ("rdquo", '”'),
    ("ldquo", '“'),
    ("times", '×'),
];

/// A piece of a text.
enum Piece<'a> {
    Letter(char),
    /// An entity that is kept as it is written.
    Kept(&'a str),
}

/// The pieces of a text; `None` where an `&` may begin an entity without a semicolon.
fn pieces(raw: &str, letters: Letters) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        if first != '&' || !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '#') {
            pieces.push(Piece::Letter(first));
            rest = after;
            continue;
        }
        let end = after[1..].find(|c: char| !c.is_ascii_alphanumeric())? + 1;
        if !after[end..].starts_with(';') {
            return None;
        }
        let (entity, next) = rest.split_at(end + 2);
        let meant = meaning(&after[..end]).filter(|letter| letters == Letters::Any || letter.is_ascii());
        pieces.push(meant.map_or(Piece::Kept(entity), Piece::Letter));
        rest = next;
    }
    Some(pieces)
}

/// What an entity means, where it is a letter that is seen.
fn meaning(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return NAMED.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter);
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    // Below and between these are signs that steer, and some that HTML takes for others.
    let is_seen = matches!(number, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0x2ff | 0x2010..=0x2027 | 0x2030..=0x205e);
    char::from_u32(number).filter(|_| is_seen || matches!(number, 0x2190..=0x23ff | 0x2500..=0x27bf))
}

/// The value of an attribute as scripts see it; `None` where that takes a parser.
pub(crate) fn decoded(raw: &str) -> Option<String> {
    if !raw.contains('&') {
        return Some(raw.to_owned());
    }
    // An ampersand before `name=`, as in addresses, is one.
    let raw = &is_one(raw);
    let letter = |piece| match piece {
        Piece::Letter(letter) => Some(letter),
        Piece::Kept(_) => None,
    };
    pieces(raw, Letters::Any)?.into_iter().map(letter).collect()
}

/// The text with `&amp;` for each ampersand that is one because `name=` follows it.
fn is_one(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for (index, part) in raw.split('&').enumerate() {
        if index > 0 {
            text.push_str(if is_name_and_equals(part) { "&amp;" } else { "&" });
        }
        text.push_str(part);
    }
    text
}

fn is_name_and_equals(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    end > 0 && text[end..].starts_with('=')
}

/// The same text with no entity that it does without; `None` where that takes a parser.
pub(super) fn shortened(raw: &str, place: Place, letters: Letters) -> Option<String> {
    if place == Place::Text && raw.contains('<') {
        return None;
    }
    let known = if place == Place::Text { raw } else { &is_one(raw) };
    let pieces = pieces(known, letters)?;
    // What follows an ampersand decides about it, so the end is written first.
    let mut written: Vec<String> = Vec::with_capacity(pieces.len());
    for piece in pieces.into_iter().rev() {
        let next = match piece {
            Piece::Kept(entity) => entity.to_owned(),
            Piece::Letter('&') => {
                let behind: String = written.iter().rev().take(32).map(String::as_str).collect();
                if may_stand(&behind, place) { "&".to_owned() } else { "&amp;".to_owned() }
            }
            Piece::Letter('<') if place == Place::Text => "&lt;".to_owned(),
            Piece::Letter('"') if place == Place::Attribute(Some('"')) => "&quot;".to_owned(),
            Piece::Letter('\'') if place == Place::Attribute(Some('\'')) => "&#39;".to_owned(),
            Piece::Letter(letter) => letter.to_string(),
        };
        written.push(next);
    }
    Some(written.iter().rev().map(String::as_str).collect())
}

/// Whether an ampersand is one before that text. At the end of a text it may not stand: another text may follow, in the page
/// or once a remark between them is gone.
fn may_stand(behind: &str, place: Place) -> bool {
    match (behind.chars().next(), place) {
        (None, Place::Text) => false,
        (None, Place::Attribute(_)) => true,
        (Some(first), _) if !first.is_ascii_alphanumeric() && first != '#' => true,
        (Some(_), Place::Attribute(_)) => is_name_and_equals(behind),
        (Some(_), Place::Text) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_go_where_they_are_not_needed() {
        let check = |raw: &str, place: Place, to: &str| {
            assert_eq!(shortened(raw, place, Letters::Ascii).as_deref(), Some(to), "{raw}");
            assert_eq!(shortened(to, place, Letters::Ascii).as_deref(), Some(to), "{raw}, twice");
        };
        check("&quot;a&quot; &#39;b&#x27; &gt; &amp; c", Place::Text, "\"a\" 'b' > & c");
        check("&lt;b&gt; &amp;lt; &amp;", Place::Text, "&lt;b> &amp;lt; &amp;");
        check("&mdash;&nbsp;&#8212;&unknown;", Place::Text, "&mdash;&nbsp;&#8212;&unknown;");
        assert_eq!(shortened("&copy 2020 &quot;", Place::Text, Letters::Ascii), None);
        assert_eq!(shortened("a < b &quot;", Place::Text, Letters::Ascii), None);
        let quoted = Place::Attribute(Some('"'));
        check("?a=1&amp;b=2&amp;copy", quoted, "?a=1&b=2&amp;copy");
        check("it&#39;s &lt;b&gt; &quot;", quoted, "it's <b> &quot;");
        check("&amp;amp;", quoted, "&amp;amp;");
        check("a &amp;&amp; b", quoted, "a && b");
        check("a&b=c &amp; d", quoted, "a&b=c & d");
        check("'a'", Place::Attribute(Some('\'')), "&#39;a&#39;");
        let any = |raw| shortened(raw, Place::Text, Letters::Any).unwrap();
        assert_eq!((any("&#8212;&#169;"), any("&#8203;&#150;&nbsp;")), ("—©".into(), "&#8203;&#150;&nbsp;".into()));
    }

    #[test]
    fn values_are_read_as_scripts_see_them() {
        for (raw, value) in [
            ("a.js", Some("a.js")),
            ("a.js?x=1&amp;y=2", Some("a.js?x=1&y=2")),
            ("a.js?x=1&y=2", Some("a.js?x=1&y=2")),
            ("&#x27;sha&#39;", Some("'sha'")),
            ("&nbsp;", None),
            ("&copy", None),
        ] {
            assert_eq!(decoded(raw).as_deref(), value, "{raw}");
        }
    }
}
