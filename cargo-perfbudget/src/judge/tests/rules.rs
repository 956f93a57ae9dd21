//! What the configuration changes: exclusions, severities, and rules that are over or speak of nothing.

use super::{check, check_state, world};
use crate::model::{Code, State, Verdict};

#[test]
fn what_is_excluded_is_shown_with_its_reason_and_not_judged() {
    let rule = "[[budget]]\nsubject = \"*::flaky\"\nexclude = true\nreason = \"reads the network\"";
    for line in ["flaky base=1000 now=9000", "flaky base=1000", "flaky base=1000 now=!benchmark-timeout", "flaky now=1"]
    {
        let world = world(&[line, "parse base=7 now=7"]).rules(rule);
        check(&world, "within\nflaky | excluded\nparse | unchanged");
        assert_eq!(world.judged().0.rows[0].reason.as_deref(), Some("reads the network"));
    }
}

#[test]
fn a_rule_after_its_last_day_is_told_and_does_nothing() {
    let rule = |day: &str| format!("[[budget]]\nexclude = true\nreason = \"x\"\nexpires = \"{day}\"");
    let grown = world(&["parse base=1000000 now=1020000 here=1000000"]);
    check(&grown.clone().rules(&rule("2026-07-01")), "within\nparse | excluded");
    check(
        &grown.rules(&rule("2026-06-30")),
        "over
         parse | over
         over growth-over parse: +2.00% (1,000,000 instructions → 1,020,000 instructions), and 1.00% and 100 instructions more are allowed
         attention rule-expired: the rule on line 1 held until 2026-06-30",
    );
}

#[test]
fn a_rule_that_matches_nothing_is_told_by_a_whole_run() {
    let rule = "[[budget]]\nsubject = \"*::prase\"\ngrowth = \"2%\"";
    let mut world = world(&["parse base=7 now=7"]).rules(rule);
    check(
        &world,
        "attention
         parse | unchanged
         attention rule-unmatched: the rule on line 1 for `*::prase` matches nothing",
    );
    world.run.scope.filters = vec!["parse".into()];
    check(&world, "within\nparse | unchanged");
}

#[test]
fn a_rule_is_not_called_unmatched_where_its_metric_was_not_measured() {
    let mut world = world(&["bin:shop base=7 now=7"]).problem(Code::SourceUnavailable, None);
    world.run.environments.remove(&crate::model::Family::Instructions);
    for metric in ["metric = \"instructions\"\n", ""] {
        let world = world.clone().rules(&format!("[[budget]]\nsubject = \"*::parse\"\n{metric}growth = \"2%\""));
        check(&world, "attention\nbin shop | unchanged\nattention source-unavailable: it went wrong");
    }
}

#[test]
fn a_rule_is_not_called_unmatched_where_something_did_not_run() {
    let rule = "[[budget]]\nsubject = \"*::parse\"\ngrowth = \"2%\"";
    let world = world(&["other::print base=7 now=7"]).rules(rule).problem(Code::BuildFailed, Some("cart"));
    check(
        &world,
        "cannot tell
         other::print | unchanged
         cannot tell build-failed: it went wrong",
    );
}

#[test]
fn a_rule_for_everything_is_never_called_unmatched() {
    check(
        &world(&["bin:shop base=7 now=7"]).rules("[[budget]]\nmetric = \"instructions\"\ngrowth = \"2%\""),
        "within\nbin shop | unchanged",
    );
}

#[test]
fn later_rules_win() {
    let grown = world(&["parse base=1000000 now=1020000 here=1000000"]);
    let rules = "[[budget]]\ngrowth = \"0.5%\"\n[[budget]]\nsubject = \"*::parse\"\ngrowth = \"5%\"";
    check_state(&grown.clone().rules(rules), State::UnderRegressed, Verdict::Attention);
    let note = "[[budget]]\nmetric = \"instructions\"\nseverity = \"note\"";
    check_state(&grown.rules(note), State::Crossed, Verdict::Within);
}

#[test]
fn the_severity_of_a_code_can_be_raised_and_with_a_reason_lowered() {
    let new = world(&["parse now=1", "print base=7 now=7"]);
    assert_eq!(new.clone().rules("[severity]\nbenchmark-new = \"error\"").verdict(), Verdict::Over);
    assert_eq!(new.rules("[severity]\nbenchmark-new = \"cannot-tell\"").verdict(), Verdict::CannotTell);
    let lowered = "[severity]\nbenchmark-missing = { level = \"note\", reason = \"the set changes weekly\" }";
    assert_eq!(world(&["parse base=1", "print base=7 now=7"]).rules(lowered).verdict(), Verdict::Within);
}
