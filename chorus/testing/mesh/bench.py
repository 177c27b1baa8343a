"""What the suite's tests are built with: nodes that are linked, and streams to and fro."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final, Protocol, TypeVar

import trio

from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Link, Mesh, Stream

T = TypeVar("T")

SECRET: Final = bytes(range(32))
"""What the nodes of one test know."""
PATIENCE_S: Final = 20.0
"""Far more than anything here takes, on a loaded machine too."""

ECHO: Final = "/conformance/echo/1"
QUIET: Final = "/conformance/quiet/1"


class Start(Protocol):
    """Starts nodes of the implementation under test."""

    def __call__(self, secret: bytes = SECRET) -> AbstractAsyncContextManager[Mesh]:
        """A node with a new identity that runs inside this context, and knows `secret` (32 bytes)."""
        ...


@asynccontextmanager
async def cluster(start: Start, count: int) -> AsyncIterator[list[Mesh]]:
    """So many nodes, each linked to each other one, that echo on ECHO and keep silent on QUIET."""
    async with AsyncExitStack() as nodes:
        meshes = [await nodes.enter_async_context(start()) for _ in range(count)]
        for place, mesh in enumerate(meshes):
            mesh.serve(ECHO, echo)
            mesh.serve(QUIET, keep_silent)
            for other in meshes[:place]:
                await join(mesh, other)
        yield meshes


async def join(mesh: Mesh, other: Mesh) -> None:
    """Dial another node, and wait until both ends say that they are linked."""
    async with mesh.links() as ours, other.links() as theirs:
        assert await within(mesh.dial(other.addresses[0])) == other.peer_id
        await until_up(ours, other.peer_id)
        await until_up(theirs, mesh.peer_id)


async def until_up(links: AsyncIterator[Link], peer_id: str) -> Link:
    """Read links until a peer is up."""
    return await _until(links, peer_id, up=True)


async def until_down(links: AsyncIterator[Link], peer_id: str) -> Link:
    """Read links until a peer is down."""
    return await _until(links, peer_id, up=False)


async def within(happens: Awaitable[T]) -> T:
    """What must happen, or a failure."""
    with trio.fail_after(PATIENCE_S):
        return await happens


async def echo(stream: Stream) -> None:
    """Say everything again."""
    while data := await stream.receive():
        await stream.send(data)


async def echoes(mesh: Mesh, peer: Mesh) -> None:
    """A stream from one to the other works."""
    stream = await within(mesh.open(peer.peer_id, ECHO))
    await stream.send(b"ping")
    assert await exactly(stream, 4) == b"ping"
    await stream.aclose()


async def keep_silent(stream: Stream) -> None:
    """Read nothing, say nothing, stay."""
    await trio.sleep_forever()


async def exactly(stream: Stream, size: int) -> bytes:
    """So many bytes, and not one more."""
    got = bytearray()
    with trio.fail_after(PATIENCE_S):
        while len(got) < size:
            data = await stream.receive()
            assert data, f"it ended after {len(got)} of {size} bytes"
            got += data
    assert len(got) == size
    return bytes(got)


async def ended(stream: Stream) -> None:
    """Read until it is over, in order or not."""
    with trio.fail_after(PATIENCE_S):
        try:
            while await stream.receive():
                pass
        except Unreachable:
            pass


async def refuses(stream: Stream) -> None:
    """Send until that fails, as it does soon after the other end has gone."""
    with trio.fail_after(PATIENCE_S):
        try:
            while True:
                await stream.send(b"x")
                await trio.sleep(0.01)
        except Unreachable:
            pass


async def _until(links: AsyncIterator[Link], peer_id: str, *, up: bool) -> Link:
    with trio.fail_after(PATIENCE_S):
        async for link in links:
            if link.peer_id == peer_id and link.up is up:
                return link
    raise AssertionError("the links ended")
