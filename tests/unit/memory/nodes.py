"""Nodes in memory that tests begin with."""

from chorus.testing.memory import MemoryMesh, MemoryNetwork
from chorus_hooks.mesh import Stream

ECHO = "/test/echo/1"
SINK = "/test/sink/1"


async def echo(stream: Stream) -> None:
    """Say everything again."""
    while data := await stream.receive():
        await stream.send(data)


async def linked(network: MemoryNetwork, *names: str) -> list[MemoryMesh]:
    """Nodes that are all linked to one another, and echo."""
    meshes = [network.mesh(name) for name in names]
    for place, mesh in enumerate(meshes):
        mesh.serve(ECHO, echo)
        for other in meshes[:place]:
            assert await mesh.dial(other.addresses[0]) == other.peer_id
    return meshes


async def exactly(stream: Stream, size: int) -> bytes:
    """So many bytes."""
    got = b""
    while len(got) < size:
        data = await stream.receive()
        assert data, f"it ended after {len(got)} of {size} bytes"
        got += data
    return got
