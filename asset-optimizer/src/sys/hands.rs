//! Many hands: jobs over the machine's cores, the largest first, within a budget of memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};

use crate::error::{Error, Result};

/// How much stack a hand has: engines descend with the nesting of their input, and what does not fit ends the process. Only
/// what is used takes memory.
const STACK_BYTES: usize = 256 << 20;

/// How many hands there are at most, by the machine.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A job: what it may need of memory, and what it waits for.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Bytes, as well as can be told beforehand.
    pub memory: u64,
    /// The jobs that it starts after. None of them waits for any.
    pub after: Vec<usize>,
}

struct Desk {
    waiting: Vec<usize>,
    in_use: u64,
    at_work: usize,
    done: Vec<bool>,
}

impl Desk {
    /// Whether a job can start. Where it waits for others, those are waiting, too, or at work: one of all can.
    fn can_start(&self, load: &Load, budget: u64) -> bool {
        (self.at_work == 0 || self.in_use.saturating_add(load.memory) <= budget)
            && load.after.iter().all(|&other| self.done[other])
    }
}

/// Runs a job for each load and answers in the order of the loads. A job starts when its memory fits into what is left of
/// the budget, or when nobody else works, and what it waits for is done; which hand does it has no effect on the answer.
///
/// # Errors
/// The first error in the order of the loads; after one, no further job starts.
pub fn run<T: Send>(
    loads: &[Load],
    hands: usize,
    budget: u64,
    job: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let mut order: Vec<usize> = (0..loads.len()).collect();
    // The last one is taken first.
    order.sort_by_key(|&index| (loads[index].memory, std::cmp::Reverse(index)));
    let desk = Mutex::new(Desk { waiting: order, in_use: 0, at_work: 0, done: vec![false; loads.len()] });
    let free = Condvar::new();
    let answers: Vec<Mutex<Option<Result<T>>>> = loads.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        let Ok(mut held) = desk.lock() else { return };
        loop {
            let Some(at) = held.waiting.iter().rposition(|&index| held.can_start(&loads[index], budget)) else {
                if held.waiting.is_empty() {
                    return;
                }
                match free.wait(held) {
                    Ok(again) => held = again,
                    Err(_) => return,
                }
                continue;
            };
            let index = held.waiting.remove(at);
            held.in_use = held.in_use.saturating_add(loads[index].memory);
            held.at_work += 1;
            drop(held);
            let answer = catch_unwind(AssertUnwindSafe(|| job(index)))
                .unwrap_or_else(|_| Err(Error::environment("a job of the optimizer panicked")));
            let stop = answer.is_err();
            if let Ok(mut place) = answers[index].lock() {
                *place = Some(answer);
            }
            match desk.lock() {
                Ok(again) => held = again,
                Err(_) => return,
            }
            held.in_use = held.in_use.saturating_sub(loads[index].memory);
            held.at_work -= 1;
            held.done[index] = true;
            if stop {
                held.waiting.clear();
            }
            free.notify_all();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..hands.clamp(1, loads.len().max(1)) {
            let hand = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
            hand.map_err(|why| Error::environment(format!("cannot start a thread: {why}")))?;
        }
        Ok::<(), Error>(())
    })?;
    let mut answered = Vec::with_capacity(loads.len());
    let mut missing = false;
    for place in answers {
        match place.into_inner().ok().flatten() {
            Some(answer) => answered.push(answer?),
            None => missing = true,
        }
    }
    if missing {
        return Err(Error::environment("not every job was done"));
    }
    Ok(answered)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn answers_come_in_order_and_memory_is_kept() {
        for hands in [1, 3, 8] {
            let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
            let loads: Vec<Load> = (0..40).map(|index| Load { memory: index % 7 + 1, ..Load::default() }).collect();
            let answers = run(&loads, hands, 10, |index| {
                let memory = loads[index].memory;
                most.fetch_max(now.fetch_add(memory, Ordering::SeqCst) + memory, Ordering::SeqCst);
                std::thread::yield_now();
                now.fetch_sub(memory, Ordering::SeqCst);
                Ok(index * 2)
            });
            assert_eq!(answers.unwrap(), (0..40).map(|index| index * 2).collect::<Vec<_>>());
            assert!(most.load(Ordering::SeqCst) <= 10);
        }
    }

    #[test]
    fn what_is_larger_than_the_budget_runs_alone() {
        let answers = run(&[100, 1].map(|memory| Load { memory, ..Load::default() }), 2, 10, Ok);
        assert_eq!(answers.unwrap(), [0, 1]);
    }

    #[test]
    fn a_job_starts_after_those_that_it_waits_for() {
        for hands in [1, 3, 8] {
            let done: Vec<AtomicU64> = (0..40).map(|_| AtomicU64::new(0)).collect();
            // The largest would start first.
            let after = |index: usize| if index.is_multiple_of(2) { vec![index + 1, 39] } else { Vec::new() };
            let loads: Vec<Load> =
                (0..40).map(|index| Load { memory: 40 - index as u64, after: after(index) }).collect();
            let answers = run(&loads, hands, 60, |index| {
                let ready = loads[index].after.iter().all(|&other| done[other].load(Ordering::SeqCst) == 1);
                done[index].store(1, Ordering::SeqCst);
                Ok(ready)
            });
            assert_eq!(answers.unwrap(), vec![true; 40], "{hands}");
        }
    }

    #[test]
    fn an_error_ends_the_run() {
        let answers = run(&[1; 3].map(|memory| Load { memory, ..Load::default() }), 1, 10, |index| match index {
            0 => Err(Error::environment("no")),
            index => Ok(index),
        });
        assert_eq!(answers.unwrap_err().message, "no");
    }
}
