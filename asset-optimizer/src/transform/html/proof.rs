//! Shows that two pages are one: the trees that another parser builds of them, as browsers do.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::{SPACE_MATTERS, WRITTEN, policy};
use crate::integrity::Integrity;
use crate::spaces::Shown;

/// Shows that two pages have the same tree, if what stands in scripts and styles is replaced as `bodies` says.
pub(super) fn same_page(before: &str, after: &str, bodies: &[(String, String)], shown: &Shown) -> Result<(), String> {
    let (one, other) = (flat(before, bodies, shown), flat(after, &[], shown));
    match one.iter().zip(&other).find(|(one, other)| one != other) {
        Some((one, other)) => {
            let cut = |text: &str| text.chars().take(60).collect::<String>();
            Err(format!("the result has {:?} instead of {:?}", cut(other), cut(one)))
        }
        None if one.len() != other.len() => Err("the result has another number of nodes".into()),
        None => Ok(()),
    }
}

/// Shows that each policy allows the same inline scripts and styles by hash in both pages.
pub(super) fn same_policies(before: &str, after: &str) -> Result<(), String> {
    // Nothing is parsed twice for a page without one.
    if !before.to_ascii_lowercase().contains(policy::HEADER) {
        return Ok(());
    }
    let (one, other) = (allowed(before), allowed(after));
    if one == other { Ok(()) } else { Err("a policy of the result allows other scripts and styles".into()) }
}

/// For each policy, what it says of each script and style.
fn allowed(text: &str) -> Vec<Vec<bool>> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(text);
    let (mut policies, mut bodies) = (Vec::new(), Vec::new());
    let mut stack = vec![dom.document.clone()];
    while let Some(node) = stack.pop() {
        if let NodeData::Element { name, attrs, template_contents, .. } = &node.data {
            if is_policy(&name.local, attrs) {
                let attributes = attrs.borrow();
                let content = attributes.iter().find(|attribute| &*attribute.name.local == "content");
                policies.extend(content.map(|attribute| policy::parted(&attribute.value).1));
            }
            if matches!(&*name.local, "script" | "style") {
                let body: String = node.children.borrow().iter().map(own_text).collect();
                bodies.push(policy::hashes(&body));
            }
            stack.extend(template_contents.borrow().as_ref().cloned());
        }
        stack.extend(node.children.borrow().iter().rev().cloned());
    }
    let says =
        |policy: &Vec<Integrity>| bodies.iter().map(|hashes| hashes.iter().any(|hash| policy.contains(hash))).collect();
    policies.iter().map(says).collect()
}

/// Whether an element is a policy.
pub(super) fn is_policy(element: &str, attributes: &std::cell::RefCell<Vec<html5ever::Attribute>>) -> bool {
    element == "meta"
        && attributes.borrow().iter().any(|attribute| {
            &*attribute.name.local == "http-equiv" && attribute.value.trim().eq_ignore_ascii_case(policy::HEADER)
        })
}

/// Whether blanks are a part of what a node shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blanks {
    Shown,
    Folded,
    /// In a drawing, outside its texts.
    Drawn,
}

/// Every node that means something, as a text that is the same where the meaning is.
fn flat(text: &str, bodies: &[(String, String)], shown: &Shown) -> Vec<String> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(text);
    let mut nodes: Vec<String> = Vec::new();
    let mut words: Option<(String, Blanks)> = None;
    let mut replaced = bodies.iter();
    let outer = if shown.anywhere { Blanks::Shown } else { Blanks::Folded };
    // Explicit, because pages nest as deep as they like.
    let mut stack: Vec<(Step, usize, Blanks)> = vec![(Step::Node(dom.document.clone()), 0, outer)];
    let mut next = replaced.next();
    while let Some((step, depth, blanks)) = stack.pop() {
        let Step::Node(node) = step else {
            flush(&mut words, &mut nodes);
            nodes.push(format!("end {depth}"));
            continue;
        };
        let mut inner = blanks;
        match &node.data {
            NodeData::Text { contents } => {
                let contents = contents.borrow().to_string();
                let (text, _) = words.get_or_insert((String::new(), blanks));
                text.push_str(&contents);
            }
            NodeData::Doctype { name, public_id, system_id } => {
                nodes.push(format!("doctype {name} {public_id} {system_id}"));
            }
            NodeData::Element { name, attrs, template_contents, .. } => {
                flush(&mut words, &mut nodes);
                let local = name.local.to_string();
                let mut text = format!("{depth} {local}");
                let is_policy = is_policy(&local, attrs);
                for attribute in attrs.borrow().iter() {
                    let value = attribute.value.to_string();
                    let value = if is_policy { policy::parted(&value).0 } else { value };
                    text.push_str(&format!(" {}={value:?}", attribute.name.local));
                }
                nodes.push(text);
                if matches!(local.as_str(), "script" | "style") {
                    let mut body: String = node.children.borrow().iter().map(own_text).collect();
                    if let Some((_, after)) = next.filter(|(before, _)| *before == body) {
                        body.clone_from(after);
                        next = replaced.next();
                    }
                    nodes.push(format!("body {body}"));
                    continue;
                }
                let is_shown =
                    SPACE_MATTERS.contains(&local.as_str()) || local == "title" || is_named(&local, attrs, shown);
                if local == "svg" && blanks != Blanks::Shown {
                    inner = Blanks::Drawn;
                } else if is_shown || blanks == Blanks::Drawn && WRITTEN.contains(&&*local.to_ascii_lowercase()) {
                    inner = Blanks::Shown;
                }
                stack.push((Step::End, depth, blanks));
                if let Some(contents) = template_contents.borrow().as_ref() {
                    stack.push((Step::Node(contents.clone()), depth + 1, inner));
                }
            }
            _ => {}
        }
        for child in node.children.borrow().iter().rev() {
            stack.push((Step::Node(child.clone()), depth + 1, inner));
        }
    }
    flush(&mut words, &mut nodes);
    nodes
}

enum Step {
    Node(Handle),
    End,
}

fn own_text(node: &Handle) -> String {
    match &node.data {
        NodeData::Text { contents } => contents.borrow().to_string(),
        _ => String::new(),
    }
}

fn flush(words: &mut Option<(String, Blanks)>, nodes: &mut Vec<String>) {
    let Some((text, blanks)) = words.take() else { return };
    nodes.push(match blanks {
        Blanks::Shown => format!("text {text}"),
        Blanks::Drawn if !text.chars().all(|letter| super::tokens::BLANKS.contains(&letter)) => format!("text {text}"),
        Blanks::Folded | Blanks::Drawn => {
            let mut folded = String::from("text ");
            let mut last_is_blank = false;
            for letter in text.chars() {
                let is_blank = super::tokens::BLANKS.contains(&letter);
                if !is_blank {
                    folded.push(letter);
                } else if !last_is_blank {
                    folded.push(' ');
                }
                last_is_blank = is_blank;
            }
            folded
        }
    });
}

fn is_named(local: &str, attributes: &std::cell::RefCell<Vec<html5ever::Attribute>>, shown: &Shown) -> bool {
    shown.tags.contains(local)
        || attributes.borrow().iter().any(|attribute| {
            let key = &*attribute.name.local;
            shown.attributes.contains(key)
                || matches!(key, "class" | "id")
                    && attribute.value.split_ascii_whitespace().any(|name| shown.names.contains(name))
                || key == "style" && attribute.value.contains("white-space")
                || key == "contenteditable"
        })
}
