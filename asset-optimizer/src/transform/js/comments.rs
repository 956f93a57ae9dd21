//! Licence comments: which ones they are, and that none is lost.

use swc_core::common::comments::{Comment, CommentKind, SingleThreadedComments};

/// What makes a comment one to keep, as all minifiers have it.
fn is_licence(comment: &Comment) -> bool {
    let text = comment.text.as_str();
    comment.kind == CommentKind::Block && text.starts_with('!')
        || comment.kind == CommentKind::Line && text.starts_with('!')
        || ["@lic", "@preserve", "@copyright", "@cc_on"].iter().any(|mark| text.contains(mark))
}

fn written(comment: &Comment) -> String {
    match comment.kind {
        CommentKind::Line => format!("//{}", comment.text),
        CommentKind::Block => format!("/*{}*/", comment.text),
    }
}

/// The licence comments of a program in their order, each once.
pub(super) fn licences(comments: &SingleThreadedComments) -> Vec<String> {
    let (leading, trailing) = comments.borrow_all();
    let mut found: Vec<&Comment> =
        leading.values().chain(trailing.values()).flatten().filter(|c| is_licence(c)).collect();
    found.sort_by_key(|comment| comment.span.lo);
    let mut texts: Vec<String> = Vec::new();
    for text in found.into_iter().map(written) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// Forgets every comment that is no licence.
pub(super) fn keep_licences(comments: &SingleThreadedComments) {
    let (mut leading, mut trailing) = comments.borrow_all_mut();
    for map in [&mut *leading, &mut *trailing] {
        map.retain(|_, list| {
            list.retain(is_licence);
            !list.is_empty()
        });
    }
}

/// The code with every licence in it: those that went with the code that they stood at are put at the end, where they move
/// nothing that a source map speaks of.
pub(super) fn with_all(mut code: String, licences: &[String]) -> String {
    for licence in licences {
        if !holds(&code, licence) {
            code.push('\n');
            code.push_str(licence);
        }
    }
    code
}

/// Whether a licence is in some code, its lines indented as they were or not at all.
pub(super) fn holds(code: &str, licence: &str) -> bool {
    code.contains(licence) || {
        let lines: Vec<&str> = licence.lines().map(str::trim_start).collect();
        code.contains(&lines.join("\n"))
    }
}
