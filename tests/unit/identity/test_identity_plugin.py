from pathlib import Path

import pytest

from chorus.config import read
from chorus_hooks.cluster import Cluster
from chorus_hooks.identity import Identity
from chorus_hooks.node import Node
from chorus_hooks.service import Service
from chorus_identity import plugin
from chorus_identity.service import serve, serve_cluster
from chorus_identity.settings import SETTINGS


class _Node:
    serving = False
    version = "0"

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.scratch = state_dir / "scratch"
        self.scratch.mkdir()
        self.boot = "0" * 32

    def alive(self, boot: str) -> bool:
        return boot == self.boot


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return _Node(tmp_path)


def test_it_offers_identity_and_cluster_and_needs_the_node() -> None:
    offered: list[Service] = []
    plugin.chorus_register_services(offered.append, config=None)  # type: ignore[arg-type]
    assert [(s.name, s.provides, s.requires) for s in offered] == [
        ("identity", Identity, (Node,)),
        ("cluster", Cluster, (Node,)),
    ]


async def test_the_same_state_dir_is_the_same_peer(node: Node) -> None:
    async with serve(node) as first, serve(node) as second:
        assert first.peer_id == second.peer_id
        assert second.verify(first.peer_id, b"m", first.sign(b"m"))


async def test_the_same_state_dir_is_the_same_cluster(node: Node) -> None:
    config = read(SETTINGS, {})
    async with serve_cluster(node, config) as first, serve_cluster(node, config) as second:
        assert first.tag == second.tag
