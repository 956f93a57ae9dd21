//! What did not run, what is new, what was taken out, and what a narrowed run may say of it.

use super::{check, check_state, of, world};
use crate::model::{Code, Family, State, Verdict};

#[test]
fn a_new_benchmark_without_a_record_asks_for_attention() {
    check(
        &world(&["parse now=1000", "print base=7 now=7"]),
        "attention
         parse | new
         print | unchanged
         attention benchmark-new parse: it has no record yet",
    );
    check(
        &world(&["first:parse now=1000", "print base=7 now=7"]),
        "within\nparse instructions-first | new\nprint | unchanged",
    );
}

#[test]
fn a_metric_that_is_new_of_recorded_benchmarks_is_said_once() {
    check(
        &world(&["parse base=1000 now=1000", "heap:parse now=3", "print base=7 now=7", "heap:print now=0"]),
        "attention
         parse allocations | ~
         print allocations | ~
         parse | unchanged
         print | unchanged
         attention metric-new: `allocations` of 2 recorded subjects has no record yet",
    );
    check(
        &world(&["parse now=1000", "heap:parse now=3", "print base=7 now=7"]),
        "attention
         parse | new
         parse allocations | new
         print | unchanged
         attention benchmark-new parse: it has no record yet",
    );
}

#[test]
fn what_befell_a_benchmark_is_said_of_one_of_its_metrics() {
    check(
        &world(&["parse base=1000", "heap:parse base=3"]),
        "cannot tell
         parse | not measured
         parse allocations | not measured
         cannot tell benchmark-missing parse: the baseline records it, and it did not run",
    );
    check(
        &world(&["parse base=1000 now=!benchmark-timeout", "heap:parse base=3 now=!benchmark-timeout"]),
        "cannot tell
         parse | not measured
         parse allocations | not measured
         cannot tell benchmark-timeout parse: it broke",
    );
    check(
        &world(&["parse base=1000 now=1000", "heap:parse base=3"]),
        "cannot tell
         parse allocations | not measured
         parse | unchanged
         cannot tell benchmark-missing parse allocations: the baseline records it, and it was not measured",
    );
}

#[test]
fn a_record_may_be_taken_out_with_its_benchmark() {
    check(
        &world(&["parse base=1000 head=-", "print base=7 now=7"]),
        "attention
         parse | removed
         print | unchanged
         attention benchmark-removed parse: its record was taken out of the baseline in this change, and it does not run any more",
    );
}

#[test]
fn a_benchmark_whose_record_was_taken_out_is_judged_as_long_as_it_runs() {
    check(
        &world(&["parse base=1000000 head=- now=1000000"]),
        "attention
         parse | unchanged
         attention benchmark-removed parse: its record was taken out of the baseline in this change, and it still runs",
    );
    let grown = world(&["parse base=1000000 head=- now=1020000 here=1000000"]);
    check_state(&grown, State::Crossed, Verdict::Over);
}

#[test]
fn a_recorded_benchmark_that_did_not_run_is_missing() {
    check(
        &world(&["parse base=1000", "first:parse base=1200", "print base=7 now=7"]),
        "cannot tell
         parse | not measured
         print | unchanged
         cannot tell benchmark-missing parse: the baseline records it, and it did not run",
    );
    check_state(&world(&["parse base=- head=1000"]), State::Unmeasured, Verdict::CannotTell);
    check_state(&world(&["bin:shop base=1000"]), State::Unmeasured, Verdict::CannotTell);
}

#[test]
fn a_missing_benchmark_names_its_likely_successor() {
    check(
        &world(&["parse_json base=1000", "parse_json5 now=1000", "print base=7 now=7"]),
        "cannot tell
         parse_json | not measured
         parse_json5 | new
         print | unchanged
         cannot tell benchmark-renamed parse_json: it did not run; `shop::cart::parse_json5` is new and has a similar name
         attention benchmark-new parse_json5: it has no record yet",
    );
    for (gone, new) in [("parse_json", "print_text"), ("parse_json", "other::parse_json5"), ("time:parse", "parse")] {
        let world = world(&[&format!("{gone} base=1000"), &format!("{new} now=1000")]);
        assert!(!super::said(&world).contains("benchmark-renamed"), "{gone} {new}");
    }
}

#[test]
fn where_too_many_names_changed_none_is_guessed() {
    let lines: Vec<String> =
        (0..101).flat_map(|at| [format!("parse_{at} base=1"), format!("parser_{at} now=1")]).collect();
    let said = super::said(&world(&lines.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!((said.matches("benchmark-missing").count(), said.matches("benchmark-renamed").count()), (101, 0));
}

#[test]
fn a_failure_is_told_in_its_own_words() {
    check(
        &world(&["parse base=1000 now=!benchmark-timeout", "print now=!benchmark-ambiguous"]),
        "cannot tell
         parse | not measured
         print | not measured
         cannot tell benchmark-ambiguous print: it broke
         cannot tell benchmark-timeout parse: it broke",
    );
}

#[test]
fn a_target_that_failed_explains_its_benchmarks_and_no_others() {
    check(
        &world(&["a base=1", "b base=2", "other::c base=3", "bin:shop base=4"])
            .problem(Code::BuildFailed, Some("cart")),
        "cannot tell
         a | not measured
         b | not measured
         other::c | not measured
         bin shop | not measured
         cannot tell benchmark-missing other::c: the baseline records it, and it did not run
         cannot tell benchmark-missing bin shop: the baseline records it, and it did not run
         cannot tell build-failed: it went wrong",
    );
    let binaries = world(&["a base=1", "bin:shop base=4"]).problem(Code::BuildFailed, None);
    assert!(super::said(&binaries).contains("benchmark-missing a:"));
    assert!(!super::said(&binaries).contains("benchmark-missing bin"));
}

#[test]
fn what_does_not_fail_explains_nothing() {
    for code in [Code::Leftovers, Code::HarnessForeign] {
        let world = world(&["a base=1"]).problem(code, Some("cart"));
        check_state(&world, State::Unmeasured, Verdict::CannotTell);
    }
}

#[test]
fn a_machine_without_valgrind_asks_for_attention_and_in_ci_cannot_tell() {
    let mut world = world(&["parse base=7", "bin:shop base=9 now=9"]).problem(Code::SourceUnavailable, None);
    world.run.environments.remove(&Family::Instructions);
    check(&world, "attention\nbin shop | unchanged\nattention source-unavailable: it went wrong");
    check(&world.clone().in_ci(), "cannot tell\nbin shop | unchanged\ncannot tell source-unavailable: it went wrong");
    world.run.outcomes.clear();
    check(
        &world,
        "cannot tell
         bin shop | not measured
         cannot tell benchmark-missing bin shop: the baseline records it, and it did not run
         attention source-unavailable: it went wrong",
    );
}

#[test]
fn a_machine_that_is_not_known_for_no_reason_is_not_green() {
    let mut world = world(&["parse base=7", "bin:shop base=9 now=9"]);
    world.run.environments.remove(&Family::Instructions);
    check(
        &world,
        "cannot tell
         parse | not measured
         bin shop | unchanged
         cannot tell benchmark-missing parse: the baseline records it, and it did not run",
    );
}

#[test]
fn a_narrowed_run_never_calls_the_rest_missing() {
    let whole = world(&["parse base=7 now=7", "print base=7", "other::x base=7", "bin:shop base=9"]);
    let said = "within\nparse | unchanged";
    let mut narrowed = whole.clone().rules("[[budget]]\nsubject = \"*::print\"\ngrowth = \"1%\"");
    narrowed.run.scope.filters = vec!["parse".into()];
    check(&narrowed, said);
    narrowed = whole.clone();
    narrowed.run.scope.targets = Some([of("other")].into());
    check_state(&narrowed, State::Unmeasured, Verdict::CannotTell);
    narrowed.run.scope.families = [Family::Bytes].into();
    check(&narrowed, "within");
    narrowed = whole;
    narrowed.run.scope.packages = Some(["elsewhere".to_owned()].into());
    check(&narrowed, "within");
}

#[test]
fn over_beats_cannot_tell() {
    let world = world(&["parse base=1000000 now=1020000 here=1000000", "print base=7"]);
    assert_eq!(world.verdict(), Verdict::Over);
}
