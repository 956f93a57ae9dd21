//! The report in a terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstyle::Style;

use super::{Report, Sum, Visit};
use crate::asset::{ByteCount, Encoding, Kind, grouped, printable};
use crate::cache::TierTally;
use crate::manifest::{Coverage, PUBLIC_WEB};

/// How many files are named at most for one reason.
const NAMED: usize = 3;
/// How many reasons are named at most; `report` has all of them.
const REASONS: usize = 20;

/// How many pages are weighed at most; `report --format html` has more.
const PAGES: usize = 10;

/// Whether the report has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Only letters.
    Plain,
    /// As a terminal shows them.
    Coloured,
}

impl Look {
    fn painted(self, style: Style, text: &str) -> String {
        match self {
            Look::Plain => text.to_owned(),
            Look::Coloured => format!("{style}{text}{style:#}"),
        }
    }

    /// A table with its heading, and the line that is a total.
    fn table(self, text: &str, total: Option<usize>) -> String {
        if self == Look::Plain {
            return text.to_owned();
        }
        let mut painted = String::new();
        for (at, line) in text.lines().enumerate() {
            painted.push_str(&match at {
                0 => self.painted(HEADING, line),
                at if total == Some(at) => self.painted(TOTAL, line),
                _ => line.to_owned(),
            });
            painted.push('\n');
        }
        painted
    }
}

const HEADING: Style = Style::new().dimmed();
const TOTAL: Style = Style::new().bold();

/// The report as text.
#[must_use]
pub fn render(report: &Report, look: Look) -> String {
    let mut rows = vec![["bytes", "files", "changed", "before", "after", "", "gzip", "brotli"].map(str::to_owned)];
    let mut kinds = report.by_kind();
    let maps = kinds.remove(&Kind::SourceMap);
    rows.extend(kinds.iter().map(|(kind, sum)| row(kind.name(), sum)));
    rows.push(row("total", &report.total()));
    let total = rows.len() - 1;
    // Below the total, which is of what visitors load.
    rows.extend(maps.map(|sum| {
        let [name, files, changed, before, after, change, ..] = row("source maps", &sum);
        [name, files, changed, before, after, change, String::new(), String::new()]
    }));
    let mut text = look.table(&table(&rows, &['<', '>', '>', '>', '>', '>', '>', '>']), Some(total));
    text.push_str(&pages(&report.visits, look));
    let kept = reasons(report);
    if !kept.is_empty() {
        text.push_str(&format!("\n{}\n", look.painted(TOTAL, "kept as they were")));
        for (why, paths) in kept.iter().take(REASONS) {
            let named = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            let more = paths.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            text.push_str(&printable(&format!("  {why}: {named}{more}\n")));
        }
        if let Some((_, rest)) = kept.split_at_checked(REASONS).filter(|(_, rest)| !rest.is_empty()) {
            let files: usize = rest.iter().map(|(_, paths)| paths.len()).sum();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {} other reasons: {files} files", rest.len());
        }
    }
    if report.coverage.files > 0 {
        let _ = writeln!(text, "\n{}{}", names(report.coverage), renamed(report));
    }
    if !report.remarks.is_empty() || !report.cache.troubles.is_empty() {
        text.push_str(&format!("\n{}\n", look.painted(TOTAL, "to be known")));
        for remark in report.remarks.iter().chain(&report.cache.troubles) {
            text.push_str(&printable(&format!("  {remark}\n")));
        }
    }
    let asked = report.cache.hits + report.cache.misses;
    if asked > 0 {
        let (bytes, millis) = report.saved();
        let spared = match report.cache.hits {
            0 => String::new(),
            _ => format!(": {bytes} and {:.1} s of work saved", millis as f64 / 1000.0),
        };
        let _ = writeln!(text, "\n{} of {asked} results were there already{spared}", report.cache.hits);
        for tier in &report.cache.tiers {
            text.push_str(&tier_line(tier));
        }
    }
    text
}

/// What a tier had, where it was asked and there is more to say than of the memory of this run.
fn tier_line(tier: &TierTally) -> String {
    let TierTally { label, hits, misses, read, written, written_bytes, is_dropped, .. } = tier;
    let asked = hits + misses;
    if label == "memory" || asked + written == 0 {
        return String::new();
    }
    let rate = if asked == 0 { String::new() } else { format!(" ({:.0} %)", *hits as f64 / asked as f64 * 100.0) };
    let added = if *written == 0 { String::new() } else { format!(", {written} added, {written_bytes}") };
    let dropped = if *is_dropped { ", then given up" } else { "" };
    printable(&format!("  {label}: {hits} of {asked}{rate}, {read}{added}{dropped}\n"))
}

/// What the heaviest pages load, beside the public web.
fn pages(visits: &[Visit], look: Look) -> String {
    let Some(heaviest) = visits.first() else { return String::new() };
    let mut rows = vec![
        ["at once", "requests", "round trips", "js", "css", "images", "fonts", "later", "bytes of page"]
            .map(str::to_owned),
    ];
    rows.extend(visits.iter().take(PAGES).map(|visit| {
        let Visit { page, first, later, round_trips, .. } = visit;
        [
            grouped(first.bytes.0),
            grouped(first.requests),
            grouped(u64::from(*round_trips)),
            grouped(first.js.0),
            grouped(first.css.0),
            grouped(first.images.0),
            grouped(first.fonts.0),
            later.map_or("?".to_owned(), |later| grouped(later.bytes.0)),
            page.to_string(),
        ]
    }));
    let median = &PUBLIC_WEB.median;
    let bytes = [median.js, median.css, median.images].map(|bytes| grouped(bytes.0));
    let [js, css, images] = bytes;
    let (all, requests) = (grouped(median.bytes.0), grouped(median.requests));
    let unknown = || "–".to_owned();
    rows.push([all, requests, unknown(), js, css, images, unknown(), unknown(), "the public web".to_owned()]);
    let last = rows.len() - 1;
    let mut text =
        format!("\n{}", look.table(&table(&rows, &['>', '>', '>', '>', '>', '>', '>', '>', '<']), Some(last)));
    // Writing to a string cannot fail.
    if visits.len() > PAGES {
        let _ = writeln!(text, "and {} lighter pages", grouped((visits.len() - PAGES) as u64));
    }
    let _ = writeln!(
        text,
        "`{}` loads {} of what a page of the public web does ({})",
        printable(heaviest.page.as_str()),
        share(heaviest.first.bytes, median.bytes),
        PUBLIC_WEB.source
    );
    text
}

/// A part of something, in percent.
pub(super) fn share(part: ByteCount, of: ByteCount) -> String {
    format!("{:.1} %", part.0 as f64 / of.0.max(1) as f64 * 100.0)
}

/// Of how many files it is known who refers to them, in words.
pub(super) fn names(coverage: Coverage) -> String {
    let Coverage { proven, files } = coverage;
    format!(
        "names: proven {} of {} files that are not pages, {} %",
        grouped(proven as u64),
        grouped(files as u64),
        coverage.percent()
    )
}

fn renamed(report: &Report) -> String {
    match report.entries.iter().filter(|entry| entry.name != entry.path).count() {
        0 => String::new(),
        count => format!("; {} renamed", grouped(count as u64)),
    }
}

fn row(name: &str, sum: &Sum) -> [String; 8] {
    [
        name.to_owned(),
        grouped(sum.files as u64),
        grouped(sum.changed as u64),
        grouped(sum.before.0),
        grouped(sum.after.0),
        percent(sum.before, sum.after),
        grouped(sum.gzip.0),
        grouped(sum.brotli.0),
    ]
}

pub(super) fn percent(before: ByteCount, after: ByteCount) -> String {
    if before.0 == 0 {
        return String::new();
    }
    let text = format!("{:+.1} %", (after.0 as f64 / before.0 as f64 - 1.0) * 100.0);
    if text == "+0.0 %" || text == "-0.0 %" { "0.0 %".to_owned() } else { text }
}

/// Columns, to the left (`<`) or to the right (`>`).
pub(super) fn table<const N: usize>(rows: &[[String; N]], sides: &[char; N]) -> String {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.each_ref().map(|cell| printable(cell).replace('\n', "\\n"))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let blanks = " ".repeat(widths[column] - cell.chars().count());
            let gap = if column == 0 { "" } else { "  " };
            line.push_str(&match sides[column] {
                '>' => format!("{gap}{blanks}{cell}"),
                _ => format!("{gap}{cell}{blanks}"),
            });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Why files were kept, the most frequent reason first. Reasons that differ only in numbers and names are one.
fn reasons(report: &Report) -> Vec<(String, Vec<String>)> {
    let mut reasons: BTreeMap<String, (&str, Vec<String>)> = BTreeMap::new();
    for entry in &report.entries {
        if let Some(why) = &entry.why_kept {
            reasons.entry(general(why)).or_insert((why, Vec::new())).1.push(entry.path.to_string());
        }
    }
    let said = |(general, (why, paths)): (String, (&str, Vec<String>))| {
        if paths.len() == 1 { (why.to_owned(), paths) } else { (general, paths) }
    };
    let mut reasons: Vec<_> = reasons.into_iter().map(said).collect();
    reasons.sort_by(|(one, paths), (other, others)| others.len().cmp(&paths.len()).then(one.cmp(other)));
    reasons
}

/// A reason without its numbers and names.
fn general(why: &str) -> String {
    let mut general = String::new();
    for (at, part) in why.split('`').enumerate() {
        if at % 2 == 1 {
            general.push_str("`…`");
            continue;
        }
        let mut in_number = false;
        for letter in part.chars() {
            let is_digit = letter.is_ascii_digit();
            if !is_digit {
                general.push(letter);
            } else if !in_number {
                general.push('…');
            }
            in_number = is_digit;
        }
    }
    general
}

/// A line for each file, for `report`: numbers first, so that a terminal may break long names.
#[must_use]
pub fn files(report: &Report, look: Look) -> String {
    let mut rows = vec![["before", "after", "", "gzip", "brotli", "bytes of"].map(str::to_owned)];
    for entry in &report.entries {
        let why = match (&entry.engine, &entry.why_kept) {
            (Some(engine), _) => engine.clone(),
            (None, Some(why)) => format!("kept: {why}"),
            (None, None) => String::new(),
        };
        rows.push([
            grouped(entry.before.0),
            grouped(entry.after.0),
            percent(entry.before, entry.after),
            grouped(entry.on_the_wire(Encoding::Gzip).0),
            grouped(entry.on_the_wire(Encoding::Brotli).0),
            format!("{} ({why})", entry.path),
        ]);
    }
    look.table(&table(&rows, &['>', '>', '>', '>', '>', '<']), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::AssetPath;
    use crate::manifest::Weight;

    #[test]
    fn reasons_that_differ_in_numbers_are_one() {
        assert_eq!(general("it is larger in br: 482 B instead of 480 B"), "it is larger in br: … B instead of … B");
        assert_eq!(general("it needs the name `a1`, and did not"), "it needs the name `…`, and did not");
    }

    #[test]
    fn columns_line_up() {
        let rows = [["", "a"], ["long", "10 B"], ["ü", "2,000 B"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows, &['<', '>']), "            a\nlong     10 B\nü     2,000 B\n");
    }

    #[test]
    fn names_do_nothing_to_a_terminal_and_colours_are_a_choice() {
        let report = Report { remarks: vec!["`\x1b[2Ja`".into()], ..Report::default() };
        assert!(render(&report, Look::Plain).ends_with("\nto be known\n  `\\u{1b}[2Ja`\n"));
        assert!(
            !render(&report, Look::Plain).contains('\x1b') && render(&report, Look::Coloured).contains("\x1b[1mto be")
        );
    }

    #[test]
    fn pages_stand_beside_the_public_web() {
        let visit = |page: &str, bytes: u64, later: Option<u64>| Visit {
            page: AssetPath::new(page).unwrap(),
            first: Weight { requests: 3, bytes: ByteCount(bytes), js: ByteCount(20_000), ..Weight::default() },
            later: later.map(|bytes| Weight { bytes: ByteCount(bytes), ..Weight::default() }),
            round_trips: 2,
            files: Vec::new(),
            left_out: 0,
        };
        let visits = [visit("shop/index.html", 221_594, Some(1_500)), visit("\u{1b}[2J.html", 9, None)];
        let expected = "
  at once  requests  round trips       js     css   images  fonts  later  bytes of page
  221,594         3            2   20,000       0        0      0  1,500  shop/index.html
        9         3            2   20,000       0        0      0      ?  \\u{1b}[2J.html
2,215,936        72            –  661,504  80,896  932,864      –      –  the public web
`shop/index.html` loads 10.0 % of what a page of the public web does (HTTP Archive, Web Almanac 2025, median mobile page)
";
        assert_eq!(pages(&visits, Look::Plain), expected);
        assert_eq!(pages(&[], Look::Plain), "");
    }

    #[test]
    fn a_share_is_signed() {
        assert_eq!(percent(ByteCount(200), ByteCount(100)), "-50.0 %");
        assert_eq!(percent(ByteCount(20_000), ByteCount(19_999)), "0.0 %");
        assert_eq!(percent(ByteCount(0), ByteCount(0)), "");
    }
}
