//! `[assets]` as written and as meant.

use super::*;
use crate::config::{AssetMeasure, Served};

#[test]
fn a_frontend_is_a_folder_in_brotli_unless_it_says_otherwise() {
    assert_eq!(parse("").unwrap().assets, None);
    let plan = parse("[assets]\ndist = \"web/dist/\"").unwrap().assets.unwrap();
    assert_eq!((plan.dist.as_str(), plan.encoding, plan.measure.len()), ("web/dist", Served::Brotli, 3));
    assert!(plan.build.is_empty() && plan.options.is_empty() && plan.groups.is_empty());
    let plan = parse(
        "[assets]\ndist = \"dist\"\nbuild = [\"npm\", \"run\", \"run\"]\noptions = [\"--hints\", \"--keep\", \"*.map\"]\n\
         encoding = \"gzip\"\nmeasure = [\"pages\"]\ngroups.vendor = [\"vendor-*.js\", \"lib/*\"]\n",
    );
    let plan = plan.unwrap().assets.unwrap();
    assert_eq!((plan.build.len(), plan.options.len(), plan.encoding), (3, 3, Served::Gzip));
    assert_eq!((plan.measure, plan.groups["vendor"].len()), ([AssetMeasure::Pages].into(), 2));
}

#[test]
fn what_is_wrong_with_a_frontend_is_said_with_its_line() {
    check("[assets]", &["1:2 `[assets]` has no `dist`, the folder that the build leaves (dist = \"web/dist\")"]);
    check("[assets]\ndist = \"../web\"", &["2:9 `dist` must not leave the folder of `perfbudget.toml`"]);
    check(
        "[assets]\ndist = \"d\"\nencoding = \"br\"",
        &["3:13 unknown way of encoding `br` (a way of encoding is one of `brotli`, `gzip`, `zstd`, `raw`)"],
    );
    check(
        "[assets]\ndist = \"d\"\nbuild = []",
        &["3:9 `build` names no program (a program and its arguments such as [\"npm\", \"run\", \"build\"])"],
    );
    check("[assets]\ndist = \"d\"\noptions = [\"--hints\", \"--out=x\"]", &["3:11 `--out` is set by the check itself"]);
    check("[assets]\ndist = \"d\"\nmeasure = []", &["3:11 `measure` is empty, so that nothing is measured"]);
    assert!(parse("[assets]\ndist = \"d\"\nmeasure = []\noptions = []\ngroups.a = [\"*.js\"]").is_ok());
    check("[assets]\ndist = \"d\"\ngroups.a = []", &["3:12 the group `a` has no pattern"]);
}
