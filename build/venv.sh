#!/bin/sh
# Makes .venv, or brings it up to date; says nothing and takes no time when it already is.
#   build/venv.sh run    what `chorus` needs
#   build/venv.sh test   that, and what the tests and linters need
# Every package comes from a lock file with hashes. Nothing is written outside the checkout, and nothing
# needs a compiler. PYTHON names the interpreter (default python3).
set -eu
umask 022
cd "$(dirname "$0")/.."
root=$(pwd -P)
want=$1
python=${PYTHON:-python3}
bin=$root/.venv/bin
: "${PIP_CACHE_DIR:=$root/.cache/pip}"
export PIP_CACHE_DIR PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME PIP_REQUIRE_VIRTUALENV PIP_TARGET PIP_PREFIX PIP_USER || true

say() { printf '%s\n' "$@" >&2; }
fail() { say "chorus: $1" "  try: $2"; exit 1; }

# What a finished set-up depends on: where it is, and every file that says what goes in.
fingerprint() {
    { echo "$1 $root"; cat pyproject.toml requirements-build.lock requirements.lock
      if [ "$1" = test ]; then cat requirements-dev.lock; fi; } | sha256sum | cut -d' ' -f1
}

ready() { [ "$(cat ".venv/ready-$1" 2>/dev/null)" = "$(fingerprint "$1")" ] && "$bin/python" -c '' 2>/dev/null; }

check_python() {
    command -v "$python" >/dev/null 2>&1 ||
        fail "there is no $python on this machine" "apt-get install python3 python3-venv, or make PYTHON=/path/to/python3.11"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "CHORUS needs Python 3.11 or newer; $python is $("$python" -V 2>&1)" "make PYTHON=/path/to/python3.11"
}

# Debian ships python3 without ensurepip, so that `python3 -m venv` fails until python3-venv is there.
install_ensurepip() {
    cure="apt-get install python3-venv"
    [ "$(id -u)" = 0 ] || fail "$python cannot make virtual environments" "sudo $cure"
    command -v apt-get >/dev/null 2>&1 ||
        fail "$python cannot make virtual environments" "install your system's package of Python's venv and ensurepip"
    say "installing python3-venv (this Python cannot make virtual environments without it)"
    log=$(mktemp)
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv; } \
        </dev/null >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; fail "python3-venv could not be installed" "$cure"; }
    rm -f "$log"
    "$python" -c 'import ensurepip' 2>/dev/null ||
        fail "$python still cannot make virtual environments" "make PYTHON=/usr/bin/python3"
}

# A .venv that was moved, copied or half made holds scripts that point elsewhere.
usable() { "$bin/python" -c '' 2>/dev/null && head -n 2 "$bin/pip" 2>/dev/null | grep -qF "$bin/python"; }

make_venv() {
    check_python
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_ensurepip
    say "making .venv with $("$python" -V)"
    rm -rf .venv
    "$python" -m venv .venv
}

install_lock() { "$bin/python" -m pip install -qq --no-deps --require-hashes -r "$1"; }

install_run() {
    say "installing what CHORUS needs (requirements.lock)"
    install_lock requirements-build.lock
    install_lock requirements.lock
    "$bin/python" -m pip install -qq --no-deps --no-build-isolation --editable .
    "$bin/python" -m compileall -q chorus hooks plugins
    fingerprint run >.venv/ready-run
}

install_test() {
    say "installing what the tests need (requirements-dev.lock)"
    install_lock requirements-dev.lock
    # trio-typing, which libp2p imports, brings old stubs that would hide trio's own types from mypy.
    rm -rf .venv/lib/python*/site-packages/trio-stubs
    fingerprint test >.venv/ready-test
}

ready "$want" && exit 0
# Two makes at once on one checkout: the second waits, and finds the work done.
mkdir -p .cache
exec 9>.cache/venv.lock
if command -v flock >/dev/null 2>&1; then flock 9; fi
usable || make_venv
ready run || install_run
if [ "$want" = test ]; then ready test || install_test; fi
