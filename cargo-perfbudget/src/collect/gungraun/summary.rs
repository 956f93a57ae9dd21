//! The runner's summaries, one JSON document a line, in every schema from 3 (0.14) to 7 (0.20). Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::model::Metric;

/// The schemas that are read.
const SCHEMAS: std::ops::RangeInclusive<u64> = 3..=7;

/// What the runner says of one benchmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// `file::group::function`.
    pub module_path: String,
    /// The name of the case, where it has one.
    pub id: Option<String>,
    /// What was counted, by our metrics.
    pub values: BTreeMap<Metric, u64>,
    /// The runner's own metrics that are beyond a limit that the benchmark itself states.
    pub beyond: Vec<String>,
}

/// Why a summary cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is of a schema that is not known.
    Schema(String),
    /// It is not in the format of its schema: what is wrong.
    Format(String),
}

/// Reads everything that a runner has printed. What is no JSON object is passed over: benchmarks may print, too.
#[must_use]
pub fn read_all(text: &str) -> Vec<Result<Summary, Unreadable>> {
    text.lines().map(str::trim).filter(|line| line.starts_with('{')).filter_map(read).collect()
}

/// Reads one line; `None` where it is another program's JSON.
fn read(line: &str) -> Option<Result<Summary, Unreadable>> {
    #[derive(Deserialize)]
    struct Head {
        version: String,
        module_path: IgnoredAny,
    }
    let head: Head = match serde_json::from_str(line) {
        Ok(head) => head,
        // A line that was cut off is the runner's all the same.
        Err(why) if why.is_eof() => return Some(Err(Unreadable::Format(why.to_string()))),
        Err(_) => return None,
    };
    let IgnoredAny = head.module_path;
    if !head.version.parse::<u64>().is_ok_and(|schema| SCHEMAS.contains(&schema)) {
        return Some(Err(Unreadable::Schema(head.version)));
    }
    Some(serde_json::from_str(line).map(Wire::meant).map_err(|why| Unreadable::Format(why.to_string())))
}

/// All schemas at once: what one has, others lack, and nothing means two things.
#[derive(Deserialize)]
struct Wire {
    module_path: String,
    #[serde(default)]
    id: Option<String>,
    /// Schema 3.
    #[serde(default)]
    callgrind_summary: Option<Callgrind>,
    /// Schema 3.
    #[serde(default)]
    tool_summaries: Vec<Profile>,
    /// Since schema 4.
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Callgrind {
    callgrind_run: CallgrindRun,
}

#[derive(Deserialize)]
struct CallgrindRun {
    total: CallgrindTotal,
}

#[derive(Deserialize)]
struct CallgrindTotal {
    summary: BTreeMap<String, Entry>,
    #[serde(default)]
    regressions: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Profile {
    tool: String,
    /// `data` since schema 7.
    #[serde(alias = "data")]
    summaries: Data,
}

#[derive(Deserialize)]
struct Data {
    total: Total,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Total {
    /// Since schema 7.
    Flat { metrics: BTreeMap<String, serde_json::Value>, regressions: Vec<serde_json::Value> },
    /// Schemas 4 to 6.
    Nested { summary: Named, regressions: Vec<serde_json::Value> },
    /// Schema 3.
    Bare(Named),
}

/// A tool's metrics below the tool's name, or the word `None`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Some(BTreeMap<String, BTreeMap<String, Entry>>),
    None(IgnoredAny),
}

/// One metric; how it differs from an earlier run is not looked at.
#[derive(Deserialize)]
struct Entry {
    /// `values` since schema 7.
    #[serde(alias = "values")]
    metrics: Sides,
}

#[derive(Deserialize)]
struct Sides {
    /// The new value where there is no old one, or beside it since schema 7.
    #[serde(default, rename = "Left", alias = "new")]
    new: Option<Number>,
    /// The new and the old value.
    #[serde(default, rename = "Both")]
    both: Option<(Number, IgnoredAny)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u64),
    /// Schemas 5 and 6.
    Tagged {
        #[serde(rename = "Int")]
        count: u64,
    },
    /// A rate, which is derived from the counts.
    Other(IgnoredAny),
}

impl Number {
    fn count(&self) -> Option<u64> {
        match self {
            Number::Plain(count) | Number::Tagged { count } => Some(*count),
            Number::Other(IgnoredAny) => None,
        }
    }
}

impl Entry {
    fn count(&self) -> Option<u64> {
        let both = self.metrics.both.as_ref().map(|(new, IgnoredAny)| new);
        self.metrics.new.as_ref().or(both).and_then(Number::count)
    }
}

/// What a tool counted, by its own names.
type Counts = BTreeMap<String, u64>;

fn counts(entries: BTreeMap<String, Entry>) -> Counts {
    entries.into_iter().filter_map(|(name, entry)| Some((name, entry.count()?))).collect()
}

impl Total {
    fn parts(self) -> (Counts, Vec<serde_json::Value>) {
        let of = |named: Named| -> Counts {
            match named {
                Named::Some(tools) => tools.into_values().flat_map(counts).collect(),
                Named::None(IgnoredAny) => Counts::new(),
            }
        };
        match self {
            // The metrics of a tool that is not known here may have another shape.
            Total::Flat { metrics, regressions } => {
                let entry = |(name, value)| Some((name, serde_json::from_value::<Entry>(value).ok()?));
                (counts(metrics.into_iter().filter_map(entry).collect()), regressions)
            }
            Total::Nested { summary, regressions } => (of(summary), regressions),
            Total::Bare(summary) => (of(summary), Vec::new()),
        }
    }
}

impl Wire {
    fn meant(self) -> Summary {
        let (mut callgrind, mut cachegrind, mut dhat) = (Counts::new(), Counts::new(), Counts::new());
        let mut beyond = Vec::new();
        if let Some(summary) = self.callgrind_summary {
            let total = summary.callgrind_run.total;
            callgrind = counts(total.summary);
            beyond.extend(total.regressions.iter().filter_map(limited));
        }
        for profile in self.tool_summaries.into_iter().chain(self.profiles) {
            let (counts, regressions) = profile.summaries.total.parts();
            beyond.extend(regressions.iter().filter_map(limited));
            match profile.tool.as_str() {
                "Callgrind" => callgrind = counts,
                "Cachegrind" => cachegrind = counts,
                "DHAT" => dhat = counts,
                // Others count errors, or nothing.
                _ => {}
            }
        }
        // Callgrind counts the function alone, cachegrind whatever runs before it, too.
        let cpu = if callgrind.is_empty() { cachegrind } else { callgrind };
        let mut values = BTreeMap::new();
        let mut put = |metric, count: Option<u64>| values.extend(count.map(|count| (metric, count)));
        let of = |counts: &Counts, name: &str| counts.get(name).copied();
        put(Metric::Instructions, of(&cpu, "Ir"));
        put(Metric::Branches, of(&cpu, "Bc").zip(of(&cpu, "Bi")).and_then(|(one, other)| one.checked_add(other)));
        put(Metric::L1Hits, of(&cpu, "L1hits"));
        put(Metric::LlHits, of(&cpu, "LLhits"));
        put(Metric::RamHits, of(&cpu, "RamHits"));
        put(Metric::EstimatedCycles, of(&cpu, "EstimatedCycles"));
        put(Metric::Allocations, of(&dhat, "TotalBlocks"));
        put(Metric::AllocatedBytes, of(&dhat, "TotalBytes"));
        put(Metric::PeakHeap, of(&dhat, "AtTGmaxBytes"));
        put(Metric::HeapAtExit, of(&dhat, "AtTEndBytes"));
        Summary { module_path: self.module_path, id: self.id, values, beyond }
    }
}

/// The metric of a regression that the runner found: `{"event_kind": "Ir", …}`, `{"metric": {"Callgrind": "Ir"}, …}`, or the
/// latter below `Soft` or `Hard`.
fn limited(regression: &serde_json::Value) -> Option<String> {
    let inner = ["Soft", "Hard"].into_iter().find_map(|kind| regression.get(kind)).unwrap_or(regression);
    let metric = inner.get("event_kind").or_else(|| inner.get("metric")?.as_object()?.values().next())?;
    metric.as_str().map(str::to_owned)
}
