//! Which classic scripts may wait until the page is read (`defer`): those that cannot tell the difference.
//!
//! A deferred script runs once the whole page is there, in the order of the scripts. So one may be deferred only where all that
//! runs behind it waits, too, and where nothing in it sees how far the page is: no word of it speaks of the document, of its
//! elements by their names, of time or of events.

use std::collections::BTreeSet;

use super::page::{Effect, Sketch, Tag};
use super::tree::Tree;
use super::{Done, Page};
use crate::asset::Kind;
use crate::transform::html::tokens::attributes;

/// Scripts of a page that may wait: where the attribute is written, with their addresses.
pub(super) fn deferred(page: &Page<'_>, sketch: &Sketch<'_>, tree: &Tree, done: &mut Done) -> Vec<(usize, String)> {
    let names = names(tree);
    let mut deferred = Vec::new();
    let mut is_first = true;
    // From the last one on: what runs in the place where it stands ends it.
    for tag in sketch.tags.iter().rev() {
        // Something that asks for a script by a click may do so before it is there.
        if attributes(tag.text)
            .any(|(key, _)| key.len() > 2 && key.get(..2).is_some_and(|on| on.eq_ignore_ascii_case("on")))
        {
            break;
        }
        match waiting(tag) {
            Waiting::NoScript | Waiting::Already => {}
            Waiting::No => break,
            Waiting::CanBe => {
                let Some(address) = blind(page, tag, &names) else { break };
                // The last of all that waits for nothing has nothing to gain.
                is_first &= is_last_of_page(sketch, tag);
                if !is_first {
                    deferred.push((tag.at + 1 + tag.name.len(), address));
                }
            }
        }
    }
    deferred.reverse();
    done.deferred = deferred.len();
    deferred
}

/// Whether a tag runs a script in the place where it stands.
enum Waiting {
    NoScript,
    Already,
    CanBe,
    No,
}

fn waiting(tag: &Tag<'_>) -> Waiting {
    if tag.name == "iframe" || tag.name == "object" || tag.name == "embed" {
        // What stands in a frame may look at its parent.
        return Waiting::No;
    }
    if tag.name != "script" {
        return Waiting::NoScript;
    }
    let is_classic = matches!(tag.word("type").as_str(), "" | "text/javascript" | "application/javascript");
    match (tag.word("type").as_str(), tag.has("src")) {
        _ if tag.effect == Effect::Apart => Waiting::No,
        ("module", _) if !tag.has("async") => Waiting::Already,
        ("application/ld+json" | "application/json" | "importmap" | "speculationrules", false) => Waiting::NoScript,
        _ if !is_classic || tag.has("async") || tag.has("nomodule") || tag.has("event") => Waiting::No,
        (_, true) if tag.has("defer") => Waiting::Already,
        (_, true) => Waiting::CanBe,
        (_, false) => Waiting::No,
    }
}

/// The address of a script that cannot see how far the page is.
fn blind(page: &Page<'_>, tag: &Tag<'_>, names: &BTreeSet<String>) -> Option<String> {
    let address = tag.value("src")?;
    let own = page.references(tag.at..tag.at + tag.text.len()).first()?;
    let is_script = page.graph.files[own.to].kind == Kind::JavaScript;
    let words = page.facts.words(own.to).filter(|_| is_script)?;
    words.is_disjoint(names).then_some(address)
}

/// Whether nothing stands behind a script that a visitor would see earlier.
fn is_last_of_page(sketch: &Sketch<'_>, tag: &Tag<'_>) -> bool {
    sketch.tags.iter().filter(|other| other.at > tag.at).all(|other| other.name == "script")
}

/// The names by which a script finds elements as if they were variables.
fn names(tree: &Tree) -> BTreeSet<String> {
    let all = tree.nodes.iter().flat_map(|node| &node.element.attributes);
    all.filter(|(key, _)| key == "id" || key == "name").map(|(_, value)| value.clone()).collect()
}
