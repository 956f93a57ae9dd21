//! What comes out of scripts, and what is left alone.

use super::super::{Dropped, Source};
use super::*;
use crate::asset::{AssetPath, Kind};

fn made(text: &str, loading: Loading) -> Vec<Attempt> {
    made_with(text, loading, None, Asked::All)
}

fn made_with(text: &str, loading: Loading, map: Option<&[u8]>, asked: Asked) -> Vec<Attempt> {
    let path = AssetPath::new("app.js").unwrap();
    let source = Source {
        path: &path,
        kind: Kind::JavaScript,
        bytes: text.as_bytes(),
        loading,
        map,
        shown: &crate::spaces::NOWHERE,
    };
    attempts(&source, asked)
}

/// The code of the attempt that was proven.
fn code(text: &str, loading: Loading) -> String {
    let attempts = made(text, loading);
    let candidate = attempts.iter().find_map(|attempt| attempt.as_ref().ok());
    let candidate = candidate.unwrap_or_else(|| panic!("{text}: {attempts:?}"));
    String::from_utf8(candidate.bytes.clone()).unwrap()
}

fn check(text: &str, loading: Loading, expected: &str) {
    assert_eq!(code(text, loading), expected, "{text}");
}

#[test]
fn a_classic_script_keeps_its_top_level_names() {
    check(
        "function shown(long) { return long + 1 }\nvar other = shown(2);",
        Loading::Classic,
        "function shown(n){return n+1}var other=shown(2);",
    );
    // highlight.js, minified as a module, lost the global that its pages use.
    check("const hljs = { a: 1 };", Loading::Unknown, "const hljs={a:1};");
    check("var hljs = (function () { return 1 })();", Loading::Classic, "var hljs=1;");
}

#[test]
fn a_module_keeps_its_imports_and_exports() {
    let text = "import { a as renamed } from './a.js';\nimport './side.js';\nconst inner = renamed();\nexport { inner as given };\nexport default function named() {}";
    let code = code(text, Loading::Module);
    assert!(code.contains("\"./a.js\"") && code.contains("\"./side.js\"") && code.contains("as given"), "{code}");
    assert!(!code.contains("inner") && !code.contains("renamed"), "{code}");
}

#[test]
fn names_that_are_asked_for_stay() {
    for text in [
        "class Foo {} console.log(Foo.name)",
        "export class Foo {} export function f(x) { return x.constructor.name === 'Foo' }",
        "(function () { class Foo {} globalThis.x = new Foo().constructor.name == 'Foo' })()",
        "const Foo = () => 1; console.log(Foo.name, Foo, Foo)",
    ] {
        assert!(code(text, Loading::Module).replace("\"Foo\"", "").contains("Foo"), "{text}");
    }
    // What is only shown need not stay.
    let shown = code("class Long {} x(Long, Long); throw new Error(y.constructor.name)", Loading::Module);
    assert!(!shown.contains("Long"), "{shown}");
}

#[test]
fn a_function_that_is_asked_for_its_name_is_not_put_where_it_has_none() {
    for (text, part) in [
        ("const arrow = () => 1; console.log(arrow.name)", "arrow=()=>1"),
        ("function named() {} console.log(named.name)", "named"),
        ("let later; later = function () {}; console.log(later.name)", "later=function(){}"),
        ("class Foo {} export const x = (y) => y.constructor.name === 'Foo' ? new Foo() : 1", "class Foo"),
    ] {
        let code = code(text, Loading::Module);
        assert!(code.contains(part), "{code}");
    }
}

#[test]
fn names_that_eval_sees_stay() {
    let text = "(function () { var visible = 1; eval('visible++') })()";
    assert!(code(text, Loading::Classic).contains("visible = 1") || code(text, Loading::Classic).contains("visible=1"));
    assert!(made(text, Loading::Classic)[0].as_ref().unwrap_err().why.contains("`eval`"));
}

#[test]
fn no_licence_is_lost() {
    let text = "/*! first */\nfunction f() {\n  /** @license inside */\n  return g();\n}\nif (false) { /*! gone with its code */ h() }\n//! line\nf();\n/* not one */";
    let code = code(text, Loading::Classic);
    for licence in ["/*! first */", "/** @license inside */", "/*! gone with its code */", "//! line"] {
        assert_eq!(code.matches(licence).count(), 1, "{licence} in {code}");
    }
    assert!(!code.contains("not one"));
}

#[test]
fn what_does_not_parse_is_left_alone_with_the_reason() {
    for (text, loading) in [
        ("var = ;", Loading::Unknown),
        ("import './a.js'", Loading::Classic),
        ("{% if x %} a() {% endif %}", Loading::Unknown),
    ] {
        let attempts = made(text, loading);
        assert_eq!(attempts.len(), 1, "{text}");
        let Dropped { why, .. } = attempts[0].as_ref().unwrap_err();
        assert!(why.starts_with("it is left alone: it does not parse: line 1: "), "{why}");
    }
}

#[test]
fn text_that_was_ascii_stays_ascii_in_a_classic_script() {
    check("var icon = '\\u00e9\\uf101';", Loading::Classic, "var icon=\"\\xe9\\uF101\";");
}

#[test]
fn so_many_names_that_one_would_be_a_reserved_word() {
    // swc #2446: among very many names one became `let`.
    let names: Vec<String> = (0..6_000).map(|index| format!("v{index}")).collect();
    let text = format!("var {};export default [{}]", names.join(","), names.join(","));
    let code = code(&text, Loading::Module);
    assert!(!code.contains(",let,") && !code.contains("var let"));
}

#[test]
fn an_inlined_function_does_not_lose_its_variables() {
    // swc #8288
    let text = "export const make = (memo, t, selector) => { const finalSelector = memo ? memo : t ? makeSelector(selector, t) : selector; function makeSelector(selector, t) { return (state) => t(selector(state)) } return finalSelector }";
    let code = code(text, Loading::Module);
    assert!(super::parse::parse(&code, Goal::Module).is_ok());
}

#[test]
fn a_map_follows_or_the_file_stays() {
    let text = "function add(first, second) {\n  return first + second;\n}\nconsole.log(add(1, 2));\n//# sourceMappingURL=app.js.map\n";
    let with = |map: &[u8]| made_with(text, Loading::Classic, Some(map), Asked::All).remove(0);
    let candidate = with(
        br#"{"version":3,"sources":["src/app.ts"],"sourcesContent":["x"],"names":[],"mappings":"AACA;AACA;AACA;AAEA"}"#,
    )
    .unwrap();
    let code = String::from_utf8(candidate.bytes).unwrap();
    assert!(code.ends_with("\n//# sourceMappingURL=app.js.map"), "{code}");
    let map = map::read(&candidate.map.unwrap()).unwrap();
    let at = u32::try_from(code.find("console").unwrap()).unwrap();
    let token = map.lookup_token(0, at).unwrap();
    assert_eq!((token.get_source().unwrap().as_str(), token.get_src_line()), ("src/app.ts", 5));
    assert_eq!(map.get_source_contents(0).unwrap().as_str(), "x");

    let why = with(b"no map").unwrap_err().why;
    assert!(why.contains("its source map could not follow"), "{why}");
}

#[test]
fn a_nest_without_brackets_ends_nobody() {
    let work = || {
        for text in ["a => ", "x = ", "a ? b : "].map(|step| format!("x = {}1", step.repeat(2500))) {
            let why = made(&text, Loading::Unknown)[0].as_ref().unwrap_err().why.clone();
            assert!(why.starts_with("it is left alone: it is nested 25"), "{why}");
        }
        assert!(
            parse::parse_as_loaded(
                &format!("x = {}1", "a + ".repeat(5000)),
                &AssetPath::new("a.js").unwrap(),
                Loading::Unknown
            )
            .is_ok()
        );
    };
    // As much stack as the hands have that do this.
    std::thread::Builder::new().stack_size(256 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_deep_nest_ends_nobody() {
    for text in [format!("x = {}1{}", "(".repeat(100_000), ")".repeat(100_000)), "[".repeat(100_000)] {
        assert!(made(&text, Loading::Unknown)[0].as_ref().unwrap_err().why.contains("nested"));
    }
}

/// What oxc makes of a script, which is tried last.
#[cfg(feature = "oxc")]
fn by_oxc(text: &str, loading: Loading) -> Result<String, String> {
    let attempt = made(text, loading).pop().unwrap();
    attempt.map(|made| String::from_utf8(made.bytes).unwrap()).map_err(|dropped| {
        assert_eq!(dropped.engine, "oxc");
        dropped.why
    })
}

#[cfg(feature = "oxc")]
#[test]
fn oxc_keeps_what_others_use() {
    let code = by_oxc("function shown(long) { return long + 1 }\nvar other = shown(2);", Loading::Classic).unwrap();
    assert!(code.contains("function shown(") && code.contains("other=") && !code.contains("long"), "{code}");
    let text = "import { a as renamed } from './a.js';\nimport './side.js';\nconst inner = renamed();\nexport { inner as given };\nexport default function named() {}";
    let code = by_oxc(text, Loading::Module).unwrap();
    assert!(code.contains("./a.js") && code.contains("./side.js") && code.contains("as given"), "{code}");
    assert!(!code.contains("inner") && !code.contains("renamed"), "{code}");
    for text in ["class Foo {} console.log(Foo.name, Foo)", "const Foo = () => 1; console.log(Foo.name, Foo, Foo)"] {
        assert!(by_oxc(text, Loading::Module).unwrap().contains("Foo"), "{text}");
    }
    let why = by_oxc("(function () { var visible = 1; eval('visible++') })()", Loading::Classic).unwrap_err();
    assert!(why.contains("`eval`"), "{why}");
}

#[cfg(feature = "oxc")]
#[test]
fn oxc_loses_no_licence() {
    let text = "  /*!\n   * first\n   */\nfunction f() {\n  /** @license inside */\n  return g();\n}\nif (false) { /*! gone with its code */ h() }\n/* @copyright only ours */ f();\n/* not one */";
    let code = by_oxc(text, Loading::Classic).unwrap();
    for licence in ["* first\n", "/** @license inside */", "/*! gone with its code */", "/* @copyright only ours */"] {
        assert_eq!(code.matches(licence).count(), 1, "{licence} in {code}");
    }
    assert!(!code.contains("not one"));
}

#[cfg(feature = "oxc")]
#[test]
fn what_oxc_writes_stays_ascii_in_a_classic_script() {
    let code = by_oxc("var icon = '\\u00e9\\uf101' + x + '\\ud83d\\ude00';", Loading::Classic).unwrap();
    assert!(code.is_ascii() && code.to_lowercase().contains("\\xe9\\uf101"), "{code}");
    assert!(code.contains("\\ud83d\\ude00"), "{code}");
    assert!(!by_oxc("x('\\u00e9');", Loading::Module).unwrap().is_ascii());
}

#[cfg(feature = "oxc")]
#[test]
fn a_map_of_oxc_is_chained() {
    let text = "function add(first, second) {\n  return first + second;\n}\nconsole.log(add(x, 2), add(y, 3));\n//# sourceMappingURL=app.js.map\n";
    let map: &[u8] = br#"{"version":3,"sourceRoot":"root","sources":["src/app.ts"],"sourcesContent":["x"],"names":[],"mappings":"AACA;AACA;AACA;AAEA"}"#;
    let candidate = made_with(text, Loading::Classic, Some(map), Asked::All).pop().unwrap().unwrap();
    assert_eq!(candidate.engine, "oxc");
    let code = String::from_utf8(candidate.bytes).unwrap();
    assert!(code.ends_with("\n//# sourceMappingURL=app.js.map"), "{code}");
    let map = map::read(&candidate.map.unwrap()).unwrap();
    let at = u32::try_from(code.find("console").unwrap()).unwrap();
    let token = map.lookup_token(0, at).unwrap();
    assert_eq!((token.get_source().unwrap().as_str(), token.get_src_line()), ("root/src/app.ts", 5));
    assert_eq!(map.get_source_contents(0).unwrap().as_str(), "x");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]
    #[test]
    fn any_script_is_left_alone_or_what_is_proven_is_proven_again(
        text in "((var|let|const) [ab] ?= ?|function [ab]\\([ab]?\\) ?\\{|\\}|\\(|\\)|[ab]|\\.[ab]|=> ?|return|if ?\\(|else|for ?\\(|;|,|\n|\"x\"|`\\$\\{|`|/x/|//|/\\*!|\\*/|[!+=?:]|await |class [ab] |import |export |eval\\(){0,16}"
    ) {
        for loading in [Loading::Classic, Loading::Module, Loading::Unknown] {
            if let Some(candidate) = made(&text, loading).into_iter().find_map(Result::ok) {
                let code = String::from_utf8(candidate.bytes).unwrap();
                let again = made(&code, loading);
                proptest::prop_assert!(code.is_empty() || again.iter().any(Result::is_ok), "{text} → {code}: {again:?}");
            }
        }
    }
}

#[cfg(feature = "oxc")]
#[test]
fn swc_is_asked_where_there_is_something_to_do() {
    let check = |text: &str, all: Asked, asked: bool| {
        let by_swc = made_with(text, Loading::Classic, None, all).into_iter().find(|attempt| match attempt {
            Ok(made) => made.engine == "swc",
            Err(dropped) => dropped.engine == "swc",
        });
        assert_eq!(by_swc.unwrap().is_ok(), asked, "{text}");
    };
    let minified = "function shown(n){return n+1}var other=shown(2);";
    check(minified, Asked::AsNeeded, false);
    check(minified, Asked::All, true);
    check("function shown(long) { return long + 1 } var other = shown(2);", Asked::AsNeeded, true);
}
