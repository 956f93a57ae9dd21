//! What was found → what is done with each file.

use std::collections::{BTreeMap, BTreeSet};

use crate::asset::{AssetPath, ByteCount, Kind};
use crate::discover::Found;
use crate::glob::Glob;
use crate::page;
use crate::seals::{self, Met};
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
    /// The files whose digests it holds, and gets anew once they are made.
    pub after: Vec<AssetPath>,
    /// Whether engines may work on it.
    pub treatment: Treatment,
}

/// Whether engines may work on a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Treatment {
    /// They may.
    Transform,
    /// They may not: it is compressed, and only names in it change.
    Pass(String),
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
    /// The whole of a file that may be worked on.
    fn text(&self, path: &AssetPath) -> Option<Vec<u8>>;
    /// The end of a script or style sheet.
    fn tail(&self, path: &AssetPath) -> Option<Vec<u8>>;
}

/// What is done with a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is done with each file, in the order of their paths. A source map that belongs to a file has no job of its own.
    pub jobs: Vec<Job>,
    /// What the rest of the folder says of its pages.
    pub shown: Shown,
    /// What a person should know.
    pub remarks: Vec<String>,
}

/// Plans what is done with each file.
#[must_use]
pub fn plan(found: &Found, filters: &Filters, reader: &dyn Reader) -> Plan {
    let all: BTreeSet<&AssetPath> = found.assets.iter().map(|asset| &asset.path).collect();
    let Read { loadings, mut shown, met } = Read::all(found, reader);
    let seals = seals::seals(met, &found.assets, &|path| filters.refuse(path), &|path| reader.text(path));
    shown.hashes = seals.hashes;
    let mut jobs: Vec<Job> = Vec::with_capacity(found.assets.len());
    let mut owned = BTreeSet::new();
    for asset in &found.assets {
        let map = matches!(asset.kind, Kind::JavaScript | Kind::Css)
            .then(|| map_of(&asset.path, reader))
            .flatten()
            .filter(|map| all.contains(map) && !owned.contains(map));
        // A map changes with its file, so what holds its digest holds both.
        let kept = || seals.kept.get(&asset.path).or_else(|| seals.kept.get(map.as_ref()?)).cloned();
        let treatment = match (filters.refuse(&asset.path).or_else(kept), filters.pass_over(&asset.path)) {
            (Some(why), _) => Treatment::Keep(why),
            (None, Some(why)) => Treatment::Pass(why),
            (None, None) => Treatment::Transform,
        };
        // The map of a file that stays is a file like others.
        let map = map.filter(|_| treatment == Treatment::Transform);
        owned.extend(map.clone());
        let loading = loadings.get(&asset.path).copied().unwrap_or(Loading::Unknown);
        let after = seals.pages.get(&asset.path).into_iter().flatten().cloned().collect();
        jobs.push(Job {
            path: asset.path.clone(),
            kind: asset.kind,
            bytes: asset.bytes,
            loading,
            map,
            after,
            treatment,
        });
    }
    jobs.retain(|job| !owned.contains(&job.path));
    Plan { jobs, shown, remarks: seals.remarks }
}

impl Filters {
    fn refuse(&self, path: &AssetPath) -> Option<String> {
        let glob = self.exclude.iter().find(|glob| glob.matches(path.as_str()))?;
        Some(format!("`--exclude {glob}` names it"))
    }

    fn pass_over(&self, path: &AssetPath) -> Option<String> {
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

/// What is read of a folder for its plan.
#[derive(Default)]
struct Read {
    /// How pages load scripts: what one loads as a classic script is one, whatever others do.
    loadings: BTreeMap<AssetPath, Loading>,
    /// Where style sheets show blanks.
    shown: Shown,
    /// The digests that files hold.
    met: Met,
}

impl Read {
    fn all(found: &Found, reader: &dyn Reader) -> Read {
        let mut read = Read::default();
        for asset in found.assets.iter().filter(|asset| seals::may_hold(asset)) {
            let Some(bytes) = reader.text(&asset.path) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            read.met.look(asset, &text);
            match asset.kind {
                Kind::Html => read.add_page(&asset.path, &text),
                Kind::Css => read.shown.add(&text),
                Kind::JavaScript => read.shown.add_script(&text),
                _ => {}
            }
        }
        read
    }

    fn add_page(&mut self, path: &AssetPath, text: &str) {
        let Some(anchor) = page::anchor(path, text) else { return };
        for script in page::scripts(text) {
            let Some(path) = anchor.resolve(&script.address) else { continue };
            let known = self.loadings.entry(path).or_insert(script.loading);
            if *known != script.loading {
                *known = Loading::Classic;
            }
        }
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

    #[cfg(feature = "html")]
    #[test]
    fn a_page_comes_after_the_files_whose_digests_it_holds() {
        // Of nothing, and of something else.
        let page = "<script src=a.js integrity='sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='></script>\
                    <script src=b.js integrity='sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='></script>";
        let jobs = planned(vec![("a.js", ""), ("b.js", ""), ("index.html", page)], &Filters::default());
        assert_eq!(jobs[0].treatment, Treatment::Transform);
        assert_eq!(jobs[1].treatment, Treatment::Keep("`index.html` holds a wrong digest of it".into()));
        assert_eq!(jobs[2].after, [jobs[0].path.clone()]);
    }

    #[test]
    fn a_file_stays_with_its_map() {
        let files = vec![
            ("a.js", "a()"),
            ("a.js.map", ""),
            ("sw.js", "x = ['sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=']"),
        ];
        let jobs = planned(files, &Filters::default());
        assert_eq!(jobs[0].treatment, Treatment::Keep("`sw.js` holds its digest".into()));
        assert_eq!(jobs.len(), 3);
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
