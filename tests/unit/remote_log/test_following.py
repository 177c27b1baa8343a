"""Logs of peers: told to their end, over cuts, and by nobody else when the peer is gone for good."""

import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import pytest
import trio
from trio.testing import MockClock

from chorus.testing.memory import MemoryMesh, MemoryNetwork, open_network
from chorus_coordinator.remote.logs import LOST_S, PeerLogs
from chorus_coordinator.remote.message import ANSWER_LIMIT, PROTOCOL, Follow
from chorus_coordinator.remote.service import open_logs
from chorus_coordinator.remote.serving import CALLS
from chorus_hooks.coordinator import TaskEvent, TaskOutput, TaskPhase
from chorus_hooks.errors import Busy, NotFound, Unreachable, UsageError
from chorus_hooks.mesh import Stream
from chorus_hooks.task import Task, TaskDocument
from chorus_hooks.wire.answering import Call, answer
from chorus_hooks.wire.caller import Caller
from tests.unit.journal.state import fixed_identity
from tests.unit.replica.nodes import Accusations

TASK = "1f" * 16
LOG = bytes(range(256)) * 1200


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, MockClock]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


@dataclass
class Running:
    """A coordinator whose one task prints what a test lets it print."""

    log: bytes = b""
    ended: bool = False
    tasks: tuple[str, ...] = (TASK,)
    following: int = 0
    news: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    def print(self, data: bytes, *, last: bool = False) -> None:
        self.log += data
        self.ended = last
        self.news.unpark_all()

    def task(self, task_id: str) -> Task:
        document = TaskDocument(commands=("true",))
        return Task(id=task_id, document=document, state="succeeded", submitted_at="2026-01-01T00:00:00.000Z")

    async def get(self, task_id: str) -> Task:
        await trio.lowlevel.checkpoint()
        found = [known for known in self.tasks if known.startswith(task_id)]
        if not found:
            raise NotFound(f"there is no task {task_id}")
        return self.task(found[0])

    async def follow(
        self, task_id: str, *, offset: int = 0, attempt: int = 1, wait: bool = True
    ) -> AsyncGenerator[TaskEvent, None]:
        if task_id not in self.tasks:
            raise NotFound(f"there is no task {task_id}")
        self.following += 1
        try:
            yield TaskPhase("running", "a command")
            while True:
                if offset < len(self.log):
                    piece = self.log[offset : offset + 100_000]
                    offset += len(piece)
                    yield TaskOutput(1, piece, offset)
                elif self.ended or not wait:
                    yield self.task(task_id)
                    return
                else:
                    await self.news.park()
        finally:
            self.following -= 1


@dataclass
class Place:
    """Nodes of one network."""

    network: MemoryNetwork
    stack: AsyncExitStack
    meshes: list[MemoryMesh] = field(default_factory=list)
    accused: Accusations = field(default_factory=Accusations)

    async def node(self, number: int, coordinator: Running | None = None) -> PeerLogs:
        mesh = await self.mesh(number)
        logs = open_logs(
            coordinator or Running(tasks=()),  # type: ignore[arg-type]
            mesh,
            self.accused,  # type: ignore[arg-type]  # of Members, only this is used
            random.Random(number),
        )
        opened = await self.stack.enter_async_context(logs)
        await trio.testing.wait_all_tasks_blocked()  # it has seen who is linked
        return opened

    async def mesh(self, number: int) -> MemoryMesh:
        mesh = self.network.mesh(fixed_identity(number).peer_id)
        for other in self.meshes:
            await mesh.dial(other.addresses[0])
        self.meshes.append(mesh)
        return mesh


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with open_network(random.Random(1)) as network, AsyncExitStack() as stack:
        made = Place(network, stack)
        made.accused.all = lambda: ()  # type: ignore[attr-defined]
        made.accused.find = lambda peer_id: None  # type: ignore[attr-defined]
        yield made


@asynccontextmanager
async def following(logs: PeerLogs, **options: bool) -> AsyncIterator[AsyncGenerator[TaskEvent, None]]:
    async with aclosing(logs.follow(TASK, **options)) as events:
        yield events


async def printed(events: AsyncGenerator[TaskEvent, None], size: int | None = None) -> bytes:
    """So many bytes of output, or all of it to the task's end."""
    got = b""
    async for event in events:
        if isinstance(event, TaskOutput):
            got += event.data
            assert event.offset == len(got)
        if isinstance(event, Task) or (size is not None and len(got) >= size):
            break
    return got


async def test_the_log_of_a_peer_is_followed_to_the_end_of_its_task(place: Place) -> None:
    runs = Running(LOG[:1000])
    await place.node(1, runs)
    logs = await place.node(2)
    async with following(logs) as events:
        assert await anext(events) == TaskPhase("running", "a command")
        runs.print(LOG[1000:], last=True)
        assert await printed(events) == LOG


async def test_without_waiting_it_ends_with_what_there_is(place: Place) -> None:
    await place.node(1, Running(LOG))
    logs = await place.node(2)
    async with following(logs, wait=False) as events:
        assert await printed(events) == LOG


async def test_a_prefix_finds_the_one_task_that_begins_so(place: Place) -> None:
    await place.node(1, Running())
    logs = await place.node(2)
    assert await logs.find(TASK[:4]) == TASK
    with pytest.raises(NotFound, match="here or at a peer"):
        await logs.find("aaaa")


async def test_a_prefix_of_tasks_of_two_peers_is_refused(place: Place) -> None:
    await place.node(1, Running())
    await place.node(2, Running(tasks=("1e" * 16,)))
    logs = await place.node(3)
    with pytest.raises(UsageError, match="several"):
        await logs.find("1")


async def test_after_a_cut_it_goes_on_at_its_byte(place: Place) -> None:
    runs = Running(LOG[:200_000])
    await place.node(1, runs)
    logs = await place.node(2)
    one, other = place.meshes
    got: list[bytes] = []
    async with trio.open_nursery() as nursery:

        async def read() -> None:
            async with following(logs) as events:
                got.append(await printed(events))

        nursery.start_soon(read)
        await trio.sleep(1)
        await one.hang_up(other.peer_id)
        await trio.sleep(3)
        runs.print(LOG[200_000:], last=True)
        await trio.sleep(3)
        await other.dial(one.addresses[0])
    assert got == [LOG]
    assert place.accused.told == []


async def test_a_peer_that_never_comes_back_is_told_after_a_while(place: Place) -> None:
    await place.node(1, Running(LOG))
    logs = await place.node(2)
    one, other = place.meshes
    with pytest.raises(Unreachable, match="can be reached any more"):
        async with following(logs) as events:
            await printed(events, len(LOG))
            await one.hang_up(other.peer_id)
            began = trio.current_time()
            await printed(events)
    assert LOST_S <= trio.current_time() - began < 2 * LOST_S


async def test_who_leaves_early_is_not_told_any_more(place: Place) -> None:
    runs = Running(LOG)
    await place.node(1, runs)
    logs = await place.node(2)
    async with following(logs) as events:
        await printed(events, 1000)
        assert runs.following == 1
    with trio.fail_after(5):
        while runs.following:  # noqa: ASYNC110 - it is the peer that ends it
            await trio.sleep(0.01)


async def test_a_quiet_task_is_no_silent_peer(place: Place) -> None:
    runs = Running(b"before ")
    await place.node(1, runs)
    logs = await place.node(2)
    async with trio.open_nursery() as nursery, following(logs) as events:

        async def wake() -> None:
            await trio.sleep(1000)
            runs.print(b"after", last=True)

        nursery.start_soon(wake)
        assert await printed(events) == b"before after"
    assert trio.current_time() >= 1000


async def test_a_peer_may_follow_so_many_at_once_and_then_it_is_busy(place: Place) -> None:
    runs = Running(LOG)
    await place.node(1, runs)
    mesh = await place.mesh(2)
    caller = Caller(await mesh.open(place.meshes[0].peer_id, PROTOCOL), limit=ANSWER_LIMIT)
    ask = msgspec.json.encode(Follow(TASK))
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        nursery.start_soon(caller.run)
        for _ in range(CALLS):
            await anext(await stack.enter_async_context(caller.answers(ask)))
        with pytest.raises(Busy):
            await caller.ask(ask)
        nursery.cancel_scope.cancel()


async def test_who_repeats_a_byte_is_accused_and_nothing_of_it_is_told(place: Place) -> None:
    mesh = await place.mesh(1)

    async def lie(call: Call) -> bytes | None:
        if b'"find"' in call.request:
            return b'{"id":"' + TASK.encode() + b'"}'
        for _ in range(2):
            await call.send(b'{"tell":"output","stream":1,"offset":5,"attempt":1}\nhello')
        return None

    async def take(stream: Stream) -> None:
        await answer(stream, lie)

    mesh.serve(PROTOCOL, take)
    logs = await place.node(2)
    got = b""
    with pytest.raises(Unreachable):
        async with following(logs) as events:
            async for event in events:
                assert isinstance(event, TaskOutput)
                got += event.data
    assert got == b"hello"
    assert {peer for peer, _ in place.accused.told} == {mesh.peer_id}
