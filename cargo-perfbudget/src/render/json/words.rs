//! The words of schema 1: how states, metrics, codes and the like are written, and which numbers are taken.

use serde::{Deserialize, Serialize};

use crate::model::report::{State, Verdict};
use crate::model::{ArtifactKind, Certainty, Direction, Family, Kind, Quantity, Ratio, Unit};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Verdict", rename_all = "kebab-case")]
pub(super) enum VerdictWire {
    Within,
    Attention,
    CannotTell,
    Over,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "State", rename_all = "kebab-case")]
pub(super) enum StateWire {
    Crossed,
    OverAndWorse,
    Unmeasured,
    Inherited,
    OverUnchanged,
    Accepted,
    UnderRegressed,
    New,
    Removed,
    Improved,
    Excluded,
    Unclaimed,
    Unchanged,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Direction", rename_all = "kebab-case")]
pub(super) enum DirectionWire {
    Less,
    More,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Kind", rename_all = "kebab-case")]
pub(super) enum KindWire {
    Exact,
    Sampled,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Family", rename_all = "kebab-case")]
pub(super) enum FamilyWire {
    Bytes,
    Instructions,
    Heap,
    Native,
    Build,
    Assets,
    Time,
    Entries,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ArtifactKind", rename_all = "kebab-case")]
pub(super) enum ArtifactKindWire {
    Bin,
    Cdylib,
    File,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Certainty", rename_all = "kebab-case")]
pub(super) enum CertaintyWire {
    Real,
    Noise,
    Unknown,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(try_from = "f64", into = "f64")]
pub(super) struct RatioWire(pub(super) Ratio);

impl TryFrom<f64> for RatioWire {
    type Error = &'static str;

    fn try_from(fraction: f64) -> Result<RatioWire, &'static str> {
        Ratio::new(fraction).map(RatioWire).ok_or("a fraction is finite")
    }
}

impl From<RatioWire> for f64 {
    fn from(ratio: RatioWire) -> f64 {
        ratio.0.get()
    }
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(try_from = "f64", into = "f64")]
pub(super) struct QuantityWire(pub(super) Quantity);

impl TryFrom<f64> for QuantityWire {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<QuantityWire, &'static str> {
        Quantity::new(value).map(QuantityWire).ok_or("an amount is finite and not negative")
    }
}

impl From<QuantityWire> for f64 {
    fn from(quantity: QuantityWire) -> f64 {
        quantity.0.get()
    }
}

/// A unit by its name.
pub(super) mod unit {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::Unit;

    pub(crate) fn serialize<S: Serializer>(unit: &Unit, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(unit.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Unit, D::Error> {
        let name = Cow::<'_, str>::deserialize(deserializer)?;
        Unit::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown unit `{name}`")))
    }
}

/// A code by its name.
pub(super) mod code {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::model::Code;

    pub(crate) fn serialize<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(code.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        let name = Cow::<'_, str>::deserialize(deserializer)?;
        Code::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown code `{name}`")))
    }
}
