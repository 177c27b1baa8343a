"""A container or an engine that goes away in the middle: told, in bounded time, and nothing hangs."""

import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from chorus.testing.sandbox import Transcript, sh, spec
from chorus_docker import box as box_module
from chorus_docker import containers as lifecycle
from chorus_docker import keeper
from chorus_docker.sandbox import DockerSandbox
from chorus_hooks.errors import Unreachable
from chorus_hooks.sandbox import Box
from tests.integration.docker.conftest import BUSYBOX, HOST
from tests.integration.docker.containers import docker, gone, listed
from tests.integration.docker.proxy import proxied

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("engine")]


async def begun_then(box: Box, act: Callable[[], Awaitable[object] | None], **how: float) -> str:
    """Run an endless command; once it speaks, act. Gives the reason of its end."""
    transcript = Transcript()
    reasons = []
    async with trio.open_nursery() as nursery:

        async def endless() -> None:
            reasons.append(
                (await sh(box, "echo go; while :; do sleep 1; done", sink=transcript, **how)).reason
            )

        nursery.start_soon(endless)
        await transcript.came.wait()
        result = act()
        if result is not None:
            await result
    return reasons[0]


async def test_a_container_that_somebody_kills_is_a_lost_sandbox() -> None:
    mark = uuid.uuid4().hex
    async with DockerSandbox(HOST).open(spec(BUSYBOX, labels={"mark": mark})) as box:
        [line] = await listed(f"chorus.mark={mark}")
        with trio.fail_after(20):
            assert await begun_then(box, lambda: docker("kill", line.split()[0])) == "sandbox_lost"
        with trio.fail_after(5), pytest.raises(Unreachable, match="the sandbox is gone"):
            await sh(box, "true")
    await gone(f"chorus.mark={mark}")


async def test_an_engine_that_dies_is_a_lost_sandbox(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    async with (
        proxied(tmp_path) as proxy,
        DockerSandbox(proxy.host).open(spec(BUSYBOX, labels={"mark": mark})) as box,
    ):
        with trio.fail_after(20):
            assert await begun_then(box, proxy.die) == "sandbox_lost"
        with pytest.raises(Unreachable):
            await sh(box, "true")
    await gone(f"chorus.mark={mark}")


async def test_an_engine_that_hangs_ends_the_command_at_its_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "ANSWER_S", 0.5)
    monkeypatch.setattr(box_module, "SWEEP_S", 0.5)
    monkeypatch.setattr(lifecycle, "REMOVE_S", 0.5)
    mark = uuid.uuid4().hex
    async with proxied(tmp_path) as proxy:
        with trio.fail_after(20):
            async with DockerSandbox(proxy.host).open(spec(BUSYBOX, labels={"mark": mark})) as box:
                assert await begun_then(box, proxy.stall, timeout_s=2.0) == "timeout"
                with pytest.raises(Unreachable):
                    await sh(box, "true")
    await gone(f"chorus.mark={mark}")


async def test_cancelling_an_opening_at_any_moment_leaves_nothing() -> None:
    mark = uuid.uuid4().hex
    for step in range(12):
        with trio.move_on_after(step * 0.012):
            async with DockerSandbox(HOST).open(spec(BUSYBOX, labels={"mark": mark})):
                await trio.sleep_forever()
        assert await listed(f"chorus.mark={mark}") == []


async def test_the_time_to_live_ends_an_open_sandbox() -> None:
    async with DockerSandbox(HOST).open(spec(BUSYBOX, ttl_s=2.0)) as box:
        ended = await sh(box, "while :; do sleep 1; done", timeout_s=30)
    assert ended.reason == "sandbox_lost"
