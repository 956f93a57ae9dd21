//! Anatomy: what a built file consists of, each byte of it once.

use std::collections::BTreeMap;

use super::cause::{Moved, Profile};
use super::metric::Metric;
use super::name::Subject;

/// What a function takes in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Code {
    /// Bytes of machine code, of all its copies together.
    pub bytes: u64,
    /// How many copies there are: one for each set of types that a generic function is compiled for.
    pub copies: u64,
}

/// What a part of a file that is no function is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// Machine code that no symbol names, and what fills the gaps between functions.
    Code,
    /// Constants and variables.
    Data,
    /// How to unwind the stack when a panic passes.
    Unwinding,
    /// What a loader needs: imports, exports, relocations.
    Linking,
    /// Headers, and what fills the gaps between sections.
    Headers,
    /// Symbols, debug information and notes: only tools read them, and `strip` removes them.
    Tools,
    /// A format that is not known.
    Unknown,
}

impl PartKind {
    /// All kinds, in the order in which they are listed.
    pub const ALL: [PartKind; 7] = [
        PartKind::Code,
        PartKind::Data,
        PartKind::Unwinding,
        PartKind::Linking,
        PartKind::Headers,
        PartKind::Unknown,
        PartKind::Tools,
    ];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PartKind::Code => "code",
            PartKind::Data => "data",
            PartKind::Unwinding => "unwinding",
            PartKind::Linking => "linking",
            PartKind::Headers => "headers",
            PartKind::Tools => "tools",
            PartKind::Unknown => "unknown",
        }
    }

    /// What it is called for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            PartKind::Code => "code outside of named functions",
            PartKind::Data => "data",
            PartKind::Unwinding => "unwinding tables",
            PartKind::Linking => "linking",
            PartKind::Headers => "headers and padding",
            PartKind::Tools => "symbols and debug information",
            PartKind::Unknown => "of an unknown format",
        }
    }
}

/// What the symbols of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// Names of functions.
    Present,
    /// Nothing: it was stripped, or keeps them elsewhere.
    Missing,
    /// More than can be read.
    TooMany,
    /// The format of the file is not known, or it is damaged.
    Unreadable,
}

impl Symbols {
    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Symbols::Present => "present",
            Symbols::Missing => "missing",
            Symbols::TooMany => "too-many",
            Symbols::Unreadable => "unreadable",
        }
    }
}

/// What a built file consists of. Functions and parts together are exactly as long as the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anatomy {
    /// What each function takes, by the name that a person reads.
    pub functions: BTreeMap<String, Code>,
    /// What is no function, by its kind and the name of its section. Bytes.
    pub parts: BTreeMap<(PartKind, String), u64>,
    /// What the symbols tell.
    pub symbols: Symbols,
}

impl Anatomy {
    /// A file of which only the length is known, in bytes.
    #[must_use]
    pub fn unknown(length: u64) -> Anatomy {
        let parts = BTreeMap::from([((PartKind::Unknown, "all of it".to_owned()), length)]);
        Anatomy { functions: BTreeMap::new(), parts, symbols: Symbols::Unreadable }
    }

    /// The length of the file, in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.named() + self.parts.values().sum::<u64>()
    }

    /// The bytes of what would be shipped: all but symbols, debug information and notes for tools.
    #[must_use]
    pub fn shipped(&self) -> u64 {
        self.length() - self.of_kind(PartKind::Tools)
    }

    /// The bytes of machine code; `None` where the format is not known.
    #[must_use]
    pub fn code(&self) -> Option<u64> {
        (self.symbols != Symbols::Unreadable).then(|| self.named() + self.of_kind(PartKind::Code))
    }

    /// The bytes of all functions that have a name.
    #[must_use]
    pub fn named(&self) -> u64 {
        self.functions.values().map(|code| code.bytes).sum()
    }

    /// The bytes of all parts of a kind.
    #[must_use]
    pub fn of_kind(&self, kind: PartKind) -> u64 {
        self.parts.iter().filter(|((own, _), _)| *own == kind).map(|(_, bytes)| bytes).sum()
    }

    /// What makes up a size: functions, and in square brackets what is none. The whole of it is exactly the size.
    #[must_use]
    pub fn profile(&self, metric: Metric) -> Profile {
        let is_in = |kind: PartKind| match metric {
            Metric::SizeText => kind == PartKind::Code,
            _ => kind != PartKind::Tools,
        };
        let mut profile: BTreeMap<String, u64> =
            self.functions.iter().map(|(name, code)| (name.clone(), code.bytes)).collect();
        for ((kind, name), bytes) in self.parts.iter().filter(|((kind, _), _)| is_in(*kind)) {
            let label = match kind {
                PartKind::Code => format!("[{name}, {}]", kind.words()),
                _ => format!("[{name}]"),
            };
            *profile.entry(label).or_default() += bytes;
        }
        profile.retain(|_, bytes| *bytes > 0);
        Profile(profile)
    }
}

/// What a file grew by since an earlier state of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The earlier state, as reports name it.
    pub base: String,
    /// The bytes to ship before.
    pub before: u64,
    /// The bytes to ship after.
    pub after: u64,
    /// What takes more or less than before, by the size of the difference; all of it, so that the sum is the growth.
    pub moved: Vec<Moved>,
}

/// A file and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dissection {
    /// Which file.
    pub subject: Subject,
    /// What it consists of.
    pub anatomy: Anatomy,
    /// What it grew by, where that was asked for.
    pub growth: Option<Growth>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_the_whole_of_a_size_and_tools_are_not_shipped() {
        let part = |kind, name: &str, bytes| ((kind, name.to_owned()), bytes);
        let anatomy = Anatomy {
            functions: BTreeMap::from([("shop::sum".to_owned(), Code { bytes: 70, copies: 2 })]),
            parts: BTreeMap::from([
                part(PartKind::Code, ".text", 10),
                part(PartKind::Data, ".rodata", 20),
                part(PartKind::Tools, ".symtab", 400),
            ]),
            symbols: Symbols::Present,
        };
        assert_eq!((anatomy.length(), anatomy.shipped(), anatomy.code()), (500, 100, Some(80)));
        let (size, text) = (anatomy.profile(Metric::Size), anatomy.profile(Metric::SizeText));
        assert_eq!((size.total(), text.total()), (100, 80));
        let names: Vec<&str> = size.0.keys().map(String::as_str).collect();
        assert_eq!(names, ["[.rodata]", "[.text, code outside of named functions]", "shop::sum"]);
        let unknown = Anatomy::unknown(7);
        assert_eq!((unknown.length(), unknown.shipped(), unknown.code()), (7, 7, None));
        assert_eq!(unknown.profile(Metric::Size).total(), 7);
    }
}
