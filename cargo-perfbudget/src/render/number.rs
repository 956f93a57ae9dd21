//! Numbers as a reader sees them: one scale for both sides of a row, and never two amounts that only look equal.

use crate::model::unit::SHARE_OF_WHOLE;
use crate::model::{Certainty, Change, Evidence, Ratio, Unit};

/// Counts below this are written out. Arbitrary: five digits are still read at a glance.
const FULL_BELOW_COUNTS: f64 = 100_000.0;
/// Bytes below this are written out. Arbitrary: ten KiB.
const FULL_BELOW_BYTES: f64 = 10_240.0;
/// Changes from here on are not worth their digits, in percent.
const MAX_PERCENT: f64 = 100_000.0;

/// A prefix of a unit.
#[derive(Debug, Clone, Copy)]
struct Scale {
    /// How many base units it stands for.
    divisor: u64,
    /// What is written behind the number.
    suffix: &'static str,
    /// With this many decimals the full number is no longer, or hardly longer.
    too_many_decimals: usize,
}

const fn scale(divisor: u64, suffix: &'static str, too_many_decimals: usize) -> Scale {
    Scale { divisor, suffix, too_many_decimals }
}

const COUNTS: [Scale; 5] = [
    scale(1_000, "k", 3),
    scale(1_000_000, "M", 6),
    scale(1_000_000_000, "G", 7),
    scale(1_000_000_000_000, "T", 7),
    scale(1_000_000_000_000_000, "P", 7),
];
const BYTES: [Scale; 4] =
    [scale(1 << 10, " KiB", 3), scale(1 << 20, " MiB", 6), scale(1 << 30, " GiB", 7), scale(1 << 40, " TiB", 7)];
const SHARES: [Scale; 1] = [scale(SHARE_OF_WHOLE / 100, "%", 5)];
const NANOSECONDS: [Scale; 4] =
    [scale(1, " ns", 7), scale(1_000, " µs", 7), scale(1_000_000, " ms", 7), scale(1_000_000_000, " s", 7)];

/// How the numbers of one row are written.
#[derive(Debug, Clone, Copy)]
enum Style {
    /// Every digit of the base unit: `12,345`.
    Full,
    /// A fraction of a larger unit: `1.234M`.
    Scaled { scale: Scale, decimals: usize },
}

impl Style {
    /// The style that shows four digits of `larger`.
    fn of(unit: Unit, larger: f64) -> Style {
        let (scales, full_below): (&[Scale], f64) = match unit {
            Unit::Count(_) => (&COUNTS, FULL_BELOW_COUNTS),
            Unit::Bytes => (&BYTES, FULL_BELOW_BYTES),
            Unit::Nanoseconds => (&NANOSECONDS, 0.0),
            Unit::Share => (&SHARES, 0.0),
        };
        if larger < full_below {
            return Style::Full;
        }
        // 999.95 would round up to a fifth digit before the point.
        let fits = |scale: &&Scale| larger / (scale.divisor as f64) < 999.95;
        let scale = scales.iter().find(fits).unwrap_or(&scales[scales.len() - 1]);
        let decimals = match larger / scale.divisor as f64 {
            shown if shown < 10.0 => 3,
            shown if shown < 100.0 => 2,
            _ => 1,
        };
        Style::Scaled { scale: *scale, decimals }
    }

    /// The same with one digit more; `None` where there is no more to show.
    fn finer(self, unit: Unit) -> Option<Style> {
        match self {
            Style::Full => None,
            Style::Scaled { scale, decimals } if decimals + 1 < scale.too_many_decimals => {
                Some(Style::Scaled { scale, decimals: decimals + 1 })
            }
            Style::Scaled { .. } => matches!(unit, Unit::Count(_) | Unit::Bytes).then_some(Style::Full),
        }
    }

    fn write(self, unit: Unit, evidence: &Evidence) -> String {
        match (self, evidence) {
            (Style::Full, _) => {
                let suffix = if unit == Unit::Bytes { " B" } else { "" };
                let number = match evidence {
                    Evidence::Exact { value, .. } => thousands(*value),
                    Evidence::Sampled { estimate, .. } if estimate.get().fract() == 0.0 => decimal(estimate.get(), 0),
                    Evidence::Sampled { estimate, .. } => decimal(estimate.get(), 3),
                };
                format!("{number}{suffix}")
            }
            (Style::Scaled { scale, decimals }, Evidence::Exact { value, .. }) => {
                format!("{}{}", fixed(*value, scale.divisor, decimals), scale.suffix)
            }
            // One sample says nothing of how far off it may be.
            (Style::Scaled { scale, decimals }, Evidence::Sampled { estimate, samples: 0 | 1, .. }) => {
                format!("{}{}", decimal(estimate.get() / scale.divisor as f64, decimals), scale.suffix)
            }
            (Style::Scaled { scale, decimals }, Evidence::Sampled { estimate, low, high, .. }) => {
                let margin = (high.get() - estimate.get()).max(estimate.get() - low.get()).max(0.0);
                let shown = |nanos: f64| decimal(nanos / scale.divisor as f64, decimals);
                format!("{} ±{}{}", shown(estimate.get()), shown(margin), scale.suffix)
            }
        }
    }
}

/// Both sides of a row at the scale of the larger one; an empty text for a side that has no value. Amounts that differ
/// get as many digits as it takes to see it.
#[must_use]
pub fn pair(unit: Unit, before: Option<&Evidence>, after: Option<&Evidence>) -> (String, String) {
    let sides = || [before, after].into_iter().flatten();
    let larger = sides().map(|evidence| evidence.quantity().get()).fold(0.0, f64::max);
    let mut style = Style::of(unit, larger);
    loop {
        let written = [before, after].map(|side| side.map(|evidence| style.write(unit, evidence)).unwrap_or_default());
        let alike = differ(before, after) && written[0] == written[1];
        let vanished =
            sides().zip(written.iter().filter(|text| !text.is_empty())).any(|(side, text)| vanishes(side, text));
        match style.finer(unit) {
            Some(finer) if alike || vanished => style = finer,
            _ => return written.into(),
        }
    }
}

/// One amount at its own scale.
#[must_use]
pub fn one(unit: Unit, evidence: &Evidence) -> String {
    pair(unit, None, Some(evidence)).1
}

/// What happened to a number, in few characters: `+1.52%`; `new` and `gone` where one side has none, `?` where it was
/// not measured, `~` where nothing is claimed, `n/a` where the base is zero.
#[must_use]
pub fn delta(change: &Change) -> String {
    match change {
        Change::Added { .. } => "new".to_owned(),
        Change::Removed { .. } => "gone".to_owned(),
        Change::Failed { .. } => "?".to_owned(),
        Change::Both { certainty: Certainty::Unknown, .. } => "~".to_owned(),
        Change::Both { delta: None, .. } => "n/a".to_owned(),
        Change::Both { delta: Some(delta), certainty: Certainty::Noise, .. } if *delta != Ratio::ZERO => "~".to_owned(),
        Change::Both { delta: Some(delta), .. } => percent(*delta),
    }
}

/// A signed percentage with two decimals. What is not zero does not print as zero, and zero has no sign.
#[must_use]
pub fn percent(ratio: Ratio) -> String {
    let (sign, size) = (if ratio.get() < 0.0 { '-' } else { '+' }, ratio.get().abs() * 100.0);
    if size == 0.0 {
        return "0.00%".to_owned();
    }
    if size >= MAX_PERCENT {
        return format!("{sign}>{}%", thousands(MAX_PERCENT as u64 - 1));
    }
    let digits = format!("{size:.2}");
    if digits == "0.00" { format!("{sign}<0.01%") } else { format!("{sign}{digits}%") }
}

/// A difference of exact amounts, in full and with its sign: `+1,234`.
#[must_use]
pub fn signed(delta: i64) -> String {
    format!("{}{}", if delta < 0 { '-' } else { '+' }, thousands(delta.unsigned_abs()))
}

/// Prefixes of rough numbers, by the power of ten that each stands for.
const ROUGH: [(i32, &str); 6] = [(15, "P"), (12, "T"), (9, "G"), (6, "M"), (3, "k"), (0, "")];

/// The size of an estimate with two digits, for what is not known better: `24`, `1.3k`, `0.048`, `<0.001`.
#[must_use]
pub fn rough(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    // Rounded before a prefix is chosen, so that 999 becomes 1.0k and not 1000.
    let rounded = format!("{size:.1e}");
    let (digits, power) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let (digits, power) = (digits.parse::<f64>().unwrap_or(0.0), power.parse::<i32>().unwrap_or(0));
    match power {
        ..-3 => return "<0.001".to_owned(),
        18.. => return rounded,
        _ => {}
    }
    let (prefix, suffix) = ROUGH.into_iter().find(|(least, _)| *least <= power.max(0)).unwrap_or((0, ""));
    let decimals = usize::try_from(1 - (power - prefix)).unwrap_or(0);
    format!("{:.decimals$}{suffix}", digits * 10_f64.powi(power - prefix))
}

fn differ(before: Option<&Evidence>, after: Option<&Evidence>) -> bool {
    match (before, after) {
        (Some(Evidence::Exact { value: before, .. }), Some(Evidence::Exact { value: after, .. })) => before != after,
        (Some(before), Some(after)) => before.quantity() != after.quantity(),
        _ => false,
    }
}

/// Whether something is written as nothing.
fn vanishes(evidence: &Evidence, text: &str) -> bool {
    let number = text.split(' ').next().unwrap_or_default();
    evidence.quantity().get() > 0.0 && !number.contains(|letter| matches!(letter, '1'..='9'))
}

/// An integer with a comma between thousands.
pub(super) fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `value` ÷ `divisor`, rounded half up, in integers so that no digit is made up. Up to 18 decimals cannot overflow.
fn fixed(value: u64, divisor: u64, decimals: usize) -> String {
    let (divisor, power) = (u128::from(divisor), 10_u128.pow(decimals as u32));
    let rounded = (u128::from(value) * power + divisor / 2) / divisor;
    let (whole, rest) = (rounded / power, rounded % power);
    format!("{whole}.{rest:0decimals$}")
}

/// A sampled number; one beyond any clock in scientific notation, because its digits would fill a screen.
fn decimal(value: f64, decimals: usize) -> String {
    if value < 1e12 { format!("{value:.decimals$}") } else { format!("{value:.3e}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Code, Failure, Quantity};
    use proptest::prelude::*;

    fn check(unit: Unit, before: u64, after: u64, expected: (&str, &str)) {
        let (before, after) = (Evidence::exact(before), Evidence::exact(after));
        let (before, after) = pair(unit, Some(&before), Some(&after));
        assert_eq!((before.as_str(), after.as_str()), expected);
    }

    fn sampled(estimate: f64, margin: f64) -> Evidence {
        let quantity = |value: f64| Quantity::new(value).unwrap_or(Quantity::ZERO);
        Evidence::Sampled {
            estimate: quantity(estimate),
            low: quantity(estimate - margin),
            high: quantity(estimate + margin),
            samples: 100,
        }
    }

    #[test]
    fn both_sides_share_the_scale_of_the_larger_one() {
        use Unit::Bytes;
        const INSTRUCTIONS: Unit = Unit::INSTRUCTIONS;
        check(INSTRUCTIONS, 0, 7, ("0", "7"));
        check(INSTRUCTIONS, 12_345, 99_999, ("12,345", "99,999"));
        check(INSTRUCTIONS, 99_999, 100_000, ("99,999", "100,000"));
        check(INSTRUCTIONS, 123_456, 234_567, ("123.5k", "234.6k"));
        check(INSTRUCTIONS, 900_000, 1_234_567, ("0.900M", "1.235M"));
        check(INSTRUCTIONS, 999_999, 1, ("999,999", "1"));
        check(INSTRUCTIONS, 12_345_678_901, 12_445_678_901, ("12.35G", "12.45G"));
        check(INSTRUCTIONS, u64::MAX, u64::MAX, ("18446.7P", "18446.7P"));
        check(Bytes, 4_096, 8_192, ("4,096 B", "8,192 B"));
        check(Bytes, 409_600, 419_840, ("400.0 KiB", "410.0 KiB"));
        check(Bytes, 3_407_872, 3_670_016, ("3.250 MiB", "3.500 MiB"));
    }

    #[test]
    fn amounts_that_differ_never_print_equal() {
        check(Unit::INSTRUCTIONS, 1_234_567, 1_234_890, ("1.2346M", "1.2349M"));
        check(Unit::INSTRUCTIONS, 1_234_567, 1_234_568, ("1,234,567", "1,234,568"));
        check(Unit::Bytes, 10_485_760, 10_485_761, ("10,485,760 B", "10,485,761 B"));
        check(Unit::INSTRUCTIONS, 3, 1_234_567_890, ("3", "1,234,567,890"));
        check(Unit::INSTRUCTIONS, u64::MAX - 1, u64::MAX, ("18,446,744,073,709,551,614", "18,446,744,073,709,551,615"));
    }

    #[test]
    fn a_time_shows_its_interval() {
        let show =
            |before: f64, after: f64| pair(Unit::Nanoseconds, Some(&sampled(before, 5.0)), Some(&sampled(after, 20.0)));
        assert_eq!(show(900.0, 1_240.0), ("0.900 ±0.005 µs".into(), "1.240 ±0.020 µs".into()));
        assert_eq!(show(123.4, 120.0), ("123.4 ±5.0 ns".into(), "120.0 ±20.0 ns".into()));
        assert_eq!(show(2.5e9, 2.5e9), ("2.500 ±0.000 s".into(), "2.500 ±0.000 s".into()));
        assert_eq!(one(Unit::Nanoseconds, &sampled(1e300, 0.0)), "1.000e291 ±0.0 s");
    }

    #[test]
    fn a_change_says_what_is_known_and_no_more() {
        let both = |delta: Option<f64>, certainty: Certainty| {
            let (before, after) = (Evidence::exact(1), Evidence::exact(1));
            super::delta(&Change::Both { before, after, delta: delta.and_then(Ratio::new), certainty })
        };
        assert_eq!(both(Some(0.0152), Certainty::Real), "+1.52%");
        assert_eq!(both(Some(-0.0031), Certainty::Real), "-0.31%");
        assert_eq!(both(Some(0.00004), Certainty::Real), "+<0.01%");
        assert_eq!(both(Some(-0.00004), Certainty::Real), "-<0.01%");
        assert_eq!(both(Some(-0.0), Certainty::Noise), "0.00%");
        assert_eq!(both(Some(0.01), Certainty::Noise), "~");
        assert_eq!(both(Some(0.5), Certainty::Unknown), "~");
        assert_eq!(both(None, Certainty::Real), "n/a");
        assert_eq!(both(Some(f64::MAX), Certainty::Real), "+>99,999%");
        assert_eq!(super::delta(&Change::Added { after: Evidence::exact(1) }), "new");
        assert_eq!(super::delta(&Change::Removed { before: Evidence::exact(1) }), "gone");
        let failure = Failure { code: Code::BuildFailed, why: String::new(), hint: None };
        assert_eq!(super::delta(&Change::Failed { before: None, failure }), "?");
    }

    #[test]
    fn an_estimate_has_two_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (0.000_94, "<0.001"),
            (0.000_999, "0.0010"),
            (0.0123, "0.012"),
            (0.5, "0.50"),
            (0.999, "1.0"),
            (-3.12, "3.1"),
            (42.4, "42"),
            (423.0, "420"),
            (999.0, "1.0k"),
            (1_299.0, "1.3k"),
            (65_500.0, "66k"),
            (2.5e9, "2.5G"),
            (9.99e17, "1.0e18"),
            (f64::MAX, "1.8e308"),
        ] {
            assert_eq!(rough(value), expected);
        }
    }

    proptest! {
        #[test]
        fn different_counts_are_seen_to_differ(before: u64, step in 1_u64..1_000_000, shift in 0_u32..64) {
            let before = before >> shift;
            let (before, after) = (Evidence::exact(before), Evidence::exact(before.saturating_sub(step)));
            prop_assume!(before != after);
            for unit in [Unit::INSTRUCTIONS, Unit::Bytes] {
                let (before, after) = pair(unit, Some(&before), Some(&after));
                prop_assert_ne!(before, after);
            }
        }

        #[test]
        fn any_ratio_prints_short_and_never_as_minus_zero(value in proptest::num::f64::ANY) {
            if let Some(ratio) = Ratio::new(value) {
                let text = percent(ratio);
                prop_assert!(text.len() <= 10 && text != "-0.00%" && !text.contains("inf"), "{}", text);
            }
        }

        #[test]
        fn any_time_prints_short(estimate in 0.0_f64..1e308, margin in 0.0_f64..1e307) {
            prop_assert!(one(Unit::Nanoseconds, &sampled(estimate, margin)).len() < 48);
        }
    }
}
