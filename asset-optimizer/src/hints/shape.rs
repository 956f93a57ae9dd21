//! What selectors see of the place of an image: whether one that stands in an element of its own is still chosen as before.

#![cfg_attr(not(feature = "variants"), allow(dead_code, reason = "nobody asks where images stand"))]

#[cfg(feature = "variants")]
use super::selector::{Element, Match};
use super::selector::{Selector, parted};
#[cfg(feature = "variants")]
use super::tree::Tree;

/// What stands between two parts of a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Inside,
    Child,
    Sibling,
}

/// A part of a selector, with what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    before: Option<Between>,
    selector: Selector,
    /// Whether it counts siblings.
    counts: bool,
    /// Whether it looks at what is around or within an element.
    looks: bool,
}

/// A selector as its parts, and whether what its rule says would change nothing on an element that only holds an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    parts: Vec<Part>,
    is_harmless: bool,
}

/// Pseudo-classes that count siblings, or may.
const COUNTING: [&str; 6] = ["child", "of-type", ":is", ":where", ":not", ":empty"];
/// What may be said of every element without a trace on one that only holds an image: each with its only value.
const HARMLESS: [(&str, &[&str]); 6] = [
    ("box-sizing", &["border-box", "inherit", "content-box"]),
    ("margin", &["0", "0px"]),
    ("padding", &["0", "0px"]),
    ("-webkit-box-sizing", &["border-box", "inherit"]),
    ("-webkit-font-smoothing", &["antialiased"]),
    ("-webkit-tap-highlight-color", &["transparent"]),
];

impl Shape {
    /// The selectors of a rule that says this.
    pub(super) fn list(prelude: &str, says: &[(String, String)]) -> Vec<Shape> {
        let is_fine = |(name, value): &(String, String)| {
            HARMLESS.iter().any(|(own, values)| own == name && values.contains(&value.as_str()))
        };
        let is_harmless = says.iter().all(is_fine);
        parted(prelude, |byte| byte == b',').into_iter().map(|text| Shape { parts: parts(text), is_harmless }).collect()
    }

    /// A rule of which it is not known what it chooses.
    pub(super) fn unknown() -> Shape {
        Shape {
            parts: vec![Part { before: None, selector: Selector::any(), counts: true, looks: true }],
            is_harmless: false,
        }
    }

    /// Whether it may choose other elements once an image stands in a `<picture>` of its own.
    #[cfg(feature = "variants")]
    pub(super) fn sees(&self, tree: &Tree, image: usize) -> bool {
        let Some(node) = tree.nodes.get(image) else { return true };
        let may = |part: &Part, element: &Element| part.selector.matches(element) > Match::Never;
        let bare = Element { name: "picture".to_owned(), ..Default::default() };
        let source = Element { name: "source".to_owned(), ..Default::default() };
        let parent = node.parent.and_then(|parent| tree.nodes.get(parent)).map(|parent| &parent.element);
        // A part that asks for a child asks for what is around it, too.
        let is_chosen = |at: usize, element: &Element, parent: Option<&Element>| {
            let part = &self.parts[at];
            let is_within = part.before != Some(Between::Child)
                || at == 0
                || parent.is_none_or(|parent| may(&self.parts[at - 1], parent));
            may(part, element) && is_within
        };
        if let Some(last) = self.parts.len().checked_sub(1).filter(|_| !self.is_harmless)
            && (is_chosen(last, &bare, parent) || is_chosen(last, &source, Some(&bare)))
        {
            return true;
        }
        self.parts.iter().enumerate().any(|(at, part)| {
            // Siblings of its kind are counted whatever else they are.
            if part.looks || part.counts && part.selector.may_be_named("img") {
                return true;
            }
            if !may(part, &node.element) {
                return false;
            }
            let is_sibling_of_next = self.parts.get(at + 1).is_some_and(|next| next.before == Some(Between::Sibling));
            let is_child_of_its_parent = part.before == Some(Between::Child) && is_chosen(at, &node.element, parent);
            is_sibling_of_next || part.before == Some(Between::Sibling) || is_child_of_its_parent
        })
    }
}

fn parts(text: &str) -> Vec<Part> {
    let is_mark = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'+' | b'~');
    let mut parts = Vec::new();
    let mut end = 0;
    for piece in parted(text, is_mark) {
        // Pieces are parts of the text: what lies between two of them is what stood there.
        let start = piece.as_ptr() as usize - text.as_ptr() as usize;
        if piece.is_empty() {
            continue;
        }
        let between = text.get(end..start).unwrap_or_default();
        let before = match () {
            () if between.contains(['+', '~']) => Some(Between::Sibling),
            () if between.contains('>') => Some(Between::Child),
            () if parts.is_empty() => None,
            () => Some(Between::Inside),
        };
        end = start + piece.len();
        let lower = piece.to_ascii_lowercase();
        let counts = lower.contains(':') && COUNTING.iter().any(|word| lower.contains(word));
        let brackets =
            || piece.split('(').skip(1).any(|inner| inner.contains(['>', '+', '~', ' ']) && !inner.contains('n'));
        let looks = lower.contains(":has") || brackets();
        let selector = Selector::list(piece).pop().unwrap_or_else(Selector::any);
        parts.push(Part { before, selector, counts, looks });
    }
    parts
}

#[cfg(all(test, feature = "variants"))]
mod tests {
    use super::*;

    #[test]
    fn a_selector_sees_an_image_move_where_it_looks_at_its_place() {
        let tree = Tree::of("<p class=a><img class=b src=x><i>y</i></p>");
        let image = tree.named("img").next().unwrap();
        let check = |selector: &str, says: (&str, &str), expected: bool| {
            let says = [(says.0.to_owned(), says.1.to_owned())];
            let found = Shape::list(selector, &says).iter().any(|shape| shape.sees(&tree, image));
            assert_eq!(found, expected, "{selector}");
        };
        let red = ("color", "red");
        for (selector, expected) in [
            ("img", false),
            ("p img.b", false),
            (".a .b", false),
            ("p > img", true),
            (".a>.b", true),
            (".other > img", false),
            (".other > *", false),
            (".other > source", false),
            ("p > *", true),
            ("p > i", false),
            ("img + i", true),
            ("i ~ img", true),
            ("h1 + p", false),
            ("img:first-child", true),
            (".c:nth-of-type(2)", true),
            ("i:first-child", false),
            ("img:hover", false),
            ("p:has(> img)", true),
            ("i:not(p > i)", true),
            ("i:nth-child(2n + 1)", false),
            ("img:not(.x)", true),
            ("*", true),
            ("picture", true),
            ("p *", true),
            ("video, p > img", true),
        ] {
            check(selector, red, expected);
        }
        check("*", ("box-sizing", "border-box"), false);
        check("*", ("margin", "0"), false);
        check("*", ("margin", "1px"), true);
        assert!(Shape::unknown().sees(&tree, image));
    }
}
