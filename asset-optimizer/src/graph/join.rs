//! What was seen in each file → who refers to whom, and of which files that is not proven.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::address::{PublicUrl, Target, from_root, target};
use super::found::{Base, Found, Hold};
use super::hashed;
use super::pattern::Pattern;
use super::sight::NOWHERE;
use super::{Doubt, Files, Graph, How, Missing, Node, Reference, Sight, Written};
use crate::asset::{AssetPath, Kind};

/// How many folders of pages an address in a script may be relative to.
const MOST_FOLDERS: usize = 64;
/// How often a computed name is compared with a file; beyond, computed names are told by how they end only.
const MOST_COMPARISONS: usize = 4_000_000;

/// What an address means.
enum Meaning {
    File(usize, Written),
    /// An import map stands in between, and its address is what would be rewritten.
    Mapped(usize),
    /// Different files, by the page.
    Several(BTreeSet<usize>),
    /// Nothing of this folder.
    Elsewhere,
    /// No file that is there.
    Missing,
}

/// Who refers to whom, from what was seen in each file, in the order of the files. `frozen` are files whose bytes must stay,
/// each with why.
#[must_use]
pub fn join(files: &Files, sights: &[Sight], public: Option<&PublicUrl>, frozen: &BTreeMap<usize, String>) -> Graph {
    let mut joiner = Joiner::new(files, sights, public);
    joiner.read_pages();
    let mut doubts: Vec<Option<Doubt>> = vec![None; files.all.len()];
    let (mut references, mut missing) = (Vec::new(), Vec::new());
    for (from, sight) in sights.iter().enumerate().take(files.all.len()) {
        let mut understood: Vec<&Found> = Vec::new();
        for found in &sight.look.found {
            let (to, written, end) = match joiner.meaning(from, found) {
                Meaning::File(to, written) => (to, written, Some(found.end)),
                Meaning::Mapped(to) => (to, Written::Mapped, None),
                Meaning::Several(all) => {
                    all.into_iter().for_each(|to| doubt(&mut doubts, to, || Doubt::Ambiguous { by: from }));
                    continue;
                }
                Meaning::Elsewhere => {
                    understood.push(found);
                    continue;
                }
                Meaning::Missing => {
                    // A text that looks like an address may be another thing.
                    // A package by its name is none of the folder.
                    let is_bare = found.base == Base::Import && !found.address.starts_with(['.', '/']);
                    if found.how != How::Text && found.how != How::SourceMap && !is_bare {
                        missing.push(Missing { from, address: found.address.clone(), how: found.how });
                    }
                    continue;
                }
            };
            understood.push(found);
            let (path, kind) = &files.all[to];
            if end.is_some() && *kind != Kind::Html {
                if let Some(why) = frozen.get(&from) {
                    doubt(&mut doubts, to, || Doubt::Frozen { by: from, why: why.clone() });
                } else if found.hold == Hold::Sealed {
                    let why =
                        "a policy outside of it holds the hash of the script or style in which it does".to_owned();
                    doubt(&mut doubts, to, || Doubt::Frozen { by: from, why });
                } else if found.plain < path.name().len() - files.cuts[to] {
                    doubt(&mut doubts, to, || Doubt::Escaped { by: from });
                }
            }
            let Found { span, how, timing, revision, .. } = found;
            references.push(Reference {
                from,
                to,
                span: span.clone(),
                end,
                how: *how,
                timing: *timing,
                written,
                revision: revision.clone(),
            });
        }
        let is_understood = |at: usize| {
            let before = understood.partition_point(|found| found.span.start <= at);
            understood[..before].last().is_some_and(|found| at < found.span.end)
        };
        for hit in &sight.hits {
            if hit.at == NOWHERE || !is_understood(hit.at as usize) {
                for &to in files.names.files(hit.group) {
                    doubt(&mut doubts, to as usize, || Doubt::Named { by: from });
                }
            }
        }
    }
    joiner.compute(&mut doubts);
    let node = |(at, (path, kind)): (usize, &(AssetPath, Kind))| Node {
        path: path.clone(),
        source: files.sources[at].clone(),
        kind: *kind,
        doubt: doubts[at].take(),
        unread: sights.get(at).and_then(|sight| sight.look.unread.clone()),
    };
    missing.sort();
    missing.dedup();
    Graph { files: files.all.iter().enumerate().map(node).collect(), references, missing }
}

fn doubt(doubts: &mut [Option<Doubt>], of: usize, why: impl FnOnce() -> Doubt) {
    if let Some(place) = doubts.get_mut(of).filter(|place| place.is_none()) {
        *place = Some(why());
    }
}

/// What an import map makes of a name.
#[derive(Clone, PartialEq, Eq)]
enum Mapped {
    File(usize),
    Folder(String),
    /// Pages do not agree.
    Unclear,
}

struct Joiner<'a> {
    files: &'a Files,
    sights: &'a [Sight],
    public: Option<&'a PublicUrl>,
    /// Where the addresses of each page are relative to; `None` where that is another site.
    anchors: HashMap<usize, Option<AssetPath>>,
    /// The pages that load a script by themselves.
    loaders: HashMap<usize, BTreeSet<AssetPath>>,
    /// One anchor for each folder that pages lie in.
    folders: Vec<AssetPath>,
    maps: BTreeMap<String, Mapped>,
}

impl<'a> Joiner<'a> {
    fn new(files: &'a Files, sights: &'a [Sight], public: Option<&'a PublicUrl>) -> Joiner<'a> {
        Joiner {
            files,
            sights,
            public,
            anchors: HashMap::new(),
            loaders: HashMap::new(),
            folders: Vec::new(),
            maps: BTreeMap::new(),
        }
    }

    /// What pages say that other files need: where they are, what they load, and their import maps.
    fn read_pages(&mut self) {
        let pages = || self.files.all.iter().enumerate().filter(|(_, (_, kind))| *kind == Kind::Html);
        let mut folders = BTreeMap::new();
        for (at, (path, _)) in pages() {
            let anchor = match self.sights.get(at).and_then(|sight| sight.look.base.as_deref()) {
                None => Some(path.clone()),
                Some(base) => self.base(path, base),
            };
            if let Some(anchor) = &anchor {
                folders.entry(folder(anchor).to_owned()).or_insert_with(|| anchor.clone());
            }
            self.anchors.insert(at, anchor);
        }
        self.folders = folders.into_values().collect();
        let mut loaders: HashMap<usize, BTreeSet<AssetPath>> = HashMap::new();
        let mut maps: BTreeMap<String, Mapped> = BTreeMap::new();
        for (at, sight) in self.sights.iter().enumerate() {
            let Some(Some(anchor)) = self.anchors.get(&at) else { continue };
            for found in &sight.look.found {
                if matches!(found.how, How::Script | How::Module | How::ModulePreload)
                    && let Meaning::File(to, _) = self.from(anchor, &found.address, Pages::No)
                {
                    loaders.entry(to).or_default().insert(anchor.clone());
                }
            }
            for mapped in &sight.look.maps {
                let meant = match self.from(anchor, &mapped.address, Pages::No) {
                    Meaning::File(to, _) => Mapped::File(to),
                    _ if mapped.address.ends_with('/') => match self.path(anchor, &mapped.address) {
                        Some(path) => Mapped::Folder(path.as_str().to_owned()),
                        None => Mapped::Folder(String::new()),
                    },
                    _ => continue,
                };
                let known = maps.entry(mapped.name.clone()).or_insert_with(|| meant.clone());
                if *known != meant {
                    *known = Mapped::Unclear;
                }
            }
        }
        (self.loaders, self.maps) = (loaders, maps);
    }

    /// Where addresses are relative to in a page with that `<base>`.
    fn base(&self, page: &AssetPath, base: &str) -> Option<AssetPath> {
        let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
        match target(&format!("{folder}/_"), self.public) {
            Target::Root(path, _) => from_root(&path),
            Target::Relative(path) => page.resolve(&path),
            // Without a slash it names a file beside the page.
            _ if !base.contains('/') => Some(page.clone()),
            _ => None,
        }
    }

    fn path(&self, anchor: &AssetPath, address: &str) -> Option<AssetPath> {
        match target(address, self.public) {
            Target::Root(path, _) => from_root(&path),
            Target::Relative(path) => anchor.resolve(&path),
            Target::Site(_) | Target::Nothing => None,
        }
    }

    fn meaning(&self, from: usize, found: &Found) -> Meaning {
        let own = match self.anchors.get(&from) {
            Some(Some(anchor)) => Some(anchor),
            Some(None) => None,
            None => self.files.all.get(from).map(|(path, _)| path),
        };
        let pages = if matches!(found.how, How::Link | How::Frame) { Pages::Yes } else { Pages::No };
        let address = found.address.as_str();
        let relative = |anchor: Option<&AssetPath>| match anchor {
            Some(anchor) => self.from(anchor, address, pages),
            // Of a page with another site as its base, only what begins at a root may be here.
            None => match target(address, self.public) {
                Target::Relative(_) => Meaning::Elsewhere,
                _ => self.from(&self.files.all[from].0, address, pages),
            },
        };
        match found.base {
            Base::Own => relative(own),
            Base::Root if address.starts_with('.') => relative(own),
            Base::Root => match from_root(address.trim_start_matches('/')) {
                Some(path) => self.there(&path, Written::Root, pages),
                None => Meaning::Missing,
            },
            Base::Import => self.import(own, address),
            Base::Pages if self.anchors.contains_key(&from) => relative(own),
            Base::Pages => self.on_pages(from, address, pages),
        }
    }

    /// An address that is relative to the pages which load a script.
    fn on_pages(&self, from: usize, address: &str, pages: Pages) -> Meaning {
        let own = &self.files.all[from].0;
        if !matches!(target(address, self.public), Target::Relative(_)) {
            return self.from(own, address, pages);
        }
        let loaders: Vec<&AssetPath> = match self.loaders.get(&from) {
            Some(loaders) => loaders.iter().collect(),
            None => self.folders.iter().collect(),
        };
        let mut meant = BTreeSet::new();
        if loaders.len() <= MOST_FOLDERS {
            for anchor in loaders {
                if let Meaning::File(to, _) = self.from(anchor, address, pages) {
                    meant.insert(to);
                }
            }
        }
        if meant.is_empty() {
            // A worker's addresses are relative to itself.
            return self.from(own, address, pages);
        }
        match meant.first() {
            Some(&to) if meant.len() == 1 => Meaning::File(to, Written::Relative),
            _ => Meaning::Several(meant),
        }
    }

    /// What an import means: an address, or a name of an import map.
    fn import(&self, anchor: Option<&AssetPath>, name: &str) -> Meaning {
        let is_address = name.starts_with(['/', '.']) || name.contains("://");
        if is_address {
            return anchor.map_or(Meaning::Missing, |anchor| self.from(anchor, name, Pages::No));
        }
        match self.maps.get(name) {
            Some(Mapped::File(to)) => return Meaning::Mapped(*to),
            Some(_) => return Meaning::Missing,
            None => {}
        }
        // The longest folder that fits decides.
        let folders = self.maps.iter().rev().filter(|(key, _)| key.ends_with('/') && name.starts_with(key.as_str()));
        match folders.max_by_key(|(key, _)| key.len()) {
            Some((key, Mapped::Folder(folder))) => {
                let slash = if folder.is_empty() { "" } else { "/" };
                match from_root(&format!("{folder}{slash}{}", &name[key.len()..])) {
                    Some(path) => self.there(&path, Written::Mapped, Pages::No),
                    None => Meaning::Missing,
                }
            }
            _ => Meaning::Missing,
        }
    }

    fn from(&self, anchor: &AssetPath, address: &str, pages: Pages) -> Meaning {
        match target(address, self.public) {
            Target::Nothing => Meaning::Elsewhere,
            // It may be this site, by a name that nobody said.
            Target::Site(path) => match from_root(&path).and_then(|path| self.files.by_path.get(&path)) {
                Some(_) => Meaning::Missing,
                None => Meaning::Elsewhere,
            },
            Target::Root(path, written) => {
                let path = if path.is_empty() { "." } else { path.as_str() };
                self.at(from_root(path), written, pages, path == ".")
            }
            Target::Relative(path) => self.at(anchor.resolve(&path), Written::Relative, pages, leads_up(anchor, &path)),
        }
    }

    fn at(&self, path: Option<AssetPath>, written: Written, pages: Pages, is_root: bool) -> Meaning {
        match path {
            Some(path) => self.there(&path, written, pages),
            None if is_root && pages == Pages::Yes => {
                AssetPath::new("index.html").map_or(Meaning::Missing, |path| self.there(&path, written, pages))
            }
            None => Meaning::Missing,
        }
    }

    fn there(&self, path: &AssetPath, written: Written, pages: Pages) -> Meaning {
        if let Some(&at) = self.files.by_path.get(path) {
            return Meaning::File(at, written);
        }
        if pages == Pages::Yes {
            // Servers answer for a folder with its page, and some for a name without its extension.
            for suffix in ["/index.html", "/index.htm", ".html"] {
                if let Some(&at) = self.files.by_path.get(&path.with_suffix(suffix)) {
                    return Meaning::File(at, written);
                }
            }
        }
        Meaning::Missing
    }

    /// Doubts the files that scripts may put the names of together. A name with a hash in it cannot be put together from
    /// what has no such hash, and that is looked for as a text.
    fn compute(&self, doubts: &mut [Option<Doubt>]) {
        let mut patterns: BTreeMap<&Pattern, usize> = BTreeMap::new();
        for (by, sight) in self.sights.iter().enumerate() {
            for pattern in &sight.look.patterns {
                patterns.entry(pattern).or_insert(by);
            }
        }
        let candidates: Vec<(usize, String)> = self
            .files
            .all
            .iter()
            .enumerate()
            .filter(|(_, (path, kind))| *kind != Kind::Html && hashed::read(path.name()).is_none())
            .map(|(at, (path, _))| (at, path.as_str().to_ascii_lowercase()))
            .collect();
        let is_too_much = patterns.len().saturating_mul(candidates.len()) > MOST_COMPARISONS;
        let shortened: BTreeMap<Pattern, usize> = match is_too_much {
            true => patterns.iter().rev().map(|(pattern, by)| (pattern.by_its_end(), *by)).collect(),
            false => patterns.into_iter().map(|(pattern, by)| (pattern.clone(), by)).collect(),
        };
        for (pattern, by) in &shortened {
            for (at, path) in candidates.iter().filter(|(_, path)| pattern.may_mean(path)) {
                let _ = path;
                doubt(doubts, *at, || Doubt::Computed { by: *by, pattern: pattern.to_string() });
            }
        }
    }
}

/// Whether an address may lead to a page by a shorter name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pages {
    Yes,
    No,
}

/// The folder of a path.
fn folder(path: &AssetPath) -> &str {
    path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a relative address leads to the folder that everything lies in.
fn leads_up(anchor: &AssetPath, path: &str) -> bool {
    let depth = anchor.as_str().split('/').count() - 1;
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    path.split('/').all(|part| matches!(part, "" | "." | "..")) && parts.count() == depth
}
