//! The report as one page: a treemap for the eye, tables for everybody. Nothing of it comes from elsewhere, and nothing runs.

use std::collections::HashMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, context};

use super::text::{names, percent, share};
use super::treemap::{Place, Tile, Weighed, What, has_head, layout};
use super::{Entry, Report, Sum, Visit};
use crate::asset::{ByteCount, Encoding, Kind, grouped, printable};
use crate::error::{Error, Result};
use crate::manifest::{PUBLIC_WEB, Weight};

const TEMPLATE: &str = include_str!("../../templates/report.html");
/// The maps for wide and for narrow windows, in units of which each is about a pixel.
const MAPS: [(&str, f64, f64); 2] = [("wide", 1200.0, 640.0), ("tall", 400.0, 640.0)];
/// Below this, a rectangle has no room for a name, in units of a map.
const MIN_NAMED: (f64, f64) = (34.0, 15.0);
/// From how many thousandths saved on, a rectangle has which colour; the last step has no end.
const STEPS: [(u64, &str); 6] = [
    (0, "nothing saved"),
    (1, "below 2 %"),
    (20, "2 to 5 %"),
    (50, "5 to 10 %"),
    (100, "10 to 20 %"),
    (200, "20 % or more"),
];

/// How many pages have a row.
const MOST_PAGES: usize = 200;

/// The report as a page. Times, and what a cache did, are left out: they differ from run to run.
///
/// # Errors
/// Where the template is defective.
pub fn render(report: &Report) -> Result<String> {
    let entries = by_weight(report);
    let map_entries: Vec<&&Entry> = entries.iter().filter(|entry| entry.lightest().is_some()).collect();
    let weights: Vec<Weighed<'_>> = map_entries
        .iter()
        .map(|entry| Weighed { path: entry.path.as_str(), weight: entry.lightest().unwrap_or_default().0 })
        .collect();
    let map = |(name, width, height): (&'static str, f64, f64)| {
        let tiles: Vec<Value> =
            layout(&weights, width, height).iter().map(|tile| tile_of(tile, &map_entries, (width, height))).collect();
        context! { name, tiles }
    };
    let total = report.total();
    let mut sums = report.by_kind();
    let maps_of_sources = sums.remove(&Kind::SourceMap).map(|sum| sum_of("source maps", &sum));
    let kinds = sums.iter().map(|(kind, sum)| sum_of(kind.name(), sum)).collect::<Vec<_>>();
    let files = entries.iter().enumerate().map(|(at, entry)| file_of(at, entry)).collect::<Vec<_>>();
    let rows: HashMap<&str, usize> = entries.iter().enumerate().map(|(at, entry)| (entry.path.as_str(), at)).collect();
    let remarks: Vec<String> = report.remarks.iter().map(|remark| printable(remark)).collect();
    let lightest: ByteCount = map_entries.iter().filter_map(|entry| entry.lightest()).sum();
    let values = context! {
        total => sum_of("total", &total),
        lightest => lightest.to_string(),
        share => percent(total.before, lightest),
        names => names(report.coverage),
        kinds,
        source_maps => maps_of_sources,
        files,
        pages => report.visits.iter().take(MOST_PAGES).map(|visit| page_of(visit, &rows)).collect::<Vec<_>>(),
        pages_left_out => report.visits.len().checked_sub(MOST_PAGES).filter(|left| *left > 0).map(|left| grouped(left as u64)),
        web => context! { source => PUBLIC_WEB.source, ..weight_of(&PUBLIC_WEB.median) },
        remarks,
        maps => MAPS.into_iter().map(map).collect::<Vec<_>>(),
        steps => STEPS.iter().map(|(_, name)| *name).collect::<Vec<_>>(),
        version => env!("CARGO_PKG_VERSION"),
    };
    rendered(values).map_err(|why| Error::environment(format!("cannot write the page: {why:#}")))
}

fn rendered(values: Value) -> std::result::Result<String, minijinja::Error> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    engine.set_syntax(syntax);
    // The name ends in `.html`: what is printed is escaped.
    engine.add_template("report.html", TEMPLATE)?;
    engine.get_template("report.html")?.render(values)
}

/// The files, the heaviest on the wire first; source maps, which are not on it, last.
fn by_weight(report: &Report) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = report.entries.iter().collect();
    let place = |entry: &Entry| std::cmp::Reverse(entry.lightest().map(|bytes| bytes.0));
    entries.sort_by(|one, other| place(one).cmp(&place(other)).then(one.path.cmp(&other.path)));
    entries
}

fn sum_of(name: &str, sum: &Sum) -> Value {
    context! {
        name,
        files => grouped(sum.files as u64),
        changed => grouped(sum.changed as u64),
        before => grouped(sum.before.0),
        after => grouped(sum.after.0),
        change => percent(sum.before, sum.after),
        gzip => grouped(sum.gzip.0),
        brotli => grouped(sum.brotli.0),
    }
}

fn file_of(at: usize, entry: &Entry) -> Value {
    let why = match (&entry.engine, &entry.why_kept) {
        (Some(engine), _) => engine.clone(),
        (None, Some(why)) => format!("kept: {why}"),
        (None, None) => String::new(),
    };
    let wire = |encoding: Encoding| {
        let is_there = entry.encoded.iter().any(|(own, _)| *own == encoding);
        if is_there { grouped(entry.on_the_wire(encoding).0) } else { "–".to_owned() }
    };
    context! {
        at,
        path => printable(entry.path.as_str()),
        kind => entry.kind.name(),
        before => grouped(entry.before.0),
        after => grouped(entry.after.0),
        change => percent(entry.before, entry.after),
        gzip => wire(Encoding::Gzip),
        zstd => wire(Encoding::Zstd),
        brotli => wire(Encoding::Brotli),
        saved => saved(entry),
        why => printable(&why),
    }
}

fn page_of(visit: &Visit, rows: &HashMap<&str, usize>) -> Value {
    let mut trips: Vec<(String, u64, Vec<Value>)> = Vec::new();
    for file in &visit.files {
        let name = file.round_trip.map_or("later, if ever".to_owned(), |trip| format!("round trip {trip}"));
        if trips.last().is_none_or(|(last, ..)| *last != name) {
            trips.push((name, 0, Vec::new()));
        }
        let Some((_, bytes, files)) = trips.last_mut() else { continue };
        *bytes += file.bytes.0;
        let (path, at) = (printable(file.file.as_str()), rows.get(file.file.as_str()));
        files.push(context! { path, at, bytes => grouped(file.bytes.0) });
    }
    let trips = trips.into_iter().map(|(name, bytes, files)| context! { name, bytes => grouped(bytes), files });
    context! {
        path => printable(visit.page.as_str()),
        at => rows.get(visit.page.as_str()),
        round_trips => visit.round_trips,
        later => visit.later.map_or("?".to_owned(), |later| grouped(later.bytes.0)),
        share => share(visit.first.bytes, PUBLIC_WEB.median.bytes),
        trips => trips.collect::<Vec<_>>(),
        left_out => grouped(visit.left_out as u64),
        ..weight_of(&visit.first)
    }
}

fn weight_of(weight: &Weight) -> Value {
    context! {
        bytes => grouped(weight.bytes.0),
        requests => grouped(weight.requests),
        js => grouped(weight.js.0),
        css => grouped(weight.css.0),
        images => grouped(weight.images.0),
        fonts => grouped(weight.fonts.0),
    }
}

/// How much lighter on the wire, in percent.
fn saved(entry: &Entry) -> String {
    let permille = entry.saved_permille();
    format!("{}.{} %", permille / 10, permille % 10)
}

fn tile_of(tile: &Tile, entries: &[&&Entry], whole: (f64, f64)) -> Value {
    let Place { left, top, width, height } = tile.place;
    let share = |part: f64, of: f64| format!("{:.2}%", part / of * 100.0);
    let has_room = width >= MIN_NAMED.0 && height >= MIN_NAMED.1;
    let (class, name, title, at) = match &tile.what {
        What::Folder { path, weight } => {
            let name = if has_head(tile.place) { path.clone() } else { String::new() };
            ("folder".to_owned(), name, format!("{path}: {}", ByteCount(*weight)), None)
        }
        What::Rest { count, weight } => {
            let count = grouped(*count as u64);
            let title = format!("{count} smaller files: {}", ByteCount(*weight));
            ("rest".to_owned(), if has_room { format!("{count} more") } else { String::new() }, title, None)
        }
        What::File(index) => {
            let entry = entries[*index];
            let step = STEPS.iter().rposition(|(from, _)| *from <= entry.saved_permille()).unwrap_or(0);
            let wire = entry.lightest().unwrap_or_default();
            let title = format!("{}: {wire} on the wire, {} saved there", entry.path, saved(entry));
            let name = if has_room { entry.path.name().to_owned() } else { String::new() };
            (format!("step{step}"), name, title, Some(*index))
        }
    };
    context! {
        class,
        name => printable(&name),
        title => printable(&title),
        at,
        left => share(left, whole.0),
        top => share(top, whole.1),
        width => share(width, whole.0),
        height => share(height, whole.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::AssetPath;
    use crate::optimize::Origin;
    use crate::report::Fetched;

    fn entry(path: &str, kind: Kind, estimates: (u64, u64), engine: Option<&str>, why: Option<&str>) -> Entry {
        Entry {
            name: AssetPath::new(path).unwrap(),
            why_name_kept: None,
            path: AssetPath::new(path).unwrap(),
            kind,
            before: ByteCount(4000),
            after: ByteCount(3000),
            estimates: (ByteCount(estimates.0), ByteCount(estimates.1)),
            encoded: vec![(Encoding::Brotli, ByteCount(1000)), (Encoding::Gzip, ByteCount(1200))],
            engine: engine.map(str::to_owned),
            why_kept: why.map(str::to_owned),
            origin: Origin::Made,
            seconds: 1.0,
        }
    }

    #[test]
    fn whatever_a_file_is_called_it_is_text_on_the_page() {
        let hostile = "a/<img src=x onerror=alert(1)>\"'\u{1b}[31m{{ 7 * 7 }}.js";
        let visit = Visit {
            page: AssetPath::new(hostile).unwrap(),
            first: Weight { requests: 1, bytes: ByteCount(9), ..Weight::default() },
            later: None,
            round_trips: 1,
            files: vec![Fetched { file: AssetPath::new(hostile).unwrap(), bytes: ByteCount(9), round_trip: Some(1) }],
            left_out: 1,
        };
        let report = Report {
            visits: vec![visit],
            entries: vec![entry(hostile, Kind::JavaScript, (100, 90), None, Some("</td><script>alert(2)</script>"))],
            remarks: vec!["<script>alert(3)</script>".into()],
            ..Report::default()
        };
        let page = render(&report).unwrap();
        assert!(!page.contains("<img") && !page.contains("<script") && !page.contains('\u{1b}'), "{page}");
        assert!(page.contains("{{ 7 * 7 }}") && page.contains("&lt;script&gt;alert(3)"));
    }

    #[test]
    fn nothing_of_the_page_comes_from_elsewhere_and_it_is_the_same_every_time() {
        let entries = vec![
            entry("a/b/one.js", Kind::JavaScript, (1000, 700), Some("swc"), None),
            entry("a/b/one.js.map", Kind::SourceMap, (0, 0), None, Some("a map")),
            entry("two.css", Kind::Css, (1000, 1000), None, Some("it is not smaller")),
        ];
        let report = Report { entries, ..Report::default() };
        let page = render(&report).unwrap();
        for elsewhere in ["http:", "https", "//", "url(", "<script", "<link", "<img", "@import"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
        assert!(
            page.contains("30.0 %")
                && page.contains("source maps</th>")
                && page.contains("step5")
                && page.contains("step0")
        );
        let later = Report { seconds: 9.0, cache: crate::cache::Tally { hits: 3, ..Default::default() }, ..report };
        assert_eq!(render(&later).unwrap(), page);
    }

    #[test]
    fn a_folder_without_files_has_a_page() {
        assert!(render(&Report::default()).unwrap().contains("0 files"));
    }
}
