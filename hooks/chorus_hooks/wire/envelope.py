"""What travels on a topic: {v, type, from, seq, ts, traceparent, data} as canonical JSON. Pure.

The mesh has checked who signed the message; `from` must be that peer. A receiver takes a `seq` of a sender
once, and only when it is greater than the last: what is replayed, or overtaken, says nothing new.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import msgspec
import rfc8785

from chorus_hooks.mesh import MESSAGE_LIMIT
from chorus_hooks.traceparent import parse

VERSION: Final = 1
_SENDERS: Final = 4096
_LARGEST: Final = 2**53 - 1


class BadEnvelope(ValueError):  # noqa: N818 - reads as what it is
    """A message that is no envelope of ours, or not of the peer that signed it."""


@dataclass(frozen=True)
class Envelope:
    """One hint. `seq` grows with every message of `sender`, over restarts too; `ts`: Unix milliseconds."""

    type: str
    sender: str
    seq: int
    ts: int
    data: dict[str, object]
    traceparent: str | None = None

    def encode(self) -> bytes:
        """The bytes to publish. Raises ValueError when they are too many, or `data` is not canonical JSON."""
        document: dict[str, object] = {
            "v": VERSION,
            "type": self.type,
            "from": self.sender,
            "seq": self.seq,
            "ts": self.ts,
            "data": self.data,
        }
        if self.traceparent is not None:
            document["traceparent"] = self.traceparent
        encoded = rfc8785.dumps(document)  # type: ignore[arg-type]  # it checks, and raises, itself
        if len(encoded) > MESSAGE_LIMIT:
            raise ValueError(f"a message of {len(encoded)} bytes, more than {MESSAGE_LIMIT}")
        return encoded


class _Wire(msgspec.Struct, forbid_unknown_fields=False):
    v: int
    type: str
    sender: str = msgspec.field(name="from")
    seq: int
    ts: int
    data: dict[str, object]
    traceparent: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Wire)


def decode(message: bytes, signer: str) -> Envelope:
    """Read what `signer` published. Fields of a later version are passed over. Raises BadEnvelope."""
    if len(message) > MESSAGE_LIMIT:
        raise BadEnvelope(f"{len(message)} bytes")
    try:
        wire = _DECODER.decode(message)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadEnvelope(str(error)) from error
    if wire.v != VERSION:
        raise BadEnvelope(f"version {wire.v}")
    if wire.sender != signer:
        raise BadEnvelope(f"it says that it is from {wire.sender[:80]!r}")
    if not (0 <= wire.seq <= _LARGEST and 0 <= wire.ts <= _LARGEST):
        raise BadEnvelope("a number out of range")
    return Envelope(wire.type, wire.sender, wire.seq, wire.ts, wire.data, parse(wire.traceparent))


class Newest:
    """The greatest `seq` of each sender, of the 4,096 that were heard last."""

    def __init__(self) -> None:
        self._seqs: OrderedDict[str, int] = OrderedDict()

    def admits(self, envelope: Envelope) -> bool:
        """Whether it is newer than all before it; from then on it is the newest."""
        if envelope.seq <= self._seqs.get(envelope.sender, -1):
            return False
        self._seqs[envelope.sender] = envelope.seq
        self._seqs.move_to_end(envelope.sender)
        if len(self._seqs) > _SENDERS:
            self._seqs.popitem(last=False)
        return True
