//! The codes of findings: stable names, each with a sentence and a paragraph for `explain`.

use std::fmt;

use super::report::Verdict;

macro_rules! codes {
    ($($(#[doc = $sentence:literal])+ $variant:ident = $name:literal, $verdict:ident, $paragraph:literal;)+) => {
        /// The kind of a finding. Names are stable: a script may match on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $sentence])+ $variant,)+
        }

        impl Code {
            /// All codes, in the order in which they are documented.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The stable, kebab-case name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),+ }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Code::$variant => concat!($($sentence),+).trim_ascii()),+ }
            }

            /// Why it exists and what to do, as `explain` prints it.
            #[must_use]
            pub fn paragraph(self) -> &'static str {
                match self { $(Code::$variant => $paragraph),+ }
            }

            /// How bad it is, unless the configuration says otherwise.
            #[must_use]
            pub fn verdict(self) -> Verdict {
                match self { $(Code::$variant => Verdict::$verdict),+ }
            }
        }
    };
}

codes! {
    /// A metric grew by more than its budget allows.
    GrowthOver = "growth-over", Over,
    "The measured value is above the base by more than the rule's `growth` and by more than its `floor`. The base was \
     built and measured on this machine too, so the growth belongs to this change. Make it cheaper, or accept it: \
     `cargo perfbudget accept NAME --reason \"why it is worth it\"`, and commit the baseline file.";
    /// A metric is above the most it may cost.
    CeilingOver = "ceiling-over", Over,
    "The measured value is above the rule's `at-most`, and it either was below before or has grown further. A value \
     that was above already and did not grow is `ceiling-unchanged`, which does not fail.";
    /// A metric has drifted from its frozen anchor by more than its budget allows.
    DriftOver = "drift-over", Over,
    "Each step was small enough for `growth`, but their sum is above `drift`. The anchor is frozen when a metric is \
     first recorded, and moves only with `accept` or `record --anchor`.";
    /// An acceptance has passed its last day.
    AcceptanceExpired = "acceptance-expired", Over,
    "The baseline file accepts a regression until a day that is over. Make the code cheaper and `record`, or accept \
     again with a new day and reason.";
    /// The measurement does not bear out what was accepted.
    AcceptanceUnmet = "acceptance-unmet", Over,
    "The baseline file in this change accepts a value, but the measurement is above it, or far below. Either the code changed after \
     the acceptance, or the value was typed by hand. Measure again and accept what is measured, or make it cheaper.";
    /// The base shows the growth too, so an earlier commit made it.
    GrowthInherited = "growth-inherited", Attention,
    "The measured value is over its budget against the committed baseline, but the merge-base, built and measured \
     here, shows the same. A commit between the record and the merge-base brought it. On a pull request it asks for \
     attention; on the default branch it is over, because there is nobody else to catch it. Find the commit, or \
     `record --allow-regression` on the default branch.";

    /// A benchmark of the baseline did not run.
    BenchmarkMissing = "benchmark-missing", CannotTell,
    "The expected set of benchmarks is the baseline, and this one was not found in its target. If it was taken out on \
     purpose, take it out of the baseline file in the same pull request (`cargo perfbudget record` does that): a \
     reviewed line, which is then shown as removed.";
    /// A benchmark of the baseline is gone and a new one looks like it.
    BenchmarkRenamed = "benchmark-renamed", CannotTell,
    "A benchmark of the baseline was not found, and a benchmark without a record has a similar name. The two are not \
     compared, because a guess must not pass a gate. Record again to confirm the new name.";
    /// A benchmark ran and left no sample.
    BenchmarkUnsampled = "benchmark-unsampled", CannotTell,
    "The process ended before one iteration could be counted in full, or criterion left no sample on disk. Run the \
     benchmark by itself with `cargo bench` and look at what it prints.";
    /// Two benchmarks of one target have the same full name.
    BenchmarkAmbiguous = "benchmark-ambiguous", CannotTell,
    "Criterion selects benchmarks by their full name, and two of this target share one, so they cannot be measured \
     apart. Rename one of them.";
    /// A bench target or binary could not be built.
    BuildFailed = "build-failed", CannotTell,
    "Cargo could not build it, so nothing in it was measured. The compiler's own messages stand above the report.";
    /// A bench target or benchmark panicked.
    BenchmarkPanicked = "benchmark-panicked", CannotTell,
    "The process ended with an error before it was measured. Its last lines of output stand in the finding.";
    /// A benchmark or command took longer than it may.
    BenchmarkTimeout = "benchmark-timeout", CannotTell,
    "Under valgrind a program runs about fifty times slower. Raise `timeout` in `perfbudget.toml`, make the input \
     smaller, or exclude the benchmark with a reason.";
    /// A command did not come to the end that it must come to.
    CommandFailed = "command-failed", CannotTell,
    "A `[[command]]` could not be started, was ended by a signal, or ended with another code than its `exit` says, so that \
     what was counted is not its work. Its last line of output stands in the finding. It runs with an empty standard input, \
     a fixed environment, and in the folder of `perfbudget.toml`, unless it says otherwise with `stdin`, `env` and `dir`.";
    /// A program executes an instruction that valgrind does not know.
    InstructionUnsupported = "instruction-unsupported", CannotTell,
    "Valgrind runs programs on a processor of its own, which knows AVX2 and not AVX-512, among others. A program that was \
     built for this very machine, with `-C target-cpu=native`, dies of an illegal instruction there. Take that out of \
     `RUSTFLAGS` and `.cargo/config.toml` for what is measured, or name a processor that valgrind knows: \
     `-C target-cpu=x86-64-v3`.";
    /// A benchmark's routine reads the clock, so its parts cannot be told apart.
    BenchmarkReadsClock = "benchmark-reads-clock", CannotTell,
    "Instructions are counted between criterion's own reads of the clock. A routine or setup that reads the clock too \
     makes the cuts ambiguous for batched benchmarks. Move the clock out, or exclude the benchmark with a reason.";
    /// A benchmark made more cuts, output or processes than it may.
    BenchmarkUnbounded = "benchmark-unbounded", CannotTell,
    "The number of profile dumps and the size of what a benchmark writes are capped, so that one benchmark cannot \
     fill the disk. Exclude it with a reason, or make its input smaller.";
    /// The executable has no symbols to find criterion by.
    SymbolsMissing = "symbols-missing", CannotTell,
    "Criterion's functions are found by their symbols, and this executable has none of them. Remove `strip` from the \
     profile that the benchmarks are built with.";
    /// A tool that is needed is missing.
    ToolMissing = "tool-missing", CannotTell,
    "`cargo perfbudget doctor` says what is missing and prints the exact command to install it; `doctor --fix` runs it.";
    /// A tool has a version that is known not to work.
    ToolVersion = "tool-version", CannotTell,
    "The tool is too old, or did not say its version. `cargo perfbudget doctor` prints which version is needed.";
    /// What a tool left behind could not be read.
    OutputUnreadable = "output-unreadable", CannotTell,
    "A file that a tool wrote is missing, truncated, or not in its format, and a wrong number is worse than none. Run \
     again; if it stays, report it with the file that the finding names.";
    /// A number that was asked for is not in the file that should hold it.
    EntryMissing = "entry-missing", CannotTell,
    "An `[[ingest]]` or a rule of the configuration speaks of it, and the tool that writes the file left it out, or did \
     not run. Let the tool run before `cargo perfbudget ingest`, or correct the field that the finding names.";
    /// There is no baseline yet.
    BaselineMissing = "baseline-missing", CannotTell,
    "Nothing is recorded, so nothing can be compared. Run `cargo perfbudget record` and commit the folder it writes.";
    /// The baseline records nothing.
    BaselineEmpty = "baseline-empty", CannotTell,
    "Baseline files exist but hold no record. An empty expectation is met by anything, so it is not a pass. Run \
     `cargo perfbudget record`.";
    /// A baseline file holds conflict markers.
    BaselineConflict = "baseline-conflict", CannotTell,
    "Git left `<<<<<<<` in the file. `cargo perfbudget record --resolve` keeps what both sides agree on, measures the \
     rest again, and writes the file whole.";
    /// A baseline file cannot be read.
    BaselineUnreadable = "baseline-unreadable", CannotTell,
    "The file is not in the format of its schema. The finding names the line. Restore it from git, or record again.";
    /// The numbers were recorded on a machine that cannot be compared, and the base was not measured here.
    NotComparable = "not-comparable", CannotTell,
    "Instruction counts depend on libc, valgrind and the CPU features that the program sees. Where these differ, no \
     percentage means anything. Without `--no-build-base`, the base is built and measured here instead.";
    /// The commit to compare with could not be determined.
    BaseUnknown = "base-unknown", CannotTell,
    "Exact budgets fail only after the merge-base was measured here, and it could not be found: a shallow clone, a \
     missing default branch, or no git repository. Fetch the history (`git fetch --unshallow`, or `fetch-depth: 0` in \
     actions/checkout), or name the base with `--base REV`.";
    /// The base could not be built or measured here.
    BaseUnbuildable = "base-unbuildable", CannotTell,
    "Something is over against the file, and the merge-base could not be built here to confirm that this change did \
     it. The finding says why. Fix the base, or accept the value with a reason.";
    /// A job of the check has left no part.
    ShardMissing = "shard-missing", CannotTell,
    "A check that was shared between jobs (`check --shard 2/5`) is only whole with a part of each. What the missing one would have \
     measured is not known, and its records are not judged. See what became of that job, or run it again, and `merge` again.";
    /// Two parts of the check hold the same.
    ShardOverlap = "shard-overlap", CannotTell,
    "A shard is there twice, or a part holds what belongs to another shard, so that a value stands against another one. Give each \
     job a number of its own, and a name of its own to the file that it leaves.";
    /// The parts of the check do not fit together.
    ShardMixed = "shard-mixed", CannotTell,
    "The jobs measured different commits, with other toolchains or settings, or on machines whose numbers do not compare. Give all of \
     them the same image, checkout and options. What was measured in an environment of which there is less is not judged.";

    /// A rule of the configuration matched nothing.
    RuleUnmatched = "rule-unmatched", Attention,
    "A rule that matches no subject guards nothing, often after a rename. Correct its `subject`, or delete it.";
    /// A rule of the configuration has passed its last day.
    RuleExpired = "rule-expired", Attention,
    "The rule's `expires` is over, so it does nothing any more. Delete it, or renew it with a reason.";
    /// Leftovers of an earlier run were found and ignored.
    Leftovers = "leftovers", Attention,
    "A run that was stopped left files behind. They were not read. They are removed by the next run that ends, or by \
     `cargo perfbudget clean`.";
    /// The committed value lags behind the measurement.
    BaselineStale = "baseline-stale", Attention,
    "The measurement is within budget but differs from the committed file by more than a tenth of a percent. \
     `cargo perfbudget record` refreshes it; small steps that nobody records add up unseen.";
    /// A benchmark has no record yet.
    BenchmarkNew = "benchmark-new", Attention,
    "There is nothing to compare it with. `cargo perfbudget record` adds it to the baseline.";
    /// Benchmarks with a record have none yet for a metric that is measured now.
    MetricNew = "metric-new", Attention,
    "A newer version of the tool, or a wider configuration, measures more of benchmarks that are recorded already. There is \
     nothing to compare the new values with, so nothing is claimed of them; all others are judged as before. \
     `cargo perfbudget record` adds them to the baseline.";
    /// A benchmark was taken out of the baseline in this change.
    BenchmarkRemoved = "benchmark-removed", Attention,
    "The base records it and this change takes its record out. Shown so that a reviewer sees it.";
    /// A metric is above the most it may cost, as it was before.
    CeilingUnchanged = "ceiling-unchanged", Attention,
    "The value is above the rule's `at-most`, but this change did not make it worse, so it does not fail.";
    /// The file was recorded in another environment; the base was measured here instead.
    EnvironmentDiffers = "environment-differs", Attention,
    "No committed file was recorded with this libc, valgrind and CPU, so the base was built and measured here and the \
     comparison rests on that. To skip this work, record on this kind of machine too: files of several environments \
     live side by side.";
    /// A regression was accepted in this change.
    RegressionAccepted = "regression-accepted", Attention,
    "The baseline file in this change holds a higher value than the base's, and the measurement agrees with it.";
    /// A kind of cost cannot be measured on this machine.
    SourceUnavailable = "source-unavailable", Attention,
    "Valgrind does not run here, so only sizes and times were measured; CI measures the rest. Under `CI=true` this is \
     `cannot tell`, because then nobody does.";
    /// A bench target uses a harness that is not understood.
    HarnessForeign = "harness-foreign", Attention,
    "The target sets `harness = false` and is built on none of the harnesses that are known: criterion, divan (0.1.21) and \
     Rust's own; it was not executed to find out what it does. Or it calls `criterion_main!` and lacks `harness = false`, so \
     that it was built on Rust's own harness, which runs none of criterion's benchmarks.";
    /// A bench target needs a nightly Rust.
    NightlyNeeded = "nightly-needed", Attention,
    "Benchmarks of Rust's own harness (`#[bench]`, `#![feature(test)]`) are unstable, and a stable compiler refuses them. The \
     target was not built. With a nightly toolchain its benchmarks are counted like criterion's: \
     `cargo +nightly perfbudget`, or a `rust-toolchain.toml`.";
    /// What is asked of the allocator cannot be seen.
    AllocatorUnseen = "allocator-unseen", Attention,
    "Allocations of a benchmark are calls to the entrances of an allocator: `__rust_alloc` and its kin, `malloc` and its kin, \
     those of mimalloc, jemalloc, snmalloc and rpmalloc. A global allocator that is written in Rust may be inlined into its \
     callers, so that no call is left to count: with `#[inline(never)]` on its `alloc`, `alloc_zeroed` and `realloc` the calls \
     are seen. A command's heap is seen where it calls the C library's allocator: with another allocator, or linked \
     statically, a count would mean nothing. Instructions are counted all the same.";
    /// An exact metric varied over repeats.
    MetricSeeded = "metric-seeded", Within,
    "The count differs from process to process, so its limits are widened by three times its own noise. The usual \
     causes are the random seed of `HashMap` (use a fixed hasher in the benchmark) and threads.";
    /// An exact metric was measured with a reservation.
    MetricQualified = "metric-qualified", Within,
    "The count repeats, and something about the benchmark should be known: it starts threads, whose scheduling may differ \
     elsewhere; it starts other programs, which are not counted; its routine reads the clock, which is counted, too; or it \
     uses a measurement of its own, so that its setup is counted, too. Exclude it with a reason where that is not what you \
     want.";
    /// A rule excludes a benchmark that has no record.
    BenchmarkExcluded = "benchmark-excluded", Within,
    "The benchmark was not measured, because a rule with `exclude` names it. Nothing is recorded of it either, so that it has no \
     row of its own. Take the rule back to have it measured and judged.";
    /// A metric got cheaper.
    Improved = "improved", Within,
    "The measured value is below the base by more than a rounding. `cargo perfbudget record` keeps the gain.";
    /// A time differs from its record on an equal machine.
    TimeAdvice = "time-advice", Within,
    "Times are sampled, and a time that was recorded earlier cannot gate. The intervals do not overlap on an equal \
     machine, which is worth a look and nothing more.";
}

impl Code {
    /// The code of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_name_of_its_own_and_says_what_it_means() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.name().chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{code}");
            assert!(code.sentence().ends_with('.') && code.paragraph().ends_with('.'), "{code}");
            assert!(!code.paragraph().contains("  "), "{code}");
            assert_eq!(Code::from_name(code.name()), Some(*code));
        }
    }
}
