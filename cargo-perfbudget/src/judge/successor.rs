//! Why a benchmark may be gone: what it may be called now, or what kept it from being measured.

use super::Case;
use super::known::Known;
use crate::model::{Code, Family, Key, Metric, Outcome, Verdict};

/// How alike two names must be for one to be called the likely successor of the other. Arbitrary.
const ALIKE: f64 = 0.5;

/// The longest name whose likeness to others is looked at: that takes time proportional to both lengths.
const NAME_BYTES_AT_MOST: usize = 200;

/// How many pairs of an old and a new name are looked at for a likely successor. Arbitrary: a hundred of each.
const GUESSES_AT_MOST: usize = 10_000;

/// Measured keys of which neither side has a record, in any environment: what a renamed benchmark may have become. None
/// where there are too many to guess from.
pub(super) fn fresh_keys<'a>(all: &[Known<'a>]) -> Vec<&'a Key> {
    let gone = all.iter().filter(|known| known.outcome.is_none()).count();
    let fresh: Vec<&Key> = all.iter().filter(|known| known.is_fresh()).map(|known| known.key).collect();
    if fresh.len().saturating_mul(gone) > GUESSES_AT_MOST { Vec::new() } else { fresh }
}

/// The fresh key of the same target and metric whose name is most alike, if one is alike enough.
pub(super) fn likely_successor<'a>(key: &Key, fresh: &[&'a Key]) -> Option<&'a Key> {
    let is_short = |name: &String| name.len() <= NAME_BYTES_AT_MOST;
    let name = Some(key.subject.short()).filter(is_short)?;
    fresh
        .iter()
        .copied()
        .filter(|candidate| candidate.metric == key.metric && candidate.subject.scope() == key.subject.scope())
        .map(|candidate| (candidate.subject.short(), candidate))
        .filter(|(other, _)| is_short(other))
        .map(|(other, candidate)| (strsim::normalized_damerau_levenshtein(&name, &other), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

/// Whether a problem with more than this key says already why it was not measured, or another metric of the same subject
/// that failed. What does not fail explains nothing.
pub(super) fn is_explained(case: &Case<'_>, key: &Key) -> bool {
    let first = Key::new(key.subject.clone(), Metric::BUILT_IN[0]);
    let own = case.run.outcomes.range(first..).take_while(|(other, _)| other.subject == key.subject);
    let has_failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(failure) if failure.code.verdict() == Verdict::CannotTell);
    if own.into_iter().any(|(_, outcome)| has_failed(outcome)) {
        return true;
    }
    case.run.problems.iter().any(|problem| match problem.code {
        Code::SourceUnavailable | Code::ToolMissing | Code::ToolVersion if problem.target.is_none() => {
            matches!(key.metric.family(), Family::Instructions | Family::Heap)
        }
        code => code.verdict() == Verdict::CannotTell && problem.target.as_ref() == key.subject.target(),
    })
}
