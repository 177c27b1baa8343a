"""The copies in the database: read and written inside jobs of `Journal`."""

from typing import Final

import msgspec

from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.journal import Checkpoint, Reader, Row, Transaction
from chorus_journal.checkpoint import origin_peer, parse_checkpoint
from chorus_journal.merkle import HASH_SIZE
from chorus_journal.replica.copied import Added, Copied
from chorus_journal.replica.statement import Statement
from chorus_journal.rows import Rows, copy

_COLUMNS: Final = "SELECT origin, size, frontier, length, note, beyond, forked FROM replica"


def read_all(reader: Reader) -> list[Copied]:
    """Every copy, by origin."""
    return [_copied(row) for row in reader.query(f"{_COLUMNS} ORDER BY origin")]


def find(reader: Reader, name: str) -> tuple[Copied, Rows]:
    """The copy of a journal, by its origin or its peer, and where its rows are.

    Raises NotFound, and UsageError when the peer has several.
    """
    found = reader.query(
        "SELECT origin, id FROM replica WHERE origin = ?1 OR peer = ?1 ORDER BY origin", (name,)
    )
    if not found:
        raise NotFound(
            f"there is no copy of a journal of {name[:200]} here",
            hint="`chorus log peers` lists those there are",
        )
    if len(found) > 1:
        raise UsageError(
            f"{name[:200]} has {len(found)} journals, one for each disk that it had",
            hint="give the origin of one: " + ", ".join(origin for origin, _ in found[:5]),
        )
    ((origin, number),) = found
    (row,) = reader.query(f"{_COLUMNS} WHERE origin = ?", (origin,))
    return _copied(row), copy(number)


def write(transaction: Transaction, before: Copied, added: Added) -> None:
    """Keep what a parcel added to `before`. Raises RuntimeError when that is not what is here."""
    number = _number(transaction, before)
    after = added.copied
    for seq, leaf, body in added.rows:
        transaction.execute("INSERT INTO replica_entry VALUES (?, ?, ?, ?)", (number, seq, leaf, body))
    for tile in added.tiles:
        place = (number, tile.level, tile.index, tile.hash)
        transaction.execute("INSERT INTO replica_tile VALUES (?, ?, ?, ?)", place)
    changed = transaction.execute(
        "UPDATE replica SET size = ?, frontier = ?, length = ?, note = ?, beyond = ?"
        " WHERE id = ? AND size = ? AND NOT forked",
        (
            after.size,
            b"".join(after.frontier),
            after.length,
            after.whole.note if after.whole else None,
            msgspec.json.encode(after.beyond).decode() if after.beyond else None,
            number,
            before.size,
        ),
    )
    if not changed:
        raise RuntimeError(f"the copy of {before.origin} is not where it was")


def write_fork(transaction: Transaction, copied: Copied, first: Statement, second: Statement) -> None:
    """Keep the evidence that a node signed two histories; its journal takes no more entries."""
    transaction.execute("UPDATE replica SET forked = 1 WHERE id = ?", (_number(transaction, copied),))
    transaction.execute(
        "INSERT OR IGNORE INTO replica_evidence VALUES (?, ?, ?)",
        (copied.origin, msgspec.json.encode(first).decode(), msgspec.json.encode(second).decode()),
    )


def read_evidence(reader: Reader, origin: str) -> tuple[Statement, Statement] | None:
    """The two statements that contradict each other, when there are any."""
    for row in reader.query("SELECT first, second FROM replica_evidence WHERE origin = ?", (origin,)):
        first, second = (msgspec.json.decode(text, type=Statement) for text in row)
        return first, second
    return None


def _number(transaction: Transaction, copied: Copied) -> int:
    transaction.execute(
        "INSERT OR IGNORE INTO replica (origin, peer, size, frontier, length) VALUES (?, ?, 0, x'', 0)",
        (copied.origin, origin_peer(copied.origin)),
    )
    ((number,),) = transaction.query("SELECT id FROM replica WHERE origin = ?", (copied.origin,))
    return int(number)


def _copied(row: Row) -> Copied:
    origin, size, frontier, length, note, beyond, forked = row
    return Copied(
        origin=origin,
        size=size,
        frontier=_hashes(frontier),
        length=length,
        whole=_checkpoint(note),
        beyond=msgspec.json.decode(beyond, type=Statement) if beyond else None,
        forked=bool(forked),
    )


def _hashes(joined: bytes) -> tuple[bytes, ...]:
    return tuple(joined[i : i + HASH_SIZE] for i in range(0, len(joined), HASH_SIZE))


def _checkpoint(note: str | None) -> Checkpoint | None:
    return parse_checkpoint(note) if note else None
