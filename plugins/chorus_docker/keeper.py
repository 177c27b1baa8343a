"""The lifeline: while it is open the container lives, and over it the keeper answers."""

from typing import Final

import trio

from chorus_docker.keeper_script import END, FACTS, ROOM, Facts, parse_facts, parse_room
from chorus_docker.stream import RawStream
from chorus_hooks.errors import Unreachable
from chorus_hooks.output import STDOUT

ANSWER_S: Final = 10.0
"""It answers in a millisecond, unless it has to share a processor with a fork bomb."""


class Keeper:
    """Asks the shell in the container. Raises Unreachable when it is gone, and with it the sandbox."""

    def __init__(self, stream: RawStream) -> None:
        self._stream = stream
        self._asking = trio.Lock()
        self._lost = False

    async def facts(self) -> Facts:
        """How many processes there are, and what was used."""
        try:
            return parse_facts(await self._ask(FACTS))
        except ValueError as error:
            raise lost() from error

    async def full(self) -> str | None:
        """A place of the task that has no room left."""
        return parse_room(await self._ask(ROOM))

    async def aclose(self) -> None:
        """Let go: the keeper ends, and the engine removes the container."""
        self._lost = True
        await self._stream.aclose()

    async def _ask(self, question: bytes) -> list[str]:
        async with self._asking:
            if self._lost:
                raise lost()
            self._lost = True
            try:
                # Not cancellable: an answer that was not read to its end would be taken for the next one's.
                with trio.fail_after(ANSWER_S, shield=True):
                    await self._stream.send(question)
                    answer = await self._answer()
            except (OSError, EOFError, ValueError, trio.TooSlowError) as error:
                raise lost() from error
            self._lost = False
            return answer.decode(errors="replace").splitlines()

    async def _answer(self) -> bytes:
        said = b""
        while not (said == END or said.endswith(b"\n" + END)):
            pieces = await self._stream.receive()
            if not pieces:
                raise EOFError("the keeper is gone")
            said += b"".join(piece for stream, piece in pieces if stream == STDOUT)
        return said


def lost() -> Unreachable:
    """What to raise when the sandbox is gone."""
    return Unreachable(
        "the sandbox is gone: its container was removed, it reached its time to live, or the engine stopped",
        hint="run the task again; if it happens again look at the Docker engine's log",
    )
