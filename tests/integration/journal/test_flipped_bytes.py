"""Every flipped byte of a small log is found by `verify`; one in an entry is named."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import trio

from chorus_hooks.identity import Identity
from chorus_journal.audit import Report
from chorus_journal.database import database_path
from chorus_journal.journal import open_journal
from chorus_journal.verify import verify_database
from tests.unit.journal.state import FakeNode

ENTRIES = 3


@pytest.fixture
def path(tmp_path: Path, identity: Identity) -> Path:
    async def fill() -> None:
        async with open_journal(FakeNode(tmp_path), identity) as journal:
            await journal.migrate("views", ["CREATE TABLE view (text TEXT) STRICT"])
            for number in range(ENTRIES):
                await journal.write(lambda tx, n=number: tx.append("test.said", {"number": n, "é": "…"}))  # type: ignore[misc]
            await journal.write(lambda tx: tx.execute("INSERT INTO view VALUES ('seen')"))

    trio.run(fill)
    return database_path(tmp_path)


@contextmanager
def _flipped(path: Path, at: int, bits: int) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR)
    try:
        byte = os.pread(descriptor, 1, at)
        os.pwrite(descriptor, bytes([byte[0] ^ bits]), at)
        yield
        os.pwrite(descriptor, byte, at)
    finally:
        os.close(descriptor)


def _verify_flipped(path: Path, at: int, bits: int, identity: Identity) -> Report:
    with _flipped(path, at, bits):
        return verify_database(path, identity)


def _places(path: Path, sql: str) -> list[int]:
    """The offsets in the file of every byte of the rows that a query returns, columns joined as stored."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(sql).fetchall()
    raw = path.read_bytes()
    places: list[int] = []
    for row in rows:
        content = b"".join(value.encode() if isinstance(value, str) else value for value in row)
        assert raw.count(content) == 1
        places += range(raw.index(content), raw.index(content) + len(content))
    return places


def test_a_whole_log_is_found_whole(path: Path, identity: Identity) -> None:
    report = verify_database(path, identity)
    assert (report.ok, report.size, report.checked, report.first_bad) == (True, ENTRIES, ENTRIES, None)


@pytest.mark.parametrize("seq", range(ENTRIES))
def test_every_flipped_byte_of_an_entry_names_it(path: Path, identity: Identity, seq: int) -> None:
    for at in _places(path, f"SELECT leaf, body FROM entry WHERE seq = {seq}"):
        report = _verify_flipped(path, at, 0x01, identity)
        assert (report.ok, report.first_bad, report.checked) == (False, seq, seq), at


def test_every_flipped_byte_of_a_checkpoint_is_found(path: Path, identity: Identity) -> None:
    places = _places(path, "SELECT note FROM checkpoint")
    (path.parent / "journal.sum").unlink()
    for at in places:
        assert not _verify_flipped(path, at, 0x01, identity).ok, at


def test_every_flipped_byte_of_the_kept_tree_is_found(path: Path, identity: Identity) -> None:
    places = _places(path, "SELECT origin, char(size), frontier FROM log")
    (path.parent / "journal.sum").unlink()
    for at in places:
        assert not _verify_flipped(path, at, 0x80, identity).ok, at


@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_flipped_bytes_anywhere_in_the_file_are_found(path: Path, identity: Identity, bits: int) -> None:
    raw = path.read_bytes()
    used = [at for at, byte in enumerate(raw) if byte][bits % 7 :: 7]
    unused = [at for at, byte in enumerate(raw) if not byte][bits % 199 :: 199]
    for at in used + unused:
        assert not _verify_flipped(path, at, bits, identity).ok, at


@pytest.mark.soak
@pytest.mark.parametrize("bits", [1 << n for n in range(8)])
def test_every_flipped_bit_of_the_file_is_found(path: Path, identity: Identity, bits: int) -> None:
    for at in range(path.stat().st_size):
        assert not _verify_flipped(path, at, bits, identity).ok, at


def test_flipped_bytes_of_the_sum_are_found(path: Path, identity: Identity) -> None:
    summed = path.parent / "journal.sum"
    for at in range(summed.stat().st_size):
        with _flipped(summed, at, 0x01):
            assert not verify_database(path, identity).ok, at


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 8192, 12_289])
def test_a_truncated_file_is_found(path: Path, identity: Identity, size: int) -> None:
    os.truncate(path, size)
    assert not verify_database(path, identity).ok
