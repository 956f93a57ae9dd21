//! The environment, the clock and the terminal of this process.
#![expect(clippy::disallowed_methods, reason = "this is the door to the environment and the clock")]
#![expect(clippy::print_stderr, reason = "progress and errors go to stderr from here only")]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::model::Date;

/// A variable of the environment; `None` where it is not set, empty, or not UTF-8.
#[must_use]
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable of the environment, which may be set and empty; `None` where it is not set, or not UTF-8.
#[must_use]
pub fn text(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The program that we are.
///
/// # Errors
/// Where the system does not tell.
pub fn own_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|why| Error::environment(format!("cannot tell which program this is: {why}")))
}

/// The arguments of this process, without a repeated `perfbudget` that cargo puts first for a subcommand.
pub fn arguments() -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "perfbudget") {
        arguments.remove(1);
    }
    arguments
}

/// The folder that we stand in.
///
/// # Errors
/// Where it was removed under us.
pub fn current_dir() -> Result<PathBuf> {
    std::env::current_dir().map_err(|why| Error::environment(format!("cannot tell the current folder: {why}")))
}

/// Whether somebody watches a CI system run this.
#[must_use]
pub fn is_ci() -> bool {
    var("CI").is_some_and(|value| value != "false" && value != "0")
}

/// How many processes may run at once.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Where results that several checkouts share are kept: `PERFBUDGET_CACHE_DIR`, or the user's cache folder.
#[must_use]
pub fn cache_dir() -> PathBuf {
    let platform = if cfg!(windows) {
        var("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        var("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| home().map(|home| home.join(".cache")))
    };
    var("PERFBUDGET_CACHE_DIR")
        .map(PathBuf::from)
        .unwrap_or_else(|| platform.unwrap_or_else(std::env::temp_dir).join("cargo-perfbudget"))
}

/// Where a program of that name is found on the user's path, the first one first.
#[must_use]
pub fn programs(name: &str) -> Vec<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join(name)).filter(|path| path.is_file()).collect()
}

/// Where cargo keeps what it has fetched and installed.
#[must_use]
pub fn cargo_home() -> Option<PathBuf> {
    var("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cargo")))
}

/// The user's own folder.
#[must_use]
pub fn home() -> Option<PathBuf> {
    var("HOME").or_else(|| var("USERPROFILE")).map(PathBuf::from)
}

/// Today, in UTC. `SOURCE_DATE_EPOCH` overrides the clock, as reproducible builds have it.
#[must_use]
pub fn today() -> Date {
    let seconds = var("SOURCE_DATE_EPOCH")
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs());
    date_of_days(seconds / 86_400)
}

/// The calendar day that many days after 1970-01-01, by Howard Hinnant's `civil_from_days`.
fn date_of_days(days: u64) -> Date {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    Date { year: year.min(9999) as u16, month: month as u8, day: day as u8 }
}

/// Seconds since 1970, as this machine has it.
#[must_use]
pub fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A word that nobody can foresee: 32 hexadecimal digits from the seeds that the system gives hash maps.
#[must_use]
pub fn random_word() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

/// A clock that only knows how long it has been running.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    #[must_use]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// How long it has been running, in whole milliseconds.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Duration::from_millis(self.millis())
    }

    /// The same, as a number.
    #[must_use]
    pub fn millis(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Whether stderr is a terminal that a person looks at.
#[must_use]
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether stdout is a terminal that a person looks at.
#[must_use]
pub fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Writes a line to stderr.
pub fn say(line: &str) {
    eprintln!("{line}");
}

/// Overwrites the current line of the terminal on stderr.
pub fn say_in_place(line: &str) {
    eprint!("\r\x1b[2K{line}");
    let _ = std::io::stderr().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_the_dates_of_the_calendar() {
        for (days, text) in [(0, "1970-01-01"), (11_016, "2000-02-29"), (20_000, "2024-10-04"), (47_540, "2100-02-28")]
        {
            assert_eq!(date_of_days(days).to_string(), text);
        }
    }
}
