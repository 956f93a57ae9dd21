#!/usr/bin/env bash
# Figure: PNGs of real packages, ours beside oxipng `-o4`, and `--max` beside `-Zao6`, by oxipng's binding for Python.
# `--max` takes minutes for a large picture: it is measured on those of at most 6 kB, or of `LARGEST`.
# usage: assets-png.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
make_venv tools
tools/bin/pip install -q pyoxipng==9.1.1
mkdir dist
while read -r package below; do
    name=$(echo "$package" | tr '/@' '__')
    folder=$(mktemp -d -p "$work")
    (cd "$folder" && npm pack --silent "$package" >/dev/null && tar xzf ./*.tgz)
    find "$folder/package/$below" -name '*.png' | while read -r file; do cp "$file" "dist/$name-$(basename "$file")"; done
    rm -rf "$folder"
done <<'INPUTS'
leaflet@1.9.4 dist
swagger-ui-dist@5.35.0 .
jquery-ui@1.14.1 dist/themes/base
storybook@9.0.0 .
INPUTS
"$optimizer" optimize --no-rename dist --out out --quiet
mkdir small
find dist -type f -size "-${LARGEST:-6000}c" -exec cp {} small \;
[ "${MAX:-}" = no ] || "$optimizer" optimize --no-rename small --out max --quiet --max
tools/bin/python "$here/png.py"
