//! What decides in a style sheet: who sets which longhand of which selector to what, in which order.

use std::collections::BTreeMap;
use std::rc::Rc;

use lightningcss::declaration::DeclarationBlock;
use lightningcss::printer::PrinterOptions;
use lightningcss::properties::Property;
use lightningcss::rules::keyframes::KeyframesRule;
use lightningcss::rules::{CssRule, CssRuleList};
use lightningcss::selector::SelectorList;
use lightningcss::stylesheet::MinifyOptions;
use lightningcss::traits::ToCss;
use lightningcss::vendor_prefix::VendorPrefix;

use super::pin::Pinned;
use super::resets::{is_old, modern, resets, without_prefixes};
use super::{Depth, Sheet, fallback, lightning, parse};
use crate::settings::Targets;

/// A place in the cascade: the conditions around a rule, and one selector of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    /// What stands around the rule: media, supports, layers, the selectors that it is nested in.
    pub(super) context: Rc<str>,
    /// The selector.
    pub(super) selector: String,
}

impl Spot {
    /// Whether the rule is nested in one that has these selectors.
    pub(super) fn lies_in(&self, selectors: &[String]) -> bool {
        selectors.iter().any(|selector| self.context.contains(&format!("{NESTED}{selector}\u{1}")))
    }
}

/// Marks the selectors that a rule is nested in, within its context.
const NESTED: &str = "\u{1}in ";

/// Stands for an animation without a prefix.
const NO_PREFIX: &str = "plain";
/// Marks the animation that a frame belongs to.
const KEYFRAMES: &str = "@keyframes ";

/// One longhand of a spot, important or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    longhand: Rc<str>,
    important: bool,
    spot: Rc<Spot>,
}

impl Slot {
    /// Whether it is one with a prefix, and the one that took its place is there before and after. Which target needs which
    /// prefix is taken from lightningcss' tables.
    fn has_successor(&self, before: &BTreeMap<Slot, Vec<Setter>>, after: &BTreeMap<Slot, Vec<Setter>>) -> bool {
        let is_there = |slot: &Slot| before.contains_key(slot) && after.contains_key(slot);
        let named = modern(&self.longhand).is_some_and(|modern| {
            is_there(&Slot { longhand: modern.into(), important: self.important, spot: self.spot.clone() })
        });
        let context = without_keyframe_prefix(&self.spot.context);
        let animated = context.is_some_and(|context| {
            let longhand = modern(&self.longhand).map_or_else(|| self.longhand.clone(), Into::into);
            let spot = Rc::new(Spot { context: context.into(), selector: self.spot.selector.clone() });
            is_there(&Slot { longhand, important: self.important, spot })
        });
        named || animated
    }
}

/// The context of the same frame in the animation without a prefix; `None` where this is that one.
fn without_keyframe_prefix(context: &str) -> Option<String> {
    let (before, after) = context.split_once(KEYFRAMES)?;
    let (prefix, name) = after.split_once(' ')?;
    (prefix != NO_PREFIX).then(|| format!("{before}{KEYFRAMES}{NO_PREFIX} {name}"))
}

/// Who sets a longhand: to what, and in which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setter {
    value: Rc<str>,
    at: usize,
}

/// What decides in a style sheet.
#[derive(Debug, Default)]
pub(super) struct Cascade {
    slots: BTreeMap<Slot, Vec<Setter>>,
    /// Rules that are no style rules, as they are printed, in their order.
    others: Vec<String>,
}

/// A declaration with its place.
struct Declared {
    spots: Rc<[Rc<Spot>]>,
    at: usize,
    important: bool,
    text: String,
}

/// How declarations are printed to be compared.
pub(super) fn printed() -> PrinterOptions<'static> {
    PrinterOptions { minify: true, ..PrinterOptions::default() }
}

fn written(what: &impl ToCss) -> Result<String, String> {
    what.to_css_string(printed()).map_err(|why| why.to_string())
}

/// The selectors of a rule, each by itself.
pub(super) fn selectors_of(list: &SelectorList<'_>) -> Result<Vec<String>, String> {
    list.0.iter().map(written).collect()
}

impl Cascade {
    /// Reads a style sheet.
    pub(super) fn of(sheet: &Sheet<'_>, targets: &Targets) -> Result<Cascade, String> {
        let mut reader = Reader::default();
        reader.rules(&sheet.rules, "")?;
        let longhands = longhands(&reader.declared, targets)?;
        let mut slots: BTreeMap<Slot, Vec<Setter>> = BTreeMap::new();
        for (declared, longhands) in reader.declared.iter().zip(longhands) {
            for spot in declared.spots.iter() {
                for (longhand, value) in &longhands {
                    let slot = Slot { longhand: longhand.clone(), important: declared.important, spot: spot.clone() };
                    let setters = slots.entry(slot).or_default();
                    match setters.last_mut() {
                        Some(last) if last.value == *value => last.at = declared.at,
                        _ => setters.push(Setter { value: value.clone(), at: declared.at }),
                    }
                }
            }
        }
        Ok(Cascade { slots, others: reader.others })
    }

    /// Where what was made of a style sheet decides differently, and how; the spot is missing where no rule is to blame.
    pub(super) fn differences(&self, after: &Cascade, targets: &Targets) -> Vec<(Option<Spot>, String)> {
        let mut found = Vec::new();
        if self.others != after.others {
            let at = self.others.iter().zip(&after.others).take_while(|(one, other)| one == other).count();
            let rule = self.others.get(at).or(after.others.get(at)).map_or("", String::as_str);
            let rule: String = rule.chars().take(60).collect();
            found.push((None, format!("a rule is missing, new or elsewhere: `{rule}`")));
        }
        for (slot, setters) in &self.slots {
            let difference = match after.slots.get(slot) {
                None if slot.has_successor(&self.slots, &after.slots) => None,
                None => Some(format!("`{}` of `{}` is not set any more", slot.longhand, slot.spot.selector)),
                Some(others) => differs(slot, setters, others, targets),
            };
            found.extend(difference.map(|why| (Some((*slot.spot).clone()), why)));
        }
        for slot in after.slots.keys().filter(|slot| !self.slots.contains_key(slot)) {
            let why = format!("`{}` of `{}` is set, and was not", slot.longhand, slot.spot.selector);
            found.push((Some((*slot.spot).clone()), why));
        }
        found.extend(self.disorder(after));
        found
    }

    /// Of two selectors that set one longhand, the later one must stay the later one: an element may match both.
    fn disorder(&self, after: &Cascade) -> Vec<(Option<Spot>, String)> {
        let mut found = Vec::new();
        // Where a slot was set last, and where it is.
        type Places<'a> = Vec<(usize, usize, &'a Slot)>;
        let mut by_longhand: BTreeMap<(&Rc<str>, bool), Places<'_>> = BTreeMap::new();
        // Keyframes are no rules that an element matches; only their own order counts.
        let matched = self.slots.iter().filter(|(slot, _)| !slot.spot.context.contains(KEYFRAMES));
        for (slot, setters) in matched {
            let Some(other) = after.slots.get(slot).and_then(|setters| setters.last()) else { continue };
            let Some(last) = setters.last() else { continue };
            by_longhand.entry((&slot.longhand, slot.important)).or_default().push((last.at, other.at, slot));
        }
        for ((longhand, _), mut places) in by_longhand {
            places.sort();
            let mut latest: Option<(usize, usize, &Slot)> = None;
            for (before, after, slot) in places {
                if let Some((earlier, was, other)) = latest
                    && earlier < before
                    && after < was
                {
                    let why = format!(
                        "`{longhand}` of `{}` is set before that of `{}`, and was set after it",
                        slot.spot.selector, other.spot.selector
                    );
                    found.push((Some((*slot.spot).clone()), why.clone()));
                    found.push((Some((*other.spot).clone()), why));
                }
                if latest.is_none_or(|(_, was, _)| was <= after) {
                    latest = Some((before, after, slot));
                }
            }
        }
        found
    }
}

/// How the setters of one longhand differ.
fn differs(slot: &Slot, before: &[Setter], after: &[Setter], targets: &Targets) -> Option<String> {
    let (last, other) = (before.last()?, after.last()?);
    // With a variable in it, a shorthand is there as a whole, with its name.
    let plain = |value: &str| value.split_once(": ").map_or(value, |(_, value)| value).to_owned();
    // Of properties that change in time, any name is taken, also one that a browser does not know.
    let is_any_name = |value: &str| &*slot.longhand == "transition-property" && !value.contains('(');
    let is_known_to_all = |setter: &&Setter| {
        is_any_name(&setter.value) || is_old(&plain(&setter.value)) || fallback::is_variable(&setter.value, targets)
    };
    let name = format!("`{}` of `{}`", slot.longhand, slot.spot.selector);
    if last.value != other.value {
        return Some(format!("{name} ends up as `{}` instead of `{}`", other.value, last.value));
    }
    // A browser that does not know the last value falls back on the one before it, if that is still there.
    for (at, setter) in before.iter().enumerate() {
        let is_known = |later: &Setter| {
            is_known_to_all(&later)
                || without_prefixes(&setter.value) == *later.value
                || !fallback::is_needed(&slot.longhand, &setter.value, &later.value, targets)
        };
        if !after.iter().any(|other| other.value == setter.value) && !before[at + 1..].iter().any(is_known) {
            return Some(format!("{name} has lost its fallback `{}`", setter.value));
        }
    }
    // What stands before a value that all know is used by nobody.
    let used = after.iter().rposition(|setter| is_known_to_all(&setter)).unwrap_or(0);
    let mut wanted = before.iter().map(|setter| &setter.value);
    after[used..]
        .iter()
        .find(|setter| !wanted.any(|value| *value == setter.value))
        .map(|setter| format!("{name} is set to `{}` out of its order", setter.value))
}

#[derive(Default)]
struct Reader {
    declared: Vec<Declared>,
    others: Vec<String>,
    rules: usize,
}

impl Reader {
    fn rules(&mut self, rules: &CssRuleList<'_, Pinned>, context: &str) -> Result<(), String> {
        for rule in &rules.0 {
            self.rules += 1;
            match rule {
                CssRule::Style(style) => {
                    let selectors = selectors_of(&style.selectors)?;
                    self.block(&style.declarations, context, selectors.clone())?;
                    if !style.rules.0.is_empty() {
                        self.rules(&style.rules, &nested(context, &selectors))?;
                    }
                }
                CssRule::Nesting(nesting) => {
                    let selectors = selectors_of(&nesting.style.selectors)?;
                    self.block(&nesting.style.declarations, context, selectors.clone())?;
                    self.rules(&nesting.style.rules, &nested(context, &selectors))?;
                }
                CssRule::NestedDeclarations(inner) => self.block(&inner.declarations, context, vec!["&".into()])?,
                CssRule::Media(inner) => {
                    self.rules(&inner.rules, &format!("{context}@media {}|", written(&inner.query)?))?
                }
                CssRule::Supports(inner) => {
                    self.rules(&inner.rules, &format!("{context}@supports {}|", written(&inner.condition)?))?;
                }
                CssRule::Container(inner) => {
                    let name = inner.name.as_ref().map(written).transpose()?.unwrap_or_default();
                    let condition = inner.condition.as_ref().map(written).transpose()?.unwrap_or_default();
                    self.rules(&inner.rules, &format!("{context}@container {name} {condition}|"))?;
                }
                CssRule::LayerBlock(inner) => {
                    let name = inner.name.as_ref().map(written).transpose()?.unwrap_or_default();
                    self.rules(&inner.rules, &format!("{context}@layer {name}|"))?;
                    self.others.push(format!("@layer {name}"));
                }
                CssRule::Scope(inner) => {
                    let start = inner.scope_start.as_ref().map(written).transpose()?.unwrap_or_default();
                    let end = inner.scope_end.as_ref().map(written).transpose()?.unwrap_or_default();
                    self.rules(&inner.rules, &format!("{context}@scope {start} to {end}|"))?;
                }
                CssRule::StartingStyle(inner) => self.rules(&inner.rules, &format!("{context}@starting-style|"))?,
                CssRule::MozDocument(inner) => self.rules(&inner.rules, &format!("{context}@document|"))?,
                CssRule::Keyframes(frames) => {
                    let name = written(&frames.name)?;
                    for (prefix, shown) in [
                        (VendorPrefix::None, NO_PREFIX),
                        (VendorPrefix::WebKit, "webkit"),
                        (VendorPrefix::Moz, "moz"),
                        (VendorPrefix::Ms, "ms"),
                        (VendorPrefix::O, "o"),
                    ] {
                        if frames.vendor_prefix.contains(prefix) {
                            self.frames(frames, &format!("{context}{KEYFRAMES}{shown} {name}|"))?;
                        }
                    }
                }
                CssRule::Ignored => {}
                other => {
                    let text = written(other)?;
                    // Two equal ones in a row are one.
                    if self.others.last() != Some(&text) {
                        self.others.push(format!("{context}{text}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn frames(&mut self, frames: &KeyframesRule<'_>, context: &str) -> Result<(), String> {
        for frame in &frames.keyframes {
            let selectors = frame.selectors.iter().map(written).collect::<Result<Vec<_>, _>>()?;
            self.block(&frame.declarations, context, selectors)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &DeclarationBlock<'_>, context: &str, selectors: Vec<String>) -> Result<(), String> {
        let context: Rc<str> = context.into();
        let spot = |selector| Rc::new(Spot { context: context.clone(), selector });
        let spots: Rc<[Rc<Spot>]> = selectors.into_iter().map(spot).collect();
        for (property, important) in block
            .declarations
            .iter()
            .map(|property| (property, false))
            .chain(block.important_declarations.iter().map(|property| (property, true)))
        {
            let text = property.to_css_string(false, printed()).map_err(|why| why.to_string())?;
            self.declared.push(Declared { spots: spots.clone(), at: self.rules, important, text });
        }
        Ok(())
    }
}

fn nested(context: &str, selectors: &[String]) -> String {
    let mut inner = context.to_owned();
    for selector in selectors {
        inner.push_str(&format!("{NESTED}{selector}\u{1}"));
    }
    inner
}

type Longhands = Vec<(Rc<str>, Rc<str>)>;

/// Each declaration, minified by itself, where there is nothing to put it in a wrong order with, as longhands and values.
fn longhands(declared: &[Declared], targets: &Targets) -> Result<Vec<Longhands>, String> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut alone = String::new();
    let mut order = Vec::with_capacity(declared.len());
    for declaration in declared {
        let next = numbers.len();
        let number = *numbers.entry(&declaration.text).or_insert(next);
        if number == next {
            alone.push_str(&format!("x{number}{{{}}}\n", declaration.text));
        }
        order.push(number);
    }
    let mut sheet = parse(&alone).map_err(|why| format!("its declarations do not parse by themselves: {why}"))?;
    let options = MinifyOptions { targets: lightning(targets, Depth::Full), ..MinifyOptions::default() };
    sheet.minify(options).map_err(|why| format!("its declarations could not be minified: {why}"))?;
    let mut expanded: Vec<Longhands> = vec![Vec::new(); numbers.len()];
    for rule in &sheet.rules.0 {
        let CssRule::Style(style) = rule else { continue };
        let mut longhands = Vec::new();
        for (property, _) in style.declarations.iter() {
            expand(property, &mut longhands)?;
        }
        for selector in selectors_of(&style.selectors)? {
            let number = selector.strip_prefix('x').and_then(|number| number.parse::<usize>().ok());
            if let Some(place) = number.and_then(|number| expanded.get_mut(number)) {
                place.extend(longhands.iter().cloned());
            }
        }
    }
    Ok(order.into_iter().map(|number| expanded[number].clone()).collect())
}

fn expand(property: &Property<'_>, longhands: &mut Longhands) -> Result<(), String> {
    let id = property.property_id();
    let name = written(&id)?;
    let whole: Rc<str> = property.value_to_css_string(printed()).map_err(|why| why.to_string())?.into();
    let plain = id.name().to_owned();
    let prefix = name.strip_suffix(&plain).unwrap_or_default().to_owned();
    match id.longhands() {
        Some(ids) => {
            for longhand in ids {
                let value: Rc<str> = match property.longhand(&longhand) {
                    Some(value) => value.value_to_css_string(printed()).map_err(|why| why.to_string())?.into(),
                    // With a variable in it, a shorthand is only known as a whole.
                    None => format!("{plain}: {whole}").into(),
                };
                // Of a position, the two are one, and lightningcss writes either.
                let value = if plain.contains("background") && &*value == "0%" { "0".into() } else { value };
                longhands.push((written(&longhand)?.into(), value));
            }
        }
        None if plain.ends_with("-position-x") || plain.ends_with("-position-y") => {
            longhands.push((name.into(), if &*whole == "0%" { "0".into() } else { whole.clone() }));
        }
        None => longhands.push((name.into(), whole.clone())),
    }
    // No browser knows these with a prefix.
    for reset in resets(&plain).iter().filter(|_| prefix.is_empty()) {
        longhands.push(((*reset).into(), format!("reset by {plain}").into()));
    }
    once_each(longhands);
    Ok(())
}

/// Says lists of transitions and animations as short as they can be: browsers repeat them.
fn once_each(longhands: &mut Longhands) {
    for (longhand, value) in longhands.iter_mut() {
        if (longhand.contains("transition-") || longhand.contains("animation-")) && !value.contains('(') {
            // A list repeats itself, so one that says the same each time says it once.
            let mut items = value.split(',');
            let first = items.next().unwrap_or_default();
            if items.clone().next().is_some() && items.all(|item| item == first) {
                *value = first.into();
            }
        }
    }
    // Where all transitions are alike, that of a property with a prefix is that of the property, which is one with it.
    let is_list = |value: &str| value.contains(',');
    let are_alike = |(longhand, value): &(Rc<str>, Rc<str>)| {
        &**longhand == "transition-property" || longhand.starts_with("transition-") && !is_list(value)
    };
    if longhands.len() > 1 && longhands.iter().all(are_alike) {
        for (_, value) in longhands.iter_mut().filter(|(longhand, _)| &**longhand == "transition-property") {
            let items: Vec<&str> = value.split(',').collect();
            let is_alias = |item: &&str| modern(item).is_some_and(|modern| items.contains(&modern.as_str()));
            *value = items.iter().copied().filter(|item| !is_alias(item)).collect::<Vec<_>>().join(",").into();
        }
    }
}
