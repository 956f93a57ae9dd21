//! Memcheck's report: an XML file → how many bytes nothing points to any more, and which functions asked for them. Pure.
//!
//! Valgrind writes each element that is read here on a line of its own, in all versions of its protocol.

use super::sites::{Sites, lost_site};

/// The versions of valgrind's protocol that are read: 4 up to valgrind 3.20, 5 and 6 since.
const PROTOCOLS: std::ops::RangeInclusive<u32> = 4..=6;

/// Reads the report of one process: bytes that are definitely and indirectly lost, by where they were asked for. The error
/// says what is wrong with it.
pub(super) fn parse(text: &str, crates: &[String]) -> Result<Sites, String> {
    let mut sites = Sites::new();
    let mut protocol = None;
    let mut error = None;
    let mut is_whole = false;
    for line in text.lines().map(str::trim) {
        if let Some(version) = value(line, "protocolversion") {
            protocol = version.parse::<u32>().ok();
        } else if line == "<error>" {
            error = Some(Record::default());
        } else if line == "</valgrindoutput>" {
            is_whole = true;
        } else if let Some(record) = &mut error {
            if let Some(kind) = value(line, "kind") {
                record.is_lost = kind == "Leak_DefinitelyLost";
            } else if let Some(bytes) = value(line, "leakedbytes") {
                record.bytes = bytes.parse().map_err(|_| format!("`{bytes}` is no number of bytes"))?;
            } else if let Some(function) = value(line, "fn") {
                record.stack.push(unescaped(function));
            } else if line == "</error>" {
                if record.is_lost {
                    let frames: Vec<&str> = record.stack.iter().map(String::as_str).collect();
                    let own = sites.entry(lost_site(&frames, crates)).or_default();
                    // What is lost with a block that nothing points to is counted with that block.
                    *own = own.checked_add(record.bytes).ok_or("its numbers overflow")?;
                }
                error = None;
            }
        }
    }
    if !protocol.is_some_and(|version| PROTOCOLS.contains(&version)) {
        return Err("it is not in a version of valgrind's protocol that is known".to_owned());
    }
    if !is_whole {
        return Err("it has no end, so it was cut short".to_owned());
    }
    sites.values().try_fold(0_u64, |sum, bytes| sum.checked_add(*bytes)).ok_or("its numbers overflow")?;
    Ok(sites)
}

/// An error that memcheck has found.
#[derive(Default)]
struct Record {
    is_lost: bool,
    bytes: u64,
    stack: Vec<String>,
}

/// `<name>value</name>` → the value.
fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix('<')?
        .strip_prefix(name)?
        .strip_prefix('>')?
        .strip_suffix('>')?
        .strip_suffix(name)?
        .strip_suffix("</")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}
