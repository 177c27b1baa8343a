"""The checks, metrics and the sweeper of journal and blobs, on a real database and real files."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import trio

from chorus_hooks.blob import Blob, Blobs
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal
from chorus_hooks.leftover import Leftover
from chorus_hooks.node import Node
from chorus_journal.blob_store import FileBlobs
from chorus_journal.check import blobs_check, journal_check, judge_usage
from chorus_journal.database import database_path
from chorus_journal.journal import SqliteJournal
from chorus_journal.metric import metrics
from chorus_journal.sweep import YOUNGEST_S, BlobSweep
from chorus_journal.verify import verify_database
from tests.unit.journal.state import FakeNode

DAY = 86400.0


class Given:
    def __init__(self, *pairs: tuple[type[Any], object]) -> None:
        self._given = dict(pairs)

    def get(self, kind: type[Any]) -> Any:
        return self._given[kind]


@pytest.fixture
def blobs(node: FakeNode) -> FileBlobs:
    store = FileBlobs(node.state_dir, node.boot, 1000)
    store.sweep(node.alive)
    return store


def store(blobs: FileBlobs, content: bytes) -> Blob:
    with blobs.create() as writer:
        writer.write(content)
        return writer.commit()


def age(state_dir: Path, blob: Blob, seconds: float) -> None:
    path = state_dir / "blobs" / blob.sha256[:2] / blob.sha256
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the write lock and does not let go."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_the_journal_is_really_written_and_nothing_is_logged(
    journal: SqliteJournal, node: FakeNode, identity: Identity
) -> None:
    check = journal_check()
    assert check.gates
    for count in (1, 2, 3):
        assert (await check.probe(Given((Journal, journal)))).status == "ok"
        assert await journal.read(lambda reader: reader.query("SELECT writes FROM probe")) == [(count,)]
    assert (await journal.checkpoint()).size == 0
    assert verify_database(database_path(node.state_dir), identity).ok


async def test_a_journal_that_takes_no_write_is_told(
    journal: SqliteJournal, node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journal_check().probe(Given((Journal, journal)))
    await journal.write(lambda tx: tx.execute("PRAGMA busy_timeout = 50"))
    with locked(node.state_dir / "journal.db"), pytest.raises(ChorusError, match="stayed locked"):
        await journal_check().probe(Given((Journal, journal)))
    assert (await journal_check().probe(Given((Journal, journal)))).status == "ok"


async def test_a_journal_that_loses_what_was_written_is_told(journal: SqliteJournal) -> None:
    class Forgetful:
        def __init__(self) -> None:
            self.migrate, self.write = journal.migrate, journal.write

        async def read(self, job: object) -> int:
            return 0

    with pytest.raises(ChorusError, match="does not give back"):
        await journal_check().probe(Given((Journal, Forgetful())))


@pytest.mark.parametrize(
    ("used", "size", "status", "text"),
    [
        (0, 0, "ok", "0 B of 1.0 kB are in use"),
        (800, 800, "ok", "800 B of 1.0 kB are in use"),
        (801, 801, "warning", "nearly full"),
        (951, 951, "failed", "the blob store is full"),
        (10, 990, "ok", "10 B of 1.0 kB are in use, and 980 B that nothing needs can make room"),
    ],
)
def test_how_full_is_too_full(used: int, size: int, status: str, text: str) -> None:
    finding = judge_usage(used, 1000, size)
    assert (finding.status, text in finding.text) == (status, True)
    assert bool(finding.cure) == (status != "ok")


async def test_a_store_that_is_full_of_what_is_needed_fails_and_one_that_can_make_room_does_not(
    journal: SqliteJournal, blobs: FileBlobs, node: FakeNode
) -> None:
    blob = store(blobs, b"x" * 960)
    age(node.state_dir, blob, DAY)
    given = Given((Blobs, blobs))
    assert (await blobs_check().probe(given)).status == "ok"
    await journal.write(lambda tx: tx.hold(blob.sha256, "task:1"))
    assert (await blobs_check().probe(given)).status == "failed"
    assert blobs.find(blob.sha256) == blob


async def test_the_metrics_tell_what_is_there(
    journal: SqliteJournal, blobs: FileBlobs, node: FakeNode
) -> None:
    store(blobs, b"x" * 100)
    await journal.write(lambda tx: tx.append("test.said", {"n": 1}))
    given = Given((Journal, journal), (Blobs, blobs), (Node, node))
    told = {metric.name: (await metric.read(given))[0] for metric in metrics()}
    assert all(sample.labels == {} for sample in told.values())
    values = {name: sample.value for name, sample in told.items()}
    assert values["chorus_journal_entries"] == 1
    assert values["chorus_journal_size_bytes"] > 4096
    assert (
        values["chorus_blobs"],
        values["chorus_blobs_size_bytes"],
        values["chorus_blobs_quota_bytes"],
    ) == (
        1,
        100,
        1000,
    )
    assert values["chorus_state_dir_free_bytes"] > 0
    assert values["chorus_state_dir_free_inodes"] >= 0


async def test_counting_the_blobs_is_not_done_for_each_scrape(blobs: FileBlobs, node: FakeNode) -> None:
    given = Given((Blobs, blobs))
    ours = [metric for metric in metrics() if metric.name.startswith("chorus_blobs")]
    for _ in range(3):
        assert [(await metric.read(given))[0].value for metric in ours] == [0, 0, 1000]
        store(blobs, os.urandom(10))


async def test_old_blobs_that_nothing_holds_go_and_others_stay(
    journal: SqliteJournal, blobs: FileBlobs, node: FakeNode
) -> None:
    held, old, young = (store(blobs, content) for content in (b"held", b"oldest", b"young"))
    await journal.write(lambda tx: tx.hold(held.sha256, "task:1"))
    for blob, days in ((held, 90), (old, 31), (young, 29)):
        age(node.state_dir, blob, days * DAY)
    sweep = BlobSweep(blobs, node, lambda: 30 * DAY)
    assert await sweep.find() == (Leftover("blob", old.sha256, 6),)
    assert blobs.find(old.sha256)
    assert await sweep.remove() == (Leftover("blob", old.sha256, 6),)
    assert [blobs.find(blob.sha256) for blob in (held, old, young)] == [held, None, young]


async def test_what_was_just_written_stays_whatever_retention_says(
    journal: SqliteJournal, blobs: FileBlobs, node: FakeNode
) -> None:
    fresh = store(blobs, b"fresh")
    age(node.state_dir, fresh, YOUNGEST_S - 60)
    sweep = BlobSweep(blobs, node, lambda: 1.0)
    assert await sweep.remove() == ()
    age(node.state_dir, fresh, 61)
    assert await sweep.remove() == (Leftover("blob", fresh.sha256, 5),)


async def test_drafts_of_dead_writers_go_and_those_of_living_ones_stay(
    journal: SqliteJournal, blobs: FileBlobs, node: FakeNode
) -> None:
    dead = node.state_dir / "blobs" / "tmp" / f"{'d' * 32}.1"
    dead.write_bytes(b"123")
    with blobs.create() as writer:
        writer.write(b"x" * 10)
        sweep = BlobSweep(blobs, node, lambda: 30 * DAY)
        assert await sweep.find() == (Leftover("draft", dead.name, 3),)
        assert await sweep.remove() == (Leftover("draft", dead.name, 3),)
        assert not dead.exists()
        blob = writer.commit()
    assert blobs.find(blob.sha256)


async def test_a_sweep_that_takes_long_does_not_hold_up_who_stops(node: FakeNode) -> None:
    going, let_go, ended = threading.Event(), threading.Event(), threading.Event()

    class Endless:
        def prune(self, *, grace_s: float, dry_run: bool = False) -> tuple[Blob, ...]:
            going.set()
            let_go.wait(10)
            ended.set()
            return ()

    sweep = BlobSweep(cast(Blobs, Endless()), node, lambda: DAY)
    try:
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(sweep.remove)
                await trio.to_thread.run_sync(going.wait)
                nursery.cancel_scope.cancel()
        assert not ended.is_set()
    finally:
        let_go.set()


async def test_a_read_only_database_refuses_the_sweep_and_removes_nothing(
    journal: SqliteJournal, blobs: FileBlobs, node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = store(blobs, b"old")
    age(node.state_dir, old, 31 * DAY)
    monkeypatch.setattr(os, "open", _refusing(os.open))
    with pytest.raises(Refused, match="read-only"):
        await BlobSweep(blobs, node, lambda: DAY).remove()
    monkeypatch.undo()
    assert blobs.find(old.sha256)


def _refusing(real: Any) -> Any:
    def refuse(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if str(path).endswith("journal.db"):
            raise PermissionError(13, "Permission denied")
        opened: int = real(path, flags, *rest, **more)
        return opened

    return refuse
