#!/usr/bin/env bash
# Figure: what a fresh machine takes with a warm shared cache, beside what it takes with none: measuring the demo (cargo's build is
# done before, and not counted), and optimizing streamlit's folder. Redis on this machine; three runs each, the middle one.
# usage: shared.sh [OPTIMIZER GATE]
set -euo pipefail
if [ $# -gt 1 ]; then
    optimizer=$(realpath "$1") gate_tool=$(realpath "$2")
fi
cd "$(dirname "$0")/../.."
. tests/setup.sh
need redis-server redis-server
need valgrind valgrind libc6-dbg
need python3 python3
if [ $# -lt 2 ]; then
    cargo build --release --locked -p cargo-perfbudget
    cargo build --release --locked -p asset-optimizer
    gate_tool=$(target_dir)/release/cargo-perfbudget optimizer=$(target_dir)/release/asset-optimizer
fi
work=$(mktemp -d)
trap 'kill "${redis:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cp -r fixtures/shop "$work/shop"
rm -rf "$work/shop/target"
cd "$work"
mkdir bin && cp "$gate_tool" bin/cargo-perfbudget
PATH=$work/bin:$PATH
redis-server --port 6398 --save '' --appendonly no --bind 127.0.0.1 >redis.log &
redis=$!
pip download --quiet --no-deps streamlit==1.67.0 -d .
python3 -m zipfile -e streamlit-*.whl wheel
export PERFBUDGET_CACHE_DIR=$work/own PERFBUDGET_SHARED_CACHE=redis://127.0.0.1:6398

git -C shop -c init.defaultBranch=main init -q
git -C shop add -A
git -C shop -c user.name=figure -c user.email=figure@localhost commit -qm shop
measure() { (cd shop && rm -rf target/perfbudget perfbudget && cargo perfbudget record --quiet >/dev/null); }
optimize() { rm -rf out && "$optimizer" optimize wheel/streamlit/static --out out --encodings br,gzip --quiet; }
empty() { redis-cli -p 6398 flushall >/dev/null; }
# seconds COMMAND: of the middle one of three runs.
seconds() {
    for _ in 1 2 3; do
        [ "$1" = cold ] && empty
        local began
        began=$(date +%s.%N)
        "$2"
        awk -v from="$began" -v to="$(date +%s.%N)" 'BEGIN { printf "%.2f\n", to - from }'
    done | sort -n | sed -n 2p
}
measure # cargo's build
for what in measure optimize; do
    cold=$(seconds cold $what)
    warm=$(seconds warm $what)
    awk -v what=$what -v cold="$cold" -v warm="$warm" 'BEGIN { printf "%s: %s s without, %s s with what is shared: %.1f %%\n", what, cold, warm, warm / cold * 100 }'
done
