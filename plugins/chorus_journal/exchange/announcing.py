"""Telling the mesh which blobs are here for good: those that the journal holds."""

from contextlib import suppress
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.journal import Journal, Reader
from chorus_hooks.mesh import Mesh
from chorus_journal.exchange.record import record_key

MOST: Final = 10_000
"""Blobs that are told of. Of a node that holds more, the others are found by asking."""
COALESCE_S: Final = 5.0
"""A task that ends holds several blobs within a second."""
PACE_S: Final = 0.1
"""Between two blobs: each costs a message to twenty peers."""
AGAIN_S: Final = 12 * 3600.0
"""Records are forgotten after a day."""


class Announcer:
    """Each blob when it is new, and again twice a day."""

    def __init__(self, journal: Journal, mesh: Mesh) -> None:
        self._journal = journal
        self._mesh = mesh
        self._told: dict[str, float] = {}

    async def run(self) -> None:
        """Until cancelled."""
        size = -1
        while True:
            with trio.move_on_after(AGAIN_S), suppress(ChorusError):
                size = (await self._journal.grown(size)).size
            await trio.sleep(COALESCE_S)
            with suppress(ChorusError):  # a disk that fails, or nobody to be told: the next time will do
                await self._tell(await self._journal.read(_held))

    async def _tell(self, held: list[str]) -> None:
        old = trio.current_time() - AGAIN_S
        self._told = {name: when for name in held if (when := self._told.get(name, old)) > old}
        for name in held:
            if name in self._told:
                continue
            await self._mesh.records.provide(record_key(name))
            self._told[name] = trio.current_time()
            await trio.sleep(PACE_S)


def _held(reader: Reader) -> list[str]:
    sql = "SELECT DISTINCT sha256 FROM hold ORDER BY sha256 LIMIT ?"
    return [str(name) for (name,) in reader.query(sql, (MOST,))]
