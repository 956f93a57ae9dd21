//! The shapes of an estimate of worth in schema 1: what it rests on, figures by name, each a band of three numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::key::KeyWire;
use super::{Text, text};
use crate::model::assumptions::{Assumed, Input, Origin, Stated};
use crate::model::worth::{Band, Effect, Figure, Figures, RowWorth, Sum, Worth};

/// What the changes are worth, checked while it is read.
pub(super) enum Estimated<'a> {
    Report(&'a Worth),
    Read(Worth),
}

impl Estimated<'_> {
    fn worth(&self) -> &Worth {
        match self {
            Estimated::Report(worth) => worth,
            Estimated::Read(worth) => worth,
        }
    }

    pub(super) fn into_worth(self) -> Worth {
        match self {
            Estimated::Report(worth) => worth.clone(),
            Estimated::Read(worth) => worth,
        }
    }
}

impl Serialize for Estimated<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WorthWire::from(self.worth()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Estimated<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WorthWire::deserialize(deserializer)?;
        Worth::try_from(wire).map(Estimated::Read).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
struct WorthWire<'a> {
    currency: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check_millis: Option<u64>,
    inputs: BTreeMap<Text<'a>, AssumedWire>,
    more: SumWire<'a>,
    less: SumWire<'a>,
    unmatched: Vec<usize>,
    rows: Vec<RowWorthWire<'a>>,
}

#[derive(Serialize, Deserialize)]
struct AssumedWire {
    value: f64,
    #[serde(with = "OriginWire")]
    origin: Origin,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Origin", rename_all = "kebab-case")]
enum OriginWire {
    Stated,
    Default,
}

#[derive(Serialize, Deserialize)]
struct StatedWire {
    value: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct SumWire<'a> {
    rows: usize,
    overlaps: bool,
    figures: FiguresWire<'a>,
}

type FiguresWire<'a> = BTreeMap<Text<'a>, BandWire>;

#[derive(Serialize, Deserialize)]
struct RowWorthWire<'a> {
    #[serde(flatten)]
    key: KeyWire<'a>,
    /// Seconds a call; `None` where the interval of the difference includes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<BandWire>,
    share: AssumedWire,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calls: Option<StatedWire>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page_views: Option<StatedWire>,
    figures: FiguresWire<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(try_from = "Numbers", into = "Numbers")]
#[derive(Clone, Copy)]
struct BandWire(Band);

#[derive(Serialize, Deserialize)]
struct Numbers {
    low: f64,
    mid: f64,
    high: f64,
}

impl TryFrom<Numbers> for BandWire {
    type Error = &'static str;

    fn try_from(numbers: Numbers) -> Result<BandWire, &'static str> {
        Band::new(numbers.low, numbers.mid, numbers.high).map(BandWire).ok_or("a band is finite and in order")
    }
}

impl From<BandWire> for Numbers {
    fn from(BandWire(band): BandWire) -> Numbers {
        Numbers { low: band.low(), mid: band.mid(), high: band.high() }
    }
}

impl From<Assumed> for AssumedWire {
    fn from(assumed: Assumed) -> AssumedWire {
        AssumedWire { value: assumed.value, origin: assumed.origin }
    }
}

impl From<Stated> for StatedWire {
    fn from(stated: Stated) -> StatedWire {
        StatedWire { value: stated.value, line: stated.line }
    }
}

fn written(figures: &Figures) -> FiguresWire<'_> {
    figures.iter().map(|(figure, band)| (text(figure.name()), BandWire(*band))).collect()
}

/// The figures that this version knows; later ones may have more.
fn figures(wire: FiguresWire<'_>) -> Figures {
    wire.into_iter().filter_map(|(name, band)| Some((Figure::from_name(&name)?, band.0))).collect()
}

impl<'a> From<&'a Worth> for WorthWire<'a> {
    fn from(worth: &'a Worth) -> WorthWire<'a> {
        let sum = |sum: &'a Sum| SumWire { rows: sum.rows, overlaps: sum.overlaps, figures: written(&sum.figures) };
        WorthWire {
            currency: text(&worth.currency),
            check_millis: worth.check.map(|check| u64::try_from(check.as_millis()).unwrap_or(u64::MAX)),
            inputs: worth.inputs.iter().map(|(input, value)| (text(input.name()), (*value).into())).collect(),
            more: sum(&worth.more),
            less: sum(&worth.less),
            unmatched: worth.unmatched.clone(),
            rows: worth.rows.iter().map(RowWorthWire::from).collect(),
        }
    }
}

impl TryFrom<WorthWire<'_>> for Worth {
    type Error = String;

    fn try_from(wire: WorthWire<'_>) -> Result<Worth, String> {
        let mut inputs = BTreeMap::new();
        for (name, AssumedWire { value, origin }) in wire.inputs {
            // Later versions may have more inputs.
            let Some(input) = Input::from_name(&name) else { continue };
            inputs.insert(input, Assumed { value: admitted(input, value)?, origin });
        }
        let sum = |wire: SumWire<'_>| Sum { rows: wire.rows, overlaps: wire.overlaps, figures: figures(wire.figures) };
        Ok(Worth {
            currency: wire.currency.into_owned(),
            inputs,
            rows: wire.rows.into_iter().map(RowWorth::try_from).collect::<Result<_, _>>()?,
            more: sum(wire.more),
            less: sum(wire.less),
            unmatched: wire.unmatched,
            check: wire.check_millis.map(Duration::from_millis),
        })
    }
}

impl<'a> From<&'a RowWorth> for RowWorthWire<'a> {
    fn from(row: &'a RowWorth) -> RowWorthWire<'a> {
        RowWorthWire {
            key: (&row.key).into(),
            seconds: match row.effect {
                Effect::Seconds(band) => Some(BandWire(band)),
                Effect::Unmeasurable => None,
            },
            share: row.share.into(),
            calls: row.calls.map(StatedWire::from),
            page_views: row.page_views.map(StatedWire::from),
            figures: written(&row.figures),
        }
    }
}

impl TryFrom<RowWorthWire<'_>> for RowWorth {
    type Error = String;

    fn try_from(wire: RowWorthWire<'_>) -> Result<RowWorth, String> {
        Ok(RowWorth {
            key: wire.key.try_into()?,
            effect: wire.seconds.map_or(Effect::Unmeasurable, |band| Effect::Seconds(band.0)),
            share: Assumed { value: admitted(Input::Share, wire.share.value)?, origin: wire.share.origin },
            calls: stated(Input::CallsPerYear, wire.calls)?,
            page_views: stated(Input::PageViewsPerYear, wire.page_views)?,
            figures: figures(wire.figures),
        })
    }
}

fn stated(input: Input, wire: Option<StatedWire>) -> Result<Option<Stated>, String> {
    let Some(StatedWire { value, line }) = wire else { return Ok(None) };
    Ok(Some(Stated { value: admitted(input, value)?, line }))
}

fn admitted(input: Input, value: f64) -> Result<f64, String> {
    let terms = input.terms();
    if input.admits(value) { Ok(value) } else { Err(format!("`{}` must be {}", terms.name, terms.bounds_written)) }
}
