"""Every check, run once in this process: what `chorus doctor` does.

What a check needs is started for it. A service that does not start is a finding of its own, and what needs it
is not looked at: nothing of that ends the examination.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import trio

from chorus.check_runner import CheckRunner
from chorus.errors import first_of
from chorus.plan import plan
from chorus.state_dir import open_state_dir
from chorus.supervisor import Supervisor
from chorus.trial_start import TrialStart
from chorus_hooks.errors import ChorusError
from chorus_hooks.health import Check, CheckReport, Finding
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities, Service

STATE_DIR = "state-dir"


class Examination:
    """One run of all checks. `given` are the core's own capabilities, apart from the node.

    What `told` has a report of, by name, is not looked at again.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        services: Sequence[Service],
        given: Mapping[type[Any], object],
        told: Mapping[str, CheckReport],
    ) -> None:
        self._checks = checks
        self._services = services
        self._given = dict(given)
        self._start = TrialStart()
        self._reports = dict(told)

    def run(self, state_dir: Path) -> tuple[CheckReport, ...]:
        """What was found: the services that do not start, then the checks in their order."""
        with ExitStack() as stack:
            try:
                self._given[Node] = stack.enter_context(open_state_dir(state_dir))
            except ChorusError as error:
                self._start.absent[Node] = "the state dir cannot be used"
                self._note(STATE_DIR, Finding("failed", error.message, error.hint))
            services = [self._start.lenient(service) for service in self._order()]
            supervisor = Supervisor(services, self._given, self._start)

            async def main(_: Capabilities) -> None:
                await self._run_checks(supervisor)

            try:
                trio.run(supervisor.run, main, ())
            except BaseExceptionGroup as group:
                raise first_of(group) from group
        faults = [report_of(f"service {name}", fault) for name, fault in self._start.faults.items()]
        return (*faults, *(self._reports[check.name] for check in self._checks))

    def _order(self) -> Sequence[Service]:
        """What the checks lead to. Each is planned on its own, so that none can spoil another."""
        order: dict[str, Service] = {}
        for check in self._open():
            try:
                planned = plan(self._services, check.requires, (*self._given, Node))
            except ChorusError as error:
                self._note(check.name, Finding("warning", f"not looked at: {error.message}", error.hint))
            else:
                order |= {service.name: service for service in planned if service.name not in order}
        return list(order.values())

    async def _run_checks(self, supervisor: Supervisor) -> None:
        async with trio.open_nursery() as nursery:
            runner = CheckRunner(nursery, lambda kinds: supervisor.capabilities("this check", kinds))
            for check in self._open():
                why = self._start.missing(check.requires)
                if why:
                    self._note(check.name, Finding("warning", f"not looked at: {why}"))
                else:
                    nursery.start_soon(runner.run, check, self._told)

    def _open(self) -> list[Check]:
        return [check for check in self._checks if check.name not in self._reports]

    def _told(self, report: CheckReport) -> None:
        self._reports[report.name] = report

    def _note(self, name: str, finding: Finding) -> None:
        self._reports.setdefault(name, report_of(name, finding))


def report_of(name: str, finding: Finding) -> CheckReport:
    """Of what was found without a probe."""
    return CheckReport(name, finding, gates=False, took_s=0.0, at="")
