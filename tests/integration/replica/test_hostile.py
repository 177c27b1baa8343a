"""Real nodes and a process that gives them a journal that is forged, or has two histories."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contrib.bench.rig.copies import copies
from contrib.bench.rig.mesh import Mesh, mesh
from contrib.bench.rig.node import Node, until
from tests.integration.replica.stranger import COMMON, history
from tests.unit.journal.state import fixed_identity

AUTHOR = fixed_identity(7).peer_id
WITHIN_S = 60.0
NOBODYS: dict[str, Any] = {"requires": ["sandbox:nobody-has-it"]}

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Mesh]:
    with mesh(tmp_path, 2) as made:
        for node in made.nodes:
            node.start()
        made.wait()
        yield made


@contextmanager
def stranger(way: str, victim: Node) -> Iterator[str]:
    """One at its work; gives its peer id."""
    secret = victim.environment["CHORUS_CLUSTER_SECRET"]
    address = victim.where["p2p"][0]
    command = [sys.executable, "-m", "tests.integration.replica.stranger", way, address, secret]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[3], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def copied(node: Node, peer_id: str) -> int:
    with copies(node.state_dir) as reader:
        return reader.size(peer_id)


def still_copies(one: Node, other: Node) -> None:
    """What `one` appends now comes to `other`."""
    with one.client() as client, copies(other.state_dir) as reader:
        task = client.submit("true", **NOBODYS).json["id"]
        until(lambda: reader.has(one.where["peer_id"], task), WITHIN_S, other.told)


def test_two_histories_are_quarantined_with_the_evidence_by_all_and_others_are_copied(pair: Mesh) -> None:
    one, other = pair.nodes
    size = len(history("one").entries)
    with stranger("one", one):
        until(lambda: all(copied(node, AUTHOR) == size for node in pair.nodes), WITHIN_S, one.told)
    with stranger("other", one) as culprit:
        until(lambda: "signed two histories" in one.log.read_text(), WITHIN_S, one.told)
    listed = one.chorus("log", "peers").stdout.decode()
    assert [line for line in listed.splitlines() if AUTHOR in line and "forked" in line]
    assert one.chorus("log", "verify", "--peer", AUTHOR).returncode != 0
    assert other.chorus("log", "verify", "--peer", AUTHOR).returncode == 0
    assert copied(one, AUTHOR) == copied(other, AUTHOR) == size
    assert culprit not in "".join(
        line for line in one.log.read_text().splitlines() if "broke the protocol" in line
    )
    still_copies(one, other)
    still_copies(other, one)


def test_who_forges_entries_is_named_and_put_out_and_none_is_kept(pair: Mesh) -> None:
    one, other = pair.nodes
    with stranger("forged", one) as culprit:
        until(
            lambda: any(
                culprit in line and "broke the protocol" in line for line in one.log.read_text().splitlines()
            ),
            WITHIN_S,
            one.told,
        )
    assert copied(one, AUTHOR) < COMMON
    still_copies(one, other)
    still_copies(other, one)
