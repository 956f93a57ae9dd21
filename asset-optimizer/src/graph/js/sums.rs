//! Texts that a script puts together: sums, templates, `concat()` and `join()`, as their known and unknown parts.

use swc_core::ecma::ast::{ArrayLit, BinExpr, BinaryOp, CallExpr, Callee, Expr, ExprOrSpread, Lit, Tpl};
use swc_core::ecma::visit::VisitWith;

use super::shapes::{OwnAddress, method};
use super::{Aim, Reader};
use crate::graph::pattern::{Part, Pattern, Use, patterns};

/// How deep texts within texts are looked into.
const MOST_NESTED: usize = 8;

impl Reader<'_> {
    /// Keeps what is known of an expression that is put together.
    pub(super) fn pattern(&mut self, expression: &Expr, used: Use) {
        let mut parts = Vec::new();
        self.parts(expression, 0, &mut parts);
        self.look.add_patterns(patterns(&parts, used));
    }

    /// Keeps what is known of what is put behind another text.
    pub(super) fn appended(&mut self, expression: &Expr) {
        let mut parts = vec![Part::Unknown];
        self.parts(expression, 0, &mut parts);
        self.look.add_patterns(patterns(&parts, Use::Unknown));
    }

    /// Keeps what is known of a template, whatever is made of it.
    pub(super) fn template(&mut self, template: &Tpl) {
        let mut parts = Vec::new();
        self.quasis(template, 0, &mut parts);
        self.look.add_patterns(patterns(&parts, Use::Unknown));
    }

    /// What a sum of texts is made of, in its order. Sums lean to the left, as far as they are long.
    fn parts(&self, expression: &Expr, depth: usize, parts: &mut Vec<Part>) {
        let mut right = Vec::new();
        let mut left = expression;
        loop {
            left = match left {
                Expr::Bin(BinExpr { op: BinaryOp::Add, left: next, right: last, .. }) => {
                    right.push(&**last);
                    next
                }
                Expr::Paren(inner) => &inner.expr,
                _ => break,
            };
        }
        for leaf in std::iter::once(left).chain(right.into_iter().rev()) {
            self.leaf(leaf, depth, parts);
        }
    }

    fn leaf(&self, leaf: &Expr, depth: usize, parts: &mut Vec<Part>) {
        if depth >= MOST_NESTED {
            parts.push(Part::Unknown);
            return;
        }
        match leaf {
            Expr::Tpl(template) => self.quasis(template, depth, parts),
            Expr::Paren(inner) => self.parts(&inner.expr, depth + 1, parts),
            Expr::Bin(BinExpr { op: BinaryOp::Add, .. }) => self.parts(leaf, depth + 1, parts),
            Expr::Call(CallExpr { callee: Callee::Expr(callee), args, .. }) if method(callee) == Some("concat") => {
                match callee.as_member() {
                    Some(member) => self.leaf(&member.obj, depth + 1, parts),
                    None => parts.push(Part::Unknown),
                }
                args.iter().for_each(|argument| self.leaf(&argument.expr, depth + 1, parts));
            }
            Expr::Call(CallExpr { callee: Callee::Expr(callee), args, .. }) if method(callee) == Some("join") => {
                let list = callee.as_member().and_then(|member| member.obj.as_array());
                let between =
                    args.first().map_or(Some(",".to_owned()), |between| Some(self.text(&between.expr)?.value));
                match list.zip(between) {
                    Some((list, between)) => self.joined(list, &between, depth, parts),
                    None => parts.push(Part::Unknown),
                }
            }
            Expr::Lit(Lit::Num(number)) => parts.push(Part::Known(number.value.to_string())),
            other => {
                let text = self.text(other);
                parts.push(text.map_or(Part::Unknown, |text| Part::Known(text.value)));
            }
        }
    }

    fn joined(&self, list: &ArrayLit, between: &str, depth: usize, parts: &mut Vec<Part>) {
        for (at, element) in list.elems.iter().enumerate() {
            if at > 0 {
                parts.push(Part::Known(between.to_owned()));
            }
            match element {
                Some(element) if element.spread.is_none() => self.leaf(&element.expr, depth + 1, parts),
                _ => parts.push(Part::Unknown),
            }
        }
    }

    fn quasis(&self, template: &Tpl, depth: usize, parts: &mut Vec<Part>) {
        for (at, quasi) in template.quasis.iter().enumerate() {
            if let Some(between) = at.checked_sub(1).and_then(|before| template.exprs.get(before)) {
                self.leaf(between, depth + 1, parts);
            }
            let cooked = quasi.cooked.as_ref().map(|text| text.to_string_lossy().into_owned());
            parts.push(cooked.map_or(Part::Unknown, Part::Known));
        }
    }

    /// Visits what a sum is made of, but not the sums within it. No text in it is an address of its own.
    pub(super) fn leaves(&mut self, expression: &Expr) {
        self.aimed(Aim::Part, |reader| {
            let mut left = expression;
            while let Expr::Bin(BinExpr { op: BinaryOp::Add, left: next, right, .. }) = left {
                reader.part(right);
                left = next;
            }
            reader.part(left);
        });
    }

    /// Visits what `concat()` and `join()` put together, as if it was added up.
    pub(super) fn list(&mut self, callee: &Expr, arguments: &[ExprOrSpread]) {
        self.aimed(Aim::Part, |reader| {
            match callee.as_member().map(|member| &*member.obj) {
                Some(Expr::Array(list)) => list.elems.iter().flatten().for_each(|element| reader.part(&element.expr)),
                Some(of) => reader.part(of),
                None => callee.visit_with(reader),
            }
            arguments.iter().for_each(|argument| reader.part(&argument.expr));
        });
    }

    /// Visits a part of a sum. What is written out there is known by the sum.
    fn part(&mut self, part: &Expr) {
        match part {
            Expr::Lit(Lit::Str(text)) => self.escapes(text),
            Expr::Tpl(template) => {
                self.escaped(template);
                template.exprs.iter().for_each(|between| self.part(between));
            }
            other => other.visit_with(self),
        }
    }

    /// What makes another name of an address that stands in the page: `image.src.replace('small', 'large')`.
    pub(super) fn replaced(&mut self, of: OwnAddress, arguments: &[ExprOrSpread]) {
        let (mut is_said, mut is_open) = (false, false);
        for argument in arguments.iter().take(2) {
            let text = match &*argument.expr {
                Expr::Lit(Lit::Regex(regex)) => regex.exp.to_string(),
                other => self.text(other).map_or_else(String::new, |text| text.value),
            };
            // A query or a fragment is no part of a name.
            is_said |= text.contains(['?', '#']);
            is_open |= argument.expr.is_lit() && ["\\d", "\\w", "[", "."].iter().any(|class| text.contains(class));
            let word = longest_word(&text);
            if !word.is_empty() {
                is_said = true;
                self.look.add_patterns([Pattern::with(word)]);
            }
        }
        if is_open && !is_said && of == OwnAddress::Picture {
            self.look.add_patterns([Pattern::any()]);
        }
    }
}

/// The longest run of letters and digits in a text or a regular expression that stand for themselves.
fn longest_word(expression: &str) -> &str {
    let is_end = |letter: char| !letter.is_ascii_alphanumeric();
    let words = expression.split('\\').enumerate().flat_map(|(at, piece)| {
        // Behind a backslash stands what it makes of a letter.
        let piece = if at == 0 { piece } else { piece.get(1..).unwrap_or_default() };
        piece.split(is_end)
    });
    words.max_by_key(|word| word.len()).unwrap_or_default()
}
