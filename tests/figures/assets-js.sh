#!/usr/bin/env bash
# Figure: the twelve inputs of the public minification benchmark, prepared as its harness does: gzip -9 of the minified bytes,
# and brotli 11, beside swc and oxc in the versions that are built in, and terser; each output is loaded and used in Node,
# and says what its original says. None of these packages ships tests.
# usage: assets-js.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
npm install --silent --no-audit --no-fund --ignore-scripts @swc/core@1.16.21 oxc-minify@0.146.0 terser@5.49.0 \
    react@17.0.2 react-dom@17.0.2 moment@2.29.1 jsdom@22.1.0
mkdir dist
while read -r package file; do
    name=${package%@*}
    folder=$(mktemp -d -p "$work")
    (cd "$folder" && npm pack --silent "$package" >/dev/null && tar xzf ./*.tgz)
    # The harness takes licences out of the contest.
    sed -e 's|/\*!|/*|g' -e 's|\* @license|*|g' "$folder/package/$file" >"dist/$name.js"
    rm -rf "$folder"
done <<'INPUTS'
react@17.0.2 cjs/react.development.js
moment@2.29.1 moment.js
jquery@3.5.1 dist/jquery.js
vue@2.6.12 dist/vue.js
lodash@4.17.21 lodash.js
d3@6.3.1 dist/d3.js
terser@5.30.3 dist/bundle.min.js
three@0.124.0 build/three.js
victory@35.8.4 dist/victory.js
echarts@5.1.1 dist/echarts.js
antd@4.16.1 dist/antd.js
typescript@4.9.5 lib/typescript.js
INPUTS
"$optimizer" optimize --no-rename dist --out out --quiet
cp "$here/js.mjs" "$here/uses.cjs" .
node js.mjs
