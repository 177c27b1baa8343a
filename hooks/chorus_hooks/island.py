"""The asyncio side of a node: one thread with one event loop, for libraries that need asyncio.

A node lives in trio, on the main thread. What must run under asyncio (uvicorn, aiosqlite) runs on the
island, and the two sides call each other. A call costs about 0.1 ms: keep calls coarse.
"""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Island(Protocol):
    """Given by the core to every service that requires it; ends after everything that requires it.

    Results, exceptions (with their tracebacks) and cancellation cross in both directions, and the caller
    always waits until the other side has unwound.
    """

    async def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """From a trio task: run an asyncio coroutine function on the island."""
        ...

    async def call_trio(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """From an asyncio task of the island: run a trio coroutine function on the main thread.

        Raises Unreachable when the node is stopping.
        """
        ...
