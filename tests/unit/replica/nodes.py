"""Nodes with real journals over a mesh in memory, and peers without manners."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import trio

from chorus.testing.memory import MemoryMesh, MemoryNetwork
from chorus_hooks.journal import Reader
from chorus_hooks.mesh import Mesh, Stream
from chorus_hooks.replica import Replica
from chorus_hooks.wire.answering import Call, answer
from chorus_identity.key_pair import KeyPair
from chorus_journal.journal import SqliteJournal, open_journal
from chorus_journal.replica import store
from chorus_journal.replica.message import PROTOCOL, Entries, Heads, Page, Prove, Proved, Watch, decode_ask
from chorus_journal.replica.replicas import KeptReplicas, open_replicas
from chorus_journal.replica.statement import Statement
from tests.unit.journal.state import FakeNode, fixed_identity
from tests.unit.replica.logs import Log


@dataclass
class Accusations:
    """A `Members` that only remembers who was accused."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def accuse(self, peer_id: str, why: str) -> None:
        self.told.append((peer_id, why))


@dataclass
class Member:
    """One node."""

    identity: KeyPair
    state_dir: Path
    mesh: MemoryMesh
    journal: SqliteJournal
    replicas: KeptReplicas
    accused: Accusations
    scope: trio.CancelScope
    ended: trio.Event

    async def say(self, count: int, text: str = "x") -> None:
        for _ in range(count):
            await self.journal.write(lambda tx: tx.append("test.said", {"text": text}))

    async def say_at_once(self, count: int, text: str = "x") -> None:
        await self.journal.write(lambda tx: [tx.append("test.said", {"text": text}) for _ in range(count)])

    async def entries(self) -> list[bytes]:
        """Its own."""
        return await self.journal.read(
            lambda reader: [row[0] for row in reader.query("SELECT body FROM entry ORDER BY seq")]
        )

    async def copy(self, peer_id: str) -> list[bytes]:
        """Another's, as far as they are here."""

        def read(reader: Reader) -> list[bytes]:
            sql = (
                "SELECT e.body FROM replica_entry e JOIN replica r ON r.id = e.replica"
                " WHERE r.peer = ? ORDER BY r.origin, e.seq"
            )
            return [row[0] for row in reader.query(sql, (peer_id,))]

        return await self.journal.read(read)

    def replica(self, origin: str) -> Replica | None:
        return next((replica for replica in self.replicas.all() if replica.origin == origin), None)

    async def evidence(self, origin: str) -> tuple[Statement, Statement] | None:
        return await self.journal.read(lambda reader: store.read_evidence(reader, origin))


@dataclass
class Company:
    """Nodes of one network."""

    directory: Path
    network: MemoryNetwork
    nursery: trio.Nursery

    @classmethod
    @asynccontextmanager
    async def open(cls, directory: Path, network: MemoryNetwork) -> AsyncIterator["Company"]:
        async with trio.open_nursery() as nursery:
            yield cls(directory, network, nursery)
            nursery.cancel_scope.cancel()

    async def start(self, number: int, *, disk: str = "", quota: int = 1 << 40) -> Member:
        """A node with the key and the disk of this number."""
        member: Member = await self.nursery.start(self._live, number, disk or str(number), quota)
        return member

    async def stop(self, member: Member) -> None:
        self.network.crash(member.mesh.peer_id)
        member.scope.cancel()
        await member.ended.wait()

    async def _live(
        self,
        number: int,
        disk: str,
        quota: int,
        *,
        task_status: trio.TaskStatus[Member] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        identity, state_dir = fixed_identity(number), self.directory / disk
        state_dir.mkdir(exist_ok=True)
        ended = trio.Event()
        with trio.CancelScope() as scope:
            async with AsyncExitStack() as stack:
                journal = await stack.enter_async_context(open_journal(FakeNode(state_dir), identity))
                mesh = self.network.mesh(identity.peer_id)
                accused = Accusations()
                replicas = await stack.enter_async_context(
                    open_replicas(
                        journal,
                        identity,
                        mesh,
                        accused,  # type: ignore[arg-type]  # of Members, only this is used
                        quota=quota,
                        rng=random.Random(number),
                        unix_ms=lambda: int(trio.current_time() * 1000),
                    )
                )
                task_status.started(
                    Member(identity, state_dir, mesh, journal, replicas, accused, scope, ended)
                )
                await trio.sleep_forever()
        ended.set()


@dataclass
class Stranger:
    """A peer that speaks the protocol, and says what a test lets it say."""

    mesh: Mesh
    heads: list[str] = field(default_factory=list)
    entries: Callable[[Entries], list[bytes]] = lambda ask: []
    prove: Callable[[Prove], Proved | None] = lambda ask: None
    asked: list[Entries] = field(default_factory=list)
    raw: bytes | None = None

    def serve(self) -> None:
        async def take(stream: Stream) -> None:
            if self.raw is not None:
                await stream.send(self.raw)
            await answer(stream, self._answer)

        self.mesh.serve(PROTOCOL, take)

    async def _answer(self, call: Call) -> bytes | None:
        ask = decode_ask(call.request)
        if isinstance(ask, Entries):
            self.asked.append(ask)
            for message in self.entries(ask):
                await call.send(message)
        elif isinstance(ask, Prove):
            proved = self.prove(ask)
            return msgspec.json.encode(proved) if proved else b"null"
        else:
            await call.send(msgspec.json.encode(Page(tuple(self.heads))))
            if isinstance(ask, Watch):
                await trio.sleep_forever()
        assert isinstance(ask, Heads | Entries)
        return None


def gives(log: Log, *, of: int | None = None, step: int = 100) -> Callable[[Entries], list[bytes]]:
    """An honest way to answer `Entries` from a journal in memory."""

    def entries(ask: Entries) -> list[bytes]:
        size = len(log.entries) if of is None else of
        cuts = range(ask.start, size, step)
        return [log.parcel(start, min(start + step, size), size).encode() for start in cuts]

    return entries


def proves(log: Log) -> Callable[[Prove], Proved]:
    """An honest way to answer `Prove`."""
    return lambda ask: Proved(log.frontier(ask.old).root(), log.proof(ask.old, ask.new))


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until it holds; fails when it does not in time."""
    with trio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110 - it is about what any of several parts do
            await trio.sleep(0.005)


async def mesh_of(*members: Member) -> None:
    """Link all to all."""
    for place, member in enumerate(members):
        for other in members[:place]:
            await member.mesh.dial(other.mesh.addresses[0])


def whole(member: Member, *others: Member) -> Callable[[], bool]:
    """Whether it has all that the others wrote."""

    def holds() -> bool:
        here = {replica.peer_id: replica.replicated for replica in member.replicas.all()}
        return all(here.get(peer, 0) >= size for peer, size in sizes.items())

    sizes = {other.identity.peer_id: _size(other) for other in others}
    return holds


def _size(member: Member) -> int:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(f"file:{member.journal.database}?mode=ro", uri=True)) as connection:
        ((size,),) = connection.execute("SELECT size FROM log").fetchall()
    return int(size)
