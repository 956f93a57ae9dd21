#!/usr/bin/env bash
# Budgets on what a visitor loads, with a real Vite build: recorded, unchanged, grown, accepted; the base is built by the same
# command. usage: budgets.sh [CARGO-PERFBUDGET]
set -euo pipefail
[ $# -eq 0 ] || perfbudget=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/setup.sh
need node nodejs
need npm npm
need python3 python3
# The whole tool, which has the optimizer in it.
[ $# -gt 0 ] || { build_optimizer; perfbudget=$(dirname "$optimizer")/cargo-perfbudget; }
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
export PERFBUDGET_CACHE_DIR=$work/cache CARGO_TARGET_DIR=$work/target VITE=$work/vite
export GIT_CONFIG_GLOBAL=/dev/null GIT_{AUTHOR,COMMITTER}_NAME=test GIT_{AUTHOR,COMMITTER}_EMAIL=test@localhost
unset CI GITHUB_ACTIONS GITHUB_EVENT_NAME GITHUB_REF GITHUB_BASE_REF GITHUB_HEAD_REF 2>/dev/null || true
mkdir "$VITE"
npm install --prefix "$VITE" --silent --no-audit --no-fund vite@8.3.8
passed=0
# ends CODE TEXT… -- COMMAND…: the command ends with that code and says each text.
ends() {
    local code=$1 got=0 texts=()
    shift
    while [ "$1" != -- ]; do texts+=("$1") && shift; done
    shift
    "$@" >"$work/said" 2>&1 || got=$?
    [ "$got" = "$code" ] || { echo "error: \`$*\` ended with $got instead of $code:" && cat "$work/said" && exit 1; } >&2
    for text in "${texts[@]}"; do
        grep -qF -- "$text" "$work/said" || { echo "error: \`$*\` did not say \`$text\`:" && cat "$work/said" && exit 1; } >&2
    done
    passed=$((passed + 1))
}
never() {
    ! grep -F -- "$1" "$work/said" || { echo "error: \`$1\` was said:" && cat "$work/said" && exit 1; } >&2
}
check() { "$perfbudget" assets check "$@"; }

say "a package with a frontend"
mkdir -p "$work/shop/src" "$work/shop/web"
cd "$work/shop"
printf '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n\n[workspace]\n' >Cargo.toml
echo "//! Nothing." >src/lib.rs
echo dist >.gitignore
cat >web/index.html <<'PAGE'
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><script type="module" src="/main.js"></script></head>
<body><h1>Shop</h1><p id="sum"></p></body></html>
PAGE
cat >web/main.js <<'SCRIPT'
import "./site.css";
import { total } from "./cart.js";
document.querySelector("#sum").textContent = total([1, 2, 3]);
document.querySelector("h1").onclick = () => import("./lazy.js").then(({ names }) => console.log(names));
SCRIPT
echo 'export const total = (prices) => prices.reduce((sum, price) => sum + price, 0);' >web/cart.js
echo 'h1 { color: teal } p { margin: 1rem 0 }' >web/site.css
python3 -c 'print("export const names = [" + ", ".join(f"\"fruit {n * n}\"" for n in range(400)) + "];")' >web/lazy.js
cat >build.sh <<'SCRIPT'
exec "$VITE/node_modules/.bin/vite" build web --outDir dist --emptyOutDir --logLevel error
SCRIPT
cat >perfbudget.toml <<'CONFIG'
[assets]
dist = "web/dist"
build = ["sh", "build.sh"]
groups.scripts = ["assets/*.js"]

[[budget]]
subject = "page *"
metric = "first-load"
growth = "2%"
floor = "200 B"
at-most = "3 kB"
severity = "error"
CONFIG
git -c init.defaultBranch=main init -q
git add -A && git commit -qm start
ends 101 baseline-missing "page index.html" "asset assets/index-*.js" "group scripts" -- check
ends 0 -- "$perfbudget" record -q
record=$(echo perfbudget/assets-any-*/frontend.toml)
for table in '[page."index.html"]' '[asset."assets/lazy-*.js"]' '[entry-point."assets/index-*.js"]' '[group."scripts"]'; do
    grep -qF "$table" "$record" || { echo "error: no $table in the record" && cat "$record" && exit 1; } >&2
done
git add -A && git commit -qm record && git checkout -qb change

say "nothing has changed"
ends 0 unchanged "within: " -- check
ends 0 unchanged -- check --self-test
ends 0 "assets optimize web/dist" "sh build.sh" -- check --dry-run

say "other bytes of the same size under another name"
sed -i 's/\[1, 2, 3\]/[3, 2, 1]/' web/main.js
ends 0 "within: " -- check
never benchmark-missing
never benchmark-new

say "a page that loads more at once, and a chunk that is not lazy any more"
echo 'import { names } from "./lazy.js"; document.title = names[7];' >>web/main.js
ends 100 growth-over "page index.html" "why: \`assets/index-*.js\`" "over: " -- check
# The lazy chunk is a part of the other now.
grep -q 'benchmark-missing\|benchmark-renamed' "$work/said"
ends 100 '"kind": "page"' -- check --format json
ends 100 "| \`page index.html\`<br>**over**" -- check --format markdown
ends 101 "base-unknown" -- check --no-build-base
ends 0 accepted -- "$perfbudget" accept 'page *' --reason "the title needs the names"
git checkout -q . && git status --porcelain | grep -q . && exit 1

say "more than it may ever be"
sed -i 's/at-most = "3 kB"/at-most = "300 B"/' perfbudget.toml
ends 0 "page index.html" ceiling -- check
git checkout -q .

say "what is wrong is said, with a way out"
sed -i 's/"sh", "build.sh"/"sh", "-c", "echo no such fruit >\&2; exit 3"/' perfbudget.toml
ends 101 build-failed "the frontend could not be built: no such fruit" -- check
sed -i 's/^build = .*/build = ["no-such-program"]/' perfbudget.toml
ends 101 build-failed no-such-program "correct \`build\` in \`[assets]\`" -- check
rm -rf web/dist
sed -i '/^build = /d' perfbudget.toml
ends 101 build-failed "there is no folder \`web/dist\`" "name the command that does" -- check
git checkout -q .
sed -i 's/^groups.scripts = .*/groups.scripts = ["*.tsx"]\noptions = ["--no-such-option"]/' perfbudget.toml
ends 101 "no-such-option" -- check
sed -i '/^options = /d' perfbudget.toml
ends 0 rule-unmatched "no file of \`web/dist\` belongs to the group \`scripts\`" -- check
git checkout -q .
sed -i 's/^dist = .*/dist = "..\/web"/' perfbudget.toml
ends 2 "perfbudget.toml:2:9: \`dist\` must not leave the folder" -- check
git checkout -q .

echo "$passed passed, 0 failed"
