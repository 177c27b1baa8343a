"""The journal over HTTP: its entries page by page, signed checkpoints, and proofs that an entry is in it."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from chorus_hooks.errors import UsageError
from chorus_hooks.journal import Checkpoint, Journal
from chorus_hooks.route import Answer, Reply, Request, Route
from chorus_hooks.service import Capabilities
from chorus_journal.browse import page
from chorus_journal.entry import Entry
from chorus_journal.merkle import leaf_hash
from chorus_journal.proving import InclusionProof, prove_inclusion

MAY_GROW: Final = {"Cache-Control": "private, no-cache"}
NOT_KEPT: Final = {"Cache-Control": "no-store"}

_ORIGIN: Final = (
    "chorus/12D3KooWFJ9RJ4rvJ7kdjutpSMFJcE4xoZcP1HzKnz1uSgepkGCT/9f86d081884c7d659a2feaa0c55ad015"
)
_ROOT: Final = "UN8ui4OVoM+IT4MCAQmPfCc1bmuzO5rb6Aho3zYrVso="
_NOTE: Final = f"{_ORIGIN}\n6\n{_ROOT}\n\n— {_ORIGIN} …\n"
_ENTRY: Final[dict[str, Any]] = {
    "v": 1,
    "log": _ORIGIN,
    "seq": 4,
    "ts": "2026-11-25T12:00:00.123Z",
    "type": "attempt.started",
    "data": {"task": "5f0c1a2b3c4d5e6f708192a3b4c5d6e7", "attempt": 1},
}


class JournalQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries."""

    since: Annotated[int, Meta(ge=0, le=1 << 53, description="The first sequence number")] = 0
    limit: Annotated[int, Meta(ge=1, le=500, description="How many at most")] = 100


class JournalPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries in their order. `next` is where to go on: `since` of the next page, or of the next look."""

    entries: tuple[Entry, ...]
    next: int


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 6962 inclusion proof; hashes are base64, `entry` is the exact text that was hashed."""

    origin: str
    seq: int
    size: int
    root: bytes
    leaf: bytes
    proof: tuple[bytes, ...]
    entry: str
    checkpoint: str


def routes() -> tuple[Route, ...]:
    """All of them."""
    checkpoint = {"origin": _ORIGIN, "size": 6, "root": _ROOT, "note": _NOTE}
    proof = {
        "origin": _ORIGIN,
        "seq": 4,
        "size": 6,
        "root": _ROOT,
        "leaf": _ROOT,
        "proof": [_ROOT, _ROOT],
        "entry": "{}",
        "checkpoint": _NOTE,
    }
    return (
        Route(
            "GET",
            "/journal",
            "Read the journal",
            _entries,
            (Answer(200, "Entries, oldest first", JournalPage, {"entries": [_ENTRY], "next": 5}),),
            (Journal,),
            "journal",
            query=JournalQuery,
        ),
        Route(
            "GET",
            "/journal/checkpoint",
            "Get the newest signed checkpoint",
            _checkpoint,
            (Answer(200, "A C2SP checkpoint: `note` is the signed text", Checkpoint, checkpoint),),
            (Journal,),
            "journal",
        ),
        Route(
            "GET",
            "/journal/proof/{seq}",
            "Prove that an entry is in the journal",
            _proof,
            (
                Answer(200, "Enough to verify it offline", Proof, proof),
                Answer(404, "There is no such entry yet"),
            ),
            (Journal,),
            "journal",
        ),
    )


async def _entries(capabilities: Capabilities, request: Request) -> Reply:
    asked: JournalQuery = request.query
    found = await capabilities.get(Journal).read(
        lambda reader: page(reader, asked.since, asked.since + asked.limit)
    )
    # The very bytes that were hashed: whoever reads them can check them.
    entries = [msgspec.Raw(raw) for _, raw in found]
    return Reply({"entries": entries, "next": asked.since + len(entries)}, headers=MAY_GROW)


async def _checkpoint(capabilities: Capabilities, request: Request) -> Reply:
    return Reply(await capabilities.get(Journal).checkpoint(), headers=NOT_KEPT)


async def _proof(capabilities: Capabilities, request: Request) -> Reply:
    seq = request.path["seq"]
    if not (seq.isascii() and seq.isdecimal() and len(seq) < 16):
        raise UsageError(f"{seq[:40]!r} is no sequence number", hint="they are whole numbers from 0 on")
    journal = capabilities.get(Journal)
    found = await journal.read(lambda reader: prove_inclusion(reader, int(seq)))
    return Reply(proof_of(found), headers=NOT_KEPT)


def proof_of(found: InclusionProof) -> Proof:
    """The document of a proof."""
    checkpoint = found.checkpoint
    return Proof(
        origin=checkpoint.origin,
        seq=found.index,
        size=checkpoint.size,
        root=checkpoint.root,
        leaf=leaf_hash(found.entry),
        proof=tuple(found.hashes),
        entry=found.entry.decode(),
        checkpoint=checkpoint.note,
    )
