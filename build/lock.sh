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

compile requirements.lock pyproject.toml
compile requirements-dev.lock --extra dev --constraint requirements.lock pyproject.toml
compile requirements-build.lock --build-deps-for editable --only-build-deps --constraint requirements-dev.lock pyproject.toml
compile requirements-build-pyz.lock --constraint requirements-dev.lock build/pyz/requirements.in
