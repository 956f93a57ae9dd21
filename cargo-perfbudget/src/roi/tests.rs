//! The arithmetic against cases that were worked out by hand, and what holds of every estimate.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::assumptions::SubjectInputs;
use crate::model::{Artifact, ArtifactKind, Benchmark, Certainty, Glob, Key, Quantity, Ratio, Row, Target};

fn key(path: &str, metric: Metric) -> Key {
    let target = Target { package: "shop".into(), name: "cart".into() };
    Key::new(Subject::Benchmark(Benchmark::new(target, path.into(), None, None)), metric)
}

fn judged(state: State, key: Key, before: Evidence, after: Evidence) -> Judged {
    let delta = Ratio::of_change(before.quantity(), after.quantity());
    let change = Change::Both { before, after, delta, certainty: Certainty::Real };
    Judged { row: Row { key, change }, state, limit: None, owner: None, reason: None }
}

fn counts(state: State, path: &str, before: u64, after: u64) -> Judged {
    judged(state, key(path, Metric::Instructions), Evidence::exact(before), Evidence::exact(after))
}

fn time(low: f64, estimate: f64, high: f64) -> Evidence {
    let [low, estimate, high] = [low, estimate, high].map(|nanos| Quantity::new(nanos).unwrap());
    Evidence::Sampled { estimate, low, high, samples: 100 }
}

fn report(rows: Vec<Judged>) -> Report {
    Report { rows, ..Report::default() }
}

fn stating(stated: &[(Input, f64)]) -> Assumptions {
    Assumptions { stated: stated.iter().copied().collect(), ..Assumptions::default() }
}

/// What one row is worth.
fn only(rows: Vec<Judged>, assumptions: &Assumptions) -> RowWorth {
    let rows = worth(&report(rows), assumptions, None).rows;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    row.clone()
}

#[track_caller]
fn check(band: Option<&Band>, expected: [f64; 3]) {
    let band = band.expect("the figure is there");
    for (actual, expected) in [band.low(), band.mid(), band.high()].into_iter().zip(expected) {
        assert!((actual / expected - 1.0).abs() < 1e-4, "{band:?} instead of {expected}");
    }
}

/// Dearer by 90,000 instructions a call: at 1.5 × 3 GHz = 4.5 G a second, 20 µs.
fn dearer() -> Vec<Judged> {
    vec![counts(State::Crossed, "total", 100_000, 190_000)]
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    let inputs = [(Input::CallsPerYear, 1.8e9), (Input::PageViewsPerYear, 3.6e6), (Input::HourValue, 25.0)];
    let row = only(dearer(), &stating(&inputs));
    let Effect::Seconds(seconds) = row.effect else { panic!("{row:?}") };
    // exp(1.6449 × 0.35) = 1.7784 either way.
    check(Some(&seconds), [11.2462e-6, 20e-6, 35.5674e-6]);
    // 1.8e9 × 20 µs = 36,000 s = 10 h.
    check(row.figures.get(&Figure::CpuHours), [5.6231, 10.0, 17.7837]);
    // 10 h × 0.04 USD × 50 %; off by exp √(0.57570² + ln²(0.5 ÷ 0.23)) and exp √(0.57570² + ln²(0.77 ÷ 0.5)).
    check(row.figures.get(&Figure::Money), [0.076_071, 0.2, 0.410_73]);
    // 10 h × 2.8 W × 1.2 = 33.6 Wh.
    check(row.figures.get(&Figure::Energy), [0.018_893_6, 0.0336, 0.059_753_3]);
    // 0.0336 kWh × 472.94 g; off by exp(1.6449 × √(0.35² + 0.2²)) = 1.9407.
    check(row.figures.get(&Figure::Emissions), [0.008_188_1, 0.015_890_8, 0.030_839_5]);
    // 3.6e6 × 20 µs = 72 s.
    check(row.figures.get(&Figure::WaitingHours), [0.011_246_2, 0.02, 0.035_567_4]);
    check(row.figures.get(&Figure::WaitingMoney), [0.281_155, 0.5, 0.889_185]);
}

#[test]
fn a_page_is_transferred_and_waited_for_and_takes_no_processor() {
    let page = |name: Subject| {
        let key = Key::new(name, Metric::FirstLoad);
        judged(State::Crossed, key, Evidence::exact(100_000), Evidence::exact(150_000))
    };
    let inputs = [(Input::CallsPerYear, 1e9), (Input::PageViewsPerYear, 3.6e6), (Input::GbPrice, 0.5)];
    let row = only(vec![page(Subject::Page("index.html".into()))], &stating(&inputs));
    // 50,000 bytes at 1.6 Mbit/s are 0.25 s; 3.6e6 times are 250 h and 180 GB.
    assert_eq!(row.effect, Effect::Seconds(Band::new(0.25, 0.25, 0.25).unwrap()));
    check(row.figures.get(&Figure::WaitingHours), [250.0; 3]);
    check(row.figures.get(&Figure::Transfer), [180.0; 3]);
    check(row.figures.get(&Figure::TransferMoney), [90.0; 3]);
    assert_eq!(row.figures.len(), 3, "{row:?}");
    let slower = stating(&[(Input::PageViewsPerYear, 3.6e6), (Input::Connection, 0.8e6)]);
    let row = only(vec![page(Subject::Page("index.html".into()))], &slower);
    check(row.figures.get(&Figure::WaitingHours), [500.0; 3]);
    assert_eq!(row.figures.get(&Figure::TransferMoney), None, "nobody has stated a price");
    // It is a part of a page already.
    let rows = worth(&report(vec![page(Subject::EntryPoint("main.js".into()))]), &slower, None).rows;
    assert_eq!(rows, []);
    // A benchmark beside it has its own figures, and they are not added to those of the page.
    let mut rows = dearer();
    rows.push(page(Subject::Page("index.html".into())));
    let together = worth(&report(rows), &stating(&[(Input::CallsPerYear, 1.8e9)]), None).more;
    assert_eq!((together.rows, together.figures.len()), (2, 4), "{together:?}");
}

/// The figures that a benchmark can have.
fn of_benchmarks() -> Vec<Figure> {
    Figure::ALL.into_iter().filter(|figure| figure.is_of(Metric::Instructions)).collect()
}

#[test]
fn every_input_works_in_its_own_dimension() {
    use Figure::{CpuHours, Emissions, Energy, Money, WaitingHours, WaitingMoney};
    let base = [(Input::CallsPerYear, 1e9), (Input::PageViewsPerYear, 1e6), (Input::HourValue, 25.0)];
    let mid = |input: Input, value: f64| -> BTreeMap<Figure, f64> {
        let mut inputs = base.to_vec();
        inputs.push((input, value));
        let figures = only(dearer(), &stating(&inputs)).figures;
        figures.into_iter().map(|(figure, band)| (figure, band.mid())).collect()
    };
    let all = &of_benchmarks()[..];
    for (input, from, to, factor, moved) in [
        (Input::CallsPerYear, 1e9, 2e9, 2.0, &[CpuHours, Money, Energy, Emissions][..]),
        (Input::PageViewsPerYear, 1e6, 2e6, 2.0, &[WaitingHours, WaitingMoney]),
        (Input::Share, 0.5, 1.0, 2.0, all),
        (Input::Ipc, 1.0, 2.0, 0.5, all),
        (Input::Clock, 1.5e9, 3e9, 0.5, all),
        (Input::VcpuHour, 0.04, 0.08, 2.0, &[Money]),
        (Input::Elastic, 0.3, 0.6, 2.0, &[Money]),
        (Input::VcpuWatts, 2.0, 4.0, 2.0, &[Energy, Emissions]),
        (Input::Pue, 1.1, 2.2, 2.0, &[Energy, Emissions]),
        (Input::Grid, 200.0, 400.0, 2.0, &[Emissions]),
        (Input::HourValue, 10.0, 20.0, 2.0, &[WaitingMoney]),
        (Input::CiMinute, 0.006, 0.012, 2.0, &[]),
        (Input::Connection, 1e6, 2e6, 2.0, &[]),
        (Input::GbPrice, 0.1, 0.2, 2.0, &[]),
    ] {
        let (before, after) = (mid(input, from), mid(input, to));
        assert!(before.keys().eq(all));
        for figure in all {
            let expected = if moved.contains(figure) { factor } else { 1.0 };
            let actual = after[figure] / before[figure];
            assert!((actual - expected).abs() < 1e-9, "{} moves {figure:?} by {actual}", input.name());
        }
    }
}

#[test]
fn a_range_holds_what_it_says() {
    // The product of a log-normal and an even distribution, summed up on a grid.
    let row = only(dearer(), &stating(&[(Input::CallsPerYear, 1.8e9)]));
    let money = row.figures[&Figure::Money];
    let (mut all, mut below, mut above) = (0.0, 0.0, 0.0);
    for step in -600..=600 {
        let z = f64::from(step) / 100.0;
        let weight = (-z * z / 2.0).exp();
        for part in 0..600 {
            let elastic = 0.2 + 0.6 * (f64::from(part) + 0.5) / 600.0;
            let value = 10.0 * (LN_SD_IPC * z).exp() * 0.04 * elastic;
            all += weight;
            below += if value < money.low() { weight } else { 0.0 };
            above += if value > money.high() { weight } else { 0.0 };
        }
    }
    for part in [below / all, above / all] {
        assert!((0.044..0.056).contains(&part), "{part} is not about 5 %");
    }
}

#[test]
fn what_is_stated_is_taken_at_its_word() {
    let calls = (Input::CallsPerYear, 1.8e9);
    let figures = |more: &[(Input, f64)]| only(dearer(), &stating(&[&[calls], more].concat())).figures;
    let relative = |band: Band| band.high() / band.mid();
    let figures = figures(&[(Input::Elastic, 0.5), (Input::Grid, 472.94)]);
    for figure in [Figure::CpuHours, Figure::Money, Figure::Energy, Figure::Emissions] {
        assert!((relative(figures[&figure]) - 1.778_37).abs() < 1e-4, "{figure:?}");
    }
    let nothing = only(dearer(), &stating(&[calls, (Input::Elastic, 0.0)])).figures[&Figure::Money];
    assert_eq!((nothing.low(), nothing.high()), (0.0, 0.0), "nothing is given back");
}

#[test]
fn without_calls_there_is_nothing_to_invent() {
    let row = only(dearer(), &Assumptions::default());
    assert!(row.figures.is_empty() && row.calls.is_none() && matches!(row.effect, Effect::Seconds(_)));
    let row = only(dearer(), &stating(&[(Input::PageViewsPerYear, 3.6e6)]));
    assert_eq!(row.figures.keys().copied().collect::<Vec<_>>(), [Figure::WaitingHours]);
}

#[test]
fn a_price_in_dollars_is_no_price_in_another_currency() {
    let euros = |stated: &[(Input, f64)]| Assumptions { currency: "EUR".into(), ..stating(stated) };
    let figures = only(dearer(), &euros(&[(Input::CallsPerYear, 1e9)])).figures;
    assert!(figures.contains_key(&Figure::Energy) && !figures.contains_key(&Figure::Money));
    let figures = only(dearer(), &euros(&[(Input::CallsPerYear, 1e9), (Input::VcpuHour, 0.03)])).figures;
    assert!(figures.contains_key(&Figure::Money));
}

#[test]
fn only_what_this_change_did_to_instructions_counts() {
    let calls = stating(&[(Input::CallsPerYear, 1e9)]);
    for state in State::ALL {
        let rows = worth(&report(vec![counts(state, "total", 100, 200)]), &calls, None).rows.len();
        let is_ours = matches!(
            state,
            State::Crossed | State::OverAndWorse | State::Accepted | State::UnderRegressed | State::Improved
        );
        assert_eq!(rows, usize::from(is_ours), "{state:?}");
    }
    let artifact = Artifact { package: "shop".into(), kind: ArtifactKind::Bin, name: "shop".into() };
    let file = Key::new(Subject::Artifact(artifact), Metric::Size);
    let first = key("total", Metric::InstructionsFirst);
    let mut added = counts(State::Crossed, "new", 1, 2);
    added.row.change = Change::Added { after: Evidence::exact(7) };
    let rows = [file, first].map(|key| judged(State::Crossed, key, Evidence::exact(1), Evidence::exact(2)));
    let nothing = worth(&report([rows.to_vec(), vec![added]].concat()), &calls, None);
    assert!(nothing.rows.is_empty() && nothing.more == Sum::default() && nothing.less == Sum::default());
}

#[test]
fn a_time_counts_where_its_interval_excludes_none_and_nothing_exact_is_there() {
    let calls = stating(&[(Input::CallsPerYear, 3.6e9)]);
    let of_time = |before, after| judged(State::Unclaimed, key("total", Metric::Time), before, after);
    // 1,000 ns more or less, between 800 and 1,200: an hour is 3.6e12 ns, so 3.6e9 calls take 1 h.
    let (fast, slow) = (time(900.0, 1000.0, 1100.0), time(1900.0, 2000.0, 2100.0));
    let row = only(vec![of_time(fast.clone(), slow.clone())], &calls);
    check(row.figures.get(&Figure::CpuHours), [0.8, 1.0, 1.2]);
    let row = only(vec![of_time(slow, fast.clone())], &calls);
    check(row.figures.get(&Figure::CpuHours), [-1.2, -1.0, -0.8]);
    let unclear = of_time(fast.clone(), time(1050.0, 1150.0, 1250.0));
    let row = only(vec![unclear.clone()], &calls);
    assert!(row.effect == Effect::Unmeasurable && row.figures.is_empty());
    // Its instructions are exact: the time would be the same work again.
    let counted = counts(State::Unchanged, "total", 100, 100);
    assert!(worth(&report(vec![unclear, counted]), &calls, None).rows.is_empty());
}

#[test]
fn the_noise_of_a_count_widens_the_range() {
    let noisy = |value| Evidence::Exact { value, repeats: 5, noise: Ratio::percent(1.0) };
    let row = judged(State::Crossed, key("total", Metric::Instructions), noisy(100_000), noisy(190_000));
    let inputs = stating(&[(Input::CallsPerYear, 1.8e9)]);
    let (exact, wide) = (only(dearer(), &inputs).figures, only(vec![row], &inputs).figures);
    let (exact, wide) = (exact[&Figure::CpuHours], wide[&Figure::CpuHours]);
    assert_eq!(exact.mid(), wide.mid());
    assert!(wide.low() < exact.low() && wide.high() > exact.high());
}

fn rule(subject: &str, calls: f64, line: usize) -> SubjectInputs {
    SubjectInputs { subject: Glob::new(subject), stated: BTreeMap::from([(Input::CallsPerYear, calls)]), line }
}

#[test]
fn rows_add_up_only_where_each_has_calls_of_its_own() {
    let rows = || {
        let small = counts(State::Crossed, "small", 100_000, 190_000);
        vec![
            small,
            counts(State::Accepted, "large", 100_000, 280_000),
            counts(State::Improved, "find", 190_000, 100_000),
        ]
    };
    let shared = worth(&report(rows()), &stating(&[(Input::CallsPerYear, 1.8e9)]), None);
    assert!(shared.more.overlaps && shared.more.figures.is_empty() && shared.more.rows == 2);
    assert!(!shared.less.overlaps && shared.less.figures.len() == 4, "one row is its own sum");

    let apart = Assumptions {
        subjects: vec![rule("*::small", 1.8e9, 3), rule("*::large", 1.8e9, 6), rule("*::gone", 1.0, 9)],
        ..Assumptions::default()
    };
    let apart = worth(&report(rows()), &apart, None);
    check(apart.more.figures.get(&Figure::CpuHours), [3.0 * 5.6231, 30.0, 3.0 * 17.7837]);
    assert!(!apart.more.overlaps && apart.less.figures.is_empty() && apart.less.rows == 1);
    assert_eq!(apart.unmatched, [9]);

    let one_rule = Assumptions { subjects: vec![rule("*", 1.8e9, 3)], ..Assumptions::default() };
    assert!(worth(&report(rows()), &one_rule, None).more.overlaps, "a pattern for both is one number, too");
}

/// Any inputs within their bounds.
fn any_inputs() -> impl Strategy<Value = Assumptions> {
    let value = |input: &Input| {
        let (least, most) = input.terms().bounds;
        (Just(*input), prop_oneof![Just(least), Just(most), least..most])
    };
    let inputs: Vec<_> = Input::ALL.iter().map(value).collect();
    (inputs, any::<u16>()).prop_map(|(inputs, mask)| {
        let kept = inputs.into_iter().enumerate().filter(|(at, _)| mask & (1 << at) == 0).map(|(_, input)| input);
        Assumptions { stated: kept.collect(), ..Assumptions::default() }
    })
}

fn any_evidence() -> impl Strategy<Value = (Metric, Evidence, Evidence)> {
    let exact = (any::<u64>(), 0.0..10.0).prop_map(|(value, noise)| {
        let noise = Ratio::new(noise).unwrap_or(Ratio::ZERO);
        Evidence::Exact { value, repeats: 1, noise }
    });
    let number = || prop_oneof![0.0..1e6, 0.0..f64::MAX, Just(0.0), Just(f64::MAX), Just(f64::MIN_POSITIVE)];
    let sampled = (number(), number(), number()).prop_map(|(low, estimate, high)| time(low, estimate, high));
    prop_oneof![(Just(Metric::Instructions), exact.clone(), exact), (Just(Metric::Time), sampled.clone(), sampled),]
}

proptest! {
    #[test]
    fn every_number_is_finite_and_in_order((metric, before, after) in any_evidence(), inputs in any_inputs()) {
        let row = judged(State::Crossed, key("total", metric), before, after);
        let worth = worth(&report(vec![row.clone(), row]), &inputs, None);
        let bands = worth.rows.iter().flat_map(|row| row.figures.values()).chain(worth.more.figures.values());
        for band in bands {
            prop_assert_eq!(Band::new(band.low(), band.mid(), band.high()), Some(*band));
            prop_assert!(band.low() >= 0.0 || band.high() <= 0.0, "{:?} is neither more nor less", band);
        }
    }

    #[test]
    fn swapping_the_sides_flips_the_sign((metric, before, after) in any_evidence(), inputs in any_inputs()) {
        let row = |before: &Evidence, after: &Evidence| {
            let row = judged(State::Crossed, key("total", metric), before.clone(), after.clone());
            worth(&report(vec![row]), &inputs, None).rows
        };
        let (there, back) = (row(&before, &after), row(&after, &before));
        prop_assert_eq!(there.len(), back.len());
        for (there, back) in there.iter().zip(&back) {
            prop_assert_eq!(there.figures.len(), back.figures.len());
            for (figure, band) in &there.figures {
                let flipped = Band::new(-band.high(), -band.mid(), -band.low());
                prop_assert_eq!(flipped, back.figures.get(figure).copied());
            }
        }
    }

    #[test]
    fn twice_the_calls_are_twice_the_figures(before in 1_u64..1 << 40, after in 1_u64..1 << 40, calls in 1.0..1e15) {
        prop_assume!(before != after);
        let of = |calls: f64| only(vec![counts(State::Crossed, "total", before, after)],
            &stating(&[(Input::CallsPerYear, calls), (Input::PageViewsPerYear, calls), (Input::HourValue, 3.0)])).figures;
        let (once, twice) = (of(calls), of(2.0 * calls));
        prop_assert!(once.keys().eq(&of_benchmarks()));
        for (figure, band) in once {
            let both = [(band.low(), twice[&figure].low()), (band.mid(), twice[&figure].mid()), (band.high(), twice[&figure].high())];
            for (once, twice) in both {
                prop_assert!((twice / once - 2.0).abs() < 1e-9, "{:?}", figure);
            }
        }
    }

    #[test]
    fn no_change_is_worth_nothing((metric, evidence, _) in any_evidence(), inputs in any_inputs()) {
        let row = judged(State::Crossed, key("total", metric), evidence.clone(), evidence);
        let worth = worth(&report(vec![row]), &inputs, None);
        prop_assert!(worth.rows.is_empty() && worth.more == Sum::default() && worth.less == Sum::default());
    }
}
