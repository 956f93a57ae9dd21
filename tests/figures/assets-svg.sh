#!/usr/bin/env bash
# Figure: the icons of bootstrap-icons, ours beside svgo, as they are and in brotli 11; each of ours is rendered beside its
# original.
# usage: assets-svg.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
npm install --silent --no-audit --no-fund --ignore-scripts svgo@4.0.0 @resvg/resvg-js@2.6.2 bootstrap-icons@1.13.1
cp -r node_modules/bootstrap-icons/icons dist
"$optimizer" optimize --no-rename dist --out out --quiet
cp "$here/svg.mjs" .
node svg.mjs
