"""Hosts on one switch: a bridge in a namespace of its own, and a veth pair to the namespace of each host.

Nothing of it is in the namespace of whoever runs the tests, whose packet filters (Docker's, say) so do not
matter, and nothing is left when the namespaces are gone.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import permutations
from pathlib import Path

from contrib.bench.rig.hosts.host import Host
from contrib.bench.rig.hosts.namespace import Namespace, ip
from contrib.bench.rig.node import START_S, until

PORT = 9000


class Network:
    """The hosts of one secret, and what befalls the wires between them."""

    def __init__(self, hosts: list[Host]) -> None:
        self.hosts = hosts

    def deafen(self, host: Host, to: Host) -> None:
        """`host` hears nothing more of `to`, which goes on hearing it."""
        host.drop(f"--source {to.address}")

    def cut(self, one: Host, other: Host) -> None:
        """Silence between the two, both ways. Nothing is refused, and no connection ends."""
        self.deafen(one, other)
        self.deafen(other, one)

    def scatter(self) -> None:
        """Silence between all."""
        for host, other in permutations(self.hosts, 2):
            self.deafen(host, other)

    def lose(self, share: float) -> None:
        """Every host loses this share of the packets that others send it, whichever they are."""
        for host in self.hosts:
            host.drop(f"--match statistic --mode random --probability {share}")

    def shield(self, host: Host) -> None:
        """Nobody can dial `host`, which can dial all, as behind NAT."""
        host.drop("--protocol tcp --syn")

    def heal(self) -> None:
        """Everything passes again."""
        for host in self.hosts:
            host.drop_nothing()
            host.link("up")

    def start(self, *some: Host) -> None:
        """All of these, or all there are, at once; returns when each is ready."""
        for host in some or self.hosts:
            host.begin()
        for host in some or self.hosts:
            until(host.announced, START_S, host.told)


def addresses(count: int) -> list[str]:
    """One for each host."""
    return [f"10.77.0.{number}" for number in range(1, count + 1)]


@contextmanager
def switched(place: Path, count: int) -> Iterator[Network]:
    """So many hosts on a switch, not started yet. Raises OSError or CalledProcessError where none can be."""
    with ExitStack() as stack:
        switch = Namespace("switch")
        stack.callback(switch.remove)
        switch.run("ip", "link", "add", "bridge", "type", "bridge")
        switch.run("ip", "link", "set", "bridge", "up")
        namespaces = []
        for number, address in enumerate(addresses(count), 1):
            namespace = Namespace(f"host{number}")
            stack.callback(namespace.remove)
            plug(switch, f"port{number}", namespace, address)
            namespaces.append(namespace)
        yield Network(list(stack.enter_context(placed(place, namespaces, addresses(count)))))


@contextmanager
def placed(place: Path, namespaces: Iterable[Namespace], where: Iterable[str]) -> Iterator[Iterable[Host]]:
    """A node in each namespace, which knows the addresses of all; gone afterwards."""
    where = tuple(where)
    common = {
        "CHORUS_CLUSTER_SECRET": secrets.token_hex(32),
        "CHORUS_BOOTSTRAP_PEERS": ",".join(f"/ip4/{address}/tcp/{PORT}" for address in where),
        "CHORUS_MDNS_ENABLED": "false",
        "CHORUS_P2P_PORT": str(PORT),
    }
    with ExitStack() as stack:
        hosts = []
        for number, (namespace, address) in enumerate(zip(namespaces, where, strict=True), 1):
            own = {**common, "CHORUS_AGENT_ID": f"host-{number}"}
            host = Host(place / f"host-{number}", own, namespace, address)
            stack.callback(host.end)
            hosts.append(host)
        yield hosts


def plug(switch: Namespace, port: str, namespace: Namespace, address: str) -> None:
    """A cable from a port of the switch to the interface `wire` of a host."""
    peer = ("type", "veth", "peer", "name", "wire", "netns", namespace.name)
    ip("-n", switch.name, "link", "add", port, *peer)
    ip("-n", switch.name, "link", "set", port, "master", "bridge", "up")
    ip("-n", namespace.name, "addr", "add", f"{address}/24", "dev", "wire")
    ip("-n", namespace.name, "link", "set", "wire", "up")
