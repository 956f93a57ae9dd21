//! Which links a page gets: to what it loads in any case, and would find late.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::address::Root;
use super::cascade::{Sheets, is_plain_import};
use super::page::{Effect, Sketch, Tag};
use super::policy::{Asked, allows};
use super::sheet::Reach;
use super::tree::Tree;
use super::{Done, Page, fonts};
use crate::asset::Kind;
use crate::graph::{How, Reference, Timing, Written};
use crate::transform::html::entities::decoded;

/// How many modules a page names at most, those of the first round trips before others: the requests of all share the
/// connection with what is shown first. Arbitrary; Chromium asks for six files at once over HTTP/1.1.
pub(super) const MOST_MODULES: usize = 50;
/// How many style sheets. Arbitrary.
pub(super) const MOST_SHEETS: usize = 10;
/// How many fonts: a text is shown in another font until they are there. Arbitrary; a text, its headings, and its emphasis.
pub(super) const MOST_FONTS: usize = 3;

/// What a link says of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Module,
    Style,
    Font,
}

/// A link that a page gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    what: What,
    address: String,
}

impl Link {
    /// Its attributes, in their order.
    pub(super) fn attributes(&self) -> Vec<(&'static str, &str)> {
        let address = self.address.as_str();
        match self.what {
            What::Module => vec![("rel", "modulepreload"), ("href", address)],
            What::Style => vec![("rel", "preload"), ("as", "style"), ("href", address)],
            // Fonts are asked for without who asks, also on the own site.
            What::Font => {
                vec![("rel", "preload"), ("as", "font"), ("type", "font/woff2"), ("href", address), ("crossorigin", "")]
            }
        }
    }

    /// The tag. Addresses have no letter that would end them.
    pub(super) fn written(&self) -> String {
        let attribute = |(key, value): (&str, &str)| match value {
            "" => format!(" {key}"),
            _ => format!(" {key}=\"{value}\""),
        };
        format!("<link{}>", self.attributes().into_iter().map(attribute).collect::<String>())
    }
}

/// Why a page gets no links that a script does not expect.
const OWNED: &str = "one of its scripts hydrates the whole page, and its head with it";

/// The links that a page gets.
pub(super) fn links(
    page: &Page<'_>,
    sketch: &Sketch<'_>,
    tree: &Tree,
    sheets: &Sheets<'_>,
    done: &mut Done,
    left: &mut Vec<String>,
) -> Vec<Link> {
    let finder = Finder::new(page, sketch);
    let mut links = Vec::new();
    let mut add = |what: What, files: Vec<usize>, most: usize, why_not: Option<String>| {
        // What was named before counts, so that a page that has its hints gets no more of them.
        let most = most.saturating_sub(finder.already(what));
        let addresses: Vec<String> = files.iter().filter_map(|file| finder.address(*file)).take(most).collect();
        let owned = || sheets.habits.owns.then(|| OWNED.to_owned());
        if let Some(why) = owned().or(why_not).filter(|_| !addresses.is_empty()) {
            left.push(why);
            return 0;
        }
        let count = addresses.len();
        links.extend(addresses.into_iter().map(|address| Link { what, address }));
        count
    };
    let asked = |asked: Asked, what: &str| {
        (!allows(sketch, asked)).then(|| format!("its policy does not allow {what} of its own site, whoever asks"))
    };
    let why_not = finder.why_no_modules(sheets).or(asked(Asked::Script, "scripts"));
    done.modules = add(What::Module, finder.modules(), MOST_MODULES, why_not);
    done.sheets = add(What::Style, finder.sheets(sheets), MOST_SHEETS, asked(Asked::Style, "style sheets"));
    let fonts = fonts::fonts(page, tree, sheets).into_iter().filter(|font| !finder.named.contains(font)).collect();
    done.fonts = add(What::Font, fonts, MOST_FONTS, asked(Asked::Font, "fonts"));
    links
}

/// Looks for what a page loads in any case.
struct Finder<'a, 'b> {
    page: &'a Page<'a>,
    sketch: &'a Sketch<'b>,
    own: &'a [Reference],
    /// What the page names by itself.
    named: BTreeSet<usize>,
    root: Option<Root>,
}

impl<'a, 'b> Finder<'a, 'b> {
    fn new(page: &'a Page<'a>, sketch: &'a Sketch<'b>) -> Finder<'a, 'b> {
        let own = page.graph.from(page.at);
        let named = own.iter().filter(|own| own.how != How::Link).map(|own| own.to).collect();
        let mut finder = Finder { page, sketch, own, named, root: None };
        finder.root = finder.root();
        finder
    }

    /// How the page writes addresses: as that of a script or a style sheet, or else of anything else that it loads.
    fn root(&self) -> Option<Root> {
        let rank = |reference: &Reference| match reference.how {
            How::Module | How::Script => 0,
            How::Style => 1,
            How::ImportMap | How::Import => 2,
            _ => 3,
        };
        let is_fit = |own: &&Reference| {
            matches!(own.written, Written::Relative | Written::Root) && own.end.is_some() && own.how != How::Link
        };
        let mut all: Vec<&Reference> = self.own.iter().filter(is_fit).collect();
        all.sort_by_key(|own| rank(own));
        all.into_iter().find_map(|own| {
            let raw = self.page.text.get(own.span.clone()).filter(|raw| !raw.contains('\\'))?;
            Root::of(&decoded(raw)?, &self.page.graph.files[own.to].path)
        })
    }

    fn address(&self, file: usize) -> Option<String> {
        self.root.as_ref()?.address(&self.page.graph.files[file].path)
    }

    /// How many such links the page has.
    fn already(&self, what: What) -> usize {
        let is_one = |tag: &&Tag<'_>| match what {
            What::Module => tag.is_link("modulepreload"),
            What::Style => tag.is_link("preload") && tag.word("as") == "style",
            What::Font => tag.is_link("preload") && tag.word("as") == "font",
        };
        self.sketch.tags.iter().filter(is_one).count()
    }

    /// The references that lead to modules from the page itself.
    fn first_modules(&self) -> impl Iterator<Item = &'a Reference> {
        let is_module =
            |tag: &Tag<'_>| tag.name == "script" && tag.word("type") == "module" && tag.effect == Effect::Own;
        self.own.iter().filter(move |own| {
            matches!(own.how, How::Module | How::Import)
                && own.timing == Timing::Now
                && self.sketch.around(own.span.start).is_some_and(is_module)
        })
    }

    /// The modules that the page loads and does not name, by round trips.
    fn modules(&self) -> Vec<usize> {
        let has_map = self.import_maps().next().is_some();
        let is_module = |reference: &&Reference| {
            self.page.graph.files[reference.to].kind == Kind::JavaScript
                && (reference.written != Written::Mapped || has_map)
        };
        let graph = self.page.graph;
        self.found(self.first_modules().filter(is_module), |file| {
            let next = graph.from(file).iter().filter(|next| next.how == How::Import && next.timing == Timing::Now);
            next.filter(is_module).collect()
        })
    }

    /// The style sheets that are imported in any case, by round trips.
    fn sheets(&self, sheets: &Sheets<'_>) -> Vec<usize> {
        // A sheet that was asked for in another way asks for its imports in that way.
        let is_plain = |own: &&Reference| {
            self.sketch.around(own.span.start).is_some_and(|tag| tag.effect == Effect::Own && !tag.has("crossorigin"))
        };
        let is_always = |file: usize| sheets.files.get(&file).filter(|(reach, _)| *reach == Reach::Always);
        let first = self.own.iter().filter(|own| matches!(own.how, How::Style | How::StyleImport));
        let first = first.filter(is_plain).filter(|own| is_always(own.to).is_some());
        let graph = self.page.graph;
        self.found(first, |file| {
            let Some((_, sheet)) = is_always(file) else { return Vec::new() };
            let next = graph.from(file).iter().filter(|next| next.how == How::StyleImport);
            next.filter(|next| is_plain_import(sheet, next, 0) && is_always(next.to).is_some()).collect()
        })
    }

    /// What is found from these references on, without what the page names, and what is asked for by more than its path.
    fn found<'c>(
        &self,
        first: impl Iterator<Item = &'c Reference>,
        next: impl Fn(usize) -> Vec<&'c Reference>,
    ) -> Vec<usize> {
        let mut waiting: VecDeque<usize> = VecDeque::new();
        let mut seen: BTreeMap<usize, bool> = BTreeMap::new();
        let mut order = Vec::new();
        let mut meet = |reference: &Reference, waiting: &mut VecDeque<usize>| {
            let is_odd = reference.end.is_some_and(|end| end != reference.span.end);
            *seen.entry(reference.to).or_insert_with(|| {
                waiting.push_back(reference.to);
                order.push(reference.to);
                false
            }) |= is_odd;
        };
        first.for_each(|reference| meet(reference, &mut waiting));
        while let Some(file) = waiting.pop_front() {
            for reference in next(file) {
                meet(reference, &mut waiting);
            }
        }
        order.retain(|file| !self.named.contains(file) && seen.get(file) == Some(&false));
        order
    }

    fn import_maps(&self) -> impl Iterator<Item = &Tag<'b>> {
        self.sketch.effective().filter(|tag| tag.name == "script" && tag.word("type") == "importmap")
    }

    /// Why no module may be named, where that is so.
    fn why_no_modules(&self, sheets: &Sheets<'_>) -> Option<String> {
        let with_credentials = |tag: &Tag<'_>| tag.name == "script" && tag.word("crossorigin") == "use-credentials";
        let body = |tag: &Tag<'b>| tag.body.map_or("", |(text, _)| text);
        let why = if self.import_maps().any(|tag| tag.at >= self.sketch.head_end) {
            "its import map stands behind its head, and must come before every module"
        } else if self.import_maps().any(|tag| maps_addresses(body(tag))) {
            "its import map may change addresses"
        } else if sheets.may_map {
            "one of its scripts may add an import map, which must come before every module"
        } else if self.sketch.effective().any(with_credentials) {
            "its modules are asked for with credentials"
        } else {
            return None;
        };
        Some(why.to_owned())
    }
}

/// Whether an import map may change what an address means, or does so in some folders only.
fn maps_addresses(map: &str) -> bool {
    // Digests are by addresses.
    let imports = match (map.find("\"imports\""), map.find("\"integrity\"")) {
        (Some(imports), Some(integrity)) if integrity > imports => &map[..integrity],
        _ => map,
    };
    let is_address = |key: &str| key.starts_with(['.', '/']) || key.contains(':');
    let mut pieces = imports.split('"').skip(1);
    let mut changes = map.contains("\"scopes\"") || map.contains('\\');
    while let (Some(word), Some(after)) = (pieces.next(), pieces.next()) {
        changes |= is_address(word) && after.trim_start().starts_with(':');
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_written_as_it_is_read() {
        let link = |what: What| Link { what, address: "a.x".to_owned() }.written();
        assert_eq!(link(What::Module), "<link rel=\"modulepreload\" href=\"a.x\">");
        assert_eq!(link(What::Style), "<link rel=\"preload\" as=\"style\" href=\"a.x\">");
        assert_eq!(link(What::Font), "<link rel=\"preload\" as=\"font\" type=\"font/woff2\" href=\"a.x\" crossorigin>");
    }

    #[test]
    fn an_import_map_with_plain_names_changes_no_address() {
        assert!(!maps_addresses("{\"imports\":{\"a\":\"./a.js\", \"b/\" : \"/b/\"}}"));
        assert!(!maps_addresses("{\"imports\":{\"a\":\"./a.js\"},\"integrity\":{\"./a.js\":\"sha384-x\"}}"));
        assert!(maps_addresses("{\"imports\":{\"./a.js\" : \"./b.js\"}}"));
        assert!(maps_addresses("{\"imports\":{\"https://x.example/a.js\":\"./b.js\"}}"));
        assert!(maps_addresses("{\"scopes\":{\"a\":{}}}"));
        assert!(maps_addresses("{\"imports\":{\"\\u002e/a.js\":\"./b.js\"}}"));
    }
}
