#!/usr/bin/env bash
# Figure: streamlit's static folder, beside a pipeline of esbuild, lightningcss, `brotli -q 11` and `gzip -9` over the same
# cores: seconds and bytes in brotli; then a second run with everything cached. (PNG is left as it is by the pipeline.)
# usage: assets-time.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
need brotli brotli
npm install --silent --no-audit --no-fund esbuild@0.28.1 lightningcss-cli@1.33.0
pip download --quiet --no-deps streamlit==1.67.0 -d .
python3 -m zipfile -e streamlit-*.whl wheel
dist=wheel/streamlit/static
now() { date +%s.%N; }
seconds() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.1f", to - from }'; }
wire() {
    find "$1" -type f ! -name '*.br' ! -name '*.gz' ! -name '*.zst' ! -name '*.map' -print0 | while IFS= read -r -d '' file; do
        if [ -e "$file.br" ]; then stat -c %s "$file.br"; else stat -c %s "$file"; fi
    done | awk '{ sum += $1 } END { print sum }'
}

began=$(now)
cp -r "$dist" theirs
cores=$(nproc)
find theirs -name '*.js' -print0 | xargs -0 -P "$cores" -n 8 sh -c 'for f; do node_modules/.bin/esbuild "$f" --minify --log-level=error --allow-overwrite --outfile="$f"; done' sh
find theirs -name '*.css' -print0 | xargs -0 -P "$cores" -n 8 sh -c 'for f; do node_modules/.bin/lightningcss --minify "$f" -o "$f"; done' sh
find theirs -type f \( -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.json' -o -name '*.svg' -o -name '*.txt' -o -name '*.wasm' -o -name '*.ttf' \) -print0 |
    xargs -0 -P "$cores" -n 4 sh -c 'for f; do brotli -q 11 -k "$f"; gzip -9 -k "$f"; done' sh
theirs=$(seconds "$began" "$(now)")
began=$(now)
"$optimizer" optimize --no-rename "$dist" --out ours --encodings br,gzip --cache cache --quiet
ours=$(seconds "$began" "$(now)")
began=$(now)
"$optimizer" optimize --no-rename "$dist" --out again --encodings br,gzip --cache cache --quiet
again=$(seconds "$began" "$(now)")
diff -r ours again
began=$(now)
find "$dist" -type f -exec sha256sum {} + >/dev/null
cp -r "$dist" copy
copied=$(seconds "$began" "$(now)")
echo "pipeline: $theirs s, $(wire theirs) B on the wire; ours: $ours s, $(wire ours) B; unchanged: $again s (hash and copy: $copied s)"
