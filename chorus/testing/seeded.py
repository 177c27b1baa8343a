"""A trio program that one seed decides: run it again, and the same happens in the same order.

What the program may use: the clock of trio (virtual: waiting takes no time), a `random.Random` that it makes
from the seed, and `os.urandom` or `secrets`, which give seeded bytes meanwhile. Functions for worker threads
(`trio.to_thread.run_sync`) run at once in the caller's turn; starting a thread is refused. What it must leave
alone: the clock of the machine, sockets and subprocesses, and the order of sets of strings, which Python
draws anew for each process.

This rests on two private names of trio, made for Hypothesis, so the tests look whether one seed still gives
one history. One program at a time in a process.
"""

import os
import random
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar, TypeVarTuple
from unittest.mock import patch

import trio
from trio._core import _run
from trio.testing import MockClock

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def run_seeded(seed: int, main: Callable[[*Ts], Awaitable[T]], *args: *Ts) -> T:
    """Run `main(*args)` under trio; `seed` decides which of the tasks that could run runs next.

    Returns and raises what `main` does. Raises RuntimeError in whatever would start a thread.
    """
    with _decided_by(seed):
        return trio.run(main, *args, clock=MockClock(autojump_threshold=0))


@contextmanager
def _decided_by(seed: int) -> Iterator[None]:
    entropy = random.Random(f"entropy {seed}")  # noqa: S311 - it is to be had again
    with ExitStack() as patches:
        patches.enter_context(patch.object(_run, "_r", random.Random(seed)))  # noqa: S311
        # Without this a batch of tasks is shuffled from an order that addresses in memory decide.
        patches.enter_context(patch.object(_run, "_ALLOW_DETERMINISTIC_SCHEDULING", True))
        patches.enter_context(patch.object(trio.to_thread, "run_sync", _in_turn))
        patches.enter_context(patch.object(threading.Thread, "start", _refuse))
        patches.enter_context(patch.object(os, "urandom", entropy.randbytes))
        patches.enter_context(patch.object(random, "_urandom", entropy.randbytes))
        yield


async def _in_turn(call: Callable[..., T], *args: Any, **_how: Any) -> T:
    await trio.lowlevel.checkpoint()
    return call(*args)


def _refuse(thread: threading.Thread) -> None:
    raise RuntimeError(f"{thread.name}: a thread would run when it likes, and no seed decides when")
