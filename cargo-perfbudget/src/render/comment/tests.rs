//! The comment as it is posted, what no name from outside can bend, and templates of a project's own.

use std::collections::BTreeMap;
use std::time::Duration;

use minijinja::value::Value;
use proptest::prelude::*;

use super::*;
use crate::model::assumptions::{Assumptions, Input};
use crate::model::report::{Basis, State};
use crate::model::{Artifact, ArtifactKind, Benchmark, Code, Family, Key, Metric, Subject, Target};
use crate::render::tests::{both, cannot_tell, comment, environment, finding, long, over, renderer, row, within};
use crate::render::{Color, json, terminal};
use crate::roi;

fn check(report: &Report, expected: &str) {
    let text = comment(report);
    assert_eq!(text, expected, "{text}");
}

#[test]
fn the_verdict_stands_first_and_what_is_apart_stands_apart() {
    check(
        &over(),
        &r####"**❌ over budget: 1 metric costs more than it may.**

| what | change | before → after | limit | how sure |
|---|--:|--:|--:|---|
| `shop::cart::total/100`<br>**over** · instructions | +4.41% | 12,345 → 12,890 | +1.00% | exact count |
| `shop::bin shop`<br>**grew** · size | +0.36% | 3.250 MiB → 3.262 MiB | +1.00% | exact count |
| `shop::cart::total/1000`<br>**new** · instructions | new | \- → 120.3k |  |  |

**What it is worth** is not known: state `calls-per-year` under `[roi]` in `perfbudget.toml`.

**What to do:** make it cheaper, or accept it with a reason, as below. `cargo perfbudget explain growth-over` says more.

- **attention** `rule-unmatched` `shop::old::*` in line 7 matches nothing<br>hint: delete the rule

**Accepted** in this change:
- `shop::search::index/large` instructions +5.30% (1.235M → 1.300M): finds umlauts now

**Cheaper**, well done:
- `shop::parse::json/small` instructions -11.11% (45,000 → 40,000)

1 unchanged · 1 not claimed · 1 improved · 1 new · 1 grew · 1 accepted · 1 over<br>
97 reused, executables unchanged<br>
bytes\: compared with the committed record at 1a2b3c4<br>
instructions\: compared with the base, measured here at 1a2b3c4<br>
`toolchain`\: `rustc 1.94.0` → `rustc 1.95.0`

<details><summary>How to accept it</summary>

Where the tool is, say why it is worth it, and commit the baseline:

```sh
cargo perfbudget accept 'shop::cart::total/100' --reason "…"
```

</details>

<details><summary>How to see it on your machine</summary>

```sh
cargo install --locked --git https://github.com/cargo-perfbudget/cargo-perfbudget cargo-perfbudget
cargo perfbudget doctor --fix
cargo perfbudget 'shop::cart::total/100'
```

</details>

<details><summary>All 7 rows</summary>

| what | change | before → after | limit | how sure |
|---|--:|--:|--:|---|
| `shop::cart::total/100`<br>**over** · instructions | +4.41% | 12,345 → 12,890 | +1.00% | exact count |
| `shop::search::index/large`<br>**accepted** · instructions · owner: @<0>search<br>finds umlauts now | +5.30% | 1.235M → 1.300M | +1.00% | exact count |
| `shop::bin shop`<br>**grew** · size | +0.36% | 3.250 MiB → 3.262 MiB | +1.00% | exact count |
| `shop::cart::total/1000`<br>**new** · instructions | new | \- → 120.3k |  |  |
| `shop::parse::json/small`<br>**improved** · instructions | -11.11% | 45,000 → 40,000 | +1.00% | exact count |
| `shop::cart::total/100`<br>**\~** · time | \~ | 1.240 ±0.025 µs → 1.290 ±0.032 µs |  | not claimed |
| `shop::cart::total/10`<br>**unchanged** · instructions | 0.00% | 1,345 → 1,345 | +1.00% | exact count |

</details>

<details><summary>Where the numbers come from</summary>

- instructions `libc`: `glibc 2.36`
- instructions `valgrind`: `3.19.0`
- code `profile`: `bench`
- code `toolchain`: `rustc 1.95.0`

</details>
"####.replace("<0>", "\u{200b}"),
    );
}

#[test]
fn what_is_within_is_short() {
    check(
        &within(),
        r####"**✅ within budget: 3 metrics cost no more than they may, 1 less than before.**

**What to do:** nothing. To keep what is gained: `cargo perfbudget record`

**Cheaper**, well done:
- `shop::cart::total/100` instructions -10.00% (12,345 → 11,111)

2 unchanged · 1 improved<br>
2 reused, executables unchanged<br>
compared with the committed record at 1a2b3c4

<details><summary>All 3 rows</summary>

| what | change | before → after | limit | how sure |
|---|--:|--:|--:|---|
| `shop::cart::total/100`<br>**improved** · instructions | -10.00% | 12,345 → 11,111 | +1.00% | exact count |
| `shop::cart::total/1`<br>**unchanged** · instructions | 0.00% | 1,000 → 1,000 | +1.00% | exact count |
| `shop::cart::total/10`<br>**unchanged** · instructions | 0.00% | 1,000 → 1,000 | +1.00% | exact count |

</details>
"####,
    );
}

#[test]
fn what_is_not_known_is_said() {
    check(
        &cannot_tell(),
        r####"**❔ cannot tell: 2 things that should be known are not.**

| what | change | before → after | limit | how sure |
|---|--:|--:|--:|---|
| `shop::cart::total/100`<br>**not measured** · instructions | ? | 12,345 → ? |  |  |

**What to do:** see below, and `cargo perfbudget explain build-failed`

- **cannot tell** `build-failed` `shop::search`: cargo could not build the bench target
- **cannot tell** `benchmark-panicked` `shop::cart::total/100` instructions: the process ended with exit status 101 thread 'main' panicked at benches/cart.rs\:9\:5\: no cart<br>hint: run `cargo bench --bench cart`

1 not measured<br>
compared with the record in the work tree, not with one of a base

<details><summary>How to see it on your machine</summary>

```sh
cargo install --locked --git https://github.com/cargo-perfbudget/cargo-perfbudget cargo-perfbudget
cargo perfbudget doctor --fix
cargo perfbudget 'shop::cart::total/100'
```

</details>
"####,
    );
}

#[test]
fn an_empty_report_does_not_claim_anything() {
    let text = "**✅ within budget: nothing was judged, so nothing costs more than it may.**\n\nnothing was measured\n";
    assert_eq!(comment(&Report::default()), text);
}

#[test]
fn every_rung_is_shorter_and_has_the_verdict_and_the_worst_rows() {
    let report = long(5_000);
    let rungs = renderer(&report).comment().expect("it works");
    assert!(rungs.len() >= 3, "{}", rungs.len());
    for (at, rung) in rungs.iter().enumerate() {
        assert!(rung.len() <= COMMENT_BYTES && (at == 0 || rung.len() < rungs[at - 1].len()), "{at}: {}", rung.len());
        assert!(rung.starts_with("**❌ over budget: 5000 metrics cost more than they may.**"), "{rung}");
        assert!(
            rung.contains("| `shop::cart::total/0`<br>**over** · ") && rung.contains(" more rows that changed"),
            "{rung}"
        );
    }
    assert!(rungs.last().is_some_and(|rung| rung.len() < 2_500));
    let summary = renderer(&report).summary().expect("it works").swap_remove(0);
    assert!((100_000..=SUMMARY_BYTES).contains(&summary.len()), "{}", summary.len());
}

#[test]
fn a_project_has_templates_of_its_own_in_which_names_are_inert_too() {
    let of = |text: &str| {
        let templates = Templates { comment: Some(text.to_owned()), summary: None };
        Renderer::new(&filled_with("@a|`<b>"), &templates).and_then(|renderer| renderer.longest_comment())
    };
    let plain = "@\u{200b}a\\|\\`&lt;b&gt;";
    assert_eq!(of("{{ changed[0].reason }}"), Ok(format!("{plain}\n")));
    assert_eq!(of("{% autoescape false %}{{ changed[0].reason }}{% endautoescape %}"), Ok(format!("{plain}\n")));
    assert_eq!(of("{{ changed[0].reason ~ '' }}"), Ok(format!("{plain}\n")));
    assert_eq!(of("{{ changed[0].reason | upper }}"), Ok("@\u{200b}A\\|\\`&lt;B&gt;\n".to_owned()));
    assert!(
        of("## Mine\n\n{% include 'builtin/comment.md' %}").is_ok_and(|text| text.starts_with("## Mine\n\n**❌ over"))
    );
    let fails = |text: &str, line: usize, message: &str| {
        let why = of(text).expect_err(text);
        assert_eq!((why.name.as_str(), why.line), ("comment.md", Some(line)), "{why:?}");
        assert!(why.message.contains(message), "{why:?}");
    };
    fails("x\n{{ changed[0].reason | safe }}", 2, "safe");
    fails("{{ changed | tojson }}", 1, "tojson");
    fails("{{ debug() }}", 1, "debug");
    fails("\n\n{{ nobody }}", 3, "undefined");
    fails("{% for row in changed %}", 1, "unexpected end");
    fails("{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}", 1, "fuel");
}

#[test]
fn every_name_of_a_template_is_documented() {
    let documented = include_str!("../../../templates/README.md");
    let check = |value: &Value| {
        for name in value.try_iter().expect("it has names") {
            assert!(documented.contains(&format!("`{name}`")), "`{name}` is not in templates/README.md");
        }
    };
    let report = valued_with("x");
    let view = view::of(&report, &RUNGS[0], &Known::of(&report));
    let get = |value: &Value, name: &str| value.get_attr(name).expect(name);
    let first = |value: &Value, name: &str| get(value, name).get_item_by_index(0).expect(name);
    let worth = get(&view, "worth");
    for value in [&view, &first(&view, "changed"), &first(&view, "findings"), &first(&view, "facts"), &worth] {
        check(value);
    }
    for name in ["sums", "rows", "inputs"] {
        check(&first(&worth, name));
    }
}

/// Names that have bent some table or terminal before.
const HOSTILE: &[&str] = &[
    "a|b",
    "a\\|b",
    "`",
    "``x",
    "a`b``c",
    "\r\n| x | y |\n",
    "</details><img src=x>",
    "@everyone #1",
    "\u{1b}[31mred\u{1b}]8;;http://x\u{7}",
    "\u{202e}txt.exe\u{2066}",
    "\u{61c}\u{200e}\u{200f}",
    " ",
    "\\",
    "x\\",
    "\u{85}\u{2028}\u{2029}\u{b}\u{c}\t",
    "\u{9b}31m",
    "![x](http://x)",
    "日本語の名前",
    "e\u{301}\u{301}\u{301}",
];

/// A report in which every text from outside is `text`.
fn filled_with(text: &str) -> Report {
    let target = || Target { package: text.into(), name: text.into() };
    let group = Benchmark::new(target(), text.into(), Some(text.into()), Some(text.into()));
    let file = Artifact { package: String::new(), kind: ArtifactKind::File, name: text.into() };
    let keys =
        [Key::new(Subject::Benchmark(group), Metric::Instructions), Key::new(Subject::Artifact(file), Metric::Size)];
    let judged = |key: &Key| {
        let mut judged = row(State::Crossed, key.clone(), both(1, 2));
        (judged.owner, judged.reason) = (Some(text.into()), Some(text.into()));
        judged
    };
    let mut of_target = finding(Code::BuildFailed, None, text, Some(text));
    of_target.target = Some(target());
    let facts = environment(&[(text, text)]);
    Report {
        findings: vec![finding(Code::GrowthOver, Some(&keys[0]), text, Some(text)), of_target],
        rows: keys.iter().map(judged).collect(),
        basis: vec![(Family::Instructions, Basis::Measured { revision: text.into() })],
        environments: vec![(Family::Instructions, facts.clone())],
        state: facts,
        state_changes: vec![(text.into(), text.into(), text.into())],
        ..Report::default()
    }
    .settled()
}

/// How many cells a line of a table has: bars behind a backslash are text.
fn cells(line: &str) -> usize {
    let bars = line.match_indices('|').filter(|(at, _)| !line[..*at].ends_with('\\')).count();
    bars.saturating_sub(1)
}

fn check_unbent(text: &str) {
    check_unbent_as(filled_with(text), &filled_with("x"));
    check_unbent_as(valued_with(text), &valued_with("x"));
}

/// The same with an estimate of worth, in a currency of that name.
fn valued_with(text: &str) -> Report {
    let mut report = filled_with(text);
    let stated = BTreeMap::from([(Input::CallsPerYear, 1e12)]);
    let mut worth =
        roi::worth(&report, &Assumptions { stated, ..Assumptions::default() }, Some(Duration::from_secs(1)));
    worth.currency = text.to_owned();
    report.worth = Some(worth);
    report
}

/// The report has the lines and cells of a plain one.
fn check_unbent_as(report: Report, plain: &Report) {
    let (text_of, plain) = (comment(&report), comment(plain));
    assert_eq!(text_of.lines().count(), plain.lines().count(), "{text_of}");
    for (line, model) in text_of.lines().zip(plain.lines()) {
        if model.starts_with('|') {
            assert_eq!(cells(line), cells(model), "{line}");
        }
        assert_eq!(line.matches("<details>").count(), model.matches("<details>").count(), "{line}");
    }
    let forbidden = |letter: char| {
        letter != '\n'
            && (letter.is_control()
                || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    assert!(!text_of.contains(forbidden), "{text_of:?}");
    let shown = terminal(&report, Color::Never);
    assert!(!shown.contains(forbidden), "{shown:?}");
    let verdicts = shown.lines().filter(|line| line.starts_with("over: ")).count();
    assert_eq!(verdicts, 1, "{shown}");
    assert_eq!(json::read(&json::write(&report)), Ok(report));
}

#[test]
fn no_name_bends_a_report() {
    HOSTILE.iter().copied().for_each(check_unbent);
    let long = "x".repeat(100_000);
    check_unbent(&long);
    assert!(terminal(&filled_with(&long), Color::Never).len() < 10_000);
}

#[test]
fn the_worst_names_leave_room_for_the_worst_rows() {
    for letter in ["`", "|", "&", "#", "\u{10ffff}", "`a"] {
        let mut report = filled_with(&letter.repeat(2_000));
        report.rows = vec![report.rows.remove(0); 100];
        report.findings = vec![report.findings.remove(0); 100];
        report.state_changes = vec![report.state_changes.remove(0); 100];
        let text = comment(&report);
        assert!(text.len() <= 65_000, "{}", text.len());
        let shown = text.lines().filter(|line| line.contains("<br>**over** · ")).count();
        assert!(shown > 3, "{shown} {} {text}", text.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_stays_where_it_stands(text in "[ -~\\PC\\x00-\\x1f|`\\\\\u{202e}\u{2028}]{0,40}") {
        check_unbent(&text);
    }
}
