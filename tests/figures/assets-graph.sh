#!/usr/bin/env bash
# How long names take, and how much memory: 50,000 files that refer to each other, one of them with 100,000 references.
# usage: assets-graph.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
python3 "$here/many.py" many 50000
python3 "$here/../../assets/peak.py" took "$optimizer" graph many --quiet >said
tail -n 1 said
read -r seconds peak <took
echo "50,000 files: $seconds s, $peak MiB"
awk "BEGIN { exit !($seconds < 5 && $peak < 1024) }" || { echo "error: that is more than 5 s or 1024 MiB" >&2; exit 1; }
