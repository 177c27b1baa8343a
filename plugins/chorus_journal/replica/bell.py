"""Wakes those who wait for the board to change."""

import trio

from chorus_journal.replica.board import Board


class Bell:
    """Rung after every change of `board`."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._waiting = trio.lowlevel.ParkingLot()

    def ring(self) -> None:
        """Something may have changed."""
        self._waiting.unpark_all()

    async def wait(self, revision: int) -> int:
        """Until the board has another revision than this one; returns it."""
        while self._board.revision == revision:
            await self._waiting.park()
        return self._board.revision

    async def rung(self) -> None:
        """Until it is rung."""
        await self._waiting.park()
