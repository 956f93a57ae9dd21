#!/usr/bin/env bash
# Figure: seconds and peak memory for the documentation of Rust, where the toolchain has it (some 50,000 pages, 800 MB; about half
# an hour on two cores), beside a part of it: linear, within 1 GiB.
# usage: assets-docs.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
docs=$(rustc --print sysroot)/share/doc/rust/html
[ -d "$docs" ] || { echo "error: $docs is not there: rustup component add rust-docs" >&2; exit 1; }
measured() {
    local name=$1 folder=$2
    python3 "$here/../../assets/peak.py" took "$optimizer" optimize --no-rename "$folder" --out "out/$name" --quiet >said 2>&1 || { cat said; exit 1; }
    read -r seconds peak <took
    bytes=$(find "$folder" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
    echo "$name: $(find "$folder" -name '*.html' | wc -l) pages, $((bytes / 1000000)) MB, $seconds s, $peak MiB"
    [ "$peak" -lt 1024 ] || { echo "error: that is more than 1 GiB" >&2; exit 1; }
    rate=$(awk "BEGIN { print $seconds * 1e6 / $bytes }")
    rm -rf "out/$name"
}
mkdir part
cp -r "$docs"/{std,src,alloc,proc_macro} part
cp "$docs"/*.html part
measured "a part" part
first=$rate
measured "all" "$docs"
awk "BEGIN { printf \"a megabyte takes %.2f of what it takes in a part\n\", $rate / $first; exit !($rate < 1.3 * $first) }"
