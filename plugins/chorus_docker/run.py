"""One command, from its start to its last byte or to the limit that ends it."""

from typing import BinaryIO, Final

import trio

from chorus_docker.body import TASK
from chorus_docker.engine import ApiError, Engine
from chorus_docker.program import Program, create_program
from chorus_docker.pump import Pump, feed
from chorus_docker.stream import RawStream
from chorus_hooks.errors import Unreachable, UsageError
from chorus_hooks.sandbox import BoxCommand

DRAIN_S: Final = 0.25
"""Output that is in flight when a command ends; a child that holds stdout is waited for no longer."""

LAST_WORDS_S: Final = 5.0
"""A slow sink gets at least this long for what the command said before it ended."""

# The shell gives 127 and 126 as any shell does, and its words go to stderr like those of any program.
LAUNCH: Final = 'cd "$0" || exit 126; exec "$@"'


class Run:
    """Follow it with `attend`, then `hang_up`. Afterwards `timed_out`, `code` and `fault` say how it went.

    `code` stays None when it did not end by itself; `fault` is what the engine said against it.
    """

    def __init__(self, engine: Engine, container: str, command: BoxCommand, pump: Pump) -> None:
        self._engine = engine
        self._container = container
        self._command = command
        self._stream: RawStream | None = None
        self._clock = trio.CancelScope()
        self.pump = pump
        self.timed_out = False
        self.code: int | None = None
        self.fault = ""

    async def attend(self, stdin: BinaryIO | None) -> None:
        """Run it to its end, to its timeout, or until the pump says that it has to die."""
        self._clock.deadline = trio.current_time() + self._command.timeout_s
        with self._clock:
            try:
                program = await self._start(stdin)
            except (ApiError, Unreachable) as error:
                self.fault = error.message
                return
            await self._follow(*program, stdin)
        self.timed_out = self._clock.cancelled_caught

    async def hang_up(self) -> None:
        """Close the stream: one that nobody reads would make every kill slow."""
        if self._stream is not None:
            await self._stream.aclose()

    async def _start(self, stdin: BinaryIO | None) -> tuple[Program, RawStream]:
        program = await create_program(
            self._engine,
            self._container,
            ["/bin/sh", "-c", LAUNCH, self._command.cwd, *self._command.argv],
            user=TASK,
            env=self._command.env,
            stdin=stdin is not None,
        )
        self._stream = await program.start()
        return program, self._stream

    async def _follow(self, program: Program, stream: RawStream, stdin: BinaryIO | None) -> None:
        async with trio.open_nursery() as nursery:

            async def until_stopped() -> None:
                await self.pump.stopped.wait()
                nursery.cancel_scope.cancel()

            async def until_ended() -> None:
                await self._end(program)
                nursery.cancel_scope.cancel()

            nursery.start_soon(self.pump.move, stream)
            nursery.start_soon(until_stopped)
            nursery.start_soon(until_ended)
            if stdin is not None:
                nursery.start_soon(feed, stdin, stream)

    async def _end(self, program: Program) -> None:
        """Until the program has ended and what it said has been passed on, within reason."""
        try:
            self.code = (await program.ended(self.pump.silent)).code
        except (ApiError, Unreachable) as error:
            self.fault = error.message
            return
        self._clock.deadline = max(self._clock.deadline, trio.current_time() + LAST_WORDS_S)
        with trio.move_on_after(DRAIN_S):
            await self.pump.silent.wait()
        if self.pump.busy:
            await self.pump.silent.wait()


def check_text(command: BoxCommand) -> None:
    """The engine takes JSON. Raises UsageError for words that are no Unicode text, or hold a NUL."""
    for word in (*command.argv, command.cwd, *command.env, *command.env.values()):
        try:
            fine = b"\0" not in word.encode()
        except UnicodeEncodeError:
            fine = False
        if not fine:
            raise UsageError(
                f"{word!r} cannot be given to a program in a container: it is not UTF-8 text without NUL"
            )
