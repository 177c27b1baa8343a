"""Peers that send too fast or read too slowly, on a virtual clock."""

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from chorus_hooks.wire.answering import Call, answer
from chorus_hooks.wire.frame import Frame, Kind
from chorus_hooks.wire.rate import Rate
from tests.unit.wire.ends import Raw, ends, talk


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, MockClock]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def echo(call: Call) -> bytes:
    return call.request


async def test_a_flood_is_read_slowly_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    began = trio.current_time()
    async with talk(echo, rate=100) as between:
        for _ in range(400):
            await between.caller.ask(b"x")
    assert trio.current_time() - began == pytest.approx(3, rel=0.02)
    assert caplog.text.count("the asker sends too much") == 1


async def test_a_peer_that_reads_nothing_loses_its_stream() -> None:
    asker, answerer = ends()
    answerer.pipe.send_stream.send_all_hook = trio.sleep_forever
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer, answerer, echo)
        await Raw(asker).send(Frame(Kind.ASK, 0, b"x"))
    assert trio.current_time() - began == pytest.approx(30)


@given(
    steps=st.lists(st.floats(0, 2), min_size=1, max_size=60),
    rate=st.floats(0.5, 50),
    burst=st.integers(1, 20),
)
def test_whoever_waits_as_told_never_passes_the_rate(steps: list[float], rate: float, burst: int) -> None:
    bucket, now = Rate(rate, burst=burst), 0.0
    for passed, step in enumerate(steps, 1):
        now += step
        now += bucket.take(now)
        assert passed <= burst + rate * now + 1e-6


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    bucket = Rate(1, burst=1)
    assert bucket.take(100.0) == 0
    assert bucket.take(50.0) == 1
