"""What this node can give to others: of its own journal, and of every copy as far as it is whole."""

from functools import partial

from chorus_hooks.errors import NotFound
from chorus_hooks.journal import Checkpoint, Reader
from chorus_journal.checkpoint import parse_checkpoint
from chorus_journal.log import NEWEST_CHECKPOINT
from chorus_journal.merkle import TILE_WIDTH
from chorus_journal.proof import tree_hash
from chorus_journal.proving import prove_consistency
from chorus_journal.replica import store
from chorus_journal.replica.message import PARCEL, PARCEL_SIZE, Parcel, Proved
from chorus_journal.replica.statement import Statement
from chorus_journal.rows import OWN, Rows


def find(reader: Reader, origin: str) -> tuple[Checkpoint, Rows]:
    """The newest checkpoint of a journal that is here up to there. Raises NotFound."""
    ((note,),) = reader.query(NEWEST_CHECKPOINT)
    own = parse_checkpoint(note)
    if own.origin == origin:
        return own, OWN
    copied, rows = store.find(reader, origin)
    if copied.whole is None:
        raise NotFound(f"the journal {origin} is not here yet")
    return copied.whole, rows


def pack(reader: Reader, origin: str, start: int, target: Checkpoint | None = None) -> Parcel | None:
    """Entries from `start` on, up to `target` or what is here; None when there are none. Raises NotFound."""
    newest, rows = find(reader, origin)
    checkpoint = target or newest
    end = _end(reader, rows, start, checkpoint.size)
    if end <= start:
        return None
    entries = tuple(body for _, body in rows.bodies(reader, start, end, PARCEL))
    proof = prove_consistency(reader, end, checkpoint.size, rows)
    return Parcel(checkpoint.note, start, tuple(proof), entries)


def prove(reader: Reader, origin: str, old: int, new: int) -> Proved:
    """The root of the first `old` entries, as part of the first `new`. Raises NotFound when not here."""
    newest, rows = find(reader, origin)
    if not 0 < old <= new <= newest.size:
        raise NotFound(f"the journal {origin} is not here up to there")
    root = tree_hash(old, partial(rows.subtree_hash, reader))
    return Proved(root, tuple(prove_consistency(reader, old, new, rows)))


def state(reader: Reader, origin: str, size: int) -> Statement:
    """What its node signed about the first `size` entries of a journal. Raises NotFound."""
    newest, _ = find(reader, origin)
    proved = prove(reader, origin, size, newest.size)
    return Statement(newest.note, size, proved.root, proved.proof)


def _end(reader: Reader, rows: Rows, start: int, size: int) -> int:
    """Where a parcel ends: by number, by length, and where a proof is cheap when it goes on."""
    lengths = rows.lengths(reader, start, size, PARCEL)
    end, total = start, 0
    for length in lengths:
        total += length
        if total > PARCEL_SIZE and end > start:
            break
        end += 1
    even = end - end % TILE_WIDTH
    return even if end < size and even > start else end
