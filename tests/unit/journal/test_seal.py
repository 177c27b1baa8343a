"""journal.sum: there when the database is at rest, gone before it changes."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chorus_hooks.errors import Refused
from chorus_hooks.identity import Identity
from chorus_hooks.node import Node
from chorus_journal.database import database_path
from chorus_journal.journal import open_journal
from chorus_journal.seal import break_seal, is_broken, seal
from chorus_journal.verify import verify_database
from tests.unit.journal.state import fixed_identity


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes when a file is written anew; None when there is none."""
    if not path.exists():
        return None
    return path.stat().st_ino, path.stat().st_mtime_ns


def _text(path: Path) -> str:
    return path.read_text()


def _sha256sum(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


@pytest.fixture
def summed(tmp_path: Path) -> Path:
    return tmp_path / "journal.sum"


async def test_a_closed_database_has_the_sum_that_sha256sum_prints(
    node: Node, identity: Identity, summed: Path
) -> None:
    async with open_journal(node, identity) as journal:
        await journal.write(lambda tx: tx.append("test.said", {}))
        assert _stamp(summed) is None
    assert _sha256sum(database_path(node.state_dir)) == _text(summed)


async def test_reading_alone_keeps_the_seal(node: Node, identity: Identity, summed: Path) -> None:
    async with open_journal(node, identity):
        pass
    before = _stamp(summed)
    async with open_journal(node, identity) as journal:
        await journal.checkpoint()
    assert _stamp(summed) == before is not None
    assert verify_database(database_path(node.state_dir), identity).ok


async def test_the_seal_is_gone_before_anything_changes(node: Node, identity: Identity, summed: Path) -> None:
    async with open_journal(node, identity):
        pass
    assert _stamp(summed)
    async with open_journal(node, identity) as journal:
        await journal.write(lambda tx: tx.append("test.said", {}))
        assert _stamp(summed) is None
        assert verify_database(database_path(node.state_dir), identity).ok
    assert verify_database(database_path(node.state_dir), identity).ok


async def test_only_the_last_one_to_leave_seals(node: Node, identity: Identity, summed: Path) -> None:
    async with open_journal(node, identity):
        async with open_journal(node, identity) as journal:
            await journal.write(lambda tx: tx.append("test.said", {}))
        assert _stamp(summed) is None
    assert _stamp(summed)


async def test_a_changed_view_is_found(node: Node, identity: Identity) -> None:
    async with open_journal(node, identity) as journal:
        await journal.migrate("views", ["CREATE TABLE view (text TEXT) STRICT"])
    with closing(sqlite3.connect(database_path(node.state_dir))) as connection, connection:
        connection.execute("INSERT INTO view VALUES ('forged')")
    report = verify_database(database_path(node.state_dir), identity)
    assert (report.ok, report.first_bad) == (False, None)
    assert "journal.sum" in str(report.error)


async def test_a_database_that_was_refused_is_not_sealed(
    node: Node, identity: Identity, summed: Path
) -> None:
    async with open_journal(node, identity):
        pass
    break_seal(database_path(node.state_dir))
    with pytest.raises(Refused):
        async with open_journal(node, fixed_identity(2)):
            pass
    assert _stamp(summed) is None


def test_without_a_seal_nothing_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"x")
    assert not is_broken(path)
    break_seal(path)
    seal(path)
    assert not is_broken(path)
    path.write_bytes(b"y")
    assert is_broken(path)
    break_seal(path)
    assert not is_broken(path)


def test_a_large_database_is_not_hashed(tmp_path: Path, summed: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(bytes(5 << 20))
    seal(path)
    assert not summed.exists()
