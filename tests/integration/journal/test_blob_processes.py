"""Real processes on one blob store: several at once, and killed at every durable step."""

import hashlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from chorus_hooks.identity import Identity
from chorus_hooks.journal import Transaction
from chorus_journal.blob_store import FileBlobs
from chorus_journal.failpoints import BLOB_FAILPOINTS
from chorus_journal.journal import open_journal
from tests.unit.journal.state import FakeNode

STORER = "tests.integration.journal.storer"
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def state_dir(tmp_path: Path, identity: Identity) -> Path:
    async def make() -> None:
        async with open_journal(FakeNode(tmp_path), identity):
            pass

    trio.run(make)
    return tmp_path


def _go(*processes: subprocess.Popen[str]) -> list[list[str]]:
    for process in processes:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].split() for process in processes]


def _blobs_on_disk(state_dir: Path) -> set[str]:
    """Every blob, each checked against its name."""
    found = set()
    for path in (state_dir / "blobs").glob("??/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
        found.add(path.name)
    return found


def test_processes_that_store_the_same_blobs_at_once_agree(state_dir: Path, start: Start) -> None:
    processes = [start(STORER, state_dir, 30, 2000, "store") for _ in range(3)]
    first, *others = _go(*processes)
    assert len(first) == 30 and all(other == first for other in others)
    assert _blobs_on_disk(state_dir) == set(first)


@pytest.mark.parametrize("failpoint", [*BLOB_FAILPOINTS[:3], "blob.write:7", "blob.rename.after:3"])
def test_killed_at_any_step_a_blob_is_whole_or_absent(state_dir: Path, start: Start, failpoint: str) -> None:
    dying = start(STORER, state_dir, 10, 2000, "store", failpoint=failpoint)
    (acknowledged,) = _go(dying)
    assert dying.returncode == -signal.SIGKILL
    found = _blobs_on_disk(state_dir)
    assert set(acknowledged) <= found and len(found) <= len(acknowledged) + 1
    (after,) = _go(start(STORER, state_dir, 10, 2000, "store"))
    assert _blobs_on_disk(state_dir) == set(after)
    assert list((state_dir / "blobs" / "tmp").iterdir()) == []


def test_killed_while_it_prunes_no_held_blob_is_lost(
    state_dir: Path, start: Start, identity: Identity
) -> None:
    (stored,) = _go(start(STORER, state_dir, 10, 100, "store"))
    held = set(stored[::2])

    def hold(tx: Transaction) -> None:
        for sha256 in held:
            tx.hold(sha256, "task:1")

    async def hold_them() -> None:
        async with open_journal(FakeNode(state_dir), identity) as journal:
            await journal.write(hold)

    trio.run(hold_them)
    for path in (state_dir / "blobs").glob("??/*"):
        os.utime(path, (0, 0))
    dying = start(STORER, state_dir, 1, 0, "prune", failpoint="blob.prune:2")
    _go(dying)
    assert dying.returncode == -signal.SIGKILL
    assert held <= _blobs_on_disk(state_dir) and len(_blobs_on_disk(state_dir)) == 8
    FileBlobs(state_dir, "b" * 32, 1 << 30).prune(grace_s=1)
    assert _blobs_on_disk(state_dir) == held


def test_a_blob_that_was_acknowledged_while_another_process_prunes_is_kept(
    state_dir: Path, start: Start
) -> None:
    """Old blobs are stored again while a neighbour prunes what is old."""
    (stored,) = _go(start(STORER, state_dir, 40, 100, "store"))
    for path in (state_dir / "blobs").glob("??/*"):
        os.utime(path, (0, 0))
    storing = start(STORER, state_dir, 40, 100, "store")
    pruning = start(STORER, state_dir, 20, 0, "prune")
    again, _ = _go(storing, pruning)
    assert again == stored
    assert _blobs_on_disk(state_dir) == set(stored)
