#!/usr/bin/env bash
# The comment and the job's summary as GitHub's own renderer sees them: reports in which every text from outside is
# hostile become the HTML of harmless ones. About 20 s once the tool is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
need python3 python3
need cmark-gfm cmark-gfm
cargo build --release --quiet "${gate[@]}"
built=$(target_dir)/release
python3 tests/gfm/hostile.py "$built/cargo-perfbudget"
