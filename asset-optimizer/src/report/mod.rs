//! What was done, for a person and for a program.

pub mod explain;
pub mod graph;
pub mod graph_json;
pub mod json;
#[cfg(feature = "webpage")]
pub mod page;
pub mod planned;
pub mod text;
#[cfg(feature = "webpage")]
mod treemap;
mod visits;

use std::collections::BTreeMap;

use crate::asset::{AssetPath, ByteCount, Encoding, Kind};
use crate::cache::Tally;
use crate::choose::Choice;
use crate::manifest::Coverage;
use crate::optimize::Origin;
use crate::plan::Job;

pub use visits::{Fetched, Visit, visits};

/// What became of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it lies.
    pub path: AssetPath,
    /// What it is.
    pub kind: Kind,
    /// What it weighed.
    pub before: ByteCount,
    /// What it weighs.
    pub after: ByteCount,
    /// The same two by the cheap encoder, where it is encoded on the wire.
    pub estimates: (ByteCount, ByteCount),
    /// What is served encoded.
    pub encoded: Vec<(Encoding, ByteCount)>,
    /// Who made it; `None` where the input was kept.
    pub engine: Option<String>,
    /// Why the input was kept.
    pub why_kept: Option<String>,
    /// What it is served as.
    pub name: AssetPath,
    /// Why it was not renamed, where it was not.
    pub why_name_kept: Option<String>,
    /// Whether it was worked on in this run.
    pub origin: Origin,
    /// How long it took.
    pub seconds: f64,
}

/// What was done with a folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The files, by their paths.
    pub entries: Vec<Entry>,
    /// What a person should know besides.
    pub remarks: Vec<String>,
    /// What each page loads, the heaviest first.
    pub visits: Vec<Visit>,
    /// Of how many files it is known who refers to them.
    pub coverage: Coverage,
    /// What the cache did.
    pub cache: Tally,
    /// How long it took, all in all.
    pub seconds: f64,
}

impl Entry {
    /// What became of a file.
    #[must_use]
    pub fn new(job: &Job, choice: &Choice, origin: Origin, seconds: f64) -> Entry {
        Entry {
            path: job.path.clone(),
            kind: job.kind,
            before: job.bytes,
            after: ByteCount::of(&choice.bytes),
            estimates: (ByteCount(choice.estimate_before), ByteCount(choice.estimate_after)),
            encoded: choice.encoded.iter().map(|(encoding, bytes)| (*encoding, ByteCount::of(bytes))).collect(),
            engine: choice.engine().map(str::to_owned),
            why_kept: choice.why_kept.clone(),
            name: job.path.clone(),
            why_name_kept: None,
            origin,
            seconds,
        }
    }

    /// A file that was copied without a look into it.
    #[must_use]
    pub fn copied(path: &AssetPath, kind: Kind, bytes: ByteCount, why: &str) -> Entry {
        Entry {
            path: path.clone(),
            kind,
            before: bytes,
            after: bytes,
            estimates: (bytes, bytes),
            encoded: Vec::new(),
            engine: None,
            why_kept: Some(why.to_owned()),
            name: path.clone(),
            why_name_kept: None,
            origin: Origin::Made,
            seconds: 0.0,
        }
    }

    /// What became of a source map, which changes with its file or not at all.
    #[must_use]
    pub fn of_map(
        path: &AssetPath,
        of: &AssetPath,
        before: ByteCount,
        after: Option<ByteCount>,
        origin: Origin,
    ) -> Entry {
        Entry {
            path: path.clone(),
            kind: Kind::SourceMap,
            before,
            after: after.unwrap_or(before),
            estimates: (before, after.unwrap_or(before)),
            encoded: Vec::new(),
            engine: after.map(|_| format!("chained with `{of}`")),
            why_kept: after.is_none().then(|| "a source map changes with its file only".to_owned()),
            name: path.clone(),
            why_name_kept: None,
            origin,
            seconds: 0.0,
        }
    }

    /// What it weighs on the wire for a client that takes this encoding.
    #[must_use]
    pub fn on_the_wire(&self, encoding: Encoding) -> ByteCount {
        let encoded = self.encoded.iter().find(|(own, _)| *own == encoding);
        encoded.map_or(self.after, |(_, bytes)| *bytes)
    }

    /// What it weighs on the wire for a client that takes whatever there is; `None` for a source map, which is there for a
    /// developer only.
    #[must_use]
    pub fn lightest(&self) -> Option<ByteCount> {
        let encoded = self.encoded.iter().map(|(_, bytes)| *bytes);
        (self.kind != Kind::SourceMap).then(|| encoded.chain([self.after]).min().unwrap_or_default())
    }

    /// How much lighter it is on the wire than its input would be, encoded alike, in thousandths of the input.
    #[must_use]
    pub fn saved_permille(&self) -> u64 {
        let (ByteCount(before), ByteCount(after)) = self.estimates;
        before.saturating_sub(after).saturating_mul(1000).checked_div(before).unwrap_or(0)
    }
}

/// Sums over files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many files.
    pub files: usize,
    /// How many of them were changed.
    pub changed: usize,
    /// What they weighed.
    pub before: ByteCount,
    /// What they weigh.
    pub after: ByteCount,
    /// What of them a visitor can ask for weighs with brotli.
    pub brotli: ByteCount,
    /// The same with gzip.
    pub gzip: ByteCount,
}

impl Report {
    /// Sums for each kind that there is, in the order of the kinds.
    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<Kind, Sum> {
        let mut sums: BTreeMap<Kind, Sum> = BTreeMap::new();
        for entry in &self.entries {
            add(sums.entry(entry.kind).or_default(), entry);
        }
        sums
    }

    /// What the cache spared: bytes that were not worked on again, and milliseconds of work.
    #[must_use]
    pub fn saved(&self) -> (ByteCount, u64) {
        let spared = self.entries.iter().filter_map(|entry| match entry.origin {
            Origin::Cached { millis } => Some((entry.before, millis)),
            Origin::Made => None,
        });
        spared.fold((ByteCount(0), 0), |(bytes, millis), (more, longer)| (bytes + more, millis.saturating_add(longer)))
    }

    /// The sum of all files but source maps, which are on the wire for a developer only, and grow where they lead through
    /// one more step.
    #[must_use]
    pub fn total(&self) -> Sum {
        let mut sum = Sum::default();
        self.entries.iter().filter(|entry| entry.kind != Kind::SourceMap).for_each(|entry| add(&mut sum, entry));
        sum
    }
}

fn add(sum: &mut Sum, entry: &Entry) {
    sum.files += 1;
    sum.changed += usize::from(entry.engine.is_some());
    sum.before += entry.before;
    sum.after += entry.after;
    // A source map is on the wire for a developer only.
    if entry.kind != Kind::SourceMap {
        sum.brotli += entry.on_the_wire(Encoding::Brotli);
        sum.gzip += entry.on_the_wire(Encoding::Gzip);
    }
}
