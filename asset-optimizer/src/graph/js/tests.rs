//! What is seen in scripts.

use super::*;

fn looked(text: &str) -> Look {
    let mut look = Look::default();
    super::look(text, 0, &AssetPath::new("a.js").unwrap(), Loading::Unknown, &mut look);
    assert_eq!(look.unread, None, "{text}");
    look
}

fn check(text: &str, expected: &[(&str, How)]) {
    let look = looked(text);
    let mut found: Vec<(&str, How)> = look.found.iter().map(|found| (&text[found.span.clone()], found.how)).collect();
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn what_a_script_loads_is_found_where_it_stands() {
    check(
        "import a, {b} from './a.js';import './b.js';export * from \"./c.js\";export {d} from './d.js'",
        &[("./a.js", How::Import), ("./b.js", How::Import), ("./c.js", How::Import), ("./d.js", How::Import)],
    );
    check(
        "x(()=>import('./a.js'));import(`./b.js`)",
        &[("./a.js", How::DynamicImport), ("./b.js", How::DynamicImport)],
    );
    check("import(x ? './a.js' : './b.js')", &[("./a.js", How::DynamicImport), ("./b.js", How::DynamicImport)]);
    check(
        "a=new URL('./x.png',import.meta.url).href;b=''+new URL(\"y.wasm\",import.meta.url)",
        &[("./x.png", How::Url), ("y.wasm", How::Url)],
    );
    check(
        "new Worker(new URL('w.js',import.meta.url),{type:'module'});new Worker('/v.js');new Worker(''+new URL('u.js',import.meta.url).href)",
        &[("w.js", How::Worker), ("/v.js", How::Worker), ("u.js", How::Worker)],
    );
    check(
        "navigator.serviceWorker.register('/sw.js');importScripts('a.js','b.js')",
        &[("/sw.js", How::ServiceWorker), ("a.js", How::Worker), ("b.js", How::Worker)],
    );
    check(
        "fetch('a.json');r.open('GET','b.json');window.fetch(`c.json`)",
        &[("a.json", How::Fetch), ("b.json", How::Fetch), ("c.json", How::Fetch)],
    );
    check(
        "i.src='a.png';l.setAttribute('href','b.css');const c='/assets/c.png'",
        &[("a.png", How::Text), ("b.css", How::Text), ("/assets/c.png", How::Text)],
    );
    check(
        "const d=(i,m=d,e=(m.f||(m.f=['./a.js','assets/b.css'])))=>i.map(i=>e[i])",
        &[("./a.js", How::Dependency), ("assets/b.css", How::Dependency)],
    );
    check(
        "p(()=>import('./a.js'),['./a.js','./b.css'],import.meta.url)",
        &[("./a.js", How::DynamicImport), ("./a.js", How::Dependency), ("./b.css", How::Dependency)],
    );
    check(
        "precache([{url:'a.js',revision:null},{'revision':'x',\"url\":'b.js'}])",
        &[("a.js", How::Precache), ("b.js", How::Precache)],
    );
    check("a()\n//# sourceMappingURL=a.js.map", &[("a.js.map", How::SourceMap)]);
    check("x='a.js';y={file:'b.js'};z=['c.js']", &[]);
    // What stands behind another address is none of its own.
    check("fetch(API+'/config.json');x=y+(z?'/a.js':'/b.js')", &[]);
    check("x=y+function(){fetch('a.json');return '/c.png'}", &[("a.json", How::Fetch), ("/c.png", How::Text)]);
}

#[test]
fn names_that_are_put_together_are_patterns() {
    let check = |text: &str, expected: &[&str]| {
        let patterns: Vec<String> = looked(text).patterns.iter().map(ToString::to_string).collect();
        assert_eq!(patterns, expected, "{text}");
    };
    check("import(`./locale/${x}.js`)", &["locale/*.js"]);
    check("import('./locale/'+x)", &["locale/*"]);
    check("import(x)", &[]);
    check("new URL('./img/'+x,import.meta.url)", &["img/*"]);
    check("r.u=e=>''+e+'.'+{1:'abc'}[e]+'.js'", &["*.*.js"]);
    check("''.concat(e,'.chunk.css')", &["*.chunk.css"]);
    check("a+b+c;'x '+y;1+2", &[]);
    check("f=b+'/img/'+n+'.png'", &["*/img/*.png"]);
    check("u='img/'+n", &["img/*"]);
    check("u+='.png'", &["*.png"]);
    check("u='.png';v='-hover.png'", &["*-hover.png", "*.png"]);
    check("f('logo'+'.png')", &["logo.png"]);
    check("['img/',n,'.png'].join('')", &["img/*.png"]);
    check("x=n+(z?'-a.png':'.gif')", &["*-a.png", "*.gif"]);
    check("e.innerHTML='<img src=\"img/'+n+'.png\">'", &["img/*.png"]);
    check("html`<img src=\"img/${n}.png\">`", &["img/*.png"]);
    check("'img/{n}.png'.replace('{n}',n)", &["*.png"]);
    check("i.src=i.src.replace('small','large')", &["*large*", "*small*"]);
    check("$(i).attr('src').replace(/\\d+x/,'')", &["*x*"]);
    check("i.src=i.src.replace(/-\\d+/,'')", &["*"]);
    check("i.src.replace(/\\n/g,'');i.src.replace(x,'')", &[]);
    check("l.href.replace(/#.*$/,'');l.href.replace(/.$/,'')", &[]);
    check("s.replace('small','large')", &[]);
    check("x.endsWith('.css')||y==='.png'", &[]);
    check("switch(x){case '.png':f('.gif')}", &["*.gif"]);
}

#[test]
fn comments_and_escaped_texts_are_told_apart() {
    let text = "/* a.js */x='\\u0061.js' // b.js\n";
    let look = looked(text);
    assert_eq!(look.escaped, ["a.js"]);
    let comments: Vec<&str> = look.comments.iter().map(|span| &text[span.clone()]).collect();
    assert!(comments.contains(&"/* a.js */") && comments.contains(&"// b.js"), "{comments:?}");
    assert_eq!(looked("/ckeditor\\.js$/;`\\u0062.js`").escaped, ["ckeditor.js$", "b.js"]);
}

#[test]
fn what_does_not_parse_says_so() {
    let mut look = Look::default();
    super::look("let let", 0, &AssetPath::new("a.js").unwrap(), Loading::Unknown, &mut look);
    assert!(look.unread.is_some());
}
