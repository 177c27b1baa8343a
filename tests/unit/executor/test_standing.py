"""What a task would get now: kept for a moment, and a refusal has its cures."""

from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from chorus_executor.check import sandbox_check
from chorus_executor.executor import LocalExecutor
from chorus_executor.metric import PROBE_S, sandbox_metric
from chorus_executor.settings import IMAGES
from chorus_executor.standing import KEPT_S
from chorus_hooks.errors import Refused
from chorus_hooks.executor import SandboxChoice
from chorus_hooks.health import Finding
from chorus_hooks.sandbox import Availability, Sandboxes
from tests.unit.executor.fakes import ALL_LIMITS, FakeNode, FakeSandbox, FakeSandboxes, MemoryBlobs

FINE = Availability(True)
DOWN = Availability(False, "the engine does not answer", "start it")
BROKEN = Availability(False, "no user namespaces", "sysctl")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


def docker(available: Availability = FINE) -> FakeSandbox:
    return FakeSandbox(name="docker", needs_image=True, available=available)


def bwrap(available: Availability = FINE) -> FakeSandbox:
    return FakeSandbox(name="bwrap", enforces=ALL_LIMITS - {"memory", "cpus"}, available=available)


def executor(path: Path, *sandboxes: FakeSandbox, setting: str = "auto") -> LocalExecutor:
    return LocalExecutor(
        node=FakeNode(path),
        blobs=MemoryBlobs(),
        sandboxes=FakeSandboxes(*sandboxes),
        sandbox=setting,
        images={language: setting.default for language, setting in IMAGES.items()},
    )


class Given:
    def __init__(self, **capabilities: object) -> None:
        self._given = capabilities

    def get(self, kind: type[Any]) -> Any:
        return self._given[kind.__name__]


async def test_it_is_what_a_task_would_get_that_asks_for_nothing(tmp_path: Path) -> None:
    engine = docker()
    choice = await executor(tmp_path, engine, bwrap()).sandbox()
    assert choice == SandboxChoice("docker", "docker: it works here", weak=False)
    assert engine.probed == [IMAGES["shell"].default]


async def test_a_weak_one_says_what_it_does_not_limit(tmp_path: Path) -> None:
    choice = await executor(tmp_path, docker(DOWN), bwrap()).sandbox()
    assert (choice.name, choice.weak) == ("bwrap", True)
    assert choice.why == (
        "bwrap: docker was passed over, the engine does not answer; it does not limit memory, cpus"
    )


async def test_without_any_it_refuses_with_every_cure(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        await executor(tmp_path, docker(DOWN), bwrap(BROKEN)).sandbox()
    assert caught.value.message == (
        "no sandbox works here: docker: the engine does not answer; bwrap: no user namespaces"
    )
    assert caught.value.hint == "for docker: start it; for bwrap: sysctl"
    with pytest.raises(Refused, match="no sandbox plugin"):
        await executor(tmp_path).sandbox()


async def test_the_answer_is_kept_for_a_moment_a_refusal_too(tmp_path: Path) -> None:
    engine = docker(DOWN)
    asked = executor(tmp_path, engine)
    for _ in range(3):
        with pytest.raises(Refused):
            await asked.sandbox()
    assert len(engine.probed) == 1
    engine.available = Availability(True)
    await trio.sleep(KEPT_S)
    for _ in range(3):
        assert (await asked.sandbox()).name == "docker"
    assert len(engine.probed) == 2


async def test_of_many_who_ask_at_once_one_looks(tmp_path: Path) -> None:
    class Slow(FakeSandbox):
        async def probe(self, image: str | None) -> Availability:
            await trio.sleep(1)
            return await super().probe(image)

    engine = Slow(name="docker", needs_image=True)
    asked = executor(tmp_path, engine)
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(asked.sandbox)
    assert len(engine.probed) == 1


async def test_the_check_is_a_gate_that_warns_of_a_weak_sandbox(tmp_path: Path) -> None:
    check = sandbox_check()
    assert check.gates
    good = await check.probe(Given(Executor=executor(tmp_path, docker())))
    assert good == Finding("ok", "docker: it works here")
    weak = await check.probe(Given(Executor=executor(tmp_path, bwrap())))
    assert (weak.status, bool(weak.cure)) == ("warning", True)
    with pytest.raises(Refused):
        await check.probe(Given(Executor=executor(tmp_path, docker(DOWN))))


async def test_the_metric_has_one_sample_a_backend_and_waits_for_none() -> None:
    class Hanging(FakeSandbox):
        async def probe(self, image: str | None) -> Availability:
            await trio.sleep_forever()
            return Availability(True)

    sandboxes = FakeSandboxes(docker(DOWN), bwrap(), Hanging(name="moon"))
    samples = await sandbox_metric().read(Given(Sandboxes=sandboxes))
    assert [(sample.labels, sample.value) for sample in samples] == [
        ({"backend": "bwrap"}, 1.0),
        ({"backend": "docker"}, 0.0),
        ({"backend": "moon"}, 0.0),
    ]
    assert trio.current_time() == pytest.approx(PROBE_S)
    assert sandbox_metric().requires == (Sandboxes,)
