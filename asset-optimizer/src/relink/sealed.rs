//! What a page is to hold digests of: the scripts, style sheets and modules that it loads, where these are named after their bytes.

use super::Looked;
use super::hinted::Desk;
use crate::asset::{AssetPath, Kind};
use crate::graph::loads::{Closure, Loaded};
use crate::graph::{Reference, Written};
use crate::hints::{self, Asked, Sealed};
use crate::manifest::Role;
use crate::transform::html::entities::decoded;

/// A page with the digests of what it loads.
pub(super) fn sealed(
    looked: &Looked,
    at: usize,
    (before, text): (&str, &str),
    loads: &Closure,
    desk: &Desk<'_>,
) -> std::result::Result<Sealed, String> {
    let place = |path: &AssetPath| looked.chosen.binary_search_by(|other| other.path.cmp(path)).ok();
    let digest = |path: &AssetPath| {
        let file = place(path).filter(|file| desk.renamed[*file])?;
        let is_sealed = matches!(looked.chosen[file].kind, Kind::JavaScript | Kind::Css);
        is_sealed.then(|| looked.chosen[file].content.integrity.to_string())
    };
    let is_module = |loaded: &&Loaded| loaded.role == Role::Module;
    let all = loads.now.iter().chain(&loads.later).filter(is_module);
    let modules: Vec<&AssetPath> = all.map(|loaded| &looked.chosen[loaded.file].path).collect();
    let own = looked.graph.from(at).iter().filter(|own| matches!(own.written, Written::Relative | Written::Root));
    let before = |own: &Reference| decoded(before.get(own.span.clone())?);
    let addresses: Vec<(String, &AssetPath)> =
        own.filter_map(|own| Some((before(own)?, &looked.chosen[own.to].path))).collect();
    let may_map = |file: usize| desk.facts.may_map(file);
    let no_map = if text.to_ascii_lowercase().contains("content-security-policy") || !desk.terms.held.is_empty() {
        Some("a policy may not allow an import map")
    } else if loads.is_cut {
        Some("the page may load too many modules for an import map")
    } else if loads.now.iter().any(|loaded| desk.facts.owns_pages(loaded.file)) {
        Some("one of its scripts hydrates the whole page, and expects no import map")
    } else if loads.now.iter().any(|loaded| may_map(loaded.file)) {
        Some("one of its scripts may add an import map")
    } else {
        None
    };
    hints::sealed(
        &Asked { text, path: &looked.chosen[at].path, modules: &modules, addresses: &addresses, no_map },
        &digest,
    )
}
