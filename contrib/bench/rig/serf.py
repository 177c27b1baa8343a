"""Debian's serf, for comparison: agents on loopback, each with a handler that notes what it is told.

The package is downloaded and unpacked into a directory, not installed: it would start a service.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contrib.bench.rig.node import until
from contrib.bench.rig.ports import free_ports

JOIN_S = 30.0


def fetch(where: Path) -> Path | None:
    """The program; None when the package cannot be had."""
    where.mkdir(parents=True, exist_ok=True)
    got = subprocess.run(["apt-get", "download", "serf"], cwd=where, capture_output=True)
    package = next(where.glob("serf_*.deb"), None)
    if got.returncode or package is None:
        return None
    subprocess.run(["dpkg", "-x", package, where], check=True)
    return where / "usr" / "bin" / "serf"


class Serf:
    """Agents of one serf cluster with its default timers for a LAN."""

    def __init__(self, program: Path, scratch: Path, count: int) -> None:
        self._ports = free_ports(2 * count)
        self._events = [scratch / f"events-{number}" for number in range(count)]
        self._agents: list[subprocess.Popen[bytes]] = []
        for number, events in enumerate(self._events):
            events.touch()
            handler = scratch / f"handler-{number}"
            handler.write_text(f'#!/bin/sh\nsed "s/^/$SERF_EVENT /" >>{events}\n')
            handler.chmod(0o755)
            bind, rpc = self._ports[2 * number : 2 * number + 2]
            command = [
                *(program, "agent", f"-node=n{number}", f"-bind=127.0.0.1:{bind}"),
                *(f"-rpc-addr=127.0.0.1:{rpc}", f"-event-handler={handler}"),
                *([f"-retry-join=127.0.0.1:{self._ports[0]}", "-retry-interval=1s"] if number else []),
            ]
            self._agents.append(
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            )

    def wait(self) -> None:
        """Until each knows all."""
        count = len(self._agents)
        until(lambda: all(len(self._told(n, "member-join")) == count for n in range(count)), JOIN_S)

    def kill(self, number: int) -> float:
        """Seconds from a SIGKILL until every other one calls it failed."""
        others = [other for other in range(len(self._agents)) if other != number]
        self._agents[number].kill()
        began = time.monotonic()
        until(lambda: all(f"n{number}" in self._told(other, "member-failed") for other in others), JOIN_S)
        return time.monotonic() - began

    def end(self) -> None:
        """Every agent is gone."""
        for agent in self._agents:
            agent.kill()
            agent.wait()

    def _told(self, number: int, event: str) -> set[str]:
        lines = [line.split() for line in self._events[number].read_text().splitlines()]
        return {words[1] for words in lines if len(words) > 1 and words[0] == event}


@contextmanager
def cluster(program: Path, scratch: Path, count: int) -> Iterator[Serf]:
    """So many agents that know one another."""
    serf = Serf(program, scratch, count)
    try:
        serf.wait()
        yield serf
    finally:
        serf.end()
