"""What runs on the island is tested on an asyncio loop whose clock jumps: no test waits for a timeout."""

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

import pytest


class JumpingLoop(asyncio.SelectorEventLoop):
    """Where nothing is ready and a timer is set, it is that timer's time.

    For what stays in one thread: a thread or another process would find that years have passed.
    """

    def __init__(self) -> None:
        self._jumped = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self._jumped

    def jump(self, seconds: float) -> None:
        self._jumped += seconds


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(timeout and 0)
        if timeout and not ready:
            self._loop.jump(timeout)
        return ready


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    """asyncio, as on the island. Tests of what crosses to trio say so themselves."""
    return "asyncio", {"loop_factory": JumpingLoop}
