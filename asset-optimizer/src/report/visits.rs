//! What a visitor of each page loads, weighed at the lightest.

use std::cmp::Reverse;

use crate::asset::{AssetPath, ByteCount};
use crate::manifest::{File, Load, Loads, Manifest, Weight};

/// Of how many pages it is told what they load, file by file: the heaviest. Arbitrary, as the next: what a person may read.
const MOST_LISTED: usize = 25;
/// How many files are listed for each.
const MOST_FILES: usize = 200;

/// What a page loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The page.
    pub page: AssetPath,
    /// What it loads at once, itself included.
    pub first: Weight,
    /// What it may load later; `None` where that is too much to be listed for all pages.
    pub later: Option<Weight>,
    /// How many round trips it takes until all is there that is loaded at once.
    pub round_trips: u32,
    /// The files, for the heaviest pages only.
    pub files: Vec<Fetched>,
    /// How many more files there are for such a page.
    pub left_out: usize,
}

/// A file that a page loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// By its source name.
    pub file: AssetPath,
    /// What it weighs at its lightest.
    pub bytes: ByteCount,
    /// In which round trip it is asked for; `None` where that is later, if ever.
    pub round_trip: Option<u32>,
}

/// What the pages load, the heaviest at first load first.
#[must_use]
pub fn visits(manifest: &Manifest) -> Vec<Visit> {
    let mut visits: Vec<(Visit, &Loads)> = manifest.pages.iter().map(|page| (visit(manifest, page), page)).collect();
    visits.sort_by(|(one, _), (other, _)| {
        (Reverse(one.first.bytes), &one.page).cmp(&(Reverse(other.first.bytes), &other.page))
    });
    for (visit, page) in visits.iter_mut().take(MOST_LISTED) {
        (visit.files, visit.left_out) = fetched(manifest, page);
    }
    visits.into_iter().map(|(visit, _)| visit).collect()
}

fn visit(manifest: &Manifest, page: &Loads) -> Visit {
    Visit {
        page: page.file.clone(),
        first: Weight::of(manifest, &page.now, File::lightest),
        later: (!page.is_later_cut).then(|| Weight::of(manifest, &page.later, File::lightest)),
        round_trips: page.round_trips,
        files: Vec::new(),
        left_out: 0,
    }
}

/// What a page loads: what is asked for earlier first, and of that the heaviest.
fn fetched(manifest: &Manifest, page: &Loads) -> (Vec<Fetched>, usize) {
    let weighed = |load: &Load, round_trip| {
        let bytes = manifest.file(load.file.as_str()).map(File::lightest).unwrap_or_default();
        Fetched { file: load.file.clone(), bytes, round_trip }
    };
    let now = page.now.iter().map(|load| weighed(load, Some(load.round_trip)));
    let mut files: Vec<Fetched> = now.chain(page.later.iter().map(|load| weighed(load, None))).collect();
    files.sort_by(|one, other| {
        let place = |file: &Fetched| (file.round_trip.unwrap_or(u32::MAX), Reverse(file.bytes));
        place(one).cmp(&place(other)).then_with(|| one.file.cmp(&other.file))
    });
    let left_out = files.len().saturating_sub(MOST_FILES);
    files.truncate(MOST_FILES);
    (files, left_out)
}
