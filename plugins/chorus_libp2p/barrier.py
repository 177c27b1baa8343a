"""Whatever a peer sends, it ends its own stream and nothing else."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from libp2p.abc import INetStream

from chorus_libp2p.traffic import Traffic

STREAMS: Final = 128
"""Streams that one peer may have open here."""

_log = logging.getLogger("chorus.libp2p")

Handler = Callable[[INetStream], Awaitable[None]]


def guarded(handler: Handler, traffic: Traffic) -> Handler:
    """Take a stream that a peer opened. In libp2p an error of any handler ends the whole host."""
    open_streams: Counter[str] = Counter()

    async def take(stream: INetStream) -> None:
        peer_id = str(stream.muxed_conn.peer_id)
        if open_streams[peer_id] >= STREAMS:
            traffic.refused["streams"] += 1
            await _reset(stream)
            return
        open_streams[peer_id] += 1
        try:
            await handler(stream)
        except Exception as error:
            _log.debug("a stream of %s failed: %r", peer_id, error)
            await _reset(stream)
        finally:
            open_streams[peer_id] -= 1
            if not open_streams[peer_id]:
                del open_streams[peer_id]

    return take


async def _reset(stream: INetStream) -> None:
    try:
        await stream.reset()
    except Exception as error:
        _log.debug("a stream is gone already: %r", error)
