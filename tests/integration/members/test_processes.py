"""Members of a real mesh: processes that are killed, stopped for a while or for long, and started again."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from contrib.bench.rig.ports import free_ports

SECRET = "only-for-tests-" + "0123456789abcdef" * 2
HEAL_S = 10.0
SLACK = 3.0
"""This machine does other work: what is promised of a quiet one may take so many times as long."""

pytestmark = pytest.mark.slow


class Nodes:
    """Nodes of one cluster, by number, on loopback."""

    def __init__(self, place: Path) -> None:
        self.all: dict[int, Node] = {}
        self._place = place

    def start(self, number: int) -> Node:
        known = [address for node in self.all.values() for address in node.where["p2p"]]
        environment = {
            "CHORUS_CLUSTER_SECRET": SECRET,
            "CHORUS_BOOTSTRAP_PEERS": ",".join(known),
            "CHORUS_MDNS_ENABLED": "false",
            "CHORUS_P2P_PORT": str(free_ports(1)[0]),
            "CHORUS_P2P_BIND": "127.0.0.1",
            "CHORUS_AGENT_ID": f"agent-{number}",
        }
        node = self.all[number] = Node(self._place / f"node-{number}", environment).start()
        return node

    def again(self, number: int) -> None:
        """The same node, with the same state, where it was before."""
        self.all[number].start()

    def whole(self) -> bool:
        return all(
            {peer["agent_id"] for peer in peers(node) if peer["state"] == "alive"}
            == {f"agent-{other}" for other in self.all if other != number}
            for number, node in self.all.items()
        )

    def settle(self) -> None:
        until(self.whole, SLACK * HEAL_S, self.told)

    def told(self) -> str:
        return "\n".join(node.told() for node in self.all.values())

    def seen(self, number: int, *, by: int) -> str:
        return next(
            str(peer["state"]) for peer in peers(self.all[by]) if peer["agent_id"] == f"agent-{number}"
        )


def peers(node: Node) -> list[dict[str, Any]]:
    with node.client() as client:
        found: list[dict[str, Any]] = client.get(f"{API}/peers").json["peers"]
        return found


def first_peers(node: Node, count: int) -> set[str]:
    """Names in the first events of peers that `GET /events` gives."""
    where = Request(
        f"{node.where['api']}{API}/events?peers=true", headers={"Authorization": f"Bearer {node.token}"}
    )
    found: set[str] = set()
    with urlopen(where, timeout=30) as stream:
        for line in stream:
            if line.startswith(b"data: ") and b"peer_id" in line:
                found.add(json.loads(line[6:])["agent_id"])
            if len(found) == count:
                break
    return found


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    made = Nodes(tmp_path)
    try:
        yield made
    finally:
        for node in made.all.values():
            if node.process is not None and node.process.poll() is None:
                os.kill(node.pid, signal.SIGCONT)
                node.kill()


def took(holds: Callable[[], bool], within: float, told: Callable[[], str]) -> float:
    began = time.monotonic()
    until(holds, within, told)
    return time.monotonic() - began


def test_what_a_mesh_of_three_shows_and_notices(nodes: Nodes) -> None:
    for number in (1, 2, 3):
        nodes.start(number)
    nodes.settle()

    shown = nodes.all[1].chorus("peers", "--json")
    assert shown.returncode == 0
    listed = json.loads(shown.stdout)
    assert {peer["agent_id"] for peer in listed} == {"agent-2", "agent-3"}
    assert all(peer["kind"] == "agent" and peer["addresses"] and "journal" in peer for peer in listed)
    text = nodes.all[1].chorus("peers").stdout.decode()
    assert "agent-2" in text
    assert text.split()[0] == "PEER"
    assert json.loads(nodes.all[1].chorus("status", "--json").stdout)["peers"] == 2

    assert first_peers(nodes.all[1], 2) == {"agent-2", "agent-3"}

    os.kill(nodes.all[3].pid, signal.SIGSTOP)
    began, seen = time.monotonic(), set()
    while time.monotonic() - began < 3:
        seen.add(nodes.seen(3, by=1))
        time.sleep(0.1)
    os.kill(nodes.all[3].pid, signal.SIGCONT)
    assert "dead" not in seen
    until(nodes.whole, SLACK * HEAL_S, nodes.told)

    nodes.all[3].kill()
    assert took(lambda: all(nodes.seen(3, by=by) == "dead" for by in (1, 2)), SLACK, nodes.told) < SLACK
    nodes.again(3)
    until(nodes.whole, SLACK * HEAL_S, nodes.told)

    os.kill(nodes.all[2].pid, signal.SIGSTOP)
    until(lambda: all(nodes.seen(2, by=by) == "dead" for by in (1, 3)), 60, nodes.told)
    os.kill(nodes.all[2].pid, signal.SIGCONT)
    until(nodes.whole, SLACK * HEAL_S, nodes.told)

    nodes.all[2].stop()
    until(lambda: all(nodes.seen(2, by=by) == "left" for by in (1, 3)), SLACK, nodes.told)
