//! Expressions that say where an address leads: properties, `import.meta`, `new URL()`.

use swc_core::ecma::ast::{BinExpr, BinaryOp, Expr, Lit, MemberExpr, MemberProp, MetaPropKind};

use super::Base;

/// The property that an expression takes, where it is written out.
pub(super) fn property(member: &MemberExpr) -> Option<&str> {
    match &member.prop {
        MemberProp::Ident(name) => Some(name.sym.as_str()),
        MemberProp::Computed(computed) => match &*computed.expr {
            Expr::Lit(Lit::Str(name)) => name.value.as_str(),
            _ => None,
        },
        MemberProp::PrivateName(_) => None,
    }
}

/// The name of the method that is called.
pub(super) fn method(callee: &Expr) -> Option<&str> {
    callee.as_member().and_then(property)
}

/// The name of a member.
pub(super) fn member_name(expression: &Expr) -> Option<&str> {
    expression.as_member().and_then(property)
}

/// Whether this is `import.meta`.
pub(super) fn is_import_meta(expression: &Expr) -> bool {
    matches!(expression, Expr::MetaProp(meta) if meta.kind == MetaPropKind::ImportMeta)
}

/// What `new URL(…, this)` is relative to, where that is known.
pub(super) fn base_of(expression: &Expr) -> Option<Base> {
    let member = match expression {
        Expr::Ident(name) if name.sym == *"location" => return Some(Base::Pages),
        Expr::Paren(inner) => return base_of(&inner.expr),
        Expr::Member(member) => member,
        _ => return None,
    };
    match property(member)? {
        "url" if is_import_meta(&member.obj) => Some(Base::Own),
        "baseURI" | "location" => Some(Base::Pages),
        "href" => base_of(&member.obj).filter(|base| *base == Base::Pages),
        _ => None,
    }
}

/// The address in `new URL(…, …)`, also where its `href` is taken or it is made a text.
pub(super) fn address_of(expression: &Expr) -> Option<(&Expr, Base)> {
    match expression {
        Expr::New(new) if new.callee.as_ident().is_some_and(|name| name.sym == *"URL") => {
            let arguments = new.args.as_deref()?;
            Some((&*arguments.first()?.expr, base_of(&arguments.get(1)?.expr)?))
        }
        Expr::Member(member) if property(member) == Some("href") => address_of(&member.obj),
        Expr::Paren(inner) => address_of(&inner.expr),
        Expr::Bin(BinExpr { op: BinaryOp::Add, left, right, .. }) => {
            let is_empty = matches!(&**left, Expr::Lit(Lit::Str(text)) if text.value.is_empty());
            is_empty.then(|| address_of(right)).flatten()
        }
        _ => None,
    }
}

/// The address of an element of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnAddress {
    /// Of what is shown.
    Picture,
    /// Of a link, or of the page itself.
    Link,
}

/// Whether this is the address of an element of the page: `image.src`, `link.getAttribute('href')`.
pub(super) fn own_address(expression: &Expr) -> Option<OwnAddress> {
    let of = |name: &str| match name {
        "src" | "currentSrc" | "srcset" | "poster" | "backgroundImage" => Some(OwnAddress::Picture),
        "href" => Some(OwnAddress::Link),
        _ => None,
    };
    match expression {
        Expr::Paren(inner) => own_address(&inner.expr),
        Expr::Member(member) => property(member).and_then(of),
        Expr::Call(call) => {
            let name = call.callee.as_expr().and_then(|callee| method(callee));
            let first = call.args.first().and_then(|argument| argument.expr.as_lit());
            match (name, first) {
                (Some("getAttribute" | "attr" | "prop" | "css"), Some(Lit::Str(text))) => {
                    text.value.as_str().and_then(of)
                }
                _ => None,
            }
        }
        _ => None,
    }
}
