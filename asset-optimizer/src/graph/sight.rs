//! One file, looked at by its syntax and as a text. Files can be looked at in any order, and at the same time.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::found::{Base, Look};
use super::names::{Hit, Names};
use super::pattern::Pattern;
use super::{css, hashed, json};
use crate::asset::{AssetPath, Kind};
use crate::integrity::Integrity;
use crate::transform::Loading;

/// The files of a folder, ready to be looked at.
#[derive(Debug)]
pub struct Files {
    pub(super) all: Vec<(AssetPath, Kind)>,
    pub(super) by_path: HashMap<AssetPath, usize>,
    pub(super) names: Names,
    /// What the build called each file.
    pub(super) sources: Vec<AssetPath>,
    /// Where that part of each name begins that changes with another one.
    pub(super) cuts: Vec<usize>,
    /// Whether each name certainly has a hash in it, by those beside it.
    pub(super) hashed: Vec<bool>,
    /// Hashes of inline scripts and styles that are held outside of pages.
    held: BTreeSet<Integrity>,
}

/// What was seen in a file.
#[derive(Debug, Default)]
pub struct Sight {
    pub(super) look: Look,
    /// Where files are named, outside of what loads nothing.
    pub(super) hits: Vec<Hit>,
}

/// What may be put together by a file that cannot be read.
fn any(kind: Kind) -> Option<Pattern> {
    matches!(kind, Kind::JavaScript | Kind::Html | Kind::Svg).then(Pattern::any)
}

/// The place of a name that stands in no place of the file as it is written.
pub(super) const NOWHERE: u32 = u32::MAX;
/// The largest file that is looked at.
const MOST_BYTES: u64 = 1 << 30;

impl Files {
    /// The files of a folder, in the order of their paths; `source` says what an earlier run of this tool renamed a file from.
    /// Pages never get another name, so nobody looks for theirs.
    #[must_use]
    pub fn of(all: Vec<(AssetPath, Kind)>, source: &dyn Fn(&AssetPath) -> Option<AssetPath>) -> Files {
        let sources: Vec<AssetPath> =
            all.iter().map(|(path, _)| source(path).unwrap_or_else(|| path.clone())).collect();
        let cut =
            |((path, _), source): (&(AssetPath, Kind), &AssetPath)| hashed::cut(source.name()).min(path.name().len());
        let cuts = all.iter().zip(&sources).map(cut).collect();
        let by_path = all.iter().enumerate().map(|(at, (path, _))| (path.clone(), at)).collect();
        let named = all.iter().enumerate().filter(|(_, (_, kind))| *kind != Kind::Html);
        let names = Names::of(named.map(|(at, (path, _))| (at as u32, path)));
        let hashed = hashed::certain(&sources);
        Files { all, by_path, names, sources, cuts, hashed, held: BTreeSet::new() }
    }

    /// The same, where hashes of inline scripts and styles are held outside of pages: these stay as they are.
    #[must_use]
    pub fn with_held(self, held: BTreeSet<Integrity>) -> Files {
        Files { held, ..self }
    }

    /// The files, by their paths.
    #[must_use]
    pub fn all(&self) -> &[(AssetPath, Kind)] {
        &self.all
    }

    /// Whether a file may name others.
    #[must_use]
    pub fn is_looked_at(kind: Kind) -> bool {
        use Kind::{Compressed, Gif, Icon, Jpeg, ModernImage, PlainFont, Png, WebFont};
        !matches!(kind, Png | Jpeg | Gif | ModernImage | Icon | WebFont | PlainFont | Compressed)
    }

    /// Looks at a file that is too large for its syntax to be read: at the names in it.
    #[must_use]
    pub fn look_at_names(&self, file: usize, why: &str, bytes: &[u8]) -> Sight {
        let is_looked_at = self.all.get(file).is_some_and(|(_, kind)| Files::is_looked_at(*kind));
        let hits = if is_looked_at { self.names.hits(bytes) } else { Vec::new() };
        let mut look = Look { unread: Some(why.to_owned()), ..Look::default() };
        look.add_patterns(self.all.get(file).and_then(|(_, kind)| any(*kind)));
        Sight { look, hits }
    }

    /// Looks at a file.
    #[must_use]
    pub fn look(&self, file: usize, loading: Loading, bytes: &[u8]) -> Sight {
        let Some((path, kind)) = self.all.get(file).filter(|(_, kind)| Files::is_looked_at(*kind)) else {
            return Sight::default();
        };
        let bytes = if bytes.len() as u64 > MOST_BYTES { &bytes[..0] } else { bytes };
        let mut look = Look::default();
        let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        match std::str::from_utf8(&bytes[mark..]) {
            Ok(text) => self.look_by_syntax(text, mark, (path, *kind), loading, &mut look),
            Err(_) if *kind == Kind::Wasm => {}
            Err(why) => look.unread = Some(format!("it is not UTF-8: {why}")),
        }
        if look.unread.is_some() {
            // What could not be read may mean anything by the names in it.
            look = Look { unread: look.unread, base: look.base, ..Look::default() };
            look.add_patterns(any(*kind));
        }
        look.found.sort_by_key(|found| found.span.start);
        look.comments.sort_by_key(|comment| comment.start);
        let mut hits = Vec::new();
        // The names in a map are those of its sources.
        if *kind != Kind::SourceMap {
            hits = self.names.hits(bytes);
            let comments = std::mem::take(&mut look.comments);
            hits.retain(|hit| {
                let before = comments.partition_point(|comment| comment.start <= hit.at as usize);
                comments[..before].last().is_none_or(|comment| comment.end <= hit.at as usize)
            });
            for text in std::mem::take(&mut look.escaped) {
                hits.extend(self.names.hits(text.as_bytes()).into_iter().map(|hit| Hit { at: NOWHERE, ..hit }));
            }
        }
        // All sights are there at once, and pages say the same address again and again.
        let mut known: HashSet<Arc<str>> = HashSet::new();
        for found in &mut look.found {
            match known.get(&found.address) {
                Some(same) => found.address = Arc::clone(same),
                None => {
                    known.insert(Arc::clone(&found.address));
                }
            }
        }
        look.found.shrink_to_fit();
        hits.shrink_to_fit();
        Sight { look, hits }
    }

    fn look_by_syntax(&self, text: &str, offset: usize, of: (&AssetPath, Kind), loading: Loading, look: &mut Look) {
        let (path, kind) = of;
        let _ = (loading, &self.held);
        match kind {
            #[cfg(feature = "html")]
            Kind::Html | Kind::Svg => super::html::look(text, offset, path, &self.held, look),
            Kind::Css => {
                css::look(text, offset, Base::Own, look);
                super::found::source_map(text, offset, look);
            }
            #[cfg(feature = "js")]
            Kind::JavaScript => super::js::look(text, offset, path, loading, look),
            Kind::Json | Kind::WebManifest | Kind::SourceMap => json::look(text, path, kind, look),
            _ => {}
        }
    }
}
