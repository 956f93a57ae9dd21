//! An address in a file → what it means there: a file of the folder, another site, or nothing that is there.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::address::{PublicUrl, Target, from_root, target};
use super::found::{Base, Found};
use super::{Files, How, Sight, Written};
use crate::asset::{AssetPath, Kind};
use crate::page;

/// How many folders of pages an address in a script may be relative to.
const MOST_FOLDERS: usize = 64;

/// What an address means.
pub(super) enum Meaning {
    /// A file.
    File(usize, Written),
    /// A file, as far as it is known which pages run the script.
    Guessed(usize),
    /// A file behind an import map, whose address is what would be rewritten.
    Mapped(usize),
    /// Different files, by the page.
    Several(BTreeSet<usize>),
    /// Nothing of this folder.
    Elsewhere,
    /// What cannot be told from here.
    Unclear,
    /// No file that is there.
    Missing,
}

/// What an import map makes of a name.
#[derive(Clone, PartialEq, Eq)]
enum Mapped {
    File(usize),
    Folder(String),
    /// Pages do not agree.
    Unclear,
}

/// Whether an address may lead to a page by a shorter name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pages {
    Yes,
    No,
}

/// What pages say of addresses.
pub(super) struct Meanings<'a> {
    files: &'a Files,
    public: Option<&'a PublicUrl>,
    /// Where the addresses of each page are relative to; `None` where that is another site.
    anchors: HashMap<usize, Option<AssetPath>>,
    /// One anchor for each folder that pages lie in.
    folders: BTreeMap<String, AssetPath>,
    /// The same for the pages that load a script, where nothing else does.
    loaders: HashMap<usize, BTreeMap<String, AssetPath>>,
    maps: BTreeMap<String, Mapped>,
}

impl<'a> Meanings<'a> {
    /// Reads what pages say: where they are, what they load, and their import maps.
    pub(super) fn of(files: &'a Files, sights: &[Sight], public: Option<&'a PublicUrl>) -> Meanings<'a> {
        let mut meanings = Meanings {
            files,
            public,
            anchors: HashMap::new(),
            folders: BTreeMap::new(),
            loaders: HashMap::new(),
            maps: BTreeMap::new(),
        };
        for (at, (path, _)) in files.all.iter().enumerate().filter(|(_, (_, kind))| *kind == Kind::Html) {
            let anchor = match sights.get(at).and_then(|sight| sight.look.base.as_deref()) {
                None => Some(path.clone()),
                Some(base) => meanings.base(path, base),
            };
            if let Some(anchor) = &anchor {
                meanings.folders.entry(folder(anchor).to_owned()).or_insert_with(|| anchor.clone());
            }
            meanings.anchors.insert(at, anchor);
        }
        for (at, sight) in sights.iter().enumerate() {
            let Some(Some(anchor)) = meanings.anchors.get(&at) else { continue };
            let anchor = anchor.clone();
            meanings.read_scripts(&anchor, sight);
            meanings.read_maps(&anchor, sight);
        }
        // What other scripts load runs on their pages, too.
        let names: HashSet<&str> = sights
            .iter()
            .enumerate()
            .filter(|(at, _)| !meanings.anchors.contains_key(at))
            .flat_map(|(_, sight)| sight.look.found.iter().map(|found| last_part(&found.address)))
            .collect();
        meanings.loaders.retain(|script, _| !names.contains(files.all[*script].0.name()));
        meanings
    }

    fn read_scripts(&mut self, anchor: &AssetPath, sight: &Sight) {
        for found in &sight.look.found {
            if matches!(found.how, How::Script | How::Module | How::ModulePreload)
                && let Meaning::File(to, _) = self.from(anchor, &found.address, Pages::No)
            {
                self.loaders.entry(to).or_default().entry(folder(anchor).to_owned()).or_insert_with(|| anchor.clone());
            }
        }
    }

    fn read_maps(&mut self, anchor: &AssetPath, sight: &Sight) {
        for mapped in &sight.look.maps {
            let meant = match self.from(anchor, &mapped.address, Pages::No) {
                Meaning::File(to, _) => Mapped::File(to),
                _ if mapped.address.ends_with('/') => match self.path(anchor, &mapped.address) {
                    Some(path) => Mapped::Folder(path.as_str().to_owned()),
                    None => Mapped::Folder(String::new()),
                },
                _ => continue,
            };
            let known = self.maps.entry(mapped.name.clone()).or_insert_with(|| meant.clone());
            if *known != meant {
                *known = Mapped::Unclear;
            }
        }
    }

    /// Folders that import maps give another name, with that name.
    pub(super) fn mapped_folders(&self) -> impl Iterator<Item = (&str, &str)> {
        self.maps.iter().filter_map(|(name, mapped)| match mapped {
            Mapped::Folder(folder) => Some((name.as_str(), folder.as_str())),
            Mapped::File(_) | Mapped::Unclear => None,
        })
    }

    /// Where addresses are relative to in a page with that `<base>`.
    fn base(&self, page: &AssetPath, base: &str) -> Option<AssetPath> {
        match target(base, self.public) {
            Target::Root(path, _) => page::based(&AssetPath::new("_")?, &path),
            Target::Relative(_) | Target::Nothing => page::based(page, base),
            Target::Site(_) | Target::Other => None,
        }
    }

    fn path(&self, anchor: &AssetPath, address: &str) -> Option<AssetPath> {
        match target(address, self.public) {
            Target::Root(path, _) => from_root(&path),
            Target::Relative(path) => anchor.resolve(&path),
            Target::Site(_) | Target::Other | Target::Nothing => None,
        }
    }

    /// What an address that was found in a file means.
    pub(super) fn meaning(&self, from: usize, found: &Found) -> Meaning {
        let own = match self.anchors.get(&from) {
            Some(Some(anchor)) => Some(anchor),
            Some(None) => None,
            None => self.files.all.get(from).map(|(path, _)| path),
        };
        let pages = if matches!(found.how, How::Link | How::Frame) { Pages::Yes } else { Pages::No };
        let address = &*found.address;
        let relative = |anchor: Option<&AssetPath>| match anchor {
            Some(anchor) => self.from(anchor, address, pages),
            // Of a page with another site as its base, only what begins at a root may be here.
            None => match target(address, self.public) {
                Target::Relative(path) => self.on_a_site(&path),
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
        let loaders = self.loaders.get(&from);
        let folders = loaders.unwrap_or(&self.folders);
        if folders.len() > MOST_FOLDERS {
            return Meaning::Unclear;
        }
        // A worker's addresses are relative to itself.
        let anchors = folders.values().chain(std::iter::once(own));
        let meant: BTreeSet<usize> = anchors
            .filter_map(|anchor| match self.from(anchor, address, pages) {
                Meaning::File(to, _) => Some(to),
                _ => None,
            })
            .collect();
        match meant.first() {
            None => self.from(own, address, pages),
            Some(&to) if meant.len() == 1 && loaders.is_some() => Meaning::File(to, Written::Relative),
            Some(&to) if meant.len() == 1 => Meaning::Guessed(to),
            Some(_) => Meaning::Several(meant),
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
        let folders = self.maps.iter().filter(|(key, _)| key.ends_with('/') && name.starts_with(key.as_str()));
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
        let (path, written) = match target(address, self.public) {
            Target::Nothing => return Meaning::Unclear,
            Target::Other => return Meaning::Elsewhere,
            Target::Site(path) => return self.on_a_site(&path),
            Target::Root(path, written) if path.is_empty() => return self.front(written, pages),
            Target::Root(path, written) => (from_root(&path), written),
            Target::Relative(path) if leads_up(anchor, &path) => return self.front(Written::Relative, pages),
            Target::Relative(path) => (anchor.resolve(&path), Written::Relative),
        };
        path.map_or(Meaning::Missing, |path| self.there(&path, written, pages))
    }

    /// An address of a site that may be this one, by a name that nobody said, and with any folder before it.
    fn on_a_site(&self, path: &str) -> Meaning {
        let Some(path) = from_root(path) else { return Meaning::Elsewhere };
        let mut rest = Some(path.as_str());
        while let Some(tail) = rest {
            if AssetPath::new(tail).is_some_and(|tail| self.files.by_path.contains_key(&tail)) {
                return Meaning::Unclear;
            }
            rest = tail.split_once('/').map(|(_, rest)| rest);
        }
        Meaning::Elsewhere
    }

    /// The page of the folder that everything lies in.
    fn front(&self, written: Written, pages: Pages) -> Meaning {
        let page = AssetPath::new("index.html").filter(|_| pages == Pages::Yes);
        page.map_or(Meaning::Missing, |page| self.there(&page, written, pages))
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
}

/// The last part of an address's path.
fn last_part(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
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
