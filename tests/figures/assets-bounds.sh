#!/usr/bin/env bash
# Figure: seconds and peak memory of what is large: a file of 200 MB, compressed files that hold 10 GB, fontawesome's 5,839
# files and half of them, and twenty thousand damaged files.
# usage: assets-bounds.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
here=$here/../../assets
measured() {
    local name=$1
    shift
    python3 "$here/peak.py" took "$@" >said 2>&1 || { cat said; exit 1; }
    read -r seconds peak <took
    echo "$name: $seconds s, $peak MiB"
    [ "$peak" -lt 1024 ] || { echo "error: that is more than 1 GiB" >&2; exit 1; }
}

mkdir large bombs
node -e 'const { createWriteStream } = require("node:fs"); const file = createWriteStream("large/app.js"); const line = "function shown(first, second) { return first + second }\n".repeat(1000); (async () => { for (let at = 0; at < 200e6; at += line.length) if (!file.write(line)) await new Promise((on) => file.once("drain", on)); file.end() })()'
node -e 'const { createWriteStream } = require("node:fs"); const zlib = require("node:zlib"); const { Readable, pipeline } = require("node:stream"); const zeros = Buffer.alloc(1 << 20); const ten = () => Readable.from((function* () { for (let at = 0; at < 10240; at += 1) yield zeros })()); pipeline(ten(), zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }), createWriteStream("bombs/x.js.br"), () => {}); pipeline(ten(), zlib.createGzip({ level: 1 }), createWriteStream("bombs/y.js.gz"), () => {})'
for name in x y; do node -e 'process.stdout.write("\0".repeat(5000))' >"bombs/$name.js"; done
measured "a file of 200 MB" "$optimizer" optimize --no-rename large --out out/large
measured "two compressed files that hold 10 GB each" "$optimizer" optimize --no-rename bombs --out out/bombs
mkdir all half
(cd all && npm pack --silent @fortawesome/fontawesome-free@7.3.1 >/dev/null && tar xzf ./*.tgz --strip-components=1 && rm ./*.tgz)
measured "fontawesome, $(find all -type f | wc -l) files" "$optimizer" optimize --no-rename all --out out/all
cp -r all/svgs half
measured "its drawings, $(find half -type f | wc -l) files" "$optimizer" optimize --no-rename half --out out/half
rm -rf half/svgs/[b-r]*
measured "some of them, $(find half -type f | wc -l) files" "$optimizer" optimize --no-rename half --out out/less
node "$here/mutants.mjs" all mutants "${MUTANTS:-20000}" 7
measured "$(find mutants -type f | wc -l) damaged files" "$optimizer" optimize --no-rename mutants --out out/mutants --encodings br,gzip
npm install --silent --no-audit --no-fund --ignore-scripts source-map-js@1.2.1 acorn@8.15.0
cp "$here/check.mjs" .
node check.mjs mutants out/mutants
