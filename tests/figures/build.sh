#!/usr/bin/env bash
# Figure: what url 2.5.4 costs with the two ways to know Unicode that its authors offer, on a program of ours: idna_adapter 1.2
# (ICU4X) and 1.1.0 (unicode-rs). The second takes fewer packages, compiler processes and less time to build, and makes the
# larger program; both directions are found, and the size names the crates.
# usage: build.sh [BUILDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
need python3 python3
root=$PWD
builds=${1:-3}
cargo build -q "${gate[@]}"
target=$(target_dir)
perfbudget=$target/debug/cargo-perfbudget
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PERFBUDGET_CACHE_DIR=$work/cache CARGO_TARGET_DIR=$work/target
mkdir -p "$work/project/src"
cp tests/figures/build/url.rs "$work/project/src/main.rs"
cd "$work/project"
cat >Cargo.toml <<'TOML'
[package]
name = "uses-url"
version = "0.1.0"
edition = "2021"

[dependencies]
url = "=2.5.4"

[workspace]
TOML
cat >perfbudget.toml <<TOML
[build]
profile = "release"
builds = $builds

[[budget]]
metric = "size"
growth = "1%"
severity = "error"
TOML
cargo generate-lockfile -q

# Takes a version, records it with what it takes to build it from nothing, and commits.
record() { # VERSION
    cargo update -q -p idna_adapter --precise "$1"
    "$perfbudget" record --quiet --time --allow-regression >/dev/null
    [ -d .git ] || git init -q -b main
    git add -A && git -c user.name=figure -c user.email=figure@example.invalid commit -qm "idna_adapter $1"
}

# Checks the next version against the last one. Asserts for each metric that it `grows` or `falls`; exact ones that grow by
# more than their budget must fail.
compare() { # VERSION METRIC DIRECTION [METRIC DIRECTION]…
    version=$1
    shift
    cargo update -q -p idna_adapter --precise "$version"
    exit=0
    "$perfbudget" check --quiet --time --format json --base HEAD >"$work/report.json" || exit=$?
    python3 - "$work/report.json" "idna_adapter → $version, exit code $exit" "$@" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))
print(sys.argv[2])
expected = dict(zip(sys.argv[3::2], sys.argv[4::2]))
values = {}
for row in report["rows"]:
    sides = [row["change"].get(side, {}) for side in ("before", "after")]
    values[row["metric"]] = [side.get("value", side.get("estimate")) for side in sides]
    print(f"    {row['metric']:>18}: {values[row['metric']][0]} → {values[row['metric']][1]}")
for cause in report.get("causes", []):
    if cause["key"]["metric"] == "size":
        crates = ", ".join(f"{own['name']} {own['delta']:+,}" for own in cause["crates"][:8])
        print(f"    size by crate: {crates}")
        delta = cause["after"] - cause["before"]
        assert sum(own["delta"] for own in cause["crates"]) == delta and cause["residue"] == 0, cause
for metric, direction in expected.items():
    before, after = values[metric]
    assert (after > before) == (direction == "grows") and after != before, (metric, before, after)
PY
}

record 1.2.0
compare 1.1.0 size grows crates falls rustc-invocations falls build-cpu-time falls
[ "$exit" = 100 ] || { echo "error: a size that grew is over its budget, and the exit code was $exit" >&2; exit 1; }
record 1.1.0
compare 1.2.0 size falls crates grows rustc-invocations grows build-cpu-time grows
