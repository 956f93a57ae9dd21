//! Shows that two drawings are one: by their trees, read by another parser, and by their pixels.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};
use roxmltree::{Document, Node, NodeType, ParsingOptions};

use super::SPACE_MATTERS;
use super::numbers::{Piece, pieces, short};

/// The longer side of what is rendered, in pixels, at least and at most. Arbitrary: large enough for the details of an icon.
const SIDE: (f32, f32) = (64.0, 256.0);

/// Shows that two documents have the same tree.
pub(super) fn same_tree(before: &str, after: &str) -> Result<(), String> {
    let parse = |text| {
        let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
        Document::parse_with_options(text, options)
    };
    let before = parse(before).map_err(|why| format!("it does not parse: {why}"))?;
    let after = parse(after).map_err(|why| format!("the result does not parse: {why}"))?;
    super::weight::refuse(&before)?;
    let (one, other) = (flat(&before), flat(&after));
    if one.len() != other.len() {
        return Err("the result has another number of nodes".into());
    }
    match one.iter().zip(&other).find(|(one, other)| one != other) {
        Some((one, _)) => Err(format!("the result differs at {}", one.chars().take(60).collect::<String>())),
        None => Ok(()),
    }
}

/// Every node that means something, as a text that is the same where the meaning is.
fn flat(document: &Document<'_>) -> Vec<String> {
    let mut nodes = Vec::new();
    for node in document.descendants() {
        match node.node_type() {
            NodeType::Element => {
                let depth = node.ancestors().count();
                let mut text = format!("{depth} {:?}", node.tag_name());
                for attribute in node.attributes() {
                    let value = canonical(attribute.name(), attribute.value());
                    text.push_str(&format!(" {:?} {}={value}", attribute.namespace(), attribute.name()));
                }
                nodes.push(text);
            }
            NodeType::Text => {
                let text = node.text().unwrap_or_default();
                if !text.trim().is_empty() || space_matters(node) {
                    nodes.push(format!("text {text}"));
                }
            }
            NodeType::PI => nodes.push(format!("{:?}", node.pi())),
            NodeType::Comment | NodeType::Root => {}
        }
    }
    nodes
}

fn space_matters(node: Node<'_, '_>) -> bool {
    node.ancestors().any(|above| {
        let preserve = above.attribute(("http://www.w3.org/XML/1998/namespace", "space")) == Some("preserve");
        preserve || SPACE_MATTERS.contains(&above.tag_name().name())
    })
}

fn canonical(name: &str, value: &str) -> String {
    let Some(pieces) = (name == "d").then(|| pieces(value)).flatten() else { return value.to_owned() };
    let shown = |piece: &Piece<'_>| match piece {
        Piece::Command(letter) => letter.to_string(),
        Piece::Number(number) => short(number),
    };
    pieces.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// Shows that two documents render to the same pixels.
pub(super) fn same_drawing(before: &str, after: &str) -> Result<(), String> {
    let before = drawing(before).map_err(|why| format!("it cannot be rendered: {why}"))?;
    let after = drawing(after).map_err(|why| format!("the result cannot be rendered: {why}"))?;
    if before.data() == after.data() { Ok(()) } else { Err("the result renders to other pixels".into()) }
}

fn drawing(text: &str) -> Result<Pixmap, String> {
    // What a drawing points to is not read: it is the same file for both.
    let nothing = ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let options = Options { image_href_resolver: nothing, ..Options::default() };
    let tree = Tree::from_str(text, &options).map_err(|why| why.to_string())?;
    let size = tree.size();
    let longer = size.width().max(size.height());
    let scale = longer.clamp(SIDE.0, SIDE.1) / longer;
    let side = |length: f32| (length * scale).ceil().clamp(1.0, SIDE.1) as u32;
    let mut pixels = Pixmap::new(side(size.width()), side(size.height())).ok_or("it has no size")?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Ok(pixels)
}
