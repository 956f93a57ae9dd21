//! Whether a file may get another name, and if not, why.

use crate::asset::{AssetPath, Kind};
use crate::glob::Glob;
use crate::graph::{Graph, How};

/// What a person wants of names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Whether files are renamed at all.
    pub renaming: Renaming,
    /// Files that keep their names.
    pub keep: Vec<Glob>,
}

/// Whether files are renamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Renaming {
    /// Those that may be.
    #[default]
    Proven,
    /// None.
    Off,
}

/// Whether a file may get another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It may: every mention of it is understood.
    Free,
    /// It is called after its file.
    Map {
        /// That file, by its place in the graph.
        of: usize,
    },
    /// It is a page.
    Page,
    /// Somebody outside asks for it by that name.
    Convention(String),
    /// It could, and a person does not want it.
    Unwanted(String),
    /// Somebody may refer to it in a way that is not understood.
    Doubted(String),
    /// Nobody refers to it.
    Alone,
}

impl Fate {
    /// Whether it is known who refers to the file.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        matches!(self, Fate::Free | Fate::Map { .. } | Fate::Convention(_) | Fate::Unwanted(_))
    }

    /// Whether it gets another name.
    #[must_use]
    pub fn is_renamed(&self) -> bool {
        matches!(self, Fate::Free | Fate::Map { .. })
    }

    /// Why the file keeps its name.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Fate::Free | Fate::Map { .. } => "nothing speaks against another name".to_owned(),
            Fate::Page => "it is a page".to_owned(),
            Fate::Convention(why) | Fate::Unwanted(why) | Fate::Doubted(why) => why.clone(),
            Fate::Alone => "nobody in the folder refers to it".to_owned(),
        }
    }
}

/// Names that browsers, crawlers and hosts ask for by themselves.
const CONVENTIONS: [(&str, &str); 38] = [
    ("robots.txt", "crawlers ask for it by this name"),
    ("sitemap*.xml", "crawlers ask for it by this name"),
    ("ads.txt", "crawlers ask for it by this name"),
    ("app-ads.txt", "crawlers ask for it by this name"),
    ("humans.txt", "people ask for it by this name"),
    ("llms.txt", "crawlers ask for it by this name"),
    ("security.txt", "people ask for it by this name"),
    ("favicon.ico", "browsers ask for it by this name"),
    ("apple-touch-icon*.png", "browsers ask for it by this name"),
    ("browserconfig.xml", "browsers ask for it by this name"),
    ("crossdomain.xml", "browsers ask for it by this name"),
    ("clientaccesspolicy.xml", "browsers ask for it by this name"),
    ("sw.js", "browsers know a service worker by its name"),
    ("service-worker.js", "browsers know a service worker by its name"),
    ("serviceworker.js", "browsers know a service worker by its name"),
    ("*-sw.js", "browsers know a service worker by its name"),
    ("OneSignalSDK*.js", "browsers know a service worker by its name"),
    ("ngsw-worker.js", "browsers know a service worker by its name"),
    ("ngsw.json", "a service worker asks for it by this name"),
    (".well-known/**", "the standards fix its name"),
    ("**/.well-known/**", "the standards fix its name"),
    ("_headers", "the host reads it by this name"),
    ("_redirects", "the host reads it by this name"),
    ("_routes.json", "the host reads it by this name"),
    ("_worker.js", "the host reads it by this name"),
    ("CNAME", "the host reads it by this name"),
    (".nojekyll", "the host reads it by this name"),
    (".htaccess", "the host reads it by this name"),
    ("staticwebapp.config.json", "the host reads it by this name"),
    ("web.config", "the host reads it by this name"),
    ("*.php", "a server runs it"),
    ("*.phtml", "a server runs it"),
    ("*.asp", "a server runs it"),
    ("*.aspx", "a server runs it"),
    ("*.ashx", "a server runs it"),
    ("*.jsp", "a server runs it"),
    ("*.cgi", "a server runs it"),
    ("*.cfm", "a server runs it"),
];

fn convention(path: &AssetPath) -> Option<&'static str> {
    let is_it = |pattern: &str| Glob::new(pattern).is_ok_and(|glob| glob.matches(path.as_str()));
    CONVENTIONS.iter().find(|(pattern, _)| is_it(pattern)).map(|(_, why)| *why)
}

/// What may become of each file's name.
pub(super) fn fates(graph: &Graph, wishes: &Wishes) -> Vec<Fate> {
    let seen = Seen::of(graph);
    let mut fates: Vec<Fate> = (0..graph.files.len()).map(|file| seen.fate(graph, file, wishes)).collect();
    // A map goes with its file, whatever that does.
    for (file, owner) in seen.owners.iter().enumerate() {
        let Some(of) = owner.filter(|_| fates[file] == Fate::Alone) else { continue };
        if let Some(unwanted) = unwanted(&graph.files[file].path, wishes) {
            fates[file] = unwanted;
            continue;
        }
        let why = || "it is called after its file, which keeps its name".to_owned();
        fates[file] = match &fates[of] {
            Fate::Free => Fate::Map { of },
            Fate::Convention(_) => Fate::Convention(why()),
            Fate::Unwanted(_) => Fate::Unwanted(why()),
            Fate::Doubted(_) => Fate::Doubted(why()),
            Fate::Map { .. } | Fate::Page | Fate::Alone => Fate::Alone,
        };
    }
    fates
}

/// Who refers to each file, as far as it decides about its name.
struct Seen {
    is_referred_to: Vec<bool>,
    is_service_worker: Vec<bool>,
    is_web_manifest: Vec<bool>,
    is_build_manifest: Vec<bool>,
    is_list_of_revisions: Vec<bool>,
    is_linked: Vec<bool>,
    /// The file of each map.
    owners: Vec<Option<usize>>,
}

impl Seen {
    fn of(graph: &Graph) -> Seen {
        let count = graph.files.len();
        let mut seen = Seen {
            is_referred_to: vec![false; count],
            is_service_worker: vec![false; count],
            is_web_manifest: vec![false; count],
            is_build_manifest: vec![false; count],
            is_list_of_revisions: vec![false; count],
            is_linked: vec![false; count],
            owners: vec![None; count],
        };
        let mut is_shared = vec![false; count];
        for reference in &graph.references {
            let to = reference.to;
            match reference.how {
                How::SourceMap if graph.files[to].kind == Kind::SourceMap => {
                    is_shared[to] |= seen.owners[to].is_some_and(|owner| owner != reference.from);
                    seen.owners[to] = Some(reference.from);
                }
                // What a map says of its file is no reason to load that.
                How::SourceMap => {}
                _ => seen.is_referred_to[to] |= to != reference.from,
            }
            seen.is_service_worker[to] |= reference.how == How::ServiceWorker;
            seen.is_build_manifest[reference.from] |= reference.how == How::BuildManifest;
            seen.is_list_of_revisions[reference.from] |= reference.revision.is_some();
            seen.is_linked[to] |= reference.how == How::Link;
            seen.is_web_manifest[to] |= reference.how == How::WebManifest;
        }
        for (file, node) in graph.files.iter().enumerate().filter(|(_, node)| node.kind == Kind::SourceMap) {
            if is_shared[file] {
                seen.owners[file] = None;
            } else if seen.owners[file].is_none() {
                // Builds hide a map by naming it nowhere.
                let of = node.path.without_suffix(".map");
                let found = of.and_then(|of| graph.files.binary_search_by(|other| other.path.cmp(&of)).ok());
                seen.owners[file] = found;
            }
        }
        seen
    }

    fn fate(&self, graph: &Graph, file: usize, wishes: &Wishes) -> Fate {
        let node = &graph.files[file];
        if node.kind == Kind::Html {
            return Fate::Page;
        }
        if let Some(why) = convention(&node.path) {
            return Fate::Convention(why.to_owned());
        }
        if self.is_build_manifest[file] {
            return Fate::Convention("servers read a bundler's list by this name".to_owned());
        }
        if self.is_list_of_revisions[file] {
            return Fate::Convention("a service worker reads revisions of other files from it".to_owned());
        }
        if self.is_service_worker[file] {
            return Fate::Convention("browsers know a service worker by its name".to_owned());
        }
        if self.is_web_manifest[file] {
            return Fate::Convention("browsers know an installed application by the name of its manifest".to_owned());
        }
        if self.is_linked[file] {
            return Fate::Convention("people, feed readers and other sites keep links to it".to_owned());
        }
        if let Some(doubt) = &node.doubt {
            return Fate::Doubted(graph.said(doubt));
        }
        if !self.is_referred_to[file] {
            return Fate::Alone;
        }
        unwanted(&node.path, wishes).unwrap_or(Fate::Free)
    }
}

/// What a person does not want.
fn unwanted(path: &AssetPath, wishes: &Wishes) -> Option<Fate> {
    if wishes.renaming == Renaming::Off {
        return Some(Fate::Unwanted("`--no-rename` says so".to_owned()));
    }
    let glob = wishes.keep.iter().find(|glob| glob.matches(path.as_str()))?;
    Some(Fate::Unwanted(format!("`--keep {glob}` names it")))
}
