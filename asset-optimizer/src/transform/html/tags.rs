//! Opening tags with one blank between attributes, and values without entities that nothing needs.

use super::entities::{Letters, Place, shortened};
use super::tokens::BLANKS;

/// An attribute as it is written.
struct Attribute<'a> {
    name: &'a str,
    value: Option<Value<'a>>,
}

struct Value<'a> {
    raw: &'a str,
    quote: Option<char>,
}

/// Where a tag stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// In HTML, where a slash at the end says nothing.
    Html,
    /// In a drawing or a formula, where it closes the element.
    Foreign,
}

/// The tag, as short as it may be for the same attributes; as it was where it cannot be read.
pub(super) fn rewritten(name: &str, tag: &str, around: Around, letters: Letters) -> String {
    // What an engine of templates makes of it is not known.
    if tag.contains("{{") || tag.contains("}}") {
        return tag.to_owned();
    }
    let Some((attributes, slash)) = read(tag, 1 + name.len()) else { return tag.to_owned() };
    let keeps_slash = slash && around == Around::Foreign;
    let mut made = tag[..=name.len()].to_owned();
    let mut ends_bare = false;
    for attribute in &attributes {
        made.push(' ');
        made.push_str(attribute.name);
        ends_bare = false;
        if let Some(value) = attribute.value.as_ref().filter(|value| !value.raw.is_empty() || value.quote.is_some()) {
            made.push('=');
            let written = shortest(value, letters);
            ends_bare = !written.ends_with(['"', '\'']);
            made.push_str(&written);
        }
    }
    // Without the blank it would be a part of the value.
    made.push_str(match (keeps_slash, ends_bare) {
        (true, true) => " />",
        (true, false) => "/>",
        (false, _) => ">",
    });
    if made.len() < tag.len() { made } else { tag.to_owned() }
}

/// The attributes of a tag behind its name, and whether a slash ends it.
fn read(tag: &str, name_end: usize) -> Option<(Vec<Attribute<'_>>, bool)> {
    let is_blank = |letter: char| BLANKS.contains(&letter);
    let mut rest = tag.get(name_end..)?.strip_suffix('>')?;
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(is_blank);
        if rest.is_empty() {
            return Some((attributes, false));
        }
        if rest == "/" {
            return Some((attributes, true));
        }
        let end = rest.find(|letter| is_blank(letter) || matches!(letter, '=' | '/')).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        // Slashes between attributes, and names that only a browser makes something of.
        if name.is_empty() || name.contains(['"', '\'', '<', '>', '&', '{', '}']) {
            return None;
        }
        let Some(value) = after.trim_start_matches(is_blank).strip_prefix('=') else {
            attributes.push(Attribute { name, value: None });
            rest = after;
            continue;
        };
        let value = value.trim_start_matches(is_blank);
        let (value, next) = match value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) {
            Some(quote) => {
                let (raw, next) = value[1..].split_once(quote)?;
                (Value { raw, quote: Some(quote) }, next)
            }
            None => {
                let (raw, next) = value.split_at(value.find(is_blank).unwrap_or(value.len()));
                (Value { raw, quote: None }, next)
            }
        };
        attributes.push(Attribute { name, value: Some(value) });
        rest = next;
    }
}

/// A value between the quotes that make it shortest. What has none gets none, and quotes stay: brotli knows them by its
/// dictionary, and without them pages are larger on the wire.
fn shortest(value: &Value<'_>, letters: Letters) -> String {
    let within = |quote: Option<char>, text: &str| match quote {
        Some(quote) => format!("{quote}{text}{quote}"),
        None => text.to_owned(),
    };
    let written = within(value.quote, value.raw);
    let others: &[char] = if value.quote.is_some() { &['"', '\''] } else { &[] };
    let candidates = others
        .iter()
        .filter_map(|&quote| Some(within(Some(quote), &shortened(value.raw, Place::Attribute(Some(quote)), letters)?)));
    // Ties go to what was there.
    candidates.fold(written, |best, next| if next.len() < best.len() { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_as_short_as_they_may_be() {
        let check = |tag: &str, around: Around, to: &str| {
            let name: String = tag[1..].chars().take_while(char::is_ascii_alphanumeric).collect();
            assert_eq!(rewritten(&name, tag, around, Letters::Ascii), to);
            assert_eq!(rewritten(&name, to, around, Letters::Ascii), to, "{tag}, twice");
        };
        let html = |tag: &str, to: &str| check(tag, Around::Html, to);
        html("<a  href=\"x.html\"\n   class='b c' >", "<a href=\"x.html\" class='b c'>");
        html(
            "<input  type=checkbox disabled=\"\" checked='checked' />",
            "<input type=checkbox disabled=\"\" checked='checked'>",
        );
        html("<a title='say \"x\"' b=\"it's\">", "<a title='say \"x\"' b=\"it's\">");
        html("<a title=\"&quot;x&quot;\" href=\"?a=1&amp;b=2\">", "<a title='\"x\"' href=\"?a=1&b=2\">");
        html("<a title=\"&nbsp;x\">", "<a title=\"&nbsp;x\">");
        html("<p class=\"{{ name }}\"  b>", "<p class=\"{{ name }}\"  b>");
        html("<p / a=\"b\">", "<p / a=\"b\">");
        html("<p a=\"b\"  c=\"d\" >", "<p a=\"b\" c=\"d\">");
        html("<p a = b>", "<p a=b>");
        html("<p a==b>", "<p a==b>");
        html("<p =a>", "<p =a>");
        html("<a href=docs/>", "<a href=docs/>");
        html("<br/>", "<br>");
        check("<path d=\"M0 0\"  fill=red />", Around::Foreign, "<path d=\"M0 0\" fill=red />");
        check("<path  fill=red d=\"M0 0\" />", Around::Foreign, "<path fill=red d=\"M0 0\"/>");
    }
}
