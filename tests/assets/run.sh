#!/usr/bin/env bash
# The optimizer on real packages and on hostile folders: what it writes means the same, is smaller, and is the same every
# time. usage: run.sh [OPTIMIZER]
set -euo pipefail
[ $# -eq 0 ] || optimizer=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/setup.sh
need node nodejs
need npm npm
here=$PWD/tests/assets
if [ $# -eq 0 ]; then
    cargo build --release --locked -q -p asset-optimizer
    optimizer=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/asset-optimizer
fi
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work"
passed=0
ok() {
    passed=$((passed + 1))
    echo "ok: $*"
}
fail() {
    echo "error: $*" >&2
    exit 1
}
# fails CODE TEXT COMMAND…: the command ends with that code and says that text.
fails() {
    local code=$1 text=$2 got=0
    shift 2
    "$@" >said 2>&1 || got=$?
    [ "$got" = "$code" ] || fail "\`$*\` ended with $got instead of $code: $(cat said)"
    grep -qF -- "$text" said || fail "\`$*\` did not say \`$text\`: $(cat said)"
}
package() {
    mkdir -p "in/$1"
    (cd "in/$1" && npm pack --silent "$2" >/dev/null && tar xzf ./*.tgz --strip-components=1 && rm ./*.tgz)
}

say "real packages"
package bootstrap bootstrap@5.3.8
package swagger swagger-ui-dist@5.35.0
npm install --silent --no-audit --no-fund --ignore-scripts source-map-js@1.2.1
cp "$here/check.mjs" .
for dist in bootstrap/dist/css bootstrap/dist/js swagger; do
    before=$(find "in/$dist" -type f -exec sha256sum {} + | sort | sha256sum)
    "$optimizer" optimize "in/$dist" --out "out/$dist" --cache cache --quiet
    [ "$before" = "$(find "in/$dist" -type f -exec sha256sum {} + | sort | sha256sum)" ] || fail "$dist was written to"
    node check.mjs "in/$dist" "out/$dist"
    ok "$dist: whole, decodable, no file larger on the wire, scripts parse, maps lead somewhere, licences there"
done
"$optimizer" optimize in/swagger --out out/again --cache cache >said
diff -r out/swagger out/again
grep -q '^\([0-9]*\) of \1 results were there already$' said || fail "not every result was there already: $(tail -3 said)"
ok "a second run takes every result from the cache, and writes the same"

say "the same every time"
"$optimizer" optimize in/bootstrap/dist/js --out one --quiet --threads 1
cp -r in/bootstrap/dist/js elsewhere
"$optimizer" optimize elsewhere --out two --quiet --threads 3 --memory 64
diff -r one two
diff -r one out/bootstrap/dist/js
ok "one thread or three, here or elsewhere, with a cache or without: the same bytes"
"$optimizer" optimize one --out three --quiet
diff -r one three
ok "what was optimized stays as it is"

say "digests"
cp -r in/bootstrap/dist sealed
node "$here/seals.mjs" make sealed
"$optimizer" optimize sealed --out resealed --cache cache >said
node "$here/seals.mjs" check sealed resealed
grep -qF '`wrong.html` holds a wrong digest of `css/bootstrap-grid.css`' said || fail "a wrong digest is not said: $(cat said)"
"$optimizer" optimize resealed --out again --cache cache --quiet
diff -r resealed again
"$optimizer" optimize sealed --out one-hand --threads 1 --cache cache --quiet
diff -r resealed one-hand
"$optimizer" explain sealed worker.js >/dev/null
"$optimizer" explain sealed js/bootstrap.js | grep -qF 'the input is kept: `worker.js` holds its digest' || fail "who holds a digest is not said"
"$optimizer" explain sealed index.html | grep -q '^html made what is kept' || fail "a page is not explained"
echo ' ' >>sealed/js/bootstrap.esm.js
"$optimizer" explain sealed js/bootstrap.esm.js | grep -qF '`index.html` holds a wrong digest of it' || fail "a digest that has become wrong is not said"
ok "pages hold the digests of what their files and scripts are now; files whose digest others hold stay"

say "damage"
find cache -type f | while read -r entry; do printf 'x' >>"$entry"; done
"$optimizer" optimize in/bootstrap/dist/js --out out/damaged --cache cache >said
diff -r out/bootstrap/dist/js out/damaged
grep -q 'is damaged, and is made anew' said || fail "damage is not said: $(cat said)"
ok "a damaged result is a miss, and is said"

say "outputs that would harm"
fails 2 'is there already' "$optimizer" optimize in/bootstrap/dist/js --out one
fails 2 'lies in the source' "$optimizer" optimize in/bootstrap --out in/bootstrap/dist/new
fails 2 'holds the source' "$optimizer" optimize in/bootstrap/dist/js --out in/bootstrap --replace
fails 2 'is the source' "$optimizer" optimize in/bootstrap/dist/js --out in/bootstrap/dist/js --replace
fails 2 'is not a folder' "$optimizer" optimize nowhere --out new
[ ! -e new ] || fail "an output was begun"
"$optimizer" optimize elsewhere --out one --replace --quiet
diff -r one two
ok "an output is refused, or replaced as a whole"
(trap '' XFSZ; ulimit -f 40; fails 101 'cannot write' "$optimizer" optimize elsewhere --out full --quiet)
[ -z "$(find . -maxdepth 1 -name '*full*')" ] || fail "something is left of an output that could not be written"
ok "where the disk ends, nothing is written, and nothing is left"

say "hostile folders"
node "$here/hostile.mjs" hostile
echo secret >secret
ln -s ../secret hostile/outside
ln -s . hostile/loop
ln -s nothing hostile/dangling
mkfifo hostile/pipe

timeout 120 "$optimizer" optimize hostile --out tame >said || fail "a hostile folder: $(cat said)"
for text in 'links to something outside' 'links to a folder that it lies in' 'links to nothing' 'is no regular file' \
    'are one file where case does not matter' 'was not what `stale.js` is' 'its original is not there'; do
    grep -qF -- "$text" said || fail "\`$text\` is not said: $(cat said)"
done
for file in tame/outside tame/pipe; do [ ! -e "$file" ] || fail "$file was taken along"; done
node check.mjs hostile tame
ok "a hostile folder: each file right, or as it was with the reason"
for file in broken.js broken.css broken.json huge.png entity.svg deep.js template.html; do
    cmp "hostile/$file" "tame/$file"
    "$optimizer" explain hostile "$file" | grep -q '^the input is kept: ' || fail "$file was changed"
done
ok "what no engine can read stays, and \`explain\` says why"
chmod 000 hostile/plain.js
if [ "$(id -u)" != 0 ]; then
    fails 101 'cannot read' "$optimizer" optimize hostile --out unreadable
    [ ! -e unreadable ] || fail "an incomplete output was written"
    ok "a file that cannot be read stops the run before anything is written"
fi
echo "$passed passed, 0 failed"
