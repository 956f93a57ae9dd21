//! Pages with their hints: written before names change, so that what they name now is a reference like any other.

use std::collections::BTreeMap;

use super::{Chosen, Compression, Content, Looked, Terms};
use crate::asset::Kind;
use crate::error::Result;
use crate::fingerprint::Bytes;
use crate::graph::Sight;
use crate::graph::loads::Walker;
use crate::hints::{Done, Fact, Facts, Hinted, Page, hinted};
use crate::sys::hands::{self, Load};
use crate::transform;
use crate::write::Output;

/// How many files that a page loads later are looked at: what could be among more of them is not known.
const MOST_LATER: usize = 1000;
/// The largest page that gets hints. Arbitrary; its tree is built three times.
const MOST_PAGE_BYTES: u64 = 16 << 20;
/// How many pages are named for one reason.
const NAMED: usize = 3;

/// What became of a page.
enum Fate {
    Written { content: Content, sight: Box<Sight>, done: Done, left: Vec<String> },
    AsItWas { why: Vec<String> },
}

/// Writes hints into the pages of an output, and looks at those again.
pub(super) fn write(looked: &mut Looked, terms: &Terms<'_>, output: &Output) -> Result<Vec<String>> {
    let facts = facts(looked, terms, output)?;
    let pages: Vec<usize> = (0..looked.chosen.len()).filter(|at| looked.chosen[*at].kind == Kind::Html).collect();
    let memory = |at: &usize| transform::memory(Kind::Html, looked.chosen[*at].content.length.0, terms.settings.effort);
    let loads: Vec<Load> = pages.iter().map(|at| Load { memory: memory(at), ..Load::default() }).collect();
    let fates = hands::run(&loads, terms.hands, terms.memory, |index| page(looked, pages[index], &facts, output))?;
    let mut told = Told::default();
    for (at, fate) in pages.into_iter().zip(fates) {
        let path = looked.chosen[at].path.to_string();
        match fate {
            Fate::AsItWas { why } => told.add(&path, Done::default(), why),
            Fate::Written { content, sight, done, left } => {
                let file = &mut looked.chosen[at];
                (file.content, file.bytes, file.compression) = (content, Bytes::Changed, Compression::Stale);
                looked.sights[at] = *sight;
                told.add(&path, done, left);
            }
        }
    }
    Ok(told.remarks())
}

fn facts(looked: &Looked, terms: &Terms<'_>, output: &Output) -> Result<Facts> {
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
fn refused(file: &Chosen) -> Option<String> {
    let is_xml = file.path.extension() == "xhtml";
    let is_large = file.content.length.0 > MOST_PAGE_BYTES;
    file.frozen
        .clone()
        .or_else(|| file.passed.clone())
        .or_else(|| is_xml.then(|| "it is XHTML".to_owned()))
        .or_else(|| is_large.then(|| "it is too large".to_owned()))
}

fn page(looked: &Looked, at: usize, facts: &Facts, output: &Output) -> Result<Fate> {
    let file = &looked.chosen[at];
    if let Some(why) = refused(file) {
        return Ok(Fate::AsItWas { why: vec![why] });
    }
    let bytes = output.read(&file.path)?;
    let loads = Walker::new(&looked.graph).closure(at, MOST_LATER);
    let text = std::str::from_utf8(&bytes).map_err(|why| format!("it is not UTF-8: {why}"));
    let made = text.and_then(|text| hinted(&Page { text, at, graph: &looked.graph, loads: &loads, facts }));
    Ok(match made {
        Err(why) => Fate::AsItWas { why: vec![why] },
        Ok(Hinted { done, left, .. }) if done.is_nothing() => Fate::AsItWas { why: left },
        Ok(Hinted { text, done, left }) => {
            output.put(file.path.as_str().as_ref(), text.as_bytes())?;
            let sight = Box::new(looked.files.look(at, file.loading, text.as_bytes()));
            Fate::Written { content: Content::of(text.as_bytes()), sight, done, left }
        }
    })
}

/// What a person should know of hints.
#[derive(Default)]
struct Told {
    pages: usize,
    hinted: usize,
    done: Done,
    left: BTreeMap<String, Vec<String>>,
}

impl Told {
    fn add(&mut self, path: &str, done: Done, left: Vec<String>) {
        self.pages += 1;
        self.hinted += usize::from(!done.is_nothing());
        self.done += done;
        left.into_iter().for_each(|why| self.left.entry(why).or_default().push(path.to_owned()));
    }

    fn remarks(self) -> Vec<String> {
        let Told { pages, hinted, done, left } = self;
        let mut remarks = vec![format!("hints: {hinted} of {pages} pages have some that they had not: {done}")];
        for (why, paths) in left {
            let named = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            let more = paths.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            remarks.push(format!("hints are left out, because {why}: {named}{more}"));
        }
        remarks
    }
}
