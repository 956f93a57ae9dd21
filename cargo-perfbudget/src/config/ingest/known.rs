//! What is known of the files of well-known tools, so that they need no mapping.

use super::{Measure, Naming, Needed};
use crate::model::{Custom, Direction, Kind, Metric, Unit};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Any JSON document; fields are JSON pointers (RFC 6901) within an entry.
    Json,
    /// Comma-separated values with a header (RFC 4180); fields are columns.
    Csv,
    /// OpenMetrics or Prometheus text; fields are series, `name{label="value"}`.
    OpenMetrics,
    /// `redis-cli INFO`; fields are its keys, `db0.keys` within a list.
    RedisInfo,
    /// `hyperfine --export-json`.
    Hyperfine,
    /// `k6 run --summary-export`, or the data of its `handleSummary`.
    K6,
    /// Lighthouse's JSON report.
    Lighthouse,
    /// Bencher's metric format.
    Bencher,
}

/// What a format is known for.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) each: Option<String>,
    pub(super) naming: Option<Naming>,
    pub(super) measures: Vec<Measure>,
}

impl Format {
    /// All formats by name.
    pub const ALL: &[(&'static str, Format)] = &[
        ("json", Format::Json),
        ("csv", Format::Csv),
        ("openmetrics", Format::OpenMetrics),
        ("redis-info", Format::RedisInfo),
        ("hyperfine", Format::Hyperfine),
        ("k6", Format::K6),
        ("lighthouse", Format::Lighthouse),
        ("bencher", Format::Bencher),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Format::ALL.iter().find(|(_, format)| *format == self).map_or("json", |(name, _)| name)
    }

    /// Whether it is a JSON document.
    #[must_use]
    pub fn is_json(self) -> bool {
        !matches!(self, Format::Csv | Format::OpenMetrics | Format::RedisInfo)
    }

    pub(super) fn known(self) -> Known {
        let field = |name: &str| Some(Naming::Field(vec![name.to_owned()]));
        match self {
            Format::Json | Format::Csv | Format::OpenMetrics | Format::RedisInfo => Known::default(),
            Format::Hyperfine => {
                Known { each: Some("/results".into()), naming: field("/command"), measures: hyperfine() }
            }
            Format::K6 => Known { measures: k6(), ..Known::default() },
            Format::Lighthouse => {
                let fields = ["/finalDisplayedUrl", "/finalUrl", "/requestedUrl"].map(String::from);
                Known { naming: Some(Naming::Field(fields.into())), measures: lighthouse(), each: None }
            }
            Format::Bencher => Known { each: Some(String::new()), naming: Some(Naming::Key), measures: bencher() },
        }
    }
}

/// The metrics of all known formats.
#[must_use]
pub fn known_metrics() -> Vec<Metric> {
    let formats = Format::ALL.iter().flat_map(|(_, format)| format.known().measures);
    formats.map(|measure| measure.metric).collect()
}

const NANOS_IN_SECOND: f64 = 1e9;
const NANOS_IN_MILLISECOND: f64 = 1e6;
const PPM: f64 = 1e6;

fn measure(name: &str, unit: Unit, better: Direction, factor: f64, from: &[&str]) -> Option<Measure> {
    let definition = Custom { name: name.to_owned(), unit, better, kind: Kind::Sampled };
    Some(Measure {
        metric: Metric::custom(definition)?,
        from: from.iter().map(ToString::to_string).collect(),
        of: Vec::new(),
        samples: None,
        bounds: None,
        factor,
        needed: Needed::No,
    })
}

/// Seconds, and bytes of the largest process.
fn hyperfine() -> Vec<Measure> {
    let seconds = |name, from| measure(name, Unit::Nanoseconds, Direction::Less, NANOS_IN_SECOND, &[from]);
    let wall = seconds("wall-time", "/median").map(|own| Measure { samples: Some("/times".into()), ..own });
    let memory = measure("resident-memory", Unit::Bytes, Direction::Less, 1.0, &[]);
    let memory = memory.map(|own| Measure { samples: Some("/memory_usage_byte".into()), ..own });
    [wall, seconds("user-time", "/user"), seconds("system-time", "/system"), memory].into_iter().flatten().collect()
}

/// Milliseconds, bytes, shares and counts. A summary has a metric's numbers in itself or under `values`.
fn k6() -> Vec<Measure> {
    let at = |metric: &str, fields: &[&str]| -> Vec<String> {
        let places = fields.iter().flat_map(|field| [format!("values/{field}"), (*field).to_owned()]);
        places.map(|place| format!("/metrics/{metric}/{place}")).collect()
    };
    let one = |name: &str, unit, better, factor, metric: &str, fields: &[&str]| {
        let from = at(metric, fields);
        measure(name, unit, better, factor, &from.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut all = Vec::new();
    for (metric, name) in [("http_req_duration", "http-req-duration"), ("iteration_duration", "iteration-duration")] {
        for (field, short) in
            [("avg", "avg"), ("med", "med"), ("max", "max"), ("p(90)", "p90"), ("p(95)", "p95"), ("p(99)", "p99")]
        {
            let name = format!("{name}-{short}");
            all.push(one(&name, Unit::Nanoseconds, Direction::Less, NANOS_IN_MILLISECOND, metric, &[field]));
        }
    }
    let share = |name: &str, better, metric: &str| one(name, Unit::Share, better, PPM, metric, &["rate", "value"]);
    all.push(share("http-req-failed", Direction::Less, "http_req_failed"));
    all.push(share("checks", Direction::More, "checks"));
    let rate = |name: &str, metric: &str| one(name, Unit::Count(""), Direction::More, 1.0, metric, &["rate"]);
    all.push(rate("http-reqs-per-second", "http_reqs"));
    all.push(rate("iterations-per-second", "iterations"));
    all.push(one("data-received", Unit::Bytes, Direction::Less, 1.0, "data_received", &["count"]));
    all.push(one("data-sent", Unit::Bytes, Direction::Less, 1.0, "data_sent", &["count"]));
    all.into_iter().flatten().collect()
}

/// Milliseconds, bytes, counts and scores from 0 to 1.
fn lighthouse() -> Vec<Measure> {
    let audit = |name: &str, unit, factor| {
        measure(name, unit, Direction::Less, factor, &[&format!("/audits/{name}/numericValue")])
    };
    let mut all = Vec::new();
    for name in [
        "first-contentful-paint",
        "largest-contentful-paint",
        "speed-index",
        "total-blocking-time",
        "max-potential-fid",
        "interactive",
        "server-response-time",
        "mainthread-work-breakdown",
        "bootup-time",
    ] {
        all.push(audit(name, Unit::Nanoseconds, NANOS_IN_MILLISECOND));
    }
    // A layout shift is a plain number far below 1: as a share it keeps its digits.
    all.push(audit("cumulative-layout-shift", Unit::Share, PPM));
    all.push(audit("total-byte-weight", Unit::Bytes, 1.0));
    all.push(audit("dom-size", Unit::Count(""), 1.0));
    for name in ["performance", "accessibility", "best-practices", "seo"] {
        let from = format!("/categories/{name}/score");
        all.push(measure(&format!("{name}-score"), Unit::Share, Direction::More, PPM, &[&from]));
    }
    all.into_iter().flatten().collect()
}

/// The measures that Bencher's documentation names, in its units.
fn bencher() -> Vec<Measure> {
    let one = |name: &str, field: &str, unit, better, factor| {
        let bound = |end: &str| format!("/{field}/{end}_value");
        let bounds = Some((bound("lower"), bound("upper")));
        measure(name, unit, better, factor, &[&format!("/{field}/value")]).map(|own| Measure { bounds, ..own })
    };
    let all = [
        one("latency", "latency", Unit::Nanoseconds, Direction::Less, 1.0),
        one("throughput", "throughput", Unit::Count(""), Direction::More, 1.0),
        one("file-size", "file-size", Unit::Bytes, Direction::Less, 1.0),
        one("build-time", "build-time", Unit::Nanoseconds, Direction::Less, NANOS_IN_SECOND),
    ];
    all.into_iter().flatten().collect()
}
