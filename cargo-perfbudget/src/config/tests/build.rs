//! `[build]` as written and as meant.

use super::*;
use crate::config::BuildMeasure;

#[test]
fn a_build_is_what_cargo_builds_by_itself_unless_it_says_otherwise() {
    let plan = parse("[build]").unwrap().build.unwrap();
    assert_eq!((plan.profile.as_str(), plan.builds, plan.default_features), ("dev", 3, true));
    assert!(plan.packages.is_empty() && plan.measure.len() == 3);
    assert_eq!(parse("").unwrap().build, None);
    let plan = parse(
        "[build]\npackages = [\"shop\"]\nfeatures = [\"full\"]\ndefault-features = false\nprofile = \"release\"\n\
         measure = [\"crates\"]\nbuilds = 1\n",
    );
    let plan = plan.unwrap().build.unwrap();
    assert_eq!((plan.packages, plan.features), (vec!["shop".to_owned()], vec!["full".to_owned()]));
    assert_eq!((plan.profile.as_str(), plan.builds, plan.default_features), ("release", 1, false));
    assert_eq!(plan.measure.into_iter().collect::<Vec<_>>(), [BuildMeasure::Crates]);
}

#[test]
fn what_cargo_would_take_for_an_option_is_no_name() {
    check("[build]\npackages = [\"--config\"]", &["2:14 `--config` is not a name in `packages`"]);
    check("[build]\nprofile = \"a b\"", &["2:12 `a b` is not the name of a profile"]);
    check("[build]\nprofil = \"dev\"", &["2:1 unknown key `profil` (did you mean `profile`?)"]);
    check("[build]\nbuilds = 0", &["2:10 `builds` must be from 1 to 100"]);
    check("[build]\nmeasure = []", &["2:11 `measure` is empty, so that nothing is measured"]);
    check(
        "[build]\nmeasure = [\"memory\"]",
        &["2:13 unknown measure `memory` (a measure is one of `crates`, `invocations`, `time`)"],
    );
    check(
        "[build]\nall-features = true\nfeatures = [\"a\"]",
        &["3:1 `features` says nothing where all are on (delete one of the two)"],
    );
}
