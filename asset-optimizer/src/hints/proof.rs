//! Shows that a page with hints is the page before, but for them: the trees that a parser builds of both, as browsers do.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::images::Attributes;
use super::links::Link;

/// Shows that all hints are where they do what they are for, and that without them the page is what it was.
pub(super) fn same_page(before: &str, after: &str, links: &[Link], images: &[Attributes]) -> Result<(), String> {
    let mut hints = Hints { links, images, image: 0 };
    let (one, other) = (nodes(before, None), nodes(after, Some(&mut hints)));
    if !hints.links.is_empty() || !hints.images.is_empty() {
        return Err("a hint does not stand where it was to".into());
    }
    if one != other {
        return Err("it would be another page but for its hints".into());
    }
    Ok(())
}

/// The hints that were not met yet, and how many images were.
struct Hints<'a> {
    links: &'a [Link],
    images: &'a [Attributes],
    image: usize,
}

impl Hints<'_> {
    /// Whether an element is the next link.
    fn takes(&mut self, name: &str, parent: &str, attributes: &[(String, String)]) -> bool {
        let Some((next, rest)) = self.links.split_first().filter(|_| name == "link" && parent == "head") else {
            return false;
        };
        let own = attributes.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let is_it = own.eq(next.attributes());
        if is_it {
            self.links = rest;
        }
        is_it
    }

    /// The attributes of an image without its hints.
    fn bare(&mut self, attributes: Vec<(String, String)>) -> Vec<(String, String)> {
        let place = self.image;
        self.image += 1;
        let Some(((_, own), rest)) = self.images.split_first().filter(|((at, _), _)| *at == place) else {
            return attributes;
        };
        let (mine, others): (Vec<_>, Vec<_>) = attributes
            .into_iter()
            .partition(|(key, value)| own.iter().any(|(name, said)| key == name && value == said));
        if mine.len() == own.len() {
            self.images = rest;
        }
        others
    }
}

/// Every node of the tree of a page as a text, without hints.
fn nodes(text: &str, mut hints: Option<&mut Hints<'_>>) -> Vec<String> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(text);
    let mut nodes = Vec::new();
    // Explicit, because pages nest as deep as they like.
    let mut stack: Vec<(Handle, usize, String, bool)> = vec![(dom.document.clone(), 0, String::new(), false)];
    while let Some((node, depth, parent, is_inert)) = stack.pop() {
        let mut own = String::new();
        match &node.data {
            NodeData::Text { contents } => nodes.push(format!("{depth} text {}", contents.borrow())),
            NodeData::Comment { contents } => nodes.push(format!("{depth} comment {contents}")),
            NodeData::Doctype { name, public_id, system_id } => {
                nodes.push(format!("doctype {name} {public_id} {system_id}"));
            }
            NodeData::Element { name, attrs, template_contents, .. } => {
                own = name.local.to_string();
                let mut attributes: Vec<(String, String)> = attrs
                    .borrow()
                    .iter()
                    .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()))
                    .collect();
                if let Some(hints) = hints.as_deref_mut().filter(|_| !is_inert) {
                    if hints.takes(&own, &parent, &attributes) {
                        continue;
                    }
                    if own == "img" {
                        attributes = hints.bare(attributes);
                    }
                }
                let space = &name.ns;
                let attributes: Vec<String> =
                    attributes.iter().map(|(key, value)| format!(" {key}={value:?}")).collect();
                nodes.push(format!("{depth} {space} {own}{}", attributes.concat()));
                if let Some(contents) = template_contents.borrow().as_ref() {
                    stack.push((contents.clone(), depth + 1, own.clone(), true));
                }
            }
            _ => {}
        }
        for child in node.children.borrow().iter().rev() {
            stack.push((child.clone(), depth + 1, own.clone(), is_inert));
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_the_same_but_for_its_hints() {
        let image = |place: usize| vec![(place, vec![("loading", "lazy".to_owned())])];
        let check = |before: &str, after: &str, images: &[Attributes], expected: Result<(), &str>| {
            let found = same_page(before, after, &[], images);
            assert_eq!(found, expected.map_err(str::to_owned), "{after}");
        };
        check("<img src=a><img src=b>", "<img src=a><img loading=lazy src=b>", &image(1), Ok(()));
        let misplaced = Err("a hint does not stand where it was to");
        check("<img src=a><img src=b>", "<img loading=lazy src=a><img src=b>", &image(1), misplaced);
        check("<template><img></template>", "<template><img loading=lazy></template>", &image(0), misplaced);
        let other = Err("it would be another page but for its hints");
        check("<img src=a>", "<img loading=lazy src=b>", &image(0), other);
        check("<img src=a>", "<img loading=lazy src=a>x", &image(0), other);
        check("<title>x</title>", "<link rel=modulepreload href=a><title>x</title>", &[], other);
    }
}
