//! Bisection → what a person reads: the commit, what it changed, why, and how to see it again.

use anstyle::Style;

use super::terminal::Color;
use super::{cause, number, shorten, tame};
use crate::model::bisection::{Bisection, Commit, Found};
use crate::model::{Certainty, Change, Evidence, Quantity, Ratio};

/// Columns of a name, a subject, or a reason.
const TEXT_COLUMNS: usize = 200;
/// Commits that are listed at most, of each kind.
const MAX_COMMITS: usize = 20;
/// Letters of a commit that are enough for a person.
const SHORT: usize = 10;

/// The bisection for a terminal. Ends with a line break.
#[must_use]
pub fn terminal(bisection: &Bisection, color: Color) -> String {
    let bold = |text: &str| color.paint(Style::new().bold(), text);
    let key = &bisection.key;
    let (good, bad) = (short(&bisection.good.0), short(&bisection.bad.0));
    let ends = change(bisection, bisection.good.1, bisection.bad.1);
    let mut lines = vec![format!("{} {}: {ends} from {good} to {bad}", text(&key.subject.to_string()), key.metric)];
    match &bisection.found {
        Found::Commit { commit, before, after, cause } => {
            lines.push(String::new());
            lines.push(format!("{} {}", bold("first bad commit:"), commit.id));
            lines.push(format!("  {}", text(&commit.subject)));
            lines.push(format!("  {}, {}", text(&commit.author), text(&commit.date)));
            lines.push(format!("  {} over {}", change(bisection, before.1, *after), short(&before.0)));
            lines.extend(
                cause.iter().flat_map(|cause| cause::of(key.metric, cause)).map(|line| format!("  {}", tame(&line))),
            );
        }
        Found::Among(commits) => {
            lines.push(String::new());
            lines.push(format!("{} one of these; all but the last cannot be measured", bold("first bad commit:")));
            lines.extend(commits.iter().take(MAX_COMMITS).map(line));
            lines.extend(more(commits.len()));
        }
        Found::Nothing(why) => lines.push(format!("{} {}", bold("nothing to find:"), text(why))),
    }
    lines.push(String::new());
    let kept = bisection.tried.len() - bisection.built();
    let kept = if kept > 0 { format!(", {kept} known from before") } else { String::new() };
    let commits = if bisection.commits == 1 { "commit" } else { "commits" };
    lines.push(format!("{} {commits} from good to bad, {} built{kept}", bisection.commits, bisection.built()));
    let skipped: Vec<(&str, &str)> = bisection.skipped().collect();
    lines.extend(skipped.iter().take(MAX_COMMITS).map(|(id, why)| format!("skipped {}: {}", short(id), text(why))));
    lines.extend(more(skipped.len()));
    if let Found::Commit { commit, before, .. } = &bisection.found {
        let name = tame(&key.subject.quoted());
        lines.push(format!(
            "{} cargo perfbudget bisect --good {} --bad {} --metric {} {name}",
            bold("to see it again:"),
            short(&before.0),
            short(&commit.id),
            key.metric
        ));
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn change(bisection: &Bisection, before: u64, after: u64) -> String {
    let delta = Ratio::of_change(Quantity::count(before), Quantity::count(after));
    let (before, after) = (Evidence::exact(before), Evidence::exact(after));
    let (from, to) = number::pair(bisection.key.metric.unit(), Some(&before), Some(&after));
    let change = Change::Both { before, after, delta, certainty: Certainty::Real };
    format!("{from} → {to} ({})", number::delta(&change))
}

fn line(commit: &Commit) -> String {
    format!("  {} {} ({}, {})", short(&commit.id), text(&commit.subject), text(&commit.author), text(&commit.date))
}

fn more(count: usize) -> Option<String> {
    (count > MAX_COMMITS).then(|| format!("  … and {} more, see --format json", count - MAX_COMMITS))
}

fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

fn text(text: &str) -> String {
    shorten(&tame(text), TEXT_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{benchmark, cause};
    use super::*;
    use crate::model::Metric;
    use crate::model::bisection::{Taken, Tried};
    use crate::render::json;

    fn check(found: Found, expected: &str) {
        let tried = |id: &str, taken, is_kept| Tried { id: id.into(), taken, is_kept };
        let bisection = Bisection {
            key: benchmark("cart", "total/100", Metric::Instructions),
            good: ("a000000000000".into(), 10_000),
            bad: ("b000000000000".into(), 12_000),
            threshold: 11_000,
            commits: 64,
            tried: vec![
                tried("a000000000000", Taken::Value(10_000), true),
                tried("c000000000000", Taken::Skipped("it does\nnot build".into()), false),
            ],
            found,
        };
        let text = terminal(&bisection, Color::Never);
        assert_eq!(text, expected, "{text}");
        let document = json::write_bisection(&bisection);
        assert!(
            document.starts_with("{\n  \"schema\": 1,\n  \"outcome\": \"") && document.ends_with("\n}\n"),
            "{document}"
        );
    }

    fn commit() -> Commit {
        let text = str::to_owned;
        Commit {
            id: text("c0ffee0000000"),
            subject: text("sort\u{1b}[31m"),
            author: text("A"),
            date: text("2026-11-20"),
        }
    }

    #[test]
    fn the_commit_that_was_found_is_told_with_its_cause_and_how_to_see_it_again() {
        let before = ("a000000000000".to_owned(), 10_000);
        check(
            Found::Commit { commit: commit(), before, after: 11_240, cause: Some(Box::new(cause())) },
            "shop::cart::total/100 instructions: 10,000 → 12,000 (+20.00%) from a000000000 to b000000000\n\n\
             first bad commit: c0ffee0000000\n  sort\u{fffd}[31m\n  A, 2026-11-20\n  10,000 → 11,240 (+12.40%) over a000000000\n  \
             why: `httparse::parse_headers` +1,200, `a::new` (was `a::old`) +45, `a'b` -10, 3 more -12, residue +17\n\n\
             64 commits from good to bad, 1 built, 1 known from before\nskipped c000000000: it does not build\n\
             to see it again: cargo perfbudget bisect --good a000000000 --bad c0ffee0000 --metric instructions \
             'shop::cart::total/100'\n",
        );
    }

    #[test]
    fn what_was_not_found_is_said() {
        check(
            Found::Among(vec![commit(), commit()]),
            "shop::cart::total/100 instructions: 10,000 → 12,000 (+20.00%) from a000000000 to b000000000\n\n\
             first bad commit: one of these; all but the last cannot be measured\n  \
             c0ffee0000 sort\u{fffd}[31m (A, 2026-11-20)\n  c0ffee0000 sort\u{fffd}[31m (A, 2026-11-20)\n\n\
             64 commits from good to bad, 1 built, 1 known from before\nskipped c000000000: it does not build\n",
        );
        check(
            Found::Nothing("it costs the same at both".into()),
            "shop::cart::total/100 instructions: 10,000 → 12,000 (+20.00%) from a000000000 to b000000000\n\
             nothing to find: it costs the same at both\n\n\
             64 commits from good to bad, 1 built, 1 known from before\nskipped c000000000: it does not build\n",
        );
    }
}
