"""Nodes with real blob stores over a mesh in memory, and holders without manners."""

import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import trio

from chorus.testing.memory import MemoryMesh, MemoryNetwork
from chorus_hooks.errors import NotFound
from chorus_hooks.mesh import Stream
from chorus_hooks.wire.answering import Call, answer
from chorus_journal.blob_store import FileBlobs
from chorus_journal.exchange.fetcher import PeerFetcher
from chorus_journal.exchange.message import PIECE, PROTOCOL, Read, Size, Sized, decode_ask
from chorus_journal.exchange.service import open_fetcher
from chorus_journal.exchange.traffic import Traffic
from chorus_journal.journal import SqliteJournal, open_journal
from tests.unit.journal.state import FakeNode, fixed_identity
from tests.unit.replica.nodes import Accusations

BIG = random.Random(7).randbytes(9_000_000)
SMALL = b"hello"


def name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


Give = Callable[[Call, Read], Awaitable[None]]


@dataclass
class Node:
    """One node: `store` is what it keeps, `fetcher` what it brings."""

    mesh: MemoryMesh
    store: FileBlobs
    fetcher: PeerFetcher
    journal: SqliteJournal
    accused: Accusations
    traffic: Traffic
    state_dir: Path

    @property
    def peer_id(self) -> str:
        return self.mesh.peer_id

    def keep(self, data: bytes) -> str:
        with self.store.create() as writer:
            writer.write(data)
            return writer.commit().sha256

    def read(self, sha256: str) -> bytes:
        with self.store.open(sha256) as file:
            return file.read()

    def partials(self) -> list[str]:
        return sorted(path.name for path in (self.state_dir / "blobs" / "partial").iterdir())


@dataclass
class Street:
    """Nodes of one network, each linked to those before it."""

    directory: Path
    network: MemoryNetwork
    stack: AsyncExitStack
    nodes: list[Node] = field(default_factory=list)

    async def node(self, number: int, *, quota: int = 1 << 40) -> Node:
        state_dir = self.directory / str(number)
        state_dir.mkdir(exist_ok=True)
        identity = fixed_identity(number)
        here = FakeNode(state_dir)
        journal = await self.stack.enter_async_context(open_journal(here, identity))
        store = FileBlobs(state_dir, here.boot, quota)
        store.sweep(here.alive)
        mesh = self.network.mesh(identity.peer_id)
        accused, traffic = Accusations(), Traffic()
        fetcher = await self.stack.enter_async_context(
            open_fetcher(store, store, journal, mesh, accused, traffic)  # type: ignore[arg-type]
        )
        node = Node(mesh, store, fetcher, journal, accused, traffic, state_dir)
        await self._link(mesh)
        self.nodes.append(node)
        return node

    async def stranger(self, number: int, give: Give, size: int) -> MemoryMesh:
        """A peer that says it has any blob, of that size, and gives what a test lets it give."""
        mesh = self.network.mesh(fixed_identity(number).peer_id)

        async def handle(call: Call) -> bytes | None:
            ask = decode_ask(call.request)
            if isinstance(ask, Size):
                return msgspec.json.encode(Sized(size))
            await give(call, ask)
            return None

        async def take(stream: Stream) -> None:
            await answer(stream, handle)

        mesh.serve(PROTOCOL, take)
        await self._link(mesh)
        return mesh

    async def _link(self, mesh: MemoryMesh) -> None:
        for other in self.nodes:
            await mesh.dial(other.mesh.addresses[0])


@asynccontextmanager
async def street(directory: Path, network: MemoryNetwork) -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        yield Street(directory, network, stack)


def gives(data: bytes) -> Give:
    """Those bytes, whatever the name says."""

    async def give(call: Call, ask: Read) -> None:
        end = min(ask.start + ask.length, len(data))
        for start in range(ask.start, end, PIECE):
            await call.send(data[start : min(start + PIECE, end)])

    return give


def gives_and_stops(data: bytes, until: int) -> Give:
    """What comes before that byte, and then nothing more."""

    async def give(call: Call, ask: Read) -> None:
        await gives(data[:until])(call, ask)
        await trio.sleep_forever()

    return give


def gives_and_fails(data: bytes, until: int) -> Give:
    """What comes before that byte, and then an error."""

    async def give(call: Call, ask: Read) -> None:
        await gives(data[:until])(call, ask)
        raise NotFound("it is gone")

    return give
