"""The life of one sandbox: opened, lost, left, and what its owner is told."""

import uuid

import pytest
import trio

from chorus.testing.sandbox import opened, sh
from chorus_bwrap.sandbox import BwrapSandbox
from chorus_hooks.errors import Unreachable
from chorus_hooks.sandbox import BoxCommand
from tests.integration.bwrap.traces import gone, living

pytestmark = pytest.mark.bwrap


@pytest.fixture
def mark() -> str:
    return f"mark-{uuid.uuid4().hex}"


async def test_leaving_it_removes_every_process(mark: str) -> None:
    async with opened(BwrapSandbox(), None, labels={"chorus.test": mark}):
        assert living(mark)
    await gone(mark)


async def test_leaving_it_by_an_error_or_a_cancellation_removes_every_process(mark: str) -> None:
    with pytest.raises(LookupError):
        async with opened(BwrapSandbox(), None, labels={"chorus.test": mark}):
            raise LookupError
    with trio.move_on_after(0.5):
        async with opened(BwrapSandbox(), None, labels={"chorus.test": mark}) as box:
            await sh(box, f": {mark}; sleep 99")
    await gone(mark)


async def test_a_sandbox_past_its_time_to_live_is_unreachable(mark: str) -> None:
    async with opened(BwrapSandbox(), None, ttl_s=1.0, labels={"chorus.test": mark}) as box:
        with trio.fail_after(10), pytest.raises(Unreachable, match="the sandbox is gone"):
            await sh(box, "sleep 99")
        with pytest.raises(Unreachable):
            await sh(box, "true")
    await gone(mark)


async def test_a_command_that_cannot_be_handed_over_ends_with_126() -> None:
    async with opened(BwrapSandbox(), None) as box:
        ended = await sh(box, "true", env={"BIG": "x" * (1 << 20)})
        assert (ended.reason, ended.code) == ("exited", 126)
        assert "too long" in ended.exit.detail
        ended = await sh(box, "nul\0byte")
        assert (ended.reason, ended.code) == ("exited", 126)


async def test_processor_time_is_told() -> None:
    async with opened(BwrapSandbox(), None) as box:
        busy = await sh(box, "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done")
        idle = await sh(box, "sleep 0.3")
    assert busy.exit.cpu_s is not None
    assert idle.exit.cpu_s is not None
    assert busy.exit.cpu_s > 0.05 > idle.exit.cpu_s


async def test_a_slow_sink_gets_all_of_a_command_that_has_ended() -> None:
    got = 0

    async def slow(_stream: int, data: bytes) -> None:
        nonlocal got
        await trio.sleep(0.05)
        got += len(data)

    async with opened(BwrapSandbox(), None) as box:
        command = BoxCommand(("head", "-c", str(1 << 20), "/dev/zero"), {}, 30.0, 1 << 21)
        ended = await box.run(command, slow)
    assert (ended.reason, ended.code, got) == ("exited", 0, 1 << 20)


async def test_reaping_finds_nothing() -> None:
    assert await BwrapSandbox().reap(lambda boot: False) == 0
