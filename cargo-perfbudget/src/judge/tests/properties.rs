//! What holds for every world.

use proptest::prelude::*;

use super::{HERE, TODAY, World, evidence, key, machine, record, records, world};
use crate::judge::{Case, Confirmation};
use crate::model::{Family, Key, Metric, Outcome, Run, State, Verdict};
use crate::self_test;

const NAMES: [&str; 7] = ["a", "b", "ab", "abc", "other::a", "bin:shop", "first:a"];

/// A value near the limits of growth and drift, as [`super::evidence`] reads it.
fn value() -> impl Strategy<Value = String> {
    let near = (0..90_u64).prop_map(|thousandths| (1_000_000 + thousandths * 1000).to_string());
    let noisy = near.clone().prop_map(|value| format!("{value}~0.4"));
    prop_oneof![6 => near, 1 => noisy, 1 => Just("0".to_owned()), 1 => Just(u64::MAX.to_string())]
}

fn committed() -> impl Strategy<Value = String> {
    let how = prop_oneof![
        4 => Just(""), 2 => Just("@1000000"), 1 => Just("!why"), 1 => Just("!why<2026-06-30"), 1 => Just("@1!why<2027-01-01"),
    ];
    (value(), how).prop_map(|(value, how)| format!("{value}{how}"))
}

fn measured() -> impl Strategy<Value = String> {
    prop_oneof![8 => value(), 1 => Just("!benchmark-timeout".to_owned())]
}

fn line() -> impl Strategy<Value = String> {
    let maybe = |what: &'static str, given: BoxedStrategy<String>| {
        proptest::option::weighted(0.8, given)
            .prop_map(move |value| value.map_or(String::new(), |value| format!(" {what}={value}")))
    };
    let head = prop_oneof![4 => committed(), 1 => Just("-".to_owned())];
    let values = (
        maybe("base", committed().boxed()),
        proptest::option::of(head).prop_map(|head| head.map_or(String::new(), |head| format!(" head={head}"))),
        maybe("now", measured().boxed()),
        maybe("here", measured().boxed()),
    );
    values.prop_map(|(base, head, now, here)| format!("{base}{head}{now}{here}"))
}

fn any_world() -> impl Strategy<Value = World> {
    let lines = proptest::collection::btree_map(0..NAMES.len(), line(), 0..NAMES.len());
    let flags = (any::<bool>(), any::<bool>(), 0..6_u8, 0..4_u8);
    (lines, flags).prop_map(|(lines, (on_default_branch, is_ci, confirmation, elsewhere))| {
        let lines: Vec<String> = lines.into_iter().map(|(name, line)| format!("{}{line}", NAMES[name])).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut world = World { on_default_branch, is_ci, ..world(&lines) };
        match confirmation {
            0 => world.confirmed = None,
            1 => world = world.refused(),
            _ => {}
        }
        if elsewhere == 0 { world.recorded_on("glibc 2.31") } else { world }
    })
}

fn severity() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("note"), Just("attention"), Just("error")]
}

/// A run of everything that is recorded, at its recorded value.
fn own_run(world: &World) -> Run {
    let records = world.base.sets.iter().flat_map(|set| &set.records);
    let measured = |evidence: &crate::model::Evidence| Outcome::Measured { evidence: evidence.clone(), note: None };
    let outcomes = records.map(|(key, record)| (key.clone(), measured(&record.evidence))).collect();
    Run { outcomes, ..world.run.clone() }
}

fn recorded(values: &[(usize, String)]) -> World {
    let mut world = world(&[]);
    for (name, value) in values {
        let key = key(NAMES[*name]);
        for baseline in [&mut world.base, &mut world.head] {
            records(baseline, &key, HERE).insert(key.clone(), record(value));
        }
    }
    world.run = own_run(&world);
    world
}

fn values() -> impl Strategy<Value = Vec<(usize, String)>> {
    let exact = (0..2_000_000_u64).prop_map(|value| value.to_string());
    proptest::collection::btree_map(0..NAMES.len(), exact, 1..NAMES.len()).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn a_ceiling_never_improves_a_verdict(
        world in any_world(), growth in 0..40_u64, severity in severity(), name in 0..NAMES.len(), most in 900_000..1_100_000_u64,
    ) {
        let rule = format!("[[budget]]\nmetric = \"instructions\"\nseverity = \"{severity}\"\ngrowth = \"0.{growth}%\"\n");
        let subject = key(NAMES[name]).subject;
        let ceiling = format!("[[budget]]\nmetric = \"instructions\"\nsubject = \"{subject}\"\nat-most = {most}\n");
        let (without, with) = (world.clone().rules(&rule), world.rules(&(rule + &ceiling)));
        prop_assert!(with.verdict() >= without.verdict(), "{}\n\n{}", super::said(&without), super::said(&with));
    }

    #[test]
    fn a_run_compared_with_its_own_record_is_within_and_unchanged(values in values(), on_default_branch in any::<bool>()) {
        let world = World { on_default_branch, ..recorded(&values) };
        let (report, to_confirm) = world.judged();
        prop_assert!(to_confirm.is_empty() && report.verdict == Verdict::Within, "{}", super::said(&world));
        prop_assert!(report.findings.is_empty() && report.rows.iter().all(|row| row.state == State::Unchanged));
    }

    #[test]
    fn a_recorded_benchmark_that_is_left_out_is_never_green(world in any_world(), pick in any::<prop::sample::Index>()) {
        let mut without = world;
        for baseline in [&mut without.base, &mut without.head] {
            records(baseline, &key("parse"), HERE).insert(key("parse"), record("1000000"));
        }
        let keys: Vec<Key> = without.head.sets.iter().flat_map(|set| set.records.keys()).cloned().collect();
        let keys: Vec<Key> = keys.into_iter().filter(|key| !key.metric.is_advisory()).collect();
        let gone = pick.get(&keys).clone();
        without.run.outcomes.retain(|key, _| key.subject != gone.subject);
        prop_assert!(without.verdict() >= Verdict::CannotTell, "{}", super::said(&without));
        without.run.environments.remove(&gone.metric.family());
        prop_assert!(without.verdict() >= Verdict::CannotTell, "{}", super::said(&without));
    }

    #[test]
    fn what_is_to_be_confirmed_is_never_green(world in any_world()) {
        let world = World { confirmed: None, refused: None, ..world };
        let (report, to_confirm) = world.judged();
        let gates = to_confirm.iter().any(|key| !key.metric.is_advisory());
        prop_assert!(!gates || report.verdict >= Verdict::CannotTell, "{}", super::said(&world));
        let codes = [crate::model::Code::GrowthOver, crate::model::Code::DriftOver];
        let fails = |finding: &&crate::model::Finding| {
            codes.contains(&finding.code) && finding.key.as_ref().is_some_and(|key| key.metric == Metric::Instructions)
        };
        prop_assert!(!report.findings.iter().any(|finding| fails(&finding)), "{}", super::said(&world));
    }

    #[test]
    fn the_self_test_reports_every_code_in_every_world(world in any_world(), raised in any::<bool>(), bare in any::<bool>()) {
        let mut world = if raised { world.rules("[severity]\nbenchmark-new = \"error\"\nimproved = \"attention\"") } else { world };
        if bare {
            world.run.environments.clear();
        }
        check_self_test(&world)?;
    }
}

fn check_self_test(world: &World) -> Result<(), TestCaseError> {
    let plan = crate::config::parse(&world.rules).expect("the rules are in order");
    let case = Case {
        run: &world.run,
        base: &world.base,
        head: &world.head,
        confirmation: Confirmation::Pending,
        base_name: "1a2b3c4",
        commits_since_record: None,
        on_default_branch: world.on_default_branch,
        budgets: &plan.budgets,
        severities: &plan.severities,
        today: TODAY,
        is_ci: world.is_ci,
        problems: &world.problems,
    };
    for trial in self_test::run(&case, world.confirmed.as_ref()) {
        prop_assert_eq!(trial.missed, None, "{}", trial.code);
    }
    Ok(())
}

#[test]
fn the_self_test_needs_no_results() {
    check_self_test(&World::default()).expect("every code is reported");
    let mut renamed = world(&["fib base=900000 now=900000", "fib2 base=900000 now=900000", "fib22 now=900000"]);
    check_self_test(&renamed).expect("every code is reported");
    renamed.run.environments.insert(Family::Instructions, machine("another"));
    renamed.run.outcomes.insert(key("b"), Outcome::Measured { evidence: evidence("900000"), note: None });
    check_self_test(&renamed).expect("every code is reported");
}
