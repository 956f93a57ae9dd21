//! A page as the tree that a browser builds of it: where texts and images stand.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::page::APART;
use super::selector::Element;

/// Elements whose texts nobody sees, or sees in another font.
const UNREAD: [&str; 20] = [
    "head", "title", "script", "style", "noscript", "template", "iframe", "textarea", "select", "option", "button",
    "input", "svg", "math", "dialog", "details", "object", "video", "audio", "canvas",
];

/// An element with its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// What it is.
    pub(super) element: Element,
    /// The element around it.
    pub(super) parent: Option<usize>,
}

/// The elements of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    /// All of them, in the order of the page; those in templates are none.
    pub(super) nodes: Vec<Node>,
    /// The elements that hold a text with a letter from a to z, each once.
    pub(super) texts: Vec<usize>,
}

impl Tree {
    /// The tree of a page.
    pub(super) fn of(text: &str) -> Tree {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(text);
        let mut tree = Tree::default();
        // Explicit, because pages nest as deep as they like.
        let mut stack: Vec<(Handle, Option<usize>, bool)> = vec![(dom.document.clone(), None, true)];
        while let Some((node, parent, is_read)) = stack.pop() {
            let (mut own, mut reads) = (parent, is_read);
            match &node.data {
                NodeData::Text { contents } => {
                    let has_letter = || contents.borrow().bytes().any(|byte| byte.is_ascii_alphabetic());
                    if let Some(parent) = parent.filter(|_| is_read && has_letter())
                        && tree.texts.last() != Some(&parent)
                    {
                        tree.texts.push(parent);
                    }
                }
                NodeData::Element { name, attrs, .. } => {
                    let attributes: Vec<(String, String)> = attrs
                        .borrow()
                        .iter()
                        .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()))
                        .collect();
                    let name = name.local.to_string();
                    reads = is_read && !UNREAD.contains(&name.as_str());
                    own = Some(tree.nodes.len());
                    tree.nodes.push(Node { element: element(name, attributes), parent });
                }
                _ => {}
            }
            stack.extend(node.children.borrow().iter().rev().map(|child| (child.clone(), own, reads)));
        }
        tree
    }

    /// An element and those around it, the innermost first.
    pub(super) fn up(&self, from: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(from), |at| self.nodes.get(*at)?.parent)
    }

    /// Whether an element decides about what stands in it.
    pub(super) fn is_apart(&self, at: usize) -> bool {
        self.nodes.get(at).is_some_and(|node| APART.contains(&node.element.name.as_str()))
    }

    /// The elements of a name.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.element.name == name).map(|(at, _)| at)
    }
}

fn element(name: String, attributes: Vec<(String, String)>) -> Element {
    let value = |wanted: &str| attributes.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str());
    let id = value("id").unwrap_or_default().to_owned();
    let classes = value("class").unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
    Element { name, id, classes, attributes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_images_have_their_places() {
        let tree = Tree::of(
            "<title>no</title><p class='a b' id=c>one<b>two</b><img src=x></p><p>12</p><noscript>no</noscript>\
             <template><img></template><button>no</button>",
        );
        let name = |at: &usize| tree.nodes[*at].element.name.as_str();
        assert_eq!(tree.texts.iter().map(name).collect::<Vec<_>>(), ["p", "b"]);
        let paragraph = &tree.nodes[tree.texts[0]].element;
        assert_eq!(
            (paragraph.id.as_str(), paragraph.classes.as_slice()),
            ("c", ["a".to_owned(), "b".to_owned()].as_slice())
        );
        assert_eq!(tree.named("img").count(), 1);
        assert_eq!(tree.up(tree.texts[1]).map(|at| name(&at)).collect::<Vec<_>>(), ["b", "p", "body", "html"]);
    }
}
