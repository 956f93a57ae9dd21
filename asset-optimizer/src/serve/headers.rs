//! For Netlify, Cloudflare Pages and Workers: a `_headers` file, within their limits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Answer, Configuration, Site, WRITTEN_BY, counted, folder, is_plain};
use crate::manifest::Caching;

/// What the file is called.
const NAME: &str = "_headers";
/// How many rules Cloudflare reads.
const MOST_RULES: usize = 100;
/// How many characters Cloudflare reads of a line.
const MOST_LINE_CHARACTERS: usize = 2000;

/// What a rule reaches.
#[derive(Default)]
struct Reached {
    files: usize,
    bytes: u64,
}

/// The file. What may not be kept needs no rule: these hosts let everything be asked for again.
pub(super) fn render(site: &Site<'_>) -> Configuration {
    let answers = site.answers();
    let root = site.root.to_string();
    let linked: Vec<(Vec<String>, &str)> = linked(&answers);
    let page_rules: usize = linked.iter().map(|(paths, _)| paths.len()).sum();
    let immutable: Vec<&Answer<'_>> =
        answers.iter().filter(|answer| answer.file.caching == Caching::Immutable).collect();
    let mixed = mixed(&answers);
    let is_exact = immutable.len() + page_rules <= MOST_RULES;
    let mut rules: BTreeMap<String, Reached> = BTreeMap::new();
    let mut odd = 0;
    for answer in &immutable {
        let whole = if is_exact { None } else { whole_folder(&answer.path, &root, &mixed) };
        let rule = whole.map_or_else(|| answer.path.clone(), |folder| format!("{folder}*"));
        if !is_plain(rule.trim_end_matches('*')) || rule.len() > MOST_LINE_CHARACTERS {
            odd += 1;
            continue;
        }
        let reached = rules.entry(rule).or_default();
        reached.files += 1;
        reached.bytes += answer.file.bytes.0;
    }
    // Where not all fit, those that are worth most do.
    let mut kept: Vec<(&String, &Reached)> = rules.iter().collect();
    kept.sort_by(|one, other| (other.1.bytes, one.0).cmp(&(one.1.bytes, other.0)));
    let dropped: usize = kept.iter().skip(MOST_RULES).map(|(_, reached)| reached.files).sum();
    kept.truncate(MOST_RULES);
    kept.sort_by_key(|(rule, _)| *rule);
    let mut room = MOST_RULES - kept.len();
    let mut pages: Vec<(String, &str)> = Vec::new();
    let mut pages_dropped = 0;
    for (paths, link) in linked {
        if paths.len() > room {
            pages_dropped += 1;
            continue;
        }
        room -= paths.len();
        pages.extend(paths.into_iter().map(|path| (path, link)));
    }
    pages.sort();

    let mut remarks = Vec::new();
    if answers.iter().any(|answer| answer.file.name.as_str() == NAME) {
        remarks.push(format!(
            "the output has a `{NAME}` already: these rules belong in it, and no two of them on one file"
        ));
    }
    if odd > 0 {
        remarks.push(format!("no rule can say the name of {} that could be kept for ever", counted(odd, "file")));
    }
    if dropped > 0 {
        let files = counted(dropped, "file");
        remarks.push(format!("{MOST_RULES} rules have no room for {files} that could be kept for ever"));
    }
    if pages_dropped > 0 {
        remarks.push(format!("{MOST_RULES} rules have no room for the `Link` of {}", counted(pages_dropped, "page")));
    }
    if kept.iter().any(|(rule, _)| rule.ends_with('*')) {
        remarks.push(
            "a rule for a folder also reaches what is put there later, and on some hosts the answer for what is not there"
                .to_owned(),
        );
    }
    let mut text = format!("# {WRITTEN_BY}, for Netlify, Cloudflare Pages and Workers.\n");
    for remark in &remarks {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# {remark}");
    }
    for (rule, _) in kept {
        let _ = writeln!(text, "{rule}\n  Cache-Control: {}", Caching::Immutable.header());
    }
    for (path, link) in pages {
        let _ = writeln!(text, "{path}\n  Link: {link}");
    }
    Configuration { text, remarks }
}

/// The pages that have a `Link`, each with the paths that it answers, those nearest to the root first.
fn linked<'a>(answers: &[Answer<'a>]) -> Vec<(Vec<String>, &'a str)> {
    let mut linked: Vec<(Vec<String>, &str)> = Vec::new();
    for answer in answers {
        let fits = |link: &&str| "  Link: ".len() + link.len() <= MOST_LINE_CHARACTERS;
        let Some(link) = answer.link.filter(fits).filter(|_| is_plain(&answer.path)) else { continue };
        linked.push((paths(&answer.path), link));
    }
    linked.sort_by_key(|(paths, _)| paths.first().map(|path| path.matches('/').count()));
    linked
}

/// The paths that a page answers: hosts send people from `about.html` to `about`, and from `index.html` to its folder.
fn paths(path: &str) -> Vec<String> {
    if let Some(folder) = folder(path) {
        return vec![folder.to_owned()];
    }
    let bare = path.strip_suffix(".html");
    bare.into_iter().chain([path]).map(str::to_owned).collect()
}

/// The folders with anything in them that may not be kept for ever, with a slash at the end.
fn mixed<'a>(answers: &'a [Answer<'_>]) -> BTreeSet<&'a str> {
    let changing = answers.iter().filter(|answer| answer.file.caching != Caching::Immutable);
    changing.flat_map(|answer| folders(&answer.path)).collect()
}

/// The folders of a path, the outermost first, with a slash at the end.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..=at])
}

/// The outermost folder of a path in which all may be kept for ever. The root never is: the manifest lies there.
fn whole_folder<'a>(path: &'a str, root: &str, mixed: &BTreeSet<&str>) -> Option<&'a str> {
    folders(path).find(|folder| folder.len() > root.len() && !mixed.contains(folder))
}

#[cfg(test)]
mod tests {
    use crate::serve::tests::{check, manifest, site};
    use crate::serve::{Reader, configuration};

    #[test]
    fn files_that_may_be_kept_are_named_one_by_one_while_there_is_room() {
        check(
            Reader::Headers,
            &[
                ("index.html", "index.html"),
                ("about.html", "about.html"),
                ("a/app.js", "a/app-k3v7qzn2aw.js"),
                ("a/sw.js", "a/sw.js"),
            ],
            "\
# Written by asset-optimizer from asset-manifest.json, for Netlify, Cloudflare Pages and Workers.
/a/app-k3v7qzn2aw.js
  Cache-Control: public, max-age=31536000, immutable
/
  Link: </x.js>; rel=preload; as=script; integrity=\"sha384-x\"
",
        );
    }

    #[test]
    fn a_folder_is_one_rule_only_where_all_in_it_may_be_kept() {
        let mut files: Vec<(String, String)> = Vec::new();
        for at in 0..60 {
            for folder in ["whole/deep", "mixed", "mixed/whole"] {
                files.push((format!("{folder}/{at}.js"), format!("{folder}/{at}-k3v7qzn2aw.js")));
            }
        }
        files.push(("mixed/sw.js".into(), "mixed/sw.js".into()));
        files.push(("top.js".into(), "top-k3v7qzn2aw.js".into()));
        let files: Vec<(&str, &str)> = files.iter().map(|(source, name)| (source.as_str(), name.as_str())).collect();
        let manifest = manifest(&files);
        let written = configuration(&site(&manifest), Reader::Headers);
        let rules: Vec<&str> = written.text.lines().filter(|line| line.starts_with('/')).collect();
        assert_eq!(rules.len(), 63);
        assert!(["/whole/*", "/mixed/whole/*", "/top-k3v7qzn2aw.js"].iter().all(|rule| rules.contains(rule)));
        assert!(!rules.contains(&"/mixed/*") && !rules.contains(&"/*") && !written.text.contains("sw.js"));
        assert_eq!(written.remarks.len(), 1, "{:?}", written.remarks);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let names: Vec<(String, String)> =
            (0..130).map(|at| (format!("{at:03}.js"), format!("{at:03}-k3v7qzn2aw.js"))).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|(source, name)| (source.as_str(), name.as_str())).collect();
        let manifest = manifest(&files);
        let written = configuration(&site(&manifest), Reader::Headers);
        assert_eq!(written.text.lines().filter(|line| line.starts_with('/')).count(), 100);
        assert!(written.remarks[0].contains("no room for 30 files"), "{:?}", written.remarks);
    }

    #[test]
    fn rules_that_are_there_are_not_forgotten() {
        let manifest = manifest(&[("_headers", "_headers")]);
        assert_eq!(configuration(&site(&manifest), Reader::Headers).remarks.len(), 1);
    }

    #[test]
    fn no_name_becomes_a_placeholder_a_wildcard_or_a_line() {
        let names = [
            "a*-k3v7qzn2aw.js",
            "a:b-k3v7qzn2aw.js",
            "a\n/*\n  X: y-k3v7qzn2aw.js",
            "ü-k3v7qzn2aw.js",
            "#-k3v7qzn2aw.js",
        ];
        let manifest = manifest(&names.map(|name| (name, name)));
        let written = configuration(&site(&manifest), Reader::Headers);
        assert!(written.text.lines().all(|line| line.starts_with("# ")), "{}", written.text);
        assert!(written.remarks[0].contains("the name of 5 files"));
    }
}
