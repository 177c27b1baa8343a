"""A sandbox for one sequence of commands: opened, filled, collected, each within bounded time."""

import io
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from math import inf
from typing import BinaryIO, Final

import trio

from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.sandbox import Box, BoxSpec, Sandbox

OPEN_S: Final = 900.0  # an image may have to be pulled
_COPY_S: Final = 120.0
_SLOWEST_COPY: Final = 4 << 20  # bytes a second, far below any disk


class Lost(Exception):  # noqa: N818 - an outcome, reported as one
    """The sandbox went away, or does not answer in time."""


@asynccontextmanager
async def opened(sandbox: Sandbox, spec: BoxSpec) -> AsyncIterator[Box]:
    """An open sandbox. Raises Unreachable when opening takes too long, and what opening raises."""
    with trio.CancelScope(deadline=trio.current_time() + OPEN_S) as opening:
        async with sandbox.open(spec) as box:
            opening.deadline = inf
            yield box
    if opening.cancelled_caught:
        raise Unreachable(f"{sandbox.name} did not open a sandbox within {OPEN_S:g} s")


async def put(box: Box, archive: BinaryIO, size: int) -> None:
    """Fill a sandbox from a tar of about `size` bytes. Raises Lost.

    Programs read its descriptor and move its position behind our back, so what is buffered is given up.
    """
    archive.seek(0)
    try:
        with _within(size):
            await box.put(archive)
    except ChorusError as error:
        raise Lost(told(error)) from None
    except trio.TooSlowError:
        raise Lost("the source was not unpacked in time") from None
    finally:
        archive.seek(0, io.SEEK_END)


async def collect(box: Box, into: BinaryIO, max_bytes: int) -> bool:
    """Copy what the task left into a file; false when that is not all of it. Raises Lost."""
    try:
        with _within(max_bytes):
            return await box.collect(into, max_bytes=max_bytes)
    except ChorusError as error:
        raise Lost(told(error)) from None
    except trio.TooSlowError:
        raise Lost("what the task left was not collected in time") from None


def told(error: ChorusError) -> str:
    """An error and its cure in one line."""
    return f"{error.message} (try: {error.hint})" if error.hint else error.message


def _within(size: int) -> AbstractContextManager[trio.CancelScope]:
    return trio.fail_after(_COPY_S + size / _SLOWEST_COPY)
