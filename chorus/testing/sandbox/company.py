"""A program of ours beside the commands: shares their loopback, and is out of their reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from chorus.testing.sandbox.bench import Transcript, opened, run, sh
from chorus_hooks.errors import Unreachable
from chorus_hooks.sandbox import Accompanied, Box, Channel, Sandbox

ECHO = ("sh", "-c", 'echo ready; while read -r line; do echo "heard $line"; done')
"""One process, whose words are the shell's own; it ends with its stdin."""

LISTENER = """
import select, socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while server in select.select([server, sys.stdin], [], [])[0]:
    client, _ = server.accept()
    client.sendall(b"hello from beside")
    client.close()
"""
CALLER = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as client:
    print(client.recv(100).decode())
"""
INTERFACES = "sed 1,2d /proc/net/dev | cut -d: -f1; sed 1d /proc/net/route"

WAIT_S = 20.0


async def line(channel: Channel) -> str:
    """The next words, up to the end of a line."""
    said = b""
    with trio.fail_after(WAIT_S):
        while not said.endswith(b"\n") and (piece := await channel.receive()):
            said += piece
    return said.decode()


@asynccontextmanager
async def beside(box: Box, *argv: str) -> AsyncIterator[Channel]:
    """A program beside the commands, or an expected failure where the backend does not have that."""
    if not isinstance(box, Accompanied):
        pytest.xfail("this backend has no programs beside commands")
    async with box.beside(argv) as channel:
        yield channel


class CompanyPromises:
    """What `Accompanied` promises."""

    async def test_a_program_beside_hears_and_answers_while_commands_run(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Before, during and after a command."""
        async with opened(sandbox, image) as box, beside(box, *ECHO) as channel:
            assert await line(channel) == "ready\n"
            transcript = Transcript()
            async with trio.open_nursery() as nursery:

                async def talk() -> None:
                    await transcript.came.wait()
                    await channel.send(b"one\n")
                    assert await line(channel) == "heard one\n"
                    nursery.cancel_scope.cancel()

                nursery.start_soon(talk)
                await sh(box, "echo begun; sleep 99", sink=transcript)
            await channel.send(b"two\n")
            assert await line(channel) == "heard two\n"

    async def test_no_command_can_end_it_and_it_is_no_leftover(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """`kill -9 -1`, a daemon that has to be swept away, and plain commands."""
        async with opened(sandbox, image) as box, beside(box, *ECHO) as channel:
            assert await line(channel) == "ready\n"
            await sh(box, "kill -9 -1")
            await sh(box, "setsid sh -c 'while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &")
            look = r"for f in /proc/[0-9]*/cmdline; do tr '\0' ' ' < $f 2>/dev/null; echo; done"
            seen = await sh(box, look)
            assert "while :;" not in seen.out.replace(look, "")
            await channel.send(b"still\n")
            assert await line(channel) == "heard still\n"

    async def test_commands_reach_its_loopback_and_nothing_else(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """A listener there is found by one command after the other; there is no other interface."""
        async with opened(sandbox, image) as box:
            if (await sh(box, "command -v python3")).code != 0:
                pytest.xfail("no python3 in the box to open sockets with")
            async with beside(box, "python3", "-I", "-u", "-c", LISTENER) as channel:
                port = (await line(channel)).strip()
                for _ in range(2):
                    called = await run(box, "python3", "-I", "-c", CALLER, port)
                    assert (called.code, called.out) == (0, "hello from beside\n"), called.err
                assert (await sh(box, INTERFACES)).out.split() == ["lo"]
            gone = await run(box, "python3", "-I", "-c", CALLER, port)
            assert gone.code == 1

    async def test_commands_run_when_it_has_ended(self, sandbox: Sandbox, image: str | None) -> None:
        """By itself, while the block goes on, and by the end of the block; a second one may follow."""
        async with opened(sandbox, image) as box:
            async with beside(box, "sh", "-c", "echo brief") as channel:
                assert await line(channel) == "brief\n"
                assert await line(channel) == ""
                assert (await sh(box, "sleep 0; exit 3")).code == 3
                with pytest.raises(Unreachable):
                    await _insist(channel)
            async with beside(box, *ECHO) as channel:
                assert await line(channel) == "ready\n"
            assert (await sh(box, "exit 4")).code == 4

    async def test_one_that_cannot_be_started_says_nothing(self, sandbox: Sandbox, image: str | None) -> None:
        """The box is none the worse."""
        async with opened(sandbox, image) as box:
            async with beside(box, "/no/such/program") as channel:
                assert await line(channel) == ""
            assert (await sh(box, "exit 5")).code == 5


async def _insist(channel: Channel) -> None:
    """A pipe takes some bytes even when nobody reads them."""
    with trio.fail_after(WAIT_S):
        while True:
            await channel.send(b"x" * (1 << 16))
            await trio.sleep(0.01)
