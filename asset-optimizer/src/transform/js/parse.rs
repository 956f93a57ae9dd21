//! Text → program, as the kind of script that it is loaded as.

use swc_core::common::comments::SingleThreadedComments;
use swc_core::common::sync::Lrc;
use swc_core::common::{FileName, FilePathMapping, Mark, SourceMap};
use swc_core::ecma::ast::{BinExpr, CallExpr, Callee, EsVersion, Expr, MemberExpr, Program, Stmt};
use swc_core::ecma::parser::{EsSyntax, Syntax, parse_file_as_module, parse_file_as_script};
use swc_core::ecma::transforms::base::resolver;
use swc_core::ecma::visit::{Visit, VisitWith};

use super::super::Loading;
use crate::asset::AssetPath;

/// What a text is parsed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// A classic script.
    Script,
    /// A module.
    Module,
}

/// A program with its comments.
pub(crate) struct Parsed {
    /// Where positions are looked up.
    pub(crate) cm: Lrc<SourceMap>,
    /// The program.
    pub(crate) program: Program,
    /// Its comments, by position.
    pub(crate) comments: SingleThreadedComments,
    /// Whether the text was ASCII: then it may be served as anything.
    pub(crate) is_ascii: bool,
}

/// A program whose names are told apart by what declares them.
pub(super) struct Resolved {
    /// The program.
    pub(super) parsed: Parsed,
    /// The mark of names that it does not declare.
    pub(super) unresolved: Mark,
    /// The mark of those that it declares for all of it.
    pub(super) top_level: Mark,
}

impl Parsed {
    /// Tells names apart; within swc's globals.
    pub(super) fn resolved(mut self) -> Resolved {
        let (unresolved, top_level) = (Mark::new(), Mark::new());
        self.program.mutate(resolver(unresolved, top_level, false));
        Resolved { parsed: self, unresolved, top_level }
    }
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

/// How deep a program may be nested, in [`LINK`]s: engines take a time that grows with its square. What people and bundlers
/// write has a tenth.
const MAX_NESTING: u32 = 2000 * STEP;
/// What a statement or an expression within another one counts.
const STEP: u32 = 20;
/// What a further part of `a + b + …`, `a.b.…` or `a()()…` counts.
const LINK: u32 = 1;

/// Refuses a program that engines would take hours for; it needs no brackets for that.
fn refuse_nesting(program: &Program) -> Result<(), String> {
    let mut nesting = Nesting { depth: 0, deepest: 0 };
    program.visit_with(&mut nesting);
    match nesting.deepest {
        0..=MAX_NESTING => Ok(()),
        deepest => Err(format!("it is nested {} deep", deepest / STEP)),
    }
}

struct Nesting {
    depth: u32,
    deepest: u32,
}

impl Nesting {
    fn within(&mut self, count: u32, visit: impl FnOnce(&mut Nesting)) {
        self.depth += count;
        self.deepest = self.deepest.max(self.depth);
        visit(self);
        self.depth -= count;
    }

    fn along(&mut self, left: &Expr) {
        self.within(LINK, |nesting| left.visit_children_with(nesting));
    }
}

impl Visit for Nesting {
    fn visit_expr(&mut self, expression: &Expr) {
        self.within(STEP, |nesting| expression.visit_children_with(nesting));
    }

    fn visit_stmt(&mut self, statement: &Stmt) {
        self.within(STEP, |nesting| statement.visit_children_with(nesting));
    }

    fn visit_bin_expr(&mut self, operation: &BinExpr) {
        self.along(&operation.left);
        operation.right.visit_with(self);
    }

    fn visit_member_expr(&mut self, member: &MemberExpr) {
        self.along(&member.obj);
        member.prop.visit_with(self);
    }

    fn visit_call_expr(&mut self, call: &CallExpr) {
        match &call.callee {
            Callee::Expr(callee) => self.along(callee),
            other => other.visit_with(self),
        }
        call.args.visit_with(self);
    }
}

/// Parses a text as pages load it; where none says, as a classic script if it can be one.
pub(crate) fn parse_as_loaded(text: &str, path: &AssetPath, loading: Loading) -> Result<(Goal, Parsed), String> {
    let goals: &[Goal] = match loading {
        Loading::Module => &[Goal::Module],
        Loading::Classic => &[Goal::Script],
        Loading::Unknown if path.extension() == "mjs" => &[Goal::Module],
        Loading::Unknown => &[Goal::Script, Goal::Module],
    };
    let mut first = None;
    for &goal in goals {
        match parse(text, goal) {
            Ok(parsed) => return refuse_nesting(&parsed.program).map(|()| (goal, parsed)),
            Err(why) => {
                first.get_or_insert(why);
            }
        }
    }
    // Of two reasons the second one says more about a file with `import` in it, the first about all others.
    Err(format!("it does not parse: {}", first.unwrap_or_default()))
}
