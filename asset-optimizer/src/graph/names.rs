//! Every occurrence of a file's name in a text, for all files at once and in one pass.
//!
//! A name stands between letters that are none of a name: a text is cut into runs of such letters, and each run is looked up.
//! So it takes a time that grows with the text only, however many files there are.

use std::collections::{BTreeSet, HashMap};

use super::hashed::{self, Hashed};
use crate::asset::AssetPath;

/// Files that one occurrence may mean, by their places in the list of all.
pub(super) type Group = u32;

/// An occurrence of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// Where it begins, in bytes.
    pub(super) at: u32,
    /// The files that it may mean.
    pub(super) group: Group,
}

/// The names of files, ready to be looked up.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By the whole name, in lower case: some servers do not mind the case.
    whole: HashMap<String, Group>,
    /// By the name with its folder before it.
    tails: HashMap<String, Group>,
    /// Those of whole names that lie in no folder.
    roots: HashMap<String, Group>,
    /// By the hash in the name: names are put together from it.
    hashes: HashMap<String, Group>,
    /// Names with letters that end a run, by their last run.
    odd: HashMap<String, Odd>,
    /// The files of each group.
    groups: Vec<Vec<u32>>,
}

/// Names that end with the same run.
#[derive(Debug, Default)]
struct Odd {
    /// How long what stands before that run may be.
    lengths: BTreeSet<usize>,
    /// By what stands before it.
    before: HashMap<Vec<u8>, Group>,
}

/// Whether a byte may stand within a name without ending a run.
fn is_of_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'_' | b'-' | b'.' | b'~' | b'@' | b'+' | b'%')
}

impl Names {
    /// The names of files that may get another one.
    pub(super) fn of<'a>(paths: impl Iterator<Item = (u32, &'a AssetPath)>) -> Names {
        let mut names = Names::default();
        for (file, path) in paths {
            let name = path.name().to_ascii_lowercase();
            if name.bytes().all(is_of_run) {
                names.add(|names| &mut names.whole, &name, file);
                match path.as_str().to_ascii_lowercase().rsplit('/').nth(1) {
                    Some(folder) => names.add(|names| &mut names.tails, &format!("{folder}/{name}"), file),
                    None => names.add(|names| &mut names.roots, &name, file),
                }
            } else {
                names.add_odd(&name, file);
                // As addresses have it, percent signs are read before it is looked up.
                names.add(|names| &mut names.whole, &name, file);
            }
            if let Some(Hashed { hash, .. }) = hashed::read(path.name()) {
                let hash = path.name()[hash].to_owned();
                names.add(|names| &mut names.hashes, &hash, file);
            }
        }
        names
    }

    fn add(&mut self, map: impl Fn(&mut Names) -> &mut HashMap<String, Group>, key: &str, file: u32) {
        let next = self.groups.len() as Group;
        let group = *map(self).entry(key.to_owned()).or_insert(next);
        if group == next {
            self.groups.push(Vec::new());
        }
        self.groups[group as usize].push(file);
    }

    fn add_odd(&mut self, name: &str, file: u32) {
        let bytes = name.as_bytes();
        let start = bytes.iter().rposition(|byte| !is_of_run(*byte)).map_or(0, |at| at + 1);
        let (before, run) = bytes.split_at(start);
        let next = self.groups.len() as Group;
        let odd = self.odd.entry(String::from_utf8_lossy(run).into_owned()).or_default();
        odd.lengths.insert(before.len());
        let group = *odd.before.entry(before.to_vec()).or_insert(next);
        if group == next {
            self.groups.push(Vec::new());
        }
        self.groups[group as usize].push(file);
    }

    /// The files of a group.
    pub(super) fn files(&self, group: Group) -> &[u32] {
        self.groups.get(group as usize).map_or(&[], Vec::as_slice)
    }

    /// Every occurrence in a text, in its order.
    pub(super) fn hits(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut at = 0;
        while at < text.len() {
            if !is_of_run(text[at]) {
                at += 1;
                continue;
            }
            let start = at;
            while at < text.len() && is_of_run(text[at]) {
                at += 1;
            }
            self.look_up(text, start, at, &mut hits);
        }
        hits
    }

    fn look_up(&self, text: &[u8], start: usize, end: usize, hits: &mut Vec<Hit>) {
        // A full stop ends a sentence, and dots lead out of folders.
        let end = start + text[start..end].iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
        self.look_up_run(text, start, end, hits);
        // `\n`, `\t` and the like before a name are letters, too.
        if start > 0 && text[start - 1] == b'\\' && end - start > 1 {
            self.look_up_run(text, start + 1, end, hits);
        }
    }

    fn look_up_run(&self, text: &[u8], start: usize, end: usize, hits: &mut Vec<Hit>) {
        let Some(run) = text.get(start..end).filter(|run| run.len() > 1) else { return };
        let lower = String::from_utf8_lossy(run).to_ascii_lowercase();
        let lower = if lower.contains('%') { decoded(&lower) } else { lower };
        // An address within an address has its slashes encoded.
        let name = lower.rsplit('/').next().unwrap_or_default();
        let mut hit = |group: Option<&Group>| {
            hits.extend(group.map(|&group| Hit { at: start as u32, group }));
            group.is_some()
        };
        if let Some(odd) = self.odd.get(name) {
            for length in &odd.lengths {
                let before = start.checked_sub(*length).map(|from| text[from..start].to_ascii_lowercase());
                hit(before.and_then(|before| odd.before.get(&before)));
            }
        }
        if let Some(group) = self.whole.get(name) {
            match folder_before(&text[..start]) {
                Some(folder) if name.len() == lower.len() => {
                    hit(self.tails.get(&format!("{folder}/{name}")));
                    hit(self.roots.get(name));
                }
                _ => _ = hit(Some(group)),
            }
            return;
        }
        if run.len() >= hashed::SHORTEST {
            let text = String::from_utf8_lossy(run);
            for piece in hashed::pieces(&text) {
                if hit(self.hashes.get(piece)) {
                    break;
                }
            }
        }
    }
}

/// The folder that stands before a name, in lower case; `None` where none does, or one that says nothing.
fn folder_before(before: &[u8]) -> Option<String> {
    let before = before.strip_suffix(b"/")?;
    let before = before.strip_suffix(b"\\").unwrap_or(before);
    let start = before.iter().rposition(|byte| !is_of_run(*byte)).map_or(0, |at| at + 1);
    let folder = std::str::from_utf8(&before[start..]).ok()?.to_ascii_lowercase();
    let folder = if folder.contains('%') { decoded(&folder) } else { folder };
    // A folder with other letters in its name would be cut short, and what is put together has none.
    let is_whole = start == 0 || matches!(before[start - 1], b'/' | b'"' | b'\'' | b'`' | b'(' | b'=' | b' ' | b',');
    (is_whole && !folder.is_empty() && folder != "." && folder != "..").then_some(folder)
}

/// A text with its percent signs read.
fn decoded(text: &str) -> String {
    crate::asset::percent_decoded(text).map_or_else(|| text.to_owned(), |text| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_wherever_it_stands() {
        let paths = ["a/app.js", "b/app.js", "my file.css", "img/ü.png", "c/main-C3f_xK-9.js", "root.js"]
            .map(|path| AssetPath::new(path).unwrap());
        let names = Names::of((0..).zip(&paths));
        let check = |text: &str, expected: &[u32]| {
            let mut found: Vec<u32> =
                names.hits(text.as_bytes()).iter().flat_map(|hit| names.files(hit.group)).copied().collect();
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, expected, "{text}");
        };
        check("load('app.js')", &[0, 1]);
        check("load('../a/app.js')", &[0]);
        check("load('./app.js') or APP.JS.", &[0, 1]);
        check("load('c/app.js')", &[]);
        check("load(x+'/app.js')", &[0, 1]);
        check("myapp.js app.jsx app.js.map app.js-x", &[]);
        check("'one\\napp.js'", &[0, 1]);
        check("url(my%20file.css) 'my file.css'", &[2]);
        check("file.css", &[]);
        check("a file.css, photo (2).png and my file.css", &[2]);
        check("url(%C3%BC.png) ü.png", &[3]);
        check("?u=a%2Fapp.js", &[0, 1]);
        check("{\"main\":\"C3f_xK-9\"}", &[4]);
        check("main-C3f_xK-9.mjs", &[4]);
        check("http://x.example/sub/root.js", &[5]);
        check("", &[]);
    }
}
