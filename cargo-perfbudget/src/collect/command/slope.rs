//! The leak test without valgrind: what is left on the heap at the end of n, 2n and 4n units of work.
//!
//! A small library of ours, which the user's own compiler builds here, is loaded before the C library, passes each call of
//! its allocator on, and counts the bytes that are live. When the process ends it writes that number down.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::collect::build::TOOLCHAIN_VARIABLES;
use crate::collect::hand::Hand;
use crate::error::Result;
use crate::model::{Code, Failure};
use crate::sys::process::{self, Program};
use crate::sys::{env, files};

/// The version of the way in which the number is made. Numbers of different versions are not compared.
pub(super) const ADAPTER: &str = "heap-slope 1";
/// How many times the usual work is done, run by run.
pub(super) const TIMES: [u64; 3] = [1, 2, 4];
/// What the library is called where commands are shown.
pub(super) const LIBRARY: &str = "LIVE_BYTES_LIBRARY";
/// Its source.
const SOURCE: &str = include_str!("live.rs.in");
/// How it is built: as small as it comes, and without a word of its own.
const BUILD: [&str; 9] = [
    "--edition=2021",
    "--crate-type=cdylib",
    "--crate-name=live",
    "-Copt-level=2",
    "-Cpanic=abort",
    "-Cdebuginfo=0",
    "-Cstrip=symbols",
    "--cap-lints=allow",
    "-o",
];

fn library(scratch: &Path) -> PathBuf {
    scratch.join("live.so")
}

/// Builds the library. What comes back is why it cannot be used here.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn prepare(hand: &Hand<'_>) -> Result<Option<Failure>> {
    let fail = |why: String| Failure {
        code: Code::SourceUnavailable,
        why,
        hint: Some("take `n` out, or measure it in CI".into()),
    };
    if !hand.host.contains("-linux-gnu") {
        return Ok(Some(fail(format!(
            "what is left on the heap is counted with glibc only, and this is {}",
            hand.host
        ))));
    }
    let source = hand.scratch.join("live.rs");
    files::write(&source, SOURCE.as_bytes())?;
    let own = env::var("RUSTC").filter(|_| !hand.request.pinned);
    let program = Program::new(own.unwrap_or_else(|| "rustc".into())).args(BUILD);
    let mut program = program.args([library(&hand.scratch), source]).cwd(&hand.request.folder);
    if hand.request.pinned {
        program.removed = TOOLCHAIN_VARIABLES.map(String::from).into();
    }
    let finished = process::run(&program)?;
    Ok((!finished.success())
        .then(|| fail(format!("the library that counts could not be built: {}", finished.last_words()))))
}

/// What the program is told beyond its own environment.
pub(super) fn variables(scratch: &Path, folder: &Path) -> BTreeMap<String, String> {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    [("LD_PRELOAD", text(library(scratch))), ("PERFBUDGET_LIVE", text(folder.join("live")))]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// Reads what the library wrote. A process may free what another allocator gave it, which is as good as nothing left.
pub(super) fn parse(bytes: &[u8]) -> std::result::Result<u64, String> {
    let text = String::from_utf8_lossy(bytes);
    let live: i64 = text.trim().parse().map_err(|_| "it is no number".to_owned())?;
    Ok(u64::try_from(live).unwrap_or(0))
}

/// By how many bytes the heap grows with one more unit of work: the smaller of what it is from n to 2n and from 2n to 4n,
/// because what stops growing is a cache and no leak; rounded to the nearest whole byte, because a few bytes more or less
/// at the end, divided by the units, are nothing.
pub(super) fn slope(units: u64, live: &[u64]) -> u64 {
    let &[once, twice, four_times] = live else { return 0 };
    let grown = |from: u64, to: u64, times: f64| to.saturating_sub(from) as f64 / (units as f64 * times);
    grown(once, twice, 1.0).min(grown(twice, four_times, 2.0)).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_grows_on_is_a_slope() {
        let check = |live: [u64; 3], expected| assert_eq!(slope(1000, &live), expected, "{live:?}");
        check([552, 552, 552], 0);
        check([100_552, 200_552, 400_552], 100);
        check([0, 65_536, 65_536], 0);
        check([1_000, 1_000, 65_536], 0);
        check([552, 616, 552], 0);
        check([5_000, 4_000, 3_000], 0);
        check([600, 1_199, 2_397], 1);
    }

    #[test]
    fn what_the_library_wrote_is_a_number_or_refused() {
        assert_eq!((parse(b"552\n"), parse(b"-16\n")), (Ok(552), Ok(0)));
        for bad in [&b""[..], b"x", b"\xff", b"99999999999999999999"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
