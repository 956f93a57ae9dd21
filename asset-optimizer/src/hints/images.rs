//! Which images of a page wait, which one is hurried, and which get their size.

use super::cascade::Sheets;
use super::page::{Effect, Sketch, Tag};
use super::size::Size;
use super::tree::Tree;
use super::{Done, Insertion, Page};
use crate::graph::How;
use crate::graph::loads::FIRST_IMAGES;
use crate::transform::html::tokens::attributes;

/// From how many pixels on an image is large. Arbitrary: 200 by 200.
const LARGE_PIXELS: u64 = 40_000;
/// Elements around an image whose layout may ask for its size in another way.
const ARRANGED: [&str; 7] = ["flex", "grid", "contents", "table", "box", "ruby", "?"];

/// Attributes of an image: its place among all images of the page, and each with its value.
pub(super) type Attributes = (usize, Vec<(&'static str, String)>);

/// What images get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Images {
    /// What is written, and where.
    pub(super) insertions: Vec<Insertion>,
    /// The same, as a browser sees it.
    pub(super) attributes: Vec<Attributes>,
}

/// An image that does what an image does, in the page and in its tree.
pub(super) struct Image<'a, 'b> {
    pub(super) tag: &'a Tag<'b>,
    /// Its element.
    pub(super) node: usize,
    /// Which image of the tree it is.
    place: usize,
    /// Which image of the page it is, whatever those do.
    order: usize,
    /// How large its file says that it is.
    size: Option<Size>,
}

/// What the images of a page get.
pub(super) fn images(
    page: &Page<'_>,
    sketch: &Sketch<'_>,
    tree: &Tree,
    sheets: &Sheets<'_>,
    done: &mut Done,
    left: &mut Vec<String>,
) -> Images {
    let Some(all) = paired(page, sketch, tree) else {
        left.push("its images cannot be told apart".to_owned());
        return Images::default();
    };
    let mut images = Images::default();
    let may_wait = may_wait(sketch, sheets);
    let hurried = hurried(sketch, &all).filter(|_| !sheets.asks_for(&["fetchpriority"]));
    for image in &all {
        let mut own: Vec<(&'static str, String)> = Vec::new();
        let size = image.size.filter(|_| may_be_sized(image, tree, sheets));
        // What has no place yet would move what was read already, once it comes.
        let has_place = size.is_some() || image.tag.has("width") && image.tag.has("height");
        if may_wait && has_place && image.order >= FIRST_IMAGES && is_left_alone(image.tag) {
            own.push(("loading", "lazy".to_owned()));
            if !image.tag.has("decoding") {
                own.push(("decoding", "async".to_owned()));
            }
            done.waiting += 1;
        }
        if hurried == Some(image.place) {
            own.push(("fetchpriority", "high".to_owned()));
            done.hurried += 1;
        }
        if let Some(size) = size {
            own.push(("width", size.width.to_string()));
            own.push(("height", size.height.to_string()));
            done.sized += 1;
        }
        if !own.is_empty() {
            let text = own.iter().map(|(key, value)| format!(" {key}=\"{value}\"")).collect();
            images.insertions.push(Insertion { at: image.tag.at + "<img".len(), text });
            images.attributes.push((image.place, own));
        }
    }
    images
}

/// The images of the page that do what images do; `None` where its tree has others.
pub(super) fn paired<'a, 'b>(page: &Page<'_>, sketch: &'a Sketch<'b>, tree: &Tree) -> Option<Vec<Image<'a, 'b>>> {
    let all: Vec<&Tag<'_>> = sketch.tags.iter().filter(|tag| tag.name == "img").collect();
    let effective: Vec<(usize, &Tag<'_>)> =
        all.into_iter().enumerate().filter(|(_, tag)| tag.effect == Effect::Own).collect();
    let nodes: Vec<(usize, usize)> =
        tree.named("img").enumerate().filter(|(_, node)| !tree.up(*node).any(|at| tree.is_apart(at))).collect();
    if nodes.len() != effective.len() {
        return None;
    }
    let mut images = Vec::with_capacity(nodes.len());
    for ((order, tag), (place, node)) in effective.into_iter().zip(nodes) {
        let source = tag.value("src");
        if tree.nodes[node].element.value("src").map(str::trim) != source.as_deref().map(str::trim) {
            return None;
        }
        let own = page.references(tag.at..tag.at + tag.text.len()).iter();
        let mut own = own.filter(|own| own.how == How::Image);
        // With a `srcset` there are several, and which one is taken is not known.
        let file = own.next().filter(|_| !tag.has("srcset") && own.next().is_none());
        images.push(Image { tag, node, place, order, size: file.and_then(|own| page.facts.size(own.to)) });
    }
    Some(images)
}

/// Whether images of the page may wait at all: nobody says so already, and no script may look at them.
fn may_wait(sketch: &Sketch<'_>, sheets: &Sheets<'_>) -> bool {
    let says = sketch.tags.iter().any(|tag| tag.name == "img" && tag.has("loading"));
    !says && !sheets.habits.looks && sheets.unseen_script.is_none() && !sheets.asks_for(&["loading", "decoding"])
}

/// Whether nothing shows that somebody does more with an image than show it in its place.
pub(super) fn is_left_alone(tag: &Tag<'_>) -> bool {
    let says_more = |key: &str| {
        let key = key.to_ascii_lowercase();
        key.starts_with("on")
            || key.starts_with("data-")
            || ["id", "name", "style", "crossorigin", "hidden", "usemap", "is", "slot"].contains(&key.as_str())
    };
    let source = tag.word("src");
    !source.is_empty() && !source.starts_with("data:") && !attributes(tag.text).any(|(key, _)| says_more(key))
}

/// The first large image, where it is among the first ones, and all before it are known to be small; nowhere else does the
/// page say what is to be hurried.
fn hurried(sketch: &Sketch<'_>, all: &[Image<'_, '_>]) -> Option<usize> {
    let is_said = |tag: &Tag<'_>| tag.has("fetchpriority") || tag.is_link("preload") && tag.word("as") == "image";
    if sketch.tags.iter().any(is_said) {
        return None;
    }
    for image in all {
        let number = |key: &str| image.tag.value(key).and_then(|value| value.trim().parse::<u64>().ok());
        let pixels = match (number("width"), number("height"), image.size) {
            (Some(width), Some(height), _) => width.saturating_mul(height),
            (None, None, Some(size)) => u64::from(size.width) * u64::from(size.height),
            _ => return None,
        };
        if image.order >= FIRST_IMAGES || image.tag.has("loading") || !is_left_alone(image.tag) {
            return None;
        }
        if pixels >= LARGE_PIXELS {
            return Some(image.place);
        }
    }
    None
}

/// Whether an image that gets its size as attributes is shown as it was: nothing else decides about one of both, or height
/// follows from width.
fn may_be_sized(image: &Image<'_, '_>, tree: &Tree, sheets: &Sheets<'_>) -> bool {
    if sheets.unseen.is_some()
        || sheets.asks_for(&["width", "height"])
        || ["width", "height", "style", "sizes"].iter().any(|key| image.tag.has(key))
    {
        return false;
    }
    let said = |property: &'static str| sheets.said(tree, image.node, property);
    let is_silent = |properties: &[&'static str]| properties.iter().all(|property| said(property).is_empty());
    if is_arranged(image, tree, sheets) {
        return false;
    }
    let heights = said("height");
    let follows = heights.iter().any(|said| said.reach == super::sheet::Reach::Always)
        && heights.iter().all(|said| said.value == "auto");
    let widths = ["width", "max-width", "min-width", "inline-size", "max-inline-size", "min-inline-size"];
    let others = ["min-height", "max-height", "block-size", "min-block-size", "max-block-size", "aspect-ratio"];
    is_silent(&others) && (follows || heights.is_empty() && is_silent(&widths))
}

/// Whether the element around an image may lay it out in another way than a text.
pub(super) fn is_arranged(image: &Image<'_, '_>, tree: &Tree, sheets: &Sheets<'_>) -> bool {
    let around = tree.nodes[image.node].parent.map(|parent| sheets.said(tree, parent, "display")).unwrap_or_default();
    around.iter().any(|said| ARRANGED.iter().any(|value| said.value.contains(value)))
}
