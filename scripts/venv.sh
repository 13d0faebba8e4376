#!/bin/sh
# Makes the virtual environment of the Makefile: venv.sh FOLDER [PYTHON]
# When it cannot, it says in one sentence why.
set -eu

venv=$1
python=${2:-}

fail() {
    echo "$1" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

if [ -n "$python" ]; then
    command -v "$python" >/dev/null 2>&1 || fail "There is no $python here: PYTHON must name a Python 3.10 or newer."
    new_enough "$python" || fail "$python is not Python 3.10 or newer: name another one with PYTHON=..."
else
    for one in python3 python python3.13 python3.12 python3.11 python3.10; do
        if new_enough "$one"; then
            python=$one
            break
        fi
    done
    [ -n "$python" ] || fail "No Python 3.10 or newer was found: install one, or name it with PYTHON=..."
fi

"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python cannot make virtual environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv) and try again."

version=$("$python" -c 'import platform; print(platform.python_version())')
echo "Setting up $venv with Python $version; this happens once."
if [ -e "$venv" ]; then
    [ -f "$venv/pyvenv.cfg" ] || fail "$venv is there already and is no virtual environment."
    rm -rf "$venv"
fi
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r requirements-dev.txt ||
    fail "pip could not install requirements-dev.txt: what it says stands above; it needs a way to a package index."
touch "$venv/.ready"
