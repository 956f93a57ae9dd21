//! Anatomies → what a person reads: what a file consists of, or what of it grew. Each table adds up to its last row.

use std::collections::BTreeMap;

use anstyle::Style;

use super::table::{Side, align};
use super::terminal::Color;
use super::{number, shorten, tame};
use crate::model::anatomy::{Code, Growth, PartKind, Symbols};
use crate::model::cause::difference;
use crate::model::{Anatomy, Dissection, home};

/// Columns of a name.
const NAME_COLUMNS: usize = 100;
/// Sections of a kind that are named; the others are counted.
const MAX_SECTIONS: usize = 4;

/// What code is summed up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The crate that a function belongs to.
    Crate,
    /// The function.
    Function,
}

impl Grouping {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Grouping::Crate => ("crate", "crates"),
            Grouping::Function => ("function", "functions"),
        }
    }
}

/// All of them for a terminal, with at most so many rows of code each. Ends with a line break.
#[must_use]
pub fn terminal(dissections: &[Dissection], grouping: Grouping, rows: usize, color: Color) -> String {
    let texts: Vec<String> = dissections
        .iter()
        .map(|one| match &one.growth {
            Some(growth) => grown(one, growth, grouping, rows, color),
            None => whole(one, grouping, rows, color),
        })
        .collect();
    if texts.is_empty() { "nothing was built\n".to_owned() } else { texts.join("\n") }
}

/// What the symbols do not tell, and the way out.
fn caveat(anatomy: &Anatomy) -> Option<&'static str> {
    match anatomy.symbols {
        Symbols::Present => None,
        Symbols::Missing => Some(
            "its symbols are missing, so its code has no names; build with symbols by the same profile: \
             CARGO_PROFILE_RELEASE_STRIP=none (of wasm: keep the `name` section)",
        ),
        Symbols::TooMany => Some("it has more symbols than are read, so that code is left without names"),
        Symbols::Unreadable => Some("its format is not known, so that only its length is"),
    }
}

fn heading(one: &Dissection, said: &str, color: Color) -> Vec<String> {
    let mut lines = vec![format!("{}: {said}", color.paint(Style::new().bold(), &text(&one.subject.to_string())))];
    lines.extend(caveat(&one.anatomy).map(str::to_owned));
    lines.push(String::new());
    lines
}

fn whole(one: &Dissection, grouping: Grouping, rows: usize, color: Color) -> String {
    let anatomy = &one.anatomy;
    let (shipped, length) = (anatomy.shipped(), anatomy.length());
    let said = match length - shipped {
        0 => format!("{} bytes", number::thousands(length)),
        tools => format!(
            "{} bytes to ship, and {} of symbols and debug information",
            number::thousands(shipped),
            number::thousands(tools)
        ),
    };
    let row = |bytes: u64, of: u64, name: String| {
        let share = if of == 0 { 0.0 } else { bytes as f64 / of as f64 * 100.0 };
        [number::thousands(bytes), format!("{share:.1}%"), name]
    };
    let mut table = vec![["bytes".to_owned(), "share".to_owned(), grouping.words().0.to_owned()]];
    let groups = groups(anatomy, grouping);
    let named =
        groups.iter().take(rows).map(|(name, code)| row(code.bytes, shipped, with_copies(name, *code, grouping)));
    table.extend(named);
    if groups.len() > rows {
        let rest = groups[rows..].iter().map(|(_, code)| code.bytes).sum();
        table.push(row(
            rest,
            shipped,
            format!("{} more {}", groups.len() - rows, plural(grouping, groups.len() - rows)),
        ));
    }
    for kind in PartKind::ALL.into_iter().filter(|kind| *kind != PartKind::Tools) {
        let bytes = anatomy.of_kind(kind);
        if bytes > 0 {
            table.push(row(bytes, shipped, format!("{}{}", kind.words(), sections(anatomy, kind))));
        }
    }
    table.push(row(shipped, shipped, "in all".to_owned()));
    let mut lines = heading(one, &said, color);
    lines.extend(lay_out(table, [Side::Right, Side::Right, Side::Left]));
    joined(&lines)
}

fn grown(one: &Dissection, growth: &Growth, grouping: Grouping, rows: usize, color: Color) -> String {
    let thousands = number::thousands;
    let change = |before: u64, after: u64| match difference(before, after) {
        0 => "0".to_owned(),
        delta => number::signed(delta),
    };
    let (before, after) = (growth.before, growth.after);
    let said = format!(
        "{} bytes to ship at {}, {} now ({})",
        thousands(before),
        text(&growth.base),
        thousands(after),
        change(before, after)
    );
    let mut lines = heading(one, &said, color);
    let row =
        |before: u64, after: u64, name: String| [thousands(before), thousands(after), change(before, after), name];
    let mut groups: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for moved in &growth.moved {
        let was = moved.was.as_ref().map(|was| format!(" (was {})", text(was))).unwrap_or_default();
        let name = match grouping {
            Grouping::Function => format!("{}{was}", text(&moved.function)),
            // Data and code are told apart, and sections from each other.
            Grouping::Crate if moved.home == home::NO_FUNCTION => text(&moved.function),
            Grouping::Crate => text(&moved.home),
        };
        let sum = groups.entry(name).or_default();
        *sum = (sum.0 + moved.before, sum.1 + moved.after);
    }
    let mut groups: Vec<(String, (u64, u64))> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (before, after))| std::cmp::Reverse(before.abs_diff(*after)));
    let sum = |groups: &[(String, (u64, u64))]| {
        groups.iter().fold((0, 0), |sum: (u64, u64), (_, part)| (sum.0 + part.0, sum.1 + part.1))
    };
    let head = ["before", "after", "change", grouping.words().0].map(str::to_owned);
    let mut table = vec![head];
    table.extend(groups.iter().take(rows).map(|(name, (before, after))| row(*before, *after, name.clone())));
    if groups.len() > rows {
        let (was, is) = sum(&groups[rows..]);
        table.push(row(was, is, format!("{} more", groups.len() - rows)));
    }
    let moved = sum(&groups);
    table.push(row(before.saturating_sub(moved.0), after.saturating_sub(moved.1), "unchanged".to_owned()));
    table.push(row(before, after, "in all".to_owned()));
    lines.extend(lay_out(table, [Side::Right, Side::Right, Side::Right, Side::Left]));
    joined(&lines)
}

/// Code by crate or function, the largest first.
fn groups(anatomy: &Anatomy, grouping: Grouping) -> Vec<(&str, Code)> {
    let mut groups: BTreeMap<&str, Code> = BTreeMap::new();
    for (name, code) in &anatomy.functions {
        let group = match grouping {
            Grouping::Crate => home::of(name),
            Grouping::Function => name,
        };
        let sum = groups.entry(group).or_default();
        (sum.bytes, sum.copies) = (sum.bytes + code.bytes, sum.copies + code.copies);
    }
    let mut groups: Vec<(&str, Code)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, code)| std::cmp::Reverse(code.bytes));
    groups
}

fn with_copies(name: &str, code: Code, grouping: Grouping) -> String {
    let name = text(name);
    if grouping == Grouping::Function && code.copies > 1 { format!("{name} × {}", code.copies) } else { name }
}

fn plural(grouping: Grouping, count: usize) -> &'static str {
    if count == 1 { grouping.words().0 } else { grouping.words().1 }
}

/// The names of a kind's sections in parentheses, the largest first.
fn sections(anatomy: &Anatomy, kind: PartKind) -> String {
    let mut sections: Vec<(&str, u64)> = anatomy
        .parts
        .iter()
        .filter(|((own, _), _)| *own == kind)
        .map(|((_, name), bytes)| (name.as_str(), *bytes))
        .collect();
    sections.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    if kind == PartKind::Headers || kind == PartKind::Unknown {
        return String::new();
    }
    let mut named: Vec<String> = sections.iter().take(MAX_SECTIONS).map(|(name, _)| text(name)).collect();
    if sections.len() > MAX_SECTIONS {
        named.push(format!("{} more", sections.len() - MAX_SECTIONS));
    }
    format!(" ({})", named.join(", "))
}

fn lay_out<const N: usize>(mut table: Vec<[String; N]>, sides: [Side; N]) -> Vec<String> {
    align(&mut table, sides);
    table.iter().map(|row| format!("  {}", row.join("  "))).collect()
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A name from outside, fit to be shown.
fn text(name: &str) -> String {
    shorten(&tame(name), NAME_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cause::Moved;
    use crate::model::{Artifact, ArtifactKind, Subject};

    fn dissection(growth: Option<Growth>) -> Dissection {
        let function = |name: &str, bytes, copies| (name.to_owned(), Code { bytes, copies });
        let part = |kind, name: &str, bytes| ((kind, name.to_owned()), bytes);
        let artifact = Artifact { package: "shop".into(), kind: ArtifactKind::Bin, name: "shop".into() };
        Dissection {
            subject: Subject::Artifact(artifact),
            anatomy: Anatomy {
                functions: [
                    function("shop::total", 3_000, 3),
                    function("core::fmt::write", 500, 1),
                    function("core::str::trim", 400, 1),
                    function("evil\u{1b}[31m::f", 100, 1),
                ]
                .into(),
                parts: [
                    part(PartKind::Code, ".text", 48),
                    part(PartKind::Data, ".rodata", 900),
                    part(PartKind::Headers, "headers and padding", 52),
                    part(PartKind::Tools, ".symtab", 1_234),
                ]
                .into(),
                symbols: Symbols::Present,
            },
            growth,
        }
    }

    #[test]
    fn every_row_adds_up_to_what_is_shipped_and_names_are_inert() {
        let text = terminal(&[dissection(None)], Grouping::Function, 3, Color::Never);
        assert_eq!(
            text,
            "\
shop::bin shop: 5,000 bytes to ship, and 1,234 of symbols and debug information

  bytes   share  function
  3,000   60.0%  shop::total × 3
    500   10.0%  core::fmt::write
    400    8.0%  core::str::trim
    100    2.0%  1 more function
     48    1.0%  code outside of named functions (.text)
    900   18.0%  data (.rodata)
     52    1.0%  headers and padding
  5,000  100.0%  in all
"
        );
        let text = terminal(&[dissection(None)], Grouping::Crate, 20, Color::Never);
        assert!(text.contains("  3,000   60.0%  shop\n    900   18.0%  core\n    100    2.0%  not Rust\n"), "{text}");
        let all = terminal(&[dissection(None)], Grouping::Function, 20, Color::Never);
        assert!(!all.contains('\u{1b}') && all.contains("evil"), "{all}");
    }

    #[test]
    fn what_grew_stands_first_and_the_rest_is_unchanged() {
        let moved = |function: &str, before, after| Moved {
            function: function.into(),
            was: None,
            home: home::of(function).into(),
            before,
            after,
        };
        let moved =
            vec![moved("shop::total", 1_000, 3_000), moved("[.rodata]", 1_000, 900), moved("core::a::b", 10, 0)];
        let growth = Growth { base: "1a2b3c4".into(), before: 3_110, after: 5_000, moved };
        let text = terminal(&[dissection(Some(growth))], Grouping::Crate, 2, Color::Never);
        assert_eq!(
            text,
            "\
shop::bin shop: 3,110 bytes to ship at 1a2b3c4, 5,000 now (+1,890)

  before  after  change  crate
   1,000  3,000  +2,000  shop
   1,000    900    -100  [.rodata]
      10      0     -10  1 more
   1,100  1,100       0  unchanged
   3,110  5,000  +1,890  in all
"
        );
    }

    #[test]
    fn a_stripped_file_is_said_with_the_way_out() {
        let mut stripped = dissection(None);
        stripped.anatomy.symbols = Symbols::Missing;
        let text = terminal(&[stripped], Grouping::Crate, 20, Color::Never);
        assert!(text.contains("CARGO_PROFILE_RELEASE_STRIP=none"), "{text}");
        assert_eq!(terminal(&[], Grouping::Crate, 20, Color::Never), "nothing was built\n");
    }
}
