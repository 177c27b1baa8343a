"""A little more time for what must not be left half done when it is cancelled."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

T = TypeVar("T")


async def with_grace(work: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Do `work`; once somebody outside cancels, it has `seconds` more, and then the cancellation goes on."""
    done: list[T] = []
    failed: list[Exception] = []
    async with trio.open_nursery() as nursery:
        with trio.CancelScope(shield=True) as inside:
            nursery.start_soon(_limit, inside, seconds)
            try:
                done.append(await work())
            except Exception as error:
                failed.append(error)  # told outside of the nursery, which would wrap it into a group
        nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]
    return done[0]


async def _limit(inside: trio.CancelScope, seconds: float) -> None:
    try:
        await trio.sleep_forever()
    finally:
        inside.deadline = trio.current_time() + seconds
