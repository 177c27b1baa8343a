"""Network namespaces of Linux: each has interfaces, addresses, routes and packet filters of its own."""

import ctypes
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NETWORK: Final = 0x40000000
"""CLONE_NEWNET of sched.h."""
SECONDS: Final = 30

_libc: Final = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """One that was made under a name that nobody else has; `remove` it, and its interfaces go with it."""

    def __init__(self, purpose: str) -> None:
        self.name = f"chorus-{purpose}-{secrets.token_hex(3)}"
        ip("netns", "add", self.name)
        self.run("ip", "link", "set", "lo", "up")

    @property
    def entered(self) -> tuple[str, ...]:
        """What stands before a command that runs in it. It execs: the process stays the same."""
        return ("ip", "netns", "exec", self.name)

    def run(self, *command: str) -> str:
        """Run a command in it that has to succeed; what it printed."""
        return run(*self.entered, *command)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread is in it: sockets that it makes meanwhile belong there for good."""
        with (
            Path("/proc/thread-self/ns/net").open() as before,
            Path("/run/netns", self.name).open() as there,
        ):
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())

    def remove(self) -> None:
        """It is gone as soon as no process is in it."""
        ip("netns", "del", self.name)


def ip(*arguments: str) -> str:
    """ip(8). Raises OSError or subprocess.CalledProcessError."""
    return run("ip", *arguments)


def run(*command: str) -> str:
    """A command that has to succeed; what it printed."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout


def _enter(descriptor: int) -> None:
    # Python has os.setns from 3.12 on.
    if _libc.setns(descriptor, NETWORK):
        raise OSError(ctypes.get_errno(), "setns")
