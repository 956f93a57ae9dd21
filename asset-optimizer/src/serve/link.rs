//! The `Link` header of a page: what the page is sure to ask for at once, named before it is read.

use std::collections::{BTreeSet, HashMap};

use super::head::{CrossOrigin, Deeper, Named, head};
use super::{Root, address};
use crate::asset::{AssetPath, is_unreserved};
use crate::manifest::{File, Loads, Manifest, Role};
use crate::page;

/// How long a header may be: Cloudflare reads 2,000 characters of a line, and servers have some 4,000 for all headers.
const MOST_BYTES: usize = 1900;
/// How many files one names. Arbitrary: what is asked for at once shares the connection.
const MOST_FILES: usize = 20;

/// Finds what the pages of an output ask for at once.
///
/// A browser uses what a header made it ask for only where the page asks for it in the very same way. So a `Link` names the
/// style sheets, scripts and modules that a tag of the page names, with the tag's `crossorigin` and `integrity`, and the modules
/// that these import. It leaves out what only some visitors need (images, fonts, styles for paper, `nomodule`), addresses with
/// a query or with letters that can be written in two ways, all modules where an import map stands in the page, because not
/// all browsers take one after the first module, and all scripts where a policy knows them one by one.
#[derive(Debug)]
pub struct Linker<'a> {
    manifest: &'a Manifest,
    root: &'a Root,
    /// The files by what they are served as.
    served: HashMap<&'a AssetPath, &'a File>,
}

impl<'a> Linker<'a> {
    /// One for an output that is served there.
    #[must_use]
    pub fn new(manifest: &'a Manifest, root: &'a Root) -> Linker<'a> {
        let served = manifest.files.iter().map(|file| (&file.name, file)).collect();
        Linker { manifest, root, served }
    }

    /// The value of the header of a page with that text; `None` where there is nothing to name.
    #[must_use]
    pub fn link(&self, page: &Loads, text: &str) -> Option<String> {
        let head = head(text)?;
        let own = self.manifest.file(page.file.as_str())?;
        let anchor = page::anchor(&own.name, text)?;
        // Where a `<base>` leads is said from the root of the host.
        let is_anchored = anchor == own.name || self.root == &Root::default();
        let now: HashMap<&AssetPath, Role> = page.now.iter().map(|load| (&load.file, load.role)).collect();
        let mut link = Link::default();
        for named in head.named.iter().filter(|_| is_anchored) {
            let file = self.file(&anchor, &named.address).filter(|file| now.get(&file.source) == Some(&named.role));
            let Some(file) = file else { continue };
            link.add(&address(self.root, &file.name), named);
        }
        // What a frame or a worker loads is no part of this page's own memory of what it asked for.
        let is_alone = page.now.iter().skip(1).all(|load| !matches!(load.role, Role::Document | Role::Worker));
        if head.deeper == Deeper::Welcome && is_alone {
            for load in page.now.iter().filter(|load| load.role == Role::Module) {
                let Some(file) = self.manifest.file(load.file.as_str()) else { continue };
                let is_script = file.media_type == "text/javascript";
                if is_script && file.name.as_str().bytes().all(|byte| byte == b'/' || is_unreserved(byte)) {
                    let (address, role) = (address(self.root, &file.name), Role::Module);
                    link.add(&address, &Named { address: String::new(), role, cross_origin: None, integrity: None });
                }
            }
        }
        Some(link.text).filter(|text| !text.is_empty())
    }

    /// The file that an address in a page means, where it can be written in one way only.
    fn file(&self, anchor: &AssetPath, address: &str) -> Option<&'a File> {
        let is_certain = address.bytes().all(|byte| byte == b'/' || is_unreserved(byte)) && !address.starts_with("//");
        let root = self.root.to_string();
        let path = match (is_certain, address.starts_with('/')) {
            (false, _) => None,
            (true, true) => AssetPath::new(address.strip_prefix(root.as_str())?),
            (true, false) => anchor.resolve(address),
        };
        self.served.get(&path?).copied()
    }
}

/// The value of a header, while it grows.
#[derive(Default)]
struct Link {
    text: String,
    addresses: BTreeSet<String>,
}

impl Link {
    fn add(&mut self, address: &str, named: &Named) {
        let how = match named.role {
            Role::Style => "preload; as=style",
            Role::Script => "preload; as=script",
            _ => "modulepreload",
        };
        let mut item = format!("<{address}>; rel={how}");
        match named.cross_origin {
            // A module is asked for like that anyway.
            Some(CrossOrigin::Anonymous) if named.role != Role::Module => item.push_str("; crossorigin"),
            Some(CrossOrigin::UseCredentials) => item.push_str("; crossorigin=use-credentials"),
            _ => {}
        }
        if let Some(integrity) = &named.integrity {
            if !integrity.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=- ".contains(&byte)) {
                return;
            }
            item.push_str(&format!("; integrity=\"{integrity}\""));
        }
        let comma = if self.text.is_empty() { "" } else { ", " };
        let fits = self.text.len() + comma.len() + item.len() <= MOST_BYTES && self.addresses.len() < MOST_FILES;
        if fits && self.addresses.insert(address.to_owned()) {
            self.text.push_str(comma);
            self.text.push_str(&item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Load;
    use crate::serve::tests::manifest;

    fn linked(page: &str, root: &str, now: &[(&str, Role)], text: &str) -> Option<String> {
        let mut files: Vec<(&str, &str)> = vec![(page, page)];
        let names: Vec<(&str, String)> = now.iter().map(|(source, _)| (*source, source.replace('.', "-1."))).collect();
        files.extend(names.iter().map(|(source, name)| (*source, name.as_str())));
        let manifest = manifest(&files);
        let load =
            |file: &str, role: Role| Load { file: AssetPath::new(file).unwrap(), role, round_trip: 2, hint: None };
        let own = load(page, Role::Document);
        let now: Vec<Load> = std::iter::once(own).chain(now.iter().map(|(file, role)| load(file, *role))).collect();
        let loads =
            Loads { file: AssetPath::new(page).unwrap(), round_trips: 2, now, later: Vec::new(), is_later_cut: false };
        Linker::new(&manifest, &Root::parse(root).unwrap()).link(&loads, text)
    }

    #[test]
    fn a_page_names_what_it_asks_for_as_it_asks_for_it() {
        let now = [
            ("a.css", Role::Style),
            ("js/a.js", Role::Script),
            ("m.js", Role::Module),
            ("deep.js", Role::Module),
            ("x.png", Role::Image),
        ];
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(linked("docs/p.html", "/", &now, text).as_deref(), expected, "{text}")
        };
        let deeper = "</m-1.js>; rel=modulepreload, </deep-1.js>; rel=modulepreload";
        check("<link rel=stylesheet href=../a-1.css>", Some(&format!("</a-1.css>; rel=preload; as=style, {deeper}")));
        check(
            "<link rel=stylesheet crossorigin href=/a-1.css integrity=sha384-x>",
            Some(&format!("</a-1.css>; rel=preload; as=style; crossorigin; integrity=\"sha384-x\", {deeper}")),
        );
        check("<script src=../js/a-1.js></script>", Some(&format!("</js/a-1.js>; rel=preload; as=script, {deeper}")));
        check(
            "<script type=module crossorigin src=/m-1.js integrity=sha384-y></script>",
            Some("</m-1.js>; rel=modulepreload; integrity=\"sha384-y\", </deep-1.js>; rel=modulepreload"),
        );
        check(
            "<script type=importmap>{}</script><script src=/js/a-1.js></script><script type=module src=/m-1.js></script>",
            Some("</js/a-1.js>; rel=preload; as=script"),
        );
        for other in [
            "../a-1.css?v=1",
            "//x.example/a-1.css",
            "../b.css",
            "../../a-1.css",
            "..%2fa-1.css",
            "{{ css }}",
            "../m-1.js",
        ] {
            check(&format!("<link rel=stylesheet href='{other}'>"), Some(deeper));
        }
        check("<link rel=stylesheet integrity='x\"' href=/a-1.css><script nonce=x></script>", None);
    }

    #[test]
    fn a_folder_is_served_where_it_is_said() {
        let now = [("a.css", Role::Style)];
        let check = |root: &str, text: &str, expected: Option<&str>| {
            assert_eq!(linked("p.html", root, &now, text).as_deref(), expected, "{text}")
        };
        check("/app/", "<link rel=stylesheet href=a-1.css>", Some("</app/a-1.css>; rel=preload; as=style"));
        check("/app/", "<link rel=stylesheet href=/app/a-1.css>", Some("</app/a-1.css>; rel=preload; as=style"));
        check("/app/", "<link rel=stylesheet href=/a-1.css>", None);
        check("/", "<base href=/><link rel=stylesheet href=a-1.css>", Some("</a-1.css>; rel=preload; as=style"));
        check("/app/", "<base href=/app/><link rel=stylesheet href=a-1.css>", None);
        check("/", "<base href=https://x.example/><link rel=stylesheet href=a-1.css>", None);
    }

    #[test]
    fn what_a_frame_or_a_worker_loads_is_not_named() {
        for role in [Role::Document, Role::Worker] {
            assert_eq!(linked("p.html", "/", &[("m.js", Role::Module), ("other.bin", role)], ""), None);
        }
    }

    #[test]
    fn a_header_has_an_end() {
        let names: Vec<String> = (0..100).map(|at| format!("{at}{}.js", "x".repeat(60))).collect();
        let now: Vec<(&str, Role)> = names.iter().map(|name| (name.as_str(), Role::Module)).collect();
        let link = linked("p.html", "/", &now, "").unwrap();
        assert!(link.len() <= MOST_BYTES && link.split(", ").count() <= MOST_FILES && link.ends_with("modulepreload"));
    }
}
