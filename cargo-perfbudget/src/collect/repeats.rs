//! Repeats of an exact value: when another one is needed, and what they come to. Pure.

use crate::model::{Evidence, NOISE_WIDENING, Quantity, Ratio};

/// Repeats when the first ones differ; the median of an odd number is one of them.
pub const REPEATS_OF_SEEDED: usize = 5;

/// What a value is expected to be: where it is, one repeat is enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The recorded value.
    pub value: u64,
    /// Its recorded noise.
    pub noise: Ratio,
}

/// Whether another repeat is needed to know a value that so many equal ones are enough for.
#[must_use]
pub fn wants_more(values: &[u64], expected: Option<&Expected>, enough: usize) -> bool {
    let as_expected = |value: u64| {
        expected.is_some_and(|expected| {
            value.abs_diff(expected.value) as f64 <= NOISE_WIDENING * expected.noise.get() * expected.value as f64
        })
    };
    match values {
        [] => true,
        [value] => !as_expected(*value) && enough > 1,
        [first, rest @ ..] if rest.iter().all(|value| value == first) => values.len() < enough,
        _ => values.len() < REPEATS_OF_SEEDED,
    }
}

/// The median and the spread of repeats; `None` for none. Where there was one repeat because it was as expected, the noise
/// is the one that was known.
#[must_use]
pub fn evidence(mut values: Vec<u64>, known: Ratio) -> Option<Evidence> {
    values.sort_unstable();
    let (smallest, largest) = (*values.first()?, *values.last()?);
    let value = values[values.len() / 2];
    let spread = Ratio::of_change(
        Quantity::count(value),
        Quantity::count(value.saturating_add(largest.saturating_sub(smallest))),
    );
    let noise = if values.len() == 1 { known } else { coarse(spread.unwrap_or(Ratio::ZERO)) };
    Some(Evidence::Exact { value, repeats: values.len() as u32, noise })
}

/// The same to two digits, never less: the spread of a few repeats knows no more of the noise.
fn coarse(noise: Ratio) -> Ratio {
    let digits = format!("{:.1e}", noise.get());
    let Some((mantissa, exponent)) = digits.split_once('e') else { return noise };
    let (Ok(tenths), Ok(exponent)) = (mantissa.replace('.', "").parse::<u32>(), exponent.parse::<i32>()) else {
        return noise;
    };
    // Through text, so that what is written is the shortest number again.
    let of = |tenths: u32| format!("{tenths}e{}", exponent - 1).parse().ok().and_then(Ratio::new);
    of(tenths).filter(|rounded| *rounded >= noise).or_else(|| of(tenths + 1)).unwrap_or(noise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noise_has_two_digits_and_is_never_less_than_the_spread() {
        let check = |values: &[u64], expected: &str| {
            let noise = evidence(values.to_vec(), Ratio::ZERO).map(|evidence| evidence.noise().get());
            assert_eq!(noise.map(|noise| format!("{noise:?}")).as_deref(), Some(expected), "{values:?}");
        };
        check(&[5, 5], "0.0");
        check(&[1_000_000, 1_000_000, 1_001_234], "0.0013");
        check(&[8, 8, 9], "0.13");
        check(&[78_127_174, 78_127_174, 78_127_174 + 863], "1.2e-5");
        check(&[1, 100, 200], "2.0");
    }
}
