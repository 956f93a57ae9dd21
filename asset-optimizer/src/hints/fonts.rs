//! The fonts in which texts of a page are certainly set.

use super::Page;
use super::cascade::{Sheets, Trait};
use super::sheet::{Face, Reach};
use super::tree::Tree;
use crate::graph::{How, Timing};

/// How many texts are looked at: what is set later on a page is rarely set in another font. Arbitrary.
const MOST_TEXTS: usize = 24;

/// The files of the fonts that a page loads in any case, the one that is met first before the others.
pub(super) fn fonts(page: &Page<'_>, tree: &Tree, sheets: &Sheets<'_>) -> Vec<usize> {
    let has_face = sheets.files.values().any(|(_, sheet)| sheet.faces.iter().any(|face| face.is_plain));
    if !has_face || sheets.unseen.is_some() {
        return Vec::new();
    }
    let mut found: Vec<usize> = Vec::new();
    for &text in tree.texts.iter().take(MOST_TEXTS) {
        if let Some(font) = font(page, tree, sheets, text).filter(|font| !found.contains(font)) {
            found.push(font);
        }
    }
    found
}

fn font(page: &Page<'_>, tree: &Tree, sheets: &Sheets<'_>, text: usize) -> Option<usize> {
    if sheets.may_hide(tree, text) {
        return None;
    }
    let family = sheets.settled(tree, text, Trait::Family)?;
    let weight = sheets.settled(tree, text, Trait::Weight)?.parse().ok()?;
    let style = sheets.settled(tree, text, Trait::Style)?;
    let all = sheets.all_faces(&family);
    // What counts on some screens only may be another one with the same letters.
    if all.iter().any(|(_, reach, face)| *reach != Reach::Always || face.reach != Reach::Always) {
        return None;
    }
    let fitting: Vec<(Option<usize>, &Face)> = all
        .into_iter()
        .filter(|(_, _, face)| face.has_latin && face.style == style)
        .map(|(file, _, face)| (file, face))
        .collect();
    let taken = nearest(weight, fitting.iter().map(|(_, face)| face.weight))?;
    let mut chosen = fitting.into_iter().filter(|(_, face)| face.weight == taken);
    let (Some((Some(file), face)), None) = (chosen.next(), chosen.next()) else { return None };
    let is_it = |span: &std::ops::Range<usize>| face.span.contains(&span.start);
    let reference = page
        .graph
        .from(file)
        .iter()
        .find(|own| own.how == How::Font && own.timing == Timing::Now && is_it(&own.span))?;
    // With a query it is another address.
    let is_plain = face.is_plain && reference.end == Some(reference.span.end);
    (is_plain && page.graph.files[reference.to].path.extension() == "woff2").then_some(reference.to)
}

/// The weights of the face that browsers take for one: CSS Fonts, on matching styles.
fn nearest(wanted: u16, weights: impl Iterator<Item = (u16, u16)> + Clone) -> Option<(u16, u16)> {
    let exact = weights.clone().find(|(low, high)| (*low..=*high).contains(&wanted));
    let up = |from: u16, to: u16| weights.clone().filter(move |(low, _)| *low > from && *low <= to).min();
    let down = || weights.clone().filter(|(_, high)| *high < wanted).max();
    exact.or_else(|| match wanted {
        400..=500 => up(wanted, 500).or_else(down).or_else(|| up(500, 1000)),
        0..400 => down().or_else(|| up(wanted, 1000)),
        _ => up(wanted, 1000).or_else(down),
    })
}

impl Sheets<'_> {
    /// The faces of a family in all sheets, each with its file, or none where it stands in the page.
    fn all_faces(&self, family: &str) -> Vec<(Option<usize>, Reach, &Face)> {
        let inline = self.inline_faces().map(|(reach, face)| (None, reach, face));
        let files = self
            .files
            .iter()
            .flat_map(|(file, (reach, sheet))| sheet.faces.iter().map(move |face| (Some(*file), *reach, face)));
        inline.chain(files).filter(|(_, _, face)| face.family == family).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_weight_is_taken() {
        let check = |wanted: u16, weights: &[(u16, u16)], expected: Option<(u16, u16)>| {
            assert_eq!(nearest(wanted, weights.iter().copied()), expected, "{wanted}");
        };
        let usual = [(300, 300), (400, 400), (700, 700)];
        check(400, &usual, Some((400, 400)));
        check(700, &[(100, 900)], Some((100, 900)));
        check(700, &[(400, 400), (600, 600)], Some((600, 600)));
        check(600, &usual, Some((700, 700)));
        check(400, &[(300, 300), (500, 500)], Some((500, 500)));
        check(400, &[(300, 300), (600, 600)], Some((300, 300)));
        check(300, &[(200, 200), (400, 400)], Some((200, 200)));
        check(400, &[], None);
    }
}
