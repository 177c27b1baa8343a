"""A disk that is full or read-only: a clear refusal, and what was acknowledged stays."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from chorus_hooks.errors import Refused
from chorus_hooks.identity import Identity
from chorus_journal.blob_store import FileBlobs
from chorus_journal.database import database_path
from chorus_journal.journal import SqliteJournal, open_journal
from chorus_journal.verify import verify_database
from tests.unit.journal.state import FakeNode


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    path = tmp_path / "disk"
    path.mkdir()
    _mount("-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(path))
    yield path
    subprocess.run(["umount", str(path)], check=True)


@contextmanager
def _read_only(disk: Path) -> Iterator[None]:
    _mount("-o", "remount,ro", str(disk))
    try:
        yield
    finally:
        _mount("-o", "remount,rw", str(disk))


def _contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


async def _fill(journal: SqliteJournal) -> int:
    """Append until the disk is full; returns how many entries were acknowledged."""
    acknowledged = 0
    with pytest.raises(Refused, match="disk is full") as caught:
        while True:
            await journal.write(lambda tx: tx.append("test.said", {"text": "x" * 8000}))
            acknowledged += 1
    assert "free some space" in caught.value.hint
    return acknowledged


async def test_a_full_disk_refuses_and_keeps_what_it_acknowledged(disk: Path, identity: Identity) -> None:
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    async with open_journal(FakeNode(disk), identity) as journal:
        acknowledged = await _fill(journal)
        assert acknowledged > 5
        assert (await journal.checkpoint()).size == acknowledged
        ballast.unlink()
        assert await journal.write(lambda tx: tx.append("test.said", {"text": "on"})) == acknowledged
    report = verify_database(database_path(disk), identity)
    assert (report.ok, report.checked) == (True, acknowledged + 1)


async def test_everybody_in_a_group_that_does_not_fit_is_refused(disk: Path, identity: Identity) -> None:
    refused: list[Refused] = []

    async def call(journal: SqliteJournal) -> None:
        try:
            await journal.write(lambda tx: tx.append("test.said", {"text": "x" * 100_000}))
        except Refused as error:
            refused.append(error)

    async with open_journal(FakeNode(disk), identity) as journal:
        async with trio.open_nursery() as nursery:
            for _ in range(40):
                nursery.start_soon(call, journal)
        size = (await journal.checkpoint()).size
    assert refused and size == 40 - len(refused)
    assert verify_database(database_path(disk), identity).checked == size


async def test_a_journal_that_does_not_fit_is_begun_when_there_is_room(
    disk: Path, identity: Identity
) -> None:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while os.statvfs(disk).f_bavail:
            file.write(bytes(4096))
    with pytest.raises(Refused, match="disk is full"):
        async with open_journal(FakeNode(disk), identity):
            pass
    ballast.unlink()
    async with open_journal(FakeNode(disk), identity) as journal:
        assert await journal.write(lambda tx: tx.append("test.said", {})) == 0


async def test_a_read_only_disk_refuses_to_write_and_can_be_verified(disk: Path, identity: Identity) -> None:
    async with open_journal(FakeNode(disk), identity) as journal:
        await journal.write(lambda tx: tx.append("test.said", {}))
    before = _contents(disk)
    with _read_only(disk):
        with pytest.raises(Refused, match="read-only"):
            async with open_journal(FakeNode(disk), identity):
                pass
        assert verify_database(database_path(disk), identity).checked == 1
    assert _contents(disk) == before


def test_a_read_only_disk_takes_no_blobs(disk: Path) -> None:
    with _read_only(disk), pytest.raises(Refused, match="read-only"):
        FileBlobs(disk, "b" * 32, 1 << 30).sweep(lambda boot: True)


def test_a_blob_that_does_not_fit_is_refused_and_leaves_nothing(disk: Path) -> None:
    blobs = FileBlobs(disk, "b" * 32, 1 << 30)
    blobs.sweep(lambda boot: True)
    with blobs.create() as writer:
        writer.write(b"small")
        small = writer.commit()
    with pytest.raises(Refused, match="disk is full"), blobs.create() as writer:
        for _ in range(100):
            writer.write(bytes(100_000))
    assert list((disk / "blobs" / "tmp").iterdir()) == []
    assert (blobs.usage().count, blobs.find(small.sha256)) == (1, small)
