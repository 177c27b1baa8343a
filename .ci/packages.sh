#!/bin/bash
# Installs the Debian packages that the tests need, if any is missing.
set -euo pipefail

wanted=(docker.io bubblewrap debootstrap busybox-static python3-venv make git util-linux faketime iproute2 iptables)
# Without systemd nobody mounts the control groups that the engine needs.
[ -n "$(ls -A /sys/fs/cgroup 2>/dev/null)" ] || wanted+=(cgroupfs-mount)

missing=()
for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
    { tail -n 40 "$log"; exit 1; }
