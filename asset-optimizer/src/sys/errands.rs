//! Errands in the background, no more than fit: what is sent while work goes on.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

type Errand = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Desk {
    /// With the memory that each holds.
    waiting: VecDeque<(u64, Errand)>,
    held: u64,
    under_way: usize,
    done: u64,
    is_closed: bool,
}

/// Errands, and who runs them.
pub struct Errands {
    desk: Arc<(Mutex<Desk>, Condvar)>,
    limit: u64,
}

impl Errands {
    /// So many at a time; those that wait hold so much memory at most.
    #[must_use]
    pub fn new(runners: usize, limit_bytes: u64) -> Errands {
        let desk: Arc<(Mutex<Desk>, Condvar)> = Arc::default();
        for _ in 0..runners {
            let desk = desk.clone();
            // Ends when the errands are dropped, or with the process.
            std::thread::spawn(move || run(&desk));
        }
        Errands { desk, limit: limit_bytes }
    }

    /// Gives an errand away that holds so much memory; `false` where too much is waiting already.
    #[must_use]
    pub fn give(&self, bytes: u64, errand: impl FnOnce() + Send + 'static) -> bool {
        let mut desk = taken(&self.desk);
        if desk.held + bytes > self.limit {
            return false;
        }
        desk.held += bytes;
        desk.waiting.push_back((bytes, Box::new(errand)));
        self.desk.1.notify_all();
        true
    }

    /// Waits until all are done, or none is for so long: then those that wait are left, and how many is said.
    pub fn settle(&self, patience: Duration) -> usize {
        let mut desk = taken(&self.desk);
        let mut done = desk.done;
        while !(desk.waiting.is_empty() && desk.under_way == 0) {
            let waited = self.desk.1.wait_timeout(desk, patience).unwrap_or_else(PoisonError::into_inner);
            desk = waited.0;
            if waited.1.timed_out() && desk.done == done {
                let left = desk.waiting.len() + desk.under_way;
                desk.waiting.clear();
                desk.held = 0;
                return left;
            }
            done = desk.done;
        }
        0
    }
}

impl Drop for Errands {
    fn drop(&mut self) {
        taken(&self.desk).is_closed = true;
        self.desk.1.notify_all();
    }
}

fn taken(desk: &(Mutex<Desk>, Condvar)) -> MutexGuard<'_, Desk> {
    desk.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run(desk: &(Mutex<Desk>, Condvar)) {
    let mut held = taken(desk);
    loop {
        if let Some((bytes, errand)) = held.waiting.pop_front() {
            held.under_way += 1;
            drop(held);
            errand();
            held = taken(desk);
            held.under_way -= 1;
            held.done += 1;
            held.held = held.held.saturating_sub(bytes);
            desk.1.notify_all();
        } else if held.is_closed {
            return;
        } else {
            held = desk.1.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn errands_are_done_and_what_does_not_fit_is_not_taken() {
        let errands = Errands::new(2, 100);
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..10 {
            let done = done.clone();
            let add = move || {
                done.fetch_add(1, Ordering::SeqCst);
            };
            assert!(errands.give(10, add));
        }
        assert_eq!(errands.settle(Duration::from_secs(10)), 0);
        assert_eq!(done.load(Ordering::SeqCst), 10);
        assert!(!errands.give(101, || {}));
    }

    #[test]
    fn who_does_not_come_back_is_not_waited_for() {
        let errands = Errands::new(1, 100);
        assert!(errands.give(10, || super::super::clock::wait(Duration::from_secs(5))));
        assert!(errands.give(10, || {}));
        assert_eq!(errands.settle(Duration::from_millis(50)), 2);
    }
}
