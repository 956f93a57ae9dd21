#!/usr/bin/env bash
# Figure: ten sites (packages of npm and PyPI, builds of Vite, mdBook, Sphinx, wasm-bindgen and napi) before and after
# optimizing, from nginx, Caddy and axum, in Chromium: bytes on the wire, and that nothing else changes.
# usage: assets-served.sh [OPTIMIZER]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
[ $# -gt 0 ] && optimizer=$1 || build_optimizer release
AXUM=1 exec bash tests/assets/served.sh "$optimizer" bootstrap swagger vite resvg lightningcss three fontawesome streamlit mdbook sphinx
