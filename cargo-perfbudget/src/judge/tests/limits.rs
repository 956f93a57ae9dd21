//! Growth, ceilings, drift and noise: what is over, and what is not.

use proptest::prelude::*;

use super::{HERE, check, check_state, evidence, key, record, records, world};
use crate::model::{Outcome, Record, State, Verdict};

#[test]
fn growth_is_over_only_above_the_ratio_and_the_floor() {
    check(
        &world(&["parse base=1000000 now=1020000 here=1000000"]),
        "over
         parse | over
         over growth-over parse: +2.00% (1,000,000 instructions → 1,020,000 instructions), and 1.00% and 100 instructions more are allowed",
    );
    check_state(&world(&["parse base=1000 now=1100 here=1000"]), State::UnderRegressed, Verdict::Attention);
    check_state(&world(&["parse base=1000 now=1101 here=1000"]), State::Crossed, Verdict::Over);
    check_state(&world(&["parse base=1000000 now=1010000 here=1000000"]), State::UnderRegressed, Verdict::Attention);
    check_state(&world(&["parse base=1000000 now=1010001 here=1000000"]), State::Crossed, Verdict::Over);
    check_state(&world(&["parse base=0 now=101 here=0"]), State::Crossed, Verdict::Over);
    check_state(&world(&["parse base=0 now=0"]), State::Unchanged, Verdict::Within);
}

#[test]
fn growth_beyond_the_ratio_and_not_the_floor_says_why_it_is_not_over() {
    let reason = |line| world(&[line]).judged().0.rows[0].reason.clone();
    let floor = "no more than the floor of 100 instructions";
    assert_eq!(reason("parse base=1000 now=1100").as_deref(), Some(floor));
    assert_eq!(reason("parse base=1000000 now=1005000"), None, "the ratio allows it");
    assert_eq!(reason("parse base=1000 now=1005"), None, "it is not worth a word");
}

#[test]
fn growth_under_the_limit_is_told_as_a_stale_baseline() {
    check(
        &world(&["parse base=1000000 now=1005000"]),
        "attention
         parse | grew
         attention baseline-stale parse: the file says 1,000,000 instructions, and 1,005,000 instructions was measured",
    );
    check(&world(&["parse base=1000000 now=1000900"]), "within\nparse | unchanged");
    check(&world(&["parse base=100 now=110"]), "within\nparse | unchanged");
}

#[test]
fn cheaper_is_improved_and_worth_recording() {
    check(
        &world(&["parse base=1000000 now=900000"]),
        "attention
         parse | improved
         attention baseline-stale parse: the file says 1,000,000 instructions, and 900,000 instructions was measured
         within improved parse: -10.00% (1,000,000 instructions → 900,000 instructions)",
    );
    check(
        &world(&["parse base=1000000 head=900000 now=900000"]),
        "within
         parse | improved
         within improved parse: -10.00% (1,000,000 instructions → 900,000 instructions)",
    );
}

#[test]
fn a_size_asks_for_attention_and_needs_no_confirmation() {
    check(
        &world(&["bin:shop base=1000000 now=1020000"]),
        "attention
         bin shop | over
         attention growth-over bin shop: +2.00% (1,000,000 bytes → 1,020,000 bytes), and 1.00% and 4,096 bytes more are allowed",
    );
    check_state(&world(&["bin:shop base=100000 now=104096"]), State::UnderRegressed, Verdict::Attention);
}

#[test]
fn an_advisory_metric_is_shown_until_a_rule_names_it() {
    let first = world(&["first:parse base=1000 now=2000 here=1000"]);
    check(&first, "within\nparse instructions-first | grew");
    check_state(&first.clone().rules("[[budget]]\ngrowth = \"1%\""), State::UnderRegressed, Verdict::Within);
    let rule = "[[budget]]\nmetric = \"instructions-first\"\ngrowth = \"1%\"";
    check_state(&first.rules(rule), State::Crossed, Verdict::Over);
}

#[test]
fn noise_widens_the_limits_threefold_and_is_told() {
    check(
        &world(&["parse base=1000000 now=1024000~0.5"]),
        "attention
         parse | grew
         attention baseline-stale parse: the file says 1,000,000 instructions, and 1,024,000 instructions was measured
         within metric-seeded parse: it varies by 0.50% from run to run: its profile does not show why",
    );
    check_state(&world(&["parse base=1000000~0.5 now=1014000"]), State::Unchanged, Verdict::Within);
    check_state(&world(&["parse base=1000000 now=1026000~0.5 here=1000000"]), State::Crossed, Verdict::Over);
}

#[test]
fn a_reservation_about_a_value_that_repeats_is_told() {
    let mut world = world(&["parse base=1000000"]);
    let outcome = Outcome::Measured { evidence: evidence("1000000"), note: Some("it starts threads".into()) };
    world.run.outcomes.insert(key("parse"), outcome);
    check(
        &world,
        "within
         parse | unchanged
         within metric-qualified parse: it starts threads",
    );
}

#[test]
fn a_time_is_advice_and_never_more() {
    let mut times = world(&["time:parse base=90..110 now=180..220"]);
    times.run.scope.families.insert(crate::model::Family::Time);
    times.run.environments.insert(crate::model::Family::Time, super::machine(HERE));
    check(
        &times,
        "within
         parse time | ~
         within time-advice parse time: +100.00% against the record on an equal machine, beyond both intervals",
    );
    times.run.outcomes.insert(key("time:parse"), super::outcome("105..220"));
    check(&times, "within\nparse time | ~");
}

const AT_MOST: &str = "[[budget]]\nmetric = \"instructions\"\nat-most = \"1M\"";

#[test]
fn a_ceiling_tells_crossed_from_worse_from_unchanged() {
    check(
        &world(&["parse base=999000 now=1001000 here=999000"]).rules(AT_MOST),
        "over
         parse | over
         over ceiling-over parse: 1,001,000 instructions, and 1,000,000 instructions is the most it may cost",
    );
    check_state(&world(&["parse base=1000000 now=1000000"]).rules(AT_MOST), State::Unchanged, Verdict::Within);
    check(
        &world(&["parse base=1500000 now=1510000 here=1500000"]).rules(AT_MOST),
        "over
         parse | over and worse
         over ceiling-over parse: 1,510,000 instructions, and 1,000,000 instructions is the most it may cost",
    );
    // Known from the files alone, so the base is not built for it.
    check(
        &world(&["parse base=1500000 now=1500000"]).rules(AT_MOST),
        "attention
         parse | over, unchanged
         attention ceiling-unchanged parse: 1,500,000 instructions, and 1,000,000 instructions is the most it may cost",
    );
    check_state(&world(&["parse base=1500000 now=1400000"]).rules(AT_MOST), State::OverUnchanged, Verdict::Attention);
}

#[test]
fn a_ceiling_holds_for_what_is_new_and_for_what_is_accepted() {
    check(
        &world(&["parse now=1500000", "other base=1 now=1"]).rules(AT_MOST),
        "over
         parse | over
         other | unchanged
         over ceiling-over parse: new: 1,500,000 instructions, and 1,000,000 instructions is the most it may cost
         attention benchmark-new parse: it has no record yet",
    );
    check(
        &world(&["parse base=900000 head=1500000!faster-start now=1500000 here=900000"]).rules(AT_MOST),
        "over
         parse | over
         over ceiling-over parse: 1,500,000 instructions, and 1,000,000 instructions is the most it may cost
         attention regression-accepted parse: 900,000 instructions → 1,500,000 instructions is accepted in this change: faster-start",
    );
}

#[test]
fn of_two_limits_the_one_that_no_acceptance_lifts_is_said() {
    check(
        &world(&["parse base=900000 now=1500000 here=900000"]).rules(AT_MOST),
        "over
         parse | over
         over ceiling-over parse: 1,500,000 instructions, and 1,000,000 instructions is the most it may cost",
    );
}

#[test]
fn a_ceiling_that_the_base_crosses_here_is_inherited() {
    let world = world(&["parse base=999000 now=1001000 here=1001000"]).rules(AT_MOST);
    check(
        &world,
        "attention
         parse | inherited
         attention growth-inherited parse: 1,001,000 instructions, and 1,000,000 instructions is the most it may cost, and 1a2b3c4 measured here shows it, too; 2 commits lie between",
    );
    check_state(&world.on_default_branch(), State::Inherited, Verdict::Over);
}

#[test]
fn drift_is_over_though_the_step_is_small() {
    check(
        &world(&["parse base=1045000@1000000 now=1054000 here=1045000"]),
        "over
         parse | over
         over drift-over parse: +5.40% (1,000,000 instructions → 1,054,000 instructions) since its anchor, and 5.00% is allowed in all",
    );
}

#[test]
fn drift_that_the_record_shows_already_is_inherited_until_it_gets_worse() {
    check(
        &world(&["parse base=1060000@1000000 now=1060000 here=1060000"]),
        "attention
         parse | inherited
         attention growth-inherited parse: +6.00% (1,000,000 instructions → 1,060,000 instructions) since its anchor, and 5.00% is allowed in all, and 1a2b3c4 measured here shows it, too; 2 commits lie between",
    );
    let worse = world(&["parse base=1060000@1000000 now=1062000 here=1060000"]);
    check_state(&worse, State::OverAndWorse, Verdict::Over);
}

#[test]
fn inherited_growth_hides_no_drift() {
    let world = world(&["parse base=1000000@1000000 now=1058000 here=1049000"]);
    check_state(&world, State::Crossed, Verdict::Over);
}

#[test]
fn only_a_drift_that_is_stated_is_tighter_than_growth() {
    let recorded = world(&["parse base=1080000@1000000 now=1080000 here=1000000"]);
    check(&recorded.clone().rules("[[budget]]\ngrowth = \"10%\""), "within\nparse | unchanged");
    let rule = "[[budget]]\ngrowth = \"10%\"\ndrift = \"5%\"";
    check_state(&recorded.rules(rule), State::Crossed, Verdict::Over);
    // The first step counts from the record itself.
    let step = |head: &str| world(&[&format!("parse base=1000000 {head} now=1080000 here=1000000")]).rules(rule);
    check_state(&step(""), State::Crossed, Verdict::Over);
    check_state(&step("head=1080000@1000000"), State::Crossed, Verdict::Over);
    check_state(&step("head=1080000!worth-it"), State::Accepted, Verdict::Attention);
}

/// What `record` writes after a commit that costs `value`: the anchor stays at the first value.
fn next(before: &Record, value: u64) -> Record {
    let first = evidence(&value.to_string());
    let anchor = before.anchor.unwrap_or(before.evidence.quantity().get() as u64);
    Record { evidence: first, anchor: Some(anchor).filter(|anchor| *anchor != value), acceptance: None }
}

#[test]
fn ten_steps_under_the_limit_do_not_pass_though_each_is_recorded() {
    let key = key("parse");
    let mut base = record("1000000");
    let mut verdicts = Vec::new();
    for step in 1..=10 {
        let value = (1_000_000.0 * 1.009_f64.powi(step)) as u64;
        let head = next(&base, value);
        let mut world = world(&[]).measured();
        records(&mut world.base, &key, HERE).insert(key.clone(), base.clone());
        records(&mut world.head, &key, HERE).insert(key.clone(), head.clone());
        let measured = |evidence| Outcome::Measured { evidence, note: None };
        world.run.outcomes.insert(key.clone(), measured(head.evidence.clone()));
        let confirmed = world.confirmed.get_or_insert_default();
        confirmed.outcomes.insert(key.clone(), measured(base.evidence.clone()));
        verdicts.push(world.verdict());
        base = head;
    }
    assert_eq!(verdicts, [[Verdict::Within; 5], [Verdict::Over; 5]].concat());
}

proptest! {
    #[test]
    fn exactly_the_limit_is_not_over_and_one_more_is(thousands in 200..1_000_000_u64, tenths in 2..500_u64) {
        let (base, limit) = (thousands * 1000, thousands * (1000 + tenths));
        let rules = format!("[[budget]]\ngrowth = \"{}.{}%\"", tenths / 10, tenths % 10);
        let at = |now: u64| world(&[&format!("parse base={base} now={now} here={base}")]).rules(&rules).verdict();
        prop_assert_eq!(at(limit), Verdict::Attention);
        prop_assert_eq!(at(limit + 1), Verdict::Over);
    }
}
