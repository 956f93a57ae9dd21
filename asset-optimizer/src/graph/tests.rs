//! What is proven of whole folders, and what is not.

use std::collections::BTreeMap;

use super::*;
use crate::transform::Loading;

fn joined(all: &[(&str, &str)], public: Option<&str>) -> Graph {
    let mut all: Vec<(AssetPath, &str)> =
        all.iter().map(|(path, text)| (AssetPath::new(path).unwrap(), *text)).collect();
    all.sort();
    let files = Files::of(all.iter().map(|(path, _)| (path.clone(), Kind::of(path))).collect(), &|_| None);
    let sights: Vec<Sight> =
        all.iter().enumerate().map(|(at, (_, text))| files.look(at, Loading::Unknown, text.as_bytes())).collect();
    let public = public.map(|text| PublicUrl::parse(text).unwrap());
    join(&files, &sights, public.as_ref(), &BTreeMap::new())
}

pub(crate) fn graph(all: &[(&str, &str)]) -> Graph {
    joined(all, None)
}

/// Who is referred to by whom and how, and who is doubted, as `a -> b how` and `b: why`.
fn told(graph: &Graph) -> Vec<String> {
    let name = |file: usize| graph.files[file].path.as_str();
    let mut told: Vec<String> = graph
        .references
        .iter()
        .map(|reference| format!("{} -> {} {}", name(reference.from), name(reference.to), reference.how.name()))
        .collect();
    let doubts = graph.files.iter().filter_map(|file| Some((file, file.doubt.as_ref()?)));
    told.extend(doubts.map(|(file, doubt)| format!("{}: {}", file.path, graph.said(doubt))));
    told
}

#[test]
fn references_lead_where_a_browser_goes() {
    let check = |all: &[(&str, &str)], expected: &[&str]| assert_eq!(told(&graph(all)), expected, "{all:?}");
    check(
        &[
            ("docs/index.html", "<script src=../a.js></script><link rel=icon href=/b%20c.png>"),
            ("a.js", ""),
            ("b c.png", ""),
        ],
        &["docs/index.html -> a.js script", "docs/index.html -> b c.png icon"],
    );
    check(
        &[("index.html", "<base href=app/><script src=a.js></script>"), ("app/a.js", "")],
        &["index.html -> app/a.js script"],
    );
    // That may be this folder by another name.
    check(
        &[("index.html", "<base href=https://cdn.example/><script src=a.js></script>"), ("a.js", "")],
        &["a.js: `index.html` names it in a way that is not understood"],
    );
    check(
        &[
            ("index.html", "<a href=docs/>x</a><a href=about>y</a><a href=/>z</a>"),
            ("docs/index.html", ""),
            ("about.html", ""),
        ],
        &["index.html -> docs/index.html link", "index.html -> about.html link", "index.html -> index.html link"],
    );
    check(
        &[("index.html", "<script src=js/a.js></script>"), ("js/a.js", "fetch('data.json')"), ("data.json", "{}")],
        &["index.html -> js/a.js script", "js/a.js -> data.json fetch"],
    );
    check(
        &[
            ("index.html", "<script type=importmap>{\"imports\":{\"x\":\"./x.js\",\"d/\":\"./deep/\"}}</script>"),
            ("m.mjs", "import 'x';import 'd/y.js';import 'unknown'"),
            ("x.js", ""),
            ("deep/y.js", ""),
        ],
        &["index.html -> x.js import map", "m.mjs -> x.js import", "m.mjs -> deep/y.js import"],
    );
}

#[test]
fn what_is_not_understood_is_doubted() {
    let check = |all: &[(&str, &str)], file: &str, expected: Option<&str>| {
        let graph = graph(all);
        let node = graph.files.iter().find(|node| node.path.as_str() == file).unwrap();
        assert_eq!(node.doubt.as_ref().map(|doubt| graph.said(doubt)).as_deref(), expected, "{all:?}");
    };
    let page = "<script src=a.js></script><img src=b.png>";
    let named = |by: &str| format!("`{by}` names it in a way that is not understood");
    check(&[("i.html", page), ("a.js", "load('b.png')"), ("b.png", "")], "b.png", Some(&named("a.js")));
    check(&[("i.html", page), ("a.js", "// b.png"), ("b.png", "")], "b.png", None);
    check(&[("i.html", page), ("a.js", "x='other/b.png'"), ("img/b.png", ""), ("b.png", "")], "img/b.png", None);
    check(
        &[("i.html", page), ("a.js", ""), ("b.png", ""), ("_headers", "/B.png\n x: y")],
        "b.png",
        Some(&named("_headers")),
    );
    check(
        &[("i.html", page), ("a.js", ""), ("b.png", ""), ("data.json", "[\"b.png\"]")],
        "b.png",
        Some(&named("data.json")),
    );
    check(&[("i.html", page), ("a.js", "x='\\u0062.png'"), ("b.png", "")], "b.png", Some(&named("a.js")));
    check(
        &[("i.html", page), ("a.js", "let let 'b.png'"), ("b.png", "")],
        "b.png",
        Some(
            "`a.js` names it, and cannot be read: it does not parse: line 1: Unexpected token `let`. Expected let is reserved in const, let, class declaration",
        ),
    );
    check(
        &[("i.html", "<script src=a.js></script>"), ("a.js", "i.src='img/'+n+'.png'"), ("img/b.png", "")],
        "img/b.png",
        Some("`a.js` puts a name together that may be its: `img/*.png`"),
    );
    check(&[("i.html", page), ("a.js", "n+'.png'"), ("b-C3f_xK9a.png", "")], "b-C3f_xK9a.png", None);
    check(
        &[("i.html", page), ("a.js", "n+'.png';m={b:'C3f_xK9a'}"), ("b-C3f_xK9a.png", "")],
        "b-C3f_xK9a.png",
        Some(&named("a.js")),
    );
    check(
        &[("i.html", "<img src='b&#46;png'>"), ("b.png", "")],
        "b.png",
        Some("`i.html` writes its name with escapes"),
    );
    check(
        &[
            ("i.html", page),
            ("d/i.html", "<script src=../a.js></script>"),
            ("a.js", "fetch('x.json')"),
            ("x.json", ""),
            ("d/x.json", ""),
        ],
        "x.json",
        Some("`a.js` means another file by the same address on another page"),
    );
    check(&[("i.html", "<img src=https://own.example/b.png>"), ("b.png", "")], "b.png", Some(&named("i.html")));
    check(&[("i.html", "<img src=https://cdn.example/x/b.png>"), ("b.png", "")], "b.png", Some(&named("i.html")));
    check(&[("i.html", "<img src=https://cdn.example/x/b.png>"), ("y/b.png", "")], "y/b.png", None);
    check(&[("i.html", "<img src=/base/b.png>"), ("b.png", "")], "b.png", Some(&named("i.html")));
    check(&[("i.html", "<img data-src=b.png>"), ("b.png", "")], "b.png", Some(&named("i.html")));
    // A helper between the address and `import.meta`: jspm#69, esbuild#208.
    check(
        &[("i.html", ""), ("js/a.mjs", "i.src=r(import.meta,'../b.png')"), ("b.png", "")],
        "b.png",
        Some(&named("js/a.mjs")),
    );
    check(
        &[("i.html", ""), ("a.mjs", "i.src=new URL(`./img/${x}.png`,import.meta.url)"), ("img/b.png", "")],
        "img/b.png",
        Some("`a.mjs` puts a name together that may be its: `img/*.png`"),
    );
    // In other letters, in percent signs, and out of the folder.
    check(&[("i.html", "<img src=IMG/B.PNG>"), ("img/b.png", "")], "img/b.png", Some(&named("i.html")));
    check(&[("i.html", "<img src=img%2Fb.png><img src=img/b.png>"), ("img/b.png", "")], "img/b.png", None);
    check(&[("d/i.html", "<img src=../../b.png>"), ("b.png", "")], "b.png", Some(&named("d/i.html")));
}

#[test]
fn a_name_that_a_page_or_a_script_makes_is_doubted() {
    let is_doubted = |all: &[(&str, &str)], file: &str| {
        let graph = graph(all);
        graph.files.iter().find(|node| node.path.as_str() == file).unwrap().doubt.is_some()
    };
    let img = "<img src=img/b-2.png>";
    let check = |page: &str, script: &str| {
        let page = format!("{img}<script src=a.js></script>{page}");
        assert!(
            is_doubted(&[("i.html", &page), ("a.js", script), ("img/b-2.png", ""), ("c.json", "{}")], "img/b-2.png"),
            "{page} {script}"
        );
    };
    check("", "i.src=base+'/img/'+n+'.png'");
    check("", "const ext='.png';i.src=dir+n+ext");
    check("", "e.innerHTML=`<img src=\"img/${n}.png\">`");
    check("", "e.style.background='url(img/b-'+n+')'");
    check("", "i.src=i.src.replace('b-1','b-2')");
    check("", "let let");
    check("<img src='img/b-{{ n }}.png'>", "");
    check("<template><img src='img/${n}.png'></template>", "");
    check("<a href='viewer.html?file=img/b-2.png'>x</a>", "");
    check("<a href='javascript:show(\"img/b-\"+n+\".png\")'>x</a>", "");
    check("<p onclick='this.src=\"img/b-\"+n+\".png\"'>", "");
    check("<script>let let</script>", "");
    check("<p data-src='img&#47;b-2&#46;png'>", "");
    check("<script type=application/json>{\"a\":\"img\\/b-2\\u002epng\"}</script>", "");
    check("<textarea>![](img/b-2.png)</textarea>", "");
    check("<pre class=mermaid>img/b-2.png</pre>", "");
    check("<meta property=og:image content=https://x.example/site/img/b-2.png>", "");
    // And none of that here.
    for (page, script) in [
        ("", "i.src='video/'+n+'.mp4'"),
        ("", "if(x.endsWith('.png'))y(z)"),
        ("<p>img/b-2.png</p>", ""),
        ("<p onclick='go(1)'>", "/a.b/.test(x)"),
    ] {
        let page = format!("{img}<script src=a.js></script>{page}");
        assert!(
            !is_doubted(&[("i.html", &page), ("a.js", script), ("img/b-2.png", "")], "img/b-2.png"),
            "{page} {script}"
        );
    }
}

#[test]
fn a_guess_is_good_for_a_name_that_there_is_once() {
    let doubts = |all: &[(&str, &str)]| {
        let graph = graph(all);
        graph.files.iter().filter(|file| file.doubt.is_some()).map(|file| file.path.to_string()).collect::<Vec<_>>()
    };
    // `b.js` is loaded by another script, on whatever page that runs.
    let a = "import './b.js'";
    let one = [
        ("i.html", "<script type=module src=a.js></script>"),
        ("a.js", a),
        ("b.js", "fetch('x.json')"),
        ("x.json", ""),
    ];
    assert_eq!(doubts(&one), [""; 0]);
    assert_eq!(doubts(&[&one[..], &[("d/x.json", "")]].concat()), ["d/x.json", "x.json"]);
    // Right beside the page, and without another script, there is no guess.
    let sure =
        [("i.html", "<script src=a.js></script>"), ("a.js", "fetch('x.json')"), ("x.json", ""), ("d/x.json", "")];
    assert_eq!(doubts(&sure), [""; 0]);
}

#[test]
fn a_public_url_tells_the_own_site_from_others() {
    let all = [
        (
            "index.html",
            "<img src=https://own.example/app/a.png><img src=/app/b.png><img src=https://other.example/app/c.png>",
        ),
        ("a.png", ""),
        ("b.png", ""),
        ("c.png", ""),
    ];
    let expected = ["index.html -> a.png image", "index.html -> b.png image"];
    assert_eq!(told(&joined(&all, Some("https://own.example/app/"))), expected);
}

#[test]
fn addresses_that_lead_nowhere_are_told() {
    let page = "<script src=gone.js></script><img src=../out.png><a href='mailto:x'>y</a>\
                <script>new URL('..', location)</script>";
    let graph = graph(&[("index.html", page)]);
    let missing: Vec<&str> = graph.missing.iter().map(|missing| missing.address.as_str()).collect();
    assert_eq!(missing, ["../out.png", "gone.js"]);
}

#[test]
fn a_hundred_thousand_references_in_one_file_are_read() {
    let page: String = (0..100_000).map(|at| format!("<img src=img/{}.png>", at % 100)).collect();
    let names: Vec<String> = (0..100).map(|at| format!("img/{at}.png")).collect();
    let mut all = vec![("index.html", page.as_str())];
    all.extend(names.iter().map(|name| (name.as_str(), "")));
    let graph = graph(&all);
    assert_eq!((graph.references.len(), graph.missing.len()), (100_000, 0));
    assert!(graph.files.iter().all(|file| file.doubt.is_none()));
}
