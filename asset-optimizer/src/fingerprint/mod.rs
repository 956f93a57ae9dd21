//! Which files get another name, and which: a hash of the bytes that are served. Pure.
//!
//! A hash is taken of the bytes as they are once all names in them are new, so files come after what they refer to. Files
//! that refer to each other are hashed together: each with its own place held for the names of the others, and then all of
//! these at once. Three kinds keep their names, each with the reason: pages, files that nobody refers to, and files with a
//! referrer that cannot be proven.

mod fate;
mod name;
mod order;

use std::collections::{BTreeSet, HashMap};

pub use fate::{Fate, Renaming, Wishes};
pub use name::is_ours;

use crate::asset::{AssetPath, Digest};
use crate::graph::{Graph, Reference, hashed};
use crate::manifest::{Caching, Coverage};

/// What is known of a file besides its references.
#[derive(Debug, Clone)]
pub struct Given {
    /// The digest of its bytes as they are.
    pub digest: Digest,
    /// Whether these are the bytes that its build made, whose hash may stand in its name.
    pub bytes: Bytes,
    /// What it was called before an earlier run of this tool renamed it.
    pub source: Option<AssetPath>,
    /// How it may be cached by what an earlier run of this tool said.
    pub said: Option<Caching>,
}

/// Whether the bytes of a file are those that its build made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    /// They are.
    AsBuilt,
    /// They are others.
    Changed,
}

/// What reads the bytes of a file as they are now.
pub type ReadAt<'a> = &'a dyn Fn(usize) -> Result<Vec<u8>, String>;

/// What became of each file's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The files, in the order of the graph.
    pub files: Vec<NamedFile>,
}

/// What became of the name of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// What its build called it.
    pub source: AssetPath,
    /// What it is called now.
    pub name: AssetPath,
    /// Whether it is known who refers to it.
    pub fate: Fate,
    /// Why it was not renamed, where it was not.
    pub why_kept: Option<String>,
    /// How it may be cached.
    pub caching: Caching,
}

impl Named {
    /// How many files are proven, of all that are no pages.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let counted = self.files.iter().filter(|file| file.fate != Fate::Page);
        counted.fold(Coverage::default(), |coverage, file| Coverage {
            proven: coverage.proven + usize::from(file.fate.is_proven()),
            files: coverage.files + 1,
        })
    }

    /// What changes in the bytes of a file: places, in their order, each with what stands there then.
    #[must_use]
    pub fn edits(&self, graph: &Graph, file: usize) -> Vec<Edit<'_>> {
        let mut edits = Vec::new();
        for reference in graph.from(file) {
            let (old, new) = (&graph.files[reference.to].path, &self.files[reference.to].name);
            let Some(end) = reference.end.filter(|_| old != new) else { continue };
            let cut = cut(&self.files[reference.to].source);
            let tail = old.name().len().saturating_sub(cut);
            edits.push(Edit { start: end.saturating_sub(tail), end, text: &new.name()[cut..] });
        }
        edits.sort_by_key(|edit| edit.start);
        // What two readers saw is written once.
        edits.dedup();
        edits
    }
}

/// Which files get a name of their bytes, in the order of the graph.
#[must_use]
pub fn renamed(graph: &Graph, wishes: &Wishes) -> Vec<bool> {
    fate::fates(graph, wishes).iter().map(Fate::is_renamed).collect()
}

/// A change in the bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit<'a> {
    /// Where what is replaced begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What takes its place.
    pub text: &'a str,
}

/// The bytes with their edits.
#[must_use]
pub fn edited(bytes: &[u8], edits: &[Edit<'_>]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len() + edits.len() * 16);
    let mut done = 0;
    for edit in edits {
        // Places are in their order, and within the bytes that they were found in.
        let Some(between) = bytes.get(done..edit.start) else { continue };
        made.extend_from_slice(between);
        made.extend_from_slice(edit.text.as_bytes());
        done = edit.end;
    }
    made.extend_from_slice(bytes.get(done..).unwrap_or_default());
    made
}

/// Where that part of a name begins that changes, by the name that the build gave.
#[must_use]
pub fn cut(source: &AssetPath) -> usize {
    hashed::cut(source.name())
}

/// Names files.
///
/// # Errors
/// Where the bytes of a file cannot be read.
pub fn name(graph: &Graph, given: &[Given], wishes: &Wishes, read: ReadAt<'_>) -> Result<Named, String> {
    let fates = fate::fates(graph, wishes);
    let mut namer = Namer::new(graph, given, fates, read);
    namer.name_all()?;
    Ok(namer.done())
}

struct Namer<'a> {
    graph: &'a Graph,
    given: &'a [Given],
    fates: Vec<Fate>,
    sources: Vec<AssetPath>,
    names: Vec<Option<AssetPath>>,
    taken: HashMap<AssetPath, usize>,
    read: ReadAt<'a>,
}

impl<'a> Namer<'a> {
    fn new(graph: &'a Graph, given: &'a [Given], fates: Vec<Fate>, read: ReadAt<'a>) -> Namer<'a> {
        let paths = graph.files.iter().map(|file| &file.path);
        let sources = paths
            .clone()
            .zip(given)
            .map(|(path, given)| given.source.clone().unwrap_or_else(|| path.clone()))
            .collect();
        let taken = paths.clone().enumerate().map(|(at, path)| (path.clone(), at)).collect();
        // What stays is known from the beginning.
        let names = paths.zip(&fates).map(|(path, fate)| (!fate.is_renamed()).then(|| path.clone())).collect();
        Namer { graph, given, fates, sources, names, taken, read }
    }

    /// The file whose name decides that of another: a map is called after its file.
    fn leader(&self, file: usize) -> usize {
        match self.fates[file] {
            Fate::Map { of } => of,
            _ => file,
        }
    }

    fn name_all(&mut self) -> Result<(), String> {
        let count = self.graph.files.len();
        let mut leads_to: Vec<Vec<usize>> = vec![Vec::new(); count];
        for reference in self.graph.references.iter().filter(|reference| reference.end.is_some()) {
            let to = self.leader(reference.to);
            // A map holds its file's name, and its own name does not depend on its bytes.
            if self.fates[reference.from] == Fate::Free && self.fates[to] == Fate::Free {
                leads_to[reference.from].push(to);
            }
        }
        for list in &mut leads_to {
            list.sort_unstable();
            list.dedup();
        }
        for members in order::components(&leads_to) {
            if self.fates[members[0]] == Fate::Free {
                self.name_together(&members)?;
            }
        }
        for file in 0..count {
            if let Fate::Map { of } = self.fates[file]
                && self.names[file].is_none()
            {
                self.names[file] = Some(self.map_name(file, of));
            }
        }
        Ok(())
    }

    fn name_together(&mut self, members: &[usize]) -> Result<(), String> {
        let (mut digests, mut is_as_built) = (Vec::with_capacity(members.len()), true);
        for &member in members {
            let (digest, bytes) = self.digest(member, members)?;
            digests.push(digest);
            let is_hashed = self.graph.files[member].has_hash && self.given[member].source.is_none();
            is_as_built &= bytes == Bytes::AsBuilt && is_hashed;
        }
        if is_as_built {
            for &member in members {
                self.names[member] = Some(self.graph.files[member].path.clone());
            }
            return Ok(());
        }
        if let [_, _, ..] = members {
            let parts: Vec<&[u8]> = digests.iter().map(|digest| digest.bytes().as_slice()).collect();
            let all = Digest::of_parts(&parts);
            digests = digests.iter().map(|own| Digest::of_parts(&[all.bytes(), own.bytes()])).collect();
        }
        for (&member, digest) in members.iter().zip(&digests) {
            let is_taken = |name: &AssetPath| self.taken.get(name).is_some_and(|by| *by != member);
            let name = name::name(&self.sources[member], digest, &is_taken);
            self.taken.insert(name.clone(), member);
            self.names[member] = Some(name);
        }
        Ok(())
    }

    /// The digest of a file with all names in it that are known, and with a place held for those that are found together with
    /// its own.
    fn digest(&self, file: usize, together: &[usize]) -> Result<(Digest, Bytes), String> {
        let given = &self.given[file];
        let mut edits: Vec<(usize, usize, String)> = Vec::new();
        let mut bytes = given.bytes;
        for reference in self.graph.from(file) {
            let Some(end) = reference.end else { continue };
            let (leader, old) = (self.leader(reference.to), &self.graph.files[reference.to].path);
            let source = &self.sources[reference.to];
            let cut = cut(source);
            // What is not renamed may be written in any way.
            let start = end.saturating_sub(old.name().len().saturating_sub(cut));
            if together.binary_search(&leader).is_ok() {
                // No text holds this letter, and the source name stays the same when the tool runs on what it made.
                edits.push((start, end, format!("\0{source}\0")));
            } else if let Some(name) =
                self.names[leader].as_ref().filter(|name| *name != &self.graph.files[leader].path)
            {
                let name = if leader == reference.to { name.clone() } else { self.map_name(reference.to, leader) };
                bytes = Bytes::Changed;
                edits.push((start, end, name.name()[cut..].to_owned()));
            }
        }
        if edits.is_empty() {
            return Ok((given.digest, bytes));
        }
        edits.sort();
        edits.dedup();
        let edits: Vec<Edit<'_>> =
            edits.iter().map(|(start, end, text)| Edit { start: *start, end: *end, text }).collect();
        Ok((Digest::of(&edited(&(self.read)(file)?, &edits)), bytes))
    }

    /// The name of a map, after that of its file.
    fn map_name(&self, map: usize, of: usize) -> AssetPath {
        let (old, own) = (&self.graph.files[map].path, &self.sources[map]);
        let (Some(new), source) = (&self.names[of], &self.sources[of]) else { return old.clone() };
        if *new == self.graph.files[of].path {
            return old.clone();
        }
        // What stands behind the name of the file in its own, as `.map`.
        let behind = own.name().strip_prefix(source.name()).filter(|behind| !behind.is_empty());
        let folder = &own.as_str()[..own.as_str().len() - own.name().len()];
        let made = behind.and_then(|behind| AssetPath::new(&format!("{folder}{}{behind}", new.name())));
        made.filter(|made| self.taken.get(made).is_none_or(|by| *by == map)).unwrap_or_else(|| old.clone())
    }

    fn done(self) -> Named {
        let changed: BTreeSet<usize> = self.changed();
        let mut files = Vec::with_capacity(self.graph.files.len());
        for (at, node) in self.graph.files.iter().enumerate() {
            let name = self.names[at].clone().unwrap_or_else(|| node.path.clone());
            let (fate, given) = (self.fates[at].clone(), &self.given[at]);
            let source = self.sources[at].clone();
            let is_as_built = given.bytes == Bytes::AsBuilt && !changed.contains(&at);
            let is_hashed = node.has_hash && given.source.as_ref().is_none_or(|own| *own == node.path);
            let keeps_hash = is_hashed && is_as_built && given.said != Some(Caching::Revalidate);
            let (caching, why_kept) = match &fate {
                Fate::Free if name != source => (Caching::Immutable, None),
                Fate::Free if keeps_hash => {
                    (Caching::Immutable, Some("its name has a hash of its bytes, which did not change".to_owned()))
                }
                Fate::Free => (Caching::Revalidate, Some("every name for it is taken".to_owned())),
                Fate::Map { .. } if name != source => (Caching::Revalidate, None),
                Fate::Map { .. } => {
                    (Caching::Revalidate, Some("it is called after its file, which kept its name".to_owned()))
                }
                Fate::Page => (Caching::Revalidate, Some(fate.why())),
                _ if keeps_hash => (Caching::Immutable, Some(fate.why())),
                _ if is_hashed => {
                    (Caching::Revalidate, Some(format!("{}; the hash in its name is of other bytes", fate.why())))
                }
                _ => (Caching::Revalidate, Some(fate.why())),
            };
            files.push(NamedFile { source, name, fate, why_kept, caching });
        }
        Named { files }
    }

    /// The files in which a name changes, or what a service worker is told of other files' bytes.
    fn changed(&self) -> BTreeSet<usize> {
        let is_new = |to: usize| self.names[to].as_ref().is_some_and(|name| *name != self.graph.files[to].path);
        let is_rewritten =
            |reference: &&Reference| reference.revision.is_some() || reference.end.is_some() && is_new(reference.to);
        let rewritten = self.graph.references.iter().filter(is_rewritten);
        rewritten.map(|reference| reference.from).collect()
    }
}

#[cfg(test)]
mod tests;
