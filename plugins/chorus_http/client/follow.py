"""Events from a node, through broken connections: a new one goes on where the last one ended."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

import trio

from chorus_hooks.errors import Busy, ChorusError, Unreachable
from chorus_http.client.connection import Call, Connection
from chorus_http.client.event_stream import EventParser, ServerEvent
from chorus_http.client.fault import Lost
from chorus_http.client.patience import Patience

SILENCE_S: Final = 45.0
"""A node that has nothing to tell says so every 15 s; one that missed three of these is gone."""


async def events(
    connection: Connection, call: Call, last_id: str, answered: Callable[[], None]
) -> AsyncGenerator[ServerEvent, None]:
    """One stream of events; `answered` hears when there is one. Raises Lost at its end. In `aclosing`."""
    headers = {**call.headers, "Accept": "text/event-stream", "Cache-Control": "no-store"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    parser = EventParser(last_id)
    asked = Call(call.method, call.path, call.query, headers, read_s=SILENCE_S)
    async with connection.open(asked) as answer:
        answered()
        async for chunk in answer.chunks():
            try:
                for event in parser.feed(chunk):
                    yield event
            except ValueError as error:
                raise ChorusError(f"the node at {connection.url} sent {error}") from None
    raise Lost(f"the node at {connection.url} ended the stream", hint="it may be restarting: try again")


async def resumed(connection: Connection, call: Call, last_id: str) -> AsyncGenerator[ServerEvent, None]:
    """Events without end: after a cut, from the last id on. Raises Unreachable when the node stays away."""
    patience = Patience()
    while True:
        try:
            async with aclosing(events(connection, call, last_id, patience.renew)) as stream:
                async for event in stream:
                    last_id = event.id
                    yield event
        except (Unreachable, Busy) as error:
            pause = patience.next(getattr(error, "retry_after", 0.0))
            if pause is None:
                raise
            await trio.sleep(pause)
