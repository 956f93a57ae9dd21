//! What the rest of a folder says of its pages: where style sheets show blanks, by a `white-space`, whether scripts take over
//! pages as a server has rendered them, and which inline scripts are held by their hash. Pure.

use std::collections::BTreeSet;

use crate::integrity::Integrity;

/// The elements whose blanks may be shown, and the hashes that are held. It may name too many, never too few of what style
/// sheets and headers say.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// Names of elements, in lower case.
    pub tags: BTreeSet<String>,
    /// Classes and identifiers.
    pub names: BTreeSet<String>,
    /// Attributes, in lower case.
    pub attributes: BTreeSet<String>,
    /// Whether it may be any element.
    pub anywhere: bool,
    /// Whether a script may hydrate pages: it builds the same tree again, compares the texts with those of the page, blank by
    /// blank, and builds all anew where one differs.
    pub hydrated: bool,
    /// Digests in headers, scripts and data that are of no file of the folder: a policy may allow inline scripts by them.
    pub hashes: BTreeSet<Integrity>,
}

/// No style sheet shows any.
pub static NOWHERE: Shown = Shown {
    tags: BTreeSet::new(),
    names: BTreeSet::new(),
    attributes: BTreeSet::new(),
    anywhere: false,
    hydrated: false,
    hashes: BTreeSet::new(),
};

/// The values of `white-space` and its longhand that show blanks.
const SHOWING: [&str; 3] = ["pre", "break-spaces", "preserve"];

impl Shown {
    /// Adds what a style sheet says, without parsing it: from a value, back to the selectors before its brace.
    pub fn add(&mut self, sheet: &str) {
        for (at, _) in sheet.match_indices("white-space") {
            let rest = sheet[at + "white-space".len()..].trim_start_matches("-collapse").trim_start();
            let Some(value) = rest.strip_prefix(':') else { continue };
            let value = &value[..value.find([';', '}']).unwrap_or(value.len())];
            // A variable may hold anything.
            if !SHOWING.iter().chain(&["var("]).any(|showing| value.contains(showing)) {
                continue;
            }
            let Some(brace) = sheet[..at].rfind('{') else { continue };
            let start = sheet[..brace].rfind(['{', '}', ';']).map_or(0, |start| start + 1);
            self.add_selectors(&sheet[start..brace]);
        }
    }

    fn add_selectors(&mut self, selectors: &str) {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '\\');
        let mut rest = selectors;
        let mut found = false;
        while let Some(first) = rest.chars().next() {
            let after = &rest[first.len_utf8()..];
            match first {
                '*' | '&' | '\\' => self.anywhere = true,
                '.' | '#' => {
                    let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                    found |= self.names.insert(after[..end].to_owned()) || end > 0;
                    self.anywhere |= after[..end].contains('\\');
                    rest = &after[end..];
                    continue;
                }
                '[' => {
                    let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                    found |= self.attributes.insert(after[..end].to_lowercase()) || end > 0;
                    rest = &after[after.find(']').unwrap_or(after.len())..];
                    continue;
                }
                ':' => {
                    // A pseudo-class narrows what stands before it; what stands in its brackets is read like the rest.
                    let end = after.find(|c| !is_name(c) && c != ':').unwrap_or(after.len());
                    rest = &after[end..];
                    continue;
                }
                c if is_name(c) => {
                    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                    found |= self.tags.insert(rest[..end].to_lowercase()) || end > 0;
                    rest = &rest[end..];
                    continue;
                }
                _ => {}
            }
            rest = after;
        }
        // A selector that names nothing, as `:root` does, is about everything in it.
        self.anywhere |= !found;
    }

    /// Adds what a script says, without parsing it: frameworks that hydrate call it so, in what they export and in their
    /// complaints.
    pub fn add_script(&mut self, script: &str) {
        self.hydrated |= hydrates(script);
    }

    /// The same for one page: where it is hydrated, its blanks are as good as shown. Without words, it was not rendered by a
    /// server, and there is nothing to compare.
    #[must_use]
    pub fn on(&self, page: &str, has_words: bool) -> Shown {
        let mut own = self.clone();
        own.add(page);
        own.hydrated = has_words && page.contains("<script") && (self.hydrated || hydrates(page));
        own.anywhere |= own.hydrated;
        own
    }

    /// All of it as one text, for the key of a cached result.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{self:?}")
    }
}

/// Whether a script, or one in a page, speaks of hydration as programs do: in a name of several words, as a member, as
/// something that is called or set, or in a message that begins so. Search indices hold the prose of a site, in which one may
/// "stay hydrated".
fn hydrates(text: &str) -> bool {
    let in_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-');
    ["hydrat", "Hydrat"].iter().any(|stem| {
        text.match_indices(stem).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + stem.len()..]);
            let start = before.chars().rev().take_while(in_name).count();
            let end = after.chars().take_while(in_name).count();
            let plain = before.len() == start || !before[..before.len() - start].ends_with('.');
            let word = &text[at - start..at + stem.len() + end];
            let rest = &after[end..];
            let several = word.chars().skip(1).any(|c| !c.is_ascii_lowercase());
            let called = end > 0 && rest.starts_with(['(', ':', '=']) && !rest.starts_with(": ");
            let message = word.starts_with('H') && rest.starts_with(' ') && before.ends_with(['"', '\'', '`']);
            several || !plain || called || message
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_with_scripts_are_hydrated_where_a_script_does_so() {
        let check = |script: &str, page: &str, expected: bool| {
            let mut shown = Shown::default();
            shown.add_script(script);
            let on = shown.on(page, true);
            assert_eq!((on.hydrated, on.anywhere), (expected, expected), "{script}: {page}");
            assert!(!shown.on(page, false).hydrated, "{script}: {page}");
        };
        check("e.hydrateRoot=function(){}", "<script src=a.js></script>", true);
        check("e.hydrateRoot=function(){}", "<p>a", false);
        check("e.createRoot=function(){}", "<script src=a.js></script>", false);
        check("", "<script>import('./a.js').then(m=>m.hydrate())</script>", true);
        for script in [
            "let o={hydrate:1}",
            "{isHydrating:!0}",
            "hydrate(a)",
            "'Hydration completed but'",
            "'hydration_failed'",
            "`defer-hydration`",
        ] {
            check(script, "<script src=a.js></script>", true);
        }
        for script in [
            "'Drink, and stay hydrated! All dehydrated: no.'",
            "{terms:{hydrat:[1,2]}}",
            "'Hydrate. Once (hydrated) it is wet'",
        ] {
            check(script, "<script src=a.js></script>", false);
        }
    }

    #[test]
    fn selectors_that_show_blanks_are_found() {
        let check = |sheet: &str, tags: &[&str], names: &[&str], anywhere: bool| {
            let mut shown = Shown::default();
            shown.add(sheet);
            assert_eq!(shown.tags.iter().map(String::as_str).collect::<Vec<_>>(), tags, "{sheet}");
            assert_eq!(shown.names.iter().map(String::as_str).collect::<Vec<_>>(), names, "{sheet}");
            assert_eq!(shown.anywhere, anywhere, "{sheet}");
        };
        check("pre,code{color:red;white-space:pre-wrap}", &["code", "pre"], &[], false);
        check("@media x{.a .b>p{white-space : break-spaces!important}}", &["p"], &["a", "b"], false);
        check(".a{white-space:nowrap}.b{white-space:normal}", &[], &[], false);
        check("*{white-space:pre}", &[], &[], true);
        check(".a{&{white-space:pre}}", &[], &[], true);
        check(":root{white-space-collapse:preserve}", &[], &[], true);
        check(".a{white-space:var(--x)}", &[], &["a"], false);
    }
}
