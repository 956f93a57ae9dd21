//! What was found → what is done with each file.

use std::collections::{BTreeMap, BTreeSet};

use crate::asset::{AssetPath, ByteCount, Kind};
use crate::discover::Found;
use crate::glob::Glob;
use crate::page;
use crate::spaces::Shown;
use crate::transform::{Loading, trailing};

/// What is done with one file, and with its source map where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Where it lies.
    pub path: AssetPath,
    /// What it is.
    pub kind: Kind,
    /// What it weighs.
    pub bytes: ByteCount,
    /// How pages load it.
    pub loading: Loading,
    /// The source map that it names and that is there, which changes with it.
    pub map: Option<AssetPath>,
    /// Whether engines may work on it.
    pub treatment: Treatment,
}

/// Whether engines may work on a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Treatment {
    /// They may.
    Transform,
    /// It stays as it is, and is compressed.
    Keep(String),
}

/// Which files are taken, and which are left as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only these are worked on; all where empty.
    pub include: Vec<Glob>,
    /// These are not worked on.
    pub exclude: Vec<Glob>,
}

/// What reads the files of the folder, for the little that a plan needs of them.
pub trait Reader {
    /// The whole of a page or style sheet.
    fn text(&self, path: &AssetPath) -> Option<Vec<u8>>;
    /// The end of a script or style sheet.
    fn tail(&self, path: &AssetPath) -> Option<Vec<u8>>;
}

/// What is done with a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is done with each file, in the order of their paths. A source map that belongs to a file has no job of its own.
    pub jobs: Vec<Job>,
    /// Where the style sheets of the folder show blanks.
    pub shown: Shown,
}

/// Plans what is done with each file.
#[must_use]
pub fn plan(found: &Found, filters: &Filters, reader: &dyn Reader) -> Plan {
    let all: BTreeSet<&AssetPath> = found.assets.iter().map(|asset| &asset.path).collect();
    let pages = Pages::read(found, reader);
    let mut jobs: Vec<Job> = Vec::with_capacity(found.assets.len());
    let mut owned = BTreeSet::new();
    for asset in &found.assets {
        let map = matches!(asset.kind, Kind::JavaScript | Kind::Css)
            .then(|| map_of(&asset.path, reader))
            .flatten()
            .filter(|map| all.contains(map) && !owned.contains(map));
        let treatment = match filters.refuse(&asset.path).or_else(|| pages.seal(&asset.path)) {
            Some(why) => Treatment::Keep(why),
            None => Treatment::Transform,
        };
        // The map of a file that stays is a file like others.
        let map = map.filter(|_| treatment == Treatment::Transform);
        owned.extend(map.clone());
        let loading = pages.loadings.get(&asset.path).copied().unwrap_or(Loading::Unknown);
        jobs.push(Job { path: asset.path.clone(), kind: asset.kind, bytes: asset.bytes, loading, map, treatment });
    }
    jobs.retain(|job| !owned.contains(&job.path));
    let mut shown = Shown::default();
    if jobs.iter().any(|job| job.kind == Kind::Html) {
        for sheet in found.assets.iter().filter(|asset| asset.kind == Kind::Css) {
            shown.add(&String::from_utf8_lossy(&reader.text(&sheet.path).unwrap_or_default()));
        }
    }
    Plan { jobs, shown }
}

impl Filters {
    fn refuse(&self, path: &AssetPath) -> Option<String> {
        if let Some(glob) = self.exclude.iter().find(|glob| glob.matches(path.as_str())) {
            return Some(format!("`--exclude {glob}` names it"));
        }
        let included = self.include.is_empty() || self.include.iter().any(|glob| glob.matches(path.as_str()));
        (!included).then(|| "no `--include` names it".to_owned())
    }
}

/// The source map that a file names; where it names none, the one that is called after it, which builds hide like that.
fn map_of(path: &AssetPath, reader: &dyn Reader) -> Option<AssetPath> {
    let tail = reader.tail(path)?;
    match trailing::map_reference(&String::from_utf8_lossy(&tail)) {
        Some(reference) => path.resolve(reference),
        None => Some(path.with_suffix(".map")),
    }
}

/// What the pages of a folder say of its files.
#[derive(Default)]
struct Pages {
    /// How they load scripts: what one loads as a classic script is one, whatever others do.
    loadings: BTreeMap<AssetPath, Loading>,
    /// The files whose digest one holds, with that page.
    sealed: BTreeMap<AssetPath, AssetPath>,
}

impl Pages {
    fn read(found: &Found, reader: &dyn Reader) -> Pages {
        let mut pages = Pages::default();
        for asset in found.assets.iter().filter(|asset| asset.kind == Kind::Html) {
            let Some(bytes) = reader.text(&asset.path) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let Some(anchor) = page::anchor(&asset.path, &text) else { continue };
            for script in page::scripts(&text) {
                let Some(path) = anchor.resolve(&script.address) else { continue };
                let known = pages.loadings.entry(path).or_insert(script.loading);
                if *known != script.loading {
                    *known = Loading::Classic;
                }
            }
            for path in page::sealed(&text).iter().filter_map(|address| anchor.resolve(address)) {
                pages.sealed.entry(path).or_insert_with(|| asset.path.clone());
            }
        }
        pages
    }

    fn seal(&self, path: &AssetPath) -> Option<String> {
        self.sealed.get(path).map(|page| format!("`{page}` holds its digest, in an `integrity`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Asset;

    struct Folder(Vec<(&'static str, &'static str)>);

    impl Reader for Folder {
        fn text(&self, path: &AssetPath) -> Option<Vec<u8>> {
            self.0.iter().find(|(name, _)| *name == path.as_str()).map(|(_, text)| text.as_bytes().to_vec())
        }

        fn tail(&self, path: &AssetPath) -> Option<Vec<u8>> {
            self.text(path)
        }
    }

    fn planned(files: Vec<(&'static str, &'static str)>, filters: &Filters) -> Vec<Job> {
        let asset = |(name, text): &(&str, &str)| {
            let path = AssetPath::new(name).unwrap();
            Asset { kind: Kind::of(&path), path, bytes: ByteCount::of(text.as_bytes()) }
        };
        let found = Found { assets: files.iter().map(asset).collect(), ..Found::default() };
        plan(&found, filters, &Folder(files)).jobs
    }

    #[test]
    fn a_script_is_what_pages_load_it_as() {
        let jobs = planned(
            vec![
                ("a.js", ""),
                ("b.js", ""),
                ("both.js", ""),
                ("nobody.js", ""),
                (
                    "index.html",
                    "<script src=a.js></script><script type=\"module\" src=/b.js></script><script src=./both.js></script>",
                ),
                ("other.html", "<script type=module src=both.js></script>"),
            ],
            &Filters::default(),
        );
        let loading = |name: &str| jobs.iter().find(|job| job.path.as_str() == name).unwrap().loading;
        assert_eq!(loading("a.js"), Loading::Classic);
        assert_eq!(loading("b.js"), Loading::Module);
        assert_eq!(loading("both.js"), Loading::Classic);
        assert_eq!(loading("nobody.js"), Loading::Unknown);
    }

    #[test]
    fn a_file_whose_digest_a_page_holds_stays() {
        let jobs = planned(
            vec![
                ("a.js", ""),
                ("b.js", ""),
                ("index.html", "<script src=a.js integrity=x></script><script src=b.js></script>"),
            ],
            &Filters::default(),
        );
        assert_eq!(jobs[0].treatment, Treatment::Keep("`index.html` holds its digest, in an `integrity`".into()));
        assert_eq!(jobs[1].treatment, Treatment::Transform);
    }

    #[test]
    fn a_map_goes_with_its_file_if_engines_work_on_that() {
        let files = || {
            vec![
                ("a.js", "a()\n//# sourceMappingURL=a.js.map"),
                ("a.js.map", "{}"),
                ("c.js", ""),
                ("c.js.map", "{}"),
                ("lone.js.map", "{}"),
            ]
        };
        let jobs = planned(files(), &Filters::default());
        let paths: Vec<&str> = jobs.iter().map(|job| job.path.as_str()).collect();
        assert_eq!(paths, ["a.js", "c.js", "lone.js.map"]);
        let filters = Filters { exclude: vec![Glob::new("*.js").unwrap()], ..Filters::default() };
        let jobs = planned(files(), &filters);
        assert_eq!(jobs[0].treatment, Treatment::Keep("`--exclude *.js` names it".into()));
        assert_eq!(jobs.len(), 5);
    }
}
