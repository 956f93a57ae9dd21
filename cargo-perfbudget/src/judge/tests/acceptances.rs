//! What a change accepts, and when that holds.

use super::{check, check_state, world};
use crate::model::{State, Verdict};

#[test]
fn growth_that_this_change_accepts_asks_for_attention() {
    check(
        &world(&["parse base=1000000 head=1200000!checks-more now=1200000"]),
        "attention
         parse | accepted
         attention regression-accepted parse: 1,000,000 instructions → 1,200,000 instructions is accepted in this change: checks-more",
    );
    check(
        &world(&["parse base=1000000 head=1200000 now=1200000"]),
        "attention
         parse | accepted
         attention regression-accepted parse: 1,000,000 instructions → 1,200,000 instructions is accepted in this change: no reason is given",
    );
}

#[test]
fn an_acceptance_holds_only_for_what_was_measured() {
    check(
        &world(&["parse base=1000000 head=1200000!checks-more now=1300000 here=1000000"]),
        "over
         parse | over
         over acceptance-unmet parse: +30.00% (1,000,000 instructions → 1,300,000 instructions), and 1.00% and 100 instructions more are allowed; the file accepts 1,200,000 instructions",
    );
    // A value typed by hand leaves room that nobody would see being filled.
    for now in ["1300000", "1000000"] {
        check_state(&world(&[&format!("parse base=1000000 head=9000000 now={now}")]), State::Crossed, Verdict::Over);
    }
    check(
        &world(&["parse base=1000000 head=9000000!room now=1300000"]),
        "over
         parse | over
         over acceptance-unmet parse: the file accepts 9,000,000 instructions, and 1,300,000 instructions was measured",
    );
}

#[test]
fn an_acceptance_may_be_off_by_the_growth_that_is_allowed_and_is_stale_then() {
    check(
        &world(&["parse base=1000000 head=1200000!checks-more now=1205000"]),
        "attention
         parse | accepted
         attention baseline-stale parse: the file says 1,200,000 instructions, and 1,205,000 instructions was measured
         attention regression-accepted parse: 1,000,000 instructions → 1,200,000 instructions is accepted in this change: checks-more",
    );
}

#[test]
fn a_small_refresh_of_the_record_accepts_nothing() {
    check(
        &world(&["parse base=1000000 head=1008000 now=1015000 here=1000000"]),
        "over
         parse | over
         over growth-over parse: +1.50% (1,000,000 instructions → 1,015,000 instructions), and 1.00% and 100 instructions more are allowed",
    );
    check(&world(&["parse base=1000000 head=1008000 now=1008000"]), "within\nparse | grew");
}

#[test]
fn an_acceptance_ends_after_its_last_day() {
    let at = |base: &str, day: &str, now: &str| world(&[&format!("parse base={base} head=1200000!x<{day} now={now}")]);
    check_state(&at("1000000", "2026-07-01", "1200000"), State::Accepted, Verdict::Attention);
    check(
        &at("1000000", "2026-06-30", "1200000"),
        "over
         parse | over
         over acceptance-expired parse: what was accepted holds until 2026-06-30, and today is 2026-07-01",
    );
    check_state(&at("-", "2026-06-30", "1200000"), State::Crossed, Verdict::Over);
}

#[test]
fn an_acceptance_that_the_base_has_already_is_the_record_until_it_ends() {
    check(&world(&["parse base=1200000!x<2026-07-01 now=1200000"]).on_default_branch(), "within\nparse | unchanged");
    let ended = "parse base=1200000!x<2026-06-30";
    check(
        &world(&[&format!("{ended} now=1200000")]).on_default_branch(),
        "over
         parse | over
         over acceptance-expired parse: what was accepted holds until 2026-06-30, and today is 2026-07-01",
    );
    // Neither inherited growth nor an old ceiling hides it.
    check_state(&world(&[&format!("{ended} now=1300000 here=1300000")]), State::Crossed, Verdict::Over);
    let ceiling = "[[budget]]\nmetric = \"instructions\"\nat-most = \"1M\"";
    check_state(&world(&[&format!("{ended} now=1200000")]).rules(ceiling), State::Crossed, Verdict::Over);
}

#[test]
fn drift_is_accepted_by_moving_the_anchor_and_not_by_recording() {
    let with = |head: &str| world(&[&format!("parse base=1049000@1000000 head={head} now=1056000 here=1049000")]);
    check_state(&with("1056000@1000000"), State::Crossed, Verdict::Over);
    check(
        &with("1056000!checks-more"),
        "attention
         parse | accepted
         attention regression-accepted parse: 1,000,000 instructions → 1,056,000 instructions is accepted in this change: checks-more",
    );
    // Growth and drift at once are accepted, and stale, in one sentence each.
    check(
        &world(&["parse base=1049000@1000000 head=1200000!checks-more now=1205000"]),
        "attention
         parse | accepted
         attention baseline-stale parse: the file says 1,200,000 instructions, and 1,205,000 instructions was measured
         attention regression-accepted parse: 1,049,000 instructions → 1,200,000 instructions is accepted in this change: checks-more",
    );
    // `record --anchor` alone.
    check_state(&world(&["parse base=1060000@1000000 head=1060000 now=1060000"]), State::Accepted, Verdict::Attention);
}

#[test]
fn a_new_benchmark_with_a_record_is_not_an_acceptance() {
    check(&world(&["parse base=- head=1000 now=1000", "other base=5 now=5"]), "within\nparse | new\nother | unchanged");
    check_state(&world(&["parse base=- head=1000 now=9000"]), State::New, Verdict::Attention);
}
