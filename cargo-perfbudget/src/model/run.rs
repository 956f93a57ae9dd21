//! A run: what one machine measured of one state of the code, and under which conditions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::cached::CacheUse;
use super::code::Code;
use super::estimate::Outcome;
use super::name::{Key, Subject, Target};
use super::shard::Shards;

/// Metrics that need the same environment facts to be comparable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Sizes of files: the compilation target must be equal.
    Bytes,
    /// Counts of what a processor does: target, libc, valgrind, the CPU as the guest sees it, and the adapter must be equal.
    Instructions,
    /// What is asked of the allocator: as instructions, but for the CPU.
    Heap,
    /// What a program does with its heap when it runs by itself, without valgrind: target, libc and the adapter must be equal.
    Native,
    /// What a build consists of: the compilation target must be equal.
    Build,
    /// What a frontend weighs as it is served, and what its pages load: the optimizer's version and the encoding must be equal.
    Assets,
    /// Times and resident memory: the whole machine must be equal.
    Time,
    /// What other tools have measured: whether that compares is theirs to say.
    Entries,
}

impl Family {
    /// All families.
    pub const ALL: [Family; 8] = [
        Family::Bytes,
        Family::Instructions,
        Family::Heap,
        Family::Native,
        Family::Build,
        Family::Assets,
        Family::Time,
        Family::Entries,
    ];

    /// Its name in file paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Family::Bytes => "bytes",
            Family::Instructions => "instructions",
            Family::Heap => "heap",
            Family::Native => "native",
            Family::Build => "build",
            Family::Assets => "assets",
            Family::Time => "time",
            Family::Entries => "entries",
        }
    }

    /// Whether we measure it ourselves, so that it can be measured again at the base.
    #[must_use]
    pub fn is_measured_here(self) -> bool {
        self != Family::Entries
    }

    /// Whether a difference between two machines of this family's numbers is no difference of the code: nothing is asked of
    /// the base, and nothing is said of records that other machines made.
    #[must_use]
    pub fn is_of_one_machine(self) -> bool {
        self == Family::Time
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The facts of a machine that must match for one family's numbers to be compared, by name (`libc` = `glibc 2.36`).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Environment(pub BTreeMap<String, String>);

impl Environment {
    /// The facts in which two environments differ: name, here, there. A fact that one side lacks is an empty text.
    #[must_use]
    pub fn differences<'a>(&'a self, other: &'a Environment) -> Vec<(&'a str, &'a str, &'a str)> {
        let names: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let fact = |facts: &'a Environment, name: &String| facts.0.get(name).map_or("", String::as_str);
        names
            .into_iter()
            .map(|name| (name.as_str(), fact(self, name), fact(other, name)))
            .filter(|(_, here, there)| here != there)
            .collect()
    }
}

/// What a run set out to measure, so that what it left out on purpose is not called missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Families that were measured.
    pub families: BTreeSet<Family>,
    /// The only bench targets that were asked for; `None` for all.
    pub targets: Option<BTreeSet<Target>>,
    /// The only packages that were asked for; `None` for all.
    pub packages: Option<BTreeSet<String>>,
    /// Parts of names, one of which a subject's name must hold; empty for all.
    pub filters: Vec<String>,
    /// The exact keys that were asked for; `None` for all. Set when a base is measured to confirm.
    pub keys: Option<BTreeSet<Key>>,
    /// The only shards that were asked for; `None` for all.
    pub shards: Option<Shards>,
}

impl Scope {
    /// Whether this run would have measured `key`, had it existed.
    #[must_use]
    pub fn covers(&self, key: &Key) -> bool {
        self.families.contains(&key.metric.family())
            && self.keys.as_ref().is_none_or(|keys| keys.contains(key))
            && self.shards.as_ref().is_none_or(|shards| shards.hold(&key.subject))
            && self.packages.as_ref().is_none_or(|packages| packages.contains(key.subject.package()))
            && match (&self.targets, key.subject.target()) {
                (None, _) => true,
                (Some(targets), Some(target)) => targets.contains(target),
                (Some(_), None) => false,
            }
            && (self.filters.is_empty() || self.admits(&key.subject.to_string()))
    }

    /// Whether only a part of what there is was asked for, so that what matches nothing here may match elsewhere.
    #[must_use]
    pub fn is_part(&self) -> bool {
        let Scope { families, targets, packages, filters, keys, shards } = self;
        !families.contains(&Family::Instructions)
            || shards.is_some()
            || targets.is_some()
            || packages.is_some()
            || keys.is_some()
            || !filters.is_empty()
    }

    /// Whether subjects of that family may have been asked for.
    #[must_use]
    pub fn may_cover(&self, family: Family) -> bool {
        self.families.contains(&family) && self.shards.as_ref().is_none_or(|shards| shards.may_hold(family))
    }

    /// Whether a subject of this name passes the name filters.
    #[must_use]
    pub fn admits(&self, subject: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| subject.contains(filter.as_str()))
    }
}

/// Something that kept a run from measuring more than one benchmark, or that a person should know of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What kind of problem.
    pub code: Code,
    /// The bench target that it keeps from being measured; `None` where it concerns the run.
    pub target: Option<Target>,
    /// What happened, on what, and why.
    pub message: String,
    /// The way out, when known.
    pub hint: Option<String>,
}

impl Problem {
    /// That the allocations of so many benchmarks of a target cannot be seen.
    #[must_use]
    pub fn allocator_unseen(target: Target, count: usize) -> Problem {
        let counted = match count {
            1 => "1 benchmark were not counted".to_owned(),
            count => format!("{count} benchmarks were not counted"),
        };
        Problem {
            code: Code::AllocatorUnseen,
            message: format!(
                "`{target}` has a global allocator that is inlined into its callers, so the allocations of {counted}"
            ),
            target: Some(target),
            hint: Some("mark its `alloc`, `alloc_zeroed` and `realloc` as `#[inline(never)]`".into()),
        }
    }
}

/// What was measured here, of one state of the code.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// What it set out to measure.
    pub scope: Scope,
    /// The machine, by family of metrics.
    pub environments: BTreeMap<Family, Environment>,
    /// Lock file, profile, flags, toolchain, harness versions: reported, always compared.
    pub state: Environment,
    /// Every benchmark and artifact that was looked at, failures among them.
    pub outcomes: BTreeMap<Key, Outcome>,
    /// What concerns more than one outcome.
    pub problems: Vec<Problem>,
    /// Benchmarks that exist and were not measured, because a rule excludes them.
    pub excluded: BTreeSet<Subject>,
    /// How many outcomes were taken from an earlier measurement of the same executable.
    pub reused: usize,
    /// What the cache of results did.
    pub cache: CacheUse,
}
