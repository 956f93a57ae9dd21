//! Program → shorter text, by swc's minifier.

use swc_core::common::sync::Lrc;
use swc_core::common::{BytePos, LineCol, SourceMap};
use swc_core::ecma::ast::EsVersion;
use swc_core::ecma::codegen::text_writer::{JsWriter, WriteJs, omit_trailing_semi};
use swc_core::ecma::codegen::{Config, Emitter};
use swc_core::ecma::minifier::optimize;
use swc_core::ecma::minifier::option::{CompressOptions, ExtraOptions, MangleOptions, MinifyOptions, TopLevelOptions};
use swc_core::ecma::transforms::base::fixer::{fixer, paren_remover};

use super::parse::{Goal, Parsed, Resolved};
use super::surface::Surface;
use super::{Script, comments};

/// How much is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Code is rewritten and names are shortened.
    Full,
    /// Names are shortened.
    Names,
    /// Blanks and comments go.
    Blanks,
}

impl Depth {
    /// The engine's name in reports.
    pub(super) fn engine(self) -> &'static str {
        match self {
            Depth::Full => "swc",
            Depth::Names => "swc, names only",
            Depth::Blanks => "swc, blanks only",
        }
    }
}

/// What was made.
pub(super) struct Made {
    /// The text.
    pub(super) code: String,
    /// Where positions are looked up.
    pub(super) cm: Lrc<SourceMap>,
    /// Which position went where.
    pub(super) mappings: Vec<(BytePos, LineCol)>,
}

/// Minifies a program.
pub(super) fn minify(resolved: Resolved, depth: Depth, script: &Script<'_>) -> Result<Made, String> {
    let Resolved { parsed, unresolved: unresolved_mark, top_level: top_level_mark } = resolved;
    let Parsed { cm, program, comments, is_ascii } = parsed;
    let mut program = program.apply(paren_remover(Some(&comments)));
    if depth != Depth::Blanks {
        let options = options(depth, script.goal, &script.surface);
        let extra = ExtraOptions { unresolved_mark, top_level_mark, mangle_name_cache: None };
        program = optimize(program, cm.clone(), Some(&comments), None, &options, &extra);
    }
    let program = program.apply(fixer(Some(&comments)));
    comments::keep_licences(&comments);

    let mut code = Vec::new();
    let mut mappings = Vec::new();
    {
        let kept = script.original.is_some().then_some(&mut mappings);
        let writer = omit_trailing_semi(JsWriter::new(cm.clone(), "\n", &mut code, kept));
        let writer: Box<dyn WriteJs> = Box::new(writer);
        // A classic script is read in the encoding of its page, whatever that is; a module is always UTF-8.
        let cfg = Config::default()
            .with_target(EsVersion::latest())
            .with_minify(true)
            .with_ascii_only(is_ascii && script.goal == Goal::Script);
        let mut emitter = Emitter { cfg, cm: cm.clone(), comments: Some(&comments), wr: writer };
        emitter.emit_program(&program).map_err(|why| format!("it could not be written: {why}"))?;
    }
    let code = String::from_utf8(code).map_err(|why| format!("the result is not UTF-8: {why}"))?;
    Ok(Made { code, cm, mappings })
}

fn options(depth: Depth, goal: Goal, surface: &Surface) -> MinifyOptions {
    // Only a module's top-level names are its own.
    let own = goal == Goal::Module;
    let keep_names = !surface.asked.is_empty();
    let compress = CompressOptions {
        module: own,
        top_level: own.then_some(TopLevelOptions { functions: true }),
        keep_classnames: keep_names,
        keep_fnames: keep_names,
        ..CompressOptions::default()
    };
    let mangle = MangleOptions {
        top_level: Some(own),
        reserved: surface.asked.iter().map(|name| name.as_str().into()).collect(),
        ..MangleOptions::default()
    };
    MinifyOptions {
        compress: (depth == Depth::Full).then_some(compress),
        mangle: Some(mangle),
        ..MinifyOptions::default()
    }
}
