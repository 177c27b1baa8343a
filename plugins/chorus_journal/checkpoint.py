"""Checkpoints (C2SP tlog-checkpoint): a log's size and root, signed by the node that owns the log. Pure.

    chorus/<peer id>/<incarnation>     origin, and the name of the signing key
    <size, decimal>
    <base64 of the root>

The incarnation is 128 random bits made with the database: a log that was lost begins anew under another
origin, and never forks the old one.
"""

import base64
import re
from typing import Final

import base58

from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint
from chorus_journal.merkle import HASH_SIZE
from chorus_journal.note import decode_base64, open_note, parse_note, sign_note

_ORIGIN: Final = re.compile(r"chorus/([1-9A-HJ-NP-Za-km-z]{1,64})/[0-9a-f]{32}", re.ASCII)
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


def make_origin(peer_id: str, incarnation: bytes) -> str:
    """The name of a log."""
    return f"chorus/{peer_id}/{incarnation.hex()}"


def origin_peer(origin: str) -> str:
    """The peer that owns a log. Raises ValueError when that is no origin."""
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise ValueError(f"{origin!r} is not the origin of a log")
    return match[1]


def sign_checkpoint(origin: str, size: int, root: bytes, identity: Identity) -> Checkpoint:
    """State the size and root of one's own log."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    note = sign_note(text, origin, identity.public_key, identity.sign)
    return Checkpoint(origin=origin, size=size, root=root, note=note)


def open_checkpoint(note: str, identity: Identity) -> Checkpoint:
    """Read a checkpoint of any peer's log, signed by that peer. Raises ValueError with what is wrong."""
    unchecked = parse_checkpoint(note)
    origin = unchecked.origin
    peer = origin_peer(origin)
    key = base58.b58decode(peer)[-HASH_SIZE:]
    open_note(note, origin, key, lambda message, signature: identity.verify(peer, message, signature))
    return unchecked


def parse_checkpoint(note: str) -> Checkpoint:
    """What a checkpoint says, its signature not checked. Raises ValueError when it says nothing."""
    text, _ = parse_note(note)
    lines = text[:-1].split("\n")
    if len(lines) != 3:
        raise ValueError("a checkpoint has three lines: origin, size, root")
    origin, size, encoded = lines
    origin_peer(origin)
    if not _SIZE.fullmatch(size):
        raise ValueError(f"{size!r} is not the size of a log")
    root = decode_base64(encoded)
    if len(root) != HASH_SIZE:
        raise ValueError("the root of a log has 32 bytes")
    return Checkpoint(origin=origin, size=int(size), root=root, note=note)
