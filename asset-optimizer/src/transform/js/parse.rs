//! Text → program, as the kind of script that it is loaded as.

use swc_core::common::comments::SingleThreadedComments;
use swc_core::common::sync::Lrc;
use swc_core::common::{FileName, FilePathMapping, SourceMap};
use swc_core::ecma::ast::{EsVersion, Program};
use swc_core::ecma::parser::{EsSyntax, Syntax, parse_file_as_module, parse_file_as_script};

use super::super::Loading;
use crate::asset::AssetPath;

/// How a reason begins that no depth can help.
pub(super) const REFUSED: &str = "it is left alone";

/// What a text is parsed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// A classic script.
    Script,
    /// A module.
    Module,
}

/// A program with its comments.
pub(super) struct Parsed {
    /// Where positions are looked up.
    pub(super) cm: Lrc<SourceMap>,
    /// The program.
    pub(super) program: Program,
    /// Its comments, by position.
    pub(super) comments: SingleThreadedComments,
    /// Whether the text was ASCII: then it may be served as anything.
    pub(super) is_ascii: bool,
}

/// Parses a text; what a parser recovers from is an error here.
pub(super) fn parse(text: &str, goal: Goal) -> Result<Parsed, String> {
    let cm: Lrc<SourceMap> = Lrc::new(SourceMap::new(FilePathMapping::empty()));
    let file = cm.new_source_file(Lrc::new(FileName::Anon), text.to_owned());
    let comments = SingleThreadedComments::default();
    let syntax =
        Syntax::Es(EsSyntax { import_attributes: true, explicit_resource_management: true, ..EsSyntax::default() });
    let mut recovered = Vec::new();
    let program = match goal {
        Goal::Script => parse_file_as_script(&file, syntax, EsVersion::latest(), Some(&comments), &mut recovered)
            .map(Program::Script),
        Goal::Module => parse_file_as_module(&file, syntax, EsVersion::latest(), Some(&comments), &mut recovered)
            .map(Program::Module),
    };
    let explain = |error: swc_core::ecma::parser::error::Error| {
        use swc_core::common::Spanned;
        let place = cm.lookup_char_pos(error.span().lo());
        let what = error.kind().msg();
        format!("line {}: {}", place.line, what.lines().next().unwrap_or_default())
    };
    let program = program.map_err(explain)?;
    if let Some(error) = recovered.into_iter().next() {
        return Err(explain(error));
    }
    Ok(Parsed { cm, program, comments, is_ascii: text.is_ascii() })
}

/// Parses a text as pages load it; where none says, as a classic script if it can be one.
pub(super) fn parse_as_loaded(text: &str, path: &AssetPath, loading: Loading) -> Result<(Goal, Parsed), String> {
    let goals: &[Goal] = match loading {
        Loading::Module => &[Goal::Module],
        Loading::Classic => &[Goal::Script],
        Loading::Unknown if path.extension() == "mjs" => &[Goal::Module],
        Loading::Unknown => &[Goal::Script, Goal::Module],
    };
    let mut first = None;
    for &goal in goals {
        match parse(text, goal) {
            Ok(parsed) => return Ok((goal, parsed)),
            Err(why) => {
                first.get_or_insert(why);
            }
        }
    }
    // Of two reasons the second one says more about a file with `import` in it, the first about all others.
    Err(format!("{REFUSED}: it does not parse: {}", first.unwrap_or_default()))
}
