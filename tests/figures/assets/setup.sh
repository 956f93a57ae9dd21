# Sourced by the figures of the optimizer with their own arguments, at the top of the repository: `optimizer` is the one that is
# named, or a release that is built, and the script goes on in a folder of its own, which goes with it unless `KEEP` is set.
# shellcheck shell=bash disable=SC2034 # for those who source this
[ $# -eq 0 ] || optimizer=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
. tests/setup.sh
need node nodejs
need npm npm
need python3 python3
here=$PWD/tests/figures/assets
[ $# -gt 0 ] || build_optimizer release
work=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
cd "$work"
