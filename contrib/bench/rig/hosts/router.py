"""A router in user space, which passes each packet on after a while: hosts that are far from one another.

`tc qdisc … netem delay` does the same where the kernel has it; many kernels that are made for machines in a
cloud do not. This needs nothing but TUN: the interface `wire` of each host is a file here, in which its IPv4
packets are.
"""

import fcntl
import os
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from contrib.bench.rig.hosts.namespace import Namespace
from contrib.bench.rig.hosts.network import Network, addresses, placed

TUNSETIFF: Final = 0x400454CA
TUN_WITHOUT_HEADER: Final = 0x1001
PACKET: Final = 2048
"""More than any packet has: the interfaces take 1,500 bytes."""
ON_THE_WAY: Final = 10_000
"""Packets that may be on their way; more are lost, as in any router."""


@contextmanager
def far_apart(place: Path, count: int, delay_s: float) -> Iterator[Network]:
    """So many hosts, not started yet, each `delay_s` from all others. Raises OSError without TUN."""
    where = addresses(count)
    with ExitStack() as stack:
        namespaces, files = [], {}
        for number, address in enumerate(where, 1):
            namespace = Namespace(f"far{number}")
            stack.callback(namespace.remove)
            files[socket.inet_aton(address)] = file = tun(namespace, address)
            stack.callback(os.close, file)
            namespaces.append(namespace)
        stack.enter_context(routed(files, delay_s))
        yield Network(list(stack.enter_context(placed(place, namespaces, where))))


def tun(namespace: Namespace, address: str) -> int:
    """The file of the interface `wire` in a namespace; the interface goes when it is closed."""
    with namespace.inside():
        file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", b"wire", TUN_WITHOUT_HEADER))
        namespace.run("ip", "addr", "add", f"{address}/24", "dev", "wire")
        namespace.run("ip", "link", "set", "wire", "up")
    except BaseException:
        os.close(file)
        raise
    return file


@contextmanager
def routed(files: Mapping[bytes, int], delay_s: float) -> Iterator[None]:
    """Pass packets between the files, by the address (4 bytes) that each is for."""
    stopped, stop = os.pipe()
    router = threading.Thread(target=_route, args=(files, delay_s, stopped), name="router")
    router.start()
    try:
        yield
    finally:
        os.close(stop)
        router.join()
        os.close(stopped)


def _route(files: Mapping[bytes, int], delay_s: float, stopped: int) -> None:
    on_the_way: deque[tuple[float, int, bytes]] = deque()
    while True:
        wait = max(0.0, on_the_way[0][0] - time.monotonic()) if on_the_way else None
        ready, _, _ = select.select([*files.values(), stopped], [], [], wait)
        if stopped in ready:
            return
        now = time.monotonic()
        for file in ready:
            packet = os.read(file, PACKET)
            target = files.get(packet[16:20])
            if target is not None and packet[0] >> 4 == 4 and len(on_the_way) < ON_THE_WAY:
                on_the_way.append((now + delay_s, target, packet))
        while on_the_way and on_the_way[0][0] <= now:
            _, target, packet = on_the_way.popleft()
            os.write(target, packet)
