"""What runs in a box beside the task: a shell that waits on the lifeline, and answers two questions. Pure.

It is uid 10002, so a task (uid 10001) cannot signal or trace it. It ends when its stdin does, which is when
we die, and after its time to live. `facts` uses shell builtins only: it works while a fork bomb has taken
every process that there is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chorus_hooks.sandbox import DATA, OUTPUT

FACTS: Final = b"facts\n"
ROOM: Final = b"room\n"
END: Final = b".\n"
PLACES: Final = (DATA, OUTPUT, "/tmp")  # noqa: S108 - inside the box

# Control groups v1 and v2 name the same things differently; what is not there is not told.
SCRIPT: Final = r"""
(sleep "$1"; kill -9 $$) </dev/null &
cd /sys/fs/cgroup
one() { if [ -r "$1" ]; then read -r value <"$1" && echo "$2 $value"; fi; }
all() { if [ -r "$1" ]; then while read -r key value; do echo "$key $value"; done <"$1"; fi; }
while read -r asked; do
  if [ "$asked" = facts ]; then
    set -- /proc/[0-9]*
    echo "processes $#"
    one cpuacct/cpuacct.usage cpu_ns
    one memory/memory.max_usage_in_bytes memory_peak
    one memory.peak memory_peak
    all memory/memory.oom_control
    all cpu.stat
    all memory.events
  else
    df -kP PLACES
    df -iP PLACES
  fi 2>/dev/null
  echo .
done
""".replace("PLACES", " ".join(PLACES))


@dataclass(frozen=True)
class Facts:
    """What the keeper sees: how many processes there are, its own included, and what the box used so far.

    `cpu_s` is processor time of all processes, `memory_peak` the most memory at once, in bytes, files
    included. Both are None where the kernel does not tell.
    """

    processes: int
    oom_kills: int = 0
    cpu_s: float | None = None
    memory_peak: int | None = None


def parse_facts(lines: Iterable[str]) -> Facts:
    """The answer to FACTS. Raises ValueError when it lacks the number of processes."""
    words = dict(line.split(maxsplit=1) for line in lines if len(line.split()) == 2)
    numbers = {name: int(word) for name, word in words.items() if word.strip().isdecimal()}
    if "processes" not in numbers:
        raise ValueError("the keeper did not count its processes")
    cpu_s = None
    if "cpu_ns" in numbers:
        cpu_s = numbers["cpu_ns"] / 1e9
    elif "usage_usec" in numbers:
        cpu_s = numbers["usage_usec"] / 1e6
    return Facts(numbers["processes"], numbers.get("oom_kill", 0), cpu_s, numbers.get("memory_peak"))


def parse_room(lines: Iterable[str]) -> str | None:
    """The first place without room for a page or a file, from `df -P` output (POSIX)."""
    for line in lines:
        words = line.split()
        if len(words) >= 6 and words[-1] in PLACES and words[-3].isdecimal() and int(words[-3]) == 0:
            return words[-1]
    return None
