#!/usr/bin/env bash
# Installs valgrind where it is missing, and shows what this machine measures with.
set -euo pipefail
cd "$INPUT_WORKING_DIRECTORY"
arguments=(doctor --fix)
[ -z "$INPUT_MANIFEST_PATH" ] || arguments+=(--manifest-path "$INPUT_MANIFEST_PATH")
echo "::group::cargo perfbudget ${arguments[*]:0:2}"
healthy=true
cargo-perfbudget "${arguments[@]}" || healthy=false
echo "::endgroup::"
# What is missing is a finding of the check, which says more.
[ "$healthy" = true ] || echo "::notice::\`cargo perfbudget doctor\` is not content; the log says with what"
