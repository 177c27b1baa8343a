"""The blob store: whole under its name or not there, within its quota, and never pruned while held."""

import hashlib
import io
import os
from pathlib import Path

import pytest

from chorus_hooks.blob import Blob
from chorus_hooks.errors import ChorusError, NotFound, Refused, UsageError
from chorus_hooks.identity import Identity
from chorus_journal.blob_service import open_blobs
from chorus_journal.blob_store import FileBlobs
from chorus_journal.journal import SqliteJournal
from tests.unit.journal.state import FakeNode

BOOT = "b" * 32
HOUR = 3600.0


def _store(blobs: FileBlobs, *pieces: bytes) -> Blob:
    with blobs.create() as writer:
        for piece in pieces:
            assert writer.write(piece) == len(piece)
        return writer.commit()


def _path(tmp_path: Path, blob: Blob) -> Path:
    return tmp_path / "blobs" / blob.sha256[:2] / blob.sha256


def _age(tmp_path: Path, blob: Blob, seconds: float) -> None:
    path = _path(tmp_path, blob)
    modified = path.stat().st_mtime - seconds
    os.utime(path, (modified, modified))


def _files(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in (tmp_path / "blobs").rglob("*") if p.is_file() and p.name != "lock")


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    store = FileBlobs(tmp_path, BOOT, 1 << 20)
    store.sweep(lambda boot: True)
    return store


def test_a_blob_is_named_by_its_hash(blobs: FileBlobs, tmp_path: Path) -> None:
    blob = _store(blobs, b"hello ", b"world")
    assert blob == Blob(hashlib.sha256(b"hello world").hexdigest(), 11)
    assert _path(tmp_path, blob).read_bytes() == b"hello world"
    assert blobs.find(blob.sha256) == blob
    with blobs.open(blob.sha256) as file:
        assert file.read() == b"hello world"
    assert _files(tmp_path) == [blob.sha256]


def test_the_same_bytes_are_one_blob(blobs: FileBlobs, tmp_path: Path) -> None:
    assert _store(blobs, b"x") == _store(blobs, b"x")
    assert blobs.usage().count == 1
    assert _files(tmp_path) == [_store(blobs, b"x").sha256]


def test_an_empty_blob_is_a_blob(blobs: FileBlobs) -> None:
    blob = _store(blobs)
    with blobs.open(blob.sha256) as file:
        assert file.read() == b""


def test_without_commit_it_never_existed(blobs: FileBlobs, tmp_path: Path) -> None:
    with blobs.create() as writer:
        writer.write(b"draft")
    with pytest.raises(ZeroDivisionError), blobs.create() as writer:
        writer.write(b"draft")
        raise ZeroDivisionError
    assert _files(tmp_path) == []


def test_commit_twice_is_one_commit(blobs: FileBlobs) -> None:
    with blobs.create() as writer:
        writer.write(b"x")
        assert writer.commit() == writer.commit()


def test_blobs_are_private(blobs: FileBlobs, tmp_path: Path) -> None:
    blob = _store(blobs, b"x")
    for path in (_path(tmp_path, blob), _path(tmp_path, blob).parent, tmp_path / "blobs"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_is_not_here_is_not_found(blobs: FileBlobs) -> None:
    assert blobs.find("0" * 64) is None
    with pytest.raises(NotFound, match="not here"):
        blobs.open("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "A" * 64, "0" * 64 + "\n", "x" * 64])
def test_what_is_no_hash_is_a_usage_error(blobs: FileBlobs, name: str) -> None:
    with pytest.raises(UsageError, match="no SHA-256"):
        blobs.open(name)
    with pytest.raises(UsageError, match="no SHA-256"):
        blobs.find(name)


def test_a_damaged_blob_is_told_at_its_end(blobs: FileBlobs, tmp_path: Path) -> None:
    blob = _store(blobs, b"x" * 300_000)
    path = _path(tmp_path, blob)
    path.write_bytes(b"y" + path.read_bytes()[1:])
    with blobs.open(blob.sha256) as file, pytest.raises(ChorusError, match="damaged"):
        file.read()
    with blobs.open(blob.sha256) as file:
        assert len(file.read(1000)) == 1000
        with pytest.raises(ChorusError, match="damaged"):
            while file.read(1000):
                pass


def test_a_truncated_blob_is_told_at_its_end(blobs: FileBlobs, tmp_path: Path) -> None:
    blob = _store(blobs, b"x" * 1000)
    os.truncate(_path(tmp_path, blob), 999)
    with blobs.open(blob.sha256) as file, pytest.raises(ChorusError, match="damaged"):
        file.read()


def test_a_blob_is_a_real_file_that_can_be_read_again_and_in_part(blobs: FileBlobs) -> None:
    content = bytes(range(256)) * 2000
    blob = _store(blobs, content)
    with blobs.open(blob.sha256) as file:
        assert os.fstat(file.fileno()).st_size == len(content)
        for _ in range(2):
            assert file.read() == content
            file.seek(0)
        file.seek(-10, io.SEEK_END)
        assert file.read() == content[-10:]
        file.seek(1000)
        buffer = bytearray(10)
        assert isinstance(file, io.BufferedReader) and file.readinto(buffer) == 10
        assert bytes(buffer) == content[1000:1010]
        assert list(iter(lambda: file.readline(), b""))[-1] == content[-245:]


def test_a_damaged_blob_is_healed_by_the_same_bytes(blobs: FileBlobs, tmp_path: Path) -> None:
    blob = _store(blobs, b"good")
    _path(tmp_path, blob).write_bytes(b"evil")
    assert _store(blobs, b"good") == blob
    assert _path(tmp_path, blob).read_bytes() == b"good"


async def test_the_quota_holds_and_what_did_not_fit_leaves_nothing(
    tmp_path: Path, journal: SqliteJournal
) -> None:
    blobs = FileBlobs(tmp_path, BOOT, 1000)
    blobs.sweep(lambda boot: True)
    first = _store(blobs, b"x" * 600)
    with pytest.raises(Refused, match="quota") as caught, blobs.create() as writer:
        writer.write(b"y" * 300)
        writer.write(b"y" * 300)
    assert "CHORUS_BLOB_QUOTA" in caught.value.hint
    assert _files(tmp_path) == [first.sha256]
    _store(blobs, b"z" * 400)


async def test_at_the_quota_what_nothing_holds_makes_room(tmp_path: Path, journal: SqliteJournal) -> None:
    blobs = FileBlobs(tmp_path, BOOT, 1000)
    blobs.sweep(lambda boot: True)
    held, old, new = (_store(blobs, letter * 300) for letter in (b"h", b"o", b"n"))
    await journal.write(lambda tx: tx.hold(held.sha256, "task:1"))
    for blob in (held, old):
        _age(tmp_path, blob, 2 * HOUR)
    _store(blobs, b"x" * 300)
    assert [blobs.find(b.sha256) for b in (held, old, new)] == [held, None, new]
    with pytest.raises(Refused, match="quota"):
        _store(blobs, b"y" * 300)


def test_the_quota_counts_a_blob_stored_twice_once(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path, BOOT, 1000)
    blobs.sweep(lambda boot: True)
    for _ in range(5):
        _store(blobs, b"x" * 400)
    _store(blobs, b"y" * 600)


async def test_the_quota_sees_what_other_processes_stored_and_removed(
    tmp_path: Path, journal: SqliteJournal
) -> None:
    one, other = FileBlobs(tmp_path, BOOT, 1000), FileBlobs(tmp_path, "c" * 32, 1000)
    one.sweep(lambda boot: True)
    blob = _store(one, b"x" * 600)
    with pytest.raises(Refused, match="quota"):
        _store(other, b"y" * 600)
    _path(tmp_path, blob).unlink()
    _store(other, b"y" * 600)


def test_usage_tells_count_size_and_quota(blobs: FileBlobs) -> None:
    _store(blobs, b"x" * 10)
    _store(blobs, b"y" * 20)
    usage = blobs.usage()
    assert (usage.count, usage.size, usage.quota) == (2, 30, 1 << 20)


async def test_prune_removes_what_is_old_and_not_held(
    blobs: FileBlobs, tmp_path: Path, journal: SqliteJournal
) -> None:
    held, old, new = (_store(blobs, text) for text in (b"held", b"old", b"new"))
    await journal.write(lambda tx: tx.hold(held.sha256, "task:1"))
    for blob in (held, old):
        _age(tmp_path, blob, 2 * HOUR)
    assert blobs.prune(grace_s=HOUR, dry_run=True) == (old,)
    assert blobs.find(old.sha256) == old
    assert blobs.prune(grace_s=HOUR) == (old,)
    assert [blobs.find(b.sha256) for b in (held, old, new)] == [held, None, new]
    assert blobs.prune(grace_s=HOUR) == ()


async def test_a_blob_is_held_until_its_last_holder_lets_go(
    blobs: FileBlobs, tmp_path: Path, journal: SqliteJournal
) -> None:
    blob = _store(blobs, b"shared")
    _age(tmp_path, blob, 2 * HOUR)
    for owner in ("task:1", "task:2", "task:2"):
        await journal.write(lambda tx, owner=owner: tx.hold(blob.sha256, owner))  # type: ignore[misc]
    await journal.write(lambda tx: tx.release("task:1"))
    assert blobs.prune(grace_s=HOUR) == ()
    await journal.write(lambda tx: tx.release("task:2"))
    assert blobs.prune(grace_s=HOUR) == (blob,)


async def test_storing_a_blob_again_begins_its_grace_anew(
    blobs: FileBlobs, tmp_path: Path, journal: SqliteJournal
) -> None:
    blob = _store(blobs, b"again")
    _age(tmp_path, blob, 2 * HOUR)
    _store(blobs, b"again")
    assert blobs.prune(grace_s=HOUR) == ()


async def test_a_hold_names_a_hash_and_an_owner(journal: SqliteJournal) -> None:
    with pytest.raises(UsageError, match="no SHA-256"):
        await journal.write(lambda tx: tx.hold("x", "task:1"))
    with pytest.raises(UsageError, match="held by somebody"):
        await journal.write(lambda tx: tx.hold("0" * 64, ""))


async def test_drafts_of_dead_boots_go_and_those_of_living_ones_stay(
    tmp_path: Path, identity: Identity
) -> None:
    drafts = tmp_path / "blobs" / "tmp"
    drafts.mkdir(parents=True)
    for boot in ("dead", "alive"):
        (drafts / f"{boot}.123").write_bytes(b"x")
    async with open_blobs(FakeNode(tmp_path, boot="mine", others=frozenset({"alive"})), 1 << 20):
        assert _files(tmp_path) == ["alive.123"]


def test_files_of_others_in_the_tree_are_left_alone(blobs: FileBlobs, tmp_path: Path) -> None:
    (tmp_path / "blobs" / "notes").mkdir()
    (tmp_path / "blobs" / "notes" / "todo").write_bytes(b"x")
    (tmp_path / "blobs" / "README").write_bytes(b"x")
    assert blobs.usage().count == 0
