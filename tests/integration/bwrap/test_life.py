"""The life of one sandbox: opened, lost, left, and what its owner is told."""

import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import trio

from chorus.testing.sandbox import collect, opened, sh
from chorus_bwrap import view
from chorus_bwrap.box import BwrapBox
from chorus_bwrap.keeper import Keeper
from chorus_bwrap.pipes import Pipes
from chorus_bwrap.sandbox import BwrapSandbox
from chorus_hooks.errors import Unreachable
from chorus_hooks.sandbox import BoxCommand, Channel
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


async def test_a_command_that_cannot_be_killed_takes_the_sandbox_with_it(
    monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    """As if a process of it stayed for ever in the kernel."""
    async with opened(BwrapSandbox(), None, labels={"chorus.test": mark}) as box:
        monkeypatch.setattr("chorus_bwrap.inside.SWEEP_S", 0.05)
        monkeypatch.setattr("chorus_bwrap.keeper.Keeper.strangers", lambda self: ["7"])
        await sh(box, "true")
        with pytest.raises(Unreachable):
            await sh(box, "true")
        await gone(mark)


@pytest.mark.parametrize("end", ["exit 0", "while :; do :; done"], ids=["exit", "timeout"])
async def test_when_it_is_over_no_process_is_left_at_that_very_moment(end: str) -> None:
    """Not even a dead one: with each, a place in the machine's table of processes would be lost."""
    crowd = f"i=0; while [ $i -lt 150 ]; do sleep 99 & i=$((i+1)); done; {end}"
    async with opened(BwrapSandbox(), None, pids=400) as box:
        assert isinstance(box, BwrapBox)
        before = box.keeper.pids()
        for _ in range(5):
            await sh(box, crowd, timeout_s=0.5)
            assert box.keeper.pids() == before


async def test_a_terabyte_of_hole_is_collected_whole() -> None:
    hole = "dd if=/dev/zero of=/workspace/output/hole bs=1 count=1 seek=1099511627776 2>/dev/null"
    async with opened(BwrapSandbox(), None) as box:
        await sh(box, hole)
        got = await collect(box, max_bytes=1 << 20)
    assert got.whole
    assert got.members["output/hole"].size == 1099511627777


@asynccontextmanager
async def held(box: BwrapBox, *argv: str) -> AsyncIterator[Channel]:
    """A program beside, which its bubblewrap neither binds to itself nor runs before a byte of stdin came."""
    real = view.arguments
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(view, "arguments", lambda *args, **kw: [*real(*args, **kw), "--block-fd", "0"])
            channel = await stack.enter_async_context(box.beside(argv))
        yield channel


async def test_what_is_not_yet_bound_to_its_bubblewrap_is_killed_too() -> None:
    """By itself it would go on, and the sandbox would be given up for it."""
    async with opened(BwrapSandbox(), None) as box:
        assert isinstance(box, BwrapBox)
        before = box.keeper.pids()
        async with held(box, "cat"):
            assert box.keeper.pids() != before
        assert box.keeper.pids() == before
        assert (await sh(box, "exit 4")).code == 4


async def test_a_program_beside_that_is_being_set_up_is_no_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither before its own process is there, nor when that comes while strangers are looked for."""
    real = Keeper._family
    async with opened(BwrapSandbox(), None) as box:
        assert isinstance(box, BwrapBox)
        async with held(box, "sh", "-c", "echo ready; cat") as channel:
            assert isinstance(channel, Pipes)
            stdin = channel._into
            assert isinstance(stdin, trio.lowlevel.FdStream)
            assert (await sh(box, "exit 4")).code == 4
            before = box.keeper.pids()

            def forked_afterwards(keeper: Keeper) -> set[str]:
                family = real(keeper)
                os.write(stdin.fileno(), b"\n")
                give_up = time.monotonic() + 10
                while keeper.pids() == before and time.monotonic() < give_up:
                    pass
                return family

            monkeypatch.setattr(Keeper, "_family", forked_afterwards)
            assert box.keeper.strangers() == []
            monkeypatch.undo()
            assert box.keeper.pids() != before
            assert await channel.receive() == b"ready\n"


async def test_the_name_of_a_process_need_not_be_text() -> None:
    seen: list[str] = []
    script = r"""n=$(printf '\377'); cp /bin/sh "./$n"; "./$n" -c 'echo running; sleep 0.1; exit 3'"""

    async with opened(BwrapSandbox(), None) as box:
        assert isinstance(box, BwrapBox)
        keeper = box.keeper

        async def look(_stream: int, _data: bytes) -> None:
            seen.extend(keeper.strangers())

        ended = await box.run(BoxCommand(("sh", "-c", script), {}, 30.0, 1 << 10), look)
    assert (ended.reason, ended.code) == ("exited", 3)
    assert seen
