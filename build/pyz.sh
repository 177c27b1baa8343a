#!/bin/sh
# Builds dist/chorus.pyz, one file that does all that `chorus` does: the packages of requirements.lock and our
# wheel, packed by shiv. Says where it is and takes no time when nothing has changed since the last build.
# One commit gives the same bytes in every directory. PYTHON names the interpreter (default python3); the
# file runs on its minor version only. `build/pyz.sh check` only tells, by its exit code, whether it is fresh.
set -eu
umask 022
cd "$(dirname "$0")/.."
[ "${1:-}" = check ] || build/venv.sh run
root=$(pwd -P)
python=$root/.venv/bin/python
tools=$root/.cache/pyz-tools
: "${PIP_CACHE_DIR:=$root/.cache/pip}"
export LC_ALL=C PIP_CACHE_DIR PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
unset PYTHONPATH PYTHONHOME PIP_REQUIRE_VIRTUALENV PIP_TARGET PIP_PREFIX PIP_USER || true

# When the last commit was made; without git, a date that a zip file can hold.
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}"
export SOURCE_DATE_EPOCH

# All that goes in, and all that decides how.
fingerprint() {
    { echo "$SOURCE_DATE_EPOCH"; "$python" -VV
      find chorus hooks plugins build -type f ! -name '*.pyc' -exec sha256sum {} + | sort
      cat pyproject.toml README.md LICENSE .gitignore requirements*.lock; } | sha256sum
}

install_tools() {
    [ "$(cat "$tools/ready" 2>/dev/null)" != "$(sha256sum <requirements-build-pyz.lock)" ] || return 0
    rm -rf "$tools"
    "$python" -m pip install -qq --no-deps --require-hashes --target "$tools" -r requirements-build-pyz.lock
    sha256sum <requirements-build-pyz.lock >"$tools/ready"
}

with_tools() { PYTHONPATH=$tools "$python" -m "$@"; }

# The wheel is found by its name in a directory: installed by its path, pip would write that path down.
install_site() {
    "$python" -m pip wheel -qq --no-deps --no-build-isolation --wheel-dir "$work/wheel" .
    with_tools pip install -qq --no-deps --no-compile --require-hashes --target "$work/site" -r requirements.lock
    with_tools pip install -qq --no-deps --no-compile --no-index --find-links "$work/wheel" --pre \
        --target "$work/site" chorus-agent
    # Scripts hold the path of this machine's Python, and nothing calls them.
    rm -rf "$work/site/bin"
    sed -i '/^\.\.\/\.\.\/bin\//d' "$work"/site/*.dist-info/RECORD
    if ls "$work"/site/*.pth >/dev/null 2>&1; then
        echo "pyz: a package brings a .pth file, which chorus.pyz does not run: $(ls "$work"/site/*.pth)" >&2
        exit 1
    fi
}

fresh() { [ -f dist/chorus.pyz ] && [ "$(cat .cache/pyz-built 2>/dev/null)" = "$1" ]; }

now=$(fingerprint)
if [ "${1:-}" = check ]; then
    fresh "$now"
    exit
fi

# Two makes at once on one checkout: the second waits, and finds the work done.
mkdir -p .cache dist
exec 9>.cache/pyz.lock
if command -v flock >/dev/null 2>&1; then flock 9; fi

if ! fresh "$now"; then
    echo "building dist/chorus.pyz" >&2
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    install_tools
    install_site
    with_tools shiv --reproducible --uncompressed --console-script chorus --site-packages "$work/site" \
        --output-file "$work/shiv.pyz"
    PYTHONHASHSEED=0 "$python" -I build/pyz/pack.py "$work/shiv.pyz" "$work/site" "$work/chorus.pyz"
    cp "$work/chorus.pyz" dist/.chorus.pyz
    mv dist/.chorus.pyz dist/chorus.pyz
    echo "$now" >.cache/pyz-built
fi
du -h --apparent-size dist/chorus.pyz
