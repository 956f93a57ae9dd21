//! The references of a script, by its syntax: what it imports, loads, and puts together when it runs.

mod shapes;
mod sums;

use std::ops::Range;

use swc_core::common::{GLOBALS, Globals, Span};
use swc_core::ecma::ast::{
    ArrayLit, ArrowExpr, AssignExpr, AssignOp, AssignTarget, BinExpr, BinaryOp, CallExpr, Callee, ExportAll, Expr,
    ExprOrSpread, Function, ImportDecl, Lit, NamedExport, NewExpr, ObjectLit, Prop, PropName, PropOrSpread, Regex,
    SimpleAssignTarget, Str, SwitchCase, Tpl,
};
use swc_core::ecma::visit::{Visit, VisitWith};

use self::shapes::{address_of, base_of, is_import_meta, member_name, method, own_address, property};
use super::found::{Base, Found, How, Look, Timing, source_map};
use super::pattern::{Use, endings, in_template};
use crate::asset::AssetPath;
use crate::transform::Loading;
use crate::transform::js::parse::parse_as_loaded;

/// The longest text that may be an address.
const LONGEST_ADDRESS: usize = 2048;
/// Methods that compare a text with what they are given.
const COMPARING: [&str; 9] =
    ["endsWith", "startsWith", "includes", "indexOf", "lastIndexOf", "match", "search", "split", "test"];

/// Adds the references of a script that begins at `offset` of its file.
pub(super) fn look(text: &str, offset: usize, path: &AssetPath, loading: Loading, look: &mut Look) {
    let parsed = crate::transform::refuse_depth(text.as_bytes())
        .and_then(|()| GLOBALS.set(&Globals::new(), || parse_as_loaded(text, path, loading)));
    let parsed = match parsed {
        Ok((_, parsed)) => parsed,
        Err(why) => {
            look.unread = Some(why);
            return;
        }
    };
    let start = parsed.cm.files().first().map_or(0, |file| file.start_pos.0);
    let place = Place { text, start, offset };
    let (leading, trailing) = parsed.comments.borrow_all();
    for comment in leading.values().chain(trailing.values()).flatten() {
        if let Some(span) = place.of(comment.span) {
            look.comments.push(span.start + offset..span.end + offset);
        }
    }
    let mut reader = Reader { place, look, aim: Aim::Whole };
    parsed.program.visit_with(&mut reader);
    source_map(text, offset, look);
}

/// Where positions of the parser are in the text.
struct Place<'a> {
    text: &'a str,
    start: u32,
    offset: usize,
}

impl Place<'_> {
    fn of(&self, span: Span) -> Option<Range<usize>> {
        let range = span.lo.0.checked_sub(self.start)? as usize..span.hi.0.checked_sub(self.start)? as usize;
        self.text.get(range.clone()).map(|_| range)
    }
}

struct Reader<'a> {
    place: Place<'a>,
    look: &'a mut Look,
    aim: Aim,
}

/// A text of the script, with its place without quotes.
struct Text {
    value: String,
    span: Range<usize>,
}

/// What a text may be, where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// All of an address.
    Whole,
    /// A part of one.
    Part,
    /// What another text is compared with.
    Compared,
}

impl Reader<'_> {
    fn string(&self, literal: &Str) -> Option<Text> {
        let span = self.place.of(literal.span)?;
        let span = span.start + 1..span.end.checked_sub(1)?;
        (span.len() <= LONGEST_ADDRESS).then(|| Text { value: literal.value.to_string_lossy().into_owned(), span })
    }

    fn text(&self, expression: &Expr) -> Option<Text> {
        match expression {
            Expr::Lit(Lit::Str(literal)) => self.string(literal),
            Expr::Tpl(Tpl { exprs, quasis, .. }) if exprs.is_empty() => {
                let quasi = quasis.first()?;
                let value = quasi.cooked.as_ref()?.to_string_lossy().into_owned();
                let span = self.place.of(quasi.span)?;
                (span.len() <= LONGEST_ADDRESS).then_some(Text { value, span })
            }
            Expr::Paren(inner) => self.text(&inner.expr),
            _ => None,
        }
    }

    fn found(&mut self, text: Text, how: How, timing: Timing, base: Base) {
        let Text { value, span } = text;
        let raw = &self.place.text[span.clone()];
        let span = span.start + self.place.offset..span.end + self.place.offset;
        self.look.found.push(Found::new(raw, value, span, how, timing, base));
    }

    /// What is loaded here: an address as it stands, or what is known of one.
    fn loaded(&mut self, expression: &Expr, how: How, timing: Timing, base: Base) {
        if let Some(text) = self.text(expression) {
            self.found(text, how, timing, base);
            return;
        }
        self.pattern(expression, Use::Loaded);
        match expression {
            // What is added up was looked at as a whole.
            Expr::Bin(_) | Expr::Tpl(_) => self.leaves(expression),
            // One of two, each of which is loaded.
            Expr::Cond(choice) => {
                choice.test.visit_with(self);
                self.loaded(&choice.cons, how, timing, base);
                self.loaded(&choice.alt, how, timing, base);
            }
            _ => expression.visit_with(self),
        }
    }

    fn arguments(&mut self, arguments: &[ExprOrSpread], first: usize) {
        arguments.iter().skip(first).for_each(|argument| argument.visit_with(self));
    }

    /// What a bundler loads beside a chunk: a list of nothing but addresses.
    fn dependencies(&mut self, list: &ArrayLit) -> bool {
        let texts: Option<Vec<Text>> = list.elems.iter().map(|element| self.text(&element.as_ref()?.expr)).collect();
        let is_address = |text: &Text| text.value.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let Some(texts) = texts.filter(|texts| !texts.is_empty() && texts.iter().all(is_address)) else { return false };
        for text in texts {
            self.found(text, How::Dependency, Timing::Later, Base::Root);
        }
        true
    }
}

impl Visit for Reader<'_> {
    fn visit_import_decl(&mut self, import: &ImportDecl) {
        if let Some(text) = self.string(&import.src) {
            self.found(text, How::Import, Timing::Now, Base::Import);
        }
    }

    fn visit_named_export(&mut self, export: &NamedExport) {
        if let Some(text) = export.src.as_ref().and_then(|source| self.string(source)) {
            self.found(text, How::Import, Timing::Now, Base::Import);
        }
    }

    fn visit_export_all(&mut self, export: &ExportAll) {
        if let Some(text) = self.string(&export.src) {
            self.found(text, How::Import, Timing::Now, Base::Import);
        }
    }

    fn visit_function(&mut self, function: &Function) {
        self.aimed(Aim::Whole, |reader| function.visit_children_with(reader));
    }

    fn visit_arrow_expr(&mut self, arrow: &ArrowExpr) {
        self.aimed(Aim::Whole, |reader| arrow.visit_children_with(reader));
    }

    fn visit_switch_case(&mut self, case: &SwitchCase) {
        self.aimed(Aim::Compared, |reader| case.test.visit_with(reader));
        case.cons.visit_with(self);
    }

    fn visit_regex(&mut self, regex: &Regex) {
        if regex.exp.contains('\\') {
            self.look.escaped.push(regex.exp.replace('\\', ""));
        }
    }

    fn visit_tpl(&mut self, template: &Tpl) {
        self.escaped(template);
        if !template.exprs.is_empty() {
            self.template(template);
            self.aimed(Aim::Part, |reader| template.exprs.visit_with(reader));
        }
    }

    fn visit_call_expr(&mut self, call: &CallExpr) {
        if self.aim == Aim::Compared {
            self.aimed(Aim::Part, |reader| reader.visit_call_expr(call));
            return;
        }
        let first = call.args.first().map(|argument| &*argument.expr);
        match (&call.callee, first) {
            (Callee::Import(_), Some(first)) => {
                self.loaded(first, How::DynamicImport, Timing::Later, Base::Import);
                self.arguments(&call.args, 1);
            }
            (Callee::Expr(callee), Some(first)) => {
                callee.visit_with(self);
                let name = callee.as_ident().map(|name| name.sym.as_str()).or(method(callee)).unwrap_or_default();
                let on = callee.as_member().map(|member| &*member.obj);
                match name {
                    "fetch" => {
                        self.loaded(first, How::Fetch, Timing::Later, Base::Pages);
                        self.arguments(&call.args, 1);
                    }
                    "importScripts" => {
                        for argument in &call.args {
                            self.loaded(&argument.expr, How::Worker, Timing::Now, Base::Own);
                        }
                    }
                    "resolve" if on.is_some_and(is_import_meta) => {
                        self.loaded(first, How::Url, Timing::Later, Base::Import);
                        self.arguments(&call.args, 1);
                    }
                    "register" if on.and_then(member_name) == Some("serviceWorker") => {
                        self.loaded(first, How::ServiceWorker, Timing::Later, Base::Pages);
                        self.arguments(&call.args, 1);
                    }
                    "addModule" => {
                        self.loaded(first, How::Worker, Timing::Later, Base::Pages);
                        self.arguments(&call.args, 1);
                    }
                    "open" | "setAttribute" if call.args.len() > 1 => {
                        let said = self.text(first).map(|text| text.value.to_ascii_lowercase()).unwrap_or_default();
                        if ["get", "post", "head", "src", "href", "poster"].contains(&said.as_str()) {
                            let how = if name == "open" { How::Fetch } else { How::Text };
                            self.loaded(&call.args[1].expr, how, Timing::Later, Base::Pages);
                            self.arguments(&call.args, 2);
                        } else {
                            self.arguments(&call.args, 0);
                        }
                    }
                    "replace" | "replaceAll" => {
                        if let Some(of) = on.and_then(own_address) {
                            self.replaced(of, &call.args);
                        }
                        self.arguments(&call.args, 0);
                    }
                    name if COMPARING.contains(&name) => {
                        self.aimed(Aim::Compared, |reader| reader.arguments(&call.args, 0));
                    }
                    _ => {
                        let list = call.args.get(1).and_then(|second| second.expr.as_array());
                        let is_preload = matches!(first, Expr::Arrow(_) | Expr::Fn(_));
                        match list.filter(|_| is_preload) {
                            Some(list) if self.dependencies(list) => {
                                first.visit_with(self);
                                self.arguments(&call.args, 2);
                            }
                            _ => self.arguments(&call.args, 0),
                        }
                    }
                }
            }
            _ => call.visit_children_with(self),
        }
    }

    fn visit_new_expr(&mut self, new: &NewExpr) {
        let name = new.callee.as_ident().map(|name| name.sym.as_str()).or(method(&new.callee)).unwrap_or_default();
        let arguments = new.args.as_deref().unwrap_or_default();
        let Some(first) = arguments.first().map(|argument| &*argument.expr) else {
            new.visit_children_with(self);
            return;
        };
        match name {
            "URL" => {
                if let Some(base) = arguments.get(1).and_then(|base| base_of(&base.expr)) {
                    self.loaded(first, How::Url, Timing::Later, base);
                } else {
                    self.arguments(arguments, 0);
                }
            }
            "Worker" | "SharedWorker" => {
                match address_of(first) {
                    Some((address, base)) => self.loaded(address, How::Worker, Timing::Later, base),
                    None => self.loaded(first, How::Worker, Timing::Later, Base::Pages),
                }
                self.arguments(arguments, 1);
            }
            "Request" | "EventSource" => {
                self.loaded(first, How::Fetch, Timing::Later, Base::Pages);
                self.arguments(arguments, 1);
            }
            "Audio" => self.loaded(first, How::Media, Timing::Later, Base::Pages),
            _ => new.visit_children_with(self),
        }
    }

    fn visit_assign_expr(&mut self, assign: &AssignExpr) {
        assign.left.visit_with(self);
        let property = match &assign.left {
            AssignTarget::Simple(SimpleAssignTarget::Member(member)) => property(member),
            _ => None,
        };
        match (property, &*assign.right) {
            (_, right) if assign.op == AssignOp::AddAssign => {
                self.appended(right);
                self.leaves(right);
            }
            (Some("src" | "href" | "poster"), right) => {
                self.loaded(right, How::Text, Timing::Later, Base::Pages);
            }
            // Vite's list: `m.f || (m.f = [ … ])`.
            (Some("f"), Expr::Array(list)) if self.dependencies(list) => {}
            (_, right) => right.visit_with(self),
        }
    }

    fn visit_object_lit(&mut self, object: &ObjectLit) {
        let value = |wanted: &str| {
            object.props.iter().find_map(|property| {
                let PropOrSpread::Prop(property) = property else { return None };
                let Prop::KeyValue(pair) = &**property else { return None };
                let is_it = match &pair.key {
                    PropName::Ident(name) => name.sym == *wanted,
                    PropName::Str(name) => name.value == *wanted,
                    _ => false,
                };
                is_it.then_some(&*pair.value)
            })
        };
        // Workbox's list: `{ url: …, revision: … }`.
        if let (Some(url), Some(revision)) = (value("url"), value("revision"))
            && let Some(text) = self.text(url)
        {
            let revision = self.text(revision).map(|revision| revision.span);
            self.found(text, How::Precache, Timing::Later, Base::Own);
            if let (Some(span), Some(found)) = (revision, self.look.found.last_mut()) {
                found.revision = Some(Box::new(span.start + self.place.offset..span.end + self.place.offset));
            }
            return;
        }
        object.visit_children_with(self);
    }

    fn visit_expr(&mut self, expression: &Expr) {
        match expression {
            Expr::Bin(BinExpr { op: BinaryOp::Add, .. }) => {
                self.pattern(expression, Use::Unknown);
                self.leaves(expression);
            }
            Expr::Bin(operation) => {
                // Explicit, because what people and bundlers write is long to the left.
                let mut next = Some(operation);
                while let Some(operation) = next {
                    let BinExpr { op, left, right, .. } = operation;
                    use BinaryOp::{EqEq, EqEqEq, NotEq, NotEqEq};
                    let aim = if matches!(op, EqEq | EqEqEq | NotEq | NotEqEq) { Aim::Compared } else { self.aim };
                    self.aimed(aim, |reader| right.visit_with(reader));
                    next = left.as_bin().filter(|next| next.op != BinaryOp::Add);
                    if next.is_none() {
                        self.aimed(aim, |reader| left.visit_with(reader));
                    }
                }
            }
            Expr::Tpl(template) => {
                if let Some(text) = self.text(expression) {
                    self.lone(text);
                }
                template.visit_with(self);
            }
            Expr::Call(CallExpr { callee: Callee::Expr(callee), args, .. })
                if matches!(method(callee), Some("concat" | "join")) =>
            {
                self.pattern(expression, Use::Unknown);
                self.list(callee, args);
            }
            _ => expression.visit_children_with(self),
        }
    }

    fn visit_str(&mut self, literal: &Str) {
        self.escapes(literal);
        if let Some(text) = self.string(literal) {
            self.lone(text);
        }
    }
}

impl Reader<'_> {
    fn aimed(&mut self, aim: Aim, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.aim, aim);
        visit(self);
        self.aim = before;
    }

    /// A text that is written with escapes is looked through as it is meant.
    fn escapes(&mut self, literal: &Str) {
        if self.place.of(literal.span).is_some_and(|span| self.place.text[span].contains('\\')) {
            self.look.escaped.push(literal.value.to_string_lossy().into_owned());
        }
    }

    /// Texts of a template that are written with escapes are looked through as they are meant.
    fn escaped(&mut self, template: &Tpl) {
        for quasi in template.quasis.iter().filter(|quasi| quasi.raw.contains('\\')) {
            self.look.escaped.extend(quasi.cooked.as_ref().map(|text| text.to_string_lossy().into_owned()));
        }
    }

    /// A text that is nothing but an address from the root or of a site means the same wherever it is used. Another one may
    /// be put behind a name.
    fn lone(&mut self, text: Text) {
        let value = text.value.as_str();
        if self.aim != Aim::Compared {
            self.look.add_patterns(endings(value));
            self.look.add_patterns(in_template(value));
        }
        let is_root = value.starts_with('/') && !value.starts_with("//");
        let is_site = value.starts_with("https://") || value.starts_with("http://") || value.starts_with("//");
        let is_name = value.rsplit('/').next().is_some_and(|name| name.contains('.'));
        if self.aim != Aim::Part && (is_root || is_site) && is_name && !value.contains(char::is_whitespace) {
            self.found(text, How::Text, Timing::Later, Base::Own);
        }
    }
}

#[cfg(test)]
mod tests;
