//! What comes out of pages, and what is left alone.

use super::*;
use crate::asset::{AssetPath, Kind};
use crate::transform::Loading;

fn shown(sheet: &str) -> Shown {
    let mut shown = Shown::default();
    shown.add(sheet);
    shown
}

fn made(text: &str, shown: &Shown) -> Result<String, String> {
    let path = AssetPath::new("index.html").unwrap();
    let source =
        Source { path: &path, kind: Kind::Html, bytes: text.as_bytes(), loading: Loading::Unknown, map: None, shown };
    minified(&source, &Settings::default()).map(|made| String::from_utf8(made.bytes).unwrap())
}

fn check(from: &str, to: &str) {
    let once = made(from, &Shown::default()).unwrap_or_else(|why| panic!("{from}: {why}"));
    assert_eq!(once, to);
    assert_eq!(made(&once, &Shown::default()).unwrap(), once, "twice");
}

#[test]
fn blanks_become_fewer_and_never_none() {
    check("<ul>\n    <li>a</li>\n\n    <li>b   c</li>\n</ul>", "<ul> <li>a</li> <li>b c</li> </ul>");
    check("<p>a\n<!-- a remark of its author -->\n<b>b</b>", "<p>a <b>b</b>");
    // minify-html #210
    let text = "<body>Hello <b>bold</b> <i>it</i> <a href=x>link</a>";
    check(text, text);
    check("<button>a</button>  <button>b</button>", "<button>a</button> <button>b</button>");
}

#[test]
fn blanks_that_are_shown_stay() {
    for text in [
        "<pre>  a\n   b </pre>",
        "<textarea>\n\n  a</textarea>",
        "<p style=\"white-space: pre\">  a  b</p>",
        "<div contenteditable>  a  b</div>",
        "<svg><text>  a  b</text></svg>",
        "<title>  a  </title>",
        "<pre>  <pre>  a </pre>  b</pre>",
    ] {
        check(text, text);
    }
    let shown = shown(".log{white-space:pre-wrap}");
    let text = "<p class='x log'>  a  <b>  b</b></p>";
    assert_eq!(made(text, &shown).unwrap(), text);
    assert_eq!(made("<p class=x>  a</p>", &shown).unwrap(), "<p class=x> a</p>");
}

#[test]
fn pages_that_are_hydrated_keep_their_blanks_and_remarks() {
    let text = "<!DOCTYPE html><div id=root><!-- a remark of its author --><p>a</p>\n\n<svg>\n <g/>\n</svg></div><script>hydrate()</script>";
    check(text, text);
    // What is empty was not rendered by a server.
    check(
        "<div id=root>\n\n</div>\n<noscript>Please  use scripts</noscript><script>hydrate()</script>",
        "<div id=root> </div> <noscript>Please use scripts</noscript><script>hydrate()</script>",
    );
}

#[test]
fn blanks_between_the_shapes_of_a_drawing_become_fewer() {
    check(
        "<svg>\n    <symbol>\n  <title>  a</title> <svg>\n  <path/>\n  </svg>\n  <text> a\n  <tspan>  b</tspan> </text></symbol></svg>",
        "<svg> <symbol> <title>  a</title> <svg> <path/> </svg> <text> a\n  <tspan>  b</tspan> </text></symbol></svg>",
    );
    let text = "<pre>  <svg>  <path/>  </svg></pre>";
    check(text, text);
}

#[test]
fn a_licence_is_kept_once() {
    let licence = "<!--! Icons by me - License - https://example.org/license -->";
    check(&format!("<b>{licence}</b><b>{licence}</b>"), &format!("<b>{licence}</b><b></b>"));
}

#[test]
fn remarks_go_and_marks_stay() {
    check("<p>a<!-- a remark of its author --></p>", "<p>a</p>");
    check("<p>a<!-- Start to hide / show this --></p>", "<p>a</p>");
    check("<p>a<!-- this is by `file:///`, and so it is not shown to the rest of the world --></p>", "<p>a</p>");
    for mark in [
        "<!--[if IE]><p>old</p><![endif]-->",
        "<!-- ko if: x -->",
        "<!-- /ko -->",
        "<!--[-->",
        "<!---->",
        "<!--$-->",
        "<!-- -->",
        "<!--#include file=\"x\" -->",
        "<!-- HTML_TAG_START -->",
        "<!--v-if-->",
        "<!--! a licence -->",
        "<!-- Copyright me 2020 -->",
        "<!-- {{ template }} -->",
        "<!-- noindex this -->",
        "<!-- begin sidebar -->",
        "<!-- path/to -->",
        "<!-->",
    ] {
        let text = format!("<p>a{mark}b</p>");
        check(&text, &text);
    }
}

#[cfg(all(feature = "js", feature = "css"))]
#[test]
fn scripts_and_styles_go_through_their_engines() {
    check("<style> a { color : #ff0000 } </style>", "<style>a{color:red}</style>");
    check("<script> var shown = 1 + 1 ; </script>", "<script>var shown=2;</script>");
    check(
        "<script type=module> const inner = f() ; g(inner, inner) </script>",
        "<script type=module>let e=f();g(e,e);</script>",
    );
    check(
        "<script type=application/ld+json> { \"a\" : 1 } </script>",
        "<script type=application/ld+json>{\"a\":1}</script>",
    );
    for text in [
        "<script type=text/x-template>  <b>  a </b></script>",
        "<script> {{ template }} </script>",
        "<script> x = '<!-- <scr' + 'ipt>' </script>",
        "<script>x=String.raw`<\\/script>`</script>",
        "<script></script>",
    ] {
        check(text, text);
    }
}

#[cfg(feature = "js")]
fn hash(body: &str) -> String {
    policy::hashes(body)[0].to_string()
}

#[cfg(feature = "js")]
#[test]
fn a_policy_gets_the_hash_of_what_a_script_is_now() {
    let page = |hash: &str, rest: &str| {
        format!("<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-x' '{hash}'\">{rest}")
    };
    let (long, short) = (" a ( 1 + 1 ) ", "a(2);");
    check(
        &page(&hash(long), &format!("<script>{long}</script>")),
        &page(&hash(short), &format!("<script>{short}</script>")),
    );
    // Of lines that end in two letters, browsers see one.
    let lines = " a ( )\r\n";
    let made = made(&page(&hash(" a ( )\n"), &format!("<script>{lines}</script>")), &Shown::default()).unwrap();
    assert_eq!(made, page(&hash("a();"), "<script>a();</script>"));
    // A script without a hash that is known is allowed in another way, or not at all; one with a nonce is.
    let other = page(&hash("other"), &format!("<script>{long}</script>"));
    check(&other, &other);
    check(
        &page(&hash("other"), &format!("<script nonce=x>{long}</script>")),
        &page(&hash("other"), &format!("<script nonce=x>{short}</script>")),
    );
    // A script and a module of one text become two.
    let both = "const first = 1 + 1; f(first, first)";
    let (script, module) = (hash("const first=2;f(2,2);"), hash("f(2,2);"));
    check(
        &page(&hash(both), &format!("<script>{both}</script><script type=module>{both}</script>")),
        &page(
            &format!("{script}' '{module}"),
            "<script>const first=2;f(2,2);</script><script type=module>f(2,2);</script>",
        ),
    );
}

#[cfg(feature = "js")]
#[test]
fn a_script_whose_hash_a_header_holds_stays() {
    let text = "<script> a ( ) </script>";
    let shown = Shown { hashes: policy::hashes(" a ( ) ").into_iter().collect(), ..Shown::default() };
    assert_eq!(made(text, &shown).unwrap(), text);
    assert_eq!(made("<script> b ( ) </script>", &shown).unwrap(), "<script>b();</script>");
}

#[test]
fn attributes_keep_their_values_and_lose_blanks_and_entities() {
    check(
        "<p class=\"a\"  id = 'b'\n title=\"a b\" hidden=\"\">&quot;a&quot;</p>",
        "<p class=\"a\" id='b' title=\"a b\" hidden=\"\">\"a\"</p>",
    );
    check(
        "<svg viewBox=\"0 0 1 1\"><path  d=\"M0 0\" fill=\"red\"/><g fill=\"red\"></g></svg><br />",
        "<svg viewBox=\"0 0 1 1\"><path d=\"M0 0\" fill=\"red\"/><g fill=\"red\"></g></svg><br>",
    );
    for text in [
        "<input checked=checked type=text>",
        "<script type=text/javascript src=a.js></script>",
        "<p style class>",
        "<noscript><img  src=\"a.png\" /><!-- a remark of its author --></noscript>",
        "<p title=\"{{ title }}\"  lang=\"en\">{{ a &quot; b }}",
        "<pre>&#10;a</pre>",
    ] {
        check(text, text);
    }
    check("<meta charset=\"utf-8\"><p>ü &#8212;</p>", "<meta charset=\"utf-8\"><p>ü —</p>");
    check("<p>ü &#8212;</p>", "<p>ü &#8212;</p>");
    check("<p>&amp;<!-- a remark of its author -->lt;</p>", "<p>&amp;lt;</p>");
}

#[test]
fn pages_about_templates_are_none() {
    check("<p>  a <code>{% if &quot;b&quot; %}</code>", "<p> a <code>{% if &quot;b&quot; %}</code>");
}

#[cfg(feature = "js")]
#[test]
fn a_script_in_a_page_never_ends_it() {
    for (text, expected) in [
        // swc #9723, UglifyJS #1442
        ("<script>  x = '<\\/script>'  </script>", "<script>x=\"<\\/script>\";</script>"),
        // esbuild #4494: what is put together must not be put together.
        ("<script>x( '<!-- <scr' + 'ipt>' )</script>", "<script>x( '<!-- <scr' + 'ipt>' )</script>"),
        // terser #1408
        ("<script>x = 0 < (/script>/).test(y)</script>", "<script>x=0< /script>/.test(y);</script>"),
        // html-minifier #142
        (
            "<script>document.write('<script src=\"j.js\">\\x3C/script>')</script>",
            "<script>document.write('<script src=\"j.js\">\\x3C/script>')</script>",
        ),
        // swc #7602: one that is a module's would lose what others use.
        ("<script>  var shown = function () {}  </script>", "<script>var shown=function(){};</script>"),
    ] {
        let once = made(text, &Shown::default()).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert!(once == expected || once == text, "{once}");
        assert_eq!(once.matches("</script").count(), 1, "{once}");
    }
}

#[test]
fn what_is_no_plain_page_is_left_alone() {
    for (text, why) in [
        ("{% block a %}  <p>", "template of another engine"),
        ("<?php  echo 1 ?>  <p>", "template of another engine"),
        ("<code>{% a %}</code>  <p>{% b %}", "template of another engine"),
        ("<p {% if a %}hidden{% endif %}>", "template of another engine"),
        ("<pre><%= a %></pre>", "template of another engine"),
        ("<p>  <!-- open", "a comment is not closed"),
        ("<script>  a", "not closed"),
        ("<plaintext>  a", "plaintext"),
    ] {
        let said = made(text, &Shown::default()).unwrap_err();
        assert!(said.contains(why), "{text}: {said}");
    }
}

#[test]
fn attributes_are_read_as_they_are_written() {
    let tag = "<a Href = 'x y' b c=d/e f=\"<>\" >";
    for (key, value) in [("href", Some("x y")), ("b", Some("")), ("c", Some("d/e")), ("f", Some("<>")), ("z", None)] {
        assert_eq!(attribute(tag, key), value, "{key}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]
    #[test]
    fn any_page_is_left_alone_or_settles(text in "(<[/!]?(p|pre|b|br|!--|table|td|script|style)? ?[a=\"'\n /&]{0,5}(>|-->)?|[ a\n<>&#;3]{0,4}|&(amp|lt|quot);){0,12}") {
        if let Ok(once) = made(&text, &Shown::default()) {
            proptest::prop_assert!(once.len() <= text.len());
            proptest::prop_assert_eq!(made(&once, &Shown::default()).unwrap_or_else(|_| once.clone()), once);
        }
    }
}
