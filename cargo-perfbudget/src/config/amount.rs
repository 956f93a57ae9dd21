//! Amounts as people write them (`2.5k`, `10 MiB`, `1%`, `120 s`), read exactly or not at all.

use std::fmt;
use std::time::Duration;

use crate::model::unit::SHARE_OF_WHOLE;
use crate::model::{Quantity, Ratio, Unit};

/// The largest amount, in base units: above it an `f64` no longer holds every integer.
pub const MAX_AMOUNT: u64 = 1 << 53;

/// Every suffix: as written, what it counts, and how many base units it stands for.
const SUFFIXES: &[(&str, Unit, u64)] = &[
    ("k", Unit::INSTRUCTIONS, 1_000),
    ("M", Unit::INSTRUCTIONS, 1_000_000),
    ("G", Unit::INSTRUCTIONS, 1_000_000_000),
    ("B", Unit::Bytes, 1),
    ("kB", Unit::Bytes, 1_000),
    ("MB", Unit::Bytes, 1_000_000),
    ("GB", Unit::Bytes, 1_000_000_000),
    ("KiB", Unit::Bytes, 1 << 10),
    ("MiB", Unit::Bytes, 1 << 20),
    ("GiB", Unit::Bytes, 1 << 30),
    ("ns", Unit::Nanoseconds, 1),
    ("us", Unit::Nanoseconds, 1_000),
    ("\u{b5}s", Unit::Nanoseconds, 1_000),
    ("\u{3bc}s", Unit::Nanoseconds, 1_000),
    ("ms", Unit::Nanoseconds, 1_000_000),
    ("s", Unit::Nanoseconds, 1_000_000_000),
    ("min", Unit::Nanoseconds, 60_000_000_000),
    ("h", Unit::Nanoseconds, 3_600_000_000_000),
];

/// Why a text is not an amount. Displayed as what follows the amount's name: "`floor` *is negative*".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AmountError {
    /// It does not start with digits, or has a point without digits around it.
    NotANumber {
        /// What it should look like.
        example: &'static str,
    },
    /// It starts with a minus.
    Negative,
    /// It is above [`MAX_AMOUNT`].
    TooLarge,
    /// It has decimals that its unit does not make whole.
    NotWhole(Unit),
    /// It has no unit where a bare number could mean several things.
    UnitMissing(Unit),
    /// It has a unit that nobody knows.
    UnitUnknown {
        /// The unit as written.
        written: String,
        /// What it should count.
        wanted: Unit,
    },
    /// It has a unit of something else.
    UnitForeign {
        /// The unit as written.
        written: String,
        /// What that unit counts.
        counts: Unit,
        /// What it should count.
        wanted: Unit,
    },
    /// It is a ratio without its percent sign.
    PercentMissing,
    /// It has none of the few suffixes that it may have.
    SuffixUnknown {
        /// The suffix as written; empty where there is none.
        written: String,
        /// What it may be, in words.
        known: &'static str,
    },
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AmountError::NotANumber { example } => write!(f, "is not a number such as \"{example}\""),
            AmountError::Negative => f.write_str("is negative"),
            AmountError::TooLarge => f.write_str("is above 2^53"),
            AmountError::NotWhole(unit) => write!(f, "does not come to a whole number of {}", unit.word()),
            AmountError::UnitMissing(_) => f.write_str("has no unit"),
            AmountError::UnitUnknown { written, .. } => write!(f, "has the unknown unit `{written}`"),
            AmountError::UnitForeign { written, counts, wanted } => {
                write!(f, "is in `{written}`, which counts {}, not {}", counts.word(), wanted.word())
            }
            AmountError::PercentMissing => f.write_str("has no percent sign"),
            AmountError::SuffixUnknown { written, .. } if written.is_empty() => f.write_str("has no unit"),
            AmountError::SuffixUnknown { written, .. } => write!(f, "has the unknown unit `{written}`"),
        }
    }
}

impl std::error::Error for AmountError {}

impl AmountError {
    /// The way out, when known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            AmountError::UnitMissing(unit) => Some(units(*unit).to_owned()),
            AmountError::UnitUnknown { written, wanted } | AmountError::UnitForeign { written, wanted, .. } => {
                Some(match (wanted, written.to_ascii_lowercase().chars().next()) {
                    (Unit::Bytes, Some('k')) => "write `kB` for 1000 bytes or `KiB` for 1024 bytes".to_owned(),
                    (Unit::Bytes, Some('m')) => "write `MB` for 1000 kB or `MiB` for 1024 KiB".to_owned(),
                    (Unit::Bytes, Some('g')) => "write `GB` for 1000 MB or `GiB` for 1024 MiB".to_owned(),
                    _ => units(*wanted).to_owned(),
                })
            }
            AmountError::PercentMissing => Some("write `1%` for a hundredth".to_owned()),
            AmountError::SuffixUnknown { known, .. } => Some((*known).to_owned()),
            _ => None,
        }
    }
}

/// The units of one kind, in words.
fn units(unit: Unit) -> &'static str {
    match unit {
        Unit::Count("instructions") => "write a plain number of instructions, or one with `k`, `M` or `G`",
        Unit::Count(_) => "write a plain number, or one with `k`, `M` or `G`",
        Unit::Bytes => "units are `B`, `kB`, `MB`, `GB` (powers of 1000) and `KiB`, `MiB`, `GiB` (powers of 1024)",
        Unit::Nanoseconds => "units are `ns`, `us`, `ms`, `s`, `min` and `h`",
        Unit::Share => "write a percentage such as \"95%\"",
    }
}

/// An amount of that unit, as one might write it.
pub(super) fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Count(_) => "2.5k",
        Unit::Bytes => "10 kB",
        Unit::Nanoseconds => "120 s",
        Unit::Share => "95%",
    }
}

/// Reads an amount of `unit` with its suffix: `2.5k`, `10 MiB`, `120 s`. Counts need none.
pub fn parse_amount(text: &str, unit: Unit) -> Result<Quantity, AmountError> {
    count_base_units(text, unit).map(Quantity::count)
}

/// Takes an integer that counts base units already.
pub fn amount_of_integer(value: i64) -> Result<Quantity, AmountError> {
    let value = u64::try_from(value).map_err(|_| AmountError::Negative)?;
    if value > MAX_AMOUNT { Err(AmountError::TooLarge) } else { Ok(Quantity::count(value)) }
}

/// Reads a percentage with its sign, `1%` or `0.5 %`, as the fraction that it is.
pub fn parse_ratio(text: &str) -> Result<Ratio, AmountError> {
    let number = Number::split(text, "1%")?;
    match number.suffix {
        "%" => {}
        "" => return Err(AmountError::PercentMissing),
        _ => return Err(AmountError::NotANumber { example: "1%" }),
    }
    let percent = number.value().filter(|percent| *percent <= MAX_AMOUNT as f64).ok_or(AmountError::TooLarge)?;
    Ratio::new(percent / 100.0).ok_or(AmountError::TooLarge)
}

/// The few suffixes that a number may have, each with its factor; an empty one where it may have none.
#[derive(Debug, Clone, Copy)]
pub struct Suffixes {
    /// Each suffix as written, and its factor.
    pub factors: &'static [(&'static str, f64)],
    /// All of them in words.
    pub known: &'static str,
    /// A number with one of them.
    pub example: &'static str,
}

/// Reads a number with one of a few suffixes, `3 GHz` or `2.5G`, as the nearest `f64`.
pub fn parse_suffixed(text: &str, suffixes: Suffixes) -> Result<f64, AmountError> {
    let number = Number::split(text, suffixes.example)?;
    let Some((_, factor)) = suffixes.factors.iter().find(|(suffix, _)| *suffix == number.suffix) else {
        let written = super::shown(number.suffix);
        return Err(AmountError::SuffixUnknown { written, known: suffixes.known });
    };
    let value = number.value().ok_or(AmountError::TooLarge)? * factor;
    if value.is_finite() { Ok(value) } else { Err(AmountError::TooLarge) }
}

/// Reads a duration with its unit: `120 s`, `1.5 min`.
pub fn parse_duration(text: &str) -> Result<Duration, AmountError> {
    count_base_units(text, Unit::Nanoseconds).map(Duration::from_nanos)
}

fn count_base_units(text: &str, unit: Unit) -> Result<u64, AmountError> {
    let number = Number::split(text, example(unit))?;
    let factor = match number.suffix {
        "" if is_count(unit) => 1,
        "" => return Err(AmountError::UnitMissing(unit)),
        suffix => factor(suffix, unit)?,
    };
    number.times(factor, unit)
}

fn factor(suffix: &str, wanted: Unit) -> Result<u64, AmountError> {
    // `2.5k instructions` says with a word what the metric says already.
    let word = if is_count(wanted) { wanted.word() } else { Unit::INSTRUCTIONS.word() };
    let short = suffix.strip_suffix(word).map_or(suffix, str::trim_end);
    let is_wanted = |counts: Unit| counts == wanted || is_count(counts) && is_count(wanted);
    match SUFFIXES.iter().find(|(name, ..)| *name == short) {
        _ if short.is_empty() && is_count(wanted) => Ok(1),
        _ if wanted == Unit::Share && suffix == "%" => Ok(SHARE_OF_WHOLE / 100),
        Some((_, counts, factor)) if is_wanted(*counts) && (short == suffix || is_count(wanted)) => Ok(*factor),
        Some((_, counts, _)) if !is_wanted(*counts) && short == suffix => {
            Err(AmountError::UnitForeign { written: suffix.to_owned(), counts: *counts, wanted })
        }
        _ => Err(AmountError::UnitUnknown { written: super::shown(suffix), wanted }),
    }
}

fn is_count(unit: Unit) -> bool {
    matches!(unit, Unit::Count(_))
}

/// A decimal number and what stands behind it.
struct Number<'a> {
    whole: &'a str,
    decimals: &'a str,
    suffix: &'a str,
}

impl<'a> Number<'a> {
    fn split(text: &'a str, example: &'static str) -> Result<Number<'a>, AmountError> {
        let not_a_number = AmountError::NotANumber { example };
        let text = text.trim();
        let (sign, text) = text.strip_prefix('-').map_or((None, text), |rest| (Some('-'), rest));
        let end = text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '_')).unwrap_or(text.len());
        let (digits, suffix) = text.split_at(end);
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        match sign {
            _ if !is_digits(whole) || !is_digits(decimals) => Err(not_a_number),
            Some(_) => Err(AmountError::Negative),
            None => Ok(Number { whole, decimals: decimals.trim_end_matches(['0', '_']), suffix: suffix.trim_start() }),
        }
    }

    /// The number times `factor`, exactly.
    fn times(&self, factor: u64, unit: Unit) -> Result<u64, AmountError> {
        let whole = integer(self.whole).ok_or(AmountError::TooLarge)?;
        let places = self.decimals.bytes().filter(u8::is_ascii_digit).count();
        // More decimals than any sensible amount has; 10^18 also keeps the product below within 128 bits.
        if places > 18 {
            return Err(AmountError::NotWhole(unit));
        }
        let scale = 10_u128.pow(places as u32);
        let decimals = integer(self.decimals).unwrap_or(0);
        let product = decimals * u128::from(factor);
        let total = whole.saturating_mul(u128::from(factor)).saturating_add(product / scale);
        let exact = product.is_multiple_of(scale);
        match u64::try_from(total) {
            Ok(total) if total < MAX_AMOUNT || (total == MAX_AMOUNT && exact) => {
                if exact {
                    Ok(total)
                } else {
                    Err(AmountError::NotWhole(unit))
                }
            }
            _ => Err(AmountError::TooLarge),
        }
    }

    /// The number as the nearest `f64`.
    fn value(&self) -> Option<f64> {
        let text: String = format!("{}.{}", self.whole, self.decimals).replace('_', "");
        text.parse().ok().filter(|value: &f64| value.is_finite())
    }
}

/// Whether a text is digits, with single underscores between them.
fn is_digits(text: &str) -> bool {
    text.split('_').all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The value of digits and underscores; `None` above `u128::MAX`.
fn integer(digits: &str) -> Option<u128> {
    digits
        .bytes()
        .filter(u8::is_ascii_digit)
        .try_fold(0_u128, |value, digit| value.checked_mul(10)?.checked_add(u128::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said<T: fmt::Debug>(result: Result<T, AmountError>) -> String {
        match result {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.hint().map_or(error.to_string(), |hint| format!("{error} ({hint})")),
        }
    }

    fn check(text: &str, unit: Unit, expected: Result<u64, &str>) {
        let expected = expected.map_or_else(str::to_owned, |value| format!("{:?}", Quantity::count(value)));
        assert_eq!(said(parse_amount(text, unit)), expected, "{text:?}");
    }

    #[test]
    fn an_amount_is_read_exactly() {
        for (text, unit, expected) in [
            ("0", Unit::INSTRUCTIONS, 0),
            ("2500", Unit::INSTRUCTIONS, 2500),
            ("2.5k", Unit::INSTRUCTIONS, 2500),
            (" 2.50 M ", Unit::INSTRUCTIONS, 2_500_000),
            ("1G", Unit::INSTRUCTIONS, 1_000_000_000),
            ("1_000 instructions", Unit::INSTRUCTIONS, 1000),
            ("2.5k instructions", Unit::INSTRUCTIONS, 2500),
            ("0.3k", Unit::INSTRUCTIONS, 300),
            ("9007199254740992", Unit::INSTRUCTIONS, MAX_AMOUNT),
            ("0 B", Unit::Bytes, 0),
            ("10 MB", Unit::Bytes, 10_000_000),
            ("10 MiB", Unit::Bytes, 10_485_760),
            ("1.5KiB", Unit::Bytes, 1536),
            ("2 GB", Unit::Bytes, 2_000_000_000),
            ("1.5 µs", Unit::Nanoseconds, 1500),
            ("1.5 μs", Unit::Nanoseconds, 1500),
            ("2ms", Unit::Nanoseconds, 2_000_000),
        ] {
            check(text, unit, Ok(expected));
        }
    }

    #[test]
    fn what_is_no_amount_says_why() {
        let (count, bytes, time) = (Unit::INSTRUCTIONS, Unit::Bytes, Unit::Nanoseconds);
        let plain = "write a plain number of instructions, or one with `k`, `M` or `G`";
        for text in ["", "k", ".5", "5.", "1..2", "1__0", "_1", "+1", "nan", "inf", "-", "-inf", "٣", "1.2.3", "0x10"]
        {
            let error = parse_amount(text, count).map_err(|error| error.to_string());
            let known = ["is not a number such as \"2.5k\"", "has the unknown unit `x10`"];
            assert!(error.as_ref().is_err_and(|error| known.contains(&error.as_str())), "{text}: {error:?}");
        }
        check("-1", count, Err("is negative"));
        check("-0.5 kB", bytes, Err("is negative"));
        check("9007199254740993", count, Err("is above 2^53"));
        check("99999999999999999999999999999999999999999999G", count, Err("is above 2^53"));
        check("8388608.1 GiB", bytes, Err("is above 2^53"));
        check("0.5", count, Err("does not come to a whole number of instructions"));
        check("1.0001 kB", bytes, Err("does not come to a whole number of bytes"));
        check("0.0000000000000000001 GB", bytes, Err("does not come to a whole number of bytes"));
        check("10 k instruction", count, Err(&format!("has the unknown unit `k instruction` ({plain})")));
        check("10 kB", count, Err(&format!("is in `kB`, which counts bytes, not instructions ({plain})")));
        check("1e6", count, Err(&format!("has the unknown unit `e6` ({plain})")));
        for wrong in ["KB", "kb", "Kb", "kiB", "K"] {
            let hint = "write `kB` for 1000 bytes or `KiB` for 1024 bytes";
            check(&format!("10 {wrong}"), bytes, Err(&format!("has the unknown unit `{wrong}` ({hint})")));
        }
        check("1 MB instructions", count, Err(&format!("has the unknown unit `MB instructions` ({plain})")));
        check("1 B instructions", bytes, Err(&format!("has the unknown unit `B instructions` ({})", units(bytes))));
        check("1 M", time, Err(&format!("is in `M`, which counts instructions, not ns ({})", units(time))));
        check("10", bytes, Err(&format!("has no unit ({})", units(bytes))));
        check("1%", bytes, Err(&format!("has the unknown unit `%` ({})", units(bytes))));
    }

    #[test]
    fn a_ratio_needs_its_percent_sign() {
        assert_eq!(parse_ratio("1%"), Ok(Ratio::percent(1.0)));
        assert_eq!(parse_ratio(" 0.50 % "), Ok(Ratio::percent(0.5)));
        assert_eq!(parse_ratio("0%"), Ok(Ratio::ZERO));
        assert_eq!(said(parse_ratio("1")), "has no percent sign (write `1%` for a hundredth)");
        assert_eq!(said(parse_ratio("-1%")), "is negative");
        assert_eq!(said(parse_ratio("1 kB")), "is not a number such as \"1%\"");
        assert_eq!(said(parse_ratio("nan%")), "is not a number such as \"1%\"");
        assert_eq!(said(parse_ratio(&format!("{}%", "9".repeat(400)))), "is above 2^53");
    }

    #[test]
    fn a_duration_is_read_to_the_nanosecond() {
        assert_eq!(parse_duration("120 s"), Ok(Duration::from_secs(120)));
        assert_eq!(parse_duration("1.5min"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(said(parse_duration("120")), format!("has no unit ({})", units(Unit::Nanoseconds)));
        assert_eq!(said(parse_duration("99999 h")), "is above 2^53");
    }

    proptest! {
        #[test]
        fn whole_amounts_come_back(value in 0..=MAX_AMOUNT) {
            prop_assert_eq!(parse_amount(&value.to_string(), Unit::INSTRUCTIONS), Ok(Quantity::count(value)));
        }

        #[test]
        fn reading_an_amount_never_panics(text in "[-+0-9._]{0,40} ?[a-zA-Zµ%]{0,4}|.*") {
            for unit in [Unit::INSTRUCTIONS, Unit::Bytes, Unit::Nanoseconds] {
                let _ = parse_amount(&text, unit);
            }
            let _ = (parse_ratio(&text), parse_duration(&text));
        }
    }
}
