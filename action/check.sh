#!/usr/bin/env bash
# Measures and judges. The exit code becomes an output, so that what follows happens whatever the verdict is.
set -euo pipefail
cd "$INPUT_WORKING_DIRECTORY"
mkdir -p "$(dirname "$REPORT")"
rm -f "$REPORT"
options=()
[ -z "$INPUT_MANIFEST_PATH" ] || options+=(--manifest-path "$INPUT_MANIFEST_PATH")
target=refs/remotes/origin/${TARGET#refs/heads/}
if [ -n "$INPUT_BASE" ]; then
    options+=(--base "$INPUT_BASE")
elif [ -n "$TARGET" ] && git rev-parse --quiet --verify --end-of-options "$target^{commit}" >/dev/null; then
    # A change need not go to the default branch. Where the branch is not there, the tool knows what to say.
    options+=(--base "$target")
fi
# Words, and never patterns or anything else that a shell would make of them.
read -r -d '' -a more <<<"$INPUT_ARGS" || true
[ "${#more[@]}" = 0 ] || options+=("${more[@]}")

# What benchmarks and compilers print must not be taken for commands to the runner, nor find its files.
pause=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$pause"
echo "\$ cargo perfbudget check ${options[*]+${options[*]}}"
code=0
/usr/bin/env -u GITHUB_ENV -u GITHUB_PATH -u GITHUB_OUTPUT -u GITHUB_STATE -u GITHUB_STEP_SUMMARY \
    cargo-perfbudget check --report "$REPORT" ${options[@]+"${options[@]}"} 2>&1 | cat || code=$?
echo "::$pause::"

case $code in
0) verdict=within ;;
100) verdict=over ;;
101) verdict=cannot-tell ;;
*) verdict=error ;;
esac
{
    echo "exit-code=$code"
    echo "verdict=$verdict"
    [ ! -f "$REPORT" ] || echo "report=$REPORT"
} >>"$GITHUB_OUTPUT"
[ -f "$REPORT" ] || echo "::error::\`cargo perfbudget\` ended with $code and without a report; the log above says why"
