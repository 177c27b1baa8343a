#!/bin/bash
# `make demo` as a new user would, four ways: as root and as a normal user with an empty home, with the
# Docker engine and with none in reach. Says which sandbox had to be used, and looks that it was.
set -uo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
status=0

socket_group=$(stat -c %g /var/run/docker.sock)
copy=$work/checkout
home=$work/home
mkdir "$copy" "$home"
git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf - | tar -C "$copy" -xf -
chown -R nobody:nogroup "$copy" "$home"

as_user() {
    (cd "$copy" && env -u TMPDIR -u XDG_CACHE_HOME -u XDG_STATE_HOME -u XDG_CONFIG_HOME -u PIP_CACHE_DIR HOME="$home" \
        setpriv --reuid nobody --regid nogroup "$@")
}

# demo NAME SANDBOX COMMAND...: the first task of the demo must have run in SANDBOX.
demo() {
    local name=$1 sandbox=$2 started=$SECONDS log=$work/log
    shift 2
    if ! "$@" >"$log" 2>&1; then
        echo "demo as $name: FAILED"
    elif ! grep -qE "^python-passes +$sandbox" "$log"; then
        echo "demo as $name: FAILED, it did not run in $sandbox"
    else
        echo "demo as $name: ok in $sandbox, $((SECONDS - started)) s"
        return 0
    fi
    cat "$log"
    status=1
}

no_engine=DOCKER_HOST=unix:///nonexistent.sock
demo "root with Docker" docker make -s demo
cat "$work/log"
demo "root without an engine" bwrap env $no_engine make -s demo
demo "a user with Docker" docker as_user --groups "$socket_group" make -s demo PYTHON=/usr/bin/python3
demo "a user without an engine" bwrap as_user --clear-groups env $no_engine make -s demo PYTHON=/usr/bin/python3

left=$(find "$home" -mindepth 1)
[ -z "$left" ] || { echo "the demo wrote into the user's home: $left"; status=1; }
left=$(docker ps -aq --filter label=chorus.sandbox)
[ -z "$left" ] || { echo "containers were left behind: $left"; status=1; }
exit $status
