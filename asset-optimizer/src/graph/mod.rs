//! Who refers to whom in a folder, how, and of which files that is proven. Pure.
//!
//! A file may get another name only where every mention of it that the folder shows is a reference that is understood and can
//! be rewritten, and where there is one. So each file is looked at twice: by its syntax, which gives references, and as a
//! text, in which all names are looked for. What only the second look finds is a [`Doubt`], and so is a file whose name a
//! script or a template may put together, by those parts of it that are written out: a folder, an ending. What cannot be
//! read may put any name together.
//!
//! What no folder shows is a name that a server answers with, or that is put together from such answers alone; a person says
//! so, see [`Wishes::keep`](crate::fingerprint::Wishes::keep).

mod address;
mod css;
mod found;
pub(crate) mod hashed;
#[cfg(feature = "html")]
mod html;
mod join;
#[cfg(feature = "js")]
mod js;
mod json;
mod letters;
pub mod loads;
mod meaning;
mod names;
mod pattern;
mod sight;

use std::ops::Range;
use std::sync::Arc;

use crate::asset::{AssetPath, Kind};

pub use address::PublicUrl;
pub use found::{How, Timing};
pub use join::join;
pub use letters::Letters;
pub use sight::{Files, Sight};

/// A reference of one file to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The file that refers, by its place in [`Graph::files`].
    pub from: usize,
    /// The file that is referred to.
    pub to: usize,
    /// Where the address is written in the bytes of the file, without quotes.
    pub span: Range<usize>,
    /// Where the path ends in it, before a query or a fragment; `None` where an import map stands in between, and nothing is
    /// to be rewritten here.
    pub end: Option<usize>,
    /// How it refers.
    pub how: How,
    /// When a browser follows it.
    pub timing: Timing,
    /// How the address is written.
    pub written: Written,
    /// Where a service worker says beside the address which bytes it means: they are loaded again when that changes.
    pub revision: Option<Box<Range<usize>>>,
    /// Of a part of a font, the letters that it is for: a page that shows one of them loads it at once, any other page later.
    pub letters: Option<Letters>,
}

/// How an address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Written {
    /// From the file, or from what a `<base>` says.
    Relative,
    /// From the root of the site.
    Root,
    /// With the site in it.
    Absolute,
    /// By a name that an import map knows.
    Mapped,
}

/// Why a file must keep its name, as far as references go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A file names it where that is not understood.
    Named {
        /// The file that names it.
        by: usize,
    },
    /// A script puts a name together that may be its.
    Computed {
        /// The script.
        by: usize,
        /// What is known of the name, with a `*` for each part that is not.
        pattern: String,
    },
    /// A reference is written so that it cannot be rewritten.
    Escaped {
        /// The file that refers to it.
        by: usize,
    },
    /// A file refers to it whose bytes must stay.
    Frozen {
        /// That file.
        by: usize,
        /// Why its bytes must stay.
        why: String,
    },
    /// An address means different files on different pages.
    Ambiguous {
        /// The file with the address.
        by: usize,
    },
}

/// An address that means no file of the folder, and should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// The file that refers.
    pub from: usize,
    /// The address, as a browser reads it.
    pub address: String,
    /// How it refers.
    pub how: How,
}

/// Who refers to whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The files, by their paths.
    pub files: Vec<Node>,
    /// The references, by the file that refers and by their places in it.
    pub references: Vec<Reference>,
    /// Addresses that mean no file.
    pub missing: Vec<Missing>,
}

/// A file of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it lies.
    pub path: AssetPath,
    /// What its build called it.
    pub source: AssetPath,
    /// What it is.
    pub kind: Kind,
    /// Whether its name certainly has a hash of its bytes in it, by what its build called the files beside it.
    pub has_hash: bool,
    /// The first reason why it must keep its name.
    pub doubt: Option<Doubt>,
    /// Why it could not be read by its syntax, where it could not.
    pub unread: Option<String>,
    /// Of a page, the letters that it shows by itself, sorted.
    pub letters: Arc<[char]>,
}

impl Graph {
    /// The references of one file.
    #[must_use]
    pub fn from(&self, file: usize) -> &[Reference] {
        let start = self.references.partition_point(|reference| reference.from < file);
        let end = self.references.partition_point(|reference| reference.from <= file);
        &self.references[start..end]
    }

    /// The references to each file, by their places in [`Graph::references`].
    #[must_use]
    pub fn referrers(&self) -> Vec<Vec<usize>> {
        let mut referrers = vec![Vec::new(); self.files.len()];
        for (at, reference) in self.references.iter().enumerate() {
            referrers[reference.to].push(at);
        }
        referrers
    }

    /// A doubt in words, which are the same when the tool runs on what it made.
    #[must_use]
    pub fn said(&self, doubt: &Doubt) -> String {
        let name = |file: usize| self.files[file].source.as_str();
        match doubt {
            Doubt::Named { by } => match &self.files[*by].unread {
                Some(why) => format!("`{}` names it, and cannot be read: {why}", name(*by)),
                None => format!("`{}` names it in a way that is not understood", name(*by)),
            },
            Doubt::Computed { by, .. } if self.files[*by].unread.is_some() => {
                let why = self.files[*by].unread.as_deref().unwrap_or_default();
                format!("`{}` may put any name together, and cannot be read: {why}", name(*by))
            }
            Doubt::Computed { by, pattern } => {
                format!("`{}` puts a name together that may be its: `{pattern}`", name(*by))
            }
            Doubt::Escaped { by } => format!("`{}` writes its name with escapes", name(*by)),
            Doubt::Frozen { by, why } => format!("`{}` refers to it, and must stay as it is: {why}", name(*by)),
            Doubt::Ambiguous { by } => {
                format!("`{}` means another file by the same address on another page", name(*by))
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
