#!/bin/sh
# Makes the images that the Docker tests run in, offline as far as registries go: chorus-test/busybox:1 from
# Debian's busybox-static, chorus-test/python:1 by debootstrap (root only). Does nothing for one that exists.
# The debootstrap tree is kept as a tar in $CI_CACHE (default: .cache/ beside this repository's files), so
# that the next machine with that cache needs seconds instead of a minute.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
cache=${CI_CACHE:-$here/.cache}
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "test-images: $1" >&2
    exit 1
}

have() {
    docker image inspect "$1" >/dev/null 2>&1
}

need() {
    command -v "$1" >/dev/null 2>&1 || fail "$1 is missing; try: apt-get install -y $2"
}

scratch() {
    mktemp -d "$work/root.XXXXXX"
}

# A bare root for the image: what every image needs and no package brings.
workspace() {
    (cd "$1" && mkdir -p tmp etc proc sys dev workspace/input workspace/data workspace/output)
    chmod 755 "$1"
    chmod 1777 "$1/tmp"
}

make_busybox() {
    need busybox busybox-static
    root=$(scratch)
    workspace "$root"
    mkdir -p "$root/bin"
    cp "$(command -v busybox)" "$root/bin/busybox"
    for applet in $("$root/bin/busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
    done
    tar -C "$root" --owner=0 --group=0 --numeric-owner -cf - . |
        docker import --change 'ENV PATH=/bin' --change 'CMD ["sh"]' - "$1" >/dev/null
}

debootstrap_tar() {
    need debootstrap debootstrap
    [ "$(id -u)" = 0 ] || fail "debootstrap needs root; run this script once as root"
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
    mirror=$(apt-get indextargets --format '$(REPO_URI)' "Release: $suite" 'Created-By: Packages' | head -n 1)
    root=$(scratch)
    debootstrap --variant=minbase --include=python3 "$suite" "$root" ${mirror:+"$mirror"} >"$cache/debootstrap.log" 2>&1 ||
        fail "debootstrap failed; $(tail -n 1 "$cache/debootstrap.log")"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/man/* \
        "$root"/usr/share/locale/*
    workspace "$root"
    chroot "$root" python3 -m compileall -q /usr/lib/python3 /usr/lib/python3.* >/dev/null 2>&1 || true
    tar -C "$root" --one-file-system --numeric-owner -cf "$1.part" .
    mv "$1.part" "$1"
}

make_python() {
    tree=$cache/python-minbase.tar
    mkdir -p "$cache"
    [ -f "$tree" ] || debootstrap_tar "$tree"
    docker import --change 'CMD ["sh"]' "$tree" "$1" >/dev/null
}

need docker docker.io
docker version >/dev/null 2>&1 || fail "no Docker engine answers; start dockerd, or set DOCKER_HOST"
have chorus-test/busybox:1 || make_busybox chorus-test/busybox:1
have chorus-test/python:1 || make_python chorus-test/python:1
