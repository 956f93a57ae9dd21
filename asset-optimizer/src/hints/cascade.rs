//! What the style sheets of a page say of an element: certain only where all that might decide agrees.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::Page;
use super::facts::Habits;
use super::page::{Effect, Sketch, Tag};
use super::selector::{Element, Match};
use super::sheet::{Face, Reach, Sheet, unquoted, weight};
use super::tree::Tree;
use crate::asset::Kind;
use crate::graph::{How, Reference};

/// All style sheets that a page may have.
pub(super) struct Sheets<'a> {
    /// Those in files, with their places in the graph.
    pub(super) files: BTreeMap<usize, (Reach, &'a Sheet)>,
    /// Those in the page.
    inline: Vec<(Reach, Sheet)>,
    /// Why there may be more, where there may.
    pub(super) unseen: Option<String>,
    /// What the scripts of the page may do.
    pub(super) habits: Habits,
    /// Why there may be more scripts, where there may.
    pub(super) unseen_script: Option<String>,
    /// Whether one of the scripts that modules wait for may add an import map.
    pub(super) may_map: bool,
    /// What was found of elements already.
    known: RefCell<BTreeMap<(usize, &'static str), Vec<Said>>>,
}

/// A value that may be an element's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) value: String,
    pub(super) reach: Reach,
}

/// What decides about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    Family,
    Weight,
    Style,
}

impl Trait {
    fn property(self) -> &'static str {
        match self {
            Trait::Family => "font-family",
            Trait::Weight => "font-weight",
            Trait::Style => "font-style",
        }
    }

    /// What browsers set where no sheet does.
    fn of_browser(self, element: &Element) -> Option<&'static str> {
        let is_one_of = |names: &[&str]| names.contains(&element.name.as_str());
        match self {
            Trait::Family => is_one_of(&["pre", "code", "kbd", "samp", "tt"]).then_some("monospace"),
            Trait::Weight => is_one_of(&["h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "th"]).then_some("700"),
            Trait::Style => is_one_of(&["i", "em", "cite", "var", "dfn", "address"]).then_some("italic"),
        }
    }
}

impl<'a> Sheets<'a> {
    /// The style sheets of a page.
    pub(super) fn of(page: &Page<'a>, sketch: &Sketch<'_>) -> Sheets<'a> {
        let mut sheets = Sheets {
            files: BTreeMap::new(),
            inline: Vec::new(),
            unseen: None,
            habits: Habits::default(),
            unseen_script: None,
            may_map: false,
            known: RefCell::default(),
        };
        sheets.read_tags(page, sketch);
        sheets.follow_imports(page);
        sheets.read_rest(page);
        sheets
    }

    fn read_tags(&mut self, page: &Page<'a>, sketch: &Sketch<'_>) {
        let within = |tag: &Tag<'_>| page.references(tag.at..tag.at + tag.text.len()).first();
        for tag in &sketch.tags {
            if tag.is_link("stylesheet") {
                let reach = if is_always(tag) { Reach::Always } else { Reach::Sometimes };
                match within(tag).filter(|reference| page.graph.files[reference.to].kind == Kind::Css) {
                    Some(reference) => self.add(page, reference.to, reach),
                    None => self.unseen = Some("one of its style sheets is not in the folder".to_owned()),
                }
            }
            match (tag.name.as_str(), tag.body) {
                ("style", Some((text, at))) => {
                    let reach = if is_always(tag) { Reach::Always } else { Reach::Sometimes };
                    let sheet = Sheet::of(text);
                    let own = page.references(at..at + text.len()).iter();
                    for reference in own.filter(|own| own.how == How::StyleImport) {
                        let is_plain = is_plain_import(&sheet, reference, at) && reach == Reach::Always;
                        self.add(page, reference.to, if is_plain { Reach::Always } else { Reach::Sometimes });
                    }
                    self.inline.push((reach, sheet));
                }
                ("script", Some((text, _))) if !tag.has("src") && tag.word("type") != "importmap" => {
                    self.habits = self.habits.and(Habits::of(text));
                }
                ("script", _) if tag.has("src") && within(tag).is_none() => {
                    self.unseen_script = Some("one of its scripts is not in the folder".to_owned());
                    self.may_map |= !tag.has("async") && tag.word("type") != "module";
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, page: &Page<'a>, file: usize, reach: Reach) {
        match page.facts.sheet(file) {
            Some(sheet) => {
                let place = self.files.entry(file).or_insert((reach, sheet));
                place.0 = place.0.max(reach);
            }
            None => self.unseen = Some("one of its style sheets cannot be read".to_owned()),
        }
    }

    fn follow_imports(&mut self, page: &Page<'a>) {
        let mut waiting: Vec<usize> = self.files.keys().copied().collect();
        let mut seen: BTreeSet<(usize, Reach)> = BTreeSet::new();
        while let Some(file) = waiting.pop() {
            let Some(&(reach, sheet)) = self.files.get(&file) else { continue };
            if !seen.insert((file, reach)) {
                continue;
            }
            for reference in page.graph.from(file).iter().filter(|own| own.how == How::StyleImport) {
                let is_plain = reach == Reach::Always && is_plain_import(sheet, reference, 0);
                self.add(page, reference.to, if is_plain { Reach::Always } else { Reach::Sometimes });
                waiting.push(reference.to);
            }
        }
    }

    /// What scripts may load, and what they do.
    fn read_rest(&mut self, page: &Page<'a>) {
        if page.loads.is_cut {
            self.unseen = Some("it may load too much to be looked through".to_owned());
        }
        for loaded in page.loads.now.iter().chain(&page.loads.later) {
            match page.graph.files[loaded.file].kind {
                Kind::Css if !self.files.contains_key(&loaded.file) => self.add(page, loaded.file, Reach::Sometimes),
                Kind::JavaScript => match page.facts.habits(loaded.file) {
                    Some(habits) => self.habits = self.habits.and(habits),
                    None => self.unseen_script = Some("one of its scripts cannot be read".to_owned()),
                },
                _ => {}
            }
        }
        self.may_map |= self.habits.maps;
        if self.habits.styles {
            self.unseen = Some("one of its scripts may add styles".to_owned());
        }
        if let Some(why) = &self.unseen_script {
            self.unseen = Some(why.clone());
        }
    }

    #[cfg(feature = "variants")]
    /// Whether a style sheet sees it if an image stands in an element of its own.
    pub(super) fn sees_place(&self, tree: &Tree, image: usize) -> bool {
        let files = self.files.values().map(|(_, sheet)| *sheet);
        let mut all = self.inline.iter().map(|(_, sheet)| sheet).chain(files);
        all.any(|sheet| sheet.shapes.iter().any(|shape| shape.sees(tree, image)))
    }

    /// Whether a style sheet asks for one of these attributes of images.
    pub(super) fn asks_for(&self, names: &[&str]) -> bool {
        let files = self.files.values().map(|(_, sheet)| *sheet);
        let mut all = self.inline.iter().map(|(_, sheet)| sheet).chain(files);
        all.any(|sheet| names.iter().any(|name| sheet.asked.contains(name)))
    }

    /// The font faces in the page.
    pub(super) fn inline_faces(&self) -> impl Iterator<Item = (Reach, &Face)> {
        self.inline.iter().flat_map(|(reach, sheet)| sheet.faces.iter().map(|face| (*reach, face)))
    }

    /// Everything that may be said of a property of an element.
    pub(super) fn said(&self, tree: &Tree, node: usize, property: &'static str) -> Vec<Said> {
        if let Some(known) = self.known.borrow().get(&(node, property)) {
            return known.clone();
        }
        let mut said = Vec::new();
        let Some(element) = tree.nodes.get(node).map(|node| &node.element) else { return said };
        let inline = self.inline.iter().map(|(reach, sheet)| (*reach, sheet));
        for (sheet_reach, sheet) in inline.chain(self.files.values().copied()) {
            for rule in &sheet.rules {
                let mut values =
                    rule.says.iter().filter_map(|declaration| value(&declaration.name, &declaration.value, property));
                let Some(first) = values.next() else { continue };
                let found = rule.selectors.iter().map(|selector| selector.matches(element)).max();
                let Some(found) = found.filter(|found| *found > Match::Never) else { continue };
                let is_certain = found == Match::Always && rule.reach == Reach::Always && sheet_reach == Reach::Always;
                let reach = if is_certain { Reach::Always } else { Reach::Sometimes };
                said.extend(std::iter::once(first).chain(values).map(|value| Said { value, reach }));
            }
        }
        if element.value("style").is_some_and(|style| style.to_ascii_lowercase().contains(property_root(property))) {
            said.push(Said { value: "?".to_owned(), reach: Reach::Sometimes });
        }
        self.known.borrow_mut().insert((node, property), said.clone());
        said
    }

    /// What a text within an element is set in; `None` where that is not certain.
    pub(super) fn settled(&self, tree: &Tree, node: usize, wanted: Trait) -> Option<String> {
        for at in tree.up(node) {
            let said = self.said(tree, at, wanted.property());
            let Some(first) = said.first() else {
                match wanted.of_browser(&tree.nodes[at].element) {
                    Some(value) => return Some(value.to_owned()),
                    None => continue,
                }
            };
            if said.iter().any(|other| other.value != first.value) {
                return None;
            }
            if first.value == "inherit" {
                continue;
            }
            let is_certain = said.iter().any(|said| said.reach == Reach::Always);
            // What might be, and is what holds anyway, changes nothing.
            let is_known = !first.value.contains(['?', '(']);
            return (is_certain && is_known).then(|| first.value.clone());
        }
        Some(if wanted == Trait::Style { "normal" } else { "400" }.to_owned()).filter(|_| wanted != Trait::Family)
    }

    /// Whether an element may not be shown.
    pub(super) fn may_hide(&self, tree: &Tree, node: usize) -> bool {
        tree.up(node).any(|at| {
            let is_hiding =
                |said: &Said| !matches!(said.value.as_str(), "visible" | "inherit") && is_hidden(&said.value);
            tree.nodes[at].element.value("hidden").is_some()
                || ["display", "visibility", "content-visibility"]
                    .iter()
                    .any(|property| self.said(tree, at, property).iter().any(is_hiding))
        })
    }
}

fn is_hidden(value: &str) -> bool {
    value.contains(['?', '(']) || ["none", "hidden", "collapse", "auto"].contains(&value)
}

/// Whether a link or a style counts on every screen.
fn is_always(tag: &Tag<'_>) -> bool {
    let media = tag.word("media");
    let is_plain = |name: &str| !tag.has(name);
    tag.effect == Effect::Own
        && matches!(media.as_str(), "" | "all" | "screen")
        && !tag.is_link("alternate")
        && ["disabled", "title", "onload"].iter().all(|name| is_plain(name))
}

/// Whether a reference is an import without a condition in a sheet that begins at `offset` of its file.
pub(super) fn is_plain_import(sheet: &Sheet, reference: &Reference, offset: usize) -> bool {
    let place = reference.span.start.checked_sub(offset);
    place.is_some_and(|place| sheet.imports.iter().any(|import| import.contains(&place)))
}

/// What a declaration says of a property, where it says something.
fn value(name: &str, value: &str, property: &str) -> Option<String> {
    match name {
        "all" => Some("?".to_owned()),
        "font" if matches!(property, "font-family" | "font-weight" | "font-style") => Some(of_font(value, property)),
        _ if name != property => None,
        _ if property == "font-family" => Some(first_family(value)),
        _ if property == "font-weight" => {
            Some(weight(value).map_or_else(|| inherit_or_unknown(value), |weight| weight.to_string()))
        }
        _ if property == "font-style" && value != "normal" && value != "italic" => Some(inherit_or_unknown(value)),
        _ => Some(value.to_owned()),
    }
}

fn inherit_or_unknown(value: &str) -> String {
    if value == "inherit" { value.to_owned() } else { "?".to_owned() }
}

fn first_family(value: &str) -> String {
    match value.contains('(') {
        true => "?".to_owned(),
        false => unquoted(value.split(',').next().unwrap_or_default()),
    }
}

/// What the shorthand says: style and weight stand before the size, the families behind it.
fn of_font(value: &str, property: &str) -> String {
    if value == "inherit" || value.contains('(') {
        return inherit_or_unknown(value);
    }
    let words: Vec<&str> = value.split_whitespace().collect();
    let is_size =
        |word: &&str| word.starts_with(|first: char| first.is_ascii_digit() || first == '.') && weight(word).is_none();
    let Some(size) = words.iter().position(|word| is_size(word) || word.contains('/')) else { return "?".to_owned() };
    let (before, families) = (&words[..size], words[size + 1..].join(" "));
    match property {
        "font-family" if families.is_empty() || families.starts_with('/') => "?".to_owned(),
        "font-family" => first_family(&families),
        "font-weight" => {
            let found = before.iter().find_map(|word| weight(word).filter(|weight| *weight != 400));
            found.unwrap_or(400).to_string()
        }
        _ => if before.contains(&"italic") { "italic" } else { "normal" }.to_owned(),
    }
}

/// What an inline style would have to name to say something of a property.
fn property_root(property: &str) -> &str {
    if property.starts_with("font") { "font" } else { property }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_says_something_of_a_property() {
        let check = |name: &str, text: &str, property: &str, expected: Option<&str>| {
            assert_eq!(value(name, text, property).as_deref(), expected, "{name}: {text}");
        };
        check("font-family", "\"open  sans\", serif", "font-family", Some("open sans"));
        check("font-family", "var(--x)", "font-family", Some("?"));
        check("font-weight", "bold", "font-weight", Some("700"));
        check("font-weight", "bolder", "font-weight", Some("?"));
        check("font", "italic bold 12px/1.5 lato, serif", "font-family", Some("lato"));
        check("font", "italic bold 12px/1.5 lato, serif", "font-weight", Some("700"));
        check("font", "italic 1em lato", "font-style", Some("italic"));
        check("font", "600 1em lato", "font-weight", Some("600"));
        check("font", "inherit", "font-weight", Some("inherit"));
        check("font", "caption", "font-family", Some("?"));
        check("font", "12px / 1.5 lato", "font-family", Some("?"));
        check("all", "unset", "width", Some("?"));
        check("width", "1px", "height", None);
        check("font", "12px lato", "width", None);
    }
}
