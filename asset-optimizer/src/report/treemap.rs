//! Files by folder as rectangles, whose area is what they weigh on the wire.
//!
//! Squarified, after Bruls, Huizing and van Wijk, "Squarified treemaps" (2000): rectangles as near to squares as a row of
//! them can be, the largest first.

use std::collections::BTreeMap;

/// The room above a folder's files for its name, in units of the map.
const HEAD: f64 = 18.0;
/// A folder below this has no head, in units of the map.
const MIN_FOLDER: (f64, f64) = (60.0, 48.0);
/// Between a folder's border and what is in it, in units of the map.
const GAP: f64 = 2.0;
/// How many files have a rectangle of their own; more could not be told apart. Arbitrary.
const MOST_FILES: usize = 800;

/// Something with a weight, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weighed<'a> {
    /// Parts joined by `/`.
    pub(super) path: &'a str,
    /// Its weight.
    pub(super) weight: u64,
}

/// Where something lies, in units of the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// What lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A folder, by its path, with what is in it.
    Folder { path: String, weight: u64 },
    /// A file, by its index.
    File(usize),
    /// Files of a folder that are too small to be told apart: how many, and what they weigh together.
    Rest { count: usize, weight: u64 },
}

/// A rectangle.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tile {
    pub(super) what: What,
    pub(super) place: Place,
}

#[derive(Default)]
struct Folder<'a> {
    folders: BTreeMap<&'a str, Folder<'a>>,
    files: Vec<usize>,
    rest: (usize, u64),
    weight: u64,
}

/// The map of some files: a folder comes before what is in it. What weighs nothing is not on it.
pub(super) fn layout(files: &[Weighed<'_>], width: f64, height: f64) -> Vec<Tile> {
    let mut by_weight: Vec<usize> = (0..files.len()).filter(|&index| files[index].weight > 0).collect();
    by_weight.sort_by_key(|&index| (std::cmp::Reverse(files[index].weight), files[index].path));
    let mut root = Folder::default();
    for (rank, &index) in by_weight.iter().enumerate() {
        let Weighed { path, weight } = files[index];
        let mut folder = &mut root;
        folder.weight += weight;
        let (above, _) = path.rsplit_once('/').unwrap_or(("", path));
        for part in above.split('/').filter(|part| !part.is_empty()) {
            folder = folder.folders.entry(part).or_default();
            folder.weight += weight;
        }
        if rank < MOST_FILES {
            folder.files.push(index);
        } else {
            folder.rest = (folder.rest.0 + 1, folder.rest.1 + weight);
        }
    }
    let mut tiles = Vec::new();
    place(&root, "", files, Place { left: 0.0, top: 0.0, width, height }, &mut tiles);
    tiles
}

enum Part<'f, 'a> {
    Folder(String, &'f Folder<'a>),
    Leaf(What),
}

/// Lays out what is in a folder.
fn place(folder: &Folder<'_>, path: &str, files: &[Weighed<'_>], room: Place, tiles: &mut Vec<Tile>) {
    let mut parts: Vec<(u64, Part<'_, '_>)> = Vec::new();
    for (name, inner) in &folder.folders {
        let (mut name, mut inner) = ((*name).to_owned(), inner);
        // A folder with nothing but a folder in it is one with it.
        while let (true, Some((only, innermost))) =
            (inner.files.is_empty() && inner.rest.0 == 0 && inner.folders.len() == 1, inner.folders.first_key_value())
        {
            name = format!("{name}/{only}");
            inner = innermost;
        }
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        parts.push((inner.weight, Part::Folder(path, inner)));
    }
    parts.extend(folder.files.iter().map(|&index| (files[index].weight, Part::Leaf(What::File(index)))));
    let (count, weight) = folder.rest;
    if count > 0 {
        parts.push((weight, Part::Leaf(What::Rest { count, weight })));
    }
    // A stable sort: what weighs the same stays in the order of paths.
    parts.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let weights: Vec<u64> = parts.iter().map(|(weight, _)| *weight).collect();
    for ((weight, part), place_of_part) in parts.into_iter().zip(squarified(&weights, room)) {
        match part {
            Part::Leaf(what) => tiles.push(Tile { what, place: place_of_part }),
            Part::Folder(path, inner) => {
                tiles.push(Tile { what: What::Folder { path: path.clone(), weight }, place: place_of_part });
                place(inner, &path, files, inside(place_of_part), tiles);
            }
        }
    }
}

/// The room for what is in a folder.
fn inside(place: Place) -> Place {
    let head = if has_head(place) { HEAD } else { GAP };
    Place {
        left: place.left + GAP,
        top: place.top + head,
        width: (place.width - 2.0 * GAP).max(0.0),
        height: (place.height - head - GAP).max(0.0),
    }
}

/// Whether there is room for the name of a folder.
pub(super) fn has_head(place: Place) -> bool {
    place.width >= MIN_FOLDER.0 && place.height >= MIN_FOLDER.1
}

/// Rectangles of these weights, which are sorted, the largest first, that fill the room.
fn squarified(weights: &[u64], room: Place) -> Vec<Place> {
    let total: u64 = weights.iter().sum();
    if total == 0 {
        return Vec::new();
    }
    let scale = room.width * room.height / total as f64;
    let areas: Vec<f64> = weights.iter().map(|&weight| weight as f64 * scale).collect();
    let mut places = Vec::with_capacity(areas.len());
    let mut left = room;
    let mut rest = areas.as_slice();
    while !rest.is_empty() {
        let side = left.width.min(left.height);
        let mut row = 1;
        while row < rest.len() && worst(&rest[..=row], side) <= worst(&rest[..row], side) {
            row += 1;
        }
        let (now, later) = rest.split_at(row);
        left = row_of(now, left, &mut places);
        rest = later;
    }
    places
}

/// The largest ratio of sides in a row along a side.
fn worst(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let (first, last) = (row.first().copied().unwrap_or(0.0), row.last().copied().unwrap_or(0.0));
    if sum <= 0.0 || last <= 0.0 || side <= 0.0 {
        return 0.0;
    }
    let square = side * side;
    (square * first / (sum * sum)).max(sum * sum / (square * last))
}

/// Lays a row along the shorter side, and answers with the room that is left.
fn row_of(row: &[f64], room: Place, places: &mut Vec<Place>) -> Place {
    let sum: f64 = row.iter().sum();
    let is_column = room.width >= room.height;
    let side = if is_column { room.height } else { room.width };
    let thickness = if side > 0.0 { sum / side } else { 0.0 };
    let mut along = 0.0;
    for area in row {
        let length = if sum > 0.0 { side * area / sum } else { 0.0 };
        places.push(if is_column {
            Place { left: room.left, top: room.top + along, width: thickness, height: length }
        } else {
            Place { left: room.left + along, top: room.top, width: length, height: thickness }
        });
        along += length;
    }
    if is_column {
        Place { left: room.left + thickness, width: (room.width - thickness).max(0.0), ..room }
    } else {
        Place { top: room.top + thickness, height: (room.height - thickness).max(0.0), ..room }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(place: Place) -> f64 {
        place.width * place.height
    }

    #[test]
    fn the_example_of_the_paper() {
        let room = Place { left: 0.0, top: 0.0, width: 6.0, height: 4.0 };
        let places = squarified(&[6, 6, 4, 3, 2, 2, 1], room);
        assert_eq!(places[0], Place { left: 0.0, top: 0.0, width: 3.0, height: 2.0 });
        assert_eq!(places[1], Place { left: 0.0, top: 2.0, width: 3.0, height: 2.0 });
        assert!((area(places[6]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn areas_are_weights_and_nothing_leaves_the_map() {
        let names: Vec<String> = (0..2000).map(|index| format!("d{}/e{}/f{index}", index % 3, index % 7)).collect();
        let weights = names.iter().enumerate().map(|(index, path)| Weighed { path, weight: index as u64 % 97 });
        let weights: Vec<Weighed<'_>> = weights.collect();
        let tiles = layout(&weights, 1000.0, 600.0);
        let whole = |place: Place| {
            place.left >= 0.0
                && place.top >= 0.0
                && place.left + place.width <= 1000.001
                && place.top + place.height <= 600.001
        };
        assert!(tiles.iter().all(|tile| whole(tile.place) && tile.place.width.is_finite()));
        let count = |tile: &Tile| match tile.what {
            What::Folder { .. } => 0,
            What::File(_) => 1,
            What::Rest { count, .. } => count,
        };
        let weighty = weights.iter().filter(|weight| weight.weight > 0).count();
        assert_eq!(tiles.iter().map(count).sum::<usize>(), weighty);
        assert!(tiles.len() < MOST_FILES + 50);
    }

    #[test]
    fn folders_of_one_folder_are_one_and_what_weighs_nothing_is_not_there() {
        let weights = [("a/b/c.js", 3), ("a/b/d.js", 0), ("e.js", 1)].map(|(path, weight)| Weighed { path, weight });
        let whats: Vec<What> = layout(&weights, 100.0, 100.0).into_iter().map(|tile| tile.what).collect();
        assert_eq!(whats, [What::Folder { path: "a/b".into(), weight: 3 }, What::File(0), What::File(2)]);
        assert!(layout(&[], 100.0, 100.0).is_empty());
    }
}
