#!/bin/sh
# Formats the sources of the page with prettier, in the version of package-lock.json:
#   prettier.sh --write    formats them
#   prettier.sh --check    fails if one of them is not formatted
# Without npm it says so and succeeds, because everything else in the project needs only Python.
set -eu
cd "${0%/*}/.."

if ! command -v npm >/dev/null 2>&1; then
    echo "The page in ui/ is left out, because npm is missing (Debian, Ubuntu: apt-get install nodejs npm)."
    exit 0
fi

stamp=node_modules/.installed
if [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || {
        echo "npm could not install prettier. It needs access to the npm registry." >&2
        exit 1
    }
    touch "$stamp"
fi

exec node_modules/.bin/prettier --log-level warn "$1" ui devserver/stash/ui
