//! Whole folders on the disk: what is written under which names, and what holds digests and hashes of it.

use crate::asset::{Digest, Encoding};
use crate::compress::is_of;
use crate::fingerprint::{Renaming, Wishes};
use crate::glob::Glob;
use crate::hints::{Digests, Hints};
use crate::integrity::{Algorithm, Integrity};
use crate::manifest::{Caching, Manifest, NAME, OTHER_NAME};
use crate::optimize::{Order, optimize};
use crate::plan::Filters;
use crate::report::Report;
use crate::settings::Settings;
use crate::sys::files::{self, Staged, scratch};
use crate::write::Existing;

/// A folder to optimize, and what became of it.
struct Folder(Staged);

impl Folder {
    fn of(name: &str, all: &[(&str, &str)]) -> Folder {
        let place = scratch(name).unwrap();
        for (path, text) in all {
            files::write(&place.path().join("dist").join(path), text.as_bytes()).unwrap();
        }
        Folder(place)
    }

    fn order(&self, from: &str, to: &str) -> Order {
        Order {
            existing: Existing::Replace,
            settings: Settings { encodings: vec![Encoding::Gzip], ..Settings::default() },
            ..Order::new(self.0.path().join(from), Some(self.0.path().join(to)))
        }
    }

    fn optimized(&self) -> Report {
        optimize(&self.order("dist", "out"), &|_, _, _| ()).unwrap()
    }

    fn read(&self, folder: &str, path: &str) -> String {
        let bytes = files::read(&self.0.path().join(folder).join(path), 1 << 20).unwrap();
        String::from_utf8(bytes.unwrap_or_else(|| panic!("{path} is not there"))).unwrap()
    }

    fn manifest(&self) -> Manifest {
        Manifest::read(self.read("out", NAME).as_bytes()).unwrap()
    }

    fn name(&self, source: &str) -> String {
        self.manifest().file(source).unwrap().name.to_string()
    }
}

fn digest(text: &str) -> String {
    Integrity::of(Algorithm::Sha384, text.as_bytes()).to_string()
}

#[cfg(all(feature = "html", feature = "js"))]
#[test]
fn pages_hold_the_digests_of_what_is_served() {
    // The classic outage: the same name, other bytes, and a digest of these.
    let (b, a) = ("export const b = 1;", "import { b } from './b.js';\nconsole.log(b);");
    let page = format!(
        "<!DOCTYPE html><title>x</title><script type=importmap>{{\"integrity\":{{\"./b.js\":\"{}\"}}}}</script>\
         <script type=module src=a.js integrity={}></script>",
        digest(b),
        digest(a)
    );
    let folder = Folder::of("digests", &[("a.js", a), ("b.js", b), ("index.html", &page)]);
    let report = folder.optimized();
    assert_eq!((report.coverage.proven, report.coverage.files), (2, 2));
    let (a, b) = (folder.name("a.js"), folder.name("b.js"));
    let (a_text, b_text, page) = (folder.read("out", &a), folder.read("out", &b), folder.read("out", "index.html"));
    assert!(a_text.contains(&format!("./{b}")), "{a_text}");
    assert!(page.contains(&format!("src={a} integrity={}", digest(&a_text))), "{page}");
    assert!(page.contains(&format!("\"./{b}\":\"{}\"", digest(&b_text))), "{page}");
    for file in folder.manifest().files {
        let text = folder.read("out", file.name.as_str());
        assert_eq!((file.integrity.to_string(), file.bytes.0), (digest(&text), text.len() as u64), "{}", file.source);
    }
}

#[cfg(feature = "js")]
#[test]
fn who_holds_a_digest_that_nobody_rewrites_keeps_its_bytes_and_what_it_names() {
    let a = "fetch('data.json')";
    let folder = Folder::of(
        "frozen",
        &[
            ("a.js", a),
            ("data.json", "{}"),
            ("index.html", "<script src=a.js></script>"),
            ("list.json", &format!("[\"{}\"]", digest(a))),
        ],
    );
    folder.optimized();
    assert_eq!(folder.read("out", &folder.name("a.js")), a);
    let data = folder.manifest().file("data.json").unwrap().clone();
    let why = "`a.js` refers to it, and must stay as it is: `list.json` holds its digest";
    assert_eq!((data.name.as_str(), data.why_kept.as_deref()), ("data.json", Some(why)));
}

#[cfg(all(feature = "html", feature = "js"))]
#[test]
fn an_output_that_is_optimized_again_stays() {
    let folder = Folder::of(
        "again",
        &[
            ("a.js", "import('./b.js').then(x => x)\n//# sourceMappingURL=a.js.map"),
            (
                "a.js.map",
                "{\"version\":3,\"file\":\"a.js\",\"sources\":[\"a.ts\"],\"sourcesContent\":[\"a\"],\"names\":[],\"mappings\":\"AAAA\"}",
            ),
            ("b.js", "import('./a.js').then(x => x)"),
            ("gone.js", "// sourceMappingURL names nothing that is there\n//# sourceMappingURL=gone.js.map"),
            (
                "index.html",
                "<!DOCTYPE html><title>x</title><script type=module src=a.js></script><script src=gone.js></script>",
            ),
            ("p-C3f_xK9a.txt", "x-C3f"),
        ],
    );
    folder.optimized();
    let first = folder.manifest();
    optimize(&folder.order("out", "again"), &|_, _, _| ()).unwrap();
    let second = Manifest::read(folder.read("again", NAME).as_bytes()).unwrap();
    assert_eq!(first, second);
    for file in &first.files {
        assert_eq!(folder.read("out", file.name.as_str()), folder.read("again", file.name.as_str()));
    }
    assert!(first.file("b.js").is_some_and(|file| file.caching == Caching::Immutable && file.name != file.source));
    let names = folder.name("a.js");
    assert_eq!(folder.name("a.js.map"), format!("{names}.map"));
}

#[cfg(all(feature = "html", feature = "js"))]
#[test]
fn a_service_worker_knows_of_new_bytes() {
    let worker = "precache([{url:'index.html',revision:'0f'},{url:'a.js',revision:null},{url:'b.txt',revision:'1f'}])";
    let page = "<!DOCTYPE html><title>x</title><script src=a.js></script><script>navigator.serviceWorker.register('sw.js')</script>";
    let folder = Folder::of("revisions", &[("a.js", "a()"), ("b.txt", "b"), ("index.html", page), ("sw.js", worker)]);
    folder.optimized();
    let (worker, page) = (folder.read("out", "sw.js"), folder.read("out", "index.html"));
    let revision = &Digest::of(page.as_bytes()).to_string()[..32];
    assert!(
        worker.contains(&format!("revision:\"{revision}\"")) || worker.contains(&format!("revision:'{revision}'")),
        "{worker}"
    );
    assert!(worker.contains(&folder.name("a.js")) && worker.contains("1f") && !worker.contains("0f\""), "{worker}");
}

#[test]
fn names_stay_where_a_person_wants_that() {
    let folder = Folder::of("unwanted", &[("a.css", "b{c:d}"), ("index.html", "<link rel=stylesheet href=a.css>")]);
    let order = folder.order("dist", "out");
    let order = Order { wishes: Wishes { renaming: Renaming::Off, keep: Vec::new() }, ..order };
    let report = optimize(&order, &|_, _, _| ()).unwrap();
    assert!(report.entries.iter().all(|entry| entry.name == entry.path));
    assert_eq!(report.coverage.percent(), if cfg!(feature = "html") { 100 } else { 0 });
}

#[test]
fn a_list_of_another_is_no_manifest_of_ours() {
    let list = "{\"files\":{\"a.css\":\"/a.css\"}}";
    let folder = Folder::of("lists", &[("a.css", "b{c:d}"), (NAME, list)]);
    let report = folder.optimized();
    assert!(report.remarks.iter().any(|remark| remark.contains(OTHER_NAME)), "{:?}", report.remarks);
    assert_eq!(folder.read("out", NAME), list);
    assert!(Manifest::read(folder.read("out", OTHER_NAME).as_bytes()).is_ok());

    let folder = Folder::of("versions", &[(NAME, "{\"schema\":7,\"tool\":\"asset-optimizer\"}")]);
    let why = optimize(&folder.order("dist", "out"), &|_, _, _| ()).unwrap_err();
    assert!(why.message.ends_with("it is a manifest of version 7, and this reads version 1"), "{}", why.message);
    assert!(why.hint.is_some() && !files::exists(&folder.0.path().join("out")));
}

#[cfg(all(feature = "html", feature = "js"))]
#[test]
fn hands_and_places_do_not_change_what_is_written() {
    let all = [
        ("a.js", "import './b.js';import('./c.js')"),
        ("b.js", "import('./c.js')"),
        ("c.js", "import('./a.js')"),
        ("index.html", "<script type=module src=/a.js></script>"),
    ];
    let texts = |hands: usize| {
        let folder = Folder::of(&format!("hands-{hands}"), &all);
        optimize(&Order { hands: Some(hands), ..folder.order("dist", "out") }, &|_, _, _| ()).unwrap();
        let manifest = folder.manifest();
        manifest
            .files
            .iter()
            .map(|file| folder.read("out", file.name.as_str()))
            .chain([manifest.write()])
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(1), texts(4));
}

#[cfg(all(feature = "html", feature = "js"))]
#[test]
fn hints_name_files_as_they_are_served_and_are_written_once() {
    let policy = "<meta http-equiv=content-security-policy content=\"default-src 'self'\">";
    let page = format!("<html><head><title>x</title>{policy}<script type=module src=/a.js></script></head><body>");
    let worker = "precache([{url:'index.html',revision:'0f'}])";
    let all = [
        ("a.js", "import './b.js';export const a = 1"),
        ("b.js", "import './c.js'"),
        ("c.js", "console.log(1)"),
        ("index.html", page.as_str()),
        ("left.html", "<head></head>{{ x }}<script type=module src=a.js></script>"),
        ("plain.html", "<!DOCTYPE html><head><title>x</title></head><p>x</p>"),
        ("sw.js", worker),
        ("two.html", "<head><script>navigator.serviceWorker.register('sw.js')</script></head>"),
    ];
    let folder = Folder::of("hints", &all);
    let optimized = |from: &str, to: &str, hints: Hints| {
        optimize(&Order { hints, ..folder.order(from, to) }, &|_, _, _| ()).unwrap()
    };
    optimized("dist", "without", Hints::Off);
    let report = optimized("dist", "out", Hints::On);
    let remark = "hints: 1 of 4 pages have some that they had not: links to 2 modules, 0 style sheets and 0 fonts; of images, \
                  0 wait, 0 are hurried, 0 got their size; 0 scripts are deferred";
    assert!(report.remarks.iter().any(|said| said == remark), "{:?}", report.remarks);
    assert!(report.remarks.iter().any(|said| said.contains("it is a template of another engine")));
    let (b, c, text) = (folder.name("b.js"), folder.name("c.js"), folder.read("out", "index.html"));
    let links = format!("<link rel=\"modulepreload\" href=\"/{b}\"><link rel=\"modulepreload\" href=\"/{c}\"></head>");
    assert!(b != "b.js" && text.contains(&links), "{text}");
    assert_eq!(folder.read("without", "index.html"), text.replace(&links, "</head>"));
    for name in ["left.html", "plain.html", "two.html"] {
        assert_eq!(folder.read("without", name), folder.read("out", name));
    }
    let manifest = folder.manifest();
    assert_eq!(manifest.page("index.html").map(|page| page.round_trips), Some(2));
    let file = manifest.file("index.html").unwrap();
    assert_eq!((file.bytes.0, file.integrity.to_string()), (text.len() as u64, digest(&text)));
    let revision = &Digest::of(text.as_bytes()).to_string()[..32];
    assert!(folder.read("out", "sw.js").contains(revision));
    optimized("out", "again", Hints::On);
    for file in manifest.files.iter().map(|file| file.name.as_str()).chain([NAME]) {
        assert_eq!(folder.read("out", file), folder.read("again", file), "{file}");
    }
}

#[cfg(all(feature = "html", feature = "js"))]
#[test]
fn pages_that_stay_get_no_hints_and_what_lies_beside_others_is_theirs() {
    let page =
        "<head><title>x</title><script type=module src=a.js></script></head>".to_owned() + &"<p>text</p>".repeat(99);
    let all = [("a.js", "import './b.js'"), ("b.js", ""), ("in.html", page.as_str()), ("out.html", page.as_str())];
    let folder = Folder::of("staying", &all);
    let order = folder.order("dist", "out");
    let filters = Filters { exclude: vec![Glob::new("out.html").unwrap()], ..Filters::default() };
    let wishes = Wishes { renaming: Renaming::Off, keep: Vec::new() };
    let report = optimize(&Order { hints: Hints::On, filters, wishes, ..order }, &|_, _, _| ()).unwrap();
    let said = "hints are left out, because `--exclude out.html` names it: `out.html`";
    assert!(report.remarks.iter().any(|remark| remark == said), "{:?}", report.remarks);
    assert_eq!(folder.read("out", "out.html"), page);
    let compressed = files::read(&folder.0.path().join("out/in.html.gz"), 1 << 20).unwrap().unwrap();
    let text = folder.read("out", "in.html");
    assert!(text.contains("href=\"b.js\"") && is_of(Encoding::Gzip, &compressed, text.as_bytes()));
}

#[cfg(all(feature = "html", feature = "js", feature = "css"))]
#[test]
fn digests_that_are_asked_for_are_those_of_what_is_served() {
    let head = "<link rel=stylesheet href=a.css><script type=module src=a.js></script>";
    let page = format!("<html><head><title>x</title>{head}</head><body><script async src=//cdn.example/x.js></script>");
    let mapped = "<head><title>y</title><script type=importmap>{\"imports\":{\"c\":\"./c.js\"}}</script>\
                  <script type=module>import 'c'</script></head>";
    let all = [
        ("a.css", "@import 'b.css';"),
        ("a.js", "import './b.js';import('./lazy.js')"),
        ("b.css", "b { color : red }"),
        ("b.js", "export const b = import.meta.url"),
        ("c.js", "console.log(1)"),
        ("index.html", page.as_str()),
        ("lazy.js", "import './b.js';console.log(2)"),
        (
            "policy.html",
            "<head><meta http-equiv=content-security-policy content=\"script-src 'self'\"><script type=module src=a.js></script></head>",
        ),
        ("x.html", mapped),
    ];
    let folder = Folder::of("digests", &all);
    let optimized = |from: &str, to: &str, hints: Hints| {
        let order = Order { hints, digests: Digests::Added, ..folder.order(from, to) };
        optimize(&order, &|_, _, _| ()).unwrap()
    };
    let report = optimized("dist", "out", Hints::On);
    let said = |part: &str| assert!(report.remarks.iter().any(|remark| remark.contains(part)), "{:?}", report.remarks);
    said("digests: 3 of 3 pages have some that they had not, 7 in all");
    said(
        "digests are left out, because a policy may not allow an import map, which alone says them of modules without a tag: `policy.html`",
    );
    let digest_of = |source: &str| digest(&folder.read("out", &folder.name(source)));
    let text = folder.read("out", "index.html");
    for (file, how) in [("a.css", "stylesheet"), ("a.js", "src="), ("b.js", "modulepreload")] {
        let tags = || text.split('<').filter(|tag| tag.contains(&folder.name(file)) && tag.contains(how));
        assert!(tags().count() == 1 && tags().all(|tag| tag.contains(&digest_of(file))), "{file}: {text}");
    }
    // Nothing that is asked for without a digest is preloaded with one.
    assert!(!text.contains(&digest_of("b.css")) && text.contains("//cdn.example/x.js></script>"), "{text}");
    let map = format!(
        "<script type=\"importmap\">{{\"integrity\":{{\"./{}\":\"{}\"}}}}</script>",
        folder.name("lazy.js"),
        digest_of("lazy.js")
    );
    assert!(text.find(&map) < text.find("type=module") && text.contains(&map), "{text}");
    let map = format!(
        "{{\"integrity\":{{\"./{0}\":\"{1}\"}},\"imports\":{{\"c\":\"./{0}\"}}}}",
        folder.name("c.js"),
        digest_of("c.js")
    );
    assert!(folder.read("out", "x.html").contains(&map), "{}", folder.read("out", "x.html"));
    optimized("out", "again", Hints::On);
    for file in folder.manifest().files.iter().map(|file| file.name.as_str()).chain([NAME]) {
        assert_eq!(folder.read("out", file), folder.read("again", file), "{file}");
    }
    // A name that may get other bytes has no digest.
    let wishes = Wishes { renaming: Renaming::Off, keep: Vec::new() };
    let order = Order { digests: Digests::Added, wishes, ..folder.order("dist", "plain") };
    optimize(&order, &|_, _, _| ()).unwrap();
    assert!(!folder.read("plain", "index.html").contains("integrity"));
}
