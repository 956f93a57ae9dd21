//! The shapes of what is measured: subjects, metrics and the key that joins them.

use serde::{Deserialize, Serialize};

use crate::model::{Artifact, ArtifactKind, Benchmark, Custom, Direction, Key, Kind, Metric, Subject, Target, Unit};

use super::super::words::{ArtifactKindWire, DirectionWire, KindWire, unit};
use super::{Text, optional, owned, text};

#[derive(Serialize, Deserialize)]
pub(in crate::render::json) struct KeyWire<'a> {
    subject: SubjectWire<'a>,
    metric: Text<'a>,
    /// Of a metric that is not built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<DefinitionWire>,
}

/// What must be known of a metric that is not built in.
#[derive(Serialize, Deserialize)]
pub(super) struct DefinitionWire {
    #[serde(with = "unit")]
    unit: Unit,
    #[serde(with = "DirectionWire")]
    better: Direction,
    #[serde(with = "KindWire")]
    kind: Kind,
}

impl DefinitionWire {
    pub(super) fn of(metric: Metric) -> Option<DefinitionWire> {
        metric.definition().map(|own| DefinitionWire { unit: own.unit, better: own.better, kind: own.kind })
    }
}

/// The metric of that name and definition.
pub(super) fn metric(name: &str, definition: Option<DefinitionWire>) -> Result<Metric, String> {
    let found = match definition {
        None => Metric::from_name(name),
        Some(DefinitionWire { unit, better, kind }) => {
            Metric::custom(Custom { name: name.to_owned(), unit, better, kind })
        }
    };
    found.ok_or_else(|| format!("unknown metric `{name}`"))
}

#[derive(Serialize, Deserialize)]
pub(super) struct TargetWire<'a> {
    pub(super) package: Text<'a>,
    pub(super) name: Text<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(in crate::render::json) enum SubjectWire<'a> {
    Benchmark {
        /// Follows from the others, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        package: Text<'a>,
        target: Text<'a>,
        group: Text<'a>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        function: Option<Text<'a>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Text<'a>>,
    },
    Artifact {
        /// Follows from the others, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        package: Text<'a>,
        #[serde(with = "ArtifactKindWire")]
        artifact: ArtifactKind,
        file: Text<'a>,
    },
    Command {
        /// Follows from the other, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        command: Text<'a>,
    },
    Build {
        /// Follows from the other, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        profile: Text<'a>,
    },
    Entry {
        /// Follows from the other, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        entry: Text<'a>,
    },
    Asset {
        /// Follows from the other, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        file: Text<'a>,
    },
    Page {
        /// Follows from the other, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        file: Text<'a>,
    },
    EntryPoint {
        /// Follows from the other, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        file: Text<'a>,
    },
    Group {
        /// Follows from the other, as selectors match it.
        #[serde(skip_deserializing)]
        name: String,
        group: Text<'a>,
    },
}

impl<'a> From<&'a Key> for KeyWire<'a> {
    fn from(key: &'a Key) -> KeyWire<'a> {
        KeyWire {
            subject: key.subject.as_ref().into(),
            metric: text(key.metric.name()),
            definition: DefinitionWire::of(key.metric),
        }
    }
}

impl TryFrom<KeyWire<'_>> for Key {
    type Error = String;

    fn try_from(wire: KeyWire<'_>) -> Result<Key, String> {
        Ok(Key::new(Subject::from(wire.subject), metric(&wire.metric, wire.definition)?))
    }
}

impl<'a> From<&'a Subject> for SubjectWire<'a> {
    fn from(subject: &'a Subject) -> SubjectWire<'a> {
        let name = subject.to_string();
        match subject {
            Subject::Benchmark(Benchmark { target, group, function, value }) => SubjectWire::Benchmark {
                name,
                package: text(&target.package),
                target: text(&target.name),
                group: text(group),
                function: optional(function.as_ref()),
                value: optional(value.as_ref()),
            },
            Subject::Artifact(Artifact { package, kind, name: file }) => {
                SubjectWire::Artifact { name, package: text(package), artifact: *kind, file: text(file) }
            }
            Subject::Command(command) => SubjectWire::Command { name, command: text(command) },
            Subject::Build(profile) => SubjectWire::Build { name, profile: text(profile) },
            Subject::Entry(entry) => SubjectWire::Entry { name, entry: text(entry) },
            Subject::Asset(file) => SubjectWire::Asset { name, file: text(file) },
            Subject::Page(file) => SubjectWire::Page { name, file: text(file) },
            Subject::EntryPoint(file) => SubjectWire::EntryPoint { name, file: text(file) },
            Subject::Group(group) => SubjectWire::Group { name, group: text(group) },
        }
    }
}

impl From<SubjectWire<'_>> for Subject {
    fn from(wire: SubjectWire<'_>) -> Subject {
        match wire {
            SubjectWire::Benchmark { name: _, package, target, group, function, value } => {
                let target = Target { package: package.into_owned(), name: target.into_owned() };
                Subject::Benchmark(Benchmark::new(target, group.into_owned(), owned(function), owned(value)))
            }
            SubjectWire::Artifact { name: _, package, artifact, file } => {
                Subject::Artifact(Artifact { package: package.into_owned(), kind: artifact, name: file.into_owned() })
            }
            SubjectWire::Command { name: _, command } => Subject::Command(command.into_owned()),
            SubjectWire::Build { name: _, profile } => Subject::Build(profile.into_owned()),
            SubjectWire::Entry { name: _, entry } => Subject::Entry(entry.into_owned()),
            SubjectWire::Asset { name: _, file } => Subject::Asset(file.into_owned()),
            SubjectWire::Page { name: _, file } => Subject::Page(file.into_owned()),
            SubjectWire::EntryPoint { name: _, file } => Subject::EntryPoint(file.into_owned()),
            SubjectWire::Group { name: _, group } => Subject::Group(group.into_owned()),
        }
    }
}
