//! SVG without what nobody sees in it: blanks, comments, and the zeros that numbers do not need.
//!
//! Two proofs. The trees are compared: the same elements, attributes, texts and identifiers, numbers as numbers. And both
//! drawings are rendered: the same pixels.

mod numbers;
mod proof;
mod tokens;
mod weight;

use self::tokens::{Token, tokens};
use super::{Candidate, refuse_depth, text};

/// Elements in which every blank is a part of the text.
pub(super) const SPACE_MATTERS: [&str; 9] =
    ["text", "tspan", "textPath", "title", "desc", "style", "script", "foreignObject", "pre"];
/// Attributes that hold path data.
const PATHS: [&str; 1] = ["d"];

pub(super) fn minified(bytes: &[u8]) -> Result<Candidate, String> {
    let text = text(bytes)?;
    refuse_depth(bytes)?;
    if text.contains("<!DOCTYPE") || text.contains("<!ENTITY") {
        return Err("it has a document type, which may define anything".into());
    }
    let made = without_blanks(text)?;
    proof::same_tree(text, &made)?;
    proof::same_drawing(text, &made)?;
    let proof = "the same tree of elements, attributes and texts; renders to the same pixels";
    Ok(Candidate { engine: "svg", bytes: made.into_bytes(), map: None, proof: proof.into() })
}

fn without_blanks(text: &str) -> Result<String, String> {
    let mut made = String::with_capacity(text.len());
    // How deep we are in elements whose blanks matter; and in all.
    let mut stack: Vec<(&str, bool)> = Vec::new();
    for token in tokens(text)? {
        let space_matters = stack.last().is_some_and(|(_, matters)| *matters);
        match token {
            Token::Declaration(declaration) => {
                // Without one, it is read as UTF-8 of version 1.0, which it is.
                if !declaration.contains("1.0") || declaration.contains("standalone") {
                    made.push_str(declaration);
                }
            }
            Token::Other(kept) => made.push_str(kept),
            Token::Comment(comment) => {
                let lower = comment.to_lowercase();
                let is_licence =
                    comment.starts_with("<!--!") || lower.contains("license") || lower.contains("copyright");
                if is_licence {
                    made.push_str(comment);
                }
            }
            Token::Text(blanks) if !space_matters && blanks.trim_matches(tokens::BLANKS).is_empty() => {}
            Token::Text(kept) => made.push_str(kept),
            Token::Open { name, attributes, is_empty } => {
                made.push('<');
                made.push_str(name);
                for (key, value) in &attributes {
                    let quote = if value.contains('"') { '\'' } else { '"' };
                    let short = if PATHS.contains(key) { numbers::path(value) } else { None };
                    made.push_str(&format!(" {key}={quote}{}{quote}", short.as_deref().unwrap_or(value)));
                }
                made.push_str(if is_empty { "/>" } else { ">" });
                if !is_empty {
                    let preserve = attributes.iter().any(|(key, value)| *key == "xml:space" && *value == "preserve");
                    let local = name.rsplit(':').next().unwrap_or(name);
                    stack.push((name, space_matters || preserve || SPACE_MATTERS.contains(&local)));
                }
            }
            Token::Close(name) => {
                if stack.pop().is_none_or(|(open, _)| open != name) {
                    return Err("its elements are not closed in their order".into());
                }
                made.push_str(&format!("</{name}>"));
            }
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, to: &str) {
        let made = minified(from.as_bytes()).unwrap_or_else(|why| panic!("{from}: {why}"));
        let made = String::from_utf8(made.bytes).unwrap();
        assert_eq!(made, to);
        assert_eq!(minified(made.as_bytes()).unwrap().bytes, made.as_bytes());
    }

    fn icon(inner: &str) -> String {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\">{inner}</svg>")
    }

    #[test]
    fn blanks_comments_and_zeros_go() {
        check(
            &format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- made by -->\n{}\n",
                icon("\n  <path\n   d=\"M 0.50 , 1.0 L -0.25,10 10.0 2 Z\" />\n")
            ),
            &icon("<path d=\"M.5 1L-.25 10 10 2Z\"/>"),
        );
        check(
            &icon("<!--! licence --><g ><title> a  b </title></g >"),
            &icon("<!--! licence --><g><title> a  b </title></g>"),
        );
    }

    #[test]
    fn text_and_scripts_stay() {
        for inner in [
            "<text> a <tspan> b</tspan> </text>",
            "<style> .a { b : c } </style>",
            "<g xml:space=\"preserve\"> <a/> </g>",
            "<path d=\"M0 0\" data-x='a\"b'/>",
        ] {
            check(&icon(inner), &icon(inner));
        }
    }

    #[test]
    fn what_is_no_plain_svg_is_left_alone() {
        for wrong in [
            "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>",
            "<svg><g></svg>",
            "{{ template }}",
            "<svg",
            "",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0</svg>",
        ] {
            assert!(minified(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
