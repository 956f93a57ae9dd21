//! What files say that hints in pages depend on: each is read once, for all pages.

use std::collections::BTreeSet;

use super::sheet::Sheet;
use super::size::{Size, size};
use crate::asset::Kind;
use crate::graph::{Graph, How};

/// What one file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact(What);

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Sheet(Sheet),
    Script(Habits, Option<BTreeSet<String>>),
    Image(Option<Size>),
    Nothing,
}

/// What a script may do that speaks against a hint, by the words in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Habits {
    /// It may add an import map: a module that is named before is an error to many browsers.
    pub(super) maps: bool,
    /// It may look at the pixels of images, or wait for them.
    pub(super) looks: bool,
    /// It may add styles that nobody sees here.
    pub(super) styles: bool,
    /// It may look for images, or walk from element to element.
    pub(super) walks: bool,
    /// It hydrates whole pages: it may build all anew where the head has an element that it does not expect.
    pub(super) owns: bool,
}

/// Words of scripts that add import maps.
const MAPS: [&str; 1] = ["importmap"];
/// What scripts call that hydrate whole pages, with their heads.
const OWNS: [&str; 4] = ["hydrateRoot(document,", "hydrateRoot)(document,", "hydrate(document,", "hydrate)(document,"];
/// Words of scripts that look at images.
const LOOKS: [&str; 10] = [
    "drawImage",
    "createPattern",
    "texImage2D",
    "texSubImage2D",
    "copyExternalImageToTexture",
    "createImageBitmap",
    ".complete",
    "naturalWidth",
    "naturalHeight",
    "[loading",
];
/// Words of scripts that add styles.
const STYLES: [&str; 6] = ["insertRule", "adoptedStyleSheets", "replaceSync", "(\"style\")", "('style')", "(`style`)"];

/// Words of scripts that see how far a page is, or let others see it.
const SIGHTED: [&str; 18] = [
    "document",
    "Event",
    "Observer",
    "customElements",
    "performance",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "AnimationFrame",
    "IdleCallback",
    "onload",
    "onerror",
    "frames",
    "frameElement",
    "getElement",
    "querySelector",
    "eval",
    "Worker",
];
/// What is asked for by a script that wants to know where it is.
const GLOBAL: [&str; 2] = ["Function(\"return this\")", "Function('return this')"];
/// The largest script that is looked through for all its words.
const MOST_WORDS_BYTES: usize = 1 << 20;

/// All words of a script that cannot see how far the page is.
fn blind(text: &str) -> Option<BTreeSet<String>> {
    let makes_code =
        || text.matches("Function(").count() > GLOBAL.iter().map(|own| text.matches(own).count()).sum::<usize>();
    if text.len() > MOST_WORDS_BYTES || SIGHTED.iter().any(|word| text.contains(word)) || makes_code() {
        return None;
    }
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$' || letter == '-';
    Some(text.split(|letter| !is_of_word(letter)).filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

/// Words of scripts that look for images, or walk from element to element.
const WALKS: [&str; 16] = [
    "<img",
    "\"img",
    "'img",
    "`img",
    " img",
    ".images",
    "picture",
    "parentNode",
    "parentElement",
    "childNodes",
    ".children",
    "Sibling",
    "firstChild",
    "lastChild",
    "ElementChild",
    "closest(",
];

impl Habits {
    /// The habits of a script.
    pub(super) fn of(text: &str) -> Habits {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let styles = has(&STYLES) || text.contains("<style");
        Habits { maps: has(&MAPS), looks: has(&LOOKS), styles, walks: has(&WALKS), owns: has(&OWNS) }
    }

    /// Those of two scripts.
    pub(super) fn and(self, other: Habits) -> Habits {
        Habits {
            maps: self.maps || other.maps,
            looks: self.looks || other.looks,
            styles: self.styles || other.styles,
            walks: self.walks || other.walks,
            owns: self.owns || other.owns,
        }
    }
}

impl Fact {
    /// What a file says.
    #[must_use]
    pub fn of(kind: Kind, bytes: &[u8]) -> Fact {
        Fact(match kind {
            // Places are those in the bytes: what is no UTF-8 has none.
            Kind::Css => std::str::from_utf8(bytes).map_or(What::Nothing, |text| What::Sheet(Sheet::of(text))),
            Kind::JavaScript => {
                let text = String::from_utf8_lossy(bytes);
                What::Script(Habits::of(&text), blind(&text))
            }
            _ => What::Image(size(kind, bytes)),
        })
    }
}

/// What the files of a folder say.
#[derive(Debug, Clone, Default)]
pub struct Facts(Vec<Option<Fact>>);

impl Facts {
    /// What was read of the files, each by its place in the graph.
    #[must_use]
    pub fn new(files: usize, read: impl IntoIterator<Item = (usize, Fact)>) -> Facts {
        let mut facts = vec![None; files];
        for (at, fact) in read {
            if let Some(place) = facts.get_mut(at) {
                *place = Some(fact);
            }
        }
        Facts(facts)
    }

    /// The files that are to be read, by their places in the graph.
    #[must_use]
    pub fn wanted(graph: &Graph) -> BTreeSet<usize> {
        let kind = |file: usize| graph.files[file].kind;
        let is_shown = |from: usize, how: How| kind(from) == Kind::Html && how == How::Image;
        let is_wanted = |from: usize, to: usize, how: How| match kind(to) {
            Kind::Css | Kind::JavaScript => true,
            Kind::Png | Kind::Jpeg | Kind::Gif | Kind::ModernImage | Kind::Svg => is_shown(from, how),
            _ => false,
        };
        let references = graph.references.iter();
        let wanted = references.filter(|reference| is_wanted(reference.from, reference.to, reference.how));
        wanted.map(|reference| reference.to).collect()
    }

    fn what(&self, file: usize) -> &What {
        self.0.get(file).and_then(Option::as_ref).map_or(&What::Nothing, |Fact(what)| what)
    }

    /// A style sheet.
    pub(super) fn sheet(&self, file: usize) -> Option<&Sheet> {
        if let What::Sheet(sheet) = self.what(file) { Some(sheet) } else { None }
    }

    /// The habits of a script.
    pub(super) fn habits(&self, file: usize) -> Option<Habits> {
        if let What::Script(habits, _) = self.what(file) { Some(*habits) } else { None }
    }

    /// Whether a script hydrates whole pages.
    #[must_use]
    pub fn owns_pages(&self, file: usize) -> bool {
        self.habits(file).is_some_and(|habits| habits.owns)
    }

    /// Whether a script may add an import map; one that nobody has read may not.
    #[must_use]
    pub fn may_map(&self, file: usize) -> bool {
        self.habits(file).is_some_and(|habits| habits.maps)
    }

    /// All words of a script that cannot see how far the page is.
    pub(super) fn words(&self, file: usize) -> Option<&BTreeSet<String>> {
        if let What::Script(_, words) = self.what(file) { words.as_ref() } else { None }
    }

    /// How large an image is.
    pub(super) fn size(&self, file: usize) -> Option<Size> {
        if let What::Image(size) = self.what(file) { *size } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_sight_is_known_by_its_words() {
        let check = |text: &str, expected: bool| assert_eq!(blind(text).is_some(), expected, "{text}");
        check("var a=1;window.b=a", true);
        check("(function(){return Function('return this')()})()", true);
        check("new Function('return doc'+'ument')()", false);
        check("window.addEventListener('load',f)", false);
        check("a=document.body", false);
        assert!(blind("var menu=window['my-id']").unwrap().contains("my-id"));
    }

    #[test]
    fn scripts_are_told_by_their_words() {
        let check = |text: &str, maps: bool, looks: bool, styles: bool| {
            assert_eq!(Habits::of(text), Habits { maps, looks, styles, ..Habits::default() }, "{text}");
        };
        check("a()", false, false, false);
        check("s.type='importmap'", true, false, false);
        check("c.drawImage(i,0,0)", false, true, false);
        check("document.createElement('style')", false, false, true);
        assert_eq!(Habits::of("importmap").and(Habits::of("i.complete")), Habits::of("importmap .complete"));
    }
}
