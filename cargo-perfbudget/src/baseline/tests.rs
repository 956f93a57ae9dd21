//! What holds for the room as a whole: everything comes back, nothing panics, and what is wrong is named with its line.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Broken, read, resolve, write};
use crate::model::RecordSet;
use crate::model::{
    Acceptance, Artifact, ArtifactKind, Baseline, Benchmark, Code, Custom, Date, Direction, Environment, Evidence,
    Family, Key, Kind, Metric, Quantity, Ratio, Record, Subject, Target, Unit,
};

const PATH: &str = "instructions-x86_64-unknown-linux-gnu-0f8f7b87/shop.cart.toml";

const FILE: &str = r#"# Recorded by `cargo perfbudget record`. Commit this file; edit it only with `record` and `accept`.
schema = 1
family = "instructions"
package = "shop"
target = "cart"

[environment]
libc = "glibc 2.36"
target = "x86_64-unknown-linux-gnu"

[state]
"flags of \"rustc\"" = "-C opt-level=3"
toolchain = "rustc 1.95.0 (59807616e 2026-04-14)"

[benchmark."\"a/b\"/c"]
instructions = 7

[benchmark."total/100"]
instructions = 12345
instructions-first = 15020

[benchmark."total/1000"]
instructions = 123456
noise.instructions = 0.0013
anchor.instructions = 120000
accepted.instructions = { from = 100000, reason = "checks stock now", expires = "2027-01-31" }
instructions-first = 130000
"#;

const ARTIFACTS: &str = r#"# Recorded by `cargo perfbudget record`. Commit this file; edit it only with `record` and `accept`.
schema = 1
family = "bytes"
package = ""

[environment]
target = "wasm32-unknown-unknown"

[state]

[artifact."file web/app.wasm"]
size = 4096
size-text = 1024
"#;

const TIMES: &str = r#"# Recorded by `cargo perfbudget record`. Commit this file; edit it only with `record` and `accept`.
schema = 1
family = "time"
package = "shop"
target = "cart"

[environment]

[state]

[benchmark.sort]
time = { estimate = 12.5, low = 1e-7, high = 13.0, samples = 100 }
anchor.time = 12
"#;

fn read_one(text: &[u8]) -> (Baseline, Vec<Broken>) {
    read(&BTreeMap::from([("a.toml".to_owned(), text.to_vec())]))
}

fn written(text: &str) -> BTreeMap<String, String> {
    let (baseline, broken) = read_one(text.as_bytes());
    assert_eq!(broken, []);
    write(&baseline)
}

#[test]
fn a_file_reads_and_writes_as_a_person_sees_it() {
    let check = |path: &str, text: &str| {
        let text = text.replace("[benchmark.sort]", "[benchmark.\"sort\"]");
        assert_eq!(written(&text), BTreeMap::from([(path.to_owned(), text.clone())]));
        assert!(toml_span::parse(&text).is_ok());
    };
    check(PATH, FILE);
    check("bytes-wasm32-unknown-unknown/files.toml", ARTIFACTS);
    check("time-any-e3b0c442/shop.cart.toml", TIMES);
}

#[test]
fn line_ends_byte_order_mark_and_order_do_not_matter() {
    let check = |text: &str| assert_eq!(written(text), BTreeMap::from([(PATH.to_owned(), FILE.to_owned())]));
    check(&FILE.replace('\n', "\r\n"));
    check(&format!("\u{feff}{FILE}"));
    check(
        &FILE.replace("family = \"instructions\"\npackage = \"shop\"", "package='shop'#x\n  family =\t'instructions'"),
    );
    let (head, tables) = FILE.split_at(FILE.find("[environment]").unwrap());
    let (environment, rest) = tables.split_at(tables.find("[benchmark.\"total/100\"]").unwrap());
    check(&format!("{head}{rest}{environment}"));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let check = |from: &str, to: &str, line: usize, message: &str| {
        assert!(FILE.contains(from), "{from}");
        let (baseline, broken) = read_one(FILE.replacen(from, to, 1).as_bytes());
        let found: Vec<_> = broken.iter().map(|broken| (broken.line, broken.message.as_str(), broken.code)).collect();
        assert_eq!(found, [(line, message, Code::BaselineUnreadable)], "{to}");
        assert!(baseline.sets.is_empty());
    };
    check(FILE, "", 1, "the file is empty");
    check(FILE, "\u{feff} \r\n", 1, "the file is empty");
    check(FILE, "# hi\n", 1, "`schema` is missing: it must be the first entry");
    check("schema = 1\n", "", 2, "`schema` is missing: it must be the first entry");
    check("schema = 1", "schema = 2", 2, "schema 2 was written by a newer version");
    check("schema = 1", "schema = 0", 2, "schema 0 does not exist");
    check("schema = 1", "schema = 1\nschema = 1", 3, "`schema`: written twice");
    check(
        "schema = 1",
        "schema = \"1\"",
        2,
        "`schema`: expected a whole number that is not negative, found the string `1`",
    );
    check("\"instructions\"", "\"time\"", 16, "`instructions`: no metric of the family `time`");
    check("\"instructions\"", "\"joy\"", 3, "`family`: `joy` is no family");
    check("package = \"shop\"\n", "", 6, "`package` is missing above the tables");
    check("target = \"cart\"\n", "", 14, "a benchmark needs a `target` above the tables");
    check("target = \"cart\"", "tarket = 1", 5, "`tarket`: unknown key");
    check("libc =", "libc.a =", 8, "`libc.a`: unknown key");
    check("libc =", "target =", 9, "`target`: written twice");
    check("\"glibc 2.36\"", "2.36", 8, "`libc`: expected a string, found `2.36`");
    check("[environment]", "[environ]", 7, "the table `environ` is unknown");
    check("[environment]", "[[environment]]", 7, "expected a table key, found a left bracket");
    check("[state]", "[environment]", 11, "the table `environment` is written twice");
    check("[state]\n", "", 26, "the table `state` is missing");
    check("total/1000", "total/100", 22, "the table `benchmark.total/100` is written twice");
    check("total/1000", "a/b/c/d", 22, "`a/b/c/d` is no name of a benchmark");
    check(
        "benchmark.\"total/100\"",
        "artifact.\"bin shop\"",
        18,
        "only benchmarks can be in the file of a bench target",
    );
    check("instructions = 7\n", "", 15, "`\"a/b\"/c` has no metric");
    check("= 7", "= -7", 16, "`instructions`: expected a whole number that is not negative, found `-7`");
    check("= 7", "= 7.0", 16, "`instructions`: expected a whole number that is not negative, found `7.0`");
    check("= 7", "= 07", 16, "`instructions`: expected a whole number that is not negative, found `07`");
    check("= 7", "= nan", 16, "`instructions`: expected a whole number that is not negative, found `nan`");
    check(
        "= 7",
        "= 18446744073709551616",
        16,
        "`instructions`: expected a whole number of at most 64 bits, found `18446744073709551616`",
    );
    check("= 7", "= {}", 16, "expected a table key, found a right brace");
    check("= 7", "= [7]", 16, "expected a value, found a left bracket");
    check("= 7", "=", 16, "expected a value, found a newline");
    check("= 7", "= 7 8", 16, "expected newline, found an identifier");
    check("= 7", "= 7\ninstructions = 7", 17, "`instructions`: written twice");
    check("= 7", "= 7\nsize = 7", 17, "`size`: no metric of the family `instructions`");
    check("= 7", "= 7\na.b.c = 7", 17, "expected an equals, found a period");
    check("= 7", "= 7\nanchor.instructions-first = 7", 17, "`instructions-first` itself has no value");
    check("0.0013", "nan", 24, "`noise.instructions`: expected a number that is not negative, found `nan`");
    check("0.0013", "1e999", 24, "`noise.instructions`: expected a number that is not negative, found `1e999`");
    check("0.0013", "-0.1", 24, "`noise.instructions`: expected a number that is not negative, found `-0.1`");
    check("noise.", "joy.", 24, "`joy.instructions`: unknown key");
    check("from = 100000, ", "", 26, "`accepted.instructions`: the field `from` is missing");
    check("from", "reason = \"\", from", 26, "`accepted.instructions`: the field `reason` is written twice");
    check("expires", "until", 26, "`accepted.instructions`: the field `until` is unknown");
    check("2027-01-31", "2027-02-31", 26, "`accepted.instructions`: `2027-02-31` is no day");
    check("stock now\"", "stock now", 26, "expected a right brace, found an identifier");
    check("stock now", "stock\nnow", 26, "a string must end on its line");
    check(
        "instructions-first = 130000\n",
        "instructions-first = 13",
        27,
        "the file is cut short: its last line does not end",
    );
}

#[test]
fn what_is_no_text_or_too_large_is_refused() {
    let check = |bytes: &[u8], line: usize, message: &str| {
        let (_, broken) = read_one(bytes);
        let found: Vec<_> = broken.iter().map(|broken| (broken.line, broken.message.as_str())).collect();
        assert_eq!(found, [(line, message)]);
    };
    check(b"schema = 1\n\xff\n", 2, "the text is not UTF-8");
    check(&b"#\n".repeat(9 << 20), 1, "the file is too large: more than 16 MiB");
}

#[test]
fn a_newer_schema_says_what_to_do_about_it() {
    let (_, broken) = read_one(b"schema = 2\n[[anything]]\n");
    assert_eq!(broken[0].hint.as_deref(), Some("update cargo-perfbudget"));
}

#[test]
fn a_conflict_is_called_one() {
    for marker in ["<<<<<<< HEAD", "||||||| 1a2b3c4", "=======", ">>>>>>> topic\r"] {
        let (_, broken) = read_one(FILE.replace("\n[state]", &format!("{marker}\n[state]")).as_bytes());
        let found: Vec<_> = broken.iter().map(|broken| (broken.line, broken.code, broken.hint.as_deref())).collect();
        assert_eq!(found, [(10, Code::BaselineConflict, Some("`cargo perfbudget record --resolve`"))]);
    }
}

#[test]
fn a_broken_file_does_not_take_others_with_it() {
    let file = |text: &str| text.as_bytes().to_vec();
    let (baseline, broken) = read(&BTreeMap::from([
        ("a.toml".into(), file(FILE)),
        ("b.toml".into(), file(ARTIFACTS)),
        ("c.toml".into(), file("schema = x\n")),
        ("d.toml".into(), file(FILE)),
    ]));
    let found: Vec<_> = broken.iter().map(|broken| (broken.path.as_str(), broken.message.as_str())).collect();
    let [wrong, twice] = [
        "`schema`: expected a whole number that is not negative, found `x`",
        "`a.toml` is about the same target and environment",
    ];
    assert_eq!(found, [("c.toml", wrong), ("d.toml", twice)]);
    assert_eq!(baseline.sets.len(), 2);
}

#[test]
fn files_of_one_environment_are_one_set() {
    let other = FILE.replace("target = \"cart\"", "target = \"list\"").replace("1.95.0", "1.96.0");
    let (baseline, broken) =
        read(&BTreeMap::from([("a.toml".into(), other.into_bytes()), ("b.toml".into(), FILE.as_bytes().to_vec())]));
    assert_eq!((broken.len(), baseline.sets.len()), (0, 1));
    assert_eq!(baseline.sets[0].records.len(), 10);
    assert_eq!(baseline.sets[0].state.0["toolchain"], "rustc 1.96.0 (59807616e 2026-04-14)");
}

#[test]
fn a_reason_cannot_hide_anything_from_a_diff() {
    let (mut baseline, _) = read_one(FILE.as_bytes());
    let accepted = baseline.sets[0].records.values_mut().find_map(|record| record.acceptance.as_mut());
    accepted.unwrap().reason = "a\u{202e}b\u{1b}[2K\u{7f}\u{85}\n".to_owned();
    let files = write(&baseline);
    assert!(files[PATH].contains(r#"reason = "a\u202eb\u001b[2K\u007f\u0085\n""#));
    assert_eq!(read_one(files[PATH].as_bytes()).0, baseline);
}

fn conflict(ours: &str, base: Option<&str>, theirs: &str) -> String {
    let base = base.map(|base| format!("||||||| 1a2b3c4\n{base}")).unwrap_or_default();
    format!("<<<<<<< HEAD\n{ours}{base}=======\n{theirs}>>>>>>> topic\n")
}

/// Replaces a line of the file by a conflict, and checks what is left of all of it.
fn check_resolve(line: &str, ours: &str, base: Option<&str>, theirs: &str, expected: &str, dropped: &[&str]) {
    let resolved = resolve(&FILE.replacen(line, &conflict(ours, base, theirs), 1)).unwrap();
    assert_eq!(write(&resolved.baseline)[PATH], expected);
    assert_eq!(resolved.dropped.iter().map(ToString::to_string).collect::<Vec<_>>(), dropped);
}

#[test]
fn resolving_keeps_what_both_sides_agree_on_and_the_higher_value_with_the_lower_anchor_of_what_they_do_not() {
    let line = "instructions = 12345\n";
    let higher = FILE.replace(line, "instructions = 2\nanchor.instructions = 1\n");
    let dropped = ["shop::cart::total/100 instructions"];
    check_resolve(line, "instructions = 1\n", None, "instructions = 2\n", &higher, &dropped);
    check_resolve(line, "instructions = 2\n", Some(line), "instructions = 1\n", &higher, &dropped);
    check_resolve(line, line, None, line, FILE, &[]);
    let head = "[benchmark.\"total/100\"]\n";
    let own = |name: &str| format!("[benchmark.\"{name}\"]\ninstructions = 5\n\n");
    let both = FILE.replace(head, &format!("{}{}{head}", own("p"), own("q")));
    check_resolve(head, &format!("{}{head}", own("q")), None, &format!("{}{head}", own("p")), &both, &[]);
    let state = "toolchain = \"rustc 1.95.0 (59807616e 2026-04-14)\"\n";
    check_resolve(state, state, None, "toolchain = \"z\"\n", FILE, &[]);
    assert_eq!(write(&resolve(FILE).unwrap().baseline)[PATH], FILE);
}

#[test]
fn what_cannot_be_resolved_says_why() {
    let check = |line: &str, by: &str, at: usize, message: &str| {
        let error = resolve(&FILE.replacen(line, by, 1)).unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (at, message));
        assert!(error.hint.is_some());
    };
    let line = "instructions = 12345\n";
    check(line, "<<<<<<< HEAD\n", 19, "the conflict does not end");
    check(line, "=======\n", 19, "the conflict marker has no counterpart");
    check(line, &conflict("", None, "<<<<<<< x\n"), 21, "the conflict marker has no counterpart");
    check(
        line,
        &conflict(line, None, "size = 1\n"),
        22,
        "the side of `theirs`: `size`: no metric of the family `instructions`",
    );
    check(
        "libc = \"glibc 2.36\"\n",
        &conflict("", None, "libc = \"x\"\n"),
        1,
        "the sides were recorded in different environments: `libc` is `` and `x`",
    );
    check(
        "package = \"shop\"\n",
        &conflict("package = \"a\"\n", None, "package = \"b\"\n"),
        1,
        "the sides differ in `family`, `package` or `target`",
    );
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,2}", "(?s).{0,6}", "[ -~]{0,8}"]
}

fn facts() -> impl Strategy<Value = Environment> {
    proptest::collection::btree_map(prop_oneof![Just("target".to_owned()), name()], name(), 0..4).prop_map(Environment)
}

fn subject() -> impl Strategy<Value = Subject> {
    let kind = prop_oneof![Just(ArtifactKind::Bin), Just(ArtifactKind::Cdylib), Just(ArtifactKind::File)];
    let option = proptest::option::of::<BoxedStrategy<String>>;
    prop_oneof![
        (name(), name(), name(), option(name().boxed()), option(name().boxed())).prop_map(
            |(package, target, group, function, value)| {
                Subject::Benchmark(Benchmark::new(Target { package, name: target }, group, function, value))
            }
        ),
        (name(), kind, name()).prop_map(|(package, kind, name)| Subject::Artifact(Artifact { package, kind, name })),
        name().prop_map(Subject::Command),
        name().prop_map(Subject::Build),
        name().prop_map(Subject::Entry),
        name().prop_map(Subject::Page),
        name().prop_map(Subject::EntryPoint),
        name().prop_map(Subject::Group),
        name().prop_map(Subject::Asset),
    ]
}

fn record(metric: Metric) -> impl Strategy<Value = Record> {
    let amount = || {
        prop_oneof![0.0..1e12, Just(0.0), any::<f64>()].prop_map(|value| Quantity::new(value).unwrap_or(Quantity::ZERO))
    };
    let evidence = if metric.is_exact() {
        (prop_oneof![0..3_u64, any::<u64>()], 1..5_u32, prop_oneof![Just(0.0), 0.0..2.0])
            .prop_map(|(value, repeats, noise)| Evidence::Exact {
                value,
                repeats,
                noise: Ratio::new(noise).unwrap_or(Ratio::ZERO),
            })
            .boxed()
    } else {
        (amount(), amount(), amount(), any::<u32>())
            .prop_map(|(estimate, low, high, samples)| Evidence::Sampled { estimate, low, high, samples })
            .boxed()
    };
    let day = (1970..=9999_u16, 1..=12_u8, 1..=28_u8).prop_map(|(year, month, day)| Date { year, month, day });
    let acceptance = (any::<u64>(), name(), proptest::option::of(day)).prop_map(|(from, reason, expires)| Acceptance {
        from,
        reason,
        expires,
    });
    (evidence, proptest::option::of(prop_oneof![0..3_u64, any::<u64>()]), proptest::option::of(acceptance))
        .prop_map(|(evidence, anchor, acceptance)| Record { evidence, anchor, acceptance })
}

fn set() -> impl Strategy<Value = RecordSet> {
    proptest::sample::select(&Family::ALL).prop_flat_map(|family| {
        let custom = |name: &str, kind| {
            Metric::custom(Custom { name: name.into(), unit: Unit::Share, better: Direction::More, kind })
        };
        let custom = [custom("p99", Kind::Sampled), custom("hits", Kind::Exact)].into_iter().flatten();
        let metrics: Vec<Metric> =
            Metric::BUILT_IN.into_iter().chain(custom).filter(|metric| metric.family() == family).collect();
        let pair = proptest::sample::select(metrics)
            .prop_flat_map(|metric| (subject().prop_map(move |subject| Key::new(subject, metric)), record(metric)));
        (facts(), facts(), proptest::collection::vec(pair, 1..6)).prop_map(move |(environment, state, records)| {
            RecordSet { family, environment, state, records: records.into_iter().collect() }
        })
    })
}

fn baseline() -> impl Strategy<Value = Baseline> {
    proptest::collection::vec(set(), 0..4).prop_map(|mut sets| {
        sets.sort_by(|a, b| (a.family, &a.environment).cmp(&(b.family, &b.environment)));
        sets.dedup_by(|a, b| (a.family, &a.environment) == (b.family, &b.environment));
        Baseline { sets }
    })
}

/// The baseline without what a file does not hold.
fn kept(mut baseline: Baseline) -> Baseline {
    for record in baseline.sets.iter_mut().flat_map(|set| set.records.values_mut()) {
        if let Evidence::Exact { value, repeats, .. } = &mut record.evidence {
            *repeats = 1;
            record.anchor = record.anchor.filter(|anchor| anchor != value);
        }
    }
    baseline
}

fn bytes(files: &BTreeMap<String, String>) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect()
}

fn values() -> impl Strategy<Value = BTreeMap<String, u64>> {
    proptest::collection::btree_map("[a-e]", 0..3_u64, 0..5)
}

fn file_of(values: &BTreeMap<String, u64>) -> String {
    let head = FILE.split_at(FILE.find("[benchmark").unwrap()).0;
    let table = |(name, value): (&String, &u64)| format!("[benchmark.\"{name}\"]\ninstructions = {value}\n");
    values.iter().map(table).fold(head.to_owned(), |text, table| text + &table)
}

proptest! {
    #[test]
    fn everything_comes_back(baseline in baseline()) {
        let files = write(&baseline);
        let (read, broken) = read(&bytes(&files));
        prop_assert_eq!(broken, []);
        prop_assert_eq!(write(&read), files);
        prop_assert_eq!(read, kept(baseline));
    }

    #[test]
    fn a_line_that_is_cut_never_passes(at in 1..FILE.len()) {
        let (_, broken) = read_one(&FILE.as_bytes()[..at]);
        prop_assert!(!broken.is_empty() || FILE.as_bytes()[at - 1] == b'\n');
    }

    #[test]
    fn resolving_loses_no_key_and_moves_no_anchor_up(ours in values(), theirs in values()) {
        let resolved = resolve(&conflict(&file_of(&ours), None, &file_of(&theirs))).unwrap();
        let kept = &resolved.baseline.sets[0].records;
        let names: Vec<String> = kept.keys().map(|key| key.subject.short()).collect();
        let both: BTreeMap<&String, &u64> = ours.iter().chain(&theirs).collect();
        prop_assert_eq!(names.iter().collect::<Vec<_>>(), both.into_keys().collect::<Vec<_>>());
        for (key, record) in kept {
            let name = key.subject.short();
            let values: Vec<u64> = [ours.get(&name), theirs.get(&name)].into_iter().flatten().copied().collect();
            prop_assert_eq!(&record.evidence, &Evidence::exact(*values.iter().max().unwrap()));
            prop_assert_eq!(record.anchor.unwrap_or(values[0]), *values.iter().min().unwrap());
            let agree = ours.get(&name).is_none_or(|own| theirs.get(&name).is_none_or(|other| own == other));
            prop_assert_eq!(resolved.dropped.contains(key), !agree);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "(?s).{0,100}") {
        read_one(&bytes);
        read_one(text.as_bytes());
        let _ = resolve(&text);
    }

    #[test]
    fn no_damage_makes_it_panic(
        file in proptest::sample::select(&[FILE, ARTIFACTS, TIMES]),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), "[\\[\\]{}.,=#'\"\\\\\r\n0-9a-z<>| +-]{0,3}"), 1..4),
    ) {
        let mut text = file.to_owned();
        for (at, by) in damage {
            let at = at.index(text.len());
            text.replace_range(at..=at, &by);
        }
        let (baseline, broken) = read_one(text.as_bytes());
        prop_assert!(broken.iter().all(|broken| (1..=text.lines().count()).contains(&broken.line)));
        prop_assert_eq!(read(&bytes(&write(&baseline))).1, []);
        let _ = resolve(&text);
    }
}
