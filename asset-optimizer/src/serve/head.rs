//! What a page's own tags are sure to load at once, and how each of them asks for it.

use crate::manifest::Role;
use crate::transform::html::entities::decoded;
use crate::transform::html::tokens::{Token, attribute, tokens};

/// What a page says of its first requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Style sheets, scripts and modules, in their order.
    pub(super) named: Vec<Named>,
    /// Whether modules that no tag names may be asked for before the page is read.
    pub(super) deeper: Deeper,
}

/// A file that a tag names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// Its address, as it is written.
    pub(super) address: String,
    /// A style sheet, a script or a module.
    pub(super) role: Role,
    /// How another site would be asked: what is asked for in another way is loaded twice.
    pub(super) cross_origin: Option<CrossOrigin>,
    /// The digests that it must have.
    pub(super) integrity: Option<String>,
}

/// What `crossorigin` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CrossOrigin {
    Anonymous,
    UseCredentials,
}

/// Whether modules that no tag names may be asked for before the page is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Deeper {
    #[default]
    Welcome,
    Unwelcome,
}

/// What a page says of its first requests; `None` where it cannot be read.
pub(super) fn head(text: &str) -> Option<Head> {
    let mut head = Head::default();
    let (mut inert, mut has_inert_script, mut has_map, mut is_guarded) = (0_usize, false, false, false);
    for token in tokens(text).ok()? {
        match token {
            Token::Open { name, .. } if matches!(name.as_str(), "noscript" | "template") => inert += 1,
            Token::Close { name, .. } if matches!(name.as_str(), "noscript" | "template") => {
                inert = inert.saturating_sub(1);
            }
            // The manifest does not say of a module that only such a script imports it.
            Token::Open { name, .. } if inert > 0 => has_inert_script |= name == "script" || name == "link",
            Token::Open { name, text } => {
                let tag = Tag { name: &name, text };
                // Asked for by a header, it would be no script of this page: the policy would not know it.
                is_guarded |= name == "script" && tag.value("nonce").is_some() || tag.is_strict_policy();
                has_map |= name == "script" && tag.word("type") == "importmap";
                head.named.extend(tag.named());
            }
            _ => {}
        }
    }
    let is_credentialed =
        |named: &Named| named.role == Role::Module && named.cross_origin == Some(CrossOrigin::UseCredentials);
    if has_map || is_guarded || has_inert_script || head.named.iter().any(is_credentialed) {
        head.deeper = Deeper::Unwelcome;
    }
    head.named.retain(|named| match named.role {
        Role::Style => true,
        // Browsers of 2024 refuse an import map once a module was asked for.
        Role::Module => !has_map && !is_guarded && !is_credentialed(named),
        _ => !is_guarded,
    });
    Some(head)
}

struct Tag<'a> {
    name: &'a str,
    text: &'a str,
}

impl Tag<'_> {
    fn value(&self, wanted: &str) -> Option<String> {
        decoded(attribute(self.text, wanted)?)
    }

    fn word(&self, wanted: &str) -> String {
        self.value(wanted).unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether it is a policy by which scripts are known one by one.
    fn is_strict_policy(&self) -> bool {
        let policy = || self.value("content").unwrap_or_default();
        self.name == "meta"
            && self.word("http-equiv") == "content-security-policy"
            && ["'strict-dynamic'", "'nonce-"].iter().any(|word| policy().contains(word))
    }

    /// The file that it is sure to load.
    fn named(&self) -> Option<Named> {
        let (role, address) = match self.name {
            "script" => {
                let role = match self.word("type").as_str() {
                    "" | "text/javascript" | "application/javascript" => Role::Script,
                    "module" => Role::Module,
                    _ => return None,
                };
                (role, self.value("src").filter(|_| self.value("nomodule").is_none())?)
            }
            "link" => {
                let (rel, media) = (self.word("rel"), self.word("media"));
                let has = |word: &str| rel.split_ascii_whitespace().any(|own| own == word);
                let is_for_screens = matches!(media.as_str(), "" | "all" | "screen");
                let is_in_force =
                    !has("alternate") && self.value("disabled").is_none() && self.value("nonce").is_none();
                let role = match (has("stylesheet"), has("modulepreload")) {
                    (true, _) if is_in_force && is_for_screens => Role::Style,
                    (false, true) => Role::Module,
                    _ => return None,
                };
                (role, self.value("href")?)
            }
            _ => return None,
        };
        let cross_origin = self.value("crossorigin").map(|value| match value.trim().to_ascii_lowercase().as_str() {
            "use-credentials" => CrossOrigin::UseCredentials,
            _ => CrossOrigin::Anonymous,
        });
        Some(Named { address: address.trim().to_owned(), role, cross_origin, integrity: self.value("integrity") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sure_to_be_loaded_is_named() {
        let check = |text: &str, deeper: Deeper, expected: &[(&str, Role)]| {
            let head = head(text).unwrap();
            let named: Vec<(&str, Role)> =
                head.named.iter().map(|named| (named.address.as_str(), named.role)).collect();
            assert_eq!((head.deeper, named.as_slice()), (deeper, expected), "{text}");
        };
        use Deeper::{Unwelcome, Welcome};
        check(
            "<link rel=stylesheet href=' a.css '><script src=a.js></script><SCRIPT type=module src=b.js></SCRIPT>",
            Welcome,
            &[("a.css", Role::Style), ("a.js", Role::Script), ("b.js", Role::Module)],
        );
        check("<link rel=modulepreload href=a.js>", Welcome, &[("a.js", Role::Module)]);
        for nothing in [
            "<script nomodule src=a.js></script>",
            "<script type=text/plain src=a.js></script>",
            "<link rel='alternate stylesheet' href=a.css>",
            "<link rel=stylesheet media=print href=a.css>",
            "<link rel=stylesheet disabled href=a.css>",
            "<link rel=stylesheet nonce=x href=a.css>",
            "<link rel=icon href=a.ico><img src=a.png><script>import('./a.js')</script>",
            "<noscript><img src=a.png></noscript>",
            "<!-- <script src=a.js></script> -->",
        ] {
            check(nothing, Welcome, &[]);
        }
        check(
            "<script src=a.js></script><script type=importmap>{}</script><script type=module src=b.js></script>",
            Unwelcome,
            &[("a.js", Role::Script)],
        );
        check(
            "<link rel=stylesheet href=a.css><script nonce=x src=a.js></script><script type=module src=b.js></script>",
            Unwelcome,
            &[("a.css", Role::Style)],
        );
        check(
            "<meta http-equiv=Content-Security-Policy content=\"script-src 'strict-dynamic'\"><script src=a.js></script>",
            Unwelcome,
            &[],
        );
        check("<noscript><link rel=stylesheet href=a.css></noscript>", Unwelcome, &[]);
        check(
            "<template><script src=a.js></script></template><script src=b.js></script>",
            Unwelcome,
            &[("b.js", Role::Script)],
        );
        check("<script type=module crossorigin=use-credentials src=a.js></script>", Unwelcome, &[]);
        assert!(head("<script>").is_none());
    }
}
