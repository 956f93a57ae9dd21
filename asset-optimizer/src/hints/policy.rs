//! Whether the policies of a page let it load a file of its own site for which nothing else speaks.

use super::page::Sketch;

/// What a policy is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A module.
    Script,
    /// A style sheet.
    Style,
    /// A font.
    Font,
}

impl Asked {
    /// The directives that decide, the first that is there.
    fn directives(self) -> &'static [&'static str] {
        match self {
            Asked::Script => &["script-src-elem", "script-src", "default-src"],
            Asked::Style => &["style-src-elem", "style-src", "default-src"],
            Asked::Font => &["font-src", "default-src"],
        }
    }
}

/// Whether every policy in the page allows any file of its own site, whoever asks for it.
pub(super) fn allows(sketch: &Sketch<'_>, asked: Asked) -> bool {
    let is_policy = |kind: &str| kind == "content-security-policy";
    let policies = sketch.tags.iter().filter(|tag| tag.name == "meta" && is_policy(&tag.word("http-equiv")));
    policies.map(|tag| tag.word("content")).all(|policy| policy_allows(&policy, asked))
}

/// What a policy in lower case says.
fn policy_allows(policy: &str, asked: Asked) -> bool {
    let directive = |wanted: &str| {
        policy.split(';').find_map(|directive| {
            let (name, sources) = directive.trim().split_once(char::is_whitespace).unwrap_or((directive.trim(), ""));
            (name == wanted).then_some(sources)
        })
    };
    if directive("require-sri-for").is_some() {
        return false;
    }
    let Some(sources) = asked.directives().iter().find_map(|name| directive(name)) else { return true };
    let has = |wanted: &str| sources.split_ascii_whitespace().any(|source| source == wanted);
    // With this, addresses count for nothing.
    let is_strict = asked == Asked::Script && has("'strict-dynamic'");
    !is_strict && (has("'self'") || has("*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_must_allow_the_site_itself() {
        let check = |policy: &str, asked: Asked, expected: bool| {
            let page = format!("<head><meta http-equiv=Content-Security-Policy content=\"{policy}\"></head>");
            assert_eq!(allows(&Sketch::of(&page).unwrap(), asked), expected, "{policy}");
        };
        check("default-src 'self'", Asked::Font, true);
        check("default-src 'none'; font-src 'self'", Asked::Font, true);
        check("default-src 'none'; font-src 'self'", Asked::Style, false);
        check("script-src 'nonce-x'", Asked::Script, false);
        check("script-src 'self' 'nonce-x' 'strict-dynamic'", Asked::Script, false);
        check("SCRIPT-SRC 'SELF'", Asked::Script, true);
        check("img-src 'none'", Asked::Script, true);
        check("script-src https://cdn.example", Asked::Script, false);
        check("script-src *; require-sri-for script", Asked::Script, false);
        assert!(allows(&Sketch::of("<head></head>").unwrap(), Asked::Script));
    }
}
