//! What the outside notices of a script: imports, exports, the names that it declares and needs.

use std::collections::BTreeSet;

use swc_core::common::SyntaxContext;
use swc_core::ecma::ast::{
    AssignExpr, AssignTarget, BinExpr, BinaryOp, BindingIdent, CallExpr, Callee, ClassDecl, ClassExpr, Decl,
    ExportNamedSpecifier, ExportSpecifier, Expr, FnDecl, FnExpr, Ident, ImportSpecifier, Lit, MemberExpr, MemberProp,
    ModuleDecl, ModuleExportName, ModuleItem, NamedExport, Pat, Program, SimpleAssignTarget, Stmt, Str, SwitchStmt,
    UpdateExpr, VarDeclarator, WithStmt,
};
use swc_core::ecma::visit::{Visit, VisitWith};

use super::parse::Resolved;

/// What the outside notices of a script.
#[derive(Debug, Default)]
pub(super) struct Surface {
    /// The modules that it loads before it runs, in their order, each once.
    imports: Vec<String>,
    /// The names that it takes from them.
    imported: BTreeSet<String>,
    /// The names that it gives.
    exports: BTreeSet<String>,
    /// The names that it declares for every other script, if it is a classic one.
    declared: BTreeSet<String>,
    /// The names that it uses and does not declare.
    free: BTreeSet<String>,
    /// Those of them that it assigns.
    assigned: BTreeSet<String>,
    /// The modules that it may load later, where their names are literal.
    loads: BTreeSet<String>,
    /// Whether it begins with `use strict`.
    is_strict: bool,
    /// The classes and functions that it asks what they are called: their names must stay, and they must be called so.
    pub(super) asked: BTreeSet<String>,
    /// Those of them whose name is a text that it compares with.
    compared: BTreeSet<String>,
    /// What its functions and classes are called.
    called: BTreeSet<String>,
    /// How often a function or a class is asked for its name where it stands: one that got there has lost its name.
    asked_in_place: usize,
    /// Whether it looks names up at run time.
    pub(super) sees_names_at_run_time: bool,
}

/// The surface of a program.
pub(super) fn of(resolved: &Resolved) -> Surface {
    let program = &resolved.parsed.program;
    let mut reader = Reader {
        free: SyntaxContext::empty().apply_mark(resolved.unresolved),
        top: SyntaxContext::empty().apply_mark(resolved.top_level),
        functions: BTreeSet::new(),
        named: BTreeSet::new(),
        compared: BTreeSet::new(),
        surface: Surface::default(),
    };
    let strict = |statement: Option<&Stmt>| {
        matches!(statement, Some(Stmt::Expr(first))
            if matches!(&*first.expr, Expr::Lit(Lit::Str(text)) if text.value == *"use strict"))
    };
    match program {
        Program::Script(script) => reader.surface.is_strict = strict(script.body.first()),
        Program::Module(module) => {
            for item in &module.body {
                if let ModuleItem::ModuleDecl(declaration) = item {
                    reader.module(declaration);
                }
            }
            // Nobody outside sees what a module declares.
            reader.top = SyntaxContext::empty();
        }
    }
    program.visit_with(&mut reader);
    let Reader { functions, named, compared, mut surface, .. } = reader;
    let is_asked = |name: &&Name| named.contains(name) || compared.contains(&name.0);
    surface.asked = functions.iter().filter(is_asked).map(|(name, _)| name.clone()).collect();
    surface.called.extend(functions.into_iter().map(|(name, _)| name));
    surface.compared = surface.asked.intersection(&compared).cloned().collect();
    surface
}

impl Surface {
    /// Whether what was made of a script looks the same from outside.
    pub(super) fn compare(&self, after: &Surface) -> Result<(), String> {
        let first = |mut names: std::collections::btree_set::Difference<'_, String>| names.next().cloned();
        if self.imports != after.imports {
            return Err(format!("it imports {:?} instead of {:?}", after.imports, self.imports));
        }
        if self.is_strict && !after.is_strict {
            return Err("it is not strict any more".into());
        }
        if let Some(name) = first(self.compared.difference(&after.called)) {
            return Err(format!("nothing is called `{name}` any more, and it asks for that"));
        }
        if after.asked_in_place > self.asked_in_place {
            return Err("a function that is asked for its name has lost it".into());
        }
        let same = [("exports", &self.exports, &after.exports), ("top-level names", &self.declared, &after.declared)];
        for (what, before, after) in same {
            if let Some(name) = first(before.difference(after)) {
                return Err(format!("`{name}` is missing in its {what}"));
            }
            if let Some(name) = first(after.difference(before)) {
                return Err(format!("`{name}` is new in its {what}"));
            }
        }
        if let Some(name) = first(self.assigned.difference(&after.assigned)) {
            return Err(format!("it does not assign the global `{name}` any more"));
        }
        let subsets = [
            ("it needs the name", &self.free, &after.free),
            ("it assigns the global", &self.assigned, &after.assigned),
            ("it imports the name", &self.imported, &after.imported),
            ("it loads", &self.loads, &after.loads),
        ];
        for (what, before, after) in subsets {
            if let Some(name) = first(after.difference(before)) {
                return Err(format!("{what} `{name}`, and did not before"));
            }
        }
        Ok(())
    }
}

/// A name and the scope that it belongs to.
type Name = (String, SyntaxContext);

fn named(name: &Ident) -> Name {
    (name.sym.to_string(), name.ctxt)
}

struct Reader {
    /// The context of names that nothing declares.
    free: SyntaxContext,
    /// The context of top-level names that others see.
    top: SyntaxContext,
    /// Functions and classes of this script.
    functions: BTreeSet<Name>,
    /// What is asked for its name.
    named: BTreeSet<Name>,
    /// Texts that the name of some object's class is compared with.
    compared: BTreeSet<String>,
    surface: Surface,
}

fn plain(text: &Str) -> String {
    text.value.to_string_lossy().into_owned()
}

fn exported(name: &ModuleExportName) -> String {
    match name {
        ModuleExportName::Ident(name) => name.sym.to_string(),
        ModuleExportName::Str(name) => plain(name),
    }
}

impl Reader {
    fn import(&mut self, module: &Str) {
        let module = plain(module);
        if !self.surface.imports.contains(&module) {
            self.surface.imports.push(module);
        }
    }

    fn module(&mut self, declaration: &ModuleDecl) {
        match declaration {
            ModuleDecl::Import(import) => {
                self.import(&import.src);
                for specifier in &import.specifiers {
                    let name = match specifier {
                        ImportSpecifier::Named(named) => {
                            named.imported.as_ref().map_or_else(|| named.local.sym.to_string(), exported)
                        }
                        ImportSpecifier::Default(_) => "default".into(),
                        ImportSpecifier::Namespace(_) => "*".into(),
                    };
                    self.surface.imported.insert(format!("{}: {name}", plain(&import.src)));
                }
            }
            ModuleDecl::ExportAll(all) => {
                self.import(&all.src);
                self.surface.exports.insert(format!("* from {}", plain(&all.src)));
            }
            ModuleDecl::ExportNamed(named) => {
                if let Some(module) = &named.src {
                    self.import(module);
                }
                for specifier in &named.specifiers {
                    let name = match specifier {
                        ExportSpecifier::Namespace(namespace) => exported(&namespace.name),
                        ExportSpecifier::Default(default) => default.exported.sym.to_string(),
                        ExportSpecifier::Named(named) => exported(named.exported.as_ref().unwrap_or(&named.orig)),
                    };
                    self.surface.exports.insert(name);
                }
            }
            ModuleDecl::ExportDefaultDecl(_) | ModuleDecl::ExportDefaultExpr(_) => {
                self.surface.exports.insert("default".into());
            }
            ModuleDecl::ExportDecl(export) => match &export.decl {
                Decl::Class(class) => _ = self.surface.exports.insert(class.ident.sym.to_string()),
                Decl::Fn(function) => _ = self.surface.exports.insert(function.ident.sym.to_string()),
                Decl::Var(variables) => {
                    let mut names = Bound::default();
                    variables.decls.iter().for_each(|declarator| declarator.name.visit_with(&mut names));
                    self.surface.exports.extend(names.0);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn compare(&mut self, with: &Expr) {
        if let Expr::Lit(Lit::Str(text)) = with {
            self.compared.insert(plain(text));
        }
    }

    fn assigned(&mut self, name: &Ident) {
        if name.ctxt == self.free {
            self.surface.assigned.insert(name.sym.to_string());
        }
    }
}

/// The names that a pattern binds.
#[derive(Default)]
struct Bound(Vec<String>);

impl Visit for Bound {
    fn visit_binding_ident(&mut self, name: &BindingIdent) {
        self.0.push(name.id.sym.to_string());
    }

    // Defaults in a pattern bind nothing.
    fn visit_expr(&mut self, _: &Expr) {}
}

impl Visit for Reader {
    fn visit_ident(&mut self, name: &Ident) {
        if name.ctxt == self.free {
            self.surface.free.insert(name.sym.to_string());
        }
    }

    // What a name is called outside is no use of it.
    fn visit_export_named_specifier(&mut self, specifier: &ExportNamedSpecifier) {
        if let ModuleExportName::Ident(name) = &specifier.orig {
            self.visit_ident(name);
        }
    }

    fn visit_named_export(&mut self, export: &NamedExport) {
        if export.src.is_none() {
            export.visit_children_with(self);
        }
    }

    fn visit_import_specifier(&mut self, _: &ImportSpecifier) {}

    fn visit_binding_ident(&mut self, name: &BindingIdent) {
        if name.id.ctxt == self.top && self.top != SyntaxContext::empty() {
            self.surface.declared.insert(name.id.sym.to_string());
        }
        name.visit_children_with(self);
    }

    fn visit_fn_decl(&mut self, function: &FnDecl) {
        self.functions.insert(named(&function.ident));
        if function.ident.ctxt == self.top && self.top != SyntaxContext::empty() {
            self.surface.declared.insert(function.ident.sym.to_string());
        }
        function.visit_children_with(self);
    }

    fn visit_fn_expr(&mut self, function: &FnExpr) {
        self.surface.called.extend(function.ident.iter().map(|name| name.sym.to_string()));
        function.visit_children_with(self);
    }

    fn visit_class_expr(&mut self, class: &ClassExpr) {
        self.surface.called.extend(class.ident.iter().map(|name| name.sym.to_string()));
        class.visit_children_with(self);
    }

    fn visit_class_decl(&mut self, class: &ClassDecl) {
        self.functions.insert(named(&class.ident));
        if class.ident.ctxt == self.top && self.top != SyntaxContext::empty() {
            self.surface.declared.insert(class.ident.sym.to_string());
        }
        class.visit_children_with(self);
    }

    fn visit_assign_expr(&mut self, assignment: &AssignExpr) {
        match &assignment.left {
            AssignTarget::Simple(SimpleAssignTarget::Ident(name)) => {
                self.assigned(&name.id);
                if makes_a_function(&assignment.right) {
                    self.functions.insert(named(&name.id));
                }
            }
            AssignTarget::Pat(pattern) => {
                let mut names = AssignedIn::default();
                pattern.visit_with(&mut names);
                names.0.iter().for_each(|name| self.assigned(name));
            }
            AssignTarget::Simple(_) => {}
        }
        assignment.visit_children_with(self);
    }

    fn visit_update_expr(&mut self, update: &UpdateExpr) {
        if let Expr::Ident(name) = &*update.arg {
            self.assigned(name);
        }
        update.visit_children_with(self);
    }

    fn visit_call_expr(&mut self, call: &CallExpr) {
        match &call.callee {
            Callee::Import(_) => {
                if let Some(first) = call.args.first()
                    && let Expr::Lit(Lit::Str(module)) = &*first.expr
                {
                    self.surface.loads.insert(plain(module));
                }
            }
            Callee::Expr(callee) => {
                if let Expr::Ident(name) = &**callee
                    && name.sym == *"eval"
                    && name.ctxt == self.free
                {
                    self.surface.sees_names_at_run_time = true;
                }
            }
            Callee::Super(_) => {}
        }
        call.visit_children_with(self);
    }

    fn visit_var_declarator(&mut self, declarator: &VarDeclarator) {
        if declarator.init.as_deref().is_some_and(makes_a_function)
            && let Pat::Ident(name) = &declarator.name
        {
            self.functions.insert(named(&name.id));
        }
        declarator.visit_children_with(self);
    }

    fn visit_bin_expr(&mut self, comparison: &BinExpr) {
        use BinaryOp::{EqEq, EqEqEq, NotEq, NotEqEq};
        if matches!(comparison.op, EqEq | EqEqEq | NotEq | NotEqEq) {
            if asks_for_a_class(&comparison.left) {
                self.compare(&comparison.right);
            }
            if asks_for_a_class(&comparison.right) {
                self.compare(&comparison.left);
            }
        }
        comparison.visit_children_with(self);
    }

    fn visit_switch_stmt(&mut self, switch: &SwitchStmt) {
        if asks_for_a_class(&switch.discriminant) {
            switch.cases.iter().filter_map(|case| case.test.as_deref()).for_each(|test| self.compare(test));
        }
        switch.visit_children_with(self);
    }

    fn visit_with_stmt(&mut self, with: &WithStmt) {
        self.surface.sees_names_at_run_time = true;
        with.visit_children_with(self);
    }

    fn visit_member_expr(&mut self, member: &MemberExpr) {
        if is_name(member) {
            match bare(&member.obj) {
                Expr::Ident(object) => _ = self.named.insert(named(object)),
                object if makes_a_function(object) => self.surface.asked_in_place += 1,
                _ => {}
            }
        }
        member.visit_children_with(self);
    }
}

/// An expression without its brackets.
fn bare(mut expression: &Expr) -> &Expr {
    while let Expr::Paren(inner) = expression {
        expression = &inner.expr;
    }
    expression
}

fn makes_a_function(expression: &Expr) -> bool {
    matches!(bare(expression), Expr::Fn(_) | Expr::Arrow(_) | Expr::Class(_))
}

fn is_name(member: &MemberExpr) -> bool {
    matches!(&member.prop, MemberProp::Ident(property) if property.sym == *"name")
}

/// Whether an expression is the name of some object's class: `x.constructor.name`, `new.target.name`.
fn asks_for_a_class(expression: &Expr) -> bool {
    let Expr::Member(member) = expression else { return false };
    is_name(member)
        && match &*member.obj {
            Expr::Member(object) => {
                matches!(&object.prop, MemberProp::Ident(property) if property.sym == *"constructor")
            }
            other => matches!(other, Expr::MetaProp(_)),
        }
}

/// The names that an assignment's pattern writes to.
#[derive(Default)]
struct AssignedIn(Vec<Ident>);

impl Visit for AssignedIn {
    fn visit_binding_ident(&mut self, name: &BindingIdent) {
        self.0.push(name.id.clone());
    }

    fn visit_expr(&mut self, _: &Expr) {}
}
