"""How this node is, out of what its checks find and what its services do. Pure: no clock, no I/O.

starting -> ready <-> not ready -> stopping. A node is ready once it has started and every check that gates
has passed; one such check that fails twice in a row makes it not ready, and passing once brings it back.
Other checks that fail, and services that crashed, only degrade it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chorus_hooks.health import Check, CheckReport, Finding, HealthReport

TO_FALL: Final = 2
"""Failures in a row that shut a gate: one bad look, on a busy machine, is not worth losing work for."""

NOT_YET: Final = Finding("warning", "not looked at yet")


class NodeHealth:
    """Implements `chorus_hooks.health.Health`; a supervisor's `Watch` too.

    `checks` are all that will be run, `uptime` tells for how long the node has been there (s). One thread
    tells what happened, any thread may ask for the report.
    """

    def __init__(self, checks: Sequence[Check], uptime: Callable[[], float]) -> None:
        self._uptime = uptime
        self._reports = {
            check.name: CheckReport(check.name, NOT_YET, check.gates, 0.0, "") for check in checks
        }
        self._failures: Counter[str] = Counter()
        self._shut = {check.name for check in checks if check.gates}
        self._down: dict[str, str] = {}
        self._phase = "starting"
        self._now = self._picture()

    def report(self) -> HealthReport:
        """How it is now. Cheap, and callable from any thread."""
        now = self._now  # replaced as a whole, never changed: no lock is needed
        return HealthReport(now.reason == "", now.reason, now.degraded, now.checks, self._uptime())

    def started(self) -> None:
        """Every service is up: from now on the gates decide."""
        self._phase = "serving"
        self._now = self._picture()

    def stopping(self) -> None:
        """No more work, whatever is found."""
        self._phase = "stopping"
        self._now = self._picture()

    def found(self, report: CheckReport) -> None:
        """A check was run. Its newest finding replaces the one before."""
        name = report.name
        self._reports[name] = report
        if report.finding.status != "failed":
            self._failures[name] = 0
            self._shut.discard(name)
        else:
            self._failures[name] += 1
            if report.gates and self._failures[name] >= TO_FALL:
                self._shut.add(name)
        self._now = self._picture()

    def service_down(self, name: str, why: str) -> None:
        """A service failed, and is not running now."""
        self._down[name] = why
        self._now = self._picture()

    def service_up(self, name: str) -> None:
        """It runs again."""
        self._down.pop(name, None)
        self._now = self._picture()

    def _picture(self) -> "_Picture":
        checks = tuple(self._reports.values())
        failed = [
            f"{check.name}: {check.finding.text}" for check in checks if check.finding.status == "failed"
        ]
        down = [f"service {name}: {why}" for name, why in self._down.items()]
        return _Picture(self._reason(), (*failed, *down), checks)

    def _reason(self) -> str:
        if self._phase != "serving":
            return f"the node is {self._phase}"
        return "; ".join(
            f"{name}: {report.finding.text}" for name, report in self._reports.items() if name in self._shut
        )


@dataclass(frozen=True)
class _Picture:
    """All of a report that no clock is needed for. Ready has no reason."""

    reason: str
    degraded: tuple[str, ...]
    checks: tuple[CheckReport, ...]
