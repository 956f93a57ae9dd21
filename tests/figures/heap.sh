#!/usr/bin/env bash
# Figure: what changed in the heap of three crates is found, in the direction that their authors report, on programs of ours:
# the peak of regex 1.8.4 → 1.9.0 grows, the leaks of tokio 1.10.0 → 1.10.1 and of tokio-util 0.6.9 → 0.6.10 are gone, and
# coming back they fail. And DHAT's totals of a deterministic program are identical over 100 runs while all cores are busy.
# usage: heap.sh [REPEATS]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
need python3 python3
need valgrind valgrind
root=$PWD
repeats=${1:-100}
cargo build -q "${gate[@]}"
target=$(target_dir)
perfbudget=$target/debug/cargo-perfbudget
work=$(mktemp -d)
busy=()
trap 'kill "${busy[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
export PERFBUDGET_CACHE_DIR=$work/cache CARGO_TARGET_DIR=$work/target

# Makes a project of one program, with a dependency at a version and whatever must be held back with it.
project() { # NAME VERSION FEATURES [PACKAGE VERSION]…
    mkdir -p "$work/$1/src"
    cp "$root/tests/figures/heap/$1.rs" "$work/$1/src/main.rs"
    cd "$work/$1"
    cat >Cargo.toml <<TOML
[package]
name = "uses-$1"
version = "0.1.0"
edition = "2021"

[dependencies]
$1 = { version = "=$2", features = [$3] }

[workspace]
TOML
    cat >perfbudget.toml <<'TOML'
[size]
bins = []

TOML
    printf '[[command]]\nname = "work"\nrun = ["uses-%s", "{n}"]\nn = 100\n' "$1" >>perfbudget.toml
    rm -f Cargo.lock
    cargo generate-lockfile -q
    shift 3
    while [ $# -gt 0 ]; do cargo update -q -p "$1" --precise "$2" && shift 2; done
}

# Records one version and checks the next; prints how it has changed, and asserts that a metric `grows`, which must fail, or
# `falls`.
compare() { # NAME BEFORE AFTER METRIC DIRECTION FEATURES [PACKAGE VERSION]…, which are held back with the version after
    name=$1 before=$2 after=$3 metric=$4 direction=$5 features=$6
    shift 6
    project "$name" "$before" "$features"
    [ -d .git ] || git init -q -b main
    "$perfbudget" record --quiet --allow-regression >/dev/null
    git add -A && git -c user.name=figure -c user.email=figure@example.invalid commit -qm "$name $before"
    project "$name" "$after" "$features" "$@"
    exit=0
    "$perfbudget" check --quiet --format json --base HEAD >"$work/report.json" || exit=$?
    python3 - "$work/report.json" "$name $before → $after" "$metric" "$direction" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))
print(sys.argv[2])
changes = {row["metric"]: row["change"] for row in report["rows"]}
for row in report["rows"]:
    if row["metric"] in ("peak-heap", "allocated-bytes", "leaked-bytes", "heap-slope"):
        change = row["change"]
        print("   ", row["metric"], *(change[side]["value"] for side in ("before", "after") if side in change))
codes = [finding["code"] for finding in report["findings"] if finding.get("key", {}).get("metric") == sys.argv[3]]
print("    findings on", sys.argv[3] + ":", *codes)
for finding in report["findings"]:
    if finding["code"] == "growth-over":
        print("   ", finding["message"])
if sys.argv[4] == "grows":
    assert "growth-over" in codes, report["findings"]
else:
    change = changes[sys.argv[3]]
    assert change["after"]["value"] < change["before"]["value"], change
PY
    cd "$root"
}

compare regex 1.8.4 1.9.0 peak-heap grows "" regex-automata 0.3.0 regex-syntax 0.7.3
compare tokio 1.10.0 1.10.1 leaked-bytes falls '"rt"'
compare tokio 1.10.1 1.10.0 leaked-bytes grows '"rt"'
compare tokio-util 0.6.9 0.6.10 leaked-bytes falls ""
compare tokio-util 0.6.10 0.6.9 leaked-bytes grows ""

# The last one again and again, under load.
cd "$work/tokio-util"
for _ in $(seq "$(nproc)"); do
    while :; do :; done &
    busy+=($!)
done
for repeat in $(seq "$repeats"); do
    "$perfbudget" check --quiet --format json --fresh --no-build-base >"$work/run-$repeat.json" || true
done
python3 - "$work" "$repeats" <<'PY'
import json, sys
seen = {}
for repeat in range(1, int(sys.argv[2]) + 1):
    for row in json.load(open(f"{sys.argv[1]}/run-{repeat}.json"))["rows"]:
        seen.setdefault(row["metric"], []).append(row["change"]["after"]["value"])
for metric, values in sorted(seen.items()):
    print(f"{metric:>20}: {len(set(values))} value(s) over {len(values)} runs under load: {sorted(set(values))[0]}")
for metric in ("allocations", "allocated-bytes", "peak-heap", "leaked-bytes", "heap-slope"):
    assert len(seen[metric]) == int(sys.argv[2]) and len(set(seen[metric])) == 1, metric
PY
