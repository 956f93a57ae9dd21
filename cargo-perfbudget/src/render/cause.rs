//! Why a number moved, in at most three lines: the functions that moved most, of a file the crates, and what the lock file
//! has to do with it.

use super::{number, shorten, tame};
use crate::model::cause::{Carrier, Moved};
use crate::model::{Bump, Cause, Dependency, Family, Key, Metric, Report};

/// Functions that are named; the others are counted.
const MAX_FUNCTIONS: usize = 3;
/// Crates that are named; the others are counted.
const MAX_CRATES: usize = 5;
/// Packages that are named; the others are counted.
const MAX_BUMPS: usize = 3;
/// Columns of a name.
const NAME_COLUMNS: usize = 80;

/// What is known of why a key's number moved; no line where nothing is.
pub(super) fn lines(report: &Report, key: &Key) -> Vec<String> {
    report.causes.get(key).map(|cause| of(key.metric, cause)).unwrap_or_default()
}

/// The same of one cause. What a file consists of is thousands of functions, of which the crates tell more.
pub(super) fn of(metric: Metric, cause: &Cause) -> Vec<String> {
    let crates = (metric.family() == Family::Bytes).then(|| crates(cause)).flatten();
    functions(cause).into_iter().chain(crates).chain(dependency(cause)).collect()
}

/// `crates: `a` +1,200, `b` +45, no function +17, 3 more -12`; the parts add up to the difference, too.
fn crates(cause: &Cause) -> Option<String> {
    let named = cause.homes.iter().take(MAX_CRATES);
    let mut parts: Vec<String> =
        named.map(|(home, delta)| format!("{} {}", quoted(home), number::signed(*delta))).collect();
    if let Some(more) = cause.homes.get(MAX_CRATES..).filter(|more| !more.is_empty()) {
        let delta = more.iter().fold(0_i64, |sum, (_, delta)| sum.saturating_add(*delta));
        parts.push(format!("{} more {}", more.len(), number::signed(delta)));
    }
    (!parts.is_empty()).then(|| format!("crates: {}", parts.join(", ")))
}

/// `why: `a::f` +1,200, `b::g` +45, 3 more -12`; the parts add up to the difference.
fn functions(cause: &Cause) -> Option<String> {
    if cause.moved.is_empty() {
        return None;
    }
    let named = cause.moved.iter().take(MAX_FUNCTIONS);
    let mut parts: Vec<String> = named
        .map(|moved: &Moved| {
            let was = moved.was.as_ref().map(|was| format!(" (was {})", quoted(was))).unwrap_or_default();
            format!("{}{was} {}", quoted(&moved.function), number::signed(moved.delta()))
        })
        .collect();
    let others = cause.moved.iter().skip(MAX_FUNCTIONS);
    let (count, delta) = others.fold(cause.rest, |(count, sum), moved| (count + 1, sum.saturating_add(moved.delta())));
    if count > 0 {
        parts.push(format!("{count} more {}", number::signed(delta)));
    }
    if cause.residue != 0 {
        parts.push(format!("residue {}", number::signed(cause.residue)));
    }
    Some(format!("why: {}", parts.join(", ")))
}

fn dependency(cause: &Cause) -> Option<String> {
    Some(match cause.dependency.as_ref()? {
        Dependency::Functions { bump, share } => {
            let delta = (share.get() * cause.delta() as f64).round() as i64;
            let (delta, all) = (number::signed(delta), number::signed(cause.delta()));
            let share = number::percent(*share);
            let share = share.trim_start_matches('+');
            format!("lock file: {delta} of {all} ({share}) is in the functions of {}", bumped(bump))
        }
        Dependency::Unsettled { bumps } => {
            let why = match cause.moved.is_empty() {
                true => "",
                false => ", whose own functions do not make up most of it; inlined code counts for its caller",
            };
            format!("lock file: changed {}{why}: cargo perfbudget check --bisect-lock", list(bumps))
        }
        Dependency::Measured { own, needed, carriers } => {
            let carrier = |carrier: &Carrier| format!("{} {}", list(&carrier.bumps), number::signed(carrier.delta));
            let mut parts: Vec<String> = carriers.iter().take(MAX_BUMPS).map(carrier).collect();
            if let Some(more) = carriers.get(MAX_BUMPS..).filter(|more| !more.is_empty()) {
                let delta = more.iter().fold(0_i64, |sum, carrier| sum.saturating_add(carrier.delta));
                parts.push(format!("{} more {}", more.len(), number::signed(delta)));
            }
            if parts.is_empty() {
                parts.push("not the cause".to_owned());
            }
            let but = if needed.is_empty() { String::new() } else { format!(", but for {},", list(needed)) };
            format!("lock file: {}; with the base's{but} it is {}", parts.join(", "), number::signed(*own))
        }
    })
}

fn list(bumps: &[Bump]) -> String {
    let mut parts: Vec<String> = bumps.iter().take(MAX_BUMPS).map(bumped).collect();
    if bumps.len() > MAX_BUMPS {
        parts.push(format!("{} more", bumps.len() - MAX_BUMPS));
    }
    match parts.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => parts.concat(),
    }
}

fn bumped(bump: &Bump) -> String {
    quoted(&bump.to_string())
}

/// A name between backticks, which it cannot end.
fn quoted(name: &str) -> String {
    format!("`{}`", shorten(&tame(name), NAME_COLUMNS).replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bump, cause, over};
    use super::*;
    use crate::model::Ratio;
    use crate::render::{Color, terminal};

    fn of(cause: &Cause) -> Vec<String> {
        super::of(Metric::Instructions, cause)
    }

    fn check(dependency: Dependency, line: &str) {
        let cause = Cause { before: 1_000, after: 2_000, dependency: Some(dependency), ..Cause::default() };
        assert_eq!(of(&cause), [line]);
    }

    #[test]
    fn the_three_that_moved_most_are_named_and_everything_adds_up() {
        assert_eq!(
            of(&cause()),
            ["why: `httparse::parse_headers` +1,200, `a::new` (was `a::old`) +45, `a'b` -10, 3 more -12, residue +17"]
        );
        assert!(of(&Cause::default()).is_empty());
    }

    #[test]
    fn what_the_lock_file_has_to_do_with_it_is_said_as_far_as_it_is_known() {
        check(
            Dependency::Functions { bump: bump("httparse"), share: Ratio::percent(97.0) },
            "lock file: +970 of +1,000 (97.00%) is in the functions of `httparse 1.7.1 → 1.8.0`",
        );
        let unsettled = || Some(Dependency::Unsettled { bumps: ["a", "b", "c", "d", "e"].map(bump).to_vec() });
        let size = Cause { dependency: unsettled(), ..Cause::default() };
        let way = "cargo perfbudget check --bisect-lock";
        let named = "`a 1.7.1 → 1.8.0`, `b 1.7.1 → 1.8.0`, `c 1.7.1 → 1.8.0` and 2 more";
        assert_eq!(of(&size), [format!("lock file: changed {named}: {way}")]);
        let count = of(&Cause { dependency: unsettled(), ..cause() }).swap_remove(1);
        assert_eq!(
            count,
            format!(
                "lock file: changed {named}, whose own functions do not make up most of it; inlined code counts for its \
                 caller: {way}"
            )
        );
        let carriers = vec![
            Carrier { bumps: vec![bump("a")], delta: 1_200 },
            Carrier { bumps: vec![bump("b"), bump("c")], delta: -7 },
        ];
        check(
            Dependency::Measured { own: 45, needed: vec![], carriers },
            "lock file: `a 1.7.1 → 1.8.0` +1,200, `b 1.7.1 → 1.8.0` and `c 1.7.1 → 1.8.0` -7; with the base's it is +45",
        );
        check(
            Dependency::Measured { own: 1_240, needed: vec![bump("x")], carriers: vec![] },
            "lock file: not the cause; with the base's, but for `x 1.7.1 → 1.8.0`, it is +1,240",
        );
    }

    #[test]
    fn of_a_file_the_crates_are_named_too() {
        let homes = [("url", 1_200), ("std", -45), ("no function", 17), ("a", 3), ("b", 2), ("c", 1), ("d", 1)];
        let homes = homes.map(|(home, delta)| (home.to_owned(), delta)).to_vec();
        let cause = Cause { homes, ..cause() };
        assert_eq!(
            super::of(Metric::Size, &cause)[1],
            "crates: `url` +1,200, `std` -45, `no function` +17, `a` +3, `b` +2, 2 more +2"
        );
        assert_eq!(super::of(Metric::Instructions, &cause).len(), 1);
    }

    #[test]
    fn a_row_has_its_cause_below_it_wherever_it_is_shown() {
        let mut report = over();
        let key = report.rows[0].row.key.clone();
        report.causes.insert(key, cause());
        let text = terminal(&report, Color::Never);
        let below = text.lines().nth(2).unwrap_or_default();
        assert!(below.starts_with("  why: `httparse::parse_headers` +1,200, `a::new` (was"), "{text}");
        let comment = super::super::tests::comment(&report);
        assert!(comment.contains("<br>why\\: `httparse::parse_headers` +1,200, `a::new`"), "{comment}");
    }
}
