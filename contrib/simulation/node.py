"""A node: the real journal, members and replication, on a simulated disk, network and clock."""

import hashlib
import random
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import trio

from chorus.testing.memory import MemoryMesh, MemoryNetwork
from chorus_hooks.errors import ChorusError
from chorus_hooks.members import Member
from chorus_journal.blob_store import FileBlobs
from chorus_journal.database import database_path
from chorus_journal.exchange.fetcher import PeerFetcher
from chorus_journal.exchange.service import open_fetcher
from chorus_journal.exchange.traffic import Traffic
from chorus_journal.journal import SqliteJournal
from chorus_journal.opening import open_database
from chorus_journal.replica.replicas import KeptReplicas, open_replicas
from chorus_members.members import MeshMembers
from contrib.simulation.disk import Disk
from contrib.simulation.joining import join, key
from contrib.simulation.trace import Trace
from contrib.simulation.truth import Truth, digest

START: Final = 1_800_000_000.0
"""The wall clock when a simulation begins, in Unix seconds."""
QUOTA: Final = 1 << 40


@dataclass
class Life:
    """What there is of a node between a start and a crash."""

    mesh: MemoryMesh
    journal: SqliteJournal
    members: MeshMembers
    replicas: KeptReplicas
    blobs: FileBlobs
    fetcher: PeerFetcher
    nursery: trio.Nursery
    origin: str


@dataclass
class Node:
    """One of `number`s from 1 on. `clock` is how far its wall clock is off, in seconds."""

    number: int
    directory: Path
    network: MemoryNetwork
    rng: random.Random
    trace: Trace
    truth: Truth
    introducers: Callable[[], tuple[str, ...]]
    lies: bool = False
    clock: float = 0.0
    life: Life | None = None
    lives: int = 0
    _disk: Disk | None = None
    _scope: trio.CancelScope = field(default_factory=trio.CancelScope)

    def __post_init__(self) -> None:
        self.identity = key(self.number)
        self._state_dir = self.directory / str(self.number)
        self._ended = trio.Event()

    @property
    def name(self) -> str:
        """For a person."""
        return f"node-{self.number}"

    @property
    def peer_id(self) -> str:
        """By which the others know it."""
        return self.identity.peer_id

    def unix(self) -> float:
        """Its wall clock, in Unix seconds."""
        return START + trio.current_time() + self.clock

    async def live(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Start, and run until `crash`."""
        self.lives += 1
        self._state_dir.mkdir(exist_ok=True)
        self._scope, self._ended = trio.CancelScope(), trio.Event()
        self.trace.note(f"{self.name} starts")
        with self._scope:
            async with AsyncExitStack() as stack:
                self.life = await self._open(stack)
                task_status.started()
                await trio.sleep_forever()
        self.life = None
        self._ended.set()

    async def crash(self, *, lose_disk: bool) -> None:
        """Power off: the peers see connections end, and what was not synced is gone."""
        self.trace.note(f"{self.name} crashes{', and loses its disk' if lose_disk else ''}")
        if self._disk is not None:
            self._disk.cut_power()
        if self.life is not None and lose_disk:
            self.truth.lose(self.life.origin, self.number)
        self.network.crash(self.peer_id)
        self._scope.cancel()
        await self._ended.wait()
        if lose_disk:
            shutil.rmtree(self._state_dir)
        elif self._disk is not None and self._disk.lost is not None:
            self._put_back(self._disk.lost)

    async def append(self, text: str) -> None:
        """Write an entry; once it is acknowledged, it is part of the truth."""
        life = self.life
        if life is None:
            return
        try:
            seq = await life.journal.write(lambda tx: tx.append("simulation.said", {"text": text}))
            rows = await life.journal.read(
                lambda reader: reader.query("SELECT body FROM entry WHERE seq = ?", (seq,))
            )
        except ChorusError:
            return  # the power went off, or the journal refuses to sign a second history
        for (body,) in rows:
            wrong = self.truth.acknowledged(life.origin, seq, digest(body))
            if wrong is not None:
                self.trace.note(wrong)
                raise AssertionError(wrong)

    def store(self, data: bytes) -> None:
        """Keep a blob. Files are synced before they are named, so the power cannot go off in between."""
        if self.life is None:
            return
        with self.life.blobs.create() as writer:
            writer.write(data)
            name = writer.commit().sha256
        self.truth.holders[name].add(self.number)
        self.trace.note(f"{self.name} stores blob {name[:12]}")

    def want(self, name: str) -> None:
        """Fetch a blob, as long as this life lasts."""
        if self.life is not None:
            self.life.nursery.start_soon(self.fetch, name)

    async def fetch(self, name: str) -> bool:
        """Whether a blob came, from here or from peers: checked, and kept."""
        assert self.life is not None
        life = self.life
        try:
            await life.fetcher.fetch(name)
        except ChorusError:
            self.trace.note(f"{self.name} does not get blob {name[:12]}")
            return False
        with life.blobs.open(name) as file:
            if hashlib.sha256(file.read()).hexdigest() != name:
                self.truth.wrong.append(f"{self.name} keeps other bytes as blob {name[:12]}")
        self.truth.holders[name].add(self.number)
        self.trace.note(f"{self.name} has blob {name[:12]}")
        return True

    async def _open(self, stack: AsyncExitStack) -> Life:
        path = database_path(self._state_dir)
        connection = open_database(path, self.identity)
        connection.execute("PRAGMA synchronous = OFF")  # the disk is simulated
        made: list[Disk] = []

        def disk(commit: Callable[..., None]) -> Disk:
            made.append(Disk(commit, self.rng, connection.serialize, lies=self.lies))
            return made[0]

        journal = SqliteJournal(path, connection, self.identity, now=self._now, writer=disk)
        stack.push_async_callback(journal.aclose)
        [self._disk] = made
        nursery = await stack.enter_async_context(trio.open_nursery())
        nursery.start_soon(self._disk.run)
        mesh = self.network.mesh(self.peer_id)
        members = await stack.enter_async_context(self._members(mesh))
        replicas = await stack.enter_async_context(
            open_replicas(
                journal,
                self.identity,
                mesh,
                members,
                quota=QUOTA,
                rng=random.Random(self.rng.random()),
                unix_ms=lambda: int(1000 * self.unix()),
            )
        )
        blobs = FileBlobs(self._state_dir, f"{self.number:016x}{self.lives:016x}", QUOTA)
        blobs.sweep(lambda boot: False)
        fetcher = await stack.enter_async_context(
            open_fetcher(blobs, blobs, journal, mesh, members, Traffic())
        )
        origin = (await journal.checkpoint()).origin
        return Life(mesh, journal, members, replicas, blobs, fetcher, nursery, origin)

    def _members(self, mesh: MemoryMesh) -> AbstractAsyncContextManager[MeshMembers]:
        def changed(member: Member) -> None:
            self.trace.note(f"{self.name} sees {member.agent_id} {member.state}")

        return join(
            self.number,
            mesh,
            self.introducers(),
            self.rng,
            life=self.lives,
            unix=self.unix,
            changed=changed,
        )

    def _now(self) -> str:
        when = datetime.fromtimestamp(self.unix(), UTC)
        return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _put_back(self, image: bytes) -> None:
        path = database_path(self._state_dir)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.write_bytes(image)
