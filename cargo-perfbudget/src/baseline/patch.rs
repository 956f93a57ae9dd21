//! The files as they are × the baseline as it should be → a patch that `git apply` takes.

use std::collections::{BTreeMap, BTreeSet};

use similar::TextDiff;

use super::write;
use crate::model::Baseline;

/// Lines around a change, as git shows them.
const CONTEXT_LINES: usize = 3;

/// A patch from the files, by their path in `folder`, to the baseline; an empty text where nothing differs. `folder` is
/// relative to the top of the repository. Files that are no text are left out.
#[must_use]
pub fn patch(folder: &str, files: &BTreeMap<String, Vec<u8>>, baseline: &Baseline) -> String {
    let texts = write(baseline);
    let mut patch = String::new();
    for path in files.keys().chain(texts.keys()).collect::<BTreeSet<_>>() {
        let (old, new) = (files.get(path), texts.get(path));
        let Ok(before) = str::from_utf8(old.map_or(&[], Vec::as_slice)) else { continue };
        let after = new.map_or("", String::as_str);
        let name = |side: &str, is_there| {
            if is_there { format!("{side}/{folder}/{path}") } else { "/dev/null".to_owned() }
        };
        let difference = TextDiff::from_lines(before, after);
        let mut text = difference.unified_diff();
        let text = text.context_radius(CONTEXT_LINES).header(&name("a", old.is_some()), &name("b", new.is_some()));
        patch.push_str(&text.to_string());
    }
    patch
}
