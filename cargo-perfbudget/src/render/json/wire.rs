//! The shapes of schema 1, and the way there and back.

mod cached;
mod cause;
mod key;
mod part;
mod worth;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::report::{Basis, Judged, Place, Report, State, Verdict};
use crate::model::{
    Cause, Certainty, Change, Code, Environment, Evidence, Failure, Family, Finding, Key, Row, Subject, Target,
};

use self::cached::CacheWire;
use self::cause::CauseWire;
pub(super) use self::cause::{MovedWire, Parts};
use self::key::{DefinitionWire, TargetWire, metric};
pub(super) use self::key::{KeyWire, SubjectWire};
pub(super) use self::part::PartWire;
use self::worth::Estimated;
use super::SCHEMA;
use super::words::{CertaintyWire, FamilyWire, QuantityWire, RatioWire, StateWire, VerdictWire, code};

type Text<'a> = Cow<'a, str>;

#[derive(Serialize, Deserialize)]
pub(super) struct ReportWire<'a> {
    schema: u64,
    #[serde(with = "VerdictWire")]
    verdict: Verdict,
    /// Follows from the verdict, for scripts.
    #[serde(skip_deserializing)]
    exit_code: u8,
    findings: Vec<FindingWire<'a>>,
    rows: Rows<'a>,
    basis: Vec<BasisWire<'a>>,
    environments: Vec<EnvironmentWire<'a>>,
    state: BTreeMap<Text<'a>, Text<'a>>,
    state_changes: Vec<StateChangeWire<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    places: Vec<PlaceWire<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<CauseWire<'a>>,
    reused: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache: Option<CacheWire<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    worth: Option<Estimated<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patch: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
struct FindingWire<'a> {
    #[serde(with = "code")]
    code: Code,
    #[serde(with = "VerdictWire")]
    verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<KeyWire<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<TargetWire<'a>>,
    message: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<Text<'a>>,
}

/// The rows, of which there may be many: turned into their shape one at a time.
enum Rows<'a> {
    Report(&'a [Judged]),
    Read(Vec<Judged>),
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows: &[Judged] = match self {
            Rows::Report(rows) => rows,
            Rows::Read(rows) => rows,
        };
        serializer.collect_seq(rows.iter().map(RowWire::from))
    }
}

impl<'de> Deserialize<'de> for Rows<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = Vec::<RowWire<'_>>::deserialize(deserializer)?.into_iter().map(Judged::try_from);
        rows.collect::<Result<_, _>>().map(Rows::Read).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
struct RowWire<'a> {
    subject: SubjectWire<'a>,
    metric: Text<'a>,
    /// Of a metric that is not built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<DefinitionWire>,
    #[serde(with = "StateWire")]
    state: State,
    change: ChangeWire<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<RatioWire>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum ChangeWire<'a> {
    Added {
        after: EvidenceWire,
    },
    Removed {
        before: EvidenceWire,
    },
    Both {
        before: EvidenceWire,
        after: EvidenceWire,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delta: Option<RatioWire>,
        #[serde(with = "CertaintyWire")]
        certainty: Certainty,
    },
    Failed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<EvidenceWire>,
        #[serde(with = "code")]
        code: Code,
        why: Text<'a>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<Text<'a>>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum EvidenceWire {
    Exact { value: u64, repeats: u32, noise: RatioWire },
    Sampled { estimate: QuantityWire, low: QuantityWire, high: QuantityWire, samples: u32 },
}

#[derive(Serialize, Deserialize)]
struct BasisWire<'a> {
    #[serde(with = "FamilyWire")]
    family: Family,
    basis: BasisKindWire<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum BasisKindWire<'a> {
    File { revision: Text<'a> },
    Measured { revision: Text<'a> },
    Nothing,
}

#[derive(Serialize, Deserialize)]
struct EnvironmentWire<'a> {
    #[serde(with = "FamilyWire")]
    family: Family,
    facts: BTreeMap<Text<'a>, Text<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StateChangeWire<'a> {
    name: Text<'a>,
    before: Text<'a>,
    after: Text<'a>,
}

#[derive(Serialize, Deserialize)]
struct PlaceWire<'a> {
    package: Text<'a>,
    name: Text<'a>,
    file: Text<'a>,
    lines: BTreeMap<Text<'a>, u64>,
}

fn text(text: &str) -> Text<'_> {
    Cow::Borrowed(text)
}

fn optional(text: Option<&String>) -> Option<Text<'_>> {
    text.map(|text| Cow::Borrowed(text.as_str()))
}

fn owned(text: Option<Text<'_>>) -> Option<String> {
    text.map(Cow::into_owned)
}

fn facts(environment: &Environment) -> BTreeMap<Text<'_>, Text<'_>> {
    environment.0.iter().map(|(name, fact)| (text(name), text(fact))).collect()
}

fn environment(facts: BTreeMap<Text<'_>, Text<'_>>) -> Environment {
    Environment(facts.into_iter().map(|(name, fact)| (name.into_owned(), fact.into_owned())).collect())
}

impl<'a> From<&'a Report> for ReportWire<'a> {
    fn from(report: &'a Report) -> ReportWire<'a> {
        let change = |(name, before, after): &'a (String, String, String)| StateChangeWire {
            name: text(name),
            before: text(before),
            after: text(after),
        };
        let machine =
            |(family, machine): &'a (Family, Environment)| EnvironmentWire { family: *family, facts: facts(machine) };
        ReportWire {
            schema: SCHEMA,
            verdict: report.verdict,
            exit_code: report.verdict.exit_code(),
            findings: report.findings.iter().map(FindingWire::from).collect(),
            rows: Rows::Report(&report.rows),
            basis: report.basis.iter().map(BasisWire::from).collect(),
            environments: report.environments.iter().map(machine).collect(),
            state: facts(&report.state),
            state_changes: report.state_changes.iter().map(change).collect(),
            places: report.places.iter().map(PlaceWire::from).collect(),
            causes: report.causes.iter().map(CauseWire::from).collect(),
            reused: report.reused,
            cache: CacheWire::of(&report.cache),
            worth: report.worth.as_ref().map(Estimated::Report),
            patch: optional(report.patch.as_ref()),
        }
    }
}

impl TryFrom<ReportWire<'_>> for Report {
    type Error = String;

    fn try_from(wire: ReportWire<'_>) -> Result<Report, String> {
        let change = |change: StateChangeWire<'_>| {
            (change.name.into_owned(), change.before.into_owned(), change.after.into_owned())
        };
        Ok(Report {
            verdict: wire.verdict,
            findings: wire.findings.into_iter().map(Finding::try_from).collect::<Result<_, _>>()?,
            rows: match wire.rows {
                Rows::Report(rows) => rows.to_vec(),
                Rows::Read(rows) => rows,
            },
            basis: wire.basis.into_iter().map(|wire| (wire.family, wire.basis.into())).collect(),
            environments: wire.environments.into_iter().map(|wire| (wire.family, environment(wire.facts))).collect(),
            state: environment(wire.state),
            state_changes: wire.state_changes.into_iter().map(change).collect(),
            places: wire.places.into_iter().map(<(Target, Place)>::from).collect(),
            causes: wire.causes.into_iter().map(<(Key, Cause)>::try_from).collect::<Result<_, _>>()?,
            reused: wire.reused,
            cache: wire.cache.map(CacheWire::into_use).unwrap_or_default(),
            worth: wire.worth.map(Estimated::into_worth),
            patch: owned(wire.patch),
        })
    }
}

impl<'a> From<(&'a Target, &'a Place)> for PlaceWire<'a> {
    fn from((target, place): (&'a Target, &'a Place)) -> PlaceWire<'a> {
        PlaceWire {
            package: text(&target.package),
            name: text(&target.name),
            file: text(&place.file),
            lines: place.lines.iter().map(|(path, line)| (text(path), *line)).collect(),
        }
    }
}

impl From<PlaceWire<'_>> for (Target, Place) {
    fn from(wire: PlaceWire<'_>) -> (Target, Place) {
        let lines = wire.lines.into_iter().map(|(path, line)| (path.into_owned(), line)).collect();
        let target = Target { package: wire.package.into_owned(), name: wire.name.into_owned() };
        (target, Place { file: wire.file.into_owned(), lines })
    }
}

impl<'a> From<&'a Finding> for FindingWire<'a> {
    fn from(finding: &'a Finding) -> FindingWire<'a> {
        FindingWire {
            code: finding.code,
            verdict: finding.verdict,
            key: finding.key.as_ref().map(KeyWire::from),
            target: finding
                .target
                .as_ref()
                .map(|target| TargetWire { package: text(&target.package), name: text(&target.name) }),
            message: text(&finding.message),
            hint: optional(finding.hint.as_ref()),
        }
    }
}

impl TryFrom<FindingWire<'_>> for Finding {
    type Error = String;

    fn try_from(wire: FindingWire<'_>) -> Result<Finding, String> {
        let target = |wire: TargetWire<'_>| Target { package: wire.package.into_owned(), name: wire.name.into_owned() };
        Ok(Finding {
            code: wire.code,
            verdict: wire.verdict,
            key: wire.key.map(Key::try_from).transpose()?,
            target: wire.target.map(target),
            message: wire.message.into_owned(),
            hint: owned(wire.hint),
        })
    }
}

impl<'a> From<&'a Judged> for RowWire<'a> {
    fn from(judged: &'a Judged) -> RowWire<'a> {
        RowWire {
            subject: judged.row.key.subject.as_ref().into(),
            metric: text(judged.row.key.metric.name()),
            definition: DefinitionWire::of(judged.row.key.metric),
            state: judged.state,
            change: (&judged.row.change).into(),
            limit: judged.limit.map(RatioWire),
            owner: optional(judged.owner.as_ref()),
            reason: optional(judged.reason.as_ref()),
        }
    }
}

impl TryFrom<RowWire<'_>> for Judged {
    type Error = String;

    fn try_from(wire: RowWire<'_>) -> Result<Judged, String> {
        let key = Key::new(Subject::from(wire.subject), metric(&wire.metric, wire.definition)?);
        Ok(Judged {
            row: Row { key, change: wire.change.into() },
            state: wire.state,
            limit: wire.limit.map(|limit| limit.0),
            owner: owned(wire.owner),
            reason: owned(wire.reason),
        })
    }
}

impl<'a> From<&'a Change> for ChangeWire<'a> {
    fn from(change: &'a Change) -> ChangeWire<'a> {
        match change {
            Change::Added { after } => ChangeWire::Added { after: after.into() },
            Change::Removed { before } => ChangeWire::Removed { before: before.into() },
            Change::Both { before, after, delta, certainty } => ChangeWire::Both {
                before: before.into(),
                after: after.into(),
                delta: delta.map(RatioWire),
                certainty: *certainty,
            },
            Change::Failed { before, failure: Failure { code, why, hint } } => ChangeWire::Failed {
                before: before.as_ref().map(EvidenceWire::from),
                code: *code,
                why: text(why),
                hint: optional(hint.as_ref()),
            },
        }
    }
}

impl From<ChangeWire<'_>> for Change {
    fn from(wire: ChangeWire<'_>) -> Change {
        match wire {
            ChangeWire::Added { after } => Change::Added { after: after.into() },
            ChangeWire::Removed { before } => Change::Removed { before: before.into() },
            ChangeWire::Both { before, after, delta, certainty } => Change::Both {
                before: before.into(),
                after: after.into(),
                delta: delta.map(|delta| delta.0),
                certainty,
            },
            ChangeWire::Failed { before, code, why, hint } => Change::Failed {
                before: before.map(Evidence::from),
                failure: Failure { code, why: why.into_owned(), hint: owned(hint) },
            },
        }
    }
}

impl From<&Evidence> for EvidenceWire {
    fn from(evidence: &Evidence) -> EvidenceWire {
        match *evidence {
            Evidence::Exact { value, repeats, noise } => {
                EvidenceWire::Exact { value, repeats, noise: RatioWire(noise) }
            }
            Evidence::Sampled { estimate, low, high, samples } => EvidenceWire::Sampled {
                estimate: QuantityWire(estimate),
                low: QuantityWire(low),
                high: QuantityWire(high),
                samples,
            },
        }
    }
}

impl From<EvidenceWire> for Evidence {
    fn from(wire: EvidenceWire) -> Evidence {
        match wire {
            EvidenceWire::Exact { value, repeats, noise } => Evidence::Exact { value, repeats, noise: noise.0 },
            EvidenceWire::Sampled { estimate, low, high, samples } => {
                Evidence::Sampled { estimate: estimate.0, low: low.0, high: high.0, samples }
            }
        }
    }
}

impl<'a> From<&'a (Family, Basis)> for BasisWire<'a> {
    fn from((family, basis): &'a (Family, Basis)) -> BasisWire<'a> {
        let basis = match basis {
            Basis::File { revision } => BasisKindWire::File { revision: text(revision) },
            Basis::Measured { revision } => BasisKindWire::Measured { revision: text(revision) },
            Basis::Nothing => BasisKindWire::Nothing,
        };
        BasisWire { family: *family, basis }
    }
}

impl From<BasisKindWire<'_>> for Basis {
    fn from(wire: BasisKindWire<'_>) -> Basis {
        match wire {
            BasisKindWire::File { revision } => Basis::File { revision: revision.into_owned() },
            BasisKindWire::Measured { revision } => Basis::Measured { revision: revision.into_owned() },
            BasisKindWire::Nothing => Basis::Nothing,
        }
    }
}
