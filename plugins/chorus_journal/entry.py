"""One entry of the log: canonical JSON (RFC 8785), the same bytes whoever writes it. Pure.

    {"data":{…},"log":"chorus/<peer id>/<incarnation>","ref":"sha256:…","seq":17,
     "ts":"2026-11-22T09:21:00.123Z","type":"task.submitted","v":1}

`seq` is the index of the entry's leaf. `ref` is absent when the entry is about nothing that has an address.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import rfc8785

from chorus_hooks.errors import UsageError

VERSION: Final = 1
MAX_ENTRY: Final = 4 << 20
"""Bytes. What is larger belongs into a blob, which the entry then refers to."""

_TYPE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
_REF: Final = re.compile(r"[a-z][a-z0-9_-]*:[!-~]{1,1024}", re.ASCII)


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as it is read back. `ts` is RFC 3339 in UTC."""

    v: int
    log: str
    seq: int
    ts: str
    type: str
    data: dict[str, Any]
    ref: str | None = None


class Place(msgspec.Struct, frozen=True):
    """The part of an entry that says where it belongs."""

    v: int
    log: str
    seq: int


def encode_entry(
    *, log: str, seq: int, ts: str, type: str, data: Mapping[str, object], ref: str | None = None
) -> bytes:
    """The bytes that are hashed and kept. Raises UsageError when they would not be canonical JSON."""
    if not _TYPE.fullmatch(type):
        raise UsageError(
            f"{type!r} is not a type of entry", hint="use noun.past_participle, such as result.made"
        )
    if ref is not None and not _REF.fullmatch(ref):
        raise UsageError(f"{ref!r} is not a content address", hint="use sha256:<64 hex digits>")
    document: dict[str, Any] = {
        "v": VERSION,
        "log": log,
        "seq": seq,
        "ts": ts,
        "type": type,
        "data": dict(data),
    }
    if ref is not None:
        document["ref"] = ref
    body = _canonical(type, document)
    if len(body) > MAX_ENTRY:
        raise UsageError(
            f"an entry of {len(body)} bytes is too large (the most is {MAX_ENTRY})",
            hint="store the large part as a blob and refer to it",
        )
    return body


def _canonical(type: str, document: dict[str, Any]) -> bytes:
    try:
        return rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(
            f"the data of {type} is not canonical JSON: {why}",
            hint="use text keys, finite numbers, integers up to 2^53 - 1; write all else as text",
        ) from error


def decode_entry(body: bytes) -> Entry:
    """Read an entry back. Raises ValueError when it is none."""
    return msgspec.json.decode(body, type=Entry)


decode_place = msgspec.json.Decoder(Place).decode
"""Reads where an entry belongs and skips the rest. Raises ValueError when that is no entry."""
