//! The committed baseline as values: what each key cost when it was last recorded or accepted.

use std::collections::BTreeMap;
use std::fmt;

use super::estimate::Evidence;
use super::name::Key;
use super::run::{Environment, Family};

/// A calendar day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year, 1970 to 9999.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
}

impl Date {
    /// Reads `2027-01-31`; `None` for anything that is not a day of the calendar.
    #[must_use]
    pub fn parse(text: &str) -> Option<Date> {
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| text.get(range)?.parse::<u16>().ok();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return None;
        }
        let (year, month, day) = (digits(0..4)?, digits(5..7)? as u8, digits(8..10)? as u8);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (year >= 1970 && (1..=length).contains(&day)).then_some(Date { year, month, day })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A regression that somebody took on, on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The value before, in the metric's base unit.
    pub from: u64,
    /// Why it was worth it.
    pub reason: String,
    /// The last day on which it holds; `None` for ever.
    pub expires: Option<Date>,
}

/// One key's committed value.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The value.
    pub evidence: Evidence,
    /// The frozen value that cumulative growth is judged against; `None` where it is the value itself.
    pub anchor: Option<u64>,
    /// Where the value was accepted rather than measured and found within.
    pub acceptance: Option<Acceptance>,
}

/// All records of one environment and family.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Baseline {
    /// Every committed set of records. More than one of a family where several machines record.
    pub sets: Vec<RecordSet>,
}

/// The records that share a family and an environment.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSet {
    /// Which metrics.
    pub family: Family,
    /// Must match to compare.
    pub environment: Environment,
    /// Reported, always compared.
    pub state: Environment,
    /// The values.
    pub records: BTreeMap<Key, Record>,
}

impl Baseline {
    /// Whether nothing is recorded at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.iter().all(|set| set.records.is_empty())
    }

    /// The set of that family that was recorded in an equal environment.
    #[must_use]
    pub fn matching(&self, family: Family, environment: &Environment) -> Option<&RecordSet> {
        self.sets.iter().find(|set| set.family == family && set.environment == *environment)
    }

    /// The set of that family and environment, made with that state where there is none yet.
    pub fn set_mut(&mut self, family: Family, environment: &Environment, state: &Environment) -> &mut RecordSet {
        let found = self.sets.iter().position(|set| set.family == family && set.environment == *environment);
        let index = found.unwrap_or_else(|| {
            let (environment, state) = (environment.clone(), state.clone());
            self.sets.push(RecordSet { family, environment, state, records: BTreeMap::new() });
            self.sets.len() - 1
        });
        &mut self.sets[index]
    }

    /// The sets of that family, whatever their environment.
    pub fn of_family(&self, family: Family) -> impl Iterator<Item = &RecordSet> {
        self.sets.iter().filter(move |set| set.family == family)
    }

    /// One key's record in an equal environment.
    #[must_use]
    pub fn record(&self, key: &Key, environment: &Environment) -> Option<&Record> {
        self.matching(key.metric.family(), environment)?.records.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        assert_eq!(Date::parse("2028-02-29").map(|date| date.to_string()).as_deref(), Some("2028-02-29"));
        for bad in ["", "2027-02-29", "2027-13-01", "2027-1-1", "1969-12-31", "2027-01-32", "2027/01/01", "２０27-01-1"]
        {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }
}
