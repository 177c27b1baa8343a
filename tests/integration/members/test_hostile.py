"""A hostile process against a real node, which stays up and small, names it, and serves the others."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.mesh import Mesh, mesh, states
from contrib.bench.rig.node import Node

GROWTH = 32 * 1024 * 1024
"""Bytes that one attack may leave behind in the node's memory."""
LIMIT_S = 90
"""For one attack: a libp2p has to be imported first, which takes seconds on a machine that is busy."""

pytestmark = pytest.mark.slow


@dataclass
class Attack:
    """One that is over: who it was, how it ended, and by how many bytes the node grew."""

    peer_id: str
    end: str
    grown: int
    log: str

    @property
    def told(self) -> list[str]:
        """The lines of the node's log that name the culprit as one."""
        marks = ("broke the protocol", "sends too much")
        return [
            line
            for line in self.log.splitlines()
            if self.peer_id in line and any(mark in line for mark in marks)
        ]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    with mesh(tmp_path_factory.mktemp("hostile"), 2) as made:
        for node in made.nodes:
            node.start()
        made.wait()
        yield made


def served(node: Node) -> bool:
    """It answers people, and sees the honest peer alive."""
    with node.client() as client:
        return client.get(f"{API}/peers").status == 200 and "alive" in states(node)


def attacked(pair: Mesh, way: str) -> Attack:
    """Let it happen, and see meanwhile that others are served."""
    victim = pair.nodes[0]
    address, before = victim.where["p2p"][0], victim.rss()
    begin = victim.log.stat().st_size
    command = [sys.executable, "-m", "tests.integration.members.intruder", way, address]
    with subprocess.Popen(
        [*command, victim.environment["CHORUS_CLUSTER_SECRET"]],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            peer_id = process.stdout.readline().strip()
            assert served(victim)
            end, _ = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    assert process.returncode == 0
    assert served(victim)
    log = victim.log.read_bytes()[begin:].decode()
    return Attack(peer_id, end.strip(), victim.rss() - before, log)


@pytest.mark.parametrize(
    "way", ["malformed", "no-frame", "oversized", "oversized-request", "forged", "replayed"]
)
def test_who_breaks_the_protocol_is_named_and_put_out(pair: Mesh, way: str) -> None:
    attack = attacked(pair, way)
    assert "cut off" in attack.end
    assert any("broke the protocol and stays out" in line for line in attack.told)
    assert attack.grown < GROWTH


def test_who_sends_ten_thousand_frames_a_second_is_named_and_read_slowly(pair: Mesh) -> None:
    attack = attacked(pair, "flood")
    assert any("sends too much" in line for line in attack.told)
    assert attack.grown < GROWTH


@pytest.mark.parametrize("way", ["unknown", "half-open", "deaf", "old"])
def test_who_is_slow_or_of_another_version_is_borne_and_costs_little(pair: Mesh, way: str) -> None:
    attack = attacked(pair, way)
    assert attack.end
    assert "broke the protocol" not in attack.log
    assert attack.grown < GROWTH


def test_a_crowd_without_the_secret_is_closed_and_costs_little(pair: Mesh) -> None:
    attack = attacked(pair, "strangers")
    assert attack.end == "all closed"
    assert attack.grown < GROWTH
