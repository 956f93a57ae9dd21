# Sourced by the other scripts: installs what they need and is not there, and says so. Needs Rust, git and a C toolchain.
# shellcheck shell=bash

# The gate as most scripts need it: without the optimizer it builds in a fraction of the time.
# shellcheck disable=SC2034 # for those who source this
gate=(--locked -p cargo-perfbudget --no-default-features --features github)

say() { printf '\n== %s\n' "$*"; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# need COMMAND PACKAGE…: installs the packages of the system's package manager where the command is missing.
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null 2>&1 && return
    say "installing $* (for \`$command\`)"
    if command -v apt-get >/dev/null 2>&1; then
        as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@"
    elif command -v dnf >/dev/null 2>&1; then
        as_root dnf install -y "$@"
    elif command -v pacman >/dev/null 2>&1; then
        as_root pacman -S --noconfirm "$@"
    else
        echo "error: \`$command\` is missing, and no package manager was found to install it with" >&2
        exit 1
    fi
}

# make_venv FOLDER: a Python of its own for packages from PyPI.
make_venv() {
    python3 -m venv "$1" 2>/dev/null || { need python3-venv python3-venv && python3 -m venv "$1"; }
}

# target_dir: prints where cargo builds.
target_dir() {
    cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/'
}

# build_optimizer [PROFILE]: builds the optimizer with the rest of the workspace, as the unit tests are: with the examples, and so
# with the features that dependencies of tests switch on, or else swc is compiled twice. `optimizer` is where it is then.
build_optimizer() {
    local profile=${1:-tested}
    cargo build --locked -q --workspace --bins --examples --profile "$profile"
    # shellcheck disable=SC2034 # for those who source this
    optimizer=$(target_dir)/$profile/asset-optimizer
}

# need_runners: installs the runners of gungraun and iai-callgrind, each of exactly the version that the demo's till locks.
need_runners() {
    local library runner version bin told
    bin=${CARGO_HOME:-$HOME/.cargo}/bin
    for library in gungraun iai-callgrind; do
        runner=$library-runner
        version=$(grep -A1 "^name = \"$library\"" fixtures/shop/till/Cargo.lock | sed -n 's/^version = "\(.*\)"/\1/p')
        # Iai-callgrind's knows no --version, and tells it in its complaint.
        told=$(PATH=$PATH:$bin "$runner" --version 2>&1 || true)
        case $told in *"$runner $version"* | *"$runner ($version)"*) continue ;; esac
        say "installing $runner $version"
        cargo install -q --debug --force "$runner" --version "$version" --locked # it starts valgrind and waits: built in half the time
    done
}

need cargo cargo
need git git
need cc gcc
need valgrind valgrind
