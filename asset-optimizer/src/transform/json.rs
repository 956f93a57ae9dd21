//! JSON without blanks: every string, number and key stays the text that it was, in its order.

use super::Candidate;

/// JSON without the blanks between its tokens.
pub(super) fn minified(bytes: &[u8]) -> Result<Candidate, String> {
    let before: serde_json::Value = serde_json::from_slice(bytes).map_err(|why| format!("it is not JSON: {why}"))?;
    let minified = without_blanks(bytes);
    let after: serde_json::Value =
        serde_json::from_slice(&minified).map_err(|why| format!("the result is not JSON: {why}"))?;
    if before != after || without_blanks(&minified) != minified {
        return Err("the result holds something else".into());
    }
    Ok(Candidate {
        engine: "json",
        bytes: minified,
        map: None,
        proof: "parses to the same value, token by token".into(),
    })
}

fn without_blanks(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut in_string, mut escaped) = (false, false);
    for &byte in bytes {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            kept.push(byte);
        } else if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            in_string = byte == b'"';
            kept.push(byte);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_blanks_go() {
        let check = |from: &str, to: Result<&str, &str>| {
            let made = minified(from.as_bytes());
            match to {
                Ok(to) => assert_eq!(String::from_utf8(made.unwrap().bytes).unwrap(), to),
                Err(why) => assert!(made.as_ref().unwrap_err().contains(why), "{made:?}"),
            }
        };
        check("{ \"a b\" : [ 1.0 , 1e400, -0 , \"\\\" \\\\\" ] }\n", Err("it is not JSON"));
        check("{ \"a b\" : [ 1.0 , -0 , \"\\\" \\\\\" ] }\n", Ok("{\"a b\":[1.0,-0,\"\\\" \\\\\"]}"));
        check("{\"b\": 1, \"a\": 2, \"b\": 3}", Ok("{\"b\":1,\"a\":2,\"b\":3}"));
        check("{\"a\": 123456789012345678901234567890}", Ok("{\"a\":123456789012345678901234567890}"));
        check("{// comment\n}", Err("it is not JSON"));
        check("", Err("it is not JSON"));
        check(&"[".repeat(100_000), Err("it is not JSON"));
    }

    proptest! {
        #[test]
        fn twice_changes_nothing_and_nothing_grows(text in "[\\[\\]{}\",: \\\\ta-c0-9.\n]{0,60}") {
            if let Ok(made) = minified(text.as_bytes()) {
                prop_assert!(made.bytes.len() <= text.len());
                prop_assert_eq!(&minified(&made.bytes).unwrap().bytes, &made.bytes);
            }
        }
    }
}
