"""A question to the node's database as a value, so that whoever has a connection may ask it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from chorus_hooks.journal import Reader, Row

T = TypeVar("T")


@dataclass(frozen=True)
class Query(Generic[T]):
    """One SELECT and how its rows are read. `fold` may raise NotFound or UsageError."""

    sql: str
    parameters: tuple[object, ...]
    fold: Callable[[list[Row]], T]

    def run(self, reader: Reader) -> T:
        """Ask it here: `await journal.read(query.run)`."""
        return self.fold(reader.query(self.sql, self.parameters))
