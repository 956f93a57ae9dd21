#!/usr/bin/env bash
# Installs the tool into $ROOT: the release that this commit pins by its sha256, or from the source beside this file.
set -euo pipefail
if [ "$HOW" = present ]; then
    echo "cargo-perfbudget $VERSION is there already: $(command -v cargo-perfbudget)"
    exit
fi

release() {
    local checksums=$GITHUB_ACTION_PATH/action/checksums.txt folder
    folder=$(mktemp -d "$RUNNER_TEMP/perfbudget-download.XXXXXX")
    curl --fail --silent --show-error --location --retry 3 --max-time 300 --max-filesize 100000000 \
        --output "$folder/$ARCHIVE" "$INPUT_RELEASE_URL/v$VERSION/$ARCHIVE"
    # Only what has the sum goes on; a mirror may be anybody's.
    (cd "$folder" && grep "^[0-9a-f]\{64\}  $ARCHIVE\$" "$checksums" |
        if command -v sha256sum >/dev/null; then sha256sum --check --strict; else shasum -a 256 --check; fi)
    mkdir -p "$ROOT/bin"
    tar -xzf "$folder/$ARCHIVE" -C "$ROOT/bin" cargo-perfbudget
}

# The user's toolchain and flags are for the user's code. Outside of the project, its toolchain file does not count.
from_source() {
    cd "$GITHUB_ACTION_PATH"
    unset RUSTUP_TOOLCHAIN RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$RUNNER_TEMP/perfbudget-target}
    # Without the optimizer, which no step of the Action runs and which would take most of the time.
    cargo install --locked --path cargo-perfbudget --no-default-features --features github --root "$ROOT"
}

if [ -x "$ROOT/bin/cargo-perfbudget" ]; then
    echo "cargo-perfbudget $VERSION comes from the cache"
elif [ "$HOW" = release ]; then
    echo "::group::Installing cargo-perfbudget $VERSION, verified by its sha256"
    release
    echo "::endgroup::"
else
    echo "::group::Building cargo-perfbudget $VERSION from source, as there is no release of it for this machine"
    from_source
    echo "::endgroup::"
fi
found=$("$ROOT/bin/cargo-perfbudget" --version)
if [ "$found" != "cargo-perfbudget $VERSION" ]; then
    echo "::error::\`cargo-perfbudget $VERSION\` was installed, and what is there says that it is another version"
    exit 1
fi
echo "$ROOT/bin" >>"$GITHUB_PATH"
