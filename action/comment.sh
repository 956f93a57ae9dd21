#!/usr/bin/env bash
# Comments, and writes the job summary, the outputs and the annotations. Only `command: comment` fails with it: after a
# check, the verdict alone decides.
set -euo pipefail
cd "$INPUT_WORKING_DIRECTORY"
arguments=(comment --artifact "$ARTIFACT")
[ -z "$REPORT" ] || arguments+=(--report "$REPORT")
[ -z "$INPUT_NAME" ] || arguments+=(--name "$INPUT_NAME")
[ "$INPUT_CHECK_RUN" = false ] || arguments+=(--check-run)
[ -z "$INPUT_API_URL" ] || export GITHUB_API_URL=$INPUT_API_URL
[ "$INPUT_COMMENT" = true ] || arguments+=(--no-comment)
code=0
cargo-perfbudget "${arguments[@]}" || code=$?
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
if [ "$INPUT_COMMAND" = check ] && [ "$code" != 0 ]; then
    echo "::warning::\`cargo perfbudget comment\` ended with $code; the verdict stands without the comment"
fi
