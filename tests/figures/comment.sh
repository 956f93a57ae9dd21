#!/usr/bin/env bash
# Figure: all renderings of the comment and of the summary of a report with 5,000 rows over their limit, each within what
# GitHub takes (a unit test holds that), are made in under 50 ms together.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
need python3 python3
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
CRITERION_HOME=$home cargo bench -q "${gate[@]}" --bench comment -- \
    --noplot --warm-up-time 1 --measurement-time 3 --sample-size 20 >"$home/log"
python3 - "$home" <<'PY'
import json, sys

medians = {}
for rows in (500, 5000):
    with open(f"{sys.argv[1]}/comment/{rows}/new/estimates.json") as file:
        medians[rows] = json.load(file)["median"]["point_estimate"] / 1e6
    print(f"{rows:>5} rows: {medians[rows]:6.2f} ms")
assert medians[5000] < 50, "5,000 rows take too long"
PY
