//! What the base shows when it is measured here, and what is said where it cannot be.

use super::{HERE, check, check_state, key, machine, record, records, world};
use crate::model::{Code, Family, Problem, State, Verdict};

const ELSEWHERE: &str = "glibc 2.31";

#[test]
fn nothing_fails_by_the_file_alone() {
    check(
        &world(&["parse base=1000000 now=1020000"]),
        "cannot tell
         parse | ~
         cannot tell base-unbuildable parse: +2.00% (1,000,000 instructions → 1,020,000 instructions), and 1.00% and 100 instructions more are allowed; whether this change did it is not known
         confirm parse",
    );
    check_state(&world(&["parse base=1049000@1000000 now=1056000"]), State::Unclaimed, Verdict::CannotTell);
}

#[test]
fn only_what_is_over_is_measured_again() {
    let (_, to_confirm) = world(&["a base=1000000 now=2000000", "b base=1 now=1", "c base=900000 now=1"]).judged();
    assert_eq!(to_confirm.into_iter().collect::<Vec<_>>(), [key("a")]);
}

#[test]
fn a_base_that_cannot_be_measured_is_told_once_with_its_reason() {
    check(
        &world(&["parse base=1000000 now=1020000", "print base=7 now=7"]).refused(),
        "cannot tell
         parse | ~
         print | unchanged
         cannot tell base-unknown: the clone is shallow
         cannot tell base-unbuildable parse: +2.00% (1,000,000 instructions → 1,020,000 instructions), and 1.00% and 100 instructions more are allowed; whether this change did it is not known
         confirm parse",
    );
}

#[test]
fn a_base_without_a_value_confirms_nothing() {
    check_state(&world(&["parse base=1000000 now=1020000"]).measured(), State::Unclaimed, Verdict::CannotTell);
    let broken = world(&["parse base=1000000 now=1020000 here=!benchmark-timeout"]);
    check_state(&broken, State::Unclaimed, Verdict::CannotTell);
}

#[test]
fn growth_that_the_base_shows_is_inherited() {
    let world = world(&["parse base=1000000 now=1020000 here=1019000"]);
    let said = "parse | inherited
         VERDICT growth-inherited parse: +2.00% (1,000,000 instructions → 1,020,000 instructions) against the record, and 1a2b3c4 measured here shows it, too; 2 commits lie between";
    check(&world, &format!("attention\n{}", said.replace("VERDICT", "attention")));
    check(&world.on_default_branch(), &format!("over\n{}", said.replace("VERDICT", "over")));
}

#[test]
fn a_rule_that_asks_for_attention_gets_no_more_on_the_default_branch() {
    let rule = "[[budget]]\nmetric = \"instructions\"\nseverity = \"attention\"";
    let drifted = world(&["parse base=1060000@1000000 now=1060000"]).rules(rule).on_default_branch();
    check_state(&drifted, State::Inherited, Verdict::Attention);
}

#[test]
fn what_was_recorded_on_another_machine_is_compared_with_the_base_measured_here() {
    let of = |rest: &str| world(&[&format!("parse base=500000 {rest}")]).recorded_on(ELSEWHERE);
    let differs = "environment-differs: no instructions were recorded on a machine like this (libc: recorded `glibc 2.31`, here `glibc 2.36`)";
    check(
        &of("now=1000000"),
        &format!(
            "cannot tell
             parse | ~
             cannot tell not-comparable parse: it is recorded on other machines only, and the base has no value of it here
             attention {differs}
             confirm parse"
        ),
    );
    check(
        &of("now=1000000 here=1000000"),
        &format!("attention\nparse | unchanged\nattention {differs}; the base was measured here"),
    );
    check(
        &of("now=1020000 here=1000000"),
        &format!(
            "over
             parse | over
             over growth-over parse: +2.00% (1,000,000 instructions → 1,020,000 instructions), and 1.00% and 100 instructions more are allowed
             attention {differs}; the base was measured here"
        ),
    );
}

#[test]
fn what_does_not_compare_and_was_not_measured_here_cannot_be_told() {
    let elsewhere = world(&["parse base=500000 now=1000000", "first:parse base=5 now=6"]).recorded_on(ELSEWHERE);
    check(
        &elsewhere.clone().refused(),
        "cannot tell
         parse | ~
         parse instructions-first | ~
         cannot tell not-comparable: no instructions were recorded on a machine like this (libc: recorded `glibc 2.31`, here `glibc 2.36`), and the clone is shallow
         cannot tell base-unknown: the clone is shallow
         confirm parse
         confirm parse instructions-first",
    );
    check(
        &elsewhere.measured(),
        "cannot tell
         parse | ~
         parse instructions-first | ~
         cannot tell not-comparable parse: it is recorded on other machines only, and the base has no value of it here
         attention environment-differs: no instructions were recorded on a machine like this (libc: recorded `glibc 2.31`, here `glibc 2.36`); the base was measured here
         confirm parse
         confirm parse instructions-first",
    );
}

#[test]
fn a_base_that_was_measured_on_another_machine_confirms_nothing() {
    let mut other = world(&["parse base=1000000 now=1000000 here=1000000"]).recorded_on(ELSEWHERE);
    other.confirmed.get_or_insert_default().environments.insert(Family::Instructions, machine(ELSEWHERE));
    check(
        &other,
        "cannot tell
         parse | ~
         cannot tell not-comparable: no instructions were recorded on a machine like this (libc: recorded `glibc 2.31`, here `glibc 2.36`), and neither was the base measured on one
         confirm parse",
    );
}

#[test]
fn a_benchmark_that_only_another_machine_recorded_is_not_new() {
    let mut world = world(&["parse now=1020000", "print base=7 now=7"]);
    for baseline in [&mut world.base, &mut world.head] {
        records(baseline, &key("parse"), ELSEWHERE).insert(key("parse"), record("500000"));
    }
    check_state_of_parse(&world, Verdict::CannotTell);
    world.confirmed.get_or_insert_default().outcomes.insert(key("parse"), super::outcome("1000000"));
    check_state_of_parse(&world, Verdict::Over);
    world.run.outcomes.insert(key("parse"), super::outcome("1000000"));
    check(
        &world,
        "attention
         parse | unchanged
         print | unchanged
         attention benchmark-new parse: it is recorded on other machines only; the base was measured here",
    );
}

#[track_caller]
fn check_state_of_parse(world: &super::World, verdict: Verdict) {
    assert_eq!(world.verdict(), verdict, "\nsaid:\n{}\n", super::said(world));
}

#[test]
fn bytes_do_not_care_about_the_other_families_machine() {
    let mut world = world(&["parse base=7 now=7", "bin:shop base=9 now=9"]).recorded_on(ELSEWHERE);
    for set in world.base.sets.iter_mut().filter(|set| set.family == Family::Bytes) {
        set.environment = machine(HERE);
    }
    world = world.refused();
    let (report, _) = world.judged();
    let of_bytes = report.rows.iter().find(|judged| judged.row.key == key("bin:shop")).map(|judged| judged.state);
    assert_eq!(of_bytes, Some(State::Unchanged));
}

#[test]
fn the_first_run_says_what_to_do_and_is_not_green() {
    check(
        &world(&["parse now=7"]),
        "cannot tell
         parse | new
         cannot tell baseline-missing: nothing is recorded yet",
    );
    check(&world(&[]), "cannot tell\ncannot tell baseline-missing: nothing is recorded, and nothing was measured");
}

#[test]
fn an_empty_baseline_is_met_by_anything_and_is_not_green() {
    let mut empty = world(&["parse base=7 now=7"]);
    for baseline in [&mut empty.base, &mut empty.head] {
        baseline.sets.iter_mut().for_each(|set| set.records.clear());
    }
    check(
        &empty,
        "cannot tell
         parse | new
         cannot tell baseline-empty: the baseline files hold no records",
    );
}

#[test]
fn a_file_that_cannot_be_read_is_not_a_record_taken_out() {
    let mut conflict = world(&["parse base=7 head=- now=7", "print base=7 head=-"]);
    let message = "conflict markers".into();
    conflict.problems.push(Problem { code: Code::BaselineConflict, target: None, message, hint: None });
    check(
        &conflict,
        "cannot tell
         print | not measured
         parse | unchanged
         cannot tell benchmark-missing print: the baseline records it, and it did not run
         cannot tell baseline-conflict: conflict markers",
    );
    (conflict.base, conflict.head) = Default::default();
    check(&conflict, "cannot tell\nparse | new\ncannot tell baseline-conflict: conflict markers");
}
