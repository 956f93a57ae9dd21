//! What a page or a script loads: at once, and later, and after how many round trips.

use std::collections::VecDeque;

use super::{Graph, How, Reference, Timing};
use crate::asset::Kind;
use crate::manifest::{Hint, Role};

/// How many images of a page are taken for the first that are seen: as many as Chromium itself takes for that.
pub const FIRST_IMAGES: usize = 5;

/// A file that is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// The file, by its place in [`Graph::files`].
    pub file: usize,
    /// What it is loaded as.
    pub role: Role,
    /// In which round trip a browser can ask for it.
    pub round_trip: u32,
    /// How a browser may be told of it.
    pub hint: Option<Hint>,
    /// Whether the page itself does not wait for it, or cannot ask for it: what a frame or a worker loads, and style sheets for
    /// paper with all that they load.
    pub is_apart: bool,
}

/// What a file loads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closure {
    /// At once, itself first, by round trips and in the order in which a browser meets them.
    pub now: Vec<Loaded>,
    /// Later, in the same order.
    pub later: Vec<Loaded>,
    /// Whether there is more that it may load later than was asked for.
    pub is_cut: bool,
}

/// How much must happen until a file is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing more.
    Now,
    /// One import, or one thing that a visitor does.
    Next,
    /// More than one.
    Further,
}

/// Walks a graph many times.
pub struct Walker<'a> {
    graph: &'a Graph,
    /// In which walk each file was seen last.
    seen: Vec<u32>,
    walk: u32,
    /// Where this walk begins.
    start: usize,
}

impl<'a> Walker<'a> {
    /// A walker over a graph.
    #[must_use]
    pub fn new(graph: &'a Graph) -> Walker<'a> {
        Walker { graph, seen: vec![0; graph.files.len()], walk: 0, start: 0 }
    }

    /// What a page or a script loads; later at most so many.
    pub fn closure(&mut self, start: usize, most_later: usize) -> Closure {
        self.walk += 1;
        self.start = start;
        self.is_new(start);
        let role = role(self.graph, start, None);
        let own = Loaded { file: start, role, round_trip: 1, hint: None, is_apart: false };
        let now = self.follow(vec![own], Stage::Now, usize::MAX).0;
        let next = self.then(&now, Stage::Next);
        let (mut later, mut is_cut) = self.follow(next, Stage::Next, most_later);
        if !is_cut {
            let further = self.then(&later, Stage::Further);
            let (further, is_more) = self.follow(further, Stage::Further, most_later - later.len());
            later.extend(further);
            is_cut = is_more;
        }
        later.sort_by_key(|loaded| loaded.round_trip);
        Closure { now, later, is_cut }
    }

    fn is_new(&mut self, file: usize) -> bool {
        std::mem::replace(&mut self.seen[file], self.walk) != self.walk
    }

    /// What these files load later.
    fn then(&mut self, loaded: &[Loaded], stage: Stage) -> Vec<Loaded> {
        let mut found = Vec::new();
        for loaded in loaded {
            self.step(*loaded, stage, |timing| timing == Timing::Later, &mut |next| found.push(next));
        }
        found
    }

    fn step(&mut self, from: Loaded, stage: Stage, when: impl Fn(Timing) -> bool, found: &mut dyn FnMut(Loaded)) {
        let graph = self.graph;
        let mut images = 0;
        for reference in graph.from(from.file) {
            let timing = self.timing(reference);
            images += usize::from(reference.how == How::Image && timing == Timing::Now);
            if when(timing) && is_followed(graph, reference) && self.is_new(reference.to) {
                let role = role(graph, reference.to, Some(reference.how));
                let is_apart =
                    from.is_apart || timing == Timing::Aside || matches!(role, Role::Worker | Role::Document);
                let mut loaded =
                    Loaded { file: reference.to, role, round_trip: from.round_trip + 1, hint: None, is_apart };
                if !is_apart {
                    loaded.hint = self.hint(&from, reference, role, stage, images);
                }
                found(loaded);
            }
        }
    }

    /// When a reference is followed in this walk.
    fn timing(&self, reference: &Reference) -> Timing {
        let shown = &self.graph.files[self.start].letters;
        match &reference.letters {
            Some(letters) if letters.are_among(shown) => Timing::Now,
            _ => reference.timing,
        }
    }

    /// How a browser may be told of what is found like that, after so many images of the same file.
    fn hint(&self, from: &Loaded, reference: &Reference, role: Role, stage: Stage, images: usize) -> Option<Hint> {
        let is_by_start = reference.from == self.start;
        let is_by_page = is_by_start && self.graph.files[self.start].kind == Kind::Html;
        match (stage, reference.how) {
            (_, How::Image) if is_by_page && role == Role::Image => {
                (stage != Stage::Now || images > FIRST_IMAGES).then_some(Hint::Lazy)
            }
            (Stage::Now, How::ModulePreload) => Some(Hint::ModulePreload),
            (Stage::Now, How::Preload) => Some(Hint::Preload),
            (Stage::Now, How::Import) if !is_by_page => Some(Hint::ModulePreload),
            (Stage::Now, How::StyleImport) if !is_by_page => Some(Hint::Preload),
            (Stage::Next, How::Prefetch) if is_by_start => Some(Hint::Prefetch),
            (Stage::Next, How::DynamicImport | How::Dependency) => Some(Hint::Prefetch),
            (Stage::Next, How::Import | How::StyleImport) => from.hint.filter(|hint| *hint == Hint::Prefetch),
            _ => None,
        }
    }

    fn follow(&mut self, start: Vec<Loaded>, stage: Stage, most: usize) -> (Vec<Loaded>, bool) {
        let until = if stage == Stage::Further { Timing::Later } else { Timing::Aside };
        let mut waiting: VecDeque<Loaded> = start.into();
        let mut followed = Vec::new();
        while let Some(loaded) = waiting.pop_front() {
            if followed.len() >= most {
                return (followed, true);
            }
            followed.push(loaded);
            self.step(loaded, stage, |timing| timing <= until, &mut |next| waiting.push_back(next));
        }
        (followed, false)
    }
}

/// A page is loaded by another one only within a frame.
fn is_followed(graph: &Graph, reference: &Reference) -> bool {
    graph.files[reference.to].kind != Kind::Html || reference.how == How::Frame
}

/// What a file is loaded as, where it is referred to like that.
fn role(graph: &Graph, file: usize, how: Option<How>) -> Role {
    let by_kind = match graph.files[file].kind {
        Kind::Html => Role::Document,
        Kind::Css => Role::Style,
        Kind::JavaScript => Role::Module,
        Kind::WebManifest => Role::Manifest,
        Kind::WebFont | Kind::PlainFont => Role::Font,
        Kind::Svg | Kind::Png | Kind::Jpeg | Kind::Gif | Kind::ModernImage | Kind::Icon => Role::Image,
        Kind::Json | Kind::SourceMap | Kind::Xml | Kind::Wasm | Kind::Text | Kind::Compressed | Kind::Other => {
            Role::Fetch
        }
    };
    match how {
        Some(How::Script) => Role::Script,
        Some(How::Module | How::Import | How::DynamicImport | How::ModulePreload) => Role::Module,
        Some(How::Worker | How::ServiceWorker) => Role::Worker,
        Some(How::Style | How::StyleImport) => Role::Style,
        Some(How::Font) => Role::Font,
        Some(How::Media) => Role::Media,
        Some(How::Frame) => Role::Document,
        Some(How::WebManifest) => Role::Manifest,
        Some(How::Fetch) => Role::Fetch,
        Some(How::Text | How::Preload) if by_kind == Role::Module => Role::Script,
        _ => by_kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::graph;

    #[test]
    fn a_page_loads_now_and_later_by_round_trips() {
        let graph = graph(&[
            (
                "index.html",
                "<script type=module src=a.js></script><link rel=stylesheet href=a.css><a href=other.html>x</a>",
            ),
            ("a.js", "import './b.js';import('./lazy.js')"),
            ("b.js", "import './a.js'"),
            ("lazy.js", "import './b.js';import './deep.js'"),
            ("deep.js", ""),
            ("a.css", "a{b:url(a.png)}"),
            ("a.png", ""),
            ("other.html", "<script src=c.js></script>"),
            ("c.js", ""),
        ]);
        let at = |name: &str| graph.files.iter().position(|file| file.path.as_str() == name).unwrap();
        let named = |list: &[Loaded]| -> Vec<String> {
            list.iter()
                .map(|loaded| format!("{} {} {}", loaded.round_trip, loaded.role.name(), graph.files[loaded.file].path))
                .collect()
        };
        let mut walker = Walker::new(&graph);
        let closure = walker.closure(at("index.html"), 10);
        let cut = walker.closure(at("index.html"), 1);
        assert_eq!((closure.is_cut, cut.is_cut, cut.later.len()), (false, true, 1));
        assert_eq!(
            named(&closure.now),
            ["1 document index.html", "2 module a.js", "2 style a.css", "3 module b.js", "3 image a.png"]
        );
        assert_eq!(named(&closure.later), ["3 module lazy.js", "4 module deep.js"]);
    }

    #[test]
    fn what_is_found_late_and_what_may_wait_is_said() {
        let images: String = (0..7).map(|at| format!("<img src={at}.png>")).collect();
        let page = format!(
            "<link rel=stylesheet href=a.css><link rel=stylesheet href=paper.css media=print><script type=module \
             src=a.js></script><link rel=preload as=font href=a.woff2>{images}<img loading=lazy src=z.png>"
        );
        let mut files = vec![
            ("index.html", page.as_str()),
            ("a.css", "@import 'b.css';@import 'c.css' print;@font-face{src:url(b.woff2)}"),
            ("b.css", ""),
            ("c.css", ""),
            ("paper.css", "@import 'inks.css'"),
            ("inks.css", ""),
            ("a.js", "import './b.js';import('./next.js');new Worker('w.js',{type:'module'})"),
            ("b.js", ""),
            ("w.js", "import './in.js'"),
            ("in.js", ""),
            ("next.js", "import './of.js';import('./further.js')"),
            ("of.js", ""),
            ("further.js", ""),
            ("a.woff2", ""),
            ("b.woff2", ""),
            ("z.png", ""),
        ];
        let names: Vec<String> = (0..7).map(|at| format!("{at}.png")).collect();
        files.extend(names.iter().map(|name| (name.as_str(), "")));
        let graph = graph(&files);
        let at = |name: &str| graph.files.iter().position(|file| file.path.as_str() == name).unwrap();
        let said = |start: &str| -> Vec<String> {
            let closure = Walker::new(&graph).closure(at(start), 100);
            let all = closure.now.iter().chain(&closure.later);
            all.filter_map(|own| Some(format!("{} {}", own.hint?.name(), graph.files[own.file].path))).collect()
        };
        assert_eq!(
            said("index.html"),
            [
                "preload a.woff2",
                "lazy 5.png",
                "lazy 6.png",
                "preload b.css",
                "modulepreload b.js",
                "lazy z.png",
                "prefetch next.js",
                "prefetch of.js"
            ]
        );
        assert_eq!(said("a.js"), ["modulepreload b.js", "prefetch next.js", "prefetch of.js"]);
    }

    #[test]
    fn of_a_font_in_parts_a_page_loads_those_that_it_has_letters_of() {
        let graph = graph(&[
            ("en.html", "<link rel=stylesheet href=a.css><p>Orchard"),
            ("ru.html", "<link rel=stylesheet href=a.css><p>&#1057;ад"),
            (
                "a.css",
                "@font-face{src:url(latin.woff2);unicode-range:U+0-FF}\
                 @font-face{src:url(cyrillic.woff2);unicode-range:U+400-45F}",
            ),
            ("latin.woff2", ""),
            ("cyrillic.woff2", ""),
        ]);
        let at = |name: &str| graph.files.iter().position(|file| file.path.as_str() == name).unwrap();
        let mut walker = Walker::new(&graph);
        let mut fonts = |page: &str| {
            let closure = walker.closure(at(page), 10);
            let named = |list: &[Loaded]| -> Vec<String> {
                let fonts = list.iter().filter(|loaded| loaded.role == Role::Font);
                fonts.map(|loaded| graph.files[loaded.file].path.to_string()).collect()
            };
            (named(&closure.now).join(" "), named(&closure.later).join(" "))
        };
        assert_eq!(fonts("en.html"), ("latin.woff2".into(), "cyrillic.woff2".into()));
        assert_eq!(fonts("ru.html"), ("latin.woff2 cyrillic.woff2".into(), String::new()));
    }
}
