"""Work that blocks, in a worker thread. It is waited for even when cancelled, so it asks now and then."""

from collections.abc import Callable
from typing import TypeVar

import trio

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Run `work` in a worker thread."""
    return await trio.to_thread.run_sync(work)


def checked(write: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """The same `write`, with a `check` before each piece."""

    def write_checked(data: bytes) -> object:
        check()
        return write(data)

    return write_checked


def check() -> None:
    """Called in such a thread: raises Cancelled when whoever waits for it was cancelled."""
    trio.from_thread.check_cancelled()
