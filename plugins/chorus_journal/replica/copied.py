"""What is here of one journal, and how a parcel of entries adds to it. Pure.

Every step is proved. The entries of a parcel are appended to the frontier that is kept; the root which comes
of it is the signed one, or a consistency proof leads from it to the signed one. A frontier stands for every
entry before it, so this shows at once that the new entries are those that were signed, and that the signed
log begins with all that was here before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chorus_hooks.journal import Checkpoint
from chorus_journal.entry import MAX_ENTRY, VERSION, decode_place
from chorus_journal.merkle import Frontier, Subtree, leaf_hash
from chorus_journal.proof import verify_consistency
from chorus_journal.replica.message import Parcel
from chorus_journal.replica.statement import Statement, state


@dataclass(frozen=True)
class Copied:
    """A journal as far as it is here: `size` entries of `length` bytes, under `frontier`.

    `whole` is the newest checkpoint that they reach; `beyond` what the entries after it were proved against.
    """

    origin: str
    size: int = 0
    frontier: tuple[bytes, ...] = ()
    length: int = 0
    whole: Checkpoint | None = None
    beyond: Statement | None = None
    forked: bool = False

    @property
    def reached(self) -> int:
        """The size of the newest checkpoint that all entries are here of."""
        return self.whole.size if self.whole else 0

    def statement(self) -> Statement | None:
        """What its node has signed about the entries that are here; None of no entries."""
        if self.whole is not None and self.whole.size == self.size:
            return state(self.whole) if self.size else None
        return self.beyond


@dataclass(frozen=True)
class Added:
    """The journal after a parcel, and what is to be written down."""

    copied: Copied
    rows: Sequence[tuple[int, bytes, bytes]] = field(repr=False)
    tiles: Sequence[Subtree] = field(repr=False)


class BadParcel(ValueError):  # noqa: N818 - reads as what it is
    """Whoever sent it is at fault: it does not even claim to follow."""


class Malformed(ValueError):  # noqa: N818 - reads as what it is
    """Its node signed what is no entry of its journal."""


class Unproven(ValueError):  # noqa: N818 - reads as what it is
    """It does not follow from `mine`: either the sender lies, or the node has signed two histories."""

    def __init__(self, why: str, mine: Statement) -> None:
        super().__init__(why)
        self.mine = mine


def add(
    copied: Copied, parcel: Parcel, checkpoint: Checkpoint, claims: Mapping[int, Checkpoint] | None = None
) -> Added:
    """Take a parcel that `checkpoint` is to cover. `claims` are further checkpoints of its node, by size.

    Raises BadParcel, Malformed or Unproven; nothing of it may then be kept.
    """
    _check_shape(copied, parcel, checkpoint)
    frontier = Frontier(copied.size, copied.frontier)
    rows: list[tuple[int, bytes, bytes]] = []
    tiles: list[Subtree] = []
    broken: Checkpoint | None = None
    for seq, body in enumerate(parcel.entries, copied.size):
        leaf = leaf_hash(body)
        rows.append((seq, leaf, body))
        tiles += frontier.add(leaf)
        claim = claims.get(frontier.size) if claims else None
        if claim is not None and claim.root != frontier.root():
            broken = broken or claim
    root = frontier.root()
    if not verify_consistency(frontier.size, checkpoint.size, root, checkpoint.root, parcel.proof):
        mine = copied.statement()
        if mine is None:
            raise BadParcel("its entries do not lead to the root that it shows")
        raise Unproven("its entries and those before them do not lead to the root that it shows", mine)
    if broken is not None:  # only now: had we another history, no claim of theirs would hold here
        raise Unproven(f"its first {broken.size} entries are not those of another checkpoint", state(broken))
    _check_places(copied.origin, rows)
    ends = frontier.size == checkpoint.size
    return Added(
        replace(
            copied,
            size=frontier.size,
            frontier=tuple(frontier.hashes),
            length=copied.length + sum(map(len, parcel.entries)),
            whole=checkpoint if ends else copied.whole,
            beyond=None if ends else Statement(checkpoint.note, frontier.size, root, parcel.proof),
        ),
        rows,
        tiles,
    )


def _check_shape(copied: Copied, parcel: Parcel, checkpoint: Checkpoint) -> None:
    if checkpoint.origin != copied.origin:
        raise BadParcel(f"a checkpoint of {checkpoint.origin}, and {copied.origin} was asked for")
    if parcel.start != copied.size:
        raise BadParcel(f"entries from {parcel.start} on, and those from {copied.size} on were asked for")
    if parcel.end > checkpoint.size:
        raise BadParcel(f"{parcel.end} entries, and {checkpoint.size} are signed")
    if any(len(body) > MAX_ENTRY for body in parcel.entries):
        raise BadParcel(f"an entry of more than {MAX_ENTRY} bytes")


def _check_places(origin: str, rows: Sequence[tuple[int, bytes, bytes]]) -> None:
    for seq, _, body in rows:
        try:
            place = decode_place(body)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"entry {seq} is not an entry: {error}") from None
        if place.seq != seq or place.log != origin or place.v != VERSION:
            raise Malformed(f"entry {seq} does not belong there: it is {place.seq} of {place.log[:200]}")
