//! Shards: one check as several jobs, each of which measures a part of the subjects.
//!
//! Which part a subject belongs to follows from its name alone, so that jobs need not speak with each other: of a subject that
//! is new, or gone, or has another name now, they think alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sha2::{Digest, Sha256};

use super::cause::Cause;
use super::name::{Key, Subject};
use super::run::{Family, Problem, Run};

/// One of so many, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which one.
    pub index: u16,
    /// Of how many.
    pub of: u16,
}

impl Shard {
    /// Reads `2/5`.
    ///
    /// # Errors
    /// How it is written.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let number = |text: &str| text.parse::<u16>().ok().filter(|number| (1..=Shard::MOST).contains(number));
        let numbers = text.split_once('/').and_then(|(index, of)| Some((number(index)?, number(of)?)));
        match numbers {
            Some((index, of)) if index <= of => Ok(Shard { index, of }),
            _ => Err(format!("say which one of how many, as `2/5`; {} at most", Shard::MOST)),
        }
    }

    /// The most jobs of a check. GitHub's matrices have 256 at most.
    const MOST: u16 = 256;
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// Some of the shards of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shards {
    /// How many there are.
    pub of: u16,
    /// Those that are meant.
    pub held: BTreeSet<u16>,
}

impl From<Shard> for Shards {
    fn from(shard: Shard) -> Shards {
        Shards { of: shard.of, held: [shard.index].into() }
    }
}

impl Shards {
    /// Which one of so many a subject belongs to. Benchmarks and commands are spread by their names; what one step measures all
    /// at once, as the files of a frontend, stays together.
    #[must_use]
    pub fn of_subject(of: u16, subject: &Subject) -> u16 {
        match subject {
            Subject::Benchmark(_) | Subject::Command(_) => spread(of, &subject.to_string()),
            Subject::Artifact(_) => Shards::of_whole(of, Family::Bytes),
            Subject::Build(_) => Shards::of_whole(of, Family::Build),
            Subject::Entry(_) => Shards::of_whole(of, Family::Entries),
            Subject::Page(_) | Subject::EntryPoint(_) | Subject::Group(_) | Subject::Asset(_) => {
                Shards::of_whole(of, Family::Assets)
            }
        }
    }

    fn of_whole(of: u16, family: Family) -> u16 {
        spread(of, family.name())
    }

    /// Whether a subject belongs to one of these.
    #[must_use]
    pub fn hold(&self, subject: &Subject) -> bool {
        self.held.contains(&Shards::of_subject(self.of, subject))
    }

    /// Whether subjects that are measured all at once, for that family, may belong to one of these.
    #[must_use]
    pub fn may_hold(&self, family: Family) -> bool {
        match family {
            Family::Bytes | Family::Build | Family::Entries | Family::Assets => {
                self.held.contains(&Shards::of_whole(self.of, family))
            }
            Family::Instructions | Family::Heap | Family::Native | Family::Time => true,
        }
    }
}

/// A number from 1 to `of` that follows from a name, and from nothing else, now and in later versions.
fn spread(of: u16, name: &str) -> u16 {
    let digest = Sha256::digest(name.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    // A remainder is smaller than `of`.
    (number % u64::from(of.max(1))) as u16 + 1
}

/// What the jobs of a check must agree on to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The version of this tool.
    pub tool: String,
    /// The commit that was measured; `None` outside of a repository.
    pub commit: Option<String>,
    /// The commit that it is compared with, where one is known.
    pub base: Option<String>,
    /// The digest of the configuration and of the committed records.
    pub files: String,
}

/// What one job has measured and confirmed.
#[derive(Debug, Clone)]
pub struct Part {
    /// Which one it is.
    pub shard: Shard,
    /// What it must agree with the others on.
    pub terms: Terms,
    /// What it measured.
    pub run: Run,
    /// What the base shows there, where that was asked for.
    pub confirmed: Option<Confirmed>,
    /// Why numbers moved.
    pub causes: BTreeMap<Key, Cause>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// What a job knows of the base.
#[derive(Debug, Clone)]
pub enum Confirmed {
    /// What it measures there.
    Measured(Box<Run>),
    /// Why it could not be measured.
    Refused(Problem),
}

#[cfg(test)]
mod tests {
    use super::super::name::{Benchmark, Target};
    use super::*;

    #[test]
    fn a_shard_is_one_of_so_many() {
        assert_eq!(Shard::parse("2/5"), Ok(Shard { index: 2, of: 5 }));
        for text in ["", "2", "0/5", "6/5", "2/0", "a/b", "1/257", "-1/5", "1/2/3"] {
            assert!(Shard::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_subject_belongs_to_one_shard_and_they_are_spread() {
        let benchmark = |number: usize| {
            let target = Target { package: "shop".into(), name: "cart".into() };
            Subject::Benchmark(Benchmark::new(target, "total".into(), None, Some(number.to_string())))
        };
        let mut counts = [0; 5];
        for number in 0..500 {
            let subject = benchmark(number);
            let holders: Vec<u16> =
                (1..=5).filter(|index| Shards::from(Shard { index: *index, of: 5 }).hold(&subject)).collect();
            assert_eq!(holders, [Shards::of_subject(5, &subject)]);
            counts[usize::from(holders[0]) - 1] += 1;
        }
        assert!(counts.iter().all(|count| (70..=130).contains(count)), "{counts:?}");
        // Parts of earlier versions are still parts.
        assert_eq!(Shards::of_subject(5, &benchmark(100)), 3);
        let page = Subject::Page("index.html".into());
        let one = Shards::of_subject(5, &page);
        assert_eq!(Shards::of_subject(5, &Subject::Asset("app.js".into())), one);
        assert!(Shards { of: 5, held: [one].into() }.may_hold(Family::Assets));
    }
}
