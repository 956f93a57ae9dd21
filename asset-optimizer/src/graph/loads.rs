//! What a page or a script loads: at once, and later, and after how many round trips.

use std::collections::VecDeque;

use super::{Graph, How, Reference, Timing};
use crate::asset::Kind;
use crate::manifest::Role;

/// A file that is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// The file, by its place in [`Graph::files`].
    pub file: usize,
    /// What it is loaded as.
    pub role: Role,
    /// In which round trip a browser can ask for it.
    pub round_trip: u32,
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
        let own = Loaded { file: start, role: role(self.graph, start, None), round_trip: 1 };
        let now = self.follow(vec![own], Timing::Now, usize::MAX).0;
        let mut first = Vec::new();
        for loaded in &now {
            self.step(*loaded, |timing| timing == Timing::Later, &mut |next| first.push(next));
        }
        let (later, is_cut) = self.follow(first, Timing::Later, most_later);
        Closure { now, later, is_cut }
    }

    fn is_new(&mut self, file: usize) -> bool {
        std::mem::replace(&mut self.seen[file], self.walk) != self.walk
    }

    fn step(&mut self, loaded: Loaded, when: impl Fn(Timing) -> bool, found: &mut dyn FnMut(Loaded)) {
        let graph = self.graph;
        for reference in graph.from(loaded.file) {
            if when(self.timing(reference)) && is_followed(graph, reference) && self.is_new(reference.to) {
                let role = role(graph, reference.to, Some(reference.how));
                found(Loaded { file: reference.to, role, round_trip: loaded.round_trip + 1 });
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

    fn follow(&mut self, start: Vec<Loaded>, until: Timing, most: usize) -> (Vec<Loaded>, bool) {
        let mut waiting: VecDeque<Loaded> = start.into();
        let mut followed = Vec::new();
        while let Some(loaded) = waiting.pop_front() {
            if followed.len() >= most {
                return (followed, true);
            }
            followed.push(loaded);
            self.step(loaded, |timing| timing <= until, &mut |next| waiting.push_back(next));
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
