"""Journals of real nodes, copied by others that are away for a while, are killed, or lose their disk."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrib.bench.rig.copies import copies
from contrib.bench.rig.mesh import Mesh, mesh
from contrib.bench.rig.node import Node, until
from contrib.bench.rig.written import write_journal

LONG = 20_000
WITHIN_S = 60.0
MIB = 1 << 20

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Mesh]:
    with mesh(tmp_path, 2) as made:
        yield made


def size(node: Node, peer_id: str) -> int:
    with copies(node.state_dir) as reader:
        return reader.size(peer_id)


def verified(node: Node, name: str) -> bool:
    return node.chorus("log", "verify", "--peer", name).returncode == 0


def test_a_copy_that_was_cut_short_goes_on_where_it_was(pair: Mesh) -> None:
    author, copying = pair.nodes
    peer_id = write_journal(author.state_dir, LONG)
    author.start()
    copying.start()
    until(lambda: size(copying, peer_id) > LONG // 10, WITHIN_S, copying.told)
    copying.kill()
    cut = size(copying, peer_id)
    assert cut < LONG
    author.stop()
    author.start()
    copying.start()
    assert size(copying, peer_id) >= cut
    until(lambda: size(copying, peer_id) >= LONG, WITHIN_S, copying.told)
    assert verified(copying, peer_id)


def test_who_lost_its_disk_begins_anew_and_its_peer_keeps_what_it_had(pair: Mesh) -> None:
    author, copying = pair.nodes
    peer_id = write_journal(author.state_dir, 300)
    author.start()
    copying.start()
    until(lambda: size(copying, peer_id) >= 300, WITHIN_S, copying.told)
    author.kill()
    old = size(copying, peer_id)
    for path in author.state_dir.glob("journal.db*"):
        path.unlink()
    shutil.rmtree(author.state_dir / "blobs", ignore_errors=True)
    author.start()
    pair.wait()
    with author.client() as client:
        task = client.submit("true", requires=["sandbox:nobody-has-it"]).json["id"]
    with copies(copying.state_dir) as reader:
        until(lambda: reader.has(peer_id, task), WITHIN_S, copying.told)
    with copies(author.state_dir) as reader:  # its own past comes back to it, as a copy
        until(lambda: reader.size(peer_id) >= old, WITHIN_S, author.told)
    listed = copying.chorus("log", "peers").stdout.decode()
    origins = [line.split()[0] for line in listed.splitlines() if peer_id in line]
    assert len(origins) == 2
    assert all(verified(copying, origin) for origin in origins)
