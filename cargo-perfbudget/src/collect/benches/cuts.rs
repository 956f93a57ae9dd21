//! Cuts at criterion's own clock reads → the steady-state count of one iteration. Pure.
//!
//! Criterion warms up by calling the benchmark's closure with 1, 2, 4, 8 … iterations. Callgrind dumps its profile before
//! each entry of `Bencher::iter*` and before each read of the clock, so each dump is the cost between two of these
//! events. Within one call the events are, for `iter`: the entry, the outer read, the inner read, the routine `n` times,
//! the inner read, the outer read. For the batched variants there is an inner pair for each batch, and the setup lies
//! between the pairs. What lies within the inner pairs is what criterion times: `T(n)`.
//!
//! The value is `(T(2n) − T(n)) / n` for the two largest calls. What happens once in a call (the first allocation, lazy
//! initialisation, the cost of the clock itself) is in both and cancels. Where every iteration has a pair of its own, it
//! is the median of the largest call's, which an allocator that tidies up now and then does not move.

use std::collections::{BTreeMap, BTreeSet};

use crate::collect::allocator::Requests;
use crate::collect::callgrind::{Dump, readable};
use crate::model::Code;

/// Calls of the closure after which a cheap `iter` has been seen enough: 1 + 2 + … + 64 iterations.
const CALLS_OF_ITER: usize = 7;
/// The same for the batched variants, whose every iteration makes two cuts. At 16 iterations criterion would begin to
/// put more than one into a small batch, so that the two largest calls would not be alike.
const CALLS_OF_BATCHED: usize = 4;
/// With so many instructions, four calls are enough for `iter`, too: a tenth of a second under callgrind. Arbitrary. Fewer
/// would show more of the heap that criterion itself leaves behind, which is laid out by a random seed.
const ENOUGH_INSTRUCTIONS: u64 = 10_000_000;
/// With so many instructions, two calls must be enough: some seconds under callgrind.
const PLENTY_OF_INSTRUCTIONS: u64 = 200_000_000;

/// How a benchmark hands its routine to criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `iter`, `iter_custom`, and their async twins: one inner pair.
    Whole,
    /// `iter_batched`, `iter_batched_ref` and what is built on them: an inner pair for each batch.
    Batched,
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A `Bencher::iter*` is about to be entered.
    Enter(Kind),
    /// The clock is about to be read.
    Clock,
    /// The warm-up is over: from here on the number of iterations in a call is not known beforehand.
    Sampling,
    /// Something that only looks alike: a closure within the bencher, say.
    Nothing,
}

/// What a symbol in a trigger is. Both manglings of Rust are read.
fn event(symbol: &str) -> Event {
    if symbol.starts_with("clock_gettime") || symbol.starts_with("__clock_gettime") {
        return Event::Clock;
    }
    let name = readable(symbol);
    if symbol.contains("17measurement_start") {
        return if name.contains("criterion::report") { Event::Sampling } else { Event::Nothing };
    }
    let Some(at) = name.find("Bencher") else { return Event::Nothing };
    let owned_by_criterion = name.trim_start_matches('<').starts_with("criterion::");
    let method = name[at..].split("::").find(|part| part.starts_with("iter"));
    match method {
        Some(_) if !owned_by_criterion || name.contains("{closure") || name.contains("{{closure}}") => Event::Nothing,
        Some("iter" | "iter_custom") => Event::Enter(Kind::Whole),
        Some(method) if method.starts_with("iter_batched") => Event::Enter(Kind::Batched),
        // `iter_with_setup`, `iter_with_large_drop` and their like call `iter_batched`, which is entered next.
        _ => Event::Nothing,
    }
}

/// Whether the symbol is one of criterion's own.
#[must_use]
pub fn is_criterion(symbol: &str) -> bool {
    symbol.contains("9criterion") && readable(symbol).trim_start_matches('<').starts_with("criterion::")
}

/// Whether the symbol is one of the functions that criterion's benchmarks are found by.
#[must_use]
pub fn is_bencher(symbol: &str) -> bool {
    matches!(event(symbol), Event::Enter(_))
}

/// Functions that only read the clock. Their own cost is no part of the routine's.
fn reads_the_clock(symbol: &str) -> bool {
    if event(symbol) == Event::Clock {
        return true;
    }
    // A cheap look before the expensive one: there are thousands of symbols in a dump.
    (symbol.contains("4time") || symbol.contains("8Timespec") || symbol.contains("8WallTime")) && {
        let name = readable(symbol);
        ["Instant>::now", "Instant::now", "Instant>::elapsed", "Instant::elapsed", "Timespec>::now", "Timespec::now"]
            .iter()
            .any(|end| name.ends_with(end))
            || name.contains("WallTime")
    }
}

/// One call of the closure, with all that was cut within it.
#[derive(Debug)]
struct Call {
    kind: Kind,
    /// How many iterations; `None` after the warm-up.
    iterations: Option<u64>,
    /// The cost before each read of the clock; the first is from the entry to the outer read.
    before_clock: Vec<Dump>,
}

/// What is known of a benchmark's steady state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steady {
    /// Instructions of one iteration after warm-up.
    pub value: u64,
    /// Instructions of the first iteration of the process.
    pub first: u64,
    /// Requests for memory of one iteration after warm-up; `None` where the allocator is not seen to be asked.
    pub allocations: Option<u64>,
    /// Something that a reader must know of the requests.
    pub allocator: Option<String>,
    /// Instructions of one iteration in each function itself, by symbol; rounded down, so that they may add up to less.
    pub functions: BTreeMap<String, u64>,
    /// All symbols that were seen while the routine ran, whether they cost anything in the steady state or not.
    pub seen: Vec<String>,
    /// Something that a reader must know.
    pub note: Option<String>,
}

/// What the cuts so far say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Go on measuring.
    More,
    /// It has been seen enough.
    Enough,
}

/// What takes dumps in their order and makes a value of them.
pub trait Cutter: std::fmt::Debug {
    /// Takes the next dump.
    fn push(&mut self, dump: Dump) -> Progress;

    /// How many calls or samples were seen whole.
    fn complete_calls(&self) -> usize;

    /// The steady state that they show.
    ///
    /// # Errors
    /// Where there are too few, or where the clock is read by others than the harness in a way that makes the cuts ambiguous:
    /// the code of the finding, and why.
    fn steady(&self) -> Result<Steady, (Code, String)>;
}

/// Takes criterion's.
#[derive(Debug, Default)]
pub struct Cuts {
    calls: Vec<Call>,
    /// The cost of events that only look alike, to be added to the next cut.
    pending: Option<Dump>,
    /// How many calls are complete, because something has begun after them.
    closed: usize,
    /// Whether the warm-up is over.
    sampling: bool,
    /// Requests for memory since the program began.
    requests: Requests,
}

impl Cuts {
    fn seen_enough(&self) -> bool {
        let complete = &self.calls[..self.closed];
        let Some(last) = complete.last() else { return false };
        if self.sampling {
            return self.warm_up().len() >= 2 || complete.len() >= 3;
        }
        let most = match last.kind {
            Kind::Whole => CALLS_OF_ITER,
            Kind::Batched => CALLS_OF_BATCHED,
        };
        let spent: u64 = complete.iter().flat_map(|call| &call.before_clock).map(|dump| dump.total).sum();
        let calls = complete.len();
        calls >= most
            || (calls >= CALLS_OF_BATCHED && spent >= ENOUGH_INSTRUCTIONS)
            || (calls >= 2 && spent >= PLENTY_OF_INSTRUCTIONS)
    }

    /// The complete calls of the warm-up.
    fn warm_up(&self) -> &[Call] {
        let complete = &self.calls[..self.closed];
        let length = complete.iter().take_while(|call| call.iterations.is_some()).count();
        &complete[..length]
    }

    fn made_of(&self, shape: Shape, before: &Dump, after: &Dump, iterations: u64) -> Steady {
        Steady {
            first: shape.timed(&self.calls[0]).total,
            seen: symbols(self.calls.iter().flat_map(|call| &call.before_clock)),
            note: shape.note(),
            ..Steady::between(before, after, iterations, &self.requests)
        }
    }
}

impl Cutter for Cuts {
    fn push(&mut self, dump: Dump) -> Progress {
        self.requests = self.requests.with(&dump.requests);
        let event = dump.trigger.as_deref().map_or(Event::Nothing, event);
        let dump = match self.pending.take() {
            Some(before) => merged(before, dump),
            None => dump,
        };
        match event {
            Event::Nothing => self.pending = Some(dump),
            Event::Sampling => {
                self.closed = self.calls.len();
                self.sampling = true;
            }
            Event::Clock => {
                // Reads before the first call belong to the start of the program.
                if let Some(call) = self.calls.last_mut() {
                    call.before_clock.push(dump);
                }
            }
            // `iter_batched` is entered from within nothing else; a nested entry without a read of the clock in between is
            // one wrapper calling another.
            Event::Enter(kind) => match self.calls.last_mut() {
                Some(call) if call.before_clock.is_empty() => call.kind = kind,
                _ => {
                    self.closed = self.calls.len();
                    // Criterion's warm-up doubles the iterations with each call.
                    let iterations = (!self.sampling).then(|| 1_u64.checked_shl(self.calls.len() as u32)).flatten();
                    self.calls.push(Call { kind, iterations, before_clock: Vec::new() });
                }
            },
        }
        if self.seen_enough() { Progress::Enough } else { Progress::More }
    }

    fn complete_calls(&self) -> usize {
        self.closed
    }

    fn steady(&self) -> Result<Steady, (Code, String)> {
        let warm_up = self.warm_up();
        if let [.., half, whole] = warm_up {
            let iterations = |call: &Call| call.iterations.unwrap_or(1);
            let reads: Vec<(u64, usize)> =
                warm_up.iter().map(|call| (iterations(call), call.before_clock.len())).collect();
            let shape = shape_of(whole.kind, &reads)?;
            if let Some(median) = shape.median(whole) {
                return Ok(self.made_of(shape, &Dump::default(), &median, 1));
            }
            let difference = iterations(whole) - iterations(half);
            return Ok(self.made_of(shape, &shape.timed(half), &shape.timed(whole), difference));
        }
        // A group may set a short warm-up of its own, which an expensive benchmark ends with its first call. Then only
        // samples are left, whose iterations are told by what they cost: one each, or one more with each sample.
        let complete = &self.calls[..self.closed];
        let [first, one, other, ..] = complete else {
            return Err((
                Code::BenchmarkUnsampled,
                format!("its closure was called {} times, and more are needed", complete.len()),
            ));
        };
        let shape = shape_of(one.kind, &[(1, first.before_clock.len())])?;
        let total = |call| shape.timed(call).total.max(1);
        let times = |call| (total(call) as f64 / total(first) as f64).round().max(1.0) as u64;
        let (fewer, more) = (times(one), times(other));
        let before = if more > fewer { shape.timed(one) } else { Dump::default() };
        let difference = if more > fewer { more - fewer } else { more };
        Ok(self.made_of(shape, &before, &shape.timed(other), difference))
    }
}

impl Steady {
    /// One of so many iterations that lie between two profiles, in a program that has made so many requests in all.
    #[must_use]
    pub fn between(before: &Dump, after: &Dump, iterations: u64, all: &Requests) -> Steady {
        let own = |name: &String, cost: u64| cost.saturating_sub(before.functions.get(name).copied().unwrap_or(0));
        let functions = after.functions.iter().map(|(name, cost)| (name.clone(), own(name, *cost) / iterations.max(1)));
        let requests = after.requests.without(&before.requests);
        let is_ambiguous = all.custom > 0 && requests.direct > 0;
        Steady {
            value: per_iteration(after.total.saturating_sub(before.total), iterations),
            first: 0,
            allocations: requests.are_seen(all).then(|| per_iteration(requests.count(), iterations)),
            allocator: is_ambiguous
                .then(|| "what its global allocator asks of the system's may be counted, too".into()),
            functions: functions.filter(|(_, cost)| *cost > 0).collect(),
            seen: Vec::new(),
            note: None,
        }
    }
}

/// All symbols that some profiles show.
#[must_use]
pub fn symbols<'a>(dumps: impl Iterator<Item = &'a Dump>) -> Vec<String> {
    let seen: BTreeSet<&String> = dumps.flat_map(|dump| dump.functions.keys()).collect();
    seen.into_iter().cloned().collect()
}

/// The shape of all calls, or the finding that there is none.
fn shape_of(kind: Kind, reads: &[(u64, usize)]) -> Result<Shape, (Code, String)> {
    Shape::of(kind, reads).ok_or_else(|| {
        let counts: Vec<String> = reads.iter().map(|(_, count)| count.to_string()).collect();
        let counts = counts.join(", ");
        (Code::BenchmarkReadsClock, format!("the clock is read {counts} times in its calls, by others than criterion"))
    })
}

/// Rounded to the nearest, a half upwards.
#[must_use]
pub fn per_iteration(instructions: u64, iterations: u64) -> u64 {
    (instructions + iterations / 2) / iterations.max(1)
}

fn merged(mut one: Dump, other: Dump) -> Dump {
    one.total += other.total;
    one.requests = one.requests.with(&other.requests);
    for (name, cost) in other.functions {
        *one.functions.entry(name).or_default() += cost;
    }
    one.trigger = other.trigger;
    one
}

/// A part without what reading the clock costs.
#[must_use]
pub fn without_clock(mut part: Dump) -> Dump {
    let clock: u64 = part.functions.iter().filter(|(name, _)| reads_the_clock(name)).map(|(_, cost)| *cost).sum();
    part.functions.retain(|name, _| !reads_the_clock(name));
    part.total -= clock;
    part
}

/// Where the timed parts lie among the cuts of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Only the outer pair: a custom measurement that does not read this clock. The setup is counted too.
    Outer,
    /// One inner pair.
    Inner,
    /// One inner pair, within which the routine reads the clock so often in each iteration.
    InnerWithReads(usize),
    /// An inner pair for each batch, or for each iteration of an `iter_custom`.
    Pairs,
}

impl Shape {
    /// The one shape that explains the reads of all calls; `None` where there is none.
    fn of(kind: Kind, reads: &[(u64, usize)]) -> Option<Shape> {
        if reads.iter().all(|(_, reads)| *reads == 2) {
            return Some(Shape::Outer);
        }
        let pairs_fit = |(iterations, reads): &(u64, usize)| {
            let inner = reads.checked_sub(2)?;
            (inner % 2 == 0 && inner > 0 && (inner / 2) as u64 <= *iterations).then_some(())
        };
        match kind {
            Kind::Batched => reads.iter().all(|read| pairs_fit(read).is_some()).then_some(Shape::Pairs),
            Kind::Whole => {
                // Reads beyond the first four that do not grow with the iterations come after `iter` has returned.
                let beyond = reads[0].1.checked_sub(4)?;
                if reads.iter().all(|(_, count)| *count == 4 + beyond) {
                    return Some(Shape::Inner);
                }
                let each = beyond;
                (each > 0 && reads.iter().all(|(iterations, count)| *count as u64 == 4 + each as u64 * iterations))
                    .then_some(Shape::InnerWithReads(each))
                    .or_else(|| {
                        let paired = reads.iter().all(|(iterations, count)| *count as u64 == 2 + 2 * iterations);
                        paired.then_some(Shape::Pairs)
                    })
            }
        }
    }

    /// The sum of what lies within the timed parts, without the clock's own cost.
    fn timed(self, call: &Call) -> Dump {
        let cuts = &call.before_clock;
        // The cost before the read with index i lies between the reads i − 1 and i.
        let parts: Box<dyn Iterator<Item = &Dump>> = match self {
            Shape::Outer => Box::new(cuts.iter().skip(1).take(1)),
            Shape::Inner => Box::new(cuts.iter().skip(2).take(1)),
            Shape::InnerWithReads(_) => Box::new(cuts.iter().skip(2).take(cuts.len() - 3)),
            Shape::Pairs => Box::new(cuts.iter().skip(2).step_by(2).take((cuts.len() - 2) / 2)),
        };
        without_clock(parts.fold(Dump::default(), |sum, part| merged(sum, part.clone())))
    }

    /// The iteration in the middle, by cost, of a call whose every iteration has a pair of its own. Of an even number the
    /// cheaper of the two.
    fn median(self, call: &Call) -> Option<Dump> {
        let pairs = (call.before_clock.len().checked_sub(2)?) / 2;
        if self != Shape::Pairs || Some(pairs as u64) != call.iterations {
            return None;
        }
        let mut parts: Vec<Dump> =
            call.before_clock.iter().skip(2).step_by(2).take(pairs).cloned().map(without_clock).collect();
        parts.sort_by_key(|part| part.total);
        parts.into_iter().nth((pairs - 1) / 2)
    }

    fn note(self) -> Option<String> {
        match self {
            Shape::Outer => Some("it uses a measurement of its own, so its setup is counted too".into()),
            Shape::InnerWithReads(1) => Some("its routine reads the clock once an iteration".into()),
            Shape::InnerWithReads(each) => Some(format!("its routine reads the clock {each} times an iteration")),
            Shape::Inner | Shape::Pairs => None,
        }
    }
}

#[cfg(test)]
mod tests;
