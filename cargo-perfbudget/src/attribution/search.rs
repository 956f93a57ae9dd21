//! Which commit made it: a search that halves the candidates with each one that is measured, whatever the history's shape.
//!
//! As `git bisect` has it: the first bad one is sought, so a bad one rules out everything that it does not rest on, and a good
//! one everything that it rests on. What cannot be measured is passed by, and may leave more than one candidate.

/// What a candidate turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// As before the change that is sought.
    Good,
    /// As after it.
    Bad,
    /// It cannot be measured.
    Skipped,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Measure this one.
    Try(usize),
    /// It is this one.
    Found(usize),
    /// It is one of these, and the others of them cannot be measured.
    Among(Vec<usize>),
}

/// A search for the first bad one.
#[derive(Debug, Clone)]
pub struct Search {
    /// What each rests on, by its place; each stands behind what it rests on.
    parents: Vec<Vec<usize>>,
    /// What may still be the first bad one.
    is_candidate: Vec<bool>,
    is_skipped: Vec<bool>,
    bad: usize,
    /// How many could not be measured since the last one that could.
    skipped_in_a_row: u32,
}

impl Search {
    /// A search among candidates, each with the places of those that it rests on directly. The last one is known to be bad.
    #[must_use]
    pub fn new(parents: Vec<Vec<usize>>) -> Search {
        let count = parents.len();
        let mut search = Search {
            parents,
            is_candidate: vec![true; count],
            is_skipped: vec![false; count],
            bad: count.saturating_sub(1),
            skipped_in_a_row: 0,
        };
        search.keep_what_bad_rests_on();
        search
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Next {
        let left = self.left();
        if left <= 1 {
            return Next::Found(self.bad);
        }
        let reach = self.reach();
        // A stretch of commits that do not build is left by ever longer leaps, to one side and the other.
        let leap = 1_i64.checked_shl(self.skipped_in_a_row).unwrap_or(i64::MAX / 2) / 2;
        let target = left as i64 / 2 + if self.skipped_in_a_row.is_multiple_of(2) { -leap } else { leap };
        let open = (0..self.bad).filter(|at| self.is_candidate[*at] && !self.is_skipped[*at]);
        match open.min_by_key(|at| (reach[*at] as i64).abs_diff(target)) {
            Some(at) => Next::Try(at),
            None => Next::Among((0..=self.bad).filter(|at| self.is_candidate[*at]).collect()),
        }
    }

    /// Takes what a candidate turned out to be.
    pub fn tell(&mut self, at: usize, told: Told) {
        self.skipped_in_a_row = if told == Told::Skipped { self.skipped_in_a_row + 1 } else { 0 };
        match told {
            Told::Skipped => self.is_skipped[at] = true,
            Told::Good => {
                for (at, below) in self.below(at).into_iter().enumerate() {
                    self.is_candidate[at] &= !below;
                }
            }
            Told::Bad => {
                self.bad = at;
                self.keep_what_bad_rests_on();
            }
        }
    }

    /// How many may still be the first bad one.
    #[must_use]
    pub fn left(&self) -> usize {
        self.is_candidate.iter().filter(|is| **is).count()
    }

    /// How many more must be measured, about.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.left().max(1).next_power_of_two().ilog2()
    }

    fn keep_what_bad_rests_on(&mut self) {
        if self.parents.is_empty() {
            return;
        }
        for (at, below) in self.below(self.bad).into_iter().enumerate() {
            self.is_candidate[at] &= below;
        }
    }

    /// Whether each is this one, or this one rests on it.
    fn below(&self, top: usize) -> Vec<bool> {
        let mut below = vec![false; self.parents.len()];
        let mut open = vec![top];
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut below[at], true) {
                open.extend(self.parents[at].iter().copied().filter(|parent| *parent < at));
            }
        }
        below
    }

    /// How many candidates each candidate rests on, itself included.
    fn reach(&self) -> Vec<usize> {
        let mut reach = vec![0; self.parents.len()];
        for at in 0..self.parents.len() {
            if !self.is_candidate[at] {
                continue;
            }
            let parents: Vec<usize> =
                self.parents[at].iter().copied().filter(|parent| *parent < at && self.is_candidate[*parent]).collect();
            // Only where histories meet must be counted; elsewhere there is one more than before.
            reach[at] = match parents.as_slice() {
                [] => 1,
                [parent] => reach[*parent] + 1,
                _ => self.below(at).iter().zip(&self.is_candidate).filter(|(below, is)| **below && **is).count(),
            };
        }
        reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Searches to the end. Returns what was found, and how many were measured.
    fn run(parents: &[Vec<usize>], first_bad: usize, broken: &[usize]) -> (Next, usize) {
        let mut search = Search::new(parents.to_vec());
        let mut measured = 0;
        loop {
            match search.next() {
                Next::Try(at) => {
                    measured += 1;
                    let is_bad = Search::new(parents.to_vec()).below(at)[first_bad];
                    let told = if is_bad { Told::Bad } else { Told::Good };
                    search.tell(at, if broken.contains(&at) { Told::Skipped } else { told });
                }
                end => return (end, measured),
            }
            assert!(measured <= parents.len(), "it does not end");
        }
    }

    fn line(count: usize) -> Vec<Vec<usize>> {
        (0..count).map(|at| at.checked_sub(1).into_iter().collect()).collect()
    }

    #[test]
    fn each_of_64_commits_is_found_with_6_measurements() {
        for bad in 0..64 {
            assert_eq!(run(&line(64), bad, &[]), (Next::Found(bad), 6));
        }
    }

    #[test]
    fn what_cannot_be_measured_leaves_a_range() {
        assert_eq!(run(&line(8), 4, &[3]), (Next::Among(vec![3, 4]), 4));
        assert_eq!(run(&line(8), 6, &[3]).0, Next::Found(6));
        assert_eq!(run(&line(2), 1, &[0]).0, Next::Among(vec![0, 1]));
        assert_eq!(run(&line(1), 0, &[]), (Next::Found(0), 0));
        // Half of the history does not build: it is left quickly, and not one by one.
        let broken: Vec<usize> = (300..700).collect();
        let (found, measured) = run(&line(1000), 100, &broken);
        assert_eq!(found, Next::Found(100));
        assert!(measured < 40, "{measured}");
    }

    #[test]
    fn a_branch_that_was_merged_is_searched_too() {
        // 0 ← 1 ← 2 ← 5 ← 6, and 0 ← 3 ← 4 ← 5.
        let parents = vec![vec![], vec![0], vec![1], vec![0], vec![3], vec![2, 4], vec![5]];
        for bad in 0..parents.len() {
            assert_eq!(run(&parents, bad, &[]).0, Next::Found(bad));
        }
    }

    proptest! {
        #[test]
        fn the_first_bad_one_is_always_among_what_is_found(
            seeds in proptest::collection::vec((any::<u16>(), any::<u16>(), any::<bool>()), 1..40),
            bad: u16,
            broken in proptest::collection::btree_set(0_usize..40, 0..10),
        ) {
            let mut parents: Vec<Vec<usize>> = Vec::new();
            for (at, (one, other, merges)) in seeds.iter().enumerate() {
                let mut own: Vec<usize> = at.checked_sub(1).into_iter().collect();
                if at > 0 && *merges {
                    own = vec![*one as usize % at, *other as usize % at];
                }
                parents.push(own);
            }
            // Everything that is left to the search leads to the last one.
            let last = parents.len() - 1;
            let below = Search::new(parents.clone()).below(last);
            let reachable: Vec<usize> = (0..=last).filter(|at| below[*at]).collect();
            let bad = reachable[bad as usize % reachable.len()];
            let broken: Vec<usize> = broken.into_iter().filter(|at| *at != last).collect();
            match run(&parents, bad, &broken).0 {
                Next::Found(found) => prop_assert_eq!(found, bad),
                Next::Among(some) => prop_assert!(some.contains(&bad)),
                Next::Try(_) => prop_assert!(false),
            }
        }
    }
}
