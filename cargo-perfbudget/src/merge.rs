//! Parts of a check → the run that one job would have made. Pure.
//!
//! What the parts do not agree on, what one of them holds beside its share, and what nobody measured are problems of that run,
//! so that the judge reports them like any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::shard::{Confirmed, Terms};
use crate::model::{
    Cause, Code, Environment, Failure, Family, Key, Metric, Outcome, Part, Problem, Run, Scope, Shards, Subject,
};

/// The fact with the versions of harnesses, of which each part may have met others.
const HARNESS: &str = "harness";
/// How many differences are named.
const MOST_NAMED: usize = 5;

/// What the parts come to.
#[derive(Debug, Clone)]
pub struct Merged {
    /// What was measured.
    pub run: Run,
    /// What the base shows, where a part asked for it.
    pub confirmed: Option<Confirmed>,
    /// Why numbers moved.
    pub causes: BTreeMap<Key, Cause>,
    /// How long all of it took, in milliseconds.
    pub millis: u64,
}

/// Puts parts together that were read from these files; `here` is what the place of the merge would have measured.
///
/// # Errors
/// Where they are not of one check: of another number of shards, or asked for something else.
pub fn merge(parts: Vec<(String, Part)>, here: &Terms) -> Result<Merged, String> {
    let Some((first_name, first)) = parts.first() else { return Err("there is no part".to_owned()) };
    let (of, asked) = (first.shard.of, Scope { shards: None, ..first.run.scope.clone() });
    for (name, part) in &parts {
        if part.shard.of != of {
            let (other, this) = (part.shard.of, first_name);
            return Err(format!(
                "`{this}` is one of {of} parts, and `{name}` is one of {other}: they are not of one check"
            ));
        }
        if (Scope { shards: None, ..part.run.scope.clone() }) != asked {
            return Err(format!(
                "`{name}` was asked to measure something else than `{first_name}`: give all jobs the same options"
            ));
        }
    }
    let held: BTreeSet<u16> = parts.iter().map(|(_, part)| part.shard.index).collect();
    let is_whole = held.len() == usize::from(of);
    let shards = (!is_whole).then(|| Shards { of, held: held.clone() });
    let environments = common(&parts);
    let mut whole = Merged {
        run: Run { scope: Scope { shards, ..asked }, environments, ..Run::default() },
        confirmed: None,
        causes: BTreeMap::new(),
        millis: 0,
    };
    whole.say_holes(of, &held);
    whole.say_terms(&parts, here);
    whole.say_states(&parts);
    let mut seen: BTreeMap<u16, String> = BTreeMap::new();
    for (name, part) in parts {
        if let Some(other) = seen.get(&part.shard.index) {
            let message = format!("the shard {} is there twice, in `{other}` and in `{name}`", part.shard);
            let hint = "give each job a number of its own, and its file a name of its own";
            whole.problem(Code::ShardOverlap, message, hint);
        }
        seen.entry(part.shard.index).or_insert_with(|| name.clone());
        whole.take(&name, part);
    }
    whole.count_unseen();
    Ok(whole)
}

/// The environment of each family that most parts have.
fn common(parts: &[(String, Part)]) -> BTreeMap<Family, Environment> {
    let mut by_family: BTreeMap<Family, Vec<&Environment>> = BTreeMap::new();
    for (family, environment) in parts.iter().flat_map(|(_, part)| &part.run.environments) {
        by_family.entry(*family).or_default().push(environment);
    }
    by_family.into_iter().filter_map(|(family, all)| Some((family, most(&all)?.clone()))).collect()
}

/// What is there most often; of what is there as often, the first.
fn most<'a>(all: &[&'a Environment]) -> Option<&'a Environment> {
    let count = |one: &&&Environment| all.iter().filter(|other| **other == **one).count();
    let highest = all.iter().map(|one| count(&one)).max()?;
    all.iter().find(|one| count(one) == highest).copied()
}

impl Merged {
    fn problem(&mut self, code: Code, message: String, hint: &str) {
        let problem = Problem { code, target: None, message, hint: Some(hint.to_owned()) };
        self.run.problems.push(problem);
    }

    fn say_holes(&mut self, of: u16, held: &BTreeSet<u16>) {
        let missing: Vec<String> =
            (1..=of).filter(|index| !held.contains(index)).map(|index| format!("{index}/{of}")).collect();
        let named = missing.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
        let message = match missing.len() {
            0 => return,
            1 => format!("there is no part of the shard {named}, so what belongs to it is not known"),
            count if count > MOST_NAMED => {
                format!("there is no part of {count} shards, {named} among them, so what belongs to them is not known")
            }
            _ => format!("there is no part of the shards {named}, so what belongs to them is not known"),
        };
        self.problem(Code::ShardMissing, message, "see what became of these jobs, and merge again");
    }

    fn say_terms(&mut self, parts: &[(String, Part)], here: &Terms) {
        for (name, part) in parts {
            let Terms { tool, commit, base, files } = &part.terms;
            let differ = |one: &Option<String>, other: &Option<String>| match (one, other) {
                (Some(one), Some(other)) if one != other => Some((short(one).to_owned(), short(other).to_owned())),
                _ => None,
            };
            let is_tool = (*tool != here.tool).then(|| (tool.clone(), here.tool.clone()));
            let is_files = (*files != here.files).then(|| ("others".to_owned(), "these".to_owned()));
            let facts = [
                ("another commit", differ(commit, &here.commit)),
                ("another base", differ(base, &here.base)),
                ("another version of this tool", is_tool),
                ("another configuration, or other records", is_files),
            ];
            for (what, (there, here)) in facts.into_iter().filter_map(|(what, found)| Some((what, found?))) {
                let message = format!("`{name}` was made with {what}: {there} there, {here} here");
                self.problem(
                    Code::ShardMixed,
                    message,
                    "merge in a checkout of the commit that the jobs had, with their `--base`",
                );
            }
        }
    }

    /// What the code was built with and from; the versions of harnesses add up, and all else must be the same.
    fn say_states(&mut self, parts: &[(String, Part)]) {
        let facts = |(_, part): &(String, Part)| {
            let mut facts = part.run.state.clone();
            facts.0.remove(HARNESS);
            facts
        };
        let states: Vec<Environment> = parts.iter().map(facts).collect();
        let Some(mut state) = most(&states.iter().collect::<Vec<_>>()).cloned() else { return };
        for ((name, _), own) in parts.iter().zip(&states) {
            for (fact, there, usual) in own.differences(&state).into_iter().take(MOST_NAMED) {
                let message = format!("`{name}` has another {fact} than most: `{there}`, and not `{usual}`");
                self.problem(Code::ShardMixed, message, "give all jobs the same image, checkout and options");
            }
        }
        let harnesses = parts.iter().filter_map(|(_, part)| part.run.state.0.get(HARNESS));
        let versions: BTreeSet<&str> = harnesses.flat_map(|all| all.split(", ")).collect();
        if !versions.is_empty() {
            state.0.insert(HARNESS.to_owned(), versions.into_iter().collect::<Vec<_>>().join(", "));
        }
        self.run.state = state;
    }

    fn take(&mut self, name: &str, part: Part) {
        let Part { shard, run, confirmed, causes, millis, .. } = part;
        let mut strangers: BTreeSet<Subject> = BTreeSet::new();
        for (key, outcome) in run.outcomes {
            if Shards::of_subject(shard.of, &key.subject) != shard.index {
                strangers.insert((*key.subject).clone());
                continue;
            }
            let outcome = self.comparable(&run.environments, &key).map_or(outcome, Outcome::Failed);
            self.insert(key, outcome);
        }
        if let Some(stranger) = strangers.first() {
            let more = match strangers.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            let message = format!("`{name}` holds `{stranger}`{more}, which belongs to another shard than {shard}");
            self.problem(Code::ShardOverlap, message, "measure it again: this is not what `check --shard` wrote");
        }
        self.run.excluded.extend(run.excluded);
        for problem in run.problems {
            if !self.run.problems.contains(&problem) {
                self.run.problems.push(problem);
            }
        }
        self.run.reused += run.reused;
        self.run.cache.add(run.cache);
        self.causes.extend(causes);
        self.millis = self.millis.saturating_add(millis);
        self.confirm(confirmed);
    }

    /// Why a value cannot stand beside those of other parts.
    fn comparable(&self, own: &BTreeMap<Family, Environment>, key: &Key) -> Option<Failure> {
        let family = key.metric.family();
        let (there, common) = (own.get(&family)?, self.run.environments.get(&family)?);
        let facts: Vec<String> = there
            .differences(common)
            .into_iter()
            .take(MOST_NAMED)
            .map(|(fact, there, most)| format!("{fact} is `{there}`, and `{most}` in most shards"))
            .collect();
        (!facts.is_empty()).then(|| Failure {
            code: Code::ShardMixed,
            why: format!("it was measured where {}", facts.join("; ")),
            hint: Some("give all jobs the same image and machine".to_owned()),
        })
    }

    fn insert(&mut self, key: Key, outcome: Outcome) {
        let outcomes = &mut self.run.outcomes;
        let differs = outcomes.get(&key).is_some_and(|known| *known != outcome);
        let outcome = if differs {
            Outcome::Failed(Failure {
                code: Code::ShardOverlap,
                why: "two parts hold different values of it".to_owned(),
                hint: None,
            })
        } else {
            outcome
        };
        outcomes.insert(key, outcome);
    }

    /// What the base shows: in one job a base that cannot be built leaves all in the dark.
    fn confirm(&mut self, confirmed: Option<Confirmed>) {
        let whole = &mut self.confirmed;
        match (whole.as_mut(), confirmed) {
            (_, None) | (Some(Confirmed::Refused(_)), _) => {}
            (Some(Confirmed::Measured(all)), Some(Confirmed::Measured(run))) => {
                for (family, environment) in run.environments {
                    all.environments.entry(family).or_insert(environment);
                }
                all.outcomes.extend(run.outcomes);
                all.problems.extend(run.problems);
            }
            (None, some) | (Some(Confirmed::Measured(_)), some @ Some(Confirmed::Refused(_))) => *whole = some,
        }
    }

    /// How many benchmarks of a target have allocations that are not seen is counted in each part: here it is counted anew.
    fn count_unseen(&mut self) {
        let run = &mut self.run;
        let is_of = |problem: &Problem| problem.code == Code::AllocatorUnseen && problem.target.is_some();
        let said: Vec<Problem> = run.problems.extract_if(.., |problem| is_of(problem)).collect();
        let targets: BTreeSet<_> = said.into_iter().filter_map(|problem| problem.target).collect();
        for target in targets {
            let lacks = |(key, outcome): &(&Key, &Outcome)| {
                key.metric == Metric::Instructions
                    && outcome.evidence().is_some()
                    && key.subject.target() == Some(&target)
                    && !run.outcomes.contains_key(&Key::new(key.subject.clone(), Metric::Allocations))
            };
            let count = run.outcomes.iter().filter(lacks).count();
            run.problems.push(Problem::allocator_unseen(target, count));
        }
    }
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

#[cfg(test)]
mod tests;
