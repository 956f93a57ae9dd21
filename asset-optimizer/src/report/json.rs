//! The report for programs: versioned, sorted by path.

use serde::Serialize;

use super::{Entry, Report, Sum, Visit};
use crate::asset::Encoding;
use crate::cache::TierTally;
use crate::manifest::{PUBLIC_WEB, Weight};
use crate::optimize::Origin;

/// The version of the format; it counts up when something is renamed, removed, or changes its meaning.
const SCHEMA: u32 = 1;
/// The JSON Schema of the format.
pub const SCHEMA_TEXT: &str = include_str!("../../schema/report.json");

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    total: Total,
    kinds: Vec<OfKind>,
    files: Vec<File<'a>>,
    pages: Vec<Page<'a>>,
    public_web: Web,
    remarks: &'a [String],
    coverage: Covered,
    cache: CacheTally<'a>,
}

#[derive(Serialize)]
struct Covered {
    proven: usize,
    files: usize,
}

#[derive(Serialize)]
struct OfKind {
    kind: &'static str,
    #[serde(flatten)]
    total: Total,
}

#[derive(Serialize)]
struct Total {
    files: usize,
    changed: usize,
    bytes_before: u64,
    bytes_after: u64,
    gzip_bytes: u64,
    brotli_bytes: u64,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    kind: &'static str,
    bytes_before: u64,
    bytes_after: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    brotli_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gzip_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zstd_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_because: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_kept_because: Option<&'a str>,
    cached: bool,
}

#[derive(Serialize)]
struct Page<'a> {
    page: &'a str,
    round_trips: u32,
    first_load: Loaded,
    #[serde(skip_serializing_if = "Option::is_none")]
    lazy_load: Option<Loaded>,
}

#[derive(Serialize)]
struct Web {
    source: &'static str,
    year: u16,
    first_load: Loaded,
}

#[derive(Serialize)]
struct Loaded {
    requests: u64,
    bytes: u64,
    js_bytes: u64,
    css_bytes: u64,
    image_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    font_bytes: Option<u64>,
}

#[derive(Serialize)]
struct CacheTally<'a> {
    hits: u64,
    misses: u64,
    saved_bytes: u64,
    saved_milliseconds: u64,
    tiers: Vec<OfTier<'a>>,
    troubles: &'a [String],
}

#[derive(Serialize)]
struct OfTier<'a> {
    tier: &'a str,
    hits: u64,
    misses: u64,
    read_bytes: u64,
    written: u64,
    written_bytes: u64,
    saved_milliseconds: u64,
    is_dropped: bool,
}

/// The report as JSON. Times are left out: they differ from run to run.
#[must_use]
pub fn render(report: &Report) -> String {
    let document = Document {
        schema: SCHEMA,
        total: total(&report.total()),
        kinds: report.by_kind().iter().map(|(kind, sum)| OfKind { kind: kind.name(), total: total(sum) }).collect(),
        files: report.entries.iter().map(file).collect(),
        pages: report.visits.iter().map(page).collect(),
        public_web: Web {
            source: PUBLIC_WEB.source,
            year: PUBLIC_WEB.year,
            first_load: Loaded { font_bytes: None, ..loaded(&PUBLIC_WEB.median) },
        },
        remarks: &report.remarks,
        coverage: Covered { proven: report.coverage.proven, files: report.coverage.files },
        cache: CacheTally {
            hits: report.cache.hits,
            misses: report.cache.misses,
            saved_bytes: report.saved().0.0,
            saved_milliseconds: report.saved().1,
            tiers: report.cache.tiers.iter().map(tier).collect(),
            troubles: &report.cache.troubles,
        },
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn tier(tally: &TierTally) -> OfTier<'_> {
    OfTier {
        tier: &tally.label,
        hits: tally.hits,
        misses: tally.misses,
        read_bytes: tally.read.0,
        written: tally.written,
        written_bytes: tally.written_bytes.0,
        saved_milliseconds: tally.saved_millis,
        is_dropped: tally.is_dropped,
    }
}

fn page(visit: &Visit) -> Page<'_> {
    Page {
        page: visit.page.as_str(),
        round_trips: visit.round_trips,
        first_load: loaded(&visit.first),
        lazy_load: visit.later.as_ref().map(loaded),
    }
}

fn loaded(weight: &Weight) -> Loaded {
    Loaded {
        requests: weight.requests,
        bytes: weight.bytes.0,
        js_bytes: weight.js.0,
        css_bytes: weight.css.0,
        image_bytes: weight.images.0,
        font_bytes: Some(weight.fonts.0),
    }
}

fn total(sum: &Sum) -> Total {
    Total {
        files: sum.files,
        changed: sum.changed,
        bytes_before: sum.before.0,
        bytes_after: sum.after.0,
        gzip_bytes: sum.gzip.0,
        brotli_bytes: sum.brotli.0,
    }
}

fn file(entry: &Entry) -> File<'_> {
    let encoded = |encoding: Encoding| entry.encoded.iter().find(|(own, _)| *own == encoding).map(|(_, bytes)| bytes.0);
    File {
        path: entry.path.as_str(),
        kind: entry.kind.name(),
        bytes_before: entry.before.0,
        bytes_after: entry.after.0,
        brotli_bytes: encoded(Encoding::Brotli),
        gzip_bytes: encoded(Encoding::Gzip),
        zstd_bytes: encoded(Encoding::Zstd),
        made_by: entry.engine.as_deref(),
        kept_because: entry.why_kept.as_deref(),
        name: entry.name.as_str(),
        name_kept_because: entry.why_name_kept.as_deref(),
        cached: entry.origin != Origin::Made,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::{AssetPath, ByteCount, Kind};
    use crate::cache::Tally;
    use crate::manifest::Coverage;

    fn checked(report: &Report) -> Result<(), String> {
        let mut compiler = boon::Compiler::new();
        let mut schemas = boon::Schemas::new();
        let schema: serde_json::Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
        assert_eq!(schema["properties"]["schema"]["const"], SCHEMA);
        compiler.add_resource("report.json", schema).unwrap();
        let index = compiler.compile("report.json", &mut schemas).unwrap();
        let written: serde_json::Value = serde_json::from_str(&render(report)).unwrap();
        schemas.validate(&written, index).map_err(|why| format!("{why:#}\n{written:#}"))
    }

    #[test]
    fn a_report_is_what_its_schema_says() {
        checked(&Report::default()).unwrap();
        let entry = |kind: Kind, engine: Option<&str>, why: Option<&str>, encoded: &[(Encoding, ByteCount)]| Entry {
            path: AssetPath::new("a/\u{1b}\"ü.js").unwrap(),
            kind,
            before: ByteCount(1000),
            after: ByteCount(900),
            estimates: (ByteCount(300), ByteCount(280)),
            encoded: encoded.to_vec(),
            engine: engine.map(str::to_owned),
            why_kept: why.map(str::to_owned),
            name: AssetPath::new("a/ü-x.js").unwrap(),
            why_name_kept: why.map(str::to_owned),
            origin: Origin::Cached { millis: 1500 },
            seconds: 0.5,
        };
        let all = Encoding::ALL.map(|encoding| (encoding, ByteCount(270)));
        let mut entries: Vec<Entry> = Kind::ALL.iter().map(|&kind| entry(kind, None, Some("kept"), &[])).collect();
        entries.push(entry(Kind::JavaScript, Some("swc"), None, &all));
        let tier = TierTally { label: "redis".into(), hits: 1, misses: 2, read: ByteCount(9), ..TierTally::default() };
        let cache = Tally { hits: 1, misses: 2, tiers: vec![tier], troubles: vec!["damaged".into()] };
        let visit = |later| Visit {
            page: AssetPath::new("index.html").unwrap(),
            first: Weight { requests: 2, bytes: ByteCount(5), ..Weight::default() },
            later,
            round_trips: 2,
            files: Vec::new(),
            left_out: 0,
        };
        checked(&Report {
            entries,
            remarks: vec!["remark".into()],
            visits: vec![visit(None), visit(Some(Weight::default()))],
            coverage: Coverage::default(),
            cache,
            seconds: 1.5,
        })
        .unwrap();
    }
}
