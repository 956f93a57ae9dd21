//! What differs from harness to harness: how it tells its benchmarks, how it is told to run one, and where its profile is
//! cut. What is said of none by name is of criterion: the others are not measured by cuts. Pure.

use super::cuts::{Cuts, Cutter};
use super::protocol::{self, Name};
use super::samples::{Samples, Way};
use crate::collect::executable::Harness;

/// What takes the profile of one of the harness's benchmarks.
#[must_use]
pub fn cutter(harness: Harness) -> Box<dyn Cutter> {
    match harness {
        Harness::Divan => Box::new(Samples::of(Way::Divan)),
        Harness::Libtest => Box::new(Samples::of(Way::Libtest)),
        _ => Box::<Cuts>::default(),
    }
}

/// Before which functions callgrind cuts the profile.
#[must_use]
pub fn cut_before(harness: Harness) -> &'static [&'static str] {
    match harness {
        Harness::Divan => &["*5divan*9sync_impl*"],
        Harness::Libtest => &["clock_gettime*", "__clock_gettime*"],
        _ => &["*9criterion*Bencher*iter*", "*criterion*17measurement_start*", "clock_gettime*", "__clock_gettime*"],
    }
}

/// The arguments with which a harness lists its benchmarks, a line each.
#[must_use]
pub fn list_args(harness: Harness) -> &'static [&'static str] {
    match harness {
        Harness::Divan | Harness::Libtest => &["--bench", "--list", "--format", "terse"],
        _ => &["--bench", "--list"],
    }
}

/// The variable without which divan does not list so that a program can read it.
pub const LISTS_FOR_PROGRAMS: (&str, &str) = ("NEXTEST", "1");

/// The benchmarks that such a list names: what they are called here, and in full by the harness.
#[must_use]
pub fn listed(harness: Harness, output: &str) -> Vec<(Name, String)> {
    let lone = |name: Name| {
        let full = name.full();
        (name, full)
    };
    // Of Rust's own harness the tests are listed, too.
    let is_test = |line: &&str| harness == Harness::Libtest && line.ends_with(": test");
    let lines: Vec<&str> = output.lines().filter(|line| !is_test(line)).collect();
    let names = protocol::listed(&lines.join("\n")).into_iter().map(lone);
    match harness {
        Harness::Divan => {
            names.map(|(_, full)| (of_path(full.split_once("::").map_or(&*full, |(_, rest)| rest)), full)).collect()
        }
        Harness::Libtest => names.map(|(_, full)| (of_path(&full), full)).collect(),
        _ => names.collect(),
    }
}

/// A path of modules, functions, types and inputs, such as `parse::lines::100`: what comes last is the function of a group.
/// Divan's begin with the name of the target, which is known.
fn of_path(path: &str) -> Name {
    match path.rsplit_once("::") {
        Some((group, function)) => Name { group: group.to_owned(), function: Some(function.to_owned()), value: None },
        None => Name { group: path.to_owned(), function: None, value: None },
    }
}

/// The arguments that measure one benchmark by its full name, between the user's own. `None` for criterion, whose versions
/// differ.
#[must_use]
pub fn measure_args(harness: Harness) -> Option<&'static [&'static str]> {
    match harness {
        Harness::Divan => Some(&[
            "--bench",
            "--timer=os",
            "--threads=1",
            "--sample-size=1",
            "--sample-count=100",
            "--max-time=3600",
            "--exact",
            "--",
        ]),
        Harness::Libtest => Some(&["--bench", "--exact", "--"]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(harness: Harness, output: &str, expected: &[(&str, &str)]) {
        let listed = listed(harness, output);
        let shown: Vec<(String, &str)> = listed.iter().map(|(name, full)| (name.full(), full.as_str())).collect();
        let shown: Vec<(&str, &str)> = shown.iter().map(|(name, full)| (name.as_str(), *full)).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_comes_last_in_a_path_is_the_function_of_a_group() {
        check(
            Harness::Divan,
            include_str!("../../../../fixtures/outputs/divan-0.1.21/list/terse.txt"),
            &[
                ("inner/local", "d::inner::local"),
                ("with_inputs", "d::with_inputs"),
                ("threads", "d::threads"),
                ("push", "d::push"),
                ("sum/10", "d::sum::10"),
                ("sum/100", "d::sum::100"),
                ("gen::u8/1", "d::gen::u8::1"),
                ("gen::u8/2", "d::gen::u8::2"),
                ("gen::u64/1", "d::gen::u64::1"),
                ("gen::u64/2", "d::gen::u64::2"),
            ],
        );
        let own = include_str!("../../../../fixtures/outputs/libtest-1.97/list/terse.txt");
        check(Harness::Libtest, own, &[("push", "push"), ("sum", "sum")]);
        check(Harness::Libtest, "mine: test\na::b: bench\n", &[("a/b", "a::b")]);
        check(Harness::Criterion, "a/b: bench\n", &[("a/b", "a/b")]);
    }
}
