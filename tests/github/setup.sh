# Sourced by tests/run.sh, and run by the tests themselves: GitHub's own description of its interface and a proxy that holds
# requests and responses against it, both from npm, into target/github. Nothing of theirs is kept in the repository.
# shellcheck shell=bash
github_tools() {
    local top home versions="@stoplight/prism-cli@5.16.0 @octokit/openapi@23.0.2"
    top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
    home=$top/target/github
    mkdir -p "$home"
    if [ "$(cat "$home/versions" 2>/dev/null)" != "$versions" ]; then
        echo "installing $versions into target/github"
        # The newest node that distributions carry is older than what the proxy declares; it runs there all the same.
        # shellcheck disable=SC2086
        (cd "$home" && npm install --no-save --no-audit --no-fund --loglevel=error --engine-strict=false $versions) || return 1
        echo "$versions" >"$home/versions"
    fi
    node "$top/tests/github/slice.mjs" \
        "$home/node_modules/@octokit/openapi/generated/api.github.com.json" "$home/slice.json"
}
github_tools
