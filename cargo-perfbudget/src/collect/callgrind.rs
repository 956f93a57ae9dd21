//! Callgrind's profile format: one dump → what each function cost itself, what it asked allocators for, and what triggered
//! the dump.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use super::allocator::Requests;

/// The version of the way in which counts are made out of profiles. Counts of different versions are not compared.
pub const ADAPTER: &str = "criterion-callgrind 1";

/// One dump of a profile: the cost since the dump before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dump {
    /// The function that was about to be entered when the dump was made; `None` for the dump at the end.
    pub trigger: Option<String>,
    /// Instructions, all in all.
    pub total: u64,
    /// Instructions in each function itself, by the name of its symbol.
    pub functions: BTreeMap<String, u64>,
    /// Requests for memory.
    pub requests: Requests,
}

impl Dump {
    /// What was spent in this and the next one; its trigger is that one's.
    #[must_use]
    pub fn with(mut self, next: &Dump) -> Dump {
        self.total += next.total;
        for (name, cost) in &next.functions {
            *self.functions.entry(name.clone()).or_default() += cost;
        }
        Dump { trigger: next.trigger.clone(), requests: self.requests.with(&next.requests), ..self }
    }
}

/// Reads a dump. The error says what is wrong with it.
///
/// # Errors
/// Where the text is not a whole dump whose parts add up to its total.
pub fn parse(text: &str) -> Result<Dump, String> {
    let mut dump = Dump::default();
    let mut names: HashMap<u64, String> = HashMap::new();
    let mut function = String::new();
    let mut objects: HashMap<u64, String> = HashMap::new();
    let mut object = String::new();
    let mut inclusive_next = false;
    let mut callee = String::new();
    let mut positions = 1;
    let mut sum = 0_u64;
    let mut total = None;
    for (index, line) in text.lines().enumerate() {
        let wrong = |what: &str| format!("line {}: {what}", index + 1);
        if let Some(trigger) = line.strip_prefix("desc: Trigger: --dump-before=") {
            dump.trigger = Some(trigger.to_owned());
        } else if let Some(names) = line.strip_prefix("positions:") {
            positions = names.split_whitespace().count();
        } else if let Some(events) = line.strip_prefix("events:") {
            if events.split_whitespace().next() != Some("Ir") {
                return Err(wrong("the first event is not `Ir`"));
            }
        } else if let Some(count) = line.strip_prefix("totals:") {
            let count = count.split_whitespace().next().and_then(|count| count.parse().ok());
            total = Some(count.ok_or_else(|| wrong("the total is not a number"))?);
        } else if let Some(name) = line.strip_prefix("fn=") {
            function = resolve(name, &mut names).map(once).ok_or_else(|| wrong("a function has no name"))?;
            if function.starts_with("0x") && !object.is_empty() {
                // A function without a symbol is told apart by the file it is in.
                function = format!("{function} in {}", object.rsplit('/').next().unwrap_or_default());
            }
        } else if let Some(name) = line.strip_prefix("ob=") {
            object = resolve(name, &mut objects).ok_or_else(|| wrong("an object has no name"))?;
        } else if let Some(name) = line.strip_prefix("cob=") {
            resolve(name, &mut objects).ok_or_else(|| wrong("an object has no name"))?;
        } else if let Some(name) = line.strip_prefix("cfn=") {
            callee = resolve(name, &mut names).map(once).ok_or_else(|| wrong("a function has no name"))?;
        } else if let Some(calls) = line.strip_prefix("calls=") {
            let calls = calls.split_whitespace().next().and_then(|calls| calls.parse().ok());
            dump.requests.call(&function, &callee, calls.ok_or_else(|| wrong("calls are not a number"))?);
            inclusive_next = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost = line.split_whitespace().nth(positions).unwrap_or("0");
            let cost: u64 = cost.parse().map_err(|_| wrong("a cost is not a number"))?;
            // The line after `calls=` is what the callee cost, which is counted where it was spent.
            if !std::mem::take(&mut inclusive_next) {
                sum = sum.checked_add(cost).ok_or_else(|| wrong("the costs overflow"))?;
                if let Some(own) = dump.functions.get_mut(&function) {
                    *own += cost;
                } else {
                    dump.functions.insert(function.clone(), cost);
                }
            }
        }
    }
    dump.total = total.ok_or("it has no `totals:` line, so it was cut short")?;
    if dump.total != sum {
        return Err(format!("its parts add up to {sum}, not to its total of {}", dump.total));
    }
    Ok(dump)
}

/// `(12) name` defines, `(12)` refers, anything else is a name.
fn resolve(text: &str, names: &mut HashMap<u64, String>) -> Option<String> {
    let Some((id, name)) = text.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
        return Some(text.to_owned());
    };
    // `(below main)` is a name with parentheses.
    let Ok(id) = id.parse::<u64>() else { return Some(text.to_owned()) };
    match name.strip_prefix(' ') {
        Some(name) => {
            names.insert(id, name.to_owned());
            Some(name.to_owned())
        }
        None => names.get(&id).cloned(),
    }
}

/// The name without what callgrind adds where a function is called from within itself: `sort'2`.
fn once(mut name: String) -> String {
    if let Some((own, level)) = name.rsplit_once('\'')
        && !level.is_empty()
        && level.bytes().all(|byte| byte.is_ascii_digit())
    {
        name.truncate(own.len());
    }
    name
}

/// A function's name for people: demangled, without the hash and disambiguators that differ from build to build.
#[must_use]
pub fn readable(symbol: &str) -> String {
    // `.llvm.123` and `.cold` are suffixes of the compiler; `@@GLIBC_2.17` is the version of a library's symbol.
    let symbol = symbol.split("@@").next().unwrap_or(symbol);
    let symbol = &symbol[..symbol.find(".llvm.").unwrap_or(symbol.len())];
    let mut name = Bounded::default();
    match write!(name, "{:#}", rustc_demangle::demangle(symbol)) {
        Ok(()) => name.0,
        Err(_) => head(symbol, NAME_BYTES_AT_MOST).to_owned(),
    }
}

/// The beginning of a text, of at most so many bytes.
#[must_use]
pub fn head(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The longest name. Arbitrary: names of generic functions have a few kilobytes, and a hostile symbol of a few bytes may
/// stand for a name without end.
const NAME_BYTES_AT_MOST: usize = 64 << 10;

/// A text that takes no more than so many bytes.
#[derive(Default)]
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() + text.len() > NAME_BYTES_AT_MOST {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A function's name for comparing builds: readable, and without what a compiler adds to parts and copies of a function.
/// Closures lose their numbers, which change with each closure that is added before them.
#[must_use]
pub fn function_name(symbol: &str) -> String {
    const ADDED: [&str; 6] = ["cold", "constprop", "isra", "llvm", "lto_priv", "part"];
    let mut symbol = symbol;
    while let Some((before, last)) = symbol.rsplit_once('.') {
        let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        // A file's name, as in `libc.so.6`, is no suffix.
        if symbol.contains(" in ") || !is_number && !ADDED.contains(&last) {
            break;
        }
        symbol = before;
    }
    let mut name = readable(symbol).replace("{{closure}}", "{closure}");
    while let Some(at) = name.find("{closure#") {
        let digits = name[at + "{closure#".len()..].bytes().take_while(u8::is_ascii_digit).count();
        name.replace_range(at + "{closure".len()..at + "{closure#".len() + digits, "");
    }
    name
}

/// A profile in callgrind's own format, for viewers: the self cost of each function, by its name.
#[must_use]
pub fn write_profile(functions: &BTreeMap<String, u64>, title: &str) -> String {
    let total: u64 = functions.values().sum();
    let title: String = title.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let mut text = format!(
        "# callgrind format\nversion: 1\ncreator: cargo-perfbudget\ncmd: {title}\npositions: line\nevents: Ir\n\nfl=???\n"
    );
    for (symbol, cost) in functions {
        let symbol: String = symbol.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        text.push_str(&format!("fn={symbol}\n0 {cost}\n"));
    }
    text.push_str(&format!("totals: {total}\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DUMP: &str = include_str!("../../../fixtures/outputs/callgrind-3.19.0/iter_custom/segment.out");

    #[test]
    fn a_recorded_dump_adds_up() {
        let dump = parse(DUMP).unwrap();
        assert_eq!((dump.total, dump.trigger.as_deref()), (1844, Some("clock_gettime")));
        assert_eq!(dump.functions["clock_gettime"], 10);
        assert_eq!(dump.functions.values().sum::<u64>(), 1844);
    }

    #[test]
    fn a_dump_that_was_cut_short_is_refused() {
        for end in 0..DUMP.trim_end().len() - 4 {
            if DUMP.is_char_boundary(end) {
                assert!(parse(&DUMP[..end]).is_err(), "cut at {end}");
            }
        }
    }

    #[test]
    fn recorded_dumps_tell_the_requests_of_a_vec_that_grows_to_a_hundred_numbers() {
        macro_rules! requests {
            ($name:literal) => {
                parse(include_str!(concat!("../../../fixtures/outputs/", $name))).unwrap().requests
            };
        }
        let one = requests!("callgrind-3.19.0/requests/default-1.out");
        assert_eq!((one.count(), one.global, one.moved, one.below, one.marks), (6, 6, 5, 6, 1), "{one:?}");
        assert_eq!(requests!("callgrind-3.19.0/requests/default-2.out"), one.with(&one));
        assert_eq!(requests!("divan-0.1.21/push/sample.out"), one);
        // A global allocator without `realloc`, inlined: the system's is asked directly.
        let counting = requests!("callgrind-3.19.0/requests/counting-1.out");
        assert_eq!((counting.count(), counting.direct, counting.marks), (6, 6, 1), "{counting:?}");
        // One that hands out its own memory, inlined: only the compiler's mark is left.
        let bumping = requests!("callgrind-3.19.0/requests/bumping-1.out");
        assert_eq!((bumping.count(), bumping.marks), (0, 1), "{bumping:?}");
    }

    #[test]
    fn a_function_that_calls_itself_is_one_function() {
        let text = "events: Ir\nfn=(1) sort\n1 10\nfn=(2) sort'2\n1 5\ncfn=(2)\ncalls=3 1\n1 7\nfn=(3) it's'\n1 1\ntotals: 16\n";
        let functions = parse(text).map(|dump| dump.functions);
        assert_eq!(functions, Ok([("sort".to_owned(), 15), ("it's'".to_owned(), 1)].into()));
    }

    #[test]
    fn names_are_readable_and_stable() {
        let check = |symbol, name| assert_eq!(readable(symbol), name);
        check(
            "_ZN9criterion7bencher16Bencher$LT$M$GT$4iter17h54517a1521632232E",
            "criterion::bencher::Bencher<M>::iter",
        );
        check("_ZN3foo3bar17h54517a1521632232E.llvm.2664262885320117606", "foo::bar");
        check("_RNvMNtCsjrHSEGnQ3l9_3std4timeNtB2_7Instant3now", "<std::time::Instant>::now");
        check("clock_gettime@@GLIBC_2.17", "clock_gettime");
        check("(below main)", "(below main)");
    }

    #[test]
    fn copies_and_parts_of_a_function_have_its_name() {
        let check = |symbol, name| assert_eq!(function_name(symbol), name);
        check("_ZN3foo3bar17h54517a1521632232E.llvm.2664262885320117606", "foo::bar");
        check("_ZN3foo3bar17h54517a1521632232E.cold", "foo::bar");
        check("_ZN3foo3bar17h54517a1521632232E.constprop.0.isra.1.cold", "foo::bar");
        check("_ZN3foo3bar28_$u7b$$u7b$closure$u7d$$u7d$17h54517a1521632232E", "foo::bar::{closure}");
        check("_RNCNvCs4fqI2P2rA04_3foo3bars0_0B3_", "foo::bar::{closure}");
        check("_int_malloc", "_int_malloc");
        check("0x4a in libc.so.6", "0x4a in libc.so.6");
        check("a.b", "a.b");
    }

    #[test]
    fn a_written_profile_is_one() {
        let functions = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
        assert_eq!(parse(&write_profile(&functions, "x\ny")).unwrap().functions, functions);
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "(?s)(fn=|cfn=|calls=|totals:|positions:|events:| |\\(|\\)|[0-9]|\n|.){0,80}") {
            let _ = parse(&text);
        }
    }
}
