"""The answering end of `/chorus/blob/1`."""

from functools import partial
from typing import BinaryIO, Final

import msgspec
import trio

from chorus_hooks.blob import Blobs
from chorus_hooks.errors import NotFound, Unreachable
from chorus_hooks.wire.answering import Call
from chorus_hooks.wire.limit import CallLimit
from chorus_journal.exchange.message import PIECE, Read, Size, Sized, decode_ask
from chorus_journal.exchange.traffic import Traffic

CALLS: Final = 8
"""Calls of one peer at once: each has a file open, and up to BATCH bytes of it."""
BATCH: Final = 8 * PIECE
"""Bytes that are read from the disk at once."""
PATIENCE_S: Final = 60.0
"""Seconds for one batch to leave: a peer that reads more slowly keeps a file open here."""


class Server:
    """Gives the bytes of blobs to peers. `Lines.serve` takes an instance as its handler."""

    def __init__(self, blobs: Blobs, traffic: Traffic) -> None:
        self._blobs = blobs
        self._traffic = traffic
        self._calls = CallLimit(CALLS)

    async def __call__(self, call: Call) -> bytes | None:
        """Answer one call. Raises ChorusError for what cannot be answered."""
        ask = decode_ask(call.request)
        with self._calls.one_of(call.peer_id):
            if isinstance(ask, Size):
                return await self._size(ask)
            await self._read(call, ask)
        return None

    async def _size(self, ask: Size) -> bytes:
        blob = await trio.to_thread.run_sync(self._blobs.find, ask.sha256)
        if blob is None:
            raise NotFound("it is not here")
        return msgspec.json.encode(Sized(blob.size))

    async def _read(self, call: Call, ask: Read) -> None:
        file = await trio.to_thread.run_sync(_open, self._blobs, ask)
        try:
            left = ask.length
            while left:
                batch = await trio.to_thread.run_sync(partial(file.read, min(left, BATCH)))
                if not batch:
                    raise NotFound("it ends before that")
                left -= len(batch)
                with trio.move_on_after(PATIENCE_S) as patience:
                    for start in range(0, len(batch), PIECE):
                        await call.send(batch[start : start + PIECE])
                if patience.cancelled_caught:
                    raise Unreachable(f"nothing was read for {PATIENCE_S:g} s")
                self._traffic.served += len(batch)
        finally:
            file.close()


def _open(blobs: Blobs, ask: Read) -> BinaryIO:
    file = blobs.open(ask.sha256)
    file.seek(ask.start)
    return file
