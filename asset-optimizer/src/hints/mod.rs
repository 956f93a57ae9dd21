//! What pages are told of what they load: links to what would be found late, and which images can wait. Pure.
//!
//! A browser meets a module only once it has read the one that imports it, and a font only once all style sheets are there
//! and a text is to be set in it. A page that names them in its head saves these round trips. A hint is only written for
//! what the page loads in any case, and does not name by itself:
//!
//! - modules that its modules import, and theirs, at most 50, those of the first round trips before others;
//! - style sheets that its style sheets import without a condition, at most 10;
//! - WOFF2 fonts in which a text of the page is certainly set, at most 3: every rule that might choose the text, or what is
//!   around it, says the same, and no script adds styles;
//! - of images that do nothing but stand in a place of a known size, all but the first 5 of the page wait until they come near
//!   (`loading="lazy" decoding="async"`), unless a script looks at images, or the page says of one how it is to be loaded;
//! - the first image that is large, 200 by 200 pixels or as many, is hurried (`fetchpriority="high"`), if it is among those 5
//!   and all before it are known to be small;
//! - images get their size (`width`, `height`) where no style sheet might decide about it, or all let the height follow from
//!   the width, so that nothing jumps;
//! - classic scripts wait until the page is read (`defer`) where all scripts behind them do, and where no word in them speaks of
//!   the document, of its elements by their names, of time or of events.
//!
//! Names that a script gives to elements while it runs are not known here; a rule that only counts with one is taken for one
//! that does not.
//!
//! More links would hurt: each takes its share of the connection from what is shown first. Nothing is said of what scripts
//! fetch, of images in style sheets, and of what is loaded later: whether and when that is asked for is not certain.
//!
//! Digests are a wish of their own ([`Digests`]), because a page that is opened from a disk, or behind a server that rewrites
//! what it serves, breaks with them.
//!
//! A link is written as the page writes the addresses of its other files, at the end of its head: behind its `<base>`, its
//! policies and its import maps, which modules must not come before. Files whose names have letters that may be written in
//! more than one way, and files that are asked for with a query, get none.
//!
//! Every page is shown to be the same but for its hints: without them, the trees that another parser builds of both pages are
//! equal. Otherwise it gets none. A page in the language of another engine, or without a head, gets none either.

#![cfg_attr(not(feature = "html"), expect(dead_code, reason = "without an engine for HTML no page gets any"))]

#[cfg(feature = "html")]
mod address;
#[cfg(feature = "html")]
mod cascade;
#[cfg(feature = "html")]
mod defer;
#[cfg(feature = "html")]
mod digests;
mod facts;
#[cfg(feature = "html")]
mod fonts;
#[cfg(feature = "html")]
mod images;
#[cfg(feature = "html")]
mod links;
#[cfg(feature = "html")]
mod page;
#[cfg(feature = "variants")]
mod pictures;
#[cfg(feature = "html")]
mod policy;
#[cfg(feature = "html")]
mod proof;
mod selector;
mod shape;
mod sheet;
mod size;
#[cfg(feature = "html")]
mod tree;

use std::fmt;
use std::ops::AddAssign;
#[cfg(feature = "html")]
use std::ops::Range;

use crate::graph::Graph;
#[cfg(feature = "html")]
use crate::graph::Reference;
use crate::graph::loads::Closure;

#[cfg(feature = "html")]
pub(crate) use digests::{Asked, Sealed, sealed};
pub use facts::{Fact, Facts};
#[cfg(feature = "variants")]
pub(crate) use pictures::{InFormat, pictured, wanted};

/// Whether hints are written into pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hints {
    /// They are not.
    #[default]
    Off,
    /// They are.
    On,
}

/// Whether pages get digests of the scripts and style sheets that they load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Digests {
    /// Those that are there are kept right.
    #[default]
    AsFound,
    /// Tags and modules that have none get theirs.
    Added,
}

/// Whether images of pages are there in formats of today, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Images {
    /// Only those that were built.
    #[default]
    AsBuilt,
    /// As lossless WebP, and as AVIF, beside those that were built.
    Beside {
        /// How lossy AVIF may be: from 1 to 100, which is hardly lossy; `None` for no AVIF.
        quality: Option<u8>,
    },
}

/// A page as it is, and what is known of what it loads.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// What it holds: the bytes that the graph was made of.
    pub text: &'a str,
    /// The page, by its place in the graph.
    pub at: usize,
    /// Who refers to whom.
    pub graph: &'a Graph,
    /// All that the page loads.
    pub loads: &'a Closure,
    /// What the files say that hints depend on.
    pub facts: &'a Facts,
}

#[cfg(feature = "html")]
impl<'a> Page<'a> {
    /// Its own references that stand between two places.
    fn references(&self, within: Range<usize>) -> &'a [Reference] {
        let own = self.graph.from(self.at);
        let place = |at: usize| own.partition_point(|reference| reference.span.start < at);
        own.get(place(within.start)..place(within.end)).unwrap_or_default()
    }
}

/// A page with its hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hinted {
    /// What it holds now.
    pub text: String,
    /// What was written.
    pub done: Done,
    /// What could not be, and why.
    pub left: Vec<String>,
}

/// How many hints were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Links to modules.
    pub modules: usize,
    /// Links to style sheets.
    pub sheets: usize,
    /// Links to fonts.
    pub fonts: usize,
    /// Images that wait until they come near.
    pub waiting: usize,
    /// Images that are hurried.
    pub hurried: usize,
    /// Images that got their size.
    pub sized: usize,
    /// Scripts that wait until the page is read.
    pub deferred: usize,
}

impl Done {
    /// Whether nothing was.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Done::default()
    }
}

impl AddAssign for Done {
    fn add_assign(&mut self, other: Done) {
        self.modules += other.modules;
        self.sheets += other.sheets;
        self.fonts += other.fonts;
        self.waiting += other.waiting;
        self.hurried += other.hurried;
        self.sized += other.sized;
        self.deferred += other.deferred;
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Done { modules, sheets, fonts, waiting, hurried, sized, deferred } = self;
        write!(
            f,
            "links to {modules} modules, {sheets} style sheets and {fonts} fonts; of images, {waiting} wait, {hurried} are \
             hurried, {sized} got their size; {deferred} scripts are deferred"
        )
    }
}

/// The page with hints in it, where it can have any.
///
/// # Errors
/// Where it gets none, with why.
pub fn hinted(page: &Page<'_>) -> Result<Hinted, String> {
    #[cfg(feature = "html")]
    return write(page);
    #[cfg(not(feature = "html"))]
    {
        let _ = page;
        Err("this build has no engine for HTML".into())
    }
}

/// What is written at a place of a page.
#[cfg(feature = "html")]
#[derive(Debug, Clone, PartialEq, Eq)]
struct Insertion {
    at: usize,
    text: String,
}

#[cfg(feature = "html")]
fn write(page: &Page<'_>) -> Result<Hinted, String> {
    let sketch = page::Sketch::of(page.text)?;
    let tree = tree::Tree::of(page.text);
    let sheets = cascade::Sheets::of(page, &sketch);
    let mut done = Done::default();
    let mut left = Vec::new();
    let links = links::links(page, &sketch, &tree, &sheets, &mut done, &mut left);
    let images = images::images(page, &sketch, &tree, &sheets, &mut done, &mut left);
    let deferred = defer::deferred(page, &sketch, &tree, &mut done);
    let mut insertions = images.insertions;
    insertions.extend(deferred.iter().map(|(at, _)| Insertion { at: *at, text: " defer".to_owned() }));
    let deferred: Vec<String> = deferred.into_iter().map(|(_, address)| address).collect();
    if !links.is_empty() {
        insertions.push(Insertion { at: sketch.head_end, text: links.iter().map(links::Link::written).collect() });
    }
    let text = inserted(page.text, insertions)?;
    if !done.is_nothing() {
        proof::same_page(page.text, &text, &links, &images.attributes, &deferred)?;
    }
    Ok(Hinted { text, done, left })
}

/// A page with what is written into it.
#[cfg(feature = "html")]
fn inserted(page: &str, mut insertions: Vec<Insertion>) -> Result<String, String> {
    insertions.sort_by_key(|insertion| insertion.at);
    let mut text = String::with_capacity(page.len() + insertions.iter().map(|own| own.text.len()).sum::<usize>());
    let mut from = 0;
    for insertion in &insertions {
        text.push_str(page.get(from..insertion.at).ok_or("two hints stand in one place")?);
        text.push_str(&insertion.text);
        from = insertion.at;
    }
    text.push_str(page.get(from..).unwrap_or_default());
    Ok(text)
}

#[cfg(all(test, feature = "html", feature = "js"))]
mod tests;
