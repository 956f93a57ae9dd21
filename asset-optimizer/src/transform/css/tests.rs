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
fn prefixes_go_that_no_target_needs_and_none_is_added() {
    check("a{-webkit-transform:none;-ms-transform:none;transform:none}", "a{transform:none}");
    check("@-webkit-keyframes k{to{opacity:0}}@keyframes k{to{opacity:0}}", "@keyframes k{to{opacity:0}}");
    check("a{display:-webkit-box;display:-ms-flexbox;display:flex}", "a{display:flex}");
    // Safari needs this one, but the page was seen without it.
    check("a{user-select:none}", "a{user-select:none}");
    // Without an unprefixed one, this is what it says.
    check("a{-webkit-box-orient:vertical;display:-webkit-box}", "a{-webkit-box-orient:vertical;display:-webkit-box}");
}

#[test]
fn an_animation_may_be_told_before_a_rule() {
    check(
        "@keyframes k { 0% { opacity: 0 } } a { opacity: 1 } @keyframes k { 0% { opacity: 0 } }",
        "@keyframes k{0%{opacity:0}}a{opacity:1}",
    );
}

#[test]
fn what_no_browser_reads_goes_and_nothing_else() {
    check(".cf{*zoom:1;color:red}", ".cf{color:red}");
    let old = "a{filter:progid:DXImageTransform.Microsoft.gradient(startColorstr=\"#1\",endColorstr=\"#2\")}";
    check(old, old);
    // Only Internet Explorer takes this for true.
    check("a{b:c}\n@media screen and (min-width:0\\0 ){a{color:red}}é{b:c}", "a,é{b:c}");
    check("é{b:c}@media (min-width:0\\0){a{color:red}}@media print{b{c:d}}", "é{b:c}@media print{b{c:d}}");
    for text in [
        "a:unknown(>){color:red}",
        "@media print,screen and (min-width:0\\0){a{color:red}}",
        "@media (min-width:0\\0) or (color){a{color:red}}",
        "@media (min-width:0new){a{color:red}}",
    ] {
        assert!(made(text)[0].is_err(), "{text}: {:?}", made(text));
    }
}

#[test]
fn what_is_said_twice_is_said_once() {
    // lightningcss writes `-webkit-` a second time.
    check(
        "a{-webkit-text-decoration-color:rgb(var(--x))!important;text-decoration-color:rgb(var(--x))!important}",
        "a{-webkit-text-decoration-color:rgb(var(--x))!important;text-decoration-color:rgb(var(--x))!important}",
    );
    check("a{b:c;b:c;d:e;b:c}", "a{b:c;d:e;b:c}");
}

#[test]
fn longhands_are_not_gathered_to_what_a_target_does_not_know() {
    // Safari knows these since 14.1, and our targets begin with 14.0.
    check("a{top:0;right:0;bottom:0;left:0}", "a{top:0;right:0;bottom:0;left:0}");
    check(
        "a{margin-inline-start:1px;margin-inline-end:2px!important}b{margin-inline-start:1px;margin-inline-end:2px}",
        "a{margin-inline-start:1px;margin-inline-end:2px!important}b{margin-inline-start:1px;margin-inline-end:2px}",
    );
    // What the author writes is known to those who are meant.
    check("a{top:0;right:0;bottom:0;left:0}b{inset:1px}", "a{inset:0}b{inset:1px}");
    check("a{margin:0;inset-inline:0 1px}", "a{margin:0;inset-inline:0 1px}");
}

#[test]
fn what_nobody_sees_between_may_be_other() {
    check(
        ".x{border:0;border-top:1px solid;border-right:1px solid transparent;border-bottom:0;border-left:1px solid transparent}",
        ".x{border:1px solid #0000;border-top-color:currentColor;border-bottom:0}",
    );
    check(
        ".x{-webkit-animation-delay:1s;animation-delay:1s;-webkit-animation-delay:var(--x);animation-delay:var(--x)}",
        ".x{animation-delay:1s;-webkit-animation-delay:var(--x);animation-delay:var(--x)}",
    );
    check(
        ".x{transition:-webkit-transform .2s;transition:transform .2s;transition:transform .2s,-webkit-transform .2s}",
        ".x{transition:transform .2s}",
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

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]
    #[test]
    fn any_sheet_is_left_alone_or_what_is_proven_is_proven_again(
        text in "(a|\\.b|#c|::?(hover|is\\()|, ?|>|&| ?\\{|\\}|(color|margin|margin-top|position|transition|--x|font):|red|#ff0000|0px|var\\(--x\\)|calc\\(1px \\+|\\)|;|!important|@media |@charset \"utf-8\";|@import |@layer x|\\(min-width:1px\\)|/\\*!?|\\*/|\"|'|\\\\|\n| ){0,20}"
    ) {
        if let Some(candidate) = made(&text).into_iter().find_map(Result::ok) {
            let code = String::from_utf8(candidate.bytes).unwrap();
            let again = made(&code);
            proptest::prop_assert!(code.is_empty() || again.iter().any(Result::is_ok), "{text} → {code}: {again:?}");
        }
    }
}
