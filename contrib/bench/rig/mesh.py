"""Several real nodes that are one mesh, on loopback."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from contrib.bench.rig.ports import free_ports

WHOLE_S = 60.0


@dataclass
class Mesh:
    """The nodes of one secret. `known` ones have one another's addresses from the start."""

    nodes: list[Node]

    def whole(self, among: Sequence[Node] | None = None) -> bool:
        """Whether each of them sees all others alive."""
        nodes = self.nodes if among is None else among
        return all(states(node).count("alive") >= len(nodes) - 1 for node in nodes)

    def wait(self, limit_s: float = WHOLE_S) -> None:
        """Until it is whole."""
        until(self.whole, limit_s, lambda: "\n".join(str(states(node)) for node in self.nodes))


def peers(node: Node) -> list[dict[str, Any]]:
    """GET /peers."""
    with node.client() as client:
        answer: list[dict[str, Any]] = client.get(f"{API}/peers").json["peers"]
    return answer


def states(node: Node) -> list[str]:
    """The states of its peers."""
    return [peer["state"] for peer in peers(node)]


def alive(nodes: Sequence[Node]) -> bool:
    """Whether each sees all others alive, linked or not."""
    return all([peer["state"] for peer in peers(node)] == ["alive"] * (len(nodes) - 1) for node in nodes)


def linked(nodes: Sequence[Node]) -> bool:
    """Whether each sees all others alive, and has a connection to each."""
    return all(
        [peer["state"] == "alive" and peer["rtt_ms"] is not None for peer in peers(node)]
        == [True] * (len(nodes) - 1)
        for node in nodes
    )


@contextmanager
def mesh(scratch: Path, count: int, *, known: bool = True) -> Iterator[Mesh]:
    """So many nodes, not started yet; by multicast DNS they find one another when they are not `known`."""
    ports = free_ports(count)
    common = {
        "CHORUS_CLUSTER_SECRET": secrets.token_hex(32),
        "CHORUS_P2P_BIND": "127.0.0.1",
        "CHORUS_MDNS_ENABLED": "false" if known else "true",
    }
    if known:
        common["CHORUS_BOOTSTRAP_PEERS"] = ",".join(f"/ip4/127.0.0.1/tcp/{port}" for port in ports)
    nodes = [
        Node(scratch / f"node-{number}", {**common, "CHORUS_P2P_PORT": str(port)})
        for number, port in enumerate(ports)
    ]
    with ExitStack() as stack:
        for node in nodes:
            stack.callback(node.end)
        yield Mesh(nodes)
