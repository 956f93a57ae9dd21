#!/usr/bin/env bash
# Checks the inputs, and says what is to be installed, from where, and where the report goes.
set -euo pipefail
refuse() {
    echo "::error::$1"
    exit 2
}
is_one_of() {
    local name=$1 value=$2
    shift 2
    for allowed in "$@"; do [ "$value" != "$allowed" ] || return 0; done
    # What was given is not repeated: it could be a workflow command.
    refuse "the input \`$name\` must be one of: $*"
}
is_one_of command "$INPUT_COMMAND" check comment install
is_one_of comment "$INPUT_COMMENT" true false
is_one_of check-run "$INPUT_CHECK_RUN" true false
is_one_of upload "$INPUT_UPLOAD" true false
is_one_of cache "$INPUT_CACHE" true false
case "$INPUT_NAME" in
.* | *--* | *[!A-Za-z0-9._-]*)
    refuse "the input \`name\` may have letters, digits, \`.\`, \`_\` and single \`-\`, and starts with no \`.\`"
    ;;
esac
[ "${#INPUT_NAME}" -le 64 ] || refuse "the input \`name\` may have 64 characters at most"
[ -d "$INPUT_WORKING_DIRECTORY" ] || refuse "the input \`working-directory\` names no folder; is actions/checkout before this step?"

# Both events have the secrets and the rights of the default branch, so no code of a pull request may run there.
if [ "$INPUT_COMMAND" = check ]; then
    case "$GITHUB_EVENT_NAME:$MEASURED_EVENT" in
    pull_request_target:* | workflow_run:pull_request | workflow_run:pull_request_target)
        refuse "\`check\` does not run on \`$GITHUB_EVENT_NAME\`, which would give a pull request's code the rights of this repository; measure on \`pull_request\`, and comment with \`command: comment\` on \`workflow_run\` (cargo perfbudget init --workflow pair)"
        ;;
    esac
fi

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$GITHUB_ACTION_PATH/Cargo.toml" | head -n 1)
case "$(uname -s)-$(uname -m)" in
Linux-x86_64) target=x86_64-unknown-linux-musl ;;
Linux-aarch64) target=aarch64-unknown-linux-musl ;;
Darwin-*) target=universal-apple-darwin ;;
*) target=none ;;
esac
archive=cargo-perfbudget-$version-$target.tar.gz
root=$RUNNER_TEMP/perfbudget-tool
if [ "$(cargo-perfbudget --version 2>/dev/null || true)" = "cargo-perfbudget $version" ]; then
    install=present
elif grep -q "^[0-9a-f]\{64\}  $archive\$" "$GITHUB_ACTION_PATH/action/checksums.txt"; then
    install=release
else
    install=source
fi

# A job that has more rights than the one that filled the cache must not trust it.
cache=false
[ "$install" != source ] || [ "$INPUT_COMMAND" = comment ] || cache=$INPUT_CACHE
key=
if [ "$cache" = true ]; then
    # The system's release stands for its libc, which the tool is linked with.
    # shellcheck source=/dev/null
    system=$(uname -sm; if [ -r /etc/os-release ]; then . /etc/os-release; echo "${ID:-} ${VERSION_ID:-}"; fi)
    files=$(cd "$GITHUB_ACTION_PATH" && find Cargo.toml Cargo.lock cargo-perfbudget templates -type f | LC_ALL=C sort)
    contents=$(cd "$GITHUB_ACTION_PATH" && git hash-object --stdin-paths <<<"$files")
    digest=$(printf '%s\n' "$system" "$files" "$contents" | git hash-object --stdin)
    key=cargo-perfbudget-$version-$digest
fi
{
    echo "version=$version"
    echo "install=$install"
    echo "archive=$archive"
    echo "root=$root"
    echo "cache=$cache"
    echo "key=$key"
    echo "artifact=perfbudget-report${INPUT_NAME:+-$INPUT_NAME}"
    echo "report=$RUNNER_TEMP/perfbudget/${INPUT_NAME:-default}/perfbudget-report.json"
} >>"$GITHUB_OUTPUT"
