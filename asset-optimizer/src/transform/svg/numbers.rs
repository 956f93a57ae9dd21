//! Path data in fewer letters: the same commands, and the same numbers as decimal fractions, digit by digit.

/// A piece of path data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece<'a> {
    /// A command.
    Command(char),
    /// A number, as it was written.
    Number(&'a str),
}

/// The pieces of path data; `None` where it is none, or has an exponent. Flags of arcs are numbers of one digit.
pub(super) fn pieces(data: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = data.trim_start();
    let (mut command, mut count) = (' ', 0);
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphabetic() {
            if !"MmLlHhVvCcSsQqTtAaZz".contains(first) {
                return None;
            }
            (command, count) = (first, 0);
            pieces.push(Piece::Command(first));
            rest = &rest[1..];
        } else {
            let is_flag = matches!(command, 'A' | 'a') && matches!(count % 7, 3 | 4);
            let length = if is_flag { usize::from(matches!(first, '0' | '1')) } else { number_length(rest) };
            if length == 0 || command == ' ' {
                return None;
            }
            count += 1;
            pieces.push(Piece::Number(&rest[..length]));
            rest = &rest[length..];
        }
        // One comma at most, and only between numbers; what is odd is left alone.
        let blanks = rest.trim_start();
        rest = match blanks.strip_prefix(',') {
            Some(after) if matches!(pieces.last(), Some(Piece::Number(_))) => {
                let after = after.trim_start();
                if !after.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')) {
                    return None;
                }
                after
            }
            Some(_) => return None,
            None => blanks,
        };
    }
    Some(pieces)
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let digits = |at: usize| bytes[at.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(at);
    at += whole;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        at += 1 + fraction;
    }
    if whole + fraction == 0 || matches!(bytes.get(at), Some(b'e' | b'E')) { 0 } else { at }
}

/// A number without the zeros, the plus and the point that it does not need.
pub(super) fn short(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    match (whole, fraction) {
        ("", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    }
}

/// Path data in fewer letters; `None` where it is not understood.
pub(super) fn path(data: &str) -> Option<String> {
    let mut made = String::with_capacity(data.len());
    let mut last: Option<String> = None;
    let (mut command, mut count) = (' ', 0);
    for piece in pieces(data)? {
        match piece {
            Piece::Command(letter) => {
                (command, count) = (letter, 0);
                made.push(letter);
                last = None;
            }
            Piece::Number(number) => {
                let is_flag = matches!(command, 'A' | 'a') && matches!(count % 7, 3 | 4);
                let number = if is_flag { number.to_owned() } else { short(number) };
                // Nothing is needed before a sign, nor before a second point. Flags are left apart: old readers need it.
                let apart = last
                    .as_ref()
                    .is_some_and(|last| !(number.starts_with('-') || number.starts_with('.') && last.contains('.')));
                if apart || last.is_some() && is_flag && !made.ends_with(' ') {
                    made.push(' ');
                }
                made.push_str(&number);
                count += 1;
                last = Some(number);
            }
        }
    }
    (made.len() < data.len()).then_some(made)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_lose_what_they_do_not_need() {
        for (from, to) in [("0.50", ".5"), ("-0.0", "0"), ("+1.", "1"), ("010", "10"), ("100", "100"), ("-00.5", "-.5")]
        {
            assert_eq!(short(from), to, "{from}");
        }
    }

    #[test]
    fn paths_lose_what_they_do_not_need() {
        for (from, to) in [
            ("M 0.5 , 0.5 L 1 -1", Some("M.5.5L1-1")),
            ("M0 0A1 1 0 01 10 10", Some("M0 0A1 1 0 0 1 10 10")),
            ("M1e3 0", None),
            ("M 1,, 2", None),
            ("m0 0x", None),
            ("1 2", None),
        ] {
            let made = path(from);
            match to {
                Some(to) if to.len() < from.len() => assert_eq!(made.as_deref(), Some(to), "{from}"),
                _ => assert_eq!(made, None, "{from}"),
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_made_holds_the_same_numbers(data in "M[0-9]{1,2} [0-9][MLAaz0-9 .,+-]{0,40}") {
            if let (Some(before), Some(made)) = (pieces(&data), path(&data)) {
                let after = pieces(&made).unwrap();
                prop_assert_eq!(before.len(), after.len());
                for pair in before.iter().zip(&after) {
                    match pair {
                        (Piece::Number(one), Piece::Number(other)) => prop_assert_eq!(short(one), short(other)),
                        (one, other) => prop_assert_eq!(one, other),
                    }
                }
            }
        }
    }
}
