//! Pages with their hints and digests: written before names change, so that what they name now is a reference like any other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Chosen, Compression, Content, Looked, Terms};
use crate::asset::{AssetPath, Kind};
use crate::error::Result;
use crate::fingerprint::{self, Bytes};
use crate::graph::Sight;
use crate::graph::loads::Walker;
use crate::hints::{Digests, Done, Fact, Facts, Hints, Images, Page, hinted};
use crate::sys::hands::{self, Load};
use crate::transform;
use crate::write::Output;

/// How many files that a page loads later are looked at: what could be among more of them is not known.
pub(super) const MOST_LATER: usize = 1000;
/// The largest page that gets hints. Arbitrary; its tree is built three times.
const MOST_PAGE_BYTES: u64 = 16 << 20;
/// How many pages are named for one reason.
const NAMED: usize = 3;

/// What is left out of a page, and why.
type Left = (&'static str, String);

/// What became of a page.
enum Fate {
    Written { content: Content, sight: Box<Sight>, done: Done, sealed: BTreeSet<AssetPath>, left: Vec<Left> },
    AsItWas { why: Vec<Left> },
}

/// What is written into pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether hints are.
    pub hints: Hints,
    /// Whether digests are.
    pub digests: Digests,
    /// Whether images are there in formats of today, too.
    pub images: Images,
}

const HINTS: &str = "hints";
const DIGESTS: &str = "digests";

impl Wanted {
    fn name(self) -> &'static str {
        match (self.hints, self.digests) {
            (Hints::Off, Digests::AsFound) => "pictures",
            (Hints::On, Digests::Added) => "hints and digests",
            (Hints::On, Digests::AsFound) => HINTS,
            (Hints::Off, _) => DIGESTS,
        }
    }
}

/// What is known of the files for all pages.
pub(super) struct Desk<'a> {
    pub(super) facts: Facts,
    /// The files that get names of their bytes.
    pub(super) renamed: Vec<bool>,
    wanted: Wanted,
    pub(super) terms: &'a Terms<'a>,
    output: &'a Output,
}

/// Writes hints and digests into the pages of an output, and looks at those again.
pub(super) fn write(looked: &mut Looked, wanted: Wanted, terms: &Terms<'_>, output: &Output) -> Result<Vec<String>> {
    let facts = facts(looked, terms, output)?;
    let renamed = match wanted.digests {
        Digests::Added => fingerprint::renamed(&looked.graph, terms.wishes),
        Digests::AsFound => Vec::new(),
    };
    let desk = Desk { facts, renamed, wanted, terms, output };
    let pages: Vec<usize> = (0..looked.chosen.len()).filter(|at| looked.chosen[*at].kind == Kind::Html).collect();
    let memory = |at: &usize| transform::memory(Kind::Html, looked.chosen[*at].content.length.0, terms.settings.effort);
    let loads: Vec<Load> = pages.iter().map(|at| Load { memory: memory(at), ..Load::default() }).collect();
    let fates = hands::run(&loads, terms.hands, terms.memory, |index| page(looked, pages[index], &desk))?;
    let mut told = Told::default();
    for (at, fate) in pages.into_iter().zip(fates) {
        let path = looked.chosen[at].path.to_string();
        match fate {
            Fate::AsItWas { why } => told.add(&path, Done::default(), 0, why),
            Fate::Written { content, sight, done, sealed, left } => {
                let file = &mut looked.chosen[at];
                (file.content, file.bytes, file.compression) = (content, Bytes::Changed, Compression::Stale);
                looked.sights[at] = *sight;
                told.add(&path, done, sealed.len(), left);
                file.after.extend(sealed);
                file.after.sort();
                file.after.dedup();
            }
        }
    }
    Ok(told.remarks(wanted))
}

pub(super) fn facts(looked: &Looked, terms: &Terms<'_>, output: &Output) -> Result<Facts> {
    let wanted: Vec<usize> = Facts::wanted(&looked.graph).into_iter().collect();
    let loads: Vec<Load> = wanted
        .iter()
        .map(|at| Load { memory: looked.chosen[*at].content.length.0.saturating_mul(2), ..Load::default() })
        .collect();
    let read = hands::run(&loads, terms.hands, terms.memory, |index| {
        let file = &looked.chosen[wanted[index]];
        Ok(Fact::of(file.kind, &output.read(&file.path)?))
    })?;
    Ok(Facts::new(looked.chosen.len(), wanted.into_iter().zip(read)))
}

/// Why a page may not get any, whatever it holds.
pub(super) fn refused(file: &Chosen) -> Option<String> {
    let is_xml = file.path.extension() == "xhtml";
    let is_large = file.content.length.0 > MOST_PAGE_BYTES;
    file.frozen
        .clone()
        .or_else(|| file.passed.clone())
        .or_else(|| is_xml.then(|| "it is XHTML".to_owned()))
        .or_else(|| is_large.then(|| "it is too large".to_owned()))
}

fn page(looked: &Looked, at: usize, desk: &Desk<'_>) -> Result<Fate> {
    let file = &looked.chosen[at];
    if let Some(why) = refused(file) {
        return Ok(Fate::AsItWas { why: vec![(desk.wanted.name(), why)] });
    }
    let bytes = desk.output.read(&file.path)?;
    let loads = Walker::new(&looked.graph).closure(at, MOST_LATER);
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(why) => return Ok(Fate::AsItWas { why: vec![(desk.wanted.name(), format!("it is not UTF-8: {why}"))] }),
    };
    let mut left = Vec::new();
    let (mut now, mut done) = (None, Done::default());
    if desk.wanted.hints == Hints::On {
        match hinted(&Page { text: &text, at, graph: &looked.graph, loads: &loads, facts: &desk.facts }) {
            Err(why) => left.push((HINTS, why)),
            Ok(hinted) => {
                left.extend(hinted.left.into_iter().map(|why| (HINTS, why)));
                done = hinted.done;
                now = Some(hinted.text).filter(|_| !done.is_nothing());
            }
        }
    }
    #[cfg_attr(not(feature = "html"), expect(unused_mut, reason = "without an engine for HTML there are none"))]
    let mut files = BTreeSet::new();
    #[cfg(not(feature = "html"))]
    if desk.wanted.digests == Digests::Added {
        left.push((DIGESTS, "this build has no engine for HTML".to_owned()));
    }
    #[cfg(feature = "html")]
    if desk.wanted.digests == Digests::Added {
        match super::sealed::sealed(looked, at, (&text, now.as_deref().unwrap_or(&text)), &loads, desk) {
            Err(why) => left.push((DIGESTS, why)),
            Ok(sealed) => {
                left.extend(sealed.left.into_iter().map(|why| (DIGESTS, why)));
                files = sealed.files;
                now = if files.is_empty() { now } else { Some(sealed.text) };
            }
        }
    }
    let Some(text) = now else { return Ok(Fate::AsItWas { why: left }) };
    desk.output.put(file.path.as_str().as_ref(), text.as_bytes())?;
    let sight = Box::new(looked.files.look(at, file.loading, text.as_bytes()));
    Ok(Fate::Written { content: Content::of(text.as_bytes()), sight, done, sealed: files, left })
}

/// What a person should know of hints.
#[derive(Default)]
struct Told {
    pages: usize,
    hinted: usize,
    sealed: usize,
    digests: usize,
    done: Done,
    left: BTreeMap<Left, Vec<String>>,
}

impl Told {
    fn add(&mut self, path: &str, done: Done, digests: usize, left: Vec<Left>) {
        self.pages += 1;
        self.hinted += usize::from(!done.is_nothing());
        self.sealed += usize::from(digests > 0);
        self.digests += digests;
        self.done += done;
        left.into_iter().for_each(|why| self.left.entry(why).or_default().push(path.to_owned()));
    }

    fn remarks(self, wanted: Wanted) -> Vec<String> {
        let Told { pages, hinted, sealed, digests, done, left } = self;
        let mut remarks = Vec::new();
        if wanted.hints == Hints::On {
            remarks.push(format!("hints: {hinted} of {pages} pages have some that they had not: {done}"));
        }
        if wanted.digests == Digests::Added {
            remarks.push(format!("digests: {sealed} of {pages} pages have some that they had not, {digests} in all"));
        }
        for ((what, why), paths) in left {
            let named = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            let more = paths.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            remarks.push(format!("{what} are left out, because {why}: {named}{more}"));
        }
        remarks
    }
}
