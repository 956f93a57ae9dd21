//! How often a drawing draws what it points to: a few patterns in patterns are drawn a billion times.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

/// How often at most. Arbitrary: a sheet of symbols has a few thousand of them.
const MAX_DRAWN: u64 = 50_000;

/// Refuses a drawing that would be drawn for hours.
pub(super) fn refuse(document: &Document<'_>) -> Result<(), String> {
    let mut drawn = Drawn {
        by_id: document.descendants().filter_map(|node| Some((node.attribute("id")?, node))).collect(),
        // What a style sheet points to may be pointed to by any element.
        anywhere: document
            .descendants()
            .filter(|node| node.is_text() && in_style(*node))
            .flat_map(|node| pointed(node.text().unwrap_or_default()))
            .collect(),
        known: BTreeMap::new(),
    };
    let times = drawn.below(document.root_element());
    if times <= MAX_DRAWN { Ok(()) } else { Err("its parts point to each other too often to be rendered".into()) }
}

fn in_style(node: Node<'_, '_>) -> bool {
    node.parent().is_some_and(|parent| parent.tag_name().name() == "style")
}

struct Drawn<'a, 'input> {
    by_id: BTreeMap<&'a str, Node<'a, 'input>>,
    anywhere: Vec<&'a str>,
    known: BTreeMap<&'a str, u64>,
}

impl<'a> Drawn<'a, '_> {
    /// How often something is drawn because of what an element and those in it point to.
    fn below(&mut self, element: Node<'a, '_>) -> u64 {
        let mut times = 0u64;
        for node in element.descendants() {
            for attribute in node.attributes() {
                let href = (attribute.name() == "href").then(|| attribute.value().strip_prefix('#')).flatten();
                for id in pointed(attribute.value()).chain(href) {
                    times = times.saturating_add(self.of(id));
                }
            }
        }
        for id in self.anywhere.clone() {
            times = times.saturating_add(self.of(id));
        }
        times
    }

    /// The same for one that is pointed to, and itself.
    fn of(&mut self, id: &'a str) -> u64 {
        if let Some(known) = self.known.get(id) {
            return *known;
        }
        // What points to itself is not drawn.
        self.known.insert(id, 0);
        let Some(node) = self.by_id.get(id).copied() else { return 0 };
        let times = self.below(node).saturating_add(1);
        self.known.insert(id, times);
        times
    }
}

/// What a text points to as `url(#id)`.
fn pointed(text: &str) -> impl Iterator<Item = &str> {
    text.split("url(").skip(1).filter_map(|rest| {
        let id = rest.split(')').next()?.trim().trim_matches(['"', '\'']).trim();
        id.strip_prefix('#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_too_often_is_refused() {
        let check = |parts: &str, fine: bool| {
            let text = format!("<svg xmlns='http://www.w3.org/2000/svg'>{parts}</svg>");
            assert_eq!(refuse(&Document::parse(&text).unwrap()).is_ok(), fine, "{parts}");
        };
        let nested = |depth: usize, what: &str| -> String {
            (0..depth)
                .map(|at| format!("<pattern id='p{}'><rect {what}#p{at})'/><rect {what}#p{at})'/></pattern>", at + 1))
                .collect::<String>()
                + &format!("<rect {what}#p{depth})'/>")
        };
        check(&nested(8, "fill='url("), true);
        check(&nested(20, "fill='url("), false);
        check(&nested(20, "style='fill:url("), false);
        check(&nested(20, "href='").replace(")'", "'"), false);
        check("<pattern id='a'><rect fill='url(#a)'/></pattern><rect fill='url( \"#a\" )'/>", true);
        check("<style>rect{fill:url(#a)}</style><pattern id='a'><rect/></pattern>", true);
        check(&"<use href='#a'/>".repeat(5000), true);
    }
}
