//! Cuts of harnesses that time every sample alone, divan and libtest → the steady-state count of one iteration. Pure.
//!
//! Divan calls a function of its own, `sync_impl`, right before and right after each sample; with a sample size of one a
//! sample is one iteration. The value is the median of all samples but the first.
//!
//! Libtest reads the clock around one iteration, then around `n` of them 50 times, then around `5 n` of them 50 times,
//! where `n` is one for whatever takes longer than a millisecond, as everything does whose profile is written in between.
//! The value is `(T(5n) − T(n)) / 4n`, so that what libtest itself costs cancels.

use std::collections::BTreeMap;

use super::cuts::{Cutter, Progress, Steady, symbols, without_clock};
use crate::collect::allocator::Requests;
use crate::collect::callgrind::Dump;
use crate::model::Code;

/// Samples of divan's after which a cheap benchmark has been seen enough. Arbitrary: as many iterations as fit into a tenth
/// of a second.
const SAMPLES_OF_DIVAN: usize = 17;
/// Samples that libtest takes of one size.
const SAMPLES_OF_LIBTEST: usize = 50;
/// Samples of the larger size that are enough.
const LARGER_SAMPLES: usize = 3;
/// With so many instructions, five samples are enough: a tenth of a second under callgrind. Arbitrary. It is some
/// milliseconds without, too, so that libtest has settled for one iteration a sample.
const ENOUGH_INSTRUCTIONS: u64 = 10_000_000;
/// With so many instructions, two samples must be enough: some seconds under callgrind.
const PLENTY_OF_INSTRUCTIONS: u64 = 200_000_000;
/// Libtest spends less than this between two samples; more shows that the routine reads the clock, too. It is about 100.
const PAUSE_AT_MOST: u64 = 500;
/// Libtest spends more than this on statistics between the samples of the two sizes. It is about 80,000.
const STATISTICS_AT_LEAST: u64 = 5_000;
/// The number of the dump with the statistics.
const STATISTICS: usize = 5 + 2 * SAMPLES_OF_LIBTEST;

/// Which harness makes the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Divan.
    Divan,
    /// Rust's own.
    Libtest,
}

/// How often the first sample itself may read the clock: whoever seeds a generator does so once. Arbitrary.
const READS_AT_MOST: usize = 4;

/// Takes dumps in their order and makes a value of them.
#[derive(Debug)]
pub struct Samples {
    way: Way,
    /// The dumps, without what reading the clock and the harness itself cost.
    parts: Vec<Dump>,
    /// Requests for memory since the program began.
    requests: Requests,
}

impl Samples {
    /// Samples of that harness.
    #[must_use]
    pub fn of(way: Way) -> Samples {
        Samples { way, parts: Vec::new(), requests: Requests::default() }
    }

    /// How often the first sample itself reads the clock; `None` where what lies between the samples is not as the harness
    /// would have it for any number of reads.
    fn reads(&self) -> Option<usize> {
        let is_regular = |reads: &usize| {
            let numbered = self.parts.iter().enumerate().skip(3 + reads).map(|(at, part)| (at + 1 - reads, part.total));
            numbered
                .filter(|(number, _)| *number == 4 || number % 2 == 1)
                .all(|(number, total)| is_pause(number, total))
        };
        match self.way {
            Way::Divan => Some(0),
            Way::Libtest => (0..=READS_AT_MOST).find(is_regular),
        }
    }

    /// What lies within the samples after the first, in their order.
    fn rest(&self, reads: usize) -> impl Iterator<Item = &Dump> {
        // Divan: before the first sample, within it, before the second, within it … Libtest reads the clock when it begins,
        // and once more after the first sample.
        let first = if self.way == Way::Divan { 3 } else { 5 + reads };
        self.parts.iter().skip(first).step_by(2)
    }

    /// What lies within the first sample; `None` where it has not ended.
    fn first(&self, reads: usize) -> Option<Dump> {
        let at = if self.way == Way::Divan { 1 } else { 2 };
        self.parts.get(at..=at + reads)?.iter().cloned().reduce(|sum, part| sum.with(&part))
    }

    fn seen_enough(&self, reads: usize) -> bool {
        let Some(first) = self.first(reads) else { return false };
        let spent: u64 = first.total + self.rest(reads).map(|dump| dump.total).sum::<u64>();
        let count = 1 + self.rest(reads).count();
        let most = match self.way {
            Way::Divan => SAMPLES_OF_DIVAN,
            Way::Libtest => 1 + SAMPLES_OF_LIBTEST + LARGER_SAMPLES,
        };
        count >= most || (count >= 5 && spent >= ENOUGH_INSTRUCTIONS) || (count >= 2 && spent >= PLENTY_OF_INSTRUCTIONS)
    }
}

/// Whether what libtest spends between two samples can be so much, by the number of its dump.
fn is_pause(number: usize, total: u64) -> bool {
    match number {
        _ if number > STATISTICS => true,
        STATISTICS => total >= STATISTICS_AT_LEAST,
        _ => total <= PAUSE_AT_MOST,
    }
}

/// How many iterations lie between `T(n)` and `T(5n)`.
///
/// The first sample is one iteration, and costs what any does and what is done only once. So of the functions that matter the
/// one with the largest ratio does nothing only once, and tells how many iterations are in a sample. What is inlined into
/// libtest's own functions in one place may stand by itself in another: these, and whatever shows on one side only, count as
/// one function.
fn iterations_between(first: &Dump, fewer: &Dump, more: &Dump) -> u64 {
    let is_whole = |name: &str| {
        !name.contains("4test5bench") && first.functions.contains_key(name) && more.functions.contains_key(name)
    };
    let grouped = |part: &Dump| {
        let mut costs: BTreeMap<String, u64> = BTreeMap::new();
        for (name, cost) in &part.functions {
            *costs.entry(if is_whole(name) { name.clone() } else { String::new() }).or_default() += cost;
        }
        costs
    };
    let difference = more.total.saturating_sub(fewer.total) / 4;
    let [first, fewer, more] = [first, fewer, more].map(grouped);
    let ratio = |(name, more): (&String, &u64)| {
        let each = more.saturating_sub(fewer.get(name).copied().unwrap_or(0)) / 4;
        let one = first.get(name).copied().unwrap_or(0).max(1);
        (each * 10 >= difference).then_some((each as f64 / one as f64).round() as u64)
    };
    4 * more.iter().filter_map(ratio).max().unwrap_or(1).max(1)
}

impl Cutter for Samples {
    fn push(&mut self, dump: Dump) -> Progress {
        self.requests = self.requests.with(&dump.requests);
        if dump.trigger.is_some() {
            self.parts.push(without_harness(without_clock(dump)));
        }
        match self.reads() {
            Some(reads) if !self.seen_enough(reads) => Progress::More,
            // What is irregular stays so, however much follows.
            _ => Progress::Enough,
        }
    }

    fn complete_calls(&self) -> usize {
        let reads = self.reads().unwrap_or(0);
        usize::from(self.first(reads).is_some()) + self.rest(reads).count()
    }

    fn steady(&self) -> Result<Steady, (Code, String)> {
        let Some(reads) = self.reads() else {
            let why = "the clock is read by others than its harness, so its samples cannot be told apart";
            return Err((Code::BenchmarkReadsClock, why.into()));
        };
        let first = self.first(reads).ok_or_else(|| unsampled(0))?;
        let rest: Vec<&Dump> = self.rest(reads).collect();
        let few = &rest[..rest.len().min(if self.way == Way::Libtest { SAMPLES_OF_LIBTEST } else { rest.len() })];
        let middle = median(few).ok_or_else(|| unsampled(1))?;
        let steady = match median(&rest[few.len()..]) {
            Some(larger) => Steady::between(middle, larger, iterations_between(&first, middle, larger), &self.requests),
            None => Steady::between(&Dump::default(), middle, 1, &self.requests),
        };
        let all = std::iter::once(&first).chain(rest);
        Ok(Steady { first: first.total, seen: symbols(all), ..steady })
    }
}

fn unsampled(count: usize) -> (Code, String) {
    (Code::BenchmarkUnsampled, format!("it was sampled {count} times, and more are needed"))
}

/// The sample in the middle by cost, of an even number the cheaper of the two.
fn median<'a>(samples: &[&'a Dump]) -> Option<&'a Dump> {
    let mut sorted = samples.to_vec();
    sorted.sort_by_key(|dump| dump.total);
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// Whether the symbol is the function that divan calls on both sides of a sample.
#[must_use]
pub fn is_divan(symbol: &str) -> bool {
    symbol.contains("5divan") && symbol.contains("9sync_impl")
}

/// A part without what divan does on its sides.
fn without_harness(mut part: Dump) -> Dump {
    let own: u64 = part.functions.iter().filter(|(name, _)| is_divan(name)).map(|(_, cost)| *cost).sum();
    part.functions.retain(|name, _| !is_divan(name));
    part.total -= own;
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(way: Way, costs: &[u64], expected: Result<(u64, u64), Code>) {
        let mut samples = Samples::of(way);
        for total in costs {
            let functions = BTreeMap::from([("routine".to_owned(), *total)]);
            let dump = Dump { trigger: Some("x".into()), total: *total, functions, ..Dump::default() };
            if samples.push(dump) == Progress::Enough {
                break;
            }
        }
        assert_eq!(samples.steady().map(|steady| (steady.value, steady.first)).map_err(|(code, _)| code), expected);
    }

    /// As recorded from libtest of Rust 1.97: `n` iterations of so much each, and what surrounds them.
    fn libtest(first: u64, each: u64, n: u64) -> Vec<u64> {
        let mut costs = vec![705_498, 16_604, first, 149, 40];
        costs.extend([20 + n * each, 102].repeat(49));
        costs.extend([20 + n * each, 83_889]);
        costs.extend([20 + 5 * n * each, 99].repeat(50));
        costs
    }

    #[test]
    fn every_second_cut_of_divan_is_a_sample() {
        check(Way::Divan, &[90_000_000, 900, 1_100, 60, 1_100, 50, 1_100, 50, 1_100, 51, 1_100], Ok((50, 900)));
        check(Way::Divan, &[90_000_000, 900], Err(Code::BenchmarkUnsampled));
        check(Way::Divan, &[90_000_000], Err(Code::BenchmarkUnsampled));
    }

    #[test]
    fn samples_of_two_sizes_tell_what_an_iteration_costs() {
        check(Way::Libtest, &libtest(550, 530, 1), Ok((530, 550)));
        check(Way::Libtest, &libtest(560, 530, 3), Ok((530, 560)));
        check(Way::Libtest, &libtest(4_000_000, 3_000_000, 1), Ok((3_000_020, 4_000_000)));
        check(Way::Libtest, &[705_498, 16_604], Err(Code::BenchmarkUnsampled));
    }

    #[test]
    fn a_routine_that_is_inlined_in_one_place_and_not_in_another_is_one_iteration() {
        let dump = |functions: &[(&str, u64)]| {
            let functions: BTreeMap<String, u64> =
                functions.iter().map(|(name, cost)| ((*name).into(), *cost)).collect();
            Dump { total: functions.values().sum(), functions, ..Dump::default() }
        };
        let (iter, inner) = ("_RINvMNtCs_4test5benchNtB3_7Bencher4iter", "_RINvNtCs_4test5bench13ns_iter_inner");
        let first = dump(&[(iter, 17), (inner, 2_008), ("malloc", 84), ("seed", 600)]);
        let check = |n: u64, iterations: u64| {
            let [fewer, more] = [n, 5 * n].map(|n| dump(&[(iter, 20 + n * 2_064)]));
            assert_eq!(iterations_between(&first, &fewer, &more), iterations);
        };
        check(1, 4);
        check(3, 8); // Too few, because what is done only once is not told apart from the rest.
        let first = dump(&[(iter, 20), ("work", 300), ("seed", 900)]);
        let [fewer, more] = [3, 15].map(|n| dump(&[(iter, 20 + n * 9), ("work", n * 300)]));
        assert_eq!(iterations_between(&first, &fewer, &more), 12);
    }

    #[test]
    fn what_reads_the_clock_in_the_first_iteration_alone_is_told_apart() {
        let seeded = |each: u64, reads: &[u64]| {
            let mut costs = libtest(each, each, 1);
            costs.splice(3..3, reads.iter().copied());
            costs
        };
        for each in [60, 530, 30_000, 3_000_000] {
            let cost = if each < 1_000_000 { each } else { each + 20 };
            check(Way::Libtest, &seeded(each, &[70]), Ok((cost, each + 70)));
            check(Way::Libtest, &seeded(each, &[9_000, 40]), Ok((cost, each + 9_040)));
        }
    }

    #[test]
    fn a_routine_that_reads_the_clock_itself_is_refused() {
        let mut costs = vec![705_498, 16_604];
        costs.extend([30_000, 20].repeat(60));
        check(Way::Libtest, &costs, Err(Code::BenchmarkReadsClock));
        costs.truncate(2);
        costs.extend([20, 20, 102].repeat(60));
        check(Way::Libtest, &costs, Err(Code::BenchmarkReadsClock));
        // As soon as that is known, however many iterations libtest would put into a sample.
        costs.truncate(2);
        costs.extend([1_500, 40].repeat(7));
        check(Way::Libtest, &costs, Err(Code::BenchmarkReadsClock));
    }
}
