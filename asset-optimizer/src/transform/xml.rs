//! XML of vocabularies where blanks between elements are known to mean nothing: sitemaps, feeds, tiles, search descriptions.

use roxmltree::{Document, Node, NodeType};

use super::{Candidate, text};

/// What feeds carry pages in: there, a blank between two elements is seen.
const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// Whose blanks mean nothing, by the name of the root. An unknown one may be a text.
const ROOTS: [&str; 6] = ["urlset", "sitemapindex", "rss", "feed", "browserconfig", "OpenSearchDescription"];

/// A document without the comments and the blanks between its elements.
pub(super) fn minified(bytes: &[u8]) -> Result<Candidate, String> {
    let text = text(bytes)?;
    let before = parse(text)?;
    let root = before.root_element().tag_name().name();
    if !ROOTS.contains(&root) {
        return Err(format!("blanks may matter to who reads a `{root}`"));
    }
    let mut made = String::with_capacity(text.len());
    let mut done = 0;
    for node in before.descendants().filter(|node| is_unread(*node)) {
        let range = node.range();
        // A blank that is written as a reference is one that somebody wanted.
        if node.is_text() && !text.get(range.clone()).is_some_and(is_blank) {
            continue;
        }
        made.push_str(text.get(done..range.start).ok_or("its nodes overlap")?);
        done = range.end;
    }
    made.push_str(text.get(done..).ok_or("its nodes overlap")?);
    let after = parse(&made).map_err(|why| format!("the result: {why}"))?;
    if !seen(&before).eq(seen(&after)) {
        return Err("the result holds something else".into());
    }
    Ok(Candidate {
        engine: "xml",
        bytes: made.into_bytes(),
        map: None,
        proof: "same elements, attributes, instructions and texts in the same order".into(),
    })
}

/// Parses a text. A document type is refused: what it declares may give blanks a meaning.
fn parse(text: &str) -> Result<Document<'_>, String> {
    Document::parse(text).map_err(|why| format!("it cannot be read: {why}"))
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Whether nobody reads a node: a comment without a licence, or a blank where only elements are.
fn is_unread(node: Node<'_, '_>) -> bool {
    match node.node_type() {
        NodeType::Comment => {
            let text = node.text().unwrap_or_default().to_ascii_lowercase();
            !(text.starts_with('!') || text.contains("licen") || text.contains("copyright"))
        }
        NodeType::Text => {
            let text = |node: Node<'_, '_>| node.is_text() && !is_blank(node.text().unwrap_or_default());
            let Some(parent) = node.parent() else { return false };
            let is_texts = parent.children().any(text) || !parent.children().any(|child| child.is_element());
            !is_texts && !text(node) && !parent.ancestors().any(keeps_blanks)
        }
        _ => false,
    }
}

/// Whether an element says, or is known for, that blanks in it are seen.
fn keeps_blanks(element: Node<'_, '_>) -> bool {
    element.tag_name().namespace() == Some(XHTML)
        || element.attribute(("http://www.w3.org/XML/1998/namespace", "space")).is_some_and(|space| space == "preserve")
}

/// What a reader gets of a document, one thing after the other.
fn seen<'a>(document: &'a Document<'_>) -> impl Iterator<Item = String> + 'a {
    document.descendants().filter(|node| !is_unread(*node) && !node.is_comment()).map(|node| {
        let depth = node.ancestors().count();
        let own = match node.node_type() {
            NodeType::Element => {
                let attributes: Vec<_> =
                    node.attributes().map(|own| (own.namespace(), own.name(), own.value())).collect();
                format!("{:?} {attributes:?}", node.tag_name())
            }
            NodeType::PI => format!("{:?}", node.pi()),
            _ => format!("{:?}", node.text()),
        };
        format!("{depth} {own}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str) {
        let made = minified(before.as_bytes()).unwrap_or_else(|why| panic!("{before}: {why}"));
        assert_eq!(String::from_utf8(made.bytes).unwrap(), after);
    }

    #[test]
    fn blanks_and_comments_between_elements_go() {
        check(
            "<?xml version=\"1.0\"?>\n<urlset xmlns=\"s\">\n  <!-- a -->\n  <url>\n    <loc>/a b</loc>\n  </url>\n</urlset>\n",
            "<?xml version=\"1.0\"?>\n<urlset xmlns=\"s\"><url><loc>/a b</loc></url></urlset>\n",
        );
        check(
            "<rss><!-- Licence: mine --> <a>&#32;</a> <b> </b></rss>",
            "<rss><!-- Licence: mine --><a>&#32;</a><b> </b></rss>",
        );
        check("<rss> <a> x <b/> <b/> </a></rss>", "<rss><a> x <b/> <b/> </a></rss>");
        check("<rss><a> <![CDATA[ <b> ]]> </a> </rss>", "<rss><a> <![CDATA[ <b> ]]> </a></rss>");
        check("<rss xml:space='preserve'> <a/> </rss>", "<rss xml:space='preserve'> <a/> </rss>");
    }

    #[test]
    fn a_page_in_a_feed_stays() {
        let page = "<div xmlns=\"http://www.w3.org/1999/xhtml\"> <b>a</b> <i>b</i> </div>";
        check(
            &format!("<feed> <content> {page} </content> </feed>"),
            &format!("<feed><content>{page}</content></feed>"),
        );
    }

    #[test]
    fn what_is_not_known_stays() {
        for (text, why) in [
            ("<book> <a/> </book>", "blanks may matter to who reads a `book`"),
            ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&a;</rss>", "it cannot be read"),
            ("<rss>", "it cannot be read"),
        ] {
            assert!(minified(text.as_bytes()).unwrap_err().contains(why), "{text}");
        }
    }
}
