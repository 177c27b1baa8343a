"""The shell programs that build a sandbox, and the command line that runs them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chorus_bwrap.identity import NOBODY
from chorus_bwrap.quotas import Quotas

HOLDER = "/dev/shm"  # noqa: S108
"""Nobody needs the machine's own /dev/shm in there, and it exists everywhere."""

# $1 base, $2 $3 $4 $5 quotas of input, data, output, tmp, $6 seconds to live. The first line must come before
# /proc is mounted anew: there, one's own pid is still that of the machine.
KEEP = r"""set -e
read -r pid rest < /proc/self/stat
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t tmpfs -o nosuid,nodev,mode=0755,size=256k chorus "$1"
cd "$1"
mkdir input data output tmp etc
mount -t tmpfs -o "nosuid,nodev,noexec,mode=0755,$2" chorus input
mount -t tmpfs -o "nosuid,nodev,mode=0755,$3" chorus data
mount -t tmpfs -o "nosuid,nodev,noexec,mode=0755,$4" chorus output
mount -t tmpfs -o "nosuid,nodev,mode=0755,$5" chorus tmp
mkdir -m 1777 tmp/tmp tmp/shm
printf '%s\n' 'root:x:0:0:root:/root:/usr/sbin/nologin' \
  'chorus:x:10001:10001:task:/workspace/data:/bin/sh' \
  'nobody:x:65534:65534:nobody:/:/usr/sbin/nologin' > etc/passwd
printf '%s\n' 'root:x:0:' 'chorus:x:10001:' 'nogroup:x:65534:' > etc/group
printf '%s\n' '127.0.0.1 localhost sandbox' '::1 localhost' > etc/hosts
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files' > etc/nsswitch.conf
echo "$pid"
timeout -s KILL "$6" cat || true
exit 0
"""

# As root, before the rights are given up: $1 holder, $2 how many pairs of name and directory follow, then the
# keeper's own command. What lies behind a private home becomes reachable here, and only here.
STAGE = r"""set -e
holder=$1; left=$2; shift 2
mount -t tmpfs -o nosuid,nodev,mode=0755,size=256k chorus "$holder"
mkdir "$holder/box" "$holder/ro"
while [ "$left" -gt 0 ]; do
  mkdir -p "$holder/ro/$1"; mount --rbind "$2" "$holder/ro/$1"; shift 2; left=$((left-1))
done
exec "$@"
"""


@dataclass(frozen=True)
class Plan:
    """Where the keeper puts things, and where it finds directories that only root may reach."""

    base: str
    staged: tuple[tuple[str, Path], ...] = ()
    as_root: bool = False

    def find(self, path: Path) -> str:
        """The path by which a directory, or a file below one, is reached from inside the keeper."""
        for name, home in self.staged:
            if path.is_relative_to(home):
                return str(Path(HOLDER, "ro", name, path.relative_to(home)))
        return str(path)


def plan(homes: Sequence[Path]) -> Plan:
    """As root, `homes` are staged; a directory keeps its own name, since libraries are found beside it."""
    if os.geteuid() != 0:
        return Plan(HOLDER)
    parents = list(dict.fromkeys(home.parent for home in homes))
    staged = tuple((f"{parents.index(home.parent)}/{home.name}", home) for home in homes)
    return Plan(f"{HOLDER}/box", staged, as_root=True)


def command_line(layout: Plan, quotas: Quotas, ttl_s: float, label: str) -> list[str]:
    """The keeper's, which names the sandbox's owner for whoever looks at the process table."""
    sizes = [place.options for place in (quotas.input, quotas.data, quotas.output, quotas.tmp)]
    own = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]
    own += ["--propagation", "private", "sh", "-c", KEEP, label, layout.base, *sizes, f"{ttl_s:.3f}"]
    if not layout.as_root:
        return own
    pairs = [word for name, home in layout.staged for word in (name, str(home))]
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all", "--"]
    outer = ["unshare", "--mount", "--propagation", "private", "sh", "-c", STAGE, label, HOLDER]
    return [*outer, str(len(layout.staged)), *pairs, *drop, *own]
