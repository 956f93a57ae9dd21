//! Pages beside the public web: how much of what its median page loads.

use std::collections::BTreeMap;

use asset_optimizer::manifest::PUBLIC_WEB;

use super::number;
use crate::model::report::Report;
use crate::model::{Evidence, Metric, Subject};

/// How many pages are told of: the heaviest.
const MOST_PAGES: usize = 3;

/// What is told of a page: as the web's median page has it, and what it is called.
const SHARES: [(Metric, u64, &str); 4] = [
    (Metric::FirstLoadJs, PUBLIC_WEB.median.js.0, "js"),
    (Metric::FirstLoadCss, PUBLIC_WEB.median.css.0, "css"),
    (Metric::FirstLoadImages, PUBLIC_WEB.median.images.0, "images"),
    (Metric::FirstLoadRequests, PUBLIC_WEB.median.requests, "requests"),
];

/// A line for each of the heaviest pages, whose name `show` makes fit to be shown, and one that says what they are measured
/// by; none where no page was weighed.
pub(super) fn lines(report: &Report, show: impl Fn(&str) -> String) -> Vec<String> {
    let mut pages: BTreeMap<&Subject, BTreeMap<Metric, &Evidence>> = BTreeMap::new();
    for judged in &report.rows {
        let key = &judged.row.key;
        if let (Subject::Page(_), Some(after)) = (&*key.subject, judged.row.change.after()) {
            pages.entry(&*key.subject).or_default().insert(key.metric, after);
        }
    }
    let mut weighed: Vec<_> = pages
        .iter()
        .filter_map(|(subject, weights)| Some((*subject, *weights.get(&Metric::FirstLoad)?, weights)))
        .collect();
    // The map has them by name: of two that weigh the same, the first one stays the first.
    weighed.sort_by(|(_, one, _), (_, other, _)| other.quantity().get().total_cmp(&one.quantity().get()));
    let mut lines: Vec<String> = weighed
        .iter()
        .take(MOST_PAGES)
        .map(|(subject, all, weights)| {
            let shares = SHARES
                .iter()
                .filter_map(|(metric, median, name)| Some(format!("{name} {}", share(weights.get(metric)?, *median))));
            let shares = shares.collect::<Vec<_>>().join(", ");
            format!(
                "{}: {} at once, {} of the public web's median page{}",
                show(&subject.to_string()),
                number::one(Metric::FirstLoad.unit(), all),
                share(all, PUBLIC_WEB.median.bytes.0),
                if shares.is_empty() { shares } else { format!(" ({shares})") }
            )
        })
        .collect();
    if !lines.is_empty() {
        let kib = |bytes: u64| number::thousands(bytes / 1024);
        let median = &PUBLIC_WEB.median;
        lines.push(format!(
            "the public web: {} KiB, js {}, css {}, images {}, {} requests ({})",
            kib(median.bytes.0),
            kib(median.js.0),
            kib(median.css.0),
            kib(median.images.0),
            median.requests,
            PUBLIC_WEB.source
        ));
    }
    lines
}

/// A part of something, in percent.
fn share(part: &Evidence, of: u64) -> String {
    let percent = part.quantity().get() / of as f64 * 100.0;
    if percent < 10.0 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Key;
    use crate::model::report::State;
    use crate::render::tests::{both, row};

    fn lines_of(pages: &[(&str, Metric, u64)]) -> Vec<String> {
        let rows = pages.iter().map(|(page, metric, after)| {
            row(State::Unchanged, Key::new(Subject::Page((*page).to_owned()), *metric), both(*after, *after))
        });
        lines(&Report { rows: rows.collect(), ..Report::default() }, |name| format!("`{name}`"))
    }

    #[test]
    fn the_heaviest_pages_stand_beside_the_public_web() {
        let found = lines_of(&[
            ("a.html", Metric::FirstLoad, 2_000),
            ("b.html", Metric::FirstLoad, 400 * 1024),
            ("b.html", Metric::FirstLoadJs, 323 * 1024),
            ("b.html", Metric::FirstLoadRequests, 9),
        ]);
        assert_eq!(
            found,
            [
                "`page b.html`: 400.0 KiB at once, 18% of the public web's median page (js 50%, requests 12%)",
                "`page a.html`: 2,000 B at once, 0.1% of the public web's median page",
                "the public web: 2,164 KiB, js 646, css 79, images 911, 72 requests (HTTP Archive, Web Almanac 2025, median \
                 mobile page)",
            ]
        );
    }

    #[test]
    fn without_pages_there_is_nothing_to_say() {
        assert!(lines_of(&[]).is_empty() && lines_of(&[("a.html", Metric::FirstLoadJs, 1)]).is_empty());
    }
}
