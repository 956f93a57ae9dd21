//! What was seen in each file → who refers to whom, and of which files that is not proven.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::address::PublicUrl;
use super::found::{Base, Found, Hold};
use super::hashed;
use super::meaning::{Meaning, Meanings};
use super::pattern::{Pattern, comparable};
use super::sight::NOWHERE;
use super::{Doubt, Files, Graph, How, Missing, Node, Reference, Sight, Written};
use crate::asset::{AssetPath, Kind};

/// How often a computed name is compared with a file; beyond, computed names are told by how they end only.
const MOST_COMPARISONS: usize = 100_000_000;

/// Who refers to whom, from what was seen in each file, in the order of the files. `frozen` are files whose bytes must stay,
/// each with why.
#[must_use]
pub fn join(files: &Files, sights: &[Sight], public: Option<&PublicUrl>, frozen: &BTreeMap<usize, String>) -> Graph {
    let meanings = Meanings::of(files, sights, public);
    let mut doubts = Doubts::of(files);
    let (mut references, mut missing) = (Vec::new(), Vec::new());
    for (from, sight) in sights.iter().enumerate().take(files.all.len()) {
        let mut understood: Vec<(&Found, Trust)> = Vec::new();
        for found in &sight.look.found {
            let (to, written, end) = match meanings.meaning(from, found) {
                Meaning::File(to, written) => {
                    understood.push((found, Trust::Whole));
                    (to, written, Some(found.end))
                }
                Meaning::Guessed(to) => {
                    understood.push((found, Trust::IfAlone));
                    (to, Written::Relative, Some(found.end))
                }
                Meaning::Mapped(to) => {
                    understood.push((found, Trust::Whole));
                    (to, Written::Mapped, None)
                }
                Meaning::Several(all) => {
                    all.into_iter().for_each(|to| doubts.add(to, || Doubt::Ambiguous { by: from }));
                    continue;
                }
                Meaning::Elsewhere => {
                    understood.push((found, Trust::Whole));
                    continue;
                }
                Meaning::Unclear => continue,
                Meaning::Missing => {
                    // A text that looks like an address may be another thing, and a package by its name is none of the folder.
                    let is_bare = found.base == Base::Import && !found.address.starts_with(['.', '/']);
                    // `new URL('.', location)` asks where a script runs.
                    let is_place = found.how == How::Url && is_folder(&found.address);
                    if found.how != How::Text && found.how != How::SourceMap && !is_bare && !is_place {
                        missing.push(Missing { from, address: found.address.to_string(), how: found.how });
                    }
                    continue;
                }
            };
            let (path, kind) = &files.all[to];
            if end.is_some() && *kind != Kind::Html {
                if let Some(why) = frozen.get(&from) {
                    doubts.add(to, || Doubt::Frozen { by: from, why: why.clone() });
                } else if found.hold == Hold::Sealed {
                    let why = "a policy outside of it holds the hash of the script or style in which it does";
                    doubts.add(to, || Doubt::Frozen { by: from, why: why.to_owned() });
                } else if (found.plain as usize) < path.name().len() - files.cuts[to] {
                    doubts.add(to, || Doubt::Escaped { by: from });
                }
            }
            let Found { span, how, timing, revision, letters, .. } = found;
            references.push(Reference {
                from,
                to,
                span: span.clone(),
                end,
                how: *how,
                timing: *timing,
                written,
                revision: revision.clone(),
                letters: letters.clone(),
            });
        }
        for hit in &sight.hits {
            let before = understood.partition_point(|(found, _)| found.span.start <= hit.at as usize);
            let around = understood[..before].last().filter(|(found, _)| (hit.at as usize) < found.end);
            match around {
                Some((_, Trust::Whole)) if hit.at != NOWHERE => {}
                // Which of them is meant nobody can tell.
                Some((_, Trust::IfAlone)) if hit.at != NOWHERE && files.names.files(hit.group).len() < 2 => {}
                _ => doubts.add_all(hit.group, from),
            }
        }
    }
    doubts.compute(sights, &meanings);
    let mut doubts = doubts.all;
    let proven = proven_hashes(files, &references);
    let node = |(at, (path, kind)): (usize, &(AssetPath, Kind))| Node {
        path: path.clone(),
        source: files.sources[at].clone(),
        kind: *kind,
        has_hash: proven[at],
        doubt: doubts[at].take(),
        unread: sights.get(at).and_then(|sight| sight.look.unread.clone()),
        letters: sights.get(at).map(|sight| sight.look.letters.clone()).unwrap_or_default(),
    };
    missing.sort();
    missing.dedup();
    references.shrink_to_fit();
    Graph { files: files.all.iter().enumerate().map(node).collect(), references, missing }
}

/// Whether an address is that of a folder.
fn is_folder(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    matches!(path.rsplit('/').next(), Some("" | "." | ".."))
}

/// Which names certainly have a hash in them: those of a folder in which nearly all have, and those that a bundler lists.
fn proven_hashes(files: &Files, references: &[Reference]) -> Vec<bool> {
    let mut proven = files.hashed.clone();
    for reference in references.iter().filter(|reference| matches!(reference.how, How::BuildManifest | How::Dependency))
    {
        proven[reference.to] |= hashed::read(files.sources[reference.to].name()).is_some();
    }
    proven
}

/// How far an address is understood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// It means what it means.
    Whole,
    /// It means that file, if no other one has its name.
    IfAlone,
}

/// The first reason of each file why it must keep its name.
struct Doubts<'a> {
    files: &'a Files,
    all: Vec<Option<Doubt>>,
    /// The groups of files that are doubted as a whole.
    groups: BTreeSet<u32>,
}

impl<'a> Doubts<'a> {
    fn of(files: &'a Files) -> Doubts<'a> {
        Doubts { files, all: vec![None; files.all.len()], groups: BTreeSet::new() }
    }

    fn add(&mut self, file: usize, why: impl FnOnce() -> Doubt) {
        if let Some(place) = self.all.get_mut(file).filter(|place| place.is_none()) {
            *place = Some(why());
        }
    }

    /// Doubts all files that a name may mean.
    fn add_all(&mut self, group: u32, by: usize) {
        if self.groups.insert(group) {
            for &file in self.files.names.files(group) {
                self.add(file as usize, || Doubt::Named { by });
            }
        }
    }

    /// Doubts the files that scripts may put the names of together. A name with a hash in it cannot be put together from
    /// what has no such hash, and that is looked for as a text.
    fn compute(&mut self, sights: &[Sight], meanings: &Meanings<'_>) {
        let mut patterns: BTreeMap<Pattern, usize> = BTreeMap::new();
        for (by, sight) in sights.iter().enumerate() {
            for pattern in &sight.look.patterns {
                let mapped = meanings.mapped_folders().filter_map(|(name, folder)| pattern.beginning(name, folder));
                for pattern in mapped.chain(std::iter::once(pattern.clone())) {
                    patterns.entry(pattern).or_insert(by);
                }
            }
        }
        // By extension, since most of both have one.
        let mut candidates: HashMap<String, Vec<(usize, String)>> = HashMap::new();
        for (at, (_, kind)) in self.files.all.iter().enumerate() {
            if *kind != Kind::Html && !self.is_told_by_its_hash(at) {
                // As its build called it, or else a name that we gave might be doubted when the tool runs on what it made.
                let path = comparable(self.files.sources[at].as_str());
                let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned();
                candidates.entry(extension).or_default().push((at, path));
            }
        }
        let count: usize = candidates.values().map(Vec::len).sum();
        let with = |pattern: &Pattern| match pattern.extension() {
            Some(extension) => candidates.get(extension).map_or(0, Vec::len),
            None => count,
        };
        let is_too_much = patterns.keys().map(with).sum::<usize>() > MOST_COMPARISONS;
        let patterns: BTreeMap<Pattern, usize> = match is_too_much {
            true => patterns.iter().rev().map(|(pattern, by)| (pattern.by_its_end(), *by)).collect(),
            false => patterns,
        };
        for (pattern, by) in &patterns {
            let computed = || Doubt::Computed { by: *by, pattern: pattern.to_string() };
            let compare = |(at, path): &(usize, String)| pattern.may_mean(path).then_some(*at);
            let meant: Vec<usize> = match pattern.extension() {
                Some(extension) => candidates.get(extension).into_iter().flatten().filter_map(compare).collect(),
                None => candidates.values().flatten().filter_map(compare).collect(),
            };
            meant.into_iter().for_each(|at| self.add(at, computed));
        }
    }

    /// Whether what puts this name together must hold the hash in it.
    fn is_told_by_its_hash(&self, file: usize) -> bool {
        let name = self.files.sources[file].name();
        hashed::read(name).is_some_and(|found| {
            self.files.hashed[file] || name[found.hash].bytes().any(|letter| letter.is_ascii_digit())
        })
    }
}
