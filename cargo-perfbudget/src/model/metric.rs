//! Metrics: by which measures a cost is counted, and what is known of each of them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::run::Family;
use super::unit::{Quantity, Unit};

/// Which way a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// A cost: less is better.
    Less,
    /// A yield, such as the hit rate of a cache: more is better.
    More,
}

impl Direction {
    /// Whether `after` is worse than `before`.
    #[must_use]
    pub fn is_worse(self, before: Quantity, after: Quantity) -> bool {
        match self {
            Direction::Less => after > before,
            Direction::More => after < before,
        }
    }

    /// The direction of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Direction> {
        [Direction::Less, Direction::More].into_iter().find(|direction| direction.name() == name)
    }

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Direction::Less => "less",
            Direction::More => "more",
        }
    }
}

/// How a metric's values come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A count: compared as an integer.
    Exact,
    /// An estimate: shown with its interval, and its change is advice.
    Sampled,
}

impl Kind {
    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Kind> {
        [Kind::Exact, Kind::Sampled].into_iter().find(|kind| kind.name() == name)
    }

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Exact => "exact",
            Kind::Sampled => "sampled",
        }
    }
}

/// A measure that the configuration defines, for numbers that other tools have written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Custom {
    /// Its name in files and selectors; that of no built-in metric.
    pub name: String,
    /// The unit of its quantities.
    pub unit: Unit,
    /// Which way it is better.
    pub better: Direction,
    /// How its values come about.
    pub kind: Kind,
}

/// A measure of cost or yield.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Instructions per iteration of a benchmark in the steady state, after warm-up; of a command, from start to end.
    Instructions,
    /// Instructions of the first iteration of a fresh process, with whatever it initialises. Advisory.
    InstructionsFirst,
    /// Conditional and indirect branches executed, as callgrind's `Bc` + `Bi` count them.
    Branches,
    /// Accesses served by the simulated first-level cache. Advisory: it depends on where things happen to lie.
    L1Hits,
    /// Accesses served by the simulated last-level cache. Advisory, as `l1-hits`.
    LlHits,
    /// Accesses served by memory in the simulation. Advisory, as `l1-hits`.
    RamHits,
    /// L1 hits + 5 × LL hits + 35 × RAM hits (Itamar Turner-Trauring's estimate). Advisory, as `l1-hits`.
    EstimatedCycles,
    /// Size of a file without symbols and debug information.
    Size,
    /// Size of a file's machine code.
    SizeText,
    /// Calls that ask the allocator for memory: per iteration of a benchmark in the steady state; of a command, in all.
    Allocations,
    /// Bytes asked of the allocator, counted as `allocations` are.
    AllocatedBytes,
    /// The most bytes that were live on the heap at once.
    PeakHeap,
    /// Bytes that nothing pointed to any more when the program ended: definitely and indirectly lost ones.
    LeakedBytes,
    /// By how many bytes the heap of a command is larger at its end for each further unit of work.
    HeapSlope,
    /// Bytes that were live when the program ended. Advisory: what is still reachable is no leak.
    HeapAtExit,
    /// Compiler processes that a build from nothing starts: one for each library, binary, macro and build script.
    RustcInvocations,
    /// Packages that a build compiles.
    Crates,
    /// Packages that a build compiles besides a newer version of the same name.
    DuplicateCrates,
    /// Size of a file as it is served, in the encoding that the configuration names; of a group, the sum.
    TransferSize,
    /// Size of the same without an encoding.
    RawSize,
    /// What a page or an entry point loads at once, as it is served, with itself.
    FirstLoad,
    /// The same without an encoding.
    FirstLoadRaw,
    /// Of what is loaded at once: scripts and workers, as they are served.
    FirstLoadJs,
    /// Of what is loaded at once: style sheets, as they are served.
    FirstLoadCss,
    /// Of what is loaded at once: images, as they are served.
    FirstLoadImages,
    /// Of what is loaded at once: fonts, as they are served.
    FirstLoadFonts,
    /// How many files are loaded at once.
    FirstLoadRequests,
    /// How many round trips it takes, one behind the other, until all is there that is loaded at once.
    RoundTrips,
    /// What may be loaded later, as it is served.
    LazyLoad,
    /// The same without an encoding.
    LazyLoadRaw,
    /// How many files may be loaded later.
    LazyLoadRequests,
    /// Wall time: per iteration of a benchmark; of a command, from start to end.
    Time,
    /// Time on the processor, user and system, all threads together.
    CpuTime,
    /// The most memory that was resident at once.
    PeakMemory,
    /// Time on the processor of a build from nothing: of compilers, build scripts, and whatever they start.
    BuildCpuTime,
    /// The most memory that was resident at once in one compiler process of a build from nothing.
    BuildPeakMemory,
    /// One that the configuration defines.
    Custom(&'static Custom),
}

/// The longest name of a defined metric. Arbitrary: a column of a table.
const NAME_BYTES_AT_MOST: usize = 64;

/// What is known of a metric.
struct Facts {
    name: &'static str,
    unit: Unit,
    family: Family,
    kind: Kind,
    role: Role,
}

/// What a metric is for where no rule names it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It is judged.
    Gate,
    /// It is shown.
    Advice,
}

const fn exact(name: &'static str, unit: Unit, family: Family, role: Role) -> Facts {
    Facts { name, unit, family, kind: Kind::Exact, role }
}

const fn sampled(name: &'static str, unit: Unit) -> Facts {
    Facts { name, unit, family: Family::Time, kind: Kind::Sampled, role: Role::Advice }
}

impl Metric {
    /// All metrics that need no definition, in the order in which files and reports list them.
    pub const BUILT_IN: [Metric; 36] = [
        Metric::Instructions,
        Metric::InstructionsFirst,
        Metric::Branches,
        Metric::L1Hits,
        Metric::LlHits,
        Metric::RamHits,
        Metric::EstimatedCycles,
        Metric::Size,
        Metric::SizeText,
        Metric::Allocations,
        Metric::AllocatedBytes,
        Metric::PeakHeap,
        Metric::LeakedBytes,
        Metric::HeapSlope,
        Metric::HeapAtExit,
        Metric::RustcInvocations,
        Metric::Crates,
        Metric::DuplicateCrates,
        Metric::TransferSize,
        Metric::RawSize,
        Metric::FirstLoad,
        Metric::FirstLoadRaw,
        Metric::FirstLoadJs,
        Metric::FirstLoadCss,
        Metric::FirstLoadImages,
        Metric::FirstLoadFonts,
        Metric::FirstLoadRequests,
        Metric::RoundTrips,
        Metric::LazyLoad,
        Metric::LazyLoadRaw,
        Metric::LazyLoadRequests,
        Metric::Time,
        Metric::CpuTime,
        Metric::PeakMemory,
        Metric::BuildCpuTime,
        Metric::BuildPeakMemory,
    ];

    /// The metric of that definition; `None` where its name is a built-in metric's, or no plain word of lower-case letters,
    /// digits and `-`, such as `hit-rate` or `p99`.
    ///
    /// Definitions live as long as the program, each once, so that a metric is as cheap to pass on as a number: there are as
    /// many as a configuration or a file has names for.
    #[must_use]
    pub fn custom(definition: Custom) -> Option<Metric> {
        let name = &definition.name;
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_word = name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.bytes().all(is_plain);
        if !is_word || name.len() > NAME_BYTES_AT_MOST || Metric::from_name(name).is_some() {
            return None;
        }
        static KNOWN: LazyLock<Mutex<BTreeSet<&'static Custom>>> = LazyLock::new(Mutex::default);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&definition).copied();
        Some(Metric::Custom(found.unwrap_or_else(|| {
            let kept: &'static Custom = Box::leak(Box::new(definition));
            known.insert(kept);
            kept
        })))
    }

    fn facts(self) -> Facts {
        use Family::{Assets, Build, Bytes, Heap, Instructions, Native};
        use Role::{Advice, Gate};
        match self {
            Metric::Instructions => exact("instructions", Unit::INSTRUCTIONS, Instructions, Gate),
            Metric::InstructionsFirst => exact("instructions-first", Unit::INSTRUCTIONS, Instructions, Advice),
            Metric::Branches => exact("branches", Unit::Count("branches"), Instructions, Gate),
            Metric::L1Hits => exact("l1-hits", Unit::Count("accesses"), Instructions, Advice),
            Metric::LlHits => exact("ll-hits", Unit::Count("accesses"), Instructions, Advice),
            Metric::RamHits => exact("ram-hits", Unit::Count("accesses"), Instructions, Advice),
            Metric::EstimatedCycles => exact("estimated-cycles", Unit::Count("cycles"), Instructions, Advice),
            Metric::Size => exact("size", Unit::Bytes, Bytes, Gate),
            Metric::SizeText => exact("size-text", Unit::Bytes, Bytes, Advice),
            Metric::Allocations => exact("allocations", Unit::Count("allocations"), Heap, Gate),
            Metric::AllocatedBytes => exact("allocated-bytes", Unit::Bytes, Heap, Gate),
            Metric::PeakHeap => exact("peak-heap", Unit::Bytes, Heap, Gate),
            Metric::LeakedBytes => exact("leaked-bytes", Unit::Bytes, Heap, Gate),
            Metric::HeapSlope => exact("heap-slope", Unit::Bytes, Native, Gate),
            Metric::HeapAtExit => exact("heap-at-exit", Unit::Bytes, Heap, Advice),
            Metric::RustcInvocations => exact("rustc-invocations", Unit::Count("invocations"), Build, Advice),
            Metric::Crates => exact("crates", Unit::Count("crates"), Build, Advice),
            Metric::DuplicateCrates => exact("duplicate-crates", Unit::Count("crates"), Build, Advice),
            Metric::TransferSize => exact("transfer-size", Unit::Bytes, Assets, Gate),
            Metric::RawSize => exact("raw-size", Unit::Bytes, Assets, Advice),
            Metric::FirstLoad => exact("first-load", Unit::Bytes, Assets, Gate),
            Metric::FirstLoadRaw => exact("first-load-raw", Unit::Bytes, Assets, Advice),
            Metric::FirstLoadJs => exact("first-load-js", Unit::Bytes, Assets, Advice),
            Metric::FirstLoadCss => exact("first-load-css", Unit::Bytes, Assets, Advice),
            Metric::FirstLoadImages => exact("first-load-images", Unit::Bytes, Assets, Advice),
            Metric::FirstLoadFonts => exact("first-load-fonts", Unit::Bytes, Assets, Advice),
            Metric::FirstLoadRequests => exact("first-load-requests", Unit::Count("requests"), Assets, Gate),
            Metric::RoundTrips => exact("round-trips", Unit::Count("round trips"), Assets, Gate),
            Metric::LazyLoad => exact("lazy-load", Unit::Bytes, Assets, Advice),
            Metric::LazyLoadRaw => exact("lazy-load-raw", Unit::Bytes, Assets, Advice),
            Metric::LazyLoadRequests => exact("lazy-load-requests", Unit::Count("requests"), Assets, Advice),
            Metric::Time => sampled("time", Unit::Nanoseconds),
            Metric::CpuTime => sampled("cpu-time", Unit::Nanoseconds),
            Metric::PeakMemory => sampled("peak-memory", Unit::Bytes),
            Metric::BuildCpuTime => sampled("build-cpu-time", Unit::Nanoseconds),
            Metric::BuildPeakMemory => sampled("build-peak-memory", Unit::Bytes),
            Metric::Custom(own) => {
                // A limit that nobody states on a number of unknown meaning would be a guess.
                Facts { name: &own.name, unit: own.unit, family: Family::Entries, kind: own.kind, role: Advice }
            }
        }
    }

    /// Its name in files and selectors.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The built-in metric of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::BUILT_IN.into_iter().find(|metric| metric.name() == name)
    }

    /// The unit of its quantities.
    #[must_use]
    pub fn unit(self) -> Unit {
        self.facts().unit
    }

    /// Which environment facts two runs must share for this metric to be comparable.
    #[must_use]
    pub fn family(self) -> Family {
        self.facts().family
    }

    /// Whether it is shown rather than judged, unless a rule names it.
    #[must_use]
    pub fn is_advisory(self) -> bool {
        self.facts().role == Role::Advice
    }

    /// Whether another metric of the subject tells as well when the subject is gone. Builds and entries have none that does.
    #[must_use]
    pub fn follows_another(self) -> bool {
        self.is_advisory() && !matches!(self.family(), Family::Build | Family::Entries)
    }

    /// Whether it is an integer compared as such.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.facts().kind == Kind::Exact
    }

    /// Which way it is better.
    #[must_use]
    pub fn better(self) -> Direction {
        match self {
            Metric::Custom(own) => own.better,
            _ => Direction::Less,
        }
    }

    /// Its definition, where it has one.
    #[must_use]
    pub fn definition(self) -> Option<&'static Custom> {
        match self {
            Metric::Custom(own) => Some(own),
            _ => None,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_metric_is_known_by_its_own_name() {
        for metric in Metric::BUILT_IN {
            assert_eq!(Metric::from_name(metric.name()), Some(metric));
        }
        assert!(Metric::BUILT_IN.is_sorted(), "files and reports list them in this order");
    }

    #[test]
    fn a_definition_makes_one_metric_however_often_it_is_read() {
        let custom = |name: &str, unit| {
            Metric::custom(Custom { name: name.into(), unit, better: Direction::More, kind: Kind::Sampled })
        };
        assert_eq!(custom("hits", Unit::Share), custom("hits", Unit::Share));
        assert_ne!(custom("hits", Unit::Share), custom("hits", Unit::Count("")));
        assert_eq!(custom("p99", Unit::Share).map(Metric::name), Some("p99"));
        for name in ["", "size", "Hits", "9p", "hit rate", "hit.rate", "é", &"x".repeat(65)] {
            assert_eq!(custom(name, Unit::Share), None, "{name}");
        }
    }
}
