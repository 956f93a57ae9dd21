//! What comes out of style sheets: the known bugs of lightningcss come out right.

use super::super::Loading;
use super::*;
use crate::asset::{AssetPath, Kind};

fn made(text: &str) -> Vec<Attempt> {
    let path = AssetPath::new("app.css").unwrap();
    let bytes = text.as_bytes();
    let source = Source {
        path: &path,
        kind: Kind::Css,
        bytes,
        loading: Loading::Unknown,
        map: None,
        shown: &crate::spaces::NOWHERE,
    };
    attempts(&source, &Targets::default())
}

fn check(text: &str, expected: &str) {
    let attempts = made(text);
    let candidate = attempts.iter().find_map(|attempt| attempt.as_ref().ok());
    let candidate = candidate.unwrap_or_else(|| panic!("{text}: {attempts:?}"));
    assert_eq!(String::from_utf8(candidate.bytes.clone()).unwrap(), expected, "{text}: {attempts:?}");
}

#[test]
fn what_is_safe_is_minified() {
    check("a { color: #ff0000 ; }\n\nb { margin: 0px 0px }", "a{color:red}b{margin:0}");
    check("a { color: red } a { background: blue }", "a{color:red;background:#00f}");
    check("a { color: red; color: blue }", "a{color:#00f}");
    check("@media (min-width: 10px) { a { color: red } }", "@media (min-width:10px){a{color:red}}");
}

#[test]
fn the_order_that_lightningcss_turns_round_stays() {
    // lightningcss #1225
    check(".x{position:static;position:var(--x,static)}", ".x{position:static;position:var(--x,static)}");
    check(".x{direction:ltr;direction:var(--x)}", ".x{direction:ltr;direction:var(--x)}");
    // lightningcss #1084
    check(
        ".item{transition:ease transition .3s;transition-behavior:allow-discrete}",
        ".item{transition:transition .3s;transition-behavior:allow-discrete}",
    );
    // lightningcss #1207
    check(
        "p{font:12px serif;font-variant-numeric:oldstyle-nums}",
        "p{font:12px serif;font-variant-numeric:oldstyle-nums}",
    );
}

#[test]
fn a_timeline_is_not_put_into_a_shorthand_that_browsers_drop() {
    // lightningcss #572
    check(
        ".item{animation:fade both;animation-timeline:scroll(root block)}",
        ".item{animation:both fade;animation-timeline:scroll(root)}",
    );
}

#[test]
fn only_what_failed_is_pinned() {
    check(
        "a { color: red } a { background: blue } .x { position: static; position: var(--x) } b { color: #ff0000 }",
        "a{color:red;background:#00f}.x{position:static;position:var(--x)}b{color:red}",
    );
}

#[test]
fn fallbacks_stay() {
    check("a{color:red;color:oklch(50% .1 20)}", "a{color:red;color:oklch(50% .1 20)}");
    check("a{height:100vh;height:100dvh}", "a{height:100vh;height:100dvh}");
    check("a{width:100px;width:fit-content}", "a{width:100px;width:fit-content}");
}

#[test]
fn licences_charset_and_icons_stay() {
    check("/*! A */a{b:c}/*! B */b{c:d}/* no */", "/*! A */\n/*! B */\na{b:c}b{c:d}");
    check("@charset \"UTF-8\";a::before{content:\"\\f101\"}", "a:before{content:\"\\f101\"}");
    check("@charset \"UTF-8\";a::before{content:\"é\"}", "@charset \"utf-8\";a:before{content:\"é\"}");
    let attempts = made("@charset \"latin1\";a{b:c}");
    assert!(attempts[0].as_ref().unwrap_err().why.contains("its charset is `latin1`"));
}

#[test]
fn what_does_not_parse_is_left_alone_with_the_reason() {
    for text in ["a { color: red } }", "{{ template }}", "a { b", "@media"] {
        match &made(text)[0] {
            Err(dropped) => assert!(dropped.why.starts_with("it is left alone: it does not parse"), "{}", dropped.why),
            // What a browser mends, lightningcss may mend, too.
            Ok(candidate) => assert!(candidate.bytes.len() <= text.len() + 1, "{text}"),
        }
    }
}
