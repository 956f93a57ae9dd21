#!/usr/bin/env bash
# The demo: the main job on a small shop and its frontend, then planted regressions that are caught, and accepted or mended.
# Everything happens in a copy under a temporary folder; the repository is not touched.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
. tests/setup.sh
need_runners

say "building cargo-perfbudget, with the optimizer of frontends: some minutes, once"
build_optimizer
PATH=$(dirname "$optimizer"):$PATH
export PATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PERFBUDGET_CACHE_DIR=$work/cache
cp -r fixtures/shop "$work/shop"
rm -rf "$work/shop/target"
cp -r fixtures/storefront/web "$work/shop/web"
cat fixtures/storefront/assets.toml >>"$work/shop/perfbudget.toml"
cd "$work/shop"
commit() { git -c user.name=demo -c user.email=demo@localhost commit -q "$@"; }
git -c init.defaultBranch=main init -q
git add -A && commit -m "the shop, with its frontend and its baseline"

# run EXPECTED COMMAND…: shows the command, runs it, and insists on its exit code.
run() {
    local expected=$1 code=0
    shift
    printf '\n$ %s\n' "$*"
    "$@" || code=$?
    echo "(exit code $code)"
    [ "$code" = "$expected" ] || { echo "error: expected exit code $expected" >&2; exit 1; }
}

say "scene 1: nothing has changed"
run 0 cargo perfbudget record
(cd till && run 0 cargo perfbudget record)
git add -A && { git diff --cached --quiet || commit -m "recorded on this machine"; }
run 0 cargo perfbudget

say "scene 2: somebody sorts the cart on each total"
git apply "$root/fixtures/shop-regression.patch"
run 100 cargo perfbudget
run 0 cargo perfbudget accept 'shop::cart::*' --reason "the total follows the order of the receipt"
run 0 cargo perfbudget

say "scene 3: the same, as the till's benchmarks of gungraun, iai-callgrind and criterion have it"
cd till
run 0 cargo perfbudget doctor
run 100 cargo perfbudget
run 0 cargo perfbudget accept 'till::*' --reason "the total follows the order of the receipt"
run 0 cargo perfbudget

cd ..
git add -A && commit -m "slower, and accepted"

say "scene 4: a page loads what nobody has asked for yet"
git apply "$root/fixtures/storefront-regression.patch"
run 100 cargo perfbudget assets check
run 0 cargo perfbudget assets graph web
run 0 cargo perfbudget assets report web --format html --output "$work/report.html"
echo "a page of $(wc -c <"$work/report.html") bytes: the map of all files, what each page loads and when, and the public web beside it"
echo "as a comment on the pull request:"
run 100 cargo perfbudget assets check --format markdown
git checkout -q web
run 0 cargo perfbudget

say "done: the demo's own files are removed"
