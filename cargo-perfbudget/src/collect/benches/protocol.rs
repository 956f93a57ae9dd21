//! Criterion's own inventory: which benchmarks a target has, by their three names. Pure.
//!
//! A criterion benchmark that finds the variable `CARGO_CRITERION_PORT` tells the listener there what it does, in CBOR.
//! With a filter that matches nothing it names every benchmark, as skipped, and runs none. Criterion 0.3.3 to 0.8 speak it.

use ciborium::Value;

/// Tells the benchmark where to connect.
pub const PORT_VARIABLE: &str = "CARGO_CRITERION_PORT";
/// The listener's greeting: the name that the benchmark insists on, and a version.
pub const GREETING: &[u8] = b"cargo-criterion\x01\x01\x00";
/// The benchmark's greeting: `Criterion`, its version in 3 bytes, protocol and format in 2 bytes each.
pub const HELLO_BYTES: usize = 16;

/// The version of criterion that a greeting tells, as `0.8.2`.
#[must_use]
pub fn version(hello: &[u8]) -> Option<(u8, u8, u8)> {
    match hello.strip_prefix(b"Criterion")? {
        [major, minor, patch, ..] => Some((*major, *minor, *patch)),
        _ => None,
    }
}

/// What a benchmark is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Its group.
    pub group: String,
    /// Its function, where there is one.
    pub function: Option<String>,
    /// Its input, where there is one.
    pub value: Option<String>,
}

impl Name {
    /// The full name, as criterion's filters see it.
    #[must_use]
    pub fn full(&self) -> String {
        [Some(&self.group), self.function.as_ref(), self.value.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// The benchmark that a message names as begun or skipped; `None` for other messages.
#[must_use]
pub fn named(message: &[u8]) -> Option<Name> {
    let (kind, content) = variant(message)?;
    if kind != "SkippingBenchmark" && kind != "BeginningBenchmark" {
        return None;
    }
    let id = field(&content, "id")?;
    let text = |name| field(id, name).and_then(Value::as_text).map(str::to_owned);
    Some(Name { group: text("group_id")?, function: text("function_id"), value: text("value_str") })
}

/// Our answer to a message: the end of a group waits for leave to go on, everything else is a statement.
#[must_use]
pub fn answer(message: &[u8]) -> Option<Vec<u8>> {
    let (kind, _) = variant(message)?;
    // The text `Continue` in CBOR: a text of 8 bytes.
    matches!(kind.as_str(), "FinishedBenchmarkGroup" | "MeasurementComplete").then(|| b"hContinue".to_vec())
}

/// An enum variant with content is a map of one entry.
fn variant(message: &[u8]) -> Option<(String, Value)> {
    // Names are not nested; the limit keeps a hostile message from exhausting the stack.
    let value: Value = ciborium::de::from_reader_with_recursion_limit(message, 16).ok()?;
    let [(kind, content)] = <[(Value, Value); 1]>::try_from(value.into_map().ok()?).ok()?;
    Some((kind.into_text().ok()?, content))
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// The benchmarks that `--list` prints, for criterion before 0.3.3. Their parts cannot be told apart.
#[must_use]
pub fn listed(output: &str) -> Vec<Name> {
    let mut names = Vec::new();
    let mut open = String::new();
    for line in output.lines() {
        // A name may hold line breaks; only the last of its lines ends so.
        match line.strip_suffix(": benchmark").or_else(|| line.strip_suffix(": bench")) {
            Some(end) => {
                names.push(Name { group: format!("{}{end}", std::mem::take(&mut open)), function: None, value: None });
            }
            None if line.is_empty() => {}
            None => open.push_str(&format!("{line}\n")),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SKIPPING: &[u8] =
        b"\xa1qSkippingBenchmark\xa1bid\xa4hgroup_iddsortkfunction_idgbatchedivalue_strc100jthroughput\x80";
    const LONE: &[u8] =
        b"\xa1qSkippingBenchmark\xa1bid\xa4hgroup_idefib15kfunction_id\xf6ivalue_str\xf6jthroughput\x80";
    const FINISHED: &[u8] = b"\xa1vFinishedBenchmarkGroup\xa1egroupefib15";

    #[test]
    fn a_recorded_message_names_a_benchmark_by_its_parts() {
        let name = named(SKIPPING).unwrap();
        assert_eq!(
            (name.group.as_str(), name.function.as_deref(), name.value.as_deref()),
            ("sort", Some("batched"), Some("100"))
        );
        assert_eq!(name.full(), "sort/batched/100");
        assert_eq!(named(LONE).unwrap().full(), "fib15");
        assert_eq!(named(FINISHED), None);
    }

    #[test]
    fn the_end_of_a_group_is_answered_and_nothing_else() {
        assert_eq!(answer(FINISHED).as_deref(), Some(&b"hContinue"[..]));
        assert_eq!(answer(SKIPPING), None);
    }

    #[test]
    fn the_greeting_tells_the_version() {
        assert_eq!(version(b"Criterion\x00\x08\x02\x00\x01\x00\x01"), Some((0, 8, 2)));
        assert_eq!(version(b"Criterium\x00\x08\x02\x00\x01\x00\x01"), None);
        assert_eq!(version(b""), None);
    }

    #[test]
    fn listed_names_may_hold_line_breaks() {
        let names: Vec<String> = listed("fib: bench\n\na\nb: benchmark\n").iter().map(Name::full).collect();
        assert_eq!(names, ["fib", "a\nb"]);
    }

    proptest! {
        #[test]
        fn broken_messages_are_no_panic(cut in 0usize..80, at in 0usize..80, byte: u8) {
            let mut message = SKIPPING[..cut.min(SKIPPING.len())].to_vec();
            if let Some(place) = message.get_mut(at) { *place = byte; }
            let _ = (named(&message), answer(&message));
        }
    }
}
