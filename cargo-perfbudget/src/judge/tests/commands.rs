//! What is said of whole programs, whose metrics are measured one by one.

use super::{check, key, said, world};
use crate::model::{Evidence, Outcome};

#[test]
fn metrics_of_a_command_that_failed_are_not_called_missing_one_by_one() {
    check(
        &world(&[
            "instructions:import base=1000 now=!command-failed",
            "leaked-bytes:import base=0",
            "print base=7 now=7",
        ]),
        "cannot tell
         command import | not measured
         command import leaked-bytes | not measured
         print | unchanged
         cannot tell command-failed command import: it broke",
    );
    check(
        &world(&["instructions:import base=1000 now=1000", "leaked-bytes:import base=0"]),
        "cannot tell
         command import leaked-bytes | not measured
         command import | unchanged
         cannot tell benchmark-missing command import leaked-bytes: the baseline records it, and it was not measured",
    );
}

#[test]
fn a_leak_says_where_and_only_where_it_is_too_much() {
    let leaky = |lines: &[&str]| {
        let mut world = world(lines);
        let note = Some("lost are 24 bytes by `shop::keep`".to_owned());
        world
            .run
            .outcomes
            .insert(key("leaked-bytes:import"), Outcome::Measured { evidence: Evidence::exact(24), note });
        said(&world)
    };
    let grown = leaky(&["leaked-bytes:import base=0 here=0"]);
    assert!(grown.contains("over growth-over command import leaked-bytes: "), "{grown}");
    assert!(grown.contains("; lost are 24 bytes by `shop::keep`"), "{grown}");
    let known = leaky(&["leaked-bytes:import base=24"]);
    assert!(known.starts_with("within") && !known.contains("lost are"), "{known}");
}

#[test]
fn each_metric_of_a_command_says_that_it_varies() {
    check(
        &world(&["allocations:import base=1000~0.5 now=1001~0.5", "heap-at-exit:import base=10 now=10~50"]),
        "within
         command import allocations | unchanged
         command import heap-at-exit | unchanged
         within metric-seeded command import allocations: it varies by 0.50% from run to run: its profile does not show why",
    );
}
