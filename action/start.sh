#!/bin/sh
# Starts a step in a bash that takes nothing over from its surroundings. usage: start.sh STEP
# A shell that is called sh reads no start-up file, so it is the one to begin with.
set -eu
case "
$(/usr/bin/env)" in
*"
BASH_FUNC_"*)
    echo "::error::a shell function comes with the environment (\`BASH_FUNC_…\`), and could stand in for any command; unset it before this step"
    exit 2
    ;;
esac
exec /usr/bin/env -u ENV -u BASH_ENV -u CDPATH -u SHELLOPTS -u BASHOPTS \
    bash --noprofile --norc -euo pipefail "$GITHUB_ACTION_PATH/action/$1.sh"
