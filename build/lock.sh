#!/bin/sh
# Regenerates the lock files from pyproject.toml: exact versions, hashes, no registry addresses.
# pip-tools lives in a virtual environment that is thrown away afterwards.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT INT TERM
"$python" -m venv "$tools/venv"
"$tools/venv/bin/python" -m pip install -q pip-tools

compile() {
    out=$1
    shift
    echo "locking $out"
    "$tools/venv/bin/pip-compile" -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
        --allow-unsafe --strip-extras --output-file "$out" "$@"
}

# replace NAME REQUIREMENT: in the locks, put what REQUIREMENT resolves to in the place of a package.
replace() {
    echo "$2" | "$tools/venv/bin/pip-compile" -q --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-header --no-annotate --output-file "$tools/instead" -
    echo "    # instead of what another package pins: see build/lock.sh" >>"$tools/instead"
    for lock in requirements.lock requirements-dev.lock; do
        awk -v name="$1==" -v file="$tools/instead" '
            /^[^ #]/ { skip = index($0, name) == 1; if (skip) while ((getline line <file) > 0) print line }
            !skip' "$lock" >"$tools/lock"
        cat "$tools/lock" >"$lock"
    done
}

compile requirements.lock pyproject.toml
compile requirements-dev.lock --extra dev --constraint requirements.lock pyproject.toml
compile requirements-build.lock --build-deps-for editable --only-build-deps --constraint requirements-dev.lock pyproject.toml
compile requirements-build-pyz.lock --constraint requirements-dev.lock build/pyz/requirements.in

# libp2p 0.8.1 pins fastecdsa 2.3.2, which exists as source only: a compiler and libgmp-dev on every machine. 3.0.0
# has wheels, and all that libp2p calls (in secio, which CHORUS does not speak).
replace fastecdsa fastecdsa==3.0.0
