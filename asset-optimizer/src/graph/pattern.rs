//! Names that scripts put together when they run: what is known of them, and which files they may mean.

/// The known parts of a name in their order; between two of them anything may stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern {
    /// The parts, in lower case; an empty one at the start or the end says that anything may stand there.
    parts: Vec<String>,
}

/// Whether what is put together is certainly an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is loaded where it is put together.
    Loaded,
    /// It may be any text.
    Unknown,
}

impl Pattern {
    /// What is known of a text of these parts, where that is enough to say which files it may mean.
    pub(super) fn of(parts: &[&str], used: Use) -> Option<Pattern> {
        let mut parts: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
        // A query or a fragment is no part of a name.
        if let Some(at) = parts.iter().position(|part| part.contains(['?', '#'])) {
            parts.truncate(at + 1);
            let last = parts[at].split(['?', '#']).next().unwrap_or_default().to_owned();
            parts[at] = last;
        }
        let first = parts.first_mut()?;
        if first.contains("://") || first.starts_with("//") || first.starts_with("data:") {
            return None;
        }
        *first = trimmed(first).to_owned();
        let has_letters = |part: &String| part.bytes().any(|byte| byte.is_ascii_alphanumeric());
        let is_text = |part: &String| part.contains(|c: char| c.is_whitespace() || "<>\"'`{}|".contains(c));
        if !parts.iter().any(has_letters) || parts.iter().any(is_text) {
            return None;
        }
        let last = parts.last()?;
        let has_extension = last.rsplit_once('.').is_some_and(|(_, extension)| {
            (1..=11).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        (used == Use::Loaded || has_extension).then_some(Pattern { parts })
    }

    /// Any name with the same extension.
    pub(super) fn by_its_end(&self) -> Pattern {
        let last = self.parts.last().map_or("", String::as_str);
        let end = last.rfind('.').map_or("", |at| &last[at..]);
        Pattern { parts: vec![String::new(), end.to_owned()] }
    }

    /// Whether a path may be meant, in lower case: its end, for nobody knows what stands before it.
    pub(super) fn may_mean(&self, path: &str) -> bool {
        let [first, rest @ ..] = self.parts.as_slice() else { return false };
        let Some((last, middle)) = rest.split_last() else {
            return path == first || path.ends_with(&format!("/{first}"));
        };
        if !path.ends_with(last.as_str()) {
            return false;
        }
        let path = &path[..path.len() - last.len()];
        let starts = path.match_indices(first.as_str()).map(|(at, _)| at);
        let mut starts = starts.filter(|&at| first.is_empty() || at == 0 || path.as_bytes()[at - 1] == b'/');
        let Some(start) = starts.next() else { return false };
        let mut rest = &path[start + first.len()..];
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        true
    }
}

/// Without what leads out of folders: where that leads to is not known.
fn trimmed(first: &str) -> &str {
    let mut first = first;
    while let Some(rest) = ["./", "../", "/"].iter().find_map(|lead| first.strip_prefix(lead)) {
        first = rest;
    }
    first
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.parts.join("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_what_may_be_put_together() {
        let check = |parts: &[&str], used: Use, expected: Option<&[&str]>| {
            let paths = ["locale/de.js", "x/locale/fr.json", "img/a-2.png", "app.js", "locale/deep/en.js"];
            let pattern = Pattern::of(parts, used);
            let meant =
                pattern.map(|pattern| paths.into_iter().filter(|path| pattern.may_mean(path)).collect::<Vec<_>>());
            assert_eq!(meant.as_deref(), expected, "{parts:?}");
        };
        check(&["./locale/", ".js"], Use::Loaded, Some(&["locale/de.js", "locale/deep/en.js"]));
        check(&["./Locale/", ""], Use::Loaded, Some(&["locale/de.js", "x/locale/fr.json", "locale/deep/en.js"]));
        check(&["./locale/", ""], Use::Unknown, None);
        check(&["", ".json?v=", ""], Use::Unknown, Some(&["x/locale/fr.json"]));
        check(&["", "-", ".png"], Use::Unknown, Some(&["img/a-2.png"]));
        check(&["/", ""], Use::Loaded, None);
        check(&["cannot load ", ".js"], Use::Unknown, None);
        check(&["https://x.example/", ".js"], Use::Loaded, None);
        check(&["", "app.js"], Use::Unknown, Some(&["app.js"]));
    }
}
