//! Budgets: what a subject may cost, and how later rules override earlier ones.

use super::metric::Metric;
use super::name::Key;
use super::record::Date;
use super::report::Verdict;
use super::unit::{Quantity, Ratio};

/// A pattern over names: `*` stands for any run of characters, `?` for one, everything else for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// A pattern. Every text is one.
    pub fn new(pattern: impl Into<String>) -> Glob {
        Glob(pattern.into())
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of `text` fits the pattern. Takes time proportional to both lengths at worst.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        if self.0 == "*" {
            return true;
        }
        let (pattern, text): (Vec<char>, Vec<char>) = (self.0.chars().collect(), text.chars().collect());
        let (mut at, mut with) = (0, 0);
        // Where the last `*` stands, and how much of the text it has taken so far.
        let mut star: Option<(usize, usize)> = None;
        while at < text.len() {
            match pattern.get(with) {
                Some('*') => {
                    star = Some((with, at));
                    with += 1;
                }
                Some(letter) if *letter == '?' || *letter == text[at] => {
                    at += 1;
                    with += 1;
                }
                _ => match star {
                    Some((place, taken)) => {
                        star = Some((place, taken + 1));
                        at = taken + 1;
                        with = place + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern[with..].iter().all(|letter| *letter == '*')
    }
}

/// How bad it is to be over a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Shown, and nothing more.
    Note,
    /// Shown; the run stays green.
    Attention,
    /// The run fails.
    Error,
}

impl Severity {
    /// The verdict of a finding of this severity.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Severity::Note => Verdict::Within,
            Severity::Attention => Verdict::Attention,
            Severity::Error => Verdict::Over,
        }
    }
}

/// The limits that hold for one key. `None` means no limit of that kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Growth over the base that is allowed, or loss where more is better; over it *and* over `floor` fails.
    pub growth: Option<Ratio>,
    /// Growth in base units that is always allowed.
    pub floor: Quantity,
    /// The most it may ever be.
    pub at_most: Option<Quantity>,
    /// The least it must always be.
    pub at_least: Option<Quantity>,
    /// Growth over the frozen anchor that is allowed.
    pub drift: Option<Ratio>,
    /// Not judged at all, and why.
    pub exclude: Option<String>,
    /// How bad it is to be over.
    pub severity: Severity,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Why the limits are what they are.
    pub reason: Option<String>,
}

/// Growth of instructions that is allowed without a configuration: an unrelated edit moved tiny benchmarks by −0.9 %
/// to +1.3 % through inlining, so a tighter default would cry wolf.
pub const DEFAULT_GROWTH: Ratio = Ratio::percent(1.0);
/// Growth of instructions that is always allowed without a configuration. Arbitrary: about one call of a small function.
pub const DEFAULT_FLOOR_INSTRUCTIONS: u64 = 100;
/// Growth of a file that is always allowed without a configuration: one page of memory.
pub const DEFAULT_FLOOR_BYTES: u64 = 4096;
/// Growth of a served file, or of what a page loads, that is always allowed without a configuration. Arbitrary: what a
/// compressor makes of bytes that moved is some ten bytes a file.
pub const DEFAULT_FLOOR_TRANSFER_BYTES: u64 = 256;
/// Growth of what is asked of the allocator that is always allowed without a configuration. Arbitrary: a KiB.
pub const DEFAULT_FLOOR_HEAP_BYTES: u64 = 1024;
/// Growth over the anchor that is allowed without a configuration. Arbitrary: five times one step's.
pub const DEFAULT_DRIFT: Ratio = Ratio::percent(5.0);

impl Limits {
    /// What holds without a configuration: what a program does exactly fails, sizes ask for attention, the rest is shown.
    #[must_use]
    pub fn default_for(metric: Metric) -> Limits {
        let gate = |floor| (Some(DEFAULT_GROWTH), floor, Some(DEFAULT_DRIFT), Severity::Error);
        let (growth, floor, drift, severity) = match metric {
            Metric::Instructions | Metric::Branches => gate(DEFAULT_FLOOR_INSTRUCTIONS),
            // The compiler moves no allocation about, as it does instructions: one more is one more.
            Metric::Allocations => gate(0),
            Metric::AllocatedBytes | Metric::PeakHeap => gate(DEFAULT_FLOOR_HEAP_BYTES),
            Metric::LeakedBytes | Metric::HeapSlope => (Some(Ratio::ZERO), 0, Some(Ratio::ZERO), Severity::Error),
            Metric::Size => (Some(DEFAULT_GROWTH), DEFAULT_FLOOR_BYTES, None, Severity::Attention),
            Metric::TransferSize | Metric::FirstLoad => {
                (Some(DEFAULT_GROWTH), DEFAULT_FLOOR_TRANSFER_BYTES, None, Severity::Attention)
            }
            Metric::FirstLoadRequests | Metric::RoundTrips => (Some(Ratio::ZERO), 0, None, Severity::Attention),
            _ => (None, 0, None, Severity::Note),
        };
        Limits {
            growth,
            floor: Quantity::count(floor),
            at_most: None,
            at_least: None,
            drift,
            exclude: None,
            severity,
            owner: None,
            reason: None,
        }
    }

    /// The limits for `key`: the defaults, then every matching budget's fields, later ones winning.
    #[must_use]
    pub fn for_key(budgets: &[Budget], key: &Key) -> Limits {
        Limits::of(budgets, &key.subject.to_string(), key.metric)
    }

    /// The same, for a subject by its whole name.
    #[must_use]
    pub fn of(budgets: &[Budget], subject: &str, metric: Metric) -> Limits {
        let mut limits = Limits::default_for(metric);
        for budget in budgets.iter().filter(|budget| budget.matches(subject, metric)) {
            budget.apply(&mut limits, metric);
        }
        limits
    }
}

/// One rule as the configuration states it: a selector, and the fields that it sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// Which subjects, by their whole name.
    pub subject: Glob,
    /// Which metric; `None` for all.
    pub metric: Option<Metric>,
    /// Sets [`Limits::growth`].
    pub growth: Option<Ratio>,
    /// Sets [`Limits::floor`].
    pub floor: Option<Quantity>,
    /// Sets [`Limits::at_most`].
    pub at_most: Option<Quantity>,
    /// Sets [`Limits::at_least`].
    pub at_least: Option<Quantity>,
    /// Sets [`Limits::drift`].
    pub drift: Option<Ratio>,
    /// Takes the subjects out of the judgement; needs a reason.
    pub exclude: bool,
    /// Sets [`Limits::severity`].
    pub severity: Option<Severity>,
    /// Sets [`Limits::owner`].
    pub owner: Option<String>,
    /// Sets [`Limits::reason`].
    pub reason: Option<String>,
    /// The last day on which the rule holds; afterwards it is a finding and does nothing.
    pub expires: Option<Date>,
    /// The line of the configuration it stands on, from 1.
    pub line: usize,
}

impl Budget {
    /// Whether the rule speaks of this subject and metric.
    #[must_use]
    pub fn matches(&self, subject: &str, metric: Metric) -> bool {
        self.metric.is_none_or(|own| own == metric) && self.subject.matches(subject)
    }

    fn apply(&self, limits: &mut Limits, metric: Metric) {
        if self.exclude {
            limits.exclude = Some(self.reason.clone().unwrap_or_default());
        }
        // A rule for all metrics does not turn the advisory ones into gates; that takes naming one.
        if self.metric.is_none() && metric.is_advisory() {
            return;
        }
        limits.growth = self.growth.or(limits.growth);
        limits.floor = self.floor.unwrap_or(limits.floor);
        limits.at_most = self.at_most.or(limits.at_most);
        limits.at_least = self.at_least.or(limits.at_least);
        // Whoever allows larger steps allows as much in all, unless they say otherwise.
        let drift = limits.drift.map(|drift| self.growth.map_or(drift, |growth| drift.max(growth)));
        limits.drift = self.drift.or(drift);
        limits.severity = self.severity.unwrap_or(match (self.growth, self.at_most.or(self.at_least), self.drift) {
            // Stating a limit where the default only shows the metric means that it should count.
            (None, None, None) => limits.severity,
            _ if limits.severity == Severity::Note => Severity::Error,
            _ => limits.severity,
        });
        limits.owner = self.owner.clone().or(limits.owner.take());
        limits.reason = self.reason.clone().or(limits.reason.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_fits_the_whole_text() {
        let check = |pattern: &str, text: &str| Glob::new(pattern).matches(text);
        assert!(
            check("*", "") && check("", "") && check("a*c", "abbc") && check("?", "é") && check("*::b*", "a::b::b")
        );
        assert!(!check("a", "ab") && !check("", "a") && !check("a*c", "ab") && !check("?", ""));
        assert!(!check(&"*a".repeat(50), &"b".repeat(10_000)));
    }
}
