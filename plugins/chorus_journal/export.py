"""A log as JSON lines that anyone can verify offline: its signed checkpoint, then the bytes of every entry.

{"checkpoint":"<signed note>"}
{"data":…,"seq":0,…}            SHA-256(00 | line without its newline) is the leaf hash
…
"""

import base64
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import msgspec

from chorus_hooks.errors import UsageError
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint
from chorus_journal.audit import Audit, Damage, Report
from chorus_journal.checkpoint import open_checkpoint
from chorus_journal.entry import MAX_ENTRY


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    checkpoint: str


_LONGEST: Final = MAX_ENTRY + 1


def head_line(checkpoint: Checkpoint) -> bytes:
    """The first line of an export, without its newline."""
    return msgspec.json.encode(_Head(checkpoint.note))


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their newlines; a longer one than any entry comes in pieces, and verifies as none."""
    while line := file.readline(_LONGEST):
        yield line.removesuffix(b"\n")


def verify_export(lines: Iterable[bytes], identity: Identity) -> Report:
    """Check an export of any peer's log: the signature, then every entry against the signed root.

    Damage is reported, not raised. Raises UsageError when the first line is no checkpoint at all.
    """
    iterator = iter(lines)
    note = _read_head(next(iterator, b""))
    try:
        checkpoint = open_checkpoint(note, identity)
    except ValueError as error:
        return Report(ok=False, size=0, root=None, checked=0, first_bad=None, error=str(error))
    return _verify_entries(iterator, checkpoint)


def _read_head(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_Head).checkpoint
    except ValueError as error:
        raise UsageError(
            f"that is no exported log: {error}", hint="give a file written by `chorus log export`"
        ) from error


def _verify_entries(lines: Iterable[bytes], checkpoint: Checkpoint) -> Report:
    damage: Damage | None = None
    audit = Audit(checkpoint.origin, {checkpoint.size: checkpoint.root})
    try:
        for line in lines:
            audit.fold(line)
        audit.end()
    except Damage as found:
        damage = found
    return Report(
        ok=damage is None,
        size=checkpoint.size,
        root=base64.b64encode(checkpoint.root).decode(),
        checked=audit.frontier.size,
        first_bad=damage.seq if damage else None,
        error=damage.text if damage else None,
    )
