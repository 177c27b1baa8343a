"""Ports of loopback that stay free until they are used, and may be used again."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Final

LOWEST: Final = 15_000


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, and that the kernel gives to no connection.

    Those that bind(0) returns are of the range from which outgoing connections take theirs (ip(7)): where a
    node has just been killed, another program may be a moment later.
    """
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found: list[int] = []
    with ExitStack() as stack:
        for port in random.sample(range(LOWEST, first), k=first - LOWEST):
            if len(found) == count:
                return found
            made = stack.enter_context(socket.socket())
            try:
                made.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    raise RuntimeError(f"there are not {count} free ports from {LOWEST} to {first}")
