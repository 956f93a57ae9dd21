#!/usr/bin/env bash
# References of real packages, real builds and a site written by hand: all that resolved before optimizing resolves after it,
# by a crawler with parsers of its own that misses a file which is deleted; enough files are proven; what was optimized is left
# as it is when it is optimized again, and a change of one file changes the names that lead to it, and no other.
# usage: references.sh [OPTIMIZER [SITE…]]
set -euo pipefail
[ $# -eq 0 ] || optimizer=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/setup.sh
need node nodejs
need npm npm
here=$PWD/tests/assets
[ $# -gt 0 ] || build_optimizer
sites=(orchard storefront ladder vite ring bootstrap swagger three streamlit)
[ $# -lt 2 ] || sites=("${@:2}")
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir packages sites out
cp "$here/crawl.mjs" .
npm install --silent --no-audit --no-fund --ignore-scripts acorn@8.15.0 acorn-walk@8.3.4 parse5@8.0.0
. "$here/served/sites.sh"
fail() {
    echo "error: $*" >&2
    exit 1
}
# The share of files that must be proven, in percent; what the other packages are is reported.
declare -A least=([orchard]=100 [ladder]=100 [vite]=95 [ring]=95 [streamlit]=95)

for site in "${sites[@]}"; do
    say "$site"
    steps=$("make_$site" "sites/$site")
    [ -n "$steps" ] || fail "$site was not made"
    # Engines are tested elsewhere: here only names change.
    "$optimizer" optimize "sites/$site" --out "out/$site" --include nothing --encodings gzip >said || fail "$(cat said)"
    grep '^names: ' said
    percent=$(sed -n 's/^names: .*, \([0-9]*\) %.*/\1/p' said)
    [ "$percent" -ge "${least[$site]:-0}" ] || fail "$site: only $percent % are proven"
    node crawl.mjs "sites/$site" "out/$site" || fail "$site: a reference leads nowhere"
    "$optimizer" optimize "out/$site" --out "out/again" --replace --include nothing --encodings gzip --quiet
    diff -r "out/$site" out/again >difference || fail "$site changes when it is optimized again: $(head -5 difference)"
    # What pages are told of what they load are references, too.
    "$optimizer" optimize "sites/$site" --out "out/$site-hints" --hints --include '**/*.html' --encodings gzip --quiet
    node crawl.mjs "sites/$site" "out/$site-hints" || fail "$site with hints: a reference leads nowhere"
    "$optimizer" optimize "out/$site-hints" --out "out/again" --replace --hints --include '**/*.html' --encodings gzip --quiet
    diff -r "out/$site-hints" out/again >difference || fail "$site with hints changes when it is optimized again: $(head -5 difference)"
    "$optimizer" optimize "sites/$site" --out out/unnamed --replace --no-rename --include nothing --encodings gzip --quiet
    (cd out/unnamed && find . -type f ! -name asset-manifest.json ! -name '*.gz') | sort >unnamed
    (cd "sites/$site" && find . -type f ! -name '*.gz') | sort | diff - unnamed >/dev/null || fail "$site: \`--no-rename\` renames"
done

if [ -d out/orchard ]; then
    say "the crawler misses what is not there, and a change is seen by what leads to it"
    for file in out/orchard/js/lazy-*.js out/orchard/css/base-*.css "out/orchard/img/green apple-"*.svg; do
        file=${file#out/orchard/}
        if node crawl.mjs out/orchard --without "$file" >said 2>&1; then fail "nobody misses $file"; fi
        grep -q 'is not there' said || fail "$(cat said)"
    done
    echo 'export const sum = (count) => count + 1;' >sites/orchard/js/sum.js
    "$optimizer" optimize sites/orchard --out out/changed --include nothing --encodings gzip --quiet
    list() { (cd "$1" && find . -type f ! -name '*.gz' ! -name asset-manifest.json | sort); }
    changed=$(comm -13 <(list out/orchard) <(list out/changed) | sed 's/-[a-z2-7]*\././' | tr '\n' ' ')
    [ "$changed" = "./js/main.js ./js/main.js.map ./js/sum.js ./js/worker.js " ] || fail "other names changed: $changed"
    "$optimizer" explain sites/orchard js/sum.js --include nothing >said
    grep -qF '`js/worker.js` refers to it: import, at once' said || fail "$(cat said)"
    "$optimizer" graph sites/orchard --format json | node -e '
        const { coverage, files, missing } = JSON.parse(require("fs").readFileSync(0));
        if (coverage.proven !== coverage.files || missing.length || !files.some((file) => file.refers_to.length > 5)) throw coverage;'
fi
echo "${#sites[@]} passed, 0 failed"
