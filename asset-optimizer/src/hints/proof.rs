//! Shows that a page with hints is the page before, but for them: the trees that a parser builds of both, as browsers do.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::digests::{Attribute, Map};
use super::images::Attributes;
use super::links::Link;
#[cfg(feature = "variants")]
use super::pictures::Source;

/// Shows that all hints are where they do what they are for, and that without them the page is what it was.
pub(super) fn same_page(
    before: &str,
    after: &str,
    links: &[Link],
    images: &[Attributes],
    deferred: &[String],
) -> Result<(), String> {
    let mut hints = Hints { links, images, deferred, image: 0 };
    let (one, other) = (nodes(before, &mut Nothing), nodes(after, &mut hints));
    if !hints.links.is_empty() || !hints.images.is_empty() || !hints.deferred.is_empty() {
        return Err("a hint does not stand where it was to".into());
    }
    if one != other {
        return Err("it would be another page but for its hints".into());
    }
    Ok(())
}

/// Shows that all digests are where they do what they are for, and that without them the page is what it was.
pub(super) fn same_but_for_digests(
    before: &str,
    after: &str,
    attributes: &[Attribute],
    map: Option<&Map>,
) -> Result<(), String> {
    let mut digests = Digests { attributes, map };
    let (one, other) = (nodes(before, &mut Nothing), nodes(after, &mut digests));
    if !digests.attributes.is_empty() || digests.map.is_some() {
        return Err("a digest does not stand where it was to".into());
    }
    if one != other {
        return Err("it would be another page but for its digests".into());
    }
    Ok(())
}

#[cfg(feature = "variants")]
/// Shows that all pictures stand around their images, and that without them the page is what it was.
pub(super) fn same_but_for_pictures(before: &str, after: &str, pictures: &[Vec<Source>]) -> Result<(), String> {
    let mut pictures = Pictures(pictures);
    let (one, other) = (nodes(before, &mut Nothing), nodes(after, &mut pictures));
    if !pictures.0.is_empty() {
        return Err("an image does not stand in its `<picture>`".into());
    }
    if one != other {
        return Err("it would be another page but for its pictures".into());
    }
    Ok(())
}

/// What is taken away from a page, so that it is what it was.
trait Added {
    /// Whether an element was added, as a whole.
    fn is_added(&mut self, _name: &str, _parent: &str, _own: &[(String, String)], _node: &Handle) -> bool {
        false
    }

    /// The attributes of an element without those that were added.
    fn bare(&mut self, _name: &str, own: Vec<(String, String)>) -> Vec<(String, String)> {
        own
    }

    /// What stood in the place of an element that was put around it.
    fn within(&mut self, _name: &str, _own: &[(String, String)], _node: &Handle) -> Option<Handle> {
        None
    }

    /// What a text was, where it is another one now.
    fn was(&mut self, _parent: &str, _text: &str) -> Option<String> {
        None
    }
}

/// Nothing was added.
struct Nothing;

impl Added for Nothing {}

/// The hints that were not met yet, and how many images were.
struct Hints<'a> {
    links: &'a [Link],
    images: &'a [Attributes],
    deferred: &'a [String],
    image: usize,
}

impl Added for Hints<'_> {
    fn is_added(&mut self, name: &str, parent: &str, attributes: &[(String, String)], _: &Handle) -> bool {
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

    fn bare(&mut self, name: &str, attributes: Vec<(String, String)>) -> Vec<(String, String)> {
        if name == "script" {
            let Some((next, rest)) = self.deferred.split_first() else { return attributes };
            let has =
                |wanted: (&str, &str)| attributes.iter().any(|(key, value)| (key.as_str(), value.as_str()) == wanted);
            if !has(("src", next)) || !has(("defer", "")) {
                return attributes;
            }
            self.deferred = rest;
            return attributes.into_iter().filter(|(key, _)| key != "defer").collect();
        }
        if name != "img" {
            return attributes;
        }
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

/// The digests that were not met yet.
struct Digests<'a> {
    attributes: &'a [Attribute],
    map: Option<&'a Map>,
}

impl Added for Digests<'_> {
    fn is_added(&mut self, name: &str, _: &str, own: &[(String, String)], node: &Handle) -> bool {
        let is_map = |map: &&Map| {
            let children = node.children.borrow();
            let [child] = children.as_slice() else { return false };
            let NodeData::Text { contents } = &child.data else { return false };
            map.before.is_none() && **contents.borrow() == *map.after
        };
        let is_it = name == "script"
            && own.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq([("type", "importmap")])
            && self.map.filter(is_map).is_some();
        if is_it {
            self.map = None;
        }
        is_it
    }

    fn bare(&mut self, name: &str, own: Vec<(String, String)>) -> Vec<(String, String)> {
        let Some((next, rest)) = self.attributes.split_first().filter(|(next, _)| next.name == name) else {
            return own;
        };
        let has = |keys: &[&str], wanted: &str| {
            own.iter().any(|(key, value)| keys.contains(&key.as_str()) && value == wanted)
        };
        if !has(&["src", "href"], &next.address) || !has(&["integrity"], &next.integrity) {
            return own;
        }
        self.attributes = rest;
        own.into_iter().filter(|(key, _)| key != "integrity").collect()
    }

    fn was(&mut self, parent: &str, text: &str) -> Option<String> {
        let map = self.map.filter(|map| parent == "script" && map.after == text)?;
        let before = map.before.clone()?;
        self.map = None;
        Some(before)
    }
}

#[cfg(feature = "variants")]
/// The pictures that were not met yet.
struct Pictures<'a>(&'a [Vec<Source>]);

#[cfg(feature = "variants")]
impl Added for Pictures<'_> {
    fn within(&mut self, name: &str, own: &[(String, String)], node: &Handle) -> Option<Handle> {
        let (next, rest) = self.0.split_first().filter(|_| name == "picture" && own.is_empty())?;
        let children = node.children.borrow();
        let (image, sources) = children.split_last()?;
        let is_source = |(child, source): (&Handle, &Source)| match &child.data {
            NodeData::Element { name, attrs, .. } => {
                let attributes = attrs.borrow();
                let own = attributes.iter().map(|own| (&*own.name.local, &*own.value));
                name.local == *"source" && own.eq([("type", source.media_type), ("srcset", source.address.as_str())])
            }
            _ => false,
        };
        let is_image = matches!(&image.data, NodeData::Element { name, .. } if name.local == *"img");
        if !is_image || sources.len() != next.len() || !sources.iter().zip(next).all(is_source) {
            return None;
        }
        self.0 = rest;
        Some(image.clone())
    }
}

/// Every node of the tree of a page as a text, without what was added.
fn nodes(text: &str, added: &mut impl Added) -> Vec<String> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(text);
    let mut nodes = Vec::new();
    // Explicit, because pages nest as deep as they like.
    let mut stack: Vec<(Handle, usize, String, bool)> = vec![(dom.document.clone(), 0, String::new(), false)];
    while let Some((node, depth, parent, is_inert)) = stack.pop() {
        let mut own = String::new();
        match &node.data {
            NodeData::Text { contents } => {
                let text = contents.borrow();
                let was = if is_inert { None } else { added.was(&parent, &text) };
                nodes.push(format!("{depth} text {}", was.as_deref().unwrap_or(&text)));
            }
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
                if !is_inert {
                    if added.is_added(&own, &parent, &attributes, &node) {
                        continue;
                    }
                    if let Some(inner) = added.within(&own, &attributes, &node) {
                        stack.push((inner, depth, parent, is_inert));
                        continue;
                    }
                    attributes = added.bare(&own, attributes);
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
            let found = same_page(before, after, &[], images, &[]);
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
