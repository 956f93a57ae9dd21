//! What `[roi]` means, and what is said about a wrong one.

use super::{check, parse};
use crate::model::Assumptions;
use crate::model::assumptions::Input;

const FULL: &str = r#"
[roi]
calls-per-year = "2.5G"
share = "30%"
page-views-per-year = 40_000_000
vcpu-hour = 0.05
elastic = "80 %"
hour-value = 25
ipc = 2
clock = "2.6 GHz"
vcpu-watts = "3500 mW"
pue = 1.1
grid = "0.38 kg/kWh"
ci-minute = 0.01
connection = "9 Mbit/s"
gb-price = 0.09
currency = "EUR"

[[roi.subject]]
subject = "shop::cart::*"
calls-per-year = "1.5 M"

[[roi.subject]]
subject = "shop::cart::total/*"
share = "100%"
page-views-per-year = "2k"
"#;

fn roi(text: &str) -> Assumptions {
    parse(text).expect("the configuration is valid").roi.expect("it has an `[roi]`")
}

#[test]
fn every_input_arrives_in_base_units() {
    let roi = roi(FULL);
    let expected = [
        (Input::CallsPerYear, 2.5e9),
        (Input::Share, 0.3),
        (Input::PageViewsPerYear, 4e7),
        (Input::VcpuHour, 0.05),
        (Input::Elastic, 0.8),
        (Input::HourValue, 25.0),
        (Input::Ipc, 2.0),
        (Input::Clock, 2.6e9),
        (Input::VcpuWatts, 3.5),
        (Input::Pue, 1.1),
        (Input::Grid, 380.0),
        (Input::CiMinute, 0.01),
        (Input::Connection, 9e6),
        (Input::GbPrice, 0.09),
    ];
    assert_eq!(roi.stated.len(), Input::ALL.len());
    for (input, value) in expected {
        assert!((roi.stated[&input] / value - 1.0).abs() < 1e-12, "{}: {}", input.name(), roi.stated[&input]);
    }
    assert_eq!(roi.currency, "EUR");
    let [cart, total] = roi.subjects.as_slice() else { panic!("{:?}", roi.subjects) };
    assert_eq!((cart.subject.as_str(), cart.line, cart.stated.len()), ("shop::cart::*", 19, 1));
    assert_eq!((total.stated[&Input::Share], total.stated[&Input::PageViewsPerYear], total.line), (1.0, 2000.0, 23));
    assert_eq!(roi.of_subject(Input::CallsPerYear, "shop::cart::total/1").map(|own| own.value), Some(1.5e6));
}

#[test]
fn an_empty_table_asks_for_an_estimate_and_no_table_does_not() {
    assert_eq!(roi("[roi]"), Assumptions::default());
    assert_eq!(parse("").expect("nothing is wrong").roi, None);
}

#[test]
fn what_is_out_of_range_says_its_range_and_a_remedy() {
    let leave = "or leave it out for the default";
    check(
        r#"[roi]
share = "101%"
elastic = "120%"
clock = "0 GHz"
ipc = 0
pue = 0.9
vcpu-hour = -1
hour-value = nan
grid = "99999 g/kWh"
calls-per-year = 0
page-views-per-year = "9000T"
vcpu-watts = "0 W""#,
        &[
            &format!("2:10 `share` must be above 0% and at most 100% (write for example `share = \"30%\"`, {leave})"),
            &format!("3:12 `elastic` must be from 0% to 100% (write for example `elastic = \"50%\"`, {leave})"),
            &format!("4:10 `clock` must be from 1 MHz to 10 GHz (write for example `clock = \"3 GHz\"`, {leave})"),
            &format!("5:7 `ipc` must be from 0.05 to 16 (write for example `ipc = 1.5`, {leave})"),
            &format!("6:7 `pue` must be from 1 to 10 (write for example `pue = 1.2`, {leave})"),
            &format!("7:13 `vcpu-hour` must be from 0 to 1000000 (write for example `vcpu-hour = 0.04`, {leave})"),
            "8:14 `hour-value` must be from 0 to 1000000 (write for example `hour-value = 25`, or leave it out)",
            &format!(
                "9:9 `grid` must be from 0 g/kWh to 10000 g/kWh (write for example `grid = \"380 g/kWh\"`, {leave})"
            ),
            "10:18 `calls-per-year` must be from 1 to 2^53 (write for example `calls-per-year = \"2.5G\"`, or leave it out)",
            &format!(
                "12:15 `vcpu-watts` must be from 0.01 W to 1000 W (write for example `vcpu-watts = \"2.8 W\"`, {leave})"
            ),
        ],
    );
    check("[roi]\nshare = '-1%'\nclock = '-3 GHz'", &["2:10 `share` is negative", "3:10 `clock` is negative"]);
    let above =
        "`calls-per-year` must be from 1 to 2^53 (write for example `calls-per-year = \"2.5G\"`, or leave it out)";
    check("[roi]\ncalls-per-year = '10000T'", &[&format!("2:19 {above}")]);
}

#[test]
fn what_is_no_amount_says_what_it_should_be() {
    check(
        r#"[roi]
calls-per-year = "2.5 B"
share = 0.3
clock = "3"
grid = "380 g"
vcpu-hour = "0.04 USD"
ipc = "fast"
pue = true
currency = "US dollars"
"#,
        &[
            "2:19 `calls-per-year` has the unknown unit `B` (write a plain number, or one with `k`, `M`, `G` or `T`)",
            "3:9 `share` must be a percentage such as \"30%\", not a float (write the percent sign: `share = \"30%\"`)",
            "4:10 `clock` has no unit (units are `MHz` and `GHz`)",
            "5:9 `grid` has the unknown unit `g` (units are `g/kWh` and `kg/kWh`)",
            "6:14 `vcpu-hour` must be a number, not a string (write `vcpu-hour = 0.04`; `currency` names the currency)",
            "7:8 `ipc` must be a number, not a string (write `ipc = 1.5`)",
            "8:7 `pue` must be a number, not a boolean (write `pue = 1.2`)",
            "9:13 `currency` is not the name of a currency (write a code such as `USD` or a sign such as `€`, of at most 8 letters)",
        ],
    );
}

#[test]
fn keys_and_subjects_are_checked() {
    check(
        "[roi]\ncalls-per-yaer = 1\n[[roi.subject]]\nsubject = 'a'\n[[roi.subject]]\nshare = '1%'\nipc = 1",
        &[
            "2:1 unknown key `calls-per-yaer` (did you mean `calls-per-year`?)",
            "3:1 this `[[roi.subject]]` states nothing (add `calls-per-year = \"2.5G\"`, or delete it)",
            "5:1 this `[[roi.subject]]` has no `subject` (add `subject = \"shop::cart::*\"`; what holds for all subjects stands in `[roi]`)",
            "7:1 unknown key `ipc` (known keys are `subject`, `calls-per-year`, `share`, `page-views-per-year`)",
        ],
    );
    check("roi = 1", &["1:7 `roi` must be a table, not an integer (write `[roi]`)"]);
    check(
        "[roi.subject]\nshare = '1%'",
        &["1:1 `subject` must be a list of tables, not a table (write `[[roi.subject]]`)"],
    );
}
