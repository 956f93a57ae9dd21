#!/usr/bin/env bash
# Figure: style sheets of ten packages, ours beside lightningcss with the same targets, and cssnano, as they are and in brotli
# 11. Ours may be larger by what lightningcss wrongly removes, and by licences that it loses.
# usage: assets-css.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
npm install --silent --no-audit --no-fund --ignore-scripts lightningcss@1.33.0 cssnano@7.1.2 postcss@8.5.6
mkdir dist
while read -r package files; do
    name=$(echo "$package" | tr '/@' '__')
    folder=$(mktemp -d -p "$work")
    (cd "$folder" && npm pack --silent "$package" >/dev/null && tar xzf ./*.tgz)
    for file in $files; do
        # Without the name of its map, which is not there.
        sed 's|/\*# sourceMappingURL.*||' "$folder"/*/"$file" >"dist/$name-$(basename "$file")"
    done
    rm -rf "$folder"
done <<'INPUTS'
bootstrap@5.3.8 dist/css/bootstrap.css dist/css/bootstrap-grid.css dist/css/bootstrap-utilities.css
bootstrap@4.6.2 dist/css/bootstrap.css
@fortawesome/fontawesome-free@7.3.1 css/all.css
antd@4.16.1 dist/antd.css
animate.css@4.1.1 animate.css
foundation-sites@6.9.0 dist/css/foundation.css
normalize.css@8.0.1 normalize.css
purecss@2.0.3 build/pure.css
bulma@1.0.4 css/bulma.css
tachyons@4.12.0 css/tachyons.css
INPUTS
"$optimizer" optimize --no-rename dist --out out --quiet
cp "$here/css.mjs" .
node css.mjs
