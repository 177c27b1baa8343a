"""Blobs between real nodes: asked of one over its API, and brought from the others."""

import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.mesh import Mesh, mesh
from contrib.bench.rig.node import Node

pytestmark = pytest.mark.slow

DATA = random.Random(3).randbytes(48 << 20)
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Mesh]:
    with mesh(tmp_path, 3) as nodes:
        for node in nodes.nodes:
            node.start()
        nodes.wait()
        yield nodes


def put(node: Node, data: bytes) -> None:
    with node.client(60) as client:
        assert client.ask("PUT", f"{API}/blobs", data).status == 201


def fetch(node: Node) -> tuple[int, bytes]:
    with node.client(60) as client:
        answer = client.get(f"{API}/blobs/{NAME}")
        return answer.status, answer.raw


def test_a_blob_is_had_from_any_node_though_a_holder_dies_meanwhile(three: Mesh) -> None:
    one, other, third = three.nodes
    put(one, DATA)
    put(other, DATA)
    with ThreadPoolExecutor(1) as pool:
        fetched = pool.submit(fetch, third)
        other.kill()
        status, data = fetched.result(60)
    assert (status, data == DATA) == (200, True)
    one.kill()
    assert fetch(third)[1] == DATA


def test_what_no_peer_has_is_not_found_and_says_so(three: Mesh) -> None:
    status, body = fetch(three.nodes[0])
    assert status == 404
    assert b"nobody who can be reached has the whole blob" in body


def test_what_had_come_when_a_node_was_killed_is_not_brought_again(three: Mesh) -> None:
    one, other, _ = three.nodes
    put(one, DATA)
    with ThreadPoolExecutor(1) as pool:
        fetched = pool.submit(fetch, other)
        have = other.state_dir / "blobs" / "partial" / f"{NAME}.have"
        while not have.exists() and not fetched.done():
            pass
        other.kill()
        with pytest.raises((OSError, HTTPException)):
            fetched.result(60)
    other.start()
    three.wait()
    assert fetch(other)[1] == DATA
    taken = metric(other, 'chorus_blob_exchanged_bytes_total{direction="in"}')
    assert 0 < taken < len(DATA)


def metric(node: Node, name: str) -> float:
    with node.health() as client:
        lines = client.get("/metrics").raw.decode().splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))
