//! Small folders: what their pages get, and what they do not.

use super::*;
use crate::asset::{AssetPath, Kind};
use crate::graph::loads::Walker;
use crate::graph::tests::graph;

/// What a page of a folder becomes, by its path; the page comes first.
fn page(files: &[(&str, &str)]) -> Result<Hinted, String> {
    let graph = graph(files);
    let at = graph.files.iter().position(|file| file.path.as_str() == files[0].0).unwrap();
    let text_of = |file: usize| files.iter().find(|(path, _)| *path == graph.files[file].path.as_str()).unwrap().1;
    let read = Facts::wanted(&graph)
        .into_iter()
        .map(|file| (file, Fact::of(graph.files[file].kind, text_of(file).as_bytes())));
    let facts = Facts::new(graph.files.len(), read);
    let loads = Walker::new(&graph).closure(at, 100);
    hinted(&Page { text: files[0].1, at, graph: &graph, loads: &loads, facts: &facts })
}

/// Checks what is written before the end of the head, without its quotes, and that a second time adds nothing.
fn check(files: &[(&str, &str)], expected: &str) {
    let hinted = page(files).unwrap();
    let (start, end) = files[0].1.split_at(files[0].1.find("</head>").unwrap());
    let added = hinted.text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)).unwrap_or(&hinted.text);
    assert_eq!(added.replace('"', ""), expected, "{}", files[0].1);
    again(&hinted, files);
}

fn again(hinted: &Hinted, files: &[(&str, &str)]) {
    let mut files = files.to_vec();
    files[0].1 = &hinted.text;
    assert_eq!(page(&files).unwrap().text, hinted.text);
}

fn left(files: &[(&str, &str)], why: &str) {
    let hinted = page(files).unwrap();
    assert!(hinted.done.modules == 0 && hinted.left.iter().any(|left| left.contains(why)), "{hinted:?}");
}

const CHAIN: [(&str, &str); 3] =
    [("a.js", "import './lib/b.js';import('./later.js')"), ("lib/b.js", "export * from '../c.js'"), ("c.js", "")];

fn chain(page: &'static str) -> Vec<(&'static str, &'static str)> {
    [&[("index.html", page)], CHAIN.as_slice(), &[("later.js", "")]].concat()
}

#[test]
fn modules_that_modules_import_are_named_by_round_trips() {
    check(
        &chain("<head><script type=module src=a.js></script></head>"),
        "<link rel=modulepreload href=lib/b.js><link rel=modulepreload href=c.js>",
    );
    check(
        &chain("<head><script type=module>import './a.js'</script></head>"),
        "<link rel=modulepreload href=./lib/b.js><link rel=modulepreload href=./c.js>",
    );
    check(
        &chain("<head><link rel=modulepreload href=c.js><script type=module src=/a.js></script></head>"),
        "<link rel=modulepreload href=/lib/b.js>",
    );
    // Nothing loads these.
    check(&chain("<head><template><script type=module src=a.js></script></template></head>"), "");
    check(&chain("<head><script type=module>import('./a.js')</script></head>"), "");
    check(&chain("<head><link rel=prefetch href=a.js></head>"), "");
    // A page further down writes its addresses from where it is.
    let mut files = chain("");
    files[0] = ("docs/x/index.html", "<head><script type=module src=../../a.js></script></head>");
    check(&files, "<link rel=modulepreload href=../../lib/b.js><link rel=modulepreload href=../../c.js>");
    files[0].1 = "<head><base href=/><script type=module src=a.js></script></head>";
    check(&files, "<link rel=modulepreload href=lib/b.js><link rel=modulepreload href=c.js>");
}

#[test]
fn what_is_asked_for_by_more_than_its_path_is_not_named() {
    let page = ("index.html", "<head><script type=module src=a.js></script></head>");
    check(
        &[page, ("a.js", "import './b.js?v=1'"), ("b.js", "import './c.js'"), ("c.js", "")],
        "<link rel=modulepreload href=c.js>",
    );
    check(&[page, ("a.js", "import data from './b.json' with {type:'json'}"), ("b.json", "{}")], "");
    check(&[page, ("a.js", "import './b%20b.js'"), ("b b.js", "")], "");
    check(&[page, ("a.js", "import './gone.js'")], "");
}

#[test]
fn modules_come_after_import_maps() {
    let map = "<script type=importmap>{\"imports\":{\"lib/\":\"./lib/\"}}</script>";
    let files = |page: &'static str| [("index.html", page), ("a.js", "import 'lib/b.js'"), ("lib/b.js", "")];
    let page: &'static str =
        Box::leak(format!("<head>{map}<script type=module src=a.js></script></head>").into_boxed_str());
    check(&files(page), "<link rel=modulepreload href=lib/b.js>");
    let behind: &'static str =
        Box::leak(format!("<head></head>{map}<script type=module src=a.js></script>").into_boxed_str());
    left(&files(behind), "its import map stands behind its head");
    left(
        &chain("<head><script>s.type='importmap'</script><script type=module src=a.js></script></head>"),
        "may add an import map",
    );
    left(
        &chain(
            "<head><script type=importmap>{\"imports\":{\"./c.js\":\"./d.js\"}}</script><script type=module src=a.js></script></head>",
        ),
        "its import map may change addresses",
    );
    left(
        &chain("<head><script src=https://x.example/y.js></script><script type=module src=a.js></script></head>"),
        "may add an import map",
    );
    left(
        &chain("<head><script>x.hydrateRoot(document,y)</script><script type=module src=a.js></script></head>"),
        "hydrates the whole page",
    );
    left(&chain("<head><script type=module crossorigin=use-credentials src=a.js></script></head>"), "credentials");
    left(
        &chain(
            "<head><meta http-equiv=content-security-policy content=\"script-src 'nonce-x'\"><script type=module nonce=x src=a.js></script></head>",
        ),
        "its policy does not allow scripts of its own site",
    );
}

#[test]
fn there_is_an_end_to_links() {
    let names: Vec<String> = (0..80).map(|at| format!("m{at}.js")).collect();
    let first: String = names.iter().map(|name| format!("import './{name}';")).collect();
    let mut files =
        vec![("index.html", "<head><script type=module src=a.js></script></head>"), ("a.js", first.as_str())];
    files.extend(names.iter().map(|name| (name.as_str(), "")));
    let hinted = page(&files).unwrap();
    assert_eq!(hinted.done.modules, links::MOST_MODULES);
    again(&hinted, &files);
}

#[test]
fn style_sheets_are_named_where_nothing_decides_about_them() {
    let page = |link: &'static str| -> &'static str { Box::leak(format!("<head>{link}</head>").into_boxed_str()) };
    let files = |link: &'static str| {
        [
            ("index.html", page(link)),
            ("a.css", "@import 'b.css';@import 'print.css' print"),
            ("b.css", "@import url(c.css) layer(x);"),
            ("c.css", ""),
            ("print.css", ""),
        ]
    };
    let both = "<link rel=preload as=style href=b.css><link rel=preload as=style href=c.css>";
    check(&files("<link rel=stylesheet href=a.css>"), both);
    check(&files("<link rel=stylesheet href=a.css media=screen>"), both);
    check(&files("<style>@import 'a.css';</style>"), both);
    check(&files("<link rel=stylesheet href=a.css media=print>"), "");
    check(&files("<link rel=stylesheet href=a.css crossorigin>"), "");
    check(&files("<link rel='alternate stylesheet' title=x href=a.css>"), "");
    check(&files("<noscript><link rel=stylesheet href=a.css></noscript>"), "");
    check(
        &files("<link rel=stylesheet href=a.css><link rel=preload as=style href=b.css>"),
        "<link rel=preload as=style href=c.css>",
    );
}

#[test]
fn fonts_are_named_where_a_text_is_certainly_set_in_them() {
    let face = |more: &str, file: &str| format!("@font-face{{font-family:Leaf;{more};src:url({file})}}");
    let link = |name: &str| format!("<link rel=preload as=font type=font/woff2 href={name} crossorigin>");
    let set = |css: &str, body: &str, expected: &str| {
        let faces =
            [face("", "a.woff2"), face("font-weight:700", "b.woff2"), face("unicode-range:U+370-3FF", "g.woff2")]
                .concat();
        let (css, page) =
            (format!("{faces}{css}"), format!("<head><link rel=stylesheet href=a.css></head><body>{body}"));
        check(&[("index.html", &page), ("a.css", &css), ("a.woff2", ""), ("b.woff2", ""), ("g.woff2", "")], expected);
    };
    set("body{font-family:Leaf,serif}", "<p>text", &link("a.woff2"));
    set("body{font:bold 1em/1.5 'leaf'}", "<p>text", &link("b.woff2"));
    set("html{font-family:Leaf}", "<h1>text</h1><p>text", &(link("b.woff2") + &link("a.woff2")));
    set("h1{font-family:Leaf;font-weight:400}", "<h1>text</h1>", &link("a.woff2"));
    // Nothing is set in it, or not for certain.
    set("h1{font-family:Leaf}", "<p>text", "");
    set("body{font-family:Leaf}", "<p>12 %", "");
    set("body{font-family:Leaf}p{font-family:Other}", "<p>text", "");
    set("body{font-family:Leaf}.x p{font-family:Other}", "<p>text", "");
    set("@media print{body{font-family:Leaf}}", "<p>text", "");
    set("body{font-family:Leaf}p:first-child{font-weight:700}", "<p>text", "");
    set("body{font-family:Leaf}.x{display:none}", "<p class=x>text", "");
    set("body{font-family:Leaf}", "<p style='font-family:x'>text", "");
    set("body{font-family:Leaf}", "<p>text<script>e.sheet.insertRule(x)</script>", "");
    set("body{font-family:Leaf}", "<link rel=stylesheet href=https://x.example/y.css><p>text", "");
    set("body{font-family:Leaf}@font-face{font-family:Leaf;src:local(x),url(a.woff2)}", "<p>text", "");
}

#[test]
fn all_images_but_the_first_wait() {
    let images =
        |rest: &str| format!("<head></head>{}{rest}", "<img src=a.png>".repeat(crate::graph::loads::FIRST_IMAGES));
    let check = |rest: &str, expected: &str| {
        let placed = |text: &str| text.replace("b.png", "b.png width=9 height=9");
        let (rest, expected) = (placed(rest), placed(expected));
        let before = images(&rest);
        let files = [("index.html", before.as_str()), ("a.png", ""), ("b.png", "")];
        let hinted = page(&files).unwrap();
        assert_eq!(hinted.text, images(&expected), "{rest}");
        again(&hinted, &files);
    };
    let same = |rest: &str| check(rest, rest);
    check("<img src=b.png>", "<img loading=\"lazy\" decoding=\"async\" src=b.png>");
    check("<IMG decoding=sync src=b.png alt='x'>", "<IMG loading=\"lazy\" decoding=sync src=b.png alt='x'>");
    check("<img src=https://x.example/b.png>", "<img loading=\"lazy\" decoding=\"async\" src=https://x.example/b.png>");
    same("<img src=b.png loading=eager>");
    same("<img src=b.png id=x>");
    same("<img src=b.png onload=x()>");
    same("<img src=b.png data-src=x>");
    same("<img src=b.png style=x>");
    same("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>");
    same("<img>");
    same("<img src=a.png>");
    same("<noscript><img src=b.png></noscript>");
    same("<template><img src=b.png></template>");
    same("<picture><img src=b.png></picture>");
    same("<img src=b.png><script>c.drawImage(i,0,0)</script>");
    same("<img src=b.png><script src=https://x.example/y.js></script>");
    same("<img src=b.png><style>img[ loading=lazy] { opacity: 0 }</style>");
    same("<p><image src=b.png>");
}

#[test]
fn the_first_large_image_is_hurried() {
    let check = |body: &str, expected: &str| {
        let (before, after) = (format!("<head></head>{body}"), format!("<head></head>{expected}"));
        let files =
            [("index.html", before.as_str()), ("a.svg", "<svg width='400' height='300'/>"), ("b.svg", "<svg/>")];
        let hinted = page(&files).unwrap();
        assert_eq!(hinted.text, after);
        again(&hinted, &files);
    };
    let small = "<img src=a.svg width=20 height=20>";
    let large = "<img src=a.svg width=400 height=300>";
    let same = |body: &str| check(body, body);
    check(
        &format!("{small}{large}{large}"),
        &format!("{small}<img fetchpriority=\"high\" src=a.svg width=400 height=300>{large}"),
    );
    check("<img src=a.svg>", "<img fetchpriority=\"high\" width=\"400\" height=\"300\" src=a.svg>");
    same(&format!("<img src=b.svg>{large}"));
    same(&format!("<img src=a.svg width=20>{large}"));
    same(&format!("{large}<img fetchpriority=low src=a.svg width=1 height=1>"));
    same(&format!("<link rel=preload as=image href=b.svg>{large}"));
    same(small);
}

#[test]
fn images_get_their_size_where_nothing_else_decides_about_it() {
    let check = |css: &str, body: &str, is_sized: bool| {
        let text = format!("<head><link rel=stylesheet href=a.css></head>{body}");
        let files =
            [("index.html", text.as_str()), ("a.css", css), ("a.svg", "<svg xmlns='x' width='40' height='30'/>")];
        let hinted = page(&files).unwrap();
        assert_eq!(hinted.done.sized, usize::from(is_sized), "{css} {body}");
        assert_eq!(hinted.text.contains("<img width=\"40\" height=\"30\" src=a.svg"), is_sized);
        again(&hinted, &files);
    };
    let plain = "<p><img src=a.svg>";
    check("", plain, true);
    check("p{width:10px}img{border:0}", plain, true);
    check(".x{width:10px}", plain, true);
    check("img{max-width:100%;height:auto}", plain, true);
    check("img{width:100%}*{height:auto}", plain, true);
    check("img{max-width:100%}", plain, false);
    check("img{width:100%}", plain, false);
    check(".y img{height:40px}", plain, false);
    check("img{height:auto}.y img{height:40px}", plain, false);
    check("@media print{img{height:auto}}img{max-width:9px}", plain, false);
    check("img{height:auto;max-height:9px}", plain, false);
    check("img{all:unset}", plain, false);
    check("img:not([width]){border:0}", plain, false);
    check("p{display:flex}", plain, false);
    check("p{display:inline-grid}", plain, false);
    check("", "<p style='display:flex'><img src=a.svg>", false);
    check("", "<p><img src=a.svg style='width:2px'>", false);
    check("", "<p><img src=a.svg width=5>", false);
    check("", "<p><img src=a.svg srcset='a.svg 2x'>", false);
    check("", "<p><picture><img src=a.svg></picture>", false);
    check("", "<p><img src=a.svg><script>document.adoptedStyleSheets=[s]</script>", false);
    check("", "<style>img{width:1px}</style><p><img src=a.svg>", false);
    check("", "<link rel=stylesheet href=gone.css><p><img src=a.svg>", false);
}

#[test]
fn what_another_engine_reads_gets_nothing() {
    for text in ["<head></head>{{ x }}", "<head></head>{% x %}", "<head></head><a href='<% x %>'>"] {
        assert!(page(&[("index.html", text)]).unwrap_err().contains("template"), "{text}");
    }
    assert_eq!(page(&[("index.html", "<p>x")]).unwrap_err(), "it has no head");
    assert_eq!(Kind::of(&AssetPath::new("index.html").unwrap()), Kind::Html);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(400))]
    #[test]
    fn any_page_is_the_same_but_for_its_hints_or_gets_none(
        text in "(<(head|/head|base|img|script|/script|style|/style|p|svg|/svg|template|/template|noscript|/noscript|picture|link)( (src|href|rel|type|class)=(a.js|a.css|a.svg|module|stylesheet|'))*>|x|\n|<!--|-->){0,14}"
    ) {
        let css = "@import 'b.css';@font-face{font-family:x;src:url(a.woff2)}*{font-family:x}";
        let files = [("index.html", text.as_str()), ("a.js", "import './b.js'"), ("b.js", ""), ("a.css", css), ("b.css", ""), ("a.svg", "<svg width='400' height='300'/>"), ("a.woff2", "")];
        if let Ok(hinted) = page(&files) {
            again(&hinted, &files);
        }
    }
}

#[test]
fn scripts_that_see_nothing_wait_until_the_page_is_read() {
    let check = |text: &'static str, expected: &str| {
        let files = [
            ("index.html", text),
            ("late.js", "document.title='x'"),
            ("lib.js", "var lib = { sum: (a, b) => a + b }"),
            ("more.js", "lib.more = (a) => lib.sum(a, 1)"),
            ("named.js", "var own = window.menu"),
        ];
        let hinted = page(&files).unwrap();
        assert_eq!(hinted.text, expected);
        again(&hinted, &files);
    };
    let kept = |text: &'static str| check(text, text);
    check(
        "<head><script src=lib.js></script><script src=more.js></script><script src=late.js defer></script></head><p>x</p>",
        "<head><script defer src=lib.js></script><script defer src=more.js></script><script src=late.js defer></script></head><p>x</p>",
    );
    check(
        "<head><script src=lib.js></script></head><p>x</p><script type=module src=late.js></script>",
        "<head><script defer src=lib.js></script></head><p>x</p><script type=module src=late.js></script>",
    );
    // What runs where it stands may ask for what is before it.
    kept("<head><script src=lib.js></script></head><p>x</p><script>lib.sum(1, 2)</script>");
    kept("<head><script src=lib.js></script></head><p>x</p><script src=late.js></script>");
    kept("<head><script src=lib.js></script></head><p>x</p><script async src=late.js></script>");
    kept("<head><script src=lib.js></script></head><button onclick=lib.sum()>x</button>");
    kept("<head><script src=lib.js></script></head><iframe srcdoc=x></iframe>");
    // An element of that name is there only once the page is read.
    kept("<head><script src=named.js></script></head><p id=menu>x</p>");
    kept("<head></head><p>x</p><script src=lib.js></script>");
}

#[cfg(feature = "variants")]
#[test]
fn an_image_gets_a_picture_where_nobody_sees_it_move() {
    let check = |text: &str, script: &str, expected: Result<Option<&str>, &str>| {
        let files = [("index.html", text), ("a.js", script), ("img/a.png", ""), ("img/b.png", "")];
        let graph = graph(&files);
        let at = graph.files.iter().position(|file| file.path.as_str() == "index.html").unwrap();
        let read = Facts::wanted(&graph).into_iter().map(|file| {
            let text = files.iter().find(|(path, _)| *path == graph.files[file].path.as_str()).unwrap().1;
            (file, Fact::of(graph.files[file].kind, text.as_bytes()))
        });
        let facts = Facts::new(graph.files.len(), read);
        let loads = Walker::new(&graph).closure(at, 100);
        let page = Page { text, at, graph: &graph, loads: &loads, facts: &facts };
        let formats = |path: &AssetPath| match path.name() {
            "a.png" => vec![(".avif", "image/avif"), (".webp", "image/webp")],
            _ => Vec::new(),
        };
        let found = pictured(&page, &formats).map(|made| made.map(|(text, _)| text.replace('"', "")));
        assert_eq!(found, expected.map(|text| text.map(str::to_owned)).map_err(str::to_owned), "{text}");
    };
    let picture = "<picture><source type=image/avif srcset=img/a.png.avif><source type=image/webp srcset=img/a.png.webp>\
                   <img src=img/a.png></picture>";
    let page =
        |image: &str| format!("<head><style>p > b {{ color: red }}</style></head><p>{image}<img src=img/b.png></p>");
    check(&page("<img src=img/a.png>"), "", Ok(Some(&page(picture))));
    for kept in [
        "<head><style>p > img { color: red }</style></head><p><img src=img/a.png></p>",
        "<head><style>p { display: flex }</style></head><p><img src=img/a.png></p>",
        "<head></head><p><img src=img/a.png srcset='img/b.png 2x'></p>",
        "<head></head><p><img src=img/a.png id=x></p>",
        "<head></head><picture><img src=img/a.png></picture>",
        // It would be loaded in two formats.
        "<head></head><p><img src=img/a.png></p><p><img src=img/a.png id=x></p>",
        "<head><style>b { background: url(img/a.png) }</style></head><p><img src=img/a.png></p>",
        "<head></head><p><img src='img/a.png?v=1'></p>",
        "<head></head><p><img src=img/b.png></p>",
    ] {
        check(kept, "", Ok(None));
    }
    let scripted = "<head><script src=a.js></script></head><p><img src=img/a.png></p>";
    check(scripted, "f(document.images)", Err("one of its scripts may look for images"));
    check(
        "<head><script src=//x.example/a.js></script></head><img src=img/a.png>",
        "",
        Err("one of its scripts is not in the folder"),
    );
    check("<p>{{ x }}<img src=img/a.png>", "", Err("it is a template of another engine: it holds `{{`"));
}
