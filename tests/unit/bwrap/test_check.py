"""The check of bwrap: a machine may do without, but not lose it."""

from typing import Any

import pytest
from trio.testing import MockClock

from chorus_bwrap.check import bwrap_check
from chorus_bwrap.sandbox import NO_KEPT_S, YES_KEPT_S, BwrapSandbox
from chorus_bwrap.tools import Bwrap
from chorus_hooks.errors import UsageError
from chorus_hooks.health import Finding
from chorus_hooks.sandbox import Availability, Sandbox, Sandboxes

NO = Availability(False, "bubblewrap is not installed", "apt install bubblewrap")


@pytest.fixture
def clock() -> MockClock:
    return MockClock()


@pytest.fixture
def anyio_backend(clock: MockClock) -> tuple[str, dict[str, object]]:
    return "trio", {"clock": clock}


class Machine(BwrapSandbox):
    """A bwrap that is there or not."""

    def __init__(self, answer: Availability) -> None:
        super().__init__()
        self.answer = answer
        self.searched = 0

    async def _search(self) -> tuple[Availability, Bwrap | None]:
        self.searched += 1
        return self.answer, None


class Given:
    """`Capabilities` and `Sandboxes` with one backend, or none."""

    def __init__(self, sandbox: Sandbox | None) -> None:
        self._sandbox = sandbox

    def get(self, kind: Any) -> Any:
        if kind is Sandboxes:
            return self
        if self._sandbox is None:
            raise UsageError(f"there is no sandbox {kind!r}")
        return self._sandbox


async def test_one_that_opens_tells_its_limits() -> None:
    finding = await bwrap_check().probe(Given(Machine(Availability(True))))
    assert (finding.status, "it limits disk, inodes, output" in finding.text) == ("ok", True)


async def test_a_machine_without_is_warned() -> None:
    finding = await bwrap_check().probe(Given(Machine(NO)))
    assert finding == Finding("warning", NO.why, NO.cure)
    assert (await bwrap_check().probe(Given(None))).status == "warning"


async def test_one_that_worked_and_does_not_any_more_is_a_failure(clock: MockClock) -> None:
    check, machine = bwrap_check(), Machine(Availability(True))
    given = Given(machine)
    assert (await check.probe(given)).status == "ok"
    machine.answer = NO
    clock.jump(check.every * 0.9)
    assert (await check.probe(given)).status == "failed"
    machine.answer = Availability(True)
    clock.jump(NO_KEPT_S)
    assert (await check.probe(given)).status == "ok"


async def test_a_probe_is_believed_for_a_while_a_no_for_less(clock: MockClock) -> None:
    machine = Machine(Availability(True))
    await machine.probe(None)
    clock.jump(YES_KEPT_S - 1)
    await machine.probe(None)
    assert machine.searched == 1
    clock.jump(1)
    machine.answer = NO
    await machine.probe(None)
    clock.jump(NO_KEPT_S)
    await machine.probe(None)
    assert machine.searched == 3
