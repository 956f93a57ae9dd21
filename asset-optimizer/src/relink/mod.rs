//! The output as it was chosen → the same under its new names: graph, hints, fingerprint, rewrite, compress anew, manifest.

mod bodies;
mod hinted;
mod listed;
#[cfg(feature = "variants")]
mod pictured;
mod previous;
#[cfg(feature = "html")]
mod sealed;
mod staged;

use std::collections::{BTreeMap, BTreeSet};

use crate::asset::{AssetPath, ByteCount, Encoding, Kind};
use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::fingerprint::{self, Bytes, Given, Named, Wishes};
use crate::graph::{self, Files, Graph, PublicUrl, Sight};
use crate::hints::Images;
use crate::integrity::Integrity;
use crate::manifest::Manifest;
use crate::plan::{Job, Treatment};
use crate::settings::Settings;
use crate::sys::hands::{self, Load};
use crate::transform::{self, Loading};
use crate::write::Output;

pub use hinted::Wanted;
pub use previous::{ManifestFile, Previous, read_manifest, take_previous};
pub use staged::{Content, content};

/// From this size on a file is looked at for names only: its syntax would take too much of memory.
const MOST_SYNTAX_BYTES: u64 = 64 << 20;

/// How many references that lead nowhere are told one by one.
const MOST_MISSING: usize = 20;

/// A file as it was chosen, before names change.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Where it lies.
    pub path: AssetPath,
    /// What it is.
    pub kind: Kind,
    /// How pages load it.
    pub loading: Loading,
    /// What it holds.
    pub content: Content,
    /// Whether that is what the build made.
    pub bytes: Bytes,
    /// Where it is served encoded, with its sizes.
    pub encoded: Vec<(Encoding, ByteCount)>,
    /// Whether that is of what it holds.
    pub compression: Compression,
    /// Why its bytes must stay, where they must.
    pub frozen: Option<String>,
    /// Why only names in it may change, where that is so.
    pub passed: Option<String>,
    /// The files whose digests it holds.
    pub after: Vec<AssetPath>,
}

/// Whether what lies encoded beside a file is of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// It is.
    Current,
    /// The file was written anew since.
    Stale,
}

impl Chosen {
    /// A file of a job.
    #[must_use]
    pub fn of(job: &Job, content: Content, bytes: Bytes) -> Chosen {
        let (frozen, passed) = match &job.treatment {
            Treatment::Keep(why) => (Some(why.clone()), None),
            Treatment::Pass(why) => (None, Some(why.clone())),
            Treatment::Transform => (None, None),
        };
        Chosen {
            path: job.path.clone(),
            kind: job.kind,
            loading: job.loading,
            content,
            bytes,
            encoded: Vec::new(),
            compression: Compression::Current,
            frozen,
            passed,
            after: job.after.clone(),
        }
    }

    /// The source map of a job's file.
    #[must_use]
    pub fn of_map(path: &AssetPath, content: Content, bytes: Bytes) -> Chosen {
        Chosen {
            path: path.clone(),
            kind: Kind::SourceMap,
            loading: Loading::Unknown,
            content,
            bytes,
            encoded: Vec::new(),
            compression: Compression::Current,
            frozen: None,
            passed: None,
            after: Vec::new(),
        }
    }
}

/// What decides names and how they are written.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// What a person wants of names.
    pub wishes: &'a Wishes,
    /// Where the folder is served.
    pub public: Option<&'a PublicUrl>,
    /// What decides the bytes of what is compressed anew.
    pub settings: &'a Settings,
    /// Results of earlier runs.
    pub cache: &'a Cache,
    /// How many threads work.
    pub hands: usize,
    /// How much memory they may use together, in bytes.
    pub memory: u64,
    /// What an earlier run of this tool said of the folder.
    pub previous: &'a Previous,
    /// Hashes of inline scripts and styles that are held outside of pages.
    pub held: &'a BTreeSet<Integrity>,
}

/// Who refers to whom, and what the files are called.
#[derive(Debug, Default)]
pub struct Linked {
    /// Who refers to whom.
    pub graph: Graph,
    /// What the files are called.
    pub named: Named,
    /// The files as they are served, in the order of the graph.
    pub chosen: Vec<Chosen>,
    /// What became of the hints of pages, for a person.
    pub hints: Vec<String>,
}

impl Linked {
    /// What is known of the output.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        listed::manifest(self)
    }

    /// What a person should know of references: those that lead nowhere, and files that could not be read.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let name = |file: usize| &self.graph.files[file].path;
        let missing = self.graph.missing.iter();
        let mut remarks: Vec<String> = missing
            .take(MOST_MISSING)
            .map(|missing| format!("`{}` refers to `{}`, which is not there", name(missing.from), missing.address))
            .collect();
        let more = self.graph.missing.len().saturating_sub(MOST_MISSING);
        if more > 0 {
            remarks.push(format!("{more} more references lead to files that are not there"));
        }
        remarks.extend(self.hints.iter().cloned());
        remarks
    }
}

/// What reads a file of the folder, as it was chosen.
pub type ReadPath<'a> = &'a (dyn Fn(&AssetPath) -> Result<Vec<u8>> + Sync);

/// Looks through a folder: who refers to whom, and what its files may be called.
///
/// # Errors
/// Where a file cannot be read.
pub fn linked(chosen: Vec<Chosen>, terms: &Terms<'_>, read: ReadPath<'_>) -> Result<Linked> {
    Looked::at(chosen, terms, read)?.named(terms, read)
}

/// The same of an output, whose pages get what is wanted before names change.
///
/// # Errors
/// Where a file cannot be read or written.
pub fn linked_with(chosen: Vec<Chosen>, wanted: Wanted, terms: &Terms<'_>, output: &Output) -> Result<Linked> {
    let read: ReadPath<'_> = &|path| output.read(path);
    if wanted == Wanted::default() {
        return linked(chosen, terms, read);
    }
    let mut looked = Looked::at(chosen, terms, read)?;
    let mut hints = hinted::write(&mut looked, wanted, terms, output)?;
    looked.join(terms);
    hints.extend(pictured(&mut looked, wanted.images, terms, output)?);
    Ok(Linked { hints, ..looked.named(terms, read)? })
}

/// Writes images in formats of today, and looks through the folder again.
#[cfg(feature = "variants")]
fn pictured(looked: &mut Looked, images: Images, terms: &Terms<'_>, output: &Output) -> Result<Vec<String>> {
    let Images::Beside { quality } = images else { return Ok(Vec::new()) };
    let told = pictured::write(looked, quality, terms, output)?;
    *looked = Looked::at(std::mem::take(&mut looked.chosen), terms, &|path| output.read(path))?;
    Ok(told)
}

#[cfg(not(feature = "variants"))]
fn pictured(_: &mut Looked, images: Images, _: &Terms<'_>, _: &Output) -> Result<Vec<String>> {
    match images {
        Images::AsBuilt => Ok(Vec::new()),
        Images::Beside { .. } => Ok(vec!["images: this build makes no formats of today".to_owned()]),
    }
}

/// A folder that was looked through.
struct Looked {
    chosen: Vec<Chosen>,
    files: Files,
    sights: Vec<Sight>,
    graph: Graph,
}

impl Looked {
    fn at(mut chosen: Vec<Chosen>, terms: &Terms<'_>, read: ReadPath<'_>) -> Result<Looked> {
        chosen.sort_by(|one, other| one.path.cmp(&other.path));
        let all = chosen.iter().map(|file| (file.path.clone(), file.kind)).collect();
        let files = Files::of(all, &|path| terms.previous.source(path)).with_held(terms.held.clone());
        let loads: Vec<Load> = chosen
            .iter()
            .map(|file| match Files::is_looked_at(file.kind) {
                true => Load { memory: looking(file, terms), ..Load::default() },
                false => Load::default(),
            })
            .collect();
        let sights = hands::run(&loads, terms.hands, terms.memory, |at| {
            let file = &chosen[at];
            if !Files::is_looked_at(file.kind) {
                return Ok(Sight::default());
            }
            let bytes = read(&file.path)?;
            Ok(match file.content.length.0 {
                MOST_SYNTAX_BYTES.. => files.look_at_names(at, "it is too large", &bytes),
                _ => files.look(at, file.loading, &bytes),
            })
        })?;
        let mut looked = Looked { chosen, files, sights, graph: Graph::default() };
        looked.join(terms);
        Ok(looked)
    }

    /// Says who refers to whom by what was seen.
    fn join(&mut self, terms: &Terms<'_>) {
        let frozen: BTreeMap<usize, String> =
            self.chosen.iter().enumerate().filter_map(|(at, file)| Some((at, file.frozen.clone()?))).collect();
        self.graph = graph::join(&self.files, &self.sights, terms.public, &frozen);
    }

    fn named(self, terms: &Terms<'_>, read: ReadPath<'_>) -> Result<Linked> {
        let Looked { chosen, sights, graph, .. } = self;
        drop(sights);
        let given: Vec<Given> = chosen.iter().map(|file| given(file, terms.previous)).collect();
        let read = |at: usize| read(&chosen[at].path).map_err(|error| error.message);
        let named = fingerprint::name(&graph, &given, terms.wishes, &read).map_err(Error::environment)?;
        Ok(Linked { graph, named, chosen, hints: Vec::new() })
    }
}

/// How much memory it takes to look at a file.
fn looking(file: &Chosen, terms: &Terms<'_>) -> u64 {
    match file.content.length.0 {
        length @ MOST_SYNTAX_BYTES.. => length,
        length => transform::memory(file.kind, length, terms.settings.effort),
    }
}

fn given(file: &Chosen, previous: &Previous) -> Given {
    let said = previous.file(&file.path).filter(|said| said.integrity == file.content.integrity);
    Given {
        digest: file.content.digest,
        bytes: file.bytes,
        source: previous.source(&file.path),
        said: said.map(|said| said.caching),
    }
}

/// Gives the files of an output their new names, rewrites what refers to them, and compresses that anew.
///
/// # Errors
/// Where a file cannot be read or written, or a page cannot be rewritten.
pub fn relink(linked: &mut Linked, terms: &Terms<'_>, output: &Output) -> Result<()> {
    // Pages hold digests of other files, and only the lists of service workers say something of the bytes of pages.
    let has_revisions = |at: &usize| linked.graph.from(*at).iter().any(|reference| reference.revision.is_some());
    let (lists, others): (Vec<usize>, Vec<usize>) = (0..linked.chosen.len()).partition(has_revisions);
    let (pages, others): (Vec<usize>, Vec<usize>) =
        others.into_iter().partition(|at| linked.chosen[*at].kind == Kind::Html);
    let held: BTreeSet<AssetPath> = linked.chosen.iter().flat_map(|file| file.after.iter().cloned()).collect();
    let made = bodies::Bodies::new(held);
    for round in [others, pages, lists] {
        let loads: Vec<Load> = round.iter().map(|at| load(linked, *at, terms)).collect();
        let worked = hands::run(&loads, terms.hands, terms.memory, |index| {
            bodies::work(linked, round[index], terms, output, &made)
        })?;
        for (at, remade) in round.into_iter().zip(worked) {
            if let Some(remade) = remade {
                let file = &mut linked.chosen[at];
                (file.content, file.encoded, file.bytes) = (remade.content, remade.encoded, Bytes::Changed);
            }
        }
    }
    Ok(())
}

fn load(linked: &Linked, at: usize, terms: &Terms<'_>) -> Load {
    let file = &linked.chosen[at];
    let is_current = file.compression == Compression::Current;
    let memory = match linked.named.edits(&linked.graph, at).is_empty() && file.after.is_empty() && is_current {
        true => 0,
        false => transform::memory(Kind::Text, file.content.length.0, terms.settings.effort),
    };
    Load { memory, ..Load::default() }
}

#[cfg(test)]
mod tests;
