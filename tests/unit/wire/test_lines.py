"""Kept streams over a mesh: opened once, again after they broke, and given up when nobody answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from chorus.testing.memory import MemoryMesh, MemoryNetwork, open_network
from chorus_hooks.errors import Busy, NotFound, Unreachable
from chorus_hooks.mesh import Stream
from chorus_hooks.wire.answering import Call, Handler
from chorus_hooks.wire.frame import Frame, Kind
from chorus_hooks.wire.lines import OPEN_S, Lines

PROTOCOL = "/test/lines/1"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, MockClock]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


class Rig:
    """Two nodes that are linked; `lines` are those of the one that asks."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.network = network
        self.asker = network.mesh("asker")
        self.answerer = network.mesh("answerer")
        self.accused: list[tuple[str, str]] = []
        self.lines = self.of(self.asker)

    def of(self, mesh: MemoryMesh) -> Lines:
        return Lines(mesh, PROTOCOL, accuse=lambda peer, why: self.accused.append((peer, why)))

    async def ask(self, request: bytes = b"hello", within: float = 1.0) -> bytes:
        return await self.lines.ask("answerer", request, within=within)


@asynccontextmanager
async def rig(handler: Handler | None = None) -> AsyncIterator[Rig]:
    async with open_network() as network, trio.open_nursery() as nursery:
        rig = Rig(network)
        answering = rig.of(rig.answerer)
        if handler is not None:
            answering.serve(handler)
        await nursery.start(rig.lines.run)
        await nursery.start(answering.run)
        await rig.asker.dial(rig.answerer.addresses[0])
        yield rig
        nursery.cancel_scope.cancel()


async def echo(call: Call) -> bytes:
    return call.request


async def test_a_peer_answers() -> None:
    async with rig(echo) as between:
        assert await between.ask(b"hello") == b"hello"


async def test_many_first_asks_at_once_open_one_stream() -> None:
    opened = 0

    async def count(stream: Stream) -> None:
        nonlocal opened
        opened += 1
        await trio.sleep_forever()

    async with rig() as between:
        between.answerer.serve(PROTOCOL, count)
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                with pytest.raises(Unreachable):
                    await between.ask()

            for _ in range(10):
                nursery.start_soon(ask)
    assert opened == 1


async def test_after_a_cut_the_open_ask_fails_and_the_next_one_opens_a_new_stream() -> None:
    began = trio.Event()

    async def hang(call: Call) -> bytes:
        if call.request == b"hang":
            began.set()
            await trio.sleep_forever()
        return call.request

    async with rig(hang) as between:
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                with pytest.raises(Unreachable, match="broke"):
                    await between.ask(b"hang", within=60)

            nursery.start_soon(ask)
            await began.wait()
            between.network.cut("asker", "answerer")
        assert trio.current_time() < 1
        with pytest.raises(Unreachable, match="not linked"):
            await between.ask()
        await between.asker.dial(between.answerer.addresses[0])
        assert await between.ask(b"again") == b"again"


async def test_a_peer_that_restarted_is_asked_over_a_new_stream() -> None:
    async with rig(echo) as between:
        await between.ask()
        between.network.crash("answerer")
        again = between.of(between.network.mesh("answerer"))
        again.serve(echo)
        await wait_all_tasks_blocked()
        await between.asker.dial("/ip4/10.0.0.2/tcp/9000")
        assert await between.ask(b"again") == b"again"


async def test_a_frozen_peer_is_unreachable_within_the_time_given() -> None:
    async with rig(echo) as between:
        await between.ask()
        between.network.freeze("answerer")
        began = trio.current_time()
        with pytest.raises(Unreachable, match=r"did not answer within 0\.25 s"):
            await between.ask(within=0.25)
        assert trio.current_time() - began == pytest.approx(0.25)
        between.network.thaw("answerer")
        assert await between.ask(b"again") == b"again"


async def test_a_stream_to_a_frozen_peer_is_not_waited_for_longer_than_its_limit() -> None:
    """Also by those who give no limit of their own, and by those who wait behind them."""
    async with rig(echo) as between:
        between.network.freeze("answerer")
        with pytest.raises(Unreachable, match="did not take a stream"):
            async with between.lines.answers("answerer", b"hello"):
                pass
        assert trio.current_time() == pytest.approx(OPEN_S)
        between.network.thaw("answerer")
        assert await between.ask(b"again") == b"again"


async def test_a_peer_that_breaks_the_protocol_in_its_answer_is_accused() -> None:
    async def babble(stream: Stream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await trio.sleep_forever()

    async with rig() as between:
        between.answerer.serve(PROTOCOL, babble)
        with pytest.raises(Unreachable, match="broke the protocol"):
            await between.ask()
        await wait_all_tasks_blocked()
        ((peer, why),) = between.accused
        assert peer == "answerer"
        assert why.startswith(PROTOCOL)


async def test_a_peer_that_breaks_the_protocol_in_its_request_is_accused() -> None:
    async with rig(echo) as between:
        stream = await between.asker.open("answerer", PROTOCOL)
        await stream.send(Frame(Kind.ANSWER, 1, b"x").encode())
        assert await stream.receive() == b""
        await wait_all_tasks_blocked()
        assert [peer for peer, _ in between.accused] == ["asker"]
        assert await between.ask(b"hello") == b"hello"


async def test_what_a_peer_fails_with_is_raised_here_and_the_stream_stays() -> None:
    async def refuse(call: Call) -> bytes:
        raise Busy("later", retry_after=1) if call.request == b"busy" else NotFound("nothing")

    async with rig(refuse) as between:
        with pytest.raises(Busy, match="later"):
            await between.ask(b"busy")
        with pytest.raises(NotFound, match="nothing"):
            await between.ask()
    assert between.accused == []


async def test_a_peer_that_does_not_speak_the_protocol_is_unreachable_and_blameless() -> None:
    async with rig() as between:
        with pytest.raises(Unreachable, match="does not speak"):
            await between.ask()
    assert between.accused == []


async def test_a_long_answer_waits_for_a_reader_and_comes_whole_over_a_bad_way() -> None:
    message = bytes(100_000)

    async def much(call: Call) -> None:
        for _ in range(20):
            await call.send(message)

    async with rig(much) as between:
        got = 0
        async with between.lines.answers("answerer", b"all") as answers:
            async for part in answers:
                assert part == message
                got += 1
                if got == 5:
                    between.network.partition(["asker"], ["answerer"])
                    with trio.move_on_after(20) as patience:
                        await trio.sleep_forever()
                    assert patience.cancelled_caught
                    between.network.heal()
    assert got == 20


async def test_who_leaves_an_answer_early_stops_it_at_the_peer() -> None:
    stopped = trio.Event()

    async def endless(call: Call) -> None:
        try:
            while True:
                await call.send(b"more")
        finally:
            stopped.set()

    async with rig(endless) as between:
        async with between.lines.answers("answerer", b"x") as answers:
            await anext(answers)
        with trio.fail_after(5):
            await stopped.wait()
        with pytest.raises(Unreachable):
            await between.lines.ask("nobody", b"x", within=1)


async def test_lines_that_do_not_run_say_so() -> None:
    async with open_network() as network:
        one, other = network.mesh("one"), network.mesh("other")
        other.serve(PROTOCOL, _ignore)
        await one.dial(other.addresses[0])
        lines = Lines(one, PROTOCOL, accuse=lambda _peer, _why: None)
        with pytest.raises(RuntimeError, match="do not run"):
            await lines.ask("other", b"x", within=1)


async def _ignore(_stream: Stream) -> None:
    await trio.sleep_forever()
