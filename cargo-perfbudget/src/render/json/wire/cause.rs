//! The shape of a cause: which functions moved, and what the lock file has to do with it.

use serde::{Deserialize, Serialize};

use super::super::words::RatioWire;
use super::{KeyWire, Text, optional, owned, text};
use crate::model::Key;
use crate::model::cause::{Bump, Carrier, Cause, Dependency, Moved};

#[derive(Serialize, Deserialize)]
pub(super) struct CauseWire<'a> {
    key: KeyWire<'a>,
    #[serde(flatten)]
    parts: Parts<'a>,
}

/// What of a cause stands wherever one does.
#[derive(Serialize, Deserialize)]
pub(in crate::render::json) struct Parts<'a> {
    before: u64,
    after: u64,
    moved: Vec<MovedWire<'a>>,
    more: usize,
    more_delta: i64,
    crates: Vec<CrateWire<'a>>,
    residue: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock: Option<DependencyWire<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(in crate::render::json) struct MovedWire<'a> {
    function: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    was: Option<Text<'a>>,
    #[serde(rename = "crate")]
    home: Text<'a>,
    before: u64,
    after: u64,
}

#[derive(Serialize, Deserialize)]
struct CrateWire<'a> {
    name: Text<'a>,
    delta: i64,
}

#[derive(Serialize, Deserialize)]
struct BumpWire<'a> {
    name: Text<'a>,
    before: Vec<Text<'a>>,
    after: Vec<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum DependencyWire<'a> {
    Functions { package: BumpWire<'a>, share: RatioWire },
    Unsettled { packages: Vec<BumpWire<'a>> },
    Measured { own: i64, needed: Vec<BumpWire<'a>>, carriers: Vec<CarrierWire<'a>> },
}

#[derive(Serialize, Deserialize)]
struct CarrierWire<'a> {
    packages: Vec<BumpWire<'a>>,
    delta: i64,
}

impl<'a> From<(&'a Key, &'a Cause)> for CauseWire<'a> {
    fn from((key, cause): (&'a Key, &'a Cause)) -> CauseWire<'a> {
        CauseWire { key: key.into(), parts: cause.into() }
    }
}

impl TryFrom<CauseWire<'_>> for (Key, Cause) {
    type Error = String;

    fn try_from(wire: CauseWire<'_>) -> Result<(Key, Cause), String> {
        Ok((Key::try_from(wire.key)?, wire.parts.into()))
    }
}

impl<'a> From<&'a Cause> for Parts<'a> {
    fn from(cause: &'a Cause) -> Parts<'a> {
        Parts {
            before: cause.before,
            after: cause.after,
            moved: cause.moved.iter().map(MovedWire::from).collect(),
            more: cause.rest.0,
            more_delta: cause.rest.1,
            crates: cause.homes.iter().map(|(name, delta)| CrateWire { name: text(name), delta: *delta }).collect(),
            residue: cause.residue,
            lock: cause.dependency.as_ref().map(DependencyWire::from),
        }
    }
}

impl<'a> From<&'a Moved> for MovedWire<'a> {
    fn from(moved: &'a Moved) -> MovedWire<'a> {
        MovedWire {
            function: text(&moved.function),
            was: optional(moved.was.as_ref()),
            home: text(&moved.home),
            before: moved.before,
            after: moved.after,
        }
    }
}

impl From<Parts<'_>> for Cause {
    fn from(wire: Parts<'_>) -> Cause {
        let moved = |wire: MovedWire<'_>| Moved {
            function: wire.function.into_owned(),
            was: owned(wire.was),
            home: wire.home.into_owned(),
            before: wire.before,
            after: wire.after,
        };
        Cause {
            before: wire.before,
            after: wire.after,
            moved: wire.moved.into_iter().map(moved).collect(),
            rest: (wire.more, wire.more_delta),
            homes: wire.crates.into_iter().map(|home| (home.name.into_owned(), home.delta)).collect(),
            residue: wire.residue,
            dependency: wire.lock.map(Dependency::from),
        }
    }
}

impl<'a> From<&'a Bump> for BumpWire<'a> {
    fn from(bump: &'a Bump) -> BumpWire<'a> {
        let versions = |versions: &'a [String]| versions.iter().map(|version| text(version)).collect();
        BumpWire { name: text(&bump.name), before: versions(&bump.before), after: versions(&bump.after) }
    }
}

impl From<BumpWire<'_>> for Bump {
    fn from(wire: BumpWire<'_>) -> Bump {
        let versions = |versions: Vec<Text<'_>>| versions.into_iter().map(Text::into_owned).collect();
        Bump { name: wire.name.into_owned(), before: versions(wire.before), after: versions(wire.after) }
    }
}

impl<'a> From<&'a Dependency> for DependencyWire<'a> {
    fn from(dependency: &'a Dependency) -> DependencyWire<'a> {
        let all = |bumps: &'a [Bump]| bumps.iter().map(BumpWire::from).collect();
        match dependency {
            Dependency::Functions { bump, share } => {
                DependencyWire::Functions { package: bump.into(), share: RatioWire(*share) }
            }
            Dependency::Unsettled { bumps } => DependencyWire::Unsettled { packages: all(bumps) },
            Dependency::Measured { own, needed, carriers } => DependencyWire::Measured {
                own: *own,
                needed: all(needed),
                carriers: carriers
                    .iter()
                    .map(|carrier| CarrierWire { packages: all(&carrier.bumps), delta: carrier.delta })
                    .collect(),
            },
        }
    }
}

impl From<DependencyWire<'_>> for Dependency {
    fn from(wire: DependencyWire<'_>) -> Dependency {
        let all = |bumps: Vec<BumpWire<'_>>| bumps.into_iter().map(Bump::from).collect();
        match wire {
            DependencyWire::Functions { package, share } => {
                Dependency::Functions { bump: package.into(), share: share.0 }
            }
            DependencyWire::Unsettled { packages } => Dependency::Unsettled { bumps: all(packages) },
            DependencyWire::Measured { own, needed, carriers } => {
                let carrier = |wire: CarrierWire<'_>| Carrier { bumps: all(wire.packages), delta: wire.delta };
                let carriers = carriers.into_iter().map(carrier).collect();
                Dependency::Measured { own, needed: all(needed), carriers }
            }
        }
    }
}
