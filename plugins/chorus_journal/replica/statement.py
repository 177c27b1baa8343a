"""What a node has signed about a part of its log, and when two such statements contradict. Pure."""

from typing import Annotated

import msgspec
from msgspec import Meta

from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint
from chorus_journal.checkpoint import open_checkpoint
from chorus_journal.proof import verify_consistency


class Statement(msgspec.Struct, frozen=True):
    """By signing `note`, a node says that its first `size` entries have the root `root`.

    `proof` leads from there to the signed root (RFC 6962 consistency); it is empty when the note is of that
    very size. JSON of two of them is evidence for anyone: it needs nothing but the peer id in the note.
    """

    note: str
    size: Annotated[int, Meta(ge=0)]
    root: bytes
    proof: tuple[bytes, ...] = ()


def state(checkpoint: Checkpoint) -> Statement:
    """What a checkpoint says about all of it."""
    return Statement(checkpoint.note, checkpoint.size, checkpoint.root)


def holds(statement: Statement, checkpoint: Checkpoint) -> bool:
    """Whether `checkpoint`, which its note is, says so. Of nothing, nothing can be said."""
    return statement.size > 0 and verify_consistency(
        statement.size, checkpoint.size, statement.root, checkpoint.root, statement.proof
    )


def contradict(first: Statement, second: Statement, identity: Identity) -> bool:
    """Whether one node signed both and they cannot both be true: it keeps two histories."""
    try:
        one, other = open_checkpoint(first.note, identity), open_checkpoint(second.note, identity)
    except ValueError:
        return False
    return (
        one.origin == other.origin
        and first.size == second.size
        and first.root != second.root
        and holds(first, one)
        and holds(second, other)
    )
