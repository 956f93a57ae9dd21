//! Whether a declaration is needed before another one: a browser that does not know the later one uses it.

use lightningcss::rules::CssRule;
use lightningcss::stylesheet::MinifyOptions;

use super::{Depth, lightning, parse};
use crate::settings::Targets;

/// Browsers that know nothing new; each is older than what any of lightningcss' tables begins with.
const ANCIENT: Targets = Targets {
    chrome: Some(4 << 16),
    firefox: Some(2 << 16),
    safari: Some(3 << 16),
    ie: Some(6 << 16),
    ..Targets::NONE
};

/// Whether a target does not know `value`, and has use for `fallback` before it. Which browser knows what is taken from
/// lightningcss' tables; but that it merges two declarations is believed only where its tables were asked, which shows in
/// that it does not do so for ancient browsers.
pub(super) fn is_needed(longhand: &str, fallback: &str, value: &str, targets: &Targets) -> bool {
    let rule = format!("x{{{longhand}:{fallback};{longhand}:{value}}}");
    let is_merged = |targets: &Targets| {
        let Ok(mut sheet) = parse(&rule) else { return false };
        let options = MinifyOptions { targets: lightning(targets, Depth::Full), ..MinifyOptions::default() };
        let [CssRule::Style(style)] = sheet.rules.0.as_slice() else { return false };
        if style.declarations.len() != 2 || sheet.minify(options).is_err() {
            return false;
        }
        matches!(sheet.rules.0.as_slice(), [CssRule::Style(style)] if style.declarations.len() == 1)
    };
    !is_merged(targets) || is_merged(&ANCIENT)
}

/// Whether a value has a variable in it, and all targets know these: then any of them takes it, whatever it turns out to be. By
/// caniuse's `css-variables`.
pub(super) fn is_variable(value: &str, targets: &Targets) -> bool {
    let since =
        |target: Option<u32>, major: u32, minor: u32| target.is_none_or(|version| version >= major << 16 | minor << 8);
    value.contains("var(")
        && since(targets.chrome, 49, 0)
        && since(targets.edge, 16, 0)
        && since(targets.firefox, 31, 0)
        && since(targets.safari, 10, 0)
        && since(targets.ios_saf, 10, 0)
        && since(targets.android, 49, 0)
        && since(targets.opera, 36, 0)
        && since(targets.samsung, 5, 0)
        && targets.ie.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fallback_is_needed_by_browsers_that_do_not_know_better() {
        let check = |longhand: &str, fallback: &str, value: &str, targets: &str, needed: bool| {
            let targets = Targets::parse(targets).unwrap();
            assert_eq!(is_needed(longhand, fallback, value, &targets), needed, "{longhand}: {value} for {targets}");
        };
        check("height", "100vh", "100dvh", "chrome 87", true);
        check("height", "100vh", "100dvh", "chrome 120", false);
        check("color", "red", "oklch(50% .1 20)", "safari 14", true);
        check("color", "red", "oklch(50% .1 20)", "safari 17, chrome 120", false);
        // No table of lightningcss tells.
        check("display", "block", "grid", "chrome 120", true);
        check("height", "} y {", "1px", "chrome 120", true);
    }
}
