//! What servers and frameworks read of an output: caching, encodings, types and `Link` headers, each in its own language. Pure.
//!
//! Names of files are anybody's. A name of letters that mean nothing in any of these languages is written as it is; another one
//! is written as a pattern in which every such letter is a number, or is left out with a remark: no name ends a string, a line
//! or a rule. What is left out is served without these headers, never with those of another file.
//!
//! A `Link` header names only what the page itself is sure to ask for, in the way in which it will ask, see [`Linker`].

mod caddy;
#[cfg(feature = "html")]
mod head;
mod headers;
#[cfg(feature = "html")]
mod link;
mod links_json;
mod nginx;
mod root;
mod vite;

use std::collections::BTreeMap;

use crate::asset::{AssetPath, Encoding};
use crate::integrity::base64;
use crate::manifest::{DeltaFile, File, Manifest};

#[cfg(feature = "html")]
pub use link::Linker;
pub use root::{Root, address};

/// Who wrote it, for the first line of what is written.
const WRITTEN_BY: &str = "Written by asset-optimizer from asset-manifest.json";
/// What a folder answers with.
const INDEX: &str = "index.html";

/// An output, where it is served, and what its pages are to name in advance.
#[derive(Debug, Clone)]
pub struct Site<'a> {
    /// What the output consists of.
    pub manifest: &'a Manifest,
    /// Where it is served.
    pub root: Root,
    /// The value of the `Link` header of each page that has one, by the page's source name.
    pub links: BTreeMap<AssetPath, String>,
    /// Whether browsers are told to keep files that a later release may differ from.
    pub dictionaries: bool,
}

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A backend that reads the manifest that Vite writes.
    Vite,
    /// Netlify, Cloudflare Pages and Workers: a `_headers` file.
    Headers,
    /// nginx, within `server` or `location`.
    Nginx,
    /// nginx, within `http`: the tables that the former asks.
    NginxMap,
    /// Caddy: a snippet to import.
    Caddy,
    /// Anything that sends `Link` headers or early hints: JSON.
    Links,
}

/// What is written for a reader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// The text.
    pub text: String,
    /// What a person should know of it.
    pub remarks: Vec<String>,
}

/// What a reader is told of a site.
#[must_use]
pub fn configuration(site: &Site<'_>, reader: Reader) -> Configuration {
    let certain = |text: String| Configuration { text, remarks: Vec::new() };
    match reader {
        Reader::Vite => certain(vite::render(site.manifest)),
        Reader::Headers => headers::render(site),
        Reader::Nginx => certain(nginx::server(site)),
        Reader::NginxMap => nginx::maps(site),
        Reader::Caddy => certain(caddy::render(site)),
        Reader::Links => certain(links_json::render(site)),
    }
}

/// What a server answers with for one file.
struct Answer<'a> {
    /// The path that it is asked for, from the root of the host, with percent signs read.
    path: String,
    file: &'a File,
    link: Option<&'a str>,
}

impl Site<'_> {
    /// The answers for all files, by their paths.
    fn answers(&self) -> Vec<Answer<'_>> {
        let answer = |file| Answer { path: self.path(file), file, link: self.link(file) };
        let mut answers: Vec<Answer<'_>> = self.manifest.files.iter().map(answer).collect();
        answers.sort_by(|one, other| one.path.cmp(&other.path));
        answers
    }

    /// The answers for all deltas, which are the files that they make.
    fn delta_answers(&self) -> Vec<Answer<'_>> {
        let path = |file: &File, delta: &DeltaFile| format!("{}{}", self.root, delta.name(&file.name));
        let files = self.manifest.files.iter();
        files
            .flat_map(|file| file.deltas.iter().map(move |delta| Answer { path: path(file, delta), file, link: None }))
            .collect()
    }

    fn path(&self, file: &File) -> String {
        format!("{}{}", self.root, file.name)
    }

    fn link(&self, file: &File) -> Option<&str> {
        self.links.get(&file.source).map(String::as_str)
    }

    /// Whether browsers of earlier releases get less.
    fn has_deltas(&self) -> bool {
        self.manifest.files.iter().any(|file| !file.deltas.is_empty())
    }

    /// Whether browsers are told to keep files; where there are deltas, they are.
    fn has_dictionaries(&self) -> bool {
        self.dictionaries || self.has_deltas()
    }

    /// The value of `Use-As-Dictionary` of a file that a later release may differ from.
    fn dictionary(&self, file: &File) -> Option<String> {
        Some(format!("match=\"{}{}\"", self.root, file.pattern()?))
    }

    /// Whether a file lies beside itself in that encoding.
    fn has(&self, encoding: Encoding) -> bool {
        self.manifest.files.iter().any(|file| file.encoded.iter().any(|(own, _)| *own == encoding))
    }
}

/// What the answer of a file differs by, where it does.
fn vary(file: &File) -> Option<&'static str> {
    match (file.encoded.is_empty(), file.deltas.is_empty()) {
        (_, false) => Some("Accept-Encoding, Available-Dictionary"),
        (false, true) => Some("Accept-Encoding"),
        (true, true) => None,
    }
}

/// How a browser names what it has: the SHA-256 as a structured field has bytes.
#[must_use]
pub fn dictionary(delta: &DeltaFile) -> String {
    format!(":{}:", base64(delta.dictionary.bytes()))
}

/// The address of the folder that answers with the file of a path, where one does.
fn folder(path: &str) -> Option<&str> {
    path.strip_suffix(INDEX).filter(|folder| folder.ends_with('/'))
}

/// So many of a thing.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether a path has only letters that mean nothing in any of the languages here, and that browsers send as they are.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~@+=,".contains(&byte))
}

/// A regular expression that matches a path and nothing else, as PCRE and Go read it: every letter that may mean something in
/// an expression or around it is a number.
fn pattern(path: &str) -> String {
    let mut pattern = String::from("^");
    for letter in path.chars() {
        match letter {
            '/' | '-' | '_' => pattern.push(letter),
            letter if letter.is_ascii_alphanumeric() => pattern.push(letter),
            letter if letter.is_ascii() => pattern.push_str(&format!("\\x{:02x}", u32::from(letter))),
            letter => pattern.push(letter),
        }
    }
    pattern + "\\z"
}

#[cfg(test)]
mod tests;
