#!/usr/bin/env bash
# The optimizer on real packages and on hostile folders: what it writes means the same, is smaller, and is the same every
# time. usage: run.sh [OPTIMIZER]
set -euo pipefail
[ $# -eq 0 ] || optimizer=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/setup.sh
need node nodejs
need npm npm
need python3 python3
here=$PWD/tests/assets
[ $# -gt 0 ] || build_optimizer
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
npm install --silent --no-audit --no-fund --ignore-scripts source-map-js@1.2.1 acorn@8.15.0
cp "$here/check.mjs" .
for dist in bootstrap/dist/css bootstrap/dist/js swagger; do
    before=$(find "in/$dist" -type f -exec sha256sum {} + | sort | sha256sum)
    "$optimizer" optimize --no-rename "in/$dist" --out "out/$dist" --cache cache --quiet
    [ "$before" = "$(find "in/$dist" -type f -exec sha256sum {} + | sort | sha256sum)" ] || fail "$dist was written to"
    node check.mjs "in/$dist" "out/$dist"
    ok "$dist: whole, decodable, no file larger on the wire, scripts parse, maps lead somewhere, licences there"
done
"$optimizer" optimize --no-rename in/swagger --out out/again --cache cache >said
diff -r out/swagger out/again
grep -q '^\([0-9]*\) of \1 results were there already: .* s of work saved$' said || fail "not every result was there already: $(tail -3 said)"
ok "a second run takes every result from the cache, and writes the same"

say "the same every time"
"$optimizer" optimize --no-rename in/bootstrap/dist/js --out one --quiet --threads 1
cp -r in/bootstrap/dist/js elsewhere
"$optimizer" optimize --no-rename elsewhere --out two --quiet --threads 3 --memory 64
diff -r one two
diff -r one out/bootstrap/dist/js
ok "one thread or three, here or elsewhere, with a cache or without: the same bytes"
"$optimizer" optimize --no-rename one --out three --quiet
diff -r one three
ok "what was optimized stays as it is"

say "installed tools"
need jpegtran libjpeg-turbo-progs
need wasm-opt binaryen
mkdir -p tools
node -e '
const [wide, high] = [240, 160], pixels = Buffer.alloc(wide * high * 3);
for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 7 + (at % 3) * (at / wide)) & 255;
process.stdout.write(Buffer.concat([Buffer.from(`P6 ${wide} ${high} 255\n`), pixels]));
' | cjpeg -quality 75 >tools/photo.jpg
echo '(module (func $unused (result i32) (i32.const 7)) (func (export "twice") (param i32) (result i32)
    (local i32) (local.set 1 (i32.add (local.get 0) (i32.const 0))) (i32.add (local.get 1) (local.get 1))))' >module.wat
wasm-as module.wat -o tools/module.wasm
"$optimizer" optimize --no-rename tools --out tooled --quiet
for file in photo.jpg module.wasm; do
    [ "$(stat -c %s "tooled/$file")" -lt "$(stat -c %s "tools/$file")" ] || fail "$file is not smaller"
done
cmp <(djpeg tools/photo.jpg) <(djpeg tooled/photo.jpg) || fail "a photograph has other pixels"
node -e 'WebAssembly.instantiate(require("fs").readFileSync("tooled/module.wasm")).then(({ instance }) =>
    process.exit(instance.exports.twice(21) === 42 ? 0 : 1))' || fail "a module does something else"
mkdir -p bin
ln -sf "$(command -v sh)" bin/sh
PATH=$PWD/bin "$optimizer" report tools >said
for tool in jpegtran wasm-opt; do
    [ "$(grep -cF "no \`$tool\` is installed" said)" -gt 0 ] || fail "that $tool is not there is not said"
done
ok "jpegtran and wasm-opt are used where they are, and missed where they are not"

say "browserslist"
mkdir -p project/dist
echo 'a{height:100vh;height:100dvh}' >project/dist/a.css
"$optimizer" optimize --no-rename project/dist --out usual --quiet
grep -q 100vh usual/a.css || fail "a fallback for the usual browsers went"
printf '# ours\nchrome 120\n' >project/.browserslistrc
"$optimizer" optimize --no-rename project/dist --out recent >said
grep -q 'style sheets are for chrome 120, as `.*/project/.browserslistrc` says' said || fail "the browsers are not said: $(cat said)"
cmp project/.browserslistrc <(printf '# ours\nchrome 120\n')
! grep -q 100vh recent/a.css || fail "a fallback that no browser needs stayed: $(cat recent/a.css)"
echo 'netscape 4' >>project/.browserslistrc
fails 2 '.browserslistrc`, line 3: `netscape 4`' "$optimizer" optimize --no-rename project/dist --out never
"$optimizer" optimize --no-rename project/dist --out named --quiet --targets 'chrome 87'
cmp usual/a.css named/a.css
ok "style sheets are for the browsers that a project names"
say "digests"
cp -r in/bootstrap/dist sealed
node "$here/seals.mjs" make sealed
"$optimizer" optimize --no-rename sealed --out resealed --cache cache >said
node "$here/seals.mjs" check sealed resealed
grep -qF '`wrong.html` holds a wrong digest of `css/bootstrap-grid.css`' said || fail "a wrong digest is not said: $(cat said)"
"$optimizer" optimize --no-rename resealed --out again --cache cache --quiet
diff -r resealed again
"$optimizer" optimize --no-rename sealed --out one-hand --threads 1 --cache cache --quiet
diff -r resealed one-hand
"$optimizer" explain sealed worker.js >/dev/null
"$optimizer" explain sealed js/bootstrap.js | grep -qF 'the input is kept: `worker.js` holds its digest' || fail "who holds a digest is not said"
"$optimizer" explain sealed index.html | grep -q '^html made what is kept' || fail "a page is not explained"
echo ' ' >>sealed/js/bootstrap.esm.js
"$optimizer" explain sealed js/bootstrap.esm.js | grep -qF '`index.html` holds a wrong digest of it' || fail "a digest that has become wrong is not said"
ok "pages hold the digests of what their files and scripts are now; files whose digest others hold stay"

say "damage"
find cache -type f | while read -r entry; do printf 'x' >>"$entry"; done
"$optimizer" optimize --no-rename in/bootstrap/dist/js --out out/damaged --cache cache >said
diff -r out/bootstrap/dist/js out/damaged
grep -q 'is damaged, and is made anew' said || fail "damage is not said: $(cat said)"
ok "a damaged result is a miss, and is said"

say "outputs that would harm"
fails 2 'is there already' "$optimizer" optimize --no-rename in/bootstrap/dist/js --out one
fails 2 'lies in the source' "$optimizer" optimize --no-rename in/bootstrap --out in/bootstrap/dist/new
fails 2 'holds the source' "$optimizer" optimize --no-rename in/bootstrap/dist/js --out in/bootstrap --replace
fails 2 'is the source' "$optimizer" optimize --no-rename in/bootstrap/dist/js --out in/bootstrap/dist/js --replace
fails 2 'is not a folder' "$optimizer" optimize --no-rename nowhere --out new
[ ! -e new ] || fail "an output was begun"
"$optimizer" optimize --no-rename elsewhere --out one --replace --quiet
diff -r one two
ok "an output is refused, or replaced as a whole"
(trap '' XFSZ; ulimit -f 40; fails 101 'cannot write' "$optimizer" optimize --no-rename elsewhere --out full --quiet)
[ -z "$(find . -maxdepth 1 -name '*full*')" ] || fail "something is left of an output that could not be written"
ok "where the disk ends, nothing is written, and nothing is left"

say "as a tool"
perfbudget=$(dirname "$optimizer")/cargo-perfbudget
if [ -x "$perfbudget" ]; then
    "$perfbudget" perfbudget assets optimize --no-rename elsewhere --out through --quiet
    diff -r one through
    fails 2 'is there already' "$perfbudget" perfbudget assets optimize --no-rename elsewhere --out through
    fails 2 'required arguments were not provided' "$perfbudget" perfbudget assets report
    fails 101 'cannot write' "$perfbudget" perfbudget assets report elsewhere --quiet --output /proc/none
    "$perfbudget" perfbudget assets --help >said
    grep -q 'cargo perfbudget assets optimize dist --out' said || fail "the help names another tool: $(cat said)"
    "$perfbudget" completions bash | grep -q 'perfbudget.*assets.*explain' || fail "completions do not know the optimizer"
    ok "\`cargo perfbudget assets\` is the same tool"
fi
"$optimizer" completions bash >said
bash -n said
"$optimizer" report elsewhere --format json --quiet >report.json
node -e '
    const fs = require("fs"), report = JSON.parse(fs.readFileSync("report.json"));
    const size = (path) => (fs.existsSync(path) ? fs.statSync(path).size : undefined);
    let [brotli, maps] = [0, 0];
    for (const file of report.files) {
        const plain = size(`one/${file.path}`);
        if (plain !== file.bytes_after || size(`one/${file.path}.br`) !== file.brotli_bytes) throw file;
        if (file.kind === "source map") maps += 1;
        else brotli += file.brotli_bytes ?? plain;
    }
    if (brotli !== report.total.brotli_bytes || report.files.length !== report.total.files + maps) throw report.total;'
"$optimizer" report elsewhere --format html --quiet --threads 1 --output report.html
"$optimizer" report in/bootstrap/dist/js --format html --quiet >again.html
cmp report.html again.html
[ "$(grep -c '<tr id="file' report.html)" = "$(find elsewhere -type f | wc -l)" ] || fail "the page does not have every file"
if grep -q 'https\?:\|<script\|<link\|url(' report.html; then fail "the page takes something from elsewhere"; fi
ok "reports say what is written, and a page is the same every time"
NO_COLOR=1 "$optimizer" optimize --no-rename elsewhere --dry-run --color never >said
grep -q '^nothing was done$' said || fail "a dry run does not say so: $(cat said)"
"$optimizer" report in/bootstrap/dist/css --color always --quiet | grep -q $'\e\[1m' || fail "no colours where they are asked for"
fails 2 'lies in the source' "$optimizer" report elsewhere --cache elsewhere/cache
ok "a dry run does nothing, colours are a choice, a cache stays out of the source"

say "watching, and being stopped"
# until_said TEXT: waits until the watch has said that.
until_said() {
    for _ in $(seq 300); do
        ! grep -q -- "$1" watched || return 0
        sleep 0.1
    done
    fail "the watch did not say \`$1\`: $(cat watched)"
}
mkdir -p site
cp elsewhere/bootstrap.esm.js site/app.js
"$optimizer" optimize --no-rename site --out site.plain --quiet
"$optimizer" optimize --no-rename site --out site.out --watch 2>watched &
watch=$!
until_said 'waiting for changes'
diff -r site.plain site.out
sleep 1
[ "$(grep -c 'waiting for changes' watched)" = 1 ] || fail "the watch goes on without a change: $(cat watched)"
: >watched
printf '{ "new" : true }' >site/new.json
until_said 'waiting for changes'
[ "$(cat site.out/new.json)" = '{"new":true}' ] || fail "what is new was not noticed"
grep -q '^2 files, 1 of them anew' watched || fail "everything was made anew: $(cat watched)"
: >watched
mv site site.away
until_said 'waiting for the build'
[ -e site.out/new.json ] || fail "the output went with the source"
rm site.away/new.json
mv site.away site
until_said 'waiting for changes'
[ ! -e site.out/new.json ] || fail "the output is not what the source is"
kill -INT "$watch"
code=0; wait "$watch" || code=$?
[ "$code" = 130 ] || fail "a stopped watch ends with $code"
"$optimizer" optimize --no-rename in/swagger --out stopped --threads 1 --quiet &
stopped=$!
for _ in $(seq 100); do [ -z "$(find . -maxdepth 1 -name '.stopped.*')" ] || break; sleep 0.05; done
kill -TERM "$stopped"
code=0; wait "$stopped" || code=$?
[ "$code" = 130 ] || fail "a stopped run ends with $code"
[ -z "$(find . -maxdepth 1 -name '*stopped*' -o -maxdepth 1 -name '.site*')" ] || fail "a stopped run leaves something"
ok "a watch follows its folder, and whoever is stopped leaves nothing"
if mkdir mounted && mount -t tmpfs -o size=256k none mounted 2>/dev/null; then
    fails 101 'free some space' "$optimizer" optimize --no-rename elsewhere --out mounted/full --quiet
    left=$(find mounted -mindepth 1)
    umount mounted
    [ -z "$left" ] || fail "something is left on a full disk: $left"
    ok "where the disk is full, it says so, and nothing is left"
fi

say "runs that end early, and files that change"
"$optimizer" optimize --no-rename in/swagger --out stopped --quiet &
until [ -n "$(find . -maxdepth 2 -path './.stopped.*/*')" ]; do sleep 0.05; done
{ kill -KILL $! && wait $!; } 2>/dev/null || true
[ ! -e stopped ] || fail "a run that was killed left an output"
[ -n "$(find . -maxdepth 1 -name '.stopped*')" ] || fail "nothing is left to be cleaned up"
"$optimizer" optimize --no-rename in/swagger --out stopped --cache cache --quiet &
until [ -n "$(find . -maxdepth 2 -path './.stopped.*/*')" ]; do sleep 0.05; done
# A second one, at the same time, takes nothing away from the first.
"$optimizer" optimize --no-rename elsewhere --out stopped --quiet >said 2>&1 || true
wait $!
[ -z "$(find . -maxdepth 1 -name '.stopped*')" ] || fail "what a killed run left is there still"
ok "a run that is killed leaves no output, and the next one cleans up"
mkdir changing
cp in/swagger/swagger-ui.css changing
echo "a line of a log that grows" >changing/grows.txt
(for _ in $(seq 2000); do echo 'a line of a log that grows' >>changing/grows.txt; done) &
for number in 1 2 3 4 5; do
    if "$optimizer" optimize --no-rename changing --out "changed$number" --cache cache --quiet 2>said; then
        cmp -n "$(stat -c %s "changed$number/grows.txt")" "changed$number/grows.txt" changing/grows.txt
    else
        grep -q 'changes while it is read' said || fail "a file that grows: $(cat said)"
        [ ! -e "changed$number" ] || fail "an incomplete output was written"
    fi
done
wait $!
ok "a file that changes is taken as it was at one moment, or stops the run"

say "scripts that minifiers broke"
node "$here/breakages.mjs" write breakages
"$optimizer" optimize --no-rename breakages --out mended --quiet
node "$here/breakages.mjs" compare breakages mended
ok "what was reported as broken does the same"

say "damaged files"
node "$here/mutants.mjs" in mutants "${MUTANTS:-300}" "${SEED:-1}"
timeout "${MUTANTS_SECONDS:-120}" "$optimizer" optimize --no-rename mutants --out unharmed --encodings br,gzip --quiet || fail "damaged files ended the run"
node check.mjs mutants unharmed
"$optimizer" optimize --no-rename unharmed --out unharmed-again --encodings br,gzip --quiet
diff -r unharmed unharmed-again
ok "damaged files: none ends the run, each is right or as it was, and settled"

say "hostile folders"
node "$here/hostile.mjs" hostile
echo secret >secret
ln -s ../secret hostile/outside
ln -s . hostile/loop
ln -s nothing hostile/dangling
mkfifo hostile/pipe

python3 "$here/peak.py" took timeout 120 "$optimizer" optimize --no-rename hostile --out tame >said 2>&1 || fail "a hostile folder: $(cat said)"
read -r seconds peak <took
[ "$peak" -lt 1024 ] || fail "a hostile folder took $peak MiB"
for text in 'links to something outside' 'links to a folder that it lies in' 'links to nothing' 'is no regular file' \
 \
    'are one file where case does not matter' 'are one file where names are normalized' 'its name is not UTF-8' 'was not what `stale.js` is' 'its original is not there'; do
    grep -qF -- "$text" said || fail "\`$text\` is not said: $(cat said)"
done
for file in tame/outside tame/pipe; do [ ! -e "$file" ] || fail "$file was taken along"; done
node check.mjs hostile tame
cmp "hostile/caf"$'\xe9'.js "tame/caf"$'\xe9'.js
[ ! -e tame/bomb.css.br ] && [ ! -e tame/bomb.js.gz ] || fail "a bomb was taken along"
ok "a hostile folder, in $seconds s and $peak MiB: each file right, or as it was with the reason"
for file in broken.js broken.css broken.json huge.png entity.svg external.svg deep.js template.html utf16.js utf16be.css utf16.html; do
    cmp "hostile/$file" "tame/$file"
    "$optimizer" explain hostile "$file" | grep -q '^the input is kept: ' || fail "$file was changed"
done
ok "what no engine can read stays, and \`explain\` says why"
chmod 000 hostile/plain.js
if [ "$(id -u)" != 0 ]; then
    fails 101 'cannot read' "$optimizer" optimize --no-rename hostile --out unreadable
    [ ! -e unreadable ] || fail "an incomplete output was written"
    ok "a file that cannot be read stops the run before anything is written"
fi
echo "$passed passed, 0 failed"
