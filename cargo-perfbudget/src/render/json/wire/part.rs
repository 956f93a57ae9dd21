//! The shape of what one job of a check has measured, there and back. Format 1.

use serde::{Deserialize, Serialize};

use super::cached::CacheWire;
use super::cause::CauseWire;
use super::key::{DefinitionWire, SubjectWire, TargetWire, metric};
use super::{EnvironmentWire, EvidenceWire, Text, environment, facts, optional, owned, text};
use crate::model::shard::{Confirmed, Terms};
use crate::model::{
    Cause, Code, Environment, Evidence, Failure, Family, Key, Outcome, Part, Problem, Run, Scope, Shard, Subject,
    Target,
};
use crate::render::json::words::{FamilyWire, code};

use std::collections::BTreeMap;

/// The format that is written, and the only one that is read: parts live as long as their check.
const FORMAT: u64 = 1;

#[derive(Serialize, Deserialize)]
pub(in crate::render::json) struct PartWire<'a> {
    /// Tells a part from a report.
    part: u64,
    shard: Text<'a>,
    tool: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<Text<'a>>,
    files: Text<'a>,
    scope: ScopeWire<'a>,
    run: RunWire<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed: Option<ConfirmedWire<'a>>,
    causes: Vec<CauseWire<'a>>,
    milliseconds: u64,
}

#[derive(Serialize, Deserialize)]
struct ScopeWire<'a> {
    families: Vec<OneFamily>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<TargetWire<'a>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packages: Option<Vec<Text<'a>>>,
    filters: Vec<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
struct OneFamily(#[serde(with = "FamilyWire")] Family);

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum ConfirmedWire<'a> {
    Measured { run: RunWire<'a> },
    Refused { problem: ProblemWire<'a> },
}

#[derive(Serialize, Deserialize)]
struct RunWire<'a> {
    environments: Vec<EnvironmentWire<'a>>,
    state: BTreeMap<Text<'a>, Text<'a>>,
    outcomes: Vec<OutcomeWire<'a>>,
    problems: Vec<ProblemWire<'a>>,
    excluded: Vec<SubjectWire<'a>>,
    reused: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache: Option<CacheWire<'a>>,
}

#[derive(Serialize, Deserialize)]
struct OutcomeWire<'a> {
    subject: SubjectWire<'a>,
    metric: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<DefinitionWire>,
    outcome: WhatWire<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum WhatWire<'a> {
    Measured {
        evidence: EvidenceWire,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Text<'a>>,
    },
    Failed {
        #[serde(with = "code")]
        code: Code,
        why: Text<'a>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<Text<'a>>,
    },
}

#[derive(Serialize, Deserialize)]
struct ProblemWire<'a> {
    #[serde(with = "code")]
    code: Code,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<TargetWire<'a>>,
    message: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<Text<'a>>,
}

impl<'a> From<&'a Part> for PartWire<'a> {
    fn from(part: &'a Part) -> PartWire<'a> {
        let Part { shard, terms, run, confirmed, causes, millis } = part;
        PartWire {
            part: FORMAT,
            shard: shard.to_string().into(),
            tool: text(&terms.tool),
            commit: optional(terms.commit.as_ref()),
            base: optional(terms.base.as_ref()),
            files: text(&terms.files),
            scope: ScopeWire::from(&run.scope),
            run: RunWire::from(run),
            confirmed: confirmed.as_ref().map(|confirmed| match confirmed {
                Confirmed::Measured(run) => ConfirmedWire::Measured { run: run.as_ref().into() },
                Confirmed::Refused(problem) => ConfirmedWire::Refused { problem: problem.into() },
            }),
            causes: causes.iter().map(CauseWire::from).collect(),
            milliseconds: *millis,
        }
    }
}

impl TryFrom<PartWire<'_>> for Part {
    type Error = String;

    fn try_from(wire: PartWire<'_>) -> Result<Part, String> {
        if wire.part != FORMAT {
            return Err(format!("it is a part of format {}, and this version reads {FORMAT}", wire.part));
        }
        let shard = Shard::parse(&wire.shard)?;
        let confirmed = match wire.confirmed {
            None => None,
            Some(ConfirmedWire::Measured { run }) => Some(Confirmed::Measured(Box::new(Run::try_from(run)?))),
            Some(ConfirmedWire::Refused { problem }) => Some(Confirmed::Refused(problem.into())),
        };
        Ok(Part {
            shard,
            terms: Terms {
                tool: wire.tool.into_owned(),
                commit: owned(wire.commit),
                base: owned(wire.base),
                files: wire.files.into_owned(),
            },
            run: Run { scope: wire.scope.into_scope(shard), ..Run::try_from(wire.run)? },
            confirmed,
            causes: wire.causes.into_iter().map(<(Key, Cause)>::try_from).collect::<Result<_, _>>()?,
            millis: wire.milliseconds,
        })
    }
}

impl<'a> From<&'a Scope> for ScopeWire<'a> {
    fn from(scope: &'a Scope) -> ScopeWire<'a> {
        ScopeWire {
            families: scope.families.iter().copied().map(OneFamily).collect(),
            targets: scope.targets.as_ref().map(|targets| targets.iter().map(target_wire).collect()),
            packages: scope.packages.as_ref().map(|names| names.iter().map(|name| text(name)).collect()),
            filters: scope.filters.iter().map(|filter| text(filter)).collect(),
        }
    }
}

impl ScopeWire<'_> {
    fn into_scope(self, shard: Shard) -> Scope {
        Scope {
            families: self.families.into_iter().map(|one| one.0).collect(),
            targets: self.targets.map(|targets| targets.into_iter().map(target).collect()),
            packages: self.packages.map(|names| names.into_iter().map(Text::into_owned).collect()),
            filters: self.filters.into_iter().map(Text::into_owned).collect(),
            keys: None,
            shards: Some(shard.into()),
        }
    }
}

impl<'a> From<&'a Run> for RunWire<'a> {
    fn from(run: &'a Run) -> RunWire<'a> {
        let machine =
            |(family, machine): (&Family, &'a Environment)| EnvironmentWire { family: *family, facts: facts(machine) };
        RunWire {
            environments: run.environments.iter().map(machine).collect(),
            state: facts(&run.state),
            outcomes: run.outcomes.iter().map(OutcomeWire::from).collect(),
            problems: run.problems.iter().map(ProblemWire::from).collect(),
            excluded: run.excluded.iter().map(SubjectWire::from).collect(),
            reused: run.reused,
            cache: CacheWire::of(&run.cache),
        }
    }
}

impl TryFrom<RunWire<'_>> for Run {
    type Error = String;

    fn try_from(wire: RunWire<'_>) -> Result<Run, String> {
        Ok(Run {
            scope: Scope::default(),
            environments: wire.environments.into_iter().map(|wire| (wire.family, environment(wire.facts))).collect(),
            state: environment(wire.state),
            outcomes: wire.outcomes.into_iter().map(<(Key, Outcome)>::try_from).collect::<Result<_, _>>()?,
            problems: wire.problems.into_iter().map(Problem::from).collect(),
            excluded: wire.excluded.into_iter().map(Subject::from).collect(),
            reused: wire.reused,
            cache: wire.cache.map(CacheWire::into_use).unwrap_or_default(),
        })
    }
}

impl<'a> From<(&'a Key, &'a Outcome)> for OutcomeWire<'a> {
    fn from((key, outcome): (&'a Key, &'a Outcome)) -> OutcomeWire<'a> {
        OutcomeWire {
            subject: key.subject.as_ref().into(),
            metric: text(key.metric.name()),
            definition: DefinitionWire::of(key.metric),
            outcome: match outcome {
                Outcome::Measured { evidence, note } => {
                    WhatWire::Measured { evidence: evidence.into(), note: optional(note.as_ref()) }
                }
                Outcome::Failed(Failure { code, why, hint }) => {
                    WhatWire::Failed { code: *code, why: text(why), hint: optional(hint.as_ref()) }
                }
            },
        }
    }
}

impl TryFrom<OutcomeWire<'_>> for (Key, Outcome) {
    type Error = String;

    fn try_from(wire: OutcomeWire<'_>) -> Result<(Key, Outcome), String> {
        let metric = metric(&wire.metric, wire.definition)?;
        let outcome = match wire.outcome {
            WhatWire::Measured { evidence, note } => {
                let evidence = Evidence::from(evidence);
                if metric.is_exact() != matches!(evidence, Evidence::Exact { .. }) {
                    return Err(format!("a value of `{metric}` is of the wrong kind"));
                }
                Outcome::Measured { evidence, note: owned(note) }
            }
            WhatWire::Failed { code, why, hint } => {
                Outcome::Failed(Failure { code, why: why.into_owned(), hint: owned(hint) })
            }
        };
        Ok((Key::new(std::sync::Arc::new(wire.subject.into()), metric), outcome))
    }
}

impl<'a> From<&'a Problem> for ProblemWire<'a> {
    fn from(problem: &'a Problem) -> ProblemWire<'a> {
        ProblemWire {
            code: problem.code,
            target: problem.target.as_ref().map(target_wire),
            message: text(&problem.message),
            hint: optional(problem.hint.as_ref()),
        }
    }
}

impl From<ProblemWire<'_>> for Problem {
    fn from(wire: ProblemWire<'_>) -> Problem {
        Problem {
            code: wire.code,
            target: wire.target.map(target),
            message: wire.message.into_owned(),
            hint: owned(wire.hint),
        }
    }
}

fn target_wire(target: &Target) -> TargetWire<'_> {
    TargetWire { package: text(&target.package), name: text(&target.name) }
}

fn target(wire: TargetWire<'_>) -> Target {
    Target { package: wire.package.into_owned(), name: wire.name.into_owned() }
}
