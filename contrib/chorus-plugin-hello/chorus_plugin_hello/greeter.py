"""A capability of this plugin's own: another plugin may require `Greeter` too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol


class Greeter(Protocol):
    """Greets."""

    def greet(self) -> str: ...


class _Greeter:
    def __init__(self, name: str) -> None:
        self._name = name

    def greet(self) -> str:
        return f"hello, {self._name}"


@asynccontextmanager
async def greeting(name: str) -> AsyncIterator[Greeter]:
    """The service: entered it is ready, left it has stopped."""
    yield _Greeter(name)
