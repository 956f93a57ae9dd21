//! The templates' engine: minijinja, in which every value is escaped when it is printed, whatever a template says.
//!
//! * Values come as plain texts. The formatter writes each so that Markdown sees no markup in it, and does not ask the
//!   template's `autoescape`. `code`, `cell`, `prose` and `block` write it as a code span, the same within a table,
//!   a sentence with code spans, and a block of code.
//! * `safe`, `tojson` and `debug`, which would get around that, are not there.
//! * An unknown name is an error with its line, and so is a template that does not end.

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::Templates;
use crate::render::markdown::{self, MESSAGE_COLUMNS, Place, block, escape, prose};
use crate::render::{shorten, tame};

/// Steps that a template may take. The built-in ones take some forty a row.
const FUEL: u64 = 5_000_000;
/// Bytes that a template may write. Arbitrary: eight times what GitHub takes.
const MOST_BYTES: usize = 8 << 20;

const COMMENT: &str = include_str!("../../../templates/comment.md");
const SUMMARY: &str = include_str!("../../../templates/summary.md");

/// Why a project's own template does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// `comment.md` or `summary.md`.
    pub name: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> TemplateError {
        let detail =
            error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
        TemplateError {
            name: error.name().unwrap_or_default().to_owned(),
            line: error.line(),
            message: shorten(&tame(&detail), MESSAGE_COLUMNS),
        }
    }
}

pub(super) struct Engine {
    environment: Environment<'static>,
}

impl Engine {
    /// With a project's own templates in the place of the built-in ones, which stay there as `builtin/comment.md` and
    /// `builtin/summary.md`. Each is read when it is first used.
    pub(super) fn new(templates: &Templates) -> Result<Engine, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
        environment.set_formatter(|output, _, value| {
            let text = if value.is_safe() { value.to_string() } else { plain(&value.to_string()) };
            Ok(output.write_str(&text)?)
        });
        for name in ["safe", "tojson"] {
            environment.remove_filter(name);
        }
        environment.remove_global("debug");
        environment.add_filter("code", |text: &str| safe(markdown::name(text, Place::Line)));
        environment.add_filter("cell", |text: &str| safe(markdown::name(text, Place::Cell)));
        environment.add_filter("prose", |text: &str| safe(prose(&shorten(&tame(text), MESSAGE_COLUMNS), Place::Cell)));
        environment.add_filter("block", |text: &str, language: &str| {
            let lines: Vec<String> = text.lines().map(tame).collect();
            safe(block(
                &lines.join("\n"),
                if language.bytes().all(|byte| byte.is_ascii_alphanumeric()) { language } else { "" },
            ))
        });
        let own = templates.clone();
        environment.set_loader(move |name| {
            let builtin = |text: &str| Some(text.to_owned());
            Ok(match name {
                "comment.md" => own.comment.clone().or_else(|| builtin(COMMENT)),
                "summary.md" => own.summary.clone().or_else(|| builtin(SUMMARY)),
                "builtin/comment.md" => builtin(COMMENT),
                "builtin/summary.md" => builtin(SUMMARY),
                _ => None,
            })
        });
        Ok(Engine { environment })
    }

    pub(super) fn render(&self, name: &str, view: Value) -> Result<String, TemplateError> {
        let mut bytes = Bounded(Vec::new());
        self.environment.get_template(name)?.render_captured_to(view, &mut bytes)?;
        Ok(tidied(&String::from_utf8_lossy(&bytes.0)))
    }
}

fn plain(text: &str) -> String {
    escape(&shorten(&tame(text), MESSAGE_COLUMNS))
}

fn safe(text: String) -> Value {
    Value::from_safe_string(text)
}

/// Several blank lines are one, so that a template need not count those of parts that are not there.
fn tidied(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && blank) {
            tidied.push_str(line);
            tidied.push('\n');
        }
        blank = line.is_empty();
    }
    tidied.truncate(tidied.trim_end().len());
    tidied.push('\n');
    tidied
}

/// Takes so many bytes and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::Error::other(format!("it writes more than {} MiB", MOST_BYTES >> 20)));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
