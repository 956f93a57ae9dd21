//! The ground floor: plain values that every other room speaks in, with no I/O, clock or format.

pub mod anatomy;
pub mod assumptions;
pub mod bisection;
pub mod budget;
pub mod cached;
pub mod cause;
pub mod code;
pub mod comparison;
pub mod estimate;
pub mod home;
pub mod metric;
pub mod name;
pub mod record;
pub mod report;
pub mod run;
pub mod shard;
pub mod unit;
pub mod worth;

pub use anatomy::{Anatomy, Dissection};
pub use assumptions::Assumptions;
pub use bisection::Bisection;
pub use budget::{Budget, Glob, Limits, Severity};
pub use cached::{CacheUse, TierUse};
pub use cause::{Bump, Cause, Dependency, Profile};
pub use code::Code;
pub use comparison::{Certainty, Change, Comparison, Row};
pub use estimate::{Evidence, Failure, NOISE_WIDENING, Outcome};
pub use metric::{Custom, Direction, Kind, Metric};
pub use name::{Artifact, ArtifactKind, Benchmark, Key, Subject, Target};
pub use record::{Acceptance, Baseline, Date, Record, RecordSet};
pub use report::{Finding, Report, State, Verdict};
pub use run::{Environment, Family, Problem, Run, Scope};
pub use shard::{Part, Shard, Shards};
pub use unit::{Quantity, Ratio, Unit};
pub use worth::Worth;
