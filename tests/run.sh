#!/usr/bin/env bash
# Every test: format, lints, docs, licences, unit and end-to-end tests, ourselves checked by ourselves, and short
# versions of figures. About an hour on 2 cores. Longer measurements: tests/figures/
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/setup.sh
need python3 python3
need node nodejs
need npm npm
need openssl openssl
. tests/github/setup.sh
need_runners
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0} # everything is built once; the disk is better used

passed=0
step() {
    local name=$1
    shift
    say "$name"
    local began=$SECONDS
    "$@" || { echo "error: $name failed; on the disk: $(df -h . | tail -1)" >&2; echo "$passed passed, 1 failed"; exit 1; }
    passed=$((passed + 1))
    echo "-- $name: $((SECONDS - began)) s"
}

step "format" cargo fmt --all --check
step "format of the demo" cargo fmt --manifest-path fixtures/shop/Cargo.toml --check
step "format of the till" cargo fmt --manifest-path fixtures/shop/till/Cargo.toml --check
step "lints" cargo clippy --workspace --all-targets --locked -- -D warnings
step "docs" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --document-private-items
step "build" cargo build --release "${gate[@]}"
step "unit tests" cargo test --profile tested --locked --workspace --lib --bins --examples
step "examples of the docs" cargo test --profile tested --locked --workspace --doc
step "walls, README and licences" cargo test "${gate[@]}" --test tidy
step "end-to-end tests" cargo test "${gate[@]}" --test e2e
rm -rf "$(target_dir)/tmp/e2e" # some gigabytes, which nothing after this needs
step "the demo" bash tests/demo.sh
step "hostile texts, as GitHub renders them" bash tests/gfm/run.sh
step "every format, as the tools that take it read it" bash tests/exports/run.sh
step "the optimizer, on real packages and hostile folders" bash tests/assets/run.sh
# Without names of sites, both scripts take larger ones, too.
build_optimizer
step "the optimizer's names, followed by a crawler" bash tests/assets/references.sh "$optimizer" orchard storefront vite ring bootstrap
step "the optimizer's output, served and in a browser" bash tests/assets/served.sh "$optimizer" orchard vite odd storefront pictures hydrated bootstrap
step "deploys to stores, with requests that fail and servers that die" bash tests/assets/deploy.sh "$optimizer"
step "results that machines share, in stores that fail" bash tests/assets/shared.sh "$optimizer" "$(dirname "$optimizer")/cargo-perfbudget"
step "budgets on what a visitor loads" bash tests/assets/budgets.sh "$(dirname "$optimizer")/cargo-perfbudget"
step "the Action" bash tests/action/run.sh
# Not by `cargo run`, which sets variables that make build scripts run again.
perfbudget=$(target_dir)/release/cargo-perfbudget
lean=(--no-default-features --features github)
step "ourselves, by ourselves" "$perfbudget" check "${lean[@]}"
step "the gate fires" "$perfbudget" check --self-test "${lean[@]}"
step "figure: throughput (short)" bash tests/figures/throughput.sh short
step "figure: the line (short)" bash tests/figures/line.sh short

echo
echo "$passed passed, 0 failed"
