//! What is set right in what lightningcss made of a style sheet.
//!
//! - Declarations with variables it writes once for each prefix that they had, and adds one with a prefix to the one that is there
//!   already: of two in a row that say the same, one goes.
//! - Longhands it gathers to `inset`, `margin-inline` and the like, which came into browsers years after the longhands. It would not
//!   for browsers that do not know these, but then it would also translate what the author wrote, see [`super::AUTHORS_OWN`]. Where a
//!   target does not know one, and the author uses it nowhere, its longhands are written.

use std::collections::BTreeSet;

use lightningcss::declaration::DeclarationBlock;
use lightningcss::properties::Property;
use lightningcss::rules::{CssRule, CssRuleList};
use lightningcss::stylesheet::MinifyOptions;

use super::cascade::printed;
use super::pin::Pinned;
use super::{browsers, parse};
use crate::settings::Targets;

/// The shorthands that are younger than their longhands and that lightningcss gathers to, with longhands for it to gather.
const YOUNG: [(&str, &str); 17] = [
    ("inset", "top:1px;right:1px;bottom:1px;left:1px"),
    ("inset-block", "inset-block-start:1px;inset-block-end:1px"),
    ("inset-inline", "inset-inline-start:1px;inset-inline-end:1px"),
    ("margin-block", "margin-block-start:1px;margin-block-end:1px"),
    ("margin-inline", "margin-inline-start:1px;margin-inline-end:1px"),
    ("padding-block", "padding-block-start:1px;padding-block-end:1px"),
    ("padding-inline", "padding-inline-start:1px;padding-inline-end:1px"),
    ("scroll-margin-block", "scroll-margin-block-start:1px;scroll-margin-block-end:1px"),
    ("scroll-margin-inline", "scroll-margin-inline-start:1px;scroll-margin-inline-end:1px"),
    ("border-block", "border-block-start:1px solid red;border-block-end:1px solid red"),
    ("border-block-width", "border-block-start-width:1px;border-block-end-width:1px"),
    ("border-block-style", "border-block-start-style:solid;border-block-end-style:solid"),
    ("border-block-color", "border-block-start-color:red;border-block-end-color:red"),
    ("border-inline", "border-inline-start:1px solid red;border-inline-end:1px solid red"),
    ("border-inline-width", "border-inline-start-width:1px;border-inline-end-width:1px"),
    ("border-inline-style", "border-inline-start-style:solid;border-inline-end-style:solid"),
    ("border-inline-color", "border-inline-start-color:red;border-inline-end-color:red"),
];

/// The shorthands that are written as longhands: those that a target does not know, and that the style sheet does not use.
pub(super) fn unknown(before: &mut CssRuleList<'_, Pinned>, targets: &Targets) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    each_block(before, &mut |block| {
        let all = block.declarations.iter().chain(&block.important_declarations);
        used.extend(all.map(|property| property.property_id().name().to_owned()));
    });
    let unused = YOUNG.iter().filter(|(name, _)| !used.contains(*name));
    unused.filter(|(name, longhands)| !is_gathered(name, longhands, targets)).map(|(name, _)| *name).collect()
}

/// Whether lightningcss gathers longhands to a shorthand where it goes by its tables alone.
fn is_gathered(name: &str, longhands: &str, targets: &Targets) -> bool {
    let rule = format!("x{{{longhands}}}");
    let Ok(mut sheet) = parse(&rule) else { return false };
    let targets = lightningcss::targets::Targets { browsers: Some(browsers(targets)), ..Default::default() };
    if sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).is_err() {
        return false;
    }
    matches!(sheet.rules.0.as_slice(), [CssRule::Style(style)]
        if matches!(style.declarations.declarations.as_slice(), [only] if only.property_id().name() == name))
}

/// Sets right what can be.
pub(super) fn set_right(rules: &mut CssRuleList<'_, Pinned>, unknown: &BTreeSet<&str>) -> Result<(), String> {
    let mut done = Ok(());
    each_block(rules, &mut |block| {
        for declarations in [&mut block.declarations, &mut block.important_declarations] {
            write_out(declarations, unknown);
            if let Err(why) = say_once(declarations) {
                done = Err(why);
            }
        }
    });
    done
}

fn write_out<'i>(declarations: &mut Vec<Property<'i>>, unknown: &BTreeSet<&str>) {
    if !declarations.iter().any(|property| unknown.contains(property.property_id().name())) {
        return;
    }
    let longhands = |property: &Property<'i>| -> Option<Vec<Property<'i>>> {
        let id = Some(property.property_id()).filter(|id| unknown.contains(id.name()))?;
        id.longhands()?.iter().map(|id| property.longhand(id)).collect()
    };
    *declarations = std::mem::take(declarations)
        .into_iter()
        .flat_map(|property| longhands(&property).unwrap_or_else(|| vec![property]))
        .collect();
}

/// Removes each declaration that the next one says, too.
fn say_once(declarations: &mut Vec<Property<'_>>) -> Result<(), String> {
    let text = |property: &Property<'_>| property.to_css_string(false, printed()).map_err(|why| why.to_string());
    let texts = declarations.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    // With several prefixes, one declaration is printed as several.
    let says = |next: &String, text: &str| {
        next.strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest.starts_with(';'))
    };
    let mut at = 0;
    declarations.retain(|_| {
        at += 1;
        !texts.get(at).is_some_and(|next| says(next, &texts[at - 1]))
    });
    Ok(())
}

/// Does something with the declarations of every rule.
fn each_block<'i>(rules: &mut CssRuleList<'i, Pinned>, work: &mut dyn FnMut(&mut DeclarationBlock<'i>)) {
    for rule in &mut rules.0 {
        match rule {
            CssRule::Style(style) => {
                work(&mut style.declarations);
                each_block(&mut style.rules, work);
            }
            CssRule::Nesting(nesting) => {
                work(&mut nesting.style.declarations);
                each_block(&mut nesting.style.rules, work);
            }
            CssRule::NestedDeclarations(inner) => work(&mut inner.declarations),
            CssRule::Keyframes(frames) => frames.keyframes.iter_mut().for_each(|frame| work(&mut frame.declarations)),
            CssRule::Media(inner) => each_block(&mut inner.rules, work),
            CssRule::Supports(inner) => each_block(&mut inner.rules, work),
            CssRule::Container(inner) => each_block(&mut inner.rules, work),
            CssRule::LayerBlock(inner) => each_block(&mut inner.rules, work),
            CssRule::Scope(inner) => each_block(&mut inner.rules, work),
            CssRule::StartingStyle(inner) => each_block(&mut inner.rules, work),
            CssRule::MozDocument(inner) => each_block(&mut inner.rules, work),
            _ => {}
        }
    }
}
