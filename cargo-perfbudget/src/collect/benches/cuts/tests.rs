//! Cuts as criterion makes them, and as it does not.

use super::*;

const ITER: &str = "_ZN9criterion7bencher16Bencher$LT$M$GT$4iter17h54517a1521632232E";
const BATCHED: &str =
    "_ZN9criterion7bencher16Bencher$LT$M$GT$12iter_batched17h2399f9d094dfb6bfE.llvm.2664262885320117606";
const SAMPLING: &str = "_ZN74_$LT$criterion..report..CliReport$u20$as$u20$criterion..report..Report$GT$17measurement_start17h0000000000000000E";
const CLOCK: &str = "clock_gettime@@GLIBC_2.17";

/// Events and costs, as `ITER:900` or `CLOCK:20`: the cost is what was spent before the event.
fn cuts(events: &[(&str, u64)]) -> Cuts {
    let mut cuts = Cuts::default();
    for (trigger, total) in events {
        let functions = BTreeMap::from([("routine".to_owned(), *total)]);
        cuts.push(Dump { trigger: Some((*trigger).to_owned()), total: *total, functions, ..Dump::default() });
    }
    cuts
}

/// One call of a closure that uses `iter`: so much once, so much an iteration.
fn iter_call(iterations: u64, once: u64, each: u64) -> Vec<(&'static str, u64)> {
    vec![(ITER, 500), (CLOCK, 18), (CLOCK, 34), (CLOCK, once + each * iterations), (CLOCK, 95)]
}

fn batched_call(costs: &[u64]) -> Vec<(&'static str, u64)> {
    let pairs = costs.iter().flat_map(|cost| [(CLOCK, 1_000), (CLOCK, *cost)]);
    [(BATCHED, 500), (CLOCK, 42)].into_iter().chain(pairs).chain([(CLOCK, 222)]).collect()
}

fn check(events: Vec<(&str, u64)>, expected: Result<(u64, u64), Code>) {
    let steady = cuts(&events).steady();
    assert_eq!(steady.map(|steady| (steady.value, steady.first)).map_err(|(code, _)| code), expected);
}

#[test]
fn what_happens_once_in_a_call_is_not_in_the_value() {
    let calls = [1, 2, 4, 8].into_iter().flat_map(|n| iter_call(n, 700, 20)).chain([(ITER, 500)]).collect();
    check(calls, Ok((20, 720)));
}

#[test]
fn what_happens_once_in_a_process_is_in_the_first_iteration_only() {
    let mut calls = iter_call(1, 9_000, 20);
    calls.extend([2, 4].into_iter().flat_map(|n| iter_call(n, 50, 20)));
    calls.push((ITER, 500));
    check(calls, Ok((20, 9_020)));
}

#[test]
fn a_setup_between_the_pairs_is_not_counted() {
    let mut calls = batched_call(&[90]);
    calls.extend(batched_call(&[80, 80]));
    calls.extend(batched_call(&[80, 80, 300, 80]));
    calls.push((BATCHED, 500));
    // The one dear iteration is an allocator that tidies up; the median does not follow it.
    check(calls, Ok((80, 90)));
}

#[test]
fn batches_of_several_iterations_share_a_pair() {
    // `NumBatches(1)`: one pair in each call, whatever the number of iterations.
    let calls = [1, 2, 4, 8].into_iter().flat_map(|n| batched_call(&[40 + 7 * n])).chain([(BATCHED, 500)]).collect();
    check(calls, Ok((7, 47)));
}

#[test]
fn a_measurement_that_reads_no_clock_is_counted_with_its_setup() {
    let call = |n: u64| vec![(ITER, 500), (CLOCK, 18), (CLOCK, 10 + 20 * n)];
    let calls: Vec<_> = [1, 2, 4].into_iter().flat_map(call).chain([(ITER, 500)]).collect();
    let steady = cuts(&calls).steady().unwrap();
    assert_eq!((steady.value, steady.note.is_some()), (20, true));
}

#[test]
fn a_routine_that_reads_the_clock_within_iter_is_counted_whole() {
    let call = |n: u64| {
        let mut events = vec![(ITER, 500), (CLOCK, 18), (CLOCK, 34)];
        events.extend((0..n).map(|_| (CLOCK, 30)));
        events.extend([(CLOCK, 10), (CLOCK, 95)]);
        events
    };
    let calls: Vec<_> = [1, 2, 4].into_iter().flat_map(call).chain([(ITER, 500)]).collect();
    let steady = cuts(&calls).steady().unwrap();
    assert_eq!((steady.value, steady.note.is_some()), (30, true));
}

#[test]
fn a_batched_routine_that_reads_the_clock_is_refused() {
    let call = |n: usize| {
        let inner = std::iter::repeat_n([(CLOCK, 1_000), (CLOCK, 30), (CLOCK, 30)], n).flatten();
        [(BATCHED, 500), (CLOCK, 42)].into_iter().chain(inner).chain([(CLOCK, 222)]).collect::<Vec<_>>()
    };
    check([1, 2, 4].into_iter().flat_map(call).chain([(BATCHED, 1)]).collect(), Err(Code::BenchmarkReadsClock));
}

#[test]
fn one_call_is_not_enough_and_an_unfinished_one_does_not_count() {
    check(Vec::new(), Err(Code::BenchmarkUnsampled));
    let mut calls = iter_call(1, 0, 20);
    calls.extend(iter_call(2, 0, 20));
    check(calls, Err(Code::BenchmarkUnsampled));
}

#[test]
fn an_expensive_benchmark_with_a_short_warm_up_of_its_own_is_told_by_its_samples() {
    let sampled = |iterations: [u64; 2]| {
        let mut calls = iter_call(1, 0, 1_000_000);
        calls.push((SAMPLING, 5_000));
        calls.extend(iterations.into_iter().flat_map(|n| iter_call(n, 0, 1_000_000)));
        calls.push((ITER, 500));
        calls
    };
    check(sampled([1, 1]), Ok((1_000_000, 1_000_000)));
    check(sampled([1, 2]), Ok((1_000_000, 1_000_000)));
    check(sampled([3, 3]), Ok((1_000_000, 1_000_000)));
}

#[test]
fn enough_is_decided_by_counts_and_never_by_time() {
    let mut cuts = Cuts::default();
    let mut pushed = 0;
    'calls: for n in [1, 2, 4, 8, 16, 32, 64, 128] {
        for (trigger, total) in iter_call(n, 0, 1_000_000) {
            pushed += 1;
            let dump = Dump { trigger: Some(trigger.into()), total, ..Dump::default() };
            if cuts.push(dump) == Progress::Enough {
                break 'calls;
            }
        }
    }
    // Four calls, and the entry of the fifth: 15 million instructions are enough.
    assert_eq!((pushed, cuts.complete_calls()), (21, 4));
}

/// One call of a closure that uses `iter`, and the requests within it: so many once, so many an iteration.
fn asking_call(iterations: u64, once: u64, each: u64, set_up: u64) -> Vec<Dump> {
    let costs = iter_call(iterations, 700, 20).into_iter().enumerate();
    let of = |index| {
        let global = if index == 3 { once + each * iterations } else { set_up };
        Requests { global, below: global, ..Requests::default() }
    };
    let dump = |(index, (trigger, total)): (usize, (&str, u64))| Dump {
        trigger: Some(trigger.to_owned()),
        total,
        requests: of(index),
        functions: BTreeMap::from([("routine".to_owned(), total)]),
    };
    costs.map(dump).collect()
}

#[test]
fn requests_are_those_of_the_steady_state_too() {
    let steady = |once, each, set_up| {
        let mut cuts = Cuts::default();
        for dump in [1, 2, 4, 8, 16].into_iter().flat_map(|n| asking_call(n, once, each, set_up)) {
            cuts.push(dump);
        }
        cuts.steady().unwrap()
    };
    assert_eq!(steady(5, 3, 40).allocations, Some(3), "neither the setup's nor what is asked for once in a call");
    assert_eq!(steady(0, 0, 1).allocations, None, "a harness that asks for next to nothing is not seen to ask");
}

#[test]
fn only_criterions_own_functions_are_events() {
    for symbol in [
        "_ZN9criterion7bencher16Bencher$LT$M$GT$12iter_batched28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
        "_ZN4mine7Bencher4iter17h0123456789abcdefE",
        "_ZN9criterion7bencher16Bencher$LT$M$GT$20iter_with_large_drop17h0123456789abcdefE",
        "_ZN9criterion3foo17h0123456789abcdefE",
    ] {
        assert!(!is_bencher(symbol), "{symbol}");
    }
    for symbol in [
        ITER,
        BATCHED,
        "_ZN9criterion7bencher25AsyncBencher$LT$A$C$M$GT$4iter17h0123456789abcdefE",
        "_RINvMNtCs1234_9criterion7bencherINtB3_7BencherpE4iterNtB5_3fooEB5_",
    ] {
        assert!(is_bencher(symbol), "{symbol} is {}", readable(symbol));
    }
}
