//! Rules that lightningcss must print as they were written: to it, a pinned rule is an at-rule that it does not know.

use lightningcss::error::PrinterError;
use lightningcss::printer::{Printer, PrinterOptions};
use lightningcss::rules::{CssRule, CssRuleList};
use lightningcss::traits::{AtRuleParser, ToCss};

use super::cascade::{Spot, selectors_of};

/// A rule as a text.
#[derive(Debug, Clone)]
pub(super) struct Pinned(String);

impl ToCss for Pinned {
    fn to_css<W: std::fmt::Write>(&self, printer: &mut Printer<'_, '_, W>) -> Result<(), PrinterError> {
        printer.write_str_with_newlines(&self.0)
    }
}

/// Knows no at-rule: pinned rules are never parsed.
pub(super) struct PinnedParser;

impl<'i> AtRuleParser<'i> for PinnedParser {
    type Prelude = ();
    type AtRule = Pinned;
    type Error = ();
}

/// Pins every rule that has a selector of one of these spots.
pub(super) fn pin(rules: &mut CssRuleList<'_, Pinned>, spots: &[Spot]) -> Result<(), String> {
    for rule in &mut rules.0 {
        match rule {
            CssRule::Style(style) => {
                let selectors = selectors_of(&style.selectors)?;
                if spots.iter().any(|spot| selectors.contains(&spot.selector) || spot.lies_in(&selectors)) {
                    let options = PrinterOptions { minify: true, ..PrinterOptions::default() };
                    let text = style.to_css_string(options).map_err(|why| why.to_string())?;
                    *rule = CssRule::Custom(Pinned(text));
                }
            }
            CssRule::Media(inner) => pin(&mut inner.rules, spots)?,
            CssRule::Supports(inner) => pin(&mut inner.rules, spots)?,
            CssRule::Container(inner) => pin(&mut inner.rules, spots)?,
            CssRule::LayerBlock(inner) => pin(&mut inner.rules, spots)?,
            CssRule::Scope(inner) => pin(&mut inner.rules, spots)?,
            CssRule::StartingStyle(inner) => pin(&mut inner.rules, spots)?,
            CssRule::MozDocument(inner) => pin(&mut inner.rules, spots)?,
            _ => {}
        }
    }
    Ok(())
}
