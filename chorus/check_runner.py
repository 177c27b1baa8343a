"""Runs checks: each in time, with its faults contained, once or again and again."""

import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import trio

from chorus.errors import first_of
from chorus.health import NodeHealth
from chorus_hooks.errors import ChorusError
from chorus_hooks.health import Check, CheckReport, Finding
from chorus_hooks.service import Capabilities

AT_ONCE: Final = 4
"""Checks that run at the same moment: they are to find out how the machine is, not to load it."""

JITTER: Final = 0.1
"""A tenth of the period more or less, so that checks, and nodes of one machine, do not march in step."""

AGAIN_S: Final = 5.0
"""A gate that fails is looked at again this soon, so that one bad look is told from an outage."""

FIRST_S: Final = 2.0
"""How long a node waits for its gates before it says where it listens; most take milliseconds."""

Lookup = Callable[[tuple[type[Any], ...]], Capabilities]

_log = logging.getLogger("chorus.health")


class CheckRunner:
    """Runs checks in tasks of `nursery`, a few at once; `capabilities` gives what each of them requires."""

    def __init__(self, nursery: trio.Nursery, capabilities: Lookup) -> None:
        self._nursery = nursery
        self._capabilities = capabilities
        self._slots = trio.CapacityLimiter(AT_ONCE)

    async def run(self, check: Check, tell: Callable[[CheckReport], None]) -> None:
        """Run it once and tell what it found. Returns when its probe has really ended.

        One that does not answer in time is told as failed, gives up its slot and is cancelled; should it
        hang on in spite of that, it hangs alone.
        """
        scope, ended = trio.CancelScope(), trio.Event()
        answers: list[Finding] = []

        async def probe() -> None:
            with scope:
                answers.append(await self._ask(check))
            ended.set()

        async with self._slots:
            at, began = _now(), trio.current_time()
            self._nursery.start_soon(probe)
            with trio.move_on_after(check.timeout):
                await ended.wait()
            tell(_report(check, answers, at, trio.current_time() - began))
        scope.cancel()
        await ended.wait()

    async def _ask(self, check: Check) -> Finding:
        try:
            return await check.probe(self._capabilities(check.requires))
        except Exception as error:
            cause = first_of(error)
            if isinstance(cause, ChorusError):
                return Finding("failed", cause.message, cause.hint)
            _log.debug("check %s broke", check.name, exc_info=error)
            text = f"the check itself broke: {type(cause).__name__}: {cause}"
            return Finding("failed", text, "report it to the author of the plugin; -vv shows where")


@asynccontextmanager
async def checking(health: NodeHealth, checks: Sequence[Check], capabilities: Lookup) -> AsyncIterator[None]:
    """While inside, a node's checks run, each by its own period, and `health` hears what they find.

    Entered when the services are up; it is left by cancelling the checks. Waits, for a bounded time, until
    every check that gates was run once.
    """
    async with trio.open_nursery() as nursery:
        driver = _Driver(health, CheckRunner(nursery, capabilities))
        health.started()
        gates = [check for check in checks if check.gates]
        looked = [trio.Event() for _ in gates]
        for check, event in zip(gates, looked, strict=True):
            nursery.start_soon(driver.keep_checking, check, event)
        for check in checks:
            if not check.gates:
                nursery.start_soon(driver.keep_checking, check, trio.Event())
        with trio.move_on_after(FIRST_S):
            for event in looked:
                await event.wait()
        try:
            yield
        finally:
            health.stopping()
            nursery.cancel_scope.cancel()


class _Driver:
    """Tells the health of a node, and its log, what the checks find."""

    def __init__(self, health: NodeHealth, runner: CheckRunner) -> None:
        self._health = health
        self._runner = runner
        self._statuses: dict[str, str] = {}

    async def keep_checking(self, check: Check, looked: trio.Event) -> None:
        """Until cancelled. A probe that hangs is not started a second time beside itself."""

        def tell(report: CheckReport) -> None:
            self._told(report)
            looked.set()

        while True:
            await self._runner.run(check, tell)
            failing = check.gates and self._statuses[check.name] == "failed"
            pause = min(check.every, AGAIN_S) if failing else check.every
            await trio.sleep(pause * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret

    def _told(self, report: CheckReport) -> None:
        before = self._health.report()
        self._health.found(report)
        after = self._health.report()
        finding = report.finding
        last = self._statuses.get(report.name, "ok")
        self._statuses[report.name] = finding.status
        if last != finding.status:
            level = {"ok": logging.INFO, "warning": logging.WARNING, "failed": logging.ERROR}[finding.status]
            cure = f" (try: {finding.cure})" if finding.cure and finding.status != "ok" else ""
            _log.log(level, "check %s %s: %s%s", report.name, finding.status, finding.text, cure)
        if before.ready and not after.ready:
            _log.error("not ready for work: %s", after.reason)
        elif after.ready and not before.ready:
            _log.info("ready for work")


def _report(check: Check, answers: Sequence[Finding], at: str, took: float) -> CheckReport:
    if answers:
        finding = answers[0]
    else:
        text = f"no answer within {check.timeout:g} s"
        finding = Finding("failed", text, "something under it hangs: a disk, an engine, the machine itself")
    return CheckReport(check.name, finding, check.gates, took, at)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
