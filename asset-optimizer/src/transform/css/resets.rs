//! What shorthands set besides the longhands that lightningcss knows of, and which values every browser knows.

/// The properties that a shorthand sets back to their initial values, by the specifications of its module.
pub(super) fn resets(shorthand: &str) -> &'static [&'static str] {
    match shorthand {
        "font" => &[
            "font-variant-ligatures",
            "font-variant-numeric",
            "font-variant-east-asian",
            "font-variant-alternates",
            "font-variant-position",
            "font-variant-emoji",
            "font-size-adjust",
            "font-kerning",
            "font-feature-settings",
            "font-language-override",
            "font-optical-sizing",
            "font-variation-settings",
            "font-palette",
        ],
        "font-variant" => &[
            "font-variant-ligatures",
            "font-variant-numeric",
            "font-variant-east-asian",
            "font-variant-alternates",
            "font-variant-position",
            "font-variant-emoji",
            "font-variant-caps",
        ],
        "transition" => &["transition-behavior"],
        "animation" => &[
            "animation-timeline",
            "animation-range-start",
            "animation-range-end",
            "animation-range",
            "animation-composition",
        ],
        "border" => &["border-image"],
        "mask" => &["mask-border"],
        "text-emphasis" => &["text-emphasis-position"],
        "white-space" => &["text-wrap", "text-wrap-mode", "white-space-collapse", "white-space-trim"],
        "columns" => &["column-width", "column-count", "column-height", "column-wrap"],
        "column-rule" => &["column-rule-width", "column-rule-style", "column-rule-color"],
        "offset" => &["offset-position", "offset-path", "offset-distance", "offset-rotate", "offset-anchor"],
        "grid" => &["grid-row-gap", "grid-column-gap"],
        "background-position" => &["background-position-x", "background-position-y"],
        "scroll-timeline" => &["scroll-timeline-name", "scroll-timeline-axis"],
        "view-timeline" => &["view-timeline-name", "view-timeline-axis", "view-timeline-inset"],
        "text-wrap" => &["text-wrap-mode", "text-wrap-style"],
        _ => &[],
    }
}

/// What a property is called today, if its name has a prefix.
pub(super) fn modern(longhand: &str) -> Option<String> {
    let plain = ["-webkit-", "-moz-", "-ms-", "-o-"].iter().find_map(|prefix| longhand.strip_prefix(prefix))?;
    // Names of the two older kinds of flexible boxes.
    let modern = match plain {
        "box-flex" | "flex-positive" => "flex-grow",
        "flex-negative" => "flex-shrink",
        "flex-preferred-size" => "flex-basis",
        "box-orient" | "box-direction" => "flex-direction",
        "box-pack" | "flex-pack" => "justify-content",
        "box-align" | "flex-align" => "align-items",
        "flex-item-align" => "align-self",
        "flex-line-pack" => "align-content",
        "box-lines" => "flex-wrap",
        "box-ordinal-group" | "flex-order" => "order",
        plain => plain,
    };
    Some(modern.to_owned())
}

/// A value without the prefixes of its words and functions.
pub(super) fn without_prefixes(value: &str) -> String {
    ["-webkit-", "-moz-", "-ms-", "-o-"].iter().fold(value.to_owned(), |value, prefix| value.replace(prefix, ""))
}

/// Functions that every target of the last ten years knows.
const OLD_FUNCTIONS: [&str; 18] = [
    "url",
    "rgb",
    "rgba",
    "hsl",
    "hsla",
    "calc",
    "attr",
    "translate",
    "translatex",
    "translatey",
    "scale",
    "rotate",
    "matrix",
    "linear-gradient",
    "radial-gradient",
    "cubic-bezier",
    "counter",
    "steps",
];
/// Units that every target of the last ten years knows.
const OLD_UNITS: [&str; 22] = [
    "px", "em", "rem", "ex", "ch", "vh", "vw", "vmin", "vmax", "cm", "mm", "q", "in", "pt", "pc", "deg", "rad", "grad",
    "turn", "s", "ms", "fr",
];
/// Keywords that every target of the last ten years knows, of those that name no colour.
const OLD_WORDS: [&str; 74] = [
    "none",
    "auto",
    "normal",
    "inherit",
    "initial",
    "block",
    "inline",
    "inline-block",
    "flex",
    "inline-flex",
    "grid",
    "table",
    "table-cell",
    "table-row",
    "list-item",
    "absolute",
    "relative",
    "fixed",
    "static",
    "hidden",
    "visible",
    "scroll",
    "collapse",
    "bold",
    "bolder",
    "lighter",
    "italic",
    "oblique",
    "center",
    "left",
    "right",
    "top",
    "bottom",
    "middle",
    "baseline",
    "solid",
    "dashed",
    "dotted",
    "double",
    "inset",
    "outset",
    "groove",
    "ridge",
    "transparent",
    "currentcolor",
    "pointer",
    "default",
    "underline",
    "line-through",
    "overline",
    "uppercase",
    "lowercase",
    "capitalize",
    "nowrap",
    "pre",
    "pre-wrap",
    "pre-line",
    "break-word",
    "break-all",
    "row",
    "column",
    "wrap",
    "repeat",
    "no-repeat",
    "repeat-x",
    "repeat-y",
    "cover",
    "contain",
    "both",
    "border-box",
    "content-box",
    "serif",
    "sans-serif",
    "monospace",
];

/// Whether every browser knows a value, so that what stands before it was never used.
pub(super) fn is_old(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let mut rest = value.as_str();
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit()
            || (matches!(first, '.' | '+' | '-') && rest[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.'))
        {
            let end = rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(rest.len(), |end| end + 1);
            rest = &rest[end..];
            let unit = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            if unit > 0 && !OLD_UNITS.contains(&&rest[..unit]) {
                return false;
            }
            rest = &rest[unit..];
        } else if first == '#' {
            let end = rest[1..].find(|c: char| !c.is_ascii_hexdigit()).map_or(rest.len(), |end| end + 1);
            if !matches!(end, 4 | 5 | 7 | 9) {
                return false;
            }
            rest = &rest[end..];
        } else if first.is_ascii_alphabetic() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let known = if after.starts_with('(') {
                OLD_FUNCTIONS.contains(&word)
            } else {
                OLD_WORDS.contains(&word) || is_colour(word)
            };
            if !known || word == "url" {
                return false;
            }
            rest = after;
        } else if matches!(first, ' ' | ',' | '/' | '(' | ')' | '%' | '*' | '+') || rest.starts_with("- ") {
            rest = &rest[1..];
        } else {
            return false;
        }
    }
    !value.is_empty()
}

fn is_colour(word: &str) -> bool {
    // What minified values have: the names that are shorter than their numbers, and those that people write.
    [
        "red", "tan", "aqua", "blue", "cyan", "gold", "gray", "grey", "lime", "navy", "peru", "pink", "plum", "snow",
        "teal", "azure", "beige", "brown", "coral", "green", "ivory", "khaki", "linen", "olive", "wheat", "bisque",
        "indigo", "maroon", "orange", "orchid", "purple", "salmon", "sienna", "silver", "tomato", "violet", "white",
        "black", "yellow", "fuchsia", "magenta",
    ]
    .contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_values_are_told_from_new_ones() {
        for old in [
            "red",
            "#fff",
            "#a1b2c3",
            "#ffffff80",
            "10px",
            "-.5em",
            "1px solid red",
            "rgba(0,0,0,.5)",
            "calc(100% - 2px)",
            "0",
        ] {
            assert!(is_old(old), "{old}");
        }
        for new in [
            "100dvh",
            "oklch(50% .1 20)",
            "var(--x)",
            "fit-content",
            "-webkit-box",
            "clamp(1px,2px,3px)",
            "",
            "url(a.png)",
            "min(1px,2px)",
        ] {
            assert!(!is_old(new), "{new}");
        }
    }
}
