//! Text → shorter text, by oxc's minifier.

use std::path::PathBuf;

use oxc_allocator::Allocator;
use oxc_ast::ast::{StringLiteral, TaggedTemplateExpression, TemplateElement};
use oxc_ast_visit::Visit;
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions, LegalComment};
use oxc_minifier::{
    CompressOptions, CompressOptionsKeepNames, MangleOptions, MangleOptionsKeepNames, Minifier, MinifierOptions,
};
use oxc_parser::Parser;
use oxc_span::{SourceType, Span};

use super::Script;
use super::parse::Goal;

/// What was made.
pub(super) struct Made {
    /// The text.
    pub(super) code: String,
    /// A source map from it to the text that was worked on.
    pub(super) map: Option<Vec<u8>>,
}

/// Minifies a script.
pub(super) fn minify(script: &Script<'_>) -> Result<Made, String> {
    let Script { text, goal, is_ascii, surface, original, .. } = script;
    let (goal, is_ascii) = (*goal, *is_ascii);
    let allocator = Allocator::default();
    let mut program = parse(&allocator, text, goal)?;
    // What is asked for its name keeps it, and none of the others may get it.
    let keeps_names = !surface.asked.is_empty();
    let mangle = MangleOptions {
        // Only a module's top-level names are its own.
        top_level: Some(goal == Goal::Module),
        keep_names: MangleOptionsKeepNames::from(keeps_names),
        reserved: surface.asked.iter().map(|name| name.as_str().into()).collect(),
        ..MangleOptions::default()
    };
    let keep_names =
        if keeps_names { CompressOptionsKeepNames::all_true() } else { CompressOptionsKeepNames::all_false() };
    let compress = CompressOptions { keep_names, ..CompressOptions::smallest() };
    let options = MinifierOptions { mangle: Some(mangle), mangle_properties: None, compress: Some(compress) };
    let minified = Minifier::new(options).minify(&allocator, &mut program);
    let options = CodegenOptions {
        comments: CommentOptions { legal: LegalComment::Inline, ..CommentOptions::disabled() },
        source_map_path: original.is_some().then(|| PathBuf::from("input.js")),
        ..CodegenOptions::minify()
    };
    let made = Codegen::new()
        .with_options(options)
        .with_scoping(minified.scoping)
        .with_private_member_mappings(minified.class_private_mappings)
        .build(&program);
    let map = made.map.map(|map| map.to_json_string().into_bytes());
    // A classic script is read in the encoding of its page, whatever that is; a module is always UTF-8.
    if !is_ascii || goal == Goal::Module || made.code.is_ascii() {
        return Ok(Made { code: made.code, map });
    }
    if map.is_some() {
        return Err("it is not ASCII any more, which its page might not read, and has a source map".into());
    }
    Ok(Made { code: as_ascii(&made.code)?, map })
}

fn parse<'a>(allocator: &'a Allocator, text: &'a str, goal: Goal) -> Result<oxc_ast::ast::Program<'a>, String> {
    let kind = if goal == Goal::Module { SourceType::mjs() } else { SourceType::script() };
    let parsed = Parser::new(allocator, text, kind).parse();
    match parsed.diagnostics.first() {
        Some(error) => Err(format!("oxc does not parse it: {}", error.message)),
        None if parsed.panicked => Err("oxc does not parse it".into()),
        None => Ok(parsed.program),
    }
}

/// Code whose texts are written with escapes, since oxc writes them without.
fn as_ascii(code: &str) -> Result<String, String> {
    let allocator = Allocator::default();
    let mut texts = Texts(Vec::new());
    texts.visit_program(&parse(&allocator, code, Goal::Script)?);
    let mut ascii = String::with_capacity(code.len() + 1024);
    let mut done = 0;
    texts.0.sort_by_key(|span| span.start);
    for span in texts.0 {
        let (start, end) = (span.start as usize, span.end as usize);
        // Spans of one kind in one of the other do not happen; they would be escaped once.
        let (Some(between), Some(text)) = (code.get(done..start), code.get(start..end)) else { continue };
        ascii.push_str(between);
        for character in text.chars() {
            match u32::from(character) {
                0..=0x7f => ascii.push(character),
                0x80..=0xff => ascii.push_str(&format!("\\x{:02x}", u32::from(character))),
                _ => character
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}"))),
            }
        }
        done = end;
    }
    ascii.push_str(code.get(done..).unwrap_or_default());
    if ascii.is_ascii() { Ok(ascii) } else { Err("it is not ASCII any more, which its page might not read".into()) }
}

/// Where texts stand that mean the same with escapes.
struct Texts(Vec<Span>);

impl<'a> Visit<'a> for Texts {
    fn visit_string_literal(&mut self, text: &StringLiteral<'a>) {
        self.0.push(text.span);
    }

    fn visit_template_element(&mut self, text: &TemplateElement<'a>) {
        self.0.push(text.span);
    }

    // A tag sees how its texts are written.
    fn visit_tagged_template_expression(&mut self, tagged: &TaggedTemplateExpression<'a>) {
        self.visit_expression(&tagged.tag);
        self.visit_expressions(&tagged.quasi.expressions);
    }
}
