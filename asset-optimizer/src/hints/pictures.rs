//! Images of a page that get `<picture>` around them, with the same image in formats of today.

use std::collections::{BTreeMap, BTreeSet};

use super::cascade::Sheets;
use super::images::{Image, is_arranged, is_left_alone, paired};
use super::page::Sketch;
use super::tree::Tree;
use super::{Insertion, Page, inserted, proof};
use crate::asset::{AssetPath, Kind};
use crate::graph::How;

/// A format that an image is there in, besides its own: what its name ends in then, and its type.
pub(crate) type InFormat = (&'static str, &'static str);

/// What a `<picture>` has before its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) media_type: &'static str,
    pub(super) address: String,
}

/// The images, by their places in the graph, that a `<picture>` could be written around.
///
/// # Errors
/// Where the page can have none, with why.
pub(crate) fn wanted(page: &Page<'_>) -> Result<Vec<usize>, String> {
    let sketch = Sketch::of(page.text)?;
    let tree = Tree::of(page.text);
    Ok(able(page, &sketch, &tree)?.into_iter().map(|(_, file)| file).collect())
}

/// The page with a `<picture>` around each image that is there in other formats, and how many these are.
///
/// # Errors
/// Where the page gets none, with why.
pub(crate) fn pictured(
    page: &Page<'_>,
    formats: &dyn Fn(&AssetPath) -> Vec<InFormat>,
) -> Result<Option<(String, usize)>, String> {
    let sketch = Sketch::of(page.text)?;
    let tree = Tree::of(page.text);
    let mut insertions = Vec::new();
    let mut pictures = Vec::new();
    for (image, file) in able(page, &sketch, &tree)? {
        let formats = formats(&page.graph.files[file].path);
        let Some(address) = image.tag.value("src").filter(|_| !formats.is_empty()) else { continue };
        let source = |(suffix, media_type)| Source { media_type, address: format!("{}{suffix}", address.trim()) };
        let sources: Vec<Source> = formats.into_iter().map(source).collect();
        let written =
            |source: &Source| format!("<source type=\"{}\" srcset=\"{}\">", source.media_type, source.address);
        let before = format!("<picture>{}", sources.iter().map(written).collect::<String>());
        insertions.push(Insertion { at: image.tag.at, text: before });
        insertions.push(Insertion { at: image.tag.at + image.tag.text.len(), text: "</picture>".to_owned() });
        pictures.push(sources);
    }
    if pictures.is_empty() {
        return Ok(None);
    }
    let text = inserted(page.text, insertions)?;
    proof::same_but_for_pictures(page.text, &text, &pictures)?;
    Ok(Some((text, pictures.len())))
}

/// The images that nobody would see move, each with its file.
fn able<'a, 'b>(page: &Page<'_>, sketch: &'a Sketch<'b>, tree: &Tree) -> Result<Vec<(Image<'a, 'b>, usize)>, String> {
    let sheets = Sheets::of(page, sketch);
    if let Some(why) = sheets.unseen.as_ref().or(sheets.unseen_script.as_ref()) {
        return Err(why.clone());
    }
    if sheets.habits.looks || sheets.habits.walks {
        return Err("one of its scripts may look for images".into());
    }
    let all = paired(page, sketch, tree).ok_or("its images cannot be told apart")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~@+/".contains(&byte);
    let able = all.into_iter().filter_map(|image| {
        let own = page.references(image.tag.at..image.tag.at + image.tag.text.len());
        let file = own.iter().find(|own| own.how == How::Image)?.to;
        let is_fit = matches!(page.graph.files[file].kind, Kind::Png | Kind::Jpeg)
            && ["srcset", "sizes", "usemap", "ismap"].iter().all(|key| !image.tag.has(key))
            && image.tag.value("src").is_some_and(|address| address.trim().bytes().all(is_plain))
            && is_left_alone(image.tag)
            && !is_arranged(&image, tree, &sheets)
            && !sheets.sees_place(tree, image.node);
        is_fit.then_some((image, file))
    });
    let able: Vec<(Image<'a, 'b>, usize)> = able.collect();
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    able.iter().for_each(|(_, file)| *places.entry(*file).or_default() += 1);
    Ok(able.into_iter().filter(|(_, file)| asked_for(page, *file) == places.get(file).copied().unwrap_or(0)).collect())
}

/// In how many places the page and what it loads ask for a file: an image that is taken in one format here and in another one
/// there would be loaded twice.
fn asked_for(page: &Page<'_>, file: usize) -> usize {
    let loads = page.loads.now.iter().chain(&page.loads.later).map(|loaded| loaded.file);
    let from = BTreeSet::from_iter(loads.chain([page.at]));
    let all = from.into_iter().flat_map(|from| page.graph.from(from));
    all.filter(|own| own.to == file && own.how != How::Link).count()
}
